//! The tree of mailboxes. A change of counts touches only the mailbox that has them.

use leptos::prelude::*;

use crate::wire::{Mailbox, MailboxCounts, Right, Rights, Shared, SpecialUse};

/// All mailboxes in the order of the screen.
#[derive(Clone, Copy)]
pub struct Mailboxes {
    pub all: RwSignal<Vec<Folder>>,
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
        self.traits() == other.traits()
    }
}

impl Eq for Folder {}

impl Folder {
    fn new(mailbox: &Mailbox) -> Folder {
        Folder { mailbox: mailbox.clone(), counts: ArcRwSignal::new(counts(mailbox)) }
    }

    /// What the row of this mailbox is made of, but for the counts.
    pub fn traits(&self) -> Traits<'_> {
        let Mailbox { path, delimiter, special_use, selectable, shared, rights, shareable, .. } = &self.mailbox;
        let (shared, rights) = (shared.as_ref(), rights.as_ref());
        Traits {
            path,
            delimiter: *delimiter,
            special_use: *special_use,
            selectable: *selectable,
            shared,
            rights,
            shareable: *shareable,
        }
    }
}

/// See [`Folder::traits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traits<'a> {
    pub path: &'a str,
    pub delimiter: Option<char>,
    pub special_use: Option<SpecialUse>,
    pub selectable: bool,
    pub shared: Option<&'a Shared>,
    pub rights: Option<&'a Rights>,
    pub shareable: bool,
}

fn counts(mailbox: &Mailbox) -> MailboxCounts {
    let Mailbox { path, total, unseen, uid_validity, uid_next, .. } = mailbox.clone();
    MailboxCounts { path, total, unseen, uid_validity, uid_next }
}

impl Mailboxes {
    pub(super) fn new() -> Mailboxes {
        Mailboxes { all: RwSignal::new(Vec::new()) }
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

    pub(super) fn replace(&self, mailboxes: &[Mailbox]) {
        let before = self.all.get_untracked();
        let folders: Vec<Folder> = mailboxes
            .iter()
            .map(|mailbox| {
                let fresh = Folder::new(mailbox);
                let Some(known) = before.iter().find(|folder| **folder == fresh) else {
                    return fresh;
                };
                set_counts(known, counts(mailbox));
                known.clone()
            })
            .collect();
        if folders != before {
            self.all.set(folders);
        }
    }

    pub(super) fn set_counts(&self, changed: &[MailboxCounts]) {
        self.all.with_untracked(|all| {
            for counts in changed {
                if let Some(folder) = all.iter().find(|folder| folder.mailbox.path == counts.path) {
                    set_counts(folder, counts.clone());
                }
            }
        });
    }
}

fn set_counts(folder: &Folder, counts: MailboxCounts) {
    folder.counts.maybe_update(|known| {
        let changed = *known != counts;
        *known = counts;
        changed
    });
}
