//! Servers that do what no real one should: scripted peers.

#[path = "../support/mail_server.rs"]
mod mail_server;
#[path = "../support/script.rs"]
mod script;

mod greedy;
mod odd;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use app::wire::{Flag, Uid, UidValidity};
use mail_server::PASSWORD;
use pismo::{
    endpoint::{Endpoint, Protocol, Security},
    imap::{self, Change, Code, Credentials, Error, Session, UidSet, search},
    net,
};
use script::Peer;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    sync::Semaphore,
};

fn credentials() -> Credentials {
    Credentials { user: "ana".to_owned(), password: PASSWORD.to_owned().into() }
}

const GREETING: &str = "* OK [CAPABILITY IMAP4rev1 IDLE] hello\r\n";
const LOGIN: (&str, &str) = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 IDLE UIDPLUS] in\r\n");
const SELECT: (&str, &str) =
    ("SELECT", "* 9 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 10] x\r\n{tag} OK [READ-WRITE] selected\r\n");

async fn connect(script: &[(&str, &str)]) -> (Result<Session, Error>, Peer) {
    let peer = Peer::start(Protocol::Imap, GREETING, script).await;
    (imap::connect(&peer.endpoint(Security::Insecure), &credentials()).await, peer)
}

/// A session with the inbox selected, and what the server says to the commands after that.
async fn inbox(script: &[(&str, &str)]) -> Session {
    let script = [&[LOGIN, SELECT], script].concat();
    let (session, _peer) = connect(&script).await;
    let mut session = session.expect("a session");
    session.select("INBOX").await.expect("the inbox");
    session
}

#[tokio::test]
async fn a_refusal_is_never_taken_for_success() {
    let mut session = inbox(&[
        ("UID STORE", "{tag} NO [X-WHY] not now\r\n"),
        ("UID SEARCH", "{tag} NO no search\r\n"),
        ("FETCH", "{tag} BAD what\r\n"),
        ("UID EXPUNGE", "x OK ignored\r\n"),
    ])
    .await;
    let uids = UidSet::one(Uid(1));
    let refused = session.store(&uids, &[Flag::Seen], true).await.expect_err("NO");
    assert!(refused.is_refusal());
    assert!(
        matches!(refused, Error::Refused { code: Some(imap::Code::Other(code)), text } if code == "X-WHY" && text == "not now")
    );
    assert!(session.search(&search::parse("x").keys, None).await.expect_err("NO").is_refusal());
    assert!(session.fetch_rows(1..=1).await.expect_err("BAD").is_refusal());
    assert!(!session.is_over());
}

#[tokio::test]
async fn lines_that_mean_nothing_are_passed_over() {
    let noise = "* XYZZY (a \"b\r\n* 5 FETCH\r\n*\r\n\r\nnonsense\r\n* ESEARCH\r\n\u{0}\u{1}\u{ff}\r\n* OK [UNKNOWN \u{416}]\u{416}\r\n\
        * METADATA \"\" (/x NIL)\r\n* NAMESPACE NIL NIL NIL\r\n* THREAD (1 2)(3)\r\n* LIST\r\n* STATUS\r\n* 99999999999 EXISTS\r\n\
        p999 OK not ours\r\n* 3 FETCH (UID 3 FLAGS (\\Seen) INTERNALDATE NIL ENVELOPE NIL BODYSTRUCTURE NIL)\r\n* 11 EXISTS\r\n";
    let fetch = format!("{noise}{noise}{{tag}} OK done\r\n");
    let mut session = inbox(&[("FETCH", &fetch), ("NOOP", "{tag} OK still there\r\n")]).await;
    assert_eq!(session.fetch_flags(1..=9).await.expect("flags"), [(3, Uid(3), vec![Flag::Seen])]);
    assert_eq!(session.take_changes(), [Change::Exists(11)]);
    session.noop().await.expect("a NOOP");
    assert!(session.dropped_responses() > 10);
}

