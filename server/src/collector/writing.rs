//! The half of a run that writes into the target, and the ledger before and after it.
//!
//! What is about to be sent is written down with the target's UIDNEXT. When the answer is lost, whatever arrived has a UID
//! from there on, and is known again by its size, INTERNALDATE and hash.

use std::{
    collections::HashSet,
    time::{Duration, Instant},
};

use app::wire::{CollectorTrouble, Flag, RefusedReason, Uid, UidValidity};
use tokio::time::sleep;

use super::{
    flags::{is_kept, to_text, travels},
    pool::{self, Pool},
    reading::{Fresh, Parcel, Text},
    run::{Job, Step, Stop},
};
use crate::{
    error::to_wire,
    imap::{Code, Error, Letter, Selected, Session},
    store::{Entry, FolderRow, Former, Place, now},
};

/// A message that was about to be sent so often, by itself most of the times, is left out.
const TOO_OFTEN: i64 = 12;

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
    /// The largest message that the mailbox takes, in octets.
    pub limit: Option<u64>,
    /// What may be here already.
    pub pool: Pool,
    pub shown: Shown,
}

/// What came since the numbers were last written.
pub struct Shown {
    copied: u32,
    bytes: u64,
    last: Instant,
}

impl Default for Shown {
    fn default() -> Self {
        Self { copied: 0, bytes: 0, last: Instant::now() }
    }
}

