//! A message as a list shows it, from what FETCH tells.

use app::wire::{AccountId, Address, MessageRef, Row, Uid};

use super::{response::Fetch, session::Selected, value::Value};
use crate::mime::header::decode_text;

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
        Self { subject: line(fields.get(1)), from, to: addresses(5) }
    }
}

/// A row, if the response tells which message it is about.
pub fn row(account: AccountId, selected: &Selected, fetch: &mut Fetch, attachment: bool) -> Option<Row> {
    let uid = Uid(fetch.uid?);
    let envelope = fetch.envelope.take().unwrap_or_default();
    let preview = fetch.preview.take().map(|text| one_line(&String::from_utf8_lossy(&text))).unwrap_or_default();
    Some(Row {
        message: MessageRef { account, mailbox: selected.path.clone(), uid_validity: selected.uid_validity, uid },
        from: envelope.from,
        to: envelope.to,
        subject: envelope.subject,
        preview,
        date: fetch.date.unwrap_or(0),
        size: fetch.size.unwrap_or(0),
        flags: fetch.flags.take().unwrap_or_default(),
        attachment,
        thread: None,
    })
}

fn line(value: Option<&Value>) -> String {
    let mut text = value.and_then(Value::bytes).map(decode_text).unwrap_or_default();
    if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
        text.truncate(end);
        text.truncate(text.trim_end().len());
    }
    text
}

/// One line of at most 200 characters.
pub fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|letter: char| letter.is_whitespace() || letter.is_control()).filter(|word| !word.is_empty())
    {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > 1000 {
            break;
        }
    }
    line.chars().take(200).collect()
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
        let email = match (mailbox.is_empty(), host.is_empty()) {
            (true, _) => String::new(),
            // Dovecot's words for what it could not read.
            (false, true) => mailbox,
            _ if mailbox == "MISSING_MAILBOX" => String::new(),
            _ if host == "MISSING_DOMAIN" => mailbox,
            _ => format!("{mailbox}@{host}"),
        };
        let address = Address { name: line(Some(name)), email };
        (address != Address::default()).then_some(address)
    });
    addresses.take(MAX_ADDRESSES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::value;

    #[test]
    fn an_envelope_is_decoded() {
        let text = r#"("Mon, 23 Nov 2026 18:10:00 +0000" "=?koi8-r?B?8NLJ18XU?=" (("=?utf-8?q?=D0=AF?=" NIL "ya" "x.ru")) NIL NIL
            (("" NIL "team" NIL)("a \"b\"" NIL "MISSING_MAILBOX" "MISSING_DOMAIN")(NIL NIL "c" "d")(NIL NIL NIL NIL)) NIL NIL NIL "<i@d>")"#;
        let values = value::read(text.as_bytes(), 0, Vec::new());
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
        assert_eq!(one_line(&"я ".repeat(500)).chars().count(), 200);
    }
}
