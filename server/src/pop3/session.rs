//! What can be asked of a maildrop.

use super::{Arrival, Capabilities, Error, Retrieval, connect::SessionLine, retrieval::Ask};

/// The most messages of one maildrop.
const MOST: usize = 1_000_000;

/// So much of what TOP gives is kept. It is the same part each time, so that it serves as a mark of the message.
const TOP: usize = 1024 * 1024;

/// A maildrop that was logged in to, and is locked for others until this is dropped. After an error that is no refusal
/// ([`Error::is_refusal`]) nothing more can be done with it.
#[derive(Debug)]
pub struct Session {
    pub(super) line: SessionLine,
    capabilities: Capabilities,
    /// Whether all that was asked has been answered to the end.
    pub(super) settled: bool,
}

/// How much is there, as the server counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    pub messages: u32,
    pub bytes: u64,
}

/// One message of the maildrop. Its number counts for this session only (RFC 1939 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    pub number: u32,
    /// In bytes, as the server reckons: not every one counts line ends as two bytes, so it is a hint and no promise.
    pub size: u64,
}

/// The name of a message that lasts (RFC 1939 §7, UIDL). It should be unique and at most 70 letters; not every server keeps to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub number: u32,
    /// In ASCII: what is not a visible letter, and `%`, is written as `%` and two hexadecimal digits. Never empty.
    pub uidl: String,
}

impl Session {
    pub(super) fn new(line: SessionLine, capabilities: Capabilities) -> Self {
        Self { line, capabilities, settled: true }
    }

    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// How much is there (STAT).
    pub async fn stat(&mut self) -> Result<Stat, Error> {
        let answer = self.ask("STAT").await?;
        let mut words = answer.split_ascii_whitespace();
        let (Some(messages), Some(bytes)) = (number(words.next()), number(words.next())) else {
            return self.broken("STAT says no numbers");
        };
        Ok(Stat { messages, bytes })
    }

