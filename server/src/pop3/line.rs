//! The line to one server: commands out, answers in, each wait limited.

use std::time::Duration;

use app::legible::legible;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    time::{Instant, timeout, timeout_at},
};

use super::{Code, Error};

/// How long the server may be silent while something is expected of it.
const SILENCE: Duration = Duration::from_secs(60);

/// How long an answer may take in all, however steadily it trickles; a message, each [`STRIDE`] of it.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// So much of a message has to come within [`PATIENCE`].
const STRIDE: usize = 64 * 1024;

/// The longest line of an answer. RFC 2449 §4 allows 512 bytes; not every server keeps to it.
const LONGEST: usize = 8 * 1024;

/// The most bytes of one listing.
const LISTING: usize = 64 * 1024 * 1024;

/// How much is read at once.
const PIECE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Line<S> {
    stream: BufReader<S>,
    deadline: Instant,
    /// What is still to come of a message until the deadline moves.
    stride: usize,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Line<S> {
    pub fn new(stream: S) -> Self {
        let stream = BufReader::with_capacity(PIECE, stream);
        Self { stream, deadline: Instant::now() + PATIENCE, stride: STRIDE }
    }

    /// Sends a command. Its line end is added.
    pub async fn send(&mut self, command: &str) -> Result<(), Error> {
        if command.contains(['\r', '\n', '\0']) {
            return Err(Error::Unspeakable);
        }
        self.send_all(&format!("{command}\r\n")).await
    }

    /// Sends commands that have their line ends.
    pub async fn send_all(&mut self, commands: &str) -> Result<(), Error> {
        self.deadline = Instant::now() + PATIENCE;
        let sent = async {
            self.stream.write_all(commands.as_bytes()).await?;
            self.stream.flush().await
        };
        match timeout(SILENCE, sent).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// What has come and was not yet taken; at least one byte.
    async fn more(&mut self) -> Result<&[u8], Error> {
        let until = self.deadline.min(Instant::now() + SILENCE);
        match timeout_at(until, self.stream.fill_buf()).await {
            Ok(Ok([])) | Ok(Err(_)) => Err(Error::Closed),
            Ok(Ok(bytes)) => Ok(bytes),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// A line without its end, which may be a bare LF: only messages are taken to the byte.
    pub async fn line(&mut self) -> Result<Vec<u8>, Error> {
        let mut line = Vec::new();
        loop {
            let bytes = self.more().await?;
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            line.extend_from_slice(bytes.get(..taken).unwrap_or_default());
            self.stream.consume(taken);
            if line.len() > LONGEST {
                return Err(Error::Limit("a line is too long"));
            }
            if end.is_some() {
                line.pop();
                if line.ends_with(b"\r") {
                    line.pop();
                }
                return Ok(line);
            }
        }
    }

    /// The first line of an answer: what was said behind `+OK`, or [`Error::Refused`].
    pub async fn answer(&mut self) -> Result<String, Error> {
        let line = words(&self.line().await?);
        if let Some(text) = after(&line, "+OK") {
            return Ok(text.to_owned());
        }
        let Some(text) = after(&line, "-ERR") else {
            return Err(Error::Protocol("an answer is neither +OK nor -ERR".to_owned()));
        };
        let (code, text) = Code::split(text);
        Err(Error::Refused { code, text: text.to_owned() })
    }

    /// Waits to be asked for what AUTH has to show (RFC 5034 §4).
    pub async fn asked(&mut self) -> Result<(), Error> {
        let line = self.line().await?;
        if line.starts_with(b"+ ") || line == b"+" {
            return Ok(());
        }
        let line = words(&line);
        match after(&line, "-ERR") {
            Some(text) => {
                let (code, text) = Code::split(text);
                Err(Error::Refused { code, text: text.to_owned() })
            }
            None => Err(Error::Protocol("AUTH is not answered".to_owned())),
        }
    }

    /// The lines of a listing, after its `+OK`, up to the dot. No more than `most`.
    pub async fn listing(&mut self, most: usize) -> Result<Vec<Vec<u8>>, Error> {
        let (mut lines, mut total) = (Vec::new(), 0);
        loop {
            let mut line = self.line().await?;
            if line == b"." {
                return Ok(lines);
            }
            if line.starts_with(b".") {
                line.remove(0);
            }
            total += line.len();
            if lines.len() >= most || total > LISTING {
                return Err(Error::Limit("a listing is too long"));
            }
            lines.push(line);
        }
    }

    /// Lets `take` have what has come of a message; it says how much of it was taken.
    pub async fn piece(&mut self, take: impl FnOnce(&[u8]) -> usize) -> Result<(), Error> {
        let bytes = self.more().await?;
        let taken = take(bytes).min(bytes.len());
        self.stream.consume(taken);
        match self.stride.checked_sub(taken) {
            Some(left) => self.stride = left,
            None => {
                self.stride = STRIDE;
                self.deadline = Instant::now() + PATIENCE;
            }
        }
        Ok(())
    }

    /// The bare line, if nothing was said that nobody has asked for.
    pub fn into_inner(self) -> Result<S, Error> {
        if self.stream.buffer().is_empty() {
            Ok(self.stream.into_inner())
        } else {
            Err(Error::Protocol("something was said between STLS and TLS".to_owned()))
        }
    }
}

/// What follows the status, if it is this one.
fn after<'a>(line: &'a str, status: &str) -> Option<&'a str> {
    let (word, text) = line.split_once(' ').unwrap_or((line, ""));
    word.eq_ignore_ascii_case(status).then(|| text.trim())
}

/// What was said, as text for people.
fn words(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    legible(&text).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}
