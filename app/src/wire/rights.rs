//! What a person may do in a mailbox (RFC 4314 §2.1).

use serde::{Deserialize, Serialize};

/// One right. What each allows is said in RFC 4314 §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// The mailbox is listed.
    Lookup,
    /// It can be opened and read.
    Read,
    /// What was read is kept as read (`\Seen`).
    Seen,
    /// Other flags are set and removed.
    Write,
    /// Messages are put in.
    Insert,
    /// Messages can be sent to the mailbox's own address.
    Post,
    /// Mailboxes are made inside.
    Create,
    /// The mailbox is renamed and deleted.
    DeleteMailbox,
    /// Messages are marked as deleted (`\Deleted`).
    DeleteMessages,
    /// What is marked as deleted is erased.
    Expunge,
    /// Rights are given and taken.
    Administer,
}

impl Right {
    /// All of them, in the order in which they are told.
    pub const ALL: [Right; 11] = [
        Right::Lookup,
        Right::Read,
        Right::Seen,
        Right::Write,
        Right::Insert,
        Right::Post,
        Right::Create,
        Right::DeleteMailbox,
        Right::DeleteMessages,
        Right::Expunge,
        Right::Administer,
    ];

    pub fn letter(self) -> char {
        match self {
            Right::Lookup => 'l',
            Right::Read => 'r',
            Right::Seen => 's',
            Right::Write => 'w',
            Right::Insert => 'i',
            Right::Post => 'p',
            Right::Create => 'k',
            Right::DeleteMailbox => 'x',
            Right::DeleteMessages => 't',
            Right::Expunge => 'e',
            Right::Administer => 'a',
        }
    }
}

/// Rights as their letters, as the server says them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rights(pub String);

impl Rights {
    /// Whether this right is among them.
    pub fn may(&self, right: Right) -> bool {
        let has = |letter: char| self.0.contains(letter);
        // RFC 4314 §2.1.1: a server of RFC 2086 knows two letters where there are four now. A newer one says them as well.
        let old = match right {
            Right::Create => 'c',
            Right::DeleteMailbox | Right::DeleteMessages | Right::Expunge => 'd',
            _ => return has(right.letter()),
        };
        has(right.letter()) || (has(old) && !self.is_newer())
    }

    /// Whether nothing is forbidden.
    pub fn are_all(&self) -> bool {
        Right::ALL.into_iter().all(|right| self.may(right))
    }

    /// Whether there is a letter that RFC 2086 did not know.
    fn is_newer(&self) -> bool {
        self.0.contains(['k', 'x', 't', 'e'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_of_older_servers_are_understood() {
        for (letters, right, may) in [
            ("lrs", Right::Seen, true),
            ("lrs", Right::Write, false),
            ("lrswipcda", Right::Create, true),
            ("lrswipcda", Right::Expunge, true),
            ("lrswipc", Right::DeleteMessages, false),
            // `d` is said for the sake of older programs, and means `t` alone.
            ("lrtd", Right::DeleteMessages, true),
            ("lrtd", Right::Expunge, false),
            ("lrtd", Right::DeleteMailbox, false),
            ("", Right::Lookup, false),
        ] {
            assert_eq!(Rights(letters.to_owned()).may(right), may, "{letters} {right:?}");
        }
    }
}
