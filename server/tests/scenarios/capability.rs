//! What the mail server can do, what it cannot, and what a person is told of it.

use app::wire::{Command, Error, Reply};

use crate::{
    draft::draft_to,
    masking_proxy::{Mask, MaskingProxy},
    recording_proxy::RecordingProxy,
    test_bridge::{TestBridge, imap},
};

/// The rows of the page: what it is about, whether the server offers it, and all words.
fn rows(page: &str) -> Vec<(String, bool, String)> {
    let rows = page.split("<tr data-testid=\"feature\"").skip(1);
    rows.map(|row| {
        let value = |name: &str| {
            let (_, after) = row.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("{name} in {row}"));
            after.split('"').next().expect("a value").to_owned()
        };
        let words = row.split("</tr>").next().expect("a row").to_owned();
        (value("data-feature"), value("data-offered") == "true", words)
    })
    .collect()
}

#[tokio::test]
async fn the_page_tells_of_every_extension_and_of_what_pismo_does_about_it() {
    let bridge = TestBridge::start().await;
    let hidden = &["SORT", "ESEARCH", "SASL-IR", "NAMESPACE"];
    let masking = MaskingProxy::start(bridge.server.imap_port(), Mask::Without(hidden)).await;
    let masked = TestBridge::with(|config| config.imap = Some(imap(masking.port))).await;
    let [all, some] = [&bridge, &masked];
    let mut pages = Vec::new();
    for bridge in [all, some] {
        let browser = bridge.sign_in("ana").await;
        browser.open("INBOX").await;
        pages.push(rows(&browser.get("/server").await.text()));
    }
    let [all, some] = &pages[..] else { panic!("two pages") };
    assert_eq!(all.len(), 32);
    for ((name, offered, words), (same, left, others)) in all.iter().zip(some) {
        assert_eq!(name, same);
        // Dovecot 2.3 has no others of those that the page tells of.
        let lacks = [
            "IMAP4rev2",
            "UTF8=ACCEPT",
            "COMPRESS=DEFLATE",
            "OBJECTID",
            "ACL",
            "LIST-MYRIGHTS",
            "METADATA",
            "MULTISEARCH",
            "SEARCH=FUZZY",
            "QUOTA",
            "APPENDLIMIT",
            "REPLACE",
        ];
        assert_eq!(*offered, !lacks.contains(&name.as_str()), "{name}");
        assert_eq!(*left, *offered && !hidden.contains(&name.as_str()), "{name}");
        assert_eq!(words == others, left == offered, "{name}");
    }
}

#[tokio::test]
async fn a_draft_that_is_too_large_is_refused_with_the_limit() {
    let mail_server = crate::mail_server::MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(mail_server.imap_port()).await;
    proxy.rewrite(|said| match String::from_utf8(said) {
        Ok(text) => text.replace("[CAPABILITY IMAP4rev1 ", "[CAPABILITY IMAP4rev1 APPENDLIMIT=20000 ").into_bytes(),
        Err(odd) => odd.into_bytes(),
    });
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let mut draft = draft_to(&["boris@pismo.test"], "much");
    draft.body = "Not much, said many times.\n".repeat(2000);
    let refused = tab.send(Command::SaveDraft { draft: draft.clone(), base: None }).await;
    assert_eq!(refused, Err(Error::MessageTooLarge { limit: 20_000 }));
    assert!(proxy.lines().iter().all(|line| !line.take_said().contains("APPEND")), "it was not sent there");
    draft.body.truncate(1000);
    assert!(matches!(tab.ask(Command::SaveDraft { draft, base: None }).await, Reply::Saved { .. }));
}
