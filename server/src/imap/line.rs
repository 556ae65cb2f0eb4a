//! The line to one server: bytes out, responses in, each wait limited.

use std::{mem, time::Duration};

use async_imap::{Authenticator, Client, imap_proto::Status as Answer};
use base64::{Engine, prelude::BASE64_STANDARD as BASE64};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};

use tracing::{instrument::WithSubscriber, subscriber::NoSubscriber};

use super::{
    Code, Error,
    frame::Limits,
    response::{Response, Status},
    stream::Stream,
    tap::Tap,
};

/// How long the server may be silent while something is expected of it.
pub const SILENCE: Duration = Duration::from_secs(30);

/// How long a command may take in all, however steadily its answer trickles.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How much is written before looking whether the time is up.
const PIECE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Line {
    client: Client<Tap<Stream>>,
    silence: Duration,
    deadline: Instant,
}

impl Line {
    pub fn new(stream: Stream) -> Self {
        Self { client: Client::new(Tap::new(stream)), silence: SILENCE, deadline: Instant::now() + PATIENCE }
    }

    /// A new command begins.
    pub fn restart(&mut self, limits: Limits, silence: Duration) {
        self.client.get_mut().restart(limits);
        self.silence = silence;
        self.deadline = Instant::now() + PATIENCE;
    }

    /// Responses that made no sense so far.
    pub fn dropped(&self) -> u64 {
        self.client.get_ref().dropped()
    }

    /// Sends bytes. The server has its time for the command from then on: a large message may take longer to be said.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let tap = self.client.get_mut();
        for piece in bytes.chunks(PIECE) {
            match timeout(self.silence, tap.write_all(piece)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Err(Error::Closed),
                Err(_) => return Err(Error::Timeout),
            }
        }
        self.deadline = Instant::now() + PATIENCE;
        match timeout(self.silence, tap.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::Closed),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// The next response, however long it takes. May be dropped at any moment: what was read is kept.
    pub async fn hear_ever(&mut self) -> Result<Response, Error> {
        loop {
            // A server that never stops must not keep the thread from others. Nothing is taken out before this.
            tokio::task::consume_budget().await;
            if let Some(response) = self.client.get_mut().next() {
                return Ok(response);
            }
            match self.client.read_response().await {
                Ok(Some(_)) => {}
                Ok(None) => return Err(Error::Closed),
                Err(error) => {
                    return Err(match self.client.get_ref().too_much() {
                        Some(too_much) => Error::Limit(too_much.0),
                        None if error.kind() == std::io::ErrorKind::Other => Error::Protocol("not IMAP".to_owned()),
                        None => Error::Closed,
                    });
                }
            }
        }
    }

    /// The next response. A server that is silent for too long is given up, and so is one that does not come to an end; a slow
    /// one is not.
    pub async fn hear(&mut self) -> Result<Response, Error> {
        loop {
            if Instant::now() > self.deadline {
                return Err(Error::Timeout);
            }
            let before = self.client.get_ref().heard();
            match timeout(self.silence, self.hear_ever()).await {
                Ok(response) => return response,
                Err(_) if self.client.get_ref().heard() > before => {}
                Err(_) => return Err(Error::Timeout),
            }
        }
    }

    /// What the server said before it hung up, if it did.
    pub async fn last_words(&mut self) -> Option<Status> {
        let until = Instant::now() + Duration::from_secs(1);
        while let Ok(Ok(response)) = tokio::time::timeout_at(until, self.hear_ever()).await {
            match response {
                Response::Status(status) if status.answer == Answer::Bye => return Some(status),
                _ => {}
            }
        }
        None
    }

    /// STARTTLS. Gives out the bare line for the handshake.
    pub async fn start_tls(mut self) -> Result<Stream, Error> {
        let answer = self.client.run_command_and_check_ok("STARTTLS", None).await;
        loop {
            match self.client.get_mut().next() {
                Some(Response::Tagged { tag, status }) if is_own(&tag) && answer.is_err() => {
                    return Err(refused(status));
                }
                Some(Response::Tagged { tag, .. }) if is_own(&tag) => break,
                Some(_) => {}
                None => return Err(Error::Closed),
            }
        }
        let bare = self.client.into_inner().into_inner();
        bare.ok_or_else(|| Error::Protocol("something was said between STARTTLS and TLS".to_owned()))
    }

