//! One message of a file: its bytes as a mail server would have them, and what the program that wrote the file knew of it
//! besides.

use app::wire::Flag;

use crate::mime::header::{Headers, date, decode_text};

/// Octets of a header that are looked at for what a program knew.
const HEAD: usize = 128 * 1024;

/// In what a message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Among others, one after the other.
    Mbox,
    /// By itself, as a person saves it.
    Single,
    /// By itself, as a mail server keeps it: nothing was added.
    Maildir,
}

/// Fields in which programs keep what is no part of the message, in an mbox: mutt, Dovecot, Thunderbird and Google's Takeout.
const NOTES: [&str; 11] = [
    "status",
    "x-status",
    "x-keywords",
    "x-uid",
    "x-imap",
    "x-imapbase",
    "x-mozilla-status",
    "x-mozilla-status2",
    "x-mozilla-keys",
    "x-gmail-labels",
    "x-gm-thrid",
];

/// Makes a message of the lines of a file: line ends become CRLF, notes are left out, and lines that an mbox has quoted
/// (`mboxrd`: `>From ` had one `>` less) are as they were.
#[derive(Debug)]
pub struct Cleaner {
    form: Form,
    /// The header is over.
    body: bool,
    /// The field that is being said is a note.
    note: bool,
    /// A line goes on.
    inside: bool,
    /// The notes, and what else may be asked of the header.
    pub head: Vec<u8>,
}

impl Cleaner {
    pub fn new(form: Form) -> Self {
        Self { form, body: false, note: false, inside: false, head: Vec::new() }
    }

    fn is_note(&self, name: &[u8]) -> bool {
        let known = NOTES.iter().any(|note| name.eq_ignore_ascii_case(note.as_bytes()));
        known
            && match self.form {
                Form::Mbox => true,
                // Thunderbird leaves them in what it saves.
                Form::Single => name.get(..10).is_some_and(|start| start.eq_ignore_ascii_case(b"x-mozilla-")),
                Form::Maildir => false,
            }
    }

    /// A line with its end, or a piece of a long one. Gives what stands for it in the message.
    pub fn line(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let begins = !std::mem::replace(&mut self.inside, !line.ends_with(b"\n"));
        let mut line = line;
        if begins && !self.body {
            let text = line.trim_ascii_end();
            self.body = text.is_empty();
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
                self.note = self.is_note(name);
            }
        }
        if !self.body && self.head.len() < HEAD {
            self.head.extend_from_slice(line);
        }
        if self.note && !self.body {
            return;
        }
        if begins && self.form == Form::Mbox && is_quoted(line) {
            line = line.get(1..).unwrap_or_default();
        }
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
}

