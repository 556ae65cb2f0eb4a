//! How an answer begins: room to write, then who said what is quoted.

use leptos::prelude::*;

use super::{
    date::quote_date,
    formatted::{html_of, quoted as html_quoted, signature_block},
    signature::{block, with_signature},
};
use crate::{
    i18n::*,
    state::{State, Writing},
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
    let mut choices = IdentityChoices::default();
    if let Some(identity) = state.identity_of(draft.from.as_ref()) {
        draft.from = draft.from.or_else(|| Some(identity.address()));
        choices = identity.choices;
        add_all(&mut draft.bcc, &choices.bcc);
        draft.reply_to.clone_from(&choices.reply_to);
    }
    draft.html = match (draft.html, state.writing.get_untracked()) {
        (_, Writing::Plain) | (None, Writing::AsNeeded) => None,
        (html, _) => Some(formatted(state, draft.original.as_ref(), html.as_deref(), &quoted, &choices)),
    };
    draft.body = with_signature(&quoted, &choices);
    (draft, quoted)
}

/// The same as formatted text. `html` is what is quoted, as it came; without it that is plain.
fn formatted(
    state: State,
    original: Option<&Original>,
    html: Option<&str>,
    quoted: &str,
    choices: &IdentityChoices,
) -> String {
    let quote = match (original, html) {
        (Some(original), Some(html)) if original.kind == DraftKind::Forward => html.to_owned(),
        (Some(original), Some(html)) => {
            let date = quote_date(state, original.date);
            html_quoted(&attribution(state.language.get_untracked(), original, &date), html)
        }
        _ if quoted.is_empty() => String::new(),
        _ => html_of(quoted),
    };
    let signature = signature_block(&block(!quote.is_empty(), choices), choices.signature_html.as_deref());
    let room = html_of("");
    match (signature.is_empty(), quote.is_empty(), choices.signature_above) {
        (true, true, _) => room,
        (true, false, _) => format!("{room}{room}{quote}"),
        (false, true, _) => format!("{room}{room}{signature}"),
        (false, false, true) => format!("{room}{room}{signature}{room}{quote}"),
        (false, false, false) => format!("{room}{room}{quote}{room}{signature}"),
    }
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
    if matches!(original.kind, DraftKind::Forward | DraftKind::ForwardAsFile) {
        // Whose words follow is said by the header lines they come with.
        return quote.to_owned();
    }
    if quote.trim().is_empty() {
        return String::new();
    }
    format!("{}\n{quote}", attribution(language, original, date))
}

/// Who wrote it, and when.
fn attribution(language: Locale, original: &Original, date: &str) -> String {
    // What stands in a From field is the sender's choice: it must not end the line.
    let name: Vec<_> = original.from.iter().map(|address| address.display().replace(['\r', '\n'], " ")).collect();
    td_string!(language, compose.attribution, date = date, name = name.join(", ")).to_string()
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
            others: Vec::new(),
            list: false,
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
