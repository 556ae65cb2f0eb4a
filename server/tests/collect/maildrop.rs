//! Sources over POP3: a maildrop without UIDs or flags. The raw hand looks at it over IMAP.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use app::wire::{CollectorOptions, CollectorTrouble, Error, RefusedReason, UidValidity};
use pismo::{
    collector::{STEPS, Step, Stop},
    endpoint::{Credentials, Endpoint, Protocol, Security},
    net::Dialer,
    pop3,
};
use tokio::sync::mpsc;

use crate::{
    cutting::{Cut, Cutting},
    lab::{Lab, Side},
    mail_server::{MailServer, PASSWORD},
    random::Random,
    recording_proxy::RecordingProxy,
    seed::{Size, fill},
    sides, source_server,
};

const SIZE: Size = Size { inbox: 60, other: 0, large: 4_500_000 };

const SMALL: Size = Size { inbox: 40, other: 0, large: 1000 };

const NEW: &[u8] =
    b"Received: from a by b; Fri, 21 Nov 2025 10:05:00 +0300\r\nDate: Thu, 20 Nov 2025 10:05:00 +0300\r\nSubject: new\r\n\r\nnew\r\n";

async fn drop_of(seed: u64, size: Size) -> Lab {
    let (source, target) = sides();
    fill(&mut source.raw().await, seed, size, "", '.', &[]).await;
    Lab::over(&source, Some(source_server().pop3_port()), &target).await
}

/// The messages of a side's INBOX by what they hold, as a multiset.
async fn held(side: &Side) -> Vec<String> {
    let mut held: Vec<String> = side.raw().await.mailbox("INBOX").await.into_iter().map(|seen| seen.ended).collect();
    held.sort();
    held
}

/// All of the source is here, once, and nothing else.
pub async fn assert_whole(lab: &Lab, when: &str) {
    let (there, here) = (held(&lab.source).await, held(&lab.target).await);
    let refused = lab.store.refused_messages(lab.collector, 10).await.expect("a store");
    assert_eq!(there.len(), here.len(), "{when}: missing or doubled, or left out: {refused:?}");
    assert!(there == here, "{when}: altered");
}

async fn add(side: &Side, message: &[u8]) {
    assert!(side.raw().await.append("INBOX", "\\Seen", "03-Mar-2023 03:03:03 +0000", message).await);
}

async fn erase(side: &Side, set: &str) {
    let mut raw = side.raw().await;
    raw.run("SELECT INBOX").await;
    raw.run(&format!("STORE {set} +FLAGS (\\Deleted)")).await;
    raw.run("EXPUNGE").await;
}

#[tokio::test]
async fn a_maildrop_comes_whole_and_comes_once() {
    let mut lab = drop_of(31, SIZE).await;
    let come = lab.run().await;
    assert_whole(&lab, "the first run").await;
    assert_eq!(come as usize, held(&lab.source).await.len());
    assert_eq!(lab.run().await, 0);
    add(&lab.source, NEW).await;
    assert_eq!(lab.run().await, 1);
    assert_whole(&lab, "a new message").await;
    let here = lab.target.raw().await.mailbox("INBOX").await;
    assert_eq!(here.last().expect("a message").date, "21-Nov-2025 07:05:00 +0000", "it came when it was received");
    // What is gone there stays here, and what comes then is new.
    let before = here.len();
    erase(&lab.source, "1:5").await;
    add(&lab.source, b"Subject: newer\r\n\r\nnewer\r\n").await;
    assert_eq!(lab.run().await, 1);
    assert_eq!(held(&lab.target).await.len(), before + 1);
    lab.lose_the_ledger().await;
    assert_eq!(lab.run().await, 0, "all of it is here already");
    assert_eq!(held(&lab.target).await.len(), before + 1);
    add(&lab.source, b"Subject: newest\r\n\r\nnewest\r\n").await;
    assert_eq!(lab.run().await, 1);
}

async fn choose(lab: &Lab, options: CollectorOptions) {
    assert!(lab.store.set_collector_options(lab.account, lab.collector, &options).await.expect("a store"));
}

