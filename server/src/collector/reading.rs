//! The half of a run that reads the source: windows of small messages, and large ones by themselves.
//!
//! A message counts only when all of it has been said. A large one goes to a file without a name first, so that the target
//! hears nothing of a message before it is whole.

use std::{
    collections::{HashMap, HashSet},
    io::SeekFrom,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use app::wire::{CollectorTrouble, Flag, RefusedReason, Uid, UidValidity};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    sync::mpsc,
};

use super::{
    digest::{Digest, Digester, digest},
    flags::to_text,
    pool::PIECE,
    run::{Job, Step, Stop},
};
use crate::{
    imap::{Code, Error, Look, Session, UidSet},
    seal::random_hex,
    store::{Entry, Place},
};

/// Messages of a window, at most.
const WINDOW: usize = 64;

/// Octets of a window, at most; a larger message goes by itself.
pub const LARGE: u64 = 4 * 1024 * 1024;

/// The largest message that is read, in octets: one without an end must not fill the disk.
const LARGEST: u32 = 512 * 1024 * 1024;

/// Messages whose sizes are asked for at once.
const LISTED: usize = 1000;

/// A message that was about to be sent so often goes by itself: perhaps it is what breaks the line.
const SUSPICIOUS: i64 = 3;

/// A message of the source, whole.
pub struct Fresh {
    pub uid: Uid,
    pub date: Option<i64>,
    pub flags: Vec<Flag>,
    pub digest: Digest,
    pub text: Text,
    /// How often it was about to be sent.
    pub attempts: i64,
}

pub enum Text {
    Held(Vec<u8>),
    /// At its beginning.
    Filed(File),
}

/// What one half hands to the other.
pub enum Parcel {
    Messages(Vec<Fresh>),
    /// What the source does not give out.
    Unreadable(Vec<Entry>),
}

/// Reads one mailbox of the source, which is selected.
pub struct Reading<'a> {
    pub job: &'a Job,
    pub source: &'a mut Session,
    /// The row of the mailbox.
    pub folder: i64,
    pub validity: UidValidity,
    pub parcels: mpsc::Sender<Parcel>,
}

