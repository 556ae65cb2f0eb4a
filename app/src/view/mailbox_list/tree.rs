//! Which folders are in sight: those inside of folded ones are not.

use std::collections::HashMap;

use leptos::prelude::*;

use crate::{
    state::Folder,
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

/// By the path of each folder that hides others, the unread messages in these.
pub(super) type Hidden = HashMap<String, u32>;

/// What folded folders hide, as the server has told. Reactive.
pub(super) fn hidden(all: &[Folder], is_folded: impl Fn(&str) -> bool) -> Hidden {
    let mut hidden = Hidden::new();
    let mut folded: Option<&Mailbox> = None;
    for (at, folder) in all.iter().enumerate() {
        let mailbox = &folder.mailbox;
        match folded.filter(|above| is_inside(mailbox, above)) {
            Some(above) => {
                let unseen = folder.counts.with(|counts| counts.unseen);
                let sum = hidden.entry(above.path.clone()).or_default();
                *sum = sum.saturating_add(unseen);
            }
            None => {
                let holds = all.get(at + 1).is_some_and(|next| is_inside(&next.mailbox, mailbox));
                folded = Some(mailbox).filter(|mailbox| holds && is_folded(&mailbox.path));
            }
        }
    }
    hidden
}

/// How many folders, from the first, are special or inside of special ones, and how many are the person's own.
pub(super) fn ends(all: &[Folder]) -> (usize, usize) {
    let mut special = 0;
    let mut above: Option<&Mailbox> = None;
    for Folder { mailbox, .. } in all {
        if mailbox.special_use.is_some() {
            above = Some(mailbox);
        } else if !above.is_some_and(|above| is_inside(mailbox, above)) {
            break;
        }
        special += 1;
    }
    (special, all.iter().take_while(|folder| folder.mailbox.shared.is_none()).count())
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
            special_use: match *path {
                "INBOX" => Some(SpecialUse::Inbox),
                "Archive" => Some(SpecialUse::Archive),
                _ => None,
            },
            selectable: true,
            total: 0,
            unseen: 1,
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

    #[test]
    fn all_that_is_inside_of_a_special_folder_is_with_it_and_what_only_has_its_name_below_the_inbox_is_not() {
        let all =
            folders(&["INBOX", "Archive", "Archive/2023", "Archive/2023/01", "Archive/2024", "INBOX/x", "INBOX/x/y"]);
        assert_eq!(ends(&all), (5, 7));
        assert_eq!(ends(&folders(&["INBOX", "INBOX/x", "Archived"])), (1, 3));
    }

    #[test]
    fn what_is_hidden_is_counted_by_what_hides_it() {
        Owner::new().with(|| {
            let all = folders(&["INBOX", "a", "a/b", "a/b/c", "ab", "e", "e/f"]);
            let counted = untrack(|| hidden(&all, |path| ["a", "a/b", "ab"].contains(&path)));
            assert_eq!(counted, Hidden::from([("a".to_owned(), 2)]));
        });
    }
}
