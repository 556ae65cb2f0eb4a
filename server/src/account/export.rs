//! Whole mailboxes, read message by message over a session of their own.

use std::{collections::HashSet, pin::pin, time::Duration};

use app::wire::{Error, Flag, Uid};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{sleep, timeout},
};

use super::{Account, budget::Budget, side::Side};
use crate::{
    backoff::Backoff,
    error::to_wire,
    imap::{self, Credentials, Look, Session, UidSet, search::Key},
    presence::Watched,
    store::AccountRecord,
};

/// Messages that are looked at together.
const LOOKED_AT: usize = 1000;

/// Messages that are fetched together, and how many bytes they have together.
const TOGETHER: usize = 64;
const BYTES_TOGETHER: u64 = 4 * 1024 * 1024;

/// How much of a larger message is fetched at a time.
const PIECE: u32 = 1024 * 1024;

/// The largest message, in bytes: one without an end is none.
const LARGEST: u32 = 1024 * 1024 * 1024;

/// How often something is tried over another line before it is given up, and how long is waited in between: a mail server that
/// is started anew is there again by then.
const TRIES: usize = 6;
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(8);

/// Exports of one account at once.
pub(super) const EXPORTS: usize = 1;

/// How long whoever downloads may take for one piece.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// What an export is made of, in this order: a mailbox, its messages, each followed by its bytes, its end, the next one, and
/// that it was all.
#[derive(Debug)]
pub enum Exported {
    /// The path and the delimiter.
    Mailbox {
        path: String,
        delimiter: Option<char>,
    },
    Message(Head),
    Bytes(Vec<u8>),
    /// What the server does not give out, in its own words: a message of the mailbox, or without a UID what is left of it.
    Missing {
        uid: Option<Uid>,
        text: String,
    },
    /// That was all of the mailbox.
    End,
    /// That was all. Without it, however the pieces ended, something is missing.
    All,
}

/// What is known of a message beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub uid_validity: u32,
    pub uid: Uid,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: i64,
    pub flags: Vec<Flag>,
}

/// An export under way. As long as it is held, there is no other of the account.
pub struct Pieces {
    pub receiver: mpsc::Receiver<Result<Exported, Error>>,
    #[expect(dead_code, reason = "it counts for as long as it is held")]
    turn: OwnedSemaphorePermit,
}

impl Account {
    /// Reads these mailboxes, piece by piece as they are taken. Ends when nobody takes them any more, or with the login; an
    /// error is the last that comes. [`Error::Busy`] while another export is under way.
    pub fn export(
        &self,
        record: &AccountRecord,
        credentials: &Credentials,
        mailboxes: Vec<(String, Option<char>)>,
        login: Watched,
    ) -> Result<Pieces, Error> {
        let turn = self.exports.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let (pieces, receiver) = mpsc::channel(1);
        let unwanted = pieces.clone();
        let budget = self.budget.clone();
        let side = Side::new(record, credentials, budget.clone());
        let mut export = Export { side, budget, at: None, pieces };
        tokio::spawn(async move {
            let result = tokio::select! {
                result = export.run(mailboxes) => result,
                () = unwanted.closed() => Err(Ended::Unwanted),
                () = login.over.cancelled() => Err(Ended::Unwanted),
            };
            export.side.close().await;
            if let Err(Ended::Failed(error)) = result {
                // Whoever has gone needs no reason.
                let _ = timeout(PATIENCE, export.pieces.send(Err(error))).await;
            }
        });
        Ok(Pieces { receiver, turn })
    }
}

enum Ended {
    Failed(Error),
    /// Nobody wants it any more.
    Unwanted,
}

impl From<Error> for Ended {
    fn from(error: Error) -> Self {
        Ended::Failed(error)
    }
}

/// An answer of the server, or the words with which it refused one.
type Said<T> = Result<T, String>;

