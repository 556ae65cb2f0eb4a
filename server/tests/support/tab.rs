//! A browser's tab: a websocket, what was heard on it, and what it shows.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use app::wire::{
    Action, ClientFrame, Command, Draft, Error, Event, Flag, Listing, Message, MessageRef, Query, Reply, Resume, Row,
    Selection, ServerFrame, SubmissionId, TabId, Uid, UndoId, Welcome, When,
};
use futures_util::{SinkExt, StreamExt};
use tokio::{
    net::TcpStream,
    time::{Instant, timeout_at},
};
use tokio_tungstenite::{WebSocketStream, tungstenite};

use crate::{browser::Browser, view::View};

/// No wait takes longer than this, however busy the machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Rows that a tab opens a list with.
const ROWS: u32 = 50;

/// A tab. It checks by itself that events are numbered without gaps and fit what it shows.
pub struct Tab {
    browser: Browser,
    /// How long an answer may take, or the end.
    pub patience: Duration,
    socket: Option<WebSocketStream<TcpStream>>,
    pub id: TabId,
    /// The number of the last event.
    pub seq: u64,
    next: u32,
    /// What the tab was welcomed with the last time; none where it came back.
    pub welcome: Option<Welcome>,
    pub view: View,
    heard: VecDeque<Event>,
    /// Commands that were not answered yet.
    unanswered: HashSet<u32>,
    answers: HashMap<u32, Result<Reply, Error>>,
}

impl Tab {
    pub async fn attach(browser: &Browser, resume: Option<Resume>) -> Tab {
        let (id, seq) = resume.as_ref().map_or((TabId(String::new()), 0), |resume| (resume.tab.clone(), resume.seq));
        let mut tab = Tab {
            browser: browser.clone(),
            patience: PATIENCE,
            socket: None,
            id,
            seq,
            next: 1,
            welcome: None,
            view: View::default(),
            heard: VecDeque::new(),
            unanswered: HashSet::new(),
            answers: HashMap::new(),
        };
        tab.connect(resume).await;
        tab
    }

    async fn connect(&mut self, resume: Option<Resume>) {
        let origin = self.browser.origin();
        self.socket = Some(self.browser.knock(&[("Origin", &origin)]).await.expect("a websocket"));
        let Reply::Attached { welcome } = self.ask(Command::Attach { resume }).await else { panic!("attached") };
        if let Some(welcome) = welcome.as_deref() {
            self.id = welcome.tab.clone();
            self.seq = 0;
            self.view = View::default();
            self.view.welcome(welcome);
        }
        self.welcome = welcome.map(|welcome| *welcome);
    }

    /// Loses the socket without a farewell.
    pub fn drop_line(&mut self) {
        self.socket = None;
    }

    /// Comes back to where it was.
    pub async fn come_back(&mut self) {
        let resume = Resume { tab: self.id.clone(), seq: self.seq };
        self.connect(Some(resume)).await;
    }

    // Frames.

    /// Sends a command, and says its number.
    pub async fn say(&mut self, command: Command) -> u32 {
        let id = self.next;
        self.next += 1;
        self.say_again(id, command).await;
        id
    }

    /// Sends a command under a number of before.
    pub async fn say_again(&mut self, id: u32, command: Command) {
        self.unanswered.insert(id);
        let json = serde_json::to_string(&ClientFrame { id, command }).expect("JSON");
        self.say_text(json).await;
    }

    /// Sends any text.
    pub async fn say_text(&mut self, text: String) {
        let socket = self.socket.as_mut().expect("a socket");
        socket.send(tungstenite::Message::text(text)).await.expect("a frame out");
    }

