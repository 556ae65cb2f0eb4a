//! Logins: their cookie, how long they last, and what ends with them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{
    route,
    wire::{Command, Query},
};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, sleep, timeout},
};

use crate::{
    browser::Browser,
    http_client::Answer,
    mail_server::{MailServer, PASSWORD},
    recording_proxy::RecordingProxy,
    tab::PATIENCE,
    test_bridge::{TestBridge, imap},
};

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
    let deadline = Instant::now() + PATIENCE;
    while behind_its_back(&bridge, SEEN, "ana", recent).await.unwrap_or_default() == 0 {
        assert!(Instant::now() < deadline, "not seen");
        // Nobody waits for it, so nobody can say when it is done.
        sleep(Duration::from_millis(20)).await;
    }
    behind_its_back(&bridge, SEE_EARLIER, "ana", DAY).await;
    assert_eq!(browser.get("/identities").await.status, 200);
    sleep(Duration::from_millis(300)).await;
    assert_eq!(behind_its_back(&bridge, SEEN, "ana", recent).await.unwrap_or_default(), 0, "it was noted just now");
}

const LAPTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/26.0 Mobile/15E148 Safari/604.1";

async fn sign_in_with(bridge: &TestBridge, name: &str, agent: &'static str) -> Browser {
    let mut browser = Browser { agent, ..bridge.browser(name) };
    browser.sign_in().await;
    browser
}

/// What stands between these, each time.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap_or_default()).collect()
}

/// The names of the logins that the page offers to end.
async fn others(browser: &Browser) -> Vec<String> {
    let page = browser.get("/logins").await;
    assert_eq!(page.status, 200);
    let html = page.text();
    let ids = between(&html, "action=\"/logins/", "/end\"").into_iter().map(str::to_owned);
    ids.filter(|id| id.chars().all(|letter| letter.is_ascii_hexdigit())).collect()
}

