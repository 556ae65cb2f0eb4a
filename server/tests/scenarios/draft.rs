//! Writing: one draft in Drafts however often it is saved, begun from messages, with its files.

use std::sync::atomic::{AtomicU32, Ordering};

use app::wire::{Address, Command, Draft, DraftId, DraftKind, Error, Flag, MessageRef, Reply, Uid, When};

use crate::{browser::Browser, tab::Tab, test_bridge::TestBridge};

/// A new draft to these recipients.
pub fn draft_to(recipients: &[&str], subject: &str) -> Draft {
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let number = u64::from(std::process::id()) << 32 | u64::from(NUMBER.fetch_add(1, Ordering::Relaxed));
    let address = |email: &&str| Address { name: String::new(), email: (*email).to_owned() };
    Draft {
        to: recipients.iter().map(address).collect(),
        subject: subject.to_owned(),
        body: format!("The text of {subject}.\n"),
        ..Draft::new(DraftId(format!("{number:032x}")))
    }
}

pub async fn compose(tab: &mut Tab, message: MessageRef, kind: DraftKind) -> Draft {
    match tab.ask(Command::Compose { message, kind }).await {
        Reply::Draft(draft) => *draft,
        reply => panic!("a draft, not {reply:?}"),
    }
}

async fn start() -> (TestBridge, Browser, Tab) {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    (bridge, browser, tab)
}

#[tokio::test]
async fn a_draft_that_is_saved_again_is_one_message() {
    let (bridge, _, mut tab) = start().await;
    let mut mail = bridge.mail("ana");
    let mut draft = draft_to(&["boris@pismo.test"], "Привет");
    let mut places = Vec::new();
    for version in 1..=5 {
        draft.body = format!("Version {version}\n");
        places.push(tab.save(&draft).await);
        let (uid, source) = mail.only("Drafts").await;
        assert_eq!(uid, places.last().expect("a place").uid);
        assert!(source.contains(&format!("Version {version}")), "{source}");
        let flags = mail.flags("Drafts", uid).await.expect("a message");
        assert!(flags.contains(&Flag::Draft) && flags.contains(&Flag::Seen), "{flags:?}");
    }
    tab.until("the count", |view| view.counts("Drafts") == Some((1, 0))).await;
    assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id.clone() }).await, Reply::Done);
    assert!(mail.messages("Drafts").await.is_empty());
    assert_eq!(tab.ask(Command::DiscardDraft { draft: draft.id }).await, Reply::Done, "twice is no trouble");
}

#[tokio::test]
async fn a_draft_that_was_erased_elsewhere_is_kept_again() {
    let (bridge, _, mut tab) = start().await;
    let mut mail = bridge.mail("ana");
    let draft = draft_to(&["boris@pismo.test"], "again");
    let saved = tab.save(&draft).await;
    mail.expunge("Drafts", saved.uid).await;
    tab.save(&draft).await;
    assert_eq!(mail.messages("Drafts").await.len(), 1);
    // Dovecot is beside itself when a mailbox goes that a session has selected; that is another story.
    tab.open("INBOX").await;
    // The mailbox was made anew: the number names another message there.
    mail.delete("Drafts").await;
    // Dovecot makes it by itself where another session asks for it first.
    mail.try_run("CREATE Drafts").await;
    tab.until("Drafts anew", |view| view.counts("Drafts") == Some((0, 0))).await;
    let bystander = mail.append("Drafts", "of another program").await;
    tab.save(&draft).await;
    let left = mail.messages("Drafts").await;
    assert!(left.len() == 2 && left.contains_key(&bystander), "{left:?}");
}

