//! Just enough of an HTTP client: one request on a line of its own, so that a test decides on every byte of it.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// No answer takes longer than this, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(40);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The server has said that this was all of it.
    pub whole: bool,
}

impl Answer {
    /// A header's value; all of them with commas between where it is there more than once.
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON of ours.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text()))
    }
}

/// Sends a request and reads the whole answer.
pub async fn send(server: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let answer = send_and_see(server, method, path, headers, body).await;
    assert!(answer.whole, "{method} {path}: the answer was cut");
    answer
}

/// Sends a request and reads as much of the answer as comes.
pub async fn send_and_see(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let chunked = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("transfer-encoding"));
    let mut out = Vec::new();
    if chunked {
        for piece in body.chunks(8192) {
            out.extend(format!("{:x}\r\n", piece.len()).as_bytes());
            out.extend(piece);
            out.extend(b"\r\n");
        }
        out.extend(b"0\r\n\r\n");
    } else {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
        out.extend(body);
    }
    head.push_str("\r\n");
    timeout(PATIENCE, exchange(server, head, out)).await.unwrap_or_else(|_| panic!("{method} {path}: no answer"))
}

async fn exchange(server: SocketAddr, head: String, body: Vec<u8>) -> Answer {
    let stream = TcpStream::connect(server).await.expect("Pismo");
    let (mut input, mut output) = stream.into_split();
    // A server that refuses a long body answers before it has read it, and may hang up then.
    let saying = tokio::spawn(async move {
        let _ = output.write_all(head.as_bytes()).await;
        let _ = output.write_all(&body).await;
        output
    });
    let mut bytes = Vec::new();
    let mut piece = vec![0; 65_536];
    while let Ok(length) = input.read(&mut piece).await {
        if length == 0 {
            break;
        }
        bytes.extend(&piece[..length]);
    }
    saying.abort();
    parse(&bytes)
}

fn parse(bytes: &[u8]) -> Answer {
    let end = find(bytes, b"\r\n\r\n").unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).expect("a status");
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let body = &bytes[end + 4..];
    let chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let (body, whole) = if chunked { unchunked(body) } else { (body.to_vec(), true) };
    Answer { status, headers, body, whole }
}

/// The body, and whether its end has come.
fn unchunked(mut bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = find(bytes, b"\r\n") {
        let length = usize::from_str_radix(&String::from_utf8_lossy(&bytes[..end]), 16).expect("a length");
        if length == 0 {
            return (body, true);
        }
        let Some(chunk) = bytes.get(end + 2..end + 2 + length) else { break };
        body.extend(chunk);
        bytes = bytes.get(end + 2 + length + 2..).unwrap_or_default();
    }
    (body, false)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
