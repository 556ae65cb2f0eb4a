//! A mail server that refuses everyone in given words: for what a real server cannot be made to say.
#![allow(dead_code, reason = "each test program uses a part of it")]

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Answers each attempt to log in with `NO` and these words. Returns its port; runs until the test ends.
pub async fn refusing(words: &'static str) -> u16 {
    serve(move |stream| refuse(stream, words)).await
}

/// Hangs up as soon as someone has called. Returns its port.
pub async fn hanging_up() -> u16 {
    serve(|stream| async { drop(stream) }).await
}

/// Says nothing. Returns its port.
pub async fn silent() -> u16 {
    serve(|stream| async {
        let _stream = stream;
        std::future::pending::<()>().await;
    })
    .await
}

async fn serve<F: Future<Output = ()> + Send + 'static>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    });
    port
}

async fn refuse(stream: TcpStream, words: &'static str) {
    let mut line = BufReader::new(stream);
    let _ = line.write_all(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready\r\n").await;
    let mut text = String::new();
    while line.read_line(&mut text).await.unwrap_or(0) > 0 {
        let (tag, command) = text.trim_end().split_once(' ').unwrap_or(("*", ""));
        let command = command.to_ascii_uppercase();
        let answer = if command.starts_with("LOGIN") || command.starts_with("AUTHENTICATE") {
            format!("{tag} NO {words}\r\n")
        } else {
            format!("{tag} OK done\r\n")
        };
        let _ = line.write_all(answer.as_bytes()).await;
        text.clear();
    }
}
