//! What a frame says (RFC 9051 §7). Whatever makes no sense is [`Response::Other`]: dropped and counted, never an error.

use std::borrow::Cow;

use app::{legible::legible, wire::Rights};
use async_imap::imap_proto::Status as Answer;
use bumpalo::Bump;

use super::{
    Code,
    frame::Frame,
    namespace::Namespaces,
    value::{self, Value},
};

mod fetch;

pub use fetch::Fetch;
use fetch::fetch;

#[derive(Debug, PartialEq)]
pub enum Response {
    /// The end of a command.
    Tagged {
        tag: String,
        status: Status,
    },
    /// `+`: go on.
    Continue,
    /// OK, NO, BAD, BYE or PREAUTH by itself.
    Status(Status),
    Capability(Vec<String>),
    Exists(u32),
    Expunge(u32),
    Vanished,
    Fetch(Box<Fetch>),
    /// The result of SORT, in its order, as ranges.
    Sort(Vec<(u32, u32)>),
    /// The result of SEARCH or ESEARCH, as ranges.
    Search(Vec<(u32, u32)>),
    List(List),
    /// The answer to STATUS; the name is as it travelled.
    StatusOf {
        name: Vec<u8>,
        items: Vec<(String, u64)>,
        /// `MAILBOXID` (RFC 8474 §4.3), or Dovecot's `X-GUID`.
        id: Option<String>,
    },
    /// What is used and allowed of each resource, by its name in upper case (RFC 9208 §4.2.1).
    Quota(Vec<(String, u64, u64)>),
    /// How the names of the mailboxes begin that are a person's own, and of those that are not (RFC 2342).
    Namespace(Namespaces),
    /// Who may do what in a mailbox (RFC 4314 §3.6); the name is as it travelled.
    Acl {
        name: Vec<u8>,
        entries: Vec<(String, Rights)>,
    },
    /// What the person may do in a mailbox (RFC 4314 §3.8).
    MyRights {
        name: Vec<u8>,
        rights: Rights,
    },
    /// Every right that somebody has or can be given in a mailbox (RFC 4314 §3.7).
    ListRights(Rights),
    /// Understood, and nobody's business.
    Ignored,
    /// Makes no sense.
    Other,
}

#[derive(Debug, PartialEq)]
pub struct Status {
    pub answer: Answer,
    pub code: Option<Code>,
    pub text: String,
}

/// One LIST or LSUB line; the name is as it travelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub subscribed_only: bool,
    pub attributes: Vec<String>,
    pub delimiter: Option<char>,
    pub name: Vec<u8>,
}

impl Response {
    /// Reads a frame; in the room is what is needed meanwhile.
    pub fn read(frame: Frame, room: &Bump) -> Response {
        if frame.text.starts_with(b"+") {
            return Response::Continue;
        }
        match frame.text.strip_prefix(b"* ") {
            Some(rest) => Self::untagged(rest.len(), frame, room),
            None => Self::tagged(&frame.text),
        }
    }

    fn tagged(text: &[u8]) -> Response {
        let (tag, rest) = word(text);
        let plausible = (1..=32).contains(&tag.len()) && tag.iter().all(u8::is_ascii_alphanumeric);
        match (plausible, status(rest)) {
            (true, Some(status)) if matches!(status.answer, Answer::Ok | Answer::No | Answer::Bad) => {
                Response::Tagged { tag: String::from_utf8_lossy(tag).into_owned(), status }
            }
            _ => Response::Other,
        }
    }

