//! Who wrote a message: what is said of it, and what the mail server's own word is good for.

use app::wire::{Check, Command, Error, Message, Outcome, Suspicion, Unsubscribe};

use crate::{mail::Mail, tab::Tab, test_bridge::TestBridge};

/// What the server that takes mail in puts above it, and what whoever sends can write.
pub const RECEIVED: &str = "Received: from sender.test (sender.test [192.0.2.1]) by mx.pismo.test with ESMTPS id 1\r\n\
    \tfor <ana@pismo.test>; Mon, 23 Nov 2026 10:00:00 +0000\r\n";
pub const PASSED: &str = "Authentication-Results: mx.pismo.test; dkim=pass header.d=example.org header.s=k;\r\n\
    \tspf=pass smtp.mailfrom=example.org; dmarc=pass header.from=example.org\r\n";
const FAILED: &str = "Authentication-Results: mx.pismo.test; dmarc=fail header.from=example.org\r\n";

/// A message with these fields on top.
pub fn with_fields(fields: &str, text: &str) -> String {
    format!(
        "{fields}To: ana@example.org\r\nSubject: Hello\r\nDate: Mon, 23 Nov 2026 10:00:00 +0300\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    )
}

async fn read(mail: &mut Mail, tab: &mut Tab, fields: &str) -> Message {
    let uid = mail.append_message("INBOX", "", &with_fields(fields, "Hi.")).await;
    tab.until("the message", |view| view.rows.iter().flatten().any(|row| row.message.uid == uid)).await;
    tab.read(uid).await
}

fn names(message: &Message) -> Vec<&'static str> {
    message.suspicions.iter().map(Suspicion::name).collect()
}

#[tokio::test]
async fn who_is_not_what_they_seem_is_told() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let message = read(&mut mail, &mut tab, "From: Boris <boris@example.org>\r\n").await;
    assert_eq!((names(&message), message.checks), (Vec::new(), None));
    let tricky = "From: \"\u{202e}bank@bank.example\" <thief@paypa1.com>\r\nReply-To: thief@evil.test\r\n";
    let message = read(&mut mail, &mut tab, tricky).await;
    assert_eq!(names(&message), ["looks_like", "other_address", "replies_elsewhere"]);
    assert_eq!(message.from[0].name, "bank@bank.example", "nothing turns its letters round");
    // The person's own domain is known.
    let message = read(&mut mail, &mut tab, "From: Chief <chief@pisrno.test>\r\n").await;
    let meant = Suspicion::LooksLike { domain: "pisrno.test".to_owned(), meant: "pismo.test".to_owned() };
    assert_eq!(message.suspicions, [meant]);
    let row = tab.row(message.message.uid).await;
    assert_eq!(row.from[0].email, "chief@pisrno.test");
}

#[tokio::test]
async fn the_word_of_the_named_server_counts() {
    let bridge = TestBridge::with(|config| config.authserv = vec!["mx.pismo.test".to_owned()]).await;
    let mut mail = bridge.mail("ana");
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let from = "From: Boris <boris@example.org>\r\n";
    let checks = read(&mut mail, &mut tab, &[PASSED, RECEIVED, from].concat()).await.checks.expect("checks");
    let passed = || Check { outcome: Outcome::Passed, domain: "example.org".to_owned() };
    assert_eq!((checks.by.as_str(), checks.dmarc, checks.dkim), ("mx.pismo.test", Some(passed()), vec![passed()]));
    let failed = read(&mut mail, &mut tab, &[FAILED, RECEIVED, PASSED, from].concat()).await;
    assert_eq!(names(&failed), ["unproven"]);
    let other = PASSED.replace("mx.pismo.test", "other.test");
    assert_eq!(read(&mut mail, &mut tab, &[&other, PASSED, RECEIVED, from].concat()).await.checks, None);
}

