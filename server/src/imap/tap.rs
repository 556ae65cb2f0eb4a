//! The filter between the line and async-imap: frames, bounds and reads what the server says, so that the parser above
//! never meets a byte it could stumble over.
//!
//! Every response is read by ourselves and put into a queue, in order. What async-imap gets to see is a paraphrase in plain
//! words: `* OK .` for data, `+` for a continuation, `tag OK .` for the end of a command. So async-imap carries the
//! line, finds its own tags and wakes whoever reads; what was said is in [`Tap::next`].

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_imap::imap_proto::Status as Answer;
use bumpalo::Bump;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    frame::{Framer, Limits, TooMuch},
    response::Response,
};

/// How much is read at once. On the stack while reading: an idle session holds no buffer of ours.
const CHUNK: usize = 32 * 1024;

/// Room for the values of one response, in bytes; more is made where it is not enough.
const ROOM: usize = 8 * 1024;

pub struct Tap<T> {
    inner: T,
    framer: Framer,
    queue: VecDeque<Response>,
    /// What async-imap has yet to read.
    paraphrase: Vec<u8>,
    paraphrase_read: usize,
    too_much: Option<TooMuch>,
    /// All bytes ever read: tells a slow server from a silent one.
    heard: u64,
    /// Responses that made no sense.
    dropped: u64,
}

impl<T> Tap<T> {
    pub fn new(inner: T) -> Self {
        Self {
            inner,
            framer: Framer::new(Limits::ENTRY),
            queue: VecDeque::new(),
            paraphrase: Vec::new(),
            paraphrase_read: 0,
            too_much: None,
            heard: 0,
            dropped: 0,
        }
    }

    /// The next response that was read.
    pub fn next(&mut self) -> Option<Response> {
        let response = self.queue.pop_front();
        if self.queue.is_empty() && self.queue.capacity() > 64 {
            self.queue = VecDeque::new();
        }
        response
    }

    /// A new command begins, with limits of its own.
    pub fn restart(&mut self, limits: Limits) {
        self.framer.restart(limits);
    }

    pub fn too_much(&self) -> Option<TooMuch> {
        self.too_much
    }

    pub fn heard(&self) -> u64 {
        self.heard
    }

    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The line beneath, if the server has said nothing that was not read: what comes in clear text after the answer to
    /// STARTTLS is somebody else's (RFC 9051 §6.2.1).
    pub fn into_inner(self) -> Option<T> {
        let clean = self.queue.is_empty() && self.framer.is_between();
        clean.then_some(self.inner)
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), TooMuch> {
        self.heard += bytes.len() as u64;
        let Self { framer, queue, paraphrase, dropped, .. } = self;
        let mut data = false;
        // One room for all of them, and none for a session that is idle.
        let mut room = Bump::with_capacity(ROOM);
        framer.push(bytes, |frame| {
            room.reset();
            let response = Response::read(frame, &room);
            match &response {
                Response::Tagged { tag, status } => {
                    let word = match status.answer {
                        Answer::Ok => "OK",
                        Answer::No => "NO",
                        _ => "BAD",
                    };
                    paraphrase.extend_from_slice(format!("{tag} {word} .\r\n").as_bytes());
                }
                // The challenge is left out: the mechanisms in use answer an empty one.
                Response::Continue => paraphrase.extend_from_slice(b"+ \r\n"),
                Response::Ignored => {}
                Response::Other => *dropped += 1,
                _ => data = true,
            }
            if !matches!(response, Response::Ignored | Response::Other) {
                queue.push_back(response);
            }
        })?;
        if data && self.paraphrase.is_empty() {
            self.paraphrase.extend_from_slice(b"* OK .\r\n");
        }
        Ok(())
    }

