//! Other servers, and servers that can do less.

use app::wire::{CollectorTrouble, Error, RefusedReason};
use pismo::collector::{Step, Stop};

use crate::{
    lab::{Lab, Side},
    mail_server::MailServer,
    masking_proxy::{Mask, MaskingProxy},
    recording_proxy::RecordingProxy,
    seed::{Size, fill},
    sides,
};

const SIZE: Size = Size { inbox: 40, other: 5, large: 4_500_000 };

/// Names that only some servers allow.
const DARING: [&str; 4] = ["quote\"d \\x", "a/b", "&2D3eAA- smile", "R&-D"];

async fn comes_whole_from(kind: &str) {
    let (server, (_, target)) = (MailServer::start_other(kind), sides());
    let source = Side { port: server.imap_port(), user: server.new_user(), prefix: "INBOX.", delimiter: '.' };
    fill(&mut source.raw().await, 11, SIZE, "INBOX.", '.', &DARING).await;
    let mut lab = Lab::new(&source, &target).await;
    assert!(lab.run_to(Step::Appended, 3).await);
    lab.run().await;
    lab.assert_whole("all has come").await;
    let mut raw = source.raw().await;
    raw.run("SELECT INBOX").await;
    raw.run("STORE 7:9 +FLAGS (\\Answered)").await;
    assert!(raw.append("INBOX.Work", "\\Seen", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await);
    assert_eq!(lab.run().await, 1);
    // Courier does not tell which flags have changed; that is found out once an hour.
    if kind == "cyrus" {
        lab.assert_whole("what is new has come").await;
    }
    lab.lose_the_ledger().await;
    assert_eq!(lab.run().await, 0);
}

#[tokio::test]
async fn an_account_at_cyrus_imap_comes_whole() {
    comes_whole_from("cyrus").await;
}

#[tokio::test]
async fn an_account_at_courier_imap_comes_whole() {
    comes_whole_from("courier").await;
}

#[tokio::test]
async fn servers_that_can_do_less_do_as_well() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 12, SIZE, "", '.', &[]).await;
    for mask in [
        Mask::Without(&["MULTIAPPEND"]),
        Mask::Without(&["UIDPLUS"]),
        Mask::Without(&["LITERAL+", "LITERAL-"]),
        Mask::Without(&["CONDSTORE", "QRESYNC", "ENABLE"]),
        Mask::Without(&["LIST-STATUS", "LIST-EXTENDED", "ESEARCH"]),
        Mask::Bare,
    ] {
        let (_, target) = sides();
        let there = MaskingProxy::start(source.port, mask).await;
        let here = MaskingProxy::start(target.port, mask).await;
        let masked = |side: &Side, proxy: &MaskingProxy| Side { port: proxy.port, ..side.clone() };
        let mut lab = Lab::new(&masked(&source, &there), &masked(&target, &here)).await;
        lab.run_to(Step::Appended, 2).await;
        lab.run().await;
        lab.assert_whole(&format!("{mask:?}")).await;
        lab.lose_the_ledger().await;
        assert_eq!(lab.run().await, 0, "{mask:?}");
        assert_eq!([there.trespasses(), here.trespasses()].concat(), Vec::<String>::new(), "{mask:?}");
    }
}

#[tokio::test]
async fn what_the_target_does_not_take_is_told_and_can_be_tried_again() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 13, SIZE, "", '.', &[]).await;
    // A server that takes no message of more than 100,000 bytes.
    let proxy = RecordingProxy::start(target.port).await;
    proxy.rewrite(|said| match String::from_utf8(said) {
        Ok(text) => text.replace(" IMAP4rev1 ", " IMAP4rev1 APPENDLIMIT=100000 ").into_bytes(),
        Err(odd) => odd.into_bytes(),
    });
    let mut lab = Lab::new(&source, &Side { port: proxy.port, ..target.clone() }).await;
    lab.run().await;
    let refused = lab.store.refused_messages(lab.collector, 1000).await.expect("a store");
    assert!(refused.iter().any(|message| message.size > 4_000_000 && message.source == "INBOX"));
    assert!(
        refused
            .iter()
            .all(|message| { message.size > 100_000 && message.reason == RefusedReason::TooLarge { limit: 100_000 } })
    );
    let folders = lab.store.collector_folders(lab.collector).await.expect("a store");
    let sum: u32 = folders.iter().map(|folder| folder.refused).sum();
    assert_eq!(sum as usize, refused.len());
    // As long as nobody asks for it, they are left alone.
    assert_eq!(lab.run().await, 0);
    lab.target = target;
    assert_eq!(lab.run().await, 0);
    lab.store.retry_refused(lab.collector).await.expect("a store");
    assert_eq!(lab.run().await, refused.len() as u64);
    lab.assert_whole("tried again").await;
    assert_eq!(lab.store.refused_messages(lab.collector, 10).await.expect("a store"), []);
}

#[tokio::test]
async fn a_full_target_ends_the_run_and_says_so() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 14, SIZE, "", '.', &[]).await;
    let server = MailServer::start(&["--quota", "2M"]);
    let target = Side { port: server.imap_port(), user: server.new_user(), prefix: "", delimiter: '/' };
    let lab = Lab::new(&source, &target).await;
    let ended = lab.try_run().await;
    assert!(matches!(ended, Err(Stop::Run(CollectorTrouble::Target(Error::OverQuota { .. })))), "{ended:?}");
    assert_eq!(lab.store.refused_messages(lab.collector, 10).await.expect("a store"), []);
}
