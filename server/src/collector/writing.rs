//! The half of a run that writes into the target, and the ledger before and after it.
//!
//! What is about to be sent is written down with the target's UIDNEXT. When the answer is lost, whatever arrived has a UID
//! from there on, and is known again by its size, INTERNALDATE and hash (`finding.rs`).

use std::{
    collections::BTreeMap,
    io::SeekFrom,
    time::{Duration, Instant},
};

use anyhow::Context;
use app::wire::{CollectorTrouble, Flag, RefusedReason, Uid, UidValidity};
use tokio::{fs::File, io::AsyncSeekExt};

use super::{
    finding::Answer,
    flags::{is_kept, to_text, travels},
    outlet::{Fresh, Parcel, Text},
    pool::Pool,
    run::{Job, Step, Stop, held},
};
use crate::{
    error::to_wire,
    imap::{Code, Error, Letter, Selected, Session},
    store::{Bound, Entry, FolderRow, Place, now},
};

/// A message that was about to be sent so often, by itself most of the times, is left out.
pub const TOO_OFTEN: i64 = 12;

/// How often the numbers are written that a page shows.
const SHOWN: Duration = Duration::from_secs(1);

/// Writes into one mailbox of the target, which is selected.
pub struct Writing<'a> {
    pub job: &'a Job,
    pub target: &'a mut Session,
    pub folder: &'a FolderRow,
    /// Of the source.
    pub validity: UidValidity,
    pub mailbox: Selected,
    /// No message that comes from now on has a lower UID.
    pub next: Uid,
    /// Where UIDs of the source are ours: the highest that was given to a message of it. Else 0.
    pub named: Uid,
    /// The largest message that the mailbox takes, in octets.
    pub limit: Option<u64>,
    /// What may be here already.
    pub pool: Pool,
    /// What the target has answered and the ledger does not say yet: it is written with what is sent next.
    pub heard: Vec<Entry>,
    pub(super) shown: Shown,
    /// Whether anything came from another mailbox of the target.
    pub moved: bool,
    /// Whether the source has there what was sent.
    pub of_sent: bool,
}

/// What came since the numbers were last written.
pub(super) struct Shown {
    copied: u32,
    bytes: u64,
    last: Instant,
}

impl Default for Shown {
    fn default() -> Self {
        Self { copied: 0, bytes: 0, last: Instant::now() }
    }
}

/// What the target said of one message.
enum Outcome {
    Here(UidValidity, Uid),
    /// It has taken it and did not say where it is.
    Taken,
    /// It never will take it.
    Refused(RefusedReason),
    /// It did not take it, and may later.
    NotNow(Stop),
    /// The same, but for a fault of its own, which may be the message's.
    Stumbled(Stop),
    /// Nobody knows.
    Unheard(Stop),
}