#[tokio::test]
async fn what_is_here_is_deleted_there_only_if_a_person_wants_it() {
    let lab = drop_of(35, SMALL).await;
    choose(&lab, CollectorOptions { delete_after: Some(1), seen: true, ..Default::default() }).await;
    let come = lab.run().await as usize;
    assert!(lab.target.raw().await.mailbox("INBOX").await.iter().all(|seen| seen.flags.contains("\\Seen")));
    assert_eq!((lab.run().await, held(&lab.source).await.len()), (0, come), "no day has passed");

    // Only what is here goes, and what has just come is not here yet.
    choose(&lab, CollectorOptions { delete_after: Some(0), ..Default::default() }).await;
    add(&lab.source, NEW).await;
    assert!(lab.run_to(Step::Recorded, 1).await);
    assert_eq!(held(&lab.source).await.len(), come + 1, "a session that breaks deletes nothing");
    assert_eq!(lab.run().await, 1);
    assert_eq!(held(&lab.source).await.len(), 1, "the new one");
    assert_eq!((lab.run().await, held(&lab.source).await.len()), (0, 0));
    assert_eq!(held(&lab.target).await.len(), come + 1);
    add(&lab.source, NEW).await;
    assert_eq!(lab.run().await, 1, "the same text again is another message");
}

#[tokio::test]
async fn what_was_not_sent_here_is_never_deleted_there() {
    let mut lab = drop_of(37, SMALL).await;
    let come = lab.run().await as usize;
    // It is found to be here: perhaps because the maildrop is the very mailbox.
    lab.lose_the_ledger().await;
    choose(&lab, CollectorOptions { delete_after: Some(0), ..Default::default() }).await;
    for _ in 0..3 {
        assert_eq!(lab.run().await, 0);
    }
    assert_eq!(held(&lab.source).await.len(), come);
    // A mailbox that is not there for now is made, and nothing is deleted for it.
    add(&lab.source, NEW).await;
    assert_eq!(lab.run().await, 1);
    lab.run().await;
    assert_eq!(held(&lab.source).await.len(), come, "the one that was sent");
}

#[tokio::test]
async fn a_maildrop_goes_into_the_folder_that_a_person_names() {
    let lab = drop_of(36, SMALL).await;
    choose(&lab, CollectorOptions { prefix: "Old/mail".to_owned(), ..Default::default() }).await;
    let come = lab.run().await as usize;
    assert_eq!(lab.target.raw().await.mailbox("Old/mail").await.len(), come);
}

#[tokio::test]
async fn stopped_at_each_step_it_goes_on_where_it_was() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 32, SMALL, "", '.', &[]).await;
    for step in STEPS.into_iter().filter(|step| !matches!(step, Step::Rebound | Step::Flagged | Step::Moved)) {
        let mut lab = Lab::over(&source, Some(source_server().pop3_port()), &sides().1).await;
        match step {
            Step::Recovered => assert!(lab.run_to(Step::Appended, 1).await),
            Step::Found => {
                lab.run().await;
                lab.lose_the_ledger().await;
            }
            _ => {}
        }
        assert!(lab.run_to(step, 1).await, "{step:?} is never come to");
        lab.run().await;
        assert_whole(&lab, &format!("stopped at {step:?}")).await;
        assert_eq!(lab.run().await, 0);
    }
}

#[tokio::test]
async fn lines_that_are_cut_lose_nothing_and_double_nothing() {
    for seed in 33..33 + crate::setting("PISMO_COLLECT_ROUNDS", 2) {
        let mut lab = drop_of(seed, SIZE).await;
        let direct = (lab.maildrop, lab.target.port);
        let source = Cutting::start(source_server().pop3_port(), Cut::Said).await;
        let target = Cutting::start(lab.target.port, Cut::Put).await;
        let mut random = Random::of(&[seed, 500]);
        lab.maildrop = Some(source.port);
        for _ in 0..5 {
            source.cut_after(i64::try_from(3_000 + random.below(1_000_000)).expect("a place"));
            let ended = lab.try_run().await;
            assert!(ended.is_ok() || source.has_cut(), "{ended:?}");
            lab.settle().await;
        }
        source.cut_after(-1);
        lab.target.port = target.port;
        for _ in 0..5 {
            target.cut_after(0);
            let ended = lab.try_run().await;
            assert!(ended.is_ok() || target.has_cut(), "{ended:?}");
            lab.settle().await;
        }
        (lab.maildrop, lab.target.port) = direct;
        lab.run().await;
        assert_whole(&lab, &format!("seed {seed}")).await;
    }
}

