//! The second step of signing in: turned on, asked for, good once, and nothing before it.

use std::time::Duration;

use totp_rs::{Builder, Secret, Totp};

use crate::{
    browser::Browser, http_client::Answer, mail_server::PASSWORD, recording_proxy::RecordingProxy,
    test_bridge::TestBridge,
};

/// Somebody with an authenticator.
pub struct Careful {
    pub browser: Browser,
    pub authenticator: Totp,
    pub recovery: Vec<String>,
    /// When the codes were counted from, in seconds since 1970.
    at: u64,
}

impl Careful {
    /// The code of this half minute, or of one before or after it. Each is good for signing in once, and none before the last.
    pub fn code(&self, steps: i64) -> String {
        self.authenticator.generate(self.at.saturating_add_signed(30 * steps)).to_string()
    }
}

pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap_or_default()).collect()
}

/// The texts of all elements of this name.
pub fn texts(html: &str, name: &str) -> Vec<String> {
    let mark = format!("data-testid=\"{name}\"");
    html.split(&mark).skip(1).map(|rest| between(rest, ">", "<").first().map_or("", |text| text).to_owned()).collect()
}

/// A time from which on the codes of before and after are good for a while.
async fn a_quiet_half_minute() -> u64 {
    loop {
        let now = u64::try_from(pismo::store::now()).expect("after 1970");
        if now % 30 < 15 {
            return now;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Signs in and turns the second step on, with the code of the half minute before.
pub async fn turn_on(bridge: &TestBridge, name: &str) -> Careful {
    turn_on_in(bridge.sign_in(name).await).await
}

/// Turns it on where somebody is signed in.
pub async fn turn_on_in(browser: Browser) -> Careful {
    let page = browser.get("/logins/step").await;
    let html = page.text();
    assert_eq!(page.status, 200, "{html}");
    assert!(html.contains("src=\"data:image/png;base64,"), "{html}");
    let secret = texts(&html, "step-secret")[0].replace(' ', "");
    let offer = between(&html, "name=\"offer\" value=\"", "\"")[0].to_owned();
    let authenticator =
        Builder::new().with_secret(Secret::try_from_base32(&secret).expect("base32")).with_account_name("x").build();
    let authenticator = authenticator.expect("an authenticator");
    let at = a_quiet_half_minute().await;
    // A code that is not right turns nothing on, and the secret stays the same.
    let wrong = browser.submit("/logins/step", &[("offer", &offer), ("code", "12345")]).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text().replace(' ', "").contains(&secret));
    assert!(browser.get("/logins").await.text().contains("data-on=\"false\""));
    let code = authenticator.generate(at - 30).to_string();
    let answer = browser.submit("/logins/step", &[("offer", &offer), ("code", &code)]).await;
    let html = answer.text();
    assert_eq!(answer.status, 200, "{html}");
    let recovery = texts(&html, "recovery-code");
    assert_eq!(recovery.len(), 10, "{html}");
    let html = browser.get("/logins").await.text();
    assert!(html.contains("data-on=\"true\"") && html.contains("data-left=\"10\""), "{html}");
    assert!(!html.contains(&recovery[0]), "they are shown once");
    assert_eq!(browser.get("/logins/step").await.status, 303, "no other secret takes its place");
    Careful { browser, authenticator, recovery, at }
}

pub fn cookies(answer: &Answer) -> Vec<&str> {
    answer.headers.iter().filter(|(name, _)| name == "set-cookie").map(|(_, value)| value.as_str()).collect()
}

/// Types the password. Gives back the browser as it is then: with the cookie for the second step alone.
pub async fn half_way(browser: &Browser, further: &[(&str, &str)]) -> Browser {
    let fresh = Browser { cookie: None, ..browser.clone() };
    let fields = [&[("address", fresh.address.as_str()), ("password", PASSWORD)], further].concat();
    let answer = fresh.submit("/login", &fields).await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/login/code")), "{}", answer.text());
    let [cookie] = cookies(&answer)[..] else { panic!("one cookie") };
    assert!(cookie.starts_with("pismo-step=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert!(cookie.contains("Max-Age=300"), "{cookie}");
    Browser { cookie: cookie.split(';').next().map(str::to_owned), ..fresh }
}

/// The browser after a right code.
pub fn signed_in(browser: &Browser, answer: &Answer) -> Browser {
    assert_eq!(answer.status, 303, "{}", answer.text());
    let cookies = cookies(answer);
    assert_eq!(cookies.len(), 2, "{cookies:?}");
    assert!(cookies[0].starts_with("pismo=") && cookies[1].starts_with("pismo-step=;"), "{cookies:?}");
    Browser { cookie: cookies[0].split(';').next().map(str::to_owned), ..browser.clone() }
}

#[tokio::test]
async fn a_code_is_asked_for_after_the_password_and_is_good_once() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "behind two doors").await;
    let ana = turn_on(&bridge, "ana").await;
    let half = half_way(&ana.browser, &[("next", "/mail/Sent")]).await;
    let page = half.get("/login/code").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("autocomplete=\"one-time-code\""));
    // That with which it was turned on, one that is none, and nothing.
    for code in [ana.code(-1), "000 000".to_owned(), String::new()] {
        let answer = half.submit("/login/code", &[("code", &code)]).await;
        assert_eq!(answer.status, 401, "{code}");
        assert!(answer.text().contains("This code is not right"));
        assert!(cookies(&answer).is_empty());
    }
    let code = ana.code(0);
    let answer = half.submit("/login/code", &[("code", &format!("{} {}", &code[..3], &code[3..]))]).await;
    assert_eq!(answer.header("location").as_deref(), Some("/mail/Sent"));
    let inside = signed_in(&half, &answer);
    assert_eq!(inside.open("INBOX").await.view.subjects(), ["behind two doors"]);
    // Whoever looked over the shoulder comes too late, with the same cookie and with a new one.
    assert_eq!(half.submit("/login/code", &[("code", &code)]).await.header("location").as_deref(), Some("/login"));
    let again = half_way(&ana.browser, &[]).await;
    assert_eq!(again.submit("/login/code", &[("code", &code)]).await.status, 401);
    let next = again.submit("/login/code", &[("code", &ana.code(1))]).await;
    signed_in(&again, &next);
    let html = inside.get("/logins").await.text();
    let outcomes = between(&html, "data-outcome=\"", "\"");
    assert_eq!(outcomes, ["in", "code", "in", "code", "code", "code", "in"], "{html}");
}

#[tokio::test]
async fn nothing_is_open_before_the_second_step() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "private").await;
    let ana = turn_on(&bridge, "ana").await;
    let message = ana.browser.open("INBOX").await.messages().remove(0);
    // Whatever its address looks like to the mail server.
    let mut shouting = ana.browser.clone();
    shouting.address = shouting.address.to_uppercase().replace("@PISMO.TEST", "@pismo.test");
    for who in [&ana.browser, &shouting] {
        let half = half_way(who, &[]).await;
        let token = half.cookie.as_deref().and_then(|cookie| cookie.split_once('=')).expect("a cookie").1.to_owned();
        for cookie in [half.cookie.clone(), Some(format!("pismo={token}")), Some(format!("__Host-pismo={token}"))] {
            let half = Browser { cookie, ..half.clone() };
            let origin = half.origin();
            assert_eq!(half.knock(&[("Origin", &origin)]).await.err(), Some(401));
            for path in [
                "/mail/INBOX",
                "/logins",
                "/logins/step",
                "/logins/passkeys/add",
                "/identities",
                "/contacts",
                "/server",
            ] {
                let answer = half.get(path).await;
                assert_eq!(answer.status, 303, "{path}");
                assert!(answer.header("location").is_some_and(|to| to.starts_with("/login")), "{path}");
            }
            for path in [app::route::source_url(&message), "/export/zip".to_owned()] {
                assert_eq!(half.get(&path).await.status, 401, "{path}");
            }
            for path in [
                "/logins/end-all",
                "/logins/end-others",
                "/logins/step",
                "/logins/step/off",
                "/logins/proof",
                "/logins/passkeys/add",
                "/logins/passkeys/ask",
                "/logins/passkeys/begin",
                "/receipts",
            ] {
                let answer = half.submit(path, &[("code", &ana.code(0)), ("receipts", "never")]).await;
                assert_eq!(answer.status, 401, "{path}");
            }
            assert_eq!(half.upload("a.txt", "text/plain", b"a").await.unwrap_err().0, 401);
        }
    }
    assert_eq!(ana.browser.get("/mail/INBOX").await.status, 200, "who was signed in is so still");
    assert_eq!(bridge.browser("ana").get("/login/code").await.header("location").as_deref(), Some("/login"));
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_turns_it_off() {
    let bridge = TestBridge::start().await;
    let ana = turn_on(&bridge, "ana").await;
    let first = ana.recovery[0].to_uppercase();
    let half = half_way(&ana.browser, &[]).await;
    let answer = half.submit("/login/code", &[("code", ""), ("recovery", &first)]).await;
    let inside = signed_in(&half, &answer);
    assert!(inside.get("/logins").await.text().contains("data-left=\"9\""));
    let again = half_way(&ana.browser, &[]).await;
    assert_eq!(again.submit("/login/code", &[("recovery", &first)]).await.status, 401);
    // Another person's are of no use.
    let boris = turn_on(&bridge, "boris").await;
    assert_eq!(again.submit("/login/code", &[("recovery", &boris.recovery[0])]).await.status, 401);
    signed_in(&again, &again.submit("/login/code", &[("recovery", &ana.recovery[1])]).await);

    assert_eq!(inside.submit("/logins/step/off", &[("recovery", &first)]).await.status, 401);
    assert!(inside.get("/logins").await.text().contains("data-on=\"true\""));
    assert_eq!(inside.submit("/logins/step/off", &[("recovery", &ana.recovery[2])]).await.status, 303);
    assert!(inside.get("/logins").await.text().contains("data-on=\"false\""));
    bridge.sign_in("ana").await.open("INBOX").await;
}

