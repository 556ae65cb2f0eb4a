//! Messages that go elsewhere, for good or not. What another program has marked as deleted is its own affair throughout.

use std::{collections::BTreeSet, sync::Arc};

use app::wire::{Action, Command, Error, Flag, Selection};

use crate::cell::Cell;

/// Two of five messages go, and come back as they were.
async fn go_and_come_back(cell: Arc<Cell>, action: impl FnOnce(&str) -> Action, to: &str) {
    let to = format!("{}{to}", cell.prefix);
    let mut desk = cell.desk(5).await;
    for (uid, flag) in [(0, Flag::Deleted), (1, Flag::Flagged), (1, Flag::Seen), (3, Flag::Answered)] {
        desk.mail.store("INBOX", desk.uids[uid], flag, true).await;
    }
    desk.agree("INBOX", &[]).await;
    let before = desk.mail.messages("INBOX").await;
    let selection = Selection::Messages(vec![desk.tab.message(desk.uids[1]), desk.tab.message(desk.uids[3])]);
    let action = action(&to);
    let (undo, count) = desk.tab.act_on(selection, action).await;
    assert_eq!(count, 2);
    assert_eq!(desk.tab.view.subjects(), ["message 5", "message 3", "message 1"]);
    let there = desk.mail.messages(&to).await;
    let flags: Vec<&BTreeSet<Flag>> = there.values().collect();
    assert_eq!(flags, [&before[&desk.uids[1]], &before[&desk.uids[3]]], "each is there once, with its flags");
    let left = desk.mail.messages("INBOX").await;
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), [desk.uids[0], desk.uids[2], desk.uids[4]]);
    assert!(left[&desk.uids[0]].contains(&Flag::Deleted), "what another program marked stays, and stays marked");
    desk.agree("INBOX", &[&to]).await;

    desk.tab.undo(undo).await;
    assert!(desk.mail.messages(&to).await.is_empty());
    let back = desk.mail.messages("INBOX").await;
    let flags: Vec<&BTreeSet<Flag>> = back.values().collect();
    let expected = [0, 2, 4, 1, 3].map(|number: usize| &before[&desk.uids[number]]);
    assert_eq!(flags, expected, "all are back, once, with their flags");
    desk.agree("INBOX", &[&to]).await;
    let mut subjects = desk.tab.view.subjects();
    subjects.sort_unstable();
    assert_eq!(subjects, ["message 1", "message 2", "message 3", "message 4", "message 5"]);
}

pub async fn archived_and_back(cell: Arc<Cell>) {
    go_and_come_back(cell, |_| Action::Archive, "Archive").await;
}

pub async fn deleted_and_back(cell: Arc<Cell>) {
    go_and_come_back(cell, |_| Action::Delete, "Trash").await;
}

pub async fn moved_and_back(cell: Arc<Cell>) {
    // There is somebody else's message in it already.
    let plans = format!("{}Plans", cell.prefix);
    let mut desk = cell
        .desk_with(3, async |mail| {
            mail.create(&plans).await;
            mail.append(&plans, "a plan").await;
        })
        .await;
    let undo = desk.tab.act(desk.uids[1], Action::Move { to: plans.clone() }).await;
    assert_eq!(desk.tab.view.subjects(), ["message 3", "message 1"]);
    assert_eq!(desk.mail.messages(&plans).await.len(), 2);
    desk.agree("INBOX", &[&plans]).await;
    desk.tab.undo(undo).await;
    let (_, source) = desk.mail.only(&plans).await;
    assert!(source.contains("a plan"), "what was there stays");
    assert_eq!(desk.mail.messages("INBOX").await.len(), 3);
    desk.agree("INBOX", &[&plans]).await;
    assert_eq!(desk.tab.view.subjects(), ["message 2", "message 3", "message 1"]);
}

pub async fn erased_from_trash(cell: Arc<Cell>) {
    let mut desk = cell.desk(4).await;
    let trash = desk.top("Trash");
    for uid in [desk.uids[0], desk.uids[1], desk.uids[2]] {
        desk.tab.act(uid, Action::Delete).await;
    }
    let uids: Vec<_> = desk.mail.messages(&trash).await.into_keys().collect();
    assert_eq!(uids.len(), 3);
    desk.mail.store(&trash, uids[2], Flag::Deleted, true).await;
    desk.tab.open(&trash).await;
    let selection = Selection::Messages(vec![desk.tab.message(uids[0])]);
    let refused = desk.tab.send(Command::Act { selection: selection.clone(), action: Action::Delete }).await;
    assert_eq!(refused, Err(Error::NoTrash), "it is there already: ask, then erase");
    assert_eq!(desk.tab.act_on(selection, Action::Erase).await, (None, 1));
    assert_eq!(desk.tab.view.subjects(), ["message 3", "message 2"]);
    let left = desk.mail.messages(&trash).await;
    assert_eq!(left.keys().copied().collect::<Vec<_>>(), [uids[1], uids[2]]);
    assert!(left[&uids[2]].contains(&Flag::Deleted) && !left[&uids[1]].contains(&Flag::Deleted), "{left:?}");
    desk.agree(&trash, &["INBOX"]).await;
}
