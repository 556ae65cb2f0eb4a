//! Header fields as they come: decoded, split, and never trusted to be well formed (RFC 5322, RFC 2047, RFC 2231).

mod address;
mod parameter;
mod word;

use app::wire::Address;
use mail_parser::DateTime;

pub use address::addresses;
pub use parameter::{Parameter, parameter, parameters};
pub(in crate::mime) use word::hex_pair;
pub use word::{decode_text, decoded};

/// How many message-ids are taken from one field.
const MAX_MESSAGE_IDS: usize = 500;

/// A header block, split into its fields.
#[derive(Debug, Clone, Default)]
pub struct Headers {
    fields: Vec<(String, Vec<u8>)>,
}

impl Headers {
    /// Splits a header block. Reads up to the empty line that ends it, or to the end.
    pub fn parse(block: &[u8]) -> Self {
        let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
        for line in block.split(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                // Some senders begin with an empty line by mistake.
                if fields.is_empty() {
                    continue;
                }
                break;
            }
            if matches!(line.first(), Some(b' ' | b'\t')) {
                // RFC 5322 §2.2.3: a line that begins with white space goes on with the one before.
                if let Some((_, value)) = fields.last_mut() {
                    value.extend_from_slice(b"\r\n");
                    value.extend_from_slice(line);
                }
                continue;
            }
            // A line without a colon is no field (`From ` of an mbox, garbage): it is passed over.
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            let (name, value) = line.split_at(colon);
            let name = String::from_utf8_lossy(name.trim_ascii_end()).to_ascii_lowercase();
            fields.push((name, value.get(1..).unwrap_or_default().trim_ascii_start().to_vec()));
        }
        Self { fields }
    }

    /// The raw value of the first field of this name, folds included.
    pub fn raw(&self, name: &str) -> Option<&[u8]> {
        self.all(name).next()
    }

    /// The raw values of all fields of this name, topmost first.
    pub fn all<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        let named = move |(field, value): &'a (String, Vec<u8>)| field.eq_ignore_ascii_case(name).then_some(value);
        self.fields.iter().filter_map(named).map(Vec::as_slice)
    }

    /// Every field in its order: the name in lower case and the raw value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// The decoded text of the first field of this name; empty when there is none.
    pub fn text(&self, name: &str) -> String {
        self.raw(name).map(decode_text).unwrap_or_default()
    }

    /// The addresses of all fields of this name.
    pub fn addresses(&self, name: &str) -> Vec<Address> {
        self.all(name).flat_map(addresses).collect()
    }

    /// The message-ids of the first field of this name, without angle brackets (RFC 5322 §3.6.4).
    pub fn message_ids(&self, name: &str) -> Vec<String> {
        self.raw(name).map(message_ids).unwrap_or_default()
    }

    /// The Date field in seconds since 1970 UTC.
    pub fn date(&self) -> Option<i64> {
        self.raw("date").and_then(date)
    }
}

/// Reads a date (RFC 5322 §3.3, and its obsolete forms) as seconds since 1970 UTC.
pub fn date(value: &[u8]) -> Option<i64> {
    let text = decode_text(value.get(..value.len().min(256))?);
    let parsed = DateTime::parse_rfc822(&text)
        // Without a zone the time is taken as UTC: hours off are better than no date.
        .or_else(|| DateTime::parse_rfc822(&format!("{text} +0000")))
        .map(|mut parsed| {
            // A leap second (RFC 5322 §3.3 allows :60).
            parsed.second = parsed.second.min(59);
            parsed
        })
        .filter(DateTime::is_valid)?;
    Some(parsed.to_timestamp())
}

/// Message-ids without angle brackets; at most the last 500 of them.
pub fn message_ids(value: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(value);
    let clean = |id: &str| -> String {
        id.chars().filter(|letter| !letter.is_whitespace() && !letter.is_control() && *letter != '<').collect()
    };
    let mut ids: Vec<String> = text
        .split('<')
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(id, _)| clean(id))
        .filter(|id| !id.is_empty())
        .collect();
    if ids.is_empty() {
        ids = text.split_whitespace().filter(|word| word.contains('@')).map(clean).collect();
    }
    // The newest are the last; they are the ones that bind a thread.
    ids.split_off(ids.len().saturating_sub(MAX_MESSAGE_IDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &[u8] = b"From someone Mon Jan  1\r\nSubject: =?utf-8?B?0J/RgNC4?=\r\n =?utf-8?B?0LLQtdGC?=\r\n\
        to: a@example.org,\r\n\tb@example.org\r\nTo: c@example.org\r\nReferences: <one@x>\r\n <two@x><three@x>\r\n\
        Date: Fri, 21 Nov 2025 10:05:00 +0300\r\n\r\nSubject: body";

    #[test]
    fn fields_are_found_whatever_their_case_and_folding() {
        let headers = Headers::parse(BLOCK);
        assert_eq!(headers.text("SUBJECT"), "Привет");
        let to: Vec<_> = headers.addresses("To").into_iter().map(|address| address.email).collect();
        assert_eq!(to, ["a@example.org", "b@example.org", "c@example.org"]);
        assert_eq!(headers.message_ids("References"), ["one@x", "two@x", "three@x"]);
        assert_eq!(headers.date(), Some(1_763_708_700));
        assert_eq!(headers.text("X-None"), "");
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("Fri, 21 Nov 2025 10:05:00 +0300", Some(1_763_708_700)),
            ("21 Nov 2025 07:05 GMT", Some(1_763_708_700)),
            ("Fri, 21 Nov 2025 10:05:00 +0300 (MSK)", Some(1_763_708_700)),
            ("Fri, 21 Nov 2025 07:05:00", Some(1_763_708_700)),
            ("Sat, 31 Dec 2016 23:59:60 +0000", Some(1_483_228_799)),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(date(text.as_bytes()), seconds, "{text}");
        }
    }
}
