//! What another mail program does, as the tab sees it.

use std::sync::Arc;

use app::wire::Flag;

use crate::{cell::Cell, desk::show};

pub async fn a_delivery_shows(cell: Arc<Cell>) {
    let mut desk = cell.desk(2).await;
    desk.attend().await;
    desk.mail.append("INBOX", "fresh").await;
    desk.mail.append("INBOX", "fresher").await;
    desk.until("both", |view| view.subjects() == ["fresher", "fresh", "message 2", "message 1"]).await;
    desk.agree("INBOX", &[]).await;
}

pub async fn a_flag_set_elsewhere_shows(cell: Arc<Cell>) {
    let mut desk = cell.desk(3).await;
    desk.attend().await;
    let uid = desk.uids[1];
    let flags = [Flag::Flagged, Flag::Seen, Flag::Keyword("blue".to_owned())];
    desk.mail.store("INBOX", uid, flags[0].clone(), true).await;
    desk.until("one flag", |view| view.has(uid, &flags[0])).await;
    for flag in &flags[1..] {
        desk.mail.store("INBOX", uid, flag.clone(), true).await;
    }
    desk.until("all flags", |view| flags.iter().all(|flag| view.has(uid, flag))).await;
    desk.agree("INBOX", &[]).await;
    for flag in &flags {
        desk.mail.store("INBOX", uid, flag.clone(), false).await;
    }
    desk.until("no flags", |view| view.row(uid).is_some_and(|row| row.flags.is_empty())).await;
    desk.agree("INBOX", &[]).await;
}

pub async fn what_is_erased_elsewhere_goes(cell: Arc<Cell>) {
    let mut desk = cell.desk(4).await;
    desk.attend().await;
    desk.mail.expunge("INBOX", desk.uids[1]).await;
    desk.until("it is gone", |view| view.subjects() == ["message 4", "message 3", "message 1"]).await;
    desk.mail.expunge("INBOX", desk.uids[3]).await;
    desk.mail.append("INBOX", "fresh").await;
    desk.until("one gone, one new", |view| view.subjects() == ["fresh", "message 3", "message 1"]).await;
    desk.agree("INBOX", &[]).await;
}

pub async fn another_folder_is_counted(cell: Arc<Cell>) {
    let plans = format!("{}Plans", cell.prefix);
    let mut desk = cell.desk_with(1, async |mail| mail.create(&plans).await).await;
    assert_eq!(desk.tab.view.counts(&plans), Some((0, 0)));
    let uid = desk.mail.append(&plans, "a plan").await;
    desk.mail.append(&plans, "another").await;
    desk.until("both are counted", |view| view.counts(&plans) == Some((2, 2))).await;
    desk.mail.store(&plans, uid, Flag::Seen, true).await;
    // A folder that another program makes comes with the same look.
    let ideas = desk.top("Ideas");
    desk.mail.create(&ideas).await;
    desk.until("one is read", |view| view.counts(&plans) == Some((2, 1))).await;
    desk.agree("INBOX", &[&plans]).await;
    desk.until("the new folder", |view| view.mailbox(&ideas).is_some()).await;
}

pub async fn two_tabs_see_two_folders(cell: Arc<Cell>) {
    let plans = format!("{}Plans", cell.prefix);
    let mut plan = None;
    let mut desk = cell
        .desk_with(2, async |mail| {
            mail.create(&plans).await;
            plan = Some(mail.append(&plans, "a plan").await);
        })
        .await;
    let mut other = desk.browser.open("INBOX").await;
    desk.tab.open(&plans).await;
    let (uid, plan) = (desk.uids[0], plan.expect("a plan"));
    desk.mail.store("INBOX", uid, Flag::Flagged, true).await;
    desk.mail.store(&plans, plan, Flag::Flagged, true).await;
    desk.until("a star here", |view| view.has(plan, &Flag::Flagged)).await;
    show(&mut other, "a star there", |view| view.has(uid, &Flag::Flagged)).await;
    desk.mail.append("INBOX", "fresh").await;
    desk.mail.append(&plans, "another plan").await;
    desk.until("a message here", |view| view.subjects() == ["another plan", "a plan"]).await;
    show(&mut other, "a message there", |view| view.subjects() == ["fresh", "message 2", "message 1"]).await;
    desk.agree(&plans, &["INBOX"]).await;
}

pub async fn a_folder_is_up_to_date_on_return(cell: Arc<Cell>) {
    let plans = format!("{}Plans", cell.prefix);
    let mut desk = cell
        .desk_with(4, async |mail| {
            mail.create(&plans).await;
            mail.append(&plans, "a plan").await;
        })
        .await;
    // Another tab stays where it is, and has to hear of it as well.
    let mut other = desk.browser.open("INBOX").await;
    desk.tab.open(&plans).await;
    assert_eq!(desk.tab.view.subjects(), ["a plan"]);
    desk.mail.append("INBOX", "fresh").await;
    desk.mail.store("INBOX", desk.uids[0], Flag::Flagged, true).await;
    desk.mail.expunge("INBOX", desk.uids[2]).await;
    desk.tab.open("INBOX").await;
    let uid = desk.uids[0];
    let now = ["fresh", "message 4", "message 2", "message 1"];
    desk.until("how it is now", |view| view.subjects() == now && view.has(uid, &Flag::Flagged)).await;
    desk.agree("INBOX", &[&plans]).await;
    show(&mut other, "the other tab too", |view| view.subjects() == now && view.has(uid, &Flag::Flagged)).await;
}

/// A server that has said a flag in answer to a FETCH does not say it again (Cyrus): it is news for all tabs.
pub async fn what_one_tab_fetches_is_news_for_all(cell: Arc<Cell>) {
    let mut desk = cell.desk(3).await;
    let mut other = desk.browser.open("INBOX").await;
    let [first, second, third] = desk.uids[..] else { panic!("three messages") };
    desk.mail.store("INBOX", first, Flag::Flagged, true).await;
    desk.tab.open("INBOX").await;
    show(&mut other, "a star that came with the list", |view| view.has(first, &Flag::Flagged)).await;
    desk.mail.store("INBOX", second, Flag::Flagged, true).await;
    desk.tab.window(0, 3).await;
    show(&mut other, "a star that came with more rows", |view| view.has(second, &Flag::Flagged)).await;
    desk.mail.store("INBOX", third, Flag::Flagged, true).await;
    desk.tab.read(third).await;
    show(&mut other, "a star that came with the message", |view| view.has(third, &Flag::Flagged)).await;
    desk.agree("INBOX", &[]).await;
}
