//! Who wrote a message: what there is to say against it, and what was found out about it.

use serde::{Deserialize, Serialize};

/// Why somebody should look twice at who wrote a message. Domains are as people see them, unless something else is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Suspicion {
    /// By the checks of the server that took it in (see [`Checks`]) it does not come from this domain.
    Unproven { domain: String, by: String },
    /// The domain looks like one that the person knows, and is another.
    LooksLike { domain: String, meant: String },
    /// Letters of scripts that do not go together are in the domain; how it is called in ASCII (RFC 5890 §2.3.2.1).
    MixedDomain { domain: String, ascii: String },
    /// The same of the name, where they look alike.
    MixedName { name: String },
    /// An address is in the name, and the message comes from another.
    OtherAddress { claimed: String, email: String },
    /// It names senders that have nothing to do with each other, or names them twice.
    SeveralSenders { emails: Vec<String> },
    /// What is answered goes to an address that has nothing to do with the domain of the sender.
    RepliesElsewhere { domain: String, email: String },
}

impl Suspicion {
    /// For scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Suspicion::Unproven { .. } => "unproven",
            Suspicion::LooksLike { .. } => "looks_like",
            Suspicion::MixedDomain { .. } => "mixed_domain",
            Suspicion::MixedName { .. } => "mixed_name",
            Suspicion::OtherAddress { .. } => "other_address",
            Suspicion::SeveralSenders { .. } => "several_senders",
            Suspicion::RepliesElsewhere { .. } => "replies_elsewhere",
        }
    }
}

/// What the person's own mail server has found out about who sent a message (RFC 8601).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checks {
    /// How that server calls itself.
    pub by: String,
    /// Whether its domain lets that server send (RFC 7208).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spf: Option<Check>,
    /// Its signatures (RFC 6376).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dkim: Vec<Check>,
    /// Whether one of both is of the domain that it claims to come from (RFC 7489).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dmarc: Option<Check>,
}

/// What came of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub outcome: Outcome,
    /// The domain it was about; empty where that is not said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub domain: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Passed,
    Failed,
    /// There was nothing to check, or it could not be.
    Unclear,
}
