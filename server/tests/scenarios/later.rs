//! What does not go out at once: held back for a moment, or for a day that a person chose; and how it is taken back.

use std::{sync::Arc, time::Duration};

use app::wire::{
    Attachment, Command, Draft, DraftKind, Error, Event, Reply, Submission, SubmissionId, SubmissionState, When,
};
use pismo::store::{Store, now};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use crate::{
    draft::{compose, draft_to},
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    send::{refusals, until_state},
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, smtp},
};

const DAY: i64 = 24 * 3600;

async fn start() -> (TestBridge, Tab) {
    let bridge = TestBridge::start().await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab)
}

fn tomorrow() -> When {
    When::At(now() + DAY)
}

async fn edit(tab: &mut Tab, submission: SubmissionId) -> Draft {
    match tab.ask(Command::EditSubmission { submission }).await {
        Reply::Draft(draft) => *draft,
        reply => panic!("a draft, not {reply:?}"),
    }
}

/// What the tab knows of a submission, once it does.
async fn known(tab: &mut Tab, id: SubmissionId) -> Submission {
    tab.until("the submission", |view| view.submission(id).is_some()).await;
    tab.view.submissions.iter().find(|one| one.id == id).expect("a submission").clone()
}

async fn until_gone(tab: &mut Tab, id: SubmissionId) {
    tab.until("it is out of the outbox", |view| view.submission(id).is_none()).await;
}

/// Sends something else, and waits until it has arrived: whatever was to go out before it would be there as well.
async fn only_this_arrives(bridge: &TestBridge, tab: &mut Tab, subject: &str) {
    let last = tab.submit(&draft_to(&[&bridge.address_of("boris")], subject)).await;
    until_state(tab, last, SubmissionState::Sent).await;
    assert!(bridge.mail("boris").only("INBOX").await.1.contains(subject));
}

#[tokio::test]
async fn what_is_taken_back_in_time_reaches_nobody() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.tab().await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "too soon");
    draft.attachments.push(browser.upload("plan.txt", "text/plain", b"the plan").await.expect("an upload"));
    let id = tab.submit_for(&draft, When::In(60)).await;
    let submission = known(&mut other, id).await;
    assert_eq!(submission.state, SubmissionState::Waiting);
    assert!(submission.due.is_some(), "it says when it goes out");
    let back = edit(&mut tab, id).await;
    assert_eq!(Draft { from: None, ..back.clone() }, draft, "all is as it was");
    until_gone(&mut tab, id).await;
    until_gone(&mut other, id).await;
    assert_eq!(other.send(Command::EditSubmission { submission: id }).await, Err(Error::Gone));
    only_this_arrives(&bridge, &mut tab, "something else").await;
    // Sent after all, with its file.
    let again = tab.submit(&back).await;
    until_state(&mut tab, again, SubmissionState::Sent).await;
    assert_eq!(bridge.mail("boris").until("INBOX", |messages| messages.len() >= 2).await.len(), 2);
}

#[tokio::test]
async fn what_is_held_goes_out_by_itself_with_no_tab_open_and_nobody_signed_in() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let draft = draft_to(&[&bridge.address_of("boris")], "held");
    tab.save(&draft).await;
    let id = tab.submit_for(&draft, When::In(2)).await;
    let due = known(&mut tab, id).await.due.expect("a time");
    browser.sign_out().await;
    drop(tab);
    let (uid, _) = bridge.mail("boris").only("INBOX").await;
    let mut seen = bridge.sign_in("boris").await.open("INBOX").await;
    assert_eq!(seen.read(uid).await.date, due, "it is dated as it goes out");
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
    bridge.mail("ana").until("Drafts", |messages| messages.is_empty()).await;
}

