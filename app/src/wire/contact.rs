//! People in an address book, and the files they came from.

use serde::{Deserialize, Serialize};

/// Somebody in the address book of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    pub id: String,
    /// What to call them; never empty.
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContactImportId(pub i64);

/// A file of people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactImport {
    pub id: ContactImportId,
    /// How the file was called.
    pub title: String,
    /// In seconds since 1970 UTC.
    pub created: i64,
    /// Nobody has said yes yet.
    pub waits: bool,
    pub undone: bool,
    /// The last one that was not undone: only that can be.
    pub is_last: bool,
    /// How many people are new by it, and how many who were here already have got something.
    pub fresh: u32,
    pub joined: u32,
}
