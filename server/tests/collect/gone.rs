//! What is moved and deleted at the source is followed, where that is wanted.

use app::wire::{CollectorOptions, UidValidity};
use pismo::{
    collector::Step,
    store::{GoneCount, Place},
};

use crate::{
    lab::{Lab, Side},
    masking_proxy::{Mask, MaskingProxy},
    raw::{Raw, Seen},
    seed::{Size, fill},
    sides,
};

const SIZE: Size = Size { inbox: 60, other: 12, large: 1000 };

const DATE: &str = "03-Mar-2023 03:03:03 +0000";

fn following() -> CollectorOptions {
    CollectorOptions { follow_gone: true, ..Default::default() }
}

/// A lab that has brought all there is, and follows.
async fn brought(source: &Side, target: &Side) -> Lab {
    let mut lab = Lab::new(source, target).await;
    assert!(lab.store.remove_collector(lab.account, lab.collector).await.expect("a store"));
    lab.add(following()).await;
    lab.run().await;
    lab
}

async fn small() -> Lab {
    let (source, target) = sides();
    fill(&mut source.raw().await, 21, SIZE, "", '.', &[]).await;
    brought(&source, &target).await
}

async fn count(lab: &Lab) -> GoneCount {
    lab.store.count_gone(lab.collector, "").await.expect("a store")
}

/// What has left the source goes with the run after the one that finds it out.
async fn run_twice(lab: &Lab) {
    lab.run().await;
    lab.run().await;
}

async fn erase(raw: &mut Raw, mailbox: &str, set: &str) {
    raw.run(&format!("SELECT {mailbox}")).await;
    // Some are marked already.
    raw.run("STORE 1:* -FLAGS (\\Deleted)").await;
    raw.run(&format!("STORE {set} +FLAGS (\\Deleted)")).await;
    raw.run("EXPUNGE").await;
}

fn hashes(all: &[Seen]) -> Vec<&str> {
    let mut hashes: Vec<&str> = all.iter().map(|seen| seen.hash.as_str()).collect();
    hashes.sort_unstable();
    hashes
}

#[tokio::test]
async fn a_message_that_is_moved_there_is_moved_here_as_it_is_here() {
    let lab = small().await;
    let (mut there, mut here) = (lab.source.raw().await, lab.target.raw().await);
    // The person's own mark stays on it, and what the source changed before it moved it comes along.
    here.run("SELECT INBOX").await;
    here.run("STORE 3:6 +FLAGS (mine)").await;
    there.run("SELECT INBOX").await;
    there.run("STORE 4 +FLAGS (theirs)").await;
    there.run("MOVE 3:6 Work").await;
    there.run("CREATE Fresh").await;
    there.run("MOVE 1 Fresh").await;
    there.run("SELECT Work").await;
    there.run("MOVE 1 INBOX").await;
    assert_eq!(lab.run().await, 0, "nothing was brought again");
    let marked = |all: &[Seen], flag: &str| all.iter().filter(|seen| seen.flags.contains(flag)).count();
    let work = lab.target.raw().await.mailbox("Work").await;
    assert_eq!((marked(&work, "mine"), marked(&work, "theirs")), (4, 1));
    // But for that mark both are the same, and nothing went into Trash.
    here.run("SELECT Work").await;
    here.run("STORE 1:* -FLAGS (mine)").await;
    lab.assert_whole("moved at the source").await;
    assert_eq!(count(&lab).await, GoneCount::default());
    assert_eq!(lab.run().await, 0);
}