#[tokio::test]
async fn the_name_of_the_server_is_learned_where_nobody_can_forge_it() {
    let mut bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let from = "From: Boris <boris@example.org>\r\n";
    let true_one = [PASSED, RECEIVED, from].concat();
    // What stands below is not seen, however often it comes.
    for _ in 0..3 {
        assert_eq!(read(&mut mail, &mut tab, &[RECEIVED, PASSED, from].concat()).await.checks, None);
    }
    for _ in 0..20 {
        let message = read(&mut mail, &mut tab, &true_one).await;
        assert_eq!(message.checks, None, "that is not enough");
        tab.read(message.message.uid).await;
    }
    let by = |message: Message| message.checks.map(|checks| checks.by);
    assert_eq!(by(read(&mut mail, &mut tab, &true_one).await).as_deref(), Some("mx.pismo.test"));
    assert_eq!(by(read(&mut mail, &mut tab, &[RECEIVED, PASSED, from].concat()).await), None, "forged");
    assert_eq!(names(&read(&mut mail, &mut tab, &[FAILED, RECEIVED, PASSED, from].concat()).await), ["unproven"]);
    // It is known after a restart as well, and after the person has chosen something.
    bridge.stop().await;
    bridge.start_again().await;
    let browser = bridge.sign_in("ana").await;
    assert_eq!(browser.submit("/folders", &[("only", "1")]).await.status, 303);
    let mut tab = browser.open("INBOX").await;
    assert_eq!(by(read(&mut mail, &mut tab, &true_one).await).as_deref(), Some("mx.pismo.test"));
    // Another name begins anew.
    let other = true_one.replace("mx.pismo.test; dkim", "new.test; dkim");
    assert_eq!(by(read(&mut mail, &mut tab, &other).await), None);
    assert_eq!(by(read(&mut mail, &mut tab, &true_one).await), None);
}

#[tokio::test]
async fn a_list_can_be_left_where_that_can_be_trusted() {
    let bridge = TestBridge::with(|config| config.authserv = vec!["mx.pismo.test".to_owned()]).await;
    let mut mail = bridge.mail("ana");
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let from = "From: News <news@example.org>\r\n";
    // All that is said is of this machine, which nobody may reach by a message, whatever collectors may.
    let fields = "DKIM-Signature: v=1; d=example.org; s=k; h=From:List-Unsubscribe:List-Unsubscribe-Post; b=x\r\n\
        List-Unsubscribe: <https://localhost/u>, <mailto:leave@example.org?subject=leave>\r\n\
        List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    let by_mail = || Unsubscribe::Message { to: "leave@example.org".to_owned(), subject: "leave".to_owned() };
    let proven = read(&mut mail, &mut tab, &[PASSED, RECEIVED, fields, from].concat()).await;
    assert_eq!(proven.unsubscribe, Some(Unsubscribe::OneClick { host: "localhost".to_owned() }));
    let refused = tab.send(Command::Unsubscribe { message: proven.message.clone() }).await;
    assert_eq!(refused, Err(Error::NotUnsubscribed { host: "localhost".to_owned() }));
    let other = PASSED.replace("header.d=example.org", "header.d=other.test");
    let unproven = read(&mut mail, &mut tab, &[&other, RECEIVED, fields, from].concat()).await;
    assert_eq!(unproven.unsubscribe, Some(by_mail()));
    let refused = tab.send(Command::Unsubscribe { message: unproven.message }).await;
    assert_eq!(refused, Err(Error::Gone), "it is not enough to ask");
    let unchecked = read(&mut mail, &mut tab, &[RECEIVED, fields, from].concat()).await;
    let page = Unsubscribe::Page { url: "https://localhost/u".to_owned(), host: "localhost".to_owned() };
    assert_eq!(unchecked.unsubscribe, Some(page));
    let failed = read(&mut mail, &mut tab, &[FAILED, RECEIVED, fields, from].concat()).await;
    assert_eq!(failed.unsubscribe, None);
    assert_eq!(read(&mut mail, &mut tab, from).await.unsubscribe, None);
}