#[tokio::test]
async fn what_is_scheduled_survives_a_restart_and_is_sent_once() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let account = tab.welcome.as_ref().expect("a welcome").account;
    let draft = draft_to(&[&bridge.address_of("boris")], "in its time");
    let due = now() + 30 * DAY;
    let id = tab.submit_for(&draft, When::At(due)).await;
    bridge.stop().await;
    bridge.start_again().await;
    let mut tab = browser.open("INBOX").await;
    let submission = known(&mut tab, id).await;
    assert_eq!((submission.state, submission.due), (SubmissionState::Waiting, Some(due)));
    only_this_arrives(&bridge, &mut tab, "today's").await;
    bridge.stop().await;
    // A month passes.
    let store = Store::open(&bridge.data(), None).await.expect("the store");
    let stored = store.submission(account, id).await.expect("the store").expect("a submission");
    let due = now() - 7;
    store.add_submission(account, &stored.draft, due).await.expect("the store");
    store.close().await;
    bridge.start_again().await;
    let arrived = bridge.mail("boris").until("INBOX", |messages| messages.len() >= 2).await;
    assert_eq!(arrived.len(), 2);
    let mut seen = bridge.sign_in("boris").await.open("INBOX").await;
    let uid = *arrived.keys().max().expect("a message");
    let message = seen.read(uid).await;
    assert_eq!((message.subject.as_str(), message.date), ("in its time", due));
    bridge.mail("ana").until("Sent", |messages| messages.len() == 2).await;
}

#[tokio::test]
async fn a_time_out_of_bounds_is_now_or_is_refused() {
    let (bridge, mut tab) = start().await;
    let boris = bridge.address_of("boris");
    let draft = draft_to(&[&boris], "in ten years");
    for time in [now() + 3660 * DAY, i64::MAX] {
        let command = Command::Send { draft: draft.clone(), when: When::At(time) };
        assert_eq!(tab.send(command).await, Err(Error::TooFarAhead));
    }
    assert!(tab.view.submissions.is_empty());
    let id = tab.submit_for(&draft_to(&[&boris], "yesterday's"), When::At(now() - DAY)).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    bridge.mail("boris").only("INBOX").await;
}

#[tokio::test]
async fn what_has_gone_out_cannot_be_taken_back_and_went_out_once() {
    let (bridge, mut tab) = start().await;
    let draft = draft_to(&[&bridge.address_of("boris")], "gone");
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert_eq!(tab.send(Command::EditSubmission { submission: id }).await, Err(Error::AlreadySent));
    assert_eq!(tab.ask(Command::RetrySubmission { submission: id }).await, Reply::Done, "nor is it sent again");
    assert_eq!(tab.submit_for(&draft, tomorrow()).await, id);
    assert_eq!(tab.view.submission(id), Some(SubmissionState::Sent));
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
    bridge.mail("boris").only("INBOX").await;
}

#[tokio::test]
async fn what_is_being_sent_cannot_be_taken_back() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let draft = draft_to(&[&bridge.address_of("boris")], "on its way");
    tab.save(&draft).await;
    // The server says nothing for now.
    proxy.hold();
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sending).await;
    assert_eq!(known(&mut tab, id).await.due, None);
    assert_eq!(tab.send(Command::EditSubmission { submission: id }).await, Err(Error::BeingSent));
    assert_eq!(tab.send(Command::DropSubmission { submission: id }).await, Err(Error::BeingSent));
    assert_eq!(tab.send(Command::DiscardDraft { draft: draft.id.clone() }).await, Err(Error::BeingSent));
    let mut after = draft.clone();
    after.body.push_str("One more line.\n");
    assert_eq!(tab.submit(&after).await, id, "what was claimed stays as it is");
    proxy.restore();
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert!(!bridge.mail("boris").only("INBOX").await.1.contains("One more line"));
}

/// One server that does not answer holds up nobody else's mail, when its time has come.
#[tokio::test]
async fn what_is_due_while_another_is_under_way_goes_out() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let boris = bridge.address_of("boris");
    // The first line hears nothing after its first word.
    let said = Arc::new(Notify::new());
    let word = said.clone();
    proxy.rewrite_by_line(move |line, bytes| {
        if line > 1 {
            return bytes;
        }
        word.notify_one();
        Vec::new()
    });
    let slow = tab.submit(&draft_to(&[&boris], "slow")).await;
    timeout(PATIENCE, said.notified()).await.expect("it is under way");
    let held = tab.submit_for(&draft_to(&[&boris], "held"), When::In(1)).await;
    until_state(&mut tab, held, SubmissionState::Sent).await;
    assert_eq!(tab.view.submission(slow), Some(SubmissionState::Sending));
    proxy.cut();
}

