use std::path::PathBuf;

use mail_parser::{MessageParser, MimeHeaders};

use super::*;
use crate::mime::{Headers, text::unflow};

fn address(name: &str, email: &str) -> Address {
    Address { name: name.to_owned(), email: email.to_owned() }
}

fn simple(subject: &str, body: &str, message_id: &str) -> Vec<u8> {
    let from = address("Ана", "ana@pismo.test");
    let to = [address("Борис, the \"B\"", "boris@pismo.test"), address("", "c@почта.рф")];
    build_to_vec(&Outgoing {
        from: &from,
        reply_to: &[],
        to: &to,
        cc: &[],
        bcc: &[],
        subject,
        date: 1_763_708_700,
        message_id,
        references: &[],
        body,
        html: None,
        attachments: &[],
        draft: None,
        wishes: Wishes::default(),
    })
    .expect("built")
}

fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("pismo-build-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).expect("a file");
    path
}

#[test]
fn a_message_is_read_back_as_it_was_written() {
    let long = "слово ".repeat(60);
    for subject in
        ["Hello", "Привет, как дела?", "", "=?utf-8?Q?x?= looks encoded", &"x".repeat(300), &long, "tab\tand 'quotes'"]
    {
        for body in
            ["Hello\n", "Привет!\n\n> old\n-- \nАна\n", "naïve café\n", &"y".repeat(3000), "", "=\n.\n..\nFrom me\n"]
        {
            let message = simple(subject, body, "1.2@pismo.test");
            assert!(message.is_ascii());
            let headers = Headers::parse(&message);
            assert_eq!(headers.text("Subject"), subject.replace('\t', " ").trim(), "{subject}");
            let parsed = MessageParser::new().parse(&message).expect("parsed");
            let text = parsed.body_text(0).expect("text").replace("\r\n", "\n");
            let expected = if body.is_empty() || body.ends_with('\n') { body.to_owned() } else { format!("{body}\n") };
            assert_eq!(unflow(&text, false), expected, "{body:?}");
            let lines = String::from_utf8(message).expect("ASCII");
            assert!(lines.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])), "{lines}");
        }
    }
}

#[test]
fn addresses_and_ids_are_read_back() {
    let references: Vec<String> = (0..100).map(|number| format!("ref{number}@x")).collect();
    let from = address("Ана", "ana@pismo.test");
    let to: Vec<_> = (0..50).map(|number| address("Имя, с \"кавычками\"", &format!("to{number}@x.example"))).collect();
    let outgoing = Outgoing {
        from: &from,
        reply_to: &[],
        to: &to,
        cc: &[],
        bcc: &[address("", "secret@x.example")],
        subject: "x",
        date: 1_763_708_700,
        message_id: "1.2@pismo.test",
        references: &references,
        body: "",
        html: None,
        attachments: &[],
        draft: None,
        wishes: Wishes::default(),
    };
    let headers = Headers::parse(&build_to_vec(&outgoing).expect("built"));
    assert_eq!(headers.addresses("From"), std::slice::from_ref(&from));
    assert_eq!(headers.addresses("To"), to);
    assert_eq!(headers.raw("Bcc"), None);
    assert_eq!(headers.date(), Some(1_763_708_700));
    assert_eq!(headers.message_ids("Message-ID"), ["1.2@pismo.test"]);
    assert_eq!(headers.message_ids("In-Reply-To"), ["ref99@x"]);
    let kept = headers.message_ids("References");
    assert_eq!(
        (kept.len(), kept.first().map(String::as_str), kept.last().map(String::as_str)),
        (40, Some("ref0@x"), Some("ref99@x"))
    );

    let draft = Outgoing { draft: Some("ab12\r\nX: y"), ..outgoing };
    let headers = Headers::parse(&build_to_vec(&draft).expect("built"));
    assert_eq!(headers.addresses("Bcc"), [address("", "secret@x.example")]);
    assert_eq!(headers.text(DRAFT_FIELD), "ab12Xy");
    assert_eq!(headers.raw("X"), None);
}

#[test]
fn nothing_typed_adds_a_field_or_ends_the_header() {
    let fields = |message: &[u8]| Headers::parse(message).iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    let usual = fields(&simple("x", "x", "1@x"));
    for evil in [
        "x\r\nBcc: evil@x.example",
        "x\nBcc: evil@x.example",
        "x\rBcc: e@x",
        "x\r\n\r\nbody",
        "x\0y",
        "x\u{2028}Bcc: e@x",
        "x\u{85}Bcc: e@x",
    ] {
        let message = simple(evil, "x", "1@x");
        assert_eq!(fields(&message), usual, "{evil:?}");
        let message = simple("x", "x", evil);
        assert_eq!(fields(&message), usual, "{evil:?}");
        let named = address(evil, "a@x.example");
        let from = address("", "ana@pismo.test");
        let references = [evil.to_owned()];
        let mut outgoing = Outgoing {
            from: &from,
            reply_to: &[],
            to: std::slice::from_ref(&named),
            cc: &[],
            bcc: &[],
            subject: "x",
            date: 0,
            message_id: "1@x",
            references: &references,
            body: evil,
            html: None,
            attachments: &[],
            draft: None,
            wishes: Wishes::default(),
        };
        let message = build_to_vec(&outgoing).expect("built");
        assert!(!fields(&message).contains(&"bcc".to_owned()), "{evil:?}");
        let path = file("evil", b"x");
        let files = [OutgoingFile { path: &path, name: evil, content_type: evil, content_id: None }];
        outgoing.attachments = &files;
        let message = build_to_vec(&outgoing).expect("built");
        let parsed = MessageParser::new().parse(&message).expect("parsed");
        assert_eq!(parsed.attachment_count(), 1, "{evil:?}");
        assert!(!fields(&message).contains(&"bcc".to_owned()), "{evil:?}");
        let not_one = address("", &format!("a@x.example{evil}"));
        outgoing.to = std::slice::from_ref(&not_one);
        assert_eq!(build_to_vec(&outgoing).expect_err("refused").kind(), io::ErrorKind::InvalidInput);
    }
}

