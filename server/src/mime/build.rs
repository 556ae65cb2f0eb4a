//! Messages of our own: written to a file or a buffer, in ASCII lines short enough for every relay, with
//! attachments streamed. What a person typed cannot add a field or a line to the header.

mod content;
mod flowed;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use app::wire::Address;
use mail_builder::headers::{self, Header, date::Date, message_id::MessageId, text::Text};
use sha2::{Digest, Sha256};

use super::recipient;
pub use flowed::flow;

/// The header field that names the draft a message in Drafts was saved from.
pub const DRAFT_FIELD: &str = "X-Pismo-Draft";
/// How many References are kept: the first, and the newest (RFC 5322 §3.6.4 sets no limit, relays do).
const MAX_REFERENCES: usize = 40;

/// A message to write.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    pub from: &'a Address,
    /// Where answers are wanted, if not at `from`.
    pub reply_to: &'a [Address],
    pub to: &'a [Address],
    pub cc: &'a [Address],
    /// Written only into a draft.
    pub bcc: &'a [Address],
    pub subject: &'a str,
    /// Seconds since 1970 UTC.
    pub date: i64,
    /// Without angle brackets. It stays the same through all retries.
    pub message_id: &'a str,
    /// Message-IDs without angle brackets, the message answered last.
    pub references: &'a [String],
    /// Plain text with `\n` line ends.
    pub body: &'a str,
    pub attachments: &'a [OutgoingFile<'a>],
    /// The draft's name, if this is to be kept in Drafts.
    pub draft: Option<&'a str>,
}

/// A file to attach.
#[derive(Debug, Clone)]
pub struct OutgoingFile<'a> {
    pub path: &'a Path,
    pub name: &'a str,
    pub content_type: &'a str,
}

/// Writes a message. Fails only when a file cannot be read or the output not be written; an address that is not
/// one is [`io::ErrorKind::InvalidInput`].
pub fn build(outgoing: &Outgoing, out: &mut impl Write) -> io::Result<()> {
    let mut header = Vec::new();
    addresses(&mut header, "From", std::slice::from_ref(outgoing.from))?;
    addresses(&mut header, "Reply-To", outgoing.reply_to)?;
    addresses(&mut header, "To", outgoing.to)?;
    addresses(&mut header, "Cc", outgoing.cc)?;
    if outgoing.draft.is_some() {
        addresses(&mut header, "Bcc", outgoing.bcc)?;
    }
    text(&mut header, "Subject", outgoing.subject);
    field(&mut header, "Date", &Date::new(outgoing.date).to_rfc822());
    ids(&mut header, "Message-ID", &[outgoing.message_id.to_owned()]);
    if let Some(last) = outgoing.references.last() {
        ids(&mut header, "In-Reply-To", std::slice::from_ref(last));
        ids(&mut header, "References", outgoing.references);
    }
    if let Some(draft) = outgoing.draft {
        let name: String = draft.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
        field(&mut header, DRAFT_FIELD, &name);
    }
    field(&mut header, "MIME-Version", "1.0");
    if outgoing.attachments.is_empty() {
        out.write_all(&header)?;
        return content::text(outgoing.body, out);
    }
    let boundary = boundary(outgoing.message_id);
    field(&mut header, "Content-Type", &format!("multipart/mixed;\r\n boundary=\"{boundary}\""));
    out.write_all(&header)?;
    write!(out, "\r\n--{boundary}\r\n")?;
    content::text(outgoing.body, out)?;
    for file in outgoing.attachments {
        write!(out, "\r\n--{boundary}\r\n")?;
        content::file(file, out)?;
    }
    write!(out, "\r\n--{boundary}--\r\n")
}

/// Writes a message into a buffer.
pub fn build_to_vec(outgoing: &Outgoing) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    build(outgoing, &mut message)?;
    Ok(message)
}

/// Never in the parts: `=_` is not in base64 or quoted-printable, and the rest cannot be guessed. The same for
/// every writing of one message.
fn boundary(message_id: &str) -> String {
    let digest = Sha256::digest(message_id.as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("=_pismo_{hex}")
}

fn field(header: &mut Vec<u8>, name: &str, value: &str) {
    header.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
}

fn text(header: &mut Vec<u8>, name: &str, value: &str) {
    let value = one_line(value);
    header.extend_from_slice(format!("{name}: ").as_bytes());
    if value.contains("=?") {
        // What looks like an encoded word must be one, or it is read as one.
        header.extend_from_slice(content::encoded_words(&value).as_bytes());
        header.extend_from_slice(b"\r\n");
    } else {
        Text::new(value).write_header(header, name.len() + 2);
    }
}

/// Nothing that ends a line, for readers old and new.
fn one_line(value: &str) -> String {
    let line: String = value
        .chars()
        .map(|letter| if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') { ' ' } else { letter })
        .collect();
    line.trim().to_owned()
}

fn addresses(header: &mut Vec<u8>, name: &str, list: &[Address]) -> io::Result<()> {
    if list.is_empty() {
        return Ok(());
    }
    let mut written = Vec::with_capacity(list.len());
    for address in list {
        recipient::check(&address.email).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let mut name = one_line(&address.name);
        if name.contains("=?") {
            name = name.replace("=?", "= ?");
        }
        let name = (!name.is_empty()).then_some(name);
        written.push(headers::address::Address::new_address(name, recipient::to_ascii(&address.email)));
    }
    header.extend_from_slice(format!("{name}: ").as_bytes());
    headers::address::Address::new_list(written).write_header(header, name.len() + 2);
    Ok(())
}

fn ids(header: &mut Vec<u8>, name: &str, ids: &[String]) {
    let clean = |id: &String| -> String {
        id.chars().filter(|letter| letter.is_ascii_graphic() && !matches!(letter, '<' | '>')).take(900).collect()
    };
    let newest = ids.len().saturating_sub(MAX_REFERENCES);
    let kept = ids.iter().enumerate().filter(|(index, _)| *index == 0 || *index > newest || newest == 0);
    let kept: Vec<String> = kept.map(|(_, id)| clean(id)).filter(|id| !id.is_empty()).collect();
    if kept.is_empty() {
        return;
    }
    header.extend_from_slice(format!("{name}: ").as_bytes());
    MessageId::new_list(kept.into_iter()).write_header(header, name.len() + 2);
}

/// Reads a file piece by piece.
fn pieces(path: &Path, size: usize, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; size];
    loop {
        let mut filled = 0;
        // Whole pieces but the last, so that each is whole lines of base64.
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        match buffer.get(..filled) {
            Some(piece) if !piece.is_empty() => take(piece)?,
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
