//! Pictures on the net: fetched by way of Pismo, if they are wanted, and nothing else comes that way.

use std::sync::{Arc, Mutex};

use app::{
    route,
    wire::{Body, Command, MessageRef, PicturesOf, Remote, Reply, Uid},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{browser::Browser, http_client, tab::Tab, test_bridge::TestBridge};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR and so on";

/// A web server on the net, and what it was asked.
struct Web {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Web {
    async fn start() -> Web {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let heard = heard.clone();
                tokio::spawn(async move {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8_lossy(&head).into_owned();
                    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                    heard.lock().expect("no panic").push(head);
                    let answer = match path.split('?').next().unwrap_or_default() {
                        "/moved" => b"HTTP/1.1 302 Found\r\nLocation: /a.png\r\nContent-Length: 0\r\n\r\n".to_vec(),
                        "/round" => b"HTTP/1.1 302 Found\r\nLocation: /round\r\nContent-Length: 0\r\n\r\n".to_vec(),
                        "/file" => {
                            b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n".to_vec()
                        }
                        "/svg" => with_type("image/png", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
                        "/page" => with_type("image/png", b"<!doctype html><script>steal()</script>"),
                        "/gone" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
                        "/large" => {
                            let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
                            answer.extend_from_slice(PNG);
                            answer.resize(12 * 1024 * 1024, 0);
                            answer
                        }
                        // Its server says what it likes.
                        _ => with_type("text/html", PNG),
                    };
                    let _ = stream.write_all(&answer).await;
                });
            }
        });
        Web { port, asked }
    }

    fn address(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn with_type(content_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nSet-Cookie: a=b\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn newsletter(from: &str, id: &str, pictures: &[String]) -> String {
    let pictures: String = pictures.iter().map(|address| format!("<img src=\"{address}\">\r\n")).collect();
    format!(
        "From: {from}\r\nTo: ana@pismo.test\r\nSubject: {id}\r\nMessage-ID: <{id}@example.org>\r\n\
         Date: Mon, 23 Nov 2026 10:00:00 +0300\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>News</p>{pictures}"
    )
}

async fn remote(tab: &mut Tab, uid: Uid) -> Remote {
    let Body::Html(remote) = tab.read(uid).await.body else { panic!("HTML") };
    remote
}

/// The addresses of pictures in a body, as the browser sees them.
async fn pictures(browser: &Browser, tab: &Tab, uid: Uid) -> Vec<String> {
    let body = browser.get(&route::body_url(&tab.message(uid), "light", true)).await;
    let policy = body.header("content-security-policy").expect("a policy");
    assert!(policy.contains(&format!("img-src data: http://{}/remote/;", browser.server)), "{policy}");
    let html = body.text();
    let sources = html.split("<img src=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let base = browser.origin();
    let path = |source: &str| source.strip_prefix(&base).map(|path| path.replace("&amp;", "&"));
    sources.map(|source| path(source).unwrap_or_else(|| panic!("{source} is not here"))).collect()
}

#[tokio::test]
async fn pictures_come_by_way_of_here_and_only_pictures() {
    let (bridge, web) = (TestBridge::start().await, Web::start().await);
    let paths =
        ["/a.png?of=me&x=%20", "/moved", "/svg", "/page", "/gone", "/round", "/file"].map(|path| web.address(path));
    let others = ["https://user:secret@127.0.0.1/x", "http://127.0.0.1:1/x", "https://no-such-host.invalid/x"]
        .map(str::to_owned);
    let all = [paths.as_slice(), &others].concat();
    let uid = bridge.mail("ana").append_message("INBOX", "", &newsletter("a@example.org", "news", &all)).await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    assert_eq!(remote(&mut tab, uid).await, Remote { pictures: true, allowed: false, trackers: 0 });
    let closed = browser.get(&route::body_url(&tab.message(uid), "light", false)).await;
    assert!(!closed.text().contains("127.0.0.1"), "{}", closed.text());
    assert!(web.asked().is_empty(), "nothing was fetched");

    let shown = pictures(&browser, &tab, uid).await;
    assert_eq!(shown.len(), all.len());
    assert!(shown.iter().all(|address| address.starts_with("/remote/")), "{shown:?}");
    // A body is of no origin: its requests carry no cookie, and come from another site.
    let headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "image")];
    for (address, status) in shown.iter().zip([200, 200, 404, 404, 404, 404, 404, 404, 404, 404]) {
        let answer = http_client::send(bridge.address, "GET", address, &headers, b"").await;
        assert_eq!(answer.status, status, "{address}");
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert!(answer.header("set-cookie").is_none());
        if status == 200 {
            assert_eq!(answer.body, PNG);
            assert_eq!(answer.header("content-type").as_deref(), Some("image/png"), "not what its server says");
            assert_eq!(answer.header("cross-origin-resource-policy").as_deref(), Some("cross-origin"));
            assert!(answer.header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
        }
    }
    let asked = web.asked();
    assert!(asked[0].starts_with("GET /a.png?of=me&x=%20 HTTP/1.1\r\n"), "{}", asked[0]);
    for head in &asked {
        let head = head.to_lowercase();
        assert!(!head.contains("cookie") && !head.contains("referer") && !head.contains("forwarded"), "{head}");
    }

    // What we have not issued, or for a document, is refused before anybody is called.
    let before = web.asked().len();
    let good = shown[0].as_str();
    let (place, url) = good.split_once("?url=").expect("an address");
    let other = format!("{place}?url={}", route::encode(&web.address("/b.png")));
    let changed = good.replacen(&format!("/{}/", place.split('/').nth(2).expect("an account")), "/999/", 1);
    for (address, dest) in [(other.as_str(), "image"), (&changed, "image"), (good, "document"), (good, "iframe")] {
        let headers = [("Sec-Fetch-Dest", dest)];
        let answer = http_client::send(bridge.address, "GET", address, &headers, b"").await;
        assert_eq!(answer.status, 403, "{address} as {dest} ({url})");
    }
    assert_eq!(web.asked().len(), before);
}

/// The pictures that a message shows, and where they are had beneath a quote of it.
async fn beneath(browser: &Browser, message: &MessageRef) -> Vec<(String, String)> {
    let answer = browser.get(&route::pictures_url(message)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_str(&answer.text()).expect("JSON")
}

#[tokio::test]
async fn whoever_answers_gets_the_pictures_that_they_have_asked_for() {
    let (bridge, web) = (TestBridge::start().await, Web::start().await);
    let picture = web.address("/a.png?of=me&x=%20");
    let more = format!("{}\" width=1 height=1 alt=\"", web.address("/pixel"));
    let letter = newsletter("a@example.org", "news", &[picture.clone(), more]);
    let uid = bridge.mail("ana").append_message("INBOX", "", &letter).await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let message = tab.message(uid);
    assert!(beneath(&browser, &message).await.is_empty(), "nobody has asked");
    tab.send(Command::AllowPictures { message: message.clone(), of: PicturesOf::Message }).await.expect("a wish");
    let found = beneath(&browser, &message).await;
    let [(url, address)] = found.as_slice() else { panic!("one, and no tracker: {found:?}") };
    assert_eq!(*url, picture);
    // A page of ours asks, and no other.
    for (site, status) in [("same-origin", 200), ("same-site", 403), ("cross-site", 403)] {
        let headers = [("Sec-Fetch-Site", site), ("Sec-Fetch-Dest", "empty")];
        let answer = http_client::send(bridge.address, "GET", address, &headers, b"").await;
        assert_eq!(answer.status, status, "{site}");
        assert!(status != 200 || answer.body == PNG);
    }
    let stranger = bridge.sign_in("boris").await;
    assert_eq!(stranger.get(&route::pictures_url(&message)).await.status, 404);
    assert_eq!(bridge.browser("ana").get(&route::pictures_url(&message)).await.status, 401);
}

#[tokio::test]
async fn a_picture_without_an_end_is_cut() {
    let (bridge, web) = (TestBridge::start().await, Web::start().await);
    let source = newsletter("a@example.org", "large", &[web.address("/large")]);
    let uid = bridge.mail("ana").append_message("INBOX", "", &source).await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    let shown = pictures(&browser, &tab, uid).await;
    let answer = http_client::send_and_see(bridge.address, "GET", &shown[0], &[], b"").await;
    assert!(!answer.whole && answer.body.len() <= 8 * 1024 * 1024, "{} octets", answer.body.len());
}

#[tokio::test]
async fn nothing_of_a_private_network_is_fetched() {
    let web = Web::start().await;
    let bridge = TestBridge::with(|config| config.pictures_private = false).await;
    let port = web.port;
    // One machine by many names.
    let hosts = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0x7f.1",
        "127.0.0.1.",
        "0.0.0.0",
        "0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[0:0:0:0:0:0:0:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "127。0。0。1",
        "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
        "LOCALHOST",
        "localhost.",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "169.254.169.254",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
    ];
    let all: Vec<String> =
        hosts.iter().flat_map(|host| [format!("http://{host}:{port}/x"), format!("http://{host}/x")]).collect();
    let source = newsletter("a@example.org", "inside", &all);
    let uid = bridge.mail("ana").append_message("INBOX", "", &source).await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    let shown = pictures(&browser, &tab, uid).await;
    assert_eq!(shown.len(), all.len());
    for (address, named) in shown.iter().zip(&all) {
        let answer = http_client::send(bridge.address, "GET", address, &[], b"").await;
        assert_eq!(answer.status, 404, "{named}");
    }
    assert!(web.asked().is_empty(), "{:?}", web.asked());
}

#[tokio::test]
async fn whose_pictures_are_shown_is_remembered_and_can_be_taken_back() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let picture = ["https://pictures.example/a.png".to_owned()];
    let mut uids = Vec::new();
    for (from, id) in [
        ("Ann <ann@shop.example>", "one"),
        ("ANN@Shop.Example", "two"),
        ("ben@shop.example", "three"),
        ("ann@shop.example.evil.example", "four"),
        ("ann@shop.example, eve@evil.example", "five"),
        ("ann@shop.example", "one"),
    ] {
        uids.push(mail.append_message("INBOX", "", &newsletter(from, id, &picture)).await);
    }
    // It has the names of the first, and asks for more.
    let more = [picture[0].clone(), "https://pictures.example/who".to_owned()];
    uids.push(mail.append_message("INBOX", "", &newsletter("ann@shop.example", "one", &more)).await);
    let [one, two, three, four, five, again, other] = uids.try_into().expect("seven");
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    let allow = |tab: &Tab, uid, of| Command::AllowPictures { message: tab.message(uid), of };

    let command = allow(&tab, one, PicturesOf::Message);
    assert_eq!(tab.ask(command).await, Reply::Done);
    assert!(remote(&mut tab, one).await.allowed && remote(&mut tab, again).await.allowed, "it is the same message");
    assert!(!remote(&mut tab, two).await.allowed && !remote(&mut tab, three).await.allowed);
    assert!(!remote(&mut tab, other).await.allowed, "it only calls itself the same");

    let command = allow(&tab, one, PicturesOf::Sender);
    assert_eq!(tab.ask(command).await, Reply::Done);
    assert!(remote(&mut tab, two).await.allowed, "letters do not count in addresses");
    let not_meant = [three, four, five];
    for uid in not_meant {
        assert!(!remote(&mut tab, uid).await.allowed);
    }
    let command = allow(&tab, one, PicturesOf::Domain);
    assert_eq!(tab.ask(command).await, Reply::Done);
    assert!(remote(&mut tab, three).await.allowed);
    assert!(!remote(&mut tab, four).await.allowed && !remote(&mut tab, five).await.allowed);
    let command = allow(&tab, five, PicturesOf::Sender);
    assert!(tab.send(command).await.is_err(), "of two senders none is known");

    let page = browser.get("/pictures").await.text();
    assert!(page.contains("ann@shop.example") && page.contains("everybody at shop.example"), "{page}");
    for fields in [[("of", "domain"), ("value", "shop.example")], [("of", "message"), ("value", "")]] {
        assert_eq!(browser.submit("/pictures/forget", &fields).await.status, 303);
    }
    assert!(!remote(&mut tab, three).await.allowed && remote(&mut tab, two).await.allowed);
    let fields = [("of", "sender"), ("value", "ann@shop.example")];
    // Nobody else can take it back, or has it.
    let stranger = bridge.sign_in("boris").await;
    assert_eq!(stranger.submit("/pictures/forget", &fields).await.status, 303);
    assert!(!stranger.get("/pictures").await.text().contains("shop.example"));
    assert!(remote(&mut tab, two).await.allowed);
    assert_eq!(browser.submit("/pictures/forget", &fields).await.status, 303);
    for uid in [one, two, three, again] {
        assert!(!remote(&mut tab, uid).await.allowed);
    }
}
