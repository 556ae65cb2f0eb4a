//! Flags that change at the source change here, and what the person did here stays. Pure.

use app::wire::Flag;

use crate::imap::{Selected, is_speakable};

/// What the source itself has changed since it was last seen. Only that travels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Delta {
    pub set: Vec<Flag>,
    pub unset: Vec<Flag>,
}

impl Delta {
    pub fn between(before: &[Flag], now: &[Flag]) -> Delta {
        let only = |these: &[Flag], others: &[Flag]| {
            let mut flags: Vec<Flag> =
                these.iter().filter(|flag| travels(flag) && !others.contains(flag)).cloned().collect();
            flags.sort();
            flags.dedup();
            flags
        };
        Delta { set: only(now, before), unset: only(before, now) }
    }

    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.unset.is_empty()
    }
}

/// Whether a flag is told to the target at all. A message that is marked to be erased at the source is brought without that
/// mark: whoever erases what is marked here must not erase it.
pub fn travels(flag: &Flag) -> bool {
    *flag != Flag::Deleted && !flag.as_str().eq_ignore_ascii_case("\\Recent")
}

/// Whether the mailbox keeps a flag (RFC 9051 §7.1, PERMANENTFLAGS). One that says nothing of it keeps all.
pub fn is_kept(mailbox: &Selected, flag: &Flag) -> bool {
    let word = flag.as_str();
    let silent = mailbox.permanent_flags.is_empty() && !mailbox.new_keywords;
    is_speakable(flag)
        && (silent || mailbox.permanent_flags.contains(flag) || (mailbox.new_keywords && !word.starts_with('\\')))
}

/// As the ledger has them; without those that no server could have (RFC 9051 §9, flag).
pub fn to_text(flags: &[Flag]) -> String {
    let words = flags.iter().map(Flag::as_str).filter(|word| !word.contains(['\0', ' ']));
    words.collect::<Vec<_>>().join(" ")
}

/// See [`to_text`].
pub fn from_text(text: &str) -> Vec<Flag> {
    text.split(' ').filter(|word| !word.is_empty()).map(|word| Flag::from(word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn flags(text: &str) -> Vec<Flag> {
        from_text(text)
    }

    /// What the flags here are after the change.
    fn merged(before: &str, now: &str, here: &str) -> String {
        let delta = Delta::between(&flags(before), &flags(now));
        let mut here: BTreeSet<Flag> = flags(here).into_iter().collect();
        here.extend(delta.set);
        here.retain(|flag| !delta.unset.contains(flag));
        to_text(&here.into_iter().collect::<Vec<_>>())
    }

    #[test]
    fn only_what_the_source_changed_travels() {
        for (before, now, here, after) in [
            ("", "\\Seen", "", "\\Seen"),
            ("\\Seen", "", "\\Seen", ""),
            // Marked unread here, and unchanged there.
            ("\\Seen", "\\Seen", "", ""),
            // Flagged here, read there.
            ("", "\\Seen", "\\Flagged", "\\Flagged \\Seen"),
            // The same on both sides.
            ("", "\\Seen", "\\Seen", "\\Seen"),
            ("work", "", "work home", "home"),
            // Letters do not count.
            ("WORK", "work", "", ""),
            ("", "\\Deleted \\Recent", "", ""),
            ("\\Deleted", "", "\\Deleted", "\\Deleted"),
        ] {
            assert_eq!(merged(before, now, here), after, "{before:?} → {now:?}, here {here:?}");
        }
    }

    #[test]
    fn what_is_no_flag_is_not_kept() {
        let odd = [Flag::Seen, Flag::Keyword("a\0b".to_owned()), Flag::Keyword("a b".to_owned())];
        assert_eq!(to_text(&odd), "\\Seen");
    }

    #[test]
    fn a_mailbox_keeps_what_it_says_it_keeps() {
        let mailbox = |permanent: &str, new: bool| Selected {
            path: "x".to_owned(),
            uid_validity: app::wire::UidValidity(1),
            uid_next: app::wire::Uid(1),
            exists: 0,
            highest_modseq: None,
            permanent_flags: flags(permanent),
            new_keywords: new,
            read_only: false,
        };
        let (seen, work) = (Flag::Seen, Flag::Keyword("work".to_owned()));
        assert!(is_kept(&mailbox("", false), &seen) && is_kept(&mailbox("", false), &work));
        assert!(is_kept(&mailbox("\\Seen", false), &seen) && !is_kept(&mailbox("\\Seen", false), &work));
        assert!(is_kept(&mailbox("\\Seen", true), &work) && !is_kept(&mailbox("\\Answered", true), &seen));
    }

    proptest! {
        #[test]
        fn a_change_is_made_once_and_nothing_else_is_touched(
            before in proptest::collection::btree_set("[a-e]", 0..5),
            now in proptest::collection::btree_set("[a-e]", 0..5),
            here in proptest::collection::btree_set("[a-e]", 0..5),
        ) {
            let text = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(" ");
            let after: BTreeSet<String> =
                merged(&text(&before), &text(&now), &text(&here)).split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            for flag in ["a", "b", "c", "d", "e"].map(str::to_owned) {
                let expected = match (before.contains(&flag), now.contains(&flag)) {
                    (false, true) => true,
                    (true, false) => false,
                    _ => here.contains(&flag),
                };
                prop_assert_eq!(after.contains(&flag), expected);
            }
        }
    }
}