    /// Logs in.
    pub async fn log_in(self, user: &str, password: &str, way: Way) -> Result<(Self, Option<Code>), Error> {
        let secret = || format!("\0{user}\0{password}");
        if way == Way::PlainAtOnce {
            return self.authenticate_at_once(&BASE64.encode(secret())).await;
        }
        let Self { client, silence, deadline } = self;
        let login = async {
            if way == Way::Plain {
                client.authenticate("PLAIN", Plain(secret().into_bytes())).await
            } else {
                client.login(user, password).await
            }
        };
        // async-imap traces what it sends, the password with it. Here nobody listens, whatever the settings say.
        let result = login.with_subscriber(NoSubscriber::default()).await;
        match result {
            Ok(mut session) => {
                // async-imap's session brings a channel of a hundred places that nobody here listens to. Its line moves
                // back into a client, which is all that is needed from now on, and the rest is let go.
                let mut client = Client::new(Tap::new(Stream::None));
                mem::swap(&mut *client, &mut *session);
                let mut line = Self { client, silence, deadline };
                let mut code = None;
                while let Some(response) = line.client.get_mut().next() {
                    if let Response::Tagged { status, .. } | Response::Status(status) = response
                        && matches!(status.code, Some(Code::Capability(_)))
                    {
                        code = status.code;
                    }
                }
                Ok((line, code))
            }
            Err((error, mut client)) => {
                let mut last = None;
                while let Some(response) = client.get_mut().next() {
                    match response {
                        Response::Tagged { tag, status } if is_own(&tag) => {
                            return Err(Error::of_login(status.code.as_ref(), status.text, false));
                        }
                        Response::Status(status) if status.answer == Answer::Bye => last = Some(status),
                        _ => {}
                    }
                }
                Err(match (last, error) {
                    (Some(status), _) => Error::of_login(status.code.as_ref(), status.text, true),
                    // A line end or a NUL: no such password exists.
                    (None, async_imap::error::Error::Validate(_)) => Error::Credentials { text: String::new() },
                    (None, _) => Error::Closed,
                })
            }
        }
    }
}

/// Whether a tag is one of async-imap's: whatever else a server answers is no answer.
fn is_own(tag: &str) -> bool {
    tag.strip_prefix('A').is_some_and(|number| number.parse::<u32>().is_ok())
}

impl Line {
    /// AUTHENTICATE PLAIN in one round trip (RFC 4959), which async-imap has not.
    async fn authenticate_at_once(mut self, secret: &str) -> Result<(Self, Option<Code>), Error> {
        self.restart(Limits::ENTRY, SILENCE);
        self.send(format!("a AUTHENTICATE PLAIN {secret}\r\n").as_bytes()).await?;
        let mut code = None;
        loop {
            let status = match self.hear().await? {
                Response::Tagged { tag, status } if tag == "a" => {
                    if status.answer != Answer::Ok {
                        return Err(Error::of_login(status.code.as_ref(), status.text, false));
                    }
                    let told = matches!(status.code, Some(Code::Capability(_)));
                    return Ok((self, if told { status.code } else { code }));
                }
                // It has not read what came along.
                Response::Continue => {
                    self.send(format!("{secret}\r\n").as_bytes()).await?;
                    continue;
                }
                Response::Status(status) => status,
                _ => continue,
            };
            if status.answer == Answer::Bye {
                return Err(Error::of_login(status.code.as_ref(), status.text, true));
            }
            if matches!(status.code, Some(Code::Capability(_))) {
                code = status.code;
            }
        }
    }
}

/// How to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Login,
    /// AUTHENTICATE PLAIN (RFC 4616), which can say what LOGIN cannot.
    Plain,
    /// The same where the secret may come along with the command (RFC 4959).
    PlainAtOnce,
}

pub(super) fn refused(status: Status) -> Error {
    Error::of_command(status.code, status.text)
}

struct Plain(Vec<u8>);

impl Authenticator for Plain {
    type Response = Vec<u8>;

    fn process(&mut self, _challenge: &[u8]) -> Vec<u8> {
        mem::take(&mut self.0)
    }
}
