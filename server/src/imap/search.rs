//! What a person can search for, and how it is written in the search box.

use app::label;

pub use super::date::Date;
use super::{Error, command::Command};

/// One thing that must be true of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    All,
    /// Anywhere in the message.
    Text(String),
    Subject(String),
    From(String),
    To(String),
    Body(String),
    /// A header field with this text in it.
    Header(String, String),
    /// Arrived on that day or after it.
    Since(Date),
    /// Arrived before that day.
    Before(Date),
    On(Date),
    Unseen,
    Seen,
    Flagged,
    Unflagged,
    Answered,
    Keyword(String),
    Unkeyword(String),
    /// One of these, which are some.
    Any(Vec<Key>),
    Attachment,
    /// Larger than this many bytes.
    Larger(u32),
    Smaller(u32),
    Not(Box<Key>),
}

impl Key {
    pub(super) fn is_ascii(&self) -> bool {
        match self {
            Key::Text(text) | Key::Subject(text) | Key::From(text) | Key::To(text) | Key::Body(text) => text.is_ascii(),
            Key::Header(name, text) => name.is_ascii() && text.is_ascii(),
            Key::Not(key) => key.is_ascii(),
            Key::Any(keys) => keys.iter().all(Key::is_ascii),
            _ => true,
        }
    }

    pub(super) fn say(&self, command: Command) -> Result<Command, Error> {
        match self {
            Key::All => Ok(command.words("ALL")),
            Key::Text(text) => command.words("TEXT").string(text),
            Key::Subject(text) => command.words("SUBJECT").string(text),
            Key::From(text) => command.words("FROM").string(text),
            // Who looks for a recipient does not tell To from Cc.
            Key::To(text) => command.words("OR TO").string(text)?.words("CC").string(text),
            Key::Body(text) => command.words("BODY").string(text),
            Key::Header(name, text) => command.words("HEADER").string(name)?.string(text),
            Key::Since(date) => Ok(command.words(&format!("SINCE {date}"))),
            Key::Before(date) => Ok(command.words(&format!("BEFORE {date}"))),
            Key::On(date) => Ok(command.words(&format!("ON {date}"))),
            Key::Unseen => Ok(command.words("UNSEEN")),
            Key::Seen => Ok(command.words("SEEN")),
            Key::Flagged => Ok(command.words("FLAGGED")),
            Key::Unflagged => Ok(command.words("UNFLAGGED")),
            Key::Answered => Ok(command.words("ANSWERED")),
            Key::Keyword(keyword) => command.words("KEYWORD").keyword(keyword),
            Key::Unkeyword(keyword) => command.words("UNKEYWORD").keyword(keyword),
            Key::Any(keys) => {
                // OR takes two: `OR a OR b c`.
                let ors = keys.iter().skip(1).fold(command, |command, _| command.words("OR"));
                keys.iter().try_fold(ors, |command, key| key.say(command))
            }
            // IMAP has no word for it. A message with attachments is almost always of this type.
            Key::Attachment => Ok(command.words("HEADER Content-Type \"multipart/mixed\"")),
            Key::Larger(bytes) => Ok(command.words(&format!("LARGER {bytes}"))),
            Key::Smaller(bytes) => Ok(command.words(&format!("SMALLER {bytes}"))),
            Key::Not(key) => key.say(command.words("NOT")),
        }
    }
}

/// The longest text of a search box that is looked at, in characters.
const MAX_TEXT: usize = 1000;

/// The largest number of keys made of it.
const MAX_KEYS: usize = 50;

/// What a search box asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// All of them are true of what is found.
    pub keys: Vec<Key>,
    /// Names of mailboxes to search, as they were typed (`in:`); none for those that were chosen otherwise.
    pub places: Vec<String>,
}