/// Changes what the server says to UIDL, whose answer has lines such as `1 000000016a2b3c4d`.
async fn other_names(change: fn(&str, &str) -> String) -> RecordingProxy {
    let proxy = RecordingProxy::start(source_server().pop3_port()).await;
    proxy.rewrite(move |said| {
        let Ok(text) = String::from_utf8(said.clone()) else { return said };
        let line = |line: &str| match line.trim_end().split_once(' ') {
            Some((number, name))
                if name.len() == 16
                    && name.bytes().all(|byte| byte.is_ascii_hexdigit())
                    && number.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                format!("{}\r\n", change(number, name))
            }
            _ => line.to_owned(),
        };
        text.split_inclusive('\n').map(line).collect::<String>().into_bytes()
    });
    proxy
}

/// RFC 1939 §7 forbids it only for as long as the old message is there.
#[tokio::test]
async fn a_name_that_is_used_again_after_a_deletion_is_of_another_message() {
    let (source, target) = sides();
    let by_number = other_names(|number, _| format!("{number} name-{number}")).await;
    let lab = Lab::over(&source, Some(by_number.port), &target).await;
    choose(&lab, CollectorOptions { delete_after: Some(0), ..Default::default() }).await;
    for nth in 1..=3 {
        add(&source, format!("Subject: {nth}\r\n\r\nmessage {nth}\r\n").as_bytes()).await;
        assert_eq!(lab.run().await, 1, "message {nth}");
        assert_eq!(held(&source).await.len(), 1, "it has just come");
        assert_eq!((lab.run().await, held(&source).await.len()), (0, 0), "it was here");
        assert_eq!(held(&target).await.len(), nth);
    }
}

#[tokio::test]
async fn other_names_for_all_messages_double_none() {
    let mut lab = drop_of(35, SMALL).await;
    lab.run().await;
    let renamed = other_names(|number, name| format!("{number} x{name}")).await;
    lab.maildrop = Some(renamed.port);
    add(&lab.source, NEW).await;
    assert_eq!(lab.run().await, 1);
    assert_whole(&lab, "other names").await;
    assert_eq!(lab.run().await, 0);
    // And back again.
    lab.maildrop = Some(source_server().pop3_port());
    assert_eq!(lab.run().await, 0);
    assert_whole(&lab, "the first names again").await;
}

#[tokio::test]
async fn messages_without_names_or_with_the_same_are_told_apart() {
    for (names, change) in [
        ("none", (|number: &str, _: &str| number.to_owned()) as fn(&str, &str) -> String),
        ("one for all", |number, _| format!("{number} same")),
    ] {
        let mut lab = drop_of(36, SMALL).await;
        let proxy = other_names(change).await;
        lab.maildrop = Some(proxy.port);
        lab.run().await;
        assert_whole(&lab, names).await;
        assert_eq!(lab.run().await, 0, "{names}");
        erase(&lab.source, "2:4").await;
        add(&lab.source, NEW).await;
        assert_eq!(lab.run().await, 1, "{names}");
    }
}

#[tokio::test]
async fn a_maildrop_at_courier_comes_whole() {
    let (server, (_, target)) = (MailServer::start_other("courier"), sides());
    let source = Side { port: server.imap_port(), user: server.new_user(), prefix: "INBOX.", delimiter: '.' };
    fill(&mut source.raw().await, 37, SMALL, "INBOX.", '.', &["quote\"d \\x", "a/b", "&2D3eAA- smile", "R&-D"]).await;
    let mut lab = Lab::over(&source, Some(server.pop3_port()), &target).await;
    assert!(lab.run_to(Step::Appended, 1).await);
    lab.run().await;
    assert_whole(&lab, "all has come").await;
    assert_eq!(lab.run().await, 0);
    lab.lose_the_ledger().await;
    assert_eq!(lab.run().await, 0);
}

