//! Which parts of a message are its text, which belong to the text, and which are attachments. The choice is
//! like the one of JMAP (RFC 8621 §4.1.4).

use app::{legible::legible, wire::Part};
use compact_str::CompactString;

use super::structure::{Disposition, Encoding, Node};

/// How deep parts are looked for; what is below is not shown.
const MAX_DEPTH: usize = 100;
/// How many attachments are listed.
const MAX_ATTACHMENTS: usize = 1000;
/// How many further texts are shown, and how long each may be, in octets as transferred; others are files.
const MAX_FURTHER: usize = 20;
const MAX_FURTHER_SIZE: u32 = 64 * 1024;

/// A message's parts, sorted by how they are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shown {
    /// The text to show: HTML where there is any.
    pub body: Option<Leaf>,
    /// The same in plain text, if the body is HTML and its sender wrote both.
    pub text_alternative: Option<Leaf>,
    /// Texts that are to be read behind the body: those around a picture, the footer of a list.
    pub further: Vec<Further>,
    /// What an HTML body may refer to by Content-ID.
    pub related: Vec<Related>,
    pub attachments: Vec<Part>,
    /// There are more parts than these, too many or too deep to be listed.
    pub left_out: bool,
}

/// A text part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaf {
    /// The IMAP section number.
    pub section: CompactString,
    pub html: bool,
    pub charset: Option<CompactString>,
    pub encoding: Encoding,
    pub flowed: bool,
    pub delsp: bool,
    /// Octets as transferred.
    pub size: u32,
}

/// A text behind the body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    pub leaf: Leaf,
    /// The alternative in plain text says the same.
    pub is_in_alternative: bool,
}

/// A part that an HTML body may show within itself (RFC 2387, RFC 2392).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    pub content_id: String,
    pub section: String,
    pub content_type: String,
    pub encoding: Encoding,
    /// Octets as transferred.
    pub size: u32,
    /// The same part as an attachment, should the body not refer to it.
    pub part: Part,
}

impl Shown {
    /// Whether any of the text is HTML.
    pub fn has_html(&self) -> bool {
        self.body.iter().chain(self.further.iter().map(|one| &one.leaf)).any(|leaf| leaf.html)
    }

    /// All of its text: the body, the same in plain text, and what is behind the body.
    pub fn texts(&self) -> impl Iterator<Item = &Leaf> {
        let further = self.further.iter().map(|one| &one.leaf);
        self.body.iter().chain(&self.text_alternative).chain(further)
    }

    /// Lists as attachments what the body turned out not to show. `referenced` are the Content-IDs found in
    /// it (see [`super::html::survey`]).
    pub fn settle(&mut self, referenced: &std::collections::HashSet<String>) {
        let (related, unreferenced): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.related).into_iter().partition(|part| referenced.contains(&part.content_id));
        self.related = related;
        self.attachments.extend(unreferenced.into_iter().map(|related| related.part));
    }
}

/// Sorts the parts of a message.
pub fn choose(root: &Node) -> Shown {
    let mut shown = Shown::default();
    walk(root, Place { related: false, named: false, depth: 0 }, &mut shown);
    if shown.body.is_none() {
        // Some programs give a file name even to the only text there is.
        let mut lenient = Shown::default();
        walk(root, Place { related: false, named: true, depth: 0 }, &mut lenient);
        if lenient.body.is_some() {
            shown = lenient;
        }
    }
    // Nothing can refer to a part where there is no HTML.
    if !shown.has_html() {
        let parts = std::mem::take(&mut shown.related).into_iter().map(|related| related.part);
        shown.attachments.extend(parts);
    }
    shown.left_out |= shown.attachments.len() > MAX_ATTACHMENTS;
    shown.attachments.truncate(MAX_ATTACHMENTS);
    shown
}

/// Where a part stands.
#[derive(Clone, Copy)]
struct Place {
    /// Beside the root of a multipart/related.
    related: bool,
    /// Whether a text with a file name is text to read.
    named: bool,
    depth: usize,
}

