//! Formatted text: begun from messages, kept, sent, and read by another program.

use std::{
    io::Write,
    process::{Command as Process, Stdio},
};

use app::wire::{Command, DraftKind, Error, Flag, Reply, SubmissionState};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::{
    draft::{compose, draft_to},
    mail::Messages,
    send::until_state,
    tab::Tab,
    test_bridge::TestBridge,
};

/// A picture of one dot.
const DOT: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\x00\x00\x00\x00\x00!\xf9\x04\x00\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

async fn start() -> (TestBridge, Tab) {
    let bridge = TestBridge::start().await;
    let tab = bridge.sign_in("ana").await.open("INBOX").await;
    (bridge, tab)
}

/// What another program makes of a message.
fn parsed(source: &str) -> Value {
    // What surrounds a literal is IMAP's.
    let source = source.split_once('}').map_or(source, |(_, rest)| rest).trim().trim_end_matches(')');
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/parts.py");
    let mut python =
        Process::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python");
    python.stdin.take().expect("its input").write_all(source.as_bytes()).expect("a message");
    let told = python.wait_with_output().expect("an answer");
    serde_json::from_slice(&told.stdout).expect("JSON")
}

/// A newsletter with a style sheet, a picture within it, and a file.
fn newsletter() -> String {
    format!(
        "From: Shop <shop@example.org>\r\nTo: ana@pismo.test\r\nSubject: Sale\r\nMessage-ID: <sale@example.org>\r\n\
         MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n\
         Content-Type: multipart/related; boundary=r\r\n\r\n--r\r\nContent-Type: text/html; charset=koi8-r\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n\
         --r\r\nContent-Type: image/gif; name=dot.gif\r\nContent-ID: <dot@example.org>\r\nContent-Disposition: inline\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{}\r\n--r--\r\n\
         --m\r\nContent-Type: text/plain; name=terms.txt\r\nContent-Disposition: attachment; filename=terms.txt\r\n\r\n\
         terms\r\n--m--\r\n",
        // Скидка
        STANDARD.encode(
            b"<style>p{color:#c00000}.no{display:none}</style><div class=no>secret</div><p onclick=x()>\xf3\xcb\xc9\xc4\xcb\xc1</p>\
              <img src=cid:dot@example.org alt=dot><img src=https://example.org/pixel.png><script>x()</script>"
        ),
        STANDARD.encode(DOT),
    )
}

/// HTML with a hidden passage, beside a plain text that nobody is shown.
fn covert(html: &str) -> String {
    format!(
        "From: Shop <shop@example.org>\r\nTo: ana@pismo.test\r\nSubject: Covert\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain\r\n\r\nsecret\r\n\
         --a\r\nContent-Type: text/html\r\n\r\n<style>@media (min-width:1px){{div .x{{display:none}}}}</style>\r\n\
         <div><p class=x>secret</p></div>\r\n<p>seen</p>{html}\r\n--a--\r\n"
    )
}

#[tokio::test]
async fn what_is_not_seen_is_not_quoted() {
    let (bridge, mut tab) = start().await;
    let short = bridge.mail("ana").append_message("INBOX", "", &covert("")).await;
    // Too long to be quoted as HTML: its words are.
    let long = bridge.mail("ana").append_message("INBOX", "", &covert(&"<p>and more\r\n".repeat(40_000))).await;
    for (uid, is_html) in [(short, true), (long, false)] {
        tab.row(uid).await;
        let message = tab.message(uid);
        for kind in [DraftKind::Reply, DraftKind::Forward, DraftKind::Again] {
            let draft = compose(&mut tab, message.clone(), kind).await;
            assert!(draft.body.contains("seen") && !draft.body.contains("secret"), "{kind:?}: {}", draft.body);
            let html = draft.html.unwrap_or_default();
            assert_eq!(html.contains("seen"), is_html, "{kind:?}: {html}");
            assert!(!is_html || html.contains("<p style=\"display:none;\">secret</p>"), "{kind:?}: {html}");
        }
    }
}

