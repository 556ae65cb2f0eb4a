//! The line to the mail server drops, falls silent, lies. Nothing is lost, and the tabs are told.

use std::time::Duration;

use app::wire::{Action, Command, Connectivity, Error, Event, Flag, ListChange, Query, Reply, Selection, Uid};

use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};

use crate::{
    browser::Browser,
    draft::draft_to,
    mail::Mail,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, imap},
};

/// A Pismo whose line to the mail server is in our hands.
struct Desk {
    #[expect(dead_code, reason = "it runs for as long as it is held")]
    bridge: TestBridge,
    proxy: RecordingProxy,
    browser: Browser,
    tab: Tab,
    mail: Mail,
    uids: Vec<Uid>,
}

async fn desk(server: &'static MailServer, messages: u32) -> Desk {
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", messages).await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    Desk { bridge, proxy, browser, tab, mail, uids }
}

fn is_offline(event: &Event) -> Option<Error> {
    match event {
        Event::Connectivity { connectivity: Connectivity::Offline { error } } => Some(error.clone()),
        _ => None,
    }
}

#[tokio::test]
async fn a_line_that_drops_is_told_and_comes_back_with_what_was_missed() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 5).await;
    proxy.take_down();
    tab.until_event("offline", is_offline).await;
    mail.append("INBOX", "missed").await;
    mail.store("INBOX", uids[0], Flag::Flagged, true).await;
    mail.expunge("INBOX", uids[3]).await;
    mail.create("Missed").await;
    proxy.restore();
    tab.until("live again", |view| view.is_live()).await;
    tab.until("all that was missed", |view| {
        view.subjects() == ["missed", "message 5", "message 3", "message 2", "message 1"]
            && view.has(uids[0], &Flag::Flagged)
            && view.mailbox("Missed").is_some()
    })
    .await;
    tab.until_event("the list in place of the old one", |event| match event {
        Event::Messages { change: ListChange::Replaced { .. }, .. } => Some(()),
        _ => None,
    })
    .await;
    mail.append("INBOX", "after it").await;
    tab.until("what comes after", |view| view.subjects().first() == Some(&"after it")).await;
}

#[tokio::test]
async fn over_a_new_line_only_what_happened_is_told() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 120).await;
    // Rows of two windows are here.
    tab.window(100, 20).await;
    let lists = |event: &Event| matches!(event, Event::Messages { .. }).then(|| event.clone());
    proxy.cut();
    tab.until_event("offline", is_offline).await;
    tab.forget_events();
    tab.until("live again", |view| view.is_live()).await;
    proxy.take_down();
    tab.until_event("offline", is_offline).await;
    mail.store("INBOX", uids[2], Flag::Flagged, true).await;
    mail.append("INBOX", "missed").await;
    proxy.restore();
    let mut told = Vec::new();
    while told.len() < 2 {
        told.push(tab.until_event("the list changes", lists).await);
    }
    for event in &told {
        let Event::Messages { change, .. } = event else { unreachable!() };
        assert!(matches!(change, ListChange::Flags { .. } | ListChange::Added { count: 1, .. }), "{change:?}");
    }
    assert_eq!(tab.view.subjects().first(), Some(&"missed"));
    assert!(tab.view.has(uids[2], &Flag::Flagged), "of a row far down");
    assert_eq!(tab.view.rows.iter().flatten().count(), 71, "all rows are still here");
}

#[tokio::test]
async fn what_is_asked_while_the_line_is_down_is_done_when_it_is_back() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 5).await;
    proxy.take_down();
    let star = Command::Act {
        selection: Selection::Messages(vec![tab.message(uids[1])]),
        action: Action::Flag { flag: Flag::Flagged, set: true },
    };
    let archive = Command::Act { selection: Selection::Messages(vec![tab.message(uids[2])]), action: Action::Archive };
    let star = tab.say(star).await;
    let archive = tab.say(archive).await;
    tab.until_event("offline", is_offline).await;
    assert!(mail.flags("INBOX", uids[1]).await.expect("a message").is_empty());
    proxy.restore();
    assert!(matches!(tab.answer(star).await, Ok(Reply::Acted { count: 1, .. })));
    assert!(matches!(tab.answer(archive).await, Ok(Reply::Acted { count: 1, .. })));
    assert!(mail.flags("INBOX", uids[1]).await.expect("a message").contains(&Flag::Flagged));
    assert_eq!(mail.messages("Archive").await.len(), 1);
    tab.until("both", |view| view.total() == 4 && view.has(uids[1], &Flag::Flagged)).await;
}

