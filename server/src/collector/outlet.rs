//! What the half of a run that reads hands to the half that writes.

use app::wire::{Flag, Uid};
use tokio::{fs::File, sync::mpsc};

use super::{digest::Digest, manners::Turn};
use crate::store::Entry;

/// A message of the source, whole.
pub struct Fresh {
    pub uid: Uid,
    pub date: Option<i64>,
    pub flags: Vec<Flag>,
    pub email: Option<u64>,
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
    /// With the turn in which they were read, which is over when they are written.
    Messages(Vec<Fresh>, Option<Turn>),
    /// What the source does not give out, or not now, and what came with another mailbox.
    Noted(Vec<Entry>),
}

/// Where the half that reads puts it. If nobody takes it, the other half has failed and says why.
#[derive(Clone)]
pub struct Outlet(mpsc::Sender<Parcel>);

impl Outlet {
    /// One window may wait while another is written.
    pub fn new() -> (Outlet, mpsc::Receiver<Parcel>) {
        let (parcels, taken) = mpsc::channel(1);
        (Outlet(parcels), taken)
    }

    pub async fn messages(&self, messages: Vec<Fresh>, turn: Option<Turn>) {
        if !messages.is_empty() {
            let _ = self.0.send(Parcel::Messages(messages, turn)).await;
        }
    }

    pub async fn note(&self, entries: Vec<Entry>) {
        if !entries.is_empty() {
            let _ = self.0.send(Parcel::Noted(entries)).await;
        }
    }
}
