//! Every frame as JSON: a change of the protocol is visible in review.

#[path = "wire/samples.rs"]
mod samples;

use std::collections::BTreeMap;

use app::wire::*;
use samples::*;

#[test]
fn commands_look_like_this() {
    let act = |selection, action| Command::Act { selection, action };
    let arrange = |change| Command::Arrange { change };
    let these = || Selection::Messages(vec![message()]);
    let commands = vec![
        Command::Attach { resume: None },
        Command::Attach { resume: Some(Resume { tab: TabId("t".to_owned()), seq: 5 }) },
        Command::Open { query: query(), from: 0, count: 50 },
        Command::Window { list: 3, from: 50_000, count: 80 },
        Command::Locate { list: 3, date: 1_795_457_400 },
        Command::StopSearch { list: 3 },
        Command::Fold { mailbox: "Проекты".to_owned(), folded: true },
        Command::Read { message: message() },
        Command::Gather { message: message() },
        act(these(), Action::Flag { flag: Flag::Flagged, set: true }),
        act(Selection::Threads(vec![message()]), Action::Archive),
        act(Selection::All { list: 3, except: vec![message()] }, Action::Move { to: "Архив".to_owned() }),
        act(these(), Action::Archive),
        act(these(), Action::Delete),
        act(these(), Action::Erase),
        act(these(), Action::Junk),
        act(these(), Action::NotJunk),
        Command::Undo { undo: UndoId(4) },
        Command::Compose { message: message(), kind: DraftKind::Reply },
        Command::SaveDraft { draft: draft(), base: None },
        Command::DiscardDraft { draft: DraftId("00ff".to_owned()) },
        Command::Send { draft: draft(), when: When::Now },
        Command::RetrySubmission { submission: SubmissionId(9) },
        Command::FilesLimit,
        Command::EditSubmission { submission: SubmissionId(9) },
        Command::DropSubmission { submission: SubmissionId(9) },
        Command::DropBlob { blob: BlobId("b1".to_owned()) },
        Command::KeepSearch { search: saved_search(), before: Some("Bills".to_owned()) },
        Command::ForgetSearch { name: "Счета".to_owned() },
        Command::Attend { front: true },
        Command::Suggest { words: "анн".to_owned() },
        act(
            Selection::Mailbox { path: "Trash".to_owned(), uid_validity: UidValidity(7), uid_next: Uid(43) },
            Action::Erase,
        ),
        arrange(Arrangement::Create { parent: Some("Проекты".to_owned()), name: "2027".to_owned() }),
        arrange(Arrangement::Rename {
            path: "Проекты/2027".to_owned(), parent: None, name: "Планы".to_owned()
        }),
        arrange(Arrangement::Delete { path: "Планы".to_owned() }),
        act(these(), Action::Flag { flag: Flag::Keyword("$label1".to_owned()), set: true }),
        Command::Send { draft: Draft::new(DraftId("00ff".to_owned())), when: When::In(5) },
        Command::Send { draft: Draft::new(DraftId("00ff".to_owned())), when: When::At(1_795_457_400) },
        Command::CheckRecipients { emails: vec!["anna@gmial.com".to_owned()] },
        Command::Templates,
        Command::UseTemplate {
            template: TemplateId(2),
            to: Some(address()),
            from: None,
            subject: String::new(),
            date: "23 November 2026".to_owned(),
            formatted: true,
        },
        Command::KeepTemplate {
            name: "Счёт".to_owned(),
            subject: "Счёт за {date}".to_owned(),
            text: "{name}, добрый день!".to_owned(),
            formatted: false,
        },
        Command::AllowPictures { message: message(), of: PicturesOf::Sender },
        Command::SendReceipt { message: message(), language: "ru".to_owned() },
        Command::Unsubscribe { message: message() },
        Command::Compose { message: message(), kind: DraftKind::Redirect },
        Command::SaveDraft { draft: Draft::new(DraftId("00ff".to_owned())), base: Some(message()) },
        Command::CloseDraft { draft: DraftId("00ff".to_owned()) },
    ];
    let frames: Vec<_> = (1..).zip(commands).map(|(id, command)| ClientFrame { id, command }).collect();
    round_trip(&frames);
    insta::assert_json_snapshot!(frames);
}

