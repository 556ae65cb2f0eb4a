//! Sessions on a real Dovecot: how they open, what is done in them, and without what they can do.

#[path = "../support/mail_server.rs"]
mod mail_server;
#[path = "../support/masking_proxy.rs"]
mod masking_proxy;
#[path = "../support/recording_proxy.rs"]
mod recording_proxy;
#[path = "../support/relay.rs"]
mod relay;

mod less;
mod opening;

use std::{sync::Arc, time::Duration};

use app::wire::{Address, CertificateFault, Flag, SpecialUse, Uid};
use mail_server::{Hand, MailServer, PASSWORD, letter};
use masking_proxy::{Mask, MaskingProxy};
use pismo::{
    endpoint::{Endpoint, Protocol, Security},
    imap::{self, Change, Code, Credentials, Error, Session, UidSet, Woken, search},
    net,
};
use recording_proxy::RecordingProxy;
use tokio::sync::Notify;

fn endpoint(security: Security, port: u16) -> Endpoint {
    let host = if security == Security::Insecure { "127.0.0.1" } else { "localhost" };
    Endpoint::new(Protocol::Imap, security, host, port)
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned().into() }
}

/// A session of a new user, and a hand on the same mailbox.
async fn session_on(server: &MailServer) -> (Session, Hand, String) {
    let user = server.new_user();
    let hand = server.hand(&user).await;
    let endpoint = endpoint(Security::Insecure, server.imap_port());
    let session = imap::connect(&endpoint, &credentials(&user, PASSWORD)).await.expect("a session");
    (session, hand, user)
}

async fn session() -> (Session, Hand) {
    let (session, hand, _) = session_on(MailServer::shared()).await;
    (session, hand)
}

fn uids(uids: &[u32]) -> UidSet {
    uids.iter().copied().map(Uid).collect()
}

#[tokio::test]
async fn mailboxes_are_listed_with_names_uses_and_counts() {
    let (mut session, mut hand) = session().await;
    for name in ["Проекты/2026", "a & b", "quote\"d\\"] {
        session.create(name).await.expect("a mailbox");
    }
    session.subscribe("a & b").await.expect("a subscription");
    hand.append("INBOX", "", &letter("one", "x")).await;
    hand.append("INBOX", "\\Seen", &letter("two", "x")).await;
    let list = session.list().await.expect("a list");
    let find = |path: &str| list.iter().find(|listed| listed.path == path).unwrap_or_else(|| panic!("{path}"));
    let inbox = find("INBOX");
    assert_eq!(inbox.special_use, Some(SpecialUse::Inbox));
    let status = inbox.status.expect("counts");
    assert_eq!((status.messages, status.unseen, status.uid_next), (2, 1, 3));
    assert!(status.highest_modseq.is_some());
    assert_eq!(find("Sent").special_use, Some(SpecialUse::Sent));
    assert!(find("a & b").subscribed);
    assert!(!find("Проекты/2026").subscribed);
    assert_eq!(find("Проекты/2026").delimiter, Some('/'));
    find("quote\"d\\");

    let counts = session.status(&["INBOX", "no such", "a & b", "bad\r\nname"]).await.expect("counts");
    let paths: Vec<&str> = counts.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["INBOX", "a & b"]);

    session.rename("a & b", "Ящик").await.expect("a new name");
    session.delete("Проекты/2026").await.expect("a mailbox less");
    let refused = session.delete("Проекты/2026").await.expect_err("it is gone");
    assert!(matches!(&refused, Error::Refused { code: Some(Code::NonExistent), .. }), "{refused:?}");
    assert!(refused.is_refusal());
    let paths: Vec<String> = session.list().await.expect("a list").into_iter().map(|listed| listed.path).collect();
    assert!(paths.contains(&"Ящик".to_owned()) && !paths.contains(&"Проекты/2026".to_owned()), "{paths:?}");
}