#[test]
fn files_are_read_back_with_their_names() {
    let from = address("", "ana@pismo.test");
    let bytes: Vec<u8> = (0..200_000u32).map(|number| (number * 7 % 256) as u8).collect();
    let path = file("data", &bytes);
    for (name, content_type, read_type) in [
        ("report.pdf", "application/pdf", "application/pdf"),
        (
            "Отчёт за ноябрь 2025 года, окончательный вариант — подписанный.docx",
            "application/msword",
            "application/msword",
        ),
        ("say \"hi\" \\o/.txt", "text/plain; charset=x", "text/plain"),
        ("=?utf-8?Q?x?=.txt", "bad type", "application/octet-stream"),
        ("page.html", "multipart/mixed", "application/octet-stream"),
        ("forwarded.eml", "message/rfc822", "application/octet-stream"),
    ] {
        let files = [OutgoingFile { path: &path, name, content_type, content_id: None }];
        let outgoing = Outgoing {
            from: &from,
            reply_to: &[],
            to: &[],
            cc: &[],
            bcc: &[],
            subject: "x",
            date: 0,
            message_id: "1@x",
            references: &[],
            body: "text\n",
            html: None,
            attachments: &files,
            draft: None,
            wishes: Wishes::default(),
        };
        let message = build_to_vec(&outgoing).expect("built");
        assert!(message.split(|byte| *byte == b'\n').all(|line| line.len() <= 200));
        let parsed = MessageParser::new().parse(&message).expect("parsed");
        let part = parsed.attachment(0).expect("attachment");
        // The parser decodes text by its charset.
        assert!(read_type.starts_with("text/") || part.contents() == bytes, "{name}");
        let kind = part.content_type().expect("type");
        assert_eq!(format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()), read_type);
        // By our own reader: both spellings of the name.
        let text = String::from_utf8(message).expect("ASCII");
        let (_, head) = text.split_once("text\r\n").expect("second part");
        let head = Headers::parse(
            head.split_once("\r\n")
                .map_or(head, |(_, rest)| rest)
                .trim_start_matches("\r\n")
                .split_once("\r\n")
                .expect("boundary")
                .1
                .as_bytes(),
        );
        let (_, params) = crate::mime::header::parameters(head.raw("Content-Disposition").expect("disposition"));
        let expected = crate::mime::shown::clean_name(name);
        assert_eq!(crate::mime::header::parameter(&params, "filename").as_deref(), Some(expected.as_str()));
        let (_, params) = crate::mime::header::parameters(head.raw("Content-Type").expect("type"));
        assert_eq!(crate::mime::header::parameter(&params, "name").as_deref(), Some(expected.as_str()));
    }
}

#[test]
fn a_text_keeps_its_charset_and_a_calendar_its_method() {
    let from = address("", "ana@pismo.test");
    let path = file("poem", b"\xE2\xC5\xCC\xC5\xC5\xD4");
    for (given, written) in [
        ("text/plain; charset=koi8-r", "text/plain; charset=koi8-r;"),
        ("text/plain; charset=a b\r\nX: y", "text/plain;"),
        ("application/pdf; charset=koi8-r", "application/pdf;"),
        ("text/calendar; charset=utf-8; method=request", "text/calendar; charset=utf-8; method=request;"),
        ("text/calendar; method=a b; x=y", "text/calendar;"),
        ("text/plain; method=request", "text/plain;"),
    ] {
        let files = [OutgoingFile { path: &path, name: "poem.txt", content_type: given, content_id: None }];
        let outgoing = Outgoing {
            from: &from,
            reply_to: &[],
            to: &[],
            cc: &[],
            bcc: &[],
            subject: "x",
            date: 0,
            message_id: "1@x",
            references: &[],
            body: "text\n",
            html: None,
            attachments: &files,
            draft: None,
            wishes: Wishes::default(),
        };
        let message = String::from_utf8(build_to_vec(&outgoing).expect("built")).expect("ASCII");
        assert!(message.contains(&format!("\r\nContent-Type: {written}\r\n")), "{message}");
    }
}

#[test]
fn a_plain_message_is_attached_as_it_is() {
    let from = address("", "ana@pismo.test");
    let path = file("eml", b"Subject: inner\nFrom: a@x\n\nHello\n");
    let files = [OutgoingFile { path: &path, name: "message.eml", content_type: "message/rfc822", content_id: None }];
    let outgoing = Outgoing {
        from: &from,
        reply_to: &[],
        to: &[],
        cc: &[],
        bcc: &[],
        subject: "outer",
        date: 0,
        message_id: "1@x",
        references: &[],
        body: "text\n",
        html: None,
        attachments: &files,
        draft: None,
        wishes: Wishes::default(),
    };
    let message = build_to_vec(&outgoing).expect("built");
    let parsed = MessageParser::new().parse(&message).expect("parsed");
    let inner = parsed.attachment(0).and_then(|part| part.message()).expect("message");
    assert_eq!(inner.subject(), Some("inner"));
}
