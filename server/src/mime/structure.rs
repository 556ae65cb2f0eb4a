//! The tree of a message's parts, as BODYSTRUCTURE gives it (RFC 9051 §7.5.2), decoded.

use compact_str::CompactString;

/// A node of the body structure. Words of the protocol are nearly always so short that they need no room of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Node {
    /// The IMAP section number: empty for a multipart at the root, else `1`, `2.1`, …
    pub section: CompactString,
    /// `type/subtype` in lower case.
    pub content_type: CompactString,
    /// The charset as labelled, in lower case.
    pub charset: Option<CompactString>,
    /// What a calendar is for, in lower case: `request`, `cancel` (RFC 6047 §2.4).
    pub method: Option<CompactString>,
    pub encoding: Encoding,
    /// Octets as transferred, before decoding.
    pub size: u32,
    pub disposition: Option<Disposition>,
    /// Decoded file name: `filename` of the disposition, else `name` of the type (RFC 2231, RFC 2047).
    pub file_name: Option<String>,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// `format=flowed` (RFC 3676), and whether `delsp=yes`.
    pub flowed: bool,
    pub delsp: bool,
    /// Parts of a multipart. A `message/rfc822` is a leaf here.
    pub children: Vec<Node>,
    /// It has more of them than are here: they are too many, or too deep.
    pub cut: bool,
}

/// Content-Transfer-Encoding (RFC 2045 §6).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// 7bit, 8bit, binary, and what is not known.
    #[default]
    Identity,
    QuotedPrintable,
    Base64,
}

/// Content-Disposition (RFC 2183).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    Inline,
    Attachment,
}

impl Node {
    /// The leaf of this section number.
    pub fn find(&self, section: &str) -> Option<&Node> {
        let mut waiting = vec![self];
        while let Some(node) = waiting.pop() {
            if node.section == section && node.children.is_empty() {
                return Some(node);
            }
            waiting.extend(&node.children);
        }
        None
    }
}
