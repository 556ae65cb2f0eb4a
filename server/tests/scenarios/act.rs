//! What people do to messages, one or all of them, and taking it back.

use app::wire::{Action, Command, Error, Flag, Selection, SpecialUse, Uid};

use crate::{mail::Mail, mail_server::MailServer, tab::Tab, test_bridge::TestBridge};

async fn inbox(messages: u32) -> (TestBridge, Tab, Mail, Vec<Uid>) {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", messages).await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab, mail, uids)
}

fn all(tab: &Tab) -> Selection {
    Selection::All { list: tab.view.list, except: Vec::new() }
}

#[tokio::test]
async fn read_and_star_are_set_and_taken_back() {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    for flag in [Flag::Seen, Flag::Flagged] {
        let undo = tab.flag(uids[1], flag.clone(), true).await;
        assert!(tab.view.has(uids[1], &flag));
        assert!(mail.flags("INBOX", uids[1]).await.expect("a message").contains(&flag));
        tab.undo(undo).await;
        assert!(!tab.view.has(uids[1], &flag));
        assert!(mail.flags("INBOX", uids[1]).await.expect("a message").is_empty());
    }
    tab.until("the count", |view| view.counts("INBOX") == Some((3, 3))).await;
}

#[tokio::test]
async fn taking_back_changes_only_what_was_changed() {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    mail.store("INBOX", uids[0], Flag::Seen, true).await;
    tab.until("one is read", |view| view.has(uids[0], &Flag::Seen)).await;
    let (undo, count) = tab.act_on(all(&tab), Action::Flag { flag: Flag::Seen, set: true }).await;
    assert_eq!(count, 2);
    tab.undo(undo).await;
    let seen: Vec<bool> = mail.messages("INBOX").await.values().map(|flags| flags.contains(&Flag::Seen)).collect();
    assert_eq!(seen, [true, false, false]);
}

#[tokio::test]
async fn an_action_that_changes_nothing_cannot_be_taken_back() {
    let (_bridge, mut tab, _, uids) = inbox(1).await;
    let selection = Selection::Messages(vec![tab.message(uids[0])]);
    let acted = tab.act_on(selection, Action::Flag { flag: Flag::Seen, set: false }).await;
    assert_eq!(acted, (None, 0));
}

#[tokio::test]
async fn a_mark_that_another_program_has_set_a_moment_before_is_removed() {
    let (_bridge, mut tab, mut mail, uids) = inbox(1).await;
    for flag in [Flag::Seen, Flag::Flagged] {
        mail.store("INBOX", uids[0], flag.clone(), true).await;
        // Pismo need not have heard of it, nor the tab.
        tab.flag(uids[0], flag, false).await;
        assert_eq!(mail.flags("INBOX", uids[0]).await, Some(Default::default()));
    }
}

/// One message goes where the action says, and comes back as it was.
async fn goes_and_comes_back(action: Action, to: &str) {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    mail.store("INBOX", uids[1], Flag::Flagged, true).await;
    tab.until("a star", |view| view.has(uids[1], &Flag::Flagged)).await;
    let undo = tab.act(uids[1], action.clone()).await;
    assert_eq!(tab.view.subjects(), ["message 3", "message 1"], "{action:?}");
    let (there, source) = mail.only(to).await;
    assert!(source.contains("message 2"));
    let flags = mail.flags(to, there).await.expect("a message");
    assert!(flags.contains(&Flag::Flagged), "flags go along: {flags:?}");
    assert_eq!(flags.contains(&Flag::Junk), action == Action::Junk);
    tab.until("the counts", |view| (view.counts("INBOX"), view.counts(to)) == (Some((2, 2)), Some((1, 1)))).await;

    tab.undo(undo).await;
    assert_eq!(tab.view.subjects(), ["message 2", "message 3", "message 1"], "{action:?}");
    assert!(mail.messages(to).await.is_empty());
    let back = mail.messages("INBOX").await;
    let last = back.values().last().expect("a message");
    assert!(last.contains(&Flag::Flagged) && !last.contains(&Flag::Junk), "{last:?}");
    tab.until("the counts", |view| (view.counts("INBOX"), view.counts(to)) == (Some((3, 3)), Some((0, 0)))).await;
}

#[tokio::test]
async fn archive_goes_and_comes_back() {
    goes_and_comes_back(Action::Archive, "Archive").await;
}

#[tokio::test]
async fn delete_goes_and_comes_back() {
    goes_and_comes_back(Action::Delete, "Trash").await;
}

