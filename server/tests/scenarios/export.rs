//! The way out: a folder as mbox, all folders as a zip of Maildirs.

use std::io::{Cursor, Read};

use app::wire::Flag;

use crate::test_bridge::TestBridge;

/// `Работа`, as IMAP has it.
const WORK: &str = "&BCAEMAQxBD4EQgQw-";

#[tokio::test]
async fn a_folder_goes_out_as_mbox_with_its_flags() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.create(WORK).await;
    let first = mail.append_message(WORK, "", "Subject: one\r\n\r\nFrom here\r\n").await;
    mail.store(WORK, first, Flag::Flagged, true).await;
    mail.append_message(WORK, "\\Seen work", "Subject: two\r\n\r\nno end").await;
    let browser = bridge.sign_in("ana").await;
    let path = format!("/export/mbox?mailbox={}", app::route::encode("Работа"));
    let answer = browser.get(&path).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer.header("content-disposition").expect("a name").contains("filename*=UTF-8''%D0%A0"),
        "it is called so"
    );
    let text = answer.text();
    let messages: Vec<&str> = text.split("From MAILER-DAEMON ").skip(1).collect();
    assert_eq!(messages.len(), 2, "{text}");
    assert!(messages[0].contains("\nX-Status: F\nSubject: one\n\n>From here\n\n"), "{text}");
    assert!(messages[1].ends_with("Status: RO\nX-Keywords: work\nSubject: two\n\nno end\n\n"), "{text}");
    assert_eq!(browser.get("/export/mbox?mailbox=Nowhere").await.status, 404);
    assert_eq!(bridge.browser("ana").get(&path).await.status, 401, "signed in people only");
}

#[tokio::test]
async fn everything_goes_out_as_it_is_in_a_zip_of_maildirs() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    for path in ["Work", "Work/2026", "Empty"] {
        mail.create(path).await;
    }
    mail.fill("INBOX", 70).await;
    let large = format!("Subject: large\r\n\r\n{}", "A long line of text.\r\n".repeat(300_000));
    let message = mail.append_message("Work/2026", "\\Seen \\Answered work", &large).await;
    let browser = bridge.sign_in("ana").await;
    let answer = browser.get("/export/zip").await;
    assert_eq!((answer.status, answer.header("content-type").as_deref()), (200, Some("application/zip")));
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.body)).expect("a zip");
    let names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("INBOX/cur/") && name.contains(":2,")).count(), 70);
    assert!(names.iter().any(|name| name == "Empty/cur/"), "{names:?}");
    let name =
        names.iter().find(|name| name.starts_with("Work/2026/cur/") && name.contains(":2,")).expect("the large one");
    assert!(name.contains(&format!("_{}.pismo:2,RSa", message.0)), "{name}");
    let mut bytes = Vec::new();
    zip.by_name(name).expect("the file").read_to_end(&mut bytes).expect("its bytes");
    assert!(bytes == large.as_bytes(), "{} bytes of {}", bytes.len(), large.len());
    let mut keywords = String::new();
    zip.by_name("Work/2026/dovecot-keywords").expect("the letters").read_to_string(&mut keywords).expect("text");
    assert_eq!(keywords, "0 work\n");
}