    /// Waits for the answer to a command. What happens meanwhile is shown.
    pub async fn answer(&mut self, id: u32) -> Result<Reply, Error> {
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(result) = self.answers.remove(&id) {
                return result;
            }
            assert!(self.hear(deadline).await, "no answer to command {id}");
        }
    }

    /// Sends a command and waits for its answer; there is none if the line ends before.
    pub async fn send_if_it_lives(&mut self, command: Command) -> Option<Result<Reply, Error>> {
        let id = self.next;
        self.next += 1;
        self.unanswered.insert(id);
        let json = serde_json::to_string(&ClientFrame { id, command }).expect("JSON");
        self.socket.as_mut()?.send(tungstenite::Message::text(json)).await.ok()?;
        let deadline = Instant::now() + self.patience;
        loop {
            if let Some(result) = self.answers.remove(&id) {
                return Some(result);
            }
            let socket = self.socket.as_mut()?;
            match timeout_at(deadline, socket.next()).await.expect("an answer, or an end") {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    self.take_in(serde_json::from_str(&text).expect("a frame"));
                }
                Some(Ok(tungstenite::Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The answer to a command, if it has come.
    pub fn take_answer(&mut self, id: u32) -> Option<Result<Reply, Error>> {
        self.answers.remove(&id)
    }

    /// Sends a command and waits for its answer.
    pub async fn send(&mut self, command: Command) -> Result<Reply, Error> {
        let id = self.say(command).await;
        self.answer(id).await
    }

    /// Sends a command that must be done.
    pub async fn ask(&mut self, command: Command) -> Reply {
        let what = format!("{command:?}");
        self.send(command).await.unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// Takes in the next frame. False when none came in time.
    async fn hear(&mut self, deadline: Instant) -> bool {
        let socket = self.socket.as_mut().expect("a socket");
        let message = match timeout_at(deadline, socket.next()).await {
            Err(_) => return false,
            Ok(None) => panic!("the socket was closed"),
            Ok(Some(message)) => message.expect("a message"),
        };
        match message {
            tungstenite::Message::Text(text) => self.take_in(serde_json::from_str(&text).expect("a frame")),
            tungstenite::Message::Close(frame) => panic!("the socket was closed: {frame:?}"),
            _ => {}
        }
        true
    }

    fn take_in(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Reply { id, result } => {
                // As in the browser: a list that nobody waits for any more is not shown.
                if !self.unanswered.remove(&id) && matches!(result, Ok(Reply::Listing(_))) {
                    return;
                }
                if let Ok(Reply::Listing(listing)) = &result {
                    self.view.listing(listing);
                }
                self.answers.insert(id, result);
            }
            ServerFrame::Event { seq, event } => {
                assert_eq!(seq, self.seq + 1, "events are numbered without gaps");
                self.seq = seq;
                self.view.apply(&event);
                self.heard.push_back(event);
            }
            ServerFrame::Heartbeat => {}
        }
    }

    // Waiting.

    /// Waits until the tab shows this.
    pub async fn until(&mut self, what: &str, mut shown: impl FnMut(&View) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !shown(&self.view) {
            assert!(self.hear(deadline).await, "not shown in time: {what}; it shows {:#?}", self.view);
        }
    }

    /// Waits for an event of this kind, among those that were not looked at yet.
    pub async fn until_event<T>(&mut self, what: &str, mut read: impl FnMut(&Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            while let Some(event) = self.heard.pop_front() {
                if let Some(found) = read(&event) {
                    return found;
                }
            }
            assert!(self.hear(deadline).await, "not heard in time: {what}");
        }
    }

    /// Takes in what comes within this time.
    pub async fn listen_for(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while self.hear(deadline).await {}
    }

    /// The events that were heard so far and not looked at yet.
    pub fn take_events(&mut self) -> Vec<Event> {
        self.heard.drain(..).collect()
    }

    /// Forgets the events that were heard so far.
    pub fn forget_events(&mut self) {
        self.heard.clear();
    }

    /// Waits until the server ends the socket; says by which code. What is said before it is taken in.
    pub async fn end(&mut self) -> Option<u16> {
        let deadline = Instant::now() + self.patience;
        loop {
            let socket = self.socket.as_mut().expect("a socket");
            match timeout_at(deadline, socket.next()).await.expect("the socket does not end") {
                Some(Ok(tungstenite::Message::Text(text))) => {
                    self.take_in(serde_json::from_str(&text).expect("a frame"));
                }
                Some(Ok(tungstenite::Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return None,
            }
        }
    }

    // What people do.

    pub async fn open(&mut self, mailbox: &str) -> Listing {
        self.list(Query { mailbox: mailbox.to_owned(), ..Query::default() }).await
    }

    /// Searches this mailbox.
    pub async fn search(&mut self, mailbox: &str, search: &str) -> Listing {
        let query = Query { mailbox: mailbox.to_owned(), search: search.to_owned(), ..Query::default() };
        self.list_all(query).await
    }

    /// Searches all mailboxes.
    pub async fn search_everywhere(&mut self, search: &str) -> Listing {
        let (mailbox, search) = ("INBOX".to_owned(), search.to_owned());
        self.list_all(Query { mailbox, search, everywhere: true, ..Query::default() }).await
    }

    /// Opens a list and waits until all is found. What it was first told, with the number of all.
    pub async fn list_all(&mut self, query: Query) -> Listing {
        let listing = self.list(query).await;
        self.until("all is found", |view| view.progress.is_none()).await;
        Listing { total: self.view.rows.len() as u32, ..listing }
    }

    /// Opens a list.
    pub async fn list(&mut self, query: Query) -> Listing {
        match self.ask(Command::Open { query, from: 0, count: ROWS }).await {
            Reply::Listing(listing) => listing,
            reply => panic!("a listing, not {reply:?}"),
        }
    }

    pub async fn window(&mut self, from: u32, count: u32) -> Listing {
        match self.ask(Command::Window { list: self.view.list, from, count }).await {
            Reply::Listing(listing) => listing,
            reply => panic!("a listing, not {reply:?}"),
        }
    }

    /// The row of a message; waits for it.
    pub async fn row(&mut self, uid: Uid) -> Row {
        self.until("a row", |view| view.row(uid).is_some()).await;
        self.view.row(uid).expect("a row").clone()
    }

    /// The message of a row that is here.
    pub fn message(&self, uid: Uid) -> MessageRef {
        self.view.row(uid).unwrap_or_else(|| panic!("no row of {uid:?}")).message.clone()
    }

    /// All messages that are here, from the top.
    pub fn messages(&self) -> Vec<MessageRef> {
        self.view.rows.iter().flatten().map(|row| row.message.clone()).collect()
    }

    pub async fn read(&mut self, uid: Uid) -> Message {
        let message = self.message(uid);
        match self.ask(Command::Read { message }).await {
            Reply::Message(message) => *message,
            reply => panic!("a message, not {reply:?}"),
        }
    }

    /// Acts on one message.
    pub async fn act(&mut self, uid: Uid, action: Action) -> Option<UndoId> {
        let selection = Selection::Messages(vec![self.message(uid)]);
        self.act_on(selection, action).await.0
    }

    /// Acts on messages; says how to take it back, and how many were changed.
    pub async fn act_on(&mut self, selection: Selection, action: Action) -> (Option<UndoId>, u32) {
        match self.ask(Command::Act { selection, action }).await {
            Reply::Acted { undo, count, .. } => (undo, count),
            reply => panic!("acted, not {reply:?}"),
        }
    }

    pub async fn flag(&mut self, uid: Uid, flag: Flag, set: bool) -> Option<UndoId> {
        self.act(uid, Action::Flag { flag, set }).await
    }

    pub async fn undo(&mut self, undo: Option<UndoId>) {
        let undo = undo.expect("a way back");
        assert_eq!(self.ask(Command::Undo { undo }).await, Reply::Done);
    }

    pub async fn save(&mut self, draft: &Draft) -> MessageRef {
        self.save_over(draft, None).await
    }

    /// Saves a draft that goes on from this copy.
    pub async fn save_over(&mut self, draft: &Draft, base: Option<MessageRef>) -> MessageRef {
        match self.ask(Command::SaveDraft { draft: draft.clone(), base }).await {
            Reply::Saved { message } => message,
            reply => panic!("saved, not {reply:?}"),
        }
    }

    pub async fn submit(&mut self, draft: &Draft) -> SubmissionId {
        self.submit_for(draft, When::Now).await
    }

    /// Hands a draft over that is to go out then.
    pub async fn submit_for(&mut self, draft: &Draft, when: When) -> SubmissionId {
        match self.ask(Command::Send { draft: draft.clone(), when }).await {
            Reply::Submitted { submission } => submission,
            reply => panic!("submitted, not {reply:?}"),
        }
    }
}
