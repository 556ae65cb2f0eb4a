//! Addresses: of what is on the screen, and of what is fetched over HTTP. Pure; used on both sides.

use crate::wire::{AccountId, MessageRef, Query, Sort, Uid, UidValidity};

/// What is on the screen: `/mail/<mailbox>[/<validity>.<uid>][?q=…&in=all&sort=…&threads=1&at=…]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    pub query: Query,
    pub message: Option<(UidValidity, Uid)>,
    /// The mailbox of the message, where it is not the one of the list.
    pub at: Option<String>,
}

impl Route {
    /// Reads the path and the query string of an address. `None` for what is not ours.
    pub fn parse(path: &str, query: &str) -> Option<Route> {
        let mut segments = path.strip_prefix("/mail")?.split('/');
        if !segments.next()?.is_empty() {
            return None;
        }
        let mailbox = decode(segments.next().unwrap_or_default())?;
        let message = match segments.next() {
            None | Some("") => None,
            Some(segment) => Some(parse_message(segment)?),
        };
        if segments.next().is_some() {
            return None;
        }
        let mut query_of = Query { mailbox, ..Query::default() };
        let mut at = None;
        for pair in query.trim_start_matches('?').split('&') {
            match pair.split_once('=') {
                Some(("q", value)) => query_of.search = decode(&value.replace('+', " "))?,
                Some(("threads", _)) => query_of.threaded = true,
                Some(("at", mailbox)) => at = Some(decode(mailbox)?),
                Some(("in", "all")) => query_of.everywhere = true,
                Some(("sort", name)) => query_of.sort = Sort::from_name(name).unwrap_or_default(),
                _ => {}
            }
        }
        let at = at.filter(|at| message.is_some() && *at != query_of.mailbox);
        Some(Route { query: query_of, message, at })
    }

    /// The route to a list, and a message beside it.
    pub fn to(query: Query, message: Option<&MessageRef>) -> Route {
        let at = message.map(|message| message.mailbox.clone()).filter(|at| *at != query.mailbox);
        Route { query, message: message.map(|message| (message.uid_validity, message.uid)), at }
    }

    /// The message that it names.
    pub fn message(&self, account: AccountId) -> Option<MessageRef> {
        let (uid_validity, uid) = self.message?;
        let mailbox = self.at.clone().unwrap_or_else(|| self.query.mailbox.clone());
        Some(MessageRef { account, mailbox, uid_validity, uid })
    }

    /// The address of this route.
    pub fn url(&self) -> String {
        let mut url = format!("/mail/{}", encode(&self.query.mailbox));
        if let Some((uid_validity, uid)) = self.message {
            url.push_str(&format!("/{}.{}", uid_validity.0, uid.0));
        }
        let mut sign = '?';
        let mut add = |name: &str, value: &str| {
            url.push(std::mem::replace(&mut sign, '&'));
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        };
        if !self.query.search.is_empty() {
            add("q", &encode(&self.query.search));
            if self.query.everywhere {
                add("in", "all");
            }
        }
        if !self.query.sort.is_default() {
            add("sort", self.query.sort.name());
        }
        if self.query.threaded {
            add("threads", "1");
        }
        if let Some(at) = &self.at {
            add("at", &encode(at));
        }
        url
    }
}

fn parse_message(segment: &str) -> Option<(UidValidity, Uid)> {
    let (uid_validity, uid) = segment.split_once('.')?;
    Some((UidValidity(uid_validity.parse().ok()?), Uid(uid.parse().ok()?)))
}

/// The HTML document of a message's body, for its frame.
pub fn body_url(message: &MessageRef, theme: &str, remote: bool) -> String {
    let remote = if remote { "&remote=1" } else { "" };
    format!("{}&theme={theme}{remote}", message_url(message, "body"))
}

/// A part of a message: to download, or to look at inline.
pub fn part_url(message: &MessageRef, section: &str, inline: bool) -> String {
    let inline = if inline { "&inline=1" } else { "" };
    format!("{}{inline}", message_url(message, &format!("part/{}", encode(section))))
}

/// The message as it came.
pub fn source_url(message: &MessageRef) -> String {
    message_url(message, "source")
}

/// All header fields of a message.
pub fn headers_url(message: &MessageRef) -> String {
    message_url(message, "headers")
}

/// A page to print.
pub fn print_url(message: &MessageRef, remote: bool) -> String {
    let remote = if remote { "&remote=1" } else { "" };
    format!("{}{remote}", message_url(message, "print"))
}

/// Where it is told how pictures on the net that a message shows are had.
pub fn pictures_url(message: &MessageRef) -> String {
    message_url(message, "pictures")
}

/// Where an uploaded file is shown, and can be taken back.
pub fn blob_url(blob: &crate::wire::BlobId) -> String {
    format!("/blobs/{}", encode(&blob.0))
}

fn message_url(message: &MessageRef, what: &str) -> String {
    let MessageRef { account, mailbox, uid_validity, uid } = message;
    format!("/message/{}/{}/{}/{what}?mailbox={}", account.0, uid_validity.0, uid.0, encode(mailbox))
}

/// Percent-encodes all but the unreserved characters (RFC 3986 §2.3), of UTF-8.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => {
                encoded.push('%');
                for nibble in [byte >> 4, byte & 15] {
                    encoded.extend(char::from_digit(u32::from(nibble), 16).map(|digit| digit.to_ascii_uppercase()));
                }
            }
        }
    }
    encoded
}

/// Undoes [`encode`]. `None` when an escape is broken or the bytes are not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
