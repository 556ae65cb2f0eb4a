//! What is said to the server. Arguments are typed: nobody pastes text into a command (RFC 9051 §4.3, §9).

use std::mem;

use app::utf7;

use super::{Error, capability::Capabilities};

/// A command without its tag, in the pieces between which a server may want to be waited for.
#[derive(Debug, Clone, Default)]
pub struct Command {
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(Vec<u8>),
    Literal(Vec<u8>),
}

impl Command {
    /// Begins with words of the protocol, which are ours.
    pub fn new(words: &'static str) -> Self {
        let mut command = Self::default();
        command.push(words.as_bytes());
        command
    }

    /// Adds words of the protocol.
    pub fn words(mut self, words: &str) -> Self {
        debug_assert!(words.bytes().all(|byte| matches!(byte, b' '..=b'~')), "only words of our own");
        self.push(b" ");
        self.push(words.as_bytes());
        self
    }

    /// Adds a mailbox by its decoded name.
    pub fn mailbox(self, path: &str) -> Result<Self, Error> {
        let path = if path.eq_ignore_ascii_case("INBOX") { "INBOX" } else { path };
        self.string(&utf7::encode(path))
    }

    /// Adds a list of mailboxes, or of patterns for them.
    pub fn mailboxes(mut self, paths: &[String]) -> Result<Self, Error> {
        let mut before: &[u8] = b" (";
        for path in paths {
            self.push(before);
            self = self.bare_string(&utf7::encode(path))?;
            before = b" ";
        }
        self.push(b")");
        Ok(self)
    }

    /// Adds a string: quoted where that can say it, else as a literal. CR, LF and NUL cannot be said.
    pub fn string(mut self, text: &str) -> Result<Self, Error> {
        self.push(b" ");
        self.bare_string(text)
    }

    fn bare_string(mut self, text: &str) -> Result<Self, Error> {
        if text.bytes().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Error::Unspeakable);
        }
        if text.len() <= 1000 && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.push(b"\"");
            for byte in text.bytes() {
                if matches!(byte, b'"' | b'\\') {
                    self.push(b"\\");
                }
                self.push(&[byte]);
            }
            self.push(b"\"");
            return Ok(self);
        }
        Ok(self.literal(text.as_bytes().to_vec()))
    }

    /// Adds a keyword, which must be an atom.
    pub fn keyword(self, keyword: &str) -> Result<Self, Error> {
        if is_keyword(keyword) { Ok(self.words(keyword)) } else { Err(Error::Unspeakable) }
    }

    /// Adds bytes as they are. A space before it is the caller's.
    pub fn literal(mut self, bytes: Vec<u8>) -> Self {
        self.pieces.push(Piece::Literal(bytes));
        self
    }

    pub fn space(mut self) -> Self {
        self.push(b" ");
        self
    }

    fn push(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Text(bytes.to_vec())),
        }
    }

    /// The bytes to send, in pieces: before some of them the server must say `+`.
    pub(super) fn into_writes(self, tag: &str, capabilities: &Capabilities) -> Vec<Write> {
        let mut writes = self.into_beginning(tag, capabilities);
        match writes.last_mut() {
            Some(last) => last.bytes.extend_from_slice(b"\r\n"),
            None => writes.push(Write { bytes: b"\r\n".to_vec(), after_go_ahead: false }),
        }
        writes
    }

    /// The same without the line end: more of the command follows.
    pub(super) fn into_beginning(self, tag: &str, capabilities: &Capabilities) -> Vec<Write> {
        let mut writes = Vec::new();
        let mut write = Write { bytes: [tag.as_bytes(), b" "].concat(), after_go_ahead: false };
        for piece in self.pieces {
            match piece {
                Piece::Text(text) => write.bytes.extend_from_slice(&text),
                Piece::Literal(bytes) => {
                    let at_once = capabilities.takes_at_once(bytes.len() as u64);
                    write.bytes.extend_from_slice(announcement(bytes.len() as u64, at_once).as_bytes());
                    // A whole message is not copied.
                    writes.push(mem::replace(&mut write, Write { bytes, after_go_ahead: !at_once }));
                    writes.push(mem::replace(&mut write, Write { bytes: Vec::new(), after_go_ahead: false }));
                }
            }
        }
        writes.push(write);
        writes
    }
}

/// What stands before a literal of so many bytes (RFC 7888 §3).
pub(super) fn announcement(length: u64, at_once: bool) -> String {
    let plus = if at_once { "+" } else { "" };
    format!("{{{length}{plus}}}\r\n")
}

/// Whether this can be said where a keyword is to stand: an atom (RFC 9051 §9, flag-keyword) of a bearable length.
pub(super) fn is_keyword(text: &str) -> bool {
    let special = |byte: u8| matches!(byte, b'(' | b')' | b'{' | b' ' | b'%' | b'*' | b'"' | b'\\' | b']');
    (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic() && !special(byte))
}

/// Some of the bytes of a command.
#[derive(Debug)]
pub(super) struct Write {
    pub bytes: Vec<u8>,
    /// Only after the server said `+`.
    pub after_go_ahead: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(command: Command, literal_plus: bool) -> Vec<String> {
        let capabilities = Capabilities { literal_plus, ..Capabilities::default() };
        let mut said: Vec<String> = Vec::new();
        for write in command.into_writes("t", &capabilities) {
            let text = String::from_utf8(write.bytes).unwrap();
            match said.last_mut() {
                Some(last) if !write.after_go_ahead => last.push_str(&text),
                _ => said.push(text),
            }
        }
        said
    }

    #[test]
    fn arguments_are_quoted_or_sent_as_literals() {
        let command = || Command::new("X").string("a\"b\\").unwrap().string("é").unwrap().words("NIL");
        assert_eq!(written(command(), true), ["t X \"a\\\"b\\\\\" {2+}\r\né NIL\r\n"]);
        assert_eq!(written(command(), false), ["t X \"a\\\"b\\\\\" {2}\r\n", "é NIL\r\n"]);
        assert_eq!(written(Command::new("X").mailbox("inbox").unwrap(), false), ["t X \"INBOX\"\r\n"]);
        assert_eq!(written(Command::new("X").mailbox("Ё").unwrap(), false), ["t X \"&BAE-\"\r\n"]);
        let paths = ["*".to_owned(), "Ё/*".to_owned()];
        let command = Command::new("X").mailboxes(&paths).unwrap().words("Y");
        assert_eq!(written(command, false), ["t X (\"*\" \"&BAE-/*\") Y\r\n"]);
    }

    #[test]
    fn line_ends_cannot_be_said() {
        for text in ["a\r\nb", "a\nb", "\r", "\0"] {
            assert!(Command::new("X").string(text).is_err());
        }
    }

    proptest! {
        #[test]
        fn no_argument_breaks_out(text: String) {
            if let Ok(command) = Command::new("X").string(&text) {
                let line = written(command, true).concat();
                let said = line.strip_prefix("t X ").unwrap().strip_suffix("\r\n").unwrap();
                if let Some(quoted) = said.strip_prefix('"') {
                    let quoted = quoted.strip_suffix('"').unwrap();
                    prop_assert_eq!(quoted.replace("\\\\", "\0").replace("\\\"", "\"").replace('\0', "\\"), text);
                } else {
                    prop_assert_eq!(said, format!("{{{}+}}\r\n{text}", text.len()));
                }
            }
        }
    }
}
