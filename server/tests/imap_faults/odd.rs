//! Answers that are not by the standards, as trackers of mail programs have them from servers that are in use (Exchange, Gmail,
//! Yandex, mail.ru, 163, Yahoo, iCloud, Courier and others; modern-email/defects): what can be understood is, the rest is passed
//! over, and the session goes on.

use app::wire::{Flag, Uid, UidValidity};
use pismo::imap::{Selected, search};

use super::{LOGIN, connect, inbox};

/// What a session makes of an answer to SELECT; it is asked for something more behind it.
async fn selected(said: &str) -> Selected {
    let (session, _peer) = connect(&[LOGIN, ("SELECT", said), ("NOOP", "{tag} OK\r\n")]).await;
    let mut session = session.expect("a session");
    let selected = session.select("INBOX").await.unwrap_or_else(|error| panic!("{said}: {error}"));
    session.noop().await.unwrap_or_else(|error| panic!("{said}: {error}"));
    selected
}

#[tokio::test]
async fn a_mailbox_is_opened_whatever_is_left_unsaid() {
    let all = "* 3 EXISTS\r\n* OK [UIDVALIDITY 7]\r\n* OK [UIDNEXT 10]\r\n* OK [HIGHESTMODSEQ 5]\r\n{tag} OK\r\n";
    let whole = selected(all).await;
    assert_eq!((whole.exists, whole.uid_validity, whole.uid_next), (3, UidValidity(7), Uid(10)));
    let next = |said: String| async move { selected(&said).await.uid_next };
    // RFC 9051 wants them all.
    assert_eq!(next(all.replace("* OK [UIDNEXT 10]\r\n", "")).await, Uid(0));
    assert_eq!(next(all.replace("[UIDNEXT 10]", "[UIDNEXT 10")).await, Uid(0));
    assert_eq!(next(all.replace("[UIDNEXT 10]", "[UIDNEXT 10]Predicted next UID")).await, Uid(10));
    assert_eq!(next(all.replace("[UIDNEXT 10]", "[UIDNEXT -1]")).await, Uid(0));
    assert_eq!(next(all.replace("[UIDNEXT 10]", "[UIDNEXT 10] {3}")).await, Uid(10));
    let modseq = |said: String| async move { selected(&said).await.highest_modseq };
    for senseless in ["-1", "0", "99999999999999999999999", "x", ""] {
        assert_eq!(modseq(all.replace("MODSEQ 5", &format!("MODSEQ {senseless}"))).await, None, "{senseless}");
    }
    assert_eq!(selected("* 3 EXISTS\r\n{tag} OK [READ-ONLY]\r\n").await.exists, 3);
    // Without their CR, with spaces behind them, in small letters, behind the list of flags that has no end.
    let unixy = selected("* 3 exists \n* ok [uidvalidity 7] \n{tag} ok [read-write] done \n").await;
    assert_eq!((unixy.exists, unixy.uid_validity, unixy.read_only), (3, UidValidity(7), false));
    let flags = "* FLAGS (\\Seen \\* % [x] NIL \"a b\" \\\r\n* OK [PERMANENTFLAGS (\\Seen \\* $x\\)] y\r\n";
    let marked = selected(&format!("{flags}{all}")).await;
    assert!(marked.exists == 3 && marked.permanent_flags.contains(&Flag::Seen) && marked.new_keywords);
    for nothing in
        ["* OK [PERMANENTFLAGS NIL]\r\n", "* OK [PERMANENTFLAGS ()]\r\n", "* OK [PERMANENTFLAGS\r\n", "* FLAGS\r\n"]
    {
        assert_eq!(selected(&format!("{nothing}{all}")).await.exists, 3, "{nothing}");
    }
}

