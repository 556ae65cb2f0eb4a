//! Who is let in: origins, logins, and that nobody reaches what is another's.

use app::{
    route,
    wire::{
        Action, BlobId, Command, DraftId, DraftKind, Error, Flag, PicturesOf, Reply, Resume, Selection, SubmissionId,
        SubmissionState, TemplateId, When,
    },
};
use tokio_tungstenite::tungstenite;

use crate::{browser::Browser, draft::draft_to, test_bridge::TestBridge};

#[tokio::test]
async fn a_websocket_is_opened_only_from_our_own_origin() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(browser.knock(&[]).await.err(), Some(403), "no origin");
    let ours = browser.origin();
    assert_eq!(browser.knock(&[("Origin", &ours), ("Sec-Fetch-Site", "cross-site")]).await.err(), Some(403));
    assert!(browser.knock(&[("Origin", &ours)]).await.is_ok());
}

#[tokio::test]
async fn a_configured_origin_is_the_only_one() {
    let bridge = TestBridge::with(|config| config.origins = vec!["http://mail.example.org".to_owned()]).await;
    let mut browser = Browser { site: None, ..bridge.browser("ana") };
    assert_eq!(browser.fill_in(crate::mail_server::PASSWORD, &[]).await.status, 403, "it says another origin");
    let fields = format!("address={}&password={}", route::encode(&browser.address), crate::mail_server::PASSWORD);
    let headers = [("Origin", "http://mail.example.org"), ("Content-Type", "application/x-www-form-urlencoded")];
    let answer = browser.request("POST", "/login", &headers, fields.as_bytes()).await;
    assert_eq!(answer.status, 303);
    browser.cookie = answer.header("set-cookie").map(|set| set.split(';').next().unwrap_or_default().to_owned());
    assert!(browser.knock(&[("Origin", "http://mail.example.org")]).await.is_ok());
    let own = browser.origin();
    assert_eq!(browser.knock(&[("Origin", &own)]).await.err(), Some(403));
}

#[tokio::test]
async fn nothing_is_given_without_a_login() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "private").await;
    let ana = bridge.sign_in("ana").await;
    let message = ana.open("INBOX").await.messages().remove(0);
    let cookies =
        [None, Some("pismo=0000".to_owned()), Some(format!("pismo={}", "f".repeat(64))), Some("pismo=".into())];
    for cookie in cookies {
        let stranger = Browser { cookie, ..ana.clone() };
        let origin = stranger.origin();
        assert_eq!(stranger.knock(&[("Origin", &origin)]).await.err(), Some(401));
        assert_eq!(stranger.upload("a.txt", "text/plain", b"a").await.unwrap_err(), (401, Error::SignedOut));
        for url in urls(&message) {
            let answer = stranger.get(&url).await;
            assert_eq!(answer.status, 401, "{url}");
            assert_eq!(answer.json::<Error>(), Error::SignedOut);
        }
        let page = stranger.get("/mail/INBOX").await;
        assert_eq!(page.header("location").as_deref(), Some("/login"));
    }
}

fn urls(message: &app::wire::MessageRef) -> [String; 6] {
    [
        route::body_url(message, "light", false),
        route::part_url(message, "1", false),
        route::source_url(message),
        route::headers_url(message),
        route::pictures_url(message),
        route::print_url(message, false),
    ]
}

#[tokio::test]
async fn a_user_cannot_fetch_the_messages_of_another() {
    let bridge = TestBridge::start().await;
    for name in ["ana", "boris"] {
        bridge.mail(name).append("INBOX", &format!("for {name}")).await;
    }
    let (ana, boris) = (bridge.sign_in("ana").await, bridge.sign_in("boris").await);
    let message = ana.open("INBOX").await.messages().remove(0);
    for url in urls(&message) {
        let answer = boris.get(&url).await;
        assert_eq!(answer.status, 404, "{url}: {}", answer.text());
        assert_eq!(answer.json::<Error>(), Error::Gone);
        assert!(!answer.text().contains("for ana"));
    }
    assert!(ana.get(&route::source_url(&message)).await.text().contains("for ana"));
}

