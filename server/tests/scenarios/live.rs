//! What happens elsewhere appears by itself.

use std::time::Duration;

use app::wire::{Action, Command, Error, Flag, ListChange, Selection, Uid};

use crate::{
    mail::letter,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, imap},
};

/// A bridge, and the inbox of a user with this many messages.
async fn inbox(messages: u32) -> (TestBridge, Tab, crate::mail::Mail, Vec<Uid>) {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", messages).await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab, mail, uids)
}

#[tokio::test]
async fn a_delivery_comes_in_at_the_top() {
    let (_bridge, mut tab, mut mail, _) = inbox(3).await;
    mail.deliver("fresh").await;
    tab.until("the delivery", |view| view.total() == 4).await;
    assert_eq!(tab.view.subjects(), ["fresh", "message 3", "message 2", "message 1"]);
    tab.until("the count", |view| view.counts("INBOX") == Some((4, 4))).await;
}

#[tokio::test]
async fn many_deliveries_at_once_are_all_told() {
    let (_bridge, mut tab, mut mail, _) = inbox(3).await;
    let uids = mail.fill("INBOX", 120).await;
    tab.until("all of them", |view| view.total() == 123).await;
    tab.window(0, 200).await;
    let shown: Vec<Uid> = tab.messages().iter().take(120).map(|message| message.uid).collect();
    assert_eq!(shown, uids.into_iter().rev().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_flag_set_elsewhere_reaches_the_tab() {
    let (_bridge, mut tab, mut mail, uids) = inbox(5).await;
    for flag in [Flag::Seen, Flag::Flagged, Flag::Answered, Flag::Forwarded, Flag::Keyword("urgent".to_owned())] {
        mail.store("INBOX", uids[2], flag.clone(), true).await;
        tab.until("the flag", |view| view.has(uids[2], &flag)).await;
        mail.store("INBOX", uids[2], flag.clone(), false).await;
        tab.until("no flag", |view| !view.has(uids[2], &flag)).await;
    }
    assert!(uids.iter().all(|uid| tab.view.row(*uid).is_some_and(|row| row.flags.is_empty())), "no other row changed");
}

#[tokio::test]
async fn a_message_erased_elsewhere_goes() {
    let (_bridge, mut tab, mut mail, uids) = inbox(5).await;
    for uid in [uids[2], uids[4], uids[0]] {
        mail.expunge("INBOX", uid).await;
        tab.until("it is gone", |view| view.row(uid).is_none()).await;
    }
    assert_eq!(tab.view.subjects(), ["message 4", "message 2"]);
    tab.until("the count", |view| view.counts("INBOX") == Some((2, 2))).await;
}

#[tokio::test]
async fn a_message_moved_elsewhere_goes_and_is_counted_where_it_went() {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    mail.move_to("INBOX", uids[1], "Archive").await;
    tab.until("it is gone", |view| view.row(uids[1]).is_none()).await;
    tab.until("both counts", |view| (view.counts("INBOX"), view.counts("Archive")) == (Some((2, 2)), Some((1, 1))))
        .await;
}

#[tokio::test]
async fn folders_made_renamed_and_deleted_elsewhere_appear() {
    let (_bridge, mut tab, mut mail, _) = inbox(1).await;
    mail.create("Plans").await;
    tab.until("the folder", |view| view.mailbox("Plans").is_some()).await;
    mail.rename("Plans", "Ideas").await;
    tab.until("its new name", |view| view.mailbox("Ideas").is_some() && view.mailbox("Plans").is_none()).await;
    mail.delete("Ideas").await;
    tab.until("it is gone", |view| view.mailbox("Ideas").is_none()).await;
}

#[tokio::test]
async fn unread_counts_of_folders_that_are_not_open_are_kept() {
    let (_bridge, mut tab, mut mail, _) = inbox(1).await;
    mail.create("Lists").await;
    let uid = mail.append("Lists", "news").await;
    tab.until("one unread", |view| view.counts("Lists") == Some((1, 1))).await;
    mail.store("Lists", uid, Flag::Seen, true).await;
    tab.until("none unread", |view| view.counts("Lists") == Some((1, 0))).await;
    mail.store("Lists", uid, Flag::Seen, false).await;
    tab.until("one unread again", |view| view.counts("Lists") == Some((1, 1))).await;
    mail.expunge("Lists", uid).await;
    tab.until("empty", |view| view.counts("Lists") == Some((0, 0))).await;
}

#[tokio::test]
async fn the_list_that_is_open_is_the_one_that_is_told_about() {
    let (_bridge, mut tab, mut mail, uids) = inbox(2).await;
    mail.append("Archive", "old").await;
    tab.open("Archive").await;
    mail.store("INBOX", uids[0], Flag::Flagged, true).await;
    mail.append("INBOX", "unseen here").await;
    mail.append("Archive", "seen here").await;
    tab.until("the message", |view| view.total() == 2).await;
    assert_eq!(tab.view.subjects(), ["seen here", "old"]);
    tab.until("the other's count", |view| view.counts("INBOX") == Some((3, 3))).await;
    tab.open("INBOX").await;
    assert_eq!(tab.view.subjects(), ["unseen here", "message 2", "message 1"]);
    assert!(tab.view.has(uids[0], &Flag::Flagged));
}

#[tokio::test]
async fn rows_far_down_stay_where_they_belong() {
    let (_bridge, mut tab, mut mail, uids) = inbox(120).await;
    tab.window(80, 20).await;
    mail.expunge("INBOX", uids[119]).await;
    mail.append("INBOX", "fresh").await;
    mail.append("INBOX", "fresher").await;
    tab.until("all of it", |view| view.total() == 121 && view.subjects().first() == Some(&"fresher")).await;
    let shown = tab.view.rows.clone();
    tab.window(0, 200).await;
    for (position, row) in shown.iter().enumerate() {
        let truth = tab.view.rows[position].as_ref().map(|row| row.message.uid);
        assert!(row.is_none() || row.as_ref().map(|row| row.message.uid) == truth, "position {position}");
    }
}

#[tokio::test]
async fn a_folder_that_was_made_anew_is_another_folder() {
    let (_bridge, mut tab, mut mail, _) = inbox(1).await;
    mail.create("Plans").await;
    let uid = mail.append("Plans", "first life").await;
    let listing = tab.open("Plans").await;
    let stale = listing.rows[0].message.clone();
    tab.open("INBOX").await;
    mail.delete("Plans").await;
    mail.create("Plans").await;
    let fresh = mail.append("Plans", "second life").await;
    assert_eq!(uid, fresh, "the same number names another message now");
    assert_ne!(mail.uid_validity("Plans").await, stale.uid_validity);

    let gone = Err(Error::Gone);
    assert_eq!(tab.send(Command::Read { message: stale.clone() }).await, gone);
    for action in [Action::Erase, Action::Delete, Action::Flag { flag: Flag::Seen, set: true }, Action::Archive] {
        let selection = Selection::Messages(vec![stale.clone()]);
        assert_eq!(tab.send(Command::Act { selection, action }).await, gone);
    }
    let flags = mail.flags("Plans", fresh).await;
    assert_eq!(flags, Some(Default::default()), "the other message was not touched");
    assert_eq!(tab.open("Plans").await.rows[0].subject, "second life");
}

#[tokio::test]
async fn an_open_folder_that_is_deleted_and_made_anew_shows_the_new_one() {
    let (_bridge, mut tab, mut mail, _) = inbox(1).await;
    mail.create("Plans").await;
    mail.fill("Plans", 3).await;
    tab.open("Plans").await;
    tab.until("it is in the tree", |view| view.counts("Plans") == Some((3, 3))).await;
    mail.delete("Plans").await;
    tab.until("it is gone from the tree", |view| view.mailbox("Plans").is_none()).await;
    mail.create("Plans").await;
    mail.append("Plans", "second life").await;
    tab.until("it is back in the tree", |view| view.counts("Plans") == Some((1, 1))).await;
    tab.open("Plans").await;
    assert_eq!(tab.view.subjects(), ["second life"]);
    mail.append("Plans", "more").await;
    tab.until("more of it", |view| view.subjects() == ["more", "second life"]).await;
}

#[tokio::test]
async fn news_come_without_a_new_snapshot() {
    let (_bridge, mut tab, mut mail, uids) = inbox(5).await;
    tab.forget_events();
    mail.store("INBOX", uids[0], Flag::Seen, true).await;
    mail.append_message("INBOX", "", &letter("fresh")).await;
    let change = tab
        .until_event("a change of the list", |event| match event {
            app::wire::Event::Messages { change: ListChange::Previews { .. }, .. } => None,
            app::wire::Event::Messages { change, .. } => Some(change.clone()),
            _ => None,
        })
        .await;
    assert!(!matches!(change, ListChange::Replaced { .. }), "{change:?}");
}

/// What the server says, without its offers to tell by itself.
fn deaf(said: Vec<u8>) -> Vec<u8> {
    if !said.windows(10).any(|ten| ten == b"CAPABILITY") {
        return said;
    }
    String::from_utf8_lossy(&said).replace(" IDLE", "").replace(" NOTIFY", "").into_bytes()
}

#[tokio::test]
async fn the_list_in_front_is_asked_often_and_no_longer_than_that() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    proxy.rewrite(deaf);
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 1).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let asked = || proxy.lines().iter().map(|line| line.take_said().matches(" NOOP").count()).sum::<usize>();
    tab.ask(Command::Attend { front: true }).await;
    asked();
    let (mut times, deadline) = (0, tokio::time::Instant::now() + PATIENCE);
    while times < 5 {
        assert!(tokio::time::Instant::now() < deadline, "asked {times} times only");
        tab.listen_for(Duration::from_millis(50)).await;
        times += asked();
    }
    mail.deliver("fresh").await;
    tab.until("the delivery", |view| view.total() == 2 && view.counts("INBOX") == Some((2, 2))).await;

    tab.ask(Command::Attend { front: false }).await;
    asked();
    tab.listen_for(Duration::from_secs(1)).await;
    assert!(asked() <= 1, "nobody looks");

    // A socket that comes back says anew whether anybody looks.
    tab.ask(Command::Attend { front: true }).await;
    tab.drop_line();
    tab.come_back().await;
    asked();
    tab.listen_for(Duration::from_secs(1)).await;
    assert!(asked() <= 1, "nobody has said so over this socket");
}
