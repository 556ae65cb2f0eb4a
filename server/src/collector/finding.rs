//! What is here already: messages that were being sent when the line broke, those of a target that is not what it was, and
//! those that the ledger has never heard of.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use app::wire::{CollectorKind, RefusedReason, Uid, UidValidity};
use tokio::time::sleep;

use super::{
    outlet::Fresh,
    pool::{self, Pool, Sought},
    run::{Step, Stop},
    writing::{TOO_OFTEN, Writing, entry},
};
use crate::store::{Entry, Former, Place, now};

/// How long after it was sent a message may still arrive, in seconds.
const LONGEST: i64 = 3600;

/// What is known of messages that were sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// None was heard: they may be there or not.
    Lost,
    /// The target has taken them and did not say where they are.
    Taken,
    /// It has moved them here from another of its mailboxes, and did not say where they are.
    Moved,
}

impl Writing<'_> {
    /// Finds out where messages are that were sent. A server may still be at it, though nobody is there to hear its answer:
    /// what is not there yet is looked for until it will not come any more.
    pub async fn recover(&mut self, answer: Answer) -> Result<(), Stop> {
        let (begun, mut pause) = (Instant::now(), Duration::from_millis(25));
        loop {
            let sent = self.job.store.sent_entries(self.folder.id).await?;
            if sent.is_empty() {
                return Ok(());
            }
            let may_come = begun.elapsed() < self.job.grace;
            if self.look_for(sent, answer, may_come).await? {
                return self.job.step(Step::Recovered);
            }
            self.job.go_on()?;
            sleep(pause).await;
            pause = (2 * pause).min(Duration::from_secs(2));
            self.target.noop().await.map_err(Stop::of_target)?;
        }
    }

    /// Says whether it is known of all of them now where they are.
    async fn look_for(
        &mut self,
        sent: Vec<(UidValidity, Entry)>,
        answer: Answer,
        may_come: bool,
    ) -> Result<bool, Stop> {
        let here = self.mailbox.uid_validity;
        let first = sent.iter().map(|(_, entry)| match entry.place {
            Place::Sent { validity, next, .. } if validity == here => next,
            _ => Uid(1),
        });
        let first = first.min().unwrap_or(Uid(1));
        let known = self.known(first).await?;
        let mut pool = Pool::of(self.target, &pool::from(first), &known).await.map_err(Stop::of_target)?;
        let wanted: Vec<Sought> = sent.iter().flat_map(|(_, entry)| sought(entry)).collect();
        pool.read(self.target, &wanted).await.map_err(Stop::of_target)?;
        let mut all = true;
        for (validity, mut entry) in sent {
            let Place::Sent { at, .. } = entry.place else { continue };
            entry.place = match pool.take(entry.uid, sought(&entry), entry.date, &entry.hash) {
                Some((uid, _)) => {
                    self.next = self.next.max(Uid(uid.0.saturating_add(1)));
                    Place::Here { validity: here, uid }
                }
                // It keeps it in another form, or elsewhere.
                None if answer != Answer::Lost => Place::Here { validity: UidValidity(0), uid: Uid(0) },
                None if may_come && at.saturating_add(LONGEST) > now() => {
                    all = false;
                    continue;
                }
                None if entry.attempts >= TOO_OFTEN => Place::Refused(RefusedReason::BreaksTheLine),
                None => Place::Nowhere,
            };
            let entries = [entry];
            self.record_of(validity, &entries).await?;
            self.show(&entries, answer != Answer::Moved).await?;
        }
        Ok(all)
    }

    /// The target has another UIDVALIDITY than it had: finds what was brought, and has the rest brought again. Whoever
    /// puts back an old copy of a mailbox loses what came later; to bring it again is what the ledger is for.
    pub async fn find_again(&mut self, validity: UidValidity) -> Result<(), Stop> {
        let here = self.mailbox.uid_validity;
        let known = self.known(Uid(1)).await?;
        let mut pool = Pool::of(self.target, &pool::from(Uid(1)), &known).await.map_err(Stop::of_target)?;
        let mut after = Uid(0);
        loop {
            let mut entries = self.job.store.entries_after(self.folder.id, validity, after, 500).await?;
            let Some(last) = entries.last() else { return Ok(()) };
            after = last.uid;
            // What was nowhere to be found when it came is not found now either.
            let is_elsewhere = |place: &Place| matches!(place, Place::Here { validity, .. } if ![UidValidity(0), here].contains(validity));
            entries.retain(|entry| is_elsewhere(&entry.place));
            let wanted: Vec<Sought> = entries.iter().flat_map(sought).collect();
            pool.read(self.target, &wanted).await.map_err(Stop::of_target)?;
            for entry in &mut entries {
                entry.place = match pool.take(entry.uid, sought(entry), entry.date, &entry.hash) {
                    Some((uid, _)) => Place::Here { validity: here, uid },
                    None => Place::Nowhere,
                };
            }
            self.record_of(validity, &entries).await?;
            self.job.step(Step::Rebound)?;
        }
    }

    /// Messages here, from a UID on, that the ledger names for this mailbox.
    pub async fn known(&self, from: Uid) -> Result<HashSet<Uid>, Stop> {
        let known = self.job.store.known_here(self.folder.id, self.mailbox.uid_validity, from).await?;
        Ok(known.into_iter().collect())
    }

    /// Binds those messages that are here already. Gives back the others.
    pub(super) async fn find(&mut self, fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        if self.pool.is_empty() {
            return Ok(fresh);
        }
        let now = now();
        // When a message came is only known over IMAP: of one in a file or a maildrop it is what its header says.
        let dated = self.job.collector.kind == CollectorKind::Imap;
        let sought = |one: &Fresh| Sought::new(one.digest.size, one.digest.raw, one.date.filter(|_| dated), now);
        let wanted: Vec<Sought> = fresh.iter().flat_map(sought).collect();
        self.pool.read(self.target, &wanted).await.map_err(Stop::of_target)?;
        let (mut rest, mut bound): (Vec<Fresh>, Vec<Entry>) = (Vec::new(), Vec::new());
        let (mut renamed, mut again): (Vec<(Former, Uid)>, Vec<Fresh>) = Default::default();
        for one in fresh {
            if let Some(former) = self.pool.take_former(&one.digest.hash) {
                renamed.push((former, one.uid));
                again.push(one);
                continue;
            }
            match self.pool.take(one.uid, sought(&one), one.date, &one.digest.hash) {
                Some((uid, date)) => {
                    // It was not brought, however often that was tried. By the date that it has here it is known again.
                    let place = Place::Here { validity: self.mailbox.uid_validity, uid };
                    bound.push(Entry { attempts: 0, date, ..entry(&one, place) });
                }
                None => rest.push(one),
            }
        }
        rest.extend(self.rename(&renamed, again).await?);
        self.record(&bound).await?;
        self.show(&bound, false).await?;
        self.job.step(Step::Found)?;
        Ok(rest)
    }
}

impl Writing<'_> {
    /// Gives messages the UIDs under which the source has them now. Gives back those of which the ledger knows nothing any more.
    pub(super) async fn rename(&mut self, renamed: &[(Former, Uid)], fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        if renamed.is_empty() {
            return Ok(Vec::new());
        }
        let changed = self.job.store.rename_former(self.job.lease(), self.folder.id, self.validity, renamed).await?;
        if usize::try_from(changed).is_ok_and(|changed| changed == renamed.len()) {
            return Ok(Vec::new());
        }
        let uids: Vec<Uid> = fresh.iter().map(|one| one.uid).collect();
        let known = self.job.store.entries(self.folder.id, self.validity, &uids).await?;
        let known: HashSet<Uid> = known.into_iter().map(|entry| entry.uid).collect();
        Ok(fresh.into_iter().filter(|one| !known.contains(&one.uid)).collect())
    }
}

/// What the ledger knows a message by.
fn sought(entry: &Entry) -> [Sought; 2] {
    let sent = match entry.place {
        Place::Sent { at, .. } => at,
        _ => now(),
    };
    Sought::new(entry.size, entry.raw, entry.date, sent)
}