#[tokio::test]
async fn a_mailbox_is_selected_and_its_rows_are_fetched() {
    let (mut session, mut hand) = session().await;
    hand.append("INBOX", "\\Seen $Forwarded work", &letter("=?utf-8?b?0J/RgNC40LLQtdGC?=", "Body  of\r\nthe letter."))
        .await;
    let mixed = "From: \"B\" <b@x>\r\nSubject: files\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
        --b\r\nContent-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<b>=F0=D2=C9=D7=C5=D4</b>\r\n\
        --b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment\r\n\r\nxx\r\n--b--\r\n";
    hand.append("INBOX", "", mixed.as_bytes()).await;
    let selected = session.select("INBOX").await.expect("the inbox");
    assert_eq!((selected.exists, selected.uid_next), (2, Uid(3)));
    assert!(selected.highest_modseq.is_some() && selected.new_keywords && !selected.read_only);
    assert!(selected.permanent_flags.contains(&Flag::Flagged));

    let rows = session.fetch_rows(1..=500).await.expect("rows");
    assert_eq!(rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [1, 2]);
    let row = &rows[0].row;
    assert_eq!(row.message.uid, Uid(1));
    assert_eq!(row.message.uid_validity, selected.uid_validity);
    assert_eq!(row.subject, "Привет");
    assert_eq!(row.from, [Address { name: "Ana".into(), email: "ana@pismo.test".into() }]);
    assert_eq!(row.flags, [Flag::Seen, Flag::Forwarded, Flag::Keyword("work".into())]);
    assert!(!row.attachment && rows[1].row.attachment);
    assert!(row.date > 1_700_000_000 && row.size > 100);

    let wanted: Vec<_> = rows.iter().filter_map(|row| Some((row.row.message.uid, row.text.clone()?))).collect();
    assert_eq!(wanted.len(), 2);
    let mut previews = session.fetch_previews(&wanted).await.expect("previews");
    previews.sort();
    assert_eq!(previews, [(Uid(1), "Body of the letter.".to_owned()), (Uid(2), "Привет".to_owned())]);
    let rows = session.fetch_rows_by_uid(&uids(&[2, 9])).await.expect("rows");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].row.preview, "Привет");

    let flags = session.fetch_flags(2..=9).await.expect("flags");
    assert_eq!(flags, [(2, Uid(2), vec![])]);
    assert_eq!(session.fetch_flags(3..=9).await.expect("flags"), []);
    let refused = session.select("No such").await.expect_err("no mailbox");
    assert!(refused.is_refusal() && session.selected().is_none());
    session.select("Drafts").await.expect("the session lives");
    session.unselect().await.expect("no mailbox");
    assert!(session.selected().is_none());
}

#[tokio::test]
async fn a_message_and_its_sections_are_fetched() {
    let (mut session, mut hand) = session().await;
    let message = letter("bytes", &"0123456789".repeat(3000));
    let uid = Uid(hand.append("INBOX", "\\Flagged", &message).await);
    session.select("INBOX").await.expect("the inbox");
    let fetched = session.fetch_message(uid).await.expect("an answer").expect("a message");
    assert_eq!(fetched.flags, [Flag::Flagged]);
    assert_eq!(fetched.size as usize, message.len());
    assert!(fetched.header.ends_with(b"\r\n\r\n") && message.starts_with(&fetched.header));
    assert_eq!(fetched.structure.section, "1");
    assert_eq!(session.fetch_section(uid, "", None).await.expect("an answer").as_deref(), Some(message.as_slice()));
    let piece = session.fetch_section(uid, "1", Some((10, 10))).await.expect("an answer");
    assert_eq!(piece.as_deref(), Some(b"0123456789".as_slice()));
    let behind = session.fetch_section(uid, "1", Some((100_000, 10))).await.expect("an answer");
    assert_eq!(behind.as_deref(), Some(b"".as_slice()));
    let sections = session.fetch_sections(uid, &[("1", 4), ("HEADER", 5), ("7", 9)]).await.expect("an answer");
    assert_eq!(sections, Some(vec![b"0123".to_vec(), b"From:".to_vec(), Vec::new()]));
    assert_eq!(session.fetch_message(Uid(99)).await.expect("an answer"), None);
    assert_eq!(session.fetch_section(Uid(99), "1", None).await.expect("an answer"), None);
    assert!(session.fetch_section(uid, "1] BODY[", None).await.expect_err("no section").is_refusal());
    assert!(!session.fetch_message(uid).await.expect("an answer").expect("a message").flags.contains(&Flag::Seen));
}

