//! The half of a run that reads the source: windows of small messages, and large ones by themselves.
//!
//! A message counts only when all of it has been said. A large one goes to a file without a name first, so that the target
//! hears nothing of a message before it is whole.

use std::{
    collections::{HashMap, HashSet},
    io::SeekFrom,
};

use anyhow::Context;
use app::wire::{CollectorTrouble, RefusedReason, Uid, UidValidity};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
};

use super::{
    digest::{Digester, digest},
    flags::to_text,
    outlet::{Fresh, Outlet, Text},
    pieces::{Ended, Next, Pieces},
    run::{Job, Step, Stop},
    writing::TOO_OFTEN,
};
use crate::{
    imap::{Look, Session, UidSet},
    spool::nameless,
    store::{Entry, Place},
};

/// Messages of a window, at most.
pub const WINDOW: usize = 64;

/// Octets of a window, at most; a larger message goes by itself.
pub const LARGE: u64 = 4 * 1024 * 1024;

/// The largest message that is read, in octets: one without an end must not fill the disk.
pub const LARGEST: u64 = 512 * 1024 * 1024;

/// Messages of one mailbox that are left out, at most: where there are more, something else is the matter than with them.
pub const MOST_REFUSED: u64 = 10_000;

/// Messages whose sizes are asked for at once.
const LISTED: usize = 1000;

/// A message that was about to be sent so often goes by itself: perhaps it is what breaks the line.
pub const SUSPICIOUS: i64 = 3;

/// Reads one mailbox of the source, which is selected.
pub struct Reading<'a> {
    pub job: &'a Job,
    pub source: &'a mut Session,
    /// The row of the mailbox.
    pub folder: i64,
    pub validity: UidValidity,
    /// The largest message that the target takes, in octets.
    pub limit: Option<u64>,
    /// How many messages of the mailbox are left out so far.
    pub refused: u64,
    pub outlet: Outlet,
}

