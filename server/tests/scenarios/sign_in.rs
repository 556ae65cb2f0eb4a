//! Signing in and out, and what is said when it does not work.

use std::collections::HashSet;

use pismo::endpoint::{Endpoint, Protocol, Security};

use crate::{
    mail_server::{MailServer, PASSWORD},
    peer,
    test_bridge::{TestBridge, imap},
};

/// Why the form came back, as the person reads it: the sentence, and the server's own words beneath.
fn trouble(html: &str) -> String {
    let (_, rest) = html.split_once("data-testid=\"login-error\"").unwrap_or_else(|| panic!("no error in {html}"));
    let (text, _) = rest.split_once("</div>").expect("an end");
    text.to_owned()
}

/// Somebody tries to sign in by way of this server. Gives back the status and what the form says.
async fn refused(server: Endpoint, password: &str) -> (u16, String) {
    let bridge = TestBridge::with(|config| config.imap = Some(server)).await;
    let mut browser = bridge.browser("ana");
    let answer = browser.fill_in(password, &[]).await;
    assert!(browser.cookie.is_none(), "no cookie for a refused sign-in");
    (answer.status, trouble(&answer.text()))
}

#[tokio::test]
async fn whoever_knocks_has_no_server_of_a_private_network_called() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let bridge = TestBridge::with(|config| (config.imap, config.login_private) = (None, false)).await;
    for (number, host) in
        ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "169.254.169.254"]
            .into_iter()
            .enumerate()
    {
        // Attempts are counted by the address.
        let mut browser = bridge.browser(&format!("ana{number}"));
        for scheme in ["imaps", "imap+starttls"] {
            let typed = format!("{scheme}://{host}:{port}");
            let answer = browser.fill_in(PASSWORD, &[("imap", &typed)]).await;
            assert!((400..500).contains(&answer.status), "{typed}: {}", answer.status);
            assert!(trouble(&answer.text()).contains("in a private network"), "{typed}: {}", answer.text());
        }
    }
    let mut browser = bridge.browser("ana");
    let answer = browser.fill_in(PASSWORD, &[("imap", &format!("imap+insecure://127.0.0.1:{port}"))]).await;
    assert!(answer.status >= 400 && browser.cookie.is_none());
    let called = tokio::time::timeout(std::time::Duration::from_millis(50), listener.accept()).await;
    assert!(called.is_err(), "nobody was called");
}

#[tokio::test]
async fn each_reason_has_its_own_sentence() {
    let server = MailServer::shared_with_smtp();
    let local = |port| imap(port);
    let untrusted = Endpoint::new(Protocol::Imap, Security::Tls, "localhost", server.imaps_port());
    let nobody = Endpoint::new(Protocol::Imap, Security::Tls, "no-such-host.invalid", 993);
    let disabled = peer::refusing("[ALERT] IMAP access is disabled for this account").await;
    let strict = peer::refusing("[ALERT] Application-specific password required: https://example.org").await;
    let crowded = peer::refusing("[LIMIT] Maximum number of connections from user+IP exceeded").await;
    let tired = peer::refusing("[UNAVAILABLE] Temporary authentication failure").await;
    let cases = [
        (local(server.imap_port()), 401, "did not accept this address and password", "Authentication failed"),
        (local(1), 502, "does not answer", ""),
        (untrusted, 502, "certificate of localhost was issued by an authority that Pismo does not know", ""),
        (nobody, 502, "no server called no-such-host.invalid", ""),
        (local(disabled), 502, "IMAP is switched off", "IMAP access is disabled for this account"),
        (local(strict), 401, "needs an app password", "Application-specific password required"),
        (local(crowded), 503, "Too many programs are connected", "Maximum number of connections"),
        (local(tired), 503, "has a problem of its own", "Temporary authentication failure"),
        (local(peer::hanging_up().await), 503, "has a problem of its own", ""),
    ];
    let mut sentences = HashSet::new();
    for (endpoint, expected, sentence, words) in cases {
        let (status, text) = refused(endpoint.clone(), "wrong").await;
        assert_eq!(status, expected, "{endpoint}: {text}");
        assert!(text.contains(sentence), "{endpoint}: {text}");
        assert!(text.contains(words), "{endpoint}: {text}");
        sentences.insert(sentence);
    }
    assert_eq!(sentences.len(), 8);
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let (status, text) = refused(imap(peer::silent().await), PASSWORD).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("has a problem of its own"), "{text}");
}

#[tokio::test]
async fn the_form_comes_back_with_the_address_and_without_the_password() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.browser("ana");
    let html = browser.fill_in("sesame-is-wrong", &[("next", "/mail/Sent")]).await.text();
    assert!(html.contains(&browser.address));
    assert!(html.contains("/mail/Sent"), "where to go afterwards is kept");
    assert!(!html.contains("sesame-is-wrong"));
}

