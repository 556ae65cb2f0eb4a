//! Messages over HTTP: bodies in their frame, attachments, source, header, print.

use app::{
    route,
    wire::{Body, Command, Error, Flag, MessageRef, Remote, Reply, Uid, UidValidity},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    browser::Browser,
    http_client::Answer,
    mail::letter,
    mail_server::MailServer,
    recording_proxy::RecordingProxy,
    tab::Tab,
    test_bridge::{TestBridge, imap},
};

/// An HTML body with an inline image and remote ones, a PDF with a name in koi8-r, and a page that must not be opened.
pub const WITH_FILES: &str = concat!(
    "From: =?koi8-r?B?4c7OwQ==?= <anna@example.org>\r\n",
    "To: ana@pismo.test\r\n",
    "Subject: =?koi8-r?B?79Teo9Qg2sEgzs/RwtLY?=\r\n",
    "Date: Mon, 23 Nov 2026 10:00:00 +0300\r\n",
    "Message-ID: <files@example.org>\r\n",
    "X-Odd: something\r\n",
    "MIME-Version: 1.0\r\n",
    "Content-Type: multipart/mixed; boundary=outer\r\n\r\n",
    "--outer\r\nContent-Type: multipart/related; boundary=inner\r\n\r\n",
    "--inner\r\nContent-Type: text/html; charset=koi8-r\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n",
    "<html><body><p onclick=3D\"steal()\">=F0=D2=C9=D7=C5=D4</p><script>steal()</script>\r\n",
    "<img src=3D\"cid:dot@example.org\"><img src=3D\"http://tracker.example/pixel.gif\">\r\n",
    "<div style=3D\"background-image:url(https://tracker.example/bg.png)\">x</div>\r\n",
    "<a href=3D\"javascript:steal()\">bad</a> <a href=3D\"https://example.org/\">good</a>\r\n",
    "<form action=3D\"https://tracker.example/\"><input name=3D\"password\"></form></body></html>\r\n",
    "--inner\r\nContent-Type: image/gif; name=dot.gif\r\nContent-ID: <dot@example.org>\r\n",
    "Content-Disposition: inline; filename=dot.gif\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\r\n",
    "--inner--\r\n",
    "--outer\r\nContent-Type: application/pdf; name=\"=?koi8-r?B?79Teo9QucGRm?=\"\r\n",
    "Content-Disposition: attachment; filename=\"=?koi8-r?B?79Teo9QucGRm?=\"\r\n",
    "Content-Transfer-Encoding: base64\r\n\r\n",
    "JVBERi0xLjQKAP/+\r\n",
    "--outer\r\nContent-Type: text/html; name=\"page.html\"\r\n",
    "Content-Disposition: attachment; filename=\"page.html\"\r\nContent-Transfer-Encoding: 7bit\r\n\r\n",
    "<script>steal()</script>\r\n",
    "--outer\r\nContent-Type: image/svg+xml; name=\"picture.svg\"\r\n",
    "Content-Disposition: attachment; filename=\"picture.svg\"\r\n\r\n",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>steal()</script></svg>\r\n",
    "--outer--\r\n",
);

/// What the PDF is made of.
const PDF: &[u8] = b"%PDF-1.4\n\x00\xff\xfe";

/// A message in the inbox of a user, and a tab and a browser that see it.
async fn message(source: &str) -> (TestBridge, Browser, Tab, Uid) {
    let bridge = TestBridge::start().await;
    let uid = bridge.mail("ana").append_message("INBOX", "", source).await;
    let browser = bridge.sign_in("ana").await;
    let tab = browser.open("INBOX").await;
    (bridge, browser, tab, uid)
}

fn policy(answer: &Answer) -> String {
    answer.header("content-security-policy").expect("a policy")
}

#[tokio::test]
async fn plain_text_is_read_as_text() {
    let (_bridge, _, mut tab, uid) = message(&letter("plain")).await;
    let message = tab.read(uid).await;
    assert_eq!(message.subject, "plain");
    assert_eq!(message.from[0].email, "boris@example.org");
    let Body::Text { text, truncated } = message.body else { panic!("text") };
    assert_eq!((text.trim_end(), truncated), ("The text of plain.", false));
    assert!(message.attachments.is_empty());
    assert!(message.flags.is_empty(), "reading marks nothing by itself");
}

