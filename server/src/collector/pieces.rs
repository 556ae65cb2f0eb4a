//! One message read by itself, in pieces, to an end that is known to be one.

use std::time::Duration;

use app::wire::Uid;
use tokio::time::Instant;

use crate::imap::{Code, Error, Session, UidSet};

/// Octets asked for at once.
const PIECE: u32 = 1024 * 1024;

/// How long one message may take. One that comes more slowly is as good as not given out.
pub const LONGEST: Duration = Duration::from_secs(20 * 60);

/// Reads a message of the selected mailbox.
pub struct Pieces<'a> {
    session: &'a mut Session,
    uid: Uid,
    /// RFC822.SIZE, which some servers only guess.
    size: Option<u32>,
    /// Octets that are read at most.
    limit: u64,
    offset: u32,
    whole: bool,
    begun: Instant,
}

pub enum Next {
    /// Never empty.
    Piece(Vec<u8>),
    End(Ended),
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    /// All of it was read.
    Whole,
    /// It is not there any more, and what was read of it is nothing.
    Gone,
    /// The server has it and does not give it out, in its own words.
    NotGivenOut(String),
    /// It goes on behind the limit.
    TooLarge,
}

impl<'a> Pieces<'a> {
    pub fn of(session: &'a mut Session, uid: Uid, size: Option<u32>, limit: u64) -> Self {
        Self { session, uid, size, limit, offset: 0, whole: false, begun: Instant::now() }
    }

    /// The next piece, or the end. A server that is not available for now is an error, and no matter of one message.
    pub async fn next(&mut self) -> Result<Next, Error> {
        if self.whole {
            return Ok(Next::End(Ended::Whole));
        }
        if self.begun.elapsed() > LONGEST {
            return Ok(Next::End(Ended::NotGivenOut(String::new())));
        }
        let piece = match self.session.fetch_section(self.uid, "", Some((self.offset, PIECE))).await {
            // A server says of single messages that they are a fault of its own, but of all that it is not to be had.
            Err(Error::Refused { code, text })
                if code.as_ref().is_none_or(|code| !code.is_passing() || *code == Code::ServerBug) =>
            {
                return Ok(Next::End(Ended::NotGivenOut(text)));
            }
            piece => piece?.unwrap_or_default(),
        };
        let length = u32::try_from(piece.len()).unwrap_or(u32::MAX);
        if length == 0 {
            return Ok(Next::End(self.end_here().await?));
        }
        let Some(offset) = self.offset.checked_add(length).filter(|offset| u64::from(*offset) <= self.limit) else {
            return Ok(Next::End(Ended::TooLarge));
        };
        self.offset = offset;
        self.whole = length < PIECE && self.size == Some(offset);
        Ok(Next::Piece(piece))
    }

    /// What it means that nothing more is said: a server that has lost the message says the same as one that has said it all.
    async fn end_here(&mut self) -> Result<Ended, Error> {
        if self.offset > 0 && (self.size == Some(self.offset) || self.has_one_more_than(self.offset - 1).await?) {
            return Ok(Ended::Whole);
        }
        let there = !self.session.search(&[], Some(&UidSet::one(self.uid))).await?.is_empty();
        Ok(match there {
            false => Ended::Gone,
            true if self.offset == 0 && self.size == Some(0) => Ended::Whole,
            true => Ended::NotGivenOut(String::new()),
        })
    }

    /// Whether there is one octet behind these, and no more, however many are asked for. So the end is known where the size is
    /// only a guess.
    async fn has_one_more_than(&mut self, octets: u32) -> Result<bool, Error> {
        match self.session.fetch_section(self.uid, "", Some((octets, PIECE))).await {
            Err(error) if error.is_refusal() => Ok(false),
            last => Ok(last?.is_some_and(|last| last.len() == 1)),
        }
    }
}
