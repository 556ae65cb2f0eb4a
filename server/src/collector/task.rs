//! The task of a node: who runs when, for how long, and what is noted of it.

use std::{
    pin::pin,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::{Context, Result};
use app::wire::{CollectorId, CollectorKind, CollectorLook, CollectorState, CollectorTrouble, Error};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::{
    files,
    kind::kind,
    listening,
    pieces::LONGEST,
    run::{Brought, End, GRACE, Job, Leaving, Source, Stop, collect},
};
use crate::{
    bridge::{Bridge, internal},
    imap::Credentials,
    seal::random_hex,
    store::{EndOfRun, Lease, StoredCollector, now},
};

/// Whoever runs a collector has it for so long, and longer as long as the lease can be renewed. Where it cannot, the run ends
/// before the lease does, so that nothing is under way any more when somebody else goes on.
const LEASE: Duration = Duration::from_secs(600);

/// How often the lease is renewed.
const RENEWAL: Duration = Duration::from_secs(60);

/// How long the database may take for that.
const ANSWER: Duration = Duration::from_secs(20);

/// How long before the end of the lease a run ends that could not renew it.
const MARGIN: Duration = Duration::from_secs(120);

/// Runs at once on this node. Each may hold some windows of messages: see `collector/reading.rs`.
const AT_ONCE: usize = 8;

/// How often is looked for what is due.
const LOOK: Duration = Duration::from_secs(5);

/// How long a run that is told to end may take to hear the answer to what it has sent.
const FAREWELL: Duration = Duration::from_secs(5);

/// After so long a run begins nothing new and makes room for others; it goes on when they have had their turn.
const TURN: Duration = Duration::from_secs(600);

/// How long what it is at then may still take: a large message that was cut short would be begun anew each time.
const REST: Duration = Duration::from_secs(LONGEST.as_secs() + 600);

/// Waits after runs that failed, in seconds; the last one for all that follow.
const WAITS: [i64; 6] = [15, 60, 300, 900, 1800, 3600];

/// Works until Pismo stops. What runs then is given back as it is, for whoever comes next.
pub async fn run(bridge: Bridge) {
    if bridge.config.database.is_none()
        && let Err(error) = bridge.store.end_collector_leases().await
    {
        error!(error = format!("{error:#}"), "Collectors cannot be read");
    }
    if let Err(error) = files::forget_orphans(&bridge.store, &bridge.config.data).await {
        warn!(error = format!("{error:#}"), "Files that nobody waits for are not removed");
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
    Ok(bridge.store.claim_collector(&holder, seconds(LEASE)).await?.map(|collector| (collector, holder)))
}

fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX)
}

/// One turn of a run, from the claim to what is noted of it.
async fn work(bridge: &Bridge, collector: StoredCollector, holder: String) -> Result<()> {
    let (id, begun) = (collector.id, now());
    let stop = bridge.shutdown.child_token();
    bridge.collectors.stops().insert((id, holder.clone()), stop.clone());
    let lease = Lease { collector: id, holder: &holder };
    let (mut come, mut ended) = (0, Err(Stop::Lost));
    match job(bridge, &collector, &holder).await {
        Err(trouble) => ended = Err(Stop::Run(trouble)),
        // Somebody else has it by now.
        Ok(None) => {}
        Ok(Some(job)) => {
            let before = job.brought.messages();
            ended = take_turn(bridge, &job, &stop).await;
            come = job.brought.messages() - before;
            if let Err(error) = job.note_brought().await {
                warn!(collector.id = id.0, error = format!("{error:#}"), "What a run has brought is not noted");
            }
            if let Source::Server(end) = &job.source
                && collector.kind == CollectorKind::Imap
                && collector.look != CollectorLook::Wanted
                && ended.is_ok()
            {
                listening::begin(bridge, id, end);
            }
        }
    }
    bridge.collectors.stops().remove(&(id, holder.clone()));
    let trouble = match ended {
        Ok(()) => None,
        Err(Stop::Run(trouble) | Stop::Folder(trouble)) => Some(trouble),
        Err(Stop::Lost) => return bridge.store.hand_back_collector(lease).await,
    };
    if let Err(error) = bridge.store.report_run(lease).await {
        warn!(collector.id = id.0, error = format!("{error:#}"), "What a run has brought is not kept");
    }
    info!(collector.id = id.0, messages = come, trouble = trouble.as_ref().map(kind), "A collector has run");
    let end = end_of_run(&collector, come > 0, trouble);
    bridge.store.end_run(lease, begun, &end).await?;
    if end.state == CollectorState::Done {
        files::remove(&bridge.config.data, &collector.at).await;
    }
    Ok(())
}