#[tokio::test]
async fn a_maildrop_that_somebody_else_reads_is_waited_for() {
    let lab = drop_of(38, SMALL).await;
    let endpoint = Endpoint::new(Protocol::Pop3, Security::Insecure, "127.0.0.1", source_server().pop3_port());
    let credentials = Credentials { user: lab.source.user.clone(), password: PASSWORD.to_owned().into() };
    let somebody = pop3::connect(&Dialer::default(), &endpoint, &credentials).await.expect("a session");
    let ended = lab.try_run().await;
    assert!(matches!(ended, Err(Stop::Run(CollectorTrouble::Source(Error::MailboxInUse { .. })))), "{ended:?}");
    somebody.quit().await.expect("an end");
    lab.run().await;
    assert_whole(&lab, "afterwards").await;
}

#[tokio::test]
async fn the_mailbox_that_mail_is_brought_into_is_no_source() {
    let server = source_server();
    let side = Side { port: server.imap_port(), user: server.new_user(), prefix: "", delimiter: '.' };
    let lab = Lab::over(&side, Some(server.pop3_port()), &side).await;
    assert!(matches!(lab.try_run().await, Err(Stop::Run(CollectorTrouble::SameAccount))));
    // By another name nobody can know, but nothing is doubled.
    let by_name = Side { user: side.user.clone(), ..side.clone() };
    let mut lab = Lab::over(&by_name, Some(server.pop3_port()), &side).await;
    lab.host = "localhost";
    for count in 0..4 {
        assert_eq!(lab.run().await, 0);
        assert_eq!(held(&side).await.len(), count);
        add(&side, format!("Subject: {count}\r\n\r\n{count}\r\n").as_bytes()).await;
    }
    lab.run().await;
    // POP3 says this one with a line end more, and so as another.
    add(&side, b"Subject: odd\r\n\r\nno line end").await;
    lab.run().await;
    let count = held(&side).await.len();
    assert!(count <= 6);
    for more in 1..4 {
        add(&side, format!("Subject: more {more}\r\n\r\n{more}\r\n").as_bytes()).await;
        assert_eq!(lab.run().await, 0);
        assert_eq!(held(&side).await.len(), count + more);
    }
}

/// A person may get the same bytes twice, and have mail of their own where they come.
#[tokio::test]
async fn of_equal_messages_the_later_ones_come_too() {
    for (own, others) in [(0, 0), (1, 0), (3, 0), (0, 12), (1, 30)] {
        let (source, target) = sides();
        for nth in 0..own {
            add(&target, format!("Subject: own {nth}\r\n\r\nown {nth}\r\n").as_bytes()).await;
        }
        for nth in 0..others {
            add(&source, format!("Subject: other {nth}\r\n\r\nother {nth}\r\n").as_bytes()).await;
        }
        let mut lab = Lab::over(&source, Some(source_server().pop3_port()), &target).await;
        lab.run().await;
        for count in 1..4 {
            add(&source, NEW).await;
            assert_eq!(lab.run().await, 1, "{own} of their own, {others} others: the {count}th");
        }
        // As many new ones as were ever put here, and one of them equal.
        for nth in 0..others + 3 {
            add(&source, format!("Subject: more {nth}\r\n\r\nmore {nth}\r\n").as_bytes()).await;
        }
        add(&source, NEW).await;
        assert_eq!(lab.run().await, others + 4, "{own} of their own, {others} others: many at once");
        lab.lose_the_ledger().await;
        assert_eq!(lab.run().await, 0, "{own} of their own, {others} others: all of it is here already");
        for count in 5..7 {
            add(&source, NEW).await;
            assert_eq!(lab.run().await, 1, "{own} of their own, {others} others: the {count}th");
        }
        assert_eq!(held(&target).await.len() as u64, own + 2 * others + 9);
    }
}

