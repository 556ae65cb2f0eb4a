//! The line to the mail server.

use std::sync::Arc;

use app::wire::{Action, Command, Flag, Reply, Selection};

use crate::cell::Cell;

pub async fn a_cut_line_comes_back(cell: Arc<Cell>) {
    let mut desk = cell.desk(5).await;
    desk.proxy.take_down();
    let selection = Selection::Messages(vec![desk.tab.message(desk.uids[1])]);
    let star = Command::Act { selection, action: Action::Flag { flag: Flag::Flagged, set: true } };
    let star = desk.tab.say(star).await;
    desk.until("offline", |view| !view.is_live()).await;
    desk.mail.append("INBOX", "missed").await;
    desk.mail.store("INBOX", desk.uids[0], Flag::Seen, true).await;
    desk.mail.expunge("INBOX", desk.uids[3]).await;
    let plans = desk.top("Plans");
    desk.mail.create(&plans).await;
    desk.proxy.restore();
    let answer = desk.tab.answer(star).await;
    assert!(matches!(answer, Ok(Reply::Acted { count: 1, .. })), "{answer:?}");
    let [first, second] = [desk.uids[0], desk.uids[1]];
    desk.until("all that was missed", |view| {
        view.is_live()
            && view.subjects() == ["missed", "message 5", "message 3", "message 2", "message 1"]
            && view.has(first, &Flag::Seen)
            && view.has(second, &Flag::Flagged)
            && view.mailbox(&plans).is_some()
    })
    .await;
    desk.agree("INBOX", &[&plans]).await;
    desk.mail.append("INBOX", "after it").await;
    desk.until("what comes after", |view| view.subjects().first() == Some(&"after it")).await;
}
