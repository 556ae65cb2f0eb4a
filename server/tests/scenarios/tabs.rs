//! Several tabs, and tabs that come back.

use app::wire::{Action, Command, Flag, Query, Reply, Resume, Selection, TabId};

use crate::test_bridge::TestBridge;

#[tokio::test]
async fn what_one_tab_does_the_other_shows() {
    let bridge = TestBridge::start().await;
    let uids = bridge.mail("ana").fill("INBOX", 4).await;
    let browser = bridge.sign_in("ana").await;
    let (mut one, mut two) = (browser.open("INBOX").await, browser.open("INBOX").await);
    // A browser of its own sees it as well.
    let mut three = bridge.sign_in("ana").await.open("INBOX").await;
    one.flag(uids[1], Flag::Flagged, true).await;
    assert!(one.view.has(uids[1], &Flag::Flagged), "the change is there before the answer");
    for tab in [&mut two, &mut three] {
        tab.until("the star", |view| view.has(uids[1], &Flag::Flagged)).await;
    }
    one.act(uids[0], Action::Archive).await;
    assert_eq!(one.view.total(), 3, "the change is there before the answer");
    for tab in [&mut two, &mut three] {
        tab.until("it is gone", |view| view.total() == 3 && view.row(uids[0]).is_none()).await;
        tab.until("the count", |view| view.counts("Archive") == Some((1, 1))).await;
    }
}

#[tokio::test]
async fn tabs_with_different_folders_are_told_of_their_own() {
    let bridge = TestBridge::start().await;
    let uids = bridge.mail("ana").fill("INBOX", 3).await;
    let browser = bridge.sign_in("ana").await;
    let (mut inbox, mut archive) = (browser.open("INBOX").await, browser.open("Archive").await);
    inbox.act(uids[1], Action::Archive).await;
    archive.until("it comes in", |view| view.total() == 1).await;
    assert_eq!(archive.view.subjects(), ["message 2"]);
    let uid = archive.view.rows[0].as_ref().expect("a row").message.uid;
    archive.act(uid, Action::Move { to: "INBOX".to_owned() }).await;
    inbox.until("it comes back", |view| view.total() == 3).await;
    assert_eq!(inbox.view.subjects(), ["message 2", "message 3", "message 1"]);
}

#[tokio::test]
async fn a_list_whose_answer_was_lost_with_the_socket_is_as_it_is_then() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 3).await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut tab = browser.open("INBOX").await;
    let command = Command::Window { list: tab.view.list, from: 0, count: 20 };
    let id = tab.say(command.clone()).await;
    // Commands of an account are done in turn: the answer has been given, and nobody has read it.
    other.window(0, 20).await;
    mail.append("INBOX", "after it").await;
    other.until("what came after it", |view| view.total() == 4).await;
    tab.drop_line();
    tab.come_back().await;
    assert!(tab.welcome.is_none(), "it has come back");
    tab.say_again(id, command).await;
    assert!(tab.answer(id).await.is_ok());
    let all = ["after it", "message 3", "message 2", "message 1"];
    tab.until("what came after it", |view| view.subjects() == all).await;
    // Nothing that is told again undoes it.
    other.window(0, 20).await;
    tab.window(0, 1).await;
    assert_eq!(tab.view.subjects(), all);
}

#[tokio::test]
async fn the_list_that_was_asked_for_last_is_shown_whatever_became_of_the_socket() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 3).await;
    mail.append("Archive", "old").await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut tab = browser.open("INBOX").await;
    let query = |mailbox: &str, search: &str| Query {
        mailbox: mailbox.to_owned(),
        search: search.to_owned(),
        ..Query::default()
    };
    let commands =
        [query("Archive", ""), query("INBOX", "subject:2")].map(|query| Command::Open { query, from: 0, count: 20 });
    let mut ids = Vec::new();
    for command in &commands {
        ids.push(tab.say(command.clone()).await);
        other.window(0, 20).await;
    }
    tab.drop_line();
    tab.come_back().await;
    for (id, command) in ids.iter().zip(&commands) {
        tab.say_again(*id, command.clone()).await;
    }
    for id in ids {
        assert!(tab.answer(id).await.is_ok());
    }
    tab.until("what was found", |view| view.progress.is_none() && view.subjects() == ["message 2"]).await;
}