#[tokio::test]
async fn a_structure_nested_four_hundred_deep_is_a_row_like_others() {
    let nested = format!("{}{}", "(".repeat(400), ")".repeat(400));
    let fetch = format!(
        "* 1 FETCH (UID 1 BODYSTRUCTURE {nested} ENVELOPE (NIL \"deep\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n\
         * 2 FETCH (UID 2 FLAGS () ENVELOPE (NIL \"next\" NIL NIL NIL NIL NIL NIL NIL NIL) BODYSTRUCTURE NIL)\r\n{{tag}} OK done\r\n"
    );
    let mut session = inbox(&[("FETCH", &fetch)]).await;
    let rows = session.fetch_rows(1..=2).await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.row.subject.as_str()).collect::<Vec<_>>(), ["deep", "next"]);
}

#[tokio::test]
async fn a_message_the_server_stumbles_over_does_not_hide_the_others() {
    let envelope = "ENVELOPE (NIL \"whole\" NIL NIL NIL NIL NIL NIL NIL NIL)";
    let row = |seq: u32| format!("* {seq} FETCH (UID {seq} RFC822.SIZE 5 {envelope})\r\n");
    let bare =
        "* 2 FETCH (UID 2 FLAGS (\\Seen) INTERNALDATE \" 1-Jan-2026 00:00:00 +0000\" RFC822.SIZE 5)\r\n{tag} OK\r\n";
    let one = format!("{}{{tag}} OK\r\n", row(1));
    let refused = format!("{}{{tag}} NO one of them is broken\r\n", row(3));
    let left_out = format!("{}{}{{tag}} OK\r\n", row(1), row(3));
    let scripts: [&[(&str, &str)]; 2] = [
        &[
            ("FETCH 1:3 (", &refused),
            ("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE", &one),
            ("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE)", &one),
            ("FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE", "{tag} NO broken\r\n"),
            ("FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE)", bare),
        ],
        &[("FETCH 1:3 (", &left_out), ("FETCH 2 (UID FLAGS INTERNALDATE RFC822.SIZE)", bare)],
    ];
    for script in scripts {
        let mut session = inbox(script).await;
        let rows = session.fetch_rows(1..=3).await.expect("rows");
        let rows: Vec<_> = rows.iter().map(|row| (row.seq, row.row.subject.as_str(), row.row.flags.len())).collect();
        assert_eq!(rows, [(1, "whole", 0), (2, "", 1), (3, "whole", 0)]);
    }
}

#[tokio::test]
async fn a_huge_literal_ends_the_session_at_once() {
    let mut session = inbox(&[("UID FETCH", "* 1 FETCH (UID 1 BODY[1]<0> {4294967295}\r\n")]).await;
    let error = session.fetch_section(Uid(1), "1", Some((0, 1000))).await.expect_err("too much");
    assert!(matches!(error, Error::Limit(_)), "{error:?}");
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test]
async fn more_than_was_asked_for_is_not_kept() {
    let fetch = format!("* 1 FETCH (UID 1 BODY[1]<0> {{300000}}\r\n{})\r\n{{tag}} OK done\r\n", "x".repeat(300_000));
    let mut session = inbox(&[("UID FETCH", &fetch), ("UID FETCH", &fetch.replace("UID 1 ", "UID 2 "))]).await;
    assert!(session.fetch_section(Uid(1), "1", Some((0, 1000))).await.expect_err("too large").is_refusal());
    let sections = session.fetch_sections(Uid(2), &[("1", 1000)]).await.expect("an answer");
    assert_eq!(sections, Some(vec![Vec::new()]));
}

#[tokio::test]
async fn a_line_cut_amid_an_answer_is_an_error() {
    for said in ["* 1 FETCH (UID 1 FLAGS ())\r\nHANG UP", "* 1 FETCH (UID 1 BODY[1] {500}\r\nabcHANG UP", "HANG UP"] {
        let mut session = inbox(&[("FETCH", said)]).await;
        assert_eq!(session.fetch_flags(1..=9).await, Err(Error::Closed), "{said}");
        assert!(session.is_over());
        assert_eq!(session.fetch_flags(1..=9).await, Err(Error::Closed));
        session.logout().await;
    }
}

