//! Pictures on the net, fetched in a reader's place: nothing of the reader goes along, and nothing but a picture comes back.

use std::time::Duration;

use ammonia::{Url, url::Host};
use anyhow::{Context, Result, bail, ensure};
use axum::http::{StatusCode, header};
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyDataStream, Empty, Limited};
use hyper::{
    Request, Response,
    body::{Bytes, Incoming},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, timeout, timeout_at},
};

use super::{
    Dialer,
    web::{Driven, exchange},
};

/// The most bytes of a picture.
const LARGEST: usize = 8 * 1024 * 1024;

/// How long a picture may take to begin, redirects included, and to come.
const BEGINS: Duration = Duration::from_secs(15);
const COMES: Duration = Duration::from_secs(30);

/// How often a server may send us on.
const REDIRECTS: usize = 4;

/// Bytes by which the formats are told apart.
const SNIFFED: usize = 16;

/// A picture on its way.
pub struct Picture {
    /// What it is by its first bytes, whatever its server says.
    pub content_type: &'static str,
    body: Body,
}

struct Body {
    first: Bytes,
    rest: BodyDataStream<Limited<Incoming>>,
    until: Instant,
    /// Drives the connection, as long as anybody reads.
    _connection: Driven,
}

/// Asks for the picture at an address with `http` or `https`. A server may send us on, to any address that the dialer may call.
pub async fn picture(dialer: &Dialer, url: &str) -> Result<Picture> {
    timeout(BEGINS, follow(dialer, Url::parse(url)?)).await.context("it takes too long to begin")?
}

async fn follow(dialer: &Dialer, mut url: Url) -> Result<Picture> {
    for _ in 0..=REDIRECTS {
        let (response, connection) = get(dialer, &url).await?;
        if response.status().is_redirection() {
            let target = response.headers().get(header::LOCATION).context("sent on to nowhere")?.to_str()?;
            url = url.join(target)?;
            continue;
        }
        ensure!(response.status() == StatusCode::OK, "the server says {}", response.status());
        return begin(response, connection).await;
    }
    bail!("sent on too often")
}

async fn get(dialer: &Dialer, url: &Url) -> Result<(Response<Incoming>, Driven)> {
    let host = match url.host().context("no host")? {
        Host::Domain(name) => name.to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    };
    // What was in the address besides is a person's, or a trick.
    ensure!(url.username().is_empty() && url.password().is_none(), "a name or a password in the address");
    match (url.scheme(), url.port_or_known_default()) {
        ("https", Some(port)) if dialer.may_browse(port, 443) => ask(dialer.dial_tls(&host, port).await?, url).await,
        ("http", Some(port)) if dialer.may_browse(port, 80) => ask(dialer.dial_plain(&host, port).await?, url).await,
        _ => bail!("not the web, or another port than the web's"),
    }
}

async fn ask<T>(line: T, url: &Url) -> Result<(Response<Incoming>, Driven)>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let authority = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| authority.to_owned(), |port| format!("{authority}:{port}"));
    let request = Request::get(target)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, "Mozilla/5.0 (compatible; Pismo)")
        .header(header::ACCEPT, "image/*")
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    exchange(line, request).await
}

async fn begin(response: Response<Incoming>, connection: Driven) -> Result<Picture> {
    let mut rest = BodyDataStream::new(Limited::new(response.into_body(), LARGEST));
    let mut first = Vec::new();
    while first.len() < SNIFFED {
        let Some(piece) = rest.next().await else { break };
        first.extend_from_slice(&piece.map_err(anyhow::Error::from_boxed)?);
    }
    let content_type = kind(&first).context("no picture of a kind that is shown")?;
    let body = Body { first: first.into(), rest, until: Instant::now() + COMES, _connection: connection };
    Ok(Picture { content_type, body })
}

impl Picture {
    /// Its bytes. An error where it is too large, or breaks off.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send {
        stream::unfold(Some(self.body), |body| async {
            let mut body = body?;
            if !body.first.is_empty() {
                let first = std::mem::take(&mut body.first);
                return Some((Ok(first), Some(body)));
            }
            match timeout_at(body.until, body.rest.next()).await {
                Ok(Some(Ok(piece))) => Some((Ok(piece), Some(body))),
                Ok(Some(Err(error))) => Some((Err(anyhow::Error::from_boxed(error)), None)),
                Ok(None) => None,
                Err(_) => Some((Err(anyhow::anyhow!("a picture takes too long")), None)),
            }
        })
    }
}

/// What a picture is by its first bytes (WHATWG MIME Sniffing §6.1, and AVIF). No SVG: that is a document.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [_, _, _, _, b'f', b't', b'y', b'p', b'a', b'v', b'i', b'f' | b's', ..] => Some("image/avif"),
        [0, 0, 1, 0, ..] => Some("image/x-icon"),
        [b'B', b'M', ..] => Some("image/bmp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;
    use crate::net::{Error, Reach};

    #[test]
    fn pictures_are_known_by_their_bytes_and_nothing_else_is_one() {
        assert_eq!(kind(b"\x89PNG\r\n\x1a\n\0\0"), Some("image/png"));
        assert_eq!(kind(b"GIF89a"), Some("image/gif"));
        assert_eq!(kind(b"RIFF1234WEBPVP8 "), Some("image/webp"));
        assert_eq!(kind(b"\0\0\0\x1cftypavif"), Some("image/avif"));
        for other in [&b""[..], b"<svg xmlns=", b"<html>", b"RIFF1234WAVE", b"%PDF-1.7", b"PK\x03\x04", b"GIF8"] {
            assert_eq!(kind(other), None, "{other:?}");
        }
    }
    #[tokio::test]
    async fn a_server_on_the_internet_sends_nobody_into_a_private_network() {
        // It listens on all addresses: whoever is not stopped is answered.
        let listener = TcpListener::bind("0.0.0.0:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((mut line, _)) = listener.accept().await {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(line.read_u8().await.expect("a request"));
                }
                let head = String::from_utf8(head).expect("text");
                let path = head.split(' ').nth(1).expect("a path");
                let answer = match path.strip_prefix("/to?") {
                    Some(target) => format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"),
                    None => "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nGIF89a..".to_owned(),
                };
                line.write_all(answer.as_bytes()).await.expect("an answer");
            }
        });
        let dialer = Dialer::new(Reach::PublicAnd(([127, 0, 0, 1], port).into()));
        let sent = |target: String| format!("http://127.0.0.1:{port}/to?{target}");
        for fine in [format!("http://127.0.0.1:{port}/a"), "/a".to_owned(), format!("//127.0.0.1:{port}/a")] {
            assert_eq!(picture(&dialer, &sent(fine)).await.expect("a picture").content_type, "image/gif");
        }
        let hosts = [
            "127.0.0.2",
            "[::ffff:127.0.0.2]",
            "2130706434",
            "0x7f.2",
            "0177.0.0.2",
            "0.0.0.0",
            "[::1]",
            "127.2",
            "[::ffff:7f00:2]",
            "[64:ff9b::7f00:2]",
            "10.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "%EF%BC%9127.0.0.2",
        ];
        for host in hosts {
            let target = format!("http://{host}:{port}/a");
            // Once, and after a step on the internet.
            for way in [sent(target.clone()), sent(sent(target))] {
                let refused = picture(&dialer, &way).await.err().unwrap_or_else(|| panic!("{way} leads somewhere"));
                let why = refused.downcast_ref::<Error>();
                assert!(matches!(why, Some(Error::Private { .. })), "{way}: {refused:#}");
            }
        }
    }
}