#[tokio::test]
async fn a_line_cut_at_any_command_loses_none_of_them() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 12).await;
    for uid in uids.iter() {
        let selection = Selection::Messages(vec![tab.message(*uid)]);
        let command = Command::Act { selection, action: Action::Flag { flag: Flag::Seen, set: true } };
        let id = tab.say(command).await;
        proxy.cut();
        // The server may have done it before the line was cut; then there is nothing left to change.
        assert!(matches!(tab.answer(id).await, Ok(Reply::Acted { .. })));
    }
    assert!(mail.messages("INBOX").await.values().all(|flags| flags.contains(&Flag::Seen)));
    tab.until("all are read", |view| uids.iter().all(|uid| view.has(*uid, &Flag::Seen))).await;
}

#[tokio::test]
async fn a_list_that_is_answered_as_the_line_drops_goes_on() {
    let Desk { proxy, tab, mail, .. } = &mut desk(MailServer::shared_with_smtp(), 2).await;
    tab.open("Archive").await;
    // With the rows comes the word that there is one more, whose row is not told any more.
    let (told, mut swallowed) = mpsc::unbounded_channel();
    let (mut rows, mut over) = (false, false);
    proxy.rewrite(move |said| {
        if over {
            let _ = told.send(());
            return Vec::new();
        }
        let mut out = Vec::new();
        for line in said.split_inclusive(|byte| *byte == b'\n') {
            let text = String::from_utf8_lossy(line);
            rows |= text.contains("ENVELOPE (");
            if rows && text.contains(" OK Fetch completed") {
                out.extend_from_slice(b"* 3 EXISTS\r\n");
                over = true;
            }
            out.extend_from_slice(line);
        }
        out
    });
    assert_eq!(tab.open("INBOX").await.total, 2);
    timeout(PATIENCE, swallowed.recv()).await.expect("the row is asked for");
    proxy.rewrite(|said| said);
    proxy.cut();
    mail.append("INBOX", "after it").await;
    tab.until("what came after it", |view| view.subjects().first() == Some(&"after it") && view.total() == 3).await;
    // It is still the list that the tab knows.
    mail.append("INBOX", "later").await;
    tab.until("what came later", |view| view.subjects().first() == Some(&"later") && view.total() == 4).await;
}

#[tokio::test]
async fn an_undo_whose_answer_is_lost_with_the_line_is_made() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 2).await;
    let star = tab.flag(uids[0], Flag::Flagged, true).await.expect("a way back");
    let swallowed = std::sync::Arc::new(tokio::sync::Notify::new());
    let swallow = swallowed.clone();
    let mut silent = false;
    proxy.rewrite(move |said| {
        silent = silent || said.windows(7).any(|seven| seven == b"FLAGS (");
        if silent {
            swallow.notify_one();
            return Vec::new();
        }
        said
    });
    let undo = tab.say(Command::Undo { undo: star }).await;
    timeout(PATIENCE, swallowed.notified()).await.expect("an answer to swallow");
    proxy.stop_rewriting();
    proxy.cut();
    assert_eq!(tab.answer(undo).await, Ok(Reply::Done));
    assert_eq!(mail.flags("INBOX", uids[0]).await, Some(Default::default()));
    tab.until("no star", |view| !view.has(uids[0], &Flag::Flagged)).await;
}

#[tokio::test]
async fn a_draft_whose_answer_is_lost_with_the_line_is_there_once() {
    let Desk { proxy, tab, mail, .. } = &mut desk(MailServer::shared_with_smtp(), 1).await;
    let mut draft = draft_to(&["boris@pismo.test"], "first");
    let swallowed = std::sync::Arc::new(tokio::sync::Notify::new());
    for (subject, saved_before) in [("first", 0), ("second", 1)] {
        draft.subject = subject.to_owned();
        mail.until("Drafts", |messages| messages.len() == saved_before).await;
        let swallow = swallowed.clone();
        let mut silent = false;
        proxy.rewrite(move |said| {
            silent = silent || said.windows(9).any(|nine| nine == b"APPENDUID");
            if silent {
                swallow.notify_one();
                return Vec::new();
            }
            said
        });
        let save = tab.say(Command::SaveDraft { draft: draft.clone(), base: None }).await;
        timeout(PATIENCE, swallowed.notified()).await.expect("an answer to swallow");
        proxy.stop_rewriting();
        proxy.cut();
        let saved = tab.answer(save).await;
        let (uid, source) = mail.only("Drafts").await;
        assert!(source.contains(subject), "{source}");
        assert!(matches!(saved, Ok(Reply::Saved { message }) if message.uid == uid));
    }
    assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id }).await, Reply::Done);
    assert!(mail.messages("Drafts").await.is_empty());
}