#[tokio::test]
async fn the_last_words_of_a_server_are_kept() {
    let bye = "* 1 FETCH (UID 1 FLAGS ())\r\n* BYE Too many connections, sorry\r\nHANG UP";
    let mut session = inbox(&[("FETCH", bye)]).await;
    let error = session.fetch_flags(1..=9).await.expect_err("BYE");
    assert_eq!(error, Error::TooManyConnections { text: "Too many connections, sorry".to_owned() });
    let mut session = inbox(&[("IDLE", "+ idling\r\n* BYE Server is going down\r\nHANG UP")]).await;
    let error = session.wait_for_news(&tokio::sync::Notify::new(), Duration::from_secs(5)).await.expect_err("BYE");
    assert_eq!(error, Error::Unavailable { text: "Server is going down".to_owned() });
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test]
async fn an_idle_line_that_is_cut_is_an_error_and_a_refused_idle_is_a_refusal() {
    let wake = tokio::sync::Notify::new();
    let mut session = inbox(&[("IDLE", "+ idling\r\n* OK Still here\r\nHANG UP")]).await;
    assert_eq!(session.wait_for_news(&wake, Duration::from_secs(5)).await, Err(Error::Closed));
    let mut session = inbox(&[("IDLE", "{tag} NO not here\r\n"), ("NOOP", "{tag} OK\r\n")]).await;
    assert!(session.wait_for_news(&wake, Duration::from_secs(5)).await.expect_err("NO").is_refusal());
    session.noop().await.expect("the session lives");
}

#[tokio::test]
async fn expunges_that_cannot_be_are_an_overflow() {
    let mut session = inbox(&[("NOOP", "* 10 EXPUNGE\r\n* 0 EXPUNGE\r\n{tag} OK\r\n")]).await;
    session.noop().await.expect("a NOOP");
    assert_eq!(session.take_changes(), [Change::Overflow]);
}

#[tokio::test]
async fn a_call_that_is_dropped_ends_the_session() {
    let mut session = inbox(&[("NOOP", "* OK wait\r\n")]).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), session.noop()).await.is_err());
    assert_eq!(session.noop().await, Err(Error::Closed));
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let mut session = inbox(&[("NOOP", "")]).await;
    session.silence = Duration::from_millis(100);
    assert_eq!(session.noop().await, Err(Error::Timeout));
    assert!(session.is_over());
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let mut session = inbox(&[("FETCH", "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n")]).await;
    session.silence = Duration::from_millis(300);
    // The peer says nothing more: the first line alone does not keep the session for ever.
    assert_eq!(session.fetch_flags(1..=9).await, Err(Error::Timeout));
}

#[tokio::test]
async fn a_greeting_that_is_none_of_ours_opens_nothing() {
    for (greeting, expected) in [
        ("* PREAUTH you are root\r\n", "protocol"),
        ("* BYE Maximum number of connections exceeded\r\nHANG UP", "connections"),
        ("* BYE closed for the night\r\n", "unavailable"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "closed"),
    ] {
        let peer =
            Peer::start(Protocol::Imap, greeting, if expected == "closed" { &[("*", "HANG UP")] } else { &[] }).await;
        if expected == "closed" {
            peer.leave();
        }
        let error = imap::connect(&peer.endpoint(Security::Insecure), &credentials()).await.expect_err(greeting);
        let kind = match &error {
            Error::Protocol(_) => "protocol",
            Error::TooManyConnections { .. } => "connections",
            Error::Unavailable { .. } => "unavailable",
            Error::Closed | Error::Net(net::Error::Unreachable { .. }) => "closed",
            _ => "another",
        };
        assert_eq!(kind, expected, "{error:?}");
    }
}

#[tokio::test]
async fn refused_logins_are_told_apart() {
    for (said, expected) in [
        ("{tag} NO [AUTHENTICATIONFAILED] wrong\r\n", Error::Credentials { text: "wrong".into() }),
        (
            "{tag} NO [ALERT] IMAP is disabled for ана\r\n",
            Error::ImapDisabled { text: "IMAP is disabled for ана".into() },
        ),
        ("{tag} NO [UNAVAILABLE] later\r\n", Error::Unavailable { text: "later".into() }),
        (
            "* BYE Too many simultaneous connections\r\nHANG UP",
            Error::TooManyConnections { text: "Too many simultaneous connections".into() },
        ),
        ("HANG UP", Error::Closed),
        // The answer to something else is none to this.
        ("x999999 OK [READ-ONLY] not yours\r\nHANG UP", Error::Closed),
        ("x999999 NO [AUTHENTICATIONFAILED] not yours\r\nHANG UP", Error::Closed),
    ] {
        let (result, _peer) = connect(&[("LOGIN", said)]).await;
        assert_eq!(result.err(), Some(expected), "{said}");
    }
    let peer = Peer::start(Protocol::Imap, "* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n", &[]).await;
    let result = imap::connect(&peer.endpoint(Security::Insecure), &credentials()).await;
    assert!(matches!(result, Err(Error::Unavailable { .. })));
    assert_eq!(peer.heard().await, Vec::<String>::new(), "no password was sent");
}

