//! Address lists (RFC 5322 §3.4), as they are written and as they are miswritten. Linear, and without recursion.

use app::{legible::legible, wire::Address};

use super::word::{Scan, decode_text};
use crate::mime::charset;

/// How many addresses are taken from one field.
const MAX_ADDRESSES: usize = 2000;

/// The longest address in brackets in which quotes are heeded, in bytes; RFC 5321 §4.5.3.1 has 256.
const LONGEST: usize = 1024;

/// Reads an address list. Groups are flattened, comments kept only where there is no other name. What has no
/// address at all becomes an address with a name alone.
pub fn addresses(value: &[u8]) -> Vec<Address> {
    let value: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
    let mut reader = Reader::default();
    let mut rest = value.as_slice();
    let mut scan = Scan::default();
    while let Some((&byte, after)) = rest.split_first() {
        if reader.found.len() >= MAX_ADDRESSES {
            break;
        }
        rest = match byte {
            b'(' => {
                let (comment, after) = comment(after);
                reader.comment = comment;
                after
            }
            b'"' => {
                let (text, after) = quoted(after);
                reader.push(Piece::Quoted(text));
                after
            }
            b'<' => {
                let (address, after) = angle(after);
                reader.begin(address);
                after
            }
            b',' | b';' => {
                reader.finish();
                after
            }
            b':' if !reader.has_at() => {
                // The name of a group; its members follow.
                reader.forget();
                after
            }
            byte if byte.is_ascii_whitespace() => {
                reader.spaced = true;
                after
            }
            b'=' => match scan.word(rest) {
                Some((_, length)) => {
                    let (word, after) = rest.split_at(length);
                    reader.push(Piece::Word(word.to_vec()));
                    after
                }
                None => {
                    reader.push_byte(byte);
                    after
                }
            },
            byte => {
                reader.push_byte(byte);
                after
            }
        };
    }
    reader.finish();
    reader.found
}

#[derive(Debug)]
enum Piece {
    Atom(Vec<u8>),
    Quoted(Vec<u8>),
    /// An encoded word, taken whole: miswritten ones hold commas and brackets.
    Word(Vec<u8>),
}

#[derive(Default)]
struct Reader {
    found: Vec<Address>,
    /// What came since the last comma, and whether white space stood before it.
    pieces: Vec<(bool, Piece)>,
    spaced: bool,
    /// Whether the last of them is an atom with an `@` in it.
    at: bool,
    angle: Option<Vec<u8>>,
    /// How many of the pieces came before it.
    before: usize,
    comment: Vec<u8>,
}

impl Reader {
    fn push(&mut self, piece: Piece) {
        self.at = false;
        self.pieces.push((std::mem::take(&mut self.spaced), piece));
    }

    fn push_byte(&mut self, byte: u8) {
        match self.pieces.last_mut() {
            Some((_, Piece::Atom(atom))) if !self.spaced => atom.push(byte),
            _ => self.push(Piece::Atom(vec![byte])),
        }
        self.at |= byte == b'@';
    }

    fn has_at(&self) -> bool {
        self.at && !self.pieces.is_empty()
    }

    fn forget(&mut self) {
        self.pieces.clear();
        self.spaced = false;
        self.angle = None;
        self.comment.clear();
    }

    /// An address in brackets. Where there was one since the last comma, the comma was forgotten: none hides the other.
    fn begin(&mut self, angle: Vec<u8>) {
        if self.angle.as_deref().is_some_and(|one| !clean_email(one).is_empty()) {
            let name = self.pieces.split_off(self.before);
            self.finish();
            self.pieces = name;
        }
        self.angle = Some(angle);
        self.before = self.pieces.len();
    }

    fn finish(&mut self) {
        let email = match self.angle.take() {
            Some(angle) => angle,
            None => self.take_bare(),
        };
        let mut name = decode_text(&self.phrase());
        if name.is_empty() {
            name = decode_text(&self.comment);
        }
        let email = clean_email(&email);
        // Outlook writes 'Name' and 'a@b' in single quotes.
        if let Some(inner) = name.strip_prefix('\'').and_then(|name| name.strip_suffix('\'')) {
            name = inner.trim().to_owned();
        }
        if name.eq_ignore_ascii_case(&email) {
            name.clear();
        }
        if !(name.is_empty() && email.is_empty()) {
            self.found.push(Address { name, email });
        }
        self.forget();
    }