#[tokio::test]
async fn mailboxes_are_listed_however_their_names_are_written() {
    let list = "* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST () / Plain\r\n* LIST () \"/\" Sent Items\r\n\
        * LIST () NIL Bare\r\n* LIST () \"\" Rootless\r\n* LIST () \"/\" {7}\r\nLiteral\r\n* LIST () \"/\" \"Quo\\\"ted\"\r\n\
        * LIST (\\Marked \\Foo NIL) \"/\" [Gmail]/All\r\n* LIST () \"/\" \"&BCQ-\"\r\n* LIST () \"/\" \"R&D\"\r\n\
        * LIST () \"/\" 2026\r\n* LIST NIL \"/\" Unmarked\r\n* LIST ((\\X)) \"/\" \"In (two)\" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n\
        * LIST () \"/\" Журнал\r\n* list (\\NoSelect) \"/\" Closed\r\n* LIST () \"/\"\r\n* LIST () \"/\" ()\r\n* LIST\r\n\
        * LIST () \"/\" Trailing \r\n{tag} OK\r\n";
    let status = |name: &str, items: &str| format!("* STATUS {name} ({items})\r\n{{tag}} OK\r\n");
    let counts = [
        status("INBOX", "MESSAGES 4 UNSEEN 1 UIDNEXT 9 UIDVALIDITY 7"),
        status("Plain", "messages 2 unseen -1 UIDVALIDITY 7"),
        status("Sent Items", "MESSAGES 5 UNSEEN"),
        status("Bare", ""),
        "* STATUS Rootless\r\n{tag} OK\r\n".to_owned(),
        status("Literal", "MESSAGES x UNSEEN NIL"),
        "{tag} NO Unavailable.\r\n".to_owned(),
    ];
    let done = "{tag} OK\r\n".to_owned();
    let statuses: Vec<&String> = counts.iter().chain(std::iter::repeat_n(&done, 20)).collect();
    let mut script = vec![LOGIN, ("LIST", list), ("LSUB", "{tag} BAD no such command\r\n")];
    script.extend(statuses.iter().map(|said| ("STATUS", said.as_str())));
    let (session, _peer) = connect(&script).await;
    let listed = session.expect("a session").list().await.expect("a list");
    let paths: Vec<&str> = listed.iter().map(|mailbox| mailbox.path.as_str()).collect();
    let expected = [
        "INBOX",
        "Plain",
        "Sent Items",
        "Bare",
        "Rootless",
        "Literal",
        "Quo\"ted",
        "[Gmail]/All",
        "Ф",
        "R&D",
        "2026",
        "Unmarked",
        "In (two)",
        "Журнал",
        "Closed",
        "Trailing",
    ];
    assert_eq!(paths, expected);
    let messages: Vec<Option<u32>> =
        listed.iter().map(|mailbox| mailbox.status.as_ref().map(|status| status.messages)).collect();
    let known = [Some(4), Some(2), Some(5), Some(0), None, Some(0)];
    assert_eq!(messages.get(..known.len()), Some(&known[..]));
    assert!(!listed.iter().any(|mailbox| mailbox.path == "Closed" && mailbox.selectable));
}

#[tokio::test]
async fn messages_are_rows_however_they_are_described() {
    let envelope = "ENVELOPE (\"Sat, 28 Nov 2026 10:00:00 +0000\" \"subject\" ((\"Ana\" NIL \"ana\" \"pismo.test\")) NIL NIL NIL NIL NIL NIL NIL)";
    let text = "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"utf-8\") NIL NIL \"7BIT\" 12 1 NIL NIL NIL)";
    let described = [
        // Counts below zero or with a fraction, and none at all.
        format!("RFC822.SIZE 9.3736e+06 {envelope} BODYSTRUCTURE {}", text.replace("12 1", "-1 -1")),
        format!("RFC822.SIZE -5 {envelope} BODYSTRUCTURE {}", text.replace("12 1", "9.3736e+06 1.5")),
        format!("RFC822.SIZE NIL {envelope} BODYSTRUCTURE {}", text.replace("12 1 NIL NIL NIL", "NIL")),
        // Parentheses too many or too few, and fields that are missing or more.
        format!("{envelope} BODYSTRUCTURE (({text}))"),
        format!("{envelope} BODYSTRUCTURE {text}) "),
        format!("{envelope} BODYSTRUCTURE ({text}{text} \"MIXED\" (\"BOUNDARY\" \"x\" NIL) NIL NIL NIL NIL 5)"),
        format!("{envelope} BODYSTRUCTURE (NIL \"ALTERNATIVE\" NIL NIL NIL)"),
        format!("{envelope} BODYSTRUCTURE (\"MIXED\" (\"BOUNDARY\" \"x\"))"),
        format!("{envelope} BODYSTRUCTURE (\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 5 NIL NIL 0)"),
        format!("{envelope} BODYSTRUCTURE (\"MESSAGE\" \"RFC822\" (\"NAME\" \"a.eml\") NIL NIL \"7BIT\" 5)"),
        format!("{envelope} BODYSTRUCTURE (\"APPLICATION\" NIL (\"NAME\") NIL NIL NIL \"5\" NIL (\"attachment\") NIL)"),
        format!("{envelope} BODYSTRUCTURE (\"TEXT\" \"PLAIN\" \"\" \"\" \"\" \"\" 0 0 \"\" \"inline\" \"\" \"\")"),
        format!("{envelope} BODYSTRUCTURE NIL"),
        format!("{envelope} BODYSTRUCTURE"),
        format!("{envelope} BODY {text} BODYSTRUCTURE {text}"),
        // Envelopes with fields left out, lists where texts should be and texts where lists should be.
        "ENVELOPE (NIL \"subject\")".to_owned(),
        "ENVELOPE (\"\" \"subject\" () () () () () () \"\" \"\")".to_owned(),
        "ENVELOPE (NIL \"subject\" \"\" \"\" \"\" \"\" NIL NIL NIL NIL)".to_owned(),
        "ENVELOPE (NIL \"subject\" ((NIL NIL NIL NIL)(\"x\" NIL)) ((\"Group\" NIL \"g\" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL NIL NIL)"
            .to_owned(),
        "ENVELOPE (NIL {7}\r\nsubject ((\"Ana\" NIL \"ana\" {10}\r\npismo.test)) NIL NIL NIL NIL NIL NIL NIL)".to_owned(),
        "ENVELOPE (NIL subject ((Ana NIL ana pismo.test)) NIL NIL NIL NIL NIL NIL NIL NIL)".to_owned(),
        // Flags, dates and modification sequences that are none.
        format!("{envelope} FLAGS (\\Seen NIL \"a b\" \\* () [x] %) INTERNALDATE \"32-Foo-2026 99:00:00\" MODSEQ (-1)"),
        format!("{envelope} FLAGS NIL INTERNALDATE NIL MODSEQ 5 PREVIEW NIL X-NEW (1 (2)) Y {{3}}\r\nabc"),
        format!("{envelope} FLAGS \\Seen INTERNALDATE \"28-Nov-26 10:00:00 GMT\" MODSEQ ()"),
        format!("FLAGS () FLAGS (\\Seen) {envelope} {envelope}"),
        format!(" {envelope}  FLAGS  ( \\Seen )"),
    ];
    for said in &described {
        let fetch = format!("* 1 FETCH (UID 4 {said})\r\n{{tag}} OK Fetch completed\r\n");
        let mut session = inbox(&[("FETCH", &fetch), ("NOOP", "{tag} OK\r\n")]).await;
        let rows = session.fetch_rows(1..=1).await.unwrap_or_else(|error| panic!("{said}: {error}"));
        assert_eq!(
            rows.iter().map(|row| (row.row.message.uid, row.row.subject.as_str())).collect::<Vec<_>>(),
            [(Uid(4), "subject")],
            "{said}"
        );
        if said.contains("RFC822.SIZE 9.3736e+06") {
            assert_eq!(rows[0].row.size, 9_373_600);
        }
        session.noop().await.unwrap_or_else(|error| panic!("{said}: {error}"));
    }
    assert!(described.len() > 25);
}

