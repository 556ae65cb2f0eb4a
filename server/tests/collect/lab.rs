//! A store, a source and a target, and runs of a collector between them.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::wire::{AccountId, CollectorId, CollectorKind, CollectorOptions, CollectorState};
use pismo::{
    collector::{Brought, End, Job, Leaving, Source, Stop, Watch, collect},
    endpoint::{Endpoint, Protocol, Security},
    imap::Credentials,
    net::Dialer,
    store::{EndOfRun, Lease, Store},
};

use secrecy::SecretString;
use tokio::time::{sleep, timeout};

use crate::{
    mail_server::{MailServer, PASSWORD},
    raw::{Account, Raw, Seen},
};

/// One person's account at a server.
#[derive(Clone)]
pub struct Side {
    pub port: u16,
    pub user: String,
    /// What stands in its names before all but INBOX, and between levels.
    pub prefix: &'static str,
    pub delimiter: char,
}

impl Side {
    pub async fn raw(&self) -> Raw {
        Raw::log_in(self.port, &self.user).await
    }

    fn end(&self) -> End {
        let password = PASSWORD.to_owned().into();
        End {
            dialer: Dialer::default(),
            endpoint: endpoint(self.port),
            credentials: Credentials { user: self.user.clone(), password },
        }
    }
}

pub struct Lab {
    pub store: Store,
    pub folder: PathBuf,
    pub account: AccountId,
    pub collector: CollectorId,
    pub source: Side,
    pub target: Side,
    /// The port at which the source is a maildrop; none where it is brought over IMAP.
    pub maildrop: Option<u16>,
    /// The folder of the files that are the source, if it is files.
    pub files: Option<PathBuf>,
    /// By which name it is called.
    pub host: &'static str,
    runs: AtomicU32,
}

impl Lab {
    pub async fn new(source: &Side, target: &Side) -> Lab {
        Lab::over(source, None, target).await
    }

