//! Messages that belong together, in whatever folders.

use app::wire::{Action, Command, Conversation, Error, Flag, MessageRef, Query, Reply, Selection, Uid};

use crate::{mail::Mail, tab::Tab, test_bridge::TestBridge};

fn letter(id: &str, subject: &str, further: &str) -> String {
    format!(
        "From: Boris <boris@example.org>\nTo: ana@pismo.test\nSubject: {subject}\nMessage-ID: <{id}@example.org>\n\
         {further}MIME-Version: 1.0\nContent-Type: text/plain\n\nText of {id}\n"
    )
}

fn reply(id: &str, subject: &str, to: &str) -> String {
    letter(id, subject, &format!("In-Reply-To: <{to}@example.org>\nReferences: <{to}@example.org>\n"))
}

async fn gather(tab: &mut Tab, message: &MessageRef) -> Result<Conversation, Error> {
    match tab.send(Command::Gather { message: message.clone() }).await? {
        Reply::Conversation(conversation) => Ok(conversation),
        other => panic!("{other:?}"),
    }
}

/// The folders and subjects of what belongs together with a message, once all mail was looked at.
async fn together(tab: &mut Tab, message: &MessageRef) -> Vec<(String, String)> {
    loop {
        let conversation = gather(tab, message).await.expect("a conversation");
        assert_eq!(conversation.of, *message);
        if conversation.complete {
            return conversation.rows.into_iter().map(|row| (row.message.mailbox, row.subject)).collect();
        }
        tab.listen_for(std::time::Duration::from_millis(20)).await;
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(mailbox, subject)| ((*mailbox).to_owned(), (*subject).to_owned())).collect()
}

/// A question, one's own answer to it, an answer to that; and something else.
async fn exchange(mail: &mut Mail) -> [Uid; 4] {
    let question = mail.append_dated("INBOX", "01-Nov-2026", &letter("q", "Lunch", "")).await;
    let own = mail.append_dated("Sent", "02-Nov-2026", &reply("a", "Re: Lunch", "q")).await;
    let other = mail.append_dated("INBOX", "03-Nov-2026", &letter("o", "Other", "")).await;
    let last = mail.append_dated("INBOX", "04-Nov-2026", &reply("l", "Where?", "a")).await;
    [question, own, last, other]
}

#[tokio::test]
async fn own_answers_are_among_those_of_others() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, _, last, other] = exchange(&mut mail).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let (question, last, other) = (tab.message(question), tab.message(last), tab.message(other));
    let all = pairs(&[("INBOX", "Lunch"), ("Sent", "Re: Lunch"), ("INBOX", "Where?")]);
    assert_eq!(together(&mut tab, &last).await, all);
    assert_eq!(together(&mut tab, &question).await, all);
    assert_eq!(together(&mut tab, &other).await, []);
    // Whoever reads it is told how it stands.
    let conversation = gather(&mut tab, &last).await.expect("a conversation");
    let own = &conversation.rows[1];
    assert_eq!((own.preview.as_str(), own.message.mailbox.as_str()), ("Text of a", "Sent"));
    // It can be read, wherever it is.
    assert!(matches!(tab.ask(Command::Read { message: own.message.clone() }).await, Reply::Message(_)));
}

#[tokio::test]
async fn what_comes_moves_and_goes_is_followed() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, own, last, _] = exchange(&mut mail).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let message = tab.message(question);
    assert_eq!(together(&mut tab, &message).await.len(), 3);

    mail.create("Projects").await;
    tab.until("the new folder", |view| view.mailbox("Projects").is_some()).await;
    mail.append_dated("Projects", "05-Nov-2026", &reply("n", "Re: Where?", "l")).await;
    tab.until("its count", |view| view.mailbox("Projects").is_some_and(|mailbox| mailbox.total == 1)).await;
    let expected = [("INBOX", "Lunch"), ("Sent", "Re: Lunch"), ("INBOX", "Where?"), ("Projects", "Re: Where?")];
    assert_eq!(together(&mut tab, &message).await, pairs(&expected));

    mail.move_to("INBOX", last, "Archive").await;
    tab.until("its move", |view| view.mailbox("Archive").is_some_and(|mailbox| mailbox.total == 1)).await;
    mail.expunge("Sent", own).await;
    let expected = [("INBOX", "Lunch"), ("Archive", "Where?"), ("Projects", "Re: Where?")];
    assert_eq!(together(&mut tab, &message).await, pairs(&expected));

    // What was thrown away is not shown among the rest.
    mail.move_to("INBOX", question, "Trash").await;
    tab.until("its move", |view| view.mailbox("Trash").is_some_and(|mailbox| mailbox.total == 1)).await;
    tab.open("Archive").await;
    let message = tab.messages()[0].clone();
    assert_eq!(together(&mut tab, &message).await, pairs(&expected[1..]));
    assert_eq!(gather(&mut tab, &MessageRef { uid: Uid(99), ..message }).await, Err(Error::Gone));
}

