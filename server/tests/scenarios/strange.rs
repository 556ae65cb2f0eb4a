//! Servers that change their mind: another UIDVALIDITY, a MODSEQ that goes backwards, counts that cannot be. Nothing wrong is
//! shown for it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::wire::{Action, Command, Error, Event, Flag, ListChange, Query, Reply, Selection, Sort, UidValidity};
use tokio::{sync::Notify, time::timeout};

use crate::{
    mail::Mail,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, imap},
};

/// A Pismo that hears of its mail server what we want it to hear, and a tab with so many messages.
async fn desk(messages: u32) -> (TestBridge, RecordingProxy, Tab, Mail) {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", messages).await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, proxy, tab, mail)
}

/// What is said, with every number behind this word changed.
fn with_numbers(said: &[u8], word: &str, change: impl Fn(u64) -> u64) -> Vec<u8> {
    let text = String::from_utf8_lossy(said);
    let mut pieces = text.split(word);
    let mut changed = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(piece.len());
        let (number, rest) = piece.split_at(end);
        let number = number.parse().map_or_else(|_| number.to_owned(), |number| change(number).to_string());
        changed.push_str(&format!("{word}{number}{rest}"));
    }
    changed.into_bytes()
}

/// Says this once, before the first piece of what the server says that holds the word. Tells when it is said.
fn say_before(proxy: &RecordingProxy, word: &'static str, lie: &'static [u8]) -> Arc<AtomicBool> {
    let said = Arc::new(AtomicBool::new(false));
    let told = said.clone();
    proxy.rewrite(move |piece| {
        let fits = piece.windows(word.len()).any(|window| window == word.as_bytes());
        if fits && !told.swap(true, Ordering::SeqCst) { [lie, &piece].concat() } else { piece }
    });
    said
}

#[tokio::test]
async fn a_mailbox_of_another_uid_validity_is_shown_anew_and_old_names_are_refused() {
    let (_bridge, proxy, mut tab, _mail) = desk(3).await;
    let stale = tab.messages()[0].clone();
    proxy.rewrite(|said| with_numbers(&said, "UIDVALIDITY ", |number| number + 1));
    proxy.cut();
    let fresh = UidValidity(stale.uid_validity.0 + 1);
    let renamed = |view: &crate::view::View| view.rows.iter().flatten().all(|row| row.message.uid_validity == fresh);
    tab.until("rows under their new names", |view| view.total() == 3 && renamed(view)).await;
    assert_eq!(tab.view.subjects(), ["message 3", "message 2", "message 1"]);
    for action in [Action::Erase, Action::Delete, Action::Flag { flag: Flag::Seen, set: true }] {
        let selection = Selection::Messages(vec![stale.clone()]);
        assert_eq!(tab.send(Command::Act { selection, action }).await, Err(Error::Gone));
    }
    assert_eq!(tab.send(Command::Read { message: stale }).await, Err(Error::Gone));
    let uid = tab.messages()[0].uid;
    tab.flag(uid, Flag::Flagged, true).await;
    assert!(tab.view.has(uid, &Flag::Flagged));
}

#[tokio::test]
async fn a_modseq_that_goes_backwards_hides_nothing() {
    let (_bridge, proxy, mut tab, mut mail) = desk(4).await;
    mail.fill("Archive", 2).await;
    let uids: Vec<_> = tab.messages().into_iter().map(|message| message.uid).collect();
    for above in [3_000_000, 2_000_000, 1_000_000] {
        // Backwards with each change, and by far with each line.
        proxy.rewrite(move |said| with_numbers(&said, "HIGHESTMODSEQ ", |number| above - number));
        proxy.cut();
        tab.until("live", |view| view.is_live()).await;
        mail.store("INBOX", uids[1], Flag::Flagged, true).await;
        tab.until("the star", |view| view.has(uids[1], &Flag::Flagged)).await;
        // And of what happened while another mailbox was selected.
        tab.open("Archive").await;
        mail.store("INBOX", uids[1], Flag::Flagged, false).await;
        tab.open("INBOX").await;
        tab.until("no star", |view| !view.has(uids[1], &Flag::Flagged)).await;
        proxy.take_down();
        mail.store("INBOX", uids[2], Flag::Seen, true).await;
        proxy.restore();
        tab.until("read", |view| view.has(uids[2], &Flag::Seen)).await;
        mail.store("INBOX", uids[2], Flag::Seen, false).await;
        tab.until("unread", |view| !view.has(uids[2], &Flag::Seen)).await;
    }
}