#[tokio::test]
async fn each_browser_is_listed_and_one_is_ended_from_another() {
    let bridge = TestBridge::start().await;
    let laptop = sign_in_with(&bridge, "ana", LAPTOP).await;
    let phone = sign_in_with(&bridge, "ana", PHONE).await;
    let boris = bridge.sign_in("boris").await;
    let mut boris_tab = boris.open("INBOX").await;
    let (mut tab, mut phone_tab) = (laptop.open("INBOX").await, phone.open("INBOX").await);
    let html = laptop.get("/logins").await.text();
    assert_eq!(html.matches("data-testid=\"login\"").count(), 2, "{html}");
    assert_eq!(html.matches("data-here=\"true\"").count(), 1, "{html}");
    for words in ["Firefox on Windows", "Safari on iOS", "Network address 127.0.0.1", "This browser"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let ids = others(&laptop).await;
    assert_eq!(ids.len(), 1, "the one that shows the page is left by signing out");
    assert!(!html.contains(phone.cookie.as_deref().and_then(|cookie| cookie.split('=').nth(1)).expect("a token")));

    // Another person's is no more there than one that never was.
    let end = |id: &str| format!("/logins/{id}/end");
    let others_of_boris = {
        let second = bridge.sign_in("boris").await;
        others(&second).await
    };
    let foreign = laptop.submit(&end(&others_of_boris[0]), &[]).await;
    let unknown = laptop.submit(&end(&"f".repeat(32)), &[]).await;
    assert_eq!((foreign.status, unknown.status), (404, 404));
    // But for what is another each time.
    let page = |answer: &Answer| {
        let text = answer.text();
        let nonce = text.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce").to_owned();
        text.replace(&nonce, "")
    };
    assert_eq!(page(&foreign), page(&unknown));
    assert!(foreign.text().contains("signed out already"));
    boris_tab.open("Sent").await;

    let answer = laptop.submit(&end(&ids[0]), &[]).await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/logins")));
    assert_eq!(phone_tab.end().await, Some(4001));
    assert!(phone_tab.view.signed_out);
    assert_eq!(phone.get("/mail/INBOX").await.status, 303);
    assert_eq!(laptop.submit(&end(&ids[0]), &[]).await.status, 404);
    assert_eq!(others(&laptop).await.len(), 0);
    tab.open("Sent").await;
    assert_eq!(bridge.browser("ana").get("/logins").await.header("location").as_deref(), Some("/login?next=%2Flogins"));
}

#[tokio::test]
async fn signing_out_everywhere_else_leaves_this_browser_alone() {
    let bridge = TestBridge::start().await;
    let here = bridge.sign_in("ana").await;
    let mut tab = here.open("INBOX").await;
    let mut elsewhere = Vec::new();
    for _ in 0..3 {
        elsewhere.push(bridge.sign_in("ana").await.open("INBOX").await);
    }
    let begun = Instant::now();
    assert_eq!(here.submit("/logins/end-others", &[]).await.status, 303);
    for tab in &mut elsewhere {
        assert_eq!(tab.end().await, Some(4001));
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    tab.open("Sent").await;
    assert_eq!(others(&here).await.len(), 0);
}

/// Asks for something large and takes no more than its beginning.
async fn begin_to_download(browser: &Browser, path: &str) -> TcpStream {
    let mut line = TcpStream::connect(browser.server).await.expect("Pismo");
    let cookie = browser.cookie.as_deref().expect("a cookie");
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n", browser.server);
    line.write_all(head.as_bytes()).await.expect("a request");
    let mut beginning = [0; 12];
    line.read_exact(&mut beginning).await.expect("an answer");
    assert_eq!(&beginning, b"HTTP/1.1 200");
    line
}

#[tokio::test]
async fn signing_out_everywhere_ends_sessions_and_downloads_within_a_second() {
    let bridge = TestBridge::start().await;
    // More than what waits between two programs.
    let large = format!("Subject: large\r\n\r\n{}", "A long line of text.\r\n".repeat(1_500_000));
    bridge.mail("ana").append_message("INBOX", "", &large).await;
    let (laptop, phone) = (bridge.sign_in("ana").await, bridge.sign_in("ana").await);
    let (mut tab, mut phone_tab) = (laptop.open("INBOX").await, phone.open("INBOX").await);
    let message = tab.messages().remove(0);
    // The session for what takes time, and two downloads that somebody takes slowly.
    assert_eq!(phone.get(&route::headers_url(&message)).await.status, 200);
    let mut downloads = Vec::new();
    for path in [route::source_url(&message), "/export/mbox?mailbox=INBOX".to_owned()] {
        downloads.push(begin_to_download(&phone, &path).await);
    }
    let address = bridge.address_of("ana");
    assert!(bridge.server.sessions(&address) >= 3, "the work, the watch or the parts, the export");

    let answer = laptop.submit("/logins/end-all", &[]).await;
    let begun = Instant::now();
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/login")));
    assert!(answer.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0")));
    assert!(answer.header("clear-site-data").is_some());
    for tab in [&mut tab, &mut phone_tab] {
        assert_eq!(tab.end().await, Some(4001));
    }
    while bridge.server.sessions(&address) > 0 {
        assert!(begun.elapsed() < Duration::from_secs(1), "sessions are left");
        sleep(Duration::from_millis(20)).await;
    }
    for mut download in downloads {
        let mut rest = Vec::new();
        // It is broken off: an end would look like all of it.
        let ended = timeout(PATIENCE, download.read_to_end(&mut rest)).await.expect("an end");
        assert!(ended.is_err() || !rest.ends_with(b"0\r\n\r\n"), "{} bytes", rest.len());
    }
    for browser in [&laptop, &phone] {
        assert_eq!(browser.get("/mail/INBOX").await.status, 303);
    }
    // Where nobody has asked for it, too, nothing of the mail is left; what was written and not kept yet is.
    for (path, chosen) in [("/login", false), ("/login?language=ru", true)] {
        let form = phone.get(path).await;
        assert_eq!((form.status, form.header("clear-site-data").as_deref()), (200, Some("\"cache\"")));
        let cookies = form.header("set-cookie").expect("cookies");
        assert!(cookies.contains("pismo=; ") && cookies.contains("Max-Age=0"), "{cookies}");
        assert_eq!(cookies.contains("=ru; "), chosen, "{cookies}");
    }
    let stranger = Browser::new(bridge.address, "nobody@example.org");
    assert_eq!(stranger.get("/login").await.header("clear-site-data"), None);
}

#[tokio::test]
async fn sessions_end_even_while_the_mail_server_says_nothing() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let port = proxy.port;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(port))).await;
    bridge.mail("ana").append("INBOX", "one").await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let waits = Arc::new(AtomicBool::new(false));
    let asked = waits.clone();
    proxy.rewrite(move |_| {
        asked.store(true, Ordering::Relaxed);
        Vec::new()
    });
    let query = Query { mailbox: "INBOX".to_owned(), search: "one".to_owned(), ..Query::default() };
    tab.say(Command::Open { query, from: 0, count: 10 }).await;
    // An answer that does not come is waited for, whatever was asked.
    let deadline = Instant::now() + PATIENCE;
    while !waits.load(Ordering::Relaxed) {
        assert!(Instant::now() < deadline, "nothing was asked");
        sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    assert_eq!(browser.submit("/logins/end-all", &[]).await.status, 303);
    assert_eq!(tab.end().await, Some(4001));
    while proxy.open() > 0 {
        assert!(begun.elapsed() < Duration::from_secs(1), "{} lines are left", proxy.open());
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn who_signed_in_and_who_tried_is_told() {
    let bridge = TestBridge::start().await;
    let laptop = sign_in_with(&bridge, "ana", LAPTOP).await;
    let mut guesser = Browser { agent: PHONE, ..bridge.browser("ana") };
    guesser.address = guesser.address.replace("ana", "Ana");
    for _ in 0..10 {
        assert_eq!(guesser.fill_in("wrong", &[]).await.status, 401);
    }
    for _ in 0..3 {
        assert_eq!(guesser.fill_in("wrong", &[]).await.status, 429);
    }
    let html = laptop.get("/logins").await.text();
    let outcomes = between(&html, "data-outcome=\"", "\"");
    assert_eq!(outcomes.len(), 12, "{html}");
    assert_eq!(outcomes[0], "attempts", "once a minute");
    assert!(outcomes[1..11].iter().all(|outcome| *outcome == "password"));
    assert_eq!(outcomes[11], "in");
    assert!(html.contains("Too many attempts") && html.contains("Wrong password") && html.contains("Safari on iOS"));
    let russian = laptop.request("GET", "/logins", &[("Accept-Language", "ru")], b"").await.text();
    assert!(russian.contains("Неверный пароль") && russian.contains("Этот браузер"), "{russian}");
    // What another person has done is not shown, and of strangers nothing is kept.
    let boris = bridge.sign_in("boris").await;
    let html = boris.get("/logins").await.text();
    assert_eq!(between(&html, "data-outcome=\"", "\""), ["in"]);
}

/// Two nodes on one database, which has to be PostgreSQL.
#[tokio::test]
async fn a_login_that_is_ended_on_one_node_is_ended_on_all() {
    if std::env::var_os("PISMO_TEST_DATABASE").is_none() {
        return;
    }
    let secret = || Some("the same on both".to_owned().into());
    let first = TestBridge::with(|config| config.secret = secret()).await;
    let second = TestBridge::with(|config| config.secret = secret()).await;
    let here = first.sign_in("ana").await;
    let mut there = first.sign_in("ana").await;
    there.server = second.address;
    let mut tab = there.open("INBOX").await;
    let begun = Instant::now();
    assert_eq!(here.submit("/logins/end-others", &[]).await.status, 303);
    assert_eq!(tab.end().await, Some(4001));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_sign_in_with_a_new_device_is_told_by_mail_once() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let laptop = sign_in_with(&bridge, "ana", LAPTOP).await;
    sign_in_with(&bridge, "ana", LAPTOP).await;
    let mut phone = Browser { agent: PHONE, ..bridge.browser("ana") };
    let form = format!("address={}&password={PASSWORD}", route::encode(&phone.address));
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Accept-Language", "ru"), ("Cookie", "pismo_tz=180")];
    let answer = phone.request("POST", "/login", &headers, form.as_bytes()).await;
    assert_eq!(answer.status, 303, "{}", answer.text());
    phone.cookie = answer.header("set-cookie").and_then(|set| set.split(';').next().map(str::to_owned));
    let (uid, source) = mail.only("INBOX").await;
    assert!(source.contains("Auto-Submitted: auto-generated"), "{source}");
    let mut tab = laptop.open("INBOX").await;
    assert_eq!(tab.row(uid).await.subject, "Новый вход в вашу почту: Safari, iOS");
    let text = format!("{:?}", tab.read(uid).await.body);
    for words in ["127.0.0.1", "UTC+03:00", "Выйти везде"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Neither the first device nor one that was told of before.
    for agent in [LAPTOP, PHONE] {
        sign_in_with(&bridge, "ana", agent).await;
    }
    sign_in_with(&bridge, "ana", "curl/8").await;
    mail.until("INBOX", |messages| messages.len() == 2).await;
    tab.until("the second", |view| view.total() == 2).await;
    tab.listen_for(Duration::from_millis(300)).await;
    assert_eq!(tab.view.total(), 2);
}
