//! Many lines, and lines on which nothing is asked: they end by themselves, and neither they nor one network takes all places.
//!
//! But for the last test there is no socket in it and no real clock: hours pass as soon as everybody waits.

use std::{convert::Infallible, future::pending, io, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::ws::{WebSocket, WebSocketUpgrade},
    response::Response,
    routing::{any, get},
    serve::Listener,
};
use futures_util::{SinkExt, StreamExt, stream};
use pismo::lines::{Limits, Places, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    net::TcpStream,
    sync::mpsc,
    task::{JoinHandle, yield_now},
    time::{sleep, timeout},
};
use tokio_tungstenite::{WebSocketStream, client_async, tungstenite};
use tokio_util::sync::CancellationToken;

use crate::{tab::PATIENCE, test_bridge::TestBridge};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Callers that wait to be let in.
const QUEUE: usize = 8;

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
const HALF: &str = "GET / HTTP/1.1\r\nHost: a.example\r\nX-Slow: ";

/// Where callers come from, each with an address that is said and not had.
struct Street(mpsc::Receiver<(DuplexStream, SocketAddr)>);

impl Listener for Street {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(caller) => caller,
            None => pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Something to call.
struct House {
    callers: mpsc::Sender<(DuplexStream, SocketAddr)>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl House {
    /// With 10.0.0.0/8 for its proxies.
    fn with(change: impl FnOnce(&mut Limits)) -> House {
        let (header, idle) = (Duration::from_secs(30), 3 * MINUTE);
        let mut limits = Limits { all: 100, of_network: 100, header, idle };
        change(&mut limits);
        let places = Places::new(limits, &["10.0.0.0/8".parse().expect("a network")]);
        let (callers, street) = mpsc::channel(QUEUE);
        let stop = CancellationToken::new();
        let serving = tokio::spawn(serve(Street(street), rooms(), places, stop.clone()));
        House { callers, stop, serving }
    }

    async fn call(&self, from: &str) -> DuplexStream {
        let (ours, theirs) = duplex(64 * 1024);
        let from = SocketAddr::new(from.parse().expect("an address"), 50_000);
        self.callers.send((theirs, from)).await.expect("somebody who listens");
        ours
    }

    async fn call_and_begin(&self, beginning: &str) -> DuplexStream {
        let mut line = self.call("192.0.2.1").await;
        line.write_all(beginning.as_bytes()).await.expect("room");
        line
    }

    async fn websocket(&self) -> WebSocketStream<DuplexStream> {
        let line = self.call("192.0.2.1").await;
        client_async("ws://a.example/socket", line).await.expect("a websocket").0
    }
}

fn rooms() -> Router {
    Router::new()
        .route("/", get(async || "here").post(async |body: String| body))
        .route("/hour", get(hour))
        .route("/socket", any(async |upgrade: WebSocketUpgrade| -> Response { upgrade.on_upgrade(echo) }))
}

/// Says something every minute, for an hour.
async fn hour() -> Body {
    Body::from_stream(stream::unfold(0, async |minute| {
        if minute > 0 {
            sleep(MINUTE).await;
        }
        (minute < 60).then(|| (Ok::<_, Infallible>("tick "), minute + 1))
    }))
}

async fn echo(mut socket: WebSocket) {
    while let Some(Ok(message)) = socket.recv().await {
        if socket.send(message).await.is_err() {
            return;
        }
    }
}

/// What comes until the line ends, which it has to.
async fn rest(line: &mut DuplexStream) -> String {
    let mut bytes = Vec::new();
    // How it ends is not the matter.
    let _ = timeout(2 * HOUR, line.read_to_end(&mut bytes)).await.expect("an end of the line");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Waits until this has come; false if the line ends before.
async fn hear(line: &mut DuplexStream, wanted: &str) -> bool {
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains(wanted) {
        match timeout(HOUR, line.read_buf(&mut heard)).await.expect("an answer or an end") {
            Ok(0) | Err(_) => return false,
            Ok(_) => {}
        }
    }
    true
}

/// Asks on a line that stays open, and tells whether there was an answer.
async fn is_served(line: &mut DuplexStream) -> bool {
    line.write_all(REQUEST.as_bytes()).await.is_ok() && hear(line, "here").await
}

#[tokio::test(start_paused = true)]
async fn what_stops_coming_keeps_no_line() {
    let house = House::with(|_| {});
    let half = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 10\r\n\r\nhalf";
    let mut line = house.call_and_begin(half).await;
    let mut said = String::new();
    timeout(HOUR, line.read_to_string(&mut said)).await.expect("an end").expect("words");
    assert!(said.starts_with("HTTP/1.1 4"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn a_line_on_which_nothing_is_asked_ends() {
    let house = House::with(|_| {});
    for beginning in ["", "P", "PRI * HT", "GET / HTTP/1.1\r\n", HALF] {
        let mut line = house.call_and_begin(beginning).await;
        assert_eq!(rest(&mut line).await, "", "{beginning:?}");
    }
    // A letter now and then is no request either.
    let mut line = house.call_and_begin(HALF).await;
    let mut letters = 0;
    while line.write_all(b"a").await.is_ok() {
        letters += 1;
        assert!(letters < 1000, "it never ends");
        sleep(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_is_kept_for_the_next_request_and_not_for_ever() {
    let house = House::with(|_| {});
    for beginning in ["", HALF] {
        let mut line = house.call("192.0.2.1").await;
        assert!(is_served(&mut line).await);
        sleep(2 * MINUTE).await;
        assert!(is_served(&mut line).await, "a proxy has kept it for two minutes");
        line.write_all(beginning.as_bytes()).await.expect("room");
        assert_eq!(rest(&mut line).await, "", "{beginning:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_takes_its_time() {
    let house = House::with(|_| {});
    // Down.
    let mut line = house.call_and_begin("GET /hour HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n").await;
    assert_eq!(rest(&mut line).await.matches("tick ").count(), 60);
    // Up.
    let head = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n";
    let mut line = house.call_and_begin(head).await;
    for letter in "by the hour".bytes() {
        sleep(2 * MINUTE).await;
        line.write_all(&[letter]).await.expect("room");
    }
    assert!(hear(&mut line, "by the hour").await);
    // Both.
    let mut socket = house.websocket().await;
    sleep(HOUR).await;
    socket.send(tungstenite::Message::text("still there?")).await.expect("a websocket");
    let echo = socket.next().await.expect("a frame").expect("a frame");
    assert_eq!(echo, tungstenite::Message::text("still there?"));
}

#[tokio::test(start_paused = true)]
async fn one_network_takes_no_more_than_its_share() {
    for network in
        [["192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"], ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:3::4"]]
    {
        let house = House::with(|limits| limits.of_network = 2);
        let [one, two, three] = network;
        let (mut first, mut second) = (house.call(one).await, house.call(two).await);
        assert!(is_served(&mut first).await && is_served(&mut second).await, "{network:?}");
        assert!(!is_served(&mut house.call(three).await).await, "{network:?}: one too many");
        assert!(is_served(&mut first).await && is_served(&mut second).await, "{network:?}: those before it stay");
        for other in ["192.0.2.2", "2001:db8:1:3::1"] {
            assert!(is_served(&mut house.call(other).await).await, "{other}");
        }
        drop(first);
        let mut tries = 0;
        while !is_served(&mut house.call(three).await).await {
            tries += 1;
            assert!(tries < 1000, "{network:?}: the place of whoever is gone");
            yield_now().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn proxies_and_this_machine_are_no_network() {
    let house = House::with(|limits| limits.of_network = 2);
    let mut lines = Vec::new();
    for peer in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.7", "::ffff:10.0.0.7"].repeat(3) {
        let mut line = house.call(peer).await;
        assert!(is_served(&mut line).await, "{peer}");
        lines.push(line);
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_when_all_places_are_taken_waits_for_one() {
    let house = House::with(|limits| limits.all = 2);
    let (first, _second) = (house.websocket().await, house.websocket().await);
    let mut third = house.call_and_begin(REQUEST).await;
    sleep(HOUR).await;
    assert_eq!(house.callers.capacity(), QUEUE - 1, "websockets keep their places, and nobody else is let in");
    drop(first);
    assert!(hear(&mut third, "here").await);
    assert_eq!(house.callers.capacity(), QUEUE);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_what_is_being_answered_and_for_nobody_else() {
    let house = House::with(|limits| (limits.header, limits.idle) = (3 * HOUR, 3 * HOUR));
    let mut download = house.call_and_begin("GET /hour HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert!(hear(&mut download, "tick ").await);
    let mut kept = house.call("192.0.2.1").await;
    assert!(is_served(&mut kept).await);
    let (mut silent, mut half) = (house.call_and_begin("").await, house.call_and_begin(HALF).await);
    house.stop.cancel();
    for line in [&mut kept, &mut silent, &mut half] {
        assert_eq!(rest(line).await, "");
    }
    assert!(house.callers.is_closed(), "nobody else is let in");
    assert!(!house.serving.is_finished(), "somebody is being answered");
    assert_eq!(rest(&mut download).await.matches("tick ").count(), 59);
    house.serving.await.expect("no panic");
}

#[tokio::test]
async fn pismo_hangs_up_on_half_a_request() {
    let bridge = TestBridge::with(|config| config.lines.header = Duration::from_millis(50)).await;
    let mut line = TcpStream::connect(bridge.address).await.expect("Pismo");
    line.write_all(HALF.as_bytes()).await.expect("a line");
    let mut bytes = Vec::new();
    let ended = timeout(PATIENCE, line.read_to_end(&mut bytes)).await.expect("an end of the line");
    assert!(ended.is_err() || bytes.is_empty(), "{}", String::from_utf8_lossy(&bytes));
}