#[tokio::test]
async fn junk_goes_and_comes_back() {
    goes_and_comes_back(Action::Junk, "Junk").await;
}

#[tokio::test]
async fn move_goes_and_comes_back() {
    goes_and_comes_back(Action::Move { to: "Sent".to_owned() }, "Sent").await;
}

/// The whole list but one goes, beyond what the tab has loaded, and comes back.
async fn all_go_and_come_back(action: Action, to: &str) {
    let (_bridge, mut tab, mut mail, uids) = inbox(130).await;
    let kept = tab.message(uids[100]);
    let selection = Selection::All { list: tab.view.list, except: vec![kept] };
    let (undo, count) = tab.act_on(selection, action).await;
    assert_eq!(count, 129);
    assert_eq!(tab.view.subjects(), ["message 101"]);
    assert_eq!(mail.messages(to).await.len(), 129);
    assert_eq!(mail.messages("INBOX").await.keys().copied().collect::<Vec<_>>(), [uids[100]]);
    tab.undo(undo).await;
    tab.until("all are back", |view| view.total() == 130).await;
    assert_eq!(mail.messages("INBOX").await.len(), 130);
    assert!(mail.messages(to).await.is_empty());
}

#[tokio::test]
async fn all_are_archived_and_come_back() {
    all_go_and_come_back(Action::Archive, "Archive").await;
}

#[tokio::test]
async fn all_are_deleted_and_come_back() {
    all_go_and_come_back(Action::Delete, "Trash").await;
}

#[tokio::test]
async fn all_are_junk_and_come_back() {
    all_go_and_come_back(Action::Junk, "Junk").await;
}

#[tokio::test]
async fn all_are_moved_and_come_back() {
    all_go_and_come_back(Action::Move { to: "Sent".to_owned() }, "Sent").await;
}

#[tokio::test]
async fn all_are_starred_and_it_is_taken_back() {
    let (_bridge, mut tab, mut mail, uids) = inbox(130).await;
    let (undo, count) = tab.act_on(all(&tab), Action::Flag { flag: Flag::Flagged, set: true }).await;
    assert_eq!(count, 130);
    assert!(tab.messages().iter().all(|message| tab.view.has(message.uid, &Flag::Flagged)));
    assert!(mail.messages("INBOX").await.values().all(|flags| flags.contains(&Flag::Flagged)));
    tab.undo(undo).await;
    assert!(mail.messages("INBOX").await.values().all(|flags| flags.is_empty()));
    assert_eq!(uids.len(), 130);
}

#[tokio::test]
async fn what_is_no_junk_comes_back_to_the_inbox() {
    let (_bridge, mut tab, mut mail, uids) = inbox(1).await;
    tab.act(uids[0], Action::Junk).await;
    tab.open("Junk").await;
    let uid = tab.messages()[0].uid;
    let undo = tab.act(uid, Action::NotJunk).await;
    let (there, _) = mail.only("INBOX").await;
    let flags = mail.flags("INBOX", there).await.expect("a message");
    assert!(flags.contains(&Flag::NotJunk) && !flags.contains(&Flag::Junk), "{flags:?}");
    assert_eq!(tab.view.total(), 0);
    tab.undo(undo).await;
    assert_eq!(tab.view.total(), 1);
    let (back, _) = mail.only("Junk").await;
    assert!(mail.flags("Junk", back).await.expect("a message").contains(&Flag::Junk));
}

#[tokio::test]
async fn what_is_in_trash_is_erased_only_when_told_so() {
    let (_bridge, mut tab, mut mail, uids) = inbox(2).await;
    tab.act(uids[0], Action::Delete).await;
    tab.open("Trash").await;
    let selection = Selection::Messages(tab.messages());
    let again = tab.send(Command::Act { selection: selection.clone(), action: Action::Delete }).await;
    assert_eq!(again, Err(Error::NoTrash), "it is there already: ask, then erase");
    assert_eq!(mail.messages("Trash").await.len(), 1);
    assert_eq!(tab.act_on(selection, Action::Erase).await, (None, 1));
    assert!(mail.messages("Trash").await.is_empty());
    assert_eq!(tab.view.total(), 0);
    assert_eq!(mail.messages("INBOX").await.len(), 1);
}

#[tokio::test]
async fn erasing_leaves_what_another_program_marked_as_deleted() {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    mail.store("INBOX", uids[0], Flag::Deleted, true).await;
    tab.act(uids[1], Action::Erase).await;
    tab.act(uids[2], Action::Archive).await;
    let left: Vec<Uid> = mail.messages("INBOX").await.into_keys().collect();
    assert_eq!(left, [uids[0]], "only what was said is gone");
}

