//! The line to a server, as lettre takes it: no wait on it is without a limit, and it can be cut from outside.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};
use tokio_rustls::client::TlsStream;

/// How long an answer to a command is waited for.
const COMMAND: Duration = Duration::from_secs(60);
/// RFC 5321 §4.5.3.2.6: servers do their work after the final dot, and who leaves early sends twice.
const END_OF_DATA: Duration = Duration::from_secs(480);
/// Within the lease of one attempt, so that it ends with an outcome of its own.
const WHOLE: Duration = Duration::from_secs(540);

/// How long silence is borne.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Within a command and its answer, or a piece of the message.
    pub command: Duration,
    /// After the final dot.
    pub end_of_data: Duration,
    /// For all of a submission, however it drips.
    pub whole: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { command: COMMAND, end_of_data: END_OF_DATA, whole: WHOLE }
    }
}

/// How long silence on a line is borne at the moment; shared with the line.
#[derive(Debug, Clone)]
pub struct Patience {
    limits: Limits,
    milliseconds: Arc<AtomicU64>,
    cut: Arc<AtomicBool>,
}

impl Patience {
    pub fn new(limits: Limits) -> Self {
        let patience = Self { limits, milliseconds: Arc::default(), cut: Arc::default() };
        patience.for_commands();
        patience
    }

    pub fn for_commands(&self) {
        self.set(self.limits.command);
    }

    pub fn for_end_of_data(&self) {
        self.set(self.limits.end_of_data);
    }

    /// Nothing more is written: what was begun must not be ended.
    pub fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::SeqCst)
    }

    fn set(&self, limit: Duration) {
        self.milliseconds.store(u64::try_from(limit.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    fn limit(&self) -> Duration {
        Duration::from_millis(self.milliseconds.load(Ordering::SeqCst))
    }
}

/// TCP, with or without TLS.
#[derive(Debug)]
pub enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A stream whose silence ends in an error.
#[derive(Debug)]
pub struct Line {
    stream: Stream,
    peer: SocketAddr,
    /// Read before anything from the stream: the greeting that lettre waits for, where it was read already.
    prelude: Vec<u8>,
    patience: Patience,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
}

impl Line {
    pub fn new(stream: Stream, peer: SocketAddr, prelude: &[u8], patience: Patience) -> Self {
        let timer = Box::pin(sleep(patience.limit()));
        Self { stream, peer, prelude: prelude.to_vec(), patience, timer, waiting: false }
    }

    /// Lets a wait go on until its limit.
    fn limit<T>(&mut self, context: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.waiting = false;
            return progress;
        }
        if !self.waiting {
            self.waiting = true;
            self.timer.as_mut().reset(Instant::now() + self.patience.limit());
        }
        ready!(self.timer.as_mut().poll(context));
        self.waiting = false;
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the server did not answer in time")))
    }

    fn check(&self) -> io::Result<()> {
        if self.patience.is_cut() {
            return Err(io::Error::new(io::ErrorKind::BrokenPipe, "the message could not be read to its end"));
        }
        Ok(())
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.prelude.is_empty() {
            let length = this.prelude.len().min(buffer.remaining());
            let taken: Vec<u8> = this.prelude.drain(..length).collect();
            buffer.put_slice(&taken);
            return Poll::Ready(Ok(()));
        }
        let progress = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Stream::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        this.limit(context, progress)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.check()?;
        let progress = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        this.limit(context, progress)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let progress = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(context),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(context),
        };
        this.limit(context, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let progress = match &mut this.stream {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        };
        this.limit(context, progress)
    }
}

impl AsyncTokioStream for Line {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}
