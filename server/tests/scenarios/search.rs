//! Searching the open folder and all of them, on the server.

use std::{sync::Arc, time::Duration};

use app::wire::{Action, Command, Error, Flag, Progress, Query, Reply, Row, SearchEnd, Selection};
use tokio::sync::Notify;

use crate::{
    list::recorded,
    mail::Mail,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::Tab,
    test_bridge::{TestBridge, imap},
};

pub fn message(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: ana@pismo.test\nSubject: {subject}\nDate: Mon, 23 Nov 2026 10:00:00 +0300\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

/// A mailbox with a few messages to look for.
pub async fn mailbox() -> (TestBridge, Tab, Mail) {
    let bridge = TestBridge::start().await;
    let mail = fill(&bridge).await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab, mail)
}

pub async fn fill(bridge: &TestBridge) -> Mail {
    let mut mail = bridge.mail("ana");
    mail.append_message("INBOX", "", &message("Carla <carla@example.org>", "Lunch", "Shall we eat pizza?")).await;
    mail.append_message("INBOX", "\\Seen \\Flagged", &message("Boris <boris@example.org>", "Report", "pizza sales"))
        .await;
    // Счёт за октябрь
    let russian = "=?utf-8?B?0KHRh9GR0YIg0LfQsCDQvtC60YLRj9Cx0YDRjA==?=";
    mail.append_message("INBOX", "", &message("Boris <boris@example.org>", russian, "Оплатите до пятницы")).await;
    mail.append_dated("Archive", "01-Jan-2020", &message("Carla <carla@example.org>", "Old lunch", "pasta")).await;
    mail
}

#[tokio::test]
async fn words_are_found_where_they_are_looked_for() {
    let (_bridge, mut tab, _) = mailbox().await;
    for (search, found) in [
        ("pizza", vec!["Report", "Lunch"]),
        ("subject:lunch", vec!["Lunch"]),
        ("from:boris", vec!["Счёт за октябрь", "Report"]),
        ("from:boris pizza", vec!["Report"]),
        ("body:sales", vec!["Report"]),
        ("is:unread", vec!["Счёт за октябрь", "Lunch"]),
        ("is:starred", vec!["Report"]),
        ("-is:starred pizza", vec!["Lunch"]),
        ("\"eat pizza\"", vec!["Lunch"]),
        ("since:2026-11-01", vec!["Счёт за октябрь", "Report", "Lunch"]),
        ("before:2001-01-01", vec![]),
        ("nothing-like-this", vec![]),
    ] {
        let listing = tab.search("INBOX", search).await;
        assert_eq!(tab.view.subjects(), found, "{search}");
        assert_eq!(listing.total as usize, found.len(), "{search}");
    }
}

#[tokio::test]
async fn cyrillic_is_found_in_either_case() {
    let (_bridge, mut tab, _) = mailbox().await;
    for search in ["счёт", "СЧЁТ", "subject:октябрь", "body:пятницы", "оплатите"] {
        tab.search("INBOX", search).await;
        assert_eq!(tab.view.subjects(), ["Счёт за октябрь"], "{search}");
    }
}

#[tokio::test]
async fn what_was_found_when_the_line_broke_is_told_with_what_is_found_next() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    mail.append("INBOX", "mark 1").await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    tab.search("INBOX", "subject:mark").await;
    // The message is there, it is found, and what it is like as a find is not heard any more.
    let swallowed = Arc::new(Notify::new());
    let (told, mut rows) = (swallowed.clone(), 0);
    proxy.rewrite(move |said| {
        if String::from_utf8_lossy(&said).contains("ENVELOPE (") {
            rows += 1;
            told.notify_one();
        }
        if rows > 1 { Vec::new() } else { said }
    });
    mail.append("INBOX", "mark 2").await;
    for _ in 0..2 {
        swallowed.notified().await;
    }
    mail.append("INBOX", "mark 3").await;
    proxy.rewrite(|said| said);
    proxy.cut();
    tab.until("both", |view| {
        let subjects = view.subjects();
        assert!(subjects != ["mark 3", "mark 1"], "a list with a gap is shown");
        subjects == ["mark 3", "mark 2", "mark 1"]
    })
    .await;
}

