//! Collectors: bring the mail of a person's other accounts here, and keep it coming. One task on each node.
//!
//! This file is what a person can have done to them, `task.rs` decides who runs when, and [`collect`] is one run. A run may
//! end at any moment, by an error, by our own end or by a power cut: the ledger (`store/ledger.rs`) is written before and
//! after each thing that is done to a mailbox, so that the next run goes on from there. Nothing is written into messages.

mod comparing;
mod digest;
mod fetching;
pub mod files;
mod finding;
mod flags;
mod folders;
mod gone;
mod kind;
mod listening;
mod looking;
mod maildrop;
mod making;
mod manners;
mod outlet;
mod own;
mod passing;
mod pieces;
mod pool;
mod quirks;
mod reading;
mod run;
mod sameness;
mod task;
mod writing;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use app::wire::{AccountId, CollectorId, CollectorKind, CollectorOptions, CollectorState, Error};
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::{
    bridge::{Bridge, internal},
    endpoint::Endpoint,
    store::StoredCollector,
};

pub use fetching::{Coming, Fetched, Which};
pub use manners::Front;
pub use run::{Brought, End, GRACE, Job, Leaving, STEPS, Source, Step, Stop, Watch, collect};
pub use task::run;

/// Single messages that are fetched at once on this node.
const FETCHES: usize = 4;

/// The task of this node, and what it runs. Cheap to clone.
#[derive(Clone, Default)]
pub struct Collectors(Arc<Running>);

struct Running {
    wake: Notify,
    front: Front,
    /// Those who fetch a single message wait for each other.
    fetches: Arc<Semaphore>,
    /// Whose files are on their way.
    uploads: Mutex<HashSet<AccountId>>,
    /// What ends each run, by the name in which its lease is held: one may still end while the next has begun.
    stops: Mutex<HashMap<(CollectorId, String), CancellationToken>>,
    /// What ends the listening at each source.
    listening: Mutex<HashMap<CollectorId, CancellationToken>>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            wake: Notify::new(),
            front: Front::default(),
            fetches: Arc::new(Semaphore::new(FETCHES)),
            uploads: Mutex::default(),
            stops: Mutex::default(),
            listening: Mutex::default(),
        }
    }
}

/// An upload of files, for as long as it is held.
pub struct Uploading {
    collectors: Collectors,
    account: AccountId,
}

impl Drop for Uploading {
    fn drop(&mut self) {
        self.collectors.0.uploads.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account);
    }
}

/// A collector to be.
#[derive(Debug, Clone)]
pub struct NewCollector {
    pub kind: CollectorKind,
    pub endpoint: Endpoint,
    pub user: String,
    pub password: SecretString,
    pub options: CollectorOptions,
    /// Whether the source is looked at before anything is brought.
    pub look: bool,
}

impl Collectors {
    /// What people on this node ask for: they come before.
    pub fn front(&self) -> &Front {
        &self.0.front
    }

    /// Has the task look at once for what is due.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }

    /// One upload of files of an account at a time: nothing while there is another.
    pub fn begin_upload(&self, account: AccountId) -> Option<Uploading> {
        let begun = self.0.uploads.lock().unwrap_or_else(PoisonError::into_inner).insert(account);
        begun.then(|| Uploading { collectors: self.clone(), account })
    }

    /// Ends what this node does for a collector.
    fn stop(&self, id: CollectorId) {
        self.stops().iter().filter(|((of, _), _)| *of == id).for_each(|(_, stop)| stop.cancel());
        if let Some(stop) = self.listening().remove(&id) {
            stop.cancel();
        }
    }

