//! Writing and sending.

use serde::{Deserialize, Serialize};

use super::{Address, Fate, MessageRef, Refusal, Reported, Wishes};

/// Names a draft from its first letter to its sending. Chosen by the browser (128 random bits in hex).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DraftId(pub String);

/// Names an uploaded file that is not yet in a message (RFC 8620 §6). Unguessable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobId(pub String);

/// What is being written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub id: DraftId,
    /// As whom it is written: an address of one of the [`super::Identity`]s; none for the first of them.
    #[serde(default)]
    pub from: Option<Address>,
    /// Where answers are wanted, if not at `from`.
    #[serde(default)]
    pub reply_to: Vec<Address>,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub bcc: Vec<Address>,
    pub subject: String,
    /// Plain text with `\n` line ends.
    pub body: String,
    /// Formatted text, which counts in place of `body`: HTML, in which an attachment that is a picture is `cid:` and its blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    pub attachments: Vec<Attachment>,
    /// The message this one answers or forwards.
    pub original: Option<Original>,
    /// Message-IDs, without angle brackets, for In-Reply-To (the last of them) and References.
    pub references: Vec<String>,
    #[serde(default, skip_serializing_if = "Wishes::is_none")]
    pub wishes: Wishes,
}

impl Draft {
    /// Nothing is written yet.
    pub fn new(id: DraftId) -> Draft {
        Draft {
            id,
            from: None,
            reply_to: Vec::new(),
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            subject: String::new(),
            body: String::new(),
            html: None,
            attachments: Vec::new(),
            original: None,
            references: Vec::new(),
            wishes: Wishes::default(),
        }
    }

    /// Whether it is a message that goes on as it is: see [`DraftKind::Redirect`].
    pub fn is_redirect(&self) -> bool {
        self.original.as_ref().is_some_and(|original| original.kind == DraftKind::Redirect)
    }
}

/// How a draft begins from a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DraftKind {
    Reply,
    ReplyAll,
    Forward,
    /// The message goes along as a file.
    ForwardAsFile,
    /// The message goes on as it is (RFC 5322 §3.6.6). Such a draft is the message itself, its one attachment, and whom it goes
    /// to: it is sent, and never kept in Drafts.
    Redirect,
    /// A new message that is as this one.
    Again,
    /// Go on writing a message that is in Drafts.
    Edit,
}

/// The message a draft was made from. `kind` is Reply, ReplyAll, Forward, ForwardAsFile or Redirect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    pub message: MessageRef,
    pub kind: DraftKind,
    /// Who wrote it, and when (seconds since 1970 UTC), for the line above the quote.
    pub from: Vec<Address>,
    pub date: i64,
    /// Whom a [`DraftKind::Reply`] leaves out: who else has got the message.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Address>,
    /// It came by a mailing list (RFC 2919).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub list: bool,
    /// What else is said of a message above its words, where it is forwarded. Only in a draft that begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
}

/// Fields of a message's header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    pub subject: String,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
}

/// A file that goes with a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    pub blob: BlobId,
    pub name: String,
    pub content_type: String,
    /// Size in bytes.
    pub size: u64,
    /// A picture that stands within the formatted text.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline: bool,
}

/// A draft that is written on in another tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    pub draft: DraftId,
    /// Where Drafts has had it, the latest last; nothing before it is saved.
    pub messages: Vec<MessageRef>,
    /// In seconds since 1970 UTC.
    pub since: i64,
    /// None where that is the same browser.
    pub device: Option<Device>,
    /// It was taken from this tab: what is here is not saved over it any more.
    pub taken: bool,
}

/// What somebody writes with, as far as their browser tells.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    pub phone: bool,
    /// Empty where it is not known, as with the next one.
    pub browser: String,
    pub system: String,
}

/// Names a draft that was handed over for sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubmissionId(pub i64);

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    pub id: SubmissionId,
    pub draft: DraftId,
    pub subject: String,
    pub to: Vec<Address>,
    pub state: SubmissionState,
    /// What the server refused, where it did.
    pub refusals: Vec<Refusal>,
    /// When it is tried at the earliest, in seconds since 1970 UTC, where it waits or is tried again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// What came back about it, recipient by recipient.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Reported>,
    /// It tells somebody that a message was read: nobody has written it, and nobody writes on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub receipt: bool,
    /// See [`DraftKind::Redirect`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub redirect: bool,
}

impl Submission {
    /// Whether it was sent and did not get to everybody.
    pub fn came_back(&self) -> bool {
        self.state == SubmissionState::Sent && self.reports.iter().any(|reported| reported.fate == Fate::Failed)
    }
}

/// When a draft is to go out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    #[default]
    Now,
    /// After so many seconds, in which it can be taken back; no more than [`When::LONGEST_HOLD`].
    In(u32),
    /// At this moment, in seconds since 1970 UTC; one that has passed means now.
    At(i64),
}

impl When {
    /// Seconds that a draft can be held back so that it can be taken back.
    pub const LONGEST_HOLD: u32 = 60;
    /// How far ahead a draft can be scheduled, in seconds: two years, one of them a leap year.
    pub const FURTHEST: i64 = (365 + 366) * 24 * 3600;

    pub fn is_now(&self) -> bool {
        *self == When::Now
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmissionState {
    Waiting,
    Sending,
    Sent,
    Retrying,
    Rejected,
    /// The line was cut after the whole message was handed over: it may have been sent. Never resent unasked.
    Unknown,
}
