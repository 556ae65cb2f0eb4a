//! What the person may do in a mailbox. Asked before anything is done: Dovecot (2.3, 2026-11) answers OK to flags that it does
//! not set, and a move in two steps would leave a copy behind.

use app::wire::{Action, Error, Flag, Right};

use super::actor::Actor;
use crate::imap::Selected;

impl Actor {
    /// Refuses an action on messages of a mailbox for want of a right that the server has told of (RFC 4314 §4).
    pub(super) fn allowed(&self, path: &str, action: &Action) -> Result<(), Error> {
        for right in needed(action) {
            self.may(path, *right)?;
        }
        match action {
            Action::Move { to } => self.may(to, Right::Insert),
            _ => Ok(()),
        }
    }

    /// Refuses what needs a right in a mailbox that the person is known not to have.
    pub(super) fn may(&self, path: &str, right: Right) -> Result<(), Error> {
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == path);
        if mailbox.is_none_or(|mailbox| mailbox.may(right)) { Ok(()) } else { Err(lacks(right)) }
    }
}

/// Refuses an action on messages of the selected mailbox that SELECT has said will not last (RFC 9051 §7.1, READ-ONLY and
/// PERMANENTFLAGS): the way of servers without ACL to say what a person may do.
pub(super) fn permitted(selected: &Selected, action: &Action) -> Result<(), Error> {
    let Selected { permanent_flags, read_only, .. } = selected;
    let keeps = |flag: &Flag| permanent_flags.is_empty() || permanent_flags.contains(flag);
    for right in needed(action) {
        let kept = match right {
            Right::Seen => keeps(&Flag::Seen),
            Right::DeleteMessages => keeps(&Flag::Deleted),
            Right::Write => match action {
                Action::Flag { flag, .. } if flag.as_str().starts_with('\\') => keeps(flag),
                // A mailbox that keeps no keyword may keep other flags, and says so by a word of its own.
                _ => keeps(&Flag::Flagged) || keeps(&Flag::Answered),
            },
            _ => true,
        };
        if *read_only || !kept {
            return Err(lacks(*right));
        }
    }
    Ok(())
}

/// What an action needs where the messages are.
fn needed(action: &Action) -> &'static [Right] {
    match action {
        Action::Flag { flag: Flag::Seen, .. } => &[Right::Seen],
        Action::Flag { flag: Flag::Deleted, .. } => &[Right::DeleteMessages],
        Action::Flag { .. } => &[Right::Write],
        Action::Move { .. } | Action::Archive | Action::Delete | Action::Junk | Action::NotJunk | Action::Erase => {
            &[Right::DeleteMessages, Right::Expunge]
        }
    }
}

pub(super) fn lacks(right: Right) -> Error {
    Error::NoRight { right: Some(right), text: String::new() }
}

#[cfg(test)]
mod tests {
    use app::wire::{Uid, UidValidity};

    use super::*;

    fn selected(read_only: bool, permanent_flags: &[Flag]) -> Selected {
        Selected {
            path: "Team".to_owned(),
            uid_validity: UidValidity(1),
            uid_next: Uid(1),
            exists: 0,
            highest_modseq: None,
            permanent_flags: permanent_flags.to_vec(),
            new_keywords: false,
            read_only,
        }
    }

    #[test]
    fn what_will_not_last_is_not_done() {
        let flag = |flag| Action::Flag { flag, set: true };
        let lacking = |selected: &Selected, action: &Action| match permitted(selected, action) {
            Ok(()) => None,
            Err(Error::NoRight { right, .. }) => right,
            Err(error) => panic!("{error:?}"),
        };
        for (read_only, kept, action, right) in [
            (false, &[][..], flag(Flag::Flagged), None),
            (true, &[][..], flag(Flag::Seen), Some(Right::Seen)),
            (true, &[][..], Action::Erase, Some(Right::DeleteMessages)),
            (false, &[Flag::Seen][..], flag(Flag::Seen), None),
            (false, &[Flag::Seen][..], flag(Flag::Flagged), Some(Right::Write)),
            (false, &[Flag::Seen][..], Action::Archive, Some(Right::DeleteMessages)),
            (false, &[Flag::Answered, Flag::Deleted][..], flag(Flag::Keyword("work".to_owned())), None),
            (false, &[Flag::Answered, Flag::Deleted][..], Action::Delete, None),
            (false, &[Flag::Answered, Flag::Deleted][..], flag(Flag::Flagged), Some(Right::Write)),
        ] {
            assert_eq!(lacking(&selected(read_only, kept), &action), right, "{action:?} with {kept:?}");
        }
    }
}
