//! By what the messages of a maildrop are known from one session to the next.

use std::collections::{HashMap, HashSet};

use app::wire::Uid;
use sha2::{Digest, Sha256};

use crate::{
    pop3::{Arrival, Error, Session},
    seal::hex,
    store::NameKey,
};

/// Letters of the longest name that is kept as it is (RFC 1939 §7 has at most 70).
const LONGEST: usize = 200;

/// A message of the maildrop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Holds in this session only.
    pub number: u32,
    /// Octets, as the server reckons.
    pub size: u64,
    pub key: NameKey,
    /// What the ledger knows it by, if it does.
    pub uid: Option<Uid>,
    /// It has a name of its own that the server gave it, and not only one that we made.
    pub lasting: bool,
}

/// What the maildrop holds: by its names; where there are none, or one names several, by what the messages begin with.
pub async fn items(session: &mut Session) -> Result<Vec<Item>, Error> {
    let listed = session.list().await?;
    if listed.is_empty() {
        return Ok(Vec::new());
    }
    let named = session.uidl().await?.unwrap_or_default();
    let mut names: HashMap<u32, String> = named.into_iter().map(|named| (named.number, short(named.uidl))).collect();
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for name in names.values() {
        *counts.entry(name).or_default() += 1;
    }
    let is_unique = |number: &u32| names.get(number).is_some_and(|name| counts.get(name.as_str()) == Some(&1));
    let others: Vec<u32> = listed.iter().map(|listed| listed.number).filter(|number| !is_unique(number)).collect();
    let made: HashSet<u32> = others.iter().copied().collect();
    for (number, beginning) in beginnings(session, &others).await? {
        let name = names.entry(number).or_default();
        *name = format!("{name} {beginning}");
    }
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut items = Vec::new();
    for listed in listed {
        // What the server does not show at all is gone as far as we know.
        let Some(name) = names.get(&listed.number).filter(|name| !name.is_empty()) else { continue };
        let nth = seen.entry(name.clone()).or_default();
        let (number, size, key) = (listed.number, listed.size, (name.clone(), *nth));
        items.push(Item { number, size, key, uid: None, lasting: !made.contains(&number) });
        *nth += 1;
    }
    Ok(items)
}

fn short(name: String) -> String {
    if name.len() <= LONGEST { name } else { format!("={}", hex(&Sha256::digest(name.as_bytes()))) }
}

/// SHA-256 of the headers; where the server does not give them out by themselves, of the whole messages.
async fn beginnings(session: &mut Session, numbers: &[u32]) -> Result<HashMap<u32, String>, Error> {
    let mut found = HashMap::new();
    let mut rest = Vec::new();
    if !session.capabilities().known || session.capabilities().top {
        hash_all(session, numbers, true, &mut found, &mut rest).await?;
    } else {
        rest = numbers.to_vec();
    }
    let whole = std::mem::take(&mut rest);
    hash_all(session, &whole, false, &mut found, &mut rest).await?;
    Ok(found)
}

async fn hash_all(
    session: &mut Session,
    numbers: &[u32],
    headers: bool,
    found: &mut HashMap<u32, String>,
    refused: &mut Vec<u32>,
) -> Result<(), Error> {
    let mut retrieval = if headers { session.tops(numbers, 0)? } else { session.retrieve(numbers)? };
    while let Some(arrival) = retrieval.next().await? {
        match arrival {
            Arrival::Refused { number, .. } => refused.push(number),
            Arrival::Message { number } => {
                let mut hash = Sha256::new();
                while let Some(piece) = retrieval.piece().await? {
                    hash.update(&piece);
                }
                found.insert(number, hex(&hash.finalize()));
            }
        }
    }
    Ok(())
}
