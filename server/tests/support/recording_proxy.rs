//! A line between a client and a server that counts how often the client has to wait for the server, keeps what the
//! client says, and can fail in the ways that lines do.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};

use crate::relay::relay;

/// Changes what the server says on the line of that number.
type Rewrite = Box<dyn FnMut(usize, Vec<u8>) -> Vec<u8> + Send>;

/// Listens on a port of its own and passes everything on, for any number of lines.
pub struct RecordingProxy {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    turns: AtomicUsize,
    lines: Mutex<Vec<Arc<Line>>>,
    most_open: AtomicUsize,
    fault: watch::Sender<Fault>,
    rewrite: Mutex<Option<Rewrite>>,
    /// Since when what passes is shown.
    trace: Option<Instant>,
}

/// What is wrong with the lines.
#[derive(Clone, Copy, Default)]
struct Fault {
    /// Lines that were opened before this many cuts are closed.
    cuts: u32,
    /// Nothing passes in either direction, and nobody is told.
    held: bool,
    /// New lines are closed at once.
    refusing: bool,
    /// What servers say takes so long.
    delay: Duration,
    /// What a server says with this in it is kept back, on its line alone.
    kept: Option<&'static str>,
}

/// One line, numbered in the order of opening.
#[derive(Default)]
pub struct Line {
    turns: AtomicUsize,
    said: Mutex<Vec<u8>>,
    closed: AtomicBool,
}

impl Line {
    /// How many round trips there were since the last time.
    pub fn take_round_trips(&self) -> usize {
        self.turns.swap(0, Ordering::SeqCst)
    }

    /// What the client has said since the last time.
    pub fn take_said(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *self.said.lock().expect("what was said"))).into_owned()
    }
}

impl RecordingProxy {
    pub async fn start(server: u16) -> RecordingProxy {
        Self::start_on("127.0.0.1", server).await
    }

    /// Listens on another address of this machine.
    pub async fn start_on(address: &str, server: u16) -> RecordingProxy {
        let shared = Arc::new(Shared {
            turns: AtomicUsize::new(0),
            lines: Mutex::default(),
            most_open: AtomicUsize::new(0),
            fault: watch::Sender::new(Fault::default()),
            rewrite: Mutex::default(),
            trace: std::env::var_os("PISMO_TRACE").map(|_| Instant::now()),
        });
        let of_all = shared.clone();
        let port = relay(address, server, move |client, server| {
            if of_all.fault.borrow().refusing {
                return;
            }
            let line = of_all.new_line();
            let number = of_all.lines.lock().expect("the lines").len();
            let shared = of_all.clone();
            tokio::spawn(async move {
                pass(client, server, &shared, &line, number).await;
                line.closed.store(true, Ordering::SeqCst);
            });
        })
        .await;
        RecordingProxy { port, shared }
    }

    /// How many round trips there were since the last time: stretches of what the client says that follow what the server said.
    pub fn take_round_trips(&self) -> usize {
        self.shared.turns.swap(0, Ordering::SeqCst)
    }

    /// All lines so far.
    pub fn lines(&self) -> Vec<Arc<Line>> {
        self.shared.lines.lock().expect("the lines").clone()
    }

    /// How many lines are open.
    pub fn open(&self) -> usize {
        self.lines().iter().filter(|line| !line.closed.load(Ordering::SeqCst)).count()
    }

    /// How many lines were open at once, at most.
    pub fn most_open(&self) -> usize {
        self.shared.most_open.load(Ordering::SeqCst)
    }

    /// How often clients have tried to log in.
    pub fn logins(&self) -> usize {
        let logs_in = |line: &Arc<Line>| {
            let said = String::from_utf8_lossy(&line.said.lock().expect("what was said")).to_ascii_uppercase();
            said.contains(" LOGIN ") || said.contains(" AUTHENTICATE ")
        };
        self.lines().iter().filter(|line| logs_in(line)).count()
    }

    /// Closes all lines; new ones can be opened.
    pub fn cut(&self) {
        self.shared.fault.send_modify(|fault| fault.cuts += 1);
    }

    /// Closes all lines, and each new one at once, until [`restore`](Self::restore).
    pub fn take_down(&self) {
        self.shared.fault.send_modify(|fault| {
            fault.refusing = true;
            fault.cuts += 1;
        });
    }

    /// Swallows all that is said, until [`restore`](Self::restore).
    pub fn hold(&self) {
        self.shared.fault.send_modify(|fault| fault.held = true);
    }

