//! Finds the servers from which the mail of an address can be fetched: by what is known of large providers, by what the
//! domain publishes (Mozilla's autoconfig, RFC 6186), by Thunderbird's list of providers, and last by usual names.

mod autoconfig;
mod clientconfig;
mod dns;
mod guess;
mod preset;

use std::time::Duration;

use app::{
    providers::Provider,
    wire::{FoundBy, SourceAdvice},
};
use hickory_resolver::TokioResolver;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use crate::{
    endpoint::{Endpoint, Protocol, Security},
    net::Dialer,
};

/// How long the published places may take.
const PUBLISHED: Duration = Duration::from_secs(6);

/// How long all may take.
const ALL: Duration = Duration::from_secs(10);

/// Which way mail goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By IMAP or POP3.
    In,
    /// By submission (RFC 6409).
    Out,
}

impl Way {
    fn has(self, protocol: Protocol) -> bool {
        (self == Way::Out) == (protocol == Protocol::Smtp)
    }
}

/// A server by which mail may be fetched or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub endpoint: Endpoint,
    /// The names to log in with, the likeliest first; at most two.
    pub users: Vec<String>,
    pub found_by: FoundBy,
    pub advice: Option<SourceAdvice>,
    /// Where an app password is made.
    pub password_page: Option<&'static str>,
}

impl Candidate {
    /// The best first: IMAP before POP3, then by how surely it was found, then TLS from the first byte. What cannot be used
    /// comes last.
    fn rank(&self) -> impl Ord + use<> {
        let protocol = match self.endpoint.protocol {
            Protocol::Imap => 0,
            Protocol::Pop3 => 1,
            Protocol::Smtp => 2,
        };
        (!self.is_usable(), protocol, self.found_by, rank(self.endpoint.security))
    }

    /// Whether there is any use in looking no further: of a provider we know there is nothing better to be found.
    fn is_usable(&self) -> bool {
        let hopeless = matches!(self.advice, Some(SourceAdvice::ClearText | SourceAdvice::NoPasswords));
        !hopeless || self.found_by == FoundBy::Preset
    }
}

fn rank(security: Security) -> u8 {
    match security {
        Security::Tls => 0,
        Security::StartTls => 1,
        Security::Insecure => 2,
    }
}

/// Who looks, and where.
pub struct Discovery {
    dialer: Dialer,
    /// None where this machine says of no name server.
    names: Option<TokioResolver>,
    places: Places,
    /// How many look for usual names at once.
    guesses: Semaphore,
}

/// How many look for usual names at once.
const GUESSES: usize = 2;

/// Where documents are looked for.
#[derive(Debug, Clone)]
pub struct Places {
    /// The port of HTTPS at the domain's own places.
    pub https: u16,
    /// Thunderbird's list of providers: the domain is put behind it.
    pub ispdb: String,
}

impl Default for Places {
    fn default() -> Self {
        Self { https: 443, ispdb: "https://autoconfig.thunderbird.net/v1.1/".to_owned() }
    }
}

/// What became known of a domain.
#[derive(Debug, Default)]
struct Found {
    candidates: Vec<Candidate>,
    /// What the domain says it does not have (RFC 6186 §3.4).
    denied: Vec<Protocol>,
}

impl Found {
    fn add(&mut self, other: Found) {
        self.candidates.extend(other.candidates);
        self.denied.extend(other.denied);
    }
}

/// An address whose servers are looked for.
#[derive(Debug, Clone)]
struct Address {
    /// As it was typed.
    email: String,
    local: String,
    /// In ASCII (RFC 5891), in lower case.
    domain: String,
    way: Way,
}

impl Address {
    fn new(email: &str, way: Way) -> Option<Self> {
        let email = email.trim();
        let (local, domain) = email.rsplit_once('@')?;
        let domain = idna::domain_to_ascii(domain.trim_end_matches('.')).ok()?;
        let named = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let spoken = !domain.is_empty() && domain.len() < 254 && domain.bytes().all(named);
        // RFC 5321 §4.5.3.1: 64 octets, the sign between, and 255.
        let clean = !local.is_empty() && email.len() <= 320 && !email.contains(char::is_control);
        // What is only numbers is an address of a machine and no domain.
        let is_number = domain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (spoken && clean && !is_number).then(|| Self { email: email.to_owned(), local: local.to_owned(), domain, way })
    }

    /// The full address, then the part before the @: what most servers take.
    fn users(&self) -> Vec<String> {
        vec![self.email.clone(), self.local.clone()]
    }
}

impl Discovery {
    /// Asks the name servers that the dialer asks.
    pub fn new(dialer: Dialer) -> Self {
        let names = match dialer.names().cloned().map_or_else(dns::of_this_machine, Ok) {
            Ok(names) => Some(names),
            Err(error) => {
                tracing::warn!(%error, "Mail servers are looked for without DNS: its settings cannot be read");
                None
            }
        };
        Self { dialer, names, places: Places::default(), guesses: Semaphore::new(GUESSES) }
    }

    /// Asks these name servers instead.
    pub fn asking(self, names: TokioResolver) -> Self {
        Self { names: Some(names), ..self }
    }

    /// Looks for documents in these places instead.
    pub fn looking_at(self, places: Places) -> Self {
        Self { places, ..self }
    }