#[tokio::test]
async fn flags_are_set_and_taken_away() {
    let (mut session, mut hand) = session().await;
    for subject in ["a", "b", "c"] {
        hand.append("INBOX", "", &letter(subject, "x")).await;
    }
    session.select("INBOX").await.expect("the inbox");
    session.store(&uids(&[1, 3]), &[Flag::Seen, Flag::Keyword("work".into())], true).await.expect("flags");
    let said = session.take_changes();
    assert!(
        matches!(said.as_slice(), [Change::Flags { seq: 1, uid: Some(Uid(1)), .. }, Change::Flags { seq: 3, .. }]),
        "{said:?}"
    );
    session.store(&uids(&[3]), &[Flag::Seen], false).await.expect("flags");
    let flags = session.fetch_flags(1..=3).await.expect("flags");
    let work = Flag::Keyword("work".into());
    assert_eq!(flags, [(1, Uid(1), vec![Flag::Seen, work.clone()]), (2, Uid(2), vec![]), (3, Uid(3), vec![work])]);
    assert!(session.store(&uids(&[1]), &[Flag::Keyword("a b".into())], true).await.expect_err("no flag").is_refusal());
    hand.run("EXAMINE INBOX").await;
}

#[tokio::test]
async fn messages_are_moved_copied_and_erased() {
    let (mut session, mut hand) = session().await;
    for subject in ["a", "b", "c", "d"] {
        hand.append("INBOX", "", &letter(subject, "x")).await;
    }
    session.select("INBOX").await.expect("the inbox");
    let moved = session.move_to(&uids(&[1, 3]), "Archive").await.expect("a move").expect("where they went");
    assert_eq!(moved.pairs().collect::<Vec<_>>(), [(Uid(1), Uid(1)), (Uid(3), Uid(2))]);
    assert_eq!(session.selected().expect("the inbox").exists, 2);
    assert_eq!(session.take_changes().iter().filter(|change| matches!(change, Change::Expunge(_))).count(), 2);
    let refused = session.move_to(&uids(&[2]), "No such").await.expect_err("no mailbox");
    assert!(matches!(refused, Error::Refused { code: Some(Code::TryCreate), .. }), "{refused:?}");
    session.copy_to(&uids(&[2]), "Archive").await.expect("a copy");
    // Somebody else's mark is not ours to act on.
    hand.run("SELECT INBOX").await;
    hand.run("UID STORE 4 +FLAGS (\\Deleted)").await;
    session.erase(&uids(&[2])).await.expect("one less");
    let left: Vec<Uid> = session.fetch_flags(1..=9).await.expect("flags").into_iter().map(|(_, uid, _)| uid).collect();
    assert_eq!(left, [Uid(4)]);
    assert_eq!(session.select("Archive").await.expect("the archive").exists, 3);
}

#[tokio::test]
async fn a_message_is_appended_byte_for_byte() {
    let (mut session, _hand) = session().await;
    let message = [letter("sent", "Привет"), b"x".repeat(300_000), b"\r\n".to_vec()].concat();
    let put = session.append("Sent", &[Flag::Seen, Flag::Draft], message.len() as u64, &mut &message[..]).await;
    let (validity, uid) = put.expect("an append").expect("its UID");
    let selected = session.select("Sent").await.expect("Sent");
    assert_eq!((selected.uid_validity, selected.exists), (validity, 1));
    assert_eq!(session.fetch_section(uid, "", None).await.expect("an answer"), Some(message));
    let fetched = session.fetch_message(uid).await.expect("an answer").expect("a message");
    assert_eq!(fetched.flags, [Flag::Seen, Flag::Draft]);
    let refused = session.append("No such", &[], 8, &mut &b"a: b\r\n\r\n"[..]).await.expect_err("no mailbox");
    assert!(matches!(refused, Error::Refused { code: Some(Code::TryCreate), .. }), "{refused:?}");
    session.noop().await.expect("the session lives");
}

