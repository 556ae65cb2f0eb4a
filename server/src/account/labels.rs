//! Labels: which ones there are, for the menu to offer, and whether a mailbox keeps one.

use app::{
    i18n::Locale,
    label::{is_label, known, title},
    wire::{Event, Flag},
};

use super::actor::Actor;
use crate::imap::Selected;

/// Labels that are offered, at most.
const MOST: usize = 200;

impl Actor {
    /// Remembers the labels among these flags, and tells the tabs of new ones.
    pub(super) fn learn_labels<'a>(&mut self, flags: impl Iterator<Item = &'a Flag>) {
        let before = self.labels.len();
        for flag in flags {
            if let Flag::Keyword(keyword) = flag
                && is_label(keyword)
                && known(keyword).is_none()
                && self.labels.len() < MOST
                && !self.labels.iter().any(|label| label.eq_ignore_ascii_case(keyword))
            {
                self.labels.push(keyword.clone());
            }
        }
        if self.labels.len() > before {
            // Only the five that are not among them are called otherwise in another language.
            self.labels.sort_by_cached_key(|keyword| title(Locale::en, keyword).to_lowercase());
            self.tell_all(&Event::Labels { labels: self.labels.clone() });
        }
    }
}

/// Whether a mailbox keeps a flag (RFC 9051 §7.1, PERMANENTFLAGS). Of one that does not say, the server will.
pub(super) fn keeps(selected: &Selected, flag: &Flag) -> bool {
    let Selected { permanent_flags, new_keywords, .. } = selected;
    let is_keyword = matches!(flag, Flag::Keyword(_));
    !is_keyword || *new_keywords || permanent_flags.is_empty() || permanent_flags.contains(flag)
}
