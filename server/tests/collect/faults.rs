//! The six faults that a collector meets, each at places that a seed decides. Wrong afterwards: nothing.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use app::wire::{CollectorTrouble, UidValidity};
use pismo::collector::{STEPS, Step, Stop, collect};

use crate::{
    cutting::{Cut, Cutting},
    lab::{Lab, Side},
    random::Random,
    raw::{Raw, Seen},
    seed::{Size, fill},
    sides, source_server,
};

const SIZE: Size = Size { inbox: 90, other: 8, large: 5_000_000 };

/// Without the large message, for what is run often.
const SMALL: Size = Size { inbox: 40, other: 3, large: 1000 };

/// `PISMO_COLLECT_ROUNDS` makes it more.
fn seeds() -> impl Iterator<Item = u64> {
    1..=crate::setting("PISMO_COLLECT_ROUNDS", 2)
}

async fn lab(seed: u64, size: Size) -> Lab {
    let (source, target) = sides();
    fill(&mut source.raw().await, seed, size, "", '.', &[]).await;
    Lab::new(&source, &target).await
}

/// Ends a future when it has been asked so often, wherever it is then.
struct EndsAfter<F> {
    future: Pin<Box<F>>,
    polls: usize,
}

impl<F: Future> Future for EndsAfter<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}

