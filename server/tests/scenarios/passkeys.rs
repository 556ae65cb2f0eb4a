//! Passkeys as the second step: added, asked for, good once each, nobody else's, and removed.

use serde_json::Value;
use totp_rs::{Builder, Secret};

use crate::{
    authenticator::{Authenticator, random},
    browser::Browser,
    http_client::Answer,
    second_step::{between, half_way, signed_in, texts, turn_on},
    test_bridge::TestBridge,
};

/// Where people find Pismo: a passkey needs a name.
const SITE: &str = "http://localhost:3000";

async fn start() -> TestBridge {
    TestBridge::with(|config| config.origins = vec![SITE.to_owned()]).await
}

/// A challenge for a new passkey, a challenge for one that is there.
async fn asked(browser: &Browser, path: &str) -> Value {
    let answer = browser.submit(path, &[]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// Adds one. Gives back it and what Pismo has said.
async fn add(browser: &Browser, name: &str) -> (Authenticator, Answer) {
    let (authenticator, made) =
        Authenticator::create(&asked(browser, "/logins/passkeys/begin").await, &browser.origin());
    let answer = browser.submit("/logins/passkeys/add", &[("name", name), ("answer", &made)]).await;
    (authenticator, answer)
}

/// Signs in and adds the first one. Gives back it and the recovery codes.
async fn with_passkey(bridge: &TestBridge, name: &str) -> (Browser, Authenticator, Vec<String>) {
    let browser = bridge.sign_in(name).await;
    let (authenticator, answer) = add(&browser, "Blue key").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let recovery = texts(&answer.text(), "recovery-code");
    assert_eq!(recovery.len(), 10, "{}", answer.text());
    (browser, authenticator, recovery)
}

/// Shows the passkey to whatever asks for it.
async fn show(browser: &Browser, authenticator: &mut Authenticator, path: &str, further: &[(&str, &str)]) -> Answer {
    let ask = if path == "/login/code" { "/login/code/passkey" } else { "/logins/passkeys/ask" };
    let answer = authenticator.sign(&asked(browser, ask).await);
    browser.submit(path, &[&[("passkey", answer.as_str())], further].concat()).await
}

/// What the page about logins calls them by.
async fn ids(browser: &Browser) -> Vec<String> {
    let html = browser.get("/logins").await.text();
    between(&html, "/logins/passkeys/", "/remove")
        .iter()
        .map(|id| (*id).to_owned())
        .filter(|id| id.len() == 32)
        .collect()
}

fn is_on(html: &str) -> bool {
    html.contains("data-on=\"true\"")
}

#[tokio::test]
async fn a_passkey_is_added_and_asked_for_after_the_password() {
    let bridge = start().await;
    bridge.mail("ana").append("INBOX", "behind two doors").await;
    let (browser, mut key, recovery) = with_passkey(&bridge, "ana").await;
    let html = browser.get("/logins").await.text();
    assert!(is_on(&html) && html.contains("data-left=\"10\"") && html.contains("Blue key"), "{html}");
    assert!(html.contains("localhost") && html.contains("Not used yet") && !html.contains(&recovery[0]), "{html}");

    let half = half_way(&browser, &[("next", "/mail/Sent")]).await;
    let page = half.get("/login/code").await.text();
    assert!(
        page.contains("data-testid=\"step-passkey\"") && !page.contains("autocomplete=\"one-time-code\""),
        "{page}"
    );
    let options = asked(&half, "/login/code/passkey").await;
    assert_eq!(options["publicKey"]["userVerification"], "preferred");
    assert!(options["publicKey"].get("hints").is_none(), "{options}");
    let answer = show(&half, &mut key, "/login/code", &[]).await;
    assert_eq!(answer.header("location").as_deref(), Some("/mail/Sent"), "{}", answer.text());
    let inside = signed_in(&half, &answer);
    assert_eq!(inside.open("INBOX").await.view.subjects(), ["behind two doors"]);
    let html = inside.get("/logins").await.text();
    assert!(html.contains("data-testid=\"passkey-used\""), "{html}");
    assert_eq!(between(&html, "data-outcome=\"", "\""), ["in", "in"]);
    // Signed in as before, nobody is asked who is in already.
    assert_eq!(browser.get("/mail/INBOX").await.status, 200);
}

#[tokio::test]
async fn the_authenticator_is_not_told_who_it_is_for() {
    let bridge = start().await;
    let browser = bridge.sign_in("ana").await;
    let first = asked(&browser, "/logins/passkeys/begin").await;
    let second = asked(&browser, "/logins/passkeys/begin").await;
    let user = &first["publicKey"]["user"]["id"];
    assert_eq!(user.as_str().map(str::len), Some(22), "128 bits: {user}");
    assert_eq!(user, &second["publicKey"]["user"]["id"], "one for all passkeys of a person");
    assert_ne!(first["publicKey"]["challenge"], second["publicKey"]["challenge"]);
    assert_eq!(first["publicKey"]["rp"]["id"], "localhost");
    let boris = asked(&bridge.sign_in("boris").await, "/logins/passkeys/begin").await;
    assert_ne!(user, &boris["publicKey"]["user"]["id"]);
}

#[tokio::test]
async fn what_is_signed_otherwise_lets_nobody_in() {
    let bridge = start().await;
    let (browser, mut key, _) = with_passkey(&bridge, "ana").await;
    let half = half_way(&browser, &[]).await;
    let challenge = |options: &Value| options["publicKey"]["challenge"].clone();
    let mut answers = Vec::new();
    // Another key by the same name.
    let mut other =
        Authenticator { key: p256::ecdsa::SigningKey::from_slice(&random::<32>()).expect("a key"), ..key.clone() };
    answers.push(other.answer(&challenge(&asked(&half, "/login/code/passkey").await)));
    // A page of another origin.
    let mut elsewhere = Authenticator { origin: "http://localhost:3001".to_owned(), ..key.clone() };
    answers.push(elsewhere.answer(&challenge(&asked(&half, "/login/code/passkey").await)));
    let check = async |answer: &str| {
        let refused = half.submit("/login/code", &[("passkey", answer)]).await;
        assert_eq!(refused.status, 401, "{answer}");
        assert!(refused.text().contains("This passkey was not accepted"), "{}", refused.text());
        assert!(refused.header("set-cookie").is_none());
    };
    // The last challenge alone counts, and each is good once.
    let first = answers.remove(0);
    check(&first).await;
    check(&answers[0]).await;
    asked(&half, "/login/code/passkey").await;
    check(&key.answer(&Value::from("AAAA"))).await;
    check("{}").await;
    let right = key.sign(&asked(&half, "/login/code/passkey").await);
    let mut answer = half.submit("/login/code", &[("passkey", &right)]).await;
    let inside = signed_in(&half, &answer);
    // Whoever has listened plays it again.
    answer = half.submit("/login/code", &[("passkey", &right)]).await;
    assert_eq!(answer.header("location").as_deref(), Some("/login"));
    let again = half_way(&browser, &[]).await;
    asked(&again, "/login/code/passkey").await;
    assert_eq!(again.submit("/login/code", &[("passkey", &right)]).await.status, 401);
    let html = inside.get("/logins").await.text();
    let outcomes = between(&html, "data-outcome=\"", "\"");
    assert_eq!(outcomes, ["code", "in", "code", "code", "code", "code", "in"], "{html}");
}

#[tokio::test]
async fn a_passkey_that_is_for_somebody_else_or_of_another_page_is_refused() {
    let bridge = start().await;
    let (browser, key, _) = with_passkey(&bridge, "ana").await;
    let half = half_way(&browser, &[]).await;
    let of = async |mut key: Authenticator| {
        let asked = asked(&half, "/login/code/passkey").await;
        let answer = key.answer(&asked["publicKey"]["challenge"]);
        half.submit("/login/code", &[("passkey", &answer)]).await
    };
    assert_eq!(of(Authenticator { handle: vec![1; 16], ..key.clone() }).await.status, 401);
    assert_eq!(of(Authenticator { rp: "evil.example".to_owned(), ..key.clone() }).await.status, 401);
    assert_eq!(of(Authenticator { origin: "https://evil.example".to_owned(), ..key.clone() }).await.status, 401);
    // Plain keys on USB do not know for whom they sign.
    signed_in(&half, &of(Authenticator { handle: Vec::new(), ..key.clone() }).await);
}

#[tokio::test]
async fn another_persons_passkey_is_of_no_use() {
    let bridge = start().await;
    let (ana, mut anas, _) = with_passkey(&bridge, "ana").await;
    let (boris, mut boriss, _) = with_passkey(&bridge, "boris").await;
    let half = half_way(&ana, &[]).await;
    let challenge = asked(&half, "/login/code/passkey").await["publicKey"]["challenge"].clone();
    assert_eq!(half.submit("/login/code", &[("passkey", &boriss.answer(&challenge))]).await.status, 401);
    // An answer to what the other was asked.
    asked(&half, "/login/code/passkey").await;
    let other = half_way(&boris, &[]).await;
    let answer = boriss.sign(&asked(&other, "/login/code/passkey").await);
    assert_eq!(half.submit("/login/code", &[("passkey", &answer)]).await.status, 401);

    // Nobody takes another's for their own, nor removes it.
    assert_eq!(show(&boris, &mut boriss, "/logins/proof", &[("next", "passkey")]).await.status, 303);
    let options = asked(&boris, "/logins/passkeys/begin").await;
    let stolen = anas.made(&options["publicKey"]);
    let refused = boris.submit("/logins/passkeys/add", &[("name", "mine"), ("answer", &stolen)]).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
    let id = ids(&ana).await.remove(0);
    let path = format!("/logins/passkeys/{id}/remove");
    assert_eq!(boris.get(&path).await.status, 404);
    let signed = boriss.sign(&asked(&boris, "/logins/passkeys/ask").await);
    assert_eq!(boris.submit(&path, &[("passkey", &signed)]).await.status, 404);
    signed_in(&half, &show(&half, &mut anas, "/login/code", &[]).await);
}

#[tokio::test]
async fn another_one_is_added_or_removed_by_whoever_shows_one() {
    let bridge = start().await;
    let (browser, mut blue, _) = with_passkey(&bridge, "ana").await;
    // A browser that was left open is not enough.
    assert!(browser.get("/logins/passkeys/add").await.text().contains("data-testid=\"step-proof\""));
    assert!(browser.get("/logins/step").await.text().contains("data-testid=\"step-proof\""));
    assert_eq!(browser.submit("/logins/passkeys/begin", &[]).await.status, 403);
    let id = ids(&browser).await.remove(0);
    let path = format!("/logins/passkeys/{id}/remove");
    assert!(browser.get(&path).await.text().contains("Blue key"));
    assert_eq!(browser.submit(&path, &[]).await.status, 401);
    assert_eq!(browser.submit("/logins/proof", &[("next", "passkey"), ("code", "123456")]).await.status, 401);

    let shown = show(&browser, &mut blue, "/logins/proof", &[("next", "passkey")]).await;
    assert_eq!(shown.header("location").as_deref(), Some("/logins/passkeys/add"), "{}", shown.text());
    assert!(browser.get("/logins/passkeys/add").await.text().contains("data-testid=\"passkey-name\""));
    let (mut red, answer) = add(&browser, "  Red <key>  ").await;
    assert_eq!((answer.status, answer.header("location").as_deref()), (303, Some("/logins")), "no more recovery codes");
    assert_eq!(browser.submit("/logins/passkeys/begin", &[]).await.status, 403, "it was shown for one thing");
    let html = browser.get("/logins").await.text();
    assert!(html.contains("Red &lt;key&gt;") && html.contains("data-left=\"10\""), "{html}");

    // A challenge that is open does not outlive its passkey.
    let half = half_way(&browser, &[]).await;
    let late = blue.sign(&asked(&half, "/login/code/passkey").await);
    assert_eq!(show(&browser, &mut red, &path, &[]).await.status, 303);
    assert_eq!(half.submit("/login/code", &[("passkey", &late)]).await.status, 401);
    assert_eq!(ids(&browser).await.len(), 1);
    signed_in(&half, &show(&half, &mut red, "/login/code", &[]).await);

    // With the last one goes all of it.
    let path = format!("/logins/passkeys/{}/remove", ids(&browser).await[0]);
    assert_eq!(show(&browser, &mut red, &path, &[]).await.status, 303);
    let html = browser.get("/logins").await.text();
    assert!(!is_on(&html) && !html.contains("data-left"), "{html}");
    assert_eq!(browser.get(&path).await.status, 404);
    bridge.sign_in("ana").await.open("INBOX").await;
}

#[tokio::test]
async fn what_is_shown_before_there_is_a_second_step_does_not_count_for_it() {
    let bridge = start().await;
    let elsewhere = bridge.sign_in("ana").await;
    assert_eq!(elsewhere.submit("/logins/proof", &[("next", "passkey")]).await.status, 303);
    let begun = asked(&elsewhere, "/logins/passkeys/begin").await;
    with_passkey(&bridge, "ana").await;
    let (_, made) = Authenticator::create(&begun, &elsewhere.origin());
    let late = elsewhere.submit("/logins/passkeys/add", &[("answer", &made)]).await;
    assert_eq!((late.status, late.header("location").as_deref()), (303, Some("/logins/passkeys/add")));
    assert_eq!(elsewhere.submit("/logins/passkeys/begin", &[]).await.status, 403);
    assert_eq!(ids(&elsewhere).await.len(), 1);
}

#[tokio::test]
async fn recovery_codes_are_for_passkeys_and_codes_alike() {
    let bridge = start().await;
    let (browser, mut key, recovery) = with_passkey(&bridge, "ana").await;
    let half = half_way(&browser, &[]).await;
    signed_in(&half, &half.submit("/login/code", &[("recovery", &recovery[0])]).await);
    // Codes are turned on beside it.
    let proof = browser.submit("/logins/proof", &[("next", "code"), ("recovery", &recovery[1])]).await;
    assert_eq!(proof.header("location").as_deref(), Some("/logins/step"), "{}", proof.text());
    let html = browser.get("/logins/step").await.text();
    let secret = Secret::try_from_base32(texts(&html, "step-secret")[0].replace(' ', "")).expect("base32");
    let offer = between(&html, "name=\"offer\" value=\"", "\"")[0].to_owned();
    let app = Builder::new().with_secret(secret).with_account_name("x").build().expect("an app");
    let now = u64::try_from(pismo::store::now()).expect("after 1970");
    let on = browser.submit("/logins/step", &[("offer", &offer), ("code", &app.generate(now - 30).to_string())]).await;
    assert_eq!((on.status, on.header("location").as_deref()), (303, Some("/logins")), "{}", on.text());
    assert!(browser.get("/logins").await.text().contains("data-left=\"8\""));
    let half = half_way(&browser, &[]).await;
    let page = half.get("/login/code").await.text();
    assert!(page.contains("autocomplete=\"one-time-code\"") && page.contains("data-testid=\"step-passkey\""), "{page}");
    signed_in(&half, &half.submit("/login/code", &[("code", &app.generate(now + 30).to_string())]).await);
    // The passkey goes, and the codes with their recovery codes stay; then they go by one of these.
    let path = format!("/logins/passkeys/{}/remove", ids(&browser).await[0]);
    assert_eq!(show(&browser, &mut key, &path, &[]).await.status, 303);
    let html = browser.get("/logins").await.text();
    assert!(is_on(&html) && html.contains("data-left=\"8\""), "{html}");
    assert_eq!(browser.submit("/logins/step/off", &[("recovery", &recovery[2])]).await.status, 303);
    assert!(!is_on(&browser.get("/logins").await.text()));
    // What was left is good for nothing: there are new ones with the next.
    let (_, answer) = add(&browser, "").await;
    assert_eq!(texts(&answer.text(), "recovery-code").len(), 10);
    let half = half_way(&browser, &[]).await;
    assert_eq!(half.submit("/login/code", &[("recovery", &recovery[3])]).await.status, 401);
}

#[tokio::test]
async fn codes_are_shown_to_add_a_passkey_and_a_passkey_turns_them_off() {
    let bridge = start().await;
    let ana = turn_on(&bridge, "ana").await;
    assert_eq!(ana.browser.submit("/logins/passkeys/begin", &[]).await.status, 403);
    let proof = ana.browser.submit("/logins/proof", &[("next", "passkey"), ("code", &ana.code(0))]).await;
    assert_eq!(proof.status, 303, "{}", proof.text());
    let (mut key, answer) = add(&ana.browser, "Phone").await;
    assert_eq!(answer.status, 303, "the recovery codes are those of before");
    assert_eq!(show(&ana.browser, &mut key, "/logins/step/off", &[]).await.status, 303);
    let html = ana.browser.get("/logins").await.text();
    assert!(
        is_on(&html) && html.contains("data-testid=\"step-set-up\"") && html.contains("data-left=\"10\""),
        "{html}"
    );
    let half = half_way(&ana.browser, &[]).await;
    assert_eq!(half.submit("/login/code", &[("code", &ana.code(1))]).await.status, 401);
    signed_in(&half, &half.submit("/login/code", &[("recovery", &ana.recovery[0])]).await);
}

#[tokio::test]
async fn a_copy_of_a_passkey_that_counts_gives_itself_away() {
    let bridge = start().await;
    let (browser, mut key, _) = with_passkey(&bridge, "ana").await;
    let mut copy = key.clone();
    for _ in 0..2 {
        let half = half_way(&browser, &[]).await;
        signed_in(&half, &show(&half, &mut key, "/login/code", &[]).await);
    }
    let half = half_way(&browser, &[]).await;
    assert_eq!(show(&half, &mut copy, "/login/code", &[]).await.status, 401);
    signed_in(&half, &show(&half, &mut key, "/login/code", &[]).await);
    // One that does not count is asked for nothing of the kind.
    let boris = bridge.sign_in("boris").await;
    let (mut plain, _) = add(&boris, "").await;
    plain.counts = false;
    for _ in 0..2 {
        let half = half_way(&boris, &[]).await;
        signed_in(&half, &show(&half, &mut plain, "/login/code", &[]).await);
    }
}

/// Two nodes on one database. What a person has is known to both; a challenge is known where it was made.
#[tokio::test]
async fn a_passkey_is_good_on_every_node() {
    let secret = || Some("the same on both".to_owned().into());
    let settings = |config: &mut pismo::config::Config| {
        config.origins = vec![SITE.to_owned()];
        config.secret = secret();
    };
    let first = TestBridge::with(settings).await;
    let data = first.config.data.clone();
    // Only one of them makes the tables.
    assert_eq!(first.browser("ana").get("/login").await.status, 200);
    let second = TestBridge::with(|config| {
        settings(config);
        config.data = data;
    })
    .await;
    let (here, mut key, _) = with_passkey(&first, "ana").await;
    let there = Browser { server: second.address, ..here.clone() };
    assert!(there.get("/logins").await.text().contains("Blue key"));
    let half = half_way(&there, &[]).await;
    signed_in(&half, &show(&half, &mut key, "/login/code", &[]).await);
    let answer = key.sign(&asked(&here, "/logins/passkeys/ask").await);
    assert_eq!(there.submit("/logins/proof", &[("next", "passkey"), ("passkey", &answer)]).await.status, 401);
    // Two of it that go to different nodes are told as well.
    let mut copy = Authenticator { counter: 0, ..key.clone() };
    let half = half_way(&here, &[]).await;
    assert_eq!(show(&half, &mut copy, "/login/code", &[]).await.status, 401);
}

#[tokio::test]
async fn wrong_passkeys_count_as_wrong_codes_do() {
    let bridge = start().await;
    let (browser, mut key, _) = with_passkey(&bridge, "ana").await;
    let half = half_way(&browser, &[]).await;
    for wrong in 1..=5 {
        let refused = half.submit("/login/code", &[("passkey", "{}")]).await;
        // The fifth costs the way here.
        assert_eq!(refused.status, if wrong < 5 { 401 } else { 303 });
    }
    assert_eq!(half.submit("/login/code/passkey", &[]).await.status, 403);
    let half = half_way(&browser, &[]).await;
    let mut answer = half.submit("/login/code", &[("passkey", "{}")]).await;
    while answer.status == 401 {
        answer = half.submit("/login/code", &[("passkey", "{}")]).await;
    }
    assert_eq!(answer.status, 429, "{}", answer.text());
    let path = format!("/logins/passkeys/{}/remove", ids(&browser).await[0]);
    assert_eq!(show(&browser, &mut key, &path, &[]).await.status, 429, "not by another door either");
}

#[tokio::test]
async fn an_address_that_is_a_number_or_another_name_says_so() {
    let numbered = TestBridge::start().await;
    let browser = numbered.sign_in("ana").await;
    assert_eq!(browser.submit("/logins/passkeys/begin", &[]).await.status, 409);

    let names = vec![SITE.to_owned(), "http://mail.pismo.test".to_owned()];
    let bridge = TestBridge::with(|config| config.origins = names).await;
    let (browser, mut key, recovery) = with_passkey(&bridge, "ana").await;
    let other = Browser { site: Some("http://mail.pismo.test".to_owned()), ..browser.clone() };
    let half = half_way(&other, &[]).await;
    assert_eq!(half.submit("/login/code/passkey", &[]).await.status, 404);
    let page = half.request("POST", "/login/code", &[("Content-Type", "application/x-www-form-urlencoded")], b"").await;
    assert!(page.text().contains("data-testid=\"passkey-elsewhere\"") && page.text().contains("localhost"));
    signed_in(&half, &half.submit("/login/code", &[("recovery", &recovery[0])]).await);
    // By its own name it is good still.
    let half = half_way(&browser, &[]).await;
    signed_in(&half, &show(&half, &mut key, "/login/code", &[]).await);
}

#[tokio::test]
async fn nobody_has_more_than_twenty() {
    let bridge = start().await;
    let (browser, mut key, _) = with_passkey(&bridge, "ana").await;
    for number in 2..=21 {
        assert_eq!(show(&browser, &mut key, "/logins/proof", &[("next", "passkey")]).await.status, 303);
        let (_, answer) = add(&browser, &number.to_string()).await;
        assert_eq!(answer.status, if number <= 20 { 303 } else { 422 }, "{number}");
    }
    assert_eq!(ids(&browser).await.len(), 20);
}