    fn untagged(length: usize, frame: Frame, room: &Bump) -> Response {
        let start = frame.text.len() - length;
        let rest = frame.text.get(start..).unwrap_or_default();
        if let Some(status) = status(rest) {
            return Response::Status(status);
        }
        let (first, after) = word(rest);
        let after_at = frame.text.len() - after.len();
        if first.eq_ignore_ascii_case(b"SEARCH") {
            return Response::Search(numbers(after));
        }
        if first.eq_ignore_ascii_case(b"SORT") {
            return Response::Sort(numbers(after));
        }
        if let Some(number) = std::str::from_utf8(first).ok().and_then(|first| first.parse::<u32>().ok()) {
            let (kind, values) = word(after);
            let at = frame.text.len() - values.len();
            return match &*upper(kind) {
                b"EXISTS" => Response::Exists(number),
                b"EXPUNGE" => Response::Expunge(number),
                b"RECENT" => Response::Ignored,
                b"FETCH" => Response::Fetch(Box::new(fetch(number, at, frame, room))),
                _ => Response::Other,
            };
        }
        let values = value::read(&frame.text, after_at, &frame.literals, room);
        match &*upper(first) {
            b"CAPABILITY" => Response::Capability(value::words(values)),
            b"ESEARCH" => esearch(values),
            b"LIST" => list(values, false),
            b"LSUB" => list(values, true),
            b"STATUS" => status_of(values),
            b"QUOTA" => quota(values),
            b"VANISHED" => Response::Vanished,
            b"NAMESPACE" => Response::Namespace(Namespaces::read(values)),
            b"ACL" => acl(values),
            b"MYRIGHTS" => my_rights(values),
            b"LISTRIGHTS" => list_rights(values),
            b"FLAGS" | b"ID" | b"ENABLED" | b"QUOTAROOT" => Response::Ignored,
            _ => Response::Other,
        }
    }
}

/// Splits off what is before the first space.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b' ').and_then(|at| text.split_at_checked(at)) {
        Some((word, rest)) => (word, rest.get(1..).unwrap_or_default()),
        None => (text, &[]),
    }
}

/// In upper case, which words of the protocol nearly always have.
fn upper(word: &[u8]) -> Cow<'_, [u8]> {
    if word.iter().any(u8::is_ascii_lowercase) { word.to_ascii_uppercase().into() } else { word.into() }
}

/// The longest text of the server's own that is kept.
const MAX_TEXT: usize = 500;

fn status(text: &[u8]) -> Option<Status> {
    let (first, rest) = word(text);
    let answer = match &*upper(first) {
        b"OK" => Answer::Ok,
        b"NO" => Answer::No,
        b"BAD" => Answer::Bad,
        b"BYE" => Answer::Bye,
        b"PREAUTH" => Answer::PreAuth,
        _ => return None,
    };
    let (code, text) = Code::split(rest);
    let text = String::from_utf8_lossy(text);
    let text = legible(text.trim()).chars().filter(|letter| !letter.is_control()).take(MAX_TEXT).collect();
    Some(Status { answer, code, text })
}

/// The largest number of ranges read of one line.
const MAX_RANGES: usize = 2_000_000;

/// The numbers of a SEARCH or SORT line, without a tree of values: there may be a million. Stops at `(MODSEQ …)`.
fn numbers(text: &[u8]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for word in text.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
        if ranges.len() >= MAX_RANGES {
            break;
        }
        let Some(number) = std::str::from_utf8(word).ok().and_then(|word| word.parse::<u32>().ok()) else { break };
        match ranges.last_mut() {
            // There is no message of that number.
            _ if number == 0 => {}
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}

/// RFC 4731 §3: `(TAG "A") UID ALL 4:18,21`
fn esearch(values: &[Value]) -> Response {
    let all = values.iter().zip(values.iter().skip(1)).find(|(name, _)| name.is("ALL"));
    let set = all.and_then(|(_, set)| super::UidSet::parse(set.text()?));
    Response::Search(set.map(|set| set.into_ranges()).unwrap_or_default())
}

fn list(values: &[Value], subscribed_only: bool) -> Response {
    let [attributes, delimiter, rest @ ..] = values else { return Response::Other };
    let name = match rest {
        [Value::Nil, ..] => b"NIL".to_vec(),
        rest => match mailbox(rest) {
            Some((name, _)) => name,
            None => return Response::Other,
        },
    };
    if name.len() > LONGEST_NAME {
        return Response::Other;
    }
    let attributes = value::words(attributes.list());
    let delimiter = delimiter.text().and_then(|text| text.chars().next());
    Response::List(List { subscribed_only, attributes, delimiter, name })
}

/// The longest name of a mailbox, in bytes as it travels. Fifty levels of long Cyrillic names are as long.
const LONGEST_NAME: usize = 4096;

/// The name of a mailbox and what comes behind it. Some servers write a name with spaces in it without quotes.
fn mailbox<'a, 'v>(values: &'v [Value<'a>]) -> Option<(Vec<u8>, &'v [Value<'a>])> {
    if let [Value::String(name), rest @ ..] = values {
        return Some((name.to_vec(), rest));
    }
    let words: Vec<&[u8]> =
        values.iter().map_while(|value| if let Value::Atom(word) = value { Some(*word) } else { None }).collect();
    let rest = values.get(words.len()..).unwrap_or_default();
    (!words.is_empty()).then(|| (words.join(&b" "[..]), rest))
}

