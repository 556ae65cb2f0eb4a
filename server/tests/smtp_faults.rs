//! Submission against a scripted server: every refusal and every cut has its outcome.

use std::time::Duration;

use app::wire::{Address, Draft, DraftId, Error, Refusal};
use pismo::{
    endpoint::{Credentials, Endpoint, Protocol, Security},
    smtp::{Envelope, Limits, Outcome, Transport},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};

/// What the scripted server does when it hears a command that begins with a word.
#[derive(Clone, Default)]
struct Script {
    /// Instead of the usual answers; `""` hangs up, `"silence"` says nothing.
    answers: Vec<(&'static str, &'static str)>,
    /// Extensions it offers.
    offers: Vec<&'static str>,
    /// Hangs up after so many lines of the message.
    cut_data_after: Option<usize>,
}

/// What it heard.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    commands: Vec<String>,
    /// Lines of the message as they came, ends included.
    data: Vec<u8>,
}

async fn serve(script: Script) -> (Endpoint, JoinHandle<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let port = listener.local_addr().expect("address").port();
    let task = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("accept");
        let mut heard = Heard::default();
        let _ = talk(BufReader::new(stream), &script, &mut heard).await;
        heard
    });
    (Endpoint::new(Protocol::Smtp, Security::Insecure, "127.0.0.1", port), task)
}

async fn talk(mut stream: BufReader<tokio::net::TcpStream>, script: &Script, heard: &mut Heard) -> std::io::Result<()> {
    let say = |word: &str, usual: &str| -> String {
        let own = script.answers.iter().find(|(command, _)| *command == word);
        own.map_or_else(|| usual.to_owned(), |(_, answer)| (*answer).to_owned())
    };
    let mut greeting = true;
    loop {
        let (word, line) = if std::mem::take(&mut greeting) {
            ("CONNECT".to_owned(), String::new())
        } else {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            heard.commands.push(line.trim_end().to_owned());
            (line.split([' ', '\r']).next().unwrap_or_default().to_owned(), line)
        };
        let offers: String = script.offers.iter().map(|offer| format!("250-{offer}\r\n")).collect();
        let answer = match word.as_str() {
            "CONNECT" => say("CONNECT", "220 test ESMTP"),
            "EHLO" => say("EHLO", &format!("250-test\r\n{offers}250 HELP")),
            "AUTH" => say("AUTH", "235 2.7.0 welcome"),
            "RCPT" => say(line.trim_end(), &say("RCPT", "250 2.1.5 ok")),
            "DATA" => say("DATA", "354 go on"),
            word => say(word, "250 2.0.0 ok"),
        };
        match answer.as_str() {
            "" => return Ok(()),
            "silence" => return linger(&mut stream).await,
            _ if line.starts_with("AUTH LOGIN") => {}
            answer => stream.write_all(format!("{answer}\r\n").as_bytes()).await?,
        }
        if line.starts_with("AUTH LOGIN") {
            // The name and the password, each asked for.
            for answer in ["334 VXNlcm5hbWU6\r\n", "334 UGFzc3dvcmQ6\r\n", "235 2.7.0 welcome\r\n"] {
                stream.write_all(answer.as_bytes()).await?;
                if answer.starts_with("334") {
                    let mut line = String::new();
                    stream.read_line(&mut line).await?;
                    heard.commands.push(line.trim_end().to_owned());
                }
            }
            continue;
        }
        if word != "DATA" || !answer.starts_with("354") {
            continue;
        }
        let mut lines = 0;
        loop {
            if script.cut_data_after.is_some_and(|limit| lines >= limit) {
                return Ok(());
            }
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            // Strictly: the end is CRLF.CRLF and nothing else.
            if line == b".\r\n" && heard.data.ends_with(b"\r\n") {
                break;
            }
            heard.data.extend(line);
            lines += 1;
        }
        match say("DOT", "250 2.0.0 queued").as_str() {
            "" => return Ok(()),
            "silence" => return linger(&mut stream).await,
            answer => stream.write_all(format!("{answer}\r\n").as_bytes()).await?,
        }
    }
}