    /// Whatever servers say takes so long from now on, until [`restore`](Self::restore).
    pub fn slow_down(&self, delay: Duration) {
        self.shared.fault.send_modify(|fault| fault.delay = delay);
    }

    /// What a server says with these words in it is kept back, and all after it on that line, until [`restore`](Self::restore).
    pub fn keep_back(&self, words: &'static str) {
        self.shared.fault.send_modify(|fault| fault.kept = Some(words));
    }

    /// Ends all faults.
    pub fn restore(&self) {
        self.shared.fault.send_modify(|fault| {
            fault.refusing = false;
            fault.held = false;
            fault.delay = Duration::ZERO;
            fault.kept = None;
        });
    }

    /// Changes what servers say from now on, piece by piece as it is read, on whichever line.
    pub fn rewrite(&self, mut rewrite: impl FnMut(Vec<u8>) -> Vec<u8> + Send + 'static) {
        self.rewrite_by_line(move |_, said| rewrite(said));
    }

    /// The same, for what has to know which pieces follow each other: it is told the number of the line, too.
    pub fn rewrite_by_line(&self, rewrite: impl FnMut(usize, Vec<u8>) -> Vec<u8> + Send + 'static) {
        *self.shared.rewrite.lock().expect("the rewriting") = Some(Box::new(rewrite));
    }

    /// Leaves what servers say as it is.
    pub fn stop_rewriting(&self) {
        *self.shared.rewrite.lock().expect("the rewriting") = None;
    }
}

impl Shared {
    fn new_line(&self) -> Arc<Line> {
        let line = Arc::new(Line::default());
        let mut lines = self.lines.lock().expect("the lines");
        lines.push(line.clone());
        let open = lines.iter().filter(|line| !line.closed.load(Ordering::SeqCst)).count();
        self.most_open.fetch_max(open, Ordering::SeqCst);
        line
    }

    /// Shows what passes, for whoever looks into a failing test with `PISMO_TRACE=1`.
    fn trace(&self, line: usize, direction: &str, bytes: &[u8]) {
        if let Some(since) = self.trace {
            for text in String::from_utf8_lossy(bytes).lines() {
                eprintln!("{:8.3} {line} {direction} {text}", since.elapsed().as_secs_f64());
            }
        }
    }

    fn rewritten(&self, line: usize, bytes: &[u8]) -> Vec<u8> {
        match &mut *self.rewrite.lock().expect("the rewriting") {
            Some(rewrite) => rewrite(line, bytes.to_vec()),
            None => bytes.to_vec(),
        }
    }
}

async fn pass(mut client: TcpStream, mut server: TcpStream, shared: &Shared, line: &Line, number: usize) {
    let (mut from_client, mut from_server) = (vec![0; 65_536], vec![0; 65_536]);
    let mut server_spoke_last = true;
    let mut faults = shared.fault.subscribe();
    let cuts = faults.borrow_and_update().cuts;
    loop {
        let held = faults.borrow().held;
        tokio::select! {
            _ = faults.changed() => {
                if faults.borrow_and_update().cuts != cuts { return; }
            }
            read = client.read(&mut from_client), if !held => match read {
                Ok(length) if length > 0 => {
                    if server_spoke_last {
                        shared.turns.fetch_add(1, Ordering::SeqCst);
                        line.turns.fetch_add(1, Ordering::SeqCst);
                    }
                    server_spoke_last = false;
                    line.said.lock().expect("what was said").extend(&from_client[..length]);
                    shared.trace(number, "→", &from_client[..length]);
                    if server.write_all(&from_client[..length]).await.is_err() { return; }
                }
                _ => return,
            },
            read = server.read(&mut from_server), if !held => match read {
                Ok(length) if length > 0 => {
                    server_spoke_last = true;
                    let said = shared.rewritten(number, &from_server[..length]);
                    let delay = faults.borrow().delay;
                    if !delay.is_zero() { tokio::time::sleep(delay).await; }
                    let kept = faults.borrow().kept;
                    if kept.is_some_and(|words| String::from_utf8_lossy(&said).contains(words)) {
                        // The proxy's own end is the test's.
                        let _ = faults.wait_for(|fault| fault.kept.is_none()).await;
                    }
                    shared.trace(number, "←", &said);
                    if client.write_all(&said).await.is_err() { return; }
                }
                _ => return,
            },
        }
    }
}