#[tokio::test]
async fn what_is_said_between_starttls_and_tls_is_not_believed() {
    let said = "{tag} OK go\r\n* OK [CAPABILITY IMAP4rev1] injected\r\nx OK in\r\n";
    let peer = Peer::start(Protocol::Imap, GREETING, &[("STARTTLS", said)]).await;
    let error = imap::connect(&peer.endpoint(Security::StartTls), &credentials()).await.expect_err("no session");
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    assert!(peer.heard().await.iter().all(|line| !line.contains("LOGIN")));
    for said in ["{tag} NO no TLS\r\n", "{tag} BAD what\r\n"] {
        let peer = Peer::start(Protocol::Imap, GREETING, &[("STARTTLS", said)]).await;
        let error = imap::connect(&peer.endpoint(Security::StartTls), &credentials()).await.expect_err("no session");
        assert!(matches!(error, Error::Net(net::Error::NoTls { .. })), "{error:?}");
        assert!(peer.heard().await.iter().all(|line| !line.contains("LOGIN")));
    }
}

#[tokio::test]
async fn a_mailbox_that_somebody_else_has_just_made_is_opened_all_the_same() {
    let taken = ("SELECT", "{tag} NO [ALREADYEXISTS] Mailbox already exists\r\n");
    let (session, _peer) = connect(&[LOGIN, taken, SELECT, taken, taken]).await;
    let mut session = session.expect("a session");
    assert_eq!(session.select("INBOX").await.expect("the inbox").exists, 9);
    assert!(session.select("Plans").await.is_err_and(|error| error.is_refusal()), "once more, and not for ever");
}

#[tokio::test]
async fn a_refused_literal_is_not_sent() {
    let mut session = inbox(&[
        ("APPEND", "* 10 EXISTS\r\n{tag} NO [OVERQUOTA] full\r\n"),
        ("APPEND", "* OK busy\r\n+ go\r\n"),
        ("", ""),
        ("", "p3 OK [APPENDUID 7 12] done\r\n"),
    ])
    .await;
    let message = b"a: b\r\n\r\n";
    let error = session.append("Sent", &[], 8, &mut &message[..]).await.expect_err("NO");
    assert_eq!(error, Error::Refused { code: Some(imap::Code::OverQuota), text: "full".into() });
    let appended = session.append("Sent", &[], 8, &mut &message[..]).await;
    assert!(matches!(appended, Ok(Some((_, Uid(12))))), "{appended:?}");
}

#[tokio::test]
async fn search_answers_of_all_kinds_are_understood() {
    let long: Vec<String> = (1..200_000).map(|uid: u32| (uid * 3).to_string()).collect();
    let long = format!("* SEARCH {}\r\n{{tag}} OK\r\n", long.join(" "));
    let mut session = inbox(&[
        ("UID SEARCH ALL", "* SEARCH 5 3\r\n* SEARCH 3 9 (MODSEQ 4)\r\n{tag} OK\r\n"),
        ("UID SEARCH ALL", "* ESEARCH (TAG \"x\") UID ALL 1:4294967295\r\n{tag} OK\r\n"),
        ("UID SEARCH ALL", &long),
    ])
    .await;
    assert_eq!(session.search(&[], None).await, Ok(vec![Uid(3), Uid(5), Uid(9)]));
    assert!(session.search(&[], None).await.expect("a search").len() < 2000);
    session.search(&[], None).await.expect("a long line");
}

