//! POP3 servers that do what no real one should: scripted peers.

#[path = "support/script.rs"]
mod script;

use std::time::Duration;

use pismo::{
    endpoint::{Credentials, Protocol, Security},
    net::{self, Dialer},
    pop3::{self, Arrival, Code, Error, Listed, Named, Session, Stat},
};
use script::Peer;

fn credentials() -> Credentials {
    Credentials { user: "ana".to_owned(), password: "secret".to_owned().into() }
}

const GREETING: &str = "+OK ready\r\n";
const NO_CAPA: (&str, &str) = ("CAPA", "-ERR what\r\n");
const CAPA: (&str, &str) = ("CAPA", "+OK\r\nUSER\r\nUIDL\r\nTOP\r\nPIPELINING\r\n.\r\n");
const USER: (&str, &str) = ("USER ana", "+OK\r\n");
const PASS: (&str, &str) = ("PASS secret", "+OK in\r\n");

async fn connect(script: &[(&str, &str)]) -> (Result<Session, Error>, Peer) {
    let peer = Peer::start(Protocol::Pop3, GREETING, script).await;
    (pop3::connect(&Dialer::default(), &peer.endpoint(Security::Insecure), &credentials()).await, peer)
}

/// A session, and what the server says to the commands after that.
async fn inside(script: &[(&str, &str)]) -> Session {
    connect(&[&[NO_CAPA, USER, PASS], script].concat()).await.0.expect("a session")
}

/// The same on a server that takes several commands at once.
async fn pipelined(script: &[(&str, &str)]) -> Session {
    connect(&[&[CAPA, USER, PASS, CAPA], script].concat()).await.0.expect("a session")
}

/// All of the message that comes next, or what happened instead.
async fn whole(retrieval: &mut pop3::Retrieval<'_>) -> Result<Option<(u32, Result<String, Error>)>, Error> {
    match retrieval.next().await? {
        None => Ok(None),
        Some(Arrival::Refused { number, error }) => Ok(Some((number, Err(error)))),
        Some(Arrival::Message { number }) => {
            let mut message = Vec::new();
            while let Some(piece) = retrieval.piece().await? {
                message.extend(piece);
            }
            Ok(Some((number, Ok(String::from_utf8(message).expect("UTF-8")))))
        }
    }
}

#[tokio::test]
async fn a_server_without_uidl_says_so_and_goes_on() {
    let mut session = inside(&[
        ("UIDL", "-ERR what\r\n"),
        ("UIDL 1", "-ERR what\r\n"),
        ("TOP 1 0", "-ERR what\r\n"),
        ("LIST", "+OK\r\n1 5\r\n.\r\n"),
    ])
    .await;
    assert_eq!(session.uidl().await, Ok(None));
    assert_eq!(session.uidl_of(1).await, Ok(None));
    assert_eq!(session.top(1, 0).await, Ok(None));
    assert_eq!(session.list().await, Ok(vec![Listed { number: 1, size: 5 }]));
}

#[tokio::test]
async fn strange_names_are_told_as_they_are() {
    let long = "x".repeat(300);
    let said = format!("+OK\r\n3 same\r\n1 same\r\n2 {long}\r\n4\r\n5 \r\n6 a b\r\n..7 x\r\n1 other\r\n.\r\n");
    let mut session = inside(&[("UIDL", &said)]).await;
    let names = session.uidl().await.expect("an answer").expect("names");
    let named = |number, uidl: &str| Named { number, uidl: uidl.to_owned() };
    assert_eq!(names, [named(1, "same"), named(2, &long), named(3, "same"), named(6, "a%20b")]);
}

