//! Collectors: bring the mail of a person's other accounts here, and keep it coming. One task on each node.
//!
//! This file decides who runs when; [`collect`] is one run. A run may end at any moment, by an error, by our own end or by a
//! power cut: the ledger (`store/ledger.rs`) is written before and after each thing that is done to a mailbox, so that the
//! next run goes on from there. Nothing is written into messages.

mod digest;
mod flags;
mod folders;
mod listening;
mod passing;
mod pool;
mod reading;
mod run;
mod writing;

use std::{
    collections::HashMap,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::Result;
use app::wire::{AccountId, CollectorId, CollectorKind, CollectorOptions, CollectorState, CollectorTrouble, Error};
use secrecy::SecretString;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    bridge::{Bridge, internal},
    endpoint::Endpoint,
    imap::Credentials,
    net::Dialer,
    seal::random_hex,
    store::{EndOfRun, StoredCollector, now},
};

pub use run::{End, GRACE, Job, STEPS, Step, Stop, Watch, collect};

/// Whoever runs a collector has it for so long, in seconds, and longer as long as the run lives. More than any command takes
/// to be given up, so that nothing is under way any more when somebody else goes on.
const LEASE: i64 = 600;

/// How often the lease is renewed.
const RENEWAL: Duration = Duration::from_secs(60);

/// Runs at once on this node. Each may hold some windows of messages: see `collector/reading.rs`.
const AT_ONCE: usize = 8;

/// How often is looked for what is due.
const LOOK: Duration = Duration::from_secs(5);

/// How long a run that is told to end may take to hear the answer to what it has sent.
const FAREWELL: Duration = Duration::from_secs(5);

/// Waits after runs that failed, in seconds; the last one for all that follow.
const WAITS: [i64; 6] = [15, 60, 300, 900, 1800, 3600];

/// The task of this node, and what it runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Collectors(Arc<Running>);

#[derive(Default)]
struct Running {
    wake: Notify,
    /// What ends each run.
    stops: Mutex<HashMap<CollectorId, CancellationToken>>,
    /// What ends the listening at each source.
    listening: Mutex<HashMap<CollectorId, CancellationToken>>,
}

/// A collector to be.
#[derive(Debug, Clone)]
pub struct NewCollector {
    pub kind: CollectorKind,
    pub endpoint: Endpoint,
    pub user: String,
    pub password: SecretString,
    pub options: CollectorOptions,
}

impl Collectors {
    /// Has the task look at once for what is due.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// Ends what this node does for a collector.
    fn stop(&self, id: CollectorId) {
        if let Some(stop) = self.stops().get(&id) {
            stop.cancel();
        }
        if let Some(stop) = self.listening().remove(&id) {
            stop.cancel();
        }
    }

    fn stops(&self) -> MutexGuard<'_, HashMap<CollectorId, CancellationToken>> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        self.0.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listening(&self) -> MutexGuard<'_, HashMap<CollectorId, CancellationToken>> {
        self.0.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bridge {
    /// Adds a collector and has it begin. [`Error::CollectorExists`] if there is one at this source.
    pub async fn add_collector(&self, account: AccountId, fresh: NewCollector) -> Result<CollectorId, Error> {
        let NewCollector { kind, endpoint, user, password, options } = fresh;
        let added = self.store.add_collector(account, kind, &endpoint, &user, &options).await.map_err(internal)?;
        let collector = added.ok_or(Error::CollectorExists)?;
        self.seal_for(&collector, &password).await?;
        Ok(collector.id)
    }

    /// Gives a collector another password and has it begin again. [`Error::Gone`] if there is no such collector.
    pub async fn set_collector_password(
        &self,
        account: AccountId,
        id: CollectorId,
        password: &SecretString,
    ) -> Result<(), Error> {
        let collector = self.store.collector(account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        self.collectors.stop(id);
        self.seal_for(&collector, password).await
    }

    async fn seal_for(&self, collector: &StoredCollector, password: &SecretString) -> Result<(), Error> {
        let sealed = self.seal.seal(&collector.owner(), password).map_err(internal)?;
        self.store.set_collector_password(collector.id, &sealed).await.map_err(internal)?;
        self.collectors.wake();
        Ok(())
    }

    /// Stops a collector at once, until [`run_collector`](Self::run_collector). [`Error::Gone`] if there is no such collector.
    pub async fn pause_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let there = self.store.pause_collector(account, id).await.map_err(internal)?;
        self.collectors.stop(id);
        if there { Ok(()) } else { Err(Error::Gone) }
    }

    /// Has a collector run now, whether it was paused, has failed or waits; one that runs already does so once more after it.
    /// [`Error::Gone`] if there is no such collector.
    pub async fn run_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let there = self.store.resume_collector(account, id).await.map_err(internal)?;
        self.collectors.wake();
        if there { Ok(()) } else { Err(Error::Gone) }
    }

    /// Has the messages tried again that could not be brought. [`Error::Gone`] if there is no such collector.
    pub async fn retry_refused(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        if self.store.collector(account, id).await.map_err(internal)?.is_none() {
            return Err(Error::Gone);
        }
        self.store.retry_refused(id).await.map_err(internal)?;
        self.run_collector(account, id).await
    }

    /// Removes a collector. What it has brought stays. [`Error::Gone`] if there is no such collector.
    pub async fn remove_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let there = self.store.remove_collector(account, id).await.map_err(internal)?;
        self.collectors.stop(id);
        if there { Ok(()) } else { Err(Error::Gone) }
    }
}