    /// The address in pieces without angle brackets: the run without white space that holds the `@`, else a
    /// single word.
    fn take_bare(&mut self) -> Vec<u8> {
        let at = self.pieces.iter().rposition(|(_, piece)| matches!(piece, Piece::Atom(atom) if atom.contains(&b'@')));
        let (mut from, mut to) = match (at, self.pieces.as_slice()) {
            (Some(at), _) => (at, at + 1),
            (None, [(_, Piece::Atom(_))]) => (0, 1),
            _ => return Vec::new(),
        };
        // `"quoted local"@domain`, and `local @ domain` (RFC 5322 §4.4).
        let text = |index: usize| match self.pieces.get(index) {
            Some((_, Piece::Atom(atom))) => atom.as_slice(),
            _ => &[],
        };
        let joined = |index: usize| self.pieces.get(index).is_some_and(|(spaced, _)| !spaced);
        if from > 0 && (joined(from) || text(from).starts_with(b"@")) {
            from -= 1;
        }
        if text(to - 1).ends_with(b"@") && to < self.pieces.len() {
            to += 1;
        }
        let mut email = Vec::new();
        for (_, piece) in self.pieces.drain(from..to) {
            match piece {
                Piece::Atom(atom) | Piece::Word(atom) => email.extend(atom),
                Piece::Quoted(text) => {
                    email.push(b'"');
                    email.extend(text);
                    email.push(b'"');
                }
            }
        }
        email
    }

    /// The pieces as one text, for [`decode_text`].
    fn phrase(&mut self) -> Vec<u8> {
        let mut phrase = Vec::new();
        for (spaced, piece) in self.pieces.drain(..) {
            if spaced && !phrase.is_empty() {
                phrase.push(b' ');
            }
            match piece {
                Piece::Atom(text) | Piece::Quoted(text) | Piece::Word(text) => phrase.extend(text),
            }
        }
        phrase
    }
}

/// Reads a comment after its opening bracket; brackets nest (RFC 5322 §3.2.2).
fn comment(input: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut depth = 1usize;
    let mut text = Vec::new();
    let mut bytes = input.iter().enumerate();
    while let Some((index, &byte)) = bytes.next() {
        match byte {
            b'\\' => text.extend(bytes.next().map(|(_, byte)| *byte)),
            b'(' => {
                depth += 1;
                text.push(byte);
            }
            b')' => {
                depth -= 1;
                if depth == 0 {
                    return (text, input.get(index + 1..).unwrap_or_default());
                }
                text.push(byte);
            }
            byte => text.push(byte),
        }
    }
    (text, &[])
}

/// Reads a quoted string after its opening quote (RFC 5322 §3.2.4).
fn quoted(input: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut text = Vec::new();
    let mut bytes = input.iter().enumerate();
    while let Some((index, &byte)) = bytes.next() {
        match byte {
            b'\\' => text.extend(bytes.next().map(|(_, byte)| *byte)),
            b'"' => return (text, input.get(index + 1..).unwrap_or_default()),
            byte => text.push(byte),
        }
    }
    (text, &[])
}

/// Reads an address after its opening bracket, without a source route (RFC 5322 §4.4).
fn angle(input: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut in_quotes = false;
    // Each bracket looks this far, and not to the end of the list.
    let end = input.iter().take(LONGEST).position(|byte| {
        if *byte == b'"' {
            in_quotes = !in_quotes;
        }
        *byte == b'>' && !in_quotes
    });
    // A quote that never closes must not swallow the list.
    let end = end.or_else(|| input.iter().position(|byte| *byte == b'>'));
    let (text, rest) = match end {
        Some(end) => (input.get(..end).unwrap_or_default(), input.get(end + 1..).unwrap_or_default()),
        None => (input, &[][..]),
    };
    let text = match (text.trim_ascii_start().first(), text.iter().position(|byte| *byte == b':')) {
        (Some(b'@'), Some(colon)) => text.get(colon + 1..).unwrap_or_default(),
        _ => text,
    };
    (text.to_vec(), rest)
}