#[tokio::test]
async fn a_user_cannot_act_on_the_messages_of_another() {
    let bridge = TestBridge::start().await;
    for name in ["ana", "boris"] {
        bridge.mail(name).append("INBOX", &format!("for {name}")).await;
    }
    let mut ana = bridge.sign_in("ana").await.open("INBOX").await;
    let mut boris = bridge.sign_in("boris").await.open("INBOX").await;
    let message = ana.messages().remove(0);
    let selection = || Selection::Messages(vec![message.clone()]);
    let actions = [
        Action::Flag { flag: Flag::Flagged, set: true },
        Action::Move { to: "Archive".to_owned() },
        Action::Archive,
        Action::Delete,
        Action::Erase,
        Action::Junk,
        Action::NotJunk,
    ];
    let mut commands: Vec<Command> =
        actions.into_iter().map(|action| Command::Act { selection: selection(), action }).collect();
    commands.push(Command::Act {
        selection: Selection::Threads(vec![message.clone()]),
        action: Action::Move { to: "Archive".to_owned() },
    });
    // What is known of ana's conversations is in the same store.
    assert!(matches!(ana.send(Command::Gather { message: message.clone() }).await, Ok(Reply::Conversation(_))));
    commands.push(Command::Gather { message: message.clone() });
    commands.push(Command::SendReceipt { message: message.clone(), language: "en".to_owned() });
    commands.push(Command::Unsubscribe { message: message.clone() });
    for of in [PicturesOf::Message, PicturesOf::Sender, PicturesOf::Domain] {
        commands.push(Command::AllowPictures { message: message.clone(), of });
    }
    commands.push(Command::Read { message: message.clone() });
    for kind in [DraftKind::Reply, DraftKind::ReplyAll, DraftKind::Forward, DraftKind::Edit] {
        commands.push(Command::Compose { message: message.clone(), kind });
    }
    for command in commands {
        let what = format!("{command:?}");
        assert!(names_a_message(&command), "{what}");
        assert_eq!(boris.send(command).await, Err(Error::Gone), "{what}");
    }
    for name in ["ana", "boris"] {
        let messages = bridge.mail(name).messages("INBOX").await;
        assert!(messages.values().all(|flags| flags.is_empty()) && messages.len() == 1, "{messages:?}");
    }
}

/// Whether a command is about a message by its account, mailbox and UID: then it is tried above with somebody else's. A command
/// that is new does not compile here before it has been decided.
fn names_a_message(command: &Command) -> bool {
    match command {
        Command::Read { .. }
        | Command::Gather { .. }
        | Command::Act { .. }
        | Command::Compose { .. }
        | Command::SendReceipt { .. }
        | Command::AllowPictures { .. }
        | Command::Unsubscribe { .. } => true,
        // By ids of drafts, files, submissions, templates and tabs: below. A `base` is only compared.
        Command::Attach { .. }
        | Command::SaveDraft { .. }
        | Command::CloseDraft { .. }
        | Command::DiscardDraft { .. }
        | Command::Send { .. }
        | Command::RetrySubmission { .. }
        | Command::EditSubmission { .. }
        | Command::DropSubmission { .. }
        | Command::DropBlob { .. }
        | Command::UseTemplate { .. }
        // By what the account itself has.
        | Command::Attend { .. }
        | Command::Open { .. }
        | Command::Window { .. }
        | Command::Locate { .. }
        | Command::StopSearch { .. }
        | Command::Arrange { .. }
        | Command::Fold { .. }
        | Command::Undo { .. }
        | Command::Tidy { .. }
        | Command::FilesLimit
        | Command::KeepSearch { .. }
        | Command::ForgetSearch { .. }
        | Command::Suggest { .. }
        | Command::CheckRecipients { .. }
        | Command::Templates
        | Command::KeepTemplate { .. } => false,
    }
}