/// Works until Pismo stops. What runs then is given back as it is, for whoever comes next.
pub async fn run(bridge: Bridge) {
    if bridge.config.database.is_none()
        && let Err(error) = bridge.store.end_collector_leases().await
    {
        error!(error = format!("{error:#}"), "Collectors cannot be read");
    }
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE && !bridge.shutdown.is_cancelled() {
            match claim(&bridge).await {
                Ok(Some((collector, holder))) => {
                    let bridge = bridge.clone();
                    under_way.spawn(async move { work(&bridge, collector, holder).await });
                }
                Ok(None) => break,
                Err(error) => {
                    error!(error = format!("{error:#}"), "Collectors cannot be read");
                    break;
                }
            }
        }
        tokio::select! {
            () = bridge.shutdown.cancelled() => break,
            Some(ended) = under_way.join_next() => note(ended),
            () = bridge.collectors.0.wake.notified() => {}
            () = sleep(LOOK) => {}
        }
    }
    while let Some(ended) = under_way.join_next().await {
        note(ended);
    }
}

fn note(ended: Result<Result<()>, tokio::task::JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(error)) => error!(error = format!("{error:#}"), "How a collector's run ended is not stored"),
        Err(error) => error!(%error, "A collector's task has failed"),
    }
}

async fn claim(bridge: &Bridge) -> Result<Option<(StoredCollector, String)>> {
    let holder = random_hex(16)?;
    Ok(bridge.store.claim_collector(&holder, LEASE).await?.map(|collector| (collector, holder)))
}

/// One run, from the claim to what is noted of it.
async fn work(bridge: &Bridge, collector: StoredCollector, holder: String) -> Result<()> {
    let (id, begun) = (collector.id, now());
    let stop = bridge.shutdown.child_token();
    bridge.collectors.stops().insert(id, stop.clone());
    if let Err(error) = bridge.store.begin_run(id).await {
        warn!(collector.id = id.0, error = format!("{error:#}"), "The beginning of a run is not noted");
    }
    let mut come = 0;
    let ended = match job(bridge, &collector, &holder).await {
        Err(trouble) => Err(Stop::Run(trouble)),
        Ok(job) => {
            let mut run = pin!(collect(&job));
            let ended = tokio::select! {
                ended = &mut run => ended,
                () = keep(bridge, id, &holder) => Err(Stop::Lost),
                () = stop.cancelled() => {
                    job.ending.store(true, Ordering::Relaxed);
                    timeout(FAREWELL, run).await.unwrap_or(Err(Stop::Lost))
                }
            };
            come = job.come.load(Ordering::Relaxed);
            if ended.is_ok() {
                listening::begin(bridge, id, &job.source);
            }
            ended
        }
    };
    bridge.collectors.stops().remove(&id);
    if let Err(error) = bridge.store.report_run(id).await {
        warn!(collector.id = id.0, error = format!("{error:#}"), "What a run has brought is not noted");
    }
    let trouble = match ended {
        Ok(()) => None,
        Err(Stop::Run(trouble) | Stop::Folder(trouble)) => Some(trouble),
        Err(Stop::Lost) => return bridge.store.hand_back_collector(id, &holder).await,
    };
    info!(collector.id = id.0, messages = come, ?trouble, "A collector has run");
    let end = end_of_run(&collector, come > 0, trouble);
    bridge.store.end_run(id, &holder, begun, &end).await
}

