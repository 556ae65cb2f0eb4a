//! From an address to a session: name, line, TLS, greeting, login.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::Duration,
};

use async_imap::imap_proto::Status as Answer;
use rustls::{CertificateError, ClientConfig, pki_types::ServerName};
use rustls_platform_verifier::BuilderVerifierExt;
use secrecy::{ExposeSecret, SecretString};
use tokio::{net::TcpStream, sync::Semaphore, time::timeout};
use tokio_rustls::TlsConnector;

use super::{
    Code, Error, Session,
    capability::Capabilities,
    frame::Limits,
    line::{Line, SILENCE, Way},
    response::Response,
    stream::Stream,
};
use crate::endpoint::{Endpoint, Security};

/// Who logs in.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub user: String,
    pub password: SecretString,
}

/// How long it may take from nothing to a session.
const OVERALL: Duration = Duration::from_secs(20);

/// How long one address of a server may take to accept.
const ONE_ADDRESS: Duration = Duration::from_secs(8);

/// Opens a session, trusting the certificates that this machine trusts.
pub async fn connect(endpoint: &Endpoint, credentials: &Credentials) -> Result<Session, Error> {
    connect_trusting(endpoint, credentials, None).await
}

/// Opens a session. With `tls`, certificates are judged by it instead of by what this machine trusts.
pub async fn connect_trusting(
    endpoint: &Endpoint,
    credentials: &Credentials,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Session, Error> {
    // Whoever waits here is not counted as waiting for the server, but does not wait for ever either.
    let turn = timeout(OVERALL, handshakes(&endpoint.host).acquire_owned()).await;
    let _permit = turn.map_err(|_| Error::Timeout)?.map_err(|_| Error::Closed)?;
    match timeout(OVERALL, open(endpoint, credentials, tls)).await {
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
    endpoint: &Endpoint,
    credentials: &Credentials,
    tls: Option<Arc<ClientConfig>>,
) -> Result<Session, Error> {
    let stream = dial(endpoint).await?;
    let (line, capabilities) = match endpoint.security {
        Security::Tls => greeted(handshake(endpoint, stream, tls).await?).await?,
        Security::Insecure => greeted(Stream::Clear(stream)).await?,
        Security::StartTls => {
            // What was said in clear text counts for nothing after it (RFC 9051 §6.2.1).
            let (line, _) = greeted(Stream::Clear(stream)).await?;
            let bare = match line.start_tls().await {
                Err(Error::Refused { .. }) => {
                    let text = "it offers no encryption (STARTTLS)".to_owned();
                    return Err(Error::Unreachable { host: endpoint.host.clone(), text });
                }
                bare => bare?,
            };
            let Stream::Clear(stream) = bare else { return Err(Error::Closed) };
            (Line::new(handshake(endpoint, stream, tls).await?), None)
        }
    };
    log_in(line, capabilities, credentials).await
}

async fn dial(endpoint: &Endpoint) -> Result<TcpStream, Error> {
    let host = || endpoint.host.clone();
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port))
        .await
        .map_err(|_| Error::UnknownHost { host: host() })?
        .collect();
    if addresses.is_empty() {
        return Err(Error::UnknownHost { host: host() });
    }
    let mut text = String::new();
    for address in addresses {
        // A name can point anywhere, so the spelling is not enough to allow clear text.
        if endpoint.security == Security::Insecure && !address.ip().is_loopback() {
            text = "clear text is only for a server on this machine".to_owned();
            continue;
        }
        match timeout(ONE_ADDRESS, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands are small and each is waited for.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => text = error.kind().to_string(),
            Err(_) => text = "no answer in time".to_owned(),
        }
    }
    Err(Error::Unreachable { host: host(), text })
}

async fn handshake(endpoint: &Endpoint, stream: TcpStream, tls: Option<Arc<ClientConfig>>) -> Result<Stream, Error> {
    let host = || endpoint.host.clone();
    let unusable = |text: String| Error::Certificate { host: host(), text };
    let config = match tls {
        Some(config) => config,
        None => trusting_this_machine().map_err(|error| unusable(error.to_string()))?,
    };
    let name = ServerName::try_from(endpoint.host.clone()).map_err(|_| Error::UnknownHost { host: host() })?;
    match TlsConnector::from(config).connect(name, stream).await {
        Ok(stream) => Ok(Stream::Tls(Box::new(stream))),
        Err(error) => Err(of_handshake(host(), &error)),
    }
}

/// One configuration for all sessions, so that the roots are held once and TLS sessions are resumed.
fn trusting_this_machine() -> Result<Arc<ClientConfig>, rustls::Error> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

fn of_handshake(host: String, error: &io::Error) -> Error {
    let reason = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match reason {
        Some(rustls::Error::InvalidCertificate(reason)) => Error::Certificate { host, text: of_certificate(reason) },
        Some(rustls::Error::NoCertificatesPresented) => {
            Error::Certificate { host, text: "the server showed no certificate".to_owned() }
        }
        Some(rustls::Error::InvalidMessage(_)) => {
            Error::Unreachable { host, text: "the server does not speak TLS on this port".to_owned() }
        }
        Some(reason) => Error::Unreachable { host, text: format!("no TLS: {reason}") },
        None => Error::Unreachable { host, text: "the line was closed before TLS".to_owned() },
    }
}

fn of_certificate(reason: &CertificateError) -> String {
    match reason {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "the certificate has expired".to_owned(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the certificate is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "the certificate is for another name".to_owned()
        }
        CertificateError::UnknownIssuer => "the certificate's issuer is not known".to_owned(),
        CertificateError::Revoked => "the certificate was revoked".to_owned(),
        // webpki says so of a certificate that signed itself and calls itself an authority.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "the certificate's issuer is not known".to_owned()
        }
        other => format!("the certificate is not usable: {other}"),
    }
}

/// Waits for the greeting.
async fn greeted(stream: Stream) -> Result<(Line, Option<Capabilities>), Error> {
    let mut line = Line::new(stream);
    line.restart(Limits::SHORT, SILENCE);
    loop {
        let Response::Status(status) = line.hear().await? else {
            // What is not a greeting is not IMAP, but a stray line is no reason to give up: the wait is limited.
            continue;
        };
        return match status.answer {
            Answer::Ok => Ok((line, capabilities_of(status.code.as_ref()))),
            Answer::Bye => Err(Error::of_login(status.code.as_ref(), status.text, true)),
            // RFC 9051 §7.1.4. Whoever we would be then, it is not the one who typed a password.
            Answer::PreAuth => Err(Error::Protocol("it greets as if somebody had logged in".to_owned())),
            _ => Err(Error::Unavailable { text: status.text }),
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
    line.restart(Limits::SHORT, SILENCE);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_refused_in_plain_words() {
        for (reason, text) in [
            (CertificateError::Expired, "the certificate has expired"),
            (CertificateError::NotValidYet, "the certificate is not valid yet"),
            (CertificateError::NotValidForName, "the certificate is for another name"),
            (CertificateError::UnknownIssuer, "the certificate's issuer is not known"),
            (CertificateError::Revoked, "the certificate was revoked"),
        ] {
            let error = io::Error::other(rustls::Error::InvalidCertificate(reason));
            let expected = Error::Certificate { host: "x".to_owned(), text: text.to_owned() };
            assert_eq!(of_handshake("x".to_owned(), &error), expected);
        }
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert!(matches!(of_handshake("x".to_owned(), &reset), Error::Unreachable { .. }));
    }
}
