//! Usual names of mail servers, and whether somebody answers there.

use std::time::Duration;

use app::wire::FoundBy;
use futures_util::future::join_all;
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    time::{Instant, timeout_at},
};

use super::{Address, Candidate, Found};
use crate::{
    endpoint::{Endpoint, Protocol, Security},
    net::{self, Dialer},
};

/// How long one of them may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Tries the usual names, all at once. What the domain says it does not have is not looked for.
pub async fn look(dialer: &Dialer, address: &Address, denied: &[Protocol], until: Instant) -> Found {
    let until = until.min(Instant::now() + PATIENCE);
    let wanted = |guess: &Endpoint| address.way.has(guess.protocol) && !denied.contains(&guess.protocol);
    let guesses = guesses(&address.domain).into_iter().filter(wanted);
    let tried = guesses.map(|endpoint| async move {
        let answer = timeout_at(until, answers(dialer, &endpoint)).await.unwrap_or(Answer::Nobody);
        (endpoint, answer)
    });
    let answers = join_all(tried).await;
    // A server whose certificate does not hold is named where there is nothing better: the test of it will say what is wrong.
    let best = |answer: &Answer| *answer == Answer::Greets || !answers.iter().any(|(_, one)| *one == Answer::Greets);
    let mut found = Found::default();
    for (endpoint, answer) in &answers {
        if *answer == Answer::Nobody || !best(answer) {
            continue;
        }
        found.candidates.push(Candidate {
            endpoint: endpoint.clone(),
            users: address.users(),
            found_by: FoundBy::Guess,
            advice: None,
            password_page: None,
        });
    }
    found
}

/// What servers of a domain are usually called.
fn guesses(domain: &str) -> Vec<Endpoint> {
    let mut guesses = Vec::new();
    for (protocol, prefixes, tls, start_tls) in [
        (Protocol::Imap, ["imap.", "mail.", ""], 993, 143),
        (Protocol::Pop3, ["pop.", "pop3.", "mail."], 995, 110),
        (Protocol::Smtp, ["smtp.", "mail.", ""], 465, 587),
    ] {
        for prefix in prefixes {
            let host = format!("{prefix}{domain}");
            guesses.push(Endpoint::new(protocol, Security::Tls, &host, tls));
            guesses.push(Endpoint::new(protocol, Security::StartTls, &host, start_tls));
        }
    }
    guesses
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Greets,
    /// Somebody is there, but the certificate does not hold.
    BadCertificate,
    Nobody,
}

async fn answers(dialer: &Dialer, endpoint: &Endpoint) -> Answer {
    let Ok(mut stream) = dialer.dial(endpoint).await else { return Answer::Nobody };
    let greets = if endpoint.security == Security::Tls {
        match dialer.secure(&endpoint.host, stream).await {
            Ok(mut stream) => greets(&mut stream, endpoint.protocol).await,
            Err(net::Error::Certificate { .. }) => return Answer::BadCertificate,
            Err(_) => false,
        }
    } else {
        greets(&mut stream, endpoint.protocol).await
    };
    if greets { Answer::Greets } else { Answer::Nobody }
}

/// Whether what is said first is what a server of this kind says.
async fn greets(stream: &mut (impl AsyncRead + Unpin), protocol: Protocol) -> bool {
    let expected: &[u8] = match protocol {
        Protocol::Imap => b"* OK",
        Protocol::Pop3 => b"+OK",
        Protocol::Smtp => b"220",
    };
    let mut said = vec![0; expected.len()];
    stream.read_exact(&mut said).await.is_ok() && said.eq_ignore_ascii_case(expected)
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;
    use crate::net::Reach;

    #[tokio::test]
    async fn only_who_greets_is_a_server() {
        let dialer = Dialer::new(Reach::Anywhere);
        for (said, protocol, expected) in [
            ("* OK ready\r\n", Protocol::Imap, Answer::Greets),
            ("+OK ready\r\n", Protocol::Pop3, Answer::Greets),
            ("220 ready\r\n", Protocol::Smtp, Answer::Greets),
            ("* BYE no\r\n", Protocol::Imap, Answer::Nobody),
            ("HTTP/1.1 400\r\n", Protocol::Imap, Answer::Nobody),
            ("", Protocol::Pop3, Answer::Nobody),
        ] {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let port = listener.local_addr().expect("an address").port();
            let endpoint = Endpoint::new(protocol, Security::StartTls, "127.0.0.1", port);
            let server = async {
                let (mut stream, _) = listener.accept().await.expect("somebody");
                stream.write_all(said.as_bytes()).await.expect("a greeting");
            };
            let (answer, ()) = tokio::join!(answers(&dialer, &endpoint), server);
            assert_eq!(answer, expected, "{said}");
        }
    }
}
