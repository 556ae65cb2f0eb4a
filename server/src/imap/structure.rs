//! BODYSTRUCTURE as a tree of parts (RFC 9051 §7.5.2, body).

use compact_str::{CompactString, ToCompactString, format_compact};

use super::value::{MAX_DEPTH, Value};
use crate::mime::{
    header::{decode_text, parameter},
    structure::{Disposition, Encoding, Node},
};

/// Names and values as they travelled.
type Params<'a> = Vec<(&'a [u8], &'a [u8])>;

/// The largest number of parts of one message.
pub const MAX_PARTS: usize = 2000;

/// How many lists of a response the outermost part may be in.
const SPARE: usize = 4;

/// Reads the tree. What makes no sense becomes a part of no known type rather than nothing at all.
pub fn read(value: &Value) -> Node {
    let mut left = MAX_PARTS;
    part(value, "", 0, &mut left)
}

/// The depth is bounded twice: here, and by how values are read.
fn part(value: &Value, section: &str, depth: usize, left: &mut usize) -> Node {
    *left = left.saturating_sub(1);
    let values = value.list();
    let parts = values.iter().take_while(|value| matches!(value, Value::List(_))).count();
    if parts > 0 || is_empty_multipart(values) {
        multipart(values, parts, section, depth, left)
    } else {
        // A message of one part: its section is 1 (RFC 9051 §6.4.5.1).
        leaf(values, if section.is_empty() { "1" } else { section })
    }
}

/// Some servers write a multipart without parts as `("mixed" …)` with nothing, or NIL, where the parts should be.
fn is_empty_multipart(values: &[Value]) -> bool {
    matches!(
        values,
        [Value::Nil, Value::String(_), ..] | [Value::String(_)] | [Value::String(_), Value::List(_) | Value::Nil, ..]
    )
}

fn multipart(values: &[Value], parts: usize, section: &str, depth: usize, left: &mut usize) -> Node {
    let (parts, rest) = values.split_at_checked(parts).unwrap_or((values, &[]));
    let rest = match rest {
        [Value::Nil, rest @ ..] => rest,
        rest => rest,
    };
    let mut children = Vec::new();
    // Of what is deeper than values are read nothing is left, which looks as if there were no parts: as good as none is so deep.
    let mut cut = parts.is_empty() && depth + SPARE >= MAX_DEPTH;
    for (index, child) in parts.iter().enumerate() {
        if *left == 0 || depth >= MAX_DEPTH {
            cut = true;
            break;
        }
        let number = index + 1;
        let section =
            if section.is_empty() { number.to_compact_string() } else { format_compact!("{section}.{number}") };
        children.push(part(child, &section, depth + 1, left));
    }
    let subtype = rest.first().and_then(Value::text).filter(|text| !text.is_empty()).unwrap_or("mixed");
    let (disposition, _) = disposition(rest.get(2));
    Node {
        section: section.into(),
        content_type: lower(["multipart/", subtype]),
        disposition,
        children,
        cut,
        ..Node::default()
    }
}

fn leaf(values: &[Value], section: &str) -> Node {
    let word = |index: usize| values.get(index).and_then(Value::text);
    let content_type = match (word(0), word(1)) {
        (Some(main), Some(sub)) if !main.is_empty() && !sub.is_empty() => lower([main, "/", sub]),
        // RFC 2045 §5.2: what has no type is plain text.
        (None, None) => "text/plain".into(),
        _ => "application/octet-stream".into(),
    };
    let params = pairs(values.get(2));
    // After the seven fields of all parts: of a message its envelope, structure and lines, of a text its lines. Then the
    // MD5, and the disposition behind it.
    let extension = match content_type.as_str() {
        "message/rfc822" | "message/global" if matches!(values.get(7), Some(Value::List(_) | Value::Nil)) => 10,
        text if text.starts_with("text/") => 8,
        _ => 7,
    };
    let (disposition, disposition_params) = disposition(values.get(extension + 1));
    let said = |name| parameter(&params, name).map(|value| lower([&*value])).filter(|value| !value.is_empty());
    let (charset, method) = (said("charset"), said("method"));
    let named = |params: &Params, name| parameter(params, name).filter(|text| !text.trim().is_empty());
    let is = |name, expected: &str| parameter(&params, name).is_some_and(|text| text.eq_ignore_ascii_case(expected));
    Node {
        section: section.into(),
        charset,
        method,
        encoding: encoding(word(5).unwrap_or_default()),
        size: values.get(6).and_then(Value::size).unwrap_or(0),
        disposition,
        file_name: named(&disposition_params, "filename").or_else(|| named(&params, "name")),
        content_id: values.get(3).and_then(Value::bytes).map(content_id).filter(|id| !id.is_empty()),
        flowed: is("format", "flowed"),
        delsp: is("delsp", "yes"),
        children: Vec::new(),
        cut: false,
        content_type,
    }
}

/// The pieces as one word in lower case.
fn lower<const N: usize>(pieces: [&str; N]) -> CompactString {
    pieces.iter().flat_map(|piece| piece.chars()).map(|letter| letter.to_ascii_lowercase()).collect()
}

