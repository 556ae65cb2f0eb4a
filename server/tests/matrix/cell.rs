//! The cells of the matrix: each runs all stories on one server behind one mask.

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

use crate::{
    mail_server::MailServer,
    masking_proxy::{Mask, MaskingProxy},
    stories::STORIES,
};

/// A mail server as it comes.
pub struct Kind {
    start: fn() -> MailServer,
    /// What the names of a person's mailboxes begin with (RFC 2342).
    prefix: &'static str,
    delimiter: char,
}

impl Kind {
    /// Starts it. It ends with this process.
    pub fn start(&self) -> &'static MailServer {
        Box::leak(Box::new((self.start)()))
    }

    /// A place on a server of this kind that runs.
    pub fn cell(&self, server: &'static MailServer, mask: Mask) -> Arc<Cell> {
        let (prefix, delimiter) = (self.prefix, self.delimiter);
        Arc::new(Cell { server, prefix, delimiter, mask, proxies: Mutex::default() })
    }
}

/// All of them.
pub const SERVERS: &[(&str, Kind)] = &[
    ("Dovecot", Kind { start: || MailServer::start(&[]), prefix: "", delimiter: '/' }),
    ("Cyrus IMAP", Kind { start: || MailServer::start_other("cyrus"), prefix: "INBOX.", delimiter: '.' }),
    ("Courier IMAP", Kind { start: || MailServer::start_other("courier"), prefix: "INBOX.", delimiter: '.' }),
];

/// What is hidden from Pismo. No server here lacks all of these, and every one lacks some.
pub const MASKS: &[(&str, Mask)] = &[
    ("as it is", Mask::Without(&[])),
    ("no NOTIFY", Mask::Without(&["NOTIFY"])),
    ("no CONDSTORE, QRESYNC", Mask::Without(&["CONDSTORE", "QRESYNC", "ENABLE"])),
    ("no UIDPLUS", Mask::Without(&["UIDPLUS"])),
    ("no MOVE", Mask::Without(&["MOVE"])),
    ("no MOVE, UIDPLUS", Mask::Without(&["MOVE", "UIDPLUS"])),
    ("no SORT, THREAD, ESEARCH", Mask::Without(&["SORT", "ESORT", "THREAD", "ESEARCH", "SEARCHRES"])),
    ("no LITERAL+, LITERAL-", Mask::Without(&["LITERAL+", "LITERAL-"])),
    (
        "no SPECIAL-USE, LIST-EXTENDED, LIST-STATUS",
        Mask::Without(&["SPECIAL-USE", "CREATE-SPECIAL-USE", "XLIST", "LIST-EXTENDED", "LIST-STATUS"]),
    ),
    ("no IDLE", Mask::Without(&["IDLE", "NOTIFY"])),
    ("no NAMESPACE, UNSELECT, PREVIEW, ID", Mask::Without(&["NAMESPACE", "UNSELECT", "PREVIEW", "ID"])),
    ("bare IMAP4rev1", Mask::Bare),
];

/// What a person does, told with asserts.
pub type Story = fn(Arc<Cell>) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// Stories that run at once.
const AT_ONCE: usize = 64;

/// No story takes longer, however busy the machine.
const LONGEST: Duration = Duration::from_secs(240);

/// One story's place in the matrix.
pub struct Cell {
    pub server: &'static MailServer,
    pub prefix: &'static str,
    pub delimiter: char,
    pub mask: Mask,
    /// The lines that the story opened, to be asked in the end.
    pub proxies: Mutex<Vec<Arc<MaskingProxy>>>,
}

impl Cell {
    /// What was asked of the server that it had not said it can do.
    pub fn trespasses(&self) -> Vec<String> {
        let proxies = self.proxies.lock().expect("the lines");
        proxies.iter().flat_map(|proxy| proxy.trespasses()).collect()
    }
}

/// What became of a story: the reason why it failed.
type Telling = JoinHandle<Result<(), String>>;

/// Runs every story on every server behind every mask, prints the table, and fails if any story did.
pub async fn all_cells(servers: &'static [(&'static str, Kind)]) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut rows = Vec::new();
    for (server, kind) in chosen(servers, "PISMO_SERVER") {
        let running = kind.start();
        for (hidden, mask) in chosen(MASKS, "PISMO_MASK") {
            let stories = chosen(STORIES, "PISMO_STORY")
                .map(|(name, story)| (*name, tokio::spawn(tell(places.clone(), kind.cell(running, *mask), *story))));
            rows.push((*server, *hidden, stories.collect::<Vec<(&str, Telling)>>()));
        }
    }
    assert!(rows.iter().any(|(_, _, stories)| !stories.is_empty()), "there is no such cell");
    println!("| {:12} | {:42} | stories  |", "server", "hidden");
    let mut failures = Vec::new();
    for (server, hidden, stories) in rows {
        let (all, mut failed) = (stories.len(), Vec::new());
        for (story, telling) in stories {
            if let Err(reason) = telling.await.expect("the telling of a story") {
                failures.push(format!("{server}, {hidden}: {story}: {reason}"));
                failed.push(story);
            }
        }
        let verdict = if failed.is_empty() { "pass".to_owned() } else { format!("FAILED: {}", failed.join(", ")) };
        println!("| {server:12} | {hidden:42} | {:2} of {all:2} | {verdict}", all - failed.len());
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

async fn tell(places: Arc<Semaphore>, cell: Arc<Cell>, story: Story) -> Result<(), String> {
    let _place = places.acquire().await.expect("a place");
    let told = timeout(LONGEST, tokio::spawn(story(cell.clone())));
    told.await.map_err(|_| "it does not end".to_owned())?.map_err(|error| said(error.into_panic()))?;
    let trespasses = cell.trespasses();
    if trespasses.is_empty() { Ok(()) } else { Err(trespasses.join("; ")) }
}

/// Those whose name contains what the environment says.
fn chosen<T>(all: &'static [(&'static str, T)], variable: &str) -> impl Iterator<Item = &'static (&'static str, T)> {
    let wanted = std::env::var(variable).unwrap_or_default();
    all.iter().filter(move |(name, _)| name.contains(&wanted))
}

fn said(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
    text.chars().take(600).collect()
}
