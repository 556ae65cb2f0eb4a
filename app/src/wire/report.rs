//! What comes back about a message that was sent, and what is asked for so that it does.

use serde::{Deserialize, Serialize};

use super::{Address, MessageRef};

/// What is asked for with a draft besides its delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// That its reader tells of having read it (RFC 8098).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub receipt: bool,
    /// That the servers tell of having delivered it (RFC 3461).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delivery: bool,
    #[serde(skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
}

impl Wishes {
    pub fn is_none(&self) -> bool {
        *self == Wishes::default()
    }
}

/// How much a message matters to who wrote it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    High,
    #[default]
    Normal,
    Low,
}

impl Priority {
    pub const ALL: [Priority; 3] = [Priority::High, Priority::Normal, Priority::Low];

    pub fn is_normal(&self) -> bool {
        *self == Priority::Normal
    }

    /// In forms.
    pub fn name(self) -> &'static str {
        match self {
            Priority::High => "high",
            Priority::Normal => "normal",
            Priority::Low => "low",
        }
    }
}

/// What a report says of a message that was sent from here (RFC 3464, RFC 8098). The words in it are whoever's: text, and no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The message that was sent, where it is kept; none if it is not there any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<MessageRef>,
    pub subject: String,
    pub recipients: Vec<Reported>,
}

/// What became of a message on its way to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// The address it was sent to; empty where the report does not tell.
    pub recipient: String,
    pub fate: Fate,
    /// The reply code of the server that refused it, or one that means the same; 0 where none did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub code: u16,
    /// That server's own words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

fn is_zero(code: &u16) -> bool {
    *code == 0
}

/// RFC 3464 §2.3.3, RFC 8098 §3.2.6.2. What comes later says more, and what is known for good is not taken back by what is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Delayed,
    /// A list has passed it on to its members.
    Expanded,
    /// A server that tells no more has taken it.
    Relayed,
    Delivered,
    /// It did not get there.
    Failed,
    /// It was deleted, perhaps without having been read.
    Deleted,
    /// It was shown to its reader.
    Read,
}

/// Whoever wrote a message would like to know that it was read (RFC 8098 §2.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptAsked {
    /// To whom that would be told.
    pub to: Address,
    /// The person has chosen that it is told without asking.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unasked: bool,
}

/// What is done when somebody would like to know that a message was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Receipts {
    /// The person is asked.
    #[default]
    Ask,
    Never,
    /// It is told; the person is asked where it is not certain that whoever asks has sent the message.
    Always,
}

impl Receipts {
    pub const ALL: [Receipts; 3] = [Receipts::Ask, Receipts::Never, Receipts::Always];

    /// In forms and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Receipts::Ask => "ask",
            Receipts::Never => "never",
            Receipts::Always => "always",
        }
    }

    pub fn from_name(name: &str) -> Option<Receipts> {
        Receipts::ALL.into_iter().find(|choice| choice.name() == name)
    }
}