    fn give_out(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let rest = self.paraphrase.get(self.paraphrase_read..).unwrap_or_default();
        if rest.is_empty() {
            return false;
        }
        let given = rest.get(..rest.len().min(buffer.remaining())).unwrap_or_default();
        buffer.put_slice(given);
        self.paraphrase_read += given.len();
        if self.paraphrase_read == self.paraphrase.len() {
            self.paraphrase = Vec::new();
            self.paraphrase_read = 0;
        }
        true
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Tap<T> {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if this.give_out(buffer) {
                return Poll::Ready(Ok(()));
            }
            if let Some(TooMuch(what)) = this.too_much {
                return Poll::Ready(Err(io::Error::other(what)));
            }
            let mut chunk = [std::mem::MaybeUninit::uninit(); CHUNK];
            let mut chunk = ReadBuf::uninit(&mut chunk);
            ready!(Pin::new(&mut this.inner).poll_read(context, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            if let Err(too_much) = this.take_in(chunk.filled()) {
                this.too_much = Some(too_much);
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().inner).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

impl<T> fmt::Debug for Tap<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tap")
            .field("heard", &self.heard)
            .field("dropped", &self.dropped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_imap::{Client, imap_proto};
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    /// What async-imap and what the queue make of what a server says in pieces of a size.
    async fn heard(said: &[u8], piece: usize) -> (Vec<String>, Vec<Response>) {
        let (mut server, line) = tokio::io::duplex(piece.max(1));
        let said = said.to_vec();
        let server = tokio::spawn(async move {
            let _ = server.write_all(&said).await;
        });
        let mut client = Client::new(Tap::new(line));
        let (mut above, mut below) = (Vec::new(), Vec::new());
        while let Some(response) = client.read_response().await.expect("async-imap never stumbles") {
            above.push(match response.parsed() {
                imap_proto::Response::Done { tag, status, .. } => format!("{} {status:?}", tag.0),
                imap_proto::Response::Continue(_) => "+".to_owned(),
                _ => "*".to_owned(),
            });
            while let Some(response) = client.get_mut().next() {
                below.push(response);
            }
        }
        server.await.unwrap();
        while let Some(response) = client.get_mut().next() {
            below.push(response);
        }
        (above, below)
    }

    #[tokio::test]
    async fn lines_that_break_the_parser_above_are_taken_aside() {
        let said = "* OK [READ-WRITE]Привет\r\n* ESEARCH (TAG \"a\") UID ALL 1:3\r\n* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n\
            * 1 FETCH (INTERNALDATE NIL UID 4)\r\n* CAPABILITY IMAP4rev2\r\nA1 OK [X \"]\"] да\r\n+\r\nA2 NO нет\r\n";
        let (above, below) = heard(said.as_bytes(), 7).await;
        assert_eq!(above.iter().filter(|line| *line != "*").collect::<Vec<_>>(), ["A1 Ok", "+", "A2 No"]);
        // All are there in their order.
        assert_eq!(below.len(), 8);
        assert!(matches!(below.get(2), Some(Response::Namespace(namespaces)) if namespaces.own_prefix() == Some("")));
        assert!(matches!(below.get(1), Some(Response::Search(ranges)) if *ranges == [(1, 3)]));
    }

    #[tokio::test]
    async fn four_hundred_levels_of_nesting_are_harmless() {
        let said = format!("* 1 FETCH (UID 5 BODYSTRUCTURE {}{})\r\nA1 OK done\r\n", "(".repeat(400), ")".repeat(400));
        let (above, below) = heard(said.as_bytes(), 4096).await;
        assert_eq!(above.last().map(String::as_str), Some("A1 Ok"));
        assert!(matches!(below.first(), Some(Response::Fetch(fetch)) if fetch.uid == Some(5)));
    }

    #[tokio::test]
    async fn a_server_that_says_too_much_is_not_listened_to() {
        let mut client =
            Client::new(Tap::new(&b"* 1 FETCH (BODY[] {4294967295}\r\n"[..].to_vec().leak()[..]).with_sink());
        assert!(client.read_response().await.is_err());
        assert!(client.get_mut().too_much().is_some());
    }

    impl Tap<&'static [u8]> {
        fn with_sink(self) -> Tap<tokio::io::Join<&'static [u8], tokio::io::Sink>> {
            Tap::new(tokio::io::join(self.inner, tokio::io::sink()))
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_said_async_imap_lives(
            said in proptest::collection::vec(prop_oneof![
                3 => "(\\* |A1 |\\+ )?(OK|NO|BYE|LIST|5 FETCH|SEARCH|STATUS|X) ?(\\(|\\)|\"|\\[|\\]| |UID 3|BODY\\[\\]|NIL|é|\\{2\\}\r\nxx){0,12}".prop_map(String::into_bytes),
                1 => proptest::collection::vec(any::<u8>(), 0..60),
            ], 0..12),
            piece in 1usize..64,
        ) {
            let said = said.join(&b"\r\n"[..]);
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (above, below) = runtime.block_on(heard(&said, piece));
            let tags = below.iter().filter(|response| matches!(response, Response::Tagged { .. })).count();
            prop_assert_eq!(above.iter().filter(|line| line.starts_with("A1")).count() <= tags, true);
            let (_, whole) = runtime.block_on(heard(&said, 1 << 16));
            prop_assert_eq!(below, whole);
        }
    }
}
