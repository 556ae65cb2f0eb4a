//! Logins: their cookie, how long they last, and what ends with them.

use std::time::Duration;

use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::{browser::Browser, http_client::Answer, mail_server::PASSWORD, tab::PATIENCE, test_bridge::TestBridge};

const DAY: i64 = 24 * 3600;

/// Runs a statement on the database behind Pismo's back; `$1` is the address of its user, `$2` a number. Gives back a number where
/// it asks for one.
async fn behind_its_back(bridge: &TestBridge, statement: &'static str, name: &str, number: i64) -> Option<i64> {
    let address = bridge.address_of(name);
    let found: Option<(Option<i64>,)> = match std::env::var("PISMO_TEST_DATABASE") {
        Ok(url) => {
            let mut database = PgConnection::connect(&url).await.expect("the database");
            sqlx::query_as(statement).bind(address).bind(number).fetch_optional(&mut database).await
        }
        Err(_) => {
            let path = format!("sqlite://{}", bridge.data().join("pismo.db").display());
            let mut database = SqliteConnection::connect(&path).await.expect("the database");
            sqlx::query_as(statement).bind(address).bind(number).fetch_optional(&mut database).await
        }
    }
    .expect("a statement");
    found.and_then(|(number,)| number)
}

const BEGIN_EARLIER: &str =
    "UPDATE logins SET created = created - $2 WHERE user_id IN (SELECT id FROM users WHERE address = $1)";
const SEE_EARLIER: &str =
    "UPDATE logins SET seen = seen - $2 WHERE user_id IN (SELECT id FROM users WHERE address = $1)";
const SEEN: &str =
    "SELECT MAX(seen) FROM logins WHERE user_id IN (SELECT id FROM users WHERE address = $1) AND seen > $2";

/// A request as it comes through a proxy that speaks https with the browser.
async fn by_https(browser: &Browser, method: &str, path: &str, cookie: &str, body: &[u8]) -> Answer {
    let origin = format!("https://{}", browser.server);
    let headers = [
        ("X-Forwarded-Proto", "https"),
        ("Origin", &origin),
        ("Cookie", cookie),
        ("Content-Type", "application/x-www-form-urlencoded"),
    ];
    browser.request(method, path, &headers, body).await
}

#[tokio::test]
async fn over_https_only_a_cookie_counts_that_is_bound_to_the_host() {
    let proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    let bridge = TestBridge::with(|config| config.trusted_proxies = proxies).await;
    let browser = bridge.browser("ana");
    let form = format!("address={}&password={PASSWORD}", app::route::encode(&browser.address));
    let answer = by_https(&browser, "POST", "/login", "", form.as_bytes()).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    let set = answer.header("set-cookie").expect("a cookie");
    let mut parts: Vec<&str> = set.split("; ").collect();
    let (name, token) = parts.remove(0).split_once('=').expect("a value");
    parts.sort_unstable();
    assert_eq!(name, "__Host-pismo");
    assert_eq!(parts, ["HttpOnly", "Max-Age=7776000", "Path=/", "SameSite=Strict", "Secure"]);
    for (cookie, status) in [
        (format!("__Host-pismo={token}"), 200),
        (format!("pismo=other; __Host-pismo={token}"), 200),
        (format!("pismo={token}"), 303),
        (format!("__Secure-pismo={token}"), 303),
    ] {
        assert_eq!(by_https(&browser, "GET", "/mail/INBOX", &cookie, b"").await.status, status, "{cookie}");
    }
    let bound = Browser { cookie: Some(format!("__Host-pismo={token}")), ..browser.clone() };
    assert_eq!(bound.get("/mail/INBOX").await.status, 303, "it is for https alone");
    let out = by_https(&browser, "POST", "/logout", &format!("__Host-pismo={token}"), b"").await;
    let gone = out.header("set-cookie").expect("a cookie");
    assert!(gone.starts_with("__Host-pismo=;") && gone.contains("Max-Age=0") && gone.contains("Secure"), "{gone}");
    assert_eq!(by_https(&browser, "GET", "/mail/INBOX", &format!("__Host-pismo={token}"), b"").await.status, 303);
}

#[tokio::test]
async fn a_login_ends_without_use_and_in_any_case_and_its_socket_with_it() {
    let bridge = TestBridge::start().await;
    let people = [("ana", SEE_EARLIER, 30), ("boris", BEGIN_EARLIER, 90), ("carla", BEGIN_EARLIER, 89)];
    let mut tabs = Vec::new();
    for (name, earlier, days) in people {
        let browser = bridge.sign_in(name).await;
        let mut tab = browser.open("INBOX").await;
        tab.patience = 2 * PATIENCE;
        behind_its_back(&bridge, earlier, name, days * DAY).await;
        tabs.push((browser, tab));
    }
    let (carla, mut live) = tabs.pop().expect("carla");
    for (browser, tab) in &mut tabs {
        assert_eq!(browser.get("/mail/INBOX").await.status, 303, "{}", browser.address);
        assert_eq!(tab.end().await, Some(4001), "{}", browser.address);
        assert!(tab.view.signed_out);
    }
    assert_eq!(carla.get("/mail/INBOX").await.status, 200);
    live.open("Sent").await;
}

#[tokio::test]
async fn a_login_is_seen_whenever_it_is_used_once_a_minute() {
    let mut bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    bridge.stop().await;
    behind_its_back(&bridge, SEE_EARLIER, "ana", DAY).await;
    let recent = pismo::store::now() - 3600;
    assert_eq!(behind_its_back(&bridge, SEEN, "ana", recent).await.unwrap_or_default(), 0);
    bridge.start_again().await;
    assert_eq!(browser.get("/identities").await.status, 200);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while behind_its_back(&bridge, SEEN, "ana", recent).await.unwrap_or_default() == 0 {
        assert!(tokio::time::Instant::now() < deadline, "not seen");
        // Nobody waits for it, so nobody can say when it is done.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    behind_its_back(&bridge, SEE_EARLIER, "ana", DAY).await;
    assert_eq!(browser.get("/identities").await.status, 200);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(behind_its_back(&bridge, SEEN, "ana", recent).await.unwrap_or_default(), 0, "it was noted just now");
}
