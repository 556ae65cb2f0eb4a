//! What was taken out of the outbox a moment ago. The answer to whoever asked for it may be lost with the line.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use app::wire::{Draft, TabId};

/// Drafts that are remembered.
const MOST: usize = 64;

/// A command by its tab and its number: the same when it is sent again.
pub type Asked = (TabId, u32);

/// Drafts by the commands that took them.
#[derive(Default)]
pub struct Taken(Mutex<VecDeque<(Asked, Draft)>>);

impl Taken {
    pub fn remember(&self, asked: Asked, draft: &Draft) {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.truncate(MOST - 1);
        taken.push_front((asked, draft.clone()));
    }

    /// What this very command has taken before.
    pub fn again(&self, asked: &Asked) -> Option<Draft> {
        let taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.iter().find(|(by, _)| by == asked).map(|(_, draft)| draft.clone())
    }
}
