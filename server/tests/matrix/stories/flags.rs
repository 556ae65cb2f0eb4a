//! Marks that are set here.

use std::sync::Arc;

use app::wire::{Action, Flag, Selection};

use crate::cell::Cell;

pub async fn starred_and_read(cell: Arc<Cell>) {
    let mut desk = cell.desk(3).await;
    let uid = desk.uids[1];
    for flag in [Flag::Flagged, Flag::Seen] {
        let undo = desk.tab.flag(uid, flag.clone(), true).await;
        assert!(desk.tab.view.has(uid, &flag), "it shows before the answer");
        assert!(desk.mail.flags("INBOX", uid).await.expect("a message").contains(&flag));
        desk.agree("INBOX", &[]).await;
        desk.tab.undo(undo).await;
        assert!(desk.mail.flags("INBOX", uid).await.expect("a message").is_empty());
        desk.agree("INBOX", &[]).await;
        desk.tab.flag(uid, flag.clone(), true).await;
        desk.tab.flag(uid, flag.clone(), false).await;
        assert!(desk.mail.flags("INBOX", uid).await.expect("a message").is_empty());
    }
    desk.agree("INBOX", &[]).await;
}

pub async fn a_whole_list_is_read(cell: Arc<Cell>) {
    let mut desk = cell.desk(60).await;
    desk.mail.store("INBOX", desk.uids[3], Flag::Seen, true).await;
    desk.until("one is read", |view| view.counts("INBOX") == Some((60, 59))).await;
    let all = Selection::All { list: desk.tab.view.list, except: vec![desk.tab.message(desk.uids[59])] };
    let (undo, count) = desk.tab.act_on(all, Action::Flag { flag: Flag::Seen, set: true }).await;
    assert_eq!(count, 58);
    let unseen = |messages: &crate::mail::Messages| messages.values().filter(|flags| flags.is_empty()).count();
    assert_eq!(unseen(&desk.mail.messages("INBOX").await), 1);
    desk.agree("INBOX", &[]).await;
    desk.tab.undo(undo).await;
    assert_eq!(unseen(&desk.mail.messages("INBOX").await), 59, "only what was changed is changed back");
    desk.agree("INBOX", &[]).await;
}
