//! Which folders are in sight: those inside of folded ones are not.

use leptos::prelude::*;

use crate::{
    state::{Folder, State},
    wire::{Mailbox, SpecialUse},
};

/// A folder in sight, and whether there are others inside of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Branch {
    pub folder: Folder,
    pub holds: bool,
}

/// The folders of a part of the tree that are in sight. The open one is in any case, and so is what it is in.
pub(super) fn tree(part: &[Folder], here: &str, is_folded: impl Fn(&str) -> bool) -> Vec<Branch> {
    let mut folded: Option<&Mailbox> = None;
    let mut branches = Vec::new();
    for (at, folder) in part.iter().enumerate() {
        let mailbox = &folder.mailbox;
        let hidden = folded.is_some_and(|above| is_inside(mailbox, above));
        if !hidden {
            folded = None;
        }
        let holds = part.get(at + 1).is_some_and(|next| is_inside(&next.mailbox, mailbox));
        if !hidden || mailbox.path == here || (holds && mailbox.is_above(here)) {
            branches.push(Branch { folder: folder.clone(), holds });
        }
        if !hidden && holds && is_folded(&mailbox.path) {
            folded = Some(mailbox);
        }
    }
    branches
}

/// Unread messages of all that is inside of a folder. Reactive.
pub(super) fn hidden_below(state: State, mailbox: &Mailbox) -> u32 {
    state.mailboxes.all.with(|all| {
        let below = all.iter().skip_while(|folder| folder.mailbox.path != mailbox.path).skip(1);
        below
            .take_while(|folder| is_inside(&folder.mailbox, mailbox))
            .map(|folder| state.counts(folder).unseen)
            .fold(0, u32::saturating_add)
    })
}

/// Whether a mailbox is shown as being inside of another. All can be below the inbox by their names, and are beside it.
fn is_inside(mailbox: &Mailbox, above: &Mailbox) -> bool {
    above.special_use != Some(SpecialUse::Inbox) && above.is_above(&mailbox.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Uid, UidValidity};

    fn folders(paths: &[&str]) -> Vec<Folder> {
        let mailbox = |path: &&str| Mailbox {
            path: (*path).to_owned(),
            delimiter: Some('/'),
            special_use: (*path == "INBOX").then_some(SpecialUse::Inbox),
            selectable: true,
            total: 0,
            unseen: 0,
            uid_validity: UidValidity(1),
            uid_next: Uid(1),
            shared: None,
            rights: None,
            shareable: false,
        };
        let mailboxes: Vec<Mailbox> = paths.iter().map(mailbox).collect();
        mailboxes.iter().map(Folder::new).collect()
    }

    fn shown(here: &str, folded: &[&str]) -> Vec<(String, bool)> {
        let all = folders(&["INBOX", "INBOX/x", "a", "a/b", "a/b/c", "a/d", "ab", "e", "e/f"]);
        let branches = tree(&all, here, |path| folded.contains(&path));
        branches.into_iter().map(|Branch { folder, holds }| (folder.mailbox.path, holds)).collect()
    }

    #[test]
    fn what_is_folded_hides_all_that_is_inside_but_the_way_to_the_open_folder() {
        let paths = |here, folded: &[&str]| shown(here, folded).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
        let holding: Vec<String> =
            shown("INBOX", &[]).into_iter().filter(|(_, holds)| *holds).map(|(path, _)| path).collect();
        assert_eq!(holding, ["a", "a/b", "e"]);
        assert_eq!(paths("INBOX", &["a"]), ["INBOX", "INBOX/x", "a", "ab", "e", "e/f"]);
        assert_eq!(paths("a/b/c", &["a", "a/b", "e"]), ["INBOX", "INBOX/x", "a", "a/b", "a/b/c", "ab", "e"]);
        assert_eq!(paths("e", &["a/b", "INBOX"]), ["INBOX", "INBOX/x", "a", "a/b", "a/d", "ab", "e", "e/f"]);
    }
}
