//! Sending: once, to everybody, filed, and what is told when it is refused.

use app::wire::{
    Action, Address, Command, Draft, DraftKind, Error, Flag, Refusal, Reply, SubmissionId, SubmissionState, When,
};

use tokio::time::timeout;

use crate::{
    draft::{compose, draft_to},
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::{PATIENCE, Tab},
    test_bridge::{TestBridge, smtp},
};

pub async fn until_state(tab: &mut Tab, submission: SubmissionId, state: SubmissionState) {
    tab.until(&format!("{state:?}"), |view| view.submission(submission) == Some(state)).await;
}

/// Why a submission was refused.
pub fn refusals(tab: &Tab, id: SubmissionId) -> Vec<Refusal> {
    let submission = tab.view.submissions.iter().find(|submission| submission.id == id).expect("a submission");
    submission.refusals.clone()
}

async fn start() -> (TestBridge, Tab) {
    let bridge = TestBridge::start().await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab)
}

#[tokio::test]
async fn what_is_sent_arrives_once_and_is_filed_once() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let (boris, carla, dora) = (bridge.address_of("boris"), bridge.address_of("carla"), bridge.address_of("dora"));
    let mut draft = draft_to(&[&boris], "Обед");
    draft.body = "В полдень?\n.\nточка в начале строки\nFrom here\n".to_owned();
    draft.cc.push(Address { name: "Карла".to_owned(), email: carla });
    draft.bcc.push(Address { name: String::new(), email: dora });
    draft.attachments.push(browser.upload("план.txt", "text/plain", "план".as_bytes()).await.expect("an upload"));
    tab.save(&draft).await;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert_eq!(tab.submit(&draft).await, id, "the same draft is the same submission");
    for name in ["boris", "carla", "dora"] {
        let (uid, source) = bridge.mail(name).only("INBOX").await;
        assert!(!source.to_lowercase().contains("bcc:") && !source.contains("dora"), "{source}");
        let mut seen = bridge.sign_in(name).await.open("INBOX").await;
        let message = seen.read(uid).await;
        assert_eq!(message.subject, "Обед");
        assert_eq!(message.attachments[0].name, "план.txt");
        assert_eq!(message.cc[0].name, "Карла");
        let app::wire::Body::Text { text, .. } = message.body else { panic!("text") };
        assert_eq!(text.trim_end(), draft.body.trim_end());
    }
    let mut mail = bridge.mail("ana");
    let sent = mail.until("Sent", |messages| !messages.is_empty()).await;
    assert_eq!(sent.len(), 1);
    assert!(sent.values().all(|flags| flags.contains(&Flag::Seen)));
    mail.until("Drafts", |messages| messages.is_empty()).await;
    // Nothing else comes after it.
    let last = tab.submit(&draft_to(&[&boris], "last")).await;
    until_state(&mut tab, last, SubmissionState::Sent).await;
    bridge.mail("boris").until("INBOX", |messages| messages.len() == 2).await;
    assert_eq!(mail.until("Sent", |messages| messages.len() >= 2).await.len(), 2);
}

#[tokio::test]
async fn a_draft_sent_by_many_clicks_is_delivered_once() {
    let (bridge, mut tab) = start().await;
    let mut other = bridge.sign_in("ana").await.open("INBOX").await;
    let boris = bridge.address_of("boris");
    let draft = draft_to(&[&boris], "once");
    let mut asked = Vec::new();
    for _ in 0..5 {
        asked.push((
            tab.say(Command::Send { draft: draft.clone(), when: When::Now }).await,
            other.say(Command::Send { draft: draft.clone(), when: When::Now }).await,
        ));
    }
    let mut submissions = Vec::new();
    for (one, two) in asked {
        submissions.push(tab.answer(one).await);
        submissions.push(other.answer(two).await);
    }
    submissions.dedup();
    let [Ok(Reply::Submitted { submission })] = submissions[..] else { panic!("{submissions:?}") };
    until_state(&mut tab, submission, SubmissionState::Sent).await;
    until_state(&mut other, submission, SubmissionState::Sent).await;
    let last = tab.submit(&draft_to(&[&boris], "last")).await;
    until_state(&mut tab, last, SubmissionState::Sent).await;
    assert_eq!(bridge.mail("boris").until("INBOX", |messages| messages.len() >= 2).await.len(), 2);
    assert_eq!(bridge.mail("ana").until("Sent", |messages| messages.len() >= 2).await.len(), 2);
}

