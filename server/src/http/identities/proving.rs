//! Whether a server lets somebody write as an address: it is asked before that is believed.

use std::time::Duration;

use app::{
    providers::PROVIDERS,
    view::collectors::Failure,
    wire::{Error, SourceAdvice},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

use super::Filled;
use crate::{
    bridge::{Bridge, internal},
    discover::{Candidate, Way},
    endpoint::{Credentials, Endpoint},
    http::{
        guard::Client,
        servers::{TRIED, candidates, needs_a_word},
    },
    identity::Route,
    mime::recipient,
    smtp::{Envelope, Transport},
    store::{AccountRecord, StoredCollector, WayOut},
};

/// How long all of it may take: what stands before Pismo waits a minute, as a rule.
const PATIENCE: Duration = Duration::from_secs(45);

/// The names to log in with that are tried, since servers lock out whoever tries too often.
const NAMES: usize = 2;

/// Asks the account's own server.
pub async fn prove_own(bridge: &Bridge, record: &AccountRecord, email: &str) -> Result<(), Error> {
    let Route { transport, credentials, .. } = bridge.own_way_out(record)?;
    if bridge.store.is_of_another(record.id, email).await.map_err(internal)? {
        return Err(Error::SenderRefused { text: String::new() });
    }
    // The account's own address needs no proof, whoever the server asks.
    let transport = if email == record.address { transport } else { transport.for_known() };
    transport.rehearse(&credentials, &rehearsed(record, email)).await
}

/// Finds a server that takes the name and the password, and mail from this address. Without a password it is the collector's.
pub async fn find_way_out(
    bridge: &Bridge,
    client: &Client,
    record: &AccountRecord,
    email: &str,
    filled: &Filled,
    collector: Option<&StoredCollector>,
) -> Result<WayOut, Failure> {
    if filled.password.expose_secret().is_empty() && collector.is_none() {
        return Err(Error::PasswordMissing.into());
    }
    // Whoever is signed in must not be able to guess the passwords of others from here.
    let name = if filled.user.trim().is_empty() { email } else { filled.user.trim() };
    let attempt =
        bridge.attempts.admit(name, client.address, false).map_err(|seconds| Error::TooManyAttempts { seconds })?;
    let seeking = seek(bridge, record, email, filled, collector);
    let found = timeout(PATIENCE, seeking).await.unwrap_or_else(|_| {
        let host = match filled.server.trim() {
            "" => email.rsplit_once('@').map_or(email, |(_, domain)| domain),
            typed => typed,
        };
        Err(Error::Unreachable { host: host.to_owned() }.into())
    })?;
    bridge.attempts.pay_back(attempt);
    Ok(found)
}

async fn seek(
    bridge: &Bridge,
    record: &AccountRecord,
    email: &str,
    filled: &Filled,
    collector: Option<&StoredCollector>,
) -> Result<WayOut, Failure> {
    let envelope = rehearsed(record, email);
    let mut first: Option<Failure> = None;
    for candidate in candidates(bridge, email, filled.server.trim(), Way::Out).await?.into_iter().take(TRIED) {
        if needs_a_word(&candidate, email) {
            let question = Error::ConfirmServer { server: candidate.endpoint.to_string() };
            return Err(first.unwrap_or_else(|| question.into()));
        }
        let password = password(bridge, filled, collector, &candidate)?;
        if candidate.advice == Some(SourceAdvice::ClearText) {
            return Err(Error::ClearText { host: candidate.endpoint.host }.into());
        }
        let mut refused = false;
        for user in users(record, email, filled, collector, &candidate) {
            let error = match rehearse(bridge, &candidate.endpoint, &user, &password, &envelope).await {
                Ok(()) => {
                    let way = WayOut { smtp: candidate.endpoint, user, password: None };
                    return Ok(bridge.sealed_way_out(record.id, email, way, &password)?);
                }
                Err(error) => error,
            };
            let other_name = matches!(error, Error::Credentials { .. });
            // Who has heard the password and does not want it, or not this address, is the right one.
            refused |= error.is_about_password() || matches!(error, Error::SenderRefused { .. });
            let failure = Failure {
                error,
                step: None,
                host: Some(candidate.endpoint.host.clone()),
                advice: candidate.advice,
                password_page: candidate.password_page.map(str::to_owned),
            };
            first = first.filter(|_| !refused).or(Some(failure));
            if !other_name {
                break;
            }
        }
        if refused {
            break;
        }
    }
    Err(first.unwrap_or(Error::NoWayOut.into()))
}

/// The likeliest names first.
fn users(
    record: &AccountRecord,
    email: &str,
    filled: &Filled,
    collector: Option<&StoredCollector>,
    candidate: &Candidate,
) -> Vec<String> {
    let typed = filled.user.trim();
    if !typed.is_empty() {
        return vec![typed.to_owned()];
    }
    let mut users: Vec<String> = collector.map(|collector| collector.user.clone()).into_iter().collect();
    if email.starts_with("*@") {
        // Nobody is called so.
        users.push(record.address.clone());
    } else {
        users.extend(candidate.users.iter().cloned());
    }
    users.dedup();
    users.truncate(NAMES);
    users
}

/// What was typed, else the collector's password, if this server is of those whom the mail is collected from: no other is shown it.
fn password(
    bridge: &Bridge,
    filled: &Filled,
    collector: Option<&StoredCollector>,
    candidate: &Candidate,
) -> Result<SecretString, Error> {
    let nothing = || Error::Credentials { text: String::new() };
    if !filled.password.expose_secret().is_empty() {
        return Ok(filled.password.clone());
    }
    let Some(collector) = collector else { return Err(nothing()) };
    let host = &candidate.endpoint.host;
    let from = collector.endpoint().map_err(|_| nothing())?;
    if !is_of(host, &from.host, &collector.user) {
        return Err(Error::PasswordForServer { host: host.clone() });
    }
    let sealed = collector.password.as_ref().ok_or_else(nothing)?;
    bridge.seal.open(&collector.owner(), sealed).map_err(|_| nothing())
}

/// Whether a server for sending is of those who have the mail of this user at that host.
fn is_of(smtp: &str, host: &str, user: &str) -> bool {
    let (smtp, host) = (smtp.to_lowercase(), host.to_lowercase());
    let within = |domain: &str| smtp == domain || smtp.ends_with(&format!(".{domain}"));
    let domain = user.rsplit_once('@').map(|(_, domain)| recipient::to_ascii(&format!("x@{domain}")).to_lowercase());
    let domain = domain.as_deref().and_then(|domain| domain.strip_prefix("x@"));
    let of_provider = PROVIDERS.iter().any(|provider| {
        let at = |text: &str| text.parse::<Endpoint>().ok().map(|endpoint| endpoint.host);
        let incoming = [Some(provider.imap), provider.pop3].into_iter().flatten().filter_map(at);
        incoming.chain(None).any(|one| one == host) && at(provider.smtp).as_deref() == Some(smtp.as_str())
    });
    smtp == host
        || of_provider
        || domain.is_some_and(within)
        || parent(&host).is_some_and(|parent| Some(parent) == self::parent(&smtp))
}

/// The domain of a host that is called as mail servers are.
fn parent(host: &str) -> Option<&str> {
    const NAMES: [&str; 8] = ["imap", "mail", "pop", "pop3", "smtp", "submission", "mx", "post"];
    let (name, parent) = host.split_once('.')?;
    (NAMES.contains(&name) && parent.contains('.')).then_some(parent)
}

/// A message from this address to itself or to the person, which is not sent.
fn rehearsed(record: &AccountRecord, email: &str) -> Envelope {
    // Any of a domain is as good as another; this one has to be there (RFC 5321 §4.5.1).
    let from = email.strip_prefix("*@").map_or_else(|| email.to_owned(), |domain| format!("postmaster@{domain}"));
    let own = Some(&record.address).filter(|own| recipient::check(own).is_ok() && **own != from);
    let to = std::iter::once(&from).chain(own).cloned().collect();
    Envelope { from, to }
}

async fn rehearse(
    bridge: &Bridge,
    endpoint: &Endpoint,
    user: &str,
    password: &SecretString,
    envelope: &Envelope,
) -> Result<(), Error> {
    let credentials = Credentials { user: user.to_owned(), password: password.clone() };
    let transport = Transport::new(endpoint.clone()).through(bridge.config.source_dialer()).for_known();
    transport.rehearse(&credentials, envelope).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_shown_to_those_alone_whose_it_is() {
        for (smtp, host, user, expected) in [
            ("smtp.gmail.com", "imap.gmail.com", "ana@gmail.com", true),
            ("smtp.office365.com", "outlook.office365.com", "ana@firma.example", true),
            ("127.0.0.1", "127.0.0.1", "ana@x.org", true),
            ("smtp.example.org", "imap.example.org", "ana", true),
            ("mail.firma.example", "imap.hoster.example", "ana@firma.example", true),
            ("smtp.firma.example", "imap.gmail.com", "ana@gmail.com", false),
            ("smtp.evil.example", "imap.example.org", "ana@example.org", false),
            ("smtp.co", "imap.co", "ana", false),
            ("evilgmail.com", "imap.gmail.com", "ana@gmail.com", false),
            ("evil.hoster.example", "imap.hoster.example", "ana", false),
        ] {
            assert_eq!(is_of(smtp, host, user), expected, "{smtp} {host} {user}");
        }
    }
}
