//! Lists: opening a folder, more rows of it, the page that has them in it, and what all that costs.

use std::time::Duration;

use app::wire::{Command, Error, MAX_WINDOW, Query, Reply, SpecialUse, Uid};

use crate::{
    mail::{Mail, letter},
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::PATIENCE,
    test_bridge::{TestBridge, imap},
};

/// What loads a page again where scripts are off.
const RELOAD: &str = "http-equiv=\"refresh\"";

/// Asks for the page until the mail server was quick enough to be in it.
async fn page(browser: &crate::browser::Browser, path: &str) -> (String, app::wire::PageFrames) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let (html, frames) = browser.page(path).await;
        if let Some(frames) = frames {
            return (html, frames);
        }
        assert!(tokio::time::Instant::now() < deadline, "the page never has rows in it");
    }
}

#[tokio::test]
async fn a_folder_opens_with_its_newest_messages() {
    let bridge = TestBridge::start().await;
    let uids = bridge.mail("ana").fill("INBOX", 300).await;
    let mut tab = bridge.sign_in("ana").await.tab().await;
    let listing = tab.open("INBOX").await;
    assert_eq!((listing.total, listing.from, listing.rows.len()), (300, 0, 50));
    let newest: Vec<Uid> = uids.iter().rev().take(50).copied().collect();
    assert_eq!(listing.rows.iter().map(|row| row.message.uid).collect::<Vec<_>>(), newest);
    assert_eq!(listing.rows[0].subject, "message 300");
    assert_eq!(listing.rows[0].from[0].name, "Boris Test");

    let middle = tab.window(120, 80).await;
    assert_eq!((middle.total, middle.from, middle.rows.len()), (300, 120, 80));
    assert_eq!(middle.rows[0].subject, "message 180");
    let end = tab.window(290, 80).await;
    assert_eq!((end.from, end.rows.len()), (290, 10));
    assert_eq!(end.rows[9].subject, "message 1");
    assert!(tab.window(300, 10).await.rows.is_empty());
    assert!(tab.window(u32::MAX, u32::MAX).await.rows.is_empty());
    assert_eq!(tab.window(0, u32::MAX).await.rows.len(), MAX_WINDOW as usize);
    tab.window(200, MAX_WINDOW).await;
    let shown: Vec<Uid> = tab.messages().iter().map(|message| message.uid).collect();
    assert_eq!(shown, uids.iter().rev().copied().collect::<Vec<_>>(), "every row is there once");
}

#[tokio::test]
async fn a_window_of_a_list_that_was_closed_is_refused() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let earlier = tab.view.list;
    tab.open("Sent").await;
    let window = Command::Window { list: earlier, from: 0, count: 10 };
    assert_eq!(tab.send(window).await, Err(Error::Gone));
}

#[tokio::test]
async fn an_empty_folder_and_a_missing_one_are_told_apart() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("Sent").await;
    assert_eq!(tab.view.total(), 0);
    let query = Query { mailbox: "Nowhere".to_owned(), ..Query::default() };
    assert_eq!(tab.send(Command::Open { query, from: 0, count: 10 }).await, Err(Error::Gone));
    assert_eq!(tab.open("Sent").await.total, 0);
}

#[tokio::test]
async fn rows_show_flags_attachments_and_the_beginning_of_the_text() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let plain = mail.append_message("INBOX", "\\Seen \\Flagged $Forwarded", &letter("plain")).await;
    let with_file = mail.append_message("INBOX", "", crate::read::WITH_FILES).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    tab.until("the beginning of the text", |view| {
        view.row(plain).is_some_and(|row| row.preview.contains("The text of plain"))
    })
    .await;
    let row = tab.row(plain).await;
    use app::wire::Flag::{Flagged, Forwarded, Seen};
    assert!([Seen, Flagged, Forwarded].iter().all(|flag| row.has(flag)) && row.flags.len() == 3, "{row:?}");
    assert!(!row.attachment);
    let row = tab.row(with_file).await;
    assert!(row.attachment && row.flags.is_empty(), "{row:?}");
    assert_eq!(row.subject, "Отчёт за ноябрь");
    assert_eq!(row.from[0].name, "Анна");
}

#[tokio::test]
async fn folders_are_in_the_order_of_the_screen_with_their_counts() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.append_message("INBOX", "\\Seen", &letter("old")).await;
    mail.append("INBOX", "new").await;
    // Проекты, and 2026 in it, in modified UTF-7 (RFC 9051 §5.1.3).
    mail.create("&BB8EQAQ+BDUEOgRCBEs-").await;
    mail.create("&BB8EQAQ+BDUEOgRCBEs-/2026").await;
    mail.append("&BB8EQAQ+BDUEOgRCBEs-/2026", "plan").await;
    let tab = bridge.sign_in("ana").await.tab().await;
    let mut tab = tab;
    tab.until("the folders", |view| view.mailboxes.len() == 8).await;
    let shown: Vec<(&str, Option<SpecialUse>)> =
        tab.view.mailboxes.iter().map(|mailbox| (mailbox.path.as_str(), mailbox.special_use)).collect();
    use SpecialUse::{Archive, Drafts, Inbox, Junk, Sent, Trash};
    assert_eq!(
        shown,
        [
            ("INBOX", Some(Inbox)),
            ("Drafts", Some(Drafts)),
            ("Sent", Some(Sent)),
            ("Archive", Some(Archive)),
            ("Junk", Some(Junk)),
            ("Trash", Some(Trash)),
            ("Проекты", None),
            ("Проекты/2026", None),
        ]
    );
    assert_eq!(tab.view.counts("INBOX"), Some((2, 1)));
    assert_eq!(tab.view.counts("Проекты/2026"), Some((1, 1)));
    assert_eq!(tab.open("Проекты/2026").await.rows[0].subject, "plan");
}

