//! Mail from another account, from the form to the folders, as a person without scripts sees it.

use std::time::Duration;

use app::wire::{Flag, Uid};
use tokio::time::sleep;

use crate::{
    browser::Browser,
    mail::Mail,
    senders::{PASSED, RECEIVED, with_fields},
    test_bridge::TestBridge,
};

/// What the page says of the only collector.
struct Shown {
    state: String,
    copied: u32,
    total: u32,
    text: String,
}

async fn shown(browser: &Browser) -> Shown {
    let text = browser.get("/collectors").await.text();
    let attribute = |name: &str| {
        let after = text.split(&format!("data-{name}=\"")).nth(1).unwrap_or_else(|| panic!("no {name} in {text}"));
        after.split('"').next().expect("a value").to_owned()
    };
    let number = |name: &str| attribute(name).parse().expect("a number");
    Shown { state: attribute("state"), copied: number("copied"), total: number("total"), text }
}

/// The address of the first collector on the page.
pub fn first(page: &str) -> String {
    let mut actions = page.split("action=\"/collectors/").skip(1).filter_map(|rest| rest.split('/').next());
    let number = actions.find(|name| name.parse::<i64>().is_ok()).unwrap_or_else(|| panic!("no collector in {page}"));
    format!("/collectors/{number}")
}

async fn until(browser: &Browser, what: &str, wanted: impl Fn(&Shown) -> bool) -> Shown {
    for _ in 0..600 {
        let now = shown(browser).await;
        if wanted(&now) {
            return now;
        }
        sleep(Duration::from_millis(100)).await;
    }
    panic!("not {what}: {}", shown(browser).await.text);
}

async fn add(browser: &Browser, bridge: &TestBridge, name: &str, password: &str) -> (u16, String) {
    let address = bridge.address_of(name);
    let server = crate::test_bridge::imap(bridge.server.imap_port()).to_string();
    let fields = [("address", address.as_str()), ("password", password), ("server", &server), ("prefix", "")];
    let answer = browser.submit("/collectors/add", &fields).await;
    (answer.status, answer.text())
}

async fn fill(mail: &mut Mail) -> Uid {
    for path in ["Work", "Work/2019"] {
        mail.create(path).await;
    }
    mail.fill("INBOX", 30).await;
    mail.fill("Work/2019", 12).await;
    let starred = mail.append("Work/2019", "starred").await;
    mail.store("Work/2019", starred, Flag::Flagged, true).await;
    starred
}

#[tokio::test]
async fn mail_is_brought_with_its_folders_and_goes_on_coming() {
    let bridge = TestBridge::start().await;
    let mut there = bridge.mail("boris");
    fill(&mut there).await;
    let mut here = bridge.mail("ana");
    here.append("INBOX", "mine").await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;

    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    let done = until(&browser, "at rest with all of it", |shown| shown.state == "idle" && shown.copied == 43).await;
    assert_eq!(done.total, 43);
    assert!(done.text.contains("43 of 43 messages are here"), "{}", done.text);
    assert!(done.text.contains("data-path=\"Work/2019\""), "{}", done.text);
    tab.until("all of it in the open folder", |view| view.total() == 31).await;
    let brought = here.messages("Work/2019").await;
    assert_eq!(brought.iter().filter(|(_, flags)| flags.contains(&Flag::Flagged)).count(), 1);
    assert_eq!(brought.len(), 13);

    there.append("INBOX", "new").await;
    let collector = first(&done.text);
    assert_eq!(browser.submit(&format!("{collector}/run"), &[]).await.status, 303);
    tab.until("what is new", |view| view.total() == 32).await;
    until(&browser, "at rest", |shown| shown.state == "idle" && shown.copied == 44).await;

    assert_eq!(browser.submit(&format!("{collector}/pause"), &[]).await.status, 303);
    assert_eq!(shown(&browser).await.state, "paused");
    assert_eq!(browser.submit(&format!("{collector}/remove"), &[]).await.status, 303);
    assert!(!browser.get("/collectors").await.text().contains("data-testid=\"collector\""));
    assert_eq!(here.messages("INBOX").await.len(), 32, "what was brought stays");

    // Added again, it finds what it has brought and brings none of it twice.
    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    until(&browser, "at rest with all of it", |shown| shown.state == "idle" && shown.copied == 44).await;
    assert_eq!(here.messages("INBOX").await.len(), 32);
    assert_eq!(here.messages("Work/2019").await.len(), 13);
}

