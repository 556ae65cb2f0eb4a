//! What DNS says of a domain's mail: the services it names (RFC 6186, RFC 8314 §5.1), and who takes its mail.

use std::time::Duration;

use app::wire::FoundBy;
use futures_util::future::join_all;
use hickory_resolver::{
    TokioResolver,
    proto::rr::{RData, rdata::SRV},
};

use super::{Address, Candidate, Found};
use crate::endpoint::{Endpoint, Protocol, Security};

/// How long one name server may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The most records of one service.
const MOST: usize = 10;

/// The services a domain may name.
const SERVICES: [(&str, Protocol, Security); 6] = [
    ("_imaps", Protocol::Imap, Security::Tls),
    ("_imap", Protocol::Imap, Security::StartTls),
    ("_pop3s", Protocol::Pop3, Security::Tls),
    ("_pop3", Protocol::Pop3, Security::StartTls),
    ("_submissions", Protocol::Smtp, Security::Tls),
    ("_submission", Protocol::Smtp, Security::StartTls),
];

/// The name servers that this machine asks.
pub fn of_this_machine() -> anyhow::Result<TokioResolver> {
    let mut builder = TokioResolver::builder_tokio()?;
    builder.options_mut().timeout = PATIENCE;
    builder.options_mut().attempts = 2;
    Ok(builder.build()?)
}

/// The servers that the domain names.
pub async fn services(names: Option<&TokioResolver>, address: &Address) -> Found {
    let Some(names) = names else { return Found::default() };
    let services = SERVICES.iter().filter(|(_, protocol, _)| address.way.has(*protocol));
    let asked = services.clone().map(|(service, ..)| lookup(names, format!("{service}._tcp.{}.", address.domain)));
    let mut found = Found::default();
    for ((_, protocol, security), records) in services.zip(join_all(asked).await) {
        for record in records {
            let host = record.target.to_ascii();
            let host = host.trim_end_matches('.');
            // The root stands for none (RFC 6186 §3.4).
            if host.is_empty() {
                found.denied.push(*protocol);
                continue;
            }
            let endpoint = Endpoint::new(*protocol, *security, &host.to_ascii_lowercase(), record.port);
            found.candidates.push(Candidate {
                endpoint,
                users: address.users(),
                found_by: FoundBy::Srv,
                advice: None,
                password_page: None,
            });
        }
    }
    // A service that exists in one way is not denied by the other.
    let named = |protocol: &Protocol| found.candidates.iter().any(|one| one.endpoint.protocol == *protocol);
    found.denied = found.denied.iter().copied().filter(|protocol| !named(protocol)).collect();
    found
}

/// The records of a service, the first to be tried first (RFC 2782): weights, which share load among many, are not rolled
/// for but taken as ranks.
async fn lookup(names: &TokioResolver, name: String) -> Vec<SRV> {
    let Ok(answer) = names.srv_lookup(name).await else { return Vec::new() };
    let records = answer.answers().iter().filter_map(|record| match &record.data {
        RData::SRV(service) => Some(service.clone()),
        _ => None,
    });
    let mut records: Vec<SRV> = records.collect();
    records.sort_by_key(|record| (record.priority, u16::MAX - record.weight));
    records.truncate(MOST);
    records
}

/// The host that takes the domain's mail first, in lower case.
pub async fn exchanger(names: Option<&TokioResolver>, domain: &str) -> Option<String> {
    let answer = names?.mx_lookup(format!("{domain}.")).await.ok()?;
    let exchangers = answer.answers().iter().filter_map(|record| match &record.data {
        RData::MX(exchanger) => Some(exchanger),
        _ => None,
    });
    let first = exchangers.min_by_key(|exchanger| exchanger.preference)?;
    let host = first.exchange.to_ascii().trim_end_matches('.').to_ascii_lowercase();
    (!host.is_empty()).then_some(host)
}

/// The domains that a host may belong to, as Thunderbird's list has them: without its first label, and the last two labels.
pub fn parents(host: &str) -> Vec<String> {
    let labels: Vec<&str> = host.split('.').collect();
    let of = |from: usize| labels.get(from..).filter(|rest| rest.len() >= 2).map(|rest| rest.join("."));
    let mut parents: Vec<String> = [of(1), of(labels.len().saturating_sub(2))].into_iter().flatten().collect();
    parents.dedup();
    parents
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_belong_to_domains() {
        assert_eq!(parents("mx1.mail.example.org"), ["mail.example.org", "example.org"]);
        assert_eq!(parents("mx.example.org"), ["example.org"]);
        assert_eq!(parents("example.org"), ["example.org"]);
        assert_eq!(parents("localhost"), Vec::<String>::new());
    }
}
