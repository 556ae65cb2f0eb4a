//! Whole mailboxes, read message by message over a session of their own.

use std::time::Duration;

use app::wire::{Error, Flag, Uid};
use futures_util::future::{BoxFuture, FutureExt};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{Account, side::Side};
use crate::{
    error::to_wire,
    imap::{self, Credentials, Look, Session, UidSet},
    store::AccountRecord,
};

/// Messages that are looked at together.
const LOOKED_AT: usize = 1000;

/// Messages that are fetched together, and how many bytes they have together.
const TOGETHER: usize = 64;
const BYTES_TOGETHER: u64 = 4 * 1024 * 1024;

/// How much of a larger message is fetched at a time.
const PIECE: u32 = 1024 * 1024;

/// How often something is tried over another line before it is given up.
const TRIES: usize = 4;

/// Exports of one account at once.
pub(super) const EXPORTS: usize = 1;

/// How long whoever downloads may take for one piece.
const PATIENCE: Duration = Duration::from_secs(300);

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

impl Account {
    /// Reads these mailboxes, piece by piece as they are taken. Ends when nobody takes them any more, or with `stop`; an
    /// error is the last that comes. [`Error::Busy`] while another export is under way.
    pub fn export(
        &self,
        record: &AccountRecord,
        credentials: &Credentials,
        mailboxes: Vec<(String, Option<char>)>,
        stop: CancellationToken,
    ) -> Result<mpsc::Receiver<Result<Exported, Error>>, Error> {
        let turn = self.exports.clone().try_acquire_owned().map_err(|_| Error::Busy)?;
        let (pieces, receiver) = mpsc::channel(1);
        let unwanted = pieces.clone();
        let mut export = Export { side: Side::new(record, credentials, self.budget.clone()), at: None, pieces };
        tokio::spawn(async move {
            let _turn = turn;
            let result = tokio::select! {
                result = export.run(mailboxes) => result,
                () = unwanted.closed() => Err(Ended::Unwanted),
                () = stop.cancelled() => Err(Ended::Unwanted),
            };
            export.side.close().await;
            if let Err(Ended::Failed(error)) = result {
                // Whoever has gone needs no reason.
                let _ = timeout(PATIENCE, export.pieces.send(Err(error))).await;
            }
        });
        Ok(receiver)
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

struct Export {
    side: Side,
    /// The mailbox that is read, and its UIDVALIDITY: it is selected anew over another line.
    at: Option<(String, u32)>,
    pieces: mpsc::Sender<Result<Exported, Error>>,
}

impl Export {
    async fn run(&mut self, mailboxes: Vec<(String, Option<char>)>) -> Result<(), Ended> {
        for (path, delimiter) in mailboxes {
            self.at = Some((path.clone(), 0));
            let uids =
                self.on(|session| async { session.search(&[imap::search::Key::All], None).await }.boxed()).await?;
            self.give(Exported::Mailbox { path, delimiter }).await?;
            for some in uids.chunks(LOOKED_AT) {
                let set: UidSet = some.iter().copied().collect();
                let looks = self
                    .on(|session| {
                        let set = set.clone();
                        async move { session.fetch_looks(&set).await }.boxed()
                    })
                    .await?;
                self.messages(&looks).await?;
            }
            self.give(Exported::End).await?;
        }
        self.give(Exported::All).await
    }

    async fn messages(&mut self, looks: &[Look]) -> Result<(), Ended> {
        let mut rest = looks;
        while let Some(first) = rest.first() {
            let size = |look: &Look| u64::from(look.size.unwrap_or(u32::MAX));
            if size(first) > BYTES_TOGETHER {
                self.large(first).await?;
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
        let mut whole = whole.into_iter().peekable();
        for look in looks {
            match whole.next_if(|(uid, _)| *uid == look.uid) {
                Some((_, bytes)) => {
                    self.give(Exported::Message(self.head(look))).await?;
                    self.give(Exported::Bytes(bytes)).await?;
                }
                // It was larger than the server had said; or it is gone, and then nothing comes.
                None => self.large(look).await?,
            }
        }
        Ok(())
    }

    /// A message piece by piece.
    async fn large(&mut self, look: &Look) -> Result<(), Ended> {
        let uid = look.uid;
        let mut offset = 0;
        loop {
            let stretch = Some((offset, PIECE));
            let piece = self.on(|session| async move { session.fetch_section(uid, "", stretch).await }.boxed()).await?;
            let Some(piece) = piece else {
                // Gone before it was begun; a message that goes amid its bytes would be half a message.
                return if offset == 0 { Ok(()) } else { Err(Error::Gone.into()) };
            };
            if offset == 0 {
                self.give(Exported::Message(self.head(look))).await?;
            }
            let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            self.give(Exported::Bytes(piece)).await?;
            if length < PIECE {
                return Ok(());
            }
            offset = offset.checked_add(length).ok_or(Error::Internal)?;
        }
    }

    fn head(&self, look: &Look) -> Head {
        let uid_validity = self.at.as_ref().map_or(0, |(_, uid_validity)| *uid_validity);
        Head { uid_validity, uid: look.uid, date: look.date.unwrap_or(0), flags: look.flags.clone() }
    }

    async fn give(&self, piece: Exported) -> Result<(), Ended> {
        match timeout(PATIENCE, self.pieces.send(Ok(piece))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Ended::Unwanted),
        }
    }

    /// Asks something of a session with the mailbox open; over another line if one is lost.
    async fn on<T>(
        &mut self,
        ask: impl for<'a> Fn(&'a mut Session) -> BoxFuture<'a, Result<T, imap::Error>>,
    ) -> Result<T, Ended> {
        // Whoever wants to read or search comes first.
        self.side.give_way().await;
        let mut last = Error::Busy;
        for _ in 0..TRIES {
            let mut session = self.side.take().await.map_err(to_wire)?;
            let result = match self.open(&mut session).await {
                Ok(()) => ask(&mut session).await,
                Err(Opening::Other) => return Err(Error::Gone.into()),
                Err(Opening::Failed(error)) => Err(error),
            };
            self.side.put_back(session, &result);
            match result {
                Ok(answer) => return Ok(answer),
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