#[tokio::test]
async fn the_form_speaks_the_language_of_the_browser() {
    let bridge = TestBridge::start().await;
    let browser = bridge.browser("ana");
    let russian = browser.request("GET", "/login", &[("Accept-Language", "ru-RU,ru;q=0.9,en;q=0.5")], b"").await.text();
    assert!(russian.contains("<html lang=\"ru\"") && russian.contains("Пароль"), "{russian}");
    assert!(browser.get("/login").await.text().contains("<html lang=\"en\""));
}

#[tokio::test]
async fn a_good_password_makes_a_cookie_that_no_script_reads() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.browser("ana");
    let answer = browser.fill_in(PASSWORD, &[]).await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/mail/INBOX")));
    let cookie = answer.header("set-cookie").expect("a cookie");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert_eq!(browser.get("/login").await.status, 303, "who is signed in needs no form");
}

#[tokio::test]
async fn every_sign_in_has_a_token_of_its_own() {
    let bridge = TestBridge::start().await;
    let first = bridge.sign_in("ana").await;
    let mut second = first.clone();
    second.sign_in().await;
    assert_ne!(first.cookie, second.cookie, "a token that was there before is not taken over");
    assert_eq!(first.get("/mail/INBOX").await.status, 200, "the other sign-in goes on");
}

#[tokio::test]
async fn signing_in_leads_only_to_our_own_pages() {
    let bridge = TestBridge::start().await;
    for (next, location) in [
        ("/mail/Sent", "/mail/Sent"),
        ("//evil.example/", "/mail/INBOX"),
        ("https://evil.example/", "/mail/INBOX"),
        ("/mail/\\evil", "/mail/INBOX"),
        ("/logout", "/mail/INBOX"),
    ] {
        let answer = bridge.browser("ana").fill_in(PASSWORD, &[("next", next)]).await;
        assert_eq!(answer.header("location").as_deref(), Some(location), "{next}");
    }
}

#[tokio::test]
async fn without_a_configured_server_the_form_takes_one() {
    let server = MailServer::shared_with_smtp();
    let bridge = TestBridge::with(|config| config.imap = None).await;
    let mut browser = bridge.browser("ana");
    assert!(browser.get("/login").await.text().contains("name=\"imap\""));
    let clear = browser.fill_in(PASSWORD, &[("imap", "imap+insecure://192.0.2.1")]).await;
    assert_eq!(clear.status, 400);
    assert!(trouble(&clear.text()).contains("clear text"));
    for text in ["imaps://", "smtps://smtp.example.org", "imap.example.org:port"] {
        let wrong = browser.fill_in(PASSWORD, &[("imap", text)]).await;
        assert_eq!(wrong.status, 400, "{text}");
        assert!(trouble(&wrong.text()).contains("not the address"), "{text}");
    }
    let imap = imap(server.imap_port()).to_string();
    let answer = browser.fill_in(PASSWORD, &[("imap", &imap)]).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    assert_eq!(browser.open("INBOX").await.view.total(), 0);
}

#[tokio::test]
async fn guessing_is_slowed_down() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.browser("ana");
    for _ in 0..10 {
        assert_eq!(browser.fill_in("wrong", &[]).await.status, 401);
    }
    let answer = browser.fill_in("wrong", &[]).await;
    assert_eq!(answer.status, 429);
    assert!(trouble(&answer.text()).contains("Too many attempts to sign in"));
    bridge.sign_in("boris").await;
}

#[tokio::test]
async fn signing_out_ends_the_cookie_and_the_tabs_of_this_browser_alone() {
    let bridge = TestBridge::start().await;
    let mut browser = bridge.sign_in("ana").await;
    let other = bridge.sign_in("ana").await;
    let (mut tab, mut second_tab) = (browser.open("INBOX").await, browser.open("Sent").await);
    let mut other_tab = other.open("INBOX").await;
    let before = browser.clone();

    let answer = browser.sign_out().await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/login")));
    assert!(browser.cookie.is_none(), "the browser is told to forget its cookie");
    assert_eq!(
        answer.header("clear-site-data").as_deref(),
        Some("\"cache\", \"storage\""),
        "and all that it keeps of the mail"
    );
    for tab in [&mut tab, &mut second_tab] {
        assert_eq!(tab.end().await, Some(4001));
        assert!(tab.view.signed_out);
    }
    let page = before.get("/mail/INBOX").await;
    assert_eq!((page.status, page.header("location").as_deref()), (303, Some("/login")));
    let origin = before.origin();
    assert_eq!(before.knock(&[("Origin", &origin)]).await.err(), Some(401));
    assert_eq!(before.upload("a.txt", "text/plain", b"a").await.unwrap_err().0, 401);

    bridge.mail("ana").append("INBOX", "after").await;
    other_tab.until("mail for the other browser", |view| view.total() == 1).await;
    assert_eq!(other.get("/mail/INBOX").await.status, 200);
}

#[tokio::test]
async fn who_signs_in_again_after_signing_out_sees_the_mail() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "here").await;
    for _ in 0..3 {
        let mut browser = bridge.sign_in("ana").await;
        assert_eq!(browser.open("INBOX").await.view.subjects(), ["here"]);
        browser.sign_out().await;
    }
}
