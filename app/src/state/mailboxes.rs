//! The tree of mailboxes. A change of counts touches only the mailbox that has them.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::wire::{Mailbox, MailboxCounts, Right, SpecialUse};

/// All mailboxes in the order of the screen.
#[derive(Clone, Copy)]
pub struct Mailboxes {
    pub all: RwSignal<Vec<Folder>>,
    /// There are more of them than are shown.
    pub partial: RwSignal<bool>,
}

/// One mailbox. Equal to another when both are the same place in the tree, whatever their counts.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its counts in here are those of when it was listed: use `counts`.
    pub mailbox: Mailbox,
    pub counts: ArcRwSignal<MailboxCounts>,
}

impl PartialEq for Folder {
    fn eq(&self, other: &Self) -> bool {
        self.mailbox.is_same_place(&other.mailbox)
    }
}

impl Eq for Folder {}

impl Folder {
    /// A folder that has been listed.
    pub(crate) fn new(mailbox: &Mailbox) -> Folder {
        Folder { mailbox: mailbox.clone(), counts: ArcRwSignal::new(mailbox.counts()) }
    }
}

impl Mailboxes {
    pub(super) fn new() -> Mailboxes {
        Mailboxes { all: RwSignal::new(Vec::new()), partial: RwSignal::new(false) }
    }

    /// The mailbox of this path. Reactive.
    pub fn by_path(&self, path: &str) -> Option<Folder> {
        self.all.with(|all| all.iter().find(|folder| folder.mailbox.path == path).cloned())
    }

    /// The mailbox for this use. Reactive.
    pub fn by_use(&self, special_use: SpecialUse) -> Option<Folder> {
        self.all.with(|all| all.iter().find(|folder| folder.mailbox.special_use == Some(special_use)).cloned())
    }

    /// What the mailbox of this path is for. Reactive.
    pub fn use_of(&self, path: &str) -> Option<SpecialUse> {
        self.all.with(|all| all.iter().find(|folder| folder.mailbox.path == path)?.mailbox.special_use)
    }

    /// Whether the person may do this in the mailbox of this path, as far as it is known. Reactive.
    pub fn may(&self, path: &str, right: Right) -> bool {
        self.by_path(path).is_none_or(|folder| folder.mailbox.may(right))
    }

    pub(super) fn replace(&self, mailboxes: &[Mailbox], partial: bool) {
        self.partial.set(partial);
        let before = self.all.get_untracked();
        let known = by_path(&before);
        let folders: Vec<Folder> = mailboxes
            .iter()
            .map(|mailbox| match known.get(mailbox.path.as_str()) {
                Some(folder) if folder.mailbox.is_same_place(mailbox) => {
                    set_counts(folder, mailbox.counts());
                    Folder::clone(folder)
                }
                _ => Folder::new(mailbox),
            })
            .collect();
        if folders != before {
            self.all.set(folders);
        }
    }

    pub(super) fn set_counts(&self, changed: &[MailboxCounts]) {
        self.all.with_untracked(|all| {
            let known = by_path(all);
            for counts in changed {
                if let Some(folder) = known.get(counts.path.as_str()) {
                    set_counts(folder, counts.clone());
                }
            }
        });
    }
}

fn by_path(folders: &[Folder]) -> HashMap<&str, &Folder> {
    folders.iter().map(|folder| (folder.mailbox.path.as_str(), folder)).collect()
}

fn set_counts(folder: &Folder, counts: MailboxCounts) {
    folder.counts.maybe_update(|known| {
        let changed = *known != counts;
        *known = counts;
        changed
    });
}