impl<'a> Writing<'a> {
    /// Into a mailbox that is selected, of messages that the source has under this UIDVALIDITY.
    pub async fn new(
        job: &'a Job,
        target: &'a mut Session,
        folder: &'a FolderRow,
        validity: UidValidity,
        mailbox: Selected,
    ) -> Result<Writing<'a>, Stop> {
        let limit = target.append_limit(&folder.target, u64::MAX).await.map_err(Stop::of_target)?;
        let next = Uid(mailbox.uid_next.0.max(1));
        let (named, pool, heard, shown) = (Uid(0), Pool::default(), Vec::new(), Shown::default());
        let (moved, of_sent) = (false, false);
        Ok(Writing { job, target, folder, validity, mailbox, next, named, limit, pool, heard, shown, moved, of_sent })
    }

    /// What is written down of messages that are about to come into the mailbox.
    pub(super) fn sent(&self) -> Place {
        Place::Sent { validity: self.mailbox.uid_validity, next: self.next, at: now(), named: self.named }
    }

    pub async fn put(&mut self, parcel: Parcel) -> Result<(), Stop> {
        self.job.go_on()?;
        // What the target says of itself meanwhile is nobody's business.
        self.target.take_changes();
        match parcel {
            Parcel::Noted(entries) => {
                self.record(&entries).await?;
                self.show(&entries, false).await
            }
            Parcel::Messages(fresh, _turn) => {
                let fresh = self.find(fresh).await?;
                let fresh = if self.of_sent { self.leave_own(fresh).await? } else { fresh };
                let fresh = self.follow_moves(fresh).await?;
                let fresh = self.refuse(fresh).await?;
                self.send(fresh).await
            }
        }
    }

    /// Notes those messages that the target is known not to take. Gives back the others.
    async fn refuse(&mut self, fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        let (mut rest, mut refused) = (Vec::new(), Vec::new());
        for one in fresh {
            let reason = match self.limit {
                // RFC 9051 §4.3.1: only literal8 could say it, which few servers take.
                _ if one.digest.has_nul => RefusedReason::Nul,
                Some(limit) if one.digest.raw > limit => RefusedReason::TooLarge { limit },
                _ => {
                    rest.push(one);
                    continue;
                }
            };
            refused.push(entry(&one, Place::Refused(reason)));
        }
        self.record(&refused).await?;
        Ok(rest)
    }

    async fn send(&mut self, mut fresh: Vec<Fresh>) -> Result<(), Stop> {
        if fresh.is_empty() {
            return Ok(());
        }
        let sent = self.sent();
        let mut entries: Vec<Entry> = fresh.iter().map(|one| entry(one, sent.clone())).collect();
        entries.iter_mut().for_each(|entry| entry.attempts += 1);
        self.record_with_heard(&entries).await?;
        self.job.step(Step::Recorded)?;
        let outcomes = self.append(&mut fresh).await?;
        self.job.step(Step::Appended)?;
        let (mut taken, mut ended) = (false, Ok(()));
        for (entry, outcome) in entries.iter_mut().zip(outcomes) {
            let stop = match outcome {
                Outcome::Here(validity, uid) => {
                    self.next = self.next.max(Uid(uid.0.saturating_add(1)));
                    entry.place = Place::Here { validity, uid };
                    continue;
                }
                Outcome::Taken => {
                    taken = true;
                    continue;
                }
                Outcome::Refused(reason) => {
                    entry.place = Place::Refused(reason);
                    continue;
                }
                Outcome::NotNow(stop) => {
                    // It is not the message's fault. A server that hung up as well may have taken it all the same.
                    entry.attempts -= 1;
                    if !self.target.is_over() {
                        entry.place = Place::Nowhere;
                    }
                    stop
                }
                Outcome::Stumbled(stop) => {
                    entry.place = Place::Nowhere;
                    stop
                }
                Outcome::Unheard(stop) => stop,
            };
            ended = ended.and(Err(stop));
        }
        self.show(&entries, true).await?;
        self.heard = entries;
        if taken || ended.is_err() {
            self.flush().await?;
        }
        // Where one answer was not heard the session is over, and all is looked for in the next one.
        if taken && !self.target.is_over() {
            // No UIDPLUS: what arrived is looked for as after a lost answer.
            self.target.noop().await.map_err(Stop::of_target)?;
            self.recover(Answer::Taken).await?;
        }
        ended
    }

    /// Writes what was heard.
    pub(super) async fn flush(&mut self) -> Result<(), Stop> {
        if self.heard.is_empty() { Ok(()) } else { self.record_with_heard(&[]).await }
    }

    /// Writes entries, and with them, in the same transaction, what was heard: each waits for the disk.
    async fn record_with_heard(&mut self, entries: &[Entry]) -> Result<(), Stop> {
        let here = self.mailbox.uid_validity;
        let mut bound = Bound { validity: here, uids: BTreeMap::new() };
        let mut rest = Vec::new();
        let heard = std::mem::take(&mut self.heard);
        let was_heard = !heard.is_empty();
        for entry in heard {
            match entry.place {
                Place::Here { validity, uid } if validity == here => {
                    bound.uids.insert(entry.uid.0, uid.0);
                }
                _ => rest.push(entry),
            }
        }
        rest.extend_from_slice(entries);
        let Job { store, .. } = self.job;
        held(store.bind(self.job.lease(), self.folder.id, self.validity, &bound, &rest).await?)?;
        if was_heard { self.job.step(Step::Bound) } else { Ok(()) }
    }

    /// What became of each message.
    async fn append(&mut self, fresh: &mut [Fresh]) -> Result<Vec<Outcome>, Stop> {
        if let [Fresh { text: Text::Filed(file), digest, date, flags, attempts, .. }] = fresh {
            let flags = flags_for(&self.mailbox, flags);
            return Ok(vec![self.append_file(file, digest.raw, *date, &flags, *attempts).await?]);
        }
        let flags: Vec<Vec<Flag>> = fresh.iter().map(|one| flags_for(&self.mailbox, &one.flags)).collect();
        let letter = |(one, flags)| {
            let one: &Fresh = one;
            let flags: &Vec<Flag> = flags;
            let message = match &one.text {
                Text::Held(text) => text.as_slice(),
                Text::Filed(_) => &[],
            };
            Letter { flags, date: one.date, message }
        };
        let letters: Vec<Letter> = fresh.iter().zip(&flags).map(letter).collect();
        let path = &self.folder.target;
        if letters.len() > 1 && self.target.capabilities().multi_append {
            match self.target.append_together(path, &letters).await {
                // None of them is there. Each by itself shows which one it does not want.
                Err(Error::Refused { code, .. }) if code != Some(Code::OverQuota) => {}
                Err(error) => return Ok(fresh.iter().map(|_| outcome(Err(error.clone()), 0)).collect()),
                Ok(puts) => return Ok(puts.into_iter().map(here).collect()),
            }
        }
        let mut outcomes = Vec::new();
        let puts = match self.target.append_each(path, &letters).await {
            Ok(puts) => puts,
            Err(error) => vec![Err(error); letters.len()],
        };
        for ((put, letter), one) in puts.into_iter().zip(&letters).zip(fresh.iter()) {
            let put = match put {
                // Perhaps it is one of the keywords that it does not want.
                Err(Error::Refused { code: None, .. }) if letter.flags.iter().any(is_keyword) => {
                    let flags = without_keywords(letter.flags);
                    let plain = [Letter { flags: &flags, ..*letter }];
                    let puts = self.target.append_each(path, &plain).await;
                    puts.and_then(|puts| puts.into_iter().next().unwrap_or(Err(Error::Closed)))
                }
                put => put,
            };
            outcomes.push(outcome(put, one.attempts));
        }
        Ok(outcomes)
    }

    async fn append_file(
        &mut self,
        file: &mut File,
        size: u64,
        date: Option<i64>,
        flags: &[Flag],
        attempts: i64,
    ) -> Result<Outcome, Stop> {
        let letter = Letter { flags, date, message: &[] };
        let mut put = self.target.append_stream(&self.folder.target, letter, size, file).await;
        if matches!(put, Err(Error::Refused { code: None, .. })) && flags.iter().any(is_keyword) {
            file.seek(SeekFrom::Start(0)).await.context("A large message")?;
            let flags = without_keywords(flags);
            let letter = Letter { flags: &flags, ..letter };
            put = self.target.append_stream(&self.folder.target, letter, size, file).await;
        }
        Ok(outcome(put, attempts))
    }

    pub(super) async fn record(&self, entries: &[Entry]) -> Result<(), Stop> {
        self.record_of(self.validity, entries).await
    }

    pub(super) async fn record_of(&self, validity: UidValidity, entries: &[Entry]) -> Result<(), Stop> {
        self.job.record(self.folder.id, validity, entries).await
    }

    /// Counts those of the messages that are here, for whoever looks on; as brought, unless they were here before.
    pub(super) async fn show(&mut self, entries: &[Entry], came: bool) -> Result<(), Stop> {
        for entry in entries.iter().filter(|entry| matches!(entry.place, Place::Here { .. } | Place::Elsewhere)) {
            self.shown.copied += 1;
            self.shown.bytes += if entry.place == Place::Elsewhere { 0 } else { entry.size };
            if came {
                self.job.brought.add(entry.size);
            }
        }
        if self.shown.last.elapsed() >= SHOWN {
            let Shown { copied, bytes, .. } = std::mem::take(&mut self.shown);
            held(self.job.store.add_to_folder(self.job.lease(), self.folder.id, copied, bytes).await?)?;
            self.job.note_brought().await?;
        }
        Ok(())
    }
}

