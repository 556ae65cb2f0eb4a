//! How an answer begins: room to write, then who said what is quoted.

use leptos::prelude::*;

use super::{date::quote_date, signature::with_signature};
use crate::{
    i18n::*,
    state::State,
    wire::{Address, Draft, DraftKind, IdentityChoices, Original},
};

/// A draft as the person finds it, and what is quoted in it: that stands below a line that says whose words they are, with
/// room to write above it. With it goes what belongs to the identity.
pub fn begin(state: State, mut draft: Draft) -> (Draft, String) {
    let quoted = match &draft.original {
        Some(original) => {
            let date = quote_date(state, original.date);
            opening(state.language.get_untracked(), original, &date, &draft.body)
        }
        None => String::new(),
    };
    if let Some(identity) = state.identity_of(draft.from.as_ref()) {
        draft.from = draft.from.or_else(|| Some(identity.address()));
        draft.body = with_signature(&quoted, &identity.choices);
        add_all(&mut draft.bcc, &identity.choices.bcc);
        draft.reply_to = identity.choices.reply_to;
    } else {
        draft.body = with_signature(&quoted, &IdentityChoices::default());
    }
    (draft, quoted)
}

/// Adds those that are not there yet.
pub fn add_all(list: &mut Vec<Address>, others: &[Address]) {
    for other in others {
        if !list.iter().any(|one| one.email.eq_ignore_ascii_case(&other.email)) {
            list.push(other.clone());
        }
    }
}

fn opening(language: Locale, original: &Original, date: &str, quote: &str) -> String {
    if original.kind == DraftKind::Forward {
        // Whose words follow is said by the header lines they come with.
        return quote.to_owned();
    }
    if quote.trim().is_empty() {
        return String::new();
    }
    // What stands in a From field is the sender's choice: it must not end the line.
    let name: Vec<_> = original.from.iter().map(|address| address.display().replace(['\r', '\n'], " ")).collect();
    let line = td_string!(language, compose.attribution, date = date, name = name.join(", "));
    format!("{line}\n{quote}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{AccountId, MessageRef, Uid, UidValidity};

    fn original(kind: DraftKind) -> Original {
        Original {
            message: MessageRef {
                account: AccountId(1),
                mailbox: "INBOX".to_owned(),
                uid_validity: UidValidity(1),
                uid: Uid(1),
            },
            kind,
            from: vec![Address { name: "Ольга\nX".to_owned(), email: "olga@example.org".to_owned() }],
            date: 0,
        }
    }

    #[test]
    fn an_answer_says_who_wrote_and_when_above_the_quote() {
        assert_eq!(
            opening(Locale::ru, &original(DraftKind::Reply), "1 мая 2026, 10:00", "> Привет\n"),
            "1 мая 2026, 10:00, Ольга X пишет:\n> Привет\n"
        );
        assert_eq!(
            opening(Locale::en, &original(DraftKind::ReplyAll), "1 May 2026, 10:00", "> Hello\n"),
            "On 1 May 2026, 10:00, Ольга X wrote:\n> Hello\n"
        );
    }

    #[test]
    fn nothing_quoted_needs_no_line_above() {
        assert_eq!(opening(Locale::en, &original(DraftKind::Reply), "1 May", " \n"), "");
    }

    #[test]
    fn what_is_forwarded_says_by_itself_whose_words_they_are() {
        assert_eq!(opening(Locale::en, &original(DraftKind::Forward), "1 May", "From: X"), "From: X");
    }
}
