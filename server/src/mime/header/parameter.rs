//! Parameters of Content-Type and Content-Disposition (RFC 2045 §5.1, RFC 2231).

use super::word::{decode_text, hex_pair};
use crate::mime::charset;

/// A parameter's name and value.
pub type Parameter = (Vec<u8>, Vec<u8>);

/// How many sections of one value are joined.
const MAX_SECTIONS: usize = 200;

/// The decoded value of a parameter. `params` are names and values as they stand in the field or in a
/// BODYSTRUCTURE, unquoted but not decoded.
pub fn parameter(params: &[(impl AsRef<[u8]>, impl AsRef<[u8]>)], name: &str) -> Option<String> {
    let mut plain = None;
    let mut extended = None;
    let mut sections: Vec<(usize, bool, &[u8])> = Vec::new();
    for (key, value) in params {
        let (key, value) = (key.as_ref().trim_ascii(), value.as_ref());
        let Some(suffix) = strip_name(key, name.as_bytes()) else { continue };
        match suffix {
            b"" => plain = plain.or(Some(value)),
            b"*" => extended = extended.or(Some(value)),
            _ => {
                if let Some((number, encoded)) = section(suffix)
                    && sections.len() < MAX_SECTIONS
                {
                    sections.push((number, encoded, value));
                }
            }
        }
    }
    if let Some(value) = extended {
        return Some(join(&[(0, true, value)]));
    }
    sections.sort_by_key(|(number, ..)| *number);
    sections.dedup_by_key(|(number, ..)| *number);
    if sections.first().is_some_and(|(number, ..)| *number == 0) {
        return Some(join(&sections));
    }
    plain.map(decode_text)
}

/// Splits a field like Content-Type into its value (in lower case) and its parameters, unquoted.
pub fn parameters(field: &[u8]) -> (String, Vec<Parameter>) {
    let mut pieces = split_unquoted(field).into_iter();
    let value = pieces.next().unwrap_or_default();
    let value = String::from_utf8_lossy(value.trim_ascii()).to_ascii_lowercase();
    let params = pieces
        .filter_map(|piece| {
            let equals = piece.iter().position(|byte| *byte == b'=')?;
            let (name, value) = piece.split_at(equals);
            Some((name.trim_ascii().to_vec(), unquote(value.get(1..)?.trim_ascii())))
        })
        .take(MAX_SECTIONS)
        .collect();
    (value, params)
}

/// What follows the name in a key, if the key is of this name.
fn strip_name<'a>(key: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, suffix) = key.split_at_checked(name.len())?;
    head.eq_ignore_ascii_case(name).then_some(suffix)
}

/// `*0` and `*0*`: the number of a section, and whether it is percent-encoded (RFC 2231 §3, §4.1).
fn section(suffix: &[u8]) -> Option<(usize, bool)> {
    let digits = suffix.strip_prefix(b"*")?;
    let (digits, encoded) = match digits.strip_suffix(b"*") {
        Some(digits) => (digits, true),
        None => (digits, false),
    };
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, encoded))
}

/// Joins the sections' bytes before decoding: a letter may be split between two of them.
fn join(sections: &[(usize, bool, &[u8])]) -> String {
    let mut label = None;
    let mut bytes = Vec::new();
    for (index, (_, encoded, value)) in sections.iter().enumerate() {
        let mut value = *value;
        if !encoded {
            bytes.extend_from_slice(value);
            continue;
        }
        if index == 0 {
            // charset'language'text
            let mut quotes = value.splitn(3, |byte| *byte == b'\'');
            if let (Some(charset), Some(_), Some(text)) = (quotes.next(), quotes.next(), quotes.next()) {
                label = Some(String::from_utf8_lossy(charset).into_owned());
                value = text;
            }
        }
        unpercent(value, &mut bytes);
    }
    // Senders that do both at once.
    if label.is_none() && bytes.starts_with(b"=?") {
        return decode_text(&bytes);
    }
    let text = charset::decode(&bytes, label.as_deref());
    text.chars().filter(|letter| !letter.is_control()).collect::<String>().trim().to_owned()
}

fn unpercent(mut value: &[u8], bytes: &mut Vec<u8>) {
    while let Some((&byte, rest)) = value.split_first() {
        value = rest;
        match (byte, rest.get(..2).and_then(hex_pair)) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                value = rest.get(2..).unwrap_or_default();
            }
            _ => bytes.push(byte),
        }
    }
}

/// Splits at semicolons outside of quoted strings.
fn split_unquoted(field: &[u8]) -> Vec<&[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    field
        .split(|byte| {
            let here = *byte == b';' && !quoted;
            if escaped {
                escaped = false;
            } else if *byte == b'"' {
                quoted = !quoted;
            } else if *byte == b'\\' {
                escaped = quoted;
            }
            here
        })
        .collect()
}

fn unquote(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else { return value.to_vec() };
    let inner = inner.strip_suffix(b"\"").unwrap_or(inner);
    let mut escaped = false;
    inner
        .iter()
        .copied()
        .filter(|byte| {
            let drop = *byte == b'\\' && !escaped;
            escaped = drop;
            !drop
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(field: &str, expected: Option<&str>) {
        let (_, params) = parameters(format!("attachment; {field}").as_bytes());
        assert_eq!(parameter(&params, "filename").as_deref(), expected, "{field}");
    }

    #[test]
    fn file_names_are_read_however_they_were_encoded() {
        check("filename=report.pdf", Some("report.pdf"));
        check("FileName=\"a; b.pdf\"; size=7", Some("a; b.pdf"));
        check(r#"filename="say \"hi\".txt""#, Some("say \"hi\".txt"));
        check("filename*=UTF-8''%D0%9F%D1%80.pdf", Some("Пр.pdf"));
        check("filename*=koi8-r'ru'%F0%D2.pdf", Some("Пр.pdf"));
        // Sections out of order, a letter split between them, quoted and encoded ones mixed.
        check("filename*1*=%9F%D1%80; filename*0*=UTF-8''%D0; filename*2=\".pdf\"", Some("Пр.pdf"));
        check("filename*0*=koi8-r''%F0; filename*1*=%D2", Some("Пр"));
        check("filename*0=\"long \"; filename*1=\"name.txt\"", Some("long name.txt"));
        // RFC 2047 where it does not belong.
        check("filename=\"=?koi8-r?B?8NLJ18XU?=.doc\"", Some("Привет.doc"));
        check("filename=\"=?UTF-8?B?0J/R?=\r\n =?UTF-8?B?gA==?=\"", Some("Пр"));
        check("filename=\"\u{41f}\u{440}.pdf\"", Some("Пр.pdf"));
        // The extended form is the better one.
        check("filename=Pr.pdf; filename*=UTF-8''%D0%9F.pdf", Some("П.pdf"));
        check("filename*1=tail", None);
        check("filename*=UTF-8''%zz%", Some("%zz%"));
        check("name=x", None);
    }

    #[test]
    fn the_value_of_a_field_comes_in_lower_case() {
        let (value, params) = parameters(b"Text/HTML; charset=\"Windows-1251\"; boundary");
        assert_eq!(value, "text/html");
        assert_eq!(parameter(&params, "charset").as_deref(), Some("Windows-1251"));
    }
}