#[tokio::test]
async fn what_was_counted_is_no_promise() {
    let mut session = inside(&[
        ("STAT", "+OK 9 1000\r\n"),
        ("LIST", "+OK 9 messages\r\n2 10 extra\r\n1 99999999999\r\n2 11\r\n.\r\n"),
        ("RETR 1", "+OK 7 octets\r\na\r\n.\r\n"),
        ("RETR 5", "-ERR no such message\r\n"),
        ("NOOP", "+OK\r\n"),
    ])
    .await;
    assert_eq!(session.stat().await, Ok(Stat { messages: 9, bytes: 1000 }));
    let listed = [Listed { number: 1, size: 99_999_999_999 }, Listed { number: 2, size: 10 }];
    assert_eq!(session.list().await.as_deref(), Ok(&listed[..]));
    let mut retrieval = session.retrieve(&[1, 5]).expect("a retrieval");
    assert_eq!(whole(&mut retrieval).await, Ok(Some((1, Ok("a\r\n".to_owned())))));
    let refused = Error::Refused { code: None, text: "no such message".to_owned() };
    assert_eq!(whole(&mut retrieval).await, Ok(Some((5, Err(refused)))));
    assert_eq!(whole(&mut retrieval).await, Ok(None));
    assert_eq!(session.noop().await, Ok(()));
}