/// Lets a run go on until it ends, is told to, or has had its turn.
async fn take_turn(bridge: &Bridge, job: &Job, stop: &CancellationToken) -> Result<(), Stop> {
    let (mut run, mut keep) = (pin!(collect(job)), pin!(keep(bridge, job.collector.id, &job.holder)));
    tokio::select! {
        ended = &mut run => return ended,
        () = &mut keep => return Err(Stop::Lost),
        () = stop.cancelled() => {}
        () = sleep(TURN) => {}
    }
    job.ending.store(true, Ordering::Relaxed);
    let farewell = async {
        stop.cancelled().await;
        sleep(FAREWELL).await;
    };
    tokio::select! {
        ended = run => ended,
        () = keep => Err(Stop::Lost),
        () = farewell => Err(Stop::Lost),
        // It gets nowhere, and is not begun anew at once.
        () = sleep(REST) => {
            Err(Stop::Run(CollectorTrouble::Source(Error::Unavailable { text: String::new() })))
        }
    }
}

/// Renews the lease for as long as it can be. Ends before the lease does.
async fn keep(bridge: &Bridge, id: CollectorId, holder: &str) {
    let lease = Lease { collector: id, holder };
    let mut held = Instant::now();
    while held.elapsed() + RENEWAL + ANSWER + MARGIN <= LEASE {
        sleep(RENEWAL).await;
        let asked = Instant::now();
        let renewed = timeout(ANSWER, bridge.store.renew_collector(lease, seconds(LEASE))).await;
        match renewed.context("The database does not answer").flatten() {
            Ok(true) => held = asked,
            Ok(false) => return,
            // The next time may be better, and there are some before the lease is over.
            Err(error) => warn!(collector.id = id.0, error = format!("{error:#}"), "A lease cannot be renewed"),
        }
    }
}

/// The other side of a collector, with the password for it.
pub(super) fn source_of(bridge: &Bridge, collector: &StoredCollector) -> Result<Source, Error> {
    if collector.kind == CollectorKind::Files {
        return files::folder(&bridge.config.data, &collector.at).map(Source::Files).ok_or(Error::Gone);
    }
    let sealed = collector.password.as_ref().ok_or(Error::SignedOut)?;
    let password = bridge.seal.open(&collector.owner(), sealed).map_err(|error| {
        error!(collector.id = collector.id.0, error = format!("{error:#}"), "A password cannot be opened");
        Error::SignedOut
    })?;
    Ok(Source::Server(End {
        dialer: bridge.config.source_dialer(),
        endpoint: collector.endpoint().map_err(internal)?,
        credentials: Credentials { user: collector.user.clone(), password },
    }))
}

async fn job(bridge: &Bridge, collector: &StoredCollector, holder: &str) -> Result<Option<Job>, CollectorTrouble> {
    let fault = |error: anyhow::Error| {
        error!(collector.id = collector.id.0, error = format!("{error:#}"), "A collector cannot begin");
        CollectorTrouble::Internal
    };
    let source = source_of(bridge, collector).map_err(CollectorTrouble::Source)?;
    let record = bridge.store.account(collector.account).await.map_err(fault)?;
    let record = record.ok_or(CollectorTrouble::Target(Error::SignedOut))?;
    let credentials = bridge.credentials(&record).map_err(CollectorTrouble::Target)?;
    let settings = bridge.store.settings(collector.account).await.map_err(fault)?;
    let begun = bridge.store.begin_run(Lease { collector: collector.id, holder }).await.map_err(fault)?;
    Ok(begun.map(|so_far| Job {
        store: bridge.store.clone(),
        collector: collector.clone(),
        holder: holder.to_owned(),
        source,
        target: End { dialer: bridge.config.server_dialer(), endpoint: record.imap, credentials },
        uses: settings.uses,
        spool: bridge.config.data.clone(),
        watch: None,
        grace: GRACE,
        ending: AtomicBool::default(),
        brought: Brought::from(so_far),
        leaving: Leaving::default(),
        front: bridge.collectors.front().clone(),
    }))
}

/// When a collector runs next, and whether it can.
fn end_of_run(collector: &StoredCollector, came: bool, trouble: Option<CollectorTrouble>) -> EndOfRun {
    let usual = i64::from(collector.options.minutes.max(1)) * 60;
    let Some(trouble) = trouble else {
        // Files that were looked at go on as soon as a person wants it.
        if collector.kind == CollectorKind::Files && collector.look != CollectorLook::Wanted {
            return EndOfRun { state: CollectorState::Done, due: now(), failures: 0, trouble: None };
        }
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
            Error::ImapDisabled { .. }
            | Error::Pop3Disabled { .. }
            | Error::PrivateHost { .. }
            | Error::PortNotAllowed { .. }
            | Error::SignedOut
            | Error::NoMail
            | Error::BadFile { .. }
            | Error::Gone,
        ) => (CollectorState::Failed, wait),
        CollectorTrouble::Source(error) if error.is_about_password() => (CollectorState::Failed, wait),
        CollectorTrouble::Source(Error::Throttled { minutes, .. })
        | CollectorTrouble::Target(Error::Throttled { minutes, .. }) => {
            (CollectorState::Idle, i64::from((*minutes).max(1)) * 60)
        }
        // Some other program reads it, and will for a while.
        CollectorTrouble::Source(Error::MailboxInUse { .. }) => (CollectorState::Idle, wait.max(120)),
        _ => (CollectorState::Idle, wait),
    };
    EndOfRun { state, due: now() + wait, failures, trouble: Some(trouble) }
}
