//! Addresses that may be a slip or a trick.

use serde::{Deserialize, Serialize};

/// Why somebody should look at an address again: one of the two, or both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// The address, as it was asked about.
    pub email: String,
    /// The address that may be meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meant: Option<String>,
    /// How the domain is called in ASCII (RFC 5890 §2.3.2.1), where its letters are not what they seem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ascii: Option<String>,
}