/// Renews the lease for as long as it can be.
async fn keep(bridge: &Bridge, id: CollectorId, holder: &str) {
    loop {
        sleep(RENEWAL).await;
        match bridge.store.renew_collector(id, holder, LEASE).await {
            Ok(true) => {}
            Ok(false) => return,
            // The next time may be better, and there are some before the lease is over.
            Err(error) => warn!(collector.id = id.0, error = format!("{error:#}"), "A lease cannot be renewed"),
        }
    }
}

async fn job(bridge: &Bridge, collector: &StoredCollector, holder: &str) -> Result<Job, CollectorTrouble> {
    let internal = |error: anyhow::Error| {
        error!(collector.id = collector.id.0, error = format!("{error:#}"), "A collector cannot begin");
        CollectorTrouble::Internal
    };
    let sealed = collector.password.as_ref().ok_or(CollectorTrouble::Source(Error::SignedOut))?;
    let password = bridge.seal.open(&collector.owner(), sealed).map_err(|error| {
        error!(collector.id = collector.id.0, error = format!("{error:#}"), "A password cannot be opened");
        CollectorTrouble::Source(Error::SignedOut)
    })?;
    let record = bridge.store.account(collector.account).await.map_err(internal)?;
    let record = record.ok_or(CollectorTrouble::Target(Error::SignedOut))?;
    let credentials = bridge.credentials(&record).map_err(CollectorTrouble::Target)?;
    let settings = bridge.store.settings(collector.account).await.map_err(internal)?;
    Ok(Job {
        store: bridge.store.clone(),
        collector: collector.clone(),
        holder: holder.to_owned(),
        source: End {
            dialer: bridge.config.source_dialer(),
            endpoint: collector.endpoint.clone(),
            credentials: Credentials { user: collector.user.clone(), password },
        },
        target: End { dialer: Dialer::default(), endpoint: record.imap, credentials },
        uses: settings.uses,
        spool: bridge.config.data.clone(),
        watch: None,
        grace: GRACE,
        ending: AtomicBool::default(),
        come: AtomicU64::default(),
    })
}

/// When a collector runs next, and whether it can.
fn end_of_run(collector: &StoredCollector, came: bool, trouble: Option<CollectorTrouble>) -> EndOfRun {
    let usual = i64::from(collector.options.minutes.max(1)) * 60;
    let Some(trouble) = trouble else {
        return EndOfRun { state: CollectorState::Idle, due: now() + usual, failures: 0, trouble: None };
    };
    // One that gets on is not punished for a line that breaks now and then.
    let failures = if came { 1 } else { collector.failures + 1 };
    let last = WAITS.len() - 1;
    let nth = usize::try_from(failures - 1).unwrap_or(last).min(last);
    let wait = WAITS.get(nth).copied().unwrap_or(usual);
    let (state, wait) = match &trouble {
        // Only a person can change it.
        CollectorTrouble::SameAccount
        | CollectorTrouble::Source(
            Error::ImapDisabled { .. } | Error::Pop3Disabled { .. } | Error::PrivateHost { .. } | Error::SignedOut,
        ) => (CollectorState::Failed, wait),
        CollectorTrouble::Source(error) if error.is_about_password() => (CollectorState::Failed, wait),
        CollectorTrouble::Source(Error::Throttled { minutes, .. })
        | CollectorTrouble::Target(Error::Throttled { minutes, .. }) => {
            (CollectorState::Idle, i64::from(*minutes) * 60)
        }
        _ => (CollectorState::Idle, wait),
    };
    EndOfRun { state, due: now() + wait, failures, trouble: Some(trouble) }
}
