//! Mail accounts in use. An [`Account`] is a cheap handle to the task that serves it (`account/actor.rs`);
//! [`Accounts`] knows which are running.

mod act;
mod actor;
mod arrange;
mod budget;
mod changes;
mod copies;
mod drafts;
mod export;
mod folders;
mod follow;
mod found;
mod gather;
mod heard;
mod hits;
mod hook;
mod labels;
mod line;
mod listing;
mod load;
mod locate;
mod look;
mod parts;
mod pictures;
mod pulse;
mod quota;
mod receipts;
mod renew;
mod reports;
mod resume;
mod rights;
mod search;
mod selection;
mod senders;
mod sharing;
mod side;
mod sought;
mod tab;
mod tabs;
mod texts;
mod threaded;
mod watch;
mod work;
mod writers;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
    time::Duration,
};

use app::{
    view::sharing::{Gift, People},
    wire::{
        AccountId, ClientFrame, Conversation, Device, Error, Event, MessageRef, PageFrames, Query, Resume, ServerFrame,
        TabId,
    },
};
use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    imap::{Capabilities, Credentials, Session},
    net::Dialer,
    spool::Spooled,
    store::{AccountRecord, Conversations, Store, StoredSubmission},
};
use budget::Budget;
pub use export::{Exported, Head, PATIENCE as DOWNLOAD_PATIENCE, Pieces};
pub use folders::{FolderChoice, Folders};
pub use load::Loaded;
pub use parts::Parts;
pub use pictures::names as names_of_pictures;

/// Inputs an actor may have waiting. Beyond it, whoever asks waits with it.
const INPUTS: usize = 256;

/// Frames a tab may have waiting before it is cut off and starts again from a snapshot.
pub const TAB_FRAMES: usize = 256;

/// How long an account that nobody is signed in to may take to say farewell to the mail server.
const FAREWELL: Duration = Duration::from_millis(500);

/// How long the page waits for the mail server before it goes out without rows.
const PAGE_PATIENCE: Duration = Duration::from_millis(150);

/// A handle to the task that serves one account.
#[derive(Clone)]
pub struct Account {
    pub id: AccountId,
    inputs: mpsc::Sender<Input>,
    parts: Parts,
    budget: Budget,
    exports: Arc<Semaphore>,
    hook: Arc<hook::Hook>,
    /// Cancelled when nobody is signed in any more, or Pismo stops: what was begun for the account ends.
    over: CancellationToken,
    /// Cancelled when the actor is not waited for any longer.
    cut: CancellationToken,
}

/// Everything that can happen to an account.
enum Input {
    /// A page is rendered: attach a tab and open its list.
    Page {
        query: Query,
        count: u32,
        login: Vec<u8>,
        reply: oneshot::Sender<PageFrames>,
    },
    /// A socket is there for a new tab, or for one that comes back.
    Attach {
        id: u32,
        resume: Option<Resume>,
        browser: Browser,
        frames: mpsc::Sender<Arc<ServerFrame>>,
        reply: oneshot::Sender<Attached>,
    },
    /// The socket of this attachment has gone.
    Detach(Attached),
    Command {
        tab: TabId,
        frame: Box<ClientFrame>,
    },
    /// Somebody outside a tab wants a message's structure and text.
    Load {
        message: MessageRef,
        reply: oneshot::Sender<Result<Arc<Loaded>, Error>>,
    },
    /// The long text of a message has come, or could not be fetched.
    Texts(Box<texts::Texts>),
    /// Somebody wants to know what mailboxes there are, or chooses what they are for.
    Folders {
        choice: Option<FolderChoice>,
        reply: oneshot::Sender<Result<Folders, Error>>,
    },
    /// Somebody wants to know who may use a mailbox, or changes it.
    Sharing {
        mailbox: String,
        change: Option<Gift>,
        reply: oneshot::Sender<Result<Option<People>, Error>>,
    },
    /// Somebody wants to know what the server can do.
    Capabilities {
        reply: oneshot::Sender<Option<Offered>>,
    },
    /// A session was opened, or could not be.
    Connected(Box<Result<Session, crate::imap::Error>>),
    /// There is a new session in place of an old one, or none is to be had.
    Renewed(Box<Result<Session, crate::imap::Error>>),
    /// A search has found something, or got further.
    Found(sought::Report),
    /// A conversation was gathered, or could not be.
    Gathered {
        tab: TabId,
        id: u32,
        result: Box<Result<Conversation, Error>>,
    },
    /// Beginnings of texts, fetched on the side.
    Previews {
        mailbox: String,
        previews: Vec<(app::wire::Uid, String)>,
    },
    /// The searches that are kept are others.
    Searches,
    /// Something that did not happen here, for the tabs to know.
    Tell(Event),
    /// The outbox sent this: file it in Sent, mark the original, forget the draft.
    File {
        submission: Box<StoredSubmission>,
        message: Spooled,
        reply: oneshot::Sender<Result<(), Error>>,
    },
    /// A login ended: its tabs go.
    SignedOut {
        login: Vec<u8>,
    },
    /// The user signed in anew, perhaps with another password.
    SignedIn {
        credentials: Credentials,
        session: Option<Box<Session>>,
        /// A message about it for the inbox.
        notice: Option<Vec<u8>>,
    },
    /// The mail server's hook says that something has happened.
    Hooked,
    /// The selected mailbox is asked whether there is anything new: somebody looks at it.
    Beat,
    /// Something happened in the mailboxes (from the watch), or time has passed.
    Look {
        selected: bool,
        elsewhere: bool,
    },
}

