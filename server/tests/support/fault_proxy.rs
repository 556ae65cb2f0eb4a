//! A line between Pismo and a mail server that goes wrong in every way lines do, as a seed decides.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::{Either, select};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp},
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    fault::{Direction, End, FAULTS, Fault, Lines, NONSENSE, Plan},
    random::Random,
    relay::relay,
    trace::Trace,
};

/// How long a line of which one direction is closed may go on in the other.
const HALF_CLOSED: Duration = Duration::from_secs(2);

/// Listens on a port of its own. The weather is calm until [`storm`](Self::storm).
pub struct FaultProxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    seed: u64,
    trace: Trace,
    /// The number of the storm; none while it is calm.
    weather: watch::Sender<Option<u64>>,
    storms: AtomicU64,
    lines: AtomicU64,
    broken: AtomicU64,
    /// How often each of [`FAULTS`] has happened.
    counts: [AtomicU64; FAULTS.len()],
}

/// How it is with a line when one of its directions has ended.
enum Fate {
    Closed,
    Reset,
    /// Swallows all that is said for this long.
    Hole(Duration),
    HalfClosed,
}

impl FaultProxy {
    pub async fn start(server: u16, seed: u64, trace: Trace) -> FaultProxy {
        let shared = Arc::new(Shared {
            seed,
            trace,
            weather: watch::Sender::new(None),
            storms: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            broken: AtomicU64::new(0),
            counts: Default::default(),
        });
        let of_all = shared.clone();
        let port = relay("127.0.0.1", server, move |client, server| {
            let number = of_all.lines.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(carry(client, server, of_all.clone(), number));
        })
        .await;
        FaultProxy { port, shared }
    }

    /// From now on each line, open or new, has faults of its own. What they are is decided by the seed, by which storm
    /// it is, and by which line.
    pub fn storm(&self) {
        let number = self.shared.storms.fetch_add(1, Ordering::SeqCst);
        self.shared.trace.note("storm", number, "");
        self.shared.weather.send_replace(Some(number));
    }

    /// From now on all that is said arrives at once. Lines that swallow what is said are reset.
    pub fn calm(&self) {
        self.shared.trace.note("calm", 0, "");
        self.shared.weather.send_replace(None);
    }

    /// How many lines have gone wrong so that they ended.
    pub fn broken(&self) -> u64 {
        self.shared.broken.load(Ordering::SeqCst)
    }

    /// How many lines there have been.
    pub fn lines(&self) -> u64 {
        self.shared.lines.load(Ordering::SeqCst)
    }

    /// How often each fault has happened; of delays and slices, on how many lines.
    pub fn counts(&self) -> Vec<(Fault, u64)> {
        FAULTS.into_iter().zip(self.shared.counts.iter().map(|count| count.load(Ordering::SeqCst))).collect()
    }
}

