//! Which messages are selected.

use std::collections::BTreeSet;

use crate::wire::MessageRef;

/// The selection: some messages, or all of the open list but some.
#[derive(Debug, Clone, PartialEq)]
pub enum Chosen {
    These(BTreeSet<MessageRef>),
    AllBut(BTreeSet<MessageRef>),
}

impl Default for Chosen {
    fn default() -> Self {
        Chosen::These(BTreeSet::new())
    }
}

impl Chosen {
    pub fn contains(&self, message: &MessageRef) -> bool {
        match self {
            Chosen::These(these) => these.contains(message),
            Chosen::AllBut(these) => !these.contains(message),
        }
    }

    pub fn is_empty(&self) -> bool {
        matches!(self, Chosen::These(these) if these.is_empty())
    }

    /// How many messages are selected in a list of `total`.
    pub fn count(&self, total: u32) -> u32 {
        match self {
            Chosen::These(these) => u32::try_from(these.len()).unwrap_or(u32::MAX),
            Chosen::AllBut(these) => total.saturating_sub(u32::try_from(these.len()).unwrap_or(u32::MAX)),
        }
    }

    pub fn set(&mut self, message: MessageRef, chosen: bool) {
        match self {
            Chosen::These(these) if chosen => drop(these.insert(message)),
            Chosen::These(these) => drop(these.remove(&message)),
            Chosen::AllBut(these) if chosen => drop(these.remove(&message)),
            Chosen::AllBut(these) => drop(these.insert(message)),
        }
    }

    /// Messages have come that nobody chose. `all` when these are all that came.
    pub(super) fn pass_over(&mut self, came: &[MessageRef], all: bool) {
        match self {
            Chosen::These(_) => {}
            Chosen::AllBut(these) if all => these.extend(came.iter().cloned()),
            Chosen::AllBut(_) => *self = Chosen::default(),
        }
    }

    /// Forgets messages that are no more.
    pub fn forget(&mut self, gone: &[MessageRef]) {
        let (Chosen::These(these) | Chosen::AllBut(these)) = self;
        for message in gone {
            these.remove(message);
        }
    }
}
