//! The task that serves one account. It owns the work session; nobody else touches it. One input at a time.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use app::view::sharing::{Gift, People};
use app::wire::{ClientFrame, Command, Error, Event, Mailbox, MessageRef, PageFrames, Query, Reply, TabId, UndoId};
use tokio::{
    sync::{mpsc, oneshot, watch as target},
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Account, Accounts, Attached, FolderChoice, Folders, Input, Loaded, Offered, Parts,
    act::Undoable,
    budget::Budget,
    heard::Heard,
    hook::Hook,
    line::Line,
    load::Cache,
    look::SWEEP_PAUSE,
    pulse::{Pulse, Teller},
    quota::Fill,
    search::Searcher,
    senders::Acquaintance,
    sought::Report,
    tab::{Tab, View},
    texts::Texts,
    watch::Target,
    writers::Writers,
};
use crate::{
    backoff::Backoff,
    error::to_wire,
    imap::{self, Credentials, Status},
    spool::Spooled,
    store::{AccountRecord, Conversations, Settings, Store},
};

/// With no tab for this long the account logs out and stops.
const IDLE: Duration = Duration::from_secs(600);

/// How often things that only time changes are looked at.
const TICK: Duration = Duration::from_secs(5);

pub(super) struct Actor {
    pub(super) record: AccountRecord,
    pub(super) credentials: Credentials,
    inputs: mpsc::Receiver<Input>,
    /// To hand to tasks that report back. Weak, so that the actor ends when its handles are gone.
    myself: mpsc::WeakSender<Input>,
    /// Cancelled when Pismo stops, or nobody is signed in any more.
    pub(super) stop: CancellationToken,
    pub(super) store: Store,
    pub(super) data: Arc<std::path::Path>,
    pub(super) upload_limit: u64,
    /// Names of the servers whose checks are believed.
    pub(super) authserv: Arc<[String]>,
    pub(super) acquaintance: Acquaintance,
    pub(super) parts: Parts,
    pub(super) tasks: TaskTracker,
    pub(super) budget: Budget,
    pub(super) index: Conversations,
    pub(super) searcher: Searcher,
    /// Counts the searches.
    pub(super) search_count: u64,

    pub(super) line: Line,
    /// When the session was opened, or one in its place asked for.
    pub(super) renewed: Instant,
    pub(super) backoff: Backoff,
    pub(super) settings: Settings,
    pub(super) mailboxes: Vec<Mailbox>,
    /// There are more of them.
    pub(super) partial: bool,
    /// Keywords of the labels that were seen, as in [`Event::Labels`].
    pub(super) labels: Vec<String>,
    /// What STATUS said last, by path.
    pub(super) statuses: HashMap<String, Status>,
    /// How mailboxes were when they were left, as the tabs were told, by path.
    pub(super) synced: HashMap<String, super::listing::Baseline>,
    pub(super) fill: Fill,
    /// How the names of the person's own mailboxes begin, where the server says so.
    pub(super) personal: Option<String>,
    /// Messages in the selected mailbox, as far as the tabs were told.
    pub(super) exists: u32,
    /// The selected mailbox, and how it was when it was selected; `uid_next` follows what is told.
    pub(super) at_hand: Option<(String, super::listing::Baseline)>,
    /// The server's MODSEQ did not grow when something had changed: it says nothing.
    pub(super) modseq_stands_still: bool,
    /// Counts the times a mailbox was selected: what was known of another one's flags before is not known any more.
    pub(super) selects: u64,
    /// Mailboxes in which something has changed that lists by conversation are to be told.
    pub(super) threads_touched: HashSet<String>,
    /// Mailboxes whose counts have to be asked for.
    pub(super) counts_wanted: HashSet<String>,
    pub(super) swept: Instant,
    /// News asked for a sweep that has not been made yet.
    pub(super) sweep_wanted: bool,
    /// When the mailboxes are looked at once more because some have changed.
    pub(super) second_look: Option<Instant>,
    pub(super) tabs: HashMap<TabId, Tab>,
    pub(super) writers: Writers,
    pub(super) waiting: VecDeque<Waiting>,
    /// Commands that wait or are being worked on, so that a repeated one is not done twice.
    pub(super) pending: HashSet<(TabId, u32)>,
    pub(super) cache: Cache,
    pub(super) heard: Heard,
    /// Texts that are fetched on the side.
    pub(super) aside: usize,
    pub(super) undoable: VecDeque<Undoable>,
    pub(super) undo_count: u64,
    /// What was taken back last: tried once more because its line was lost after that, it is done.
    pub(super) undone: Option<UndoId>,
    pub(super) watching: Option<(target::Sender<Target>, CancellationToken)>,
    pub(super) idle_since: Option<Instant>,
    pub(super) pulse: Pulse,
    pub(super) hook: Arc<Hook>,
    /// When things that only time changes were looked at last.
    pub(super) looked: Instant,
}

