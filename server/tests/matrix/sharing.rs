//! Shared folders on Cyrus IMAP, which calls them otherwise than Dovecot does: `user.ana.Team`, of `ana` alone.

use std::sync::Arc;

use app::{
    view::sharing::url,
    wire::{Action, Command, Error, Flag, Right, Selection, Shared},
};

use crate::{
    mail_server::MailServer,
    masking_proxy::{Mask, MaskingProxy},
    test_bridge::{TestBridge, imap},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_is_shared_on_cyrus_imap() {
    // It ends with this process.
    let server: &'static MailServer = Box::leak(Box::new(MailServer::start_other("cyrus")));
    for mask in [Mask::Without(&[]), Mask::Without(&["LIST-MYRIGHTS", "LIST-STATUS", "LIST-EXTENDED"])] {
        let proxy = Arc::new(MaskingProxy::start(server.imap_port(), mask).await);
        share(&TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await).await;
        assert!(proxy.trespasses().is_empty(), "{:?}", proxy.trespasses());
    }
}

async fn share(bridge: &TestBridge) {
    let mut ana = bridge.mail("ana");
    ana.create("INBOX.Team").await;
    ana.fill("INBOX.Team", 2).await;
    // Cyrus IMAP knows people only once they have been there.
    bridge.mail("bo").run("NOOP").await;
    let browser = bridge.sign_in("ana").await;
    let fields = [("folder", "INBOX.Team"), ("who", &bridge.address_of("bo")), ("do", "give"), ("role", "read")];
    let saved = browser.submit("/sharing", &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text());
    let page = browser.get(&url("INBOX.Team")).await.text();
    assert!(page.contains("data-rights=\"lrs\"") && page.contains("(you)"), "{page}");

    let name = ana.address.split('@').next().expect("a name").to_owned();
    let path = format!("user.{name}.Team");
    let mut tab = bridge.sign_in("bo").await.open(&path).await;
    let mailbox = tab.view.mailbox(&path).expect("Ana's folder");
    assert_eq!(mailbox.shared, Some(Shared { owner: Some(name.clone()), above: 1 }));
    assert_eq!(
        (mailbox.depth(), mailbox.total, mailbox.may(Right::Seen), mailbox.may(Right::Write)),
        (1, 2, true, false)
    );
    let place = tab.view.mailbox(&format!("user.{name}")).expect("Ana, whom the server does not list");
    assert!(!place.selectable && place.depth() == 0);
    assert!(tab.view.mailbox("INBOX").is_some_and(|inbox| inbox.shared.is_none()));

    ana.append("INBOX.Team", "fresh").await;
    tab.until("the message", |view| view.subjects() == ["fresh", "message 2", "message 1"]).await;
    let selection = Selection::Messages(vec![tab.messages()[0].clone()]);
    let action = Action::Flag { flag: Flag::Flagged, set: true };
    let refused = tab.send(Command::Act { selection, action }).await;
    assert_eq!(refused, Err(Error::NoRight { right: Some(Right::Write), text: String::new() }));
    let uid = tab.messages()[0].uid;
    tab.flag(uid, Flag::Seen, true).await;
    tab.until("it is read", |view| view.has(uid, &Flag::Seen)).await;
}