/// Says nothing until the other side goes away.
async fn linger(stream: &mut BufReader<tokio::net::TcpStream>) -> std::io::Result<()> {
    while !stream.fill_buf().await?.is_empty() {
        let heard = stream.buffer().len();
        stream.consume(heard);
    }
    Ok(())
}

fn to(recipients: &[&str]) -> Envelope {
    Envelope {
        from: "ana@pismo.test".to_owned(),
        to: recipients.iter().map(|recipient| (*recipient).to_owned()).collect(),
    }
}

fn credentials(user: &str, password: &str) -> Credentials {
    Credentials { user: user.to_owned(), password: password.to_owned().into() }
}

async fn send(script: Script, envelope: &Envelope, text: &[u8]) -> (Outcome, Heard) {
    let (endpoint, server) = serve(script).await;
    let credentials = credentials("ana@pismo.test", "se cret");
    let outcome = Transport::new(endpoint).limited(LIMITS).submit(&credentials, envelope, text, async || Ok(())).await;
    let heard = tokio::time::timeout(Duration::from_secs(10), server).await;
    (outcome, heard.map(|heard| heard.expect("server")).unwrap_or_default())
}

fn answering(word: &'static str, answer: &'static str) -> Script {
    Script { answers: vec![(word, answer)], offers: vec!["AUTH PLAIN LOGIN"], ..Script::default() }
}

fn one(recipient: Option<&str>, code: u16, text: &str) -> Vec<Refusal> {
    vec![Refusal { recipient: recipient.map(str::to_owned), code, text: text.to_owned(), error: None }]
}

/// Long enough for a busy machine, short enough to wait for.
const LIMITS: Limits =
    Limits { command: Duration::from_secs(2), end_of_data: Duration::from_secs(3), whole: Duration::from_secs(60) };
const TEXT: &[u8] = b"Subject: x\r\n\r\nHello\r\n";

#[tokio::test]
async fn a_message_is_sent_as_it_is() {
    let script = Script { offers: vec!["SIZE 1000000", "8BITMIME", "AUTH PLAIN LOGIN"], ..Script::default() };
    let (outcome, heard) = send(script, &to(&["b@pismo.test", "c@почта.рф"]), TEXT).await;
    assert_eq!(outcome, Outcome::Sent);
    assert_eq!(
        heard.commands,
        [
            "EHLO [127.0.0.1]",
            "EHLO [127.0.0.1]",
            "AUTH PLAIN AGFuYUBwaXNtby50ZXN0AHNlIGNyZXQ=",
            "MAIL FROM:<ana@pismo.test> SIZE=21",
            "RCPT TO:<b@pismo.test>",
            "RCPT TO:<c@xn--80a1acny.xn--p1ai>",
            "DATA",
            "QUIT",
        ]
    );
    assert_eq!(heard.data, TEXT);
}

#[tokio::test]
async fn a_refusal_has_its_outcome_at_every_step() {
    for (word, answer, outcome) in [
        ("CONNECT", "421 4.3.2 later", Outcome::Retry(one(None, 421, "4.3.2 later"))),
        ("CONNECT", "554 5.3.2 never", Outcome::Retry(one(None, 554, "5.3.2 never"))),
        ("EHLO", "550 no", Outcome::Retry(one(None, 550, "no"))),
        ("AUTH", "535 5.7.8 bad password", Outcome::Retry(one(None, 535, "5.7.8 bad password"))),
        ("AUTH", "454 4.7.0 later", Outcome::Retry(one(None, 454, "4.7.0 later"))),
        ("MAIL", "451 4.1.8 later", Outcome::Retry(one(None, 451, "4.1.8 later"))),
        ("MAIL", "553 5.7.1 not you", Outcome::Rejected(one(None, 553, "5.7.1 not you"))),
        ("DATA", "451 4.3.0 later", Outcome::Retry(one(None, 451, "4.3.0 later"))),
        ("DATA", "554 5.5.1 no", Outcome::Rejected(one(None, 554, "5.5.1 no"))),
        ("DOT", "452 4.3.1 full", Outcome::Retry(one(None, 452, "4.3.1 full"))),
        ("DOT", "554 5.7.1 spam", Outcome::Rejected(one(None, 554, "5.7.1 spam"))),
        // Not an answer to DATA: what follows would be read as commands.
        ("DATA", "250 ok", Outcome::Retry(one(None, 0, "ok"))),
    ] {
        let (found, heard) = send(answering(word, answer), &to(&["b@pismo.test"]), TEXT).await;
        assert_eq!(found, outcome, "{word} {answer}");
        assert!(heard.commands.iter().all(|command| !command.starts_with("Subject")), "{heard:?}");
    }
}

