//! POP3 on real servers: Dovecot and Courier.

#[path = "support/mail_server.rs"]
mod mail_server;

use std::sync::{Arc, OnceLock};

use app::wire::{CertificateFault, ProbeStep};
use mail_server::{MailServer, PASSWORD, letter};
use pismo::{
    endpoint::{Credentials, Endpoint, Protocol, Security},
    net::{self, Dialer, Reach},
    pop3::{self, Arrival, Error, Session},
    probe::{Probed, probe},
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};

/// Both, started once.
fn servers() -> [&'static MailServer; 2] {
    static COURIER: OnceLock<MailServer> = OnceLock::new();
    [MailServer::shared(), COURIER.get_or_init(|| MailServer::start_other("courier"))]
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned().into() }
}

fn clear(port: u16) -> Endpoint {
    Endpoint::new(Protocol::Pop3, Security::Insecure, "127.0.0.1", port)
}

async fn log_in(server: &MailServer, user: &str) -> Session {
    let result = pop3::connect(&Dialer::default(), &clear(server.pop3_port()), &credentials(user, PASSWORD)).await;
    result.expect("a session")
}

/// Trusts the authority of the test servers.
fn trusting() -> Dialer {
    let authority = CertificateDer::from_pem_file(MailServer::authority()).expect("an authority");
    let mut roots = RootCertStore::empty();
    roots.add(authority).expect("a root");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("TLS");
    Dialer::default().trusting(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

/// Messages that have to come as they are.
fn messages() -> Vec<Vec<u8>> {
    let lines = (0..5000).map(|line| format!("..{line} \u{438} .\r\n.\r\n")).collect::<String>();
    vec![
        letter("plain", "Hello"),
        b"\r\n".to_vec(),
        b"Subject: dots\r\n\r\n.\r\n..\r\n...\r\n.a\r\n\r\n.\r\n".to_vec(),
        b"no header at all\r\n".to_vec(),
        [b"Subject: \xff\xfe raw\r\n\r\n".as_slice(), &[0x80; 300], b"\r\n"].concat(),
        letter("large", &lines),
        letter("long", &"x".repeat(300_000)),
    ]
}

/// Courier numbers what came within a second in an order of its own.
fn sorted(messages: &[Vec<u8>]) -> Vec<&Vec<u8>> {
    let mut sorted: Vec<&Vec<u8>> = messages.iter().collect();
    sorted.sort();
    sorted
}

async fn fetch(session: &mut Session, numbers: &[u32]) -> Vec<Vec<u8>> {
    let mut fetched = Vec::new();
    let mut retrieval = session.retrieve(numbers).expect("a retrieval");
    while let Some(arrival) = retrieval.next().await.expect("an answer") {
        let Arrival::Message { .. } = arrival else { panic!("{arrival:?}") };
        let mut message = Vec::new();
        while let Some(piece) = retrieval.piece().await.expect("a piece") {
            message.extend(piece);
        }
        fetched.push(message);
    }
    fetched
}

#[tokio::test]
async fn messages_come_byte_for_byte() {
    for server in servers() {
        let user = server.new_user();
        let mut hand = server.hand(&user).await;
        let messages = messages();
        for message in &messages {
            hand.append("INBOX", "", message).await;
        }
        let mut session = log_in(server, &user).await;
        let count = u32::try_from(messages.len()).expect("a few");
        let listed = session.list().await.expect("a listing");
        let total: u64 = listed.iter().map(|listed| listed.size).sum();
        let stat = session.stat().await.expect("a count");
        assert_eq!((stat.messages, stat.bytes), (count, total));
        let numbers: Vec<u32> = listed.iter().map(|listed| listed.number).collect();
        let fetched = fetch(&mut session, &numbers).await;
        assert!(sorted(&fetched) == sorted(&messages), "the messages are others");
        let sizes: Vec<u64> = fetched.iter().map(|message| u64::try_from(message.len()).expect("a size")).collect();
        assert_eq!(listed.iter().map(|listed| listed.size).collect::<Vec<_>>(), sizes);
        // Names last, and are the same one by one.
        let names = session.uidl().await.expect("an answer").expect("names");
        assert_eq!(names.len(), messages.len());
        assert_eq!(session.uidl_of(2).await.expect("an answer").as_ref(), Some(&names[1].uidl));
        let top = session.top(1, 0).await.expect("an answer").expect("a header");
        assert!(fetched[0].starts_with(&top) && top.ends_with(b"\r\n"), "{:?}", String::from_utf8_lossy(&top));
        assert_eq!(session.top(99, 0).await, Ok(None));
        session.quit().await.expect("a good end");
        let mut again = log_in(server, &user).await;
        assert_eq!(again.uidl().await.expect("an answer").expect("names"), names);
    }
}

#[tokio::test]
async fn many_messages_come_in_windows() {
    for server in servers() {
        let user = server.new_user();
        let mut hand = server.hand(&user).await;
        let messages: Vec<Vec<u8>> = (0..150).map(|number| letter(&format!("n{number}"), "x")).collect();
        for message in &messages {
            hand.append("INBOX", "", message).await;
        }
        let mut session = log_in(server, &user).await;
        assert!(session.capabilities().pipelining);
        let numbers: Vec<u32> = (1..=150).collect();
        assert!(sorted(&fetch(&mut session, &numbers).await) == sorted(&messages), "the messages are others");
        let mut tops = session.tops(&numbers, 0).expect("a retrieval");
        let mut count = 0;
        while let Some(arrival) = tops.next().await.expect("an answer") {
            assert!(matches!(arrival, Arrival::Message { .. }));
            count += 1;
        }
        assert_eq!(count, 150);
        session.noop().await.expect("the session lives on");
    }
}

#[tokio::test]
async fn what_is_deleted_is_gone_after_the_end_and_not_before() {
    for server in servers() {
        let user = server.new_user();
        let mut hand = server.hand(&user).await;
        for subject in ["one", "two", "three"] {
            hand.append("INBOX", "", &letter(subject, "x")).await;
        }
        let mut session = log_in(server, &user).await;
        let before = fetch(&mut session, &[1, 2, 3]).await;
        session.delete(1).await.expect("a mark");
        session.reset().await.expect("no mark");
        session.delete(2).await.expect("a mark");
        assert!(session.delete(2).await.expect_err("twice").is_refusal());
        session.quit().await.expect("a good end");
        let mut session = log_in(server, &user).await;
        assert_eq!(fetch(&mut session, &[1, 2]).await, [before[0].clone(), before[2].clone()]);
        // A line that is dropped deletes nothing (RFC 1939 §6).
        session.delete(1).await.expect("a mark");
        drop(session);
        let mut session = log_in(server, &user).await;
        assert_eq!(session.stat().await.expect("a count").messages, 2);
    }
}

#[tokio::test]
async fn an_empty_maildrop_is_one() {
    for server in servers() {
        let user = server.new_user();
        let mut session = log_in(server, &user).await;
        assert_eq!(session.list().await, Ok(Vec::new()));
        assert_eq!(session.uidl().await, Ok(Some(Vec::new())));
        assert_eq!(fetch(&mut session, &[]).await, Vec::<Vec<u8>>::new());
        assert!(session.uidl_of(1).await.expect("an answer").is_none());
    }
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    for server in servers() {
        let here = clear(server.pop3_port());
        let result = pop3::connect(&Dialer::default(), &here, &credentials(&server.new_user(), "wrong")).await;
        assert!(matches!(result, Err(Error::Credentials { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn the_maildrop_is_for_one_at_a_time() {
    let server = MailServer::shared();
    let user = server.new_user();
    let session = log_in(server, &user).await;
    let here = clear(server.pop3_port());
    let second = pop3::connect(&Dialer::default(), &here, &credentials(&user, PASSWORD)).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
    session.quit().await.expect("a good end");
}

#[tokio::test]
async fn lines_are_encrypted_from_the_first_byte_or_on_demand() {
    let server = MailServer::shared();
    let user = server.new_user();
    let secret = credentials(&user, PASSWORD);
    for (security, port) in [(Security::Tls, server.pop3s_port()), (Security::StartTls, server.pop3_port())] {
        let here = Endpoint::new(Protocol::Pop3, security, "localhost", port);
        let session = pop3::connect(&trusting(), &here, &secret).await.expect("a session");
        session.quit().await.expect("a good end");
        // Nobody else knows the authority.
        let error = pop3::connect(&Dialer::default(), &here, &secret).await.expect_err("no session");
        let fault = CertificateFault::UnknownIssuer;
        assert_eq!(error, Error::Net(net::Error::Certificate { host: "localhost".to_owned(), fault }));
    }
}

#[tokio::test]
async fn a_test_tells_the_name_that_was_taken_or_the_step_that_failed() {
    let server = MailServer::shared();
    let user = server.new_user();
    let users = ["nobody at all".to_owned(), user.clone(), "not tried".to_owned()];
    let secret = PASSWORD.to_owned().into();
    let imap = Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", server.imap_port());
    for endpoint in [clear(server.pop3_port()), imap] {
        let probed = probe(&Dialer::default(), &endpoint, &users[1..], &secret).await;
        assert_eq!(probed, Ok(Probed { user: user.clone(), lasting_names: true }));
    }
    let failed = |port, security| {
        let endpoint = Endpoint::new(Protocol::Pop3, security, "localhost", port);
        let (secret, users) = (PASSWORD.to_owned().into(), users[1..].to_vec());
        let probed = tokio::spawn(async move { probe(&Dialer::default(), &endpoint, &users, &secret).await });
        async move { probed.await.expect("an end").expect_err("no session").step }
    };
    assert_eq!(failed(9, Security::Tls).await, ProbeStep::Line);
    assert_eq!(failed(server.pop3s_port(), Security::Tls).await, ProbeStep::Tls);
    assert_eq!(failed(server.pop3_port(), Security::Tls).await, ProbeStep::Tls);
    assert_eq!(failed(server.imap_port(), Security::StartTls).await, ProbeStep::Greeting);
    let nowhere = Endpoint::new(Protocol::Pop3, Security::Tls, "no-such-host.invalid", 995);
    let failure = probe(&Dialer::default(), &nowhere, &users, &secret).await.expect_err("no server");
    assert_eq!(failure.step, ProbeStep::Name);
    let here = clear(server.pop3_port());
    let failure = probe(&Dialer::new(Reach::Public), &here, &users, &secret).await.expect_err("not public");
    assert_eq!(failure.step, ProbeStep::Name);
    assert!(matches!(failure.error, app::wire::Error::PrivateHost { .. }));
    let failure = probe(&Dialer::default(), &here, &users, &"wrong".to_owned().into()).await.expect_err("no password");
    assert_eq!(failure.step, ProbeStep::Login);
    assert!(matches!(failure.error, app::wire::Error::Credentials { .. }));
}