#[tokio::test]
async fn what_is_deleted_there_goes_into_trash_here_and_nothing_else_does() {
    let (source, target) = sides();
    let (mut there, mut here) = (source.raw().await, target.raw().await);
    fill(&mut there, 22, SIZE, "", '.', &[]).await;
    // One was here before it was brought, and one is the person's own.
    let theirs = there.mailbox("INBOX").await;
    there.run("EXAMINE INBOX").await;
    let before = b"Subject: both\r\n\r\nboth\r\n";
    assert!(there.append("INBOX", "", DATE, before).await);
    assert!(here.append("INBOX", "", DATE, before).await);
    assert!(here.append("INBOX", "", DATE, b"Subject: mine\r\n\r\nmine\r\n").await);
    let lab = brought(&source, &target).await;
    erase(&mut there, "INBOX", &format!("2:3,{}", theirs.len() + 1)).await;
    let inbox = here.mailbox("INBOX").await;
    // One of those that go is elsewhere by now.
    here.run("SELECT INBOX").await;
    here.run("CREATE Kept").await;
    let moved = inbox.iter().find(|seen| seen.hash == theirs[2].hash).expect("it has come");
    here.run(&format!("UID MOVE {} Kept", moved.uid)).await;
    run_twice(&lab).await;
    assert_eq!(hashes(&here.mailbox("Trash").await), [theirs[1].hash.as_str()]);
    assert_eq!(hashes(&here.mailbox("Kept").await), [theirs[2].hash.as_str()]);
    assert_eq!(here.mailbox("INBOX").await.len(), inbox.len() - 2);
    assert_eq!((lab.run().await, count(&lab).await), (0, GoneCount::default()));
    assert_eq!(here.mailbox("Trash").await.len(), 1);
}

#[tokio::test]
async fn nothing_is_followed_that_was_not_wished_for() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 23, SIZE, "", '.', &[]).await;
    let lab = Lab::new(&source, &target).await;
    lab.run().await;
    let before = target.raw().await.account().await;
    erase(&mut source.raw().await, "INBOX", "1:5").await;
    lab.run().await;
    assert_eq!(target.raw().await.account().await, before);
    // Once it is, what was deleted before counts as well.
    assert!(lab.store.set_collector_options(lab.account, lab.collector, &following()).await.expect("a store"));
    run_twice(&lab).await;
    assert_eq!(target.raw().await.mailbox("Trash").await.len(), 5);
}

#[tokio::test]
async fn much_at_once_waits_for_a_word() {
    let lab = small().await;
    let mut there = lab.source.raw().await;
    let before = lab.target.raw().await.account().await;
    let gone = there.mailbox("INBOX").await.len() as u32 + 2;
    erase(&mut there, "INBOX", "1:*").await;
    erase(&mut there, "Work", "1:2").await;
    for _ in 0..2 {
        lab.run().await;
        assert_eq!(count(&lab).await.gone, gone);
        assert_eq!(lab.target.raw().await.account().await, before);
    }
    // New mail comes meanwhile.
    assert!(there.append("INBOX", "", DATE, b"Subject: new\r\n\r\nnew\r\n").await);
    assert_eq!(lab.run().await, 1);
    // A word for fewer than there are by now is none for these.
    assert!(lab.store.allow_gone(lab.account, lab.collector, gone - 1).await.expect("a store"));
    lab.run().await;
    assert_eq!(count(&lab).await.gone, gone);
    assert!(lab.store.allow_gone(lab.account, lab.collector, gone).await.expect("a store"));
    lab.run().await;
    assert_eq!((count(&lab).await, lab.target.raw().await.mailbox("INBOX").await.len()), (GoneCount::default(), 1));
    assert_eq!(lab.target.raw().await.mailbox("Trash").await.len(), gone as usize);
    // The word was for that time.
    let left = there.mailbox("Case").await.len() + there.mailbox("Sent").await.len();
    erase(&mut there, "Case", "1:*").await;
    erase(&mut there, "Sent", "1:*").await;
    let case = lab.target.raw().await.mailbox("Case").await;
    lab.run().await;
    assert_eq!(count(&lab).await.gone as usize, left);
    assert!(lab.store.keep_gone(lab.account, lab.collector).await.expect("a store"));
    lab.run().await;
    assert_eq!((count(&lab).await, lab.target.raw().await.mailbox("Case").await), (GoneCount::default(), case));
    assert_eq!(lab.target.raw().await.mailbox("Trash").await.len(), gone as usize);
}