/// What a mail server can do for an account.
#[derive(Debug, Clone)]
pub struct Offered {
    pub capabilities: Capabilities,
    /// How many sessions the account has at most.
    pub connections: usize,
}

/// Whose socket it is.
#[derive(Debug, Clone)]
pub struct Browser {
    pub login: Vec<u8>,
    pub device: Device,
}

/// Names one socket of one tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub tab: TabId,
    /// Grows with each socket of the tab, so that a late farewell of an old one is told from the present one.
    generation: u64,
}

impl Account {
    /// Attaches a tab for a page that is being rendered. None when the mail server takes too long.
    pub async fn page(&self, query: Query, count: u32, login: &[u8]) -> Option<PageFrames> {
        let (reply, answer) = oneshot::channel();
        let input = Input::Page { query, count, login: login.to_owned(), reply };
        timeout(PAGE_PATIENCE, async {
            self.inputs.send(input).await.ok()?;
            answer.await.ok()
        })
        .await
        .ok()
        .flatten()
    }

    /// Attaches a socket; the answer and all that follows go to `frames`.
    pub async fn attach(
        &self,
        id: u32,
        resume: Option<Resume>,
        browser: Browser,
        frames: mpsc::Sender<Arc<ServerFrame>>,
    ) -> Option<Attached> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Attach { id, resume, browser, frames, reply }).await.ok()?;
        answer.await.ok()
    }

    pub async fn detach(&self, attached: Attached) {
        // A stopped actor has no tabs left to detach.
        let _ = self.inputs.send(Input::Detach(attached)).await;
    }

    /// Hands over a command; its reply goes to the tab's frames. False when the account has stopped.
    pub async fn command(&self, tab: &TabId, frame: ClientFrame) -> bool {
        self.inputs.send(Input::Command { tab: tab.clone(), frame: Box::new(frame) }).await.is_ok()
    }

    /// A message's structure and text.
    pub async fn load(&self, message: MessageRef) -> Result<Arc<Loaded>, Error> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Load { message, reply }).await.map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Busy)?
    }

    /// All mailboxes, after this choice was carried out, if there is one.
    pub async fn folders(&self, choice: Option<FolderChoice>) -> Result<Folders, Error> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Folders { choice, reply }).await.map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Busy)?
    }

    /// Who may do what in a mailbox, after this change was carried out, if there is one. Nothing where the server lets nobody
    /// share.
    pub async fn sharing(&self, mailbox: &str, change: Option<Gift>) -> Result<Option<People>, Error> {
        let (reply, answer) = oneshot::channel();
        let input = Input::Sharing { mailbox: mailbox.to_owned(), change, reply };
        self.inputs.send(input).await.map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Busy)?
    }

    /// What the mail server can do, if there is a line to it.
    pub async fn capabilities(&self) -> Option<Offered> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::Capabilities { reply }).await.ok()?;
        answer.await.ok().flatten()
    }

    /// Bytes of messages, apart from what the actor does.
    pub fn parts(&self) -> &Parts {
        &self.parts
    }

    /// Tells all tabs of something that did not happen here.
    pub async fn tell(&self, event: Event) {
        // A stopped actor has no tabs to tell.
        let _ = self.inputs.send(Input::Tell(event)).await;
    }

    /// Has the tabs told which searches are kept.
    pub async fn searches_changed(&self) {
        // A stopped actor has no tabs to tell.
        let _ = self.inputs.send(Input::Searches).await;
    }

    /// Files what was sent: a copy in Sent, the original marked, the draft gone.
    pub async fn file(&self, submission: StoredSubmission, message: Spooled) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        let input = Input::File { submission: Box::new(submission), message, reply };
        self.inputs.send(input).await.map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Busy)?
    }

    pub async fn signed_out(&self, login: &[u8]) {
        // A stopped actor has no tabs to close.
        let _ = self.inputs.send(Input::SignedOut { login: login.to_owned() }).await;
    }

    /// Goes on with this password and the session that proved it. A message about it is put into the inbox when there is time.
    pub async fn signed_in(&self, credentials: Credentials, session: Session, notice: Option<Vec<u8>>) {
        let input = Input::SignedIn { credentials, session: Some(Box::new(session)), notice };
        // A stopped actor is started with the new credentials by whoever asks next.
        let _ = self.inputs.send(input).await;
    }
}