/// The largest number of people told of as having rights in one mailbox.
const MAX_ENTRIES: usize = 1000;

/// `INBOX ana lrs bo lr`
fn acl(values: &[Value]) -> Response {
    let Some((name, pairs)) = values.split_first() else { return Response::Other };
    let Some(name) = name.bytes().map(<[u8]>::to_vec) else { return Response::Other };
    let entries = pairs.chunks_exact(2).take(MAX_ENTRIES).filter_map(|pair| {
        let [identifier, letters] = pair else { return None };
        Some((String::from_utf8_lossy(identifier.bytes()?).into_owned(), rights(&[letters])))
    });
    Response::Acl { name, entries: entries.collect() }
}

/// `INBOX lrs`
fn my_rights(values: &[Value]) -> Response {
    match values {
        [name, letters] => match name.bytes() {
            Some(name) => Response::MyRights { name: name.to_vec(), rights: rights(&[letters]) },
            None => Response::Other,
        },
        _ => Response::Other,
    }
}

/// `INBOX ana lr s w ite`: what is always there, and then what comes together.
fn list_rights(values: &[Value]) -> Response {
    match values {
        [_, _, letters @ ..] if !letters.is_empty() => {
            Response::ListRights(rights(&letters.iter().collect::<Vec<_>>()))
        }
        _ => Response::Other,
    }
}

/// RFC 4314 §2.1: letters and digits.
fn rights(words: &[&Value]) -> Rights {
    let letters = words.iter().filter_map(|word| word.text()).flat_map(str::chars);
    let mut known = String::new();
    for letter in letters.filter(char::is_ascii_alphanumeric) {
        if !known.contains(letter) {
            known.push(letter);
        }
    }
    Rights(known)
}

fn status_of(values: &[Value]) -> Response {
    let Some((name, [Value::List(items), ..])) = mailbox(values) else { return Response::Other };
    let (mut counts, mut id) = (Vec::new(), None);
    for pair in items.chunks_exact(2) {
        let [item, value] = pair else { continue };
        if item.is("MAILBOXID") || item.is("X-GUID") {
            // RFC 8474 §4: 255 characters at most.
            let told = value.list().first().unwrap_or(value).text();
            id = told.filter(|id| id.len() <= 255).map(str::to_owned);
        } else if let (Some(item), Some(number)) = (item.text(), value.number()) {
            counts.push((item.to_ascii_uppercase(), number));
        }
    }
    Response::StatusOf { name, items: counts, id }
}

/// `"" (STORAGE 10 512 MESSAGE 3 100)`
fn quota(values: &[Value]) -> Response {
    let resources = values.iter().skip(1).flat_map(Value::list).copied().collect::<Vec<_>>();
    let triples = resources.chunks_exact(3).filter_map(|triple| {
        let [name, used, limit] = triple else { return None };
        Some((name.text()?.to_ascii_uppercase(), used.number()?, limit.number()?))
    });
    Response::Quota(triples.collect())
}

#[cfg(test)]
mod tests {
    use app::wire::{Flag, ModSeq};

