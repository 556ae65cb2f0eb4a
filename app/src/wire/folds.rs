//! Mailboxes that hold others, folded or not.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::Mailbox;

/// With more mailboxes than this, those that hold others are folded until the person unfolds them.
const MANY_MAILBOXES: usize = 1500;

/// What the person has chosen: by path, whether what is inside is left out of the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Folds(BTreeMap<String, bool>);

impl Folds {
    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a mailbox is folded, in a tree of so many.
    pub fn is_folded(&self, path: &str, of: usize) -> bool {
        self.0.get(path).copied().unwrap_or(of > MANY_MAILBOXES)
    }

    /// Folds a mailbox or unfolds it.
    pub fn set(&mut self, path: &str, folded: bool) {
        self.0.insert(path.to_owned(), folded);
    }

    /// Forgets what was chosen for mailboxes that are none of these.
    pub fn keep(&mut self, mailboxes: &[Mailbox]) {
        let there: HashSet<&str> = mailboxes.iter().map(|mailbox| mailbox.path.as_str()).collect();
        self.0.retain(|path, _| there.contains(path.as_str()));
    }

    /// A mailbox has another name, and what is inside of it with it. Whether anything was chosen for them.
    pub fn follow(&mut self, from: &str, to: &str, delimiter: Option<char>) -> bool {
        let is_of = |path: &str| {
            let rest = path.strip_prefix(from)?;
            (rest.is_empty() || rest.chars().next() == delimiter).then(|| format!("{to}{rest}"))
        };
        let moved: Vec<(String, String)> =
            self.0.keys().filter_map(|path| Some((path.clone(), is_of(path)?))).collect();
        for (from, to) in &moved {
            if let Some(folded) = self.0.remove(from) {
                self.0.insert(to.clone(), folded);
            }
        }
        !moved.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_goes_before_what_is_usual_and_follows_its_mailbox() {
        let mut folds = Folds::default();
        assert!(!folds.is_folded("a", MANY_MAILBOXES) && folds.is_folded("a", MANY_MAILBOXES + 1));
        folds.set("a", true);
        folds.set("a/b", false);
        folds.set("ab", true);
        assert!(folds.is_folded("a", 2) && !folds.is_folded("a/b", 5000));
        assert!(folds.follow("a", "x/y", Some('/')) && !folds.follow("a", "z", Some('/')));
        assert!(folds.is_folded("x/y", 2) && !folds.is_folded("x/y/b", 5000) && folds.is_folded("ab", 2));
        folds.keep(&[]);
        assert!(folds.is_empty());
    }
}
