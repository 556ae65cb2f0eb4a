//! Encoded words (RFC 2047) and what senders make of them.

use std::borrow::Cow;

use app::legible::legible;
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use crate::mime::charset;

/// Base64 as it comes: padding or not, stray bits at the end.
const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Decodes an unstructured field value (RFC 5322 §2.2.1): unfolded, encoded words read, raw 8-bit bytes read as
/// UTF-8 or by their looks, control characters removed.
pub fn decode_text(value: &[u8]) -> String {
    decoded(value).into_owned()
}

/// The same, borrowed where nothing was encoded.
pub fn decoded(value: &[u8]) -> Cow<'_, str> {
    // Most values are this simple.
    if value.iter().all(|byte| matches!(byte, b' '..=b'~')) && find(value, b"=?").is_none() {
        return String::from_utf8_lossy(value.trim_ascii());
    }
    decode(value).into()
}

fn decode(value: &[u8]) -> String {
    let value: Vec<u8> = value.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
    let mut text = String::with_capacity(value.len());
    let mut run: Vec<Word> = Vec::new();
    let mut rest = value.as_slice();
    let mut raw_from = rest;
    let mut scan = Scan::default();
    loop {
        let Some(start) = find(rest, b"=?") else {
            flush(&mut run, &mut text);
            text.push_str(&charset::guess(raw_from));
            return clean(&text);
        };
        let at_word = rest.get(start..).unwrap_or_default();
        match scan.word(at_word) {
            Some((word, length)) => {
                let raw_length = raw_from.len() - at_word.len();
                let raw = raw_from.get(..raw_length).unwrap_or_default();
                // RFC 2047 §6.2: white space between encoded words is not shown.
                if run.is_empty() || !raw.iter().all(u8::is_ascii_whitespace) {
                    flush(&mut run, &mut text);
                    text.push_str(&charset::guess(raw));
                }
                run.push(word);
                rest = at_word.get(length..).unwrap_or_default();
                raw_from = rest;
            }
            None => rest = at_word.get(2..).unwrap_or_default(),
        }
    }
}

/// One encoded word, still encoded.
pub(super) struct Word<'a> {
    charset: String,
    base64: bool,
    text: &'a [u8],
}

/// Finds encoded words in one value, remembering what cannot come any more so that the search stays linear.
#[derive(Default)]
pub(super) struct Scan {
    no_more_ends: bool,
}

impl Scan {
    /// Reads the encoded word at the beginning of `input`, and how long it is.
    pub(super) fn word<'a>(&mut self, input: &'a [u8]) -> Option<(Word<'a>, usize)> {
        if self.no_more_ends {
            return None;
        }
        let rest = input.strip_prefix(b"=?")?;
        // A charset and its language are short; a longer run is no encoded word.
        let charset_length = rest.iter().take(80).position(|byte| *byte == b'?')?;
        let (charset, rest) = rest.split_at(charset_length);
        if charset.is_empty() || !charset.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        let base64 = match rest.get(..3)? {
            b"?B?" | b"?b?" => true,
            b"?Q?" | b"?q?" => false,
            _ => return None,
        };
        let rest = rest.get(3..)?;
        let Some(length) = find(rest, b"?=") else {
            self.no_more_ends = true;
            return None;
        };
        let text = rest.get(..length)?;
        let charset = String::from_utf8_lossy(charset).to_ascii_lowercase();
        Some((Word { charset, base64, text }, 2 + charset_length + 3 + length + 2))
    }
}

