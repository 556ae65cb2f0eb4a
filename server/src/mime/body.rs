//! Bodies: transfer encodings taken off (RFC 2045 §6), at once or chunk by chunk, and read as text.

use app::legible::in_written_order;

use super::{charset, structure::Encoding};

/// How far a run of white space or a soft line break is looked ahead before it is taken literally.
const LOOKAHEAD: usize = 1024;

/// Decodes the whole of a part.
pub fn decode_bytes(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    let mut decoder = PartDecoder::new(encoding);
    let mut decoded = decoder.push(bytes);
    decoded.extend(decoder.finish());
    decoded
}

/// Decodes a text part: transfer encoding, charset, line ends as `\n`, control characters removed, and what has letters read in
/// another order than they are written.
pub fn decode_body(bytes: &[u8], encoding: Encoding, charset: Option<&str>) -> String {
    let decoded = decode_bytes(bytes, encoding);
    let text = match charset {
        None if std::str::from_utf8(&decoded).is_err() => {
            charset::decode(&decoded, declared_in_html(&decoded).as_deref())
        }
        label => charset::decode(&decoded, label),
    };
    clean(&in_written_order(&text))
}

/// Takes a transfer encoding off a stream of chunks. What is not well formed is passed over or taken literally.
#[derive(Debug)]
pub enum PartDecoder {
    Identity,
    QuotedPrintable {
        /// The end of the last chunk, where it could not be told yet what it means.
        tail: Vec<u8>,
    },
    Base64 {
        /// Up to three letters of an unfinished quantum.
        quantum: u32,
        letters: u8,
    },
}

impl PartDecoder {
    pub fn new(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Identity => Self::Identity,
            Encoding::QuotedPrintable => Self::QuotedPrintable { tail: Vec::new() },
            Encoding::Base64 => Self::Base64 { quantum: 0, letters: 0 },
        }
    }

    /// Takes the next chunk and gives what can be decoded so far.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<u8> {
        match self {
            Self::Identity => chunk.to_vec(),
            Self::QuotedPrintable { tail } => {
                let mut input = std::mem::take(tail);
                input.extend_from_slice(chunk);
                let (decoded, rest) = quoted_printable(&input, false);
                *tail = rest.to_vec();
                decoded
            }
            Self::Base64 { quantum, letters } => {
                let mut decoded = Vec::with_capacity(chunk.len() / 4 * 3 + 3);
                for &byte in chunk {
                    if byte == b'=' {
                        end_quantum(quantum, letters, &mut decoded);
                    }
                    let Some(value) = base64_value(byte) else { continue };
                    *quantum = *quantum << 6 | value;
                    *letters += 1;
                    if *letters == 4 {
                        let [_, bytes @ ..] = quantum.to_be_bytes();
                        decoded.extend(bytes);
                        (*quantum, *letters) = (0, 0);
                    }
                }
                decoded
            }
        }
    }

    /// Gives what was held back; the part ends here.
    pub fn finish(&mut self) -> Vec<u8> {
        match self {
            Self::Identity => Vec::new(),
            Self::QuotedPrintable { tail } => quoted_printable(&std::mem::take(tail), true).0,
            Self::Base64 { quantum, letters } => {
                let mut decoded = Vec::new();
                end_quantum(quantum, letters, &mut decoded);
                decoded
            }
        }
    }
}

fn base64_value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    })
}

/// Padding, or the end: two letters carry one byte, three carry two.
fn end_quantum(quantum: &mut u32, letters: &mut u8, decoded: &mut Vec<u8>) {
    match *letters {
        2 => decoded.extend((*quantum >> 4).to_be_bytes().get(3)),
        3 => decoded.extend((*quantum >> 2).to_be_bytes().get(2..).unwrap_or_default()),
        _ => {}
    }
    (*quantum, *letters) = (0, 0);
}

/// Decodes quoted-printable (RFC 2045 §6.7) and gives back the end of the input that needs more to be told.
fn quoted_printable(mut input: &[u8], last: bool) -> (Vec<u8>, &[u8]) {
    let mut decoded = Vec::with_capacity(input.len());
    while let Some((&byte, rest)) = input.split_first() {
        match byte {
            b'=' => {
                if let Some(value) = rest.get(..2).and_then(hex_pair) {
                    decoded.push(value);
                    input = rest.get(2..).unwrap_or_default();
                    continue;
                }
                // A soft line break, maybe with white space that a relay has added.
                let blanks = blanks(rest);
                match (rest.get(blanks), rest.get(blanks + 1)) {
                    (Some(b'\r'), Some(b'\n')) => input = rest.get(blanks + 2..).unwrap_or_default(),
                    (Some(b'\n'), _) => input = rest.get(blanks + 1..).unwrap_or_default(),
                    (None, _) | (Some(b'\r'), None) if last => input = &[],
                    (None, _) | (Some(b'\r'), None) if blanks < LOOKAHEAD => return (decoded, input),
                    (Some(_), None) if !last && blanks == 0 && is_hex(rest) => return (decoded, input),
                    _ => {
                        decoded.push(byte);
                        input = rest;
                    }
                }
            }
            b' ' | b'\t' => {
                // RFC 2045 §6.7 (3): white space at the end of a line was added on the way.
                let blanks = blanks(input);
                match input.get(blanks) {
                    Some(b'\r' | b'\n') => {}
                    None if last => {}
                    None if blanks < LOOKAHEAD => return (decoded, input),
                    _ => decoded.extend_from_slice(input.get(..blanks).unwrap_or_default()),
                }
                input = input.get(blanks..).unwrap_or_default();
            }
            byte => {
                decoded.push(byte);
                input = rest;
            }
        }
    }
    (decoded, &[])
}