/// `>From `, with any number of `>`.
fn is_quoted(line: &[u8]) -> bool {
    let rest = line.iter().position(|byte| *byte != b'>').unwrap_or(line.len());
    rest > 0 && line.get(rest..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// What a program knew of a message.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Known {
    pub flags: Vec<Flag>,
    /// The folder that it was in, where the program says so in the message, with `/` between levels.
    pub folder: Option<String>,
}

/// What the notes of a header say; see [`Form`] for which are some.
pub fn known(head: &[u8], form: Form) -> Known {
    let headers = Headers::parse(head);
    let of_mbox = form == Form::Mbox;
    let text = |name: &str| if of_mbox || name.starts_with("x-mozilla") { headers.text(name) } else { String::new() };
    let mut known = Known::default();
    let letters = format!("{}{}", text("status"), text("x-status"));
    for letter in letters.chars() {
        known.flags.extend(match letter {
            'R' => Some(Flag::Seen),
            'A' => Some(Flag::Answered),
            'F' => Some(Flag::Flagged),
            'T' => Some(Flag::Draft),
            'D' => Some(Flag::Deleted),
            _ => None,
        });
    }
    // nsMsgMessageFlags of Thunderbird, in hexadecimal.
    let mozilla = u32::from_str_radix(text("x-mozilla-status").trim(), 16).unwrap_or(0);
    let bits = [
        (0x1, Flag::Seen),
        (0x2, Flag::Answered),
        (0x4, Flag::Flagged),
        (0x8, Flag::Deleted),
        (0x1000, Flag::Forwarded),
    ];
    known.flags.extend(bits.into_iter().filter(|(bit, _)| mozilla & bit != 0).map(|(_, flag)| flag));
    for words in [text("x-keywords"), text("x-mozilla-keys")] {
        known.flags.extend(words.split_ascii_whitespace().map(|word| Flag::from(word.to_owned())));
    }
    if let Some(labels) = headers.raw("x-gmail-labels").filter(|_| of_mbox) {
        gmail(&decode_text(labels), &mut known);
    }
    known.flags.sort();
    known.flags.dedup();
    known
}

/// Gmail writes its own labels in the language of the person.
fn gmail(labels: &str, known: &mut Known) {
    let mut seen = true;
    let mut own: Vec<&str> = Vec::new();
    for label in labels.split(',').map(str::trim).filter(|label| !label.is_empty()) {
        match label.to_lowercase().as_str() {
            "unread" | "непрочитанные" => seen = false,
            "opened" | "открытые" | "important" | "важное" | "важные" => {}
            "starred" | "помеченные" => known.flags.push(Flag::Flagged),
            "inbox" | "входящие" => known.folder = Some("INBOX".to_owned()),
            "sent" | "отправленные" => known.folder = Some("Sent".to_owned()),
            "drafts" | "draft" | "черновики" => known.folder = Some("Drafts".to_owned()),
            "spam" | "спам" => known.folder = Some("Spam".to_owned()),
            "trash" | "корзина" => known.folder = Some("Trash".to_owned()),
            "archived" | "архивные" => {}
            lower if lower.starts_with("category ") || lower.starts_with("категория ") => {}
            _ => own.push(label),
        }
    }
    if seen {
        known.flags.push(Flag::Seen);
    }
    // As from Gmail itself: one place, and the other labels as labels.
    let first = if known.folder.is_none() { own.first().copied() } else { None };
    let others = own.iter().filter(|label| Some(**label) != first);
    known.flags.extend(others.filter_map(|label| app::label::keyword(label)).map(Flag::from));
    known.folder = known.folder.take().or_else(|| Some(first.map_or("Archive", |first| first).to_owned()));
}

/// When a message came, in seconds since 1970 UTC: as the topmost Received says (RFC 5321 §4.4), else Date.
pub fn arrival_date(head: &[u8]) -> Option<i64> {
    let headers = Headers::parse(head);
    let received = headers.raw("received").and_then(|value| {
        let at = value.iter().rposition(|byte| *byte == b';')?;
        date(value.get(at + 1..)?)
    });
    received.or_else(|| headers.date())
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The date in the line that begins a message of an mbox: `From somebody Thu Nov 26 05:17:24 2026`, with a zone or without. What
/// Thunderbird has there is when it wrote the file.
pub fn from_date(line: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    if words.get(1) == Some(&"-") {
        return None;
    }
    let at = words.iter().rposition(|word| MONTHS.contains(word))?;
    let (month, day, time) = (words.get(at)?, words.get(at + 1)?, words.get(at + 2)?);
    let rest = words.get(at + 3..)?;
    let year = rest.iter().find(|word| word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit()))?;
    let zone = rest.iter().find(|word| word.starts_with(['+', '-'])).unwrap_or(&"+0000");
    date(format!("{day} {month} {year} {time} {zone}").as_bytes())
}

/// Whether a line begins a message of an mbox: as [`from_date`] takes it, or nearly.
pub fn is_beginning(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"From ") else { return false };
    let words = || rest.split(u8::is_ascii_whitespace);
    let is_number = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_digit);
    let is_time = |word: &[u8]| word.contains(&b':') && word.split(|byte| *byte == b':').all(is_number);
    words().any(|word| word.len() == 4 && is_number(word))
        && words().any(|word| MONTHS.iter().any(|month| word == month.as_bytes()))
        && words().any(is_time)
}

/// What some programs of Windows put before a text in UTF-8.
pub const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a file that begins so is an mbox.
pub fn is_mbox(beginning: &[u8]) -> bool {
    is_beginning(beginning.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default())
}

