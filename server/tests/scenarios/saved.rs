//! Searches that are kept: the same in every tab and after a restart, and they follow their folder.

use app::wire::{Arrangement, Command, Error, Query, Reply, SavedSearch};

use crate::test_bridge::TestBridge;

fn search(name: &str, mailbox: &str, words: &str) -> SavedSearch {
    let query = Query { mailbox: mailbox.to_owned(), search: words.to_owned(), ..Query::default() };
    SavedSearch { name: name.to_owned(), query }
}

fn keep(name: &str, mailbox: &str, words: &str) -> Command {
    Command::KeepSearch { search: search(name, mailbox, words), before: None }
}

fn keep_as(name: &str, before: &str, mailbox: &str, words: &str) -> Command {
    Command::KeepSearch { search: search(name, mailbox, words), before: Some(before.to_owned()) }
}

#[tokio::test]
async fn a_search_is_kept_for_every_tab_and_finds_what_it_found() {
    let mut bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "an invoice").await;
    let browser = bridge.sign_in("ana").await;
    let (mut tab, mut other) = (browser.open("INBOX").await, browser.open("INBOX").await);

    assert_eq!(tab.ask(keep(" Счета ", "INBOX", "subject:invoice")).await, Reply::Done);
    tab.ask(keep("bills", "INBOX", "is:unread")).await;
    let both = [search("bills", "INBOX", "is:unread"), search("Счета", "INBOX", "subject:invoice")];
    other.until("both searches", |view| view.searches == both).await;
    assert_eq!(tab.send(keep("bills", "INBOX", "is:starred")).await, Err(Error::SearchExists), "it is another one");
    assert_eq!(tab.ask(keep("bills", "INBOX", "is:unread")).await, Reply::Done, "the same once more");
    assert_eq!(tab.send(keep_as("bills", "Счета", "INBOX", "x")).await, Err(Error::SearchExists));
    tab.ask(keep_as("bills", "bills", "INBOX", "is:starred")).await;
    other.until("it is another", |view| view.searches[0].query.search == "is:starred").await;
    tab.ask(keep_as("invoices", "bills", "INBOX", "is:starred")).await;
    other
        .until("its name is another", |view| {
            view.searches.iter().map(|kept| kept.name.as_str()).eq(["invoices", "Счета"])
        })
        .await;
    assert_eq!(other.list(both[1].query.clone()).await.total, 1);

    let boris = bridge.sign_in("boris").await.open("INBOX").await;
    assert!(boris.view.searches.is_empty(), "one's own are nobody else's");

    // Asked for twice, it is forgotten once.
    for _ in 0..2 {
        assert_eq!(tab.ask(Command::ForgetSearch { name: "invoices".to_owned() }).await, Reply::Done);
    }
    bridge.stop().await;
    bridge.start_again().await;
    tab.come_back().await;
    assert_eq!(tab.view.searches, both[1..]);
}

#[tokio::test]
async fn a_search_follows_its_folder_and_its_parents() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    for path in ["Work", "Work/Bills", "Workshop"] {
        mail.create(path).await;
    }
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for path in ["Work", "Work/Bills", "Workshop"] {
        tab.ask(keep(path, path, "is:unread")).await;
    }
    let change = Arrangement::Rename { path: "Work".to_owned(), parent: None, name: "Office".to_owned() };
    tab.ask(Command::Arrange { change }).await;
    let of = |view: &crate::view::View| view.searches.iter().map(|kept| kept.query.mailbox.clone()).collect::<Vec<_>>();
    tab.until("the searches where the folders are", |view| of(view) == ["Office", "Office/Bills", "Workshop"]).await;
}

#[tokio::test]
async fn what_is_no_search_is_not_kept_and_there_is_an_end_to_them() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for (name, words) in [("", "oil"), (" ", "oil"), ("a\nb", "oil"), ("oil", " "), (&"a".repeat(101), "oil")] {
        let refused = tab.send(keep(name, "INBOX", words)).await;
        assert!(matches!(refused, Err(Error::BadRequest { .. })), "{name:?} {words:?}: {refused:?}");
    }
    for number in 0..SavedSearch::MOST {
        tab.ask(keep(&format!("{number}"), "INBOX", "oil")).await;
    }
    let limit = u32::try_from(SavedSearch::MOST).expect("a small number");
    assert_eq!(tab.send(keep("one more", "INBOX", "oil")).await, Err(Error::TooManySearches { limit }));
    assert_eq!(tab.ask(keep_as("seven", "7", "INBOX", "gas")).await, Reply::Done, "one that is there can be changed");
}
