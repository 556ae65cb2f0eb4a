//! Collectors: bring the mail of a person's other accounts here, and keep it coming. One task on each node.
//!
//! This file decides who runs when; [`collect`] is one run. A run may end at any moment, by an error, by our own end or by a
//! power cut: the ledger (`store/ledger.rs`) is written before and after each thing that is done to a mailbox, so that the
//! next run goes on from there. Nothing is written into messages.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, Result};
use app::wire::{AccountId, CollectorId, CollectorKind, CollectorOptions, CollectorState, CollectorTrouble, Error};
use secrecy::SecretString;
use tokio::{sync::Notify, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::{
    bridge::{Bridge, internal},
    endpoint::Endpoint,
    imap::Credentials,
    seal::random_hex,
    store::{EndOfRun, StoredCollector, now},
};

/// Whoever runs a collector has it for so long, in seconds, and longer as long as the run lives. More than any command takes
/// to be given up, so that nothing is under way any more when somebody else goes on.
const LEASE: i64 = 600;

/// How often the lease is renewed.
const RENEWAL: Duration = Duration::from_secs(60);

/// Runs at once on this node.
const AT_ONCE: usize = 16;

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

    /// Ends the run of a collector, if this node runs it.
    fn stop(&self, id: CollectorId) {
        if let Some(stop) = self.stops().get(&id) {
            stop.cancel();
        }
    }

    fn stops(&self) -> std::sync::MutexGuard<'_, HashMap<CollectorId, CancellationToken>> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        self.0.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bridge {
    /// Adds a collector and has it begin.
    pub async fn add_collector(&self, account: AccountId, fresh: NewCollector) -> Result<CollectorId, Error> {
        let NewCollector { kind, endpoint, user, password, options } = fresh;
        let collector = self.store.add_collector(account, kind, &endpoint, &user, &options).await.map_err(internal)?;
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
