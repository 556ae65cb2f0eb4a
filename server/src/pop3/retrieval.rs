//! Messages on their way, in pieces. Where the server takes several commands at once (RFC 2449 §6.6) it never waits for us.

use std::collections::VecDeque;

use super::{Error, Session, Unstuffer};

/// So many commands may be unanswered. They are short, so that the server can hold them all while we read.
const WINDOW: usize = 64;

/// The largest message, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
pub(super) enum Ask {
    Retr,
    Top(u32),
}

/// Messages that were asked for. To be read to its end: a session whose retrieval was dropped before that cannot be used.
#[derive(Debug)]
pub struct Retrieval<'a> {
    session: &'a mut Session,
    ask: Ask,
    /// What is still to be asked for.
    waiting: VecDeque<u32>,
    /// What was asked for and not answered.
    asked: VecDeque<u32>,
    /// The message whose pieces come now.
    open: Option<Unstuffer>,
    /// How much of it has come.
    size: u64,
}

/// What the server says of the next message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// It comes: in [pieces](Retrieval::piece).
    Message { number: u32 },
    /// It does not. The rest goes on.
    Refused { number: u32, error: Error },
}

impl<'a> Retrieval<'a> {
    pub(super) fn begin(session: &'a mut Session, numbers: &[u32], ask: Ask) -> Result<Self, Error> {
        session.unsettle()?;
        let waiting: VecDeque<u32> = numbers.iter().copied().collect();
        session.settled = waiting.is_empty();
        Ok(Self { session, ask, waiting, asked: VecDeque::new(), open: None, size: 0 })
    }

    /// The next message; what is left of the one before is passed over. None after the last one.
    pub async fn next(&mut self) -> Result<Option<Arrival>, Error> {
        while self.piece().await?.is_some() {}
        self.ask_for_more().await?;
        let Some(number) = self.asked.pop_front() else {
            self.session.settled = true;
            return Ok(None);
        };
        match self.session.line.answer().await {
            Ok(_) => {
                self.open = Some(Unstuffer::default());
                self.size = 0;
                Ok(Some(Arrival::Message { number }))
            }
            Err(error) if error.is_refusal() => {
                self.settle();
                Ok(Some(Arrival::Refused { number, error }))
            }
            Err(error) => Err(error),
        }
    }

    /// The next piece of the message, never empty. None when it is whole: only then does it count.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(unstuffer) = &mut self.open else { return Ok(None) };
        let mut piece = Vec::new();
        while piece.is_empty() && !unstuffer.is_whole() {
            self.session.line.piece(|bytes| unstuffer.feed(bytes, &mut piece)).await?;
        }
        self.size += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        if self.size > LARGEST {
            return Err(Error::Limit("a message is too large"));
        }
        if piece.is_empty() {
            self.open = None;
            self.settle();
            return Ok(None);
        }
        Ok(Some(piece))
    }

    /// Whoever has had all may drop this without asking for more.
    fn settle(&mut self) {
        self.session.settled = self.waiting.is_empty() && self.asked.is_empty();
    }

    async fn ask_for_more(&mut self) -> Result<(), Error> {
        let window = if self.session.capabilities().pipelining { WINDOW } else { 1 };
        // Half a window at a time, so that not every message costs a packet.
        if self.asked.len() > window / 2 {
            return Ok(());
        }
        let mut commands = String::new();
        while self.asked.len() < window
            && let Some(number) = self.waiting.pop_front()
        {
            match self.ask {
                Ask::Retr => commands.push_str(&format!("RETR {number}\r\n")),
                Ask::Top(lines) => commands.push_str(&format!("TOP {number} {lines}\r\n")),
            }
            self.asked.push_back(number);
        }
        if commands.is_empty() { Ok(()) } else { self.session.line.send_all(&commands).await }
    }
}
