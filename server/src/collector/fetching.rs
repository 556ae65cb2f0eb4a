//! One message of a source, for whoever wants it as a file: what could not be brought can still be had.

use app::wire::{CollectorId, CollectorKind, Error, Uid, UidValidity};
use tokio::{
    sync::mpsc,
    time::{Duration, timeout},
};

use super::{
    maildrop,
    pieces::{Ended, Next, Pieces},
    reading::LARGEST,
    run::{End, Source, open},
    task::source_of,
};
use crate::{
    bridge::{Bridge, internal},
    error::{pop3_to_wire, to_wire},
    pop3::Arrival,
    store::{Login, NameKey},
};

/// How long whoever downloads may take for one piece.
const PATIENCE: Duration = Duration::from_secs(300);

/// How long is waited for others to be done.
const TURN: Duration = Duration::from_secs(30);

/// Which message of a source it is.
#[derive(Debug, Clone, Copy, serde::Deserialize)]
pub struct Which {
    /// The row of its mailbox.
    pub folder: i64,
    pub uid_validity: UidValidity,
    pub uid: Uid,
}

/// What comes of it, in this order: bytes, and that it was all. Without an end, however it broke off, something is missing.
#[derive(Debug)]
pub enum Fetched {
    Bytes(Vec<u8>),
    End,
}

pub type Coming = mpsc::Receiver<Result<Fetched, Error>>;

impl Bridge {
    /// Fetches a message from a source, piece by piece as these are taken. An error is the last that comes. [`Error::Gone`] if
    /// there is no such message in a collector of this account.
    pub async fn fetch_from_source(&self, login: &Login, id: CollectorId, which: Which) -> Result<Coming, Error> {
        let collector = self.store.collector(login.account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        let rows = self.store.folder_rows(id).await.map_err(internal)?;
        let row = rows.into_iter().find(|row| row.id == which.folder).ok_or(Error::Gone)?;
        let Source::Server(source) = source_of(self, &collector)? else { return Err(Error::Gone) };
        let name = self.store.name_of(row.id, which.uid).await.map_err(internal)?;
        let turn = timeout(TURN, self.collectors.0.fetches.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| Error::Busy)?.map_err(|_| Error::Busy)?;
        let (pieces, coming) = mpsc::channel(1);
        let (stop, unwanted) = (self.shutdown.clone(), pieces.clone());
        tokio::spawn(async move {
            let _turn = turn;
            let to = Taker(pieces);
            let fetching = async {
                match (collector.kind, name) {
                    (CollectorKind::Imap, _) => by_uid(&source, &row.source, which, &to).await,
                    (CollectorKind::Pop3, Some(name)) => by_name(&source, &name, &to).await,
                    (CollectorKind::Pop3, None) | (CollectorKind::Files, _) => Err(Error::Gone),
                }
            };
            let ended = tokio::select! {
                ended = fetching => ended,
                () = unwanted.closed() => return,
                () = stop.cancelled() => return,
            };
            let last = ended.map(|()| Fetched::End);
            // Whoever has gone needs no end.
            let _ = timeout(PATIENCE, to.0.send(last)).await;
        });
        Ok(coming)
    }
}

struct Taker(mpsc::Sender<Result<Fetched, Error>>);

impl Taker {
    async fn give(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let sent = timeout(PATIENCE, self.0.send(Ok(Fetched::Bytes(bytes)))).await;
        sent.map_err(|_| Error::Busy)?.map_err(|_| Error::Gone)
    }
}

async fn by_uid(source: &End, mailbox: &str, which: Which, to: &Taker) -> Result<(), Error> {
    let mut session = open(source).await.map_err(to_wire)?;
    let selected = session.examine(mailbox).await.map_err(to_wire)?;
    if selected.uid_validity != which.uid_validity {
        return Err(Error::Gone);
    }
    let mut pieces = Pieces::of(&mut session, which.uid, None, LARGEST);
    loop {
        match pieces.next().await.map_err(to_wire)? {
            Next::Piece(piece) => to.give(piece).await?,
            Next::End(Ended::Whole) => break,
            Next::End(Ended::Gone) => return Err(Error::Gone),
            Next::End(Ended::NotGivenOut(text)) => return Err(Error::Refused { text }),
            Next::End(Ended::TooLarge) => return Err(Error::MessageTooLarge { limit: LARGEST }),
        }
    }
    session.logout().await;
    Ok(())
}

async fn by_name(source: &End, name: &NameKey, to: &Taker) -> Result<(), Error> {
    let mut session = maildrop::connect(source).await.map_err(pop3_to_wire)?;
    let number = maildrop::number_of(&mut session, name).await.map_err(pop3_to_wire)?.ok_or(Error::Gone)?;
    let mut retrieval = session.retrieve(&[number]).map_err(pop3_to_wire)?;
    match retrieval.next().await.map_err(pop3_to_wire)? {
        Some(Arrival::Message { .. }) => {}
        Some(Arrival::Refused { error, .. }) => return Err(pop3_to_wire(error)),
        None => return Err(Error::Gone),
    }
    while let Some(piece) = retrieval.piece().await.map_err(pop3_to_wire)? {
        to.give(piece).await?;
    }
    // The maildrop is unlocked when the line is closed, and sooner by this.
    let _ = session.quit().await;
    Ok(())
}