    use super::*;
    use crate::imap::frame::{Framer, Limits};
    use proptest::prelude::*;

    fn responses(said: &[u8]) -> Vec<Response> {
        let mut responses = Vec::new();
        let _ = Framer::new(Limits::SHORT).push(said, |frame| responses.push(Response::read(frame, &Bump::new())));
        responses
    }

    fn one(said: &str) -> Response {
        responses(format!("{said}\r\n").as_bytes()).remove(0)
    }

    #[test]
    fn statuses_are_read() {
        let status = |answer, code, text: &str| Status { answer, code, text: text.into() };
        assert_eq!(
            one("A1 no [TRYCREATE] Нет такой"),
            Response::Tagged {
                tag: "A1".into(), status: status(Answer::No, Some(Code::TryCreate), "Нет такой")
            }
        );
        assert_eq!(one("* BYE too\u{202e}\u{200b} long"), Response::Status(status(Answer::Bye, None, "too long")));
        assert_eq!(one("* OK"), Response::Status(status(Answer::Ok, None, "")));
        assert_eq!(one("* OK [READ-WRITE]П"), Response::Status(status(Answer::Ok, Some(Code::ReadWrite), "П")));
        assert_eq!(one("+"), Response::Continue);
        for said in
            ["", "A1", "A1 MAYBE", "A-1 OK", "*", "* ", "* 5", "* 5 FOO", "* XFOO bar", "A1 BYE", "* 4294967296 EXISTS"]
        {
            assert_eq!(one(said), Response::Other, "{said}");
        }
    }

    #[test]
    fn rights_are_read() {
        let rights = |letters: &str| Rights(letters.to_owned());
        let entries = vec![("bo@pismo.test".to_owned(), rights("lrs")), ("group:Отдел".to_owned(), rights("lrswi0"))];
        assert_eq!(
            one("* ACL \"Team x\" bo@pismo.test lrs \"group:Отдел\" lrswi0 odd"),
            Response::Acl { name: b"Team x".to_vec(), entries }
        );
        assert_eq!(one("* ACL Team"), Response::Acl { name: b"Team".to_vec(), entries: vec![] });
        assert_eq!(
            one("* ACL Team \"\" \"\""),
            Response::Acl { name: b"Team".to_vec(), entries: vec![(String::new(), rights(""))] }
        );
        assert_eq!(one("* MYRIGHTS Team lr-s"), Response::MyRights { name: b"Team".to_vec(), rights: rights("lrs") });
        assert_eq!(one("* LISTRIGHTS Team bo \"\" l r s xc kc"), Response::ListRights(rights("lrsxck")));
        for said in ["* ACL", "* ACL (x) a lr", "* MYRIGHTS Team", "* MYRIGHTS () lr", "* LISTRIGHTS Team bo"] {
            assert_eq!(one(said), Response::Other, "{said}");
        }
    }