/// What waits for a session.
pub(super) enum Waiting {
    Command {
        tab: TabId,
        frame: Box<ClientFrame>,
        tried: bool,
    },
    Load {
        message: MessageRef,
        reply: oneshot::Sender<Result<Arc<Loaded>, Error>>,
    },
    Page {
        query: Query,
        count: u32,
        login: Vec<u8>,
        reply: oneshot::Sender<PageFrames>,
    },
    Folders {
        choice: Option<FolderChoice>,
        reply: oneshot::Sender<Result<Folders, Error>>,
    },
    Sharing {
        mailbox: String,
        change: Option<Gift>,
        reply: oneshot::Sender<Result<Option<People>, Error>>,
    },
    File {
        submission: Box<crate::store::StoredSubmission>,
        message: Spooled,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    /// The long text of a message has come.
    Texts(Box<Texts>),
    /// What a search has found is to be shown.
    Found {
        report: Report,
        tried: bool,
    },
}

/// Why something was not done.
pub(super) enum Failure {
    /// Whoever asked is told; the session lives.
    Told(Error),
    /// The session is lost.
    Lost(imap::Error),
}

impl From<imap::Error> for Failure {
    fn from(error: imap::Error) -> Self {
        match error {
            // RFC 5530 §3: the server has lost its footing; Dovecot says so of a mailbox that was made anew, and hangs
            // up after it (2026-11). A new session does better.
            imap::Error::Refused { code: Some(imap::Code::ServerBug), .. } => Failure::Lost(error),
            error if error.is_refusal() => Failure::Told(to_wire(error)),
            error => Failure::Lost(error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Told(error)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "A command failed by our own fault");
        Failure::Told(Error::Internal)
    }
}

impl Actor {
    pub fn new(
        accounts: &Accounts,
        account: &Account,
        record: &AccountRecord,
        credentials: Credentials,
        budget: Budget,
        inputs: mpsc::Receiver<Input>,
    ) -> Self {
        Self {
            record: record.clone(),
            inputs,
            myself: account.inputs.downgrade(),
            stop: account.over.clone(),
            store: accounts.store.clone(),
            data: accounts.data.clone(),
            upload_limit: accounts.upload_limit,
            authserv: accounts.authserv.clone(),
            acquaintance: None,
            parts: account.parts.clone(),
            searcher: Searcher::start(
                record,
                &credentials,
                (budget.clone(), account.inputs.downgrade()),
                &accounts.index,
                &accounts.tasks,
                account.over.clone(),
            ),
            index: accounts.index.clone(),
            tasks: accounts.tasks.clone(),
            budget,
            credentials,
            search_count: 0,
            line: Line::Down { error: Error::Busy, retry: Instant::now() },
            renewed: Instant::now(),
            backoff: Backoff::new(Duration::from_secs(1), Duration::from_secs(120)),
            settings: Settings::default(),
            mailboxes: Vec::new(),
            partial: false,
            labels: Vec::new(),
            statuses: HashMap::new(),
            synced: HashMap::new(),
            fill: Fill::new(),
            personal: None,
            exists: 0,
            at_hand: None,
            modseq_stands_still: false,
            selects: 0,
            threads_touched: HashSet::new(),
            counts_wanted: HashSet::new(),
            swept: Instant::now(),
            sweep_wanted: false,
            second_look: None,
            tabs: HashMap::new(),
            writers: Writers::default(),
            waiting: VecDeque::new(),
            pending: HashSet::new(),
            cache: Cache::default(),
            heard: Heard::default(),
            aside: 0,
            undoable: VecDeque::new(),
            undo_count: 0,
            undone: None,
            watching: None,
            idle_since: Some(Instant::now()),
            pulse: Pulse::new(accounts.pulses.clone()),
            hook: account.hook.clone(),
            looked: Instant::now(),
        }
    }

    /// Serves until nobody needs the account any more, or Pismo stops.
    pub async fn run(mut self) {
        self.read_settings().await;
        while let Some(input) = self.next().await {
            self.handle(input).await;
            if self.is_idle() {
                break;
            }
        }
        self.inputs.close();
        if let Some((_, stop)) = self.watching.take() {
            stop.cancel();
        }
        if let Line::Live(session) = self.line {
            // The server ends the session by itself if the farewell takes too long.
            timeout(Duration::from_secs(2), session.logout()).await.ok();
        }
    }

    /// Waits for the next thing that happens. None when all is over.
    async fn next(&mut self) -> Option<Input> {
        let mut wake = self.looked + TICK;
        if let Some(retry) = self.retry_at() {
            wake = wake.min(retry);
        }
        if self.sweep_wanted && matches!(self.line, Line::Live(_)) {
            wake = wake.min(self.swept + SWEEP_PAUSE);
        }
        if let (Some(at), Line::Live(_)) = (self.second_look, &self.line) {
            wake = wake.min(at);
        }
        let (mut wake, mut then) = (wake, Input::Look { selected: false, elsewhere: false });
        if let Some(beat) = self.pulse_due().filter(|beat| *beat < wake) {
            (wake, then) = (beat, Input::Beat);
        }
        let stop = self.stop.clone();
        tokio::select! {
            biased;
            () = stop.cancelled() => None,
            input = self.inputs.recv() => input,
            () = sleep_until(wake) => Some(then),
        }
    }

