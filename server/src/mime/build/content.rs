//! The parts of a message: text in the shortest safe encoding, files in base64.

use std::io::{self, Write};

use base64::{Engine, engine::general_purpose::STANDARD};

use super::{OutgoingFile, flow, pieces};
use crate::mime::shown::clean_name;

/// 57 bytes are a line of base64; this many lines are encoded at once.
const PIECE: usize = 57 * 1024;
/// RFC 5322 §2.1.1.
const MAX_LINE: usize = 998;

/// Writes the fields and the body of a text part.
pub fn text(body: &str, out: &mut impl Write) -> io::Result<()> {
    let body: String = body
        // A byte order mark is no part of a text.
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
        .collect();
    out.write_all(b"Content-Type: text/plain; charset=utf-8; format=flowed\r\n")?;
    encoded(&flow(&body), out)
}

/// Writes the fields and the body of an HTML part.
pub fn html(html: &str, out: &mut impl Write) -> io::Result<()> {
    out.write_all(b"Content-Type: text/html; charset=utf-8\r\n")?;
    let html = html.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "");
    encoded(&format!("{}\r\n", html.trim_end_matches('\n').replace('\n', "\r\n")), out)
}

/// Writes text with CRLF line ends in the shortest encoding that every relay lets through.
fn encoded(text: &str, out: &mut impl Write) -> io::Result<()> {
    if text.is_ascii() && text.lines().all(|line| line.len() <= MAX_LINE) {
        out.write_all(b"Content-Transfer-Encoding: 7bit\r\n\r\n")?;
        return out.write_all(text.as_bytes());
    }
    let escapes = text.bytes().filter(|byte| !byte.is_ascii()).count();
    if escapes * 6 < text.len() {
        out.write_all(b"Content-Transfer-Encoding: quoted-printable\r\n\r\n")?;
        out.write_all(quoted_printable(text).as_bytes())
    } else {
        out.write_all(b"Content-Transfer-Encoding: base64\r\n\r\n")?;
        base64_lines(text.as_bytes(), out)
    }
}

/// Writes the fields and the body of a file.
pub fn file(file: &OutgoingFile, out: &mut impl Write) -> io::Result<()> {
    let given = content_type(file.content_type);
    // RFC 2046 §5.2.1: an attached message is not encoded. One that would have to be is sent as a plain file.
    let message = given == "message/rfc822" && is_plain_message(file)?;
    let kind = if message || !given.starts_with("message/") { given.as_str() } else { "application/octet-stream" };
    let mut name = clean_name(file.name);
    if name.is_empty() {
        name = "file".to_owned();
    }
    let disposition = if file.content_id.is_some() { "inline" } else { "attachment" };
    out.write_all(fields(kind, &name, disposition).as_bytes())?;
    if let Some(id) = file.content_id {
        let id: String =
            id.chars().filter(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>')).collect();
        write!(out, "Content-ID: <{id}>\r\n")?;
    }
    if message {
        out.write_all(b"Content-Transfer-Encoding: 7bit\r\n\r\n")?;
        return canonical(file, out);
    }
    out.write_all(b"Content-Transfer-Encoding: base64\r\n\r\n")?;
    pieces(file.path, PIECE, |piece| base64_lines(piece, out))
}

/// Type and disposition with the file name: for readers of RFC 2231 in the one, of RFC 2047 in the other.
fn fields(kind: &str, name: &str, disposition: &str) -> String {
    let simple = |letter: char| letter.is_ascii_graphic() || letter == ' ';
    if name.chars().all(simple) && name.len() <= 60 && !name.contains("=?") {
        let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
        return format!(
            "Content-Type: {kind};\r\n name=\"{quoted}\"\r\nContent-Disposition: {disposition};\r\n filename=\"{quoted}\"\r\n"
        );
    }
    let mut sections = vec![String::from("utf-8''")];
    for letter in name.chars() {
        let mut bytes = [0; 4];
        let encoded: String = letter
            .encode_utf8(&mut bytes)
            .bytes()
            .map(|byte| match byte {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'.' | b'-' | b'_' => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            })
            .collect();
        match sections.last_mut() {
            Some(section) if section.len() + encoded.len() <= 60 => section.push_str(&encoded),
            _ => sections.push(encoded),
        }
    }
    let named = match sections.as_slice() {
        [one] => format!(";\r\n filename*={one}"),
        several => several.iter().enumerate().map(|(number, one)| format!(";\r\n filename*{number}*={one}")).collect(),
    };
    format!(
        "Content-Type: {kind};\r\n name=\"{}\"\r\nContent-Disposition: {disposition}{named}\r\n",
        encoded_words(name)
    )
}

/// Encoded words (RFC 2047), folded; no letter is split between two.
pub fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for letter in text.chars() {
        match words.last_mut() {
            Some(word) if word.len() + letter.len_utf8() <= 42 => word.push(letter),
            _ => words.push(letter.to_string()),
        }
    }
    let words: Vec<String> = words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

/// `type/subtype` of two tokens (RFC 2045 §5.1), a text with its charset and a calendar with its method, else the type of which
/// nothing is known.
fn content_type(given: &str) -> String {
    let mut parts = given.split(';');
    let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
    let token = |text: &str| {
        (1..=100).contains(&text.len())
            && text.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '+' | '-' | '_'))
    };
    match kind.split_once('/') {
        Some(("text", sub)) if token(sub) => {
            let kept = parts.map(str::trim).filter(|one| match one.split_once('=') {
                Some(("charset", value)) => token(value),
                Some(("method", value)) => sub == "calendar" && token(value),
                _ => false,
            });
            kept.fold(kind.clone(), |all, one| format!("{all}; {one}"))
        }
        Some((main, sub)) if token(main) && token(sub) && main != "multipart" => kind,
        _ => "application/octet-stream".to_owned(),
    }
}

