//! Other servers, and servers that can do less.

use std::collections::HashMap;

use app::wire::{CollectorTrouble, Draft, DraftId, Error, RefusedReason, SubmissionState};
use mail_builder::headers::date::Date;
use pismo::{
    collector::{Step, Stop},
    store::now,
};

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
async fn a_full_target_ends_the_run_until_there_is_room() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 14, Size { large: 1000, ..SIZE }, "", '.', &[]).await;
    let server = MailServer::start(&["--quota", "3M"]);
    let target = Side { port: server.imap_port(), user: server.new_user(), prefix: "", delimiter: '/' };
    let mut raw = target.raw().await;
    raw.run("CREATE Ballast").await;
    let ballast = format!("Subject: ballast\r\n\r\n{}", "ballast\r\n".repeat(100_000));
    while raw.append("Ballast", "", "03-Mar-2023 03:03:03 +0000", ballast.as_bytes()).await {}
    while raw.append("Ballast", "", "03-Mar-2023 03:03:03 +0000", &ballast.as_bytes()[..20_000]).await {}
    let lab = Lab::new(&source, &target).await;
    for _ in 0..15 {
        let ended = lab.try_run().await;
        assert!(matches!(ended, Err(Stop::Run(CollectorTrouble::Target(Error::OverQuota { .. })))), "{ended:?}");
    }
    assert_eq!(lab.store.refused_messages(lab.collector, 10).await.expect("a store"), []);
    raw.run("DELETE Ballast").await;
    lab.run().await;
    lab.assert_whole("there is room").await;
}

/// A target that does not tell where messages are and says other sizes than they have: none can be known again.
#[tokio::test]
async fn what_was_taken_and_is_not_known_again_is_not_sent_again() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 15, Size { inbox: 20, other: 2, large: 4_500_000 }, "", '.', &[]).await;
    let masked = MaskingProxy::start(target.port, Mask::Without(&["UIDPLUS"])).await;
    let odd = RecordingProxy::start(masked.port).await;
    odd.rewrite(|said| match String::from_utf8(said) {
        Ok(text) => text.replace("RFC822.SIZE ", "RFC822.SIZE 7").into_bytes(),
        Err(binary) => binary.into_bytes(),
    });
    let mut lab = Lab::new(&source, &Side { port: odd.port, ..target.clone() }).await;
    let come = lab.run().await;
    lab.target = target;
    lab.assert_whole("once").await;
    assert_eq!(come, lab.expected().await.values().map(Vec::len).sum::<usize>() as u64);
    lab.target.port = odd.port;
    assert!(source.raw().await.append("INBOX", "", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await);
    assert_eq!(lab.run().await, 1);
    lab.assert_whole("what is new").await;
}

#[tokio::test]
async fn a_piece_that_is_not_said_is_not_the_end_of_a_message() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 16, Size { inbox: 14, other: 1, large: 5_000_000 }, "", '.', &[]).await;
    let proxy = RecordingProxy::start(source.port).await;
    let mut lines: HashMap<usize, (usize, Vec<u8>)> = HashMap::new();
    // Of each second piece the server says nothing.
    proxy.rewrite_by_line(move |line, said| {
        let (skip, held) = lines.entry(line).or_default();
        let (begin, mut out) = (b"BODY[]<1048576> {", Vec::new());
        held.extend_from_slice(&said);
        let all = std::mem::take(held);
        let mut rest = all.as_slice();
        loop {
            let skipped = rest.len().min(*skip);
            rest = &rest[skipped..];
            *skip -= skipped;
            let place = rest.windows(begin.len()).position(|window| window == begin);
            // What may be the beginning of one waits for the rest of it.
            let open = || (1..begin.len()).rev().find(|length| rest.ends_with(&begin[..*length]));
            let place = place.unwrap_or_else(|| rest.len() - open().unwrap_or(0));
            out.extend_from_slice(&rest[..place]);
            rest = &rest[place..];
            let Some(end) = rest.windows(3).position(|window| window == b"}\r\n") else { break };
            *skip = std::str::from_utf8(&rest[begin.len()..end]).expect("a number").parse().expect("a number");
            out.extend_from_slice(b"BODY[]<1048576> NIL");
            rest = &rest[end + "}\r\n".len()..];
        }
        held.extend_from_slice(rest);
        out
    });
    let mut lab = Lab::new(&Side { port: proxy.port, ..source.clone() }, &target).await;
    lab.run().await;
    let refused = lab.store.refused_messages(lab.collector, 10).await.expect("a store");
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|one| one.size > 4_000_000 && matches!(one.reason, RefusedReason::Unreadable { .. })));
    lab.source = source;
    lab.store.retry_refused(lab.collector).await.expect("a store");
    assert_eq!(lab.run().await, refused.len() as u64);
    lab.assert_whole("tried again").await;
}

/// The source's server files what it relays by itself, with fields of its own.
#[tokio::test]
async fn what_was_sent_from_here_through_the_source_comes_once() {
    let (source, target) = sides();
    let lab = Lab::new(&source, &target).await;
    lab.run().await;
    let draft = |number: u32| Draft::new(DraftId(format!("{number:032x}")));
    let (mut numbers, mut handed_over) = (Vec::new(), 0);
    for (number, kept) in [(1, Some(true)), (2, Some(false)), (3, None)] {
        let (submission, _) = lab.store.add_submission(lab.account, &draft(number), now()).await.expect("a store");
        lab.store.set_submission(submission.id, SubmissionState::Sent, &[], 0).await.expect("a store");
        if let Some(kept) = kept {
            lab.store.set_filed(submission.id, kept).await.expect("a store");
        }
        numbers.push(submission.id);
        if number == 1 {
            handed_over = submission.created;
        }
    }
    let mut raw = source.raw().await;
    for mailbox in ["Sent", "INBOX"] {
        for (number, date) in [(1, handed_over), (1, 0), (2, handed_over), (3, handed_over), (4, handed_over)] {
            // What was written on after it had gone out is another message.
            let date = Date::new(date).to_rfc822();
            let large = if number == 1 { "x\r\n".repeat(2_000_000) } else { String::new() };
            let message = format!(
                "X-Server: kept\r\nDate: {date}\r\nMessage-ID: <{number:032x}@old.test>\r\nSubject: {number}\r\n\r\n{large}"
            );
            assert!(raw.append(mailbox, "\\Seen", "03-Mar-2023 03:03:03 +0000", message.as_bytes()).await);
        }
    }
    // One's own message to oneself has come all the same.
    assert_eq!(lab.run().await, 4 + 5);
    assert_eq!(target.raw().await.mailbox("Sent").await.len(), 4);
    assert_eq!(target.raw().await.mailbox("INBOX").await.len(), 5);
    assert_eq!(lab.run().await, 0);
    for number in numbers {
        assert!(lab.store.drop_submission(lab.account, number).await.expect("a store"));
    }
}
