//! What is true of every route, those that come later among them: the list is read from where the routes are.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use app::wire::{Command, MessageRef};

use crate::{
    browser::Browser,
    contacts::{CARDS, given},
    draft::draft_to,
    http_client::Answer,
    identities::add,
    mail::letter,
    mail_server::PASSWORD,
    test_bridge::TestBridge,
};

/// The patterns of all routes.
fn patterns() -> Vec<String> {
    let source = include_str!("../../src/http.rs");
    let named =
        source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    let mut patterns: Vec<String> = named.map(str::to_owned).collect();
    patterns.push("/remote/{account}/{until}/{of}/{signature}".to_owned());
    patterns.push("/static/{hash}/{*path}".to_owned());
    assert!(patterns.len() > 45, "{patterns:?}");
    patterns
}

/// A path of the pattern, with these for its parts.
fn path(pattern: &str, message: &MessageRef, id: &str) -> String {
    path_of(pattern, message, id, "run")
}

/// The same, with what is asked for where a button says it.
fn path_of(pattern: &str, message: &MessageRef, id: &str, asked: &str) -> String {
    let parts = [
        ("{account}", message.account.0.to_string()),
        ("{uid_validity}", message.uid_validity.0.to_string()),
        ("{uid}", message.uid.0.to_string()),
        ("{section}", "1".to_owned()),
        ("/static/{hash}/{*path}", "/static/none/pkg/pismo.js".to_owned()),
        ("{*path}", "INBOX".to_owned()),
        ("{until}", "99999999999".to_owned()),
        ("{of}", "0".repeat(16)),
        ("{signature}", "0".repeat(32)),
        ("{asked}", asked.to_owned()),
        ("{id}", id.to_owned()),
    ];
    let path = parts.iter().fold(pattern.to_owned(), |path, (name, value)| path.replace(name, value));
    assert!(!path.contains('{'), "{pattern} has a part of which this test knows nothing");
    match pattern {
        "/collectors/{id}/message" => format!("{path}?folder=1&uid_validity=1&uid=1"),
        _ if pattern.starts_with("/remote") => format!("{path}?url=https%3A%2F%2Fa.example%2F"),
        _ => format!("{path}?mailbox=INBOX&folder=INBOX"),
    }
}

fn of(answer: &Answer, name: &str) -> String {
    answer.header(name).unwrap_or_default()
}

fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|one| one.strip_prefix(name)).map(str::trim)
}

#[tokio::test]
async fn every_answer_has_exactly_the_headers_that_protect_it() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append_message("INBOX", "", &letter("x")).await;
    let browser = bridge.sign_in("ana").await;
    let message = browser.open("INBOX").await.messages().remove(0);
    let stranger = bridge.browser("ana");
    let mut policies = BTreeSet::new();
    for pattern in patterns() {
        let path = path(&pattern, &message, "1");
        for who in [&browser, &stranger] {
            let answer = who.get(&path).await;
            assert!(answer.status < 500, "{path}: {}", answer.status);
            let what = format!("{path}: {}", answer.status);
            assert_eq!(of(&answer, "x-content-type-options"), "nosniff", "{what}");
            assert_eq!(of(&answer, "x-dns-prefetch-control"), "off", "{what}");
            assert_eq!(of(&answer, "referrer-policy"), "same-origin", "{what}");
            assert_eq!(of(&answer, "cross-origin-opener-policy"), "same-origin", "{what}");
            assert_eq!(of(&answer, "cross-origin-resource-policy"), "same-origin", "{what}");
            let permissions = of(&answer, "permissions-policy");
            for never in ["camera=()", "microphone=()", "geolocation=()", "payment=()", "usb=()"] {
                assert!(permissions.contains(never), "{what}: {permissions}");
            }
            assert!(!of(&answer, "cache-control").is_empty(), "{what}");
            assert!(
                answer.header("access-control-allow-origin").is_none() && answer.header("server").is_none(),
                "{what}"
            );
            check_policy(&of(&answer, "content-security-policy"), &what);
            policies.insert(normal(&of(&answer, "content-security-policy")));
        }
    }
    let known: BTreeSet<String> = POLICIES.iter().map(|policy| (*policy).to_owned()).collect();
    assert_eq!(policies, known, "another policy than before");
}

/// The policies of all routes; what differs each time is `…`.
const POLICIES: [&str; 4] = [
    // What is no page: files, pictures, answers without words.
    "default-src 'none'; frame-ancestors 'none'; sandbox",
    // A message, without pictures on the net.
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox",
    // The same on paper: its one script opens the browser's dialogue.
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; \
     sandbox allow-popups allow-popups-to-escape-sandbox allow-scripts allow-modals; script-src 'nonce-…'",
    // Our pages.
    "default-src 'none'; script-src 'self' 'nonce-…' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
     connect-src 'self'; frame-src 'self'; object-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default",
];

