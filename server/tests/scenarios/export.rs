//! The way out: a folder as mbox, all folders as a zip of Maildirs.

use std::{
    io::{Cursor, Read},
    sync::Arc,
    time::Duration,
};

use app::wire::Flag;
use tokio::sync::Notify;

use crate::{
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    test_bridge::{TestBridge, imap},
};

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

/// A large message in the inbox, behind a line of which each piece that the server says can be looked at.
async fn behind_a_line() -> (TestBridge, RecordingProxy, String) {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let port = proxy.port;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(port))).await;
    let large = format!("Subject: large\r\n\r\n{}", "A long line of text.\r\n".repeat(300_000));
    bridge.mail("ana").append_message("INBOX", "", &large).await;
    (bridge, proxy, large)
}

/// Has the line fall silent amid the message, and says when.
fn falls_silent(proxy: &RecordingProxy) -> Arc<Notify> {
    let broken = Arc::new(Notify::new());
    let told = broken.clone();
    let mut said = 0;
    proxy.rewrite(move |bytes| {
        said += if bytes.windows(9).any(|seen| seen == b"long line") { bytes.len() } else { 0 };
        if said > 3_000_000 {
            told.notify_one();
            return Vec::new();
        }
        bytes
    });
    broken
}

#[tokio::test]
async fn a_line_that_breaks_in_a_message_costs_nothing_of_it() {
    let (bridge, proxy, large) = behind_a_line().await;
    let browser = bridge.sign_in("ana").await;
    let broken = falls_silent(&proxy);
    let breaking = async {
        broken.notified().await;
        // The server is away for a moment.
        proxy.take_down();
        proxy.stop_rewriting();
        tokio::time::sleep(Duration::from_millis(700)).await;
        proxy.restore();
    };
    let (answer, ()) = tokio::join!(browser.get("/export/zip?mailbox=INBOX"), breaking);
    let mut zip = zip::ZipArchive::new(Cursor::new(answer.body)).expect("a zip");
    let names: Vec<String> = zip.file_names().map(|name| name.expect("a name").into_owned()).collect();
    let name = names.iter().find(|name| name.contains(":2,")).expect("the message");
    let mut bytes = Vec::new();
    zip.by_name(name).expect("the file").read_to_end(&mut bytes).expect("its bytes");
    assert!(bytes == large.as_bytes(), "{} bytes of {}", bytes.len(), large.len());
}

#[tokio::test]
async fn what_does_not_come_to_its_end_does_not_look_like_it() {
    let (bridge, proxy, _) = behind_a_line().await;
    let browser = bridge.sign_in("ana").await;
    let broken = falls_silent(&proxy);
    let breaking = async {
        broken.notified().await;
        // It is another mailbox by then.
        proxy.rewrite(|bytes| match String::from_utf8(bytes) {
            Ok(text) => text.replace("[UIDVALIDITY 1", "[UIDVALIDITY 2").into_bytes(),
            Err(odd) => odd.into_bytes(),
        });
        proxy.cut();
    };
    let (answer, ()) = tokio::join!(browser.get_what_comes("/export/mbox?mailbox=INBOX"), breaking);
    assert_eq!((answer.status, answer.whole), (200, false));
    assert!(answer.body.len() > 1_000_000, "it had begun");
}

#[tokio::test]
async fn there_is_one_download_at_a_time_and_it_keeps_nobody_from_reading() {
    let (bridge, proxy, _) = behind_a_line().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let told = begun.clone();
    // Nothing comes of the message.
    proxy.rewrite(move |bytes| {
        if bytes.windows(9).any(|seen| seen == b"long line") {
            told.notify_one();
            return Vec::new();
        }
        bytes
    });
    let others = async {
        begun.notified().await;
        assert_eq!(browser.get("/export/zip").await.status, 503, "one at a time");
        proxy.stop_rewriting();
        proxy.cut();
        go_on.notify_one();
    };
    let (answer, ()) = tokio::join!(browser.get("/export/zip"), others);
    assert_eq!(answer.status, 200);
    go_on.notified().await;
    tab.come_back().await;
    assert_eq!(browser.get("/export/mbox?mailbox=INBOX").await.status, 200, "the next one");
}