#[tokio::test]
async fn handed_over_again_while_it_waits_it_is_what_was_said_last() {
    let (bridge, mut tab) = start().await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "before");
    let id = tab.submit_for(&draft, tomorrow()).await;
    draft.subject = "after".to_owned();
    assert_eq!(tab.submit_for(&draft, When::At(now() + 2 * DAY)).await, id);
    tab.until("the new text", |view| view.submissions.iter().any(|one| one.id == id && one.subject == "after")).await;
    assert!(known(&mut tab, id).await.due.expect("a time") > now() + DAY, "and the new time");
    assert_eq!(tab.submit(&draft).await, id);
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    assert!(source.contains("Subject: after"), "{source}");
}

#[tokio::test]
async fn what_waits_is_sent_before_its_time_when_the_person_wants_it() {
    let (bridge, mut tab) = start().await;
    let id = tab.submit_for(&draft_to(&[&bridge.address_of("boris")], "sooner"), When::At(now() + 30 * DAY)).await;
    assert_eq!(tab.ask(Command::RetrySubmission { submission: id }).await, Reply::Done);
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let (uid, _) = bridge.mail("boris").only("INBOX").await;
    let mut seen = bridge.sign_in("boris").await.open("INBOX").await;
    assert!(seen.read(uid).await.date <= now(), "it is not dated in the future");
}

#[tokio::test]
async fn what_is_called_off_is_kept_in_drafts_as_it_was_handed_over() {
    let (bridge, mut tab) = start().await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "called off");
    tab.save(&draft).await;
    draft.body.push_str("The last word.\n");
    let id = tab.submit_for(&draft, tomorrow()).await;
    assert_eq!(tab.ask(Command::DropSubmission { submission: id }).await, Reply::Done);
    until_gone(&mut tab, id).await;
    let (_, source) = bridge.mail("ana").only("Drafts").await;
    assert!(source.contains("The last word."), "{source}");
    assert_eq!(tab.send(Command::DropSubmission { submission: id }).await, Err(Error::Gone));
    only_this_arrives(&bridge, &mut tab, "something else").await;
}

#[tokio::test]
async fn who_discards_a_draft_does_not_want_it_sent() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.tab().await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "discarded");
    let file = browser.upload("plan.txt", "text/plain", b"the plan").await.expect("an upload");
    draft.attachments.push(file.clone());
    tab.save(&draft).await;
    let id = tab.submit_for(&draft, tomorrow()).await;
    known(&mut other, id).await;
    assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id.clone() }).await, Reply::Done);
    until_gone(&mut tab, id).await;
    until_gone(&mut other, id).await;
    assert!(bridge.mail("ana").messages("Drafts").await.is_empty());
    assert_eq!(bridge_file(&bridge, &file), None, "its files are gone as well");
    only_this_arrives(&bridge, &mut tab, "something else").await;
}

/// The bytes of an uploaded file, as long as they are there.
fn bridge_file(bridge: &TestBridge, file: &Attachment) -> Option<Vec<u8>> {
    std::fs::read(bridge.data().join("blobs").join(&file.blob.0)).ok()
}

#[tokio::test]
async fn who_writes_on_in_drafts_gets_what_was_handed_over_and_it_does_not_go_out() {
    let (bridge, mut tab) = start().await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "written on");
    let place = tab.save(&draft).await;
    // Handed over before the last word was saved.
    draft.body.push_str("The last word.\n");
    let id = tab.submit_for(&draft, tomorrow()).await;
    known(&mut tab, id).await;
    let mut opened = compose(&mut tab, place, DraftKind::Edit).await;
    assert_eq!((&opened.id, &opened.body), (&draft.id, &draft.body));
    until_gone(&mut tab, id).await;
    opened.subject = "finished".to_owned();
    let again = tab.submit(&opened).await;
    until_state(&mut tab, again, SubmissionState::Sent).await;
    assert!(bridge.mail("boris").only("INBOX").await.1.contains("Subject: finished"));
    bridge.mail("ana").until("Drafts", |messages| messages.is_empty()).await;
}

