//! Folders, as IMAP mailboxes.

use serde::{Deserialize, Serialize};

use super::{Right, Rights, Uid, UidValidity};

/// One IMAP and SMTP account of the signed-in user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccountId(pub i64);

/// What a mailbox is for (RFC 6154; `Inbox` by its reserved name, RFC 9051 §5.1).
/// The order is the order on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpecialUse {
    Inbox,
    Flagged,
    Drafts,
    Sent,
    Archive,
    Junk,
    Trash,
}

/// A mailbox of the account and its counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    /// The decoded name, with the server's delimiter: `Проекты/2026`. Unique in the account.
    pub path: String,
    /// The hierarchy delimiter, or none where names are flat.
    pub delimiter: Option<char>,
    pub special_use: Option<SpecialUse>,
    /// False for a node that only holds others (`\Noselect`, `\NonExistent`).
    pub selectable: bool,
    /// Number of messages.
    pub total: u32,
    /// Number of messages without `\Seen`.
    pub unseen: u32,
    pub uid_validity: UidValidity,
    /// What is counted has UIDs below this one.
    pub uid_next: Uid,
    /// Whose it is; nothing where it is the person's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared: Option<Shared>,
    /// What the person may do there; nothing where the server does not say, as of nearly all that is the person's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rights: Option<Rights>,
    /// The person can open it to others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shareable: bool,
}

/// Whose a mailbox is that is not the person's own (RFC 2342 §5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// Whom it belongs to, by the name that the server has for them; nobody where it is kept for several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many parts of the path only say that it is shared.
    pub above: u8,
}

impl Mailbox {
    /// The last component of the path.
    pub fn name(&self) -> &str {
        match self.delimiter {
            Some(delimiter) => self.path.rsplit(delimiter).next().unwrap_or(&self.path),
            None => &self.path,
        }
    }

    /// The path of the mailbox above, if this one is nested.
    pub fn parent(&self) -> Option<&str> {
        let delimiter = self.delimiter?;
        self.path.rsplit_once(delimiter).map(|(parent, _)| parent)
    }

    /// Whether what has this path is somewhere inside of the mailbox.
    pub fn is_above(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path.as_str()).and_then(|rest| rest.chars().next());
        rest.is_some() && rest == self.delimiter
    }

    /// Whether the other is the same place in the tree, whatever its counts.
    pub fn is_same_place(&self, other: &Mailbox) -> bool {
        let Mailbox { path, delimiter, special_use, selectable, shared, rights, shareable, .. } = self;
        *path == other.path
            && (delimiter, special_use) == (&other.delimiter, &other.special_use)
            && (selectable, shareable) == (&other.selectable, &other.shareable)
            && (shared, rights) == (&other.shared, &other.rights)
    }

    pub fn counts(&self) -> MailboxCounts {
        let &Mailbox { total, unseen, uid_validity, uid_next, .. } = self;
        MailboxCounts { path: self.path.clone(), total, unseen, uid_validity, uid_next }
    }

    /// Takes other counts. Whether they are others.
    pub fn set_counts(&mut self, counts: &MailboxCounts) -> bool {
        let &MailboxCounts { path: _, total, unseen, uid_validity, uid_next } = counts;
        let before = (self.total, self.unseen, self.uid_validity, self.uid_next);
        (self.total, self.unseen, self.uid_validity, self.uid_next) = (total, unseen, uid_validity, uid_next);
        before != (total, unseen, uid_validity, uid_next)
    }

    /// How deep the mailbox is nested in what is shown; 0 at the top.
    pub fn depth(&self) -> usize {
        let above = self.shared.as_ref().map_or(0, |shared| usize::from(shared.above));
        self.delimiter.map_or(0, |delimiter| self.path.matches(delimiter).count().saturating_sub(above))
    }

    /// Whether the person may do this there, as far as it is known: else the server will say.
    pub fn may(&self, right: Right) -> bool {
        self.rights.as_ref().is_none_or(|rights| rights.may(right))
    }
}

/// How full the person's space is (RFC 9208). Without a limit there is nothing to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// In bytes.
    pub storage: Option<Usage>,
    /// In messages.
    pub messages: Option<Usage>,
}

/// How much of a limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub used: u64,
    pub limit: u64,
}

/// New counts of one mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxCounts {
    pub path: String,
    pub total: u32,
    pub unseen: u32,
    pub uid_validity: UidValidity,
    pub uid_next: Uid,
}