#[tokio::test]
async fn a_draft_may_be_unfinished() {
    let (bridge, _, mut tab) = start().await;
    let mut draft = draft_to(&["boris@pismo.test", "not an address", ""], "");
    draft.bcc.push(Address { name: "Тайна".to_owned(), email: "secret@pismo.test".to_owned() });
    draft.body.clear();
    tab.save(&draft).await;
    let (_, source) = bridge.mail("ana").only("Drafts").await;
    assert!(source.contains("boris@pismo.test") && source.contains("secret@pismo.test"), "{source}");
}

#[tokio::test]
async fn a_draft_is_gone_on_with_where_it_was_left() {
    let (bridge, browser, mut tab) = start().await;
    let mut mail = bridge.mail("ana");
    let file: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let mut draft = draft_to(&["boris@pismo.test"], "С вложением");
    draft.to[0].name = "Борис Ильич".to_owned();
    draft.cc.push(Address { name: String::new(), email: "carla@pismo.test".to_owned() });
    draft.bcc.push(Address { name: String::new(), email: "secret@pismo.test".to_owned() });
    draft.body = "Первая строка\n\n> цитата\nпоследняя  \n".to_owned();
    draft.references = vec!["a@example.org".to_owned(), "b@example.org".to_owned()];
    draft.attachments.push(browser.upload("отчёт.bin", "application/x-thing", &file).await.expect("an upload"));
    let saved = tab.save(&draft).await;

    // In another browser, later.
    let other = bridge.sign_in("ana").await;
    let mut tab = other.open("Drafts").await;
    let again = compose(&mut tab, saved, DraftKind::Edit).await;
    assert_eq!(again.id, draft.id, "it is the same draft");
    assert_eq!((&again.to, &again.cc, &again.bcc), (&draft.to, &draft.cc, &draft.bcc));
    assert_eq!((again.subject.as_str(), again.references.as_slice()), ("С вложением", draft.references.as_slice()));
    assert_eq!(again.body.trim_end(), draft.body.trim_end());
    let attachment = &again.attachments[0];
    assert_eq!((attachment.name.as_str(), attachment.size), ("отчёт.bin", 300_000));
    let mut changed = again.clone();
    changed.subject = "Changed".to_owned();
    let saved = tab.save(&changed).await;
    let (_, source) = mail.only("Drafts").await;
    assert!(source.contains("Changed"), "it took the place of the first");
    let read = read(&mut tab, &saved).await;
    let answer = browser.get(&app::route::part_url(&saved, &read.attachments[0].section, false)).await;
    assert_eq!((answer.status, answer.body.len()), (200, file.len()));
    assert!(answer.body == file, "the file is the same");
}

async fn read(tab: &mut Tab, message: &MessageRef) -> app::wire::Message {
    match tab.ask(Command::Read { message: message.clone() }).await {
        Reply::Message(message) => *message,
        reply => panic!("a message, not {reply:?}"),
    }
}

#[tokio::test]
async fn a_draft_of_another_program_can_be_gone_on_with() {
    let (bridge, _, mut tab) = start().await;
    let mut mail = bridge.mail("ana");
    let text = "From: ana@pismo.test\nTo: boris@pismo.test\nSubject: from elsewhere\n\nhalf a sent\n";
    mail.append_message("Drafts", "\\Draft", text).await;
    let uid = tab.open("Drafts").await.rows[0].message.uid;
    let message = tab.message(uid);
    let mut draft = compose(&mut tab, message, DraftKind::Edit).await;
    assert_eq!((draft.subject.as_str(), draft.body.trim_end()), ("from elsewhere", "half a sent"));
    draft.body = "half a sentence\n".to_owned();
    tab.save(&draft).await;
    assert!(mail.only("Drafts").await.1.contains("half a sentence"));
}

const LETTER: &str = "From: Carla Doe <carla@pismo.test>\nReply-To: desk@pismo.test\nTo: Ana <ANA>, boris@pismo.test\n\
    Cc: dora@pismo.test\nSubject: Lunch?\nMessage-ID: <second@pismo.test>\nReferences: <first@pismo.test>\n\
    Date: Mon, 23 Nov 2026 10:00:00 +0300\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\nAt noon?\n";

