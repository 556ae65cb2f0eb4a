//! Servers that want more than their share: of memory, of time, and of what was asked for.

use app::wire::{Flag, SpecialUse, Uid};
use pismo::imap::{Error, UidSet, search::Key};

use super::{SELECT, connect, inbox};

/// All UIDs from one to another.
fn set(first: u32, last: u32) -> UidSet {
    UidSet::range(Uid(first), Uid(last))
}

#[tokio::test]
async fn whoever_has_not_let_us_in_says_little() {
    for flood in ["+\r\n", "* OK [ALERT] wait\r\n", "* CAPABILITY IMAP4rev1\r\n", "* 1 EXISTS\r\n"] {
        let endless = flood.repeat(400_000 / flood.len());
        let (session, _peer) = connect(&[("LOGIN", &endless)]).await;
        let error = session.err().unwrap_or_else(|| panic!("{flood}"));
        assert!(!matches!(error, Error::Credentials { .. } | Error::Timeout), "{flood}: {error:?}");
    }
    let words = format!("{{tag}} OK [CAPABILITY IMAP4rev1 {}] in\r\n", "IDLE x ".repeat(4000));
    let (session, _peer) = connect(&[("LOGIN", &words)]).await;
    assert!(session.expect("a session").capabilities().idle, "what is usual is understood all the same");
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_found() {
    let all = "* ESEARCH (TAG \"x\") UID ALL 1:4294967295\r\n* SEARCH 7 9 7 1\r\n{tag} OK\r\n";
    let mut session = inbox(&[("UID SEARCH", all), ("UID SEARCH", all)]).await;
    assert_eq!(session.search(&[Key::All], Some(&set(3, 5))).await, Ok(vec![Uid(3), Uid(4), Uid(5)]));
    let several: UidSet = [1, 2, 8, 900].into_iter().map(Uid).collect();
    assert_eq!(session.search(&[Key::All], Some(&several)).await, Ok(vec![Uid(1), Uid(2), Uid(8), Uid(900)]));
}

#[tokio::test]
async fn where_messages_went_is_believed_as_far_as_it_can_be() {
    for (said, known) in [
        ("{tag} OK [COPYUID 7 1:4294967295 1:4294967295] moved\r\n", None),
        ("{tag} OK [COPYUID 7 1:2 1:4294967295] moved\r\n", None),
        ("{tag} OK [COPYUID 7 1:3 11:13] moved\r\n", None),
        ("* OK [COPYUID 7 1:2 11:12] x\r\n* OK [COPYUID 7 1:2 11:12] x\r\n{tag} OK moved\r\n", Some(2)),
        ("{tag} OK [COPYUID 7 1:2 11:12] moved\r\n", Some(2)),
    ] {
        let mut session = inbox(&[("UID COPY", said)]).await;
        let copied = session.copy_to(&set(1, 2), "Archive").await.expect("a copy");
        assert_eq!(copied.map(|copied| copied.pairs().count()), known, "{said}");
    }
}

#[tokio::test]
async fn what_others_have_marked_is_no_more_than_there_is() {
    let marked = "* ESEARCH (TAG \"x\") UID ALL 1:4294967295\r\n{tag} OK\r\n";
    let done = "{tag} OK\r\n";
    // Without UIDPLUS; `inbox` would have it.
    let login = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1] in\r\n");
    let script = [
        login,
        SELECT,
        ("UID STORE 1 ", done),
        ("UID SEARCH", marked),
        ("UID STORE", done),
        ("EXPUNGE", done),
        ("UID STORE", done),
    ];
    let (session, peer) = connect(&script).await;
    let mut session = session.expect("a session");
    session.select("INBOX").await.expect("the inbox");
    session.erase(&set(1, 1)).await.expect("erased");
    drop(session);
    let longest = peer.heard().await.iter().map(String::len).max().unwrap_or_default();
    assert!(longest < 200, "{longest}");
}

#[tokio::test]
async fn of_more_folders_than_anybody_is_shown_it_is_known_that_there_are_more() {
    let list = |count: usize, name: &str| {
        let lines: String = (0..count).map(|at| format!("* LIST (\\Noselect) \"/\" {name}{at}\r\n")).collect();
        // Dovecot has the inbox at the end.
        format!("{lines}* LIST (\\Noselect \\Sent) \"/\" Out\r\n* LIST (\\Noselect) \"/\" INBOX\r\n{{tag}} OK\r\n")
    };
    for (count, name, shown) in
        [(9998, "f", 10_000), (9999, "f", 10_000), (30_000, "f", 10_000), (2000, &"x".repeat(3000), 351)]
    {
        let login = ("LOGIN", "{tag} OK [CAPABILITY IMAP4rev1] in\r\n");
        let (session, _peer) = connect(&[login, ("LIST", &list(count, name)), ("LSUB", "{tag} OK\r\n")]).await;
        let mut session = session.expect("a session");
        let listed = session.list().await.expect("a list");
        assert_eq!(listed.len(), shown, "{count}");
        assert_eq!(session.lists_in_part(), shown < count + 2, "{count}");
        let used =
            |path: &str| listed.iter().find(|mailbox| mailbox.path == path).and_then(|mailbox| mailbox.special_use);
        assert_eq!((used("INBOX"), used("Out")), (Some(SpecialUse::Inbox), Some(SpecialUse::Sent)), "{count}");
    }
}

#[tokio::test]
async fn flags_without_measure_are_left_out() {
    let long = "x".repeat(300);
    let many: Vec<String> = (0..5000).map(|number| format!("keyword{number}")).collect();
    let fetch = format!(
        "* 1 FETCH (UID 1 FLAGS (\\Seen {long} $Work))\r\n* 2 FETCH (UID 2 FLAGS ({}))\r\n{{tag}} OK\r\n",
        many.join(" ")
    );
    let mut session = inbox(&[("FETCH", &fetch)]).await;
    let flags = session.fetch_flags(1..=9).await.expect("flags");
    assert_eq!(flags[0].2, [Flag::Seen, Flag::from("$Work")]);
    assert!((1..=200).contains(&flags[1].2.len()));
}

#[tokio::test]
async fn messages_larger_than_they_were_said_to_be_are_left_out() {
    let text = "x".repeat(60_000);
    let fetch: String =
        (1..=40).map(|uid| format!("* {uid} FETCH (UID {uid} BODY[] {{{}}}\r\n{text})\r\n", text.len())).collect();
    let mut session = inbox(&[("UID FETCH", &format!("{fetch}{{tag}} OK\r\n"))]).await;
    let whole = session.fetch_whole(&set(1, 40), 100_000).await.expect("an answer");
    assert_eq!(whole.len(), 3, "two hundred kilobytes");
}