#[tokio::test]
async fn a_cut_has_its_outcome_at_every_step() {
    for word in ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"] {
        let (outcome, _) = send(answering(word, ""), &to(&["b@pismo.test"]), TEXT).await;
        assert!(matches!(outcome, Outcome::Retry(..)), "{word}: {outcome:?}");
    }
    let (outcome, heard) = send(answering("DOT", ""), &to(&["b@pismo.test"]), TEXT).await;
    assert!(matches!(outcome, Outcome::Unknown(..)), "{outcome:?}");
    assert_eq!(heard.data, TEXT);
    // A goodbye that is not heard changes nothing.
    let (outcome, _) = send(answering("QUIT", ""), &to(&["b@pismo.test"]), TEXT).await;
    assert_eq!(outcome, Outcome::Sent);
    // Garbage for an answer after the dot.
    let (outcome, _) = send(answering("DOT", "well"), &to(&["b@pismo.test"]), TEXT).await;
    assert!(matches!(outcome, Outcome::Unknown(..)), "{outcome:?}");
}

#[tokio::test]
async fn a_cut_within_the_message_sends_nothing() {
    let script = Script { cut_data_after: Some(3), ..Script::default() };
    let long = b"0123456789abcdef0123456789abcdef\r\n".repeat(1_000_000);
    let (outcome, _) = send(script, &to(&["b@pismo.test"]), &long).await;
    assert!(matches!(outcome, Outcome::Retry(..)), "{outcome:?}");
}

#[tokio::test]
async fn one_refused_recipient_stops_the_message_for_all() {
    let script = Script {
        answers: vec![
            ("RCPT TO:<b@pismo.test>", "550 5.1.1 unknown"),
            ("RCPT TO:<d@pismo.test>", "450-4.2.0 grey\r\n450 4.2.0 listed"),
        ],
        ..Script::default()
    };
    let (outcome, heard) =
        send(script, &to(&["a@pismo.test", "b@pismo.test", "c@pismo.test", "d@pismo.test"]), TEXT).await;
    let Outcome::Rejected(refusals) = outcome else { panic!("{outcome:?}") };
    let found: Vec<_> = refusals.iter().map(|refusal| (refusal.recipient.as_deref(), refusal.code)).collect();
    assert_eq!(found, [(Some("b@pismo.test"), 550), (Some("d@pismo.test"), 450)]);
    assert_eq!(refusals[0].text, "5.1.1 unknown");
    assert_eq!(heard.commands.iter().skip(7).map(String::as_str).collect::<Vec<_>>(), ["RSET", "QUIT"]);
    assert!(heard.data.is_empty());

    let script = Script { answers: vec![("RCPT TO:<b@pismo.test>", "450 4.2.0 later")], ..Script::default() };
    let (outcome, _) = send(script, &to(&["a@pismo.test", "b@pismo.test"]), TEXT).await;
    assert_eq!(outcome, Outcome::Retry(one(Some("b@pismo.test"), 450, "4.2.0 later")));
}

#[tokio::test]
async fn what_the_server_cannot_take_is_not_begun() {
    let script = Script { offers: vec!["SIZE 10"], ..Script::default() };
    let (outcome, heard) = send(script, &to(&["b@pismo.test"]), TEXT).await;
    assert!(matches!(&outcome, Outcome::Rejected(refusals) if refusals[0].code == 552), "{outcome:?}");
    assert_eq!(heard.commands.len(), 2);
    let (outcome, _) = send(Script::default(), &to(&["b@pismo.test"]), "Привет".as_bytes()).await;
    assert!(matches!(outcome, Outcome::Rejected(..)));
    let (outcome, _) = send(Script::default(), &to(&["пётр@pismo.test"]), TEXT).await;
    assert!(matches!(&outcome, Outcome::Rejected(refusals) if refusals[0].recipient.is_some()), "{outcome:?}");
    let script = Script { offers: vec!["SMTPUTF8", "8BITMIME"], ..Script::default() };
    let (outcome, heard) = send(script, &to(&["пётр@pismo.test"]), "Привет".as_bytes()).await;
    assert_eq!(outcome, Outcome::Sent);
    assert_eq!(heard.commands[2], "MAIL FROM:<ana@pismo.test> BODY=8BITMIME SMTPUTF8");
}

