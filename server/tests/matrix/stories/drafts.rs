//! Drafts.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use app::wire::{Address, Command, Draft, DraftId, DraftKind, Flag, Reply};

use crate::cell::Cell;

fn draft() -> Draft {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = u64::from(std::process::id()) << 32 | u64::from(NUMBER.fetch_add(1, Ordering::Relaxed));
    Draft {
        to: vec![Address { name: "Борис".to_owned(), email: "boris@pismo.test".to_owned() }],
        subject: "Привет".to_owned(),
        body: "Version 1\n".to_owned(),
        ..Draft::new(DraftId(format!("{number:032x}")))
    }
}

pub async fn a_draft_saved_twice(cell: Arc<Cell>) {
    let mut desk = cell.desk(1).await;
    let drafts = desk.top("Drafts");
    let mut draft = draft();
    for version in 1..=3 {
        draft.body = format!("Version {version}\n");
        let saved = desk.tab.save(&draft).await;
        assert_eq!(saved.mailbox, drafts);
        let (uid, source) = desk.mail.only(&drafts).await;
        assert_eq!(uid, saved.uid);
        assert!(source.contains(&format!("Version {version}")), "{source}");
        let flags = desk.mail.flags(&drafts, uid).await.expect("a message");
        assert!(flags.contains(&Flag::Draft) && flags.contains(&Flag::Seen), "{flags:?}");
    }
    // Somebody else's message, which that other program has marked as deleted, is not Pismo's to erase.
    let theirs = desk.mail.append_message(&drafts, "\\Deleted", &crate::mail::letter("theirs")).await;
    let saved = desk.tab.save(&draft).await;
    let left: Vec<_> = desk.mail.messages(&drafts).await.into_keys().collect();
    assert_eq!(left, [theirs, saved.uid]);
    desk.tab.open(&drafts).await;
    desk.agree(&drafts, &["INBOX"]).await;
    let message = desk.tab.message(saved.uid);
    let Reply::Draft(again) = desk.tab.ask(Command::Compose { message, kind: DraftKind::Edit }).await else {
        panic!("a draft")
    };
    assert_eq!((&again.id, again.subject.as_str(), again.to), (&draft.id, "Привет", draft.to));
    assert_eq!(desk.tab.ask(Command::DiscardDraft { draft: draft.id }).await, Reply::Done);
    let left: Vec<_> = desk.mail.messages(&drafts).await.into_keys().collect();
    assert_eq!(left, [theirs]);
    desk.agree(&drafts, &["INBOX"]).await;
}
