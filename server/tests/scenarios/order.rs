//! Folders and results in other orders than that of arrival, and the way to a day.

use app::wire::{Command, Error, Query, Reply, Sort};

use crate::{
    list::recorded,
    mail::Mail,
    search::{fill, mailbox, message},
    tab::Tab,
    test_bridge::TestBridge,
};

async fn sorted(tab: &mut Tab, sort: Sort, search: &str) -> Vec<String> {
    let query = Query { mailbox: "INBOX".to_owned(), search: search.to_owned(), sort, ..Query::default() };
    tab.list_all(query).await;
    tab.view.subjects().into_iter().map(str::to_owned).collect()
}

async fn check_orders(tab: &mut Tab, mail: &mut Mail) {
    let russian = "Счёт за октябрь";
    for (sort, expected) in [
        (Sort::Oldest, ["Lunch", "Report", russian]),
        (Sort::Subject, ["Lunch", "Report", russian]),
        (Sort::Largest, [russian, "Lunch", "Report"]),
        (Sort::Smallest, ["Report", "Lunch", russian]),
        (Sort::Newest, [russian, "Report", "Lunch"]),
    ] {
        assert_eq!(sorted(tab, sort, "").await, expected, "{sort:?}");
    }
    assert_eq!(sorted(tab, Sort::Subject, "pizza").await, ["Lunch", "Report"]);
    assert_eq!(sorted(tab, Sort::Sender, "pizza").await, ["Report", "Lunch"], "Boris before Carla");
    // Mail that comes goes where it belongs.
    sorted(tab, Sort::Subject, "").await;
    mail.append_message("INBOX", "", &message("Dan <dan@example.org>", "Re: Menu", "x")).await;
    tab.until("the new message", |view| view.total() == 4).await;
    assert_eq!(tab.view.subjects(), ["Lunch", "Re: Menu", "Report", russian]);
    let menu = tab.messages()[1].uid;
    mail.expunge("INBOX", menu).await;
    tab.until("it is gone", |view| view.total() == 3).await;
    assert_eq!(tab.view.subjects(), ["Lunch", "Report", russian]);
    sorted(tab, Sort::Oldest, "").await;
    mail.append_message("INBOX", "", &message("Dan <dan@example.org>", "Menu", "x")).await;
    tab.until("the new message", |view| view.total() == 4).await;
    assert_eq!(tab.view.subjects(), ["Lunch", "Report", russian, "Menu"]);
}

#[tokio::test]
async fn a_folder_is_shown_in_any_order_and_stays_in_it() {
    let (_bridge, mut tab, mut mail) = mailbox().await;
    check_orders(&mut tab, &mut mail).await;
}

#[tokio::test]
async fn a_server_that_cannot_sort_is_helped() {
    let (bridge, proxy, _) = recorded().await;
    proxy.rewrite(|said| {
        let text = String::from_utf8_lossy(&said).into_owned();
        // A piece that is cut in a letter is passed on as it is.
        if text.as_bytes() == said {
            text.replace(" SORT=DISPLAY", "").replace(" SORT ", " ").into_bytes()
        } else {
            said
        }
    });
    let mut mail = fill(&bridge).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    check_orders(&mut tab, &mut mail).await;
    let said: String = proxy.lines().iter().map(|line| line.take_said()).collect();
    assert!(!said.contains("UID SORT"), "{said}");
}

#[tokio::test]
async fn a_day_is_found_in_a_long_list() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    for day in 1..=60 {
        let date = format!("{:2}-{}-2024", (day - 1) % 30 + 1, if day <= 30 { "Apr" } else { "Jun" });
        mail.append_dated("INBOX", &date, &message("a@example.org", &format!("day {day}"), "x")).await;
    }
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    // Noon of a day, in seconds since 1970; `append_dated` dates them at ten.
    let at = |days: i64| 1_711_972_800 + days * 86_400;
    let located = async |tab: &mut Tab, date| match tab.ask(Command::Locate { list: tab.view.list, date }).await {
        Reply::Located { position } => position,
        reply => panic!("a position, not {reply:?}"),
    };
    for (date, position) in
        [(at(365), 0), (at(0), 59), (at(-9), 59), (at(29), 30), (at(45), 30), (at(61), 29), (at(70), 20)]
    {
        assert_eq!(located(&mut tab, date).await, position, "{date}");
    }
    let oldest = Query { mailbox: "INBOX".to_owned(), sort: Sort::Oldest, ..Query::default() };
    tab.list_all(oldest).await;
    for (date, position) in [(at(365), 59), (at(0), 0), (at(29), 29), (at(45), 30), (at(61), 30)] {
        assert_eq!(located(&mut tab, date - 43_200).await, position, "{date}");
    }
    tab.list_all(Query { mailbox: "INBOX".to_owned(), sort: Sort::Sender, ..Query::default() }).await;
    let refused = tab.send(Command::Locate { list: tab.view.list, date: at(0) }).await;
    assert!(matches!(refused, Err(Error::BadRequest { .. })), "{refused:?}");
}
