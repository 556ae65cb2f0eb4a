//! Texts that a person keeps to write with.

use serde::{Deserialize, Serialize};

use super::Address;

/// Names a template of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TemplateId(pub i64);

/// A text to write with. In subject and text are placeholders in braces, as `{name}`: see [`Template::PLACEHOLDERS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub id: TemplateId,
    /// Tells it from the others of the account.
    pub name: String,
    pub subject: String,
    /// Whom it is for, where nobody was chosen; may be empty.
    pub to: Vec<Address>,
    /// With `\n` line ends; HTML where it is formatted.
    pub text: String,
    pub formatted: bool,
}

impl Template {
    /// Templates that one account may have.
    pub const MOST: usize = 100;
    /// The longest name and the longest subject, in characters.
    pub const MAX_NAME: usize = 100;
    pub const MAX_SUBJECT: usize = 1000;
    /// The longest text, in bytes.
    pub const MAX_TEXT: usize = 64 * 1024;
    /// What is filled in when a template is used: the first recipient's name, given name and address, the subject, today's date,
    /// and the writer's own name.
    pub const PLACEHOLDERS: [&str; 6] = ["name", "first_name", "email", "subject", "date", "me"];
}
