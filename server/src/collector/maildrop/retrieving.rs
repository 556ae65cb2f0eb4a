//! The half of a run that reads a maildrop. A message counts only when the dot has come that ends it.

use std::{collections::HashMap, io::SeekFrom, path::Path};

use anyhow::Context;
use app::wire::{CollectorTrouble, Flag, RefusedReason, Uid};
use tokio::{
    fs::File,
    io::{AsyncSeekExt, AsyncWriteExt},
    time::Instant,
};

use super::{AT_ONCE, Item, VALIDITY, of_source, unavailable};
use crate::{
    archive::message::arrival_date,
    collector::{
        digest::{Digest, Digester},
        outlet::{Fresh, Outlet, Text},
        pieces::LONGEST,
        reading::{LARGE, LARGEST, MOST_REFUSED, SUSPICIOUS, WINDOW},
        run::{Job, Step, Stop},
        writing::TOO_OFTEN,
    },
    pop3::{Arrival, Code, Error, Retrieval, Session},
    spool::nameless,
    store::{Entry, Place},
};

/// Octets in which the headers are looked for that tell when a message came.
const HEAD: usize = 64 * 1024;

/// Reads messages of one maildrop.
pub struct Retrieving<'a> {
    pub job: &'a Job,
    pub source: &'a mut Session,
    /// The largest message that the target takes, in octets.
    pub limit: Option<u64>,
    /// How many messages are left out so far.
    pub refused: u64,
    pub outlet: Outlet,
}

/// A message that is to be read.
#[derive(Clone, Copy)]
pub struct Wanted {
    number: u32,
    /// Octets, as the server reckons.
    pub size: u64,
    pub uid: Uid,
    /// How often it was about to be sent.
    attempts: i64,
}

/// Those of these messages that were not dealt with yet.
pub async fn still_wanted(job: &Job, folder: i64, items: &[Item]) -> Result<Vec<Wanted>, Stop> {
    let mut wanted = Vec::new();
    for some in items.chunks(AT_ONCE) {
        let uids: Vec<Uid> = some.iter().filter_map(|item| item.uid).collect();
        let known = job.store.entries(folder, VALIDITY, &uids).await?;
        let known: HashMap<Uid, Entry> = known.into_iter().map(|entry| (entry.uid, entry)).collect();
        for Item { number, size, uid, .. } in some {
            let Some(uid) = *uid else { continue };
            let entry = known.get(&uid);
            if !entry.is_some_and(|entry| matches!(entry.place, Place::Here { .. } | Place::Refused(_))) {
                let attempts = entry.map_or(0, |entry| entry.attempts);
                wanted.push(Wanted { number: *number, size: *size, uid, attempts });
            }
        }
    }
    Ok(wanted)
}

/// What came of one.
enum Read {
    Whole(Digest, Text, Option<i64>),
    LeftOut(RefusedReason),
}

impl Retrieving<'_> {
    pub async fn read(mut self, messages: Vec<Wanted>) -> Result<(), Stop> {
        let (mut window, mut bytes): (Vec<Wanted>, u64) = (Vec::new(), 0);
        for wanted in messages {
            let alone = wanted.attempts >= SUSPICIOUS;
            if !window.is_empty()
                && (alone || window.len() >= self.job.front.window(WINDOW) || bytes + wanted.size > LARGE)
            {
                self.read_window(std::mem::take(&mut window)).await?;
                bytes = 0;
            }
            if wanted.attempts > TOO_OFTEN {
                self.leave_out(wanted, RefusedReason::Unreadable { text: String::new() }).await?;
                continue;
            }
            let limit = self.limit();
            if wanted.size > limit {
                self.leave_out(wanted, RefusedReason::TooLarge { limit }).await?;
                continue;
            }
            window.push(wanted);
            bytes += wanted.size;
            if alone {
                self.read_window(std::mem::take(&mut window)).await?;
                bytes = 0;
            }
        }
        self.read_window(window).await
    }

    fn limit(&self) -> u64 {
        self.limit.unwrap_or(LARGEST).min(LARGEST)
    }

    async fn read_window(&mut self, window: Vec<Wanted>) -> Result<(), Stop> {
        if window.is_empty() {
            return Ok(());
        }
        self.job.go_on()?;
        let (limit, spool) = (self.limit(), self.job.spool.clone());
        let flags = if self.job.collector.options.seen { vec![Flag::Seen] } else { Vec::new() };
        let (held, left_out) = (Vec::new(), Vec::new());
        let mut taking = Taking { window: window.clone(), flags, held, bytes: 0, came: 0, left_out };
        let turn = self.job.front.give_way().await;
        let ended = taking.take_all(self.source, &spool, limit, &self.outlet).await;
        self.job.step(Step::Read)?;
        // What has come is put away, whatever became of the line.
        self.outlet.messages(taking.held, turn).await;
        let nothing_came = taking.came == 0 && window.len() > 1 && taking.left_out.len() == window.len();
        if ended.is_err() || nothing_came {
            // If it is one of them each time, it is found and left out.
            let unread = if nothing_came { window } else { taking.window };
            let entries = unread.into_iter().map(|wanted| blank(wanted, wanted.attempts + 1)).collect();
            self.outlet.note(entries).await;
            return ended.and(Err(unavailable()));
        }
        for (wanted, reason) in taking.left_out {
            self.leave_out(wanted, reason).await?;
        }
        Ok(())
    }

    /// Notes that a message cannot be brought. A maildrop with too many of these is given up for now.
    async fn leave_out(&mut self, wanted: Wanted, reason: RefusedReason) -> Result<(), Stop> {
        self.refused += 1;
        if self.refused > MOST_REFUSED {
            let error = app::wire::Error::Unavailable { text: String::new() };
            return Err(Stop::Run(CollectorTrouble::Source(error)));
        }
        let entry = Entry { place: Place::Refused(reason), ..blank(wanted, wanted.attempts) };
        self.outlet.note(vec![entry]).await;
        Ok(())
    }
}