#[tokio::test]
async fn replies_and_forwards_begin_from_their_message() {
    let (bridge, browser, mut tab) = start().await;
    let source = LETTER.replace("ANA", &browser.address);
    let uid = bridge.mail("ana").append_message("INBOX", "", &source).await;
    let with_files = bridge.mail("ana").append_message("INBOX", "", crate::read::WITH_FILES).await;
    tab.row(uid).await;
    tab.row(with_files).await;
    let emails = |addresses: &[Address]| addresses.iter().map(|address| address.email.clone()).collect::<Vec<_>>();
    let message = tab.message(uid);

    let reply = compose(&mut tab, message.clone(), DraftKind::Reply).await;
    assert_eq!((emails(&reply.to), emails(&reply.cc)), (vec!["desk@pismo.test".to_owned()], vec![]));
    assert_eq!(reply.subject, "Re: Lunch?");
    assert!(reply.body.contains("> At noon?"), "{}", reply.body);
    assert_eq!(reply.references, ["first@pismo.test", "second@pismo.test"]);
    let original = reply.original.expect("an original");
    assert_eq!((original.message, original.kind), (message.clone(), DraftKind::Reply));

    let to_all = compose(&mut tab, message.clone(), DraftKind::ReplyAll).await;
    let everybody = [emails(&to_all.to), emails(&to_all.cc)].concat();
    assert_eq!(everybody, ["desk@pismo.test", "boris@pismo.test", "dora@pismo.test"], "not to oneself");

    let forward = compose(&mut tab, message, DraftKind::Forward).await;
    assert!(forward.to.is_empty() && forward.subject.contains("Lunch?"), "{forward:?}");
    assert!(forward.body.contains("At noon?"));
    // Parts come from the message's own mailbox, whatever was selected since it was read.
    tab.read(with_files).await;
    for _ in 0..3 {
        tab.save(&draft_to(&["boris@pismo.test"], "between")).await;
        let draft = draft_to(&["boris@pismo.test"], "twice");
        tab.save(&draft).await;
        tab.save(&draft).await;
    }
    let message = tab.message(with_files);
    let forward = compose(&mut tab, message.clone(), DraftKind::Forward).await;
    let names = |draft: &Draft| -> Vec<(String, bool)> {
        draft.attachments.iter().map(|attachment| (attachment.name.clone(), attachment.inline)).collect()
    };
    let named = [("Отчёт.pdf", false), ("page.html", false), ("picture.svg", false), ("dot.gif", true)];
    let named = named.map(|(name, inline)| (name.to_owned(), inline));
    assert_eq!(names(&forward), named);
    let reply = compose(&mut tab, message, DraftKind::Reply).await;
    assert_eq!(names(&reply), named[3..], "what the text shows comes along");
    assert!(reply.body.contains("> Привет"), "HTML is quoted as text, too: {}", reply.body);
}

