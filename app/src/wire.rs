//! What the two sides say to each other: plain serde types, importing nothing else of ours.
//!
//! One websocket per tab carries [`ClientFrame`]s up and [`ServerFrame`]s down as JSON text. The page
//! the server renders carries the first [`ServerFrame`]s too (see [`PageFrames`]), so the browser has one
//! way to learn anything: a frame.
//!
//! Enums that travel down carry their variant as the key around them, not as a field beside the others: to read the
//! latter, serde keeps the whole object in a form of its own first, and the code for that is a tenth of the module
//! that the browser loads.

mod collector;
mod command;
mod compose;
mod contact;
mod doubt;
mod error;
mod event;
mod folds;
mod identity;
mod mailbox;
mod message;
mod read;
mod report;
mod rights;
mod sender;
mod source;
mod template;
mod unsubscribe;

pub use collector::{
    Collector, CollectorFolder, CollectorId, CollectorKind, CollectorLook, CollectorOptions, CollectorReport,
    CollectorRun, CollectorState, CollectorTrouble, RefusedMessage, RefusedReason,
};
pub use command::{Action, Arrangement, Command, Query, Reply, Resume, SavedSearch, Selection, Sort, UndoId, Welcome};
pub use compose::{
    Attachment, BlobId, Device, Draft, DraftId, DraftKind, Head, Original, Submission, SubmissionId, SubmissionState,
    When, Writer,
};
pub use contact::{Contact, ContactImport, ContactImportId};
pub use doubt::Doubt;
pub use error::{CertificateFault, Error, Refusal};
pub use event::{Connectivity, Event, ListChange};
pub use folds::Folds;
pub use identity::{Closeness, Identity, IdentityChoices, IdentityId};
pub use mailbox::{AccountId, Mailbox, MailboxCounts, Quota, Shared, SpecialUse, Usage};
pub use message::{
    Address, Body, Conversation, Flag, Listing, Message, MessageRef, ModSeq, Part, PicturesOf, Progress, Remote, Row,
    SearchEnd, Stripped, Thread, Uid, UidValidity,
};
pub use read::read;
pub use report::{Fate, Priority, ReceiptAsked, Receipts, Report, Reported, Wishes};
pub use rights::{Right, Rights};
pub use sender::{Check, Checks, Outcome, Suspicion};
pub use source::{FoundBy, ProbeFailure, ProbeStep, SourceAdvice};
pub use template::{Template, TemplateId};
pub use unsubscribe::Unsubscribe;

use serde::{Deserialize, Serialize};

/// The largest text frame that a browser may send, in bytes.
pub const MAX_FRAME: usize = 1024 * 1024;

/// The largest frame that a browser takes, in bytes: a text of a mebibyte each of whose letters is written as six, or ten thousand
/// folders with their counts, twice over.
pub const MAX_TOLD: usize = 16 * 1024 * 1024;

/// The largest number of rows one [`Command::Open`] or [`Command::Window`] may ask for.
pub const MAX_WINDOW: u32 = 200;

/// A command with the number its reply will carry. Numbers grow by one for each tab, and a command that
/// is sent again after a reconnect keeps its number, so that the server can answer it without doing it twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientFrame {
    pub id: u32,
    pub command: Command,
}

/// Anything the server says to a tab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerFrame {
    /// The answer to the command of the same number.
    Reply { id: u32, result: Result<Reply, Error> },
    /// Something that happened. `seq` counts the events of this tab from 1 without gaps.
    Event { seq: u64, event: Event },
    /// The line is alive. Sent when nothing else was for a while.
    Heartbeat,
}

/// Identifies a tab to its server across reconnects. Unguessable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TabId(pub String);

/// What the server embeds in the page it renders: the frames that the rendered rows came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageFrames {
    pub welcome: Welcome,
    /// The open folder, or nothing when the mail server did not answer in time.
    pub listing: Option<Listing>,
}