#[tokio::test]
async fn a_mailbox_that_is_listed_and_not_there_is_left_out() {
    let login = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 LIST-EXTENDED LIST-STATUS] in\r\n");
    let list = (
        "LIST",
        "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 1 UNSEEN 0 UIDNEXT 2 UIDVALIDITY 7)\r\n\
         * LIST () \"/\" Ghost\r\n* NO Mailbox doesn't exist: Ghost\r\n* LIST () \"/\" Closed\r\n{tag} OK done\r\n",
    );
    let (session, _peer) = connect(&[
        login,
        list,
        ("STATUS \"Ghost\"", "{tag} NO Mailbox doesn't exist: Ghost\r\n"),
        ("STATUS \"Closed\"", "{tag} NO [NOPERM] not for you\r\n"),
    ])
    .await;
    let listed = session.expect("a session").list().await.expect("a list");
    let paths: Vec<&str> = listed.iter().map(|mailbox| mailbox.path.as_str()).collect();
    assert_eq!(paths, ["INBOX", "Closed"]);
}

#[tokio::test]
async fn an_expunge_amid_a_fetch_by_sequence_number_ends_the_session() {
    let row = |seq: u32, uid: u32| {
        format!("* {seq} FETCH (UID {uid} RFC822.SIZE 5 ENVELOPE (NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL))\r\n")
    };
    let rows = format!("{}* 1 EXPUNGE\r\n{}{}{{tag}} OK\r\n", row(1, 1), row(1, 2), row(2, 3));
    let mut session = inbox(&[("FETCH 1:2 (", &rows)]).await;
    assert!(matches!(session.fetch_rows(1..=2).await, Err(Error::Protocol(_))), "which of them is the second?");
    assert_eq!(session.noop().await, Err(Error::Closed));
    let flags = "* 1 FETCH (UID 1 FLAGS ())\r\n* 1 EXPUNGE\r\n* 1 FETCH (UID 2 FLAGS (\\Seen))\r\n{tag} OK\r\n";
    let mut session = inbox(&[("FETCH 1:2 (", flags)]).await;
    assert!(matches!(session.fetch_flags(1..=2).await, Err(Error::Protocol(_))));
}

#[tokio::test]
async fn what_is_too_large_for_a_mailbox_is_not_sent_to_it() {
    let large = vec![b'x'; 100_000];
    let of_all = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 LITERAL+ APPENDLIMIT=1000] in\r\n");
    let (session, peer) = connect(&[of_all, ("NOOP", "{tag} OK done\r\n")]).await;
    let mut session = session.expect("a session");
    let refused = session.append("Sent", &[], 1001, &mut &large[..]).await.expect_err("too large");
    assert_eq!(refused, Error::TooBig { limit: 1000 });
    session.noop().await.expect("the session lives");
    drop(session);
    assert!(peer.heard().await.iter().all(|line| !line.contains("APPEND")));

    // Where each mailbox has a limit of its own, it is asked for, unless the message is small.
    let of_each = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 LITERAL+ APPENDLIMIT] in\r\n");
    let asked = |limit: &'static str| ("STATUS \"Sent\" (APPENDLIMIT)", limit);
    let append = ("APPEND \"Sent\"", "{tag} NO [TOOBIG] no\r\n");
    let (session, _peer) = connect(&[
        of_each,
        asked("* STATUS Sent (APPENDLIMIT 99999)\r\n{tag} OK done\r\n"),
        asked("* STATUS Sent (APPENDLIMIT NIL)\r\n{tag} OK done\r\n"),
        append,
    ])
    .await;
    let mut session = session.expect("a session");
    assert_eq!(session.append("Sent", &[], 100_000, &mut &large[..]).await, Err(Error::TooBig { limit: 99_999 }));
    let told = session.append("Sent", &[], 100_000, &mut &large[..]).await;
    assert!(matches!(told, Err(Error::Refused { code: Some(Code::TooBig), .. })), "{told:?}");

    let (session, _peer) = connect(&[of_each, asked("{tag} NO no\r\n"), append]).await;
    let told = session.expect("a session").append("Sent", &[], 100_000, &mut &large[..]).await;
    assert!(matches!(told, Err(Error::Refused { code: Some(Code::TooBig), .. })), "the server decides: {told:?}");
    let (session, _peer) = connect(&[of_each, append]).await;
    let told = session.expect("a session").append("Sent", &[], 8, &mut &b"a: b\r\n\r\n"[..]).await;
    assert!(matches!(told, Err(Error::Refused { code: Some(Code::TooBig), .. })), "nobody is asked: {told:?}");
}

