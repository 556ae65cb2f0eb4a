//! Messages of our own: written to a file or a buffer, in ASCII lines short enough for every relay, with
//! attachments streamed. What a person typed cannot add a field or a line to the header.

mod content;
mod flowed;
mod notice;
mod receipt;
mod wishes;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::Path,
};

use app::wire::{Address, Wishes};
use mail_builder::headers::{self, Header, date::Date, message_id::MessageId, text::Text};
use sha2::{Digest, Sha256};

use super::recipient;
pub use flowed::flow;
pub use notice::{OutgoingNotice, notice};
pub use receipt::{OutgoingReceipt, Receipt, receipt};
pub use wishes::read as read_wishes;

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
    /// The same as formatted text: a whole HTML document.
    pub html: Option<&'a str>,
    pub attachments: &'a [OutgoingFile<'a>],
    /// The draft's name, if this is to be kept in Drafts.
    pub draft: Option<&'a str>,
    /// That of delivery is written only into a draft: servers are told of it in other ways (RFC 3461).
    pub wishes: Wishes,
}

/// A file to attach.
#[derive(Debug, Clone)]
pub struct OutgoingFile<'a> {
    pub path: &'a Path,
    pub name: &'a str,
    pub content_type: &'a str,
    /// By which the formatted text shows it (RFC 2392), without angle brackets; none for a file that is attached.
    pub content_id: Option<&'a str>,
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
    wishes::write(&mut header, outgoing)?;
    if let Some(draft) = outgoing.draft {
        let name: String = draft.chars().filter(char::is_ascii_alphanumeric).take(100).collect();
        field(&mut header, DRAFT_FIELD, &name);
    }
    field(&mut header, "MIME-Version", "1.0");
    out.write_all(&header)?;
    let (within, attached): (Vec<&OutgoingFile>, Vec<&OutgoingFile>) =
        outgoing.attachments.iter().partition(|file| file.content_id.is_some() && outgoing.html.is_some());
    if attached.is_empty() {
        return written(outgoing, &within, out);
    }
    let mixed = Multipart::begin("mixed", "", outgoing.message_id, out)?;
    mixed.part(out)?;
    written(outgoing, &within, out)?;
    for file in attached {
        mixed.part(out)?;
        content::file(file, out)?;
    }
    mixed.end(out)
}

/// What was written: plain text, or that and the same as HTML (RFC 2046 §5.1.4), with the pictures that it shows (RFC 2387).
fn written(outgoing: &Outgoing, within: &[&OutgoingFile], out: &mut impl Write) -> io::Result<()> {
    let Some(html) = outgoing.html else { return content::text(outgoing.body, out) };
    let alternative = Multipart::begin("alternative", "", outgoing.message_id, out)?;
    alternative.part(out)?;
    content::text(outgoing.body, out)?;
    alternative.part(out)?;
    if within.is_empty() {
        content::html(html, out)?;
        return alternative.end(out);
    }
    let related = Multipart::begin("related", ";\r\n type=\"text/html\"", outgoing.message_id, out)?;
    related.part(out)?;
    content::html(html, out)?;
    for file in within {
        related.part(out)?;
        content::file(file, out)?;
    }
    related.end(out)?;
    alternative.end(out)
}

/// Several parts in one (RFC 2046 §5.1).
struct Multipart {
    boundary: String,
}

impl Multipart {
    fn begin(subtype: &str, parameters: &str, message_id: &str, out: &mut impl Write) -> io::Result<Multipart> {
        let boundary = boundary(subtype, message_id);
        write!(out, "Content-Type: multipart/{subtype}{parameters};\r\n boundary=\"{boundary}\"\r\n")?;
        Ok(Multipart { boundary })
    }

    fn part(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "\r\n--{}\r\n", self.boundary)
    }

    fn end(&self, out: &mut impl Write) -> io::Result<()> {
        write!(out, "\r\n--{}--\r\n", self.boundary)
    }
}

/// Writes a message into a buffer.
pub fn build_to_vec(outgoing: &Outgoing) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    build(outgoing, &mut message)?;
    Ok(message)
}

/// Never in the parts: `=_` is not in base64 or quoted-printable, and the rest cannot be guessed. The same for
/// every writing of one message.
fn boundary(subtype: &str, message_id: &str) -> String {
    let digest = Sha256::digest(format!("{subtype} {message_id}").as_bytes());
    let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("=_pismo_{hex}")
}

pub(super) fn field(header: &mut Vec<u8>, name: &str, value: &str) {
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

pub(super) fn addresses(header: &mut Vec<u8>, name: &str, list: &[Address]) -> io::Result<()> {
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

pub(super) fn ids(header: &mut Vec<u8>, name: &str, ids: &[String]) {
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
