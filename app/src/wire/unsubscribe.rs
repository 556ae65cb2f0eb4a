//! How to get no more of what is sent to many.

use serde::{Deserialize, Serialize};

/// The way to leave a list that a message offers (RFC 2369 §3.2), the easiest that can be trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsubscribe {
    /// The bridge asks this host for it (RFC 8058): [`super::Command::Unsubscribe`].
    OneClick { host: String },
    /// On a page of the sender's.
    Page { url: String, host: String },
    /// By a message to this address.
    Message {
        to: String,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        subject: String,
    },
}

impl Unsubscribe {
    /// For scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Unsubscribe::OneClick { .. } => "one_click",
            Unsubscribe::Page { .. } => "page",
            Unsubscribe::Message { .. } => "message",
        }
    }
}