/// A policy without what differs each time.
fn normal(policy: &str) -> String {
    let word = |word: &str| match word.split_once("'nonce-") {
        Some(_) => "'nonce-…'".to_owned(),
        None => word.to_owned(),
    };
    policy.split_ascii_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_browser_that_came_over_tls_is_told_to_come_so_again() {
    let bridge = TestBridge::with(|config| {
        config.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    })
    .await;
    let stranger = bridge.browser("ana");
    for path in ["/login", "/mail/INBOX", "/static/none/pismo.js", "/nothing"] {
        let said = async |scheme| {
            of(&stranger.request("GET", path, &[("X-Forwarded-Proto", scheme)], b"").await, "strict-transport-security")
        };
        assert_eq!(said("https").await, "max-age=31536000", "{path}");
        assert_eq!(said("http").await, "", "{path}: RFC 6797 §7.2");
    }
}

fn check_policy(policy: &str, what: &str) {
    assert_eq!(directive(policy, "default-src"), Some("'none'"), "{what}: {policy}");
    let ancestors = directive(policy, "frame-ancestors");
    assert!(ancestors == Some("'none'") || ancestors == Some("'self'"), "{what}: {policy}");
    for source in policy.split([' ', ';']) {
        assert!(!["*", "http:", "https:", "'unsafe-eval'"].contains(&source), "{what}: {policy}");
    }
    if let Some(scripts) = directive(policy, "script-src") {
        let is_ours = |source: &str| {
            ["'self'", "'wasm-unsafe-eval'"].contains(&source)
                || source.starts_with("'nonce-")
                || source.starts_with("'sha256-")
        };
        assert!(scripts.split(' ').all(is_ours), "{what}: {scripts}");
        // A page with scripts of ours runs in our origin and may be framed by nobody, or it has no origin.
        assert!(ancestors == Some("'none'") || policy.contains("sandbox allow-"), "{what}: {policy}");
    }
    if policy.contains("'wasm-unsafe-eval'") {
        assert_eq!(directive(policy, "require-trusted-types-for"), Some("'script'"), "{what}: {policy}");
        assert_eq!(directive(policy, "trusted-types"), Some("default"), "{what}: {policy}");
    }
    for directive in ["allow-same-origin", "allow-top-navigation", "allow-forms"] {
        assert!(!policy.contains(directive), "{what}: {policy}");
    }
}

/// What a page that is none of ours may call itself, or be called by a browser that is tricked.
fn foreign_origins(host: &str) -> Vec<String> {
    let port = host.rsplit_once(':').expect("a port").1;
    let of_names = [
        "evil.example",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "0.0.0.0",
        "2130706433",
        "0x7f000001",
        "127.1",
        "127.0.0.1.",
        "127.0.0.1.evil.example",
        "evil.example/127.0.0.1",
        "127.0.0.1@evil.example",
        "evil.example#127.0.0.1",
        "evil.example?127.0.0.1",
        "[::ffff:127.0.0.1]",
    ];
    let mut all: Vec<String> = of_names.map(|name| format!("http://{name}:{port}")).into();
    all.retain(|origin| *origin != format!("http://{host}"));
    all.extend(of_names.map(|name| format!("https://{name}")));
    all.extend(["ftp", "ws", "wss", "file", "http:http", "javascript"].map(|scheme| format!("{scheme}://{host}")));
    all.extend([
        format!("http://{host}0"),
        format!("http://{host}/"),
        format!("http://{host}, http://{host}"),
        format!("http://{host} http://evil.example"),
        format!("http:/{host}"),
        format!("http:///{host}"),
        format!("http:\\\\{host}"),
        format!("//{host}"),
        format!("http://:{port}"),
        format!("HTTP://{host}"),
        "http://".to_owned(),
        "null".to_owned(),
        "*".to_owned(),
        host.to_owned(),
        String::new(),
    ]);
    all
}

/// It is decided before it is known what is asked for.
#[tokio::test]
async fn no_other_page_changes_or_opens_anything() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append_message("INBOX", "", &letter("x")).await;
    let browser = bridge.sign_in("ana").await;
    let message = browser.open("INBOX").await.messages().remove(0);
    let foreign = foreign_origins(&bridge.address.to_string());
    assert!(foreign.len() >= 50, "{}", foreign.len());
    let mut paths: Vec<String> = patterns().iter().map(|pattern| path(pattern, &message, "1")).collect();
    paths.extend(["/none", "/socket/", "//socket", "/SOCKET", "/socket?x"].map(str::to_owned));
    for path in &paths {
        for origin in &foreign {
            let headers = [("Origin", origin.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
            for method in ["POST", "DELETE"] {
                assert_eq!(
                    browser.request(method, path, &headers, b"").await.status,
                    403,
                    "{method} {path} of {origin:?}"
                );
            }
            assert_eq!(browser.knock_at(path, &[("Origin", origin)]).await.err(), Some(403), "{path} of {origin:?}");
        }
        // A browser that says from where, whatever it says of the page.
        let ours = browser.origin();
        for site in ["cross-site", "same-site", "none-such", ""] {
            let headers = [("Origin", ours.as_str()), ("Sec-Fetch-Site", site)];
            assert_eq!(browser.request("POST", path, &headers, b"").await.status, 403, "{path} {site}");
            assert_eq!(browser.knock_at(path, &headers).await.err(), Some(403), "{path} {site}");
        }
        assert_eq!(browser.knock_at(path, &[]).await.err(), Some(403), "{path} of no page");
    }
    // All the while nothing has happened.
    assert_eq!(browser.open("INBOX").await.messages(), [message]);
}

#[tokio::test]
async fn each_page_has_a_nonce_of_its_own() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut seen = HashSet::new();
    for path in ["/mail/INBOX", "/mail/INBOX", "/collectors", "/collectors"] {
        let answer = browser.get(path).await;
        let policy = of(&answer, "content-security-policy");
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert!(nonce.len() >= 32 && answer.text().contains(&nonce), "{path}: {policy}");
        assert!(seen.insert(nonce), "{path}");
    }
}

/// Origins that are not ours, however much they look like it.
fn foreign(ours: &str) -> Vec<String> {
    let host = ours.trim_start_matches("http://");
    let (name, port) = host.split_once(':').expect("a port");
    let mut all: Vec<String> = [
        "null",
        "",
        "http://",
        "https://",
        "//",
        "file://",
        "about:blank",
        "data:",
        "http://evil.example",
        "https://evil.example",
        "http://localhost",
        "http://[::1]",
        "http://0.0.0.0",
        "http://127.0.0.1",
        "https://127.0.0.1",
        "http://127.0.0.1:80",
        "chrome-extension://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "moz-extension://x",
        "capacitor://localhost",
        "ionic://localhost",
    ]
    .map(str::to_owned)
    .to_vec();
    all.extend([
        format!("{ours}.evil.example"),
        format!("http://evil.example/{host}"),
        format!("http://evil.example?{host}"),
        format!("http://evil.example#{host}"),
        format!("http://{host}@evil.example"),
        format!("http://evil.example@{host}"),
        format!("http://evil.example:{port}"),
        format!("http://x{host}"),
        format!("http://{name}:{port}0"),
        format!("http://{name}:1"),
        format!("http://{name}.:{port}"),
        format!("{ours}/"),
        format!("{ours}/x"),
        format!("{ours},http://evil.example"),
        format!("http://evil.example,{ours}"),
        format!("{ours} http://evil.example"),
        format!("HTTP://{host}x"),
        format!("ws://{host}"),
        format!("ftp://{host}"),
        format!("http:{host}"),
        format!("http:///{host}"),
        format!("http://2130706433:{port}"),
        host.to_owned(),
    ]);
    assert!(all.len() >= 40);
    all
}

#[tokio::test]
async fn nothing_is_changed_for_another_site() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append_message("INBOX", "", &letter("x")).await;
    let browser = bridge.sign_in("ana").await;
    let message = browser.open("INBOX").await.messages().remove(0);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for pattern in patterns() {
        let path = path(&pattern, &message, "1");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            for header in [("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-site")] {
                let answer = browser.request(method, &path, &[form, header], b"").await;
                assert_eq!(answer.status, 403, "{method} {path} {header:?}");
            }
        }
    }
    for origin in foreign(&browser.origin()) {
        let answer = browser.request("POST", "/logout", &[form, ("Origin", &origin)], b"").await;
        assert_eq!(answer.status, 403, "{origin:?}");
        assert_eq!(browser.knock(&[("Origin", &origin)]).await.err(), Some(403), "{origin:?}");
    }
    assert_eq!(browser.get("/mail/INBOX").await.status, 200, "still signed in");
}

