//! Connecting: TLS from the first byte, or after STARTTLS, which is required where it was chosen.

use std::{future::Future, io, time::Duration};

use lettre::transport::smtp::extension::ClientId;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::{
    Fault,
    line::{Line, Patience, Stream},
};
use crate::{
    endpoint::{Endpoint, Security},
    net::{self, Dialer},
};

/// How long each step towards a line may take.
const STEP: Duration = Duration::from_secs(30);
/// The longest answer before TLS.
const MAX_ANSWER: usize = 16 * 1024;

/// A line to the server, with the greeting still to be read.
pub async fn connect(dialer: &Dialer, endpoint: &Endpoint, patience: &Patience) -> Result<Line, Fault> {
    let mut tcp = dialer.dial(endpoint).await?;
    let peer = tcp.peer_addr().map_err(|error| Fault::Lost(error.to_string()))?;
    // Nothing said before TLS counts: the capabilities are asked for anew. Only the greeting is not repeated.
    let mut prelude: &[u8] = b"";
    if endpoint.security == Security::StartTls {
        start_tls(&mut tcp).await.map_err(|error| match error.kind() {
            io::ErrorKind::Unsupported => {
                Fault::Net(net::Error::NoTls { host: endpoint.host.clone(), text: error.to_string() })
            }
            _ => Fault::Lost(error.to_string()),
        })?;
        prelude = b"220 ready\r\n";
    }
    let stream = match endpoint.security {
        Security::Insecure => Stream::Plain(tcp),
        Security::Tls | Security::StartTls => {
            let secured = timeout(STEP, dialer.secure(&endpoint.host, tcp)).await;
            Stream::Tls(Box::new(secured.map_err(|_| Fault::Lost("no answer in time (TLS)".to_owned()))??))
        }
    };
    Ok(Line::new(stream, peer, prelude, patience.clone()))
}

async fn within<T>(step: impl Future<Output = io::Result<T>>, name: &str) -> io::Result<T> {
    match timeout(STEP, step).await {
        Ok(result) => result,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer in time ({name})"))),
    }
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
            // In clear text anybody may have said it: of the words nothing is shown.
            let said: String = last.chars().take(3).filter(char::is_ascii_digit).collect();
            let words = format!("the server refused before there was encryption ({said})");
            return Err(io::Error::new(io::ErrorKind::ConnectionRefused, words));
        }
        return Ok(text.into_owned());
    }
}