struct Export {
    side: Side,
    budget: Budget,
    /// The mailbox that is read, and its UIDVALIDITY: it is selected anew over another line.
    at: Option<(String, u32)>,
    pieces: mpsc::Sender<Result<Exported, Error>>,
}

impl Export {
    async fn run(&mut self, mailboxes: Vec<(String, Option<char>)>) -> Result<(), Ended> {
        for (path, delimiter) in mailboxes {
            self.at = Some((path.clone(), 0));
            self.give(Exported::Mailbox { path, delimiter }).await?;
            if let Err(text) = self.mailbox().await? {
                self.give(Exported::Missing { uid: None, text }).await?;
            }
            self.give(Exported::End).await?;
        }
        self.give(Exported::All).await
    }

    async fn mailbox(&mut self) -> Result<Said<()>, Ended> {
        let uids = match self.there(None).await? {
            Ok(uids) => uids,
            Err(text) => return Ok(Err(text)),
        };
        for some in uids.chunks(LOOKED_AT) {
            let set: UidSet = some.iter().copied().collect();
            let looks = self
                .on(|session| {
                    let set = set.clone();
                    async move { session.fetch_looks(&set).await }.boxed()
                })
                .await?;
            let looks = match looks {
                Ok(looks) => looks,
                Err(text) => return Ok(Err(text)),
            };
            self.messages(&looks).await?;
            let seen: HashSet<Uid> = looks.iter().map(|look| look.uid).collect();
            self.tell_unseen(some.iter().copied().filter(|uid| !seen.contains(uid)).collect()).await?;
        }
        Ok(Ok(()))
    }

    /// Which messages there are, of these or of all.
    async fn there(&mut self, within: Option<UidSet>) -> Result<Said<Vec<Uid>>, Ended> {
        self.on(|session| {
            let within = within.clone();
            async move { session.search(&[Key::All], within.as_ref()).await }.boxed()
        })
        .await
    }

    /// Messages of which the server has told nothing: those that are not gone are missing.
    async fn tell_unseen(&mut self, unseen: UidSet) -> Result<(), Ended> {
        if unseen.is_empty() {
            return Ok(());
        }
        let still = self.there(Some(unseen.clone())).await?.unwrap_or_else(|_| unseen.iter().collect());
        for uid in still {
            self.give(Exported::Missing { uid: Some(uid), text: String::new() }).await?;
        }
        Ok(())
    }

