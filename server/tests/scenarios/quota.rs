//! How full the mailbox is: told where the server sets a limit, asked again when mail has come, but not often.

use app::wire::{Quota, Usage};

use crate::{
    mail::letter,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    test_bridge::{TestBridge, imap},
};

/// The commands that have asked for it since the last time.
fn asked(proxy: &RecordingProxy) -> usize {
    proxy.lines().iter().map(|line| line.take_said().matches("GETQUOTAROOT").count()).sum()
}

#[tokio::test]
async fn a_limit_is_told_and_asked_for_no_more_than_once_a_minute() {
    // The server is shared by nobody; it ends with this process.
    let server: &'static MailServer = Box::leak(Box::new(MailServer::start(&["--quota", "1M"])));
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    let half = letter("large") + &"Not much, said many times.\r\n".repeat(20_000);
    mail.append_message("INBOX", "", &half).await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    tab.until("how full it is", |view| view.quota != Quota::default()).await;
    let Quota { storage: Some(Usage { used, limit }), messages: None } = tab.view.quota else {
        panic!("a limit of storage alone, not {:?}", tab.view.quota);
    };
    assert_eq!(limit, 1024 * 1024);
    assert!((500 * 1024..600 * 1024).contains(&used), "{used}");
    assert_eq!(asked(&proxy), 1);
    // New mail changes it, and is no reason to ask every time.
    for subject in ["one", "two", "three"] {
        mail.append("INBOX", subject).await;
        tab.until("a new message", |view| view.subjects().first() == Some(&subject)).await;
    }
    assert_eq!(asked(&proxy), 0);
    let other = browser.open("INBOX").await;
    assert_eq!(other.view.quota, tab.view.quota, "a new tab knows it at once");
}

#[tokio::test]
async fn where_there_is_no_limit_nothing_is_asked_or_told() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    bridge.mail("ana").fill("INBOX", 1).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    tab.until("a row", |view| view.total() == 1).await;
    // Whatever follows the first list has been done when the next one is here.
    tab.open("Archive").await;
    assert_eq!(tab.view.quota, Quota::default());
    assert_eq!(asked(&proxy), 0);
}
