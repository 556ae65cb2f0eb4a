//! What was asked for and is not confirmed yet. What the screen shows is the server's word with this laid over it.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::wire::{Flag, MailboxCounts, MessageRef, Selection};

/// All that is pending, oldest first.
#[derive(Clone, Copy)]
pub struct Pending {
    changes: RwSignal<Vec<(PendingId, Change)>>,
    next: StoredValue<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PendingId(u32);

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub selection: Selection,
    /// The flag that is added (`true`) or removed.
    pub flag: Option<(Flag, bool)>,
    /// The messages leave the list.
    pub leaves: bool,
    /// What it does to the counts of mailboxes: path, change of total, change of unseen.
    pub counts: Vec<(String, i64, i64)>,
    /// The server said yes; the change stays until its effect has come, too.
    pub confirmed: bool,
}

/// The messages that are on their way out of the list.
pub(super) struct Leaving(Vec<Selection>);

impl Pending {
    pub(super) fn new() -> Pending {
        Pending { changes: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    pub(crate) fn add(&self, change: Change) -> PendingId {
        let id = self.next.get_value();
        self.next.set_value(id.wrapping_add(1));
        self.changes.update(|changes| changes.push((PendingId(id), change)));
        PendingId(id)
    }

    /// It came to nothing, or it has taken effect.
    pub(crate) fn remove(&self, id: PendingId) {
        if self.changes.with_untracked(|changes| changes.iter().any(|(other, _)| *other == id)) {
            self.changes.update(|changes| changes.retain(|(other, _)| *other != id));
        }
    }

    /// The server did it. Its effect on the rows and counts may still be under way. Returns the flag it set.
    pub(super) fn confirm(&self, id: PendingId) -> Option<(Selection, Flag, bool)> {
        let mut done = None;
        self.changes.update(|changes| {
            if let Some((_, change)) = changes.iter_mut().find(|(other, _)| *other == id) {
                change.confirmed = true;
                done = change.flag.take().map(|(flag, set)| (change.selection.clone(), flag, set));
            }
            changes.retain(|(_, change)| !change.is_spent());
        });
        done
    }

    /// Drops what has taken effect: messages that have left the list.
    pub(super) fn settle(&self, still_here: impl Fn(&MessageRef) -> bool) {
        let arrived = |change: &Change| match &change.selection {
            Selection::Messages(messages) | Selection::Threads(messages) => {
                change.leaves && !messages.iter().any(&still_here)
            }
            Selection::All { .. } | Selection::Mailbox { .. } => false,
        };
        if self.changes.with_untracked(|changes| changes.iter().any(|(_, change)| arrived(change))) {
            self.changes.update(|changes| {
                for (_, change) in changes.iter_mut().filter(|(_, change)| arrived(change)) {
                    change.leaves = false;
                }
                changes.retain(|(_, change)| !change.is_spent());
            });
        }
    }

    /// The server's own counts of this mailbox have come.
    pub(super) fn settle_counts(&self, path: &str) {
        let touches = |change: &Change| change.counts.iter().any(|(other, ..)| other == path);
        if self.changes.with_untracked(|changes| changes.iter().any(|(_, change)| touches(change))) {
            self.changes.update(|changes| {
                for (_, change) in changes.iter_mut() {
                    change.counts.retain(|(other, ..)| other != path);
                }
                changes.retain(|(_, change)| !change.is_spent());
            });
        }
    }

    /// The list of this number is no more.
    pub(super) fn forget_list(&self, list: u32) {
        let of_it = |change: &Change| matches!(&change.selection, Selection::All { list: other, .. } if *other == list);
        if self.changes.with_untracked(|changes| changes.iter().any(|(_, change)| change.confirmed && of_it(change))) {
            self.changes.update(|changes| changes.retain(|(_, change)| !(change.confirmed && of_it(change))));
        }
    }

    pub(super) fn flags(&self, message: &MessageRef, flags: &[Flag]) -> Vec<Flag> {
        let mut shown = flags.to_vec();
        self.changes.with(|changes| {
            for (_, change) in changes {
                if let Some((flag, set)) = &change.flag
                    && covers(&change.selection, message)
                {
                    set_flag(&mut shown, flag, *set);
                }
            }
        });
        shown
    }

    /// The counts to show for a mailbox. Reactive.
    pub fn counts(&self, counts: MailboxCounts) -> MailboxCounts {
        let MailboxCounts { path, mut total, mut unseen, .. } = counts.clone();
        self.changes.with(|changes| {
            for (_, of_total, of_unseen) in
                changes.iter().flat_map(|(_, change)| &change.counts).filter(|(other, ..)| *other == path)
            {
                total = shift(total, *of_total);
                unseen = shift(unseen, *of_unseen).min(total);
            }
        });
        MailboxCounts { path, total, unseen, ..counts }
    }

    pub(super) fn leaving(&self) -> Leaving {
        self.changes.with(|changes| {
            Leaving(
                changes
                    .iter()
                    .filter(|(_, change)| change.leaves)
                    .map(|(_, change)| change.selection.clone())
                    .collect(),
            )
        })
    }
}

impl Change {
    fn is_spent(&self) -> bool {
        self.confirmed && self.flag.is_none() && !self.leaves && self.counts.is_empty()
    }
}

impl Leaving {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn contains(&self, message: &MessageRef, list: Option<u32>) -> bool {
        self.0.iter().any(|selection| match selection {
            Selection::Messages(messages) | Selection::Threads(messages) => messages.contains(message),
            Selection::All { list: of, except } => Some(*of) == list && !except.contains(message),
            Selection::Mailbox { .. } => covers(selection, message),
        })
    }

    /// When all of this list is leaving: the messages that stay.
    pub(super) fn all_but(&self, list: Option<u32>) -> Option<BTreeSet<&MessageRef>> {
        self.0.iter().find_map(|selection| match selection {
            Selection::All { list: of, except } if Some(*of) == list => Some(except.iter().collect()),
            _ => None,
        })
    }
}

/// Whether a selection is about a message that is listed or open.
pub(crate) fn covers(selection: &Selection, message: &MessageRef) -> bool {
    match selection {
        Selection::Messages(messages) | Selection::Threads(messages) => messages.contains(message),
        Selection::All { except, .. } => !except.contains(message),
        Selection::Mailbox { path, uid_validity, uid_next } => {
            message.mailbox == *path && message.uid_validity == *uid_validity && message.uid < *uid_next
        }
    }
}

/// Adds or removes a flag; whether that changed anything.
pub(super) fn set_flag(flags: &mut Vec<Flag>, flag: &Flag, set: bool) -> bool {
    let had = flags.contains(flag);
    match (had, set) {
        (false, true) => flags.push(flag.clone()),
        (true, false) => flags.retain(|other| other != flag),
        _ => return false,
    }
    true
}

fn shift(count: u32, by: i64) -> u32 {
    u32::try_from(i64::from(count).saturating_add(by).max(0)).unwrap_or(u32::MAX)
}
