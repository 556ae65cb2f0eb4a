//! Two tabs and another mail program at once do what comes into their heads, while the lines to the mail server fail in
//! every way they can. Nothing that was acknowledged is lost, nothing is shown that is not there, and at rest all are equal.
//!
//! A seed decides what is done and which line fails how; when each thing happens is up to the machine. `PISMO_SEED` runs
//! the history of that seed again; `PISMO_HISTORIES`, `PISMO_OPERATIONS` (of each) and `PISMO_AT_ONCE` make the long run.
//! In the folder that `PISMO_TRACE` names is kept what was done and what passed on the lines.

mod drafts;
mod explain;
mod figures;
mod ledger;
mod person;
mod rest;
mod tree;
mod writer;

use std::collections::{BTreeSet, VecDeque};

use app::wire::Error;
use tokio::task::JoinSet;

use crate::{
    fault_proxy::FaultProxy,
    mail::Mail,
    mail_server::MailServer,
    random::Random,
    test_bridge::{TestBridge, imap},
    trace::Trace,
};
use drafts::Drafts;
use explain::Folder;
use figures::Figures;
use ledger::Ledger;
use person::{Person, Undoable, Whole};
use rest::PATIENCE;
use tree::Tree;

/// How much is kept of what was done last, to be shown when something is wrong.
const LOGGED: usize = 400;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

#[tokio::test]
async fn two_tabs_and_another_program_agree_at_rest() {
    let mut history = History::start(setting("PISMO_SEED", 1), false).await;
    history.run(setting("PISMO_OPERATIONS", 250)).await;
    eprintln!("{}", history.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_on_bad_lines() {
    let first = setting("PISMO_SEED", 1);
    let seeds = first..first + setting("PISMO_HISTORIES", 1);
    let (operations, at_once) = (setting("PISMO_OPERATIONS", 200), setting("PISMO_AT_ONCE", 4));
    let at_once = usize::try_from(at_once).expect("a small number");
    let (mut under_way, mut all, mut failed) = (JoinSet::new(), Figures::default(), 0);
    let mut seeds = seeds.into_iter();
    loop {
        while under_way.len() < at_once
            && let Some(seed) = seeds.next()
        {
            under_way.spawn(async move {
                let mut history = History::start(seed, true).await;
                history.run(operations).await;
                eprintln!("history {seed} is balanced");
                history.end()
            });
        }
        match under_way.join_next().await {
            None => break,
            Some(Ok(figures)) => all.add(figures),
            Some(Err(_)) => failed += 1,
        }
    }
    eprintln!("{all}");
    assert_eq!(failed, 0, "histories that are not balanced; each has told its seed");
}

struct History {
    seed: u64,
    random: Random,
    proxy: FaultProxy,
    mail: Mail,
    people: Vec<Person>,
    ledger: Ledger,
    undos: Vec<Undoable>,
    wholes: Vec<Whole>,
    drafts: Drafts,
    tree: Tree,
    /// Mailboxes that the server lists and does not have, or the other way round.
    unsettled: BTreeSet<String>,
    figures: Figures,
    log: Log,
    stormy: bool,
    #[expect(dead_code, reason = "it runs for as long as it is held")]
    bridge: TestBridge,
}

/// What was done last. Told when the history is given up.
struct Log {
    seed: u64,
    lines: VecDeque<String>,
    trace: Trace,
}

impl Log {
    fn push(&mut self, line: String) {
        self.trace.note("history", 0, &line);
        self.lines.push_back(line);
        if self.lines.len() > LOGGED {
            self.lines.pop_front();
        }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let lines: Vec<String> = self.lines.drain(..).collect();
            eprintln!("{}\nhistory {} failed; these were the last things done in it", lines.join("\n"), self.seed);
        }
    }
}

impl History {
    async fn start(seed: u64, stormy: bool) -> History {
        let server = MailServer::shared_with_smtp();
        let trace = Trace::start(&format!("history-{seed}"));
        let proxy = FaultProxy::start(server.imap_port(), seed, trace.clone()).await;
        let bridge = TestBridge::on(server, |config| config.imap = Some(imap(proxy.port))).await;
        let browser = bridge.sign_in("ana").await;
        let mut people = Vec::new();
        for folder in ["INBOX", "INBOX"] {
            let mut tab = browser.open(folder).await;
            tab.patience = PATIENCE;
            people.push(Person::new(tab, folder));
        }
        let mut history = History {
            seed,
            random: Random::of(&[seed]),
            proxy,
            mail: bridge.mail("ana"),
            people,
            ledger: Ledger::default(),
            undos: Vec::new(),
            wholes: Vec::new(),
            drafts: Drafts::new(),
            tree: Tree::default(),
            unsettled: BTreeSet::new(),
            figures: Figures::default(),
            log: Log { seed, lines: VecDeque::new(), trace },
            stormy,
            bridge,
        };
        let folders: [Folder; 3] = ["INBOX", "INBOX", "Archive"];
        for number in 0..30 {
            history.bring(folders[number % folders.len()]).await;
        }
        history.rest().await;
        history
    }

    /// Storms, and the quiet after each.
    async fn run(&mut self, operations: u64) {
        while self.figures.operations < operations {
            if self.stormy {
                self.proxy.storm();
            }
            for _ in 0..40 + self.random.below(80) {
                match self.random.below(3) {
                    0 => self.writer_acts().await,
                    at => self.person_acts(at - 1).await,
                }
                self.figures.operations += 1;
                for at in 0..self.people.len() {
                    self.listen(at, std::time::Duration::ZERO).await;
                }
                if self.ledger.is_full() {
                    break;
                }
            }
            self.rest().await;
        }
    }

    fn end(self) -> Figures {
        let History { mut figures, proxy, .. } = self;
        figures.histories = 1;
        figures.lines = proxy.lines();
        figures.faults(&proxy.counts());
        figures
    }

    /// What a tab may be told of a command: that its message is gone, and of a bad line that it is one.
    fn may_be_told(&self, error: &Error) -> bool {
        match error {
            Error::Gone | Error::NoTrash => true,
            Error::Unreachable { .. } | Error::Unavailable { .. } | Error::Busy => self.stormy,
            _ => false,
        }
    }

    /// Something is wrong for sure.
    fn fail(&self, what: &str) -> ! {
        panic!("history {}, after {} operations: {what}", self.seed, self.figures.operations)
    }
}