#[tokio::test]
async fn a_server_that_tells_no_uidnext_and_senseless_modseqs_hides_nothing() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    // As some servers have it: no UIDNEXT in SELECT and STATUS, and a MODSEQ below zero.
    proxy.rewrite(|said| {
        let text = String::from_utf8_lossy(&said).replace("[UIDNEXT ", "[X-NEXT ").replace(" UIDNEXT ", " X-NEXT ");
        text.replace("HIGHESTMODSEQ ", "HIGHESTMODSEQ -").replace("MODSEQ (", "MODSEQ (-").into_bytes()
    });
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 4).await;
    mail.fill("Archive", 2).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    assert_eq!(tab.view.subjects(), ["message 4", "message 3", "message 2", "message 1"]);
    let uids: Vec<_> = tab.messages().into_iter().map(|message| message.uid).collect();
    mail.store("INBOX", uids[1], Flag::Flagged, true).await;
    tab.until("the star", |view| view.has(uids[1], &Flag::Flagged)).await;
    mail.append("INBOX", "the fifth").await;
    tab.until("the fifth", |view| view.total() == 5).await;
    tab.open("Archive").await;
    mail.append("INBOX", "the sixth").await;
    mail.store("INBOX", uids[1], Flag::Flagged, false).await;
    tab.until("counted", |view| view.mailbox("INBOX").is_some_and(|mailbox| mailbox.total == 6)).await;
    tab.open("INBOX").await;
    tab.until("the sixth and no star", |view| view.total() == 6 && !view.has(uids[1], &Flag::Flagged)).await;
    // And of what happened while the line was down.
    proxy.take_down();
    mail.append("INBOX", "the seventh").await;
    mail.store("INBOX", uids[2], Flag::Seen, true).await;
    proxy.restore();
    tab.until("the seventh", |view| view.total() == 7 && view.has(uids[2], &Flag::Seen)).await;
    let moved = Selection::Messages(vec![tab.messages()[0].clone()]);
    let action = Action::Move { to: "Archive".to_owned() };
    tab.send(Command::Act { selection: moved, action }).await.expect("a move");
    tab.until("six", |view| view.total() == 6).await;
    mail.until("Archive", |messages| messages.len() == 3).await;
}

#[tokio::test]
async fn counts_that_cannot_be_empty_no_list() {
    for lie in [b"* 0 EXISTS\r\n".as_slice(), b"* 0 EXISTS\r\n* 3 EXPUNGE\r\n", b"* 0 EXPUNGE\r\n", b"* 99 EXPUNGE\r\n"]
    {
        let (_bridge, proxy, mut tab, mut mail) = desk(5).await;
        tab.forget_events();
        let said = say_before(&proxy, "FETCH (", lie);
        let uid = tab.messages()[0].uid;
        tab.flag(uid, Flag::Flagged, true).await;
        assert!(said.load(Ordering::SeqCst), "nothing was said in which it could hide");
        mail.append("INBOX", "the sixth").await;
        tab.until("all of it", |view| view.total() == 6 && view.has(uid, &Flag::Flagged)).await;
        let few = tab.take_events().into_iter().find(|event| match event {
            Event::Messages { change: ListChange::Replaced { listing }, .. } => listing.total < 5,
            Event::Messages { change: ListChange::Vanished { .. }, .. } => true,
            _ => false,
        });
        assert_eq!(few, None, "{}", String::from_utf8_lossy(lie));
    }
}

#[tokio::test]
async fn an_expunge_amid_a_fetch_moves_no_row() {
    let (_bridge, proxy, mut tab, mut mail) = desk(1).await;
    mail.fill("Archive", 4).await;
    let said = say_before(&proxy, "ENVELOPE", b"* 1 EXPUNGE\r\n");
    let listing = tab.open("Archive").await;
    assert!(said.load(Ordering::SeqCst), "nothing was said in which it could hide");
    let subjects: Vec<&str> = listing.rows.iter().map(|row| row.subject.as_str()).collect();
    assert_eq!(subjects, ["message 4", "message 3", "message 2", "message 1"]);
    assert_eq!(tab.view.total(), 4);
}

#[tokio::test]
async fn a_list_in_another_order_is_answered_though_the_line_is_lost_before_its_rows() {
    let (_bridge, proxy, mut tab, _mail) = desk(3).await;
    let swallowed = Arc::new(Notify::new());
    let swallow = swallowed.clone();
    let mut silent = false;
    proxy.rewrite(move |said| {
        silent = silent || said.windows(8).any(|eight| eight == b"ENVELOPE");
        if silent {
            swallow.notify_one();
            return Vec::new();
        }
        said
    });
    let query = Query { mailbox: "INBOX".to_owned(), sort: Sort::Subject, ..Query::default() };
    let open = tab.say(Command::Open { query, from: 0, count: 50 }).await;
    timeout(PATIENCE, swallowed.notified()).await.expect("rows to swallow");
    proxy.stop_rewriting();
    proxy.cut();
    let answer = tab.answer(open).await;
    assert!(matches!(&answer, Ok(Reply::Listing(_))), "{answer:?}");
    tab.until("all of it", |view| view.subjects() == ["message 1", "message 2", "message 3"]).await;
}