#[tokio::test]
async fn a_copy_in_another_folder_is_not_shown_twice() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, ..] = exchange(&mut mail).await;
    mail.append_dated("Archive", "01-Nov-2026", &letter("q", "Lunch", "")).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let message = tab.message(question);
    let expected = [("INBOX", "Lunch"), ("Sent", "Re: Lunch"), ("INBOX", "Where?")];
    assert_eq!(together(&mut tab, &message).await, pairs(&expected));
}

#[tokio::test]
async fn the_index_outlives_pismo_and_is_made_again_when_it_is_gone() {
    let mut bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, ..] = exchange(&mut mail).await;
    mail.fill("Archive", 700).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let message = tab.message(question);
    let before = together(&mut tab, &message).await;
    assert_eq!(before.len(), 3);

    bridge.stop().await;
    bridge.start_again().await;
    tab.come_back().await;
    tab.open("INBOX").await;
    let conversation = gather(&mut tab, &message).await.expect("a conversation");
    assert!(conversation.complete, "what was indexed before the restart is known after it");
    assert_eq!(conversation.rows.len(), 3);

    bridge.stop().await;
    std::fs::remove_file(bridge.data().join("conversations.db")).expect("the index");
    bridge.start_again().await;
    tab.come_back().await;
    tab.open("INBOX").await;
    assert_eq!(together(&mut tab, &message).await, before);
}

#[tokio::test]
async fn a_folder_made_anew_holds_nothing_of_the_one_before() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, ..] = exchange(&mut mail).await;
    mail.create("Ideas").await;
    mail.append_dated("Ideas", "05-Nov-2026", &reply("i", "Idea", "q")).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let message = tab.message(question);
    assert_eq!(together(&mut tab, &message).await.len(), 4);
    mail.delete("Ideas").await;
    tab.until("it is gone", |view| view.mailbox("Ideas").is_none()).await;
    assert_eq!(together(&mut tab, &message).await.len(), 3);
    mail.create("Ideas").await;
    mail.append_dated("Ideas", "06-Nov-2026", &letter("j", "Another idea", "")).await;
    tab.until("it is there", |view| view.mailbox("Ideas").is_some_and(|mailbox| mailbox.total == 1)).await;
    assert_eq!(together(&mut tab, &message).await.len(), 3);
}

/// The list by conversation: subjects, and how many messages each row stands for with how many unread.
fn threads(tab: &Tab) -> Vec<(String, u32, u32)> {
    let thread = |row: &app::wire::Row| row.thread.map_or((1, u32::MAX), |thread| (thread.count, thread.unseen));
    tab.view
        .rows
        .iter()
        .flatten()
        .map(|row| {
            let (count, unseen) = thread(row);
            let unseen = if count == 1 { u32::from(!row.has(&Flag::Seen)) } else { unseen };
            (row.subject.clone(), count, unseen)
        })
        .collect()
}

fn by_conversation(mailbox: &str) -> Query {
    Query { mailbox: mailbox.to_owned(), threaded: true, ..Query::default() }
}

fn rows(expected: &[(&str, u32, u32)]) -> Vec<(String, u32, u32)> {
    expected.iter().map(|(subject, count, unseen)| ((*subject).to_owned(), *count, *unseen)).collect()
}