fn encoding(word: &str) -> Encoding {
    match word {
        word if word.eq_ignore_ascii_case("base64") => Encoding::Base64,
        word if word.eq_ignore_ascii_case("quoted-printable") => Encoding::QuotedPrintable,
        _ => Encoding::Identity,
    }
}

fn content_id(bytes: &[u8]) -> String {
    let text = decode_text(bytes);
    let text = text.trim();
    text.strip_prefix('<').and_then(|text| text.strip_suffix('>')).unwrap_or(text).to_owned()
}

fn disposition<'a>(value: Option<&Value<'a>>) -> (Option<Disposition>, Params<'a>) {
    let (word, params) = match value {
        Some(Value::List(values)) => (values.first(), pairs(values.get(1))),
        // Some servers write the word alone.
        word => (word, Vec::new()),
    };
    let disposition = match word.and_then(Value::text) {
        Some(word) if word.eq_ignore_ascii_case("inline") => Some(Disposition::Inline),
        // RFC 2183 §2.8: what is not known is an attachment.
        Some(word) if !word.is_empty() => Some(Disposition::Attachment),
        _ => None,
    };
    (disposition, params)
}

fn pairs<'a>(value: Option<&Value<'a>>) -> Params<'a> {
    let values = value.map(Value::list).unwrap_or_default();
    let pairs = values.chunks_exact(2).filter_map(|pair| {
        let [name, value] = pair else { return None };
        Some((name.bytes()?, value.bytes()?))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::value;

    fn tree(text: &str) -> Node {
        let room = bumpalo::Bump::new();
        read(value::read(text.as_bytes(), 0, &[], &room).first().unwrap_or(&Value::Nil))
    }

    #[test]
    fn a_message_of_one_part_is_section_one() {
        let node = tree(
            r#"("TEXT" "PLAIN" ("CHARSET" "KOI8-R" "format" "Flowed" "delsp" "YES") NIL NIL "QUOTED-PRINTABLE" 1152 23 NIL NIL NIL NIL)"#,
        );
        let expected = Node {
            section: "1".into(),
            content_type: "text/plain".into(),
            charset: Some("koi8-r".into()),
            encoding: Encoding::QuotedPrintable,
            size: 1152,
            flowed: true,
            delsp: true,
            ..Node::default()
        };
        assert_eq!(node, expected);
    }

    #[test]
    fn parts_have_their_sections_names_and_dispositions() {
        let node = tree(
            r#"((("text" "plain" NIL NIL NIL "7bit" 5 1)("text" "html" NIL NIL NIL "base64" 9 1 NIL NIL NIL NIL) "ALTERNATIVE" ("boundary" "b"))
            ("image" "png" ("name" "=?utf-8?q?=D0=AF=2Epng?=") "<id@x>" NIL "base64" 99 NIL ("inline" ("filename*" "utf-8''%D0%AF%2Epng")) NIL)
            ("message" "rfc822" NIL NIL NIL "7bit" 500 (NIL "s" NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" NIL NIL NIL "7bit" 5 1) 12 NIL ("attachment" ("filename" "a.eml")) NIL)
            ("application" "pdf" NIL NIL NIL "base64" 70 NIL ("attachment" NIL)) "mixed")"#,
        );
        let summary: Vec<_> = node
            .children
            .iter()
            .map(|child| {
                (child.section.as_str(), child.content_type.as_str(), child.disposition, child.file_name.as_deref())
            })
            .collect();
        assert_eq!(
            summary,
            [
                ("1", "multipart/alternative", None, None),
                ("2", "image/png", Some(Disposition::Inline), Some("Я.png")),
                ("3", "message/rfc822", Some(Disposition::Attachment), Some("a.eml")),
                ("4", "application/pdf", Some(Disposition::Attachment), None),
            ]
        );
        assert_eq!(node.children[0].children[1].section, "1.2");
        assert_eq!(node.children[1].content_id.as_deref(), Some("id@x"));
    }

    #[test]
    fn broken_structures_are_borne() {
        for (text, content_type) in [
            ("NIL", "text/plain"),
            ("()", "text/plain"),
            ("(NIL \"mixed\")", "multipart/mixed"),
            ("(\"mixed\" (\"boundary\" \"x\") NIL NIL)", "multipart/mixed"),
            ("(\"text\")", "multipart/text"),
            ("(\"a\" NIL)", "multipart/a"),
            ("((()) \"x\")", "multipart/x"),
            ("(\"message\" \"global\" NIL NIL NIL \"8bit\" 5)", "message/global"),
        ] {
            assert_eq!(tree(text).content_type, content_type, "{text}");
        }
        let deep = tree(&format!("{}{}", "(".repeat(400), ")".repeat(400)));
        assert_eq!(deep.content_type, "multipart/mixed");
        let wide = tree(&format!("({} \"mixed\")", "(\"a\" \"b\")".repeat(5000)));
        assert!(wide.children.len() < MAX_PARTS && wide.cut);
        let deep = |levels: usize| {
            let mut node = tree(&format!("{}(\"a\" \"b\"){}", "(".repeat(levels), " \"mixed\")".repeat(levels)));
            while let Some(child) = node.children.pop() {
                node = child;
            }
            node.cut
        };
        assert!(!deep(40) && deep(64) && deep(100));
        assert!(!tree("(NIL \"mixed\")").cut);
    }
}
