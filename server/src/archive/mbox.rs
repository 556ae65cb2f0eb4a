//! A mailbox as one text: `mboxrd`, with Unix line ends (RFC 4155), and with the flags in the fields that mutt, Dovecot and others
//! know.

use app::wire::Flag;

use super::{keywords, letters};
use crate::imap::asctime;

/// Writes messages one after another, piece by piece.
#[derive(Debug, Default)]
pub struct Writer {
    /// The beginning of a line that may yet turn out to look like the beginning of a message, behind what quotes it.
    held: Vec<u8>,
    /// The line has begun, with nothing but `>` so far.
    quoted: bool,
    /// A line has been begun and can look like nothing else any more.
    inside: bool,
    /// A CR was seen, which may be half of a line end.
    carriage: bool,
}

const FROM: &[u8] = b"From ";

impl Writer {
    /// What stands before a message. `date` is INTERNALDATE in seconds since 1970 UTC.
    pub fn begin(&mut self, date: i64, flags: &[Flag]) -> Vec<u8> {
        let mut out = format!("From MAILER-DAEMON {}\n", asctime(date)).into_bytes();
        let status = letters(flags, &[(Flag::Seen, 'R')]);
        // `O` says that the mailbox was opened since the message came.
        out.extend_from_slice(format!("Status: {status}O\n").as_bytes());
        let more =
            letters(flags, &[(Flag::Answered, 'A'), (Flag::Flagged, 'F'), (Flag::Draft, 'T'), (Flag::Deleted, 'D')]);
        if !more.is_empty() {
            out.extend_from_slice(format!("X-Status: {more}\n").as_bytes());
        }
        let keywords: Vec<&str> = keywords(flags).collect();
        if !keywords.is_empty() {
            out.extend_from_slice(format!("X-Keywords: {}\n", keywords.join(" ")).as_bytes());
        }
        out
    }

    /// A piece of the message.
    pub fn write(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() + 64);
        for &byte in bytes {
            if std::mem::take(&mut self.carriage) && byte != b'\n' {
                self.put(b'\r', &mut out);
            }
            if byte == b'\r' {
                self.carriage = true;
            } else {
                self.put(byte, &mut out);
            }
        }
        out
    }

    /// What stands behind a message.
    pub fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        if std::mem::take(&mut self.carriage) {
            self.put(b'\r', &mut out);
        }
        out.append(&mut self.held);
        let begun = std::mem::take(&mut self.inside) | std::mem::take(&mut self.quoted);
        if begun || out.last().is_some_and(|last| *last != b'\n') {
            out.push(b'\n');
        }
        out.push(b'\n');
        out
    }

    fn put(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.inside {
            out.push(byte);
        } else if byte == b'>' && self.held.is_empty() {
            // One more before them is like one more behind them, so they need not wait.
            self.quoted = true;
            out.push(byte);
            return;
        } else {
            self.held.push(byte);
            if self.held.len() < FROM.len() && FROM.starts_with(&self.held) {
                return;
            }
            if self.held == FROM {
                out.push(b'>');
            }
            out.append(&mut self.held);
        }
        (self.inside, self.quoted) = (byte != b'\n', false);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(message: &[u8], pieces: usize) -> String {
        let mut writer = Writer::default();
        let mut out = Vec::new();
        for piece in message.chunks(pieces) {
            out.extend(writer.write(piece));
        }
        out.extend(writer.end());
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn lines_that_look_like_a_beginning_are_quoted_and_nothing_else_is() {
        let cases = [
            ("a\r\nFrom b\r\n", "a\n>From b\n\n"),
            ("From b", ">From b\n\n"),
            (">>From b\r\n>Fro\r\n From c\r\n", ">>>From b\n>Fro\n From c\n\n"),
            ("From\r\n>>\r\n", "From\n>>\n\n"),
            ("a\rb\r", "a\rb\r\n\n"),
            ("", "\n"),
            ("Fro", "Fro\n\n"),
            (">>", ">>\n\n"),
            (">>Fro", ">>Fro\n\n"),
            ("a\r\n>>>\r\n>From b", "a\n>>>\n>>From b\n\n"),
        ];
        for (message, expected) in cases {
            for pieces in 1..6 {
                assert_eq!(written(message.as_bytes(), pieces), expected, "{message:?} in pieces of {pieces}");
            }
        }
    }

    #[test]
    fn a_line_of_nothing_but_signs_of_quotes_goes_straight_through() {
        let message = vec![b'>'; 4 * 1024 * 1024];
        let mut writer = Writer::default();
        let out = writer.write(&message);
        assert!(out == message && writer.held.is_empty(), "none of it is held");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(message in "(From |>|\r\n|a|\r){0,40}", pieces in 1..9usize) {
            prop_assert_eq!(written(message.as_bytes(), pieces), written(message.as_bytes(), 1000));
        }
    }

    #[test]
    fn flags_are_in_fields_and_the_date_in_the_first_line() {
        let flags = [Flag::Seen, Flag::Flagged, Flag::Keyword("work".to_owned()), Flag::Forwarded];
        let begun = String::from_utf8(Writer::default().begin(1_795_670_244, &flags)).expect("text");
        assert_eq!(
            begun,
            "From MAILER-DAEMON Thu Nov 26 05:17:24 2026\nStatus: RO\nX-Status: F\nX-Keywords: work $Forwarded\n"
        );
    }
}
