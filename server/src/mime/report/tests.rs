//! Reports as servers and programs write them, and as nobody should.

use super::*;
use crate::mime::structure::Encoding;

fn part(section: &str, content_type: &str) -> Node {
    Node { section: section.into(), content_type: content_type.into(), ..Node::default() }
}

fn report(status: &str, returned: &str) -> Node {
    let children = vec![part("1", "text/plain"), part("2", status), part("3", returned)];
    Node { content_type: "multipart/report".into(), children, ..Node::default() }
}

fn told(root: &Node, status: &str, returned: &str) -> Option<Told> {
    read(find(root).expect("a report"), status.as_bytes(), returned.as_bytes(), &Headers::default())
}

fn delivery_of(status: &str) -> Vec<Reported> {
    told(&report("message/delivery-status", "message/rfc822"), status, "")
        .map(|told| told.recipients)
        .unwrap_or_default()
}

fn reported(recipient: &str, fate: Fate, code: u16, text: &str) -> Reported {
    Reported { recipient: recipient.to_owned(), fate, code, text: text.to_owned() }
}

#[test]
fn reports_of_real_servers_are_understood() {
    for (server, status, expected) in [
        (
            "Postfix",
            "Reporting-MTA: dns; mail.pismo.test\r\nX-Postfix-Queue-ID: 4XyZ\r\nArrival-Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\
             \r\nFinal-Recipient: rfc822; nobody@example.org\r\nOriginal-Recipient: rfc822;info@example.org\r\nAction: failed\r\n\
             Status: 5.1.1\r\nRemote-MTA: dns; mx.example.org\r\nDiagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>: Recipient\r\n    \
             address rejected: User unknown\r\n",
            vec![reported(
                "info@example.org",
                Fate::Failed,
                550,
                "550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown",
            )],
        ),
        (
            "Postfix, without a server that said so",
            "Reporting-MTA: dns; mail\n\nFinal-Recipient: rfc822; a@nowhere.invalid\nAction: failed\nStatus: 5.4.4\n\
             Diagnostic-Code: X-Postfix; Host or domain name not found.\n",
            vec![reported("a@nowhere.invalid", Fate::Failed, 554, "5.4.4 Host or domain name not found.")],
        ),
        (
            "Exim",
            "Reporting-MTA: dns; exim.example.org\n\nAction: failed\nFinal-Recipient: rfc822;b@example.org\nStatus: 5.0.0\n\
             Remote-MTA: dns; mx.example.org\nDiagnostic-Code: smtp; 550 Mailbox full\n",
            vec![reported("b@example.org", Fate::Failed, 550, "5.0.0 550 Mailbox full")],
        ),
        (
            "Exim, that waits",
            "Reporting-MTA: dns; exim.example.org\n\nAction: delayed\nFinal-Recipient: rfc822;b@example.org\nStatus: 4.0.0\n\
             Will-Retry-Until: Tue, 24 Nov 2026 10:00:00 +0000\n",
            vec![reported("b@example.org", Fate::Delayed, 450, "4.0.0")],
        ),
        (
            "Exchange",
            "Original-Envelope-Id: 00ff\nReporting-MTA: dns;AM0PR.example.com\n\n\
             Final-recipient: RFC822; c@example.com\nAction: failed\nStatus: 5.1.10\n\
             Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\n\
             X-Display-Name: C\n",
            vec![reported(
                "c@example.com",
                Fate::Failed,
                550,
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup",
            )],
        ),
        (
            "Gmail, with two recipients",
            "Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; me@gmail.com\n\n\
             Final-Recipient: rfc822; d@example.org\nAction: failed\nStatus: 5.1.1\n\
             Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try\n \
             550 5.1.1 double-checking.\nLast-Attempt-Date: Mon, 23 Nov 2026 02:00:00 -0800 (PST)\n\n\
             Final-Recipient: rfc822; e@example.org\nAction: delayed\nStatus: 4.4.1\n",
            vec![
                reported(
                    "d@example.org",
                    Fate::Failed,
                    550,
                    "550-5.1.1 The email account that you tried to reach does not exist. Please try 550 5.1.1 double-checking.",
                ),
                reported("e@example.org", Fate::Delayed, 450, "4.4.1"),
            ],
        ),
        (
            "delivered, passed on, and given to a list",
            "Reporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@x.org\nAction: delivered (to mailbox)\nStatus: 2.0.0\n\n\
             Final-Recipient: rfc822; b@x.org\nAction: Relayed\nStatus: 2.0.0\n\n\
             Final-Recipient: rfc822; c@x.org\nAction: expanded\nStatus: 2.0.0\n",
            vec![
                reported("a@x.org", Fate::Delivered, 0, ""),
                reported("b@x.org", Fate::Relayed, 0, ""),
                reported("c@x.org", Fate::Expanded, 0, ""),
            ],
        ),
        (
            "all in one group, without an action",
            "Reporting-MTA: dns; old\nFinal-Recipient: f@x.org\nStatus: 5.2.2 (full)\n",
            vec![reported("f@x.org", Fate::Failed, 554, "5.2.2")],
        ),
    ] {
        assert_eq!(delivery_of(status), expected, "{server}");
    }
}