    /// With a source over POP3 at this port, if any; else over IMAP.
    pub async fn over(source: &Side, maildrop: Option<u16>, target: &Side) -> Lab {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("pismo-collect-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let store = Store::open(&folder, std::env::var("PISMO_TEST_DATABASE").ok().map(SecretString::from).as_ref())
            .await
            .expect("a store");
        let account = store.account_for(&target.user, &endpoint(target.port), None).await.expect("an account").id;
        // In a database that outlives a test, the account may be another test's as well.
        for former in store.collectors(account).await.expect("a store") {
            assert!(store.remove_collector(account, former.id).await.expect("a store"));
        }
        let mut lab = Lab::found(store, folder, source.clone(), target.clone());
        (lab.account, lab.maildrop) = (account, maildrop);
        lab.add(CollectorOptions::default()).await;
        lab
    }

    /// One that somebody else has made, but for what they have put into the store.
    pub fn found(store: Store, folder: PathBuf, source: Side, target: Side) -> Lab {
        let (account, collector, runs) = (AccountId(0), CollectorId(0), AtomicU32::default());
        Lab { store, folder, account, collector, source, target, maildrop: None, files: None, host: "127.0.0.1", runs }
    }

    /// Adds a collector and goes on with it.
    pub async fn add(&mut self, options: CollectorOptions) {
        let (kind, endpoint) = match self.maildrop {
            Some(port) => (CollectorKind::Pop3, pop3(self.host, port)),
            None => (CollectorKind::Imap, endpoint(self.source.port)),
        };
        let added = self.store.add_collector(self.account, kind, &endpoint, &self.source.user, &options).await;
        self.collector = added.expect("a store").expect("a collector").id;
        self.store.set_collector_password(self.collector, b"not opened here").await.expect("a password");
    }

    /// What was known is lost, and the same source is added anew.
    pub async fn lose_the_ledger(&mut self) {
        // What the target is still at for a run that has ended, only the ledger could tell.
        self.settle().await;
        assert!(self.store.remove_collector(self.account, self.collector).await.expect("a store"));
        self.add(CollectorOptions::default()).await;
    }

    /// Waits until the target is at nothing any more for a run that has ended: on a busy machine it can be longer at it than runs here
    /// have patience. Of others than Dovecot none is cut off; whoever looks on in a session of their own is not waited for.
    pub async fn settle(&self) {
        let quiet = async {
            while MailServer::shared().sessions(&self.target.user) > 0 {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = timeout(Duration::from_secs(10), quiet).await;
    }

    /// A run that is watched.
    pub async fn job(&self, watch: Option<Watch>) -> Job {
        // Whoever had it before is dead.
        self.store.end_collector_leases().await.expect("a store");
        let holder = format!("holder {}", self.runs.fetch_add(1, Ordering::Relaxed));
        let collector = loop {
            // On a database that other tests have filled there are others.
            let collector = self.store.claim_collector(&holder, 600).await.expect("a store").expect("it is due");
            if collector.id == self.collector {
                break collector;
            }
        };
        let lease = Lease { collector: self.collector, holder: &holder };
        let begun = self.store.begin_run(lease).await.expect("a store").expect("the lease");
        Job {
            store: self.store.clone(),
            collector,
            holder,
            source: match self.maildrop {
                _ if self.files.is_some() => Source::Files(self.files.clone().expect("files")),
                Some(port) => Source::Server(End { endpoint: pop3(self.host, port), ..self.source.end() }),
                None => Source::Server(self.source.end()),
            },
            target: self.target.end(),
            uses: BTreeMap::new(),
            spool: self.folder.clone(),
            watch,
            grace: Duration::from_secs(2),
            ending: Default::default(),
            brought: Brought::from(begun),
            leaving: Leaving::default(),
            front: Default::default(),
        }
    }

    /// A run to its end. Says how many messages came.
    pub async fn try_run(&self) -> Result<u64, Stop> {
        let job = self.job(None).await;
        let before = job.brought.messages();
        collect(&job).await?;
        let lease = Lease { collector: self.collector, holder: &job.holder };
        self.store.report_run(lease).await.expect("a store");
        let end = EndOfRun { state: CollectorState::Idle, due: 0, failures: 0, trouble: None };
        self.store.end_run(lease, 1, &end).await.expect("a store");
        Ok(job.brought.messages() - before)
    }

    pub async fn run(&self) -> u64 {
        self.try_run().await.expect("a run")
    }

    /// A run that is stopped when it comes to a step for the n-th time. Says whether it was.
    pub async fn run_to(&self, step: pismo::collector::Step, times: u32) -> bool {
        let seen = Arc::new(AtomicU32::default());
        let count = seen.clone();
        let watch: Watch = Arc::new(move |at| at != step || count.fetch_add(1, Ordering::Relaxed) + 1 < times);
        let ended = collect(&self.job(Some(watch)).await).await;
        assert!(matches!(ended, Ok(()) | Err(Stop::Lost)), "{ended:?}");
        ended.is_err()
    }

    /// What must be in the target when all of the source is there: its names in our way, and nothing marked to be erased.
    pub async fn expected(&self) -> Account {
        let source = self.source.raw().await.account().await;
        let to_target = |name: &str| {
            if name.eq_ignore_ascii_case("INBOX") {
                return "INBOX".to_owned();
            }
            let name = name.strip_prefix(self.source.prefix).unwrap_or(name);
            let levels = name.split(self.source.delimiter).map(|level| level.replace(self.target.delimiter, "_"));
            levels.collect::<Vec<_>>().join(&self.target.delimiter.to_string())
        };
        let mut account = Account::new();
        // What can keep its name keeps it.
        let (kept, changed): (Vec<_>, Vec<_>) =
            source.into_iter().partition(|(name, _)| !name.contains(self.target.delimiter));
        for (name, mut all) in kept.into_iter().chain(changed) {
            all.iter_mut().for_each(|seen| {
                seen.flags.remove("\\Deleted");
                seen.forget_a_date_to_come();
            });
            all.sort();
            let mut name = to_target(&name);
            while account.contains_key(&name) {
                name.push('_');
            }
            account.insert(name, all);
        }
        account
    }

    /// Compares both sides message by message: missing 0, doubled 0, altered 0.
    pub async fn assert_whole(&self, when: &str) {
        let (expected, mut found) = (self.expected().await, self.target.raw().await.account().await);
        found.values_mut().flatten().for_each(Seen::forget_a_date_to_come);
        found.retain(|name, all| !all.is_empty() || expected.contains_key(name));
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{when}: the mailboxes are others"
        );
        for (name, all) in &expected {
            let (mut missing, mut surplus) = (all.clone(), found[name].clone());
            missing.retain(|seen| match surplus.iter().position(|other| other == seen) {
                Some(place) => {
                    surplus.remove(place);
                    false
                }
                None => true,
            });
            assert!(
                missing.is_empty() && surplus.is_empty(),
                "{when}: {name:?}: {} missing or altered, {} doubled or altered of {}\n{:#?}\n{:#?}",
                missing.len(),
                surplus.len(),
                all.len(),
                missing.first(),
                surplus.first()
            );
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn pop3(host: &str, port: u16) -> Endpoint {
    Endpoint::new(Protocol::Pop3, Security::Insecure, host, port)
}

pub fn endpoint(port: u16) -> Endpoint {
    Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", port)
}