/// The accounts that are running.
#[derive(Clone)]
pub struct Accounts {
    running: Arc<Mutex<HashMap<AccountId, Account>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
    store: Store,
    index: Conversations,
    data: Arc<std::path::Path>,
    upload_limit: u64,
    /// Leads to the mail servers.
    dialer: Dialer,
    /// How many have a [`pulse`]; none where the mail servers are not the operator's own.
    pulses: Option<Arc<AtomicUsize>>,
    /// Names of the servers whose checks are believed.
    authserv: Arc<[String]>,
}

impl Accounts {
    /// `own_server`: the operator chose one mail server for everybody, and can be taken to know it.
    pub fn new(
        (store, index): (Store, Conversations),
        data: Arc<std::path::Path>,
        upload_limit: u64,
        (dialer, own_server): (Dialer, bool),
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            running: Arc::default(),
            tasks: TaskTracker::new(),
            shutdown,
            store,
            index,
            data,
            upload_limit,
            dialer,
            pulses: own_server.then(Arc::default),
            authserv: Arc::default(),
        }
    }

    /// Believes what the servers of these names have checked; without any, a name is learned.
    pub fn believing(self, names: &[String]) -> Self {
        Self { authserv: names.into(), ..self }
    }

    /// The running account, or none.
    pub fn running(&self, id: AccountId) -> Option<Account> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&id).filter(|account| !account.inputs.is_closed()).cloned()
    }

    /// The account, though it may have stopped: what is fetched for somebody outlives it.
    pub fn known(&self, id: AccountId) -> Option<Account> {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&id).cloned()
    }

    /// The account, started if it is not running.
    pub fn start(&self, record: &AccountRecord, credentials: Credentials) -> Account {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.retain(|_, account| !account.inputs.is_closed());
        if let Some(account) = running.get(&record.id) {
            return account.clone();
        }
        let (sender, inputs) = mpsc::channel(INPUTS);
        let budget = Budget::new(self.dialer.clone());
        let (over, cut) = (self.shutdown.child_token(), CancellationToken::new());
        let parts = Parts::start(record, &credentials, budget.clone(), &self.tasks, over.clone());
        let hook = Arc::new(hook::Hook::new(record));
        let exports = Arc::new(Semaphore::new(export::EXPORTS));
        let account =
            Account { id: record.id, inputs: sender, parts, budget: budget.clone(), exports, hook, over, cut };
        let actor = actor::Actor::new(self, &account, record, credentials, budget, inputs);
        let cut = account.cut.clone();
        self.tasks.spawn(async move { cut.run_until_cancelled(actor.run()).await });
        running.insert(record.id, account.clone());
        account
    }

    /// Ends an account that nobody is signed in to any more. What does not end by itself is broken off.
    pub fn end(&self, account: &Account) {
        let account = account.clone();
        self.tasks.spawn(async move {
            sleep(FAREWELL).await;
            account.over.cancel();
            account.cut.cancel();
        });
    }

    /// How many are running.
    pub fn count(&self) -> usize {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().filter(|account| !account.inputs.is_closed()).count()
    }

    /// Waits until all have ended; they do when the shutdown token is cancelled.
    pub async fn stopped(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