#[test]
fn what_makes_no_sense_says_nothing() {
    for status in [
        "",
        "\n\n\n",
        "Reporting-MTA: dns; a\n",
        "Final-Recipient: rfc822; nobody\nAction: failed\n",
        "Final-Recipient: x400; /C=US/\nAction: failed\nStatus: 5.0.0\n",
        "Final-Recipient: rfc822; a@x.org\nAction: eaten\n",
        "Final-Recipient: rfc822; a@x.org\nAction: eaten\nStatus: \u{661}.1.1\n",
        "<html>Action: failed</html>",
    ] {
        assert_eq!(delivery_of(status), Vec::new(), "{status:?}");
    }
}

#[test]
fn hostile_reports_are_bounded() {
    let group = "Final-Recipient: rfc822; a@x.org\nAction: failed\nStatus: 5.1.1\n\n";
    assert_eq!(delivery_of(&group.repeat(5000)).len(), MAX_RECIPIENTS);
    let long = format!("Final-Recipient: rfc822; {}@x.org\nAction: failed\n", "a".repeat(100_000));
    assert_eq!(delivery_of(&long), Vec::new());
    let words =
        format!("Final-Recipient: rfc822; a@x.org\nAction: failed\nDiagnostic-Code: smtp; {}\n", "я ".repeat(9000));
    assert!(delivery_of(&words)[0].text.chars().count() <= MAX_WORDS);
    let turned =
        "Final-Recipient: rfc822; a@x.org\nAction: failed\nDiagnostic-Code: smtp; 550 =?utf-8?B?4oCuCgpldmls?=\n";
    assert_eq!(delivery_of(turned)[0].text, "550 evil");
    let mut deep = report("message/delivery-status", "message/rfc822");
    for _ in 0..1000 {
        deep = Node { content_type: "multipart/mixed".into(), children: vec![deep], ..Node::default() };
    }
    assert!(find(&deep).is_none());
}

#[test]
fn a_report_tells_which_message_it_is_about() {
    let status = "Original-Envelope-Id: 00ff\nReporting-MTA: dns; a\nX-Original-Message-ID: <exchange@x.org>\n\n\
                  Final-Recipient: rfc822; a@x.org\nAction: failed\n";
    let root = report("message/delivery-status", "text/rfc822-headers");
    let with =
        told(&root, status, "From: me\r\nMessage-ID:\r\n <sent@x.org>\r\n\r\nMessage-ID: <body@x.org>").expect("told");
    assert_eq!((with.message_id.as_deref(), with.envelope_id.as_deref()), (Some("sent@x.org"), Some("00ff")));
    assert_eq!(told(&root, status, "").expect("told").message_id.as_deref(), Some("exchange@x.org"));
    for odd in ["Message-ID: <@>", "Message-ID: <a@>", "Message-ID: <\u{44f}@x.org>", "Message-ID: x"] {
        let status = "Final-Recipient: rfc822; a@x.org\nAction: failed\n";
        assert_eq!(told(&root, status, odd).expect("told").message_id, None, "{odd}");
    }
    let gmail = Headers::parse(b"In-Reply-To: <gmail@x.org>");
    let place = find(&root).expect("a report");
    let read = read(place, b"Final-Recipient: rfc822; a@x.org\nAction: failed\n", b"", &gmail).expect("told");
    assert_eq!(read.message_id.as_deref(), Some("gmail@x.org"));
}

#[test]
fn what_was_read_is_told_by_its_reader() {
    let root = report("message/disposition-notification", "text/rfc822-headers");
    let status = |disposition: &str| {
        format!(
            "Reporting-UA: mail.example.org; A Program\r\nFinal-Recipient: rfc822;boris@example.org\r\n\
             Original-Message-ID: <sent@x.org>\r\nDisposition: {disposition}\r\n"
        )
    };
    for (disposition, fate) in [
        ("manual-action/MDN-sent-manually; displayed", Some(Fate::Read)),
        ("automatic-action/MDN-sent-automatically; Displayed/error", Some(Fate::Read)),
        ("manual-action/MDN-sent-manually;deleted", Some(Fate::Deleted)),
        ("automatic-action/MDN-sent-automatically; dispatched", None),
        ("displayed-not", None),
        ("", None),
    ] {
        let expected = fate.map(|fate| Told {
            message_id: Some("sent@x.org".to_owned()),
            envelope_id: None,
            recipients: vec![reported("boris@example.org", fate, 0, "")],
        });
        assert_eq!(told(&root, &status(disposition), ""), expected, "{disposition}");
    }
}

#[test]
fn a_report_is_found_wherever_it_stands() {
    let inner = report("message/global-delivery-status", "message/global-headers");
    let mixed = Node {
        content_type: "multipart/mixed".into(),
        children: vec![part("1", "text/plain"), inner, part("3", "text/plain")],
        ..Node::default()
    };
    let place = find(&mixed).expect("a report");
    assert_eq!((place.status.section.as_str(), place.returned.map(|part| part.section.as_str())), ("2", Some("3")));
    assert!(find(&report("text/plain", "message/rfc822")).is_none());
    // Encoded, as some relays do.
    let mut encoded = report("message/delivery-status", "message/rfc822");
    encoded.children[1].encoding = Encoding::Base64;
    let status = "RmluYWwtUmVjaXBpZW50OiByZmM4MjI7IGFAeC5vcmcKQWN0aW9uOiBkZWxpdmVyZWQK";
    let recipients = told(&encoded, status, "").expect("told").recipients;
    assert_eq!(recipients, vec![reported("a@x.org", Fate::Delivered, 0, "")]);
}