/// Reads a search box: words and `"phrases"` anywhere in the message, `subject:`, `from:`, `to:`, `body:`, `since:`,
/// `before:`, `on:` (2026-11-23), `is:unread`, `is:read`, `is:starred`, `is:unstarred`, `is:answered`, `has:attachment`,
/// `label:work` (by name, in any language, or keyword), `larger:5M`, `smaller:100k`, and `-` before any of them for its
/// opposite; `in:Archive` says where. What is none of these is text.
pub fn parse(text: &str) -> Wanted {
    let letters: Vec<char> = text.chars().take(MAX_TEXT).collect();
    let mut rest = letters.as_slice();
    let mut wanted = Wanted::default();
    while let Some(term) = term(&mut rest) {
        if let Some(place) = place(&term) {
            wanted.places.push(place);
        } else if wanted.keys.len() < MAX_KEYS
            && let Some(key) = key(&term)
        {
            wanted.keys.push(key);
        }
    }
    wanted
}

fn place(term: &Term) -> Option<String> {
    let is_place =
        !term.negated && term.operator.as_deref().is_some_and(|operator| operator.eq_ignore_ascii_case("in"));
    Some(term.value.trim().to_owned()).filter(|place| is_place && !place.is_empty())
}

/// What stands between spaces.
#[derive(Debug, Default)]
struct Term {
    negated: bool,
    /// What is before the first colon outside quotes.
    operator: Option<String>,
    value: String,
    quoted: bool,
}

fn term(rest: &mut &[char]) -> Option<Term> {
    while let [letter, after @ ..] = rest {
        if !letter.is_whitespace() {
            break;
        }
        *rest = after;
    }
    if rest.is_empty() {
        return None;
    }
    let mut term = Term::default();
    if let ['-', after @ ..] = rest
        && after.first().is_some_and(|letter| !letter.is_whitespace() && *letter != '-')
    {
        term.negated = true;
        *rest = after;
    }
    let mut in_quotes = false;
    while let [letter, after @ ..] = rest {
        *rest = after;
        match letter {
            '"' | '“' | '”' | '«' | '»' => {
                in_quotes = !in_quotes;
                term.quoted = true;
            }
            _ if letter.is_whitespace() && !in_quotes => break,
            ':' if !in_quotes && !term.quoted && term.operator.is_none() => {
                term.operator = Some(std::mem::take(&mut term.value));
            }
            // What IMAP cannot say separates words as well as a space does.
            _ if letter.is_control() => term.value.push(' '),
            _ => term.value.push(*letter),
        }
    }
    Some(term)
}

fn key(term: &Term) -> Option<Key> {
    let value = term.value.trim();
    let operator = term.operator.as_deref().unwrap_or_default().to_lowercase();
    let text = || value.to_owned();
    let known = match operator.as_str() {
        _ if value.is_empty() => None,
        "subject" => Some(Key::Subject(text())),
        "from" => Some(Key::From(text())),
        "to" => Some(Key::To(text())),
        "body" => Some(Key::Body(text())),
        "since" | "after" => Date::parse(value).map(Key::Since),
        "before" => Date::parse(value).map(Key::Before),
        "on" => Date::parse(value).map(Key::On),
        "is" => state(value),
        "has" if value.eq_ignore_ascii_case("attachment") => Some(Key::Attachment),
        "label" => label(value),
        "larger" => size(value).map(Key::Larger),
        "smaller" => size(value).map(Key::Smaller),
        _ => None,
    };
    let key = match (known, &term.operator) {
        (Some(key), _) => key,
        (None, Some(operator)) => text_key(&format!("{operator}:{}", term.value))?,
        (None, None) => text_key(value)?,
    };
    Some(if term.negated { negated(key) } else { key })
}

fn text_key(text: &str) -> Option<Key> {
    let text = text.trim();
    (!text.is_empty()).then(|| Key::Text(text.to_owned()))
}

fn state(value: &str) -> Option<Key> {
    match value.to_lowercase().as_str() {
        "unread" | "unseen" => Some(Key::Unseen),
        "read" | "seen" => Some(Key::Seen),
        "starred" | "flagged" => Some(Key::Flagged),
        "unstarred" | "unflagged" => Some(Key::Unflagged),
        "answered" => Some(Key::Answered),
        _ => None,
    }
}

fn label(value: &str) -> Option<Key> {
    let mut keys: Vec<Key> = label::meant(value).into_iter().map(Key::Keyword).collect();
    match keys.len() {
        0 | 1 => keys.pop(),
        _ => Some(Key::Any(keys)),
    }
}