    async fn messages(&mut self, looks: &[Look]) -> Result<(), Ended> {
        let mut rest = looks;
        while let Some(first) = rest.first() {
            let size = |look: &Look| u64::from(look.size.unwrap_or(u32::MAX));
            if size(first) > BYTES_TOGETHER {
                self.alone(first).await?;
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let mut bytes = 0;
            let fits = |look: &&Look| {
                bytes += size(look);
                bytes <= BYTES_TOGETHER
            };
            let count = rest.iter().take(TOGETHER).take_while(fits).count().max(1);
            let (these, others) = rest.split_at(count);
            rest = others;
            self.together(these).await?;
        }
        Ok(())
    }

    async fn together(&mut self, looks: &[Look]) -> Result<(), Ended> {
        let uids: UidSet = looks.iter().map(|look| look.uid).collect();
        let expected = looks.iter().map(|look| u64::from(look.size.unwrap_or(0))).sum();
        let whole = self
            .on(|session| {
                let uids = uids.clone();
                async move { session.fetch_whole(&uids, expected).await }.boxed()
            })
            .await?;
        // It stumbles over one of them: each is asked for by itself.
        let mut whole = whole.unwrap_or_default().into_iter().peekable();
        for look in looks {
            match whole.next_if(|(uid, _)| *uid == look.uid) {
                Some((_, bytes)) => {
                    self.give(Exported::Message(self.head(look))).await?;
                    self.give(Exported::Bytes(bytes)).await?;
                }
                None => self.alone(look).await?,
            }
        }
        Ok(())
    }

    /// A message piece by piece.
    async fn alone(&mut self, look: &Look) -> Result<(), Ended> {
        let uid = look.uid;
        let mut offset = 0;
        loop {
            let stretch = Some((offset, PIECE));
            let piece = self.on(|session| async move { session.fetch_section(uid, "", stretch).await }.boxed()).await?;
            let piece = match piece {
                Ok(Some(piece)) => piece,
                Ok(None) if offset == 0 => return self.tell_unseen(UidSet::one(uid)).await,
                Err(text) if offset == 0 => return self.give(Exported::Missing { uid: Some(uid), text }).await,
                // What has been begun cannot be left half said.
                Ok(None) => return Err(Error::Gone.into()),
                Err(text) => return Err(Error::Refused { text }.into()),
            };
            if offset == 0 {
                self.give(Exported::Message(self.head(look))).await?;
            }
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            offset = offset.saturating_add(length);
            if offset > LARGEST {
                return Err(Error::MessageTooLarge { limit: LARGEST.into() }.into());
            }
            if length > 0 {
                self.give(Exported::Bytes(piece)).await?;
            }
            // Some servers only guess the size, and some give less than was asked for: together they tell an end.
            if length == 0 || (length < PIECE && look.size == Some(offset)) {
                return Ok(());
            }
        }
    }

    fn head(&self, look: &Look) -> Head {
        let uid_validity = self.at.as_ref().map_or(0, |(_, uid_validity)| *uid_validity);
        Head { uid_validity, uid: look.uid, date: look.date.unwrap_or(0), flags: look.flags.clone() }
    }

    /// Whoever downloads slowly keeps no session from those who read and search.
    async fn give(&mut self, piece: Exported) -> Result<(), Ended> {
        let mut sent = pin!(timeout(PATIENCE, self.pieces.send(Ok(piece))));
        loop {
            tokio::select! {
                sent = &mut sent => return sent.ok().and_then(Result::ok).ok_or(Ended::Unwanted),
                () = self.budget.wanted() => self.side.close().await,
            }
        }
    }

    /// Asks something of a session with the mailbox open; over another line if one is lost.
    async fn on<T>(
        &mut self,
        ask: impl for<'a> Fn(&'a mut Session) -> BoxFuture<'a, Result<T, imap::Error>>,
    ) -> Result<Said<T>, Ended> {
        self.side.give_way().await;
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        let mut last = Error::Busy;
        for attempt in 0..TRIES {
            if attempt > 0 {
                sleep(backoff.wait()).await;
            }
            let mut session = match self.side.take().await {
                Ok(session) => session,
                Err(error) => {
                    last = to_wire(error);
                    // Trying it again could lock the person out.
                    if last.is_about_password() {
                        break;
                    }
                    continue;
                }
            };
            let result = match self.open(&mut session).await {
                Ok(()) => ask(&mut session).await,
                Err(Opening::Other) => return Err(Error::Gone.into()),
                Err(Opening::Failed(error)) => Err(error),
            };
            self.side.put_back(session, &result);
            match result {
                Ok(answer) => return Ok(Ok(answer)),
                Err(imap::Error::Refused { text, .. }) => return Ok(Err(text)),
                Err(error) if error.is_refusal() => return Err(to_wire(error).into()),
                Err(error) => last = to_wire(error),
            }
        }
        Err(last.into())
    }

    async fn open(&mut self, session: &mut Session) -> Result<(), Opening> {
        let Some((path, uid_validity)) = &mut self.at else { return Ok(()) };
        if session.selected().is_some_and(|selected| selected.path == *path) {
            return Ok(());
        }
        let selected = session.examine(path).await.map_err(Opening::Failed)?;
        if *uid_validity == 0 {
            *uid_validity = selected.uid_validity.0;
        }
        // Other messages have these UIDs now.
        if selected.uid_validity.0 == *uid_validity { Ok(()) } else { Err(Opening::Other) }
    }
}

enum Opening {
    Failed(imap::Error),
    Other,
}