#[tokio::test]
async fn answers_that_make_no_sense_end_the_session() {
    for (command, said) in [("STAT", "+OK many\r\n"), ("STAT", "hello\r\n"), ("STAT", "+OK\r\n")] {
        let mut session = inside(&[(command, said)]).await;
        assert!(matches!(session.stat().await, Err(Error::Protocol(_))), "{said}");
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
    for said in ["+OK\r\n1 many\r\n.\r\n", "+OK\r\n0 5\r\n.\r\n", "+OK\r\nx\r\n.\r\n"] {
        let mut session = inside(&[("LIST", said)]).await;
        assert!(matches!(session.list().await, Err(Error::Protocol(_))), "{said}");
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
}

#[tokio::test]
async fn a_line_cut_inside_a_message_leaves_no_message() {
    let message = "+OK\r\nSubject: a\r\n\r\n..\r\nb\r\n.\r\n";
    for length in 0..message.len() {
        let said = format!("{}HANG UP", &message[..length]);
        let mut session = inside(&[("RETR 1", &said)]).await;
        let mut retrieval = session.retrieve(&[1]).expect("a retrieval");
        assert_eq!(whole(&mut retrieval).await, Err(Error::Closed), "after {length} bytes");
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
}

#[tokio::test]
async fn dots_and_line_ends_come_as_they_are() {
    let mut session = inside(&[
        ("RETR 1", "+OK\r\n...\r\n..a\r\n.b\r\nc\n.\r\nd\r.\r\n\r\n.\r\n"),
        ("RETR 2", "+OK\r\n.\r\n"),
        ("TOP 1 0", "+OK\r\n..x\r\n\r\n.\r\n"),
    ])
    .await;
    let mut retrieval = session.retrieve(&[1, 2]).expect("a retrieval");
    let expected = "..\r\n.a\r\nb\r\nc\n.\r\nd\r.\r\n\r\n";
    assert_eq!(whole(&mut retrieval).await, Ok(Some((1, Ok(expected.to_owned())))));
    assert_eq!(whole(&mut retrieval).await, Ok(Some((2, Ok(String::new())))));
    assert_eq!(session.top(1, 0).await, Ok(Some(b".x\r\n\r\n".to_vec())));
}

#[tokio::test]
async fn several_are_asked_for_at_once_where_the_server_says_so() {
    let all = "+OK\r\none\r\n.\r\n-ERR gone\r\n+OK\r\nthree\r\n.\r\n";
    // The first answer comes when all three questions are there.
    let mut session = pipelined(&[("RETR 1", ""), ("RETR 2", ""), ("RETR 3", all), ("NOOP", "+OK\r\n")]).await;
    let mut retrieval = session.retrieve(&[1, 2, 3]).expect("a retrieval");
    assert_eq!(whole(&mut retrieval).await, Ok(Some((1, Ok("one\r\n".to_owned())))));
    assert!(matches!(whole(&mut retrieval).await, Ok(Some((2, Err(Error::Refused { .. }))))));
    // What nobody reads is passed over.
    assert_eq!(retrieval.next().await, Ok(Some(Arrival::Message { number: 3 })));
    assert_eq!(whole(&mut retrieval).await, Ok(None));
    assert_eq!(session.noop().await, Ok(()));
}

#[tokio::test]
async fn a_retrieval_that_was_left_ends_the_session() {
    let mut session = inside(&[("RETR 1", "+OK\r\none\r\n.\r\n"), ("RETR 2", "+OK\r\ntwo\r\n.\r\n")]).await;
    let mut retrieval = session.retrieve(&[1, 2]).expect("a retrieval");
    assert!(retrieval.next().await.is_ok());
    assert_eq!(session.noop().await, Err(Error::Closed));
    assert_eq!(session.delete(1).await, Err(Error::Closed));
}

#[tokio::test]
async fn a_line_without_end_is_given_up() {
    let long = "x".repeat(20_000);
    for (command, said) in [("STAT", format!("+OK {long}\r\n")), ("LIST", format!("+OK\r\n1 {long}\r\n.\r\n"))] {
        let mut session = inside(&[(command, &said)]).await;
        let error = if command == "STAT" { session.stat().await.err() } else { session.list().await.err() };
        assert!(matches!(error, Some(Error::Limit(_))), "{error:?}");
        assert_eq!(session.noop().await, Err(Error::Closed));
    }
    // In a message a line may be as long as it is.
    let mut session = inside(&[("RETR 1", &format!("+OK\r\n{long}\r\n.\r\n"))]).await;
    let mut retrieval = session.retrieve(&[1]).expect("a retrieval");
    assert_eq!(whole(&mut retrieval).await, Ok(Some((1, Ok(format!("{long}\r\n"))))));
}

#[tokio::test]
async fn refused_logins_are_told_apart() {
    let text = |text: &str| text.to_owned();
    for (said, expected) in [
        ("-ERR [AUTH] wrong\r\n", Error::Credentials { text: text("wrong") }),
        ("-ERR [IN-USE] busy\r\n", Error::InUse { text: text("busy") }),
        ("-ERR [SYS/TEMP] later\r\n", Error::Unavailable { text: text("later") }),
        ("-ERR [LOGIN-DELAY] soon\r\n", Error::Throttled { wait: Duration::from_secs(600), text: text("soon") }),
        ("-ERR POP3 is disabled\r\n", Error::Disabled { text: text("POP3 is disabled") }),
        ("HANG UP", Error::Closed),
    ] {
        let (result, _peer) = connect(&[NO_CAPA, USER, ("PASS", said)]).await;
        assert_eq!(result.err(), Some(expected), "{said}");
    }
}

#[tokio::test]
async fn greetings_that_are_none_are_told_apart() {
    for (greeting, expected) in [
        ("-ERR [SYS/PERM] go away\r\n", "unavailable"),
        ("-ERR too many connections\r\n", "connections"),
        ("* OK this is IMAP\r\n", "protocol"),
    ] {
        let peer = Peer::start(Protocol::Pop3, greeting, &[]).await;
        let here = peer.endpoint(Security::Insecure);
        let error = pop3::connect(&Dialer::default(), &here, &credentials()).await.expect_err(greeting);
        let kind = match error {
            Error::Unavailable { .. } => "unavailable",
            Error::TooManyConnections { .. } => "connections",
            Error::Protocol(_) => "protocol",
            _ => "another",
        };
        assert_eq!(kind, expected, "{greeting}");
        assert_eq!(peer.heard().await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn the_way_to_log_in_is_what_the_server_offers() {
    let both = "+OK\r\nUSER\r\nSASL LOGIN PLAIN\r\n.\r\n";
    let (result, peer) = connect(&[("CAPA", both), ("AUTH PLAIN AGFuYQBzZWNyZXQ=", "+OK\r\n"), ("CAPA", both)]).await;
    drop(result.expect("a session"));
    assert_eq!(peer.heard().await.len(), 3);
    // APOP, where there is nothing else and a stamp (RFC 1939 §7).
    let neither = "+OK\r\nUIDL\r\n.\r\n";
    let script = [("CAPA", neither), ("APOP ana bcb9309b2fb34c49f0a0aed34b138c71", "+OK\r\n"), ("CAPA", neither)];
    let peer = Peer::start(Protocol::Pop3, "+OK ready <1@pismo.test>\r\n", &script).await;
    let here = peer.endpoint(Security::Insecure);
    drop(pop3::connect(&Dialer::default(), &here, &credentials()).await.expect("a session"));
    let (result, peer) = connect(&[("CAPA", neither)]).await;
    assert!(matches!(result, Err(Error::Unavailable { .. })), "{result:?}");
    assert_eq!(peer.heard().await, ["CAPA"], "no password was sent");
}

#[tokio::test]
async fn a_long_secret_is_shown_when_it_is_asked_for() {
    let plain = "+OK\r\nSASL PLAIN\r\n.\r\n";
    let script = [("CAPA", plain), ("AUTH PLAIN", "+ \r\n"), ("AGFuYQB4", "-ERR [AUTH] no\r\n")];
    let peer = Peer::start(Protocol::Pop3, GREETING, &script).await;
    let credentials = Credentials { user: "ana".to_owned(), password: "x".repeat(300).into() };
    let result = pop3::connect(&Dialer::default(), &peer.endpoint(Security::Insecure), &credentials).await;
    assert!(matches!(result, Err(Error::Credentials { .. })), "{result:?}");
    assert_eq!(peer.heard().await[1], "AUTH PLAIN");
}

#[tokio::test]
async fn what_cannot_be_a_password_is_not_sent() {
    for (user, password) in [("ana\r\nDELE 1", "x"), ("ana", "x\r\nDELE 1"), ("", "x"), ("ana", "a\0b")] {
        let peer = Peer::start(Protocol::Pop3, GREETING, &[NO_CAPA]).await;
        let credentials = Credentials { user: user.to_owned(), password: password.to_owned().into() };
        let result = pop3::connect(&Dialer::default(), &peer.endpoint(Security::Insecure), &credentials).await;
        assert!(matches!(result, Err(Error::Credentials { .. })), "{result:?}");
        assert_eq!(peer.heard().await, ["CAPA"]);
    }
}

#[tokio::test]
async fn nothing_is_said_in_clear_where_tls_was_asked_for() {
    for said in [
        // Refused, or answered for us by somebody in between.
        "-ERR ring 555 now\r\n",
        "+OK go\r\n+OK\r\nUSER\r\n.\r\n+OK in\r\n",
        "+OK go\r\nHANG UP",
        "+OK go\r\nthis is no TLS at all, and it is long enough to be taken for a record\r\n",
    ] {
        let peer = Peer::start(Protocol::Pop3, GREETING, &[("STLS", said)]).await;
        let here = peer.endpoint(Security::StartTls);
        let error = pop3::connect(&Dialer::default(), &here, &credentials()).await.expect_err("no session");
        let expected = matches!(error, Error::Net(net::Error::NoTls { .. }) | Error::Protocol(_));
        assert!(expected && !format!("{error:?}").contains("ring"), "{said}: {error:?}");
        let heard = peer.heard().await.join("\n");
        assert!(!heard.contains("USER") && !heard.contains("PASS") && !heard.contains("AUTH"), "{heard}");
    }
}

#[tokio::test]
async fn what_is_said_in_clear_is_shown_to_nobody() {
    let peer = Peer::start(Protocol::Pop3, "-ERR ring 555 now\r\n", &[]).await;
    let here = peer.endpoint(Security::StartTls);
    let error = pop3::connect(&Dialer::default(), &here, &credentials()).await.expect_err("no session");
    assert!(!format!("{error:?}").contains("ring"), "{error:?}");
}

#[tokio::test]
async fn what_is_deleted_is_gone_only_after_a_good_end() {
    let mut session = inside(&[
        ("DELE 1", "+OK\r\n"),
        ("DELE 2", "-ERR gone already\r\n"),
        ("RSET", "+OK\r\n"),
        ("QUIT", "-ERR [SYS/PERM] some were not removed\r\n"),
    ])
    .await;
    assert_eq!(session.delete(1).await, Ok(()));
    assert!(matches!(session.delete(2).await, Err(Error::Refused { code: None, .. })));
    assert_eq!(session.reset().await, Ok(()));
    assert!(matches!(session.quit().await, Err(Error::Refused { code: Some(Code::Permanent), .. })));
}