#[tokio::test]
async fn another_address_of_the_same_inbox_is_no_way_around_it() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "behind two doors").await;
    let alias = |name: &str| Browser { address: bridge.address_of(name), cookie: None, ..bridge.browser("ana") };
    bridge.server.let_be_called(&bridge.address_of("ana"), &bridge.address_of("info"));
    let before = bridge.sign_in("info").await;
    assert_eq!(before.open("INBOX").await.view.subjects(), ["behind two doors"]);
    let ana = turn_on(&bridge, "ana").await;
    let half = half_way(&alias("info"), &[]).await;
    assert_eq!(half.submit("/login/code", &[("code", "999999")]).await.status, 401);
    let html = ana.browser.get("/logins").await.text();
    assert!(between(&html, "data-outcome=\"", "\"").contains(&"code"), "whose step it is learns of it: {html}");
    let inside = signed_in(&half, &half.submit("/login/code", &[("code", &ana.code(0))]).await);
    assert_eq!(inside.open("INBOX").await.view.subjects(), ["behind two doors"]);
    // However many addresses there are, wrong codes are counted together.
    let mut refused = 1;
    for number in 1..20 {
        let name = format!("info{number}");
        bridge.server.let_be_called(&bridge.address_of("ana"), &bridge.address_of(&name));
        let half = half_way(&alias(&name), &[]).await;
        match half.submit("/login/code", &[("code", "999999")]).await.status {
            401 => refused += 1,
            429 => break,
            other => panic!("{other}"),
        }
    }
    assert!((5..=10).contains(&refused), "{refused}");
    // Somebody else's inbox is another one.
    bridge.sign_in("boris").await;
}

