//! Collectors: what brings a person's mail here from other accounts, and how far each has come.

use serde::{Deserialize, Serialize};

use super::{Error, Uid, UidValidity};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CollectorId(pub i64);

/// How the mail is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectorKind {
    Imap,
    Pop3,
    /// Files that a person has given: it is done when all of them is here.
    Files,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectorState {
    /// Waits for its time.
    Idle,
    Running,
    /// A person has stopped it.
    Paused,
    /// It cannot go on before a person has done something, such as typing another password.
    Failed,
    /// There is nothing more to come.
    Done,
}

/// Whether a source is looked at before anything is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectorLook {
    No,
    Wanted,
    /// It was, and nothing has been brought yet.
    Done,
}

/// What a person has chosen. What is not chosen is as in [`Default`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CollectorOptions {
    /// The mailbox below which all is put; by itself, with the levels divided by `/`. Empty: everything goes where it has
    /// its name, and Sent, Drafts and the like into those of this account.
    pub prefix: String,
    /// Flags that change at the source later change here, too.
    pub follow_flags: bool,
    /// What is moved at the source is moved here, too, and what is deleted there goes into Trash here.
    pub follow_gone: bool,
    /// How often the source is looked at, in minutes, at least 1.
    pub minutes: u32,
    /// How many mailboxes are brought at once, 1 to 4. Each takes a connection on both sides.
    pub at_once: u32,
    /// What comes over POP3, which knows no flags, comes as read.
    pub seen: bool,
    /// What has come over POP3 is deleted at the source so many days after it was first seen there; none: never.
    pub delete_after: Option<u32>,
}

impl Default for CollectorOptions {
    fn default() -> Self {
        Self {
            prefix: String::new(),
            follow_flags: true,
            follow_gone: false,
            minutes: 5,
            at_once: 2,
            seen: false,
            delete_after: None,
        }
    }
}

/// Why a run ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CollectorTrouble {
    /// The server from which mail is brought.
    Source(Error),
    /// The mail server of this account.
    Target(Error),
    /// The source is this very account.
    SameAccount,
    /// A fault of our own; the log says more.
    Internal,
}

/// A collector as a page shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collector {
    pub id: CollectorId,
    pub kind: CollectorKind,
    /// `imaps://mail.example.org:993`; empty for files.
    pub endpoint: String,
    /// The name to sign in with, or how the files are called.
    pub user: String,
    pub options: CollectorOptions,
    pub state: CollectorState,
    pub look: CollectorLook,
    /// When it runs next, in seconds since 1970 UTC.
    pub due: i64,
    /// When a run last brought everything, in seconds since 1970 UTC.
    pub last_success: Option<i64>,
    /// Why the last run did not.
    pub trouble: Option<CollectorTrouble>,
    /// Since when it is there, in seconds since 1970 UTC.
    pub created: i64,
}

/// What the run that is under way has brought so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorRun {
    /// In seconds since 1970 UTC.
    pub begun: i64,
    /// Messages, and their octets.
    pub messages: u32,
    pub bytes: u64,
}

/// What the last run did that brought anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorReport {
    /// In seconds since 1970 UTC.
    pub ended: i64,
    /// How long it took.
    pub seconds: u64,
    /// Messages, and their octets.
    pub messages: u32,
    pub bytes: u64,
}

/// How far a mailbox of the source has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectorFolder {
    /// The name at the source, and the name here, as the servers have them.
    pub source: String,
    pub target: String,
    /// Messages at the source when it was last looked at.
    pub messages: u32,
    /// Messages of it that are here, and their octets.
    pub copied: u32,
    pub bytes: u64,
    /// Messages that could not be brought.
    pub refused: u32,
    /// Octets at the source when it was looked at before anything was brought. None where nobody looked, or where its messages
    /// are those of another mailbox as well.
    pub octets: Option<u64>,
    /// Why the mailbox as a whole could not be brought.
    pub trouble: Option<CollectorTrouble>,
}

/// A message that could not be brought. The others are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedMessage {
    /// The mailbox at the source, and its row in the ledger.
    pub source: String,
    pub folder: i64,
    pub uid_validity: UidValidity,
    pub uid: Uid,
    /// Octets.
    pub size: u64,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: Option<i64>,
    pub reason: RefusedReason,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedReason {
    /// The source does not give it out whole.
    Unreadable { text: String },
    /// It is larger than the target takes, in octets.
    TooLarge { limit: u64 },
    /// It holds NUL, which IMAP cannot say.
    Nul,
    /// The target does not want it. The target's own words.
    Refused { text: String },
    /// Each time it was sent, the line to the target broke.
    BreaksTheLine,
}