#[tokio::test]
async fn what_pop3_says_otherwise_is_put_into_its_own_mailbox_once() {
    let server = source_server();
    let side = Side { port: server.imap_port(), user: server.new_user(), prefix: "", delimiter: '.' };
    for nth in 0..15 {
        // Each has a line end more over POP3.
        add(&side, format!("Subject: odd {nth}\r\n\r\nno line end {}", "x".repeat(nth)).as_bytes()).await;
    }
    let mut lab = Lab::over(&side, Some(server.pop3_port()), &side).await;
    lab.host = "localhost";
    assert_eq!(lab.run().await, 15, "none of them is known again");
    for _ in 0..2 {
        assert_eq!((lab.run().await, held(&side).await.len()), (0, 30));
    }
    add(&side, NEW).await;
    assert_eq!(lab.run().await, 0, "what comes is there");
    assert_eq!(held(&side).await.len(), 31);
    // A person deletes one before it has come up, and goes on to get others.
    for nth in 0..3 {
        add(&side, format!("Subject: later {nth}\r\n\r\nno line end").as_bytes()).await;
        let before = held(&side).await.len();
        assert_eq!(lab.run().await, 1, "{nth}");
        erase(&side, &before.to_string()).await;
        for _ in 0..2 {
            assert_eq!((lab.run().await, held(&side).await.len()), (0, before), "{nth}");
        }
    }
}

#[tokio::test]
async fn what_goes_away_while_it_is_brought_is_not_waited_for() {
    let lab = drop_of(39, SMALL).await;
    assert!(lab.run_to(Step::Recorded, 1).await);
    erase(&lab.source, "1:*").await;
    lab.run().await;
    let rows = lab.store.folder_rows(lab.collector).await.expect("a store");
    let open = lab.store.open_entries(rows[0].id, UidValidity(1)).await.expect("a store");
    assert_eq!((rows.len(), open), (1, vec![]));
}

#[tokio::test]
async fn a_message_on_which_the_line_breaks_each_time_is_left_out_alone() {
    for over_pop3 in [true, false] {
        let mut lab = drop_of(40, SMALL).await;
        add(&lab.source, b"Subject: odd\r\n\r\nPOISON\r\n").await;
        fill(&mut lab.source.raw().await, 41, Size { inbox: 20, ..SMALL }, "", '.', &[]).await;
        let server = source_server();
        let proxy = RecordingProxy::start(if over_pop3 { server.pop3_port() } else { server.imap_port() }).await;
        if over_pop3 {
            lab.maildrop = Some(proxy.port);
        } else {
            (lab.maildrop, lab.source.port) = (None, proxy.port);
            lab.lose_the_ledger().await;
        }
        // From this message on nothing comes, and then the line is cut.
        let (told, mut poisoned) = mpsc::unbounded_channel();
        let silent = Arc::new(AtomicBool::default());
        let of_proxy = silent.clone();
        proxy.rewrite(move |said| {
            if said.windows(6).any(|window| window == b"POISON") {
                of_proxy.store(true, Ordering::SeqCst);
                let _ = told.send(());
            }
            if of_proxy.load(Ordering::SeqCst) { Vec::new() } else { said }
        });
        let cutting = async {
            while let Some(()) = poisoned.recv().await {
                proxy.cut();
                silent.store(false, Ordering::SeqCst);
            }
        };
        let runs = async {
            for _ in 0..30 {
                if lab.try_run().await.is_ok() {
                    return;
                }
            }
            panic!("it never ends");
        };
        tokio::select! {
            () = cutting => {}
            () = runs => {}
        }
        let refused = lab.store.refused_messages(lab.collector, 10).await.expect("a store");
        assert!(
            matches!(&refused[..], [one] if matches!(one.reason, RefusedReason::Unreadable { .. })),
            "{over_pop3}: {refused:?}"
        );
        lab.source.port = server.imap_port();
        assert_eq!(held(&lab.source).await.len(), held(&lab.target).await.len() + 1, "{over_pop3}");
    }
}
