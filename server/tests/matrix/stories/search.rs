//! Looking for messages.

use std::sync::Arc;

use crate::cell::Cell;

fn message(from: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: ana@pismo.test\nSubject: {subject}\nDate: Mon, 23 Nov 2026 10:00:00 +0300\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{text}\n"
    )
}

pub async fn searching(cell: Arc<Cell>) {
    let plans = format!("{}Plans", cell.prefix);
    // Счёт за октябрь, Борис
    let russian = "=?utf-8?B?0KHRh9GR0YIg0LfQsCDQvtC60YLRj9Cx0YDRjA==?=";
    let boris = "=?utf-8?B?0JHQvtGA0LjRgQ==?= <boris@example.org>";
    let mut desk = cell
        .desk_with(0, async |mail| {
            let lunch = message("Carla <carla@example.org>", "Lunch", "Shall we eat pizza?");
            mail.append_message("INBOX", "", &lunch).await;
            let report = message("Boris <boris@example.org>", "Report", "pizza sales");
            mail.append_message("INBOX", "\\Seen \\Flagged", &report).await;
            mail.append_message("INBOX", "", &message(boris, russian, "Оплатите до пятницы")).await;
            mail.create(&plans).await;
            mail.append_message(&plans, "", &message("Carla <carla@example.org>", "Old lunch", "pasta")).await;
        })
        .await;
    for (search, found) in [
        ("pizza", vec!["Report", "Lunch"]),
        ("subject:lunch", vec!["Lunch"]),
        ("from:boris", vec!["Счёт за октябрь", "Report"]),
        ("body:sales", vec!["Report"]),
        ("is:unread", vec!["Счёт за октябрь", "Lunch"]),
        ("-is:starred pizza", vec!["Lunch"]),
        ("since:2026-11-01", vec!["Счёт за октябрь", "Report", "Lunch"]),
        ("subject:октябрь", vec!["Счёт за октябрь"]),
        ("from:Борис", vec!["Счёт за октябрь"]),
        ("body:пятницы", vec!["Счёт за октябрь"]),
        ("Оплатите", vec!["Счёт за октябрь"]),
        ("nothing-like-this", vec![]),
    ] {
        let listing = desk.tab.search("INBOX", search).await;
        assert_eq!(desk.tab.view.subjects(), found, "{search}");
        assert_eq!(listing.total as usize, found.len(), "{search}");
    }
    desk.tab.search_everywhere("subject:lunch").await;
    let mut subjects = desk.tab.view.subjects();
    subjects.sort_unstable();
    assert_eq!(subjects, ["Lunch", "Old lunch"]);
    desk.tab.open("INBOX").await;
    desk.agree("INBOX", &[&plans]).await;
}