#[tokio::test]
async fn bodies_and_searches_survive_a_cut_line() {
    let Desk { proxy, tab, uids, browser, .. } = &mut desk(MailServer::shared_with_smtp(), 3).await;
    let source = app::route::source_url(&tab.message(uids[0]));
    assert_eq!(browser.get(&source).await.status, 200);
    proxy.cut();
    assert_eq!(browser.get(&source).await.status, 200, "the parts session is opened again");
    proxy.cut();
    tab.read(uids[1]).await;
    proxy.cut();
    let listing = tab.search("INBOX", "subject:message").await;
    assert_eq!(listing.total, 3);
}

#[tokio::test]
async fn a_tab_that_opens_while_the_line_is_down_waits_for_it() {
    let Desk { proxy, tab, browser, .. } = &mut desk(MailServer::shared_with_smtp(), 3).await;
    proxy.take_down();
    tab.until_event("offline", is_offline).await;
    let mut late = browser.tab().await;
    assert!(!late.view.is_live());
    assert!(late.view.mailbox("INBOX").is_some(), "what is known is shown");
    let query = Query { mailbox: "INBOX".to_owned(), ..Query::default() };
    let id = late.say(Command::Open { query, from: 0, count: 10 }).await;
    proxy.restore();
    let Ok(Reply::Listing(listing)) = late.answer(id).await else { panic!("a listing") };
    assert_eq!(listing.total, 3);
}

#[tokio::test]
async fn an_account_that_nobody_looks_at_rests_while_the_server_is_away() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let _browser = bridge.sign_in("ana").await;
    proxy.take_down();
    // It has been tried, and would be due again.
    sleep(Duration::from_secs(5)).await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.worker_total_busy_duration(0);
    sleep(Duration::from_secs(2)).await;
    let busy = metrics.worker_total_busy_duration(0) - before;
    assert!(busy < Duration::from_secs(1), "it works all the time: {busy:?} of two seconds");
}

#[tokio::test]
async fn a_server_is_left_alone_while_nobody_would_see_what_it_says() {
    let Desk { proxy, tab, mail, .. } = &mut desk(MailServer::shared_with_smtp(), 3).await;
    tab.drop_line();
    // Until that has been noticed.
    sleep(Duration::from_millis(500)).await;
    let before = proxy.logins();
    proxy.cut();
    // Both lines have been tried again by then, were anybody there.
    sleep(Duration::from_secs(5)).await;
    assert_eq!(proxy.logins(), before);
    mail.append("INBOX", "come meanwhile").await;
    tab.come_back().await;
    tab.until("what has come", |view| view.rows.len() == 4).await;
    assert!(proxy.logins() > before);
}

#[tokio::test]
async fn a_server_that_falls_silent_is_given_up_and_asked_again() {
    let Desk { proxy, tab, mail, .. } = &mut desk(MailServer::shared_with_smtp(), 2).await;
    mail.fill("Archive", 3).await;
    proxy.hold();
    let query = Query { mailbox: "Archive".to_owned(), ..Query::default() };
    let id = tab.say(Command::Open { query, from: 0, count: 10 }).await;
    tab.listen_for(Duration::from_secs(31)).await;
    tab.until_event("offline", is_offline).await;
    // The old line stays as it is; only new ones pass.
    proxy.cut();
    proxy.restore();
    let Ok(Reply::Listing(listing)) = tab.answer(id).await else { panic!("a listing") };
    assert_eq!(listing.total, 3);
}

#[tokio::test]
async fn nonsense_from_the_server_does_no_harm() {
    let Desk { proxy, tab, mail, uids, .. } = &mut desk(MailServer::shared_with_smtp(), 3).await;
    let mut count = 0;
    proxy.rewrite(move |said| {
        count += 1;
        let nonsense: &[u8] = match count % 4 {
            0 => b"* 4294967296 EXISTS\r\n",
            1 => b"* ((((( NONSENSE\r\n",
            2 => b"* 1 FETCH (FLAGS (\\Seen\r\n",
            _ => b"\xff\xfe\x00\r\n",
        };
        if said.starts_with(b"* ") || said.starts_with(b"+") { [nonsense, &said].concat() } else { said }
    });
    for number in 1..=5 {
        mail.append("INBOX", &format!("more {number}")).await;
    }
    mail.store("INBOX", uids[0], Flag::Flagged, true).await;
    tab.until("all of it", |view| view.total() == 8 && view.has(uids[0], &Flag::Flagged)).await;
    tab.open("INBOX").await;
    assert_eq!(tab.view.total(), 8);
}