#[tokio::test]
async fn searches_and_refusals_are_understood_in_any_spelling() {
    for (said, found) in [
        ("* SEARCH\r\n", &[][..]),
        ("* SEARCH \r\n", &[]),
        ("* search 3  5 \r\n", &[3, 5]),
        ("* SEARCH 3 5,\r\n", &[3]),
        ("* SEARCH 3\r\n* SEARCH 5\r\n", &[3, 5]),
        ("* SEARCH 0 3 -1\r\n", &[3]),
        ("* ESEARCH (TAG \"x\") UID\r\n", &[]),
        ("* ESEARCH UID ALL 3:5\r\n", &[3, 4, 5]),
        ("* ESEARCH (TAG \"x\") UID ALL 5:3\r\n", &[3, 4, 5]),
        ("* ESEARCH (TAG \"x\") UID ALL 3,,5\r\n", &[]),
        ("* ESEARCH (TAG \"x\") UID COUNT 2 MIN 3 MAX 5 ALL 3,5\r\n", &[3, 5]),
        ("", &[]),
    ] {
        for end in ["{tag} OK\r\n", "{tag} OK [UIDNEXT 5]\r\n", "{tag} OK  \r\n", "{tag} ok Search completed {3}\r\n"] {
            let answer = format!("{said}{end}");
            let mut session = inbox(&[("UID SEARCH", &answer), ("NOOP", "{tag} OK\r\n")]).await;
            let uids = session
                .search(&search::parse("x").keys, None)
                .await
                .unwrap_or_else(|error| panic!("{answer}: {error}"));
            assert_eq!(uids, found.iter().map(|uid| Uid(*uid)).collect::<Vec<_>>(), "{answer}");
            session.noop().await.expect("a session that goes on");
        }
    }
    for refusal in [
        "{tag} NO\r\n",
        "{tag} BAD\r\n",
        "{tag} NO [\r\n",
        "{tag} NO []\r\n",
        "{tag} BAD [CLIENTBUG\r\n",
        "{tag} NO [X] {9}\r\n",
    ] {
        let mut session = inbox(&[("UID SEARCH", refusal), ("NOOP", "{tag} OK\r\n")]).await;
        let error = session.search(&search::parse("x").keys, None).await.expect_err(refusal);
        assert!(error.is_refusal(), "{refusal}: {error:?}");
        session.noop().await.expect("a session that goes on");
    }
}
