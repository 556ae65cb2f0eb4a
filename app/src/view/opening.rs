//! How an answer begins: room to write, then who said what is quoted.

use leptos::prelude::*;

use super::{
    date::quote_date,
    formatted::{html_of, quoted as html_quoted, signature_block},
    recipients::written,
    signature::{block, with_signature},
};
use crate::{
    i18n::*,
    state::{State, Writing},
    wire::{Address, Draft, DraftKind, Head, IdentityChoices, Original},
};

/// A draft as the person finds it, and what is quoted in it: that stands below a line that says whose words they are, with
/// room to write above it. With it goes what belongs to the identity.
pub fn begin(state: State, mut draft: Draft) -> (Draft, String) {
    let head = draft.original.as_mut().and_then(|original| original.head.take());
    let (mut quoted, mut above) = (String::new(), String::new());
    if let Some(original) = &draft.original {
        let (language, date) = (state.language.get_untracked(), quote_date(state, original.date));
        above = head.map(|head| forwarded(language, original, &head, &date)).unwrap_or_default();
        quoted = format!("{above}{}", opening(language, original, &date, &draft.body));
    }
    let mut choices = IdentityChoices::default();
    if let Some(identity) = state.identity_of(draft.from.as_ref()) {
        draft.from = draft.from.or_else(|| Some(identity.address()));
        choices = identity.choices;
        add_all(&mut draft.bcc, &choices.bcc);
        draft.reply_to.clone_from(&choices.reply_to);
    }
    draft.html = match (draft.html, state.writing.get_untracked()) {
        (_, Writing::Plain) | (None, Writing::AsNeeded) => None,
        (html, _) => {
            // The same block above it as in plain text.
            let html = html.map(|html| if above.is_empty() { html } else { format!("{}{html}", html_of(&above)) });
            Some(formatted(state, draft.original.as_ref(), html.as_deref(), &quoted, &choices))
        }
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
        // Whose words follow is said by the block above them.
        return quote.to_owned();
    }
    if quote.trim().is_empty() {
        return String::new();
    }
    format!("{}\n{quote}", attribution(language, original, date))
}

/// The block above a forwarded message: what it is, and the fields that it has, each on a line.
fn forwarded(language: Locale, original: &Original, head: &Head, date: &str) -> String {
    let mut block = format!("---------- {} ----------\n", td_string!(language, compose.forwarded));
    for (label, value) in [
        (td_string!(language, view.from), people(&original.from)),
        (td_string!(language, view.date), date.to_owned()),
        (td_string!(language, compose.subject), one_line(&head.subject)),
        (td_string!(language, view.to), people(&head.to)),
        (td_string!(language, view.cc), people(&head.cc)),
    ] {
        if !value.is_empty() {
            block.push_str(&format!("{label}: {value}\n"));
        }
    }
    block.push('\n');
    block
}

fn people(all: &[Address]) -> String {
    let all: Vec<_> = all.iter().map(|address| one_line(&written(address))).collect();
    all.join(", ")
}

/// What stands in a header is the sender's choice: it must not end the line.
fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Who wrote it, and when.
fn attribution(language: Locale, original: &Original, date: &str) -> String {
    let name: Vec<_> = original.from.iter().map(|address| one_line(address.display())).collect();
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
            head: None,
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
    fn a_forwarded_message_is_introduced_in_the_readers_language() {
        let address = |name: &str, email: &str| Address { name: name.to_owned(), email: email.to_owned() };
        let head = Head {
            subject: "Обед\nX".to_owned(),
            to: vec![address("", "b@x.example"), address("Карла", "c@x.example")],
            cc: Vec::new(),
        };
        let block = |language, date| forwarded(language, &original(DraftKind::Forward), &head, date);
        assert_eq!(
            block(Locale::ru, "1 мая 2026, 10:00"),
            "---------- Пересылаемое письмо ----------\nОт кого: Ольга X <olga@example.org>\nДата: 1 мая 2026, 10:00\n\
             Тема: Обед X\nКому: b@x.example, Карла <c@x.example>\n\n"
        );
        assert!(
            block(Locale::en, "1 May 2026, 10:00").starts_with(
                "---------- Forwarded message ----------\nFrom: Ольга X <olga@example.org>\nDate: 1 May 2026, 10:00\nSubject: "
            )
        );
    }

    #[test]
    fn what_is_forwarded_says_by_itself_whose_words_they_are() {
        assert_eq!(opening(Locale::en, &original(DraftKind::Forward), "1 May", "From: X"), "From: X");
    }
}
