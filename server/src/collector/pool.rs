//! What may be here already: messages that the ledger does not name, or names by UIDs that hold no more. A message of the
//! source that is found among them is bound to one of them and not brought again; equal ones are counted, not merged.

use std::collections::{HashMap, HashSet};

use app::wire::Uid;

use super::{digest::Digester, digest::digest, reading::LARGE};
use crate::{
    imap::{Error, Session, UidSet},
    store::Former,
};

/// Messages asked for at once.
const AT_ONCE: usize = 1000;

/// How much of a large message is read at once.
pub const PIECE: u32 = 1024 * 1024;

/// By what a server tells of a message without giving it out: its size and INTERNALDATE.
type Key = (u64, Option<i64>);

#[derive(Default)]
pub struct Pool {
    /// What the source had under another UIDVALIDITY, by hash.
    former: HashMap<String, Vec<Former>>,
    here: HashMap<Key, Vec<Candidate>>,
}

struct Candidate {
    uid: Uid,
    hash: Option<String>,
}

impl Pool {
    /// Messages with these UIDs of the mailbox that is selected, but for those that are known to be others.
    pub async fn of(session: &mut Session, uids: &UidSet, known: &HashSet<Uid>) -> Result<Pool, Error> {
        let mut pool = Pool::default();
        if session.selected().is_none_or(|selected| selected.exists == 0) {
            return Ok(pool);
        }
        let found = session.search(&[], Some(uids)).await?;
        let unknown: Vec<Uid> = found.into_iter().filter(|uid| !known.contains(uid)).collect();
        for some in unknown.chunks(AT_ONCE) {
            for look in session.fetch_looks(&some.iter().copied().collect()).await? {
                let size = look.size.unwrap_or(0).into();
                pool.here.entry((size, look.date)).or_default().push(Candidate { uid: look.uid, hash: None });
            }
        }
        // The oldest is taken first.
        pool.here.values_mut().for_each(|candidates| candidates.reverse());
        Ok(pool)
    }

    pub fn remember(&mut self, former: Vec<Former>) {
        for former in former {
            self.former.entry(former.hash.clone()).or_default().push(former);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.former.is_empty() && self.here.is_empty()
    }

    /// Reads those of the candidates that could be one of these messages.
    pub async fn read(&mut self, session: &mut Session, wanted: &[Key]) -> Result<(), Error> {
        let keys: HashSet<Key> = wanted.iter().copied().filter(|key| self.here.contains_key(key)).collect();
        let mut unread: Vec<(Uid, Key)> = Vec::new();
        for key in keys {
            let candidates = self.here.get(&key).map(Vec::as_slice).unwrap_or_default();
            unread.extend(candidates.iter().filter(|one| one.hash.is_none()).map(|one| (one.uid, key)));
        }
        unread.sort_unstable_by_key(|(uid, _)| *uid);
        let (large, small): (Vec<_>, Vec<_>) = unread.into_iter().partition(|(_, (size, _))| *size > LARGE);
        let mut small = small.as_slice();
        while !small.is_empty() {
            let (mut count, mut bytes) = (0, 0);
            for (_, (size, _)) in small {
                if count > 0 && (count == 64 || bytes + size > LARGE) {
                    break;
                }
                (count, bytes) = (count + 1, bytes + size);
            }
            let (window, rest) = small.split_at(count);
            small = rest;
            let uids = window.iter().map(|(uid, _)| *uid).collect();
            let texts: HashMap<Uid, Vec<u8>> = session.fetch_whole(&uids, bytes).await?.into_iter().collect();
            for (uid, key) in window {
                self.learn(*uid, *key, texts.get(uid).map(|text| digest(text).hash));
            }
        }
        for (uid, key) in large {
            let hash = hash_of_large(session, uid).await?;
            self.learn(uid, key, hash);
        }
        Ok(())
    }

    /// What cannot be read is nobody's.
    fn learn(&mut self, uid: Uid, key: Key, hash: Option<String>) {
        let Some(candidates) = self.here.get_mut(&key) else { return };
        match hash {
            Some(hash) => {
                candidates.iter_mut().filter(|one| one.uid == uid).for_each(|one| one.hash = Some(hash.clone()))
            }
            None => candidates.retain(|one| one.uid != uid),
        }
    }

    /// Takes out a message that was read and has this hash.
    pub fn take(&mut self, key: Key, hash: &str) -> Option<Uid> {
        let candidates = self.here.get_mut(&key)?;
        let place = candidates.iter().rposition(|one| one.hash.as_deref() == Some(hash))?;
        Some(candidates.remove(place).uid)
    }

    /// Takes out a message that the source had before. If it is still where it was, nobody else may take it from there.
    pub fn take_former(&mut self, hash: &str) -> Option<Former> {
        self.former.get_mut(hash)?.pop()
    }
}

async fn hash_of_large(session: &mut Session, uid: Uid) -> Result<Option<String>, Error> {
    let mut digester = Digester::default();
    let mut offset = 0;
    loop {
        match session.fetch_section(uid, "", Some((offset, PIECE))).await? {
            None => return Ok(None),
            Some(piece) => {
                digester.push(&piece);
                offset = offset.saturating_add(u32::try_from(piece.len()).unwrap_or(PIECE));
                if piece.len() < PIECE as usize {
                    return Ok(Some(digester.finish().hash));
                }
            }
        }
    }
}

/// From a UID on.
pub fn from(uid: Uid) -> UidSet {
    UidSet::range(Uid(uid.0.max(1)), Uid(u32::MAX))
}