#[tokio::test]
async fn a_tab_that_comes_back_hears_what_it_missed() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 3).await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut tab = browser.open("INBOX").await;
    let id = tab.id.clone();
    tab.drop_line();
    mail.append("INBOX", "missed").await;
    mail.store("INBOX", uids[0], Flag::Flagged, true).await;
    mail.expunge("INBOX", uids[1]).await;
    other
        .until("all of it", |view| {
            view.total() == 3 && view.has(uids[0], &Flag::Flagged) && view.row(uids[1]).is_none()
        })
        .await;
    tab.come_back().await;
    assert!(tab.welcome.is_none() && tab.id == id, "it is the same tab");
    tab.until("what it missed", |view| {
        view.subjects() == ["missed", "message 3", "message 1"] && view.has(uids[0], &Flag::Flagged)
    })
    .await;
    mail.append("INBOX", "and more").await;
    tab.until("what comes after", |view| view.total() == 4).await;
}

#[tokio::test]
async fn a_tab_that_comes_back_at_once_misses_nothing() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for number in 1..=15 {
        mail.append("INBOX", &format!("message {number}")).await;
        tab.drop_line();
        tab.come_back().await;
        assert!(tab.welcome.is_none());
    }
    tab.until("all of them", |view| view.total() == 15).await;
    let expected: Vec<String> = (1..=15).rev().map(|number| format!("message {number}")).collect();
    assert_eq!(tab.view.subjects(), expected);
}

#[tokio::test]
async fn a_tab_that_nobody_knows_is_welcomed_anew() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "here").await;
    let browser = bridge.sign_in("ana").await;
    let known = browser.open("INBOX").await;
    for resume in [
        Resume { tab: TabId("0123456789abcdef0123456789abcdef".to_owned()), seq: 4 },
        Resume { tab: TabId(String::new()), seq: 0 },
        // Of the future.
        Resume { tab: known.id.clone(), seq: 1_000_000 },
    ] {
        let asked = resume.tab.clone();
        let mut tab = browser.resume(resume).await;
        let welcome = tab.welcome.clone().expect("a welcome");
        assert_ne!(welcome.tab, asked);
        tab.until("the folders", |view| view.mailbox("INBOX").is_some()).await;
        assert_eq!(tab.open("INBOX").await.rows[0].subject, "here");
    }
}

#[tokio::test]
async fn a_command_that_is_sent_again_is_done_once_and_answered_again() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 2).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let selection = Selection::Messages(vec![tab.message(uids[0])]);
    let command = Command::Act { selection, action: Action::Move { to: "Archive".to_owned() } };
    let id = tab.say(command.clone()).await;
    let first = tab.answer(id).await;
    assert!(matches!(first, Ok(Reply::Acted { count: 1, .. })), "{first:?}");
    tab.drop_line();
    tab.come_back().await;
    tab.say_again(id, command).await;
    assert_eq!(tab.answer(id).await, first);
    assert_eq!(mail.messages("Archive").await.len(), 1);
}

#[tokio::test]
async fn a_command_whose_answer_was_lost_is_answered_to_who_comes_back() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 40).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for uid in uids {
        let selection = Selection::Messages(vec![tab.message(uid)]);
        let command = Command::Act { selection, action: Action::Archive };
        let id = tab.say(command.clone()).await;
        tab.drop_line();
        tab.come_back().await;
        tab.say_again(id, command).await;
        let answer = tab.answer(id).await;
        assert!(matches!(answer, Ok(Reply::Acted { count: 1, .. })), "{answer:?}");
    }
    assert_eq!(mail.messages("Archive").await.len(), 40);
    assert_eq!(tab.view.total(), 0);
}
