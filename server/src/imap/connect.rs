//! From an address to a session: name, line, TLS, greeting, login.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use app::wire::ProbeStep;
use async_imap::imap_proto::Status as Answer;
use rustls::ClientConfig;
use secrecy::ExposeSecret;
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};

use super::{
    Code, Error, Session,
    capability::Capabilities,
    frame::Limits,
    line::{Line, SILENCE, Way},
    response::Response,
    stream::Stream,
};
use crate::{
    endpoint::{Credentials, Endpoint, Security},
    net::{self, Dialer, Reach},
};

/// How long it may take from nothing to a session.
const OVERALL: Duration = Duration::from_secs(20);

/// Opens a session at a server that may be anywhere, trusting the certificates that this machine trusts.
pub async fn connect(endpoint: &Endpoint, credentials: &Credentials) -> Result<Session, Error> {
    connect_by(&Dialer::default(), endpoint, credentials).await
}

/// Opens a session. With `tls`, certificates are judged by it instead of by what this machine trusts.
pub async fn connect_trusting(
    endpoint: &Endpoint,
    credentials: &Credentials,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Session, Error> {
    let dialer = Dialer::new(Reach::Anywhere);
    connect_by(&tls.map_or(dialer.clone(), |tls| dialer.trusting(tls)), endpoint, credentials).await
}

/// Opens a session over a line that this dialer opens.
pub async fn connect_by(dialer: &Dialer, endpoint: &Endpoint, credentials: &Credentials) -> Result<Session, Error> {
    connect_noting(dialer, endpoint, credentials, &mut ProbeStep::Name).await
}

/// The same; `step` says how far it came.
pub async fn connect_noting(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<Session, Error> {
    // Whoever waits here is not counted as waiting for the server, but does not wait for ever either.
    let turn = timeout(OVERALL, handshakes(&format!("{}:{}", endpoint.host, endpoint.port)).acquire_owned()).await;
    let _permit = turn.map_err(|_| Error::Timeout)?.map_err(|_| Error::Closed)?;
    match timeout(OVERALL, open(dialer, endpoint, credentials, step)).await {
        Ok(result) => result,
        Err(_) => Err(Error::Timeout),
    }
}

/// Sessions that may be opened at one host at once: after a server was away, all of its people come back together.
const HANDSHAKES: usize = 16;

fn handshakes(host: &str) -> Arc<Semaphore> {
    static HOSTS: Mutex<BTreeMap<String, Weak<Semaphore>>> = Mutex::new(BTreeMap::new());
    // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
    let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
        return known;
    }
    hosts.retain(|_, handshakes| handshakes.strong_count() > 0);
    let fresh = Arc::new(Semaphore::new(HANDSHAKES));
    hosts.insert(host.to_owned(), Arc::downgrade(&fresh));
    fresh
}

async fn open(
    dialer: &Dialer,
    endpoint: &Endpoint,
    credentials: &Credentials,
    step: &mut ProbeStep,
) -> Result<Session, Error> {
    let stream = dialer.dial(endpoint).await.map_err(|error| {
        *step = error.step();
        Error::Net(error)
    })?;
    let (line, capabilities) = match endpoint.security {
        Security::Tls => {
            *step = ProbeStep::Tls;
            let stream = handshake(dialer, endpoint, stream).await?;
            *step = ProbeStep::Greeting;
            greeted(stream, false).await?
        }
        Security::Insecure => {
            *step = ProbeStep::Greeting;
            greeted(Stream::Clear(stream), false).await?
        }
        Security::StartTls => {
            *step = ProbeStep::Greeting;
            // What was said in clear text counts for nothing after it (RFC 9051 §6.2.1).
            let (line, _) = greeted(Stream::Clear(stream), true).await?;
            *step = ProbeStep::Tls;
            let bare = match line.start_tls().await {
                Err(Error::Refused { .. }) => {
                    let text = "it offers no encryption (STARTTLS)".to_owned();
                    return Err(Error::Net(net::Error::NoTls { host: endpoint.host.clone(), text }));
                }
                bare => bare?,
            };
            let Stream::Clear(stream) = bare else { return Err(Error::Closed) };
            (Line::new(handshake(dialer, endpoint, stream).await?), None)
        }
    };
    *step = ProbeStep::Login;
    log_in(line, capabilities, credentials).await
}

async fn handshake(dialer: &Dialer, endpoint: &Endpoint, stream: TcpStream) -> Result<Stream, Error> {
    let stream = dialer.secure(&endpoint.host, stream).await.map_err(Error::Net)?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// Waits for the greeting. Where TLS is still to come, anybody may have said it: of its words nothing is kept.
async fn greeted(stream: Stream, before_tls: bool) -> Result<(Line, Option<Capabilities>), Error> {
    let mut line = Line::new(stream);
    line.restart(Limits::ENTRY, SILENCE);
    loop {
        let Response::Status(status) = line.hear().await? else {
            // What is not a greeting is not IMAP, but a stray line is no reason to give up: the wait is limited.
            continue;
        };
        let text = if before_tls { String::new() } else { status.text };
        return match status.answer {
            Answer::Ok => Ok((line, capabilities_of(status.code.as_ref()))),
            Answer::Bye => Err(Error::of_login(status.code.as_ref(), text, true)),
            // RFC 9051 §7.1.4. Whoever we would be then, it is not the one who typed a password.
            Answer::PreAuth => Err(Error::Protocol("it greets as if somebody had logged in".to_owned())),
            _ => Err(Error::Unavailable { text }),
        };
    }
}

fn capabilities_of(code: Option<&Code>) -> Option<Capabilities> {
    match code {
        Some(Code::Capability(words)) => Some(Capabilities::from_words(words.iter().map(String::as_str))),
        _ => None,
    }
}

async fn log_in(
    mut line: Line,
    capabilities: Option<Capabilities>,
    credentials: &Credentials,
) -> Result<Session, Error> {
    let user = credentials.user.as_str();
    let password = credentials.password.expose_secret();
    if user.is_empty() || [user, password].iter().any(|text| text.contains(['\0', '\r', '\n'])) {
        return Err(Error::Credentials { text: String::new() });
    }
    let mut capabilities = capabilities;
    if capabilities.is_none() {
        capabilities = Some(ask_capabilities(&mut line).await?);
    }
    let offered = capabilities.unwrap_or_default();
    // LOGIN can only say ASCII (RFC 3501 §6.2.3).
    let way = match offered.login_disabled || !user.is_ascii() || !password.is_ascii() {
        false => Way::Login,
        true if offered.sasl_ir => Way::PlainAtOnce,
        true => Way::Plain,
    };
    if offered.login_disabled && !offered.auth_plain {
        return Err(Error::Unavailable { text: "the server offers no login with a password".to_owned() });
    }
    let (mut line, code) = line.log_in(user, password, way).await?;
    let capabilities = match capabilities_of(code.as_ref()) {
        Some(capabilities) => capabilities,
        None => ask_capabilities(&mut line).await?,
    };
    if capabilities.id {
        // RFC 2971. Nobody waits for the answer: it is passed over when it comes.
        let version = env!("CARGO_PKG_VERSION");
        line.send(format!("id ID (\"name\" \"Pismo\" \"version\" \"{version}\")\r\n").as_bytes()).await?;
    }
    Ok(Session::new(line, capabilities))
}

async fn ask_capabilities(line: &mut Line) -> Result<Capabilities, Error> {
    line.restart(Limits::ENTRY, SILENCE);
    line.send(b"c CAPABILITY\r\n").await?;
    let mut capabilities = Capabilities::default();
    loop {
        match line.hear().await? {
            Response::Capability(words) => capabilities = Capabilities::from_words(words.iter().map(String::as_str)),
            Response::Tagged { tag, .. } if tag == "c" => return Ok(capabilities),
            Response::Status(status) if status.answer == Answer::Bye => {
                return Err(Error::of_login(status.code.as_ref(), status.text, true));
            }
            _ => {}
        }
    }
}
