//! What a tab is told unasked.

use serde::{Deserialize, Serialize};

use super::{
    Action, Error, Flag, Folds, Identity, Listing, Mailbox, MailboxCounts, Quota, Row, SavedSearch, Submission,
    SubmissionId, Thread, Uid, UndoId, Writer,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Too much was missed: attach and open again.
    Reset,
    /// How the account's line to its mail server is.
    Connectivity { connectivity: Connectivity },
    /// The whole tree, in the order of the screen; `partial` where there are more than are told of.
    Mailboxes {
        mailboxes: Vec<Mailbox>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partial: bool,
    },
    /// Which mailboxes are folded, and which are not, by the person's choice.
    Folds { folds: Folds },
    /// Counts that changed.
    Counts { counts: Vec<MailboxCounts> },
    /// How full the person's space is now.
    Quota { quota: Quota },
    /// All labels that were seen, but for the five that everybody has, in the order of the screen.
    Labels { labels: Vec<String> },
    /// All searches that are kept, by name.
    Searches { searches: Vec<SavedSearch> },
    /// As in [`super::Welcome`], after a change.
    Identities { identities: Vec<Identity> },
    /// The open list changed.
    Messages { list: u32, change: ListChange },
    /// Something was done to messages on another device, and can be taken back from here as well.
    Acted { undo: UndoId, action: Action, count: u32 },
    /// An action was taken back, here or elsewhere.
    Undone { undo: UndoId },
    /// A submission is new or has another state.
    Submission { submission: Submission },
    /// A submission was taken out of the outbox, here or elsewhere.
    Unsubmitted { submission: SubmissionId },
    /// All drafts that are written on in other tabs, and those that were taken from this one.
    Writers { writers: Vec<Writer> },
    /// The login was ended, here or elsewhere.
    SignedOut,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Connectivity {
    Live,
    Connecting,
    /// Cannot be reached for now; tried again by itself.
    Offline {
        error: Error,
    },
}

/// What happened to a list. Positions are those before the change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListChange {
    /// `count` messages were put in at the top, in place of nothing; the first of them are here.
    Added { count: u32, rows: Vec<Row> },
    /// New flags of some messages; whoever does not show them takes no notice.
    Flags { mailbox: String, flags: Vec<(Uid, Vec<Flag>)> },
    /// What some rows of a list by conversation stand for now.
    Threads { mailbox: String, threads: Vec<(Uid, Option<Thread>)> },
    /// The beginnings of texts, fetched after the rows.
    Previews { mailbox: String, previews: Vec<(Uid, String)> },
    /// These positions are gone, in descending order.
    Vanished { positions: Vec<u32> },
    /// A search goes on: these rows, and how many there are now. What was known of the list stays.
    Found { listing: Listing },
    /// Everything known of the list is replaced, in place.
    Replaced { listing: Listing },
}