#[tokio::test]
async fn an_action_can_be_taken_back_once() {
    let (_bridge, mut tab, mut mail, uids) = inbox(2).await;
    let undo = tab.act(uids[0], Action::Archive).await;
    tab.undo(undo).await;
    let again = tab.send(Command::Undo { undo: undo.expect("a way back") }).await;
    assert_eq!(again, Err(Error::Gone));
    assert_eq!(mail.messages("INBOX").await.len(), 2);
}

#[tokio::test]
async fn messages_that_are_gone_already_are_no_trouble() {
    let (_bridge, mut tab, mut mail, uids) = inbox(3).await;
    let messages = tab.messages();
    mail.expunge("INBOX", uids[0]).await;
    let (_, count) = tab.act_on(Selection::Messages(messages), Action::Archive).await;
    assert_eq!(count, 2);
    assert_eq!(mail.messages("Archive").await.len(), 2);
    let nobody = tab.act_on(Selection::Messages(Vec::new()), Action::Archive).await;
    assert_eq!(nobody, (None, 0));
}

#[tokio::test]
async fn moving_to_a_folder_that_is_gone_is_refused_and_loses_nothing() {
    let (_bridge, mut tab, mut mail, uids) = inbox(1).await;
    let selection = Selection::Messages(tab.messages());
    let result = tab.send(Command::Act { selection, action: Action::Move { to: "Nowhere".to_owned() } }).await;
    assert!(result.is_err(), "{result:?}");
    assert_eq!(mail.messages("INBOX").await.keys().copied().collect::<Vec<_>>(), uids);
    assert_eq!(tab.view.total(), 1);
}

#[tokio::test]
async fn without_trash_nothing_is_deleted_and_archive_is_made() {
    // The server is shared by nobody; it ends with this process.
    let server: &'static MailServer = Box::leak(Box::new(MailServer::start(&["--no-special"])));
    let bridge = TestBridge::on(server, |_| {}).await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 3).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let selection = Selection::Messages(vec![tab.message(uids[0])]);
    let refused = tab.send(Command::Act { selection, action: Action::Delete }).await;
    assert_eq!(refused, Err(Error::NoTrash));
    assert_eq!(mail.messages("INBOX").await.len(), 3);
    assert!(!mail.has("Trash").await);

    tab.act(uids[0], Action::Archive).await;
    assert_eq!(mail.messages("Archive").await.len(), 1);
    tab.until("the new folder", |view| {
        view.mailbox("Archive").is_some_and(|mailbox| mailbox.special_use == Some(SpecialUse::Archive))
    })
    .await;
    let undo = tab.act(uids[1], Action::Junk).await;
    assert_eq!(mail.messages("Junk").await.len(), 1);
    tab.undo(undo).await;
    assert_eq!(mail.messages("INBOX").await.len(), 2);
    // A Trash that another program makes is used from then on.
    mail.create("Trash").await;
    tab.until("Trash", |view| view.mailbox("Trash").is_some()).await;
    tab.act(uids[2], Action::Delete).await;
    assert_eq!(mail.messages("Trash").await.len(), 1);
}

#[tokio::test]
async fn what_was_done_on_one_device_is_taken_back_on_another() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 3).await;
    let (phone, laptop) = (bridge.sign_in("ana").await, bridge.sign_in("ana").await);
    let (mut on_phone, mut at_once) = (phone.open("INBOX").await, laptop.open("INBOX").await);
    at_once.ask(Command::Attend { front: true }).await;

    // A star on one message is nothing to speak of.
    on_phone.flag(uids[0], Flag::Flagged, true).await;
    on_phone.act(uids[2], Action::Archive).await.expect("a way back");
    at_once.until("the way back", |view| view.undoable.len() == 1).await;
    let mut later = laptop.open("INBOX").await;
    assert!(later.view.undoable.is_empty(), "nobody looks at it yet");
    later.ask(Command::Attend { front: true }).await;
    later.until("the way back", |view| view.undoable.len() == 1).await;
    let mut beside = phone.open("INBOX").await;
    beside.ask(Command::Attend { front: true }).await;

    let undo = at_once.view.undoable[0];
    at_once.undo(Some(undo)).await;
    assert_eq!(mail.messages("INBOX").await.len(), 3);
    later.until("nothing to be taken back", |view| view.undoable.is_empty()).await;
    assert_eq!(later.send(Command::Undo { undo }).await, Err(Error::Gone));
    assert!(beside.view.undoable.is_empty() && on_phone.view.undoable.is_empty(), "whoever did it knows");
}