#[tokio::test]
async fn a_message_that_is_read_again_has_the_flags_of_now() {
    let (bridge, _, mut tab, uid) = message(&letter("plain")).await;
    tab.read(uid).await;
    tab.flag(uid, Flag::Seen, true).await;
    assert_eq!(tab.read(uid).await.flags, [Flag::Seen]);
    bridge.mail("ana").store("INBOX", uid, Flag::Seen, false).await;
    tab.until("the flag", |view| !view.has(uid, &Flag::Seen)).await;
    assert!(tab.read(uid).await.flags.is_empty());
}

#[tokio::test]
async fn an_html_body_is_framed_and_harmless() {
    let (_bridge, browser, mut tab, uid) = message(WITH_FILES).await;
    let read = tab.read(uid).await;
    assert_eq!(read.body, Body::Html(Remote { pictures: true, allowed: false, trackers: 0 }));
    assert_eq!(read.subject, "Отчёт за ноябрь");
    let names: Vec<(&str, &str)> =
        read.attachments.iter().map(|part| (part.name.as_str(), part.content_type.as_str())).collect();
    let expected = [("Отчёт.pdf", "application/pdf"), ("page.html", "text/html"), ("picture.svg", "image/svg+xml")];
    assert_eq!(names, expected, "the inline image is no attachment");

    let answer = browser.get(&route::body_url(&read.message, "light", false)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type").as_deref(), Some("text/html; charset=utf-8"));
    let policy = policy(&answer);
    for directive in ["default-src 'none'", "img-src data:", "sandbox", "form-action 'none'", "base-uri 'none'"] {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("http") && !policy.contains("allow-scripts") && !policy.contains("allow-same-origin"));
    let html = answer.text();
    assert!(html.contains("Привет"), "{html}");
    for evil in ["steal", "tracker.example", "<script", "javascript:", "<form", "onclick"] {
        assert!(!html.contains(evil), "{evil} in {html}");
    }
    assert!(html.contains("src=\"data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7\""));
    assert!(html.contains("https://example.org/"), "a link stays");
}

#[tokio::test]
async fn attachments_come_as_they_were_sent() {
    let (_bridge, browser, mut tab, uid) = message(WITH_FILES).await;
    let read = tab.read(uid).await;
    let url = |name: &str, inline| {
        let part = read.attachments.iter().find(|part| part.name == name).expect("a part");
        route::part_url(&read.message, &part.section, inline)
    };
    let pdf = browser.get(&url("Отчёт.pdf", false)).await;
    assert_eq!((pdf.status, pdf.body.as_slice()), (200, PDF));
    assert_eq!(pdf.header("content-type").as_deref(), Some("application/octet-stream"));
    let disposition = pdf.header("content-disposition").expect("a disposition");
    assert!(disposition.starts_with("attachment;"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''%D0%9E%D1%82%D1%87%D1%91%D1%82.pdf"), "{disposition}");

    let shown = browser.get(&url("Отчёт.pdf", true)).await;
    assert_eq!(shown.header("content-type").as_deref(), Some("application/pdf"));
    assert!(shown.header("content-disposition").expect("a disposition").starts_with("inline;"));
    // A viewer of PDF does not run in a sandbox; nothing of it may run or fetch either.
    let allowed = policy(&shown);
    assert!(allowed.starts_with("default-src 'none'; object-src 'self'; ") && !allowed.contains("script"), "{allowed}");
    for (name, inline, content_type) in [
        ("page.html", false, "application/octet-stream"),
        ("page.html", true, "text/plain; charset=utf-8"),
        ("picture.svg", false, "application/octet-stream"),
        ("picture.svg", true, ""),
    ] {
        let answer = browser.get(&url(name, inline)).await;
        assert_eq!(answer.status, 200);
        let given = answer.header("content-type").expect("a type");
        assert!(!given.starts_with("text/html") && !given.starts_with("image/svg"), "{name}: {given}");
        assert!(content_type.is_empty() || given == content_type, "{name}: {given}");
        assert!(policy(&answer).contains("sandbox"), "{name}");
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
    }
}

/// A file that is fetched in several pieces, and a message with it.
fn long_file() -> (Vec<u8>, String) {
    let bytes: Vec<u8> = (0u32..700_000).map(|number| (number.wrapping_mul(7919) >> 3) as u8).collect();
    let encoded = STANDARD.encode(&bytes);
    let mut source = String::from(
        "From: a@example.org\r\nSubject: long\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nhere\r\n\
         --b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=\"a \\\"b\\\".zip\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n",
    );
    for line in encoded.as_bytes().chunks(76) {
        source.push_str(std::str::from_utf8(line).expect("base64"));
        source.push_str("\r\n");
    }
    source.push_str("--b--\r\n");
    (bytes, source)
}

#[tokio::test]
async fn a_long_attachment_comes_byte_for_byte() {
    let (bytes, source) = long_file();
    let (_bridge, browser, mut tab, uid) = message(&source).await;
    let read = tab.read(uid).await;
    let part = &read.attachments[0];
    let near = part.size.abs_diff(700_000);
    assert!(near < 20_000, "the size is near: {}", part.size);
    let answer = browser.get(&route::part_url(&read.message, &part.section, false)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == bytes, "{} bytes came", answer.body.len());
    let whole = browser.get(&route::source_url(&read.message)).await;
    assert!(whole.body == source.as_bytes(), "{} of {} bytes came", whole.body.len(), source.len());
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let (bytes, source) = long_file();
    let (_bridge, browser, mut tab, uid) = message(&source).await;
    let read = tab.read(uid).await;
    let part = route::part_url(&read.message, &read.attachments[0].section, false);
    for (url, whole) in [(part, bytes.as_slice()), (route::source_url(&read.message), source.as_bytes())] {
        let (total, path) = (whole.len(), url.as_str());
        let known = browser.get(path).await;
        assert_eq!(known.header("accept-ranges").as_deref(), Some("bytes"));
        let tag = known.header("etag").expect("a tag");
        let get = async |range: &str, known: &str| {
            browser.request("GET", path, &[("range", range), ("if-range", known)], b"").await
        };
        for (range, start, end) in [
            ("bytes=0-9".to_owned(), 0, 9),
            ("bytes=300000-699000".to_owned(), 300_000, 699_000),
            (format!("bytes={}-", total - 3), total - 3, total - 1),
            ("bytes=-5".to_owned(), total - 5, total - 1),
        ] {
            let answer = get(&range, &tag).await;
            assert_eq!(answer.status, 206, "{range}");
            assert!(answer.body == whole[start..=end], "{range}: {} bytes came", answer.body.len());
            let place = answer.header("content-range");
            assert_eq!(place, Some(format!("bytes {start}-{end}/{total}")), "{range}");
        }
        let outside = get(&format!("bytes={total}-"), &tag).await;
        assert_eq!((outside.status, outside.header("content-range")), (416, Some(format!("bytes */{total}"))));
        for (range, known) in [("bytes=0-9", "\"another\""), ("bytes=0-1,5-6", tag.as_str()), ("lines=1-2", &tag)] {
            let answer = get(range, known).await;
            assert_eq!((answer.status, answer.body.len()), (200, total), "{range} {known}");
        }
    }
}

#[tokio::test]
async fn source_headers_and_print_show_the_message() {
    let (_bridge, browser, tab, uid) = message(WITH_FILES).await;
    let message = tab.message(uid);
    let source = browser.get(&route::source_url(&message)).await;
    assert_eq!(source.body, WITH_FILES.as_bytes());
    assert!(source.header("content-disposition").expect("a disposition").starts_with("attachment"));

    let headers = browser.get(&route::headers_url(&message)).await;
    assert_eq!(headers.header("content-type").as_deref(), Some("text/plain; charset=utf-8"));
    assert!(headers.text().contains("X-Odd: something\r\n") && !headers.text().contains("--outer"));

    let print = browser.get(&route::print_url(&message, false)).await;
    let html = print.text();
    assert!(html.contains("Отчёт за ноябрь") && html.contains("anna@example.org") && html.contains("Привет"), "{html}");
    assert!(!html.contains("steal") && !html.contains("tracker.example"), "{html}");
    let policy = policy(&print);
    assert!(policy.contains("default-src 'none'") && policy.contains("allow-scripts allow-modals;"), "{policy}");
    assert!(!policy.contains("allow-same-origin") && !policy.contains("connect-src"), "{policy}");
    let (_, nonce) = policy.split_once("'nonce-").expect("a nonce");
    let nonce = &nonce[..32];
    assert_eq!(html.matches("<script").count(), 1, "{html}");
    assert!(html.contains(&format!("<script nonce=\"{nonce}\">addEventListener")), "{html}");
    assert!(!browser.get(&route::print_url(&message, false)).await.text().contains(nonce), "a nonce is used once");
    let headers = [("Accept-Language", "ru")];
    let russian = browser.request("GET", &route::print_url(&message, false), &headers, b"").await.text();
    assert!(html.contains(">From&emsp;") && russian.contains(">От кого&emsp;"), "{russian}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (bridge, browser, mut tab, uid) = message(WITH_FILES).await;
    let known = tab.message(uid);
    let others = [
        MessageRef { uid: Uid(999), ..known.clone() },
        MessageRef { uid_validity: UidValidity(known.uid_validity.0 + 1), ..known.clone() },
        MessageRef { mailbox: "Nowhere".to_owned(), ..known.clone() },
        MessageRef { mailbox: "a\r\nb".to_owned(), ..known.clone() },
    ];
    for message in &others {
        for url in [
            route::body_url(message, "light", false),
            route::part_url(message, "2", false),
            route::source_url(message),
            route::headers_url(message),
            route::pictures_url(message),
            route::print_url(message, false),
        ] {
            let answer = browser.get(&url).await;
            assert!((400..500).contains(&answer.status), "{url}: {} {}", answer.status, answer.text());
        }
        let result = tab.send(Command::Read { message: message.clone() }).await;
        assert!(matches!(result, Err(Error::Gone | Error::BadRequest { .. })), "{result:?}");
    }
    for section in ["9", "1.1.1.1", "0", "TEXT", "HEADER", "../..", "%0d%0aA1 LOGOUT", ""] {
        let url = route::part_url(&known, section, false);
        assert!((400..500).contains(&browser.get(&url).await.status), "{section}");
    }
    for path in ["/message/1/2/body?mailbox=INBOX", "/message/a/b/c/body?mailbox=INBOX", "/message/1/1/1/body"] {
        assert!((400..500).contains(&browser.get(path).await.status), "{path}");
    }
    bridge.mail("ana").append("INBOX", "still there").await;
    tab.until("the next message", |view| view.total() == 2).await;
}

#[tokio::test]
async fn broken_messages_are_shown_as_far_as_they_go() {
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let nested: String = (0..200)
        .map(|level| format!("Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"))
        .collect();
    let sources = [
        "no header at all".to_owned(),
        "Subject: =?utf-8?B?!!!?= =?nonsense?Q?=ZZ?=\r\n\r\nx".to_owned(),
        "Subject: cut\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>half".to_owned(),
        "Subject: no boundary\r\nContent-Type: multipart/alternative\r\n\r\n--\r\nx".to_owned(),
        "Subject: odd charset\r\nContent-Type: text/plain; charset=klingon\r\n\r\ntext".to_owned(),
        "Subject: bad base64\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!====PGI+".to_owned(),
        format!("Subject: nested\r\nMIME-Version: 1.0\r\n{nested}Content-Type: text/plain\r\n\r\ndeep"),
        format!("Subject: long\r\nFrom: {}\r\n\r\nx", "a@example.org, ".repeat(2000)),
        String::new(),
    ];
    let mut uids = Vec::new();
    for source in &sources {
        uids.push(mail.append_message("INBOX", "", if source.is_empty() { "\r\n" } else { source.as_str() }).await);
    }
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    assert_eq!(tab.messages().len(), sources.len(), "every message has a row");
    for uid in uids {
        tab.read(uid).await;
        let message = tab.message(uid);
        assert_eq!(browser.get(&route::body_url(&message, "dark", false)).await.status, 200);
        assert_eq!(browser.get(&route::print_url(&message, false)).await.status, 200);
        assert_eq!(browser.get(&route::source_url(&message)).await.status, 200);
    }
}

#[tokio::test]
async fn a_long_text_that_does_not_come_delays_nothing_else() {
    let server = MailServer::shared_with_smtp();
    let proxy = RecordingProxy::start(server.imap_port()).await;
    let port = proxy.port;
    let bridge = TestBridge::on(server, |config| config.imap = Some(imap(port))).await;
    let mut mail = bridge.mail("ana");
    let story = "A long story about a lighthouse.\r\n".repeat(6000) + "Here it ends.\r\n";
    let long = mail.append_message("INBOX", "", &(letter("long") + &story)).await;
    let short = mail.append("INBOX", "short").await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;

    proxy.rewrite(|said| if said.windows(10).any(|seen| seen == b"lighthouse") { Vec::new() } else { said });
    let reading = tab.say(Command::Read { message: tab.message(long) }).await;
    mail.store("INBOX", long, Flag::Flagged, true).await;
    tab.until("the flag", |view| view.has(long, &Flag::Flagged)).await;
    assert_eq!(tab.read(short).await.subject, "short");
    assert_eq!(tab.take_answer(reading), None, "it has not come");

    proxy.stop_rewriting();
    proxy.cut();
    let Ok(Reply::Message(message)) = tab.answer(reading).await else { panic!("no message") };
    assert!(matches!(&message.body, Body::Text { text, .. } if text.ends_with("Here it ends.\n")), "all of it");
    assert_eq!(message.flags, [Flag::Flagged]);
}