#[tokio::test]
async fn what_is_anothers_is_as_if_it_were_not_there() {
    let bridge = TestBridge::start().await;
    bridge.mail("ana").append("INBOX", "for ana").await;
    let (ana, boris) = (bridge.sign_in("ana").await, bridge.sign_in("boris").await);
    let mut tab = ana.open("INBOX").await;
    let message = tab.messages().remove(0);
    let blob = ana.upload("secret.png", "image/png", b"\x89PNG for ana").await.expect("an upload").blob.0;
    let keep = Command::KeepTemplate {
        name: "for ana".into(),
        subject: String::new(),
        text: "for ana".into(),
        formatted: false,
    };
    tab.ask(keep).await;
    tab.submit(&draft_to(&["nobody-here@pismo.test"], "for ana")).await;
    let server = format!("imap+insecure://127.0.0.1:{}", bridge.server.imap_port());
    let fields = [("address", boris.address.as_str()), ("password", PASSWORD), ("server", &server)];
    assert_eq!(ana.submit("/collectors/add", &fields).await.status, 303);
    // A login that is not this one can be ended.
    let _elsewhere = bridge.sign_in("ana").await;
    assert_eq!(add(&ana, &bridge.address_of("alias"), &[]).await.status, 303);
    let taken = given(&ana, "people.vcf", CARDS).await;
    assert_eq!(ana.submit(&format!("{taken}/take"), &[]).await.status, 303);
    let import = given(&ana, "more.vcf", &CARDS.replace("pismo.test", "for-ana.test")).await;
    let import = import.rsplit('/').next().expect("a number").to_owned();
    let (collected, people) = (ana.get("/collectors").await.text(), ana.get("/contacts/export").await.text());
    let mut unknown = message.clone();
    unknown.account.0 += 1_000_000;
    let mut understood: BTreeMap<String, Vec<(String, u16)>> = BTreeMap::new();
    for pattern in patterns().into_iter().filter(|pattern| pattern.contains("{id}") || pattern.contains("{account}")) {
        let kind = pattern.split('/').nth(1).expect("a name");
        let ids = match kind {
            "blobs" => vec![blob.clone()],
            "message" | "remote" => vec![String::new()],
            "contacts" if pattern.starts_with("/contacts/import") => vec![import.clone()],
            _ => numbers(&ana, kind).await,
        };
        assert!(!ids.is_empty() || kind == "logins", "{pattern}");
        let buttons = match kind {
            "collectors" => &["run", "pause", "retry", "remove"][..],
            "contacts" => &["take", "drop", "undo"],
            "identities" => &["prefer", "remove"],
            _ => &["run"],
        };
        let buttons = if pattern.contains("{asked}") { buttons } else { &["run"] };
        for (id, asked_for) in ids.iter().flat_map(|id| buttons.iter().map(move |button| (id, button))) {
            for (method, body) in [("GET", ""), ("POST", FIELDS)] {
                let headers = [("Content-Type", "application/x-www-form-urlencoded")];
                let own = path_of(&pattern, &message, id, asked_for);
                let asked = boris.request(method, &own, &headers, body.as_bytes()).await;
                let other = if pattern.starts_with("/blobs") { "f".repeat(32) } else { "987654321".to_owned() };
                let other = path_of(&pattern, &unknown, &other, asked_for);
                let nothing = boris.request(method, &other, &headers, body.as_bytes()).await;
                assert_eq!(asked.status, nothing.status, "{method} {own}");
                assert_eq!(asked.header("location"), nothing.header("location"), "{method} {own}");
                assert!(!asked.text().contains("for ana"), "{method} {own}");
                // Passkeys have ids of their own; see passkeys.rs.
                if method == "POST" && asked.status != 405 && !pattern.contains("passkeys") {
                    understood.entry(pattern.clone()).or_default().push((own, asked.status));
                }
            }
        }
    }
    assert_eq!(ana.get("/contacts/export").await.text(), people, "all people are there");
    assert_eq!(names(&ana.get("/collectors").await.text()), names(&collected), "all collectors are there");
    assert!(ana.get("/templates").await.text().contains("for ana"), "it is still there");
    assert_eq!(ana.get(&format!("/blobs/{blob}")).await.status, 200);
    // It was refused because it is another's, and not because it was not understood: asked by whose it is, it is something else.
    for (pattern, asked) in understood {
        let mut others = 0;
        for (path, refused) in asked {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            others += usize::from(ana.request("POST", &path, &headers, FIELDS.as_bytes()).await.status != refused);
        }
        assert!(others > 0, "{pattern}");
    }
}

/// Of every form that names something by a number, the fields.
const FIELDS: &str = "name=stolen&text=stolen&subject=stolen&of=domain&password=stolen&what=trash&count=1&minutes=5&email=stolen%40pismo.test";

/// What a page of collectors says of each that stays as it is.
fn names(page: &str) -> Vec<String> {
    page.split("data-testid=\"collector\"")
        .skip(1)
        .map(|card| card.split("<h2").nth(1).unwrap_or_default().split("</p>").next().unwrap_or_default().to_owned())
        .collect()
}

/// The numbers that a page of somebody names.
async fn numbers(browser: &Browser, kind: &str) -> Vec<String> {
    let page = browser.get(&format!("/{kind}")).await.text();
    let begins = format!("/{kind}/");
    let word = |rest: &str| rest.split(['/', '"', '?', '&']).next().unwrap_or_default().to_owned();
    // Some are random, and as long as 64 bits are in hexadecimal at least.
    let is_number =
        |word: &String| word.len() >= 16 || (!word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()));
    page.split(&begins).skip(1).map(word).filter(is_number).collect()
}