#[tokio::test]
async fn an_answer_keeps_the_look_of_what_it_quotes() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let uid = bridge.mail("ana").append_message("INBOX", "", &newsletter()).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let mut draft = compose(&mut tab, message.clone(), DraftKind::Reply).await;
    assert_eq!(draft.body, "> Скидка\n>\n> dot\n", "the words, where they are wanted plain");
    let html = draft.html.clone().expect("formatted text");
    let [picture] = &draft.attachments[..] else { panic!("{:?}", draft.attachments) };
    assert!(picture.inline && picture.name == "dot.gif");
    for part in [
        "<p style=\"color:#c00000;\">Скидка</p>",
        &format!("src=\"cid:{}\"", picture.blob.0),
        "https://example.org/pixel.png",
    ] {
        assert!(html.contains(part), "{html}");
    }
    assert!(!html.contains("onclick") && !html.contains("script") && !html.contains("class"), "{html}");
    // The browser shows the picture from here, and nobody else's does.
    let answer = browser.get(&format!("/blobs/{}", picture.blob.0)).await;
    assert_eq!((answer.status, answer.body.as_slice()), (200, DOT));
    let stranger = bridge.sign_in("boris").await;
    assert_eq!(stranger.get(&format!("/blobs/{}", picture.blob.0)).await.status, 404);

    draft.to = draft_to(&[&bridge.address_of("boris")], "").to;
    draft.html = Some(format!("<div>Two, please</div><blockquote type=\"cite\" onclick=\"x()\">{html}</blockquote>"));
    draft.body = String::new();
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    let told = parsed(&source);
    assert_eq!(told["defects"], serde_json::json!([]), "{source}");
    let root = &told["root"];
    assert_eq!(root["type"], "multipart/alternative");
    let text = root["parts"][0]["text"].as_str().expect("text");
    assert_eq!(text.replace("\r\n", "\n"), "Two, please\n\n> Скидка\n>\n> dot\n");
    let related = &root["parts"][1];
    assert_eq!(related["type"], "multipart/related");
    let (sent, shown) = (&related["parts"][0], &related["parts"][1]);
    let id = shown["id"].as_str().expect("a Content-ID").trim_matches(['<', '>']);
    let sent = sent["text"].as_str().expect("HTML");
    assert!(
        sent.contains(&format!("src=\"cid:{id}\"")) && !sent.contains("onclick") && !sent.contains("script"),
        "{sent}"
    );
    assert_eq!(shown["base64"], STANDARD.encode(DOT));
    assert_eq!(shown["disposition"], "inline");
}

#[tokio::test]
async fn what_is_forwarded_is_whole() {
    let (bridge, mut tab) = start().await;
    let uid = bridge.mail("ana").append_message("INBOX", "", &newsletter()).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let mut draft = compose(&mut tab, message, DraftKind::Forward).await;
    let html = draft.html.as_deref().expect("formatted text");
    assert!(html.contains("Скидка"), "{html}");
    // The block above it is written by the browser, in the reader's language.
    let original = draft.original.as_ref().expect("an original");
    assert_eq!(original.from[0].email, "shop@example.org");
    assert_eq!(original.head.as_ref().map(|head| head.subject.as_str()), Some("Sale"));
    draft.to = draft_to(&[&bridge.address_of("boris")], "").to;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    let root = &parsed(&source)["root"];
    assert_eq!((&root["type"], &root["parts"][1]["name"]), (&"multipart/mixed".into(), &"terms.txt".into()));
    assert_eq!(root["parts"][1]["base64"], STANDARD.encode("terms"));
    assert_eq!(root["parts"][0]["parts"][1]["parts"][1]["base64"], STANDARD.encode(DOT));
}