impl Reading<'_> {
    /// Reads those of these messages that were not dealt with yet.
    pub async fn read(mut self, uids: &[Uid]) -> Result<(), Stop> {
        for some in uids.chunks(LISTED) {
            let known = self.job.store.entries(self.folder, self.validity, some).await?;
            let attempts: HashMap<Uid, i64> = known.iter().map(|entry| (entry.uid, entry.attempts)).collect();
            let done = |entry: &&Entry| matches!(entry.place, Place::Here { .. } | Place::Refused(_));
            let done: HashSet<Uid> = known.iter().filter(done).map(|entry| entry.uid).collect();
            let wanted: UidSet = some.iter().copied().filter(|uid| !done.contains(uid)).collect();
            if wanted.is_empty() {
                continue;
            }
            let looks = self.source.fetch_looks(&wanted).await.map_err(Stop::of_source)?;
            self.read_looked_at(looks.clone(), &attempts).await?;
            let seen: HashSet<Uid> = looks.iter().map(|look| look.uid).collect();
            let unseen: UidSet = wanted.iter().filter(|uid| !seen.contains(uid)).collect();
            self.tell_unseen(&unseen).await?;
        }
        Ok(())
    }

    async fn read_looked_at(&mut self, looks: Vec<Look>, attempts: &HashMap<Uid, i64>) -> Result<(), Stop> {
        let attempts_of = |look: &Look| attempts.get(&look.uid).copied().unwrap_or(0);
        let mut window: Vec<(Look, i64)> = Vec::new();
        let mut bytes = 0;
        for look in looks {
            let size = u64::from(look.size.unwrap_or(0));
            let tried = attempts_of(&look);
            // RFC 3502 has no message of no bytes among several.
            let alone = size == 0 || tried >= SUSPICIOUS;
            if !window.is_empty() && (alone || window.len() == WINDOW || bytes + size > LARGE) {
                self.read_window(std::mem::take(&mut window), bytes).await?;
                bytes = 0;
            }
            if size > LARGE {
                self.read_large(look, tried).await?;
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
        let uids: UidSet = window.iter().map(|(look, _)| look.uid).collect();
        let texts = match self.source.fetch_whole(&uids, bytes).await {
            // It stumbles over one of them: each is asked for by itself.
            Err(error) if error.is_refusal() => Vec::new(),
            texts => texts.map_err(Stop::of_source)?,
        };
        self.job.step(Step::Read)?;
        let mut texts: HashMap<Uid, Vec<u8>> = texts.into_iter().collect();
        let (mut fresh, mut rest) = (Vec::new(), Vec::new());
        for (look, attempts) in window {
            match texts.remove(&look.uid) {
                Some(text) if !text.is_empty() || look.size == Some(0) => {
                    let Look { uid, date, flags, .. } = look;
                    fresh.push(Fresh { uid, date, flags, digest: digest(&text), text: Text::Held(text), attempts });
                }
                _ => rest.push((look, attempts)),
            }
        }
        if !fresh.is_empty() {
            self.hand_over(Parcel::Messages(fresh)).await;
        }
        for (look, attempts) in rest {
            self.read_large(look, attempts).await?;
        }
        Ok(())
    }

    /// Reads a message by itself, in pieces, into a file.
    async fn read_large(&mut self, look: Look, attempts: i64) -> Result<(), Stop> {
        match self.file(&look).await {
            Ok(Some((digest, file))) => {
                self.job.step(Step::Read)?;
                let Look { uid, date, flags, .. } = look;
                let fresh = Fresh { uid, date, flags, digest, text: Text::Filed(file), attempts };
                self.hand_over(Parcel::Messages(vec![fresh])).await;
                Ok(())
            }
            // It is gone.
            Ok(None) => Ok(()),
            Err(Unread::NotGivenOut(text)) => {
                let entry = unreadable(look, attempts, text);
                self.hand_over(Parcel::Unreadable(vec![entry])).await;
                Ok(())
            }
            Err(Unread::TooLarge) => {
                let reason = RefusedReason::TooLarge { limit: LARGEST.into() };
                let entry = refused(look, attempts, reason);
                self.hand_over(Parcel::Unreadable(vec![entry])).await;
                Ok(())
            }
            Err(Unread::Stop(stop)) => Err(stop),
        }
    }

    async fn file(&mut self, look: &Look) -> Result<Option<(Digest, File)>, Unread> {
        let mut file = nameless(&self.job.spool).map_err(|error| Unread::Stop(error.into()))?;
        let mut digester = Digester::default();
        let (mut offset, mut there) = (0u32, false);
        let ours = |error: std::io::Error| Unread::Stop(anyhow::Error::from(error).context("A large message").into());
        loop {
            let piece = match self.source.fetch_section(look.uid, "", Some((offset, PIECE))).await {
                // A server says of single messages that they are a fault of its own, but of all that it is not to be had.
                Err(Error::Refused { code: Some(code), text }) if code.is_passing() && code != Code::ServerBug => {
                    let trouble = CollectorTrouble::Source(app::wire::Error::Unavailable { text });
                    return Err(Unread::Stop(Stop::Run(trouble)));
                }
                Err(Error::Refused { text, .. }) => return Err(Unread::NotGivenOut(text)),
                piece => piece.map_err(|error| Unread::Stop(Stop::of_source(error)))?,
            };
            let Some(piece) = piece else {
                // Amid a message it means that it went away meanwhile.
                if there || offset > 0 || self.is_gone(look.uid).await.map_err(Unread::Stop)? {
                    return Ok(None);
                }
                return Err(Unread::NotGivenOut(String::new()));
            };
            there = true;
            digester.push(&piece);
            file.write_all(&piece).await.map_err(ours)?;
            offset = offset.saturating_add(u32::try_from(piece.len()).unwrap_or(PIECE));
            if offset > LARGEST {
                return Err(Unread::TooLarge);
            }
            // Some servers only guess the size, so it ends a message only together with a piece that was not full.
            if piece.is_empty() || (piece.len() < PIECE as usize && look.size == Some(offset)) {
                break;
            }
        }
        let digest = digester.finish();
        if digest.raw == 0 && look.size != Some(0) {
            return Err(Unread::NotGivenOut(String::new()));
        }
        file.flush().await.map_err(ours)?;
        file.seek(SeekFrom::Start(0)).await.map_err(ours)?;
        Ok(Some((digest, file)))
    }

    async fn is_gone(&mut self, uid: Uid) -> Result<bool, Stop> {
        Ok(self.source.search(&[], Some(&UidSet::one(uid))).await.map_err(Stop::of_source)?.is_empty())
    }

    /// Messages that the source found and then told nothing of: those that are not gone are told as not given out.
    async fn tell_unseen(&mut self, unseen: &UidSet) -> Result<(), Stop> {
        if unseen.is_empty() {
            return Ok(());
        }
        let still = self.source.search(&[], Some(unseen)).await.map_err(Stop::of_source)?;
        let look = |uid| Look { uid, size: None, date: None, flags: Vec::new() };
        let entries = still.into_iter().map(|uid| unreadable(look(uid), 0, String::new())).collect::<Vec<_>>();
        if !entries.is_empty() {
            self.hand_over(Parcel::Unreadable(entries)).await;
        }
        Ok(())
    }

    /// If nobody takes it, the other half has failed and says why.
    async fn hand_over(&mut self, parcel: Parcel) {
        let _ = self.parcels.send(parcel).await;
    }
}

enum Unread {
    NotGivenOut(String),
    TooLarge,
    Stop(Stop),
}

fn unreadable(look: Look, attempts: i64, text: String) -> Entry {
    refused(look, attempts, RefusedReason::Unreadable { text })
}

fn refused(look: Look, attempts: i64, reason: RefusedReason) -> Entry {
    Entry {
        uid: look.uid,
        size: look.size.unwrap_or(0).into(),
        date: look.date,
        hash: String::new(),
        flags: to_text(&look.flags),
        place: Place::Refused(reason),
        attempts,
    }
}

/// A file that is gone when it is closed, however that comes about.
fn nameless(folder: &Path) -> anyhow::Result<File> {
    let path = folder.join(format!("collected-{}", random_hex(16)?));
    let file = std::fs::OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path);
    let file = file.with_context(|| format!("Cannot make {}", path.display()))?;
    std::fs::remove_file(&path).with_context(|| format!("Cannot remove {}", path.display()))?;
    Ok(File::from_std(file))
}