#[tokio::test]
async fn a_maildrop_is_brought_into_the_inbox_and_goes_on_coming() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let (mut there, mut here) = (bridge.mail("boris"), bridge.mail("ana"));
    there.fill("INBOX", 20).await;
    let (address, password) = (bridge.address_of("boris"), crate::mail_server::PASSWORD);
    let server = format!("pop3+insecure://127.0.0.1:{}", bridge.server.pop3_port());
    let fields = [("address", address.as_str()), ("password", password), ("server", &server), ("prefix", "Old/Mail")];
    let answer = browser.submit("/collectors/add", &fields).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let done = until(&browser, "brought", |now| now.state == "idle" && now.copied == 20 && now.total == 20).await;
    assert!(done.text.contains("POP3"), "{}", done.text);
    assert_eq!(here.messages("Old/Mail").await.len(), 20);
    there.append("INBOX", "one more").await;
    assert_eq!(browser.submit(&format!("{}/run", first(&done.text)), &[]).await.status, 303);
    until(&browser, "brought", |now| now.state == "idle" && now.copied == 21).await;
    assert_eq!(here.messages("Old/Mail").await.len(), 21);
}

#[tokio::test]
async fn what_is_wrong_is_said_before_anything_begins() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let (status, text) = add(&browser, &bridge, "boris", "wrong").await;
    assert_eq!(status, 401, "{text}");
    assert!(
        text.contains("role=\"alert\"") && text.contains(&bridge.address_of("boris")),
        "what was typed is kept: {text}"
    );
    assert!(!text.contains("wrong\""), "but not the password");
    let answer = browser.submit("/collectors/add", &[("address", "x@nowhere.test"), ("password", "p")]).await;
    assert_eq!(answer.status, 400);

    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 409, "once is enough");

    // What goes one way does not go back.
    let back = bridge.sign_in("boris").await;
    let (status, text) = add(&back, &bridge, "ana", crate::mail_server::PASSWORD).await;
    assert!(status == 409 && text.contains("to and fro"), "{text}");

    let other = bridge.sign_in("clara").await;
    assert!(
        !other.get("/collectors").await.text().contains(&bridge.address_of("boris")),
        "nobody sees what others bring"
    );
    for asked in ["run", "pause", "remove", "retry"] {
        let collector = first(&shown(&browser).await.text);
        assert_eq!(other.submit(&format!("{collector}/{asked}"), &[]).await.status, 404);
    }
    assert_eq!(browser.submit(&format!("{}/unheard-of", first(&shown(&browser).await.text)), &[]).await.status, 400);
}

/// Asks until it is told to wait, which has to come before a password could be guessed.
async fn until_told_to_wait(what: &str, ask: impl AsyncFn() -> u16) {
    for _ in 0..12 {
        if ask().await == 429 {
            return;
        }
    }
    panic!("{what} can be asked for ever");
}

#[tokio::test]
async fn whoever_is_signed_in_guesses_no_faster_than_who_is_not() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    until_told_to_wait("a source", async || add(&browser, &bridge, "clara", "wrong").await.0).await;
    let password = format!("{}/password", first(&shown(&browser).await.text));
    let again = async || browser.submit(&password, &[("password", "wrong")]).await.status;
    until_told_to_wait("a password of a source", again).await;
    let server = crate::test_bridge::smtp(bridge.server.submission_port()).to_string();
    let fields = [("other", "1"), ("server", server.as_str()), ("password", "wrong")];
    let dora = bridge.address_of("dora");
    let write = async || crate::identities::add(&browser, &dora, &fields).await.status;
    until_told_to_wait("a way out", write).await;
}

#[tokio::test]
async fn ones_own_account_is_not_brought_to_itself() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").fill("INBOX", 3).await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(add(&browser, &bridge, "ana", crate::mail_server::PASSWORD).await.0, 303);
    let failed = until(&browser, "refused", |shown| shown.state == "failed").await;
    assert!(failed.text.contains("the very account"), "{}", failed.text);
    assert_eq!(bridge.mail("ana").messages("INBOX").await.len(), 3);
}

#[tokio::test]
async fn a_source_can_be_looked_at_before_anything_comes() {
    let bridge = TestBridge::start().await;
    let (mut there, mut here) = (bridge.mail("boris"), bridge.mail("ana"));
    fill(&mut there).await;
    let browser = bridge.sign_in("ana").await;
    let address = bridge.address_of("boris");
    let server = crate::test_bridge::imap(bridge.server.imap_port()).to_string();
    let fields = [
        ("address", address.as_str()),
        ("password", crate::mail_server::PASSWORD),
        ("server", &server),
        ("prefix", "Old"),
        ("look", "1"),
    ];
    assert_eq!(browser.submit("/collectors/add", &fields).await.status, 303);
    let looked = until(&browser, "looked at", |now| now.state == "paused").await;
    assert!(looked.text.contains("Found: 43 messages"), "{}", looked.text);
    assert_eq!(looked.copied, 0);
    assert!(looked.text.contains("Work/2019 → Old/Work/2019"), "{}", looked.text);
    assert!(here.run("LIST \"\" Old*").await.iter().all(|line| !line.starts_with("* LIST")), "nothing was made");
    assert_eq!(browser.submit(&format!("{}/run", first(&looked.text)), &[]).await.status, 303);
    until(&browser, "brought", |now| now.state == "idle" && now.copied == 43).await;
    assert_eq!(here.messages("Old/Work/2019").await.len(), 13);
}