    #[test]
    fn data_of_a_mailbox_are_read() {
        assert_eq!(one("* 23 EXISTS"), Response::Exists(23));
        assert_eq!(one("* 2 expunge"), Response::Expunge(2));
        assert_eq!(one("* SORT 9 3 4 2"), Response::Sort(vec![(9, 9), (3, 4), (2, 2)]));
        assert_eq!(one("* SEARCH"), Response::Search(vec![]));
        assert_eq!(one("* SEARCH 3 4 9 (MODSEQ 5)"), Response::Search(vec![(3, 4), (9, 9)]));
        assert_eq!(one("* ESEARCH (TAG \"t\") UID COUNT 3 ALL 4:5,9"), Response::Search(vec![(4, 5), (9, 9)]));
        assert_eq!(one("* ESEARCH (TAG \"t\") UID"), Response::Search(vec![]));
        let list = |attributes: &[&str], delimiter, name: &str| {
            let attributes = attributes.iter().map(|word| word.to_string()).collect();
            Response::List(List { subscribed_only: false, attributes, delimiter, name: name.into() })
        };
        assert_eq!(
            one("* LIST (\\HasNoChildren \\Sent) \"\\\\\" \"a\\\"b\" (\"CHILDINFO\" (\"SUBSCRIBED\"))"),
            list(&["\\HasNoChildren", "\\Sent"], Some('\\'), "a\"b")
        );
        assert_eq!(one("* LIST () NIL [Gmail]/x"), list(&[], None, "[Gmail]/x"));
        assert_eq!(
            one("* STATUS \"a b\" (MESSAGES 2 HIGHESTMODSEQ 9223372036854775807 MAILBOXID (x) UNSEEN 1)"),
            Response::StatusOf {
                name: b"a b".to_vec(),
                items: vec![
                    ("MESSAGES".into(), 2),
                    ("HIGHESTMODSEQ".into(), u64::from(u32::MAX >> 1) << 32 | u64::from(u32::MAX)),
                    ("UNSEEN".into(), 1)
                ],
                id: Some("x".into()),
            }
        );
        let named = |id: &str| Response::StatusOf { name: b"INBOX".to_vec(), items: vec![], id: Some(id.into()) };
        assert_eq!(one("* STATUS INBOX (X-GUID 12345678)"), named("12345678"));
    }

    #[test]
    fn room_is_read_as_far_as_it_makes_sense() {
        let quota = |resources: &[(&str, u64, u64)]| {
            Response::Quota(resources.iter().map(|(name, used, limit)| (name.to_string(), *used, *limit)).collect())
        };
        assert_eq!(one("* QUOTAROOT INBOX \"User quota\""), Response::Ignored);
        for (said, expected) in [
            ("* QUOTA \"\" (STORAGE 10 512 message 3 100)", quota(&[("STORAGE", 10, 512), ("MESSAGE", 3, 100)])),
            ("* QUOTA (STORAGE) ()", quota(&[])),
            ("* QUOTA x", quota(&[])),
            ("* QUOTA x (STORAGE -1 512 MESSAGE 3 4 ANNOTATION 5)", quota(&[("MESSAGE", 3, 4)])),
        ] {
            assert_eq!(one(said), expected, "{said}");
        }
    }

    #[test]
    fn a_message_is_read_whatever_is_missing() {
        let said =
            b"* 7 FETCH (UID 12 FLAGS (\\Seen \\Recent x) INTERNALDATE NIL RFC822.SIZE 99999999999 X-NEW (a (b)) \
            PREVIEW (FUZZY \"hi\") MODSEQ (5) BODY[1.MIME]<0> {3}\r\nabc BODY[2] NIL)\r\n";
        let expected = Fetch {
            seq: 7,
            uid: Some(12),
            flags: Some(vec![Flag::Seen, Flag::Keyword("x".into())]),
            modseq: Some(ModSeq(5)),
            size: Some(u32::MAX),
            preview: Some("hi".to_owned()),
            sections: vec![("1.MIME".into(), b"abc".to_vec()), ("2".into(), Vec::new())],
            ..Fetch::default()
        };
        assert_eq!(responses(said), [Response::Fetch(Box::new(expected))]);
        for said in ["* 7 FETCH", "* 7 FETCH ()", "* 7 FETCH (UID", "* 7 FETCH (())", "* 7 FETCH (UID 0)"] {
            assert_eq!(one(said), Response::Fetch(Box::new(Fetch { seq: 7, ..Fetch::default() })), "{said}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(said: Vec<u8>) {
            responses(&said);
        }

        #[test]
        fn any_words_are_read_without_panic(
            kind in prop_oneof![Just("7 FETCH"), Just("LIST"), Just("STATUS"), Just("OK"), Just("ESEARCH"), Just("SEARCH")],
            words in "(\\(|\\)|\"|\\\\|\\[|\\]| |BODY|UID|FLAGS|NIL|ALL|[0-9]|\\{1\\}\r\n|COPYUID){0,40}",
        ) {
            responses(format!("* {kind} {words}\r\n").as_bytes());
        }
    }
}