impl Writing<'_> {
    /// Finds out what became of messages that were about to be sent when something came in between. A server may still be
    /// at it, though nobody is there to hear its answer: what is not there yet is looked for until it will not come any more.
    pub async fn recover(&mut self) -> Result<(), Stop> {
        let mut pause = Duration::from_millis(25);
        loop {
            let sent = self.job.store.sent_entries(self.folder.id).await?;
            if sent.is_empty() {
                return Ok(());
            }
            if self.look_for(sent).await? {
                return self.job.step(Step::Recovered);
            }
            sleep(pause).await;
            pause = (2 * pause).min(Duration::from_secs(2));
            self.target.noop().await.map_err(Stop::of_target)?;
        }
    }

    /// Says whether it is known of all of them now where they are.
    async fn look_for(&mut self, sent: Vec<(UidValidity, Entry)>) -> Result<bool, Stop> {
        let here = self.mailbox.uid_validity;
        let first = sent.iter().map(|(_, entry)| match entry.place {
            Place::Sent { validity, next, .. } if validity == here => next,
            _ => Uid(1),
        });
        let first = first.min().unwrap_or(Uid(1));
        let known = self.known(first).await?;
        let mut pool = Pool::of(self.target, &pool::from(first), &known).await.map_err(Stop::of_target)?;
        let keys: Vec<_> = sent.iter().map(|(_, entry)| (entry.size, entry.date)).collect();
        pool.read(self.target, &keys).await.map_err(Stop::of_target)?;
        let mut all = true;
        for (validity, mut entry) in sent {
            let Place::Sent { at, .. } = entry.place else { continue };
            entry.place = match pool.take((entry.size, entry.date), &entry.hash) {
                Some(uid) => {
                    self.next = self.next.max(Uid(uid.0.saturating_add(1)));
                    Place::Here { validity: here, uid }
                }
                // A clock that was put back must not make it wait for ever.
                None if (at..=at.saturating_add(self.job.grace)).contains(&now()) => {
                    all = false;
                    continue;
                }
                None if entry.attempts >= TOO_OFTEN => Place::Refused(RefusedReason::BreaksTheLine),
                None => Place::Nowhere,
            };
            self.record_of(validity, &[entry]).await?;
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
            entries.retain(|entry| matches!(entry.place, Place::Here { validity, .. } if validity != here));
            let keys: Vec<_> = entries.iter().map(|entry| (entry.size, entry.date)).collect();
            pool.read(self.target, &keys).await.map_err(Stop::of_target)?;
            for entry in &mut entries {
                entry.place = match pool.take((entry.size, entry.date), &entry.hash) {
                    Some(uid) => Place::Here { validity: here, uid },
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

    pub async fn put(&mut self, parcel: Parcel) -> Result<(), Stop> {
        self.job.go_on()?;
        // What the target says of itself meanwhile is nobody's business.
        self.target.take_changes();
        match parcel {
            Parcel::Unreadable(entries) => self.record(&entries).await,
            Parcel::Messages(fresh) => {
                let fresh = self.find(fresh).await?;
                let fresh = self.refuse(fresh).await?;
                self.send(fresh).await
            }
        }
    }

    /// Binds those messages that are here already. Gives back the others.
    async fn find(&mut self, fresh: Vec<Fresh>) -> Result<Vec<Fresh>, Stop> {
        if self.pool.is_empty() {
            return Ok(fresh);
        }
        // A server that keeps line ends as they came tells another size of a message with lone ones.
        let keys = fresh.iter().flat_map(|one| [(one.digest.size, one.date), (one.digest.raw, one.date)]);
        let keys: Vec<_> = keys.collect();
        self.pool.read(self.target, &keys).await.map_err(Stop::of_target)?;
        let (mut rest, mut bound): (Vec<Fresh>, Vec<Entry>) = (Vec::new(), Vec::new());
        let mut renamed: Vec<(Former, Uid)> = Vec::new();
        for one in fresh {
            if let Some(former) = self.pool.take_former(&one.digest.hash) {
                renamed.push((former, one.uid));
                continue;
            }
            let found = self.pool.take((one.digest.size, one.date), &one.digest.hash);
            match found.or_else(|| self.pool.take((one.digest.raw, one.date), &one.digest.hash)) {
                Some(uid) => bound.push(entry(&one, Place::Here { validity: self.mailbox.uid_validity, uid })),
                None => rest.push(one),
            }
        }
        if !renamed.is_empty() {
            self.job.store.rename_former(self.folder.id, self.validity, &renamed).await?;
        }
        self.record(&bound).await?;
        self.show(&bound, false).await?;
        self.job.step(Step::Found)?;
        Ok(rest)
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
        let sent = Place::Sent { validity: self.mailbox.uid_validity, next: self.next, at: now() };
        let mut entries: Vec<Entry> = fresh.iter().map(|one| entry(one, sent.clone())).collect();
        entries.iter_mut().for_each(|entry| entry.attempts += 1);
        self.record(&entries).await?;
        self.job.step(Step::Recorded)?;
        let places = self.append(&mut fresh).await?;
        self.job.step(Step::Appended)?;
        let mut untold = false;
        for (entry, place) in entries.iter_mut().zip(places) {
            match place {
                Some(place) => entry.place = place,
                None => untold = true,
            }
        }
        for entry in &entries {
            if let Place::Here { uid, .. } = entry.place {
                self.next = self.next.max(Uid(uid.0.saturating_add(1)));
            }
        }
        self.record(&entries).await?;
        self.show(&entries, true).await?;
        if untold {
            // No UIDPLUS: what arrived is looked for as after a lost answer.
            self.look_again().await?;
        }
        self.job.step(Step::Bound)
    }

    async fn look_again(&mut self) -> Result<(), Stop> {
        self.target.noop().await.map_err(Stop::of_target)?;
        self.recover().await
    }

    /// What became of each message; of one that the target took without telling where to, nothing.
    async fn append(&mut self, fresh: &mut [Fresh]) -> Result<Vec<Option<Place>>, Stop> {
        if let [Fresh { text: Text::Filed(file), digest, date, flags, .. }] = fresh {
            let flags = flags_for(&self.mailbox, flags);
            let letter = Letter { flags: &flags, date: *date, message: &[] };
            let put = self.target.append_stream(&self.folder.target, letter, digest.raw, file).await;
            return Ok(vec![outcome(put)?]);
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
                puts => {
                    let puts = puts.map_err(Stop::of_target)?;
                    return Ok(puts.into_iter().map(here).collect());
                }
            }
        }
        let mut places = Vec::new();
        for (put, letter) in
            self.target.append_each(path, &letters).await.map_err(Stop::of_target)?.into_iter().zip(&letters)
        {
            let keyword = |flag: &&Flag| !flag.as_str().starts_with('\\');
            let put = match put {
                // Perhaps it is one of the keywords that it does not want.
                Err(Error::Refused { code: None, .. }) if letter.flags.iter().any(|flag| keyword(&flag)) => {
                    let flags: Vec<Flag> = letter.flags.iter().filter(|flag| !keyword(flag)).cloned().collect();
                    let plain = [Letter { flags: &flags, ..*letter }];
                    let puts = self.target.append_each(path, &plain).await.map_err(Stop::of_target)?;
                    puts.into_iter().next().unwrap_or(Err(Error::Closed))
                }
                put => put,
            };
            places.push(outcome(put)?);
        }
        Ok(places)
    }

    async fn record(&self, entries: &[Entry]) -> Result<(), Stop> {
        self.record_of(self.validity, entries).await
    }

    async fn record_of(&self, validity: UidValidity, entries: &[Entry]) -> Result<(), Stop> {
        self.job.record(self.folder.id, validity, entries).await
    }

    async fn show(&mut self, entries: &[Entry], came: bool) -> Result<(), Stop> {
        for entry in entries.iter().filter(|entry| matches!(entry.place, Place::Here { .. })) {
            self.shown.copied += 1;
            self.shown.bytes += entry.size;
            if came {
                self.job.count_one();
            }
        }
        if self.shown.last.elapsed() >= SHOWN {
            let Shown { copied, bytes, .. } = std::mem::take(&mut self.shown);
            self.job.store.add_to_folder(self.folder.id, copied, bytes).await?;
        }
        Ok(())
    }
}

fn entry(fresh: &Fresh, place: Place) -> Entry {
    Entry {
        uid: fresh.uid,
        size: fresh.digest.size,
        date: fresh.date,
        hash: fresh.digest.hash.clone(),
        flags: to_text(&fresh.flags),
        place,
        attempts: fresh.attempts,
    }
}

/// Those of a message's flags that the mailbox keeps.
fn flags_for(mailbox: &Selected, flags: &[Flag]) -> Vec<Flag> {
    flags.iter().filter(|flag| travels(flag) && is_kept(mailbox, flag)).cloned().collect()
}

fn here(put: Option<(UidValidity, Uid)>) -> Option<Place> {
    put.map(|(validity, uid)| Place::Here { validity, uid })
}

/// What the answer to one APPEND means for the message. A mailbox that is full or gone is no matter of one message.
fn outcome(put: Result<Option<(UidValidity, Uid)>, Error>) -> Result<Option<Place>, Stop> {
    let refused = |reason| Ok(Some(Place::Refused(reason)));
    match put {
        Ok(put) => Ok(here(put)),
        Err(Error::TooBig { limit }) => refused(RefusedReason::TooLarge { limit }),
        Err(Error::Refused { code: Some(Code::OverQuota), text }) => {
            Err(Stop::Run(CollectorTrouble::Target(app::wire::Error::OverQuota { text })))
        }
        Err(error @ Error::Refused { code: Some(Code::TryCreate | Code::NonExistent | Code::NoPerm), .. }) => {
            Err(Stop::Folder(CollectorTrouble::Target(to_wire(error))))
        }
        Err(Error::Refused { text, .. }) => refused(RefusedReason::Refused { text }),
        Err(Error::Unspeakable) => refused(RefusedReason::Refused { text: String::new() }),
        Err(error) => Err(Stop::of_target(error)),
    }
}