#[tokio::test]
async fn what_was_chosen_can_be_changed() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    let other = bridge.sign_in("clara").await;
    let options = format!("{}/options", first(&shown(&browser).await.text));
    let chosen = [("minutes", "90"), ("at_once", "9")];
    assert_eq!(other.submit(&options, &chosen).await.status, 404);
    assert_eq!(browser.submit(&options, &chosen).await.status, 303);
    let text = browser.get("/collectors").await.text();
    let field = |name: &str| {
        let at = text.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {text}"));
        text[at..].split('>').next().expect("a field").to_owned()
    };
    assert!(field("minutes").contains("value=\"90\"") && field("at_once").contains("value=\"4\""));
    assert!(!field("follow_flags").contains("checked"), "a box that is not ticked");
    assert_eq!(browser.submit(&options, &[("minutes", "soon")]).await.status, 422);
}

/// A form with files, as a browser sends it.
fn with_files(prefix: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body =
        format!("--edge\r\nContent-Disposition: form-data; name=\"prefix\"\r\n\r\n{prefix}\r\n").into_bytes();
    for (name, bytes) in files {
        body.extend(
            format!("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: application/octet-stream\r\n\r\n")
                .as_bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(b"--edge--\r\n");
    body
}

const MULTIPART: [(&str, &str); 1] = [("content-type", "multipart/form-data; boundary=edge")];

#[tokio::test]
async fn what_was_exported_comes_back_with_its_folders_flags_and_dates() {
    let bridge = TestBridge::start().await;
    let (mut there, mut here) = (bridge.mail("boris"), bridge.mail("ana"));
    let starred = fill(&mut there).await;
    let exported = bridge.sign_in("boris").await.get("/export/zip").await.body;
    let browser = bridge.sign_in("ana").await;
    let answer =
        browser.request("POST", "/collectors/files", &MULTIPART, &with_files("", &[("mail.zip", &exported)])).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let done = until(&browser, "done", |now| now.state == "done").await;
    assert_eq!((done.copied, done.total), (43, 43));
    let (there, here) = (there.messages("Work/2019").await, here.messages("Work/2019").await);
    assert_eq!(here.len(), there.len());
    assert!(there.iter().any(|(uid, _)| *uid == starred));
    assert_eq!(here.iter().filter(|(_, flags)| flags.contains(&Flag::Flagged)).count(), 1);
    let left = std::fs::read_dir(bridge.config.data.join("files")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "the files are of no more use");

    // Once more, there is nothing to bring.
    browser.request("POST", "/collectors/files", &MULTIPART, &with_files("", &[("mail.zip", &exported)])).await;
    until(&browser, "done", |now| now.text.matches("data-state=\"done\"").count() == 2).await;
    assert_eq!(bridge.mail("ana").messages("Work/2019").await.len(), here.len());
}

#[tokio::test]
async fn files_that_are_no_mail_are_refused_in_words() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let answer = browser.request("POST", "/collectors/files", &MULTIPART, &with_files("Old", &[])).await;
    assert!(answer.status == 400 && answer.text().contains("no mail in it"), "{}", answer.text());
    let form = with_files("Old", &[("a.pdf", b"%PDF-1.7")]);
    assert_eq!(browser.request("POST", "/collectors/files", &MULTIPART, &form).await.status, 303);
    let failed = until(&browser, "failed", |now| now.state == "failed").await;
    assert!(failed.text.contains("no mail in it"), "{}", failed.text);
    assert_eq!(browser.submit(&format!("{}/remove", first(&failed.text)), &[]).await.status, 303);
    assert_eq!(std::fs::read_dir(bridge.config.data.join("files")).map_or(0, Iterator::count), 0);
}

#[tokio::test]
async fn what_was_checked_elsewhere_is_not_believed_of_mail_that_was_brought() {
    let bridge = TestBridge::with(|config| config.authserv = vec!["mx.pismo.test".to_owned()]).await;
    let message = with_fields(&[PASSED, RECEIVED, "From: bo@example.org\r\n"].concat(), "Hi.");
    bridge.mail("boris").append_message("INBOX", "", &message).await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(add(&browser, &bridge, "boris", crate::mail_server::PASSWORD).await.0, 303);
    until(&browser, "brought", |now| now.state == "idle" && now.copied == 1).await;
    let brought = *bridge.mail("ana").messages("INBOX").await.keys().next().expect("a message");
    let came = bridge.mail("ana").append_message("INBOX", "", &message).await;
    let mut tab = browser.open("INBOX").await;
    tab.until("both", |view| view.rows.iter().flatten().count() == 2).await;
    assert_eq!(tab.read(brought).await.checks, None);
    assert!(tab.read(came).await.checks.is_some());
}