#[tokio::test]
async fn a_user_cannot_take_files_drafts_tabs_or_submissions_of_another() {
    let bridge = TestBridge::start().await;
    let (ana, boris) = (bridge.sign_in("ana").await, bridge.sign_in("boris").await);
    let (mut ana_tab, mut boris_tab) = (ana.open("INBOX").await, boris.open("INBOX").await);

    // A file.
    let file = ana.upload("secret.txt", "text/plain", b"the secret").await.expect("an upload");
    let mut draft = draft_to(&[&boris.address], "stolen");
    draft.attachments.push(file.clone());
    let gone = Err(Error::BlobGone { name: "secret.txt".to_owned() });
    assert_eq!(boris_tab.send(Command::SaveDraft { draft: draft.clone(), base: None }).await, gone);
    assert_eq!(boris_tab.send(Command::Send { draft, when: When::Now }).await, gone);
    boris.request("DELETE", &route::blob_url(&file.blob), &[], b"").await;
    let _ = boris_tab.send(Command::DropBlob { blob: file.blob.clone() }).await;
    let mut own = draft_to(&[&ana.address], "kept");
    own.attachments.push(file);
    ana_tab.save(&own).await;
    assert!(bridge.mail("ana").only("Drafts").await.1.contains("secret.txt"), "the file is still ana's");

    // A draft of the same name is another draft.
    let mut same = draft_to(&[&boris.address], "of boris");
    same.id = own.id.clone();
    boris_tab.save(&same).await;
    assert_eq!(boris_tab.send(Command::DiscardDraft { draft: DraftId("f".repeat(32)) }).await, Ok(Reply::Done));
    boris_tab.ask(Command::DiscardDraft { draft: own.id.clone() }).await;
    assert_eq!(bridge.mail("ana").messages("Drafts").await.len(), 1, "ana's draft is still there");

    // A submission.
    let rejected = ana_tab.submit(&draft_to(&["nobody-here@pismo.test"], "to nobody")).await;
    ana_tab.until("the rejection", |view| view.submission(rejected) == Some(SubmissionState::Rejected)).await;
    for submission in [rejected, SubmissionId(rejected.0 + 1)] {
        for command in [
            Command::RetrySubmission { submission },
            Command::EditSubmission { submission },
            Command::DropSubmission { submission },
        ] {
            assert_eq!(boris_tab.send(command).await, Err(Error::Gone));
        }
    }

    // A template.
    let text = || "for ana".to_owned();
    ana_tab.ask(Command::KeepTemplate { name: text(), subject: text(), text: text(), formatted: false }).await;
    let Reply::Templates { templates } = ana_tab.ask(Command::Templates).await else { panic!("templates") };
    for template in [templates[0].0, TemplateId(templates[0].0.0 + 1)] {
        let (to, from, date) = (None, None, String::new());
        let taken = Command::UseTemplate { template, to, from, subject: String::new(), date, formatted: false };
        assert_eq!(boris_tab.send(taken).await, Err(Error::Gone));
    }

    // A tab.
    let resumed = boris.resume(Resume { tab: ana_tab.id.clone(), seq: 0 }).await;
    assert!(resumed.welcome.is_some(), "it is a new tab");
    assert_ne!(resumed.id, ana_tab.id);
    let identity = &resumed.welcome.as_ref().expect("a welcome").identities[0];
    assert_eq!(identity.email, boris.address);
}

#[tokio::test]
async fn a_blob_is_named_by_its_id_alone() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    for id in ["../pismo.db", "..%2Fpismo.db", "%2e%2e", "x", "%00"] {
        let answer = browser.request("DELETE", &format!("/blobs/{id}"), &[], b"").await;
        assert!(answer.status < 500, "{id}: {}", answer.status);
    }
    let mut tab = browser.open("INBOX").await;
    let _ = tab.send(Command::DropBlob { blob: BlobId("../pismo.db".to_owned()) }).await;
    assert!(bridge.data().join("pismo.db").exists());
    assert_eq!(browser.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn the_socket_route_is_for_websockets() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let answer = browser.get("/socket").await;
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    // An encoded path is the same path, with the same checks.
    let request = tungstenite::http::Request::builder()
        .uri(format!("ws://{}/%73ocket", bridge.address))
        .header("Host", bridge.address.to_string())
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", tungstenite::handshake::client::generate_key())
        .header("Cookie", browser.cookie.clone().expect("a cookie"))
        .header("Origin", "http://evil.example")
        .body(())
        .expect("a request");
    let stream = tokio::net::TcpStream::connect(bridge.address).await.expect("Pismo");
    match tokio_tungstenite::client_async(request, stream).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status().as_u16(), 403),
        other => panic!("{:?}", other.map(|_| "a websocket")),
    }
}