fn walk(node: &Node, place: Place, shown: &mut Shown) {
    shown.left_out |= node.cut;
    if place.depth > MAX_DEPTH {
        shown.left_out = true;
        return;
    }
    let below = Place { depth: place.depth + 1, ..place };
    match node.content_type.as_str() {
        "multipart/alternative" => alternative(node, below, shown),
        "multipart/related" => {
            let mut children = node.children.iter();
            if let Some(root) = children.next() {
                walk(root, below, shown);
            }
            for child in children {
                walk(child, Place { related: true, ..below }, shown);
            }
        }
        kind if kind.starts_with("multipart/") => {
            for child in &node.children {
                walk(child, below, shown);
            }
        }
        _ => leaf(node, place, shown),
    }
}

/// The last alternative that can be shown is the best (RFC 2046 §5.1.4).
fn alternative(node: &Node, place: Place, shown: &mut Shown) {
    let readable: Vec<&Node> = node.children.iter().filter(|child| text_in(child, place).is_some()).collect();
    let best = readable.iter().rev().find(|child| text_in(child, place) == Some(true)).or(readable.last());
    let Some(best) = best else {
        node.children.iter().for_each(|child| walk(child, place, shown));
        return;
    };
    let is_first = shown.body.is_none();
    let before = shown.further.len();
    walk(best, place, shown);
    for child in &node.children {
        if std::ptr::eq(child, *best) {
            continue;
        }
        if text_in(child, place) == Some(false) && is_first && shown.text_alternative.is_none() {
            shown.further.iter_mut().skip(before).for_each(|one| one.is_in_alternative = true);
            // Its attachments, if it has any, are not the body's.
            let mut other = Shown::default();
            walk(child, place, &mut other);
            shown.text_alternative = other.body;
            shown.attachments.append(&mut other.attachments);
            shown.left_out |= other.left_out;
        } else if text_in(child, place).is_none() && !child.content_type.starts_with("text/x-amp") {
            // An invitation, as a rule.
            walk(child, place, shown);
        }
    }
}

/// Whether there is text to read in this part: `Some(true)` for HTML, `Some(false)` for plain text alone.
fn text_in(node: &Node, place: Place) -> Option<bool> {
    if place.depth > MAX_DEPTH {
        return None;
    }
    if node.content_type.starts_with("multipart/") {
        let below = Place { depth: place.depth + 1, ..place };
        return node.children.iter().filter_map(|child| text_in(child, below)).max();
    }
    readable(node, place).then_some(node.content_type == "text/html")
}

fn readable(node: &Node, place: Place) -> bool {
    matches!(node.content_type.as_str(), "text/plain" | "text/html" | "text/enriched" | "text/richtext" | "")
        && node.disposition != Some(Disposition::Attachment)
        && (place.named || node.file_name.is_none())
}

fn leaf(node: &Node, place: Place, shown: &mut Shown) {
    if readable(node, place) && !place.related {
        match &shown.body {
            // Some senders put an empty text before the real one.
            Some(body) if body.size > 2 || body.html => {}
            _ => {
                shown.body = Some(text_leaf(node));
                return;
            }
        }
        if node.size <= 2 {
            return;
        }
        if node.size <= MAX_FURTHER_SIZE && shown.further.len() < MAX_FURTHER {
            shown.further.push(Further { leaf: text_leaf(node), is_in_alternative: false });
            return;
        }
    }
    if shown.attachments.len() + shown.related.len() >= MAX_ATTACHMENTS {
        shown.left_out = true;
        return;
    }
    let part = part(node);
    match &node.content_id {
        Some(content_id)
            if node.content_type.starts_with("image/")
                && (place.related || node.disposition != Some(Disposition::Attachment))
                // Of two with one name the text means the first; the other is not to be lost.
                && shown.related.iter().all(|other| other.content_id != *content_id) =>
        {
            shown.related.push(Related {
                content_id: content_id.clone(),
                section: node.section.to_string(),
                content_type: node.content_type.to_string(),
                encoding: node.encoding,
                size: node.size,
                part,
            });
        }
        _ => shown.attachments.push(part),
    }
}

