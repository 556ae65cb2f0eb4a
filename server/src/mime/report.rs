//! Reports about messages that were sent (RFC 6522): what became of them on their way (RFC 3464), and whether they were read
//! (RFC 8098). Anybody can write one: it is read as far as it makes sense, and says no more than words.

use app::{
    legible::is_turning,
    wire::{Fate, Reported},
};

use super::{Headers, decode_bytes, structure::Node};

/// How much of the machine's part is read, and of the message that came back with it, in bytes as transferred.
pub const MAX_STATUS: u32 = 64 * 1024;
pub const MAX_RETURNED: u32 = 32 * 1024;

/// How deep in a message a report is looked for, and how many recipients are taken from one.
const MAX_DEPTH: usize = 8;
const MAX_RECIPIENTS: usize = 100;

/// The longest address, and how much of a server's words is kept, in characters.
const MAX_ADDRESS: usize = 320;
const MAX_WORDS: usize = 1000;
/// The longest Message-ID that is looked for, in bytes.
const MAX_ID: usize = 500;

/// Where a report stands in a message.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// What is written for machines.
    pub status: &'a Node,
    /// The message it is about, or its header; many reports leave it out.
    pub returned: Option<&'a Node>,
}

/// What a report says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The Message-ID of the message it is about, without angle brackets.
    pub message_id: Option<String>,
    /// What its sender called the envelope (RFC 3461 §4.4).
    pub envelope_id: Option<String>,
    pub recipients: Vec<Reported>,
}

/// Finds the report in a message.
pub fn find(root: &Node) -> Option<Place<'_>> {
    find_in(root, 0)
}

fn find_in(node: &Node, depth: usize) -> Option<Place<'_>> {
    if depth > MAX_DEPTH {
        return None;
    }
    let is_status = |part: &&Node| part.children.is_empty() && is_status(&part.content_type);
    if let Some(status) = node.children.iter().find(is_status) {
        let returned = node.children.iter().find(|part| is_returned(&part.content_type));
        return Some(Place { status, returned });
    }
    node.children.iter().find_map(|part| find_in(part, depth + 1))
}

/// Whether this is the machine's part of a report. The global ones are of RFC 6533.
pub fn is_status(content_type: &str) -> bool {
    is_delivery(content_type)
        || matches!(content_type, "message/disposition-notification" | "message/global-disposition-notification")
}

fn is_delivery(content_type: &str) -> bool {
    matches!(content_type, "message/delivery-status" | "message/global-delivery-status")
}

fn is_returned(content_type: &str) -> bool {
    matches!(
        content_type,
        "message/rfc822"
            | "message/global"
            | "text/rfc822-headers"
            | "message/rfc822-headers"
            | "message/global-headers"
    )
}

/// Reads a report: its two parts as they travelled, and the header of the message they came in. Nothing if it tells of nobody.
pub fn read(place: Place, status: &[u8], returned: &[u8], header: &Headers) -> Option<Told> {
    let status = decode_bytes(status, place.status.encoding);
    let returned = place.returned.map(|node| decode_bytes(returned, node.encoding)).unwrap_or_default();
    let groups = groups(&status);
    let recipients: Vec<Reported> = if is_delivery(&place.status.content_type) {
        groups.iter().filter_map(delivery).take(MAX_RECIPIENTS).collect()
    } else {
        groups.iter().find_map(disposition).into_iter().collect()
    };
    if recipients.is_empty() {
        return None;
    }
    let said = |name: &str| groups.iter().find_map(|group| message_id(group, name));
    Some(Told {
        message_id: said("Original-Message-ID")
            .or_else(|| message_id(&Headers::parse(&returned), "Message-ID"))
            // Exchange, and Gmail.
            .or_else(|| said("X-Original-Message-ID"))
            .or_else(|| message_id(header, "In-Reply-To")),
        envelope_id: groups.iter().map(|group| line(&group.text("Original-Envelope-Id"))).find(|id| !id.is_empty()),
        recipients,
    })
}

