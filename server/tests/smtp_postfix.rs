//! Submission to a real Postfix, and what arrives in a real Dovecot.

use std::{
    io::{BufRead, BufReader as SyncReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{Arc, OnceLock},
    time::Duration,
};

use app::wire::{Address, Error, Wishes};
use pismo::{
    endpoint::{Credentials, Endpoint, Protocol, Security},
    mime::{
        Headers,
        build::{Outgoing, OutgoingFile, build_to_vec},
    },
    net::Dialer,
    smtp::{Envelope, Outcome, Transport},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::sleep,
};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

/// A mail server of these tests' own. It ends with this process: its end of the pipe closes then.
struct MailServer {
    child: Child,
    base: u16,
}

impl MailServer {
    fn shared() -> &'static MailServer {
        static SERVER: OnceLock<MailServer> = OnceLock::new();
        SERVER.get_or_init(|| MailServer::start("shared", &[]))
    }

    fn start(name: &str, arguments: &[&str]) -> MailServer {
        let dir = std::env::temp_dir().join(format!("pismo-postfix-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a folder for the mail");
        let mut child = Command::new("node")
            .arg("../end2end/mailserver/start.mjs")
            .args(["--ports", "0", "--user", "*@pismo.test:secret", "--message-size", "1000000"])
            .args(arguments)
            .arg("--dir")
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let mut base = 0;
        for line in SyncReader::new(child.stdout.take().expect("its words")).lines() {
            let line = line.expect("words");
            if let Some(port) = line.strip_prefix("ports ") {
                base = port.parse().expect("a port");
            }
            if line == "ready" {
                return MailServer { child, base };
            }
        }
        let ended = child.wait();
        panic!("the mail server did not start: {ended:?}");
    }

    fn endpoint(&self, security: Security, host: &str) -> Endpoint {
        assert!(self.child.id() > 0);
        Endpoint::new(Protocol::Smtp, security, host, self.base + 3)
    }

    /// All messages in somebody's INBOX, once there are as many as expected.
    async fn inbox(&self, user: &str, expected: usize) -> Vec<Vec<u8>> {
        for _ in 0..150 {
            let messages = self.fetch(user).await;
            if messages.len() >= expected {
                return messages;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("{user} got no mail");
    }

    async fn fetch(&self, user: &str) -> Vec<Vec<u8>> {
        let stream = TcpStream::connect(("127.0.0.1", self.base)).await.expect("IMAP");
        let mut stream = BufReader::new(stream);
        let commands = format!("a LOGIN {user} secret\r\nb SELECT INBOX\r\nc FETCH 1:* BODY.PEEK[]\r\nd LOGOUT\r\n");
        stream.write_all(commands.as_bytes()).await.expect("IMAP");
        let mut messages = Vec::new();
        loop {
            let mut line = Vec::new();
            stream.read_until(b'\n', &mut line).await.expect("IMAP");
            let line = String::from_utf8_lossy(&line).into_owned();
            if line.is_empty() || line.starts_with("d ") {
                return messages;
            }
            if let Some(length) = line.trim_end().strip_suffix('}').and_then(|line| line.rsplit_once('{')) {
                let mut message = vec![0; length.1.parse().expect("a length")];
                stream.read_exact(&mut message).await.expect("a message");
                messages.push(message);
            }
        }
    }
}

fn ana(password: &str) -> Credentials {
    Credentials { user: "ana@pismo.test".to_owned(), password: password.to_owned().into() }
}

fn envelope(to: &[&str]) -> Envelope {
    Envelope { from: "ana@pismo.test".to_owned(), to: to.iter().map(|to| (*to).to_owned()).collect() }
}

async fn send(to: &[&str], message: &[u8]) -> Outcome {
    let endpoint = MailServer::shared().endpoint(Security::Insecure, "127.0.0.1");
    Transport::new(endpoint).submit(&ana("secret"), &envelope(to), message, async || Ok(())).await
}

/// What the message was before relays put their fields above it.
fn without_trace(message: &[u8]) -> &[u8] {
    let start = message.windows(8).position(|window| window == b"\r\nFrom: ").expect("a From field");
    &message[start + 2..]
}

#[tokio::test]
async fn a_message_arrives_as_it_was_built() {
    let path = std::env::temp_dir().join(format!("pismo-postfix-{}.bin", std::process::id()));
    std::fs::write(&path, (0..100_000u32).map(|number| (number % 251) as u8).collect::<Vec<_>>()).expect("a file");
    let address = |name: &str, email: &str| Address { name: name.to_owned(), email: email.to_owned() };
    let from = address("Ана", "ana@pismo.test");
    let to = [address("Борис", "arrives1@pismo.test")];
    let files =
        [OutgoingFile { path: &path, name: "отчёт.bin", content_type: "application/pdf", content_id: None }];
    for (number, body) in
        ["Привет!\n\n> как дела?\n.\n..\n", "plain\n.\nFrom me\n", "caf\u{e9} au lait, and a long line\n"]
            .iter()
            .enumerate()
    {
        let message = build_to_vec(&Outgoing {
            from: &from,
            reply_to: &[],
            to: &to,
            cc: &[],
            bcc: &[],
            subject: "Тема письма",
            date: 1_763_708_700,
            message_id: &format!("{number}@pismo.test"),
            references: &[],
            body,
            html: None,
            attachments: &files,
            draft: None,
            wishes: Wishes::default(),
        })
        .expect("built");
        assert_eq!(send(&["arrives1@pismo.test", "arrives2@pismo.test"], &message).await, Outcome::Sent);
        for user in ["arrives1@pismo.test", "arrives2@pismo.test"] {
            let inbox = MailServer::shared().inbox(user, number + 1).await;
            let arrived = inbox
                .iter()
                .find(|arrived| Headers::parse(arrived).message_ids("Message-ID") == [format!("{number}@pismo.test")]);
            assert!(without_trace(arrived.expect("arrived")) == message, "{user} {body:?}");
        }
    }
}

#[tokio::test]
async fn a_refused_recipient_is_named_and_nobody_gets_anything() {
    let outcome =
        send(&["allornone@pismo.test", "nobody1@pismo.test", "x@elsewhere.test"], b"From: a@x\r\n\r\nx\r\n").await;
    let Outcome::Rejected(refusals) = outcome else { panic!("{outcome:?}") };
    let found: Vec<_> = refusals.iter().map(|refusal| (refusal.recipient.as_deref(), refusal.code)).collect();
    assert_eq!(found, [(Some("nobody1@pismo.test"), 550), (Some("x@elsewhere.test"), 550)]);
    assert!(refusals[1].text.contains("sends no mail to other domains"), "{refusals:?}");
    sleep(Duration::from_millis(500)).await;
    assert!(MailServer::shared().fetch("allornone@pismo.test").await.is_empty());
}

#[tokio::test]
async fn a_wrong_password_is_told() {
    let endpoint = MailServer::shared().endpoint(Security::Insecure, "127.0.0.1");
    let to = envelope(&["b@pismo.test"]);
    let outcome = Transport::new(endpoint.clone()).submit(&ana("wrong"), &to, &b"x"[..], async || Ok(())).await;
    assert!(matches!(&outcome, Outcome::Retry(refusals) if refusals[0].code == 535), "{outcome:?}");
    let answer = Transport::new(endpoint).rehearse(&ana("wrong"), &to).await;
    assert!(matches!(answer, Err(Error::Credentials { .. })), "{answer:?}");
}

#[tokio::test]
async fn who_may_not_tell_the_password_proves_to_know_it() {
    for mechanism in ["scram-sha-1", "scram-sha-1 scram-sha-256"] {
        let ways = format!("auth_mechanisms={mechanism}");
        let server = MailServer::start("scram", &["--set", &ways]);
        let endpoint = server.endpoint(Security::Insecure, "127.0.0.1");
        let to = envelope(&["scram@pismo.test"]);
        let transport = Transport::new(endpoint);
        let message = &b"From: a@x\r\nSubject: proven\r\n\r\nx\r\n"[..];
        assert_eq!(transport.submit(&ana("secret"), &to, message, async || Ok(())).await, Outcome::Sent, "{mechanism}");
        let outcome = transport.submit(&ana("wrong"), &to, message, async || Ok(())).await;
        assert!(matches!(&outcome, Outcome::Retry(refusals) if refusals[0].code == 535), "{mechanism}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_not_begun() {
    let outcome = send(&["large@pismo.test"], &b"0123456789abcdef0123456789abcdef\r\n".repeat(40_000)).await;
    assert!(matches!(&outcome, Outcome::Rejected(refusals) if refusals[0].code == 552), "{outcome:?}");
}

#[tokio::test]
async fn starttls_needs_a_certificate_that_holds() {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home")).join(".cache");
    let server = MailServer::shared();
    let authority = CertificateDer::from_pem_file(cache.unwrap_or_else(home).join("pismo/mailserver-tls/ca.pem"));
    let mut roots = RootCertStore::empty();
    roots.add(authority.expect("the authority")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let message = &b"From: a@x\r\nSubject: tls\r\n\r\nx\r\n"[..];
    let to = envelope(&["tls@pismo.test"]);

    let dialer = Dialer::default().trusting(Arc::new(config));
    let trusting = Transport::new(server.endpoint(Security::StartTls, "localhost")).through(dialer);
    assert_eq!(trusting.submit(&ana("secret"), &to, message, async || Ok(())).await, Outcome::Sent);
    assert_eq!(server.inbox("tls@pismo.test", 1).await.len(), 1);

    let doubting = Transport::new(server.endpoint(Security::StartTls, "localhost"));
    let outcome = doubting.submit(&ana("secret"), &to, message, async || Ok(())).await;
    assert!(matches!(&outcome, Outcome::Retry(refusals) if refusals[0].text.contains("certificate")), "{outcome:?}");
}

#[tokio::test]
async fn no_spelling_of_an_end_makes_two_messages_of_one() {
    let evil = "MAIL FROM:<evil@pismo.test>\nRCPT TO:<smuggled@pismo.test>\nDATA\nSubject: evil\n\nevil\n.\n";
    let ends = ["\n", "\r", "\r\n", "\n\r", "\r\r\n", "\0\r\n"];
    let mut sent = 0;
    for before in ends {
        for after in ends {
            let message = format!("From: ana@pismo.test\r\nSubject: one\r\n\r\nbody{before}.{after}{evil}");
            assert_eq!(send(&["smuggle@pismo.test"], message.as_bytes()).await, Outcome::Sent, "{before:?} {after:?}");
            sent += 1;
        }
    }
    assert_eq!(MailServer::shared().inbox("smuggle@pismo.test", sent).await.len(), sent);
    assert!(MailServer::shared().fetch("smuggled@pismo.test").await.is_empty());
}
