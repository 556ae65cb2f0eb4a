//! The message on its way: looked at once before, then read piece by piece with canonical line ends.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::line::Patience;
use crate::{mime::LineEnds, spool::Spooled};

/// How much is read at once.
const PIECE: usize = 64 * 1024;

/// Where a message is read from: as it is to be sent, but for its line ends.
#[derive(Debug, Clone, Copy)]
pub enum Message<'a> {
    Spooled(&'a Spooled),
    Bytes(&'a [u8]),
}

impl<'a> Message<'a> {
    fn open(self) -> Box<dyn Read + Send + 'a> {
        match self {
            Self::Spooled(spooled) => Box::new(spooled.reader()),
            Self::Bytes(bytes) => Box::new(bytes),
        }
    }
}

impl<'a> From<&'a Spooled> for Message<'a> {
    fn from(spooled: &'a Spooled) -> Self {
        Self::Spooled(spooled)
    }
}

impl<'a> From<&'a [u8]> for Message<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Message<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// What the server wants to know of a message beforehand.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Bytes as sent, with every line end as CRLF (RFC 1870 §3).
    pub size: u64,
    pub eight_bit: bool,
}

impl Survey {
    pub async fn of(message: Message<'_>) -> io::Result<Self> {
        let mut survey = Self::default();
        let mut reader = message.open();
        let mut ends = LineEnds::default();
        let mut buffer = vec![0; PIECE];
        loop {
            let read = reader.read(&mut buffer)?;
            let piece = buffer.get(..read).unwrap_or_default();
            if piece.is_empty() {
                survey.size += ends.finish().len() as u64;
                return Ok(survey);
            }
            survey.eight_bit |= !piece.is_ascii();
            survey.size += ends.push(piece).len() as u64;
            tokio::task::yield_now().await;
        }
    }
}

/// The pieces of a message. The last CRLF is left out: it is part of the end that lettre writes.
pub struct Chunks<'a> {
    reader: Option<Box<dyn Read + Send + 'a>>,
    ends: LineEnds,
    /// A CRLF that is the last one, or is not.
    held: Vec<u8>,
    /// Set before the final dot is written.
    handed_over: Arc<AtomicBool>,
    patience: Patience,
    failed: bool,
}

impl<'a> Chunks<'a> {
    pub fn open(message: Message<'a>, handed_over: Arc<AtomicBool>, patience: Patience) -> Self {
        let reader = Some(message.open());
        Self { reader, ends: LineEnds::default(), held: Vec::new(), handed_over, patience, failed: false }
    }
}

impl Chunks<'_> {
    /// The final dot is written next: from here on the server may have the message, and may take its time over it.
    fn end(&self) {
        if !self.failed {
            self.handed_over.store(true, Ordering::SeqCst);
            self.patience.for_end_of_data();
        }
    }
}

impl Iterator for Chunks<'_> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let Some(reader) = self.reader.as_mut() else {
            self.end();
            return None;
        };
        let mut buffer = vec![0; PIECE];
        let read = match reader.read(&mut buffer) {
            Ok(read) => read,
            Err(_) => {
                // lettre would end the message here as if it were whole: nothing more may be written.
                self.patience.cut();
                self.failed = true;
                self.reader = None;
                return None;
            }
        };
        let mut piece = std::mem::take(&mut self.held);
        if read == 0 {
            self.reader = None;
            piece.extend(self.ends.finish());
            if piece.ends_with(b"\r\n") {
                piece.truncate(piece.len() - 2);
            }
            if piece.is_empty() {
                self.end();
                return None;
            }
            // The next call comes when this was written.
            return Some(piece);
        }
        piece.extend(self.ends.push(buffer.get(..read).unwrap_or_default()));
        if piece.ends_with(b"\r\n") {
            self.held = piece.split_off(piece.len() - 2);
        }
        Some(piece)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::smtp::Limits;

    /// Fails after its first piece.
    struct Broken(bool);

    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::Error::other("gone"));
            }
            buffer[..3].copy_from_slice(b"a\nb");
            Ok(3)
        }
    }

    #[test]
    fn a_file_that_breaks_off_is_not_ended() {
        let handed_over = Arc::new(AtomicBool::new(false));
        let patience = Patience::new(Limits::default());
        let mut chunks = Chunks {
            reader: Some(Box::new(Broken(false))),
            ends: LineEnds::default(),
            held: Vec::new(),
            handed_over: handed_over.clone(),
            patience: patience.clone(),
            failed: false,
        };
        assert_eq!(chunks.next(), Some(b"a\r\nb".to_vec()));
        assert_eq!(chunks.next(), None);
        assert_eq!(chunks.next(), None);
        assert!(patience.is_cut() && !handed_over.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_message_is_sent_with_canonical_line_ends() {
        let long = "a\n".repeat(100_000);
        for (message, sent) in [
            ("a\nb\n", "a\r\nb".to_owned()),
            ("a\r\n.\r\nb", "a\r\n.\r\nb".to_owned()),
            ("\n.\nMAIL FROM:<x>\n", "\r\n.\r\nMAIL FROM:<x>".to_owned()),
            ("\r.\r", "\r\n.".to_owned()),
            ("", String::new()),
            ("\n\n", "\r\n".to_owned()),
            (&long, long.trim_end().replace('\n', "\r\n")),
        ] {
            let write = |out: &mut io::BufWriter<&std::fs::File>| out.write_all(message.as_bytes());
            let spooled = Spooled::write(&std::env::temp_dir(), write).expect("room");
            for source in [Message::Spooled(&spooled), Message::Bytes(message.as_bytes())] {
                let handed_over = Arc::new(AtomicBool::new(false));
                let chunks = Chunks::open(source, handed_over.clone(), Patience::new(Limits::default()));
                let bytes: Vec<u8> = chunks.flatten().collect();
                assert!(bytes == sent.as_bytes(), "{:?}", message.get(..20));
                assert!(handed_over.load(Ordering::SeqCst), "{:?}", message.get(..20));
                assert_eq!(Survey::of(source).await.expect("survey").size, sent.len() as u64 + 2);
            }
        }
    }
}