/// Whether a file can stand in a message as it is.
fn is_plain_message(file: &OutgoingFile) -> io::Result<bool> {
    let mut plain = true;
    let mut length = 0;
    pieces(file.path, PIECE, |piece| {
        for &byte in piece {
            length = if byte == b'\n' { 0 } else { length + 1 };
            plain &= byte.is_ascii() && byte != 0 && length <= MAX_LINE;
        }
        Ok(())
    })?;
    Ok(plain)
}

/// Copies a text file with every line end as CRLF.
fn canonical(file: &OutgoingFile, out: &mut impl Write) -> io::Result<()> {
    let mut ends = crate::mime::LineEnds::default();
    pieces(file.path, PIECE, |piece| out.write_all(&ends.push(piece)))?;
    out.write_all(&ends.finish())
}

fn base64_lines(bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
    let mut lines = String::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57) {
        STANDARD.encode_string(line, &mut lines);
        lines.push_str("\r\n");
    }
    out.write_all(lines.as_bytes())
}

/// Quoted-printable (RFC 2045 §6.7) of text with CRLF line ends.
fn quoted_printable(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive("\r\n") {
        let (line, end) = match line.strip_suffix("\r\n") {
            Some(line) => (line, "\r\n"),
            None => (line, ""),
        };
        let mut width = 0;
        let bytes = line.as_bytes();
        for (index, &byte) in bytes.iter().enumerate() {
            let last = index + 1 == bytes.len();
            let one = match byte {
                b' ' | b'\t' if last => format!("={byte:02X}"),
                b'=' => "=3D".to_owned(),
                // A line that begins with a dot or with `From ` is changed by careless relays.
                b'.' if index == 0 => "=2E".to_owned(),
                b'\t' | b' '..=b'~' => char::from(byte).to_string(),
                byte => format!("={byte:02X}"),
            };
            if width + one.len() > 75 {
                encoded.push_str("=\r\n");
                width = 0;
            }
            width += one.len();
            encoded.push_str(&one);
        }
        encoded.push_str(end);
    }
    encoded
}