#[test]
fn replies_look_like_this() {
    let text = Message {
        message: message(),
        from: vec![address()],
        to: vec![address()],
        cc: Vec::new(),
        bcc: Vec::new(),
        reply_to: Vec::new(),
        subject: "Отчёт".to_owned(),
        date: 0,
        flags: Vec::new(),
        body: Body::Text { text: "Да.\n".to_owned(), truncated: false },
        attachments: vec![Part {
            section: "1.2".to_owned(),
            name: "план.pdf".to_owned(),
            content_type: "application/pdf".to_owned(),
            size: 5,
        }],
        important: false,
        report: None,
        receipt: None,
        suspicions: Vec::new(),
        checks: None,
        stripped: BTreeMap::new(),
        simplified: false,
        left_out: false,
        unsubscribe: None,
    };
    let html = Message {
        body: Body::Html(Remote { pictures: true, allowed: false, trackers: 2 }),
        attachments: Vec::new(),
        ..text.clone()
    };
    let listed = html.clone();
    let of_list = |way| Message { unsubscribe: Some(way), ..listed.clone() };
    let returned = Message {
        important: true,
        report: Some(Report { sent: Some(message()), subject: "Отчёт".to_owned(), recipients: reported() }),
        receipt: Some(ReceiptAsked { to: address(), unasked: true }),
        suspicions: suspicions(),
        checks: Some(checks()),
        stripped: BTreeMap::from([(Stripped::Scripts, 2), (Stripped::Handlers, 1)]),
        simplified: false,
        left_out: false,
        unsubscribe: Some(Unsubscribe::OneClick { host: "lists.example.org".to_owned() }),
        ..html.clone()
    };
    let replies = vec![
        Reply::Attached { welcome: None },
        Reply::Attached { welcome: Some(Box::new(welcome())) },
        Reply::Listing(listing()),
        Reply::Message(Box::new(text)),
        Reply::Message(Box::new(html)),
        Reply::Message(Box::new(returned)),
        Reply::Message(Box::new(of_list(Unsubscribe::Page {
            url: "https://lists.example.org/u".to_owned(),
            host: "lists.example.org".to_owned(),
        }))),
        Reply::Message(Box::new(of_list(Unsubscribe::Message {
            to: "leave@lists.example.org".to_owned(),
            subject: "leave".to_owned(),
        }))),
        Reply::Conversation(Conversation { of: message(), rows: listing().rows, complete: false }),
        Reply::Acted { undo: Some(UndoId(4)), count: 2, called_off: 0 },
        Reply::Draft(Box::new(draft())),
        Reply::Saved { message: message() },
        Reply::Submitted { submission: SubmissionId(9) },
        Reply::Arranged { path: Some("Проекты/2027".to_owned()) },
        Reply::Arranged { path: None },
        Reply::Located { position: 512 },
        Reply::Done,
        Reply::Acted { undo: None, count: 2, called_off: 1 },
        Reply::Draft(Box::new(forwarded())),
        Reply::People { people: vec![Address { name: "Анна".to_owned(), email: "anna@pismo.test".to_owned() }] },
        Reply::Checked {
            doubts: vec![Doubt {
                email: "anna@gmаil.com".to_owned(),
                meant: Some("anna@gmail.com".to_owned()),
                ascii: Some("xn--gmil-63d.com".to_owned()),
            }],
            inside: vec!["boris@example.org".to_owned()],
        },
        Reply::Templates { templates: vec![(TemplateId(2), "Счёт".to_owned())] },
        Reply::Template {
            subject: "Счёт".to_owned(),
            to: vec![address()],
            text: "Анна, добрый день!".to_owned(),
            open: vec!["number".to_owned()],
        },
    ];
    let frames: Vec<_> = (1..).zip(replies).map(|(id, reply)| ServerFrame::Reply { id, result: Ok(reply) }).collect();
    reaches_the_browser(&frames);
    insta::assert_json_snapshot!(frames);
}

#[test]
fn events_look_like_this() {
    let messages = |change| Event::Messages { list: 3, change };
    let mut frames: Vec<_> = (1..)
        .zip([
            Event::Reset,
            Event::Connectivity { connectivity: Connectivity::Live },
            Event::Mailboxes { mailboxes: vec![mailbox(), shared_mailbox()], partial: true },
            Event::Counts { counts: vec![counts()] },
            messages(ListChange::Added { count: 2, rows: vec![row()] }),
            messages(ListChange::Flags { mailbox: "INBOX".to_owned(), flags: vec![(Uid(42), vec![Flag::Seen])] }),
            messages(ListChange::Previews {
                mailbox: "INBOX".to_owned(), previews: vec![(Uid(42), "Да".to_owned())]
            }),
            messages(ListChange::Threads {
                mailbox: "INBOX".to_owned(),
                threads: vec![(Uid(42), Some(Thread { count: 2, unseen: 0 })), (Uid(43), None)],
            }),
            messages(ListChange::Vanished { positions: vec![7, 3] }),
            messages(ListChange::Found { listing: Listing { progress: Some(progress(None)), ..listing() } }),
            messages(ListChange::Found {
                listing: Listing { progress: Some(progress(Some(SearchEnd::Stopped))), ..listing() },
            }),
            messages(ListChange::Found { listing: Listing { progress: Some(progress(Some(failed()))), ..listing() } }),
            messages(ListChange::Replaced { listing: listing() }),
            Event::Submission { submission: submission() },
            Event::SignedOut,
            Event::Acted { undo: UndoId(7), action: Action::Archive, count: 3 },
            Event::Undone { undo: UndoId(7) },
            Event::Searches { searches: vec![saved_search()] },
            Event::Folds { folds: folds() },
            Event::Labels { labels: vec!["&BBoEOwQ4BDUEPQRCBEs-".to_owned(), "urgent".to_owned()] },
            Event::Quota { quota: quota() },
            Event::Submission { submission: waiting() },
            Event::Unsubmitted { submission: SubmissionId(9) },
            Event::Submission { submission: returned() },
            Event::Submission { submission: Submission { redirect: true, ..waiting() } },
            Event::Writers { writers: vec![writer(), Writer { device: None, ..writer() }] },
        ])
        .map(|(seq, event)| ServerFrame::Event { seq, event })
        .collect();
    frames.push(ServerFrame::Heartbeat);
    reaches_the_browser(&frames);
    insta::assert_json_snapshot!(frames);
}