impl Reading<'_> {
    /// Reads those of these messages that were not dealt with yet.
    pub async fn read(mut self, uids: &[Uid]) -> Result<(), Stop> {
        for some in uids.chunks(LISTED) {
            let known = self.job.store.entries(self.folder, self.validity, some).await?;
            let attempts: HashMap<Uid, i64> = known.iter().map(|entry| (entry.uid, entry.attempts)).collect();
            let done =
                |entry: &&Entry| matches!(entry.place, Place::Here { .. } | Place::Refused(_) | Place::Elsewhere);
            let done: HashSet<Uid> = known.iter().filter(done).map(|entry| entry.uid).collect();
            let wanted: UidSet = some.iter().copied().filter(|uid| !done.contains(uid)).collect();
            if wanted.is_empty() {
                continue;
            }
            let looks = self.source.fetch_looks(&wanted).await.map_err(Stop::of_source)?;
            let seen: HashSet<Uid> = looks.iter().map(|look| look.uid).collect();
            let looks = self.not_elsewhere(looks).await?;
            self.read_looked_at(looks, &attempts).await?;
            let unseen: UidSet = wanted.iter().filter(|uid| !seen.contains(uid)).collect();
            self.tell_unseen(&unseen).await?;
        }
        Ok(())
    }

    /// Notes those that have been dealt with in another mailbox of the source. Gives back the others.
    async fn not_elsewhere(&mut self, looks: Vec<Look>) -> Result<Vec<Look>, Stop> {
        let emails: Vec<u64> = looks.iter().filter_map(|look| look.email).collect();
        if emails.is_empty() {
            return Ok(looks);
        }
        let dealt_with = self.job.store.dealt_with(self.folder, &emails).await?;
        let is_elsewhere = |look: &Look| look.email.is_some_and(|email| dealt_with.contains(&email));
        let (elsewhere, looks): (Vec<Look>, Vec<Look>) = looks.into_iter().partition(is_elsewhere);
        let entry = |look| Entry { place: Place::Elsewhere, ..blank(look, 0) };
        self.outlet.note(elsewhere.into_iter().map(entry).collect()).await;
        Ok(looks)
    }

    async fn read_looked_at(&mut self, looks: Vec<Look>, attempts: &HashMap<Uid, i64>) -> Result<(), Stop> {
        let attempts_of = |look: &Look| attempts.get(&look.uid).copied().unwrap_or(0);
        let mut window: Vec<(Look, i64)> = Vec::new();
        let mut bytes = 0;
        for look in looks {
            let size = u64::from(look.size.unwrap_or(0));
            let tried = attempts_of(&look);
            let alone = tried >= SUSPICIOUS;
            if !window.is_empty()
                && (alone || size == 0 || window.len() >= self.job.front.window(WINDOW) || bytes + size > LARGE)
            {
                self.read_window(std::mem::take(&mut window), bytes).await?;
                bytes = 0;
            }
            if tried > TOO_OFTEN {
                let reason = RefusedReason::Unreadable { text: String::new() };
                self.leave_out(refused(look, tried, reason)).await?;
                continue;
            }
            // RFC 3502 has no message of no bytes among several, and where the size is not known it may be any.
            if size > LARGE || size == 0 {
                self.read_alone(look, tried).await?;
                continue;
            }
            window.push((look, tried));
            bytes += size;
            if alone {
                self.read_window(std::mem::take(&mut window), bytes).await?;
                bytes = 0;
            }
        }
        if window.is_empty() { Ok(()) } else { self.read_window(window, bytes).await }
    }

    async fn read_window(&mut self, window: Vec<(Look, i64)>, bytes: u64) -> Result<(), Stop> {
        self.job.go_on()?;
        let turn = self.job.front.give_way().await;
        self.job.go_on()?;
        let uids: UidSet = window.iter().map(|(look, _)| look.uid).collect();
        let texts = match self.source.fetch_whole(&uids, bytes).await {
            // It stumbles over one of them: each is asked for by itself.
            Err(error) if error.is_refusal() => Vec::new(),
            Err(error) => {
                self.stumbled(window.iter().map(|(look, tried)| (look.clone(), *tried)).collect()).await;
                return Err(Stop::of_source(error));
            }
            Ok(texts) => texts,
        };
        self.job.step(Step::Read)?;
        let mut texts: HashMap<Uid, Vec<u8>> = texts.into_iter().collect();
        let (mut fresh, mut rest) = (Vec::new(), Vec::new());
        for (look, attempts) in window {
            match texts.remove(&look.uid) {
                Some(text) if !text.is_empty() || look.size == Some(0) => {
                    let Look { uid, date, flags, email, .. } = look;
                    fresh.push(Fresh {
                        uid,
                        date,
                        flags,
                        email,
                        digest: digest(&text),
                        text: Text::Held(text),
                        attempts,
                    });
                }
                _ => rest.push((look, attempts)),
            }
        }
        self.outlet.messages(fresh, turn).await;
        for (look, attempts) in rest {
            self.read_alone(look, attempts).await?;
        }
        Ok(())
    }

    /// Reads a message by itself, into a file.
    async fn read_alone(&mut self, look: Look, attempts: i64) -> Result<(), Stop> {
        self.job.go_on()?;
        let limit = self.limit.unwrap_or(LARGEST).min(LARGEST);
        let size = look.size.unwrap_or(0);
        if u64::from(size) > limit {
            return self.leave_out(refused(look, attempts, RefusedReason::TooLarge { limit })).await;
        }
        let mut file = File::from_std(nameless(&self.job.spool).context("A large message")?);
        let mut digester = Digester::default();
        let mut pieces = Pieces::of(self.source, look.uid, look.size, limit);
        let ended = loop {
            match pieces.next().await {
                Ok(Next::Piece(piece)) => {
                    digester.push(&piece);
                    file.write_all(&piece).await.context("A large message")?;
                }
                Ok(Next::End(ended)) => break ended,
                Err(error) => {
                    self.stumbled(vec![(look, attempts)]).await;
                    return Err(Stop::of_source(error));
                }
            }
        };
        self.job.step(Step::Read)?;
        match ended {
            Ended::Whole => {
                file.flush().await.context("A large message")?;
                file.seek(SeekFrom::Start(0)).await.context("A large message")?;
                let Look { uid, date, flags, email, .. } = look;
                let text = Text::Filed(file);
                let fresh = Fresh { uid, date, flags, email, digest: digester.finish(), text, attempts };
                let turn = self.job.front.give_way().await;
                self.outlet.messages(vec![fresh], turn).await;
                Ok(())
            }
            Ended::Gone => Ok(()),
            Ended::NotGivenOut(text) => {
                self.leave_out(refused(look, attempts, RefusedReason::Unreadable { text })).await
            }
            Ended::TooLarge => self.leave_out(refused(look, attempts, RefusedReason::TooLarge { limit })).await,
        }
    }

    /// Notes that the line broke while these were read: if it is one of them each time, it is found and left out.
    async fn stumbled(&mut self, window: Vec<(Look, i64)>) {
        let entry = |(look, tried): (Look, i64)| Entry { place: Place::Nowhere, ..blank(look, tried + 1) };
        self.outlet.note(window.into_iter().map(entry).collect()).await;
    }

    /// Notes that a message cannot be brought. A mailbox with too many of these is given up for now.
    async fn leave_out(&mut self, entry: Entry) -> Result<(), Stop> {
        self.refused += 1;
        if self.refused > MOST_REFUSED {
            let text = String::new();
            return Err(Stop::Folder(CollectorTrouble::Source(app::wire::Error::Unavailable { text })));
        }
        self.outlet.note(vec![entry]).await;
        Ok(())
    }

    /// Messages that the source found and then told nothing of: those that are not gone are told as not given out.
    async fn tell_unseen(&mut self, unseen: &UidSet) -> Result<(), Stop> {
        if unseen.is_empty() {
            return Ok(());
        }
        let still = self.source.search(&[], Some(unseen)).await.map_err(Stop::of_source)?;
        for uid in still {
            self.leave_out(refused(Look::of(uid), 0, RefusedReason::Unreadable { text: String::new() })).await?;
        }
        Ok(())
    }
}

fn refused(look: Look, attempts: i64, reason: RefusedReason) -> Entry {
    Entry { place: Place::Refused(reason), ..blank(look, attempts) }
}

/// What is noted of a message of which nothing was read.
fn blank(look: Look, attempts: i64) -> Entry {
    Entry {
        uid: look.uid,
        size: look.size.unwrap_or(0).into(),
        raw: look.size.unwrap_or(0).into(),
        date: look.date,
        hash: String::new(),
        flags: to_text(&look.flags),
        place: Place::Nowhere,
        attempts,
        email: look.email,
    }
}