fn negated(key: Key) -> Key {
    match key {
        Key::Keyword(keyword) => Key::Unkeyword(keyword),
        Key::Unkeyword(keyword) => Key::Keyword(keyword),
        Key::Seen => Key::Unseen,
        Key::Unseen => Key::Seen,
        Key::Flagged => Key::Unflagged,
        Key::Unflagged => Key::Flagged,
        key => Key::Not(Box::new(key)),
    }
}

/// `5M`, `100k`, `2048`
fn size(value: &str) -> Option<u32> {
    let lower = value.to_lowercase();
    let lower = lower.strip_suffix('b').unwrap_or(&lower);
    let units = [("k", 1024), ("m", 1024 * 1024), ("g", 1024 * 1024 * 1024)];
    let found = units.iter().find_map(|(unit, bytes)| Some((lower.strip_suffix(unit)?, *bytes)));
    let (digits, unit): (&str, u64) = found.unwrap_or((lower, 1));
    let number: u64 = digits.parse().ok()?;
    Some(u32::try_from(number.saturating_mul(unit)).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imap::Capabilities;
    use proptest::prelude::*;

    fn said(keys: &[Key]) -> String {
        let command = keys.iter().try_fold(Command::new("S"), |command, key| key.say(command)).unwrap();
        let capabilities = Capabilities { literal_plus: true, ..Capabilities::default() };
        let writes = command.into_writes("t", &capabilities).into_iter();
        let line = String::from_utf8(writes.flat_map(|write| write.bytes).collect()).unwrap();
        line.trim_start_matches("t S ").trim_end().to_owned()
    }

    #[test]
    fn a_search_box_is_understood() {
        for (text, expected) in [
            ("", "t S"),
            ("lunch", "TEXT \"lunch\""),
            ("  \"two words\"  x ", "TEXT \"two words\" TEXT \"x\""),
            ("from:ana subject:\"big deal\"", "FROM \"ana\" SUBJECT \"big deal\""),
            ("to:bo", "OR TO \"bo\" CC \"bo\""),
            ("since:2026-11-01 before:2026-12-01", "SINCE 1-Nov-2026 BEFORE 1-Dec-2026"),
            ("on:2026-02-30", "TEXT \"on:2026-02-30\""),
            ("is:unread is:Starred", "UNSEEN FLAGGED"),
            ("-is:unread -from:ana -word", "SEEN NOT FROM \"ana\" NOT TEXT \"word\""),
            (
                "has:attachment larger:5M smaller:1000",
                "HEADER Content-Type \"multipart/mixed\" LARGER 5242880 SMALLER 1000",
            ),
            ("label:$label1 -label:$Label2", "KEYWORD $label1 UNKEYWORD $Label2"),
            (
                "label:Важное -label:\"К исполнению\"",
                "OR KEYWORD $label1 KEYWORD &BBIEMAQ2BD0EPgQ1- NOT OR KEYWORD $label4 KEYWORD &BBo-_&BDgEQQQ,BD4EOwQ9BDUEPQQ4BE4-",
            ),
            ("label:urgent label:(", "KEYWORD urgent TEXT \"label:(\""),
            ("larger:9G", "LARGER 4294967295"),
            ("http://x.org re:zero", "TEXT \"http://x.org\" TEXT \"re:zero\""),
            ("from: -", "TEXT \"from:\" TEXT \"-\""),
            ("\"is:unread\"", "TEXT \"is:unread\""),
            ("привет", "TEXT {12+}\r\nпривет"),
            ("«два слова»", "TEXT {17+}\r\nдва слова"),
            ("a\u{0}b", "TEXT \"a b\""),
        ] {
            assert_eq!(said(&parse(text).keys), expected, "{text}");
        }
    }

    #[test]
    fn a_search_says_where() {
        let wanted = parse("lunch in:Archive IN:\"Sent Mail\" -in:Trash in:");
        assert_eq!(wanted.places, ["Archive", "Sent Mail"]);
        assert_eq!(said(&wanted.keys), "TEXT \"lunch\" NOT TEXT \"in:Trash\" TEXT \"in:\"");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_can_be_said(text: String) {
            let keys = parse(&text).keys;
            prop_assert!(keys.len() <= MAX_KEYS);
            said(&keys);
        }
    }
}