#[tokio::test]
async fn a_search_that_another_list_overtakes_is_answered() {
    let (_bridge, mut tab, _) = mailbox().await;
    let open = |search: &str| Command::Open {
        query: Query { mailbox: "INBOX".to_owned(), search: search.to_owned(), ..Query::default() },
        from: 0,
        count: 10,
    };
    let ids = [tab.say(open("pizza")).await, tab.say(open("lunch")).await, tab.say(open("")).await];
    for id in ids {
        match tab.answer(id).await {
            // It was quick enough.
            Ok(Reply::Listing(_)) | Err(Error::Gone) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tab.view.rows.len(), 3, "the last one is shown");
}

#[tokio::test]
async fn all_folders_are_searched() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    mail.create("Lists").await;
    mail.append_message("Lists", "", &message("carla@example.org", "Lunch list", "x")).await;
    tab.until("the new folder", |view| view.mailbox("Lists").is_some()).await;
    let listing = tab.search_everywhere("lunch").await;
    assert_eq!(listing.total, 3);
    let mut places: Vec<String> = tab.messages().into_iter().map(|message| message.mailbox).collect();
    places.sort();
    assert_eq!(places, ["Archive", "INBOX", "Lists"]);
}

#[tokio::test]
async fn a_search_can_say_where() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    mail.create("Lists/Rust").await;
    mail.append_message("Lists/Rust", "", &message("carla@example.org", "Lunch list", "x")).await;
    tab.until("the new folder", |view| view.mailbox("Lists/Rust").is_some()).await;
    for (search, found) in [
        ("lunch in:archive", vec!["Old lunch"]),
        ("lunch in:rust", vec!["Lunch list"]),
        ("lunch in:Lists/Rust in:входящие", vec!["Lunch list", "Lunch"]),
    ] {
        tab.search("INBOX", search).await;
        assert_eq!(tab.view.subjects(), found, "{search}");
    }
    let query = Query { mailbox: "INBOX".to_owned(), search: "x in:nowhere".to_owned(), ..Query::default() };
    assert_eq!(tab.send(Command::Open { query, from: 0, count: 9 }).await, Err(Error::Gone));
}

#[tokio::test]
async fn long_results_come_in_windows() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").fill("INBOX", 120).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let listing = tab.search("INBOX", "subject:message").await;
    assert_eq!((listing.total, listing.rows.len()), (120, 50));
    let window = tab.window(100, 50).await;
    assert_eq!((window.total, window.from, window.rows.len()), (120, 100, 20));
    assert_eq!(window.rows[19].subject, "message 1");
}

#[tokio::test]
async fn results_follow_what_happens_to_their_messages() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search("INBOX", "pizza").await;
    let uids: Vec<_> = tab.messages().iter().map(|message| message.uid).collect();
    mail.store("INBOX", uids[1], Flag::Flagged, true).await;
    tab.until("the star", |view| view.has(uids[1], &Flag::Flagged)).await;
    mail.expunge("INBOX", uids[0]).await;
    tab.until("it is gone", |view| view.total() == 1).await;
    assert_eq!(tab.view.subjects(), ["Lunch"]);
    tab.act(uids[1], Action::Archive).await;
    assert_eq!(tab.view.total(), 0, "what was moved away is no result of this folder");
}

#[tokio::test]
async fn an_action_on_all_results_is_for_the_results() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search_everywhere("carla").await;
    let all = Selection::All { list: tab.view.list, except: Vec::new() };
    let (undo, count) = tab.act_on(all, Action::Move { to: "Trash".to_owned() }).await;
    assert_eq!(count, 2);
    assert_eq!(tab.view.total(), 0);
    assert_eq!(mail.messages("Trash").await.len(), 2);
    assert_eq!(mail.messages("INBOX").await.len(), 2);
    tab.undo(undo).await;
    assert_eq!(mail.messages("INBOX").await.len(), 3);
    assert_eq!(mail.messages("Archive").await.len(), 1);
}

#[tokio::test]
async fn after_a_search_the_folder_is_live_again() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search("INBOX", "pizza").await;
    tab.open("INBOX").await;
    mail.append("INBOX", "fresh").await;
    tab.until("the new message", |view| view.total() == 4).await;
}

