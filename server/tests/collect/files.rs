//! Mail in files, judged as that of other sources.

use std::path::{Path, PathBuf};

use app::wire::{CollectorOptions, CollectorTrouble, Error, Flag};
use pismo::{
    archive::mbox,
    collector::{STEPS, Step, Stop, files},
};

use crate::{
    lab::Lab,
    raw::Raw,
    seed::{Size, fill},
    sides,
};

const SIZE: Size = Size { inbox: 90, other: 8, large: 5_000_000 };

/// A target, and a folder for files.
async fn lab(options: CollectorOptions) -> (Lab, PathBuf) {
    let (source, target) = sides();
    let mut lab = Lab::new(&source, &target).await;
    assert!(lab.store.remove_collector(lab.account, lab.collector).await.expect("a store"));
    let (name, folder) = files::make_folder(&lab.folder).await.expect("a folder");
    lab.collector = lab.store.add_files(lab.account, &name, "files", &options, false).await.expect("a store");
    lab.files = Some(folder.clone());
    (lab, folder)
}

fn put(folder: &Path, nth: usize, name: &str, bytes: &[u8]) {
    std::fs::write(folder.join(files::file_name(nth, name)), bytes).expect("a file");
}

/// All of a mailbox as an mbox.
async fn as_mbox(raw: &mut Raw, mailbox: &str) -> Vec<u8> {
    raw.run(&format!("EXAMINE {mailbox}")).await;
    let mut writer = mbox::Writer::default();
    let mut out = Vec::new();
    for (text, literals) in raw.run("UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])").await {
        let Some(message) = literals.last() else { continue };
        let between = |start: &str, end: &str| {
            text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).expect("a value").0
        };
        let words = between("FLAGS (", ")").split(' ').filter(|word| !word.is_empty() && *word != "\\Recent");
        let flags: Vec<Flag> = words.map(|word| Flag::from(word.to_owned())).collect();
        let date = between("INTERNALDATE \"", "\"").replace('-', " ");
        out.extend(writer.begin(pismo::mime::header::date(date.as_bytes()).expect("a date"), &flags));
        out.extend(writer.write(message));
        out.extend(writer.end());
    }
    out
}

/// What is in a mailbox: the texts with an end, flags and dates.
async fn held(lab: &Lab, mailbox: &str) -> Vec<(String, Vec<String>, String)> {
    let seen = lab.target.raw().await.mailbox(mailbox).await;
    let mut held: Vec<_> =
        seen.into_iter().map(|seen| (seen.ended, seen.flags.into_iter().collect(), seen.date)).collect();
    held.sort();
    held
}

#[tokio::test]
async fn an_mbox_comes_whole_and_comes_once() {
    let (lab, folder) = lab(CollectorOptions::default()).await;
    let mut there = lab.source.raw().await;
    fill(&mut there, 51, SIZE, "", '.', &[]).await;
    // As it comes over IMAP.
    let plain = Lab::new(&lab.source, &sides().1).await;
    plain.run().await;
    put(&folder, 0, "Work.mbox", &as_mbox(&mut there, "INBOX").await);
    let come = lab.run().await;
    let count = there.mailbox("INBOX").await.len();
    assert_eq!(come as usize, count);
    let here = held(&lab, "Work").await;
    for one in held(&plain, "INBOX").await {
        assert!(here.contains(&one), "{one:?} is altered or missing");
    }
    assert_eq!(lab.run().await, 0);
    assert_eq!(held(&lab, "Work").await.len(), count);
}

#[tokio::test]
async fn stopped_at_each_step_it_goes_on_where_it_was() {
    let (first, _) = lab(CollectorOptions::default()).await;
    let mut there = first.source.raw().await;
    fill(&mut there, 52, Size { inbox: 150, other: 0, large: 5_000_000 }, "", '.', &[]).await;
    let text = as_mbox(&mut there, "INBOX").await;
    let count = there.mailbox("INBOX").await.len();
    for step in
        STEPS.into_iter().filter(|step| !matches!(step, Step::Rebound | Step::Flagged | Step::Found | Step::Moved))
    {
        let (lab, folder) = lab(CollectorOptions { prefix: "Old/mail".to_owned(), ..Default::default() }).await;
        put(&folder, 0, "Work.mbox", &text);
        if step == Step::Recovered {
            assert!(lab.run_to(Step::Appended, 1).await);
        }
        assert!(lab.run_to(step, 1).await, "{step:?} is never come to");
        lab.run().await;
        assert_eq!(held(&lab, "Old/mail").await.len(), count, "stopped at {step:?}");
    }
}

#[tokio::test]
async fn what_is_here_already_is_not_brought_again() {
    let (mut lab, folder) = lab(CollectorOptions { prefix: "INBOX".to_owned(), ..Default::default() }).await;
    let mut here = lab.target.raw().await;
    let letters: Vec<String> = (0..5)
        .map(|number| format!("Date: Mon, 23 Nov 2026 10:00:00 +0000\r\nSubject: {number}\r\n\r\ntext {number}\r\n"))
        .collect();
    for letter in &letters[..3] {
        assert!(here.append("INBOX", "\\Seen", "03-Mar-2023 03:03:03 +0000", letter.as_bytes()).await);
    }
    for (nth, letter) in letters.iter().enumerate() {
        // When a message came that is there by itself, can only be guessed.
        put(&folder, nth, &format!("{nth}.eml"), letter.as_bytes());
    }
    assert_eq!(lab.run().await, 2);
    assert_eq!(held(&lab, "INBOX").await.len(), 5);
    // The same files once more.
    assert!(lab.store.remove_collector(lab.account, lab.collector).await.expect("a store"));
    let options = CollectorOptions { prefix: "INBOX".to_owned(), ..Default::default() };
    lab.collector = lab.store.add_files(lab.account, "again", "files", &options, false).await.expect("a store");
    assert_eq!(lab.run().await, 0);
    assert_eq!(held(&lab, "INBOX").await.len(), 5);
}

#[tokio::test]
async fn folders_of_one_name_are_one() {
    let (lab, folder) = lab(CollectorOptions::default()).await;
    put(&folder, 0, "a.eml", b"Subject: a\r\n\r\na\r\n");
    put(&folder, 1, "Inbox.mbox", b"From x Thu Nov 26 05:17:24 2026\nSubject: b\n\nb\n\n");
    put(&folder, 2, "inbox.mbox", b"From x Thu Nov 26 05:17:24 2026\nSubject: c\n\nc\n\n");
    assert_eq!(lab.run().await, 3);
    assert_eq!(held(&lab, "INBOX").await.len(), 3);
}

#[tokio::test]
async fn what_is_no_mail_is_said_so() {
    let (lab, folder) = lab(CollectorOptions::default()).await;
    put(&folder, 0, "a.pdf", b"%PDF-1.7\n");
    let ended = lab.try_run().await;
    assert!(matches!(ended, Err(Stop::Run(CollectorTrouble::Source(Error::NoMail)))), "{ended:?}");
    put(&folder, 1, "b.zip", b"PK\x03\x04 and nothing more");
    let ended = lab.try_run().await;
    assert!(matches!(ended, Err(Stop::Run(CollectorTrouble::Source(Error::BadFile { .. })))), "{ended:?}");
}