fn blanks(input: &[u8]) -> usize {
    input.iter().take(LOOKAHEAD).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

fn is_hex(input: &[u8]) -> bool {
    input.first().is_some_and(u8::is_ascii_hexdigit)
}

fn hex_pair(digits: &[u8]) -> Option<u8> {
    super::header::hex_pair(digits)
}

/// The charset an HTML part declares in itself, for when its header does not.
fn declared_in_html(bytes: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(2048))?).to_ascii_lowercase();
    let (_, rest) = head.split_once("<meta")?;
    let (_, rest) = rest.split_once("charset=")?;
    let rest = rest.trim_start_matches(['"', '\'']);
    let name = rest.split(|letter: char| !(letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_'))).next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

/// `\n` line ends, and no control characters besides the tab. What needs no change is copied run by run.
fn clean(text: &str) -> String {
    // In UTF-8 those from U+0080 on begin with the octet C2, and so do others.
    let is_special = |byte| matches!(byte, 0..=8 | 11..=31 | 127 | 0xC2);
    let (mut cleaned, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((run, special)) = rest.bytes().position(is_special).and_then(|at| rest.split_at_checked(at)) {
        cleaned.push_str(run);
        let mut letters = special.chars();
        match letters.next() {
            // The line ends with what is next.
            Some('\r') if letters.as_str().starts_with('\n') => {}
            Some('\r') => cleaned.push('\n'),
            Some(letter) if !letter.is_control() => cleaned.push(letter),
            _ => {}
        }
        rest = letters.as_str();
    }
    cleaned.push_str(rest);
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_decoded() {
        use Encoding::*;
        for (bytes, encoding, charset, text) in [
            (&b"a\r\nb\rc\nd"[..], Identity, None, "a\nb\nc\nd"),
            (b"=D0=9F=\r\n=D1=80", QuotedPrintable, Some("utf-8"), "Пр"),
            (b"=cf=f0  \r\nend= \t\r\n!", QuotedPrintable, Some("windows-1251"), "Пр\nend!"),
            (b"50% = half =ZZ =", QuotedPrintable, None, "50% = half =ZZ "),
            (b"0J/R\r\ngA==", Base64, Some("utf-8"), "Пр"),
            (b"0J/R!gA", Base64, Some("utf-8"), "Пр"),
            (b"YQ==YmM=ZGVm", Base64, None, "abcdef"),
            (b"\xF0\xD2\xC9", Identity, Some("koi8-r"), "При"),
            (b"<meta charset=\"koi8-r\">\xF0\xD2", Identity, None, "<meta charset=\"koi8-r\">Пр"),
            (b"a\0b\x0cc", Identity, None, "abc"),
            (b"a\r\r\n\r", Identity, None, "a\n\n\n"),
            (
                "\u{202e}https://x.test/moc.knab\u{202c}, \u{200f}a".as_bytes(),
                Identity,
                None,
                "https://x.test/moc.knab\u{202c}, \u{200f}a",
            ),
            (b"\xC2\x85\xC2\xA0\x7F\t\xC2\xBB\xD0\x9F", Identity, Some("utf-8"), "\u{A0}\t\u{BB}\u{41F}"),
        ] {
            assert_eq!(decode_body(bytes, encoding, charset), text, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn chunks_give_what_the_whole_gives() {
        let samples: [(&[u8], Encoding); 3] = [
            (b"=D0=9F  \r\n soft =  \r\nbreak=\r\n =3D=3 =x \t\t", Encoding::QuotedPrintable),
            (b"0J/R\r\ngNC40LLQtdGCIQ==\r\nYQ==", Encoding::Base64),
            (b"plain \r\n text", Encoding::Identity),
        ];
        for (sample, encoding) in samples {
            let whole = decode_bytes(sample, encoding);
            for size in 1..=sample.len() {
                let mut decoder = PartDecoder::new(encoding);
                let mut decoded: Vec<u8> = sample.chunks(size).flat_map(|chunk| decoder.push(chunk)).collect();
                decoded.extend(decoder.finish());
                assert_eq!(decoded, whole, "in chunks of {size}");
            }
        }
    }
}
