//! Frames that make no sense: whoever sends them is told, and nobody else notices.

use std::time::Duration;

use app::wire::{ClientFrame, Command, Error, Flag, MAX_FRAME, Query, Reply, ServerFrame};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

use crate::{browser::Browser, tab::PATIENCE, test_bridge::TestBridge};

async fn socket(browser: &Browser) -> WebSocketStream<TcpStream> {
    let origin = browser.origin();
    browser.knock(&[("Origin", &origin)]).await.expect("a websocket")
}

/// The next frame, or by which code the socket was closed.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> Result<ServerFrame, Option<u16>> {
    loop {
        match timeout(PATIENCE, socket.next()).await.expect("something in time") {
            Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).expect("a frame")),
            Some(Ok(Message::Close(frame))) => return Err(frame.map(|frame| frame.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return Err(None),
        }
    }
}

fn attach() -> Message {
    Message::text(r#"{"id":1,"command":{"do":"attach","resume":null}}"#)
}

#[tokio::test]
async fn nonsense_is_answered_and_the_socket_goes_on() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut tab = browser.open("INBOX").await;
    for (text, id) in [
        ("", 0),
        ("nonsense", 0),
        ("{}", 0),
        ("null", 0),
        ("[1,2,3]", 0),
        (r#"{"id":-1,"command":{"do":"attach"}}"#, 0),
        (r#"{"id":801}"#, 801),
        (r#"{"id":802,"command":{"do":"fly"}}"#, 802),
        (r#"{"id":803,"command":{"do":"open"}}"#, 803),
        (r#"{"id":804,"command":{"do":"open","query":{"mailbox":7},"from":0,"count":1}}"#, 804),
        (r#"{"id":805,"command":{"do":"window","list":1,"from":-5,"count":99999999999}}"#, 805),
    ] {
        tab.say_text(text.to_owned()).await;
        let error = tab.answer(id).await.expect_err(text);
        assert!(matches!(error, Error::BadRequest { .. }), "{text}: {error:?}");
    }
    let again = tab.send(Command::Attach { resume: None }).await;
    assert!(matches!(again, Err(Error::BadRequest { .. })), "{again:?}");
    bridge.mail("ana").append("INBOX", "still there").await;
    tab.until("mail after nonsense", |view| view.total() == 1).await;
    other.until("mail in the other tab", |view| view.total() == 1).await;
}

#[tokio::test]
async fn too_much_nonsense_ends_the_socket_alone() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut tab = browser.open("INBOX").await;
    for _ in 0..25 {
        tab.say_text("nonsense".to_owned()).await;
    }
    tab.end().await;
    assert_eq!(other.open("INBOX").await.total, 0);
}

#[tokio::test]
async fn the_first_frame_has_to_be_attach() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let open = ClientFrame { id: 9, command: Command::Open { query: Query::default(), from: 0, count: 1 } };
    for (first, id) in [
        (Message::text("nonsense"), 0),
        (Message::text(serde_json::to_string(&open).expect("JSON")), 9),
        (Message::binary(vec![1, 2, 3]), 0),
    ] {
        let mut socket = socket(&browser).await;
        socket.send(first).await.expect("a frame out");
        let Ok(ServerFrame::Reply { id: answered, result: Err(Error::BadRequest { text }) }) = next(&mut socket).await
        else {
            panic!("it is not refused")
        };
        assert_eq!(answered, id);
        assert!(text.contains("first") || text.contains("sense"), "{text}");
        assert_eq!(next(&mut socket).await, Err(Some(CloseCode::Policy.into())));
    }
}

#[tokio::test]
async fn frames_over_the_limit_end_the_socket_alone() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut socket = socket(&browser).await;
    socket.send(attach()).await.expect("a frame out");
    assert!(matches!(next(&mut socket).await, Ok(ServerFrame::Reply { id: 1, result: Ok(Reply::Attached { .. }) })));
    let padding = "x".repeat(MAX_FRAME);
    let text = format!(r#"{{"id":2,"command":{{"do":"open","query":{{"mailbox":"{padding}"}},"from":0,"count":1}}}}"#);
    // The server may hang up before all of it is out.
    let _ = socket.send(Message::text(text)).await;
    while next(&mut socket).await.is_ok() {}
    assert_eq!(other.open("INBOX").await.total, 0);
    assert_eq!(browser.open("INBOX").await.view.total(), 0);
}

#[tokio::test]
async fn a_long_frame_below_the_limit_is_read() {
    let bridge = TestBridge::start().await;
    let mut tab = bridge.sign_in("ana").await.open("INBOX").await;
    let mut draft = crate::draft::draft_to(&["boris@pismo.test"], "long");
    draft.body = "line\n".repeat(150_000);
    tab.save(&draft).await;
    assert_eq!(bridge.mail("ana").messages("Drafts").await.len(), 1);
}

#[tokio::test]
async fn a_binary_frame_ends_the_socket() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut socket = socket(&browser).await;
    socket.send(attach()).await.expect("a frame out");
    next(&mut socket).await.expect("attached");
    socket.send(Message::binary(vec![0; 100])).await.expect("a frame out");
    loop {
        match next(&mut socket).await {
            Ok(_) => {}
            Err(code) => break assert_eq!(code, Some(CloseCode::Unsupported.into())),
        }
    }
}

#[tokio::test]
async fn names_that_imap_cannot_say_are_refused() {
    let bridge = TestBridge::start().await;
    let browser = bridge.sign_in("ana").await;
    let mut tab = browser.open("INBOX").await;
    for mailbox in ["a\r\nh1 DELETE INBOX", "a\nb", "nul\0", "no such mailbox", ""] {
        let query = Query { mailbox: mailbox.to_owned(), ..Query::default() };
        let result = tab.send(Command::Open { query, from: 0, count: 10 }).await;
        assert!(result.is_err(), "{mailbox:?}: {result:?}");
    }
    let query =
        Query { mailbox: "INBOX".to_owned(), search: "a\r\nb\0".to_owned(), everywhere: false, ..Query::default() };
    let _ = tab.send(Command::Open { query, from: 0, count: 10 }).await;
    assert_eq!(tab.open("INBOX").await.total, 0);
}

#[tokio::test]
async fn a_tab_that_asks_and_takes_nothing_is_let_go_and_delays_nobody() {
    const ROWS: u32 = 120;
    let bridge = TestBridge::start().await;
    let mut mail = bridge.mail("ana");
    let uids = mail.fill("INBOX", ROWS).await;
    let browser = bridge.sign_in("ana").await;
    let mut other = browser.open("INBOX").await;
    let mut stalled = socket(&browser).await;
    stalled.send(attach()).await.expect("a frame");
    let open = format!(r#"{{"id":2,"command":{{"do":"open","query":{{"mailbox":"INBOX"}},"from":0,"count":{ROWS}}}}}"#);
    stalled.send(Message::text(open)).await.expect("a frame");
    let list = loop {
        if let ServerFrame::Reply { id: 2, result } = next(&mut stalled).await.expect("a frame") {
            let Ok(Reply::Listing(listing)) = result else { panic!("{result:?}") };
            break listing.list;
        }
    };
    // More than fits between the two, until no more is taken.
    let mut asked = 0;
    loop {
        let window =
            format!(r#"{{"id":{},"command":{{"do":"window","list":{list},"from":0,"count":{ROWS}}}}}"#, asked + 3);
        let sent = timeout(Duration::from_secs(1), stalled.send(Message::text(window))).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
        asked += 1;
        assert!(asked < 1_000_000, "it takes all that is asked, and answers nobody");
    }
    // Others of the same account go on as ever, in both directions.
    other.flag(uids[uids.len() - 1], Flag::Flagged, true).await;
    mail.append("INBOX", "meanwhile").await;
    other.until("mail", |view| view.total() == ROWS as usize + 1).await;
    // Whoever wakes up finds less than was asked for, and then the end.
    sleep(Duration::from_secs(12)).await;
    let mut answered = 0;
    while let Ok(frame) = next(&mut stalled).await {
        answered += u32::from(matches!(frame, ServerFrame::Reply { .. }));
    }
    assert!(answered < asked, "{answered} of {asked}");
    assert_eq!(browser.open("INBOX").await.view.total(), ROWS as usize + 1);
}
