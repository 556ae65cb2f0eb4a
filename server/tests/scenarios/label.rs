//! Labels: keywords that are set on one message or all, found by their names, and refused where the server keeps none.

use app::wire::{Action, Command, Error, Flag, Selection};

use crate::{
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    test_bridge::{TestBridge, imap},
};

fn label(keyword: &str) -> Flag {
    Flag::Keyword(keyword.to_owned())
}

/// `Клиенты`, as Pismo writes it and as Thunderbird does.
const CLIENTS: &str = "&BBoEOwQ4BDUEPQRCBEs-";
const CLIENTS_OF_THUNDERBIRD: &str = "&bboeowq4bduepqrcbes-";

#[tokio::test]
async fn a_label_is_set_and_taken_back_on_one_message_and_on_all() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 60).await;
    mail.store("INBOX", uids[0], label("$label2"), true).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;

    let undo = tab.flag(uids[59], label(CLIENTS), true).await;
    assert!(tab.view.has(uids[59], &label(CLIENTS)));
    assert!(mail.flags("INBOX", uids[59]).await.expect("a message").contains(&label(CLIENTS)));
    tab.undo(undo).await;
    assert!(!tab.view.has(uids[59], &label(CLIENTS)));
    assert!(mail.flags("INBOX", uids[59]).await.expect("a message").is_empty());

    let all = Selection::All { list: tab.view.list, except: Vec::new() };
    let (undo, count) = tab.act_on(all, Action::Flag { flag: label("$Label2"), set: true }).await;
    assert_eq!(count, 59, "one has it already, however it is written");
    tab.undo(undo).await;
    let with: Vec<_> = mail.messages("INBOX").await.into_iter().filter(|(_, flags)| !flags.is_empty()).collect();
    assert_eq!(with.len(), 1, "{with:?}");
    assert_eq!(with[0].0, uids[0]);
}

#[tokio::test]
async fn labels_that_are_seen_are_told_and_those_of_programs_are_not() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 2).await;
    mail.store("INBOX", uids[0], label("urgent"), true).await;
    for technical in ["$label3", "$MDNSent", "NonJunk", "$has_cal"] {
        mail.store("INBOX", uids[0], label(technical), true).await;
    }
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    tab.until("the label of the mailbox", |view| view.labels == ["urgent"]).await;
    mail.store("INBOX", uids[1], label(CLIENTS_OF_THUNDERBIRD), true).await;
    tab.until("a label of another program", |view| view.labels == ["urgent", CLIENTS_OF_THUNDERBIRD]).await;
    tab.flag(uids[1], label("Archive_it"), true).await;
    tab.until("a label of our own", |view| view.labels == ["Archive_it", "urgent", CLIENTS_OF_THUNDERBIRD]).await;
    let other = browser.open("INBOX").await;
    assert_eq!(other.view.labels, tab.view.labels, "a new tab is told all of them");
}

#[tokio::test]
async fn messages_are_found_by_the_names_of_their_labels() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 4).await;
    mail.store("INBOX", uids[0], label("$label1"), true).await;
    mail.store("INBOX", uids[1], label("$label4"), true).await;
    mail.store("INBOX", uids[2], label(CLIENTS_OF_THUNDERBIRD), true).await;
    mail.store("INBOX", uids[3], label("work"), true).await;
    mail.store("INBOX", uids[3], label("$label2"), true).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for (search, found) in [
        ("label:$label1", vec!["message 1"]),
        ("label:important", vec!["message 1"]),
        ("label:Важное", vec!["message 1"]),
        ("label:\"to do\"", vec!["message 2"]),
        ("label:\"К исполнению\"", vec!["message 2"]),
        ("label:Клиенты", vec!["message 3"]),
        ("label:work", vec!["message 4"]),
        ("-label:work", vec!["message 3", "message 2", "message 1"]),
        ("-label:важное -label:$label4", vec!["message 4", "message 3"]),
        ("label:nobody", vec![]),
    ] {
        tab.search("INBOX", search).await;
        assert_eq!(tab.view.subjects(), found, "{search}");
    }
}

#[tokio::test]
async fn a_label_the_mailbox_does_not_keep_is_refused_in_plain_words() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    // A server that keeps the keywords it has, and no new ones.
    proxy.rewrite(|said| String::from_utf8_lossy(&said).replace(" \\*)]", ")]").into_bytes());
    let port = proxy.port;
    let bridge = TestBridge::on(server, |config| {
        config.imap = Some(imap(port));
    })
    .await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 2).await;
    mail.store("INBOX", uids[0], label("$label1"), true).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let selection = Selection::Messages(vec![tab.message(uids[1])]);
    let act = |flag| Command::Act { selection: selection.clone(), action: Action::Flag { flag, set: true } };
    assert_eq!(tab.send(act(label("brand-new"))).await, Err(Error::NoLabel));
    assert!(mail.flags("INBOX", uids[1]).await.expect("a message").is_empty());
    tab.ask(act(label("$label1"))).await;
    tab.ask(act(Flag::Flagged)).await;
    let flags = mail.flags("INBOX", uids[1]).await.expect("a message");
    assert_eq!(flags.into_iter().collect::<Vec<_>>(), [label("$label1"), Flag::Flagged]);
}

#[tokio::test]
async fn what_is_no_keyword_reaches_no_server() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", 1).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for odd in ["two words", "a)", "", "ё", "x\r\ny"] {
        let selection = Selection::Messages(vec![tab.message(uids[0])]);
        let result = tab.send(Command::Act { selection, action: Action::Flag { flag: label(odd), set: true } }).await;
        assert!(matches!(result, Err(Error::BadRequest { .. })), "{odd:?}: {result:?}");
    }
    assert!(mail.flags("INBOX", uids[0]).await.expect("a message").is_empty());
}