/// The groups of fields, with an empty line between them (RFC 3464 §2.1).
fn groups(status: &[u8]) -> Vec<Headers> {
    let mut groups = Vec::new();
    let mut group: Vec<u8> = Vec::new();
    for line in status.split(|byte| *byte == b'\n').chain([&b""[..]]) {
        if !line.trim_ascii().is_empty() {
            group.extend_from_slice(line);
            group.push(b'\n');
        } else if !group.is_empty() && groups.len() <= MAX_RECIPIENTS {
            groups.push(Headers::parse(&std::mem::take(&mut group)));
        }
    }
    groups
}

/// A Message-ID that is long enough to be one.
fn message_id(headers: &Headers, name: &str) -> Option<String> {
    let fits = |id: &String| {
        id.split_once('@').is_some_and(|(left, right)| !left.is_empty() && !right.is_empty())
            && id.len() <= MAX_ID
            && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    headers.message_ids(name).into_iter().next().filter(fits)
}

/// What became of a message on its way to one recipient (RFC 3464 §2.3).
fn delivery(group: &Headers) -> Option<Reported> {
    let recipient = recipient(group)?;
    let status = group.text("Status");
    // Comments and other words may follow.
    let status = status.split(|letter: char| !letter.is_ascii_digit() && letter != '.').next().unwrap_or_default();
    let fate = match word(&group.text("Action")).as_str() {
        "failed" => Fate::Failed,
        "delayed" => Fate::Delayed,
        "delivered" => Fate::Delivered,
        "relayed" => Fate::Relayed,
        "expanded" => Fate::Expanded,
        _ => match status.bytes().next() {
            Some(b'2') => Fate::Delivered,
            Some(b'4') => Fate::Delayed,
            Some(b'5') => Fate::Failed,
            _ => return None,
        },
    };
    if !matches!(fate, Fate::Failed | Fate::Delayed) {
        return Some(Reported { recipient, fate, code: 0, text: String::new() });
    }
    let mut text = after_type(&group.text("Diagnostic-Code"));
    let code = text.get(..3).and_then(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    let code = code.unwrap_or(if fate == Fate::Delayed { 450 } else { 554 });
    if !status.is_empty() && !text.contains(status) {
        text = format!("{status} {text}").trim_end().to_owned();
    }
    Some(Reported { recipient, fate, code, text })
}

/// What its reader's program did with a message (RFC 8098 §3.2.6).
fn disposition(group: &Headers) -> Option<Reported> {
    let disposition = group.text("Disposition");
    let fate = match word(disposition.rsplit(';').next().unwrap_or_default()).as_str() {
        "displayed" => Fate::Read,
        "deleted" => Fate::Deleted,
        // It says nothing of a reader, or that nothing is said.
        _ => return None,
    };
    Some(Reported { recipient: recipient(group).unwrap_or_default(), fate, code: 0, text: String::new() })
}

/// The address as its sender wrote it, else the one it was last.
fn recipient(group: &Headers) -> Option<String> {
    ["Original-Recipient", "Final-Recipient"].into_iter().find_map(|name| {
        let address: String = after_type(&group.text(name)).chars().take(MAX_ADDRESS).collect();
        let address = address.trim_matches(|letter: char| matches!(letter, '<' | '>' | '"') || letter.is_whitespace());
        address.contains('@').then(|| address.to_owned())
    })
}

/// What stands after the type of an address or of a diagnostic: `rfc822; a@b`, `smtp; 550 …`.
fn after_type(value: &str) -> String {
    let (kind, rest) = value.split_once(';').unwrap_or(("", value));
    // A type is a word; anything else was no type.
    let is_type = kind.trim().chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    line(if is_type { rest } else { value })
}

fn word(text: &str) -> String {
    let letters = text.trim().chars().take_while(|letter| letter.is_ascii_alphabetic() || *letter == '-');
    letters.take(40).collect::<String>().to_ascii_lowercase()
}

/// One line of words, with nothing in it that turns them round.
fn line(text: &str) -> String {
    let is_odd = |letter: char| letter.is_control() || is_turning(letter);
    let letters = text.chars().map(|letter| if is_odd(letter) { ' ' } else { letter });
    letters.take(MAX_WORDS).collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