#[tokio::test]
async fn what_others_share_is_there_even_where_it_cannot_be_asked_for_together() {
    let (own, others) = ("* LIST () \"/\" INBOX\r\n{tag} OK x\r\n", "* LIST () \"/\" others/bo\r\n{tag} OK x\r\n");
    let count =
        |path: &str| format!("* STATUS {path} (MESSAGES 1 UNSEEN 0 UIDNEXT 2 UIDVALIDITY 7)\r\n{{tag}} OK x\r\n");
    let (of_inbox, of_bo) = (count("INBOX"), count("others/bo"));
    let peer = Peer::start(
        Protocol::Imap,
        GREETING,
        &[
            ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 NAMESPACE LIST-EXTENDED] in\r\n"),
            ("LIST \"\" \"*\" RETURN", own),
            ("NAMESPACE", "* NAMESPACE ((\"\" \"/\")) ((\"others/\" \"/\")) NIL\r\n{tag} OK x\r\n"),
            ("LIST \"\" \"others/*\" RETURN", others),
            ("STATUS", &of_inbox),
            ("STATUS", &of_bo),
            ("LIST \"\" (\"*\" \"others/*\") RETURN", "{tag} NO one at a time\r\n"),
            ("LIST \"\" \"*\" RETURN", own),
            ("LIST \"\" \"others/*\" RETURN", others),
            ("STATUS", &of_inbox),
            ("STATUS", &of_bo),
        ],
    )
    .await;
    let mut session = imap::connect(&peer.endpoint(Security::Insecure), &credentials()).await.expect("a session");
    for time in ["first", "second"] {
        let listed = session.list().await.expect(time);
        let paths: Vec<&str> = listed.iter().map(|mailbox| mailbox.path.as_str()).collect();
        assert_eq!(paths, ["INBOX", "others/bo"], "the {time} time");
    }
}

#[tokio::test]
async fn a_message_takes_the_place_of_another_in_one_step() {
    let login = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1 UIDPLUS REPLACE LITERAL+] in\r\n");
    let replace = "UID REPLACE 4 \"Drafts\" (\\Draft \\Seen) {8+}";
    let done = "* OK [APPENDUID 7 10] there\r\n* 10 EXISTS\r\n* 4 EXPUNGE\r\n{tag} OK done\r\n";
    let (session, peer) = connect(&[login, SELECT, (replace, done)]).await;
    let mut session = session.expect("a session");
    assert!(session.capabilities().replace);
    session.select("INBOX").await.expect("the inbox");
    let flags = [Flag::Draft, Flag::Seen];
    let told = session.replace(Uid(4), "Drafts", &flags, 8, &mut &b"a: b\r\n\r\n"[..]).await.expect("REPLACE");
    assert_eq!(told, Some((UidValidity(7), Uid(10))));
    assert_eq!(session.take_changes(), [Change::Exists(10), Change::Expunge(4)]);
    drop(session);
    let heard = peer.heard().await;
    assert!(heard.iter().any(|line| line.ends_with(replace)) && heard.iter().any(|line| line == "a: b"), "{heard:?}");
}

#[tokio::test]
async fn many_who_come_at_once_are_let_in_by_and_by() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    // Those that are being let in, and the most that ever were.
    let (waiting, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let door = Arc::new(Semaphore::new(0));
    let (here, worst, opened) = (waiting.clone(), most.clone(), door.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            worst.fetch_max(here.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let (here, opened) = (here.clone(), opened.clone());
            tokio::spawn(async move {
                opened.acquire().await.expect("a door").forget();
                let mut line = BufReader::new(stream);
                line.write_all(GREETING.as_bytes()).await.expect("a client");
                let mut text = String::new();
                line.read_line(&mut text).await.expect("a client");
                here.fetch_sub(1, Ordering::SeqCst);
                let tag = text.split(' ').next().expect("a tag");
                line.write_all(LOGIN.1.replace("{tag}", tag).as_bytes()).await.expect("a client");
                let _ = line.read_line(&mut text).await;
            });
        }
    });
    let endpoint = Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", port);
    let all: Vec<_> = (0..60)
        .map(|_| {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { imap::connect(&endpoint, &credentials()).await.expect("a session") })
        })
        .collect();
    while waiting.load(Ordering::SeqCst) < 16 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // Whoever were to come as well would have come by now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    door.add_permits(60);
    for one in all {
        one.await.expect("a session");
    }
    assert_eq!(most.load(Ordering::SeqCst), 16, "of sixty at once");
}