fn clean_email(email: &[u8]) -> String {
    let text = charset::guess(email);
    let text = legible(&text);
    let text = text.trim().trim_matches(['<', '>', '\'']);
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let quoted = text.starts_with('"');
    text.chars().filter(|letter| !letter.is_control() && (quoted || !letter.is_whitespace())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &[u8], expected: &[(&str, &str)]) {
        let found = addresses(value);
        let found: Vec<_> = found.iter().map(|address| (address.name.as_str(), address.email.as_str())).collect();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(value));
    }

    #[test]
    fn addresses_are_read_as_they_are_written() {
        check(b"a@example.org", &[("", "a@example.org")]);
        check(b"<a@example.org>", &[("", "a@example.org")]);
        check(b"Ana B <a@example.org>, b@x", &[("Ana B", "a@example.org"), ("", "b@x")]);
        check(b"\"B, Ana\" <a@x>", &[("B, Ana", "a@x")]);
        check(br#""Ana \"Q\" B" <a@x>"#, &[("Ana \"Q\" B", "a@x")]);
        check(b"a@x (Ana (the) B)", &[("Ana (the) B", "a@x")]);
        check(b"=?koi8-r?B?8NLJ18XU?= <a@x>", &[("Привет", "a@x")]);
        check(b"\"=?koi8-r?B?8NLJ18XU?=\" <a@x>", &[("Привет", "a@x")]);
        check(b"=?utf-8?Q?B, Ana <x>?= <a@x>", &[("B, Ana <x>", "a@x")]);
        check(b"=?utf-8?B?0J/R?=\r\n =?utf-8?B?gA==?= <a@x>", &[("Пр", "a@x")]);
        check(b"\xCF\xF0\xE8\xE2\xE5\xF2 <a@x>", &[("Привет", "a@x")]);
        check(b"Team: a@x, B <b@x>;, c@x", &[("", "a@x"), ("B", "b@x"), ("", "c@x")]);
        check(b"undisclosed-recipients:;", &[]);
        check(b"a@x; b@x", &[("", "a@x"), ("", "b@x")]);
        check(b"<@relay,@other:a@x>", &[("", "a@x")]);
        check(b"\"john doe\"@x", &[("", "\"john doe\"@x")]);
        check(b"a @ x", &[("", "a@x")]);
        check(b"Ana a@x", &[("Ana", "a@x")]);
        check(b"'Ana' <a@x>", &[("Ana", "a@x")]);
        check(b"\"a@x\" <a@x>", &[("", "a@x")]);
        check(b"Ana <a@x> (at home)", &[("Ana", "a@x")]);
        check(b"Ana <a@x> Boris <b@x>, c@x", &[("Ana", "a@x"), ("Boris", "b@x"), ("", "c@x")]);
        check(b"Ana <a@x> <b@x>", &[("Ana", "a@x"), ("", "b@x")]);
        check(b"Ana <> <b@x>", &[("Ana", "b@x")]);
        check(b"Shop", &[("", "Shop")]);
        check(b"The Shop", &[("The Shop", "")]);
        check(b"", &[]);
        check(b",,;", &[]);
        check(b"<>", &[]);
        check("Пётр <пётр@почта.рф>".as_bytes(), &[("Пётр", "пётр@почта.рф")]);
    }

    #[test]
    fn another_address_in_the_name_stays_in_the_name() {
        check(b"\"bank@bank.example\" <thief@x>", &[("bank@bank.example", "thief@x")]);
        check(b"bank@bank.example <thief@x>", &[("bank@bank.example", "thief@x")]);
        check(b"\"Bank <bank@bank.example>\" <thief@x>", &[("Bank <bank@bank.example>", "thief@x")]);
    }

    #[test]
    fn nothing_in_a_name_or_an_address_is_hidden() {
        check("\u{202e}knaB\u{202c} <a\u{200b}@x>".as_bytes(), &[("knaB", "a@x")]);
        check("=?utf-8?Q?Ba=E2=80=8Bnk?= <a@x\u{200d}y>".as_bytes(), &[("Bank", "a@xy")]);
        check("\u{202e} <a@x>".as_bytes(), &[("", "a@x")]);
    }

    #[test]
    fn brackets_end_where_their_quotes_do() {
        check(br#"<"a>b"@x>, <"a@x>, c@x"#, &[("", "\"a>b\"@x"), ("", "\"a@x"), ("", "c@x")]);
    }

    #[test]
    fn broken_lists_still_end() {
        check(b"\"never closed <a@x>", &[("never closed <a@x>", "")]);
        check(b"Ana <a@x", &[("Ana", "a@x")]);
        check(b"(never closed", &[("never closed", "")]);
        for unit in ["(", "\"", "<", "a@x,", "=?a?q?", "\\", ":", "a ", "@ "] {
            let started = std::time::Instant::now();
            addresses(unit.repeat(100_000).as_bytes());
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