#[tokio::test]
async fn the_original_is_marked_as_answered_or_forwarded() {
    let (bridge, mut tab) = start().await;
    let mut mail = bridge.mail("ana");
    let answered = mail.append("INBOX", "to answer").await;
    let forwarded = mail.append("INBOX", "to forward").await;
    let boris = bridge.address_of("boris");
    for (uid, kind, flag) in
        [(answered, DraftKind::Reply, Flag::Answered), (forwarded, DraftKind::Forward, Flag::Forwarded)]
    {
        tab.row(uid).await;
        let message = tab.message(uid);
        let mut draft = compose(&mut tab, message, kind).await;
        draft.to = vec![Address { name: String::new(), email: boris.clone() }];
        let id = tab.submit(&draft).await;
        until_state(&mut tab, id, SubmissionState::Sent).await;
        tab.until("the mark", |view| view.has(uid, &flag)).await;
        assert!(mail.flags("INBOX", uid).await.expect("a message").contains(&flag));
    }
    let mut boris = bridge.mail("boris");
    let arrived = boris.until("INBOX", |messages| messages.len() == 2).await;
    let mut sources = Vec::new();
    for uid in arrived.into_keys() {
        sources.push(boris.source("INBOX", uid).await);
    }
    let reply = "In-Reply-To: <to%20answer@example.org>";
    assert!(sources.iter().any(|source| source.contains(reply)), "{sources:?}");
}

#[tokio::test]
async fn how_large_files_may_be_is_known_before_they_are_uploaded() {
    let (bridge, mut tab) = start().await;
    // Postfix is set to 25 MiB; base64 makes a third more of files.
    assert_eq!(tab.ask(Command::FilesLimit).await, Reply::FilesLimit { limit: Some(19_060_857) });
    drop(bridge);
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(9))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    assert_eq!(tab.ask(Command::FilesLimit).await, Reply::FilesLimit { limit: None }, "nobody is there to say it");
}

#[tokio::test]
async fn an_original_that_was_moved_meanwhile_is_no_trouble() {
    let (bridge, mut tab) = start().await;
    let uid = bridge.mail("ana").append("INBOX", "to answer").await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let mut draft = compose(&mut tab, message, DraftKind::Reply).await;
    draft.to = vec![Address { name: String::new(), email: bridge.address_of("boris") }];
    tab.act(uid, Action::Archive).await;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
}

#[tokio::test]
async fn a_refused_recipient_is_named_and_nothing_is_lost() {
    let (bridge, mut tab) = start().await;
    let (boris, nobody) = (bridge.address_of("boris"), "nobody-here@pismo.test");
    let draft = draft_to(&[&boris, nobody], "half of it");
    tab.save(&draft).await;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Rejected).await;
    let refused = refusals(&tab, id);
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].recipient.as_deref(), refused[0].code), (Some(nobody), 550));
    assert!(!refused[0].text.is_empty());
    assert_eq!(bridge.mail("ana").messages("Drafts").await.len(), 1, "the text is still in Drafts");
    assert!(bridge.mail("ana").messages("Sent").await.is_empty());

    // A new tab hears of it, and the person can write on.
    let mut later = bridge.sign_in("ana").await.tab().await;
    assert_eq!(later.view.submission(id), Some(SubmissionState::Rejected));
    let Reply::Draft(mut edited) = later.ask(Command::EditSubmission { submission: id }).await else {
        panic!("a draft")
    };
    // What it did not say is said by now: as whom it goes out.
    let from = Some(Address { name: String::new(), email: bridge.address_of("ana") });
    assert_eq!(*edited, Draft { from, ..draft });
    edited.to.pop();
    let again = later.submit(&edited).await;
    until_state(&mut later, again, SubmissionState::Sent).await;
    bridge.mail("boris").only("INBOX").await;
    bridge.mail("ana").until("Drafts", |messages| messages.is_empty()).await;
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
}

