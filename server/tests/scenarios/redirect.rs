//! A message that goes on as it is: the same bytes, once, with what says so above them.

use app::wire::{Address, Command, Draft, DraftKind, Error, Flag, Reply, SubmissionState, When};
use pismo::store::now;

use crate::{
    draft::{compose, draft_to},
    mail::Messages,
    send::until_state,
    tab::Tab,
    test_bridge::TestBridge,
};

/// As it came: with trace fields, somebody whom nobody was to see, and text that is not in ASCII.
const LETTER: &str = "X-First: here\r\nReceived: from a by b; Mon, 23 Nov 2026 10:00:00 +0300\r\n\
    From: Carla Doe <carla@example.org>\r\nTo: ana@example.org\r\nBcc: secret@example.org,\r\n hidden@example.org\r\n\
    Subject: =?utf-8?B?0J7QsdC10LQ=?=\r\nMessage-ID: <lunch@example.org>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0300\r\n\
    X-Odd:   kept \r\n\tas it is\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\n\r\nВ полдень?\r\n.\r\n..\r\nBcc: these are words\r\nFrom here  \r\n";

fn without_hidden() -> String {
    LETTER.replace("Bcc: secret@example.org,\r\n hidden@example.org\r\n", "")
}

async fn start() -> (TestBridge, Tab, app::wire::MessageRef) {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let uid = bridge.mail("ana").append_message("INBOX", "", LETTER).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    (bridge, tab, message)
}

fn to(addresses: &[&str]) -> Vec<Address> {
    draft_to(addresses, "").to
}

#[tokio::test]
async fn a_redirected_message_arrives_as_it_was_and_is_filed_once() {
    let (bridge, mut tab, message) = start().await;
    let (ana, boris, carla) = (bridge.address_of("ana"), bridge.address_of("boris"), bridge.address_of("carla"));
    let draft = compose(&mut tab, message.clone(), DraftKind::Redirect).await;
    assert_eq!((draft.subject.as_str(), draft.to.len(), draft.attachments.len()), ("Обед", 0, 1));
    let save = tab.send(Command::SaveDraft { draft: draft.clone(), base: None }).await;
    assert!(matches!(save, Err(Error::BadRequest { .. })), "it is no draft: {save:?}");
    let draft = Draft { to: to(&[&boris, &carla]), ..draft };
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert_eq!(tab.submit(&draft).await, id, "the same one is sent once");
    let mut sources = Vec::new();
    for name in ["boris", "carla"] {
        sources.push(bridge.mail(name).only("INBOX").await.1);
    }
    let mut mail = bridge.mail("ana");
    mail.until("Sent", |messages| !messages.is_empty()).await;
    let (_, filed) = mail.only("Sent").await;
    sources.push(filed.clone());
    for source in &sources {
        let (above, own) = source.split_once("Resent-Date: ").expect("fields above it");
        assert!(!above.contains("Subject:"), "{source}");
        let (fields, below) = own.split_at(own.find("X-First: ").expect("the message"));
        let below = below.strip_prefix(without_hidden().as_str());
        assert_eq!(below, Some(")"), "it is not as it was: {source}");
        assert!(fields.contains(&format!("Resent-From: <{ana}>\r\nResent-To: ")), "{fields}");
        assert!(fields.contains(&boris) && fields.contains(&carla), "{fields}");
        assert!(fields.contains(&format!("Resent-Message-ID: <{}@", draft.id.0)), "{fields}");
    }
    let is_marked = |messages: &Messages| messages.values().all(|flags| flags.contains(&Flag::Forwarded));
    mail.until("INBOX", is_marked).await;
    // Nothing else comes after it, and nothing is left of it.
    let last = tab.submit(&draft_to(&[&boris], "last")).await;
    until_state(&mut tab, last, SubmissionState::Sent).await;
    assert_eq!(bridge.mail("boris").until("INBOX", |messages| messages.len() >= 2).await.len(), 2);
    assert_eq!(mail.until("Sent", |messages| messages.len() >= 2).await.len(), 2);
    assert!(mail.messages("Drafts").await.is_empty());
    assert_eq!(std::fs::read_dir(bridge.data().join("blobs")).expect("the folder").count(), 0);

    // It comes back.
    let uid = mail.append_message("INBOX", "", &filed).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let again = tab.send(Command::Compose { message, kind: DraftKind::Redirect }).await;
    assert_eq!(again, Err(Error::RedirectLoop));
}

#[tokio::test]
async fn what_is_to_be_redirected_survives_a_restart_and_can_be_called_off() {
    let (mut bridge, mut tab, message) = start().await;
    let boris = bridge.address_of("boris");
    let draft = compose(&mut tab, message, DraftKind::Redirect).await;
    let nobody = tab.send(Command::Send { draft: draft.clone(), when: When::Now }).await;
    assert_eq!(nobody, Err(Error::NoRecipient));
    let without = Draft { to: to(&[&boris]), attachments: Vec::new(), ..draft.clone() };
    let without = tab.send(Command::Send { draft: without, when: When::Now }).await;
    assert!(matches!(without, Err(Error::BadRequest { .. })), "{without:?}");

    let tomorrow = When::At(now() + 24 * 3600);
    let id = tab.submit_for(&Draft { to: to(&["nobody@pismo.test"]), ..draft }, tomorrow).await;
    tab.until("it waits", |view| view.submission(id) == Some(SubmissionState::Waiting)).await;
    assert!(tab.view.submissions[0].redirect);
    bridge.stop().await;
    bridge.start_again().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let Reply::Draft(back) = tab.ask(Command::EditSubmission { submission: id }).await else { panic!("a draft") };
    assert!(back.is_redirect() && back.to[0].email == "nobody@pismo.test", "{back:?}");
    let draft = Draft { to: to(&[&boris]), ..*back };
    let id = tab.submit_for(&draft, tomorrow).await;
    assert_eq!(tab.ask(Command::DropSubmission { submission: id }).await, Reply::Done);
    assert!(bridge.mail("ana").messages("Drafts").await.is_empty(), "the message is where it was");
    let gone = tab.send(Command::Send { draft, when: When::Now }).await;
    assert!(matches!(gone, Err(Error::BlobGone { .. })), "its copy is forgotten: {gone:?}");
}

#[tokio::test]
async fn a_message_over_the_limit_is_not_redirected() {
    let bridge = TestBridge::with(|config| config.upload_limit = 1000).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let letter = format!("{LETTER}{}", "much\r\n".repeat(1000));
    let uid = bridge.mail("ana").append_message("INBOX", "", &letter).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let refused = tab.send(Command::Compose { message, kind: DraftKind::Redirect }).await;
    assert_eq!(refused, Err(Error::TooLarge { limit: 1000 }));
}