    fn stops(&self) -> MutexGuard<'_, HashMap<(CollectorId, String), CancellationToken>> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        self.0.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listening(&self) -> MutexGuard<'_, HashMap<CollectorId, CancellationToken>> {
        self.0.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bridge {
    /// Adds a collector and has it begin. [`Error::CollectorExists`] if there is one at this source, [`Error::CollectorLoop`] if
    /// the source brings the mail of this account.
    pub async fn add_collector(&self, account: AccountId, fresh: NewCollector) -> Result<CollectorId, Error> {
        let NewCollector { kind, endpoint, user, password, options, look } = fresh;
        if self.is_brought_there(account, &endpoint, &user).await? {
            return Err(Error::CollectorLoop);
        }
        let added = self.store.add_collector(account, kind, &endpoint, &user, &options).await.map_err(internal)?;
        let collector = added.ok_or(Error::CollectorExists)?;
        if look {
            self.store.want_look(collector.id).await.map_err(internal)?;
        }
        self.seal_for(&collector, &password).await?;
        self.collectors.wake();
        Ok(collector.id)
    }

    /// Whether somebody who has their mail at this source brings that of this account.
    async fn is_brought_there(&self, account: AccountId, source: &Endpoint, user: &str) -> Result<bool, Error> {
        let record = self.store.account(account).await.map_err(internal)?.ok_or(Error::SignedOut)?;
        let same_host = |one: &Endpoint, other: &Endpoint| one.host.eq_ignore_ascii_case(&other.host);
        let bring = self.store.collectors_from(&record.address).await.map_err(internal)?;
        Ok(bring.iter().any(|(imap, address, from)| {
            same_host(imap, source) && address.eq_ignore_ascii_case(user) && same_host(from, &record.imap)
        }))
    }

    /// Gives a collector another password and has it begin again. [`Error::Gone`] if there is no such collector.
    pub async fn set_collector_password(
        &self,
        account: AccountId,
        id: CollectorId,
        password: &SecretString,
    ) -> Result<(), Error> {
        let collector = self.store.collector(account, id).await.map_err(internal)?;
        let collector = collector.filter(|collector| collector.kind != CollectorKind::Files).ok_or(Error::Gone)?;
        self.seal_for(&collector, password).await?;
        self.renew_ways_out(account, id, &collector.user, password).await?;
        // Whoever begins from now on has the new one.
        self.collectors.stop(id);
        self.collectors.wake();
        Ok(())
    }

    async fn seal_for(&self, collector: &StoredCollector, password: &SecretString) -> Result<(), Error> {
        let sealed = self.seal.seal(&collector.owner(), password).map_err(internal)?;
        self.store.set_collector_password(collector.id, &sealed).await.map_err(internal)
    }

    /// Stops a collector at once, until [`run_collector`](Self::run_collector). [`Error::Gone`] if there is no such collector.
    pub async fn pause_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        if !self.store.pause_collector(account, id).await.map_err(internal)? {
            return Err(Error::Gone);
        }
        self.collectors.stop(id);
        Ok(())
    }

    /// Has a collector run now, whether it was paused, has failed or waits; one that runs already does so once more after it.
    /// [`Error::Gone`] if there is no such collector.
    pub async fn run_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let there = self.store.resume_collector(account, id).await.map_err(internal)?;
        self.collectors.wake();
        if there { Ok(()) } else { Err(Error::Gone) }
    }

    /// Changes what was chosen, from the next run on. [`Error::Gone`] if there is no such collector.
    pub async fn set_collector_options(
        &self,
        account: AccountId,
        id: CollectorId,
        options: &CollectorOptions,
    ) -> Result<(), Error> {
        let there = self.store.set_collector_options(account, id, options).await.map_err(internal)?;
        if there { Ok(()) } else { Err(Error::Gone) }
    }

    /// Has the messages tried again that could not be brought. [`Error::Gone`] if there is no such collector.
    pub async fn retry_refused(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let collector = self.store.collector(account, id).await.map_err(internal)?;
        if collector.is_none_or(|collector| collector.state == CollectorState::Done) {
            return Err(Error::Gone);
        }
        self.store.retry_refused(id).await.map_err(internal)?;
        self.run_collector(account, id).await
    }

    /// Lets so many messages that have left the source go into Trash here, now. [`Error::Gone`] if there is no such collector.
    pub async fn let_gone_go(&self, account: AccountId, id: CollectorId, count: u32) -> Result<(), Error> {
        if !self.store.allow_gone(account, id, count).await.map_err(internal)? {
            return Err(Error::Gone);
        }
        self.run_collector(account, id).await
    }

    /// Has what has left the source stay here. [`Error::Gone`] if there is no such collector, [`Error::Busy`] while it runs.
    pub async fn keep_gone(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        self.store.collector(account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        if self.store.keep_gone(account, id).await.map_err(internal)? { Ok(()) } else { Err(Error::Busy) }
    }

    /// How many messages that have left the source wait for a word of the person's.
    pub async fn asked_about(&self, id: CollectorId) -> anyhow::Result<u32> {
        let count = self.store.count_gone(id, "").await?;
        Ok(if gone::has_to_be_asked(count, 0) { count.gone } else { 0 })
    }

    /// Adds files, which are in a folder of this name, and has them brought; only counted at first if `look`.
    pub async fn add_files(
        &self,
        account: AccountId,
        (folder, title): (&str, &str),
        options: &CollectorOptions,
        look: bool,
    ) -> Result<CollectorId, Error> {
        let id = self.store.add_files(account, folder, title, options, look).await.map_err(internal)?;
        self.collectors.wake();
        Ok(id)
    }

    /// Removes a collector. What it has brought stays. [`Error::Gone`] if there is no such collector.
    pub async fn remove_collector(&self, account: AccountId, id: CollectorId) -> Result<(), Error> {
        let collector = self.store.collector(account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        if !self.store.remove_collector(account, id).await.map_err(internal)? {
            return Err(Error::Gone);
        }
        self.collectors.stop(id);
        if collector.kind == CollectorKind::Files {
            files::remove(&self.config.data, &collector.at).await;
        }
        Ok(())
    }
}