#[test]
fn errors_look_like_this() {
    let text = || "no".to_owned();
    let errors = vec![
        Error::Credentials { text: text() },
        Error::UnknownHost { host: text() },
        Error::Unreachable { host: text() },
        Error::PrivateHost { host: text() },
        Error::NoEncryption { host: text() },
        Error::Certificate { host: text(), fault: CertificateFault::Expired },
        Error::Certificate { host: text(), fault: CertificateFault::Other { text: text() } },
        Error::Pop3Disabled { text: text() },
        Error::AppPassword { text: text() },
        Error::NoPasswords { text: text() },
        Error::MailboxInUse { text: text() },
        Error::ImapDisabled { text: text() },
        Error::TooManyConnections { text: text() },
        Error::TooManyAttempts { seconds: 30 },
        Error::Unavailable { text: text() },
        Error::Refused { text: text() },
        Error::OverQuota { text: text() },
        Error::Gone,
        Error::NoTrash,
        Error::DraftChanged,
        Error::RedirectLoop,
        Error::ServerNotKnown,
        Error::BadServer { text: text() },
        Error::ClearText { host: text() },
        Error::BadRequest { text: text() },
        Error::TooLarge { limit: 1 },
        Error::FilesTooLarge { limit: 1 },
        Error::BadAddress { text: text() },
        Error::NoRecipient,
        Error::TooManyRecipients { limit: 500 },
        Error::BlobGone { name: text() },
        Error::Busy,
        Error::SignedOut,
        Error::Internal,
        Error::NoLabel,
        Error::NotUnsubscribed { host: text() },
        Error::NoRight { right: Some(Right::DeleteMessages), text: text() },
        Error::MessageTooLarge { limit: 1 },
        Error::TooFarAhead,
        Error::BeingSent,
        Error::AlreadySent,
        Error::TemplateExists,
        Error::TooManyTemplates { limit: 100 },
        Error::NoDeliveryReports,
    ];
    let frames: Vec<_> = (1..).zip(errors).map(|(id, error)| ServerFrame::Reply { id, result: Err(error) }).collect();
    reaches_the_browser(&frames);
    insta::assert_json_snapshot!(frames);
}

#[test]
fn a_page_carries_its_first_frames() {
    let page = PageFrames { welcome: welcome(), listing: Some(listing()) };
    reaches_the_browser(&page);
    insta::assert_json_snapshot!(page);
}

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *value);
}

/// What goes down is read by the browser's own reader, and by the tests with serde_json.
fn reaches_the_browser<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    round_trip(value);
    assert_eq!(read::<T>(&serde_json::to_string(value).unwrap()).as_ref(), Some(value));
}

#[test]
fn what_is_not_a_frame_is_not_read_as_one() {
    for text in [
        "",
        "{",
        "null",
        "[]",
        r#""unknown""#,
        r#"{"unknown":{}}"#,
        r#"{"reply":{"id":"1","result":{"Ok":"done"}}}"#,
        r#"{"reply":{"id":-1,"result":{"Ok":"done"}}}"#,
        r#"{"reply":{"id":4294967296,"result":{"Ok":"done"}}}"#,
        r#"{"reply":{"id":1.5,"result":{"Ok":"done"}}}"#,
        r#"{"reply":{"id":1}}"#,
        r#"{"event":{"seq":1,"event":{"counts":{"counts":{}}}}}"#,
        r#""heartbeat" "heartbeat""#,
    ] {
        assert_eq!(read::<ServerFrame>(text), None, "{text}");
    }
}

#[test]
fn a_browser_of_before_sends_at_once() {
    let draft = Draft::new(DraftId("00ff".to_owned()));
    let json = serde_json::json!({ "do": "send", "draft": draft });
    assert_eq!(serde_json::from_value::<Command>(json).unwrap(), Command::Send { draft, when: When::Now });
}

#[test]
fn what_a_newer_server_adds_is_left_unread() {
    let frame = read::<ServerFrame>(r#"{"reply":{"id":1,"new":[{"a":1.5}],"result":{"Ok":"done"}}}"#);
    assert_eq!(frame, Some(ServerFrame::Reply { id: 1, result: Ok(Reply::Done) }));
    assert_eq!(read::<ServerFrame>(r#""heartbeat""#), Some(ServerFrame::Heartbeat));
}
