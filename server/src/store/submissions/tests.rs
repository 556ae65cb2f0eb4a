//! What the outbox keeps when two want the same submission.

use app::wire::{Attachment, BlobId};

use super::*;
use crate::{
    endpoint::{Endpoint, Protocol, Security},
    store::Blob,
};

/// Far ahead, in seconds since 1970 UTC.
const LATER: i64 = 4_000_000_000;

struct Lab {
    store: Store,
    account: AccountId,
    folder: std::path::PathBuf,
}

impl Lab {
    async fn new(name: &str) -> Lab {
        let folder = std::env::temp_dir().join(format!("pismo-submissions-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::open(&folder, None).await.expect("a store");
        let imap = Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", 143);
        let account = store.account_for("ana@pismo.test", &imap, None).await.expect("an account").id;
        Lab { store, account, folder }
    }

    async fn add(&self, draft: &Draft, due: i64) -> (StoredSubmission, bool) {
        self.store.add_submission(self.account, draft, due).await.expect("a submission")
    }

    async fn find(&self, id: SubmissionId) -> Option<StoredSubmission> {
        self.store.submission(self.account, id).await.expect("the store")
    }

    async fn take(&self, id: SubmissionId) -> Option<Draft> {
        self.store.take_submission(self.account, id).await.expect("the store")
    }

    async fn claim(&self) -> Option<StoredSubmission> {
        self.store.claim_submission(600).await.expect("the store")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn draft(name: &str, subject: &str) -> Draft {
    Draft { subject: subject.to_owned(), ..Draft::new(DraftId(name.to_owned())) }
}

#[tokio::test]
async fn a_draft_that_is_handed_over_again_while_it_waits_is_what_was_said_last() {
    let lab = Lab::new("again").await;
    let (first, changed) = lab.add(&draft("one", "before"), LATER).await;
    assert!(changed);
    let (same, changed) = lab.add(&draft("one", "before"), LATER).await;
    assert_eq!((same.id, changed), (first.id, false), "said twice it is said once");
    let (other, changed) = lab.add(&draft("one", "after"), LATER + 60).await;
    assert_eq!((other.id, changed), (first.id, true));
    assert_eq!((other.draft.subject.as_str(), other.due, other.created), ("after", LATER + 60, LATER + 60));
    let (earlier, changed) = lab.add(&draft("one", "after"), now()).await;
    assert!(changed && earlier.due < LATER, "the time alone is a change, too");
}

#[tokio::test]
async fn what_somebody_has_tried_to_send_stays_the_message_it_was() {
    let lab = Lab::new("tried").await;
    let before = draft("one", "before");
    let (submission, _) = lab.add(&before, now()).await;
    let claimed = lab.claim().await.expect("it is due");
    assert_eq!(claimed.id, submission.id);
    for state in [
        SubmissionState::Sending,
        SubmissionState::Retrying,
        SubmissionState::Rejected,
        SubmissionState::Unknown,
        SubmissionState::Sent,
        // Tried again because the person wanted it.
        SubmissionState::Waiting,
    ] {
        lab.store.set_submission(submission.id, state, &[], LATER).await.expect("the store");
        let (found, changed) = lab.add(&draft("one", "after"), LATER + 60).await;
        assert_eq!(
            (found.id, found.draft == before, found.due, changed),
            (submission.id, true, LATER, false),
            "{state:?}"
        );
        assert_eq!(found.created, submission.created, "{state:?}");
    }
}

#[tokio::test]
async fn what_is_being_sent_or_was_cannot_be_taken() {
    let lab = Lab::new("take").await;
    for (state, may) in [
        (SubmissionState::Waiting, true),
        (SubmissionState::Sending, false),
        (SubmissionState::Sent, false),
        (SubmissionState::Retrying, true),
        (SubmissionState::Rejected, true),
        (SubmissionState::Unknown, true),
    ] {
        let letter = draft("one", &format!("{state:?}"));
        let (submission, _) = lab.add(&letter, LATER).await;
        lab.store.set_submission(submission.id, state, &[], LATER).await.expect("the store");
        assert_eq!(lab.take(submission.id).await, may.then_some(letter), "{state:?}");
        assert_eq!(lab.find(submission.id).await.is_none(), may, "{state:?}");
        assert_eq!(lab.take(submission.id).await, None, "{state:?}: nobody gets it twice");
        lab.store.set_submission(submission.id, SubmissionState::Rejected, &[], LATER).await.expect("the store");
        lab.store.drop_submission(lab.account, submission.id).await.expect("the store");
    }
}

#[tokio::test]
async fn only_what_does_nothing_by_itself_any_more_is_dropped() {
    let lab = Lab::new("drop").await;
    let (submission, _) = lab.add(&draft("one", "x"), LATER).await;
    for state in [SubmissionState::Waiting, SubmissionState::Retrying, SubmissionState::Sending] {
        lab.store.set_submission(submission.id, state, &[], LATER).await.expect("the store");
        assert!(!lab.store.drop_submission(lab.account, submission.id).await.expect("the store"), "{state:?}");
    }
    lab.store.set_submission(submission.id, SubmissionState::Rejected, &[], LATER).await.expect("the store");
    assert!(lab.store.drop_submission(lab.account, submission.id).await.expect("the store"));
}

#[tokio::test]
async fn what_is_hurried_is_dated_now_unless_it_was_tried_before() {
    let lab = Lab::new("hurry").await;
    let (submission, _) = lab.add(&draft("one", "x"), LATER).await;
    let hurry = async || lab.store.hurry_submission(lab.account, submission.id).await.expect("the store");
    let hurried = hurry().await.expect("it waits");
    assert!(hurried.due < LATER && hurried.created == hurried.due);
    let claimed = lab.claim().await.expect("it is due");
    assert!(hurry().await.is_none(), "it is being sent already");
    lab.store.set_submission(submission.id, SubmissionState::Retrying, &[], LATER).await.expect("the store");
    let again = hurry().await.expect("it waits");
    assert_eq!((again.state, again.created), (SubmissionState::Waiting, claimed.created), "it is the same message");
    lab.store.set_submission(submission.id, SubmissionState::Sent, &[], 0).await.expect("the store");
    assert!(hurry().await.is_none());
    assert_eq!(lab.find(submission.id).await.expect("it is there").state, SubmissionState::Sent);
}

#[tokio::test]
async fn the_next_to_go_out_is_known() {
    let lab = Lab::new("due").await;
    let next = async || lab.store.next_due().await.expect("the store");
    assert_eq!(next().await, None);
    let (first, _) = lab.add(&draft("one", "x"), LATER).await;
    let (second, _) = lab.add(&draft("two", "x"), LATER + 60).await;
    assert_eq!(next().await, Some(LATER));
    assert!(lab.claim().await.is_none(), "nothing is due before its time");
    lab.store.set_submission(first.id, SubmissionState::Rejected, &[], 0).await.expect("the store");
    assert_eq!(next().await, Some(LATER + 60));
    lab.store.set_submission(second.id, SubmissionState::Retrying, &[], LATER + 30).await.expect("the store");
    assert_eq!(next().await, Some(LATER + 30));
}

#[tokio::test]
async fn files_stay_as_long_as_the_outbox_needs_them() {
    let lab = Lab::new("files").await;
    let mut letter = draft("one", "with a file");
    for name in ["needed", "left"] {
        let blob = Blob { id: BlobId(name.to_owned()), name: String::new(), content_type: String::new(), size: 1 };
        lab.store.add_blob(lab.account, &blob).await.expect("the store");
    }
    let id = BlobId("needed".to_owned());
    letter.attachments.push(Attachment {
        blob: id.clone(),
        name: String::new(),
        content_type: String::new(),
        size: 1,
        inline: false,
    });
    let (submission, _) = lab.add(&letter, LATER).await;
    let forgotten = lab.store.forget_blobs_before(LATER).await.expect("the store");
    assert_eq!(forgotten, [BlobId("left".to_owned())]);
    assert!(!lab.store.forget_blob(lab.account, &id).await.expect("the store"), "nor does anybody else take it away");
    // Taken out after weeks, it is as if it had been attached just now.
    let aged = change!(lab.store, pool => sqlx::query("UPDATE blobs SET created = 1").execute(pool));
    assert_eq!(aged.expect("the store"), 1);
    lab.take(submission.id).await.expect("the draft");
    assert!(lab.store.forget_blobs_before(now() - 60).await.expect("the store").is_empty());
    let (submission, _) = lab.add(&letter, LATER).await;
    lab.store.set_submission(submission.id, SubmissionState::Sent, &[], 0).await.expect("the store");
    assert!(!lab.store.forget_blob(lab.account, &id).await.expect("the store"), "it is not filed yet");
    lab.store.set_filed(submission.id, true).await.expect("the store");
    assert!(lab.store.forget_blob(lab.account, &id).await.expect("the store"));
}

#[tokio::test]
async fn what_came_back_is_in_the_outbox_again() {
    let lab = Lab::new("reports").await;
    let (submission, _) = lab.add(&draft("one", "x"), 0).await;
    let by_draft =
        async |name: &str| lab.store.sent_submission(lab.account, &DraftId(name.to_owned())).await.expect("the store");
    assert!(by_draft("one").await.is_none(), "it was not sent");
    lab.store.set_submission(submission.id, SubmissionState::Sent, &[], 0).await.expect("the store");
    let shown = async || lab.store.submissions(lab.account).await.expect("the store").len();
    let reported = |fate| Reported { recipient: "a@x.org".to_owned(), fate, code: 0, text: String::new() };
    for (fate, expected) in [(Fate::Delivered, 0), (Fate::Failed, 1)] {
        lab.store.set_reports(submission.id, &[reported(fate)]).await.expect("the store");
        assert_eq!(shown().await, expected, "{fate:?}");
        assert_eq!(by_draft("one").await.expect("it was sent").reports, [reported(fate)]);
    }
    assert!(lab.store.drop_submission(lab.account, submission.id).await.expect("the store"));
}

#[tokio::test]
async fn a_receipt_is_in_the_outbox_once() {
    let lab = Lab::new("receipts").await;
    let receipt = Receipt {
        message_id: Some("a@b".to_owned()),
        recipient: "ana@pismo.test".to_owned(),
        original_recipient: None,
        unasked: false,
    };
    let add = async || lab.store.add_receipt(lab.account, &draft("one", "x"), &receipt).await.expect("the store");
    let (first, changed) = add().await;
    assert!(changed && first.to_wire().receipt);
    let claimed = lab.claim().await.expect("it is due");
    assert_eq!(claimed.receipt, Some(receipt.clone()));
    let (again, changed) = add().await;
    assert_eq!((again.id, changed), (first.id, false));
}