#[tokio::test]
async fn a_mailbox_that_is_renamed_there_keeps_its_messages_and_one_that_is_gone_waits_for_a_word() {
    let lab = small().await;
    let mut there = lab.source.raw().await;
    there.run("RENAME Work Labour").await;
    assert_eq!(lab.run().await, 0);
    let mut here = lab.target.raw().await;
    assert_eq!(hashes(&here.mailbox("Labour").await), hashes(&there.mailbox("Labour").await));
    assert_eq!((here.mailbox("Work").await, count(&lab).await), (vec![], GoneCount::default()));
    // A server may forget for a day that it has a mailbox.
    let case = here.mailbox("case").await;
    let all = u32::try_from(case.len()).expect("a count");
    there.run("DELETE case").await;
    for _ in 0..2 {
        lab.run().await;
        let GoneCount { gone, with_mailboxes, .. } = count(&lab).await;
        assert_eq!((gone, with_mailboxes, here.mailbox("case").await == case), (all, all, true));
    }
    assert!(lab.store.allow_gone(lab.account, lab.collector, all).await.expect("a store"));
    lab.run().await;
    assert_eq!((here.mailbox("case").await, here.mailbox("Trash").await.len()), (vec![], case.len()));
}

#[tokio::test]
async fn a_mailbox_that_has_other_uids_has_lost_nothing() {
    let lab = small().await;
    let mut there = lab.source.raw().await;
    // The same name, another UIDVALIDITY, and fewer messages.
    there.run("RENAME Case Former").await;
    there.run("CREATE Case").await;
    there.run("SELECT Former").await;
    there.run("COPY 1:5 Case").await;
    there.run("SELECT INBOX").await;
    there.run("DELETE Former").await;
    let before = lab.target.raw().await.mailbox("Case").await;
    assert_eq!(lab.run().await, 0);
    assert_eq!((lab.target.raw().await.mailbox("Case").await, count(&lab).await), (before, GoneCount::default()));
    // From then on it is followed as any other.
    erase(&mut there, "Case", "1").await;
    run_twice(&lab).await;
    assert_eq!(lab.target.raw().await.mailbox("Trash").await.len(), 1);
}

#[tokio::test]
async fn equal_twins_are_two_also_when_one_is_moved() {
    let (source, target) = sides();
    let (mut there, mut here) = (source.raw().await, target.raw().await);
    let twin = b"Subject: twin\r\n\r\ntwin\r\n";
    for mailbox in ["INBOX", "INBOX", "One", "Two"] {
        there.try_run(&format!("CREATE {mailbox}")).await;
        assert!(mailbox != "INBOX" || there.append(mailbox, "", DATE, twin).await);
    }
    let lab = brought(&source, &target).await;
    // One of two goes, and a third comes.
    there.run("SELECT INBOX").await;
    there.run("MOVE 1 One").await;
    assert!(there.append("Two", "", DATE, twin).await);
    lab.run().await;
    lab.assert_whole("a twin was moved and another came").await;
    // Taken out and put back: it is the same one here.
    here.run("SELECT INBOX").await;
    here.run("STORE 1 +FLAGS (mine)").await;
    erase(&mut there, "INBOX", "1").await;
    assert!(there.append("INBOX", "", DATE, twin).await);
    assert_eq!(lab.run().await, 0);
    let inbox = here.mailbox("INBOX").await;
    assert!(inbox.len() == 1 && inbox[0].flags.contains("mine"), "{inbox:#?}");
    assert_eq!((here.mailbox("Trash").await, count(&lab).await), (vec![], GoneCount::default()));
}

#[tokio::test]
async fn what_the_person_has_moved_away_here_is_brought_where_the_source_has_it_now() {
    let lab = small().await;
    let (mut there, mut here) = (lab.source.raw().await, lab.target.raw().await);
    here.run("CREATE Kept").await;
    here.run("SELECT Work").await;
    here.run("MOVE 1 Kept").await;
    there.run("SELECT Work").await;
    there.run("MOVE 1 Sent").await;
    assert_eq!(lab.run().await, 1);
    assert_eq!(hashes(&there.mailbox("Sent").await), hashes(&here.mailbox("Sent").await));
    assert_eq!((here.mailbox("Kept").await.len(), here.mailbox("Trash").await.len()), (1, 0));
}