#[tokio::test]
async fn a_rejected_submission_can_be_tried_again_or_dropped() {
    let (_bridge, mut tab) = start().await;
    let id = tab.submit(&draft_to(&["someone@elsewhere.example"], "abroad")).await;
    until_state(&mut tab, id, SubmissionState::Rejected).await;
    assert!(refusals(&tab, id)[0].text.contains("other domains"), "{:?}", refusals(&tab, id));
    tab.forget_events();
    assert_eq!(tab.ask(Command::RetrySubmission { submission: id }).await, Reply::Done);
    tab.until_event("the second rejection", |event| match event {
        app::wire::Event::Submission { submission } => (submission.state == SubmissionState::Rejected).then_some(()),
        _ => None,
    })
    .await;
    assert_eq!(tab.ask(Command::DropSubmission { submission: id }).await, Reply::Done);
    assert_eq!(tab.send(Command::DropSubmission { submission: id }).await, Err(Error::Gone));
    assert_eq!(tab.send(Command::RetrySubmission { submission: id }).await, Err(Error::Gone));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_at_once() {
    let (_bridge, mut tab) = start().await;
    assert_eq!(
        tab.send(Command::Send { draft: draft_to(&[], "to nobody"), when: When::Now }).await,
        Err(Error::NoRecipient)
    );
    for address in ["not an address", "a@b@c", "a@", "@b", "a@b\r\nRCPT TO:<x@y>", "a\0@b.example"] {
        let result =
            tab.send(Command::Send { draft: draft_to(&["a@pismo.test", address], "x"), when: When::Now }).await;
        assert_eq!(result, Err(Error::BadAddress { text: address.to_owned() }));
    }
    let many: Vec<String> = (0..501).map(|number| format!("user{number}@pismo.test")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let result = tab.send(Command::Send { draft: draft_to(&many, "to all"), when: When::Now }).await;
    assert_eq!(result, Err(Error::TooManyRecipients { limit: 500 }));
    assert!(tab.view.submissions.is_empty());
}

#[tokio::test]
async fn headers_cannot_be_written_through_the_draft() {
    let (bridge, mut tab) = start().await;
    let boris = bridge.address_of("boris");
    let mut draft = draft_to(&[&boris], "one\r\nX-Evil: yes\r\n\r\nbody");
    draft.to[0].name = "Boris\r\nX-Evil: yes".to_owned();
    draft.body = "text\n".to_owned();
    draft.references = vec!["a@b>\r\nX-Evil: yes".to_owned()];
    let result = tab.send(Command::Send { draft, when: When::Now }).await;
    if let Ok(Reply::Submitted { submission }) = result {
        until_state(&mut tab, submission, SubmissionState::Sent).await;
        let (_, source) = bridge.mail("boris").only("INBOX").await;
        assert!(!source.lines().any(|line| line.starts_with("X-Evil")), "{source}");
    }
}

#[tokio::test]
async fn while_the_outgoing_server_is_away_the_outbox_waits() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    proxy.take_down();
    let boris = bridge.address_of("boris");
    let id = tab.submit(&draft_to(&[&boris], "later")).await;
    until_state(&mut tab, id, SubmissionState::Retrying).await;
    assert!(!refusals(&tab, id).is_empty(), "it says why");
    proxy.restore();
    tab.ask(Command::RetrySubmission { submission: id }).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    bridge.mail("boris").only("INBOX").await;
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
}

#[tokio::test]
async fn a_line_cut_after_the_whole_message_is_in_doubt_and_never_sent_again_by_itself() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let boris = bridge.address_of("boris");
    // The answer to the final dot never comes back.
    let mut after_data = false;
    let fault = std::sync::Arc::new(tokio::sync::Notify::new());
    let cut = fault.clone();
    proxy.rewrite(move |said| {
        if after_data {
            cut.notify_one();
            return Vec::new();
        }
        after_data = said.windows(4).any(|four| four == b"354 ");
        said
    });
    let id = tab.submit(&draft_to(&[&boris], "in doubt")).await;
    timeout(PATIENCE, fault.notified()).await.expect("the message is handed over");
    proxy.cut();
    proxy.stop_rewriting();
    until_state(&mut tab, id, SubmissionState::Unknown).await;
    bridge.mail("boris").only("INBOX").await;
    assert!(bridge.mail("ana").messages("Sent").await.is_empty(), "nobody knows, so it is not filed");
    let last = tab.submit(&draft_to(&[&boris], "last")).await;
    until_state(&mut tab, last, SubmissionState::Sent).await;
    assert_eq!(bridge.mail("boris").until("INBOX", |messages| messages.len() >= 2).await.len(), 2);
    assert_eq!(tab.view.submission(id), Some(SubmissionState::Unknown));
}