#[tokio::test]
async fn killed_five_times_it_goes_on_where_it_was() {
    for seed in seeds() {
        let lab = lab(seed, SIZE).await;
        let mut random = Random::of(&[seed, 100]);
        for _ in 0..5 {
            let job = lab.job(None).await;
            let polls = 20 + random.below(300);
            EndsAfter { future: Box::pin(collect(&job)), polls }.await;
            lab.settle().await;
        }
        lab.run().await;
        lab.assert_whole(&format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn stopped_at_each_step_it_goes_on_where_it_was() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 3, SMALL, "", '.', &[]).await;
    for step in STEPS.into_iter().filter(|step| *step != Step::Moved) {
        for times in [1, 3] {
            let mut lab = Lab::new(&source, &sides().1).await;
            match step {
                Step::Recovered => assert!(lab.run_to(Step::Appended, 2).await),
                Step::Found | Step::Rebound | Step::Flagged => {
                    lab.run().await;
                }
                _ => {}
            }
            match step {
                Step::Found => lab.lose_the_ledger().await,
                Step::Rebound => rebuild(&lab.target, "Case", "1:*", 0).await,
                Step::Flagged => {
                    let mut raw = lab.source.raw().await;
                    for mailbox in ["INBOX", "Case", "R&-D", "case"] {
                        raw.run(&format!("SELECT {mailbox}")).await;
                        raw.run(&format!("STORE 1:2 +FLAGS (later{times})")).await;
                    }
                }
                _ => {}
            }
            if step == Step::Rebound {
                // Something new has to come for the target to be looked at.
                append_to(&lab.source, "Case", 1).await;
            }
            let stopped = lab.run_to(step, times).await;
            assert!(stopped || times > 1, "{step:?} is never come to");
            lab.run().await;
            lab.assert_whole(&format!("stopped at {step:?}, time {times}")).await;
            assert_eq!(lab.run().await, 0);
        }
    }
}

/// Runs until one ends in order. Says how many did not.
async fn run_through(lab: &Lab) -> usize {
    for failed in 0..10 {
        match lab.try_run().await {
            Ok(_) => return failed,
            Err(Stop::Run(CollectorTrouble::Source(_) | CollectorTrouble::Target(_)) | Stop::Folder(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    panic!("it never ends")
}

#[tokio::test]
async fn a_source_cut_amid_a_message_gives_no_half_message() {
    for seed in seeds() {
        let mut lab = lab(seed, SIZE).await;
        let cutting = Cutting::start(lab.source.port, Cut::Said).await;
        let direct = std::mem::replace(&mut lab.source.port, cutting.port);
        let mut random = Random::of(&[seed, 200]);
        let mut cuts = 0;
        for _ in 0..5 {
            // What one run says is some megabytes, most of them within literals.
            cutting.cut_after(i64::try_from(5_000 + random.below(1_500_000)).expect("a place"));
            let ended = lab.try_run().await;
            if cutting.has_cut() {
                cuts += 1;
            }
            // A line that is cut as it is let go is no matter.
            assert!(ended.is_ok() || cutting.has_cut(), "{ended:?}");
            lab.settle().await;
        }
        assert!(cuts > 0);
        cutting.cut_after(-1);
        lab.source.port = direct;
        run_through(&lab).await;
        lab.assert_whole(&format!("seed {seed}, {cuts} cuts")).await;
    }
}

#[tokio::test]
async fn a_target_cut_before_its_answer_is_heard_gets_nothing_twice() {
    for seed in seeds() {
        let mut lab = lab(seed, SIZE).await;
        let cutting = Cutting::start(lab.target.port, Cut::Put).await;
        let direct = std::mem::replace(&mut lab.target.port, cutting.port);
        let mut random = Random::of(&[seed, 300]);
        for _ in 0..5 {
            cutting.cut_after(i64::try_from(random.below(3)).expect("a place"));
            let ended = lab.try_run().await;
            assert_eq!(ended.is_err(), cutting.has_cut(), "{ended:?}");
            lab.settle().await;
        }
        cutting.cut_after(-1);
        lab.target.port = direct;
        run_through(&lab).await;
        lab.assert_whole(&format!("seed {seed}")).await;
    }
}

#[tokio::test]
async fn a_lost_ledger_doubles_nothing() {
    for seed in seeds() {
        let mut lab = lab(seed, SIZE).await;
        // Lost half-way, and then after all had come.
        let job = lab.job(None).await;
        EndsAfter { future: Box::pin(collect(&job)), polls: 60 + Random::of(&[seed, 400]).below(100) }.await;
        for when in ["half-way", "at the end"] {
            lab.lose_the_ledger().await;
            lab.run().await;
            lab.assert_whole(&format!("seed {seed}, lost {when}")).await;
        }
    }
}

/// Gives a mailbox another UIDVALIDITY: it is renamed, made anew, and filled again with these messages and some new ones.
async fn rebuild(side: &Side, mailbox: &str, order: &str, fresh: usize) {
    let mut raw = side.raw().await;
    raw.run(&format!("RENAME {mailbox} before-{mailbox}")).await;
    raw.run(&format!("CREATE {mailbox}")).await;
    append(&mut raw, mailbox, fresh).await;
    raw.run(&format!("SELECT before-{mailbox}")).await;
    for set in order.split(' ') {
        raw.run(&format!("COPY {set} {mailbox}")).await;
    }
    raw.run("UNSELECT").await;
    raw.run(&format!("DELETE before-{mailbox}")).await;
}

async fn append(raw: &mut Raw, mailbox: &str, count: usize) {
    for number in 0..count {
        let message = format!("Subject: fresh {number}\r\n\r\n{mailbox} {number}\r\n");
        assert!(raw.append(mailbox, "\\Seen", "02-Feb-2022 22:22:22 +0000", message.as_bytes()).await);
    }
}

async fn append_to(side: &Side, mailbox: &str, count: usize) {
    append(&mut side.raw().await, mailbox, count).await;
}

#[tokio::test]
async fn another_uidvalidity_doubles_nothing_and_loses_nothing() {
    for seed in seeds() {
        let lab = lab(seed, Size { other: 30, ..SMALL }).await;
        lab.run().await;
        rebuild(&lab.source, "Case", "1:*", 0).await;
        assert_eq!(lab.run().await, 0);
        lab.assert_whole(&format!("seed {seed}, at the source")).await;
        rebuild(&lab.target, "Case", "1:*", 0).await;
        append_to(&lab.source, "Case", 2).await;
        assert_eq!(lab.run().await, 2);
        lab.assert_whole(&format!("seed {seed}, at the target")).await;
        rebuild(&lab.source, "Case", "1:*", 0).await;
        rebuild(&lab.target, "Case", "1:*", 0).await;
        assert_eq!(lab.run().await, 0);
        lab.assert_whole(&format!("seed {seed}, on both sides")).await;
        // A target that was put back to an older state gets again what it has lost.
        rebuild(&lab.target, "Case", "1:9", 0).await;
        append_to(&lab.source, "Case", 1).await;
        lab.run().await;
        lab.assert_whole(&format!("seed {seed}, a target put back")).await;
    }
}

#[tokio::test]
async fn the_same_uids_meaning_other_messages_are_not_mistaken() {
    for (seed, order) in seeds().zip(["20:30 5:9 1:2", "11:* 1:4"].into_iter().cycle()) {
        let lab = lab(seed, Size { other: 30, ..SMALL }).await;
        lab.run().await;
        let gone = lab.expected().await["Case"].clone();
        rebuild(&lab.source, "Case", order, 12).await;
        let mut raw = lab.source.raw().await;
        raw.run("SELECT Case").await;
        raw.run("STORE 14 +FLAGS (\\Flagged rebuilt)").await;
        assert_eq!(lab.run().await, 12);
        // What is gone at the source stays here; all else is as it is there.
        let (expected, mut found) = (lab.expected().await, lab.target.raw().await.account().await);
        found.values_mut().flatten().for_each(Seen::forget_a_date_to_come);
        let mut rest = found["Case"].clone();
        for seen in &expected["Case"] {
            let place = rest.iter().position(|other| other == seen).unwrap_or_else(|| panic!("missing: {seen:?}"));
            rest.remove(place);
        }
        assert!(rest.iter().all(|seen| gone.contains(seen)), "doubled or altered: {rest:?}");
        assert_eq!(found["Case"].len(), gone.len() + 12);
        assert_eq!(lab.run().await, 0);
    }
}

#[tokio::test]
async fn what_goes_away_at_the_source_while_it_is_brought_is_forgotten() {
    let lab = lab(6, SMALL).await;
    assert!(lab.run_to(Step::Recorded, 1).await);
    let mut raw = lab.source.raw().await;
    raw.run("SELECT INBOX").await;
    raw.run("STORE 1:* +FLAGS (\\Deleted)").await;
    raw.run("EXPUNGE").await;
    lab.run().await;
    lab.assert_whole("all but what is gone").await;
    let rows = lab.store.folder_rows(lab.collector).await.expect("a store");
    for row in rows {
        let open =
            lab.store.open_entries(row.id, UidValidity(u32::try_from(row.uid_validity).expect("a number"))).await;
        assert_eq!(open.expect("a store"), [], "{}", row.source);
    }
}

#[tokio::test]
async fn a_source_that_is_the_target_is_refused() {
    let (source, _) = sides();
    fill(&mut source.raw().await, 5, SMALL, "", '.', &[]).await;
    let before = source.raw().await.account().await;
    let same = Lab::new(&source, &source).await;
    assert!(matches!(same.try_run().await, Err(Stop::Run(CollectorTrouble::SameAccount))));
    // By another name.
    let other_name = Cutting::start(source.port, Cut::Said).await;
    let lab = Lab::new(&Side { port: other_name.port, ..source.clone() }, &source).await;
    assert!(matches!(lab.try_run().await, Err(Stop::Run(CollectorTrouble::SameAccount))));
    assert_eq!(source.raw().await.account().await, before);
    // As long as nothing is in it, nobody knows.
    let empty = Side { user: source_server().new_user(), ..source.clone() };
    let other_name = Cutting::start(source.port, Cut::Said).await;
    let lab = Lab::new(&Side { port: other_name.port, ..empty.clone() }, &empty).await;
    assert_eq!(lab.run().await, 0);
    append_to(&empty, "INBOX", 1).await;
    assert!(matches!(lab.try_run().await, Err(Stop::Run(CollectorTrouble::SameAccount))));
    assert_eq!(empty.raw().await.mailbox("INBOX").await.len(), 1);
    // Another person's account at the same server is none.
    let other = Side { user: source_server().new_user(), ..source.clone() };
    let lab = Lab::new(&source, &other).await;
    lab.run().await;
}