fn text_leaf(node: &Node) -> Leaf {
    Leaf {
        section: node.section.clone(),
        html: node.content_type == "text/html",
        charset: node.charset.clone(),
        encoding: node.encoding,
        flowed: node.flowed,
        delsp: node.delsp,
        size: node.size,
    }
}

/// The part as an attachment.
pub fn part(node: &Node) -> Part {
    Part {
        section: node.section.to_string(),
        name: name(node),
        content_type: if node.content_type.is_empty() {
            "text/plain".to_owned()
        } else {
            node.content_type.to_string()
        },
        size: decoded_size(node.encoding, node.size),
    }
}

/// The size after decoding, as near as the size before it tells.
pub fn decoded_size(encoding: Encoding, size: u32) -> u32 {
    match encoding {
        // 57 bytes become a line of 76 letters and CRLF.
        Encoding::Base64 => u32::try_from(u64::from(size) * 57 / 78).unwrap_or(size),
        Encoding::Identity | Encoding::QuotedPrintable => size,
    }
}

/// A file name that is never empty and never anything but a name.
fn name(node: &Node) -> String {
    let given = node.file_name.as_deref().map(clean_name).unwrap_or_default();
    if !given.is_empty() {
        return given;
    }
    let section = if node.section.is_empty() { "1" } else { &node.section };
    match node.content_type.as_str() {
        "message/rfc822" | "message/global" => "message.eml".to_owned(),
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status.txt".to_owned(),
        "message/disposition-notification" => "receipt.txt".to_owned(),
        "text/rfc822-headers" => "headers.txt".to_owned(),
        "text/calendar" | "application/ics" => "invite.ics".to_owned(),
        "application/pgp-signature" => "signature.asc".to_owned(),
        "application/pgp-encrypted" => "version.txt".to_owned(),
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s".to_owned(),
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m".to_owned(),
        "application/ms-tnef" => "winmail.dat".to_owned(),
        content_type => format!("part-{section}.{}", extension(content_type)),
    }
}

/// Takes a path, control characters and what turns or hides letters out of a file name.
pub fn clean_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = legible(name).chars().filter(|letter| !letter.is_control()).collect();
    let name = name.trim().trim_end_matches('.');
    if name.chars().all(|letter| letter == '.') {
        return String::new();
    }
    let length = name.chars().count();
    if length <= 150 {
        return name.to_owned();
    }
    // Too long for file systems: the end stays, for its extension.
    let tail: String = name.chars().skip(length - 20).collect();
    name.chars().take(120).chain("…".chars()).chain(tail.chars()).collect()
}

/// The usual file name extension of a type.
fn extension(content_type: &str) -> &str {
    match content_type {
        "" | "text/plain" => "txt",
        "text/html" => "html",
        "text/csv" => "csv",
        "text/vcard" | "text/x-vcard" => "vcf",
        "image/jpeg" | "image/jpg" | "image/pjpeg" => "jpg",
        "image/svg+xml" => "svg",
        "image/tiff" => "tif",
        "image/x-icon" | "image/vnd.microsoft.icon" => "ico",
        "audio/mpeg" => "mp3",
        "audio/x-wav" => "wav",
        "video/quicktime" => "mov",
        "application/msword" => "doc",
        "application/vnd.ms-excel" => "xls",
        "application/vnd.ms-powerpoint" => "ppt",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => "docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => "xlsx",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation" => "pptx",
        "application/vnd.oasis.opendocument.text" => "odt",
        "application/vnd.oasis.opendocument.spreadsheet" => "ods",
        "application/gzip" | "application/x-gzip" => "gz",
        "application/x-zip-compressed" => "zip",
        "application/pgp-keys" => "asc",
        other => match other.split_once('/') {
            // `image/png` → png; names too odd to be an extension are not.
            Some((_, subtype))
                if (1..=5).contains(&subtype.len()) && subtype.chars().all(|letter| letter.is_ascii_alphanumeric()) =>
            {
                subtype
            }
            _ => "bin",
        },
    }
}

#[cfg(test)]
mod tests;
