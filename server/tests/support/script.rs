//! A scripted peer: a server that says what a test has written down, for what no real one should do.
#![allow(dead_code, reason = "each test program uses a part of it")]

use pismo::endpoint::{Endpoint, Protocol, Security};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A server that greets and then, for each line that begins as the first of a pair, says the second. A pair is used once, in
/// order; `*` is any line, and an empty first is no line that is waited for; `HANG UP` closes the line. Lines of IMAP are compared behind their
/// tag, and `{tag}` is the tag of the line.
pub struct Peer {
    pub port: u16,
    protocol: Protocol,
    task: JoinHandle<Vec<String>>,
}

impl Peer {
    pub async fn start(protocol: Protocol, greeting: &str, script: &[(&str, &str)]) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let greeting = greeting.to_owned();
        let script: Vec<(String, String)> =
            script.iter().map(|(heard, said)| (heard.to_string(), said.to_string())).collect();
        let task = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a client");
            play(BufReader::new(stream), protocol, greeting, script).await
        });
        Peer { port, protocol, task }
    }

    pub fn endpoint(&self, security: Security) -> Endpoint {
        Endpoint::new(self.protocol, security, "127.0.0.1", self.port)
    }

    /// Ends it, whatever it waits for.
    pub fn leave(&self) {
        self.task.abort();
    }

    /// All lines that were heard.
    pub async fn heard(self) -> Vec<String> {
        self.task.await.expect("the peer plays to the end")
    }
}

async fn play(
    mut line: BufReader<TcpStream>,
    protocol: Protocol,
    greeting: String,
    script: Vec<(String, String)>,
) -> Vec<String> {
    let mut heard = Vec::new();
    // A client that has left hears nothing more; what it said is all that counts.
    let _ = line.write_all(greeting.as_bytes()).await;
    for (expected, said) in script {
        let mut said = said;
        if !expected.is_empty() {
            let mut text = String::new();
            if line.read_line(&mut text).await.unwrap_or(0) == 0 {
                return heard;
            }
            let text = text.trim_end().to_owned();
            let (tag, command) = match protocol {
                Protocol::Imap => text.split_once(' ').unwrap_or((text.as_str(), "")),
                Protocol::Pop3 | Protocol::Smtp => ("", text.as_str()),
            };
            assert!(expected == "*" || command.starts_with(&expected), "expected {expected}, heard {text}");
            said = said.replace("{tag}", tag);
            heard.push(text);
        }
        let (said, end) = said.strip_suffix("HANG UP").map_or((said.as_str(), false), |said| (said, true));
        let _ = line.write_all(said.as_bytes()).await;
        if end {
            return heard;
        }
    }
    // Stays on the line until the client leaves it.
    let mut text = String::new();
    while line.read_line(&mut text).await.unwrap_or(0) > 0 {
        heard.push(std::mem::take(&mut text).trim_end().to_owned());
    }
    heard
}
