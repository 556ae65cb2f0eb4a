//! The servers of an address of somewhere else, which were typed or found.

use app::{
    view::collectors::Failure,
    wire::{Error, FoundBy, ProbeFailure},
};

use super::login::typed;
use crate::{
    bridge::Bridge,
    discover::{Candidate, Way},
    endpoint::Protocol,
};

/// How many of the servers that were found are tried.
pub const TRIED: usize = 4;

/// Whether a person has to say that a server is the right one before it is told a password: DNS can be forged, and a server
/// of another domain proves nothing by its certificate (RFC 6186 §6).
pub fn needs_a_word(candidate: &Candidate, address: &str) -> bool {
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain).to_lowercase();
    let host = candidate.endpoint.host.to_lowercase();
    candidate.found_by == FoundBy::Srv && host != domain && !host.ends_with(&format!(".{domain}"))
}

/// What is told of a server that does not do.
pub fn failed(ProbeFailure { step, error }: ProbeFailure, candidate: Candidate) -> Failure {
    let Candidate { endpoint, advice, password_page, .. } = candidate;
    Failure {
        error,
        step: Some(step),
        host: Some(endpoint.host),
        advice,
        password_page: password_page.map(str::to_owned),
    }
}

/// The server that was typed, else those that are found.
pub async fn candidates(bridge: &Bridge, address: &str, text: &str, way: Way) -> Result<Vec<Candidate>, Error> {
    if text.is_empty() {
        return Ok(bridge.discovery.discover(address, way).await);
    }
    let protocol = match way {
        Way::Out => Protocol::Smtp,
        Way::In if ["pop3", "pop."].iter().any(|start| text.starts_with(start)) => Protocol::Pop3,
        Way::In => Protocol::Imap,
    };
    let endpoint = typed(bridge, text, protocol)?;
    let local = address.rsplit_once('@').map(|(local, _)| local.to_owned());
    let users = std::iter::once(address.to_owned()).chain(local).collect();
    Ok(vec![Candidate { endpoint, users, found_by: FoundBy::Guess, advice: None, password_page: None }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_another_domain_that_dns_named_is_asked_about_first() {
        let candidate = |host: &str, found_by| Candidate {
            endpoint: format!("imaps://{host}").parse().expect(host),
            users: Vec::new(),
            found_by,
            advice: None,
            password_page: None,
        };
        for (host, found_by, expected) in [
            ("mail.example.org", FoundBy::Srv, false),
            ("Example.ORG", FoundBy::Srv, false),
            ("mail.example.net", FoundBy::Srv, true),
            ("notexample.org", FoundBy::Srv, true),
            ("imap.example.net", FoundBy::Preset, false),
            ("imap.example.net", FoundBy::Autoconfig, false),
        ] {
            assert_eq!(needs_a_word(&candidate(host, found_by), "ana@example.org"), expected, "{host}");
        }
    }
}