/// A server that hangs up each time something is moved does not hold up the mail behind it.
#[tokio::test]
async fn what_cannot_be_moved_is_brought_after_a_while() {
    let lab = small().await;
    let mut there = lab.source.raw().await;
    there.run("SELECT INBOX").await;
    there.run("MOVE 2:3 Work").await;
    for _ in 0..3 {
        // About to be moved, and then nothing more is heard.
        assert!(lab.run_to(Step::Recorded, 1).await);
    }
    assert_eq!(lab.run().await, 2);
    run_twice(&lab).await;
    erase(&mut lab.target.raw().await, "Trash", "1:*").await;
    lab.assert_whole("brought instead").await;
}

/// Stopped at each step of a run that moves and deletes, it goes on: nothing is lost, doubled, or in Trash that should not be.
#[tokio::test]
async fn a_run_that_follows_can_end_at_any_moment() {
    for (runs, step, times) in [
        (0, Step::Placed, 1),
        (0, Step::Read, 1),
        (0, Step::Recorded, 1),
        (0, Step::Moved, 1),
        (0, Step::Recovered, 1),
        (0, Step::Done, 1),
        (0, Step::Done, 2),
        (1, Step::Moved, 1),
    ] {
        let lab = small().await;
        let mut there = lab.source.raw().await;
        there.run("SELECT INBOX").await;
        there.run("MOVE 1:4 Work").await;
        erase(&mut there, "INBOX", "1:3").await;
        if step == Step::Recovered {
            assert!(lab.run_to(Step::Moved, 1).await);
        }
        for _ in 0..runs {
            lab.run().await;
        }
        assert!(lab.run_to(step, times).await, "{step:?} is never come to for the {times}th time");
        run_twice(&lab).await;
        let mut here = lab.target.raw().await;
        assert_eq!(here.mailbox("Trash").await.len(), 3, "{step:?} {times}");
        erase(&mut here, "Trash", "1:*").await;
        lab.assert_whole(&format!("{step:?} {times}")).await;
        assert_eq!(count(&lab).await, GoneCount::default(), "{step:?} {times}");
    }
}

#[tokio::test]
async fn servers_that_can_do_less_follow_as_well() {
    for mask in [
        Mask::Without(&["MOVE"]),
        Mask::Without(&["UIDPLUS"]),
        Mask::Without(&["CONDSTORE", "QRESYNC", "ENABLE"]),
        Mask::Bare,
    ] {
        let (source, target) = sides();
        fill(&mut source.raw().await, 24, SIZE, "", '.', &[]).await;
        let there = MaskingProxy::start(source.port, mask).await;
        let here = MaskingProxy::start(target.port, mask).await;
        let masked = |side: &Side, proxy: &MaskingProxy| Side { port: proxy.port, ..side.clone() };
        let lab = brought(&masked(&source, &there), &masked(&target, &here)).await;
        let mut raw = source.raw().await;
        raw.run("SELECT INBOX").await;
        raw.run("MOVE 5:9 Sent").await;
        erase(&mut raw, "INBOX", "1:2").await;
        assert_eq!(lab.run().await, 0, "{mask:?}");
        lab.run().await;
        let mut raw = target.raw().await;
        // A server without special uses has no Trash but by its name.
        assert_eq!(raw.mailbox("Trash").await.len(), 2, "{mask:?}");
        erase(&mut raw, "Trash", "1:*").await;
        lab.assert_whole(&format!("{mask:?}")).await;
        assert_eq!([there.trespasses(), here.trespasses()].concat(), Vec::<String>::new(), "{mask:?}");
    }
}

/// What could not be brought and is not there any more is not told of any more.
#[tokio::test]
async fn what_was_refused_and_is_gone_is_forgotten() {
    let (source, target) = sides();
    let mut there = source.raw().await;
    assert!(there.append("INBOX", "", DATE, b"Subject: one\r\n\r\none\r\n").await);
    let lab = brought(&source, &target).await;
    let rows = lab.store.folder_rows(lab.collector).await.expect("a store");
    let row = rows.iter().find(|row| row.source == "INBOX").expect("a row");
    let validity = UidValidity(u32::try_from(row.uid_validity).expect("a validity"));
    let uids = lab.store.known_uids(row.id, validity).await.expect("a store");
    let mut entries = lab.store.entries(row.id, validity, &uids).await.expect("a store");
    entries[0].place = Place::Refused(app::wire::RefusedReason::Nul);
    let job = lab.job(None).await;
    let lease = pismo::store::Lease { collector: lab.collector, holder: &job.holder };
    assert!(lab.store.record(lease, row.id, validity, &entries).await.expect("a store"));
    erase(&mut there, "INBOX", "1").await;
    lab.run().await;
    assert_eq!(lab.store.refused_messages(lab.collector, 10).await.expect("a store"), vec![]);
    assert_eq!(target.raw().await.mailbox("Trash").await, vec![]);
}