#[tokio::test]
async fn mail_that_fits_appears_in_the_open_results() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search("INBOX", "pizza").await;
    mail.append_message("INBOX", "", &message("Dan <dan@example.org>", "Pasta", "no more of the other")).await;
    mail.append_message("INBOX", "", &message("Dan <dan@example.org>", "Pizza again", "at eight")).await;
    tab.until("the new message", |view| view.total() == 3).await;
    assert_eq!(tab.view.subjects(), ["Pizza again", "Report", "Lunch"]);
    let uid = tab.messages()[0].uid;
    tab.flag(uid, Flag::Seen, true).await;
    assert!(tab.view.has(uid, &Flag::Seen), "it can be acted on like the others");
    mail.expunge("INBOX", uid).await;
    tab.until("it is gone again", |view| view.total() == 2).await;
}

/// Waits until Pismo has said this to the server, since the last time.
async fn until_said(proxy: &RecordingProxy, words: &str, tab: &mut Tab) {
    let deadline = tokio::time::Instant::now() + crate::tab::PATIENCE;
    while !proxy.lines().iter().any(|line| line.take_said().contains(words)) {
        assert!(tokio::time::Instant::now() < deadline, "not said in time: {words}");
        tab.listen_for(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn mail_that_comes_while_its_search_is_answered_is_found() {
    let (bridge, proxy, mut mail) = recorded().await;
    mail.append("INBOX", "mark 1").await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    proxy.keep_back("ESEARCH (");
    let query = Query { mailbox: "INBOX".to_owned(), search: "subject:mark".to_owned(), ..Query::default() };
    let id = tab.say(Command::Open { query, from: 0, count: 10 }).await;
    until_said(&proxy, "UID SEARCH", &mut tab).await;
    mail.append("INBOX", "mark 2").await;
    tab.until("its count", |view| view.counts("INBOX").is_some_and(|(total, _)| total == 2)).await;
    // All that its coming sets off, to look at all folders at the end.
    until_said(&proxy, " LIST ", &mut tab).await;
    tab.listen_for(Duration::from_millis(500)).await;
    proxy.lines().iter().for_each(|line| drop(line.take_said()));
    proxy.restore();
    assert!(
        matches!(tab.answer(id).await, Ok(Reply::Listing(listing)) if listing.total == 1),
        "as it was when it began"
    );
    tab.until("both", |view| view.total() == 2).await;
    let said: String = proxy.lines().iter().map(|line| line.take_said()).collect();
    assert!(!said.contains(" LIST "), "before all folders are looked at again: {said}");
}

#[tokio::test]
async fn results_from_all_folders_follow_every_folder() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search_everywhere("lunch").await;
    assert_eq!(tab.view.subjects(), ["Lunch", "Old lunch"]);
    let old = tab.messages()[1].uid;
    mail.store("Archive", old, Flag::Flagged, true).await;
    let starred = |row: &Row| row.message.mailbox == "Archive" && row.flags.contains(&Flag::Flagged);
    tab.until("the star in a folder that is not open", |view| view.rows.iter().flatten().any(starred)).await;
    mail.append_message("Archive", "", &message("Dan <dan@example.org>", "New lunch", "x")).await;
    tab.until("the new message", |view| view.total() == 3).await;
    assert_eq!(tab.view.subjects(), ["New lunch", "Lunch", "Old lunch"]);
    mail.expunge("Archive", old).await;
    tab.until("it is gone", |view| view.total() == 2).await;
    assert_eq!(tab.view.subjects(), ["New lunch", "Lunch"]);
}

#[tokio::test]
async fn a_result_that_moves_is_found_where_it_went_unless_it_was_deleted() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    mail.create("Lists").await;
    tab.until("the new folder", |view| view.mailbox("Lists").is_some()).await;
    tab.search_everywhere("lunch").await;
    let old = tab.messages()[1].clone();
    mail.move_to("Archive", old.uid, "Lists").await;
    let in_lists = |row: &Row| row.message.mailbox == "Lists";
    tab.until("it is in Lists", |view| view.total() == 2 && view.rows[1].as_ref().is_some_and(in_lists)).await;
    assert_eq!(tab.view.subjects(), ["Lunch", "Old lunch"], "the order is that of their dates");
    let old = tab.messages()[1].clone();
    mail.move_to("Lists", old.uid, "Trash").await;
    tab.until("it is gone", |view| view.total() == 1).await;
    tab.until("the count of Trash", |view| view.counts("Trash").is_some_and(|(total, _)| total == 1)).await;
    assert_eq!(tab.view.subjects(), ["Lunch"]);
}

#[tokio::test]
async fn a_search_of_trash_itself_follows_it() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    tab.search("Trash", "lunch").await;
    assert_eq!(tab.view.total(), 0);
    mail.append_message("Trash", "", &message("Carla <carla@example.org>", "Old lunch", "pasta")).await;
    tab.until("the message", |view| view.total() == 1).await;
}

