//! What may be here already: messages that the ledger does not name, or names by UIDs that hold no more. A message of the
//! source that is found among them is bound to one of them and not brought again; equal ones are counted, not merged.

use std::collections::{HashMap, HashSet};

use app::wire::Uid;

use super::{
    digest::{Digester, digest},
    pieces::{Ended, Next, Pieces},
    reading::LARGE,
};
use crate::{
    imap::{Error, Session, UidSet},
    store::Former,
};

/// Messages asked for at once.
const AT_ONCE: usize = 1000;

/// By what a message is looked for before it is read.
#[derive(Debug, Clone, Copy)]
pub struct Sought {
    /// Octets.
    pub size: u64,
    /// INTERNALDATE in seconds since 1970 UTC. None where any fits.
    pub date: Option<i64>,
}

impl Sought {
    /// A message with this INTERNALDATE that was sent, if it was, no later than `sent`; by both of its sizes, since a server
    /// that keeps line ends as they came tells another one. Dovecot (2.3, 2026-11) takes a date that is more than two hours to
    /// come for the moment in which it is told.
    pub fn new(size: u64, raw: u64, date: Option<i64>, sent: i64) -> [Self; 2] {
        [size, raw].map(|size| Self { size, date: date.filter(|date| *date <= sent) })
    }

    fn fits(self, candidate: &Candidate) -> bool {
        self.date.is_none() || self.date == candidate.date
    }
}

#[derive(Default)]
pub struct Pool {
    /// What the source had under another UIDVALIDITY, by hash.
    former: HashMap<String, Vec<Former>>,
    /// By size.
    here: HashMap<u64, Vec<Candidate>>,
}

struct Candidate {
    uid: Uid,
    /// Only a message with a higher UID at the source may be it.
    after: Uid,
    date: Option<i64>,
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
                let candidate = Candidate { uid: look.uid, after: Uid(0), date: look.date, hash: None };
                pool.here.entry(size).or_default().push(candidate);
            }
        }
        // The oldest is taken first.
        pool.here.values_mut().for_each(|candidates| candidates.reverse());
        Ok(pool)
    }

    /// Has these candidates be those only of messages with a higher UID at the source than this.
    pub fn restrict(&mut self, after: &HashMap<Uid, Uid>) {
        for candidate in self.here.values_mut().flatten() {
            candidate.after = after.get(&candidate.uid).copied().unwrap_or(Uid(0));
        }
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
    pub async fn read(&mut self, session: &mut Session, wanted: &[Sought]) -> Result<(), Error> {
        let mut unread: Vec<(Uid, u64)> = Vec::new();
        for sought in wanted {
            let candidates = self.here.get(&sought.size).map(Vec::as_slice).unwrap_or_default();
            let fitting = candidates.iter().filter(|one| one.hash.is_none() && sought.fits(one));
            unread.extend(fitting.map(|one| (one.uid, sought.size)));
        }
        unread.sort_unstable();
        unread.dedup();
        let (mut alone, small): (Vec<_>, Vec<_>) = unread.into_iter().partition(|(_, size)| *size > LARGE);
        let mut small = small.as_slice();
        while !small.is_empty() {
            let (mut count, mut bytes) = (0, 0);
            for (_, size) in small {
                if count > 0 && (count == 64 || bytes + size > LARGE) {
                    break;
                }
                (count, bytes) = (count + 1, bytes + size);
            }
            let (window, rest) = small.split_at(count);
            small = rest;
            let uids = window.iter().map(|(uid, _)| *uid).collect();
            let texts: HashMap<Uid, Vec<u8>> = match session.fetch_whole(&uids, bytes).await {
                // It stumbles over one of them.
                Err(error) if error.is_refusal() => HashMap::new(),
                texts => texts?.into_iter().collect(),
            };
            for (uid, size) in window {
                match texts.get(uid) {
                    Some(text) => self.learn(*uid, *size, Some(digest(text).hash)),
                    None => alone.push((*uid, *size)),
                }
            }
        }
        for (uid, size) in alone {
            let hash = hash_alone(session, uid, size).await?;
            self.learn(uid, size, hash);
        }
        Ok(())
    }

    /// What cannot be read is nobody's.
    fn learn(&mut self, uid: Uid, size: u64, hash: Option<String>) {
        let Some(candidates) = self.here.get_mut(&size) else { return };
        match hash {
            Some(hash) => {
                candidates.iter_mut().filter(|one| one.uid == uid).for_each(|one| one.hash = Some(hash.clone()))
            }
            None => candidates.retain(|one| one.uid != uid),
        }
    }

    /// Takes out a message that was read, fits one of these and has this hash, for one that has the UID `uid` at the source; one
    /// with the INTERNALDATE `date` rather than another that fits. Gives back its UID and INTERNALDATE.
    pub fn take(&mut self, uid: Uid, sought: [Sought; 2], date: Option<i64>, hash: &str) -> Option<(Uid, Option<i64>)> {
        sought.into_iter().find_map(|sought| self.take_one(uid, sought, date, hash))
    }

    fn take_one(&mut self, uid: Uid, sought: Sought, date: Option<i64>, hash: &str) -> Option<(Uid, Option<i64>)> {
        let candidates = self.here.get_mut(&sought.size)?;
        let is_it = |one: &Candidate| one.after < uid && one.hash.as_deref() == Some(hash) && sought.fits(one);
        let exact = candidates.iter().rposition(|one| is_it(one) && one.date == date);
        let place = exact.or_else(|| candidates.iter().rposition(is_it))?;
        let taken = candidates.remove(place);
        Some((taken.uid, taken.date))
    }

    /// Takes out a message that the source had before. If it is still where it was, nobody else may take it from there.
    pub fn take_former(&mut self, hash: &str) -> Option<Former> {
        self.former.get_mut(hash)?.pop()
    }
}

/// None of what cannot be read, or is not of the size that it was said to be.
async fn hash_alone(session: &mut Session, uid: Uid, size: u64) -> Result<Option<String>, Error> {
    let mut digester = Digester::default();
    let mut pieces = Pieces::of(session, uid, u32::try_from(size).ok(), size);
    loop {
        match pieces.next().await? {
            Next::Piece(piece) => digester.push(&piece),
            Next::End(Ended::Whole) => return Ok(Some(digester.finish().hash)),
            Next::End(Ended::Gone | Ended::NotGivenOut(_) | Ended::TooLarge) => return Ok(None),
        }
    }
}

/// From a UID on.
pub fn from(uid: Uid) -> UidSet {
    UidSet::range(Uid(uid.0.max(1)), Uid(u32::MAX))
}
