//! A message as a list shows it, from what FETCH tells.

use std::borrow::Cow;

use app::{
    legible::legible,
    wire::{AccountId, Address, MessageRef, Row, Uid},
};

use super::{response::Fetch, session::Selected, value::Value};
use crate::mime::header::decoded;

/// The longest subject, name or address that a row carries, in characters.
const MAX_TEXT: usize = 300;

/// How many senders and recipients a row carries.
const MAX_ADDRESSES: usize = 8;

/// The envelope of a message, decoded, as far as rows show it (RFC 9051 §7.5.2, ENVELOPE).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    pub subject: String,
    pub from: Vec<Address>,
    pub to: Vec<Address>,
}

impl Envelope {
    pub fn read(value: &Value) -> Self {
        let fields = value.list();
        let addresses = |index: usize| addresses(fields.get(index));
        let mut from = addresses(2);
        if from.is_empty() {
            from = addresses(3);
        }
        Self { subject: line(fields.get(1)).into_owned(), from, to: addresses(5) }
    }
}

/// A row, if the response tells which message it is about.
pub fn row(account: AccountId, selected: &Selected, fetch: &mut Fetch, attachment: bool) -> Option<Row> {
    let uid = Uid(fetch.uid?);
    let envelope = fetch.envelope.take().unwrap_or_default();
    Some(Row {
        message: MessageRef { account, mailbox: selected.path.clone(), uid_validity: selected.uid_validity, uid },
        from: envelope.from,
        to: envelope.to,
        subject: envelope.subject,
        preview: fetch.preview.take().unwrap_or_default(),
        date: fetch.date.unwrap_or(0),
        size: fetch.size.unwrap_or(0),
        flags: fetch.flags.take().unwrap_or_default(),
        attachment,
        thread: None,
    })
}

fn line<'a>(value: Option<&Value<'a>>) -> Cow<'a, str> {
    let text = value.and_then(Value::bytes).map(decoded).unwrap_or_default();
    // As many bytes hold no more characters.
    if text.len() <= MAX_TEXT {
        return text;
    }
    let mut text = text.into_owned();
    cut(&mut text, MAX_TEXT);
    text.truncate(text.trim_end().len());
    text.into()
}

/// One line of at most 200 characters.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(1200));
    for word in legible(text)
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 1000 {
            break;
        }
    }
    cut(&mut line, 200);
    line
}

/// Keeps so many characters of a text at most.
fn cut(text: &mut String, most: usize) {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
}

/// `((name route mailbox host) …)`; a group's beginning and end, which have no host, are no addresses.
fn addresses(value: Option<&Value>) -> Vec<Address> {
    let values = value.map(Value::list).unwrap_or_default();
    let addresses = values.iter().filter_map(|value| {
        let [name, _, mailbox, host] = value.list() else { return None };
        if *host == Value::Nil {
            return None;
        }
        let (mailbox, host) = (line(Some(mailbox)), line(Some(host)));
        let email = match (&*mailbox, &*host) {
            ("" | "MISSING_MAILBOX", _) if !host.is_empty() => String::new(),
            // Dovecot's words for what it could not read.
            (_, "" | "MISSING_DOMAIN") => mailbox.into_owned(),
            (mailbox, host) => [mailbox, "@", host].concat(),
        };
        let address = Address { name: line(Some(name)).into_owned(), email };
        (address != Address::default()).then_some(address)
    });
    let mut kept = Vec::with_capacity(values.len().min(MAX_ADDRESSES));
    kept.extend(addresses.take(MAX_ADDRESSES));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::value;

    #[test]
    fn an_envelope_is_decoded() {
        let text = r#"("Mon, 23 Nov 2026 18:10:00 +0000" "=?koi8-r?B?8NLJ18XU?=" (("=?utf-8?q?=D0=AF?=" NIL "ya" "x.ru")) NIL NIL
            (("" NIL "team" NIL)("a \"b\"" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")(NIL NIL "c" "d")(NIL NIL NIL NIL)) NIL NIL NIL "<i@d>")"#;
        let room = bumpalo::Bump::new();
        let values = value::read(text.as_bytes(), 0, &[], &room);
        let address = |name: &str, email: &str| Address { name: name.into(), email: email.into() };
        let expected = Envelope {
            subject: "Привет".into(),
            from: vec![address("Я", "ya@x.ru")],
            to: vec![address("a \"b\"", ""), address("", "c@d")],
        };
        assert_eq!(Envelope::read(&values[0]), expected);
        assert_eq!(Envelope::read(&Value::Nil), Envelope::default());
    }

    #[test]
    fn a_preview_is_one_line() {
        assert_eq!(one_line(" a\r\n\tb  c\u{0} "), "a b c");
        assert_eq!(one_line("\u{202e}a\u{200b}b"), "ab");
        assert_eq!(one_line(&"я ".repeat(500)).chars().count(), 200);
    }
}