#[tokio::test]
async fn a_server_that_closes_in_the_middle_of_an_answer_is_asked_again() {
    let Desk { proxy, tab, mail, .. } = &mut desk(MailServer::shared_with_smtp(), 60).await;
    mail.fill("Archive", 60).await;
    let mut passed = 0usize;
    let broken = std::sync::Arc::new(tokio::sync::Notify::new());
    let cut = broken.clone();
    // The answer to the next FETCH ends in the middle of a line.
    proxy.rewrite(move |said| {
        let fetch = said.windows(6).any(|six| six == b"FETCH ");
        if passed == 0 && fetch && said.len() > 2000 {
            passed += 1;
            cut.notify_one();
            return said[..1500].to_vec();
        }
        said
    });
    let query = Query { mailbox: "Archive".to_owned(), ..Query::default() };
    let id = tab.say(Command::Open { query, from: 0, count: 50 }).await;
    timeout(PATIENCE, broken.notified()).await.expect("an answer to cut");
    proxy.cut();
    let Ok(Reply::Listing(listing)) = tab.answer(id).await else { panic!("a listing") };
    assert_eq!((listing.total, listing.rows.len()), (60, 50));
    assert_eq!(listing.rows[0].subject, "message 60");
}

#[tokio::test]
async fn a_changed_password_is_told_and_the_server_is_left_alone() {
    let address = format!("solo-{}@pismo.test", std::process::id());
    // For this test alone: it ends with this process.
    let server: &'static MailServer = Box::leak(Box::new(MailServer::start_for(&address)));
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let mut browser = Browser::new(bridge.address, &address);
    browser.sign_in().await;
    let mut tab = browser.open("INBOX").await;
    Mail::new(server, address.clone()).append("INBOX", "before").await;
    tab.until("mail", |view| view.total() == 1).await;

    server.set_password(&address, "another").await;
    let before = proxy.logins();
    proxy.cut();
    let refused = |event: &Event| match is_offline(event) {
        Some(Error::Credentials { .. }) => Some(()),
        _ => None,
    };
    tab.until_event("the refused password", refused).await;
    let query = || Query { mailbox: "INBOX".to_owned(), ..Query::default() };
    let asked = tab.send(Command::Open { query: query(), from: 0, count: 10 });
    let answer = timeout(PATIENCE, asked).await.expect("an answer");
    assert!(matches!(answer, Err(Error::Credentials { .. })), "{answer:?}");
    tab.listen_for(Duration::from_secs(12)).await;
    let attempts = proxy.logins() - before;
    assert!(attempts <= 3, "the refused password was tried {attempts} times");

    // It may have been changed because somebody else knew it: every browser has to know the new one.
    let old = browser.clone();
    let answer = browser.fill_in("another", &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(tab.end().await, Some(4001), "the tab is told");
    assert_eq!(old.get("/mail/INBOX").await.status, 303, "who has the old password alone is signed out");
    let mut tab = browser.open("INBOX").await;
    tab.until("live", |view| view.is_live() && view.total() == 1).await;
    // The same password once more ends nothing.
    let mut another = Browser::new(bridge.address, &address);
    assert_eq!(another.fill_in("another", &[]).await.status, 303);
    assert_eq!(browser.get("/mail/INBOX").await.status, 200);
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_is_left_alone_and_the_person_told() {
    let Desk { proxy, tab, .. } = &mut desk(MailServer::shared_with_smtp(), 5).await;
    // The watch and the beginnings of texts have their lines.
    tab.listen_for(Duration::from_millis(1500)).await;
    let lines = proxy.lines().len();
    let mut once = true;
    proxy.rewrite(move |said| {
        let text = String::from_utf8_lossy(&said).into_owned();
        if !once || !text.contains("OK Fetch completed") {
            return said;
        }
        once = false;
        let (before, _) = text.rsplit_once("OK Fetch completed").expect("the words");
        format!("{before}NO Request is throttled. Suggested Backoff Time: 4000 milliseconds\r\n").into_bytes()
    });
    let window = tab.say(Command::Window { list: tab.view.list, from: 0, count: 5 }).await;
    let error = tab.until_event("offline", is_offline).await;
    assert!(matches!(&error, Error::Throttled { minutes: 1, .. }), "{error:?}");
    // Long enough for what would be tried again after a second.
    tab.listen_for(Duration::from_millis(2500)).await;
    assert_eq!(proxy.lines().len(), lines, "nobody has called again");
    assert!(matches!(tab.answer(window).await, Ok(Reply::Listing(_))), "what was asked is done in the end");
    tab.until("live again", |view| view.is_live()).await;
}
