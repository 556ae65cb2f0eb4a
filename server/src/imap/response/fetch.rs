//! What a FETCH response says (RFC 9051 §7.5.2).

use app::wire::{Flag, ModSeq};
use bumpalo::Bump;

use super::upper;
use crate::{
    imap::{
        code::flags,
        date::parse_date_time,
        frame::Frame,
        row::{Envelope, one_line},
        structure,
        value::{self, Literal, Value},
    },
    mime::structure::Node,
};

/// What one FETCH response tells about a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fetch {
    pub seq: u32,
    pub uid: Option<u32>,
    pub flags: Option<Vec<Flag>>,
    /// Which message it is, in whatever mailbox: `X-GM-MSGID` of Gmail.
    pub email: Option<u64>,
    /// `X-GM-LABELS` of Gmail, as it has them: the mailbox that is selected is not among them.
    pub labels: Option<Vec<String>>,
    pub modseq: Option<ModSeq>,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: Option<i64>,
    pub size: Option<u32>,
    pub envelope: Option<Envelope>,
    pub structure: Option<Node>,
    /// One line.
    pub preview: Option<String>,
    /// Section in upper case as in `BODY[…]`, and its bytes.
    pub sections: Vec<(String, Vec<u8>)>,
    /// Something was too long and is missing.
    pub cut: bool,
}

impl Fetch {
    /// Whether it answers a question for rows: news about flags come without these.
    pub fn is_row(&self) -> bool {
        self.uid.is_some() && (self.envelope.is_some() || self.size.is_some())
    }

    /// Whether it answers a question for header fields.
    pub fn has_header(&self) -> bool {
        self.sections.iter().any(|(section, _)| section.starts_with("HEADER"))
    }
}

/// Labels of one message that are kept.
const MAX_LABELS: usize = 200;

/// Sections of one message that are kept: nobody asks for so many at once.
const MAX_SECTIONS: usize = 1000;

/// A literal of so many octets is not copied.
const LARGE: usize = 4096;

pub(super) fn fetch(seq: u32, at: usize, mut frame: Frame, room: &Bump) -> Fetch {
    let mut fetch = Fetch { seq, cut: frame.cut, ..Fetch::default() };
    let Some(Value::List(items)) = value::read(&frame.text, at, &frame.literals, room).first() else { return fetch };
    // Sections that are large literals, and which: a whole message is moved, not copied.
    let mut whole = Vec::new();
    let mut items = items.iter();
    while let Some(name) = items.next() {
        let Some(name) = name.bytes().map(upper) else { continue };
        let Some(value) = items.next() else { break };
        match &*name {
            b"UID" => fetch.uid = value.number32().filter(|&uid| uid > 0),
            b"FLAGS" => fetch.flags = Some(flags(value.list())),
            b"X-GM-MSGID" => fetch.email = value.number(),
            b"X-GM-LABELS" => {
                fetch.labels = Some(value.list().iter().take(MAX_LABELS).filter_map(Value::name).collect())
            }
            b"MODSEQ" => fetch.modseq = value.list().first().and_then(Value::number).map(ModSeq),
            b"INTERNALDATE" => fetch.date = value.text().and_then(parse_date_time),
            b"RFC822.SIZE" => fetch.size = value.size(),
            b"ENVELOPE" => fetch.envelope = Some(Envelope::read(value)),
            b"BODYSTRUCTURE" => fetch.structure = Some(structure::read(value)),
            b"PREVIEW" => {
                // RFC 8970 has the text alone; its drafts, still spoken, have `(FUZZY "text")`.
                let text = if let Value::List(values) = value { values.last() } else { Some(value) };
                fetch.preview = text.and_then(Value::bytes).map(|text| one_line(&String::from_utf8_lossy(text)));
            }
            _ => {
                let section = name.strip_prefix(b"BODY[").and_then(|rest| rest.split(|&byte| byte == b']').next());
                let Some(section) = section.filter(|_| fetch.sections.len() < MAX_SECTIONS) else { continue };
                let bytes = value.bytes().unwrap_or_default();
                let is_it = |literal: &Literal| std::ptr::eq(literal.bytes.as_slice(), bytes);
                let literal = (bytes.len() >= LARGE).then(|| frame.literals.iter().position(is_it)).flatten();
                if let Some(literal) = literal {
                    whole.push((fetch.sections.len(), literal));
                }
                let bytes = if literal.is_some() { Vec::new() } else { bytes.to_vec() };
                fetch.sections.push((String::from_utf8_lossy(section).into_owned(), bytes));
            }
        }
    }
    for (section, literal) in whole {
        if let (Some((_, bytes)), Some(literal)) = (fetch.sections.get_mut(section), frame.literals.get_mut(literal)) {
            *bytes = std::mem::take(&mut literal.bytes);
        }
    }
    fetch
}