#[tokio::test]
async fn messages_are_searched_on_the_server() {
    let (mut session, mut hand) = session().await;
    hand.append("INBOX", "\\Seen", &letter("lunch", "At noon.")).await;
    hand.append("INBOX", "\\Flagged", &letter("=?koi8-r?B?8NLJ18XU?=", "later")).await;
    hand.append("INBOX", "", &letter("quote \\\"d\\\"", &"long ".repeat(500))).await;
    session.select("INBOX").await.expect("the inbox");
    for (text, expected) in [
        ("", vec![1, 2, 3]),
        ("noon", vec![1]),
        ("subject:привет", vec![2]),
        ("-subject:привет is:unread", vec![3]),
        ("is:starred from:ana", vec![2]),
        ("to:bo larger:1k", vec![3]),
        ("since:2026-01-01 -\"at noon\"", vec![2, 3]),
        ("has:attachment", vec![]),
    ] {
        let found = session.search(&search::parse(text).keys, None).await.expect(text);
        assert_eq!(found, expected.into_iter().map(Uid).collect::<Vec<_>>(), "{text}");
    }
    let header = search::Key::Header("Message-ID".to_owned(), "<lunch@pismo.test>".to_owned());
    assert_eq!(session.search(&[header], None).await.expect("a search"), [Uid(1)]);
    let dates = session.fetch_dates(&uids(&[1, 3, 9])).await.expect("dates");
    assert_eq!(dates.iter().map(|(uid, _)| uid.0).collect::<Vec<_>>(), [1, 3]);
    let found = session.search(&[search::Key::All], Some(&uids(&[2, 3, 50]))).await.expect("a search");
    assert_eq!(found, [Uid(2), Uid(3)]);
}

#[tokio::test]
async fn waiting_ends_with_news_or_when_told() {
    let (mut session, mut hand) = session().await;
    session.select("INBOX").await.expect("the inbox");
    let wake = Notify::new();
    let limit = Duration::from_secs(20);
    assert_eq!(session.wait_for_news(&wake, Duration::from_millis(50)).await, Ok(Woken::TimedOut));
    wake.notify_one();
    assert_eq!(session.wait_for_news(&wake, limit).await, Ok(Woken::Told));
    let new = letter("new", "x");
    let (woken, _) = tokio::join!(session.wait_for_news(&wake, limit), hand.append("INBOX", "", &new));
    assert_eq!(woken, Ok(Woken::News));
    assert_eq!(session.take_changes(), [Change::Exists(1)]);
    assert_eq!(session.selected().expect("the inbox").exists, 1);
    hand.run("SELECT INBOX").await;
    let (woken, _) = tokio::join!(session.wait_for_news(&wake, limit), hand.run("STORE 1 +FLAGS (\\Flagged)"));
    assert_eq!(woken, Ok(Woken::News));
    let said = session.take_changes();
    assert!(matches!(&said[..], [Change::Flags { seq: 1, flags, .. }] if flags.contains(&Flag::Flagged)), "{said:?}");
    session.noop().await.expect("the session lives");
}

