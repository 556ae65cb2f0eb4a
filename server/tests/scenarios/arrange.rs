//! Mailboxes made, renamed, moved, deleted and emptied by the person.

use std::sync::Arc;

use app::wire::{Action, Arrangement, Command, Error, Flag, Reply, Selection, Uid, UidValidity};

use tokio::sync::Notify;

use crate::{
    mail::Mail,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::Tab,
    test_bridge::{TestBridge, imap},
};

/// `Проекты` as the server calls it (RFC 3501 §5.1.3).
const PROJECTS: &str = "&BB8EQAQ+BDUEOgRCBEs-";

async fn desk() -> (TestBridge, Tab, Mail) {
    let bridge = TestBridge::start().await;
    let mail = bridge.mail("ana");
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab, mail)
}

async fn arrange(tab: &mut Tab, change: Arrangement) -> Result<Option<String>, Error> {
    match tab.send(Command::Arrange { change }).await? {
        Reply::Arranged { path } => Ok(path),
        other => panic!("{other:?}"),
    }
}

fn create(parent: Option<&str>, name: &str) -> Arrangement {
    Arrangement::Create { parent: parent.map(str::to_owned), name: name.to_owned() }
}

fn rename(path: &str, parent: Option<&str>, name: &str) -> Arrangement {
    Arrangement::Rename { path: path.to_owned(), parent: parent.map(str::to_owned), name: name.to_owned() }
}

fn delete(path: &str) -> Arrangement {
    Arrangement::Delete { path: path.to_owned() }
}

async fn subscribed(mail: &mut Mail) -> String {
    mail.run("LSUB \"\" \"*\"").await.join("\n")
}

#[tokio::test]
async fn a_folder_is_made_and_renamed_and_moved_with_what_is_inside() {
    let (bridge, mut tab, mut mail) = desk().await;
    assert_eq!(arrange(&mut tab, create(None, " Проекты ")).await, Ok(Some("Проекты".to_owned())));
    assert_eq!(arrange(&mut tab, create(Some("Проекты"), "2026")).await, Ok(Some("Проекты/2026".to_owned())));
    assert!(tab.view.mailbox("Проекты/2026").is_some(), "the tree is told before the answer");
    assert!(subscribed(&mut mail).await.contains("2026"), "other programs show it");
    let uid = mail.append(&format!("{PROJECTS}/2026"), "plan").await;
    tab.open("Проекты/2026").await;

    let moved = arrange(&mut tab, rename("Проекты", Some("Archive"), "Дела & планы")).await;
    assert_eq!(moved, Ok(Some("Archive/Дела & планы".to_owned())));
    assert!(tab.view.mailbox("Проекты").is_none() && tab.view.mailbox("Проекты/2026").is_none());
    let listing = tab.open("Archive/Дела & планы/2026").await;
    assert_eq!((listing.rows[0].message.uid, listing.rows[0].subject.as_str()), (uid, "plan"));
    assert!(subscribed(&mut mail).await.contains("Archive/"));

    let unchanged = rename("Archive/Дела & планы", Some("Archive"), "Дела & планы");
    assert_eq!(arrange(&mut tab, unchanged).await, Ok(Some("Archive/Дела & планы".to_owned())));
    // Only the name.
    assert_eq!(
        arrange(&mut tab, rename("Archive/Дела & планы/2026", Some("Archive/Дела & планы"), "Этот год")).await,
        Ok(Some("Archive/Дела & планы/Этот год".to_owned()))
    );
    // Another tab has seen all of it.
    let other = bridge.sign_in("ana").await.tab().await;
    assert!(other.view.mailbox("Archive/Дела & планы/Этот год").is_some());
}

#[tokio::test]
async fn what_is_only_moved_keeps_whatever_name_it_has() {
    let (_bridge, mut tab, mut mail) = desk().await;
    // No name that we would give.
    mail.create("100%").await;
    arrange(&mut tab, create(None, "Shop")).await.expect("a folder");
    tab.until("it", |view| view.mailbox("100%").is_some()).await;
    assert_eq!(arrange(&mut tab, rename("100%", None, "50%")).await, Err(Error::MailboxName));
    assert_eq!(arrange(&mut tab, rename("100%", Some("Shop"), "100%")).await, Ok(Some("Shop/100%".to_owned())));
    assert_eq!(arrange(&mut tab, rename("Shop/100%", Some("Shop"), "All")).await, Ok(Some("Shop/All".to_owned())));
}

