//! What folders are for and which are shown, as the person wants it.

use app::wire::{Action, Arrangement, Command, Error, SpecialUse};

use crate::{browser::Browser, test_bridge::TestBridge};

async fn save(browser: &Browser, fields: &[(&str, &str)]) {
    let answer = browser.submit("/folders", fields).await;
    assert_eq!(
        (answer.status, answer.header("location").as_deref()),
        (303, Some("/folders?saved=1")),
        "{}",
        answer.text()
    );
}

#[tokio::test]
async fn a_folder_that_is_chosen_for_a_use_is_used_and_it_is_remembered() {
    let mut bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.create("Rubbish").await;
    mail.append("INBOX", "thrown away").await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    assert_eq!(tab.view.mailbox("Trash").expect("Trash").special_use, Some(SpecialUse::Trash));
    let page = browser.get("/folders").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<option value=\"Rubbish\""), "{}", page.text());

    // INBOX is for nothing else, whatever is asked.
    save(&browser, &[("trash", "INBOX")]).await;
    save(&browser, &[("trash", "Rubbish")]).await;
    tab.until("another Trash", |view| {
        view.mailbox("Rubbish").is_some_and(|mailbox| mailbox.special_use == Some(SpecialUse::Trash))
    })
    .await;
    assert_eq!(tab.view.mailbox("Trash").expect("the old one").special_use, None);
    let uid = tab.messages()[0].uid;
    tab.act(uid, Action::Delete).await;
    assert_eq!(mail.messages("Rubbish").await.len(), 1);

    bridge.stop().await;
    bridge.start_again().await;
    tab.come_back().await;
    tab.open("INBOX").await;
    assert_eq!(tab.view.mailbox("Rubbish").expect("it").special_use, Some(SpecialUse::Trash));
    // One that is gone is for nothing; the server's own takes its place.
    mail.delete("Rubbish").await;
    tab.until("the server's Trash", |view| {
        view.mailbox("Trash").is_some_and(|mailbox| mailbox.special_use == Some(SpecialUse::Trash))
    })
    .await;
    assert!(browser.get("/folders").await.text().contains("role=\"alert\""));
}

#[tokio::test]
async fn what_is_folded_is_so_everywhere_and_stays_so_under_another_name() {
    let mut bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    for path in ["Work", "Work/2026", "Work/2026/May"] {
        mail.create(path).await;
    }
    let browser = bridge.sign_in("ana").await;
    let (mut tab, mut other) = (browser.open("INBOX").await, browser.open("INBOX").await);
    let fold = |mailbox: &str, folded| Command::Fold { mailbox: mailbox.to_owned(), folded };
    tab.ask(fold("Work/2026", true)).await;
    assert!(tab.view.folds.is_folded("Work/2026", 4), "it is told before the answer");
    other.until("it is folded", |view| view.folds.is_folded("Work/2026", 4)).await;
    assert_eq!(tab.send(fold("Play", true)).await, Err(Error::Gone));

    let change = Arrangement::Rename { path: "Work".to_owned(), parent: None, name: "Office".to_owned() };
    tab.ask(Command::Arrange { change }).await;
    other.until("it has followed", |view| view.folds.is_folded("Office/2026", 4)).await;
    assert!(!other.view.folds.is_folded("Work/2026", 4));
    // What else is chosen does not undo it, and it lasts.
    save(&browser, &[("trash", "Office")]).await;
    bridge.stop().await;
    bridge.start_again().await;
    tab.come_back().await;
    assert!(tab.view.folds.is_folded("Office/2026", 4) && !tab.view.folds.is_folded("Office", 4));
    tab.ask(fold("Office/2026", false)).await;
    assert!(!tab.view.folds.is_folded("Office/2026", 4));
}

#[tokio::test]
async fn only_what_is_subscribed_to_is_shown_when_that_is_wanted() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    for path in ["Noise", "Work", "Work/2026"] {
        mail.create(path).await;
    }
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    assert!(
        tab.view.mailbox("Noise").is_some(),
        "what nobody subscribed to is shown as long as nobody wants it otherwise"
    );
    mail.run("SUBSCRIBE Work").await;
    let listed = ["INBOX", "Noise", "Work/2026"].map(|path| ("listed", path));
    let shown = [("only", "1"), ("shown", "INBOX"), ("shown", "Work/2026")];
    save(&browser, &[&listed[..], &shown[..]].concat()).await;
    tab.until("it is hidden", |view| view.mailbox("Noise").is_none()).await;
    for path in ["INBOX", "Work", "Work/2026", "Sent", "Trash"] {
        assert!(tab.view.mailbox(path).is_some(), "{path}");
    }
    let subscribed = mail.run("LSUB \"\" \"*\"").await.join("\n");
    assert!(subscribed.contains("Work/2026") && !subscribed.contains("Noise"), "{subscribed}");
    assert!(subscribed.lines().any(|line| line.ends_with(" Work")), "what was not on the page stays: {subscribed}");
    save(&browser, &[("listed", "Noise"), ("shown", "Noise"), ("listed", "Work/2026")]).await;
    tab.until("all are shown", |view| view.mailbox("Noise").is_some()).await;
    assert!(!mail.run("LSUB \"\" \"*\"").await.join("\n").contains("Work/2026"));
}

#[tokio::test]
async fn the_page_is_for_who_is_signed_in() {
    let bridge = TestBridge::start().await;
    let stranger = bridge.browser("ana");
    let answer = stranger.get("/folders").await;
    assert_eq!(answer.header("location").as_deref(), Some("/login?next=%2Ffolders"));
    assert_eq!(stranger.submit("/folders", &[("trash", "INBOX")]).await.status, 401);
}