impl Shared {
    fn count(&self, fault: Fault) {
        for (known, count) in FAULTS.into_iter().zip(&self.counts) {
            if known == fault {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
}

async fn carry(mut client: TcpStream, mut server: TcpStream, shared: Arc<Shared>, number: u64) {
    let mut weather = shared.weather.subscribe();
    let fate = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let up = pin(Way::new(&shared, number, Direction::ToServer).carry(from_client, to_server));
        let down = pin(Way::new(&shared, number, Direction::ToClient).carry(from_server, to_client));
        match select(up, down).await {
            Either::Left((Fate::HalfClosed, other)) => timeout(HALF_CLOSED, other).await.unwrap_or(Fate::Closed),
            Either::Right((Fate::HalfClosed, other)) => timeout(HALF_CLOSED, other).await.unwrap_or(Fate::Closed),
            Either::Left((fate, _)) | Either::Right((fate, _)) => fate,
        }
    };
    if let Fate::Hole(time) = fate {
        let (mut from_client, mut from_server) = ([0; 4096], [0; 4096]);
        let swallow = async {
            loop {
                let read = tokio::select! {
                    read = client.read(&mut from_client) => read,
                    read = server.read(&mut from_server) => read,
                    // It is calm, or another storm has begun.
                    _ = weather.changed() => return,
                };
                if !matches!(read, Ok(1..)) {
                    return;
                }
            }
        };
        let _ = timeout(time, swallow).await;
    }
    if matches!(fate, Fate::Reset | Fate::Hole(_)) {
        let _ = (client.set_zero_linger(), server.set_zero_linger());
    }
}

fn pin<F: Future>(future: F) -> std::pin::Pin<Box<F>> {
    Box::pin(future)
}

/// One direction of a line.
struct Way<'a> {
    shared: &'a Shared,
    number: u64,
    direction: Direction,
    weather: watch::Receiver<Option<u64>>,
    storm: Option<u64>,
    plan: Plan,
    random: Random,
    lines: Lines,
    /// Bytes since the storm began.
    passed: u64,
}

impl<'a> Way<'a> {
    fn new(shared: &'a Shared, number: u64, direction: Direction) -> Way<'a> {
        Way {
            shared,
            number,
            direction,
            weather: shared.weather.subscribe(),
            storm: None,
            plan: Plan::default(),
            random: Random::of(&[]),
            lines: Lines::default(),
            passed: 0,
        }
    }

    fn look_at_the_weather(&mut self) {
        let storm = *self.weather.borrow();
        if storm == self.storm {
            return;
        }
        self.storm = storm;
        self.passed = 0;
        let Some(storm) = storm else {
            self.plan = Plan::default();
            return;
        };
        // Both directions draw the same plan, and go on by themselves.
        self.plan = Plan::draw(&mut Random::of(&[self.shared.seed, storm, self.number]));
        self.random = Random::of(&[self.shared.seed, storm, self.number, 1 + u64::from(self.is_server_speaking())]);
        if self.is_server_speaking() {
            self.plan.troubles().for_each(|fault| self.shared.count(fault));
        }
    }

    fn is_server_speaking(&self) -> bool {
        self.direction == Direction::ToClient
    }

    /// The end of the line, if it comes in this direction.
    fn end(&self) -> Option<End> {
        self.plan.end.filter(|end| end.direction == self.direction)
    }

    async fn carry(mut self, mut input: tcp::ReadHalf<'_>, mut output: tcp::WriteHalf<'_>) -> Fate {
        let mut said = vec![0; 16_384];
        loop {
            let Ok(length @ 1..) = input.read(&mut said).await else { return Fate::Closed };
            self.look_at_the_weather();
            let direction = if self.is_server_speaking() { "←" } else { "→" };
            self.shared.trace.bytes(direction, self.number, &said[..length]);
            if self.plan.delay > 0 {
                let most = usize::try_from(self.plan.delay).expect("a short time");
                sleep(Duration::from_millis(u64::try_from(self.random.below(most + 1)).expect("a time"))).await;
            }
            let mut rest = &said[..length];
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(self.next_piece(rest.len()));
                rest = later;
                if output.write_all(piece).await.is_err() {
                    return Fate::Closed;
                }
                self.passed += u64::try_from(piece.len()).expect("a length");
                self.lines.push(piece);
                if let Some(end) = self.end().filter(|end| end.after <= self.passed)
                    && let Some(fate) = self.come_to(end, &mut output).await
                {
                    let unsaid = String::from_utf8_lossy(rest);
                    self.shared.trace.note("end", self.number, &format!("{end:?}, unsaid: {unsaid:?}"));
                    self.shared.count(end.fault);
                    self.shared.broken.fetch_add(1, Ordering::SeqCst);
                    return fate;
                }
                if self.plan.nonsense && self.is_server_speaking() && self.lines.between() && self.random.chance(10) {
                    let line = self.random.one_of(&NONSENSE).expect("a line");
                    self.shared.count(Fault::Nonsense);
                    if output.write_all(line).await.is_err() {
                        return Fate::Closed;
                    }
                }
            }
        }
    }

    /// How much of what is there is passed on at once: up to the end of the line, and no more than a slice.
    fn next_piece(&mut self, there: usize) -> usize {
        let mut most = u64::try_from(there).expect("a length");
        if self.plan.slice > 0 {
            most = most.min(1 + self.random.of_any_size(1, self.plan.slice).min(self.plan.slice) / 2);
        }
        if let Some(end) = self.end() {
            most = most.min(end.after.saturating_sub(self.passed));
        }
        usize::try_from(most.max(1)).expect("a length")
    }

    /// Ends the line; not yet, where that cannot be amid a response.
    async fn come_to(&mut self, end: End, output: &mut tcp::WriteHalf<'_>) -> Option<Fate> {
        match end.fault {
            Fault::Cut => Some(Fate::Closed),
            Fault::Hole => Some(Fate::Hole(Duration::from_millis(self.random.of_any_size(50, 1000)))),
            Fault::HalfClose => output.shutdown().await.map_or(Some(Fate::Closed), |()| Some(Fate::HalfClosed)),
            Fault::Garbage => {
                // Any bytes but a line end, which could make them the end of a response that nobody can tell from a right one.
                let length = self.random.of_any_size(1, 200);
                let bytes = (0..length).map(|_| u8::try_from(self.random.below(256)).expect("a byte"));
                let bytes: Vec<u8> = bytes.filter(|byte| !b"\r\n".contains(byte)).collect();
                // A client that is gone hears none of it.
                let _ = output.write_all(&bytes).await;
                Some(Fate::Reset)
            }
            Fault::Bye if !self.lines.between() => None,
            Fault::Bye => {
                let _ = output.write_all(b"* BYE going down for a while\r\n").await;
                Some(Fate::Closed)
            }
            _ => Some(Fate::Reset),
        }
    }
}
