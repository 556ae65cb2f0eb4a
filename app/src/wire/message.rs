//! Messages: how they are named, listed and shown.

use std::{cmp::Ordering, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use super::{AccountId, Checks, ReceiptAsked, Report, Suspicion, Unsubscribe};

/// A message's number in its mailbox (RFC 9051 §2.3.1.1). Means nothing without its [`UidValidity`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub u32);

/// The generation of a mailbox's UIDs (RFC 9051 §2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UidValidity(pub u32);

/// A modification sequence (RFC 7162 §3.1.1): 63 bits, so never handed to JavaScript as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModSeq(pub u64);

/// Names one message for good. A reference whose `uid_validity` is no longer the mailbox's is refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageRef {
    pub account: AccountId,
    /// The decoded path of the mailbox.
    pub mailbox: String,
    pub uid_validity: UidValidity,
    pub uid: Uid,
}

/// A system flag or a keyword (RFC 9051 §2.3.2). On the wire it is the IMAP spelling; capitals and small letters in it are
/// the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Flag {
    Seen,
    Answered,
    Flagged,
    Deleted,
    Draft,
    /// `$Forwarded` (RFC 5788).
    Forwarded,
    /// `$Junk` (RFC 5788).
    Junk,
    /// `$NotJunk` (RFC 5788).
    NotJunk,
    Keyword(String),
}

impl Flag {
    /// The IMAP spelling: `\Seen`, `$Forwarded`, `urgent`.
    pub fn as_str(&self) -> &str {
        match self {
            Flag::Seen => "\\Seen",
            Flag::Answered => "\\Answered",
            Flag::Flagged => "\\Flagged",
            Flag::Deleted => "\\Deleted",
            Flag::Draft => "\\Draft",
            Flag::Forwarded => "$Forwarded",
            Flag::Junk => "$Junk",
            Flag::NotJunk => "$NotJunk",
            Flag::Keyword(keyword) => keyword,
        }
    }
}

impl PartialEq for Flag {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for Flag {}

impl PartialOrd for Flag {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Flag {
    fn cmp(&self, other: &Self) -> Ordering {
        let lower = |flag: &Self| flag.as_str().to_ascii_lowercase();
        lower(self).cmp(&lower(other))
    }
}

impl Flag {
    /// `$MDNSent` (RFC 3503): whether the message was read was told, or will not be.
    pub fn receipt_answered() -> Flag {
        Flag::Keyword("$MDNSent".to_owned())
    }

    /// All but keywords.
    const KNOWN: [Flag; 8] = [
        Flag::Seen,
        Flag::Answered,
        Flag::Flagged,
        Flag::Deleted,
        Flag::Draft,
        Flag::Forwarded,
        Flag::Junk,
        Flag::NotJunk,
    ];

    /// Flags are case-insensitive (RFC 9051 §2.3.2).
    fn known(text: &str) -> Option<Flag> {
        Self::KNOWN.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(text))
    }
}

impl From<&str> for Flag {
    fn from(text: &str) -> Self {
        Self::known(text).unwrap_or_else(|| Flag::Keyword(text.to_owned()))
    }
}

impl From<String> for Flag {
    fn from(text: String) -> Self {
        Self::known(&text).unwrap_or(Flag::Keyword(text))
    }
}

impl From<Flag> for String {
    fn from(flag: Flag) -> Self {
        flag.as_str().to_owned()
    }
}

/// A mail address with the name written beside it. Both decoded; the name may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// `user@domain`.
    pub email: String,
}

impl Address {
    /// What a list shows: the name, else the address.
    pub fn display(&self) -> &str {
        if self.name.is_empty() { &self.email } else { &self.name }
    }
}

/// A message as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub message: MessageRef,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Address>,
    pub subject: String,
    /// The beginning of the text, one line; empty when not known (yet).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub preview: String,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: i64,
    /// RFC822.SIZE in bytes.
    pub size: u32,
    pub flags: Vec<Flag>,
    /// Whether a part is shown as an attachment.
    pub attachment: bool,
    /// What the row stands for, in a list by conversation; none for a message that is alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
}

/// The messages of a conversation that are in one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    pub count: u32,
    /// Those without `\Seen`.
    pub unseen: u32,
}

