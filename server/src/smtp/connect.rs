//! Connecting: TLS from the first byte, or after STARTTLS, which is required where it was chosen.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use lettre::transport::smtp::extension::ClientId;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{ClientConfig, crypto::ring, pki_types::ServerName},
};

use super::line::{Line, Patience, Stream};
use crate::endpoint::{Endpoint, Security};

/// How long each step towards a line may take.
const STEP: Duration = Duration::from_secs(30);
/// The longest answer before TLS.
const MAX_ANSWER: usize = 16 * 1024;

/// A line to the server, with the greeting still to be read.
pub async fn connect(endpoint: &Endpoint, tls: Option<&Arc<ClientConfig>>, patience: &Patience) -> io::Result<Line> {
    let mut tcp = within(TcpStream::connect((endpoint.host.as_str(), endpoint.port)), "connect").await?;
    let peer = tcp.peer_addr()?;
    tcp.set_nodelay(true)?;
    let line = |stream, prelude: &[u8], peer: SocketAddr| Line::new(stream, peer, prelude, patience.clone());
    match endpoint.security {
        Security::Insecure => Ok(line(Stream::Plain(tcp), b"", peer)),
        Security::Tls => {
            let stream = secure(tcp, endpoint, tls).await?;
            Ok(line(stream, b"", peer))
        }
        Security::StartTls => {
            start_tls(&mut tcp).await?;
            let stream = secure(tcp, endpoint, tls).await?;
            // Nothing said before TLS counts: the capabilities are asked for anew. Only the greeting is not repeated.
            Ok(line(stream, b"220 ready\r\n", peer))
        }
    }
}

async fn within<T>(step: impl Future<Output = io::Result<T>>, name: &str) -> io::Result<T> {
    match timeout(STEP, step).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer in time ({name})"))),
    }
}

async fn secure(tcp: TcpStream, endpoint: &Endpoint, tls: Option<&Arc<ClientConfig>>) -> io::Result<Stream> {
    let config = match tls {
        Some(config) => config.clone(),
        None => platform()?,
    };
    let name = ServerName::try_from(endpoint.host.clone()).map_err(io::Error::other)?;
    let stream = within(TlsConnector::from(config).connect(name, tcp), "TLS").await?;
    Ok(Stream::Tls(Box::new(stream)))
}

/// What the platform trusts, read once.
fn platform() -> io::Result<Arc<ClientConfig>> {
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(config.clone());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_platform_verifier()
        .map_err(io::Error::other)?
        .with_no_client_auth();
    Ok(CONFIG.get_or_init(|| Arc::new(config)).clone())
}

/// Asks for TLS (RFC 3207). lettre would keep what a man in the middle says before TLS and take it for an answer
/// after it, so this is done here, where it is an error.
async fn start_tls(tcp: &mut TcpStream) -> io::Result<()> {
    answer(tcp, "220").await?;
    let hello = format!("EHLO {}\r\n", ClientId::default());
    within(tcp.write_all(hello.as_bytes()), "EHLO").await?;
    let offers = answer(tcp, "250").await?;
    let offered = offers
        .lines()
        .skip(1)
        .any(|line| line.get(4..).is_some_and(|keyword| keyword.trim().eq_ignore_ascii_case("STARTTLS")));
    if !offered {
        return Err(io::Error::new(io::ErrorKind::Unsupported, "the server does not offer STARTTLS"));
    }
    within(tcp.write_all(b"STARTTLS\r\n"), "STARTTLS").await?;
    answer(tcp, "220").await.map(drop)
}

/// Reads one answer, and nothing after it.
async fn answer(tcp: &mut TcpStream, code: &str) -> io::Result<String> {
    let mut answer: Vec<u8> = Vec::new();
    loop {
        let mut chunk = [0; 1024];
        let read = within(tcp.read(&mut chunk), "answer").await?;
        answer.extend_from_slice(chunk.get(..read).unwrap_or_default());
        if read == 0 || answer.len() > MAX_ANSWER {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server ended the line"));
        }
        let text = String::from_utf8_lossy(&answer);
        let mut lines = text.split_inclusive('\n').skip_while(|line| line.as_bytes().get(3) == Some(&b'-'));
        let Some(last) = lines.next().filter(|last| last.ends_with('\n')) else { continue };
        if lines.next().is_some() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the server spoke out of turn"));
        }
        if !last.starts_with(code) {
            let words: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, words));
        }
        return Ok(text.into_owned());
    }
}