#[tokio::test]
async fn addresses_cannot_hold_commands() {
    for evil in [
        "b@pismo.test>\r\nRCPT TO:<evil@x",
        "b@pismo.test\r\nDATA",
        "b@pismo.test> NOTIFY=NEVER <",
        "\"b\r\nRSET\"@pismo.test",
        "b\0@pismo.test",
        "b@pismo.test ",
        "",
        "b",
    ] {
        for envelope in [to(&[evil]), Envelope { from: evil.to_owned(), to: vec!["b@pismo.test".to_owned()] }] {
            // Nobody listens: it must not come to a connection.
            let endpoint = Endpoint::new(Protocol::Smtp, Security::Insecure, "127.0.0.1", 1);
            let outcome =
                Transport::new(endpoint).submit(&credentials("ana", "x"), &envelope, TEXT, async || Ok(())).await;
            assert!(matches!(outcome, Outcome::Rejected(..)), "{evil:?}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn no_spelling_of_a_line_end_ends_the_message_early() {
    let ends = ["\n", "\r", "\r\n", "\r\r\n", "\n\r", "\n\n", "\r\r", "\0\n", "\u{85}", "\u{2028}"];
    let script = Script { offers: vec!["8BITMIME"], ..Script::default() };
    for before in ends {
        for after in ends {
            let text = format!("Subject: x\r\n\r\nbody{before}.{after}MAIL FROM:<evil@x>{before}..{after}.{before}.");
            let (outcome, heard) = send(script.clone(), &to(&["b@pismo.test"]), text.as_bytes()).await;
            assert_eq!(outcome, Outcome::Sent, "{before:?} {after:?}");
            assert_eq!(heard.commands.len(), 6, "{before:?} {after:?}: {:?}", heard.commands);
            let data = String::from_utf8(heard.data).expect("UTF-8");
            assert!(data.split("\r\n").all(|line| !line.contains(['\r', '\n']) && line != "."), "{data:?}");
            // Stuffing off, it is the message with canonical ends.
            let unstuffed: Vec<_> = data.split("\r\n").map(|line| line.strip_prefix('.').unwrap_or(line)).collect();
            let canonical = text.replace("\r\n", "\n").replace('\r', "\n");
            assert_eq!(unstuffed.join("\n").trim_end_matches('\n'), canonical.trim_end_matches('\n'));
        }
    }
}

#[tokio::test]
async fn silence_ends_every_wait() {
    for word in ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "DOT"] {
        let (outcome, _) = send(answering(word, "silence"), &to(&["b@pismo.test"]), TEXT).await;
        match word {
            "DOT" => assert!(matches!(outcome, Outcome::Unknown(..)), "{outcome:?}"),
            _ => assert!(matches!(outcome, Outcome::Retry(..)), "{word}: {outcome:?}"),
        }
    }
}

#[tokio::test]
async fn a_server_that_asks_nobody_is_told_nothing_in_the_name_of_others() {
    for offers in [vec![], vec!["AUTH PLAIN"]] {
        let asks = !offers.is_empty();
        let (endpoint, server) = serve(Script { offers, ..Script::default() }).await;
        let host = endpoint.host.clone();
        let transport = Transport::new(endpoint).limited(LIMITS).for_known();
        let answer = transport.rehearse(&credentials("ana@pismo.test", "secret"), &to(&["b@pismo.test"])).await;
        assert_eq!(answer, if asks { Ok(()) } else { Err(Error::NoSenderCheck { host }) });
        let heard = tokio::time::timeout(Duration::from_secs(10), server).await.expect("an end").expect("server");
        let said = |word: &str| heard.commands.iter().any(|command| command.starts_with(word));
        assert_eq!((said("MAIL"), said("RCPT"), said("DATA")), (asks, asks, false), "{:?}", heard.commands);
    }
}

#[tokio::test]
async fn a_login_that_the_server_does_not_know_is_not_tried() {
    let script = Script { offers: vec!["AUTH CRAM-MD5"], ..Script::default() };
    let (outcome, heard) = send(script, &to(&["b@pismo.test"]), TEXT).await;
    assert!(matches!(outcome, Outcome::Retry(..)), "{outcome:?}");
    assert_eq!(heard.commands.len(), 2);
    let script = Script { offers: vec!["AUTH LOGIN"], ..Script::default() };
    let (outcome, heard) = send(script, &to(&["b@pismo.test"]), TEXT).await;
    assert_eq!(outcome, Outcome::Sent);
    assert_eq!(heard.commands[2..5], ["AUTH LOGIN", "YW5hQHBpc21vLnRlc3Q=", "c2UgY3JldA=="]);
}

#[tokio::test]
async fn a_submission_can_be_a_task_of_its_own() {
    let (endpoint, server) = serve(Script::default()).await;
    let task = tokio::spawn(async move {
        Transport::new(endpoint).submit(&credentials("ana", "x"), &to(&["b@pismo.test"]), TEXT, async || Ok(())).await
    });
    assert_eq!(task.await.expect("task"), Outcome::Sent);
    assert_eq!(server.await.expect("server").data, TEXT);
}

#[test]
fn an_envelope_names_everybody_once() {
    let address = |email: &str| Address { name: String::new(), email: email.to_owned() };
    let mut draft = Draft {
        to: vec![address("a@pismo.test"), address("b@pismo.test")],
        cc: vec![address("A@pismo.test")],
        bcc: vec![address("c@pismo.test")],
        ..Draft::new(DraftId("x".to_owned()))
    };
    let envelope = Envelope::of("ana@pismo.test", &draft).expect("an envelope");
    assert_eq!(envelope, to(&["a@pismo.test", "b@pismo.test", "c@pismo.test"]));
    draft.cc = vec![address("nobody")];
    assert_eq!(Envelope::of("ana@pismo.test", &draft), Err(app::wire::Error::BadAddress { text: "nobody".to_owned() }));
}

/// A server before STARTTLS that says more than it should.
async fn before_tls(greeting: &'static str, hello: &'static str, start: &'static str) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
    let port = listener.local_addr().expect("address").port();
    let server = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("accept");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        for answer in [greeting, hello, start] {
            stream.write_all(answer.as_bytes()).await?;
            stream.read_line(&mut line).await?;
        }
        std::io::Result::Ok(line)
    });
    let endpoint = Endpoint::new(Protocol::Smtp, Security::StartTls, "127.0.0.1", port);
    let outcome = Transport::new(endpoint)
        .submit(&credentials("ana", "secret"), &to(&["b@pismo.test"]), TEXT, async || Ok(()))
        .await;
    if let Ok(Ok(line)) = server.await {
        assert!(!line.contains("AUTH") && !line.contains("MAIL"), "{line}");
    }
    outcome
}

#[tokio::test]
async fn nothing_is_said_in_clear_where_tls_was_asked_for() {
    let usual = ("220 test\r\n", "250-test\r\n250 STARTTLS\r\n", "220 go\r\n");
    for (greeting, hello, start) in [
        // Not offered, refused, or answered for us by somebody in between.
        (usual.0, "250-test\r\n250 AUTH PLAIN\r\n", usual.2),
        (usual.0, usual.1, "454 4.7.0 ring 555 now\r\n"),
        (usual.0, usual.1, "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n"),
        ("220 test\r\n250-evil\r\n250 AUTH PLAIN\r\n", usual.1, usual.2),
        ("554 ring 555 now\r\n", usual.1, usual.2),
        (usual.0, usual.1, usual.2),
    ] {
        let outcome = before_tls(greeting, hello, start).await;
        assert!(matches!(outcome, Outcome::Retry(..)), "{start:?}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains("ring"), "anybody may have said it: {outcome:?}");
    }
}