impl Row {
    pub fn has(&self, flag: &Flag) -> bool {
        self.flags.contains(flag)
    }
}

/// A stretch of a list. Positions count from 0 at the top, which is the newest message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Names this opening of the list; changes for another list are not for this one.
    pub list: u32,
    pub query: super::Query,
    /// Number of messages in the whole list.
    pub total: u32,
    /// Position of the first of `rows`.
    pub from: u32,
    pub rows: Vec<Row>,
    /// How far the search is whose results these are; absent when all is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Messages that were looked at, more or less.
    pub looked: u32,
    /// Messages to look at.
    pub of: u32,
    /// Why it goes no further; absent while it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<SearchEnd>,
}

/// Why a search ended before all was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchEnd {
    /// The person wanted no more of it.
    Stopped,
    /// Some mailbox could not be searched.
    Failed { error: super::Error },
}

/// A message as it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub message: MessageRef,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<Address>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<Address>,
    pub subject: String,
    /// The Date field in seconds since 1970 UTC, else INTERNALDATE.
    pub date: i64,
    pub flags: Vec<Flag>,
    pub body: Body,
    pub attachments: Vec<Part>,
    /// Whoever wrote it says that it matters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub important: bool,
    /// What it says of a message that was sent from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// Whom to tell that it was read, as long as nobody has answered that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<ReceiptAsked>,
    /// Why to look twice at who wrote it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// What the mail server found out about who sent it, where that can be believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checks: Option<Checks>,
    /// What was taken out of its HTML, and how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stripped: BTreeMap<Stripped, u32>,
    /// Its HTML is too large or too deep to be laid out safely, and the text of it is shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub simplified: bool,
    /// It has parts that are not among its attachments: it is too deep, or they are too many.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_out: bool,
    /// How to get no more of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsubscribe: Option<Unsubscribe>,
}

/// Messages that belong together, in all mailboxes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The message that was asked about.
    pub of: MessageRef,
    /// In the order of their arrival; a message that is in several mailboxes is here once. Empty when it is alone.
    pub rows: Vec<Row>,
    /// Whether all mail was looked at: else there may be more of them.
    pub complete: bool,
}

/// What is shown as the text of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Plain text, decoded, with `\n` line ends. `truncated` when only the beginning is here.
    Text { text: String, truncated: bool },
    /// HTML, which never travels here: a sandboxed frame loads it from the route for bodies.
    Html(Remote),
}

/// Something that no message may have, and that is taken out before it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stripped {
    Scripts,
    /// Code in attributes: handlers of events, and links that run something.
    Handlers,
    /// Forms and their fields.
    Forms,
    /// Other pages and programs within it.
    Frames,
    /// Sound and film.
    Media,
    /// SVG, MathML, canvases.
    Drawings,
}

/// What an HTML body has on the net. Nothing of it comes before it is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remote {
    /// There are pictures.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub pictures: bool,
    /// The person has said before that they are to be shown: of this message, or of its sender.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allowed: bool,
    /// How many pictures there are that only tell that the message was read. These never come.
    #[serde(skip_serializing_if = "is_none")]
    pub trackers: u32,
}

fn is_none(count: &u32) -> bool {
    *count == 0
}

/// Whose pictures on the net are to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PicturesOf {
    /// Of this one message.
    Message,
    /// Of whoever has this address.
    Sender,
    /// Of everybody at this domain.
    Domain,
}

impl PicturesOf {
    pub const ALL: [PicturesOf; 3] = [PicturesOf::Message, PicturesOf::Sender, PicturesOf::Domain];

    /// In forms and in the store.
    pub fn name(self) -> &'static str {
        match self {
            PicturesOf::Message => "message",
            PicturesOf::Sender => "sender",
            PicturesOf::Domain => "domain",
        }
    }

    pub fn from_name(name: &str) -> Option<PicturesOf> {
        PicturesOf::ALL.into_iter().find(|of| of.name() == name)
    }
}

/// A node of the body structure, shown as an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The IMAP section number: `2`, `1.2`.
    pub section: String,
    /// Decoded file name; never empty (made from the type if the sender gave none).
    pub name: String,
    /// `type/subtype` in lower case.
    pub content_type: String,
    /// Size in bytes after decoding, as near as the structure tells.
    pub size: u32,
}
