//! By which name an account's mail server speaks of what it has checked (RFC 8601 §2.5), where nobody has said it.

use app::wire::{Uid, UidValidity};
use serde::{Deserialize, Serialize};

/// So many messages have to have come with a name before it is believed.
const ENOUGH: usize = 20;

/// The longest name that is learned, in bytes.
const LONGEST: usize = 255;

/// What was learned.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Authserv {
    name: String,
    /// The messages in the inbox that had this name on top, until there are enough: one that is opened twice counts once.
    messages: Vec<(u32, u32)>,
}

impl Authserv {
    /// Whether this name is believed.
    pub fn knows(&self, name: &str) -> bool {
        self.messages.len() >= ENOUGH && self.name == name
    }

    /// Notes that a message had this name on top. Another name than before begins anew, and the one before is not believed any
    /// more. Whether anything has changed.
    pub fn note(&mut self, name: &str, message: (UidValidity, Uid)) -> bool {
        let (validity, uid) = message;
        let message = (validity.0, uid.0);
        if name.is_empty() || name.len() > LONGEST {
            return false;
        }
        if self.name != name {
            *self = Self { name: name.to_owned(), messages: vec![message] };
            return true;
        }
        let is_new = self.messages.len() < ENOUGH && !self.messages.contains(&message);
        if is_new {
            self.messages.push(message);
        }
        is_new
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.name.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(uid: u32) -> (UidValidity, Uid) {
        (UidValidity(7), Uid(uid))
    }

    #[test]
    fn a_name_is_believed_after_enough_messages_of_one_accord() {
        let mut authserv = Authserv::default();
        for uid in 1..20 {
            assert!(authserv.note("mx.test", message(uid)));
            assert!(!authserv.note("mx.test", message(uid)), "it counts once");
            assert!(!authserv.knows("mx.test"));
        }
        assert!(authserv.note("mx.test", message(20)));
        assert!(authserv.knows("mx.test") && !authserv.knows("other.test"));
        assert!(!authserv.note("mx.test", message(21)), "there are enough");
        assert!(authserv.note("other.test", message(22)));
        assert!(!authserv.knows("mx.test") && !authserv.knows("other.test"));
        assert!(!authserv.note(&"x".repeat(300), message(23)) && !authserv.note("", message(24)));
    }
}
