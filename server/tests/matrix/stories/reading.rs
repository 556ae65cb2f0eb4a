//! Looking at what is there.

use std::{collections::BTreeSet, sync::Arc};

use app::{
    route,
    wire::{Body, Flag, SpecialUse},
};

use crate::cell::Cell;

pub async fn folders_and_the_list(cell: Arc<Cell>) {
    let plans = format!("{}Plans", cell.prefix);
    let mut desk = cell
        .desk_with(3, async |mail| {
            mail.create(&plans).await;
            mail.append(&plans, "a plan").await;
            mail.append_message("INBOX", "\\Seen \\Flagged", &crate::mail::letter("read")).await;
        })
        .await;
    assert_eq!(desk.tab.view.subjects(), ["read", "message 3", "message 2", "message 1"]);
    assert_eq!(desk.tab.view.counts("INBOX"), Some((4, 3)));
    assert_eq!(desk.tab.view.counts(&plans), Some((1, 1)));
    desk.agree("INBOX", &[&plans]).await;
    let trash = desk.tab.view.mailbox(&desk.top("Trash")).expect("Trash");
    assert_eq!(trash.special_use, Some(SpecialUse::Trash));
    let shown: BTreeSet<String> = desk.tab.view.mailboxes.iter().map(|mailbox| mailbox.path.clone()).collect();
    let listed = desk.mail.run("LIST \"\" \"*\"").await;
    let name = |line: &String| line.rsplit(' ').next().expect("a name").trim_matches('"').to_owned();
    let there = listed.iter().filter(|line| line.starts_with("* LIST")).map(name).collect();
    assert_eq!(shown, there);
}

const WITH_A_FILE: &str = concat!(
    "From: =?koi8-r?B?4c7OwQ==?= <anna@example.org>\r\nTo: ana@pismo.test\r\n",
    "Subject: =?koi8-r?B?79Teo9Qg2sEgzs/RwtLY?=\r\n",
    "Date: Mon, 23 Nov 2026 10:00:00 +0300\r\nMessage-ID: <file@example.org>\r\nMIME-Version: 1.0\r\n",
    "Content-Type: multipart/mixed; boundary=outer\r\n\r\n",
    "--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n",
    "--inner\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain\r\n",
    "--inner\r\nContent-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    "<p>=F0=D2=C9=D7=C5=D4</p>\r\n--inner--\r\n",
    "--outer\r\nContent-Type: application/pdf\r\n",
    "Content-Disposition: attachment; filename=\"=?koi8-r?B?79Teo9QucGRm?=\"\r\n",
    "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQKAP/+\r\n--outer--\r\n",
);

pub async fn reading_and_downloading(cell: Arc<Cell>) {
    let mut desk = cell
        .desk_with(1, async |mail| {
            mail.append_message("INBOX", "", WITH_A_FILE).await;
        })
        .await;
    let plain = desk.tab.read(desk.uids[0]).await;
    let Body::Text { text, truncated: false } = plain.body else { panic!("a text, not {:?}", plain.body) };
    assert_eq!((plain.subject.as_str(), text.trim_end()), ("message 1", "The text of message 1."));

    let message = desk.tab.messages()[0].clone();
    let read = desk.tab.read(message.uid).await;
    assert_eq!((read.subject.as_str(), read.from[0].name.as_str()), ("Отчёт за ноябрь", "Анна"));
    assert!(read.flags.is_empty(), "reading marks nothing by itself");
    let body = desk.browser.get(&route::body_url(&message, "light", false)).await;
    assert!(body.status == 200 && body.text().contains("Привет"), "{body:?}");
    let [file] = &read.attachments[..] else { panic!("one file, not {:?}", read.attachments) };
    assert_eq!((file.name.as_str(), file.content_type.as_str()), ("Отчёт.pdf", "application/pdf"));
    let answer = desk.browser.get(&route::part_url(&message, &file.section, false)).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b"%PDF-1.4\n\x00\xff\xfe"[..]));
    let source = desk.browser.get(&route::source_url(&message)).await;
    assert_eq!((source.status, source.text().as_str()), (200, WITH_A_FILE));
    let flags = desk.mail.messages("INBOX").await;
    assert!(flags.values().all(|flags| !flags.contains(&Flag::Seen)), "nor does downloading: {flags:?}");
    desk.until("the beginning of the text", |view| {
        view.rows.iter().flatten().any(|row| row.preview == "The text of message 1.")
    })
    .await;
}