#[tokio::test]
async fn a_file_that_waits_to_be_sent_cannot_be_taken_away() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let mut draft = draft_to(&[&bridge.address_of("boris")], "with a file");
    let file = browser.upload("plan.txt", "text/plain", b"the plan").await.expect("an upload");
    draft.attachments.push(file.clone());
    let id = tab.submit_for(&draft, tomorrow()).await;
    // Another tab has the same draft open, and takes the file out of it.
    assert_eq!(tab.ask(Command::DropBlob { blob: file.blob.clone() }).await, Reply::Done);
    assert_eq!(bridge_file(&bridge, &file).as_deref(), Some(&b"the plan"[..]));
    tab.ask(Command::RetrySubmission { submission: id }).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert!(bridge.mail("boris").only("INBOX").await.1.contains("plan.txt"));
}

#[tokio::test]
async fn a_draft_whose_answer_was_lost_with_the_line_is_handed_out_once_more() {
    let (bridge, mut tab) = start().await;
    let mut other = bridge.sign_in("ana").await.tab().await;
    let draft = draft_to(&[&bridge.address_of("boris")], "the only copy");
    let id = tab.submit_for(&draft, When::In(60)).await;
    known(&mut other, id).await;
    let asked = tab.say(Command::EditSubmission { submission: id }).await;
    until_gone(&mut other, id).await;
    tab.drop_line();
    tab.come_back().await;
    tab.say_again(asked, Command::EditSubmission { submission: id }).await;
    let Ok(Reply::Draft(back)) = tab.answer(asked).await else { panic!("a draft") };
    assert_eq!(back.body, draft.body);
    assert_eq!(tab.send(Command::EditSubmission { submission: id }).await, Err(Error::Gone), "by another command not");
}

#[tokio::test]
async fn what_waits_when_its_password_cannot_be_read_any_more_is_refused_in_plain_words() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let account = tab.welcome.as_ref().expect("a welcome").account;
    let id = tab.submit_for(&draft_to(&[&bridge.address_of("boris")], "locked out"), tomorrow()).await;
    let stored = known(&mut tab, id).await;
    bridge.stop().await;
    let store = Store::open(&bridge.data(), None).await.expect("the store");
    let submission = store.submission(account, id).await.expect("the store").expect("a submission");
    assert_eq!(submission.due, stored.due.expect("a time"));
    store.add_submission(account, &submission.draft, now()).await.expect("the store");
    store.close().await;
    // The operator has another key: what was sealed with the old one stays sealed.
    bridge.config.secret = Some("another secret, long enough for a key".into());
    bridge.start_again().await;
    let store = Store::open(&bridge.data(), None).await.expect("the store");
    let deadline = Instant::now() + PATIENCE;
    while store.submission(account, id).await.expect("the store").is_none_or(|one| one.is_to_go_out()) {
        assert!(Instant::now() < deadline, "it is not tried");
        // Nobody is signed in who could be told.
        sleep(Duration::from_millis(30)).await;
    }
    store.close().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    until_state(&mut tab, id, SubmissionState::Rejected).await;
    assert_eq!(refusals(&tab, id)[0].error, Some(Error::SignedOut));
    // Whoever signs in again can send it.
    tab.ask(Command::RetrySubmission { submission: id }).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    bridge.mail("boris").only("INBOX").await;
}

#[tokio::test]
async fn every_tab_hears_when_it_is_tried_again() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    proxy.take_down();
    let id = tab.submit(&draft_to(&[&bridge.address_of("boris")], "again")).await;
    let due = tab
        .until_event("the next try", |event| match event {
            Event::Submission { submission } if submission.state == SubmissionState::Retrying => submission.due,
            _ => None,
        })
        .await;
    assert!(due > 0);
    // What was not taken by anybody can be taken back.
    assert_eq!(edit(&mut tab, id).await.subject, "again");
    proxy.restore();
    only_this_arrives(&bridge, &mut tab, "something else").await;
}
