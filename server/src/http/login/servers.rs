//! Where somebody signs in: at the servers of the operator, those they type, those of a provider that is known, else those that are
//! found.

use app::{
    providers,
    wire::{Error, SourceAdvice},
};

use super::{Filled, typed};
use crate::{
    bridge::{Bridge, internal},
    discover::{Candidate, Way},
    endpoint::{Endpoint, Protocol, Security},
    http::{guard::Client, servers::needs_a_word},
};

/// A server to sign in to, and the one that takes what is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    pub imap: Endpoint,
    pub smtp: Option<Endpoint>,
}

/// Why somebody is not let in.
pub struct Refusal {
    pub error: Error,
    /// What was found and has to be confirmed ([`needs_a_word`]).
    pub found: Option<Servers>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self { error, found: None }
    }
}

/// The servers of an address. No password has been told to anybody by then.
pub async fn servers(bridge: &Bridge, client: &Client, address: &str, filled: &Filled) -> Result<Servers, Refusal> {
    let (imap, smtp) = (filled.imap.trim(), filled.smtp.trim());
    if let Some(imap) = &bridge.config.imap {
        return Ok(Servers { imap: imap.clone(), smtp: bridge.config.smtp.clone() });
    }
    let typed_smtp = || Some(smtp).filter(|smtp| !smtp.is_empty()).map(|smtp| typed(bridge, smtp, Protocol::Smtp));
    let known = address.rsplit_once('@').and_then(|(_, domain)| providers::provider_for(domain));
    let known = known.filter(|provider| provider.is_reachable());
    let imap = match (imap, known) {
        ("", None) => {
            let typed = typed_smtp().transpose()?;
            return find(bridge, client, address, typed).await;
        }
        ("", Some(provider)) => provider.imap,
        (imap, _) => imap,
    };
    let imap = typed(bridge, imap, Protocol::Imap)?;
    let smtp = match (typed_smtp().transpose()?, known) {
        (Some(smtp), _) => Some(smtp),
        (None, Some(provider)) => Some(typed(bridge, provider.smtp, Protocol::Smtp)?),
        (None, None) => bridge.config.smtp.clone(),
    };
    Ok(Servers { imap, smtp })
}

/// Looks for them. Whoever asks pays as for an attempt to sign in, and is paid back where they are let go on to that: then the
/// attempt itself is what counts.
async fn find(bridge: &Bridge, client: &Client, address: &str, typed: Option<Endpoint>) -> Result<Servers, Refusal> {
    let attempt = bridge.attempts.admit_search(client.address).map_err(|seconds| Error::TooManyAttempts { seconds })?;
    let look = |way| bridge.own_discovery.discover(address, way);
    let (ins, outs) = match typed {
        // Whoever named one is not asked about another.
        Some(_) => (look(Way::In).await, Vec::new()),
        None => tokio::join!(look(Way::In), look(Way::Out)),
    };
    let ins = beyond_doubt(usable(ins, Protocol::Imap)?, address);
    let before = bridge.store.servers_of(address).await.map_err(internal)?;
    let Some((place, imap)) = choose(&ins, &before) else { return Err(Error::ServerNotKnown.into()) };
    let outs = beyond_doubt(usable(outs, Protocol::Smtp).unwrap_or_default(), address);
    let out = outs.into_iter().next();
    // That somebody has signed in there under this address before proves nothing: it may have been whoever forges the answers of DNS.
    let doubts: Vec<String> = std::iter::once(place)
        .chain(&out)
        .filter(|candidate| needs_a_word(candidate, address))
        .map(|candidate| candidate.endpoint.to_string())
        .collect();
    let smtp = typed.or(out.map(|out| out.endpoint)).or(bridge.config.smtp.clone());
    let found = Servers { imap, smtp };
    if doubts.is_empty() {
        bridge.attempts.pay_back(attempt);
        return Ok(found);
    }
    Err(Refusal { error: Error::ConfirmServer { server: doubts.join(", ") }, found: Some(found) })
}

/// Those that nobody has to be asked about; all, where there are none of these.
fn beyond_doubt(candidates: Vec<Candidate>, address: &str) -> Vec<Candidate> {
    let (doubtful, sure): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|one| needs_a_word(one, address));
    if sure.is_empty() { doubtful } else { sure }
}

