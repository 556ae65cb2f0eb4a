//! Servers that can do less.

use super::*;

/// What few servers lack is done without: the same user's work on a server that offers nothing but the basics.
#[tokio::test]
async fn a_plain_server_is_enough() {
    let server = MailServer::start(&["--set", "imap_capability=IMAP4rev1"]);
    let (mut session, mut hand, _) = session_on(&server).await;
    let capabilities = session.capabilities().clone();
    assert_eq!(capabilities, imap::Capabilities::default(), "{capabilities:?}");
    for subject in ["a", "b", "c", "Привет"] {
        let message = letter(subject, "The text.");
        session.append("INBOX", &[], message.len() as u64, &mut &message[..]).await.expect("an append");
    }
    let list = session.list().await.expect("a list");
    let find = |path: &str| list.iter().find(|listed| listed.path == path).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(find("INBOX").status.map(|status| status.messages), Some(4));
    assert_eq!(find("Trash").special_use, Some(SpecialUse::Trash));
    assert!(find("Trash").subscribed);
    session.select("INBOX").await.expect("the inbox");
    let rows = session.fetch_rows(1..=4).await.expect("rows");
    let wanted: Vec<_> = rows.iter().filter_map(|row| Some((row.row.message.uid, row.text.clone()?))).collect();
    let previews = session.fetch_previews(&wanted).await.expect("previews");
    assert_eq!(previews.len(), 4);
    assert!(previews.iter().all(|(_, preview)| preview == "The text."));
    assert_eq!(session.search(&search::parse("привет").keys, None).await.expect("a search"), [Uid(4)]);

    session.move_to(&uids(&[1]), "Trash").await.expect("a move");
    assert_eq!(session.selected().expect("the inbox").exists, 3);
    hand.run("SELECT INBOX").await;
    hand.run("UID STORE 2 +FLAGS (\\Deleted)").await;
    session.erase(&uids(&[3])).await.expect("one less");
    let left: Vec<Uid> = session.fetch_flags(1..=9).await.expect("flags").into_iter().map(|(_, uid, _)| uid).collect();
    assert_eq!(left, [Uid(2), Uid(4)], "whoever marked the other message has not erased it");
    session.unselect().await.expect("no mailbox");
    let lines = hand.run("UID SEARCH DELETED").await;
    assert!(lines.contains(&"* SEARCH 2".to_owned()), "it is marked, and was not expunged on the way out: {lines:?}");

    session.select("INBOX").await.expect("the inbox");
    hand.append("INBOX", "", &letter("new", "x")).await;
    session.noop().await.expect("a NOOP");
    let wake = Notify::new();
    assert_eq!(session.wait_for_news(&wake, Duration::from_secs(1)).await, Ok(Woken::News));
    assert!(session.take_changes().contains(&Change::Exists(3)));
    assert_eq!(session.wait_for_news(&wake, Duration::from_millis(50)).await, Ok(Woken::TimedOut));
}

/// And so are servers in between.
#[tokio::test]
async fn a_middling_server_is_enough() {
    let offered = "imap_capability=IMAP4rev1 IDLE UIDPLUS LIST-EXTENDED SPECIAL-USE LITERAL- UNSELECT ID";
    let server = MailServer::start(&["--set", offered]);
    let (mut session, _hand, _) = session_on(&server).await;
    session.create("Ящик").await.expect("a mailbox");
    let message = [letter("long", "x"), b"long line\r\n".repeat(1000)].concat();
    let put = session.append("INBOX", &[Flag::Seen], message.len() as u64, &mut &message[..]).await;
    let (_, uid) = put.expect("an append").expect("its UID");
    let short = letter("short", "y");
    session.append("INBOX", &[], short.len() as u64, &mut &short[..]).await.expect("an append");
    let list = session.list().await.expect("a list");
    let inbox = list.iter().find(|listed| listed.path == "INBOX").expect("an inbox");
    assert_eq!(inbox.status.map(|status| (status.messages, status.unseen)), Some((2, 1)));
    assert!(list.iter().any(|listed| listed.special_use == Some(SpecialUse::Sent)));
    session.select("INBOX").await.expect("the inbox");
    let moved = session.move_to(&UidSet::one(uid), "Ящик").await.expect("a move").expect("where it went");
    assert_eq!(moved.pairs().collect::<Vec<_>>(), [(uid, Uid(1))]);
    assert_eq!(session.selected().expect("the inbox").exists, 1);
    session.unselect().await.expect("no mailbox");
    session.select("Ящик").await.expect("the other");
    assert_eq!(session.fetch_section(Uid(1), "", None).await.expect("an answer"), Some(message));
    let wake = Notify::new();
    assert_eq!(session.wait_for_news(&wake, Duration::from_millis(50)).await, Ok(Woken::TimedOut));
}