/// A mailbox that has left and is back with the UIDs it had is there again, whatever became of it meanwhile.
#[tokio::test]
async fn a_mailbox_that_is_back_is_brought_back() {
    let lab = small().await;
    let (mut there, mut here) = (lab.source.raw().await, lab.target.raw().await);
    let work = there.mailbox("Work").await;
    there.run("RENAME Work Labour").await;
    lab.run().await;
    there.run("RENAME Labour Work").await;
    assert_eq!(lab.run().await, 0);
    assert_eq!((hashes(&here.mailbox("Work").await), here.mailbox("Labour").await), (hashes(&work), vec![]));
    // Put away by the person's word, and then there again after all.
    there.run("RENAME Work Labour").await;
    there.run("SELECT Labour").await;
    there.run("STORE 1:2 +FLAGS (\\Deleted)").await;
    there.run("RENAME Labour Work").await;
    there.run("SELECT Case").await;
    let kept = there.mailbox("Case").await;
    assert!(lab.store.allow_gone(lab.account, lab.collector, 1000).await.expect("a store"));
    lab.run().await;
    assert_eq!(hashes(&here.mailbox("Case").await), hashes(&kept));
    assert_eq!((here.mailbox("Trash").await, count(&lab).await), (vec![], GoneCount::default()));
}

/// What the person has moved here as they did there is there once.
#[tokio::test]
async fn the_same_move_on_both_sides_is_one() {
    let lab = small().await;
    let (mut there, mut here) = (lab.source.raw().await, lab.target.raw().await);
    for raw in [&mut there, &mut here] {
        raw.run("SELECT Work").await;
        raw.run("MOVE 1:2 Sent").await;
    }
    assert_eq!(lab.run().await, 0);
    lab.assert_whole("moved on both sides").await;
    run_twice(&lab).await;
    assert_eq!((here.mailbox("Trash").await, count(&lab).await), (vec![], GoneCount::default()));
}

/// A word is for the run after it: months later nothing goes by it.
#[tokio::test]
async fn a_word_that_was_of_no_use_is_forgotten() {
    let lab = small().await;
    assert!(lab.store.allow_gone(lab.account, lab.collector, 1000).await.expect("a store"));
    let mut there = lab.source.raw().await;
    erase(&mut there, "INBOX", "1:2").await;
    run_twice(&lab).await;
    erase(&mut there, "INBOX", "1:*").await;
    run_twice(&lab).await;
    assert!(count(&lab).await.gone > 10, "they wait for a word of their own");
}

/// What was moved there and is not given out where it is now must not go here.
#[tokio::test]
async fn what_is_still_to_be_brought_does_not_go() {
    let lab = small().await;
    let mut there = lab.source.raw().await;
    let before = lab.target.raw().await.account().await;
    erase(&mut there, "INBOX", "1").await;
    lab.run().await;
    // As if the other mailbox had it and did not give it out.
    let rows = lab.store.folder_rows(lab.collector).await.expect("a store");
    let row = rows.iter().find(|row| row.source == "Work").expect("a row");
    let validity = UidValidity(u32::try_from(row.uid_validity).expect("a validity"));
    let uids = lab.store.known_uids(row.id, validity).await.expect("a store");
    let mut entry = lab.store.entries(row.id, validity, &uids).await.expect("a store").remove(0);
    entry.uid = app::wire::Uid(4_000_000);
    (entry.raw, entry.place) = (0, Place::Refused(app::wire::RefusedReason::Unreadable { text: String::new() }));
    let job = lab.job(None).await;
    let lease = pismo::store::Lease { collector: lab.collector, holder: &job.holder };
    assert!(lab.store.record(lease, row.id, validity, &[entry]).await.expect("a store"));
    run_twice(&lab).await;
    assert_eq!(lab.target.raw().await.account().await, before);
}
