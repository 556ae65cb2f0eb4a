//! What comes back about what was sent, and telling that something was read.

use app::wire::{
    Command, DraftKind, Error, Fate, Flag, Message, Priority, ReceiptAsked, Reply, SubmissionState, Uid, Wishes,
};

use crate::{
    draft::{compose, draft_to},
    mail::letter,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    send::{refusals, until_state},
    tab::Tab,
    test_bridge::{TestBridge, smtp},
};

async fn start() -> (TestBridge, Tab) {
    let bridge = TestBridge::start().await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab)
}

/// The newest message of the open list, read, once there are so many.
async fn newest(tab: &mut Tab, count: usize) -> (Uid, Message) {
    tab.until("the message", |view| view.rows.iter().flatten().count() >= count).await;
    let uid = tab.messages()[0].uid;
    (uid, tab.read(uid).await)
}

#[tokio::test]
async fn what_came_back_is_tied_to_what_was_sent_and_to_whom() {
    let (bridge, mut tab) = start().await;
    let (bouncing, boris) = (bridge.address_of("bounces"), bridge.address_of("boris"));
    let draft = draft_to(&[&bouncing, &boris], "Отчёт");
    let id = tab.submit(&draft).await;
    // Nobody opens the report: it is enough that it comes.
    tab.until("it came back", |view| {
        view.submissions.iter().any(|one| one.id == id && one.came_back() && one.state == SubmissionState::Sent)
    })
    .await;
    let reports = tab.view.submissions.iter().find(|one| one.id == id).expect("a submission").reports.clone();
    assert_eq!(reports.len(), 1, "the other one got it: {reports:?}");
    bridge.mail("ana").until("Sent", |messages| messages.len() == 1).await;
    let (_, returned) = newest(&mut tab, 1).await;
    let report = returned.report.clone().expect("a report");
    assert_eq!(report.recipients, reports);
    let reported = &report.recipients[0];
    assert_eq!((reported.recipient.as_str(), reported.fate), (bouncing.as_str(), Fate::Failed));
    assert!(reported.text.contains("5.1.1") && reported.text.contains("no such mailbox"), "{}", reported.text);
    assert_eq!((report.subject.as_str(), returned.receipt), ("Отчёт", None));
    // From the report to the message, to write it again.
    let again = compose(&mut tab, report.sent.expect("it is in Sent"), DraftKind::Again).await;
    assert_eq!((again.to.len(), again.subject.as_str()), (2, "Отчёт"));
    assert_ne!(again.id, draft.id);
    // A new tab hears of it as well, until the person has taken it away.
    let mut other = bridge.sign_in("ana").await.tab().await;
    assert!(other.view.submissions.iter().any(|one| one.id == id && one.came_back()));
    assert_eq!(other.ask(Command::DropSubmission { submission: id }).await, Reply::Done);
    assert!(bridge.sign_in("ana").await.tab().await.view.submissions.is_empty());
}

#[tokio::test]
async fn a_report_about_what_was_never_sent_says_nothing() {
    let (bridge, mut tab) = start().await;
    let forged = |message_id: &str| {
        format!(
            "From: MAILER-DAEMON@example.org\r\nSubject: Undelivered\r\nContent-Type: multipart/report;\r\n \
             report-type=delivery-status; boundary=b\r\nMIME-Version: 1.0\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n\
             Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; example.org\r\n\r\n\
             Final-Recipient: rfc822; eve@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n\
             Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\nSubject: x\r\n\r\n--b--\r\n"
        )
    };
    let mut mail = bridge.mail("ana");
    let never = ["0123456789abcdef0123456789abcdef@pismo.test", "elsewhere@example.org"];
    for (number, id) in never.into_iter().enumerate() {
        bridge.server.deliver(&mail.address, &forged(id)).await;
        let (_, message) = newest(&mut tab, number + 1).await;
        assert_eq!(message.report, None, "{id}");
    }
    // About what another program has sent, it tells where that is.
    mail.append("Sent", "by another program").await;
    bridge.server.deliver(&mail.address, &forged("by%20another%20program@example.org")).await;
    let (_, message) = newest(&mut tab, 3).await;
    let report = message.report.expect("a report");
    assert_eq!(report.subject, "by another program");
    assert_eq!(report.sent.expect("a place").mailbox, "Sent");
    assert_eq!(report.recipients[0].recipient, "eve@example.org");
    assert!(tab.view.submissions.is_empty());
}

#[tokio::test]
async fn the_server_is_asked_to_tell_of_delivery() {
    let (bridge, mut tab) = start().await;
    let boris = bridge.address_of("boris");
    let mut draft = draft_to(&[&boris], "has it come?");
    draft.wishes.delivery = true;
    let id = tab.submit(&draft).await;
    tab.until("it is told", |view| view.submissions.iter().any(|one| one.id == id && !one.reports.is_empty())).await;
    let (_, message) = newest(&mut tab, 1).await;
    let reported = message.report.expect("a report").recipients.remove(0);
    assert_eq!(reported.recipient, boris);
    assert!(matches!(reported.fate, Fate::Delivered | Fate::Relayed), "{reported:?}");
    let submission = tab.view.submissions.iter().find(|one| one.id == id).expect("a submission");
    assert!(!submission.came_back() && submission.refusals.is_empty(), "{submission:?}");
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    assert!(!source.contains("X-Pismo"), "{source}");
}