    fn is_idle(&self) -> bool {
        self.tabs.is_empty() && self.idle_since.is_some_and(|since| since.elapsed() > IDLE)
    }

    async fn handle(&mut self, input: Input) {
        match input {
            Input::Page { query, count, login, reply } => {
                self.enter(Waiting::Page { query, count, login, reply }).await;
                self.renew_if_old(true);
            }
            Input::Attach { id, resume, browser, frames, reply } => {
                self.attach(id, resume, browser, frames, reply).await
            }
            Input::Detach(Attached { tab, generation }) => {
                if let Some(tab) = self.tabs.get_mut(&tab).filter(|tab| tab.generation == generation) {
                    tab.detach();
                }
            }
            Input::Command { tab, frame } => {
                let Some(known) = self.tabs.get_mut(&tab) else { return };
                let key = (tab.clone(), frame.id);
                if known.reply_again(frame.id) || !self.pending.insert(key) {
                    return;
                }
                let mut result = Ok(Reply::Done);
                match frame.command {
                    Command::Attend { front } => {
                        known.in_front = front;
                        if front {
                            self.tell_undoable(&tab);
                        }
                    }
                    Command::StopSearch { list } => self.stop_search(&tab, list),
                    Command::CloseDraft { draft } => self.close_draft(&tab, &draft),
                    // Before there has been a line nothing is known of any.
                    Command::Fold { mailbox, folded } if !self.mailboxes.is_empty() => {
                        result = self.fold(&mailbox, folded).await.map(|()| Reply::Done);
                    }
                    Command::Gather { message } => return self.gather(tab, frame.id, message),
                    _ => return self.enter(Waiting::Command { tab, frame, tried: false }).await,
                }
                self.reply(&tab, frame.id, result);
            }
            Input::Load { message, reply } => self.enter(Waiting::Load { message, reply }).await,
            Input::Texts(texts) => {
                self.aside -= 1;
                self.enter(Waiting::Texts(texts)).await;
            }
            Input::Folders { choice, reply } => self.enter(Waiting::Folders { choice, reply }).await,
            Input::Sharing { mailbox, change, reply } => self.enter(Waiting::Sharing { mailbox, change, reply }).await,
            Input::File { submission, message, reply } => {
                self.enter(Waiting::File { submission, message, reply }).await;
            }
            Input::Capabilities { reply } => {
                let known = match &self.line {
                    Line::Live(session) => {
                        Some(Offered { capabilities: session.capabilities().clone(), connections: self.budget.most() })
                    }
                    _ => None,
                };
                // Whoever asked may have gone.
                let _ = reply.send(known);
            }
            Input::Connected(result) => self.connected(*result).await,
            Input::Renewed(result) => self.renew(*result).await,
            Input::Gathered { tab, id, result } => self.reply(&tab, id, result.map(Reply::Conversation)),
            Input::Found(report) => self.enter(Waiting::Found { report, tried: false }).await,
            Input::Previews { mailbox, previews } => {
                for tab in self.tabs.values_mut() {
                    let Some(view) = &tab.view else { continue };
                    let list = view.list;
                    let change =
                        app::wire::ListChange::Previews { mailbox: mailbox.clone(), previews: previews.clone() };
                    tab.tell(Event::Messages { list, change });
                }
            }
            Input::Searches => self.tell_searches().await,
            Input::Tell(event) => self.tell_all(&event),
            Input::SignedOut { login } => {
                for tab in self.tabs.values_mut().filter(|tab| tab.login == login) {
                    tab.tell(Event::SignedOut);
                    tab.detach();
                }
                self.tabs.retain(|_, tab| tab.login != login);
                if self.tabs.is_empty() {
                    // Signing out ends the sessions, not only the login: those beside this one as well.
                    self.inputs.close();
                    self.stop.cancel();
                }
            }
            Input::SignedIn { credentials, session, notice } => {
                self.signed_in(credentials, session).await;
                if let Some(notice) = notice {
                    self.parts.put_into_inbox(notice);
                }
            }
            Input::Look { selected, elsewhere } => self.look(selected, elsewhere, Teller::Watch).await,
            Input::Hooked => self.hooked().await,
            Input::Beat => self.beat().await,
        }
    }

    pub(super) fn tell_all(&mut self, event: &Event) {
        for tab in self.tabs.values_mut() {
            tab.tell(event.clone());
        }
    }

    pub(super) fn reply(&mut self, tab: &TabId, id: u32, result: Result<Reply, Error>) {
        self.pending.remove(&(tab.clone(), id));
        if let Some(tab) = self.tabs.get_mut(tab) {
            tab.reply(id, result);
        }
    }

    /// The view of a tab.
    pub(super) fn view(&self, tab: &TabId) -> Option<&View> {
        self.tabs.get(tab)?.view.as_ref()
    }

    pub(super) fn myself(&self) -> mpsc::WeakSender<Input> {
        self.myself.clone()
    }
}