/// A tab before a server that takes its time, on a mailbox of some pieces.
async fn slow_mailbox() -> (TestBridge, crate::recording_proxy::RecordingProxy, Tab) {
    let (bridge, proxy, mut mail) = recorded().await;
    mail.fill("INBOX", 1700).await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    proxy.slow_down(Duration::from_millis(150));
    (bridge, proxy, tab)
}

fn looked(tab: &Tab) -> Option<(u32, u32)> {
    tab.view.progress.as_ref().map(|progress| (progress.looked, progress.of))
}

#[tokio::test]
async fn what_is_new_is_found_first_and_shown_while_the_search_goes_on() {
    let (_bridge, _proxy, mut tab) = slow_mailbox().await;
    let query = Query { mailbox: "INBOX".to_owned(), search: "subject:message".to_owned(), ..Query::default() };
    let first = tab.list(query).await;
    assert_eq!(first.total, 500, "the newest, before the rest was looked at");
    assert_eq!(first.progress, Some(Progress { looked: 500, of: 1700, end: None }));
    assert_eq!(first.rows[0].subject, "message 1700");
    let mut seen = vec![looked(&tab)];
    while tab.view.progress.is_some() {
        let before = looked(&tab);
        tab.until("it gets further", |view| view.progress.as_ref().map(|now| (now.looked, now.of)) != before).await;
        seen.push(looked(&tab));
    }
    assert!(seen.len() > 2, "in pieces: {seen:?}");
    assert_eq!(tab.view.total(), 1700);
    let window = tab.window(1690, 50).await;
    assert_eq!((window.rows.len(), window.rows[9].subject.as_str()), (10, "message 1"));
}

#[tokio::test]
async fn a_search_is_stopped_and_keeps_what_it_found() {
    let (_bridge, proxy, mut tab) = slow_mailbox().await;
    let query = Query { mailbox: "INBOX".to_owned(), search: "body:nowhere".to_owned(), ..Query::default() };
    let listing = tab.list(query).await;
    assert_eq!((listing.total, listing.rows.len()), (0, 0));
    assert_eq!(tab.send(Command::StopSearch { list: listing.list }).await, Ok(Reply::Done));
    let Some(Progress { looked, of: 1700, end: Some(SearchEnd::Stopped) }) = tab.view.progress.clone() else {
        panic!("stopped before all was looked at, not {:?}", tab.view.progress)
    };
    assert!(looked < 1700);
    proxy.restore();
    // The next search finds the session free.
    assert_eq!(tab.search("INBOX", "subject:\"message 7\"").await.total, 111);
    assert_eq!(tab.view.progress, None);
}

#[tokio::test]
async fn a_search_outlives_its_line() {
    let (_bridge, proxy, mut tab) = slow_mailbox().await;
    let query = Query { mailbox: "INBOX".to_owned(), search: "subject:message".to_owned(), ..Query::default() };
    tab.list(query).await;
    proxy.cut();
    tab.until("all is found", |view| view.progress.is_none() && view.total() == 1700).await;
    let window = tab.window(0, 200).await;
    assert_eq!(window.rows.len(), 200);
}

#[tokio::test]
async fn a_folder_that_is_not_there_cannot_be_searched() {
    let (_bridge, mut tab, _) = mailbox().await;
    let query = Query { mailbox: "Nowhere".to_owned(), search: "x".to_owned(), ..Query::default() };
    assert_eq!(tab.send(Command::Open { query, from: 0, count: 9 }).await, Err(Error::Gone));
}
