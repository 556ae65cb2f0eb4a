//! What a search is to find, and what it has found.

use app::wire::{Mailbox, Progress, Sort, TabId, Uid};
use tokio_util::sync::CancellationToken;

use super::hits::{Hit, Searched};
use crate::imap::search::Key;

/// What to look for.
pub(super) struct Search {
    pub tab: TabId,
    /// Names this search.
    pub number: u64,
    /// Paths, and about how many messages each has.
    pub mailboxes: Vec<(String, u32)>,
    pub keys: Vec<Key>,
    pub sort: Sort,
    /// Of each conversation only the newest that is found. Only of one mailbox, the newest first.
    pub threaded: bool,
    /// All mailboxes, where `threaded`: what binds a conversation may be in any of them.
    pub around: Vec<Mailbox>,
    pub stop: CancellationToken,
}

/// What was found since the last report.
pub(super) struct Report {
    pub tab: TabId,
    pub number: u64,
    /// Mailboxes that were begun.
    pub searched: Vec<Searched>,
    pub found: Vec<Hit>,
    /// At the end of a search for conversations: messages that were found before and stand for theirs no more, and what does.
    pub superseded: Vec<(Uid, Uid)>,
    /// None at the end, when all was looked at.
    pub progress: Option<Progress>,
}

impl Report {
    /// Nothing yet.
    pub fn of(search: &Search) -> Report {
        Report {
            tab: search.tab.clone(),
            number: search.number,
            searched: Vec::new(),
            found: Vec::new(),
            superseded: Vec::new(),
            progress: None,
        }
    }

    pub fn is_last(&self) -> bool {
        self.progress.as_ref().is_none_or(|progress| progress.end.is_some())
    }
}