    /// All messages by number (LIST). What STAT has counted is of no account here.
    pub async fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let mut listed = Vec::new();
        for line in self.listing("LIST").await? {
            let line = String::from_utf8_lossy(&line);
            let mut words = line.split_ascii_whitespace();
            let (Some(number), Some(size)) = (number(words.next()).filter(|number| *number > 0), number(words.next()))
            else {
                return self.broken("a line of LIST is not a number and a size");
            };
            listed.push(Listed { number, size });
        }
        listed.sort_by_key(|listed| listed.number);
        listed.dedup_by_key(|listed| listed.number);
        Ok(listed)
    }

    /// The lasting names of the messages (UIDL). None where the server does not have them; a message of which it says none, or
    /// an empty one, is left out.
    pub async fn uidl(&mut self) -> Result<Option<Vec<Named>>, Error> {
        let lines = match self.listing("UIDL").await {
            Err(Error::Refused { .. }) => return Ok(None),
            lines => lines?,
        };
        let mut names: Vec<Named> = lines.iter().filter_map(|line| named(line)).collect();
        names.sort_by_key(|named| named.number);
        names.dedup_by_key(|named| named.number);
        Ok(Some(names))
    }

    /// The lasting name of one message. None where the server does not have it.
    pub async fn uidl_of(&mut self, number: u32) -> Result<Option<String>, Error> {
        match self.ask(&format!("UIDL {number}")).await {
            Ok(answer) => Ok(named(answer.as_bytes()).filter(|named| named.number == number).map(|named| named.uidl)),
            Err(Error::Refused { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The header of a message and so many lines of its body (TOP), at most [`TOP`] bytes of it. None where the server does not
    /// have TOP or not the message.
    pub async fn top(&mut self, number: u32, lines: u32) -> Result<Option<Vec<u8>>, Error> {
        let mut retrieval = self.tops(&[number], lines)?;
        let mut kept = Vec::new();
        match retrieval.next().await? {
            Some(Arrival::Message { .. }) => {}
            Some(Arrival::Refused { .. }) | None => return Ok(None),
        }
        while let Some(piece) = retrieval.piece().await? {
            let room = TOP - kept.len();
            kept.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
        }
        Ok(Some(kept))
    }

    /// Messages, one after another and in this order (RETR).
    pub fn retrieve(&mut self, numbers: &[u32]) -> Result<Retrieval<'_>, Error> {
        Retrieval::begin(self, numbers, Ask::Retr)
    }

    /// Headers and so many lines of bodies, one after another and in this order (TOP).
    pub fn tops(&mut self, numbers: &[u32], lines: u32) -> Result<Retrieval<'_>, Error> {
        Retrieval::begin(self, numbers, Ask::Top(lines))
    }

    /// Marks a message to be deleted. It is when [`quit`](Self::quit) succeeds, and not before.
    pub async fn delete(&mut self, number: u32) -> Result<(), Error> {
        self.ask(&format!("DELE {number}")).await.map(drop)
    }

    /// Takes all marks back.
    pub async fn reset(&mut self) -> Result<(), Error> {
        self.ask("RSET").await.map(drop)
    }

    /// Keeps the line open.
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.ask("NOOP").await.map(drop)
    }

    /// Ends the session. Only when this succeeds is deleted what was marked (RFC 1939 §6).
    pub async fn quit(mut self) -> Result<(), Error> {
        self.ask("QUIT").await.map(drop)
    }

    async fn ask(&mut self, command: &str) -> Result<String, Error> {
        self.unsettle()?;
        self.line.send(command).await?;
        let answer = self.line.answer().await;
        self.settled = !matches!(&answer, Err(error) if !error.is_refusal());
        answer
    }

    async fn listing(&mut self, command: &str) -> Result<Vec<Vec<u8>>, Error> {
        self.ask(command).await?;
        self.unsettle()?;
        let lines = self.line.listing(MOST).await?;
        self.settled = true;
        Ok(lines)
    }

    /// From here on answers are owed: whoever is dropped before they are there leaves a session that cannot be used.
    pub(super) fn unsettle(&mut self) -> Result<(), Error> {
        if !self.settled {
            return Err(Error::Closed);
        }
        self.settled = false;
        Ok(())
    }

    fn broken<T>(&mut self, why: &str) -> Result<T, Error> {
        self.settled = false;
        Err(Error::Protocol(why.to_owned()))
    }
}

fn number<T: std::str::FromStr>(word: Option<&str>) -> Option<T> {
    word?.parse().ok()
}

/// A line of UIDL. The name is all that follows the number.
fn named(line: &[u8]) -> Option<Named> {
    let line = line.trim_ascii();
    let end = line.iter().position(u8::is_ascii_whitespace)?;
    let (first, rest) = line.split_at(end);
    let number = number(std::str::from_utf8(first).ok()).filter(|number| *number > 0)?;
    let uidl = rest.trim_ascii().iter().fold(String::new(), |mut text, byte| {
        match byte {
            b'%' => text.push_str("%25"),
            byte if byte.is_ascii_graphic() => text.push(char::from(*byte)),
            byte => text.push_str(&format!("%{byte:02X}")),
        }
        text
    });
    Some(Named { number, uidl })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_apart() {
        let uidl = |line: &[u8]| named(line).map(|named| (named.number, named.uidl));
        assert_eq!(uidl(b"1 whqtswO00WBw418f9t5JxYwZ"), Some((1, "whqtswO00WBw418f9t5JxYwZ".to_owned())));
        assert_eq!(uidl(b"2  a b "), Some((2, "a%20b".to_owned())));
        assert_eq!(uidl(b"3 a%20b"), Some((3, "a%2520b".to_owned())));
        assert_eq!(uidl(b"4 \xff\x00x"), Some((4, "%FF%00x".to_owned())));
        for line in [b"5".as_slice(), b"5 ", b"", b"0 a", b"x a", b"-1 a", b"99999999999 a"] {
            assert_eq!(uidl(line), None, "{line:?}");
        }
        let long = format!("6 {}", "x".repeat(300));
        assert_eq!(uidl(long.as_bytes()).map(|(_, uidl)| uidl.len()), Some(300));
    }
}