    /// The servers of an address, the best first; IMAP before POP3. Empty where none was found, or where it is no address.
    /// Takes ten seconds at most. The domain is told the address, by the name of autoconfig's document; Thunderbird's list the domain;
    /// and servers that are found nothing but that somebody is there.
    pub async fn discover(&self, email: &str, way: Way) -> Vec<Candidate> {
        let Some(address) = Address::new(email, way) else { return Vec::new() };
        if let Some(provider) = app::providers::provider_for(&address.domain) {
            return preset::candidates(provider, &address);
        }
        let begin = Instant::now();
        let (mut found, provider) = self.published(&address, begin + PUBLISHED).await;
        if let Some(provider) = provider {
            found.candidates.extend(preset::candidates(provider, &address));
        }
        let is_enough = |one: &Candidate| one.is_usable() && one.endpoint.protocol != Protocol::Pop3;
        if !found.candidates.iter().any(is_enough) {
            let denied = found.denied.clone();
            // Names are looked up by threads that outlast our patience: not too many at once.
            let turn = timeout_at(begin + ALL, self.guesses.acquire()).await;
            let Ok(Ok(_turn)) = turn else { return in_order(found) };
            found.add(guess::look(&self.dialer, &address, &denied, begin + ALL).await);
        }
        in_order(found)
    }

    /// What the domain and others have published, as much of it as comes in time.
    async fn published(&self, address: &Address, until: Instant) -> (Found, Option<&'static Provider>) {
        let own = timeout_at(until, autoconfig::of_domain(&self.dialer, &self.places, address));
        let listed = timeout_at(until, autoconfig::of_list(&self.dialer, &self.places, address, &address.domain));
        let services = timeout_at(until, dns::services(self.names.as_ref(), address));
        let exchange = timeout_at(until, self.by_exchanger(address));
        let (own, listed, services, exchange) = tokio::join!(own, listed, services, exchange);
        let mut found = own.unwrap_or_default();
        found.add(listed.unwrap_or_default());
        found.add(services.unwrap_or_default());
        let (others, provider) = exchange.unwrap_or_default();
        found.add(others);
        (found, provider)
    }

    /// By who takes the domain's mail: that is where its mailboxes are, as a rule.
    async fn by_exchanger(&self, address: &Address) -> (Found, Option<&'static Provider>) {
        let Some(exchanger) = dns::exchanger(self.names.as_ref(), &address.domain).await else {
            return Default::default();
        };
        if let Some(provider) = app::providers::provider_at(&exchanger) {
            return (Found::default(), Some(provider));
        }
        let mut found = Found::default();
        for domain in dns::parents(&exchanger) {
            // Our own domain was asked about already.
            if domain != address.domain {
                found.add(autoconfig::of_list(&self.dialer, &self.places, address, &domain).await);
            }
        }
        (found, None)
    }
}

/// The servers that a clientConfig document names for an address, the best first. Whatever it says, nobody is called for it.
pub fn published(document: &str, email: &str, way: Way) -> Vec<Candidate> {
    Address::new(email, way).map(|address| in_order(clientconfig::read(document, &address))).unwrap_or_default()
}

/// Each server once, the best first.
fn in_order(found: Found) -> Vec<Candidate> {
    let mut candidates = found.candidates;
    candidates.sort_by_key(Candidate::rank);
    let mut ordered: Vec<Candidate> = Vec::new();
    for mut candidate in candidates {
        if ordered.iter().any(|known| known.endpoint == candidate.endpoint) {
            continue;
        }
        candidate.users.dedup();
        candidate.users.truncate(2);
        ordered.push(candidate);
    }
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let address = Address::new(" Ana.B@Пример.РФ. ", Way::In).expect("an address");
        assert_eq!((address.local.as_str(), address.domain.as_str()), ("Ana.B", "xn--e1afmkfd.xn--p1ai"));
        for text in ["", "ana", "@example.org", "ana@", "ana@[127.0.0.1]", "ana@127.0.0.1", "ana@a b", "a\r\nb@x.org"] {
            assert!(Address::new(text, Way::In).is_none(), "{text:?}");
        }
    }

    #[test]
    fn the_best_comes_first_and_each_once() {
        let candidate = |text: &str, found_by, advice| Candidate {
            endpoint: text.parse().expect(text),
            users: vec!["ana".to_owned()],
            found_by,
            advice,
            password_page: None,
        };
        let candidates = vec![
            candidate("pop3s://a.example", FoundBy::Autoconfig, None),
            candidate("imaps://b.example", FoundBy::Guess, None),
            candidate("imap+starttls://a.example", FoundBy::Autoconfig, None),
            candidate("imaps://a.example", FoundBy::Srv, None),
            candidate("imaps://a.example", FoundBy::Autoconfig, None),
            candidate("imaps://c.example", FoundBy::Autoconfig, Some(SourceAdvice::NoPasswords)),
        ];
        let ordered = in_order(Found { candidates, denied: Vec::new() });
        let texts: Vec<String> = ordered.iter().map(|candidate| candidate.endpoint.to_string()).collect();
        let expected = [
            "imaps://a.example:993",
            "imap+starttls://a.example:143",
            "imaps://b.example:993",
            "pop3s://a.example:995",
            "imaps://c.example:993",
        ];
        assert_eq!(texts, expected);
        assert_eq!(ordered[0].found_by, FoundBy::Autoconfig);
    }
}