#[tokio::test]
async fn the_page_has_the_rows_in_it_and_goes_on_from_its_own_frames() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    mail.fill("INBOX", 60).await;
    mail.append("INBOX", "<script>alert(1)</script> & more").await;
    let browser = bridge.sign_in("ana").await;
    let (html, frames) = page(&browser, "/mail/INBOX").await;
    let listing = frames.listing.expect("a listing");
    assert_eq!((listing.total, listing.rows.len(), listing.query.mailbox.as_str()), (61, 28, "INBOX"));
    assert_eq!(html.matches("data-testid=\"message-row\"").count(), 16, "a laptop's rows are in the HTML");
    assert!(html.contains("data-testid=\"mailbox\"") && html.contains("data-path=\"INBOX\""));
    assert!(html.contains("message 60"));
    assert!(!html.contains("<script>alert(1)"), "a subject is text, in the rows and in the frames");

    let resume = app::wire::Resume { tab: frames.welcome.tab.clone(), seq: 0 };
    let mut tab = browser.resume(resume).await;
    assert!(tab.welcome.is_none(), "the page's own tab is taken up");
    tab.view.welcome(&frames.welcome);
    tab.view.listing(&listing);
    mail.append("INBOX", "after the page").await;
    tab.until("mail after the page", |view| view.total() == 62).await;
    assert_eq!(tab.view.subjects()[0], "after the page");
}

#[tokio::test]
async fn the_page_of_a_folder_shows_that_folder() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("Archive", "put away").await;
    let browser = bridge.sign_in("ana").await;
    let (html, frames) = page(&browser, "/mail/Archive").await;
    assert_eq!(frames.listing.expect("a listing").query.mailbox, "Archive");
    assert!(html.contains("put away"));
}

#[tokio::test]
async fn a_silent_mail_server_does_not_make_a_white_page() {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let browser = bridge.sign_in("ana").await;
    proxy.hold();
    let begun = tokio::time::Instant::now();
    let (html, frames) = browser.page("/mail/INBOX").await;
    assert!(frames.is_none());
    assert!(html.contains("data-testid=\"message-list\""), "the page is there without rows");
    assert!(html.contains(RELOAD), "without scripts it is loaded again");
    assert!(begun.elapsed().as_secs() < 5, "it does not wait for the mail server: {:?}", begun.elapsed());

    let (html, _) = browser.page("/mail/INBOX?q=from%3Aboris").await;
    assert!(!html.contains(RELOAD), "the hits of a search never come with the page");
    proxy.restore();
    let (html, _) = page(&browser, "/mail/INBOX").await;
    assert!(!html.contains(RELOAD), "the rows are there");
}

/// The bridge behind a recording proxy, and the mail of its user.
pub async fn recorded() -> (TestBridge, RecordingProxy, Mail) {
    let proxy = RecordingProxy::start(MailServer::shared_with_smtp().imap_port()).await;
    let bridge = TestBridge::with(|config| config.imap = Some(imap(proxy.port))).await;
    let mail = bridge.mail("ana");
    (bridge, proxy, mail)
}

#[tokio::test]
async fn opening_a_folder_costs_two_round_trips() {
    let (bridge, proxy, mut mail) = recorded().await;
    mail.fill("INBOX", 60).await;
    mail.fill("Archive", 60).await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    // The line that proved the password is the one that works.
    let work = proxy.lines().remove(0);
    for mailbox in ["Archive", "INBOX", "Archive"] {
        // The watch turns to the folder that was opened, and then looks whether it missed anything there.
        tab.listen_for(Duration::from_millis(1500)).await;
        work.take_said();
        work.take_round_trips();
        let listing = tab.open(mailbox).await;
        let (trips, said) = (work.take_round_trips(), work.take_said());
        assert_eq!(listing.rows.len(), 50);
        assert!(said.contains("SELECT") || said.contains("EXAMINE"), "this is the line that works: {said}");
        assert!(trips <= 2, "{trips} round trips: {said}");
    }
}

#[tokio::test]
async fn any_number_of_tabs_uses_four_connections() {
    let (bridge, proxy, mut mail) = recorded().await;
    let uid = mail.append_message("INBOX", "", crate::read::WITH_FILES).await;
    let browser = bridge.sign_in("ana").await;
    let mut tabs = Vec::new();
    for mailbox in ["INBOX", "Sent", "Archive", "INBOX", "Trash"] {
        tabs.push(browser.open(mailbox).await);
    }
    for tab in &mut tabs {
        tab.open("INBOX").await;
        tab.read(uid).await;
        let message = tab.message(uid);
        assert_eq!(browser.get(&app::route::source_url(&message)).await.status, 200);
        tab.search_everywhere("Отчёт").await;
    }
    mail.append("INBOX", "one more").await;
    for tab in &mut tabs {
        let reply =
            tab.ask(Command::Open { query: Query { mailbox: "INBOX".into(), ..Query::default() }, from: 0, count: 9 });
        assert!(matches!(reply.await, Reply::Listing(_)));
        tab.until("the new message", |view| view.total() == 2).await;
    }
    assert!(proxy.most_open() <= 4, "{} connections", proxy.most_open());
}