/// Decodes a run of adjacent words. Those of one charset are joined first: letters are often split between them.
fn flush(run: &mut Vec<Word>, text: &mut String) {
    let words = std::mem::take(run);
    for group in words.chunk_by(|one, other| one.charset == other.charset) {
        let mut bytes = Vec::new();
        let mut pending: Vec<u8> = Vec::new();
        for word in group {
            if word.base64 {
                pending.extend(word.text.iter().filter(|byte| is_base64(**byte)));
                // Some senders cut the encoded text itself: a word that ends within a quantum goes on in the next.
                if pending.len().is_multiple_of(4) || word.text.ends_with(b"=") {
                    unbase64(&mut pending, &mut bytes);
                }
            } else {
                unbase64(&mut pending, &mut bytes);
                unquote(word.text, &mut bytes);
            }
        }
        unbase64(&mut pending, &mut bytes);
        let label = group.first().map(|word| word.charset.as_str());
        text.push_str(&charset::decode(&bytes, label));
    }
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn unbase64(pending: &mut Vec<u8>, bytes: &mut Vec<u8>) {
    // One letter past the last quantum carries no byte.
    if pending.len() % 4 == 1 {
        pending.pop();
    }
    bytes.extend(TOLERANT.decode(&pending).unwrap_or_default());
    pending.clear();
}

/// The Q encoding (RFC 2047 §4.2).
fn unquote(mut text: &[u8], bytes: &mut Vec<u8>) {
    while let Some((&byte, rest)) = text.split_first() {
        text = rest;
        match byte {
            b'_' => bytes.push(b' '),
            b'=' => match rest.get(..2).and_then(hex_pair) {
                Some(value) => {
                    bytes.push(value);
                    text = rest.get(2..).unwrap_or_default();
                }
                None => bytes.push(b'='),
            },
            byte => bytes.push(byte),
        }
    }
}

/// The value of two hexadecimal digits.
pub(in crate::mime) fn hex_pair(digits: &[u8]) -> Option<u8> {
    let [high, low] = digits else { return None };
    let value = char::from(*high).to_digit(16)? * 16 + char::from(*low).to_digit(16)?;
    u8::try_from(value).ok()
}

pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// One line without control characters, what turns or hides letters, or white space around it.
fn clean(text: &str) -> String {
    let line: String = legible(text)
        .chars()
        .filter_map(|letter| match letter {
            '\t' | '\n' | '\u{2028}' | '\u{2029}' => Some(' '),
            letter if letter.is_control() => None,
            letter => Some(letter),
        })
        .collect();
    line.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_are_read() {
        for (value, text) in [
            (&b"plain"[..], "plain"),
            (b"=?koi8-r?B?8NLJ18XU?=", "Привет"),
            (b"=?windows-1251?Q?=CF=F0=E8=E2=E5=F2,_=EA=E0=EA?=", "Привет, как"),
            (b"=?UTF-8?B?0J/RgNC40LLQtdGC?= all", "Привет all"),
            // Folded between words, and a letter split between them.
            (b"=?UTF-8?B?0J/R?=\r\n =?utf-8?B?gNC40LLQtdGC?=", "Привет"),
            (b"=?UTF-8?Q?=D0?= =?UTF-8?Q?=9F?=", "П"),
            // Base64 cut in the middle of a quantum.
            (b"=?UTF-8?B?0J/RgNC?= =?UTF-8?B?40LLQtdGC?=", "Привет"),
            // Without white space between; with a language; different charsets.
            (b"=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            (b"=?utf-8*en?Q?a?=", "a"),
            (b"=?koi8-r?Q?=C1?= =?windows-1251?Q?=E0?=", "аа"),
            // White space beside a plain word stays.
            (b"=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
            // Spaces inside, a question mark inside, padding missing.
            (b"=?utf-8?Q?Hello big world?=", "Hello big world"),
            (b"=?utf-8?Q?What??=", "What?"),
            (b"=?utf-8?B?0J8?=", "П"),
            // No encoded word at all.
            (b"=?utf-8?X?a?=", "=?utf-8?X?a?="),
            (b"=?utf-8?B?0J8", "=?utf-8?B?0J8"),
            (b"a =? b ?= c", "a =? b ?= c"),
            (b"=?=?utf-8?Q?a?=", "=?a"),
            // Raw bytes.
            (b"\xCF\xF0\xE8\xE2\xE5\xF2", "Привет"),
            (b"\xD0\x9F\xD1\x80", "Пр"),
            // Control characters, folds and tabs.
            (b"a\x00b\x07c\r\n\td", "abc d"),
            (b"=?utf-8?Q?a=0D=0ABcc:_x?=", "a Bcc: x"),
            // What turns the direction of reading, and what nobody sees.
            (b"=?utf-8?Q?=E2=80=AEmoc=E2=80=AC.kn=E2=80=8Bab?=", "moc.knab"),
            ("invoice\u{202e}fdp.exe".as_bytes(), "invoicefdp.exe"),
            (b"", ""),
        ] {
            assert_eq!(decode_text(value), text, "{}", String::from_utf8_lossy(value));
        }
    }

    #[test]
    fn hostile_values_are_read_in_linear_time() {
        for unit in ["=?", "=?a?q?", "=?a?q?x=?", "=?a?q?x?= ", "=?utf-8?B?0J?= "] {
            let value = unit.repeat(200_000);
            let started = std::time::Instant::now();
            decode_text(value.as_bytes());
            assert!(started.elapsed().as_secs() < 5, "{unit}");
        }
    }
}
