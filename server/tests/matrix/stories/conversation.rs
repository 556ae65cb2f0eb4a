//! Messages that belong together.

use std::{sync::Arc, time::Duration};

use app::wire::{Command, Query, Reply};

use crate::cell::Cell;

fn letter(id: &str, further: &str) -> String {
    format!(
        "From: boris@example.org\nSubject: {id}\nMessage-ID: <{id}@example.org>\n{further}MIME-Version: 1.0\n\
         Content-Type: text/plain\n\nText of {id}\n"
    )
}

pub async fn an_exchange_is_gathered(cell: Arc<Cell>) {
    let sent = format!("{}Sent", cell.prefix);
    let answer = letter("two", "References: <one@example.org>\n");
    let last = letter("three", "In-Reply-To: <two@example.org>\n");
    let mut desk = cell
        .desk_with(1, async |mail| {
            if !mail.has(&sent).await {
                mail.create(&sent).await;
                mail.run(&format!("SUBSCRIBE \"{sent}\"")).await;
            }
            mail.append_dated("INBOX", "01-Nov-2026", &letter("one", "")).await;
            mail.append_dated(&sent, "02-Nov-2026", &answer).await;
            mail.append_dated("INBOX", "03-Nov-2026", &last).await;
        })
        .await;
    let message = desk.tab.messages()[0].clone();
    let rows = loop {
        let command = Command::Gather { message: message.clone() };
        let Reply::Conversation(conversation) = desk.tab.ask(command).await else { panic!("a conversation") };
        if conversation.complete {
            break conversation.rows;
        }
        desk.tab.listen_for(Duration::from_millis(50)).await;
    };
    let found: Vec<_> = rows.iter().map(|row| (row.message.mailbox.as_str(), row.subject.as_str())).collect();
    assert_eq!(found, [("INBOX", "one"), (sent.as_str(), "two"), ("INBOX", "three")]);
    assert!(rows.iter().all(|row| row.preview == format!("Text of {}", row.subject)), "{rows:?}");

    let query = Query { mailbox: "INBOX".to_owned(), threaded: true, ..Query::default() };
    desk.tab.list_all(query).await;
    assert_eq!(desk.tab.view.subjects().len(), 2, "the exchange, and the letter that was there before");
    desk.mail.append_dated("INBOX", "04-Nov-2026", &letter("four", "References: <three@example.org>\n")).await;
    desk.until("the newest stands for all", |view| {
        let row = view.rows.first().and_then(Option::as_ref);
        row.is_some_and(|row| row.subject == "four" && row.thread.is_some_and(|thread| thread.count == 3))
    })
    .await;
    assert_eq!(desk.tab.view.rows.len(), 2);
}
