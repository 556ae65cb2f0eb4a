//! The websocket: one for the tab, held open as long as the page is there.
//!
//! What was not answered is sent again after a reconnect, with the same numbers. Events are counted; when one is
//! missing the tab attaches anew and opens its list again, in place.

mod backoff;
mod wait;

use std::collections::BTreeMap;

use app::{
    Client, State,
    client::{MAX_REQUESTS, Request},
    state::Line,
    wire::{
        ClientFrame, Command, Connectivity, Error, Event, MAX_TOLD, Reply, Resume, Selection, ServerFrame, TabId, read,
    },
};
use futures_channel::{mpsc, oneshot};
use futures_util::{FutureExt, SinkExt, StreamExt, select};
use gloo_net::websocket::{Message, futures::WebSocket};
use leptos::prelude::*;

use backoff::Backoff;

/// The server says something at least every 20 seconds; after this long without a word the line is dead.
const SILENCE: f64 = 45_000.0;

/// After this long without a word a person who comes back to the tab does not wait for the rest of [`SILENCE`].
const DOUBT: f64 = 25_000.0;

/// How often the silence is looked at, in milliseconds.
const LOOK: u32 = 5_000;

/// How long the server may take to say that the tab is attached, in milliseconds.
const ATTACH: u32 = 20_000;

type Answer = oneshot::Sender<Result<Reply, Error>>;

pub struct Socket {
    state: State,
    client: Client,
    /// Where this tab left off, if its server knows it.
    resume: Option<Resume>,
    /// The number of the next command.
    next: u32,
    /// By number: what was asked and not answered yet.
    unanswered: BTreeMap<u32, (Command, Answer)>,
    backoff: Backoff,
}

/// Why a connection ended.
enum End {
    /// Cut, or silent for too long.
    Lost,
    /// The tab missed something.
    Missed,
    /// The login is over.
    SignedOut,
    /// The page is.
    Closed,
}

impl Socket {
    pub fn new(state: State, client: Client, tab: Option<TabId>) -> Socket {
        let resume = tab.map(|tab| Resume { tab, seq: 0 });
        Socket { state, client, resume, next: 1, unanswered: BTreeMap::new(), backoff: Backoff::default() }
    }

    pub async fn run(mut self, mut requests: mpsc::Receiver<Request>, mut nudges: mpsc::Receiver<()>) {
        let _listeners = wait::listen(self.client);
        loop {
            match self.connect(&mut requests, &mut nudges).await {
                End::Closed => return,
                End::SignedOut => {
                    self.state.signed_out.set(true);
                    return;
                }
                End::Missed => self.resume = None,
                End::Lost => {}
            }
            if self.state.line.get_untracked() == Line::Live {
                // The first try is at once.
                self.state.line.set(Line::Connecting);
                continue;
            }
            self.state.line.set(Line::Offline);
            if self.pause(&mut requests, &mut nudges).await {
                return;
            }
        }
    }

    /// Waits before the next try; less long when someone wishes so. True when the page is over.
    async fn pause(&mut self, requests: &mut mpsc::Receiver<Request>, nudges: &mut mpsc::Receiver<()>) -> bool {
        let mut delay = gloo_timers::future::TimeoutFuture::new(self.backoff.next()).fuse();
        loop {
            select! {
                () = delay => return false,
                _ = nudges.next() => return false,
                request = requests.next() => match request {
                    Some(request) => drop(self.number(request)),
                    None => return true,
                },
            }
        }
    }

