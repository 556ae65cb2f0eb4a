//! What stands between an answer and the dot that ends it (RFC 1939 §3). Pure.

/// Takes away the dots that the server has put before lines that begin with one, and finds the line that ends a message.
///
/// Only CRLF ends a line here: a message may hold bare CRs and LFs, and they stay as they are. The bytes that come out are those
/// that the server keeps, with the CRLF of the last line.
#[derive(Debug, Clone, Default)]
pub struct Unstuffer(At);

/// What was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum At {
    /// The end of a line, or nothing yet.
    #[default]
    Start,
    /// A dot at the start of a line, kept back.
    Dot,
    /// The same, and a CR after it.
    DotCr,
    /// Something within a line.
    Text,
    /// A CR within a line.
    Cr,
    /// All.
    End,
}

impl Unstuffer {
    /// Reads from `bytes` and adds what belongs to the message to `message`. Gives back how many bytes were read: all of
    /// them, unless the message ended before.
    pub fn feed(&mut self, bytes: &[u8], message: &mut Vec<u8>) -> usize {
        let mut rest = bytes;
        while self.0 != At::End {
            if self.0 == At::Text {
                let length = rest.iter().position(|byte| *byte == b'\r').unwrap_or(rest.len());
                let (text, after) = rest.split_at(length);
                message.extend_from_slice(text);
                rest = after;
            }
            let Some((byte, after)) = rest.split_first() else { break };
            rest = after;
            self.0 = match (self.0, *byte) {
                (At::Start, b'.') => At::Dot,
                (At::Dot, b'\r') => At::DotCr,
                (At::DotCr, b'\n') => At::End,
                (at, byte) => {
                    // The dot was not the last line after all: it goes, and what came behind it stays.
                    if at == At::DotCr {
                        message.push(b'\r');
                    }
                    message.push(byte);
                    match (at, byte) {
                        (_, b'\r') => At::Cr,
                        (At::Cr, b'\n') => At::Start,
                        _ => At::Text,
                    }
                }
            };
        }
        bytes.len() - rest.len()
    }

    /// Whether the line that ends a message has come.
    pub fn is_whole(&self) -> bool {
        self.0 == At::End
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a server sends of these lines.
    fn stuffed(message: &[u8]) -> Vec<u8> {
        let mut sent = Vec::new();
        let mut start = true;
        for (index, byte) in message.iter().enumerate() {
            if start && *byte == b'.' {
                sent.push(b'.');
            }
            sent.push(*byte);
            start = *byte == b'\n' && index > 0 && message[index - 1] == b'\r';
        }
        sent.extend_from_slice(b".\r\n");
        sent
    }

    fn read(sent: &[u8], pieces: &[usize]) -> (Vec<u8>, usize, bool) {
        let (mut unstuffer, mut message, mut read) = (Unstuffer::default(), Vec::new(), 0);
        let mut pieces = pieces.iter().cycle();
        while read < sent.len() && !unstuffer.is_whole() {
            let length = (*pieces.next().expect("a length")).clamp(1, sent.len() - read);
            read += unstuffer.feed(&sent[read..read + length], &mut message);
        }
        (message, read, unstuffer.is_whole())
    }

    fn check(sent: &[u8], expected: &[u8]) {
        for length in 1..=sent.len() {
            let (message, read, whole) = read(&[sent, b"+OK next"].concat(), &[length]);
            assert_eq!(String::from_utf8_lossy(&message), String::from_utf8_lossy(expected), "in pieces of {length}");
            assert!(whole && read == sent.len());
        }
    }

    #[test]
    fn edges_of_dots_are_exact() {
        check(b".\r\n", b"");
        check(b"\r\n.\r\n", b"\r\n");
        check(b"..\r\n.\r\n", b".\r\n");
        check(b"...\r\n.\r\n", b"..\r\n");
        check(b"a\r\n..b\r\n.\r\n", b"a\r\n.b\r\n");
        // A dot that is not doubled and stands before something goes all the same (RFC 1939 §3).
        check(b".a\r\n.\r\n", b"a\r\n");
        // What looks like an end but for one byte.
        check(b"a\n.\r\nb\r\n.\r\n", b"a\n.\r\nb\r\n");
        check(b"a\r\n..\n.\r\n\r\n.\r\n", b"a\r\n.\n.\r\n\r\n");
        check(b"..\rb\r\n.\r\n", b".\rb\r\n");
        check(b".\r\r\n.\r\n", b"\r\r\n");
        check(b".\rb\r\n.\r\n", b"\rb\r\n");
        check(b"\r.\r\n.\r\n", b"\r.\r\n");
        check(b"a\r\r\n..\r\n.\r\n", b"a\r\r\n.\r\n");
        check(&[b"\0\xff\r\n".as_slice(), b".\r\n"].concat(), b"\0\xff\r\n");
    }

    #[test]
    fn what_is_cut_is_never_whole() {
        let sent = stuffed(b".a\r\n\r\n.\r\nb\r\n..\r\n");
        for length in 0..sent.len() {
            let mut unstuffer = Unstuffer::default();
            assert_eq!(unstuffer.feed(&sent[..length], &mut Vec::new()), length);
            assert!(!unstuffer.is_whole(), "after {length} bytes");
        }
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_are_however_they_are_cut(
            lines in prop::collection::vec("[.a\r\n\u{0}я]{0,6}", 0..12),
            pieces in prop::collection::vec(1..9_usize, 1..8),
        ) {
            let message: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect();
            let sent = stuffed(&message);
            let (got, read, whole) = read(&[&sent, b"+OK".as_slice()].concat(), &pieces);
            prop_assert_eq!(got, message);
            prop_assert!(whole);
            prop_assert_eq!(read, sent.len());
        }

        #[test]
        fn it_ends_at_the_first_line_that_is_a_dot(bytes in prop::collection::vec(prop::sample::select(b".\r\nab".to_vec()), 0..64)) {
            let first = if bytes.starts_with(b".\r\n") { Some(3) } else { None };
            let end = first.or(bytes.windows(5).position(|window| window == b"\r\n.\r\n").map(|before| before + 5));
            let (mut unstuffer, mut message) = (Unstuffer::default(), Vec::new());
            prop_assert_eq!(unstuffer.feed(&bytes, &mut message), end.unwrap_or(bytes.len()));
            prop_assert_eq!(unstuffer.is_whole(), end.is_some());
        }
    }
}