/// Whether it begins with a field of a header (RFC 5322 §2.2).
pub fn is_message(beginning: &[u8]) -> bool {
    let beginning = beginning.strip_prefix(MARK).unwrap_or(beginning);
    let line = beginning.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    name.len() < line.len() && !name.is_empty() && name.iter().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> String {
        let mut out = Vec::new();
        let mut cleaner = Cleaner::new(Form::Mbox);
        text.as_bytes().split_inclusive(|byte| *byte == b'\n').for_each(|line| cleaner.line(line, &mut out));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn what_programs_noted_is_no_part_of_the_message() {
        let text =
            "Status: RO\nX-Mozilla-Keys: a\n  b\nSubject: x\n X-UID: 7\n\nStatus: R\n>From me\n>>From you\n> From\nend";
        let expected = "Subject: x\r\n X-UID: 7\r\n\r\nStatus: R\r\nFrom me\r\n>From you\r\n> From\r\nend";
        assert_eq!(cleaned(text), expected);
        assert_eq!(cleaned("a: b\r\n\r\nx\r\n"), "a: b\r\n\r\nx\r\n");
    }

    #[test]
    fn flags_and_folders_are_read_from_notes() {
        let flags = |words: &str| {
            let mut flags: Vec<Flag> =
                words.split(' ').filter(|word| !word.is_empty()).map(|word| Flag::from(word.to_owned())).collect();
            flags.sort();
            flags
        };
        for (head, expected, folder) in [
            ("Status: RO\nX-Status: AF\nX-Keywords: work $label1\n", "\\Seen \\Answered \\Flagged work $label1", None),
            (
                "X-Mozilla-Status: 1007\nX-Mozilla-Keys: $label2    \n",
                "\\Seen \\Answered \\Flagged $Forwarded $label2",
                None,
            ),
            ("X-Gmail-Labels: Inbox,Opened,Work\n", "\\Seen Work", Some("INBOX")),
            ("X-Gmail-Labels: =?UTF-8?B?0JTQvtC8LNCd0LXQv9GA0L7Rh9C40YLQsNC90L3Ri9C1?=\n", "", Some("Дом")),
            ("X-Gmail-Labels: Archived,Starred\n", "\\Seen \\Flagged", Some("Archive")),
            ("Subject: none\n", "", None),
        ] {
            let known = known(head.as_bytes(), Form::Mbox);
            assert_eq!((known.flags, known.folder.as_deref()), (flags(expected), folder), "{head}");
        }
    }

    #[test]
    fn a_line_that_begins_a_message_has_its_date() {
        for (line, date, begins) in [
            ("From MAILER-DAEMON Thu Nov 26 05:17:24 2026\n", Some(1_795_670_244), true),
            ("From 1789@xxx Thu Nov 26 08:17:24 +0300 2026\r\n", Some(1_795_670_244), true),
            ("From - Thu Nov 26 05:17:24 2026\n", None, true),
            ("From here to there\n", None, false),
            ("From: 10:30 2026\n", None, false),
            ("From May 2024 on the price is: 10\n", None, false),
        ] {
            assert_eq!((from_date(line.as_bytes()), is_beginning(line.as_bytes())), (date, begins), "{line}");
        }
    }

    #[test]
    fn a_message_came_when_its_topmost_stamp_says() {
        for (head, expected) in [
            (
                "Received: from a by b; Fri, 21 Nov 2025 10:05:00 +0300\r\nReceived: x; Thu, 20 Nov 2025 10:05:00 +0300\r\n\r\n",
                Some(1_763_708_700),
            ),
            (
                "Received: from a (x; y)\r\n by b;\r\n\tFri, 21 Nov 2025 10:05:00 +0300 (MSK)\r\n\r\n",
                Some(1_763_708_700),
            ),
            ("Received: no time\r\nDate: Fri, 21 Nov 2025 10:05:00 +0300\r\n\r\n", Some(1_763_708_700)),
            ("Date: soon\r\n\r\n", None),
            ("Subject: x\r\n\r\nReceived: x; Fri, 21 Nov 2025 10:05:00 +0300", None),
        ] {
            assert_eq!(arrival_date(head.as_bytes()), expected, "{head:?}");
        }
    }
}