    async fn connect(&mut self, requests: &mut mpsc::Receiver<Request>, nudges: &mut mpsc::Receiver<()>) -> End {
        let Ok(socket) = WebSocket::open(&wait::url()) else {
            return End::Lost;
        };
        let (mut sink, stream) = socket.split();
        let mut stream = stream.fuse();
        let attach = self.next;
        self.next += 1;
        let hello = ClientFrame { id: attach, command: Command::Attach { resume: self.resume.clone() } };
        if !send(&mut sink, &hello).await {
            return wait::login_is_over().await.map_or(End::Lost, |()| End::SignedOut);
        }
        let mut heard = js_sys::Date::now();
        let mut attached = false;
        let mut attach_limit = gloo_timers::future::TimeoutFuture::new(ATTACH).fuse();
        let mut look = gloo_timers::future::IntervalStream::new(LOOK).fuse();
        loop {
            select! {
                message = stream.next() => {
                    let Some(Ok(message)) = message else {
                        if attached {
                            return End::Lost;
                        }
                        return wait::login_is_over().await.map_or(End::Lost, |()| End::SignedOut);
                    };
                    heard = js_sys::Date::now();
                    let Some(frame) = parse(&message) else { return End::Missed };
                    if let ServerFrame::Reply { id, result } = &frame && *id == attach {
                        match result {
                            Ok(Reply::Attached { welcome }) => {
                                let resumed = welcome.is_none();
                                if let Some(welcome) = welcome {
                                    self.resume = Some(Resume { tab: welcome.tab.clone(), seq: 0 });
                                }
                                self.state.apply(&frame);
                                self.attached(resumed);
                                attached = true;
                                for frame in self.again() {
                                    if !send(&mut sink, &frame).await {
                                        return End::Lost;
                                    }
                                }
                            }
                            Err(Error::SignedOut) => return End::SignedOut,
                            _ => return End::Missed,
                        }
                    } else if let Some(end) = self.take(frame) {
                        return end;
                    }
                },
                request = requests.next() => {
                    let Some(request) = request else { return End::Closed };
                    let Some(frame) = self.number(request) else { continue };
                    if attached && !send(&mut sink, &frame).await {
                        return End::Lost;
                    }
                },
                // The browser knows of some drops before any silence tells.
                _ = nudges.next() => if wait::is_offline() || js_sys::Date::now() - heard > DOUBT { return End::Lost },
                _ = look.next() => if js_sys::Date::now() - heard > SILENCE { return End::Lost },
                () = attach_limit => if !attached { return End::Lost },
            }
        }
    }

    /// The line stands.
    fn attached(&mut self, resumed: bool) {
        self.backoff = Backoff::default();
        self.state.line.set(Line::Live);
        self.client.attend(wait::is_in_front());
        if resumed {
            return;
        }
        // A new tab knows no lists: what was asked about one is void, and the open one is opened again.
        let stale: Vec<u32> =
            self.unanswered.iter().filter(|(_, (command, _))| names_list(command)).map(|(id, _)| *id).collect();
        for (_, answer) in stale.iter().filter_map(|id| self.unanswered.remove(id)) {
            // Whoever asked may have gone.
            drop(answer.send(Err(Error::Gone)));
        }
        self.client.open_again();
    }

    /// What has to be sent again.
    fn again(&self) -> Vec<ClientFrame> {
        self.unanswered.iter().map(|(id, (command, _))| ClientFrame { id: *id, command: command.clone() }).collect()
    }

    /// Gives a request its number. None when too much is waiting already.
    fn number(&mut self, request: Request) -> Option<ClientFrame> {
        let Request { command, reply } = request;
        if self.unanswered.len() >= MAX_REQUESTS {
            drop(reply.send(Err(Error::Busy)));
            return None;
        }
        let id = self.next;
        self.next += 1;
        self.unanswered.insert(id, (command.clone(), reply));
        Some(ClientFrame { id, command })
    }

    /// Takes in a frame.
    fn take(&mut self, frame: ServerFrame) -> Option<End> {
        match &frame {
            ServerFrame::Event { event: Event::Reset, .. } => {
                self.state.apply(&frame);
                return Some(End::Missed);
            }
            ServerFrame::Event { seq, event } => {
                let resume = self.resume.as_mut()?;
                if *seq <= resume.seq {
                    return None;
                }
                if *seq != resume.seq + 1 {
                    return Some(End::Missed);
                }
                resume.seq = *seq;
                self.state.apply(&frame);
                match event {
                    Event::SignedOut => return Some(End::SignedOut),
                    Event::Connectivity { connectivity: Connectivity::Live } => self.client.mail_is_back(),
                    _ => {}
                }
            }
            ServerFrame::Reply { id, .. } => {
                // An answer to what nobody waits for any more is not taken in either.
                let (_, answer) = self.unanswered.remove(id)?;
                self.state.apply(&frame);
                if let ServerFrame::Reply { result, .. } = frame {
                    drop(answer.send(result));
                }
            }
            ServerFrame::Heartbeat => {}
        }
        None
    }
}

/// Whether a command is about a list by its number, which another tab does not know.
fn names_list(command: &Command) -> bool {
    matches!(
        command,
        Command::Open { .. } | Command::Window { .. } | Command::Act { selection: Selection::All { .. }, .. }
    )
}

fn parse(message: &Message) -> Option<ServerFrame> {
    match message {
        Message::Text(text) if text.len() <= MAX_TOLD => read(text),
        _ => None,
    }
}

async fn send(sink: &mut futures_util::stream::SplitSink<WebSocket, Message>, frame: &ClientFrame) -> bool {
    match serde_json::to_string(frame) {
        Ok(text) => sink.send(Message::Text(text)).await.is_ok(),
        Err(_) => true,
    }
}