/// Waits until the list is like this, for as long as it takes to be swept: no server has to tell sooner.
async fn until(tab: &mut Tab, expected: &[(&str, u32, u32)]) {
    let expected = rows(expected);
    let deadline = tokio::time::Instant::now() + 3 * crate::tab::PATIENCE;
    while threads(tab) != expected {
        assert!(tokio::time::Instant::now() < deadline, "{:?} is not {expected:?}", threads(tab));
        tab.listen_for(std::time::Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_list_shows_each_conversation_once() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [question, _, last, other] = exchange(&mut mail).await;
    mail.store("INBOX", last, Flag::Seen, true).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    tab.list_all(by_conversation("INBOX")).await;
    // The newest has been read, but not all of it.
    assert_eq!(threads(&tab), rows(&[("Where?", 2, 1), ("Other", 1, 1)]));

    mail.store("INBOX", question, Flag::Seen, true).await;
    until(&mut tab, &[("Where?", 2, 0), ("Other", 1, 1)]).await;
    // One more comes, and stands for all.
    mail.append_message("INBOX", "", &reply("n", "Re: Other", "o")).await;
    until(&mut tab, &[("Re: Other", 2, 2), ("Where?", 2, 0)]).await;
    mail.append_message("INBOX", "", &letter("x", "Alone", "")).await;
    until(&mut tab, &[("Alone", 1, 1), ("Re: Other", 2, 2), ("Where?", 2, 0)]).await;
    // The newest goes: the next takes its place.
    mail.expunge("INBOX", last).await;
    until(&mut tab, &[("Alone", 1, 1), ("Re: Other", 2, 2), ("Lunch", 1, 0)]).await;
    mail.expunge("INBOX", other).await;
    until(&mut tab, &[("Alone", 1, 1), ("Re: Other", 1, 1), ("Lunch", 1, 0)]).await;
    // Found anew it is the same.
    let shown = threads(&tab);
    tab.list_all(by_conversation("INBOX")).await;
    assert_eq!(threads(&tab), shown);
}

#[tokio::test]
async fn what_is_done_to_a_conversation_is_done_to_all_of_it_and_can_be_undone() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let [_, _, last, other] = exchange(&mut mail).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    tab.list_all(by_conversation("INBOX")).await;
    assert_eq!(threads(&tab), rows(&[("Where?", 2, 2), ("Other", 1, 1)]));
    let conversation = Selection::Threads(vec![tab.message(last)]);
    let seen = Action::Flag { flag: Flag::Seen, set: true };
    assert_eq!(tab.act_on(conversation.clone(), seen).await.1, 2);
    until(&mut tab, &[("Where?", 2, 0), ("Other", 1, 1)]).await;

    let (undo, count) = tab.act_on(conversation, Action::Archive).await;
    assert_eq!(count, 2);
    until(&mut tab, &[("Other", 1, 1)]).await;
    assert_eq!(mail.messages("Archive").await.len(), 2);
    tab.undo(undo).await;
    until(&mut tab, &[("Where?", 2, 0), ("Other", 1, 1)]).await;

    // A message by itself is moved by itself.
    let message = Selection::Messages(vec![tab.messages()[0].clone()]);
    tab.act_on(message, Action::Archive).await;
    // What came back has come last.
    until(&mut tab, &[("Lunch", 1, 0), ("Other", 1, 1)]).await;

    let all = Selection::All { list: tab.view.list, except: vec![tab.message(other)] };
    assert_eq!(tab.act_on(all, Action::Delete).await.1, 1);
    until(&mut tab, &[("Other", 1, 1)]).await;
}

#[tokio::test]
async fn a_large_folder_is_grouped_while_it_is_shown() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 900).await;
    let first = mail.append_message("INBOX", "", &letter("q", "Lunch", "")).await;
    mail.fill("INBOX", 900).await;
    mail.append_message("INBOX", "", &reply("a", "Re: Lunch", "q")).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    for _ in 0..2 {
        let listing = tab.list_all(by_conversation("INBOX")).await;
        // The others are there twice, as copies.
        assert_eq!(listing.total, 901);
        tab.until("how many they are", |view| {
            view.rows[0].as_ref().is_some_and(|row| row.thread.is_some_and(|thread| thread.count == 2))
        })
        .await;
        assert_eq!(threads(&tab)[0], ("Re: Lunch".to_owned(), 2, 2));
        assert!(tab.view.rows.iter().flatten().all(|row| row.message.uid != first));
    }
    // It is known from then on what belongs together.
    let message = tab.messages()[0].clone();
    assert_eq!(together(&mut tab, &message).await.len(), 2);
}

#[tokio::test]
async fn what_only_an_old_message_binds_together_stands_in_the_list_once() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    // More than is looked at in one go are between the messages and what binds them.
    let both = "References: <one@example.org> <two@example.org>\n";
    mail.append_message("INBOX", "", &letter("old", "What binds them", both)).await;
    mail.fill("INBOX", 700).await;
    mail.append_message("INBOX", "", &reply("b", "Re: One", "one")).await;
    mail.append_message("INBOX", "", &reply("c", "Re: Two", "two")).await;
    let mut tab = bridge.sign_in("ana").await.tab().await;
    tab.list_all(by_conversation("INBOX")).await;
    assert_eq!(tab.view.rows.len(), 701);
    let subjects = |view: &crate::view::View| -> Vec<String> {
        view.rows.iter().flatten().take(2).map(|row| row.subject.clone()).collect()
    };
    assert_eq!(subjects(&tab.view).first().map(String::as_str), Some("Re: Two"));
    assert!(!subjects(&tab.view).contains(&"Re: One".to_owned()), "{:?}", subjects(&tab.view));
}