pub(super) fn entry(fresh: &Fresh, place: Place) -> Entry {
    Entry {
        uid: fresh.uid,
        size: fresh.digest.size,
        raw: fresh.digest.raw,
        date: fresh.date,
        hash: fresh.digest.hash.clone(),
        flags: to_text(&fresh.flags),
        place,
        attempts: fresh.attempts,
        email: fresh.email,
    }
}

/// Those of a message's flags that the mailbox keeps.
fn flags_for(mailbox: &Selected, flags: &[Flag]) -> Vec<Flag> {
    flags.iter().filter(|flag| travels(flag) && is_kept(mailbox, flag)).cloned().collect()
}

fn is_keyword(flag: &Flag) -> bool {
    !flag.as_str().starts_with('\\')
}

fn without_keywords(flags: &[Flag]) -> Vec<Flag> {
    flags.iter().filter(|flag| !is_keyword(flag)).cloned().collect()
}

fn here(put: Option<(UidValidity, Uid)>) -> Outcome {
    put.map_or(Outcome::Taken, |(validity, uid)| Outcome::Here(validity, uid))
}

/// What the answer to one APPEND means for the message that was sent before so many times. A mailbox that is full or gone is
/// no matter of one message, nor is a server that has a fault, unless it has it each time.
fn outcome(put: Result<Option<(UidValidity, Uid)>, Error>, attempts: i64) -> Outcome {
    let target = |error| CollectorTrouble::Target(error);
    match put {
        Ok(put) => here(put),
        Err(Error::Refused { code: Some(Code::ServerBug), text }) if attempts < TOO_OFTEN => {
            Outcome::Stumbled(Stop::Run(target(app::wire::Error::Unavailable { text })))
        }
        Err(Error::Refused { code: Some(code), text }) if code.is_passing() && code != Code::ServerBug => {
            Outcome::NotNow(Stop::Run(target(app::wire::Error::Unavailable { text })))
        }
        Err(Error::Refused { code: Some(Code::OverQuota), text }) => {
            Outcome::NotNow(Stop::Run(target(app::wire::Error::OverQuota { text })))
        }
        Err(error @ Error::Refused { code: Some(Code::TryCreate | Code::NonExistent | Code::NoPerm), .. }) => {
            Outcome::NotNow(Stop::Folder(target(to_wire(error))))
        }
        // It answers, and wants to be left alone.
        Err(error @ Error::Throttled { .. }) => Outcome::NotNow(Stop::of_target(error)),
        Err(Error::TooBig { limit }) => Outcome::Refused(RefusedReason::TooLarge { limit }),
        Err(Error::Refused { text, .. }) => Outcome::Refused(RefusedReason::Refused { text }),
        Err(Error::Unspeakable) => Outcome::Refused(RefusedReason::Refused { text: String::new() }),
        Err(error) => Outcome::Unheard(Stop::of_target(error)),
    }
}
