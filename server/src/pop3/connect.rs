//! From an address to a session: name, line, TLS, greeting, login.

use std::time::Duration;

use app::wire::ProbeStep;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::timeout,
};

use super::{Capabilities, Error, Session, line::Line, login};
use crate::{
    endpoint::{Credentials, Endpoint, Security},
    net::{self, Dialer},
};

/// How long it may take from nothing to a session. Servers look through a large maildrop before they say yes.
const OVERALL: Duration = Duration::from_secs(60);

/// What a session speaks over.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> Stream for T {}

/// The line of a session.
pub(super) type SessionLine = Line<Box<dyn Stream>>;

/// The most lines of an answer to CAPA.
const MOST_CAPABILITIES: usize = 200;

/// Opens a session over a line that this dialer opens. The maildrop is locked until it is dropped.
pub async fn connect(dialer: &Dialer, endpoint: &Endpoint, credentials: &Credentials) -> Result<Session, Error> {
    connect_noting(dialer, endpoint, credentials, &mut ProbeStep::Name).await
}

/// The same; `step` says how far it came.
pub async fn connect_noting(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<Session, Error> {
    match timeout(OVERALL, open(dialer, endpoint, credentials, step)).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout),
    }
}

async fn open(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<Session, Error> {
    let stream = dialer.dial(endpoint).await.inspect_err(|error| *step = error.step())?;
    let (mut line, stamp): (SessionLine, _) = match endpoint.security {
        Security::Tls => {
            *step = ProbeStep::Tls;
            let mut line = Line::new(boxed(dialer.secure(&endpoint.host, stream).await?));
            *step = ProbeStep::Greeting;
            let stamp = greeted(&mut line, false).await?;
            (line, stamp)
        }
        Security::Insecure => {
            *step = ProbeStep::Greeting;
            let mut line = Line::new(boxed(stream));
            let stamp = greeted(&mut line, false).await?;
            (line, stamp)
        }
        Security::StartTls => {
            *step = ProbeStep::Greeting;
            let mut line = Line::new(stream);
            let stamp = greeted(&mut line, true).await?;
            *step = ProbeStep::Tls;
            line.send("STLS").await?;
            line.answer().await.map_err(|error| match error {
                Error::Refused { .. } => {
                    let text = "it offers no encryption (STLS)".to_owned();
                    Error::Net(net::Error::NoTls { host: endpoint.host.clone(), text })
                }
                error => error,
            })?;
            // What was said in clear text counts for nothing after it but for the stamp, which is part of no secret
            // (RFC 2595 §4); there is no second greeting.
            (Line::new(boxed(dialer.secure(&endpoint.host, line.into_inner()?).await?)), stamp)
        }
    };
    *step = ProbeStep::Login;
    let before = capabilities(&mut line).await?;
    login::log_in(&mut line, &before, stamp.as_deref(), credentials).await?;
    *step = ProbeStep::Capability;
    // Some servers say more of themselves to whoever has logged in (RFC 2449 §5).
    let after = if before.known { capabilities(&mut line).await? } else { before.clone() };
    Ok(Session::new(line, if after.known { after } else { before }))
}

fn boxed(stream: impl Stream + 'static) -> Box<dyn Stream> {
    Box::new(stream)
}

/// Waits for the greeting, and gives back the stamp for APOP that is in it. Where TLS is still to come, anybody may have said it: of
/// its words nothing else is kept.
async fn greeted<S>(line: &mut Line<S>, before_tls: bool) -> Result<Option<String>, Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let greeting = line.answer().await.map_err(|error| match error {
        Error::Refused { code, .. } if before_tls => Error::Refused { code, text: String::new() }.of_login(true, None),
        error => error.of_login(true, None),
    })?;
    Ok(login::stamp(&greeting))
}

/// Asks what the server can do (RFC 2449). Where it does not know the question, nothing is known.
async fn capabilities(line: &mut SessionLine) -> Result<Capabilities, Error> {
    line.send("CAPA").await?;
    match line.answer().await {
        Ok(_) => {}
        Err(Error::Refused { .. }) => return Ok(Capabilities::default()),
        Err(error) => return Err(error),
    }
    let mut capabilities = Capabilities { known: true, ..Capabilities::default() };
    for said in line.listing(MOST_CAPABILITIES).await? {
        capabilities.learn(&String::from_utf8_lossy(&said));
    }
    Ok(capabilities)
}