/// A window on its way.
struct Taking {
    /// What has not come yet.
    window: Vec<Wanted>,
    /// What each gets.
    flags: Vec<Flag>,
    /// What has, and was not handed over.
    held: Vec<Fresh>,
    /// Octets of these.
    bytes: u64,
    came: usize,
    left_out: Vec<(Wanted, RefusedReason)>,
}

impl Taking {
    async fn take_all(&mut self, source: &mut Session, spool: &Path, limit: u64, outlet: &Outlet) -> Result<(), Stop> {
        let numbers: Vec<u32> = self.window.iter().map(|wanted| wanted.number).collect();
        let mut retrieval = source.retrieve(&numbers).map_err(of_source)?;
        while let Some(arrival) = retrieval.next().await.map_err(of_source)? {
            let number = match &arrival {
                Arrival::Message { number } | Arrival::Refused { number, .. } => *number,
            };
            let Some(at) = self.window.iter().position(|wanted| wanted.number == number) else { continue };
            let read = match arrival {
                Arrival::Refused { error: Error::Refused { code, text }, .. } if !is_passing(code.as_ref()) => {
                    Read::LeftOut(RefusedReason::Unreadable { text })
                }
                Arrival::Refused { error, .. } => return Err(of_source(error)),
                Arrival::Message { .. } => take(&mut retrieval, spool, limit).await?,
            };
            let wanted = self.window.remove(at);
            match read {
                Read::LeftOut(reason) => self.left_out.push((wanted, reason)),
                Read::Whole(digest, text, date) => self.keep(wanted, digest, text, date, outlet).await,
            }
        }
        Ok(())
    }

    async fn keep(
        &mut self,
        Wanted { uid, attempts, .. }: Wanted,
        digest: Digest,
        text: Text,
        date: Option<i64>,
        outlet: &Outlet,
    ) {
        self.came += 1;
        // RFC 3502 has no message of no bytes among several.
        let alone = digest.raw == 0 || matches!(text, Text::Filed(_));
        // Sizes are what the server reckons.
        if alone || self.bytes + digest.raw > LARGE {
            self.pass_on(outlet).await;
        }
        self.bytes += digest.raw;
        self.held.push(Fresh { uid, date, flags: self.flags.clone(), email: None, digest, text, attempts });
        if alone {
            self.pass_on(outlet).await;
        }
    }

    async fn pass_on(&mut self, outlet: &Outlet) {
        outlet.messages(std::mem::take(&mut self.held), None).await;
        self.bytes = 0;
    }
}

/// What is noted of a message of which nothing was read.
fn blank(Wanted { size, uid, .. }: Wanted, attempts: i64) -> Entry {
    let (hash, flags, place) = (String::new(), String::new(), Place::Nowhere);
    Entry { uid, size, raw: size, date: None, hash, flags, place, attempts, email: None }
}

/// Whether it is no matter of one message.
fn is_passing(code: Option<&Code>) -> bool {
    matches!(code, Some(Code::Temporary | Code::InUse))
}

/// Takes in the message that comes now: in memory as long as it is small, then in a file.
async fn take(retrieval: &mut Retrieval<'_>, spool: &Path, limit: u64) -> Result<Read, Stop> {
    let (mut digester, mut bytes, mut size) = (Digester::default(), Vec::new(), 0);
    let (mut file, begun): (Option<File>, _) = (None, Instant::now());
    while let Some(piece) = retrieval.piece().await.map_err(of_source)? {
        size += piece.len() as u64;
        if size > limit {
            return Ok(Read::LeftOut(RefusedReason::TooLarge { limit }));
        }
        if begun.elapsed() > LONGEST {
            return Err(unavailable());
        }
        digester.push(&piece);
        match &mut file {
            Some(file) => file.write_all(&piece).await.context("A large message")?,
            None if size <= LARGE => bytes.extend_from_slice(&piece),
            None => {
                let mut fresh = File::from_std(nameless(spool).context("A large message")?);
                fresh.write_all(&bytes).await.context("A large message")?;
                fresh.write_all(&piece).await.context("A large message")?;
                bytes.truncate(HEAD);
                file = Some(fresh);
            }
        }
    }
    let date = arrival_date(bytes.get(..HEAD).unwrap_or(&bytes));
    let text = match file {
        None => Text::Held(bytes),
        Some(mut file) => {
            file.flush().await.context("A large message")?;
            file.seek(SeekFrom::Start(0)).await.context("A large message")?;
            Text::Filed(file)
        }
    };
    Ok(Read::Whole(digester.finish(), text, date))
}