#[tokio::test]
async fn an_upload_over_the_limit_is_refused_and_leaves_nothing() {
    let bridge = TestBridge::with(|config| config.upload_limit = 100_000).await;
    let browser = bridge.sign_in("ana").await;
    let refused = (413, Error::TooLarge { limit: 100_000 });
    assert_eq!(browser.upload("a", "text/plain", &vec![0; 100_001]).await.unwrap_err(), refused);
    assert_eq!(browser.upload("a", "text/plain", &vec![0; 5_000_000]).await.unwrap_err(), refused);
    // Without a length beforehand.
    let headers = [("Transfer-Encoding", "chunked"), ("X-File-Name", "a")];
    let answer = browser.request("POST", "/blobs", &headers, &vec![0; 300_000]).await;
    assert_eq!((answer.status, answer.json::<Error>()), refused);
    let left = std::fs::read_dir(bridge.data().join("blobs")).expect("the folder").count();
    assert_eq!(left, 0);
    let kept = browser.upload("a", "text/plain", &vec![7; 100_000]).await.expect("an upload");
    assert_eq!(kept.size, 100_000);
    let answer = browser.request("DELETE", &app::route::blob_url(&kept.blob), &[], b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(std::fs::read_dir(bridge.data().join("blobs")).expect("the folder").count(), 0);
}

#[tokio::test]
async fn an_upload_that_is_cut_leaves_nothing() {
    use tokio::io::AsyncWriteExt;
    let (bridge, browser, _) = start().await;
    let mut line = tokio::net::TcpStream::connect(bridge.address).await.expect("Pismo");
    let cookie = browser.cookie.clone().expect("a cookie");
    let head = format!(
        "POST /blobs HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nCookie: {cookie}\r\nContent-Length: 1000000\r\n\r\n",
        bridge.address
    );
    line.write_all(head.as_bytes()).await.expect("a head");
    line.write_all(&[1; 50_000]).await.expect("half a body");
    let blobs = bridge.data().join("blobs");
    let deadline = tokio::time::Instant::now() + crate::tab::PATIENCE;
    let count = || std::fs::read_dir(&blobs).expect("the folder").count();
    while count() == 0 {
        assert!(tokio::time::Instant::now() < deadline, "the upload begins");
        tokio::task::yield_now().await;
    }
    drop(line);
    while count() > 0 {
        assert!(tokio::time::Instant::now() < deadline, "what came of it is removed");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn names_and_types_of_uploads_are_made_safe() {
    let (_bridge, browser, _) = start().await;
    for (name, content_type, clean_type) in [
        ("../../etc/passwd", "text/plain; charset=x", "text/plain"),
        ("", "nonsense", "application/octet-stream"),
        ("a\r\nb: c", "text/ht ml", "application/octet-stream"),
        ("\u{202e}fdp.exe", "", "application/octet-stream"),
    ] {
        let attachment = browser.upload(name, content_type, b"x").await.expect("an upload");
        assert!(
            !attachment.name.is_empty() && !attachment.name.contains(['/', '\\', '\r', '\n', '\u{202e}']),
            "{name:?} → {:?}",
            attachment.name
        );
        assert_eq!(attachment.content_type, clean_type);
    }
    let headers = [("X-File-Name", "%FF%FE%ZZ")];
    assert_eq!(browser.request("POST", "/blobs", &headers, b"x").await.status, 200);
}

#[tokio::test]
async fn a_draft_with_a_file_that_is_gone_says_which() {
    let (_bridge, browser, mut tab) = start().await;
    let mut draft = draft_to(&["boris@pismo.test"], "gone");
    let attachment = browser.upload("план.txt", "text/plain", b"x").await.expect("an upload");
    assert_eq!(tab.ask(Command::DropBlob { blob: attachment.blob.clone() }).await, Reply::Done);
    draft.attachments.push(attachment);
    let gone = Err(Error::BlobGone { name: "план.txt".to_owned() });
    assert_eq!(tab.send(Command::SaveDraft { draft: draft.clone(), base: None }).await, gone);
    assert_eq!(tab.send(Command::Send { draft, when: When::Now }).await, gone);
}

#[tokio::test]
async fn a_draft_in_an_open_list_is_shown_once() {
    let (bridge, browser, _) = start().await;
    let mut tab = browser.open("Drafts").await;
    let mut draft = draft_to(&["boris@pismo.test"], "one");
    for number in 1..=4 {
        draft.subject = format!("version {number}");
        tab.save(&draft).await;
    }
    tab.until("the last version alone", |view| view.subjects() == ["version 4"] && view.total() == 1).await;
    let truth: Vec<Uid> = bridge.mail("ana").messages("Drafts").await.into_keys().collect();
    assert_eq!(tab.messages().iter().map(|message| message.uid).collect::<Vec<_>>(), truth);
}
