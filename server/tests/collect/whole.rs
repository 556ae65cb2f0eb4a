//! All comes, once, as it is.

use crate::{
    lab::Lab,
    seed::{Size, fill},
    sides,
};

const SIZE: Size = Size { inbox: 150, other: 15, large: 6_000_000 };

#[tokio::test]
async fn an_account_with_every_oddity_comes_whole_and_comes_once() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 1, SIZE, "", '.', &[]).await;
    let mut lab = Lab::new(&source, &target).await;
    let come = lab.run().await;
    lab.assert_whole("the first run").await;
    let there: usize = lab.expected().await.values().map(Vec::len).sum();
    assert_eq!(come, u64::try_from(there).expect("a count"));
    let folders = lab.store.collector_folders(lab.collector).await.expect("a store");
    let copied: u32 = folders.iter().map(|folder| folder.copied).sum();
    assert_eq!(
        (copied as usize, lab.store.refused_messages(lab.collector, 10).await.expect("a store")),
        (there, vec![])
    );

    assert_eq!(lab.run().await, 0);
    lab.assert_whole("a second run").await;

    lab.lose_the_ledger().await;
    lab.run().await;
    lab.assert_whole("a run of one that was added anew").await;
}

#[tokio::test]
async fn new_mail_and_flags_follow_and_what_was_done_here_stays() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 7, Size { inbox: 60, other: 5, large: 1000 }, "", '.', &[]).await;
    let lab = Lab::new(&source, &target).await;
    lab.run().await;
    let mut there = source.raw().await;
    there.run("SELECT INBOX").await;
    there.run("STORE 10:20 -FLAGS (\\Seen work)").await;
    there.run("STORE 15:25 +FLAGS (\\Flagged fresh)").await;
    assert!(there.append("Work", "\\Seen", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await);
    assert_eq!(lab.run().await, 1);
    lab.assert_whole("flags changed at the source").await;

    // Here the first message is moved away, the second erased, the third marked; there only the third is flagged.
    let mut here = target.raw().await;
    here.run("SELECT INBOX").await;
    here.run("MOVE 1 Archive").await;
    here.run("STORE 1 +FLAGS (\\Deleted)").await;
    here.run("EXPUNGE").await;
    here.run("STORE 1 FLAGS (mine)").await;
    there.run("STORE 3 +FLAGS (theirs)").await;
    let mut before = here.mailbox("INBOX").await;
    assert_eq!(lab.run().await, 0);
    before[0].flags.insert("theirs".to_owned());
    assert_eq!(target.raw().await.mailbox("INBOX").await, before);
}

#[tokio::test]
async fn a_mailbox_that_was_renamed_here_is_followed() {
    let (source, target) = sides();
    fill(&mut source.raw().await, 8, Size { inbox: 10, other: 5, large: 1000 }, "", '.', &[]).await;
    let lab = Lab::new(&source, &target).await;
    lab.run().await;
    let (mut there, mut here) = (source.raw().await, target.raw().await);
    here.run("RENAME Work Labour").await;
    assert!(there.append("Work", "", "03-Mar-2023 03:03:03 +0000", b"Subject: new\r\n\r\nnew\r\n").await);
    assert_eq!(lab.run().await, 1);
    let (of_there, of_here) = (there.mailbox("Work").await, target.raw().await.mailbox("Labour").await);
    assert_eq!(of_there.len(), of_here.len());
    // One that is gone is made again, for what is new.
    here.run("DELETE Labour").await;
    assert!(there.append("Work", "", "03-Mar-2023 03:03:03 +0000", b"Subject: newer\r\n\r\nnew\r\n").await);
    lab.run().await;
    assert!(target.raw().await.account().await.contains_key("Labour"));
}