#[tokio::test]
async fn another_spelling_of_the_server_is_no_way_around_it() {
    let bridge = TestBridge::with(|config| config.imap = None).await;
    let port = bridge.server.imap_port();
    // The same server at another port, as servers have one for TLS and one for STARTTLS.
    let other = RecordingProxy::start(port).await;
    let at = |host: &str, port: u16| format!("imap+insecure://{host}:{port}");
    let mut browser = bridge.browser("ana");
    assert_eq!(browser.fill_in(PASSWORD, &[("imap", &at("localhost", port))]).await.status, 303);
    let ana = turn_on_in(browser).await;
    // The last is a name of another owner, but for the inbox.
    for server in [at("localhost", port), at("LocalHost", port), at("localhost", other.port), at("127.0.0.1", port)] {
        half_way(&ana.browser, &[("imap", &server)]).await;
    }
}

#[tokio::test]
async fn wrong_codes_count_as_wrong_passwords_do() {
    let bridge = TestBridge::start().await;
    let ana = turn_on(&bridge, "ana").await;
    let mut refused = 0;
    // The one with which it was turned on was tried with a wrong one first; each password and each code counts.
    'guessing: loop {
        let fresh = Browser { cookie: None, ..ana.browser.clone() };
        let answer = fresh.submit("/login", &[("address", &fresh.address), ("password", PASSWORD)]).await;
        if answer.status == 429 {
            break;
        }
        let cookie = cookies(&answer)[0].split(';').next().map(str::to_owned);
        let half = Browser { cookie, ..fresh };
        for _ in 0..5 {
            let answer = half.submit("/login/code", &[("code", "999999")]).await;
            match answer.status {
                401 => refused += 1,
                // The fifth wrong one costs the way here.
                303 => {
                    refused += 1;
                    break;
                }
                429 => break 'guessing,
                other => panic!("{other}: {}", answer.text()),
            }
        }
        assert!(refused < 20, "nobody is slowed down");
    }
    assert!((5..=8).contains(&refused), "{refused}");
    let half = Browser { cookie: None, ..ana.browser.clone() };
    let right = half.submit("/login", &[("address", &half.address), ("password", PASSWORD)]).await;
    assert_eq!(right.status, 429, "a right password is not paid back before the second step");
    let html = ana.browser.get("/logins").await.text();
    assert_eq!(between(&html, "data-outcome=\"", "\"").iter().filter(|outcome| **outcome == "code").count(), refused);
    let off = ana.browser.submit("/logins/step/off", &[("code", &ana.code(0))]).await;
    assert_eq!(off.status, 429, "not by another door either");
}

#[tokio::test]
async fn neither_the_secret_nor_the_codes_are_in_the_data_folder() {
    let bridge = TestBridge::start().await;
    let ana = turn_on(&bridge, "ana").await;
    let secret = ana.authenticator.secret();
    let mut hidden = vec![secret.to_base32().into_bytes(), secret.as_bytes().to_vec()];
    hidden.extend(ana.recovery.iter().flat_map(|code| [code.clone().into_bytes(), code.replace('-', "").into_bytes()]));
    for entry in std::fs::read_dir(bridge.data()).expect("the folder").flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let bytes = std::fs::read(entry.path()).expect("a file");
            let holds = |text: &Vec<u8>| bytes.windows(text.len()).any(|window| window == text.as_slice());
            assert!(!hidden.iter().any(holds), "{:?}", entry.path());
        }
    }
}
