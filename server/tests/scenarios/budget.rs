//! Mail servers that allow few connections: everything still works, one thing after the other.

use app::wire::Flag;

use crate::{
    mail::Mail,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    test_bridge::{TestBridge, imap},
};

#[tokio::test]
async fn a_server_that_allows_two_connections_is_enough() {
    // For this test alone: it ends with this process.
    let server: &'static MailServer = Box::leak(Box::new(MailServer::start(&["--max-connections", "2"])));
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
    let uids = {
        // This hand counts as one, so it is gone before the rest begins.
        let mut mail: Mail = bridge.mail("ana");
        mail.append_message("INBOX", "", crate::read::WITH_FILES).await;
        mail.fill("INBOX", 20).await
    };
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let message = tab.message(uids[7]);
    for _ in 0..2 {
        let answer = browser.get(&app::route::source_url(&message)).await;
        assert_eq!(answer.status, 200, "the watch makes room for what somebody asked for");
        assert_eq!(tab.search("INBOX", "subject:\"message 1\"").await.total, 11, "and so do parts for searches");
    }
    tab.open("INBOX").await;
    tab.flag(uids[3], Flag::Flagged, true).await;
    assert!(tab.view.has(uids[3], &Flag::Flagged));
    assert!(tab.view.is_live());
    let page = browser.get("/server").await;
    assert!(page.text().contains("2 connections"), "the page says so");
}