#[tokio::test]
async fn where_the_server_tells_of_no_delivery_the_person_is_told_so_and_the_message_is_sent() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().submission_port()).await;
    let bridge = TestBridge::with(|config| config.smtp = Some(smtp(proxy.port))).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    proxy.rewrite(|said| String::from_utf8_lossy(&said).replace("250-DSN\r\n", "250-XXX\r\n").into_bytes());
    let mut draft = draft_to(&[&bridge.address_of("boris")], "has it come?");
    draft.wishes.delivery = true;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    assert_eq!(refusals(&tab, id)[0].error, Some(Error::NoDeliveryReports));
    bridge.mail("boris").only("INBOX").await;
}

#[tokio::test]
async fn that_a_message_was_read_is_told_once_and_by_the_readers_word() {
    let (bridge, mut tab) = start().await;
    let (ana, boris) = (bridge.address_of("ana"), bridge.address_of("boris"));
    let mut draft = draft_to(&[&boris], "Read this");
    draft.wishes = Wishes { receipt: true, priority: Priority::High, ..Wishes::default() };
    let id = tab.submit(&draft).await;
    let mut reader = bridge.sign_in("boris").await.open("INBOX").await;
    let (uid, message) = newest(&mut reader, 1).await;
    assert!(message.important);
    let asked = message.receipt.expect("it is asked");
    assert_eq!((asked.to.email.as_str(), asked.unasked), (ana.as_str(), false));
    assert!(bridge.mail("ana").messages("INBOX").await.is_empty(), "nothing is told before");
    let tell = Command::SendReceipt { message: reader.message(uid), language: "ru".to_owned() };
    assert_eq!(reader.ask(tell.clone()).await, Reply::Done);
    assert_eq!(reader.ask(tell.clone()).await, Reply::Done);
    let (_, source) = bridge.mail("ana").only("INBOX").await;
    assert!(source.contains("Return-Path: <>"), "{source}");
    assert!(source.contains("report-type=disposition-notification"), "{source}");
    assert!(source.contains(&format!("Final-Recipient: rfc822; {boris}")), "{source}");
    let flags = bridge.mail("boris").flags("INBOX", uid).await.expect("the message");
    assert!(flags.contains(&Flag::receipt_answered()), "{flags:?}");
    assert_eq!(reader.read(uid).await.receipt, None);
    // Another login does not tell it either, nor does the message count as one that Boris has written.
    let mut other = bridge.sign_in("boris").await.open("INBOX").await;
    assert_eq!(other.read(uid).await.receipt, None);
    assert_eq!(other.ask(tell).await, Reply::Done);
    assert!(!bridge.mail("boris").has("Sent").await || bridge.mail("boris").messages("Sent").await.is_empty());
    let (_, told) = newest(&mut tab, 1).await;
    assert_eq!(told.subject, "Прочитано: Read this");
    let report = told.report.expect("a report");
    assert_eq!((report.subject.as_str(), report.recipients[0].fate), ("Read this", Fate::Read));
    tab.until("the outbox knows", |view| {
        view.submissions.iter().any(|one| one.id == id && one.reports.iter().any(|told| told.fate == Fate::Read))
    })
    .await;
    let last = reader.submit(&draft_to(&[&ana], "last")).await;
    until_state(&mut reader, last, SubmissionState::Sent).await;
    let all = bridge.mail("ana").until("INBOX", |messages| messages.len() >= 2).await;
    assert_eq!(all.len(), 2, "it was told once");
}

#[tokio::test]
async fn whether_it_is_told_is_the_persons_choice() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let mut mail = bridge.mail("ana");
    let mut count = 0;
    let mut asked = async |more: &str, to: &str| -> Option<ReceiptAsked> {
        count += 1;
        let message = format!("Disposition-Notification-To: {to}\r\n{more}{}", letter(&format!("letter {count}")));
        bridge.server.deliver(&bridge.address_of("ana"), &message).await;
        newest(&mut tab, count).await.1.receipt
    };
    let unasked = |asked: Option<ReceiptAsked>| asked.map(|asked| asked.unasked);
    // Mail comes from sender@pismo.test.
    let sender = "sender@pismo.test";
    assert_eq!(unasked(asked("", sender).await), Some(false), "by default the person is asked");
    for (choice, expected) in [("never", None), ("always", Some(true)), ("ask", Some(false))] {
        let answer = browser.submit("/receipts", &[("receipts", choice)]).await;
        assert_eq!(answer.status, 303);
        assert!(browser.get("/identities").await.text().contains("receipts-always"));
        assert_eq!(unasked(asked("", sender).await), expected, "{choice}");
        // From a list, or not to who has sent it: nothing is told unasked.
        let less = expected.map(|_| false);
        assert_eq!(unasked(asked("List-Id: <all.example.org>\r\n", sender).await), less, "{choice}");
        assert_eq!(unasked(asked("", "eve@example.org").await), less, "{choice}");
    }
    assert_eq!(asked("Auto-Submitted: auto-generated\r\n", sender).await, None);
    // What was read elsewhere, or answered, is not asked.
    for flags in ["\\Seen", "$MDNSent"] {
        let message = format!("Disposition-Notification-To: {sender}\r\n{}", letter("seen"));
        let uid = mail.append_message("INBOX", flags, &message).await;
        tab.row(uid).await;
        assert_eq!(tab.read(uid).await.receipt, None, "{flags}");
    }
    assert_eq!(browser.submit("/receipts", &[("receipts", "sometimes")]).await.status, 422);
}
