//! Short notices that go by themselves.

use std::time::Duration;

use leptos::prelude::*;

use crate::wire::{Action, Arrangement, Error, SubmissionId, UndoId};

/// The notices on the screen, oldest first.
#[derive(Clone, Copy)]
pub struct Toasts {
    pub shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Toast {
    pub id: u32,
    pub notice: Notice,
    /// What a press on Undo takes back ([`crate::Client::undo`]).
    pub undo: Option<Undo>,
}

/// What can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    Action(UndoId),
    /// A message that has not gone out yet.
    Submission(SubmissionId),
}

/// What a toast says. The words are chosen by the view.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// `count` messages were acted on.
    Acted {
        action: Action,
        count: u32,
        /// On another device.
        elsewhere: bool,
    },
    /// A folder was made, renamed, moved or deleted.
    Arranged(Arrangement),
    Undone,
    /// A message was handed over for sending.
    Sending,
    /// It goes out in so many seconds.
    Held(u32),
    /// It goes out at this moment, in seconds since 1970 UTC.
    Scheduled(i64),
    /// It does not go out, and is in Drafts.
    CalledOff,
    /// What was to go out does not.
    NotGoingOut,
    /// What is written became a draft of its own, because it was changed elsewhere.
    KeptApart,
    Sent,
    Discarded,
    DraftRestored,
    TemplateKept,
    /// The sender was asked to send no more.
    Unsubscribed,
    Error(Error),
}

impl Notice {
    /// For `data-kind`.
    pub fn kind(&self) -> &'static str {
        match self {
            Notice::Error(_) => "error",
            _ => "info",
        }
    }

    /// How long it is shown.
    pub fn lasts(&self) -> Duration {
        Duration::from_secs(match self {
            Notice::Held(seconds) => u64::from(*seconds),
            _ => 10,
        })
    }
}

/// No more notices than this at a time; the oldest go.
const MOST: usize = 4;

impl Toasts {
    pub(super) fn new() -> Toasts {
        Toasts { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Shows a notice and returns its id.
    pub fn push(&self, notice: Notice, undo: Option<Undo>) -> u32 {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.shown.update(|shown| {
            // The same trouble is told once.
            if matches!(notice, Notice::Error(_)) {
                shown.retain(|toast| toast.notice != notice);
            }
            shown.push(Toast { id, notice, undo });
            let excess = shown.len().saturating_sub(MOST);
            shown.drain(..excess);
        });
        id
    }

    pub fn dismiss(&self, id: u32) {
        self.dismiss_where(|toast| toast.id == id);
    }

    /// There is nothing to be taken back any more.
    pub fn dismiss_undo(&self, undo: Undo) {
        self.dismiss_where(|toast| toast.undo == Some(undo));
    }

    fn dismiss_where(&self, gone: impl Fn(&Toast) -> bool) {
        if self.shown.with_untracked(|shown| shown.iter().any(&gone)) {
            self.shown.update(|shown| shown.retain(|toast| !gone(toast)));
        }
    }
}