#[tokio::test]
async fn notify_tells_of_all_mailboxes() {
    let (mut session, mut hand) = session().await;
    session.list().await.expect("a list");
    session.select("INBOX").await.expect("the inbox");
    session.notify_all(&[]).await.expect("NOTIFY");
    let wake = Notify::new();
    let limit = Duration::from_secs(20);
    // What happened before it was on may still be told.
    while session.wait_for_news(&wake, Duration::from_millis(700)).await == Ok(Woken::News) {
        session.take_changes();
    }
    for command in ["APPEND Archive {5+}\r\na: b\n", "CREATE New", "RENAME New Newer", "DELETE Newer"] {
        let (woken, _) = tokio::join!(session.wait_for_news(&wake, limit), hand.run(command));
        assert_eq!(woken, Ok(Woken::News), "{command}");
        assert_eq!(session.take_changes(), [Change::Elsewhere], "{command}");
        while session.wait_for_news(&wake, Duration::from_millis(300)).await == Ok(Woken::News) {
            session.take_changes();
        }
    }
    hand.append("INBOX", "", &letter("new", "x")).await;
    while session.selected().expect("the inbox").exists == 0 {
        assert_eq!(session.wait_for_news(&wake, limit).await, Ok(Woken::News));
        session.take_changes();
    }
    let status = session.status(&["Archive"]).await.expect("counts");
    assert_eq!(status[0].1.messages, 1);
}

#[tokio::test]
async fn opening_a_folder_takes_two_round_trips() {
    let server = MailServer::shared();
    let user = server.new_user();
    let mut hand = server.hand(&user).await;
    for number in 0..60 {
        hand.append("INBOX", "", &letter(&format!("letter {number}"), &"text ".repeat(100))).await;
    }
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let here = endpoint(Security::Insecure, proxy.port);
    let mut session = imap::connect(&here, &credentials(&user, PASSWORD)).await.expect("a session");
    proxy.take_round_trips();
    let selected = session.select("INBOX").await.expect("the inbox");
    let rows = session.fetch_rows(selected.exists - 49..=selected.exists).await.expect("rows");
    assert_eq!((rows.len(), proxy.take_round_trips()), (50, 2));
    session.list().await.expect("a list");
    assert_eq!(proxy.take_round_trips(), 1);
    session.status(&["INBOX", "Sent", "Drafts", "Trash", "Junk"]).await.expect("counts");
    assert_eq!(proxy.take_round_trips(), 1);
    let wanted: Vec<_> = rows.iter().filter_map(|row| Some((row.row.message.uid, row.text.clone()?))).collect();
    session.fetch_previews(&wanted).await.expect("previews");
    assert_eq!(proxy.take_round_trips(), 1);
    let message = letter("x", "y");
    session.append("Sent", &[], message.len() as u64, &mut &message[..]).await.expect("an append");
    session.erase(&uids(&[1, 2])).await.expect("two less");
    // APPEND, STORE, EXPUNGE: see `erase` for why the last two do not go together.
    assert_eq!(proxy.take_round_trips(), 3);
}

#[tokio::test]
async fn a_large_mailbox_is_searched_and_swept() {
    let (mut session, mut hand) = session().await;
    hand.append("INBOX", "", &letter("first", "x")).await;
    hand.run("SELECT INBOX").await;
    for _ in 0..13 {
        hand.run("COPY 1:* INBOX").await;
        hand.run("NOOP").await;
    }
    let selected = session.select("INBOX").await.expect("the inbox");
    assert_eq!(selected.exists, 8192);
    let found = session.search(&[], None).await.expect("a search");
    assert_eq!(found.len(), 8192);
    let every_other: UidSet = found.iter().copied().filter(|uid| uid.0 % 2 == 0).collect();
    assert_eq!(session.search(&[], Some(&every_other)).await.expect("a search").len(), 4096);
    session.store(&every_other, &[Flag::Flagged], true).await.expect("flags");
    let flags = session.fetch_flags(1..=8192).await.expect("flags");
    assert_eq!(flags.len(), 8192);
    assert!(flags.iter().all(|(_, uid, flags)| flags.contains(&Flag::Flagged) == (uid.0 % 2 == 0)));
    let moved = session.move_to(&every_other, "Archive").await.expect("a move").expect("where they went");
    assert_eq!(moved.pairs().count(), 4096);
    assert_eq!(session.selected().expect("the inbox").exists, 4096);
    let rows = session.fetch_rows(2000..=2049).await.expect("rows");
    assert_eq!(rows.len(), 50);
}
