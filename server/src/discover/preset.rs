//! The servers of providers that are known.

use app::{providers::Provider, wire::FoundBy};

use super::{Address, Candidate, Way};

/// What is known of a provider, for one of its addresses.
pub fn candidates(provider: &'static Provider, address: &Address) -> Vec<Candidate> {
    let servers = match address.way {
        Way::In => [Some(provider.imap), provider.pop3],
        Way::Out => [Some(provider.smtp), None],
    };
    servers
        .into_iter()
        .flatten()
        // The table is ours, and its test reads all of it.
        .filter_map(|text| text.parse().ok())
        .map(|endpoint| Candidate {
            endpoint,
            users: vec![address.email.clone()],
            found_by: FoundBy::Preset,
            advice: provider.advice,
            password_page: provider.app_password_url,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use app::providers::PROVIDERS;

    use crate::endpoint::{Endpoint, Protocol, Security};

    #[test]
    fn every_provider_can_be_read() {
        for provider in PROVIDERS {
            let read =
                |text: &str| text.parse::<Endpoint>().unwrap_or_else(|error| panic!("{}: {error}", provider.name));
            let servers = [
                Some((provider.imap, Protocol::Imap)),
                provider.pop3.map(|pop3| (pop3, Protocol::Pop3)),
                Some((provider.smtp, Protocol::Smtp)),
            ];
            for (text, protocol) in servers.into_iter().flatten() {
                let endpoint = read(text);
                assert_eq!(endpoint.protocol, protocol, "{text}");
                assert_ne!(endpoint.security, Security::Insecure, "{text}");
            }
        }
    }
}