#[tokio::test]
async fn a_formatted_draft_is_opened_as_it_was_kept() {
    let (bridge, mut tab) = start().await;
    let browser = bridge.sign_in("ana").await;
    let mut draft = draft_to(&["boris@pismo.test"], "Formatted");
    let mut picture = browser.upload("точка.gif", "image/gif", DOT).await.expect("an upload");
    picture.inline = true;
    draft.html = Some(format!("<div>Привет <b>all</b></div><img src=\"cid:{}\" alt=\"dot\">", picture.blob.0));
    draft.attachments.push(picture.clone());
    let gone = browser.upload("taken-out.gif", "image/gif", DOT).await.expect("an upload");
    draft.attachments.push(app::wire::Attachment { inline: true, ..gone });
    let place = tab.save(&draft).await;
    let (_, source) = bridge.mail("ana").only("Drafts").await;
    assert!(!source.contains("taken-out"), "{source}");
    tab.open("Drafts").await;
    let opened = compose(&mut tab, place, DraftKind::Edit).await;
    let [again] = &opened.attachments[..] else { panic!("{:?}", opened.attachments) };
    assert_eq!((again.name.as_str(), again.inline, again.size), ("точка.gif", true, DOT.len() as u64));
    assert_ne!(again.blob, picture.blob);
    assert_eq!(opened.id, draft.id);
    let expected = draft.html.expect("HTML").replace(&picture.blob.0, &again.blob.0);
    assert_eq!(opened.html.as_deref().map(str::trim_end), Some(expected.as_str()));
    assert_eq!(opened.body.trim_end(), "Привет all\ndot");
}

#[tokio::test]
async fn what_is_pasted_is_made_harmless() {
    let (_bridge, mut tab) = start().await;
    let html = "<style>td{color:red}</style><table><td onclick=x()>1</table><img src=file:///x><svg onload=x()></svg>"
        .to_owned();
    let Reply::Tidied { html, text } = tab.ask(Command::Tidy { html }).await else { panic!("HTML") };
    assert_eq!(html, "<table><tbody><tr><td style=\"color:red;\">1</td></tr></tbody></table><img>");
    assert_eq!(text, "1\n");
    let large = "<p>x".repeat(200_000);
    assert!(matches!(tab.send(Command::Tidy { html: large }).await, Err(Error::TextTooLong { .. })));
}

#[tokio::test]
async fn a_message_goes_along_as_a_file_or_is_begun_anew() {
    let (bridge, mut tab) = start().await;
    let uid = bridge.mail("ana").append_message("INBOX", "", &newsletter()).await;
    tab.row(uid).await;
    let message = tab.message(uid);
    let mut draft = compose(&mut tab, message.clone(), DraftKind::ForwardAsFile).await;
    let [file] = &draft.attachments[..] else { panic!("{:?}", draft.attachments) };
    assert_eq!((file.name.as_str(), file.content_type.as_str(), file.inline), ("Sale.eml", "message/rfc822", false));
    assert_eq!((draft.subject.as_str(), draft.body.as_str(), draft.html.as_deref()), ("Fwd: Sale", "", None));
    draft.to = draft_to(&[&bridge.address_of("boris")], "").to;
    let id = tab.submit(&draft).await;
    until_state(&mut tab, id, SubmissionState::Sent).await;
    let (_, source) = bridge.mail("boris").only("INBOX").await;
    assert!(source.contains(newsletter().trim_end()), "it goes as it came: {source}");
    let is_marked = |messages: &Messages| messages.get(&uid).is_some_and(|flags| flags.contains(&Flag::Forwarded));
    bridge.mail("ana").until("INBOX", is_marked).await;

    let again = compose(&mut tab, message, DraftKind::Again).await;
    assert_eq!((again.subject.as_str(), again.original, again.references.len()), ("Sale", None, 0));
    assert_eq!(again.to[0].email, "ana@pismo.test");
    assert!(again.html.expect("formatted text").contains("Скидка"));
    assert_eq!(again.attachments.iter().map(|file| file.inline).collect::<Vec<_>>(), [false, true]);
}