/// Those of a protocol that take a password over a line that is encrypted. Where there are others alone, what is wrong with the first.
fn usable(candidates: Vec<Candidate>, protocol: Protocol) -> Result<Vec<Candidate>, Error> {
    let (mut usable, mut trouble) = (Vec::new(), None);
    for candidate in candidates.into_iter().filter(|candidate| candidate.endpoint.protocol == protocol) {
        let host = candidate.endpoint.host.clone();
        match candidate.advice {
            Some(SourceAdvice::NoPasswords) => trouble = trouble.or(Some(Error::NoPasswords { text: String::new() })),
            // It is on the person's own machine, which is not ours.
            Some(SourceAdvice::Bridge) => {}
            Some(SourceAdvice::ClearText) => trouble = trouble.or(Some(Error::ClearText { host })),
            _ if candidate.endpoint.security == Security::Insecure => {
                trouble = trouble.or(Some(Error::ClearText { host }));
            }
            _ => usable.push(candidate),
        }
    }
    match trouble {
        Some(error) if usable.is_empty() => Err(error),
        _ => Ok(usable),
    }
}

/// The first of them; but one at whose host the person has an account goes before, by the way by which they have it: it is where
/// their settings are. Another host is another owner's, whoever has signed in there under this address.
fn choose<'a>(found: &'a [Candidate], before: &[Endpoint]) -> Option<(&'a Candidate, Endpoint)> {
    let known = found.iter().find_map(|candidate| {
        let is_there =
            |known: &&Endpoint| known.host == candidate.endpoint.host && known.security != Security::Insecure;
        Some((candidate, before.iter().find(is_there)?.clone()))
    });
    known.or_else(|| found.first().map(|candidate| (candidate, candidate.endpoint.clone())))
}

#[cfg(test)]
mod tests {
    use app::wire::FoundBy;

    use super::*;

    fn candidate(text: &str, advice: Option<SourceAdvice>) -> Candidate {
        let endpoint = text.parse().expect(text);
        Candidate { endpoint, users: Vec::new(), found_by: FoundBy::Autoconfig, advice, password_page: None }
    }

    #[test]
    fn what_takes_no_password_safely_is_not_asked() {
        let clear = candidate("imap+insecure://a.example", Some(SourceAdvice::ClearText));
        let token = candidate("imaps://b.example", Some(SourceAdvice::NoPasswords));
        let bridge = candidate("imap+starttls://127.0.0.1:1143", Some(SourceAdvice::Bridge));
        let pop3 = candidate("pop3s://c.example", None);
        let good = candidate("imaps://d.example", Some(SourceAdvice::AppPassword));
        let of =
            |candidates: &[&Candidate]| usable(candidates.iter().map(|one| (*one).clone()).collect(), Protocol::Imap);
        assert_eq!(of(&[&clear, &token, &bridge, &pop3, &good]), Ok(vec![good.clone()]));
        assert_eq!(of(&[&clear, &token]), Err(Error::ClearText { host: "a.example".to_owned() }));
        assert_eq!(of(&[&token, &clear]), Err(Error::NoPasswords { text: String::new() }));
        assert_eq!(of(&[&bridge, &pop3]), Ok(Vec::new()));
        let untold = candidate("imap+insecure://a.example", None);
        assert!(of(&[&untold]).is_err());
    }

    #[test]
    fn what_dns_alone_has_named_comes_after_all_else() {
        let forged = Candidate { found_by: FoundBy::Srv, ..candidate("imaps://evil.example", None) };
        let sure = candidate("imaps://a.example", None);
        let of = |candidates: &[&Candidate]| {
            beyond_doubt(candidates.iter().map(|one| (*one).clone()).collect(), "ana@pismo.test")
        };
        assert_eq!(of(&[&forged, &sure]), std::slice::from_ref(&sure));
        assert_eq!(of(&[&forged]), std::slice::from_ref(&forged));
    }

    #[test]
    fn an_account_is_found_again_and_that_of_another_host_is_none() {
        let found = [candidate("imaps://a.example", None), candidate("imaps://b.example", None)];
        let chosen = |before: &[&str]| {
            let before: Vec<Endpoint> = before.iter().map(|text| text.parse().expect(text)).collect();
            choose(&found, &before).map(|(_, endpoint)| endpoint.to_string()).expect("a server")
        };
        assert_eq!(chosen(&[]), "imaps://a.example:993");
        assert_eq!(chosen(&["imaps://evil.example"]), "imaps://a.example:993");
        assert_eq!(chosen(&["imaps://mail.a.example"]), "imaps://a.example:993");
        assert_eq!(chosen(&["imap+insecure://b.example"]), "imaps://a.example:993");
        assert_eq!(chosen(&["imap+starttls://b.example"]), "imap+starttls://b.example:143");
        assert!(choose(&[], &[]).is_none());
    }
}
