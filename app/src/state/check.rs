//! What is asked before a message is sent.

use std::mem::discriminant;

use crate::wire::Doubt;

/// A question before sending. Each is asked once for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Check {
    /// An address may be a slip or a trick.
    Doubt(Doubt),
    NoSubject,
    /// The text speaks of a file, and there is none.
    NoAttachment,
    /// Placeholders of a template were not filled in: these.
    Unfilled(String),
    /// So many people who may not know each other will see each other's addresses.
    Visible(u32),
    /// An answer goes to so many people, or to a mailing list besides.
    ToAll {
        count: u32,
        list: bool,
    },
}

impl Check {
    /// Whether who has answered the one has answered the other.
    pub fn is_same(&self, other: &Check) -> bool {
        match (self, other) {
            (Check::Doubt(one), Check::Doubt(other)) => one.email == other.email,
            _ => discriminant(self) == discriminant(other),
        }
    }
}