#[tokio::test]
async fn a_folder_is_deleted_with_all_that_is_inside() {
    let (_bridge, mut tab, mut mail) = desk().await;
    for (parent, name) in [(None, "Old"), (Some("Old"), "Older"), (Some("Old/Older"), "Oldest")] {
        arrange(&mut tab, create(parent, name)).await.expect("a folder");
    }
    mail.append("Old/Older/Oldest", "dust").await;
    arrange(&mut tab, create(None, "Older")).await.expect("a folder of a like name");
    tab.open("Old/Older/Oldest").await;
    assert_eq!(arrange(&mut tab, delete("Old")).await, Ok(None));
    for path in ["Old", "Old/Older", "Old/Older/Oldest"] {
        assert!(tab.view.mailbox(path).is_none() && !mail.has(path).await, "{path}");
    }
    assert!(mail.has("Older").await);
    assert_eq!(tab.send(Command::Open { query: query("Old"), from: 0, count: 10 }).await, Err(Error::Gone));
    // Made anew while this tab still shows the one before it.
    arrange(&mut tab, create(None, "Old")).await.expect("a folder");
    mail.append("Old", "fresh").await;
    assert_eq!(tab.open("Old").await.rows[0].subject, "fresh");
}

fn query(mailbox: &str) -> app::wire::Query {
    app::wire::Query { mailbox: mailbox.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words_and_changes_nothing() {
    let (_bridge, mut tab, mut mail) = desk().await;
    arrange(&mut tab, create(None, "Plans")).await.expect("a folder");
    arrange(&mut tab, create(Some("Plans"), "Summer")).await.expect("a folder");
    let before = mail.run("LIST \"\" \"*\"").await;
    let long = "x".repeat(300);
    for (change, error) in [
        (create(None, "Plans"), Error::MailboxExists),
        (create(None, "inbox"), Error::MailboxExists),
        (create(None, "  "), Error::MailboxName),
        (create(None, "a/b"), Error::MailboxName),
        (create(Some("Plans"), "a/b"), Error::MailboxName),
        (create(None, "100%"), Error::MailboxName),
        (create(None, "a\r\nb"), Error::MailboxName),
        (create(None, &long), Error::MailboxName),
        (create(Some("Nowhere"), "x"), Error::Gone),
        (rename("Plans", None, "Archive"), Error::MailboxExists),
        (rename("Nowhere", None, "x"), Error::Gone),
        (delete("Nowhere"), Error::Gone),
    ] {
        assert_eq!(arrange(&mut tab, change.clone()).await, Err(error), "{change:?}");
    }
    for change in [
        rename("INBOX", None, "x"),
        rename("Sent", None, "x"),
        delete("INBOX"),
        delete("Trash"),
        rename("Plans", Some("Plans/Summer"), "x"),
        rename("Plans", Some("Plans"), "x"),
    ] {
        let result = arrange(&mut tab, change.clone()).await;
        assert!(matches!(result, Err(Error::BadRequest { .. })), "{change:?}: {result:?}");
    }
    assert_eq!(mail.run("LIST \"\" \"*\"").await, before);
}

#[tokio::test]
async fn a_whole_folder_is_marked_read_and_that_is_undone_and_it_is_emptied() {
    let (_bridge, mut tab, mut mail) = desk().await;
    let uids = mail.fill("Junk", 30).await;
    mail.store("Junk", uids[3], Flag::Seen, true).await;
    tab.until("the counts", |view| view.counts("Junk") == Some((30, 29))).await;
    let whole = tab.view.whole("Junk");
    let (undo, count) = tab.act_on(whole.clone(), Action::Flag { flag: Flag::Seen, set: true }).await;
    assert_eq!(count, 29);
    tab.until("nothing is unread", |view| view.counts("Junk") == Some((30, 0))).await;
    tab.undo(undo).await;
    tab.until("it is as before", |view| view.counts("Junk") == Some((30, 29))).await;
    let (undo, count) = tab.act_on(whole, Action::Erase).await;
    assert_eq!((undo, count), (None, 30));
    tab.until("it is empty", |view| view.counts("Junk") == Some((0, 0))).await;
    assert!(mail.messages("Junk").await.is_empty());
    let Selection::Mailbox { uid_validity, uid_next, .. } = tab.view.whole("INBOX") else { unreachable!() };
    let selection = Selection::Mailbox { path: "Nowhere".to_owned(), uid_validity, uid_next };
    assert_eq!(tab.send(Command::Act { selection, action: Action::Erase }).await, Err(Error::Gone));
}

#[tokio::test]
async fn what_comes_after_the_question_is_not_emptied() {
    let (_bridge, mut tab, mut mail) = desk().await;
    mail.fill("Junk", 3).await;
    tab.until("the counts", |view| view.counts("Junk") == Some((3, 3))).await;
    let asked = tab.view.whole("Junk");
    let late = mail.append("Junk", "late").await;
    tab.until("it has come", |view| view.counts("Junk") == Some((4, 4))).await;
    assert_eq!(tab.act_on(asked.clone(), Action::Erase).await, (None, 3));
    assert_eq!(mail.messages("Junk").await.into_keys().collect::<Vec<_>>(), [late]);
    let Selection::Mailbox { path, uid_validity, uid_next } = asked else { unreachable!() };
    let other = UidValidity(uid_validity.0 + 1);
    let stale = Selection::Mailbox { path, uid_validity: other, uid_next: Uid(uid_next.0 + 10) };
    assert_eq!(tab.send(Command::Act { selection: stale, action: Action::Erase }).await, Err(Error::Gone));
    assert!(mail.messages("Junk").await.contains_key(&late));
}

/// Does a change over a line that is cut when the server has said these words, before they arrive. Over the new line the
/// server does not list a mailbox of the name `unlisted`.
async fn arrange_over_a_cut_line(
    change: Arrangement,
    words: &'static str,
    unlisted: Option<&'static str>,
) -> (Result<Option<String>, Error>, Tab, Mail) {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let mut mail = bridge.mail("ana");
    mail.create("Plans").await;
    let mut tab = bridge.sign_in("ana").await.open("Plans").await;
    tab.until("the folder", |view| view.mailbox("Plans").is_some()).await;
    let cut = Arc::new(Notify::new());
    let told = cut.clone();
    let mut over = false;
    proxy.rewrite(move |said| {
        if !over && String::from_utf8_lossy(&said).contains(words) {
            over = true;
            told.notify_one();
        }
        if over { Vec::new() } else { said }
    });
    let ending = async {
        cut.notified().await;
        proxy.rewrite(move |said| {
            let is_unlisted = |line: &[u8]| {
                let line = String::from_utf8_lossy(line);
                line.starts_with("* LIST ") && unlisted.is_some_and(|name| line.trim_end().ends_with(name))
            };
            said.split_inclusive(|byte| *byte == b'\n').filter(|line| !is_unlisted(line)).flatten().copied().collect()
        });
        proxy.cut();
    };
    let (result, ()) = tokio::join!(arrange(&mut tab, change), ending);
    (result, tab, mail)
}

#[tokio::test]
async fn a_change_that_was_made_over_a_lost_line_is_no_failure() {
    for unlisted in [None, Some("New")] {
        let (result, tab, mut mail) = arrange_over_a_cut_line(create(None, "New"), "Create completed", unlisted).await;
        assert_eq!(result, Ok(Some("New".to_owned())), "{unlisted:?}");
        assert_eq!(tab.view.mailbox("New").is_some(), unlisted.is_none());
        assert!(subscribed(&mut mail).await.contains("New"), "other programs show it");
    }
    for unlisted in [None, Some("Ideas")] {
        let (result, tab, mut mail) =
            arrange_over_a_cut_line(rename("Plans", None, "Ideas"), "Rename completed", unlisted).await;
        assert_eq!(result, Ok(Some("Ideas".to_owned())), "{unlisted:?}");
        assert_eq!(tab.view.mailbox("Ideas").is_some(), unlisted.is_none());
        assert!(tab.view.mailbox("Plans").is_none());
        assert!(subscribed(&mut mail).await.contains("Ideas"), "other programs show it");
    }
    let (result, tab, _mail) = arrange_over_a_cut_line(delete("Plans"), "Delete completed", None).await;
    assert_eq!(result, Ok(None));
    assert!(tab.view.mailbox("Plans").is_none());
}

#[tokio::test]
async fn a_folder_that_the_server_has_and_does_not_list_was_not_deleted_over_a_lost_line() {
    // The folder is left before it is deleted, and the line is lost in between.
    let (result, _tab, mut mail) = arrange_over_a_cut_line(delete("Plans"), "Unselect completed", Some("Plans")).await;
    assert_eq!(result, Err(Error::Gone));
    assert!(mail.has("Plans").await);
}
