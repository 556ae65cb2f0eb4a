//! How many lines are open at once: in all, so that descriptors do not run out, and of one network, so that it does not take all.

use std::{
    collections::HashMap,
    future::pending,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ipnet::IpNet;
use rustix::process::{Resource, getrlimit};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::Instant,
};

use crate::attempts::network;

/// More lines would be a matter of memory and not of descriptors any more. A proxy has no more ports to call us from either
/// (Linux, `ip_local_port_range`: 28,232).
const MOST: usize = 32_768;

/// The log hears no more often than this that places have run out.
const QUIET: Duration = Duration::from_secs(60);

/// How many lines there are at once, and how long one may keep its place without asking for anything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all.
    pub all: usize,
    /// Of one network: an address, or for IPv6 a /64.
    pub of_network: usize,
    /// Until the first request's header is here, from its line's first moment on.
    pub header: Duration,
    /// Until the next request's header is here, from the answer before it on; and until there is more of what is sent.
    pub idle: Duration,
}

impl Limits {
    /// Half of the files that this process may open (`ulimit -n`); the other half is for mail servers, whose sessions are up to four
    /// for each account, for the database and for uploads. A quarter of the lines is for one network: an office or a proxy that
    /// nobody has named finds room, and others do beside it.
    ///
    /// Proxies keep a line for their next request for 60 seconds (nginx), 90 (Go, Traefik) or 120 (Caddy). Would we hang up earlier
    /// than they do, now and then a request would meet a line that has just ended.
    pub fn of_this_process() -> Self {
        let files = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok());
        let all = files.map_or(MOST, |files| (files / 2).clamp(4, MOST));
        Self { all, of_network: all / 4, header: Duration::from_secs(30), idle: Duration::from_secs(180) }
    }
}

/// The places of one listener.
pub struct Places {
    limits: Limits,
    free: Arc<Semaphore>,
    /// Networks with any number of lines, as long as there are places at all.
    uncounted: Vec<IpNet>,
    taken: Arc<Mutex<HashMap<String, usize>>>,
    /// When the log heard of it.
    told: Mutex<Option<Instant>>,
}

/// The right to one line, until this is dropped.
pub(super) struct Place {
    _any: OwnedSemaphorePermit,
    _counted: Option<Counted>,
}

impl Places {
    /// Behind a proxy, and so perhaps on this machine, is everybody: neither counts as one network.
    pub fn new(limits: Limits, proxies: &[IpNet]) -> Self {
        Self {
            limits,
            free: Arc::new(Semaphore::new(limits.all.min(Semaphore::MAX_PERMITS))),
            uncounted: proxies.to_vec(),
            taken: Arc::default(),
            told: Mutex::default(),
        }
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Waits for a place for whomever it may be.
    pub(super) async fn free(&self) -> OwnedSemaphorePermit {
        if self.free.available_permits() == 0 {
            self.tell("All lines are taken, and whoever comes waits; `ulimit -n` says how many there can be");
        }
        match self.free.clone().acquire_owned().await {
            Ok(any) => any,
            // Nobody closes it.
            Err(_) => pending().await,
        }
    }

    /// Gives the place to this peer, unless its network has as many as it may have.
    pub(super) fn take(&self, any: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if peer.is_loopback() || self.uncounted.iter().any(|network| network.contains(&peer)) {
            return Some(Place { _any: any, _counted: None });
        }
        let counted = Counted::take(&self.taken, network(peer), self.limits.of_network);
        if counted.is_none() {
            self.tell("One network has as many lines as it may have; a proxy belongs into PISMO_TRUSTED_PROXIES");
        }
        Some(Place { _any: any, _counted: Some(counted?) })
    }

    fn tell(&self, what: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= QUIET) {
            *told = Some(Instant::now());
            tracing::warn!("{what}");
        }
    }
}

/// One of its network's lines.
struct Counted {
    network: String,
    taken: Arc<Mutex<HashMap<String, usize>>>,
}

impl Counted {
    fn take(taken: &Arc<Mutex<HashMap<String, usize>>>, network: String, most: usize) -> Option<Self> {
        let mut table = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = table.get(&network).copied().unwrap_or_default();
        if lines >= most {
            return None;
        }
        table.insert(network.clone(), lines + 1);
        Some(Self { network, taken: taken.clone() })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut table = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        match table.get_mut(&self.network) {
            Some(lines) if *lines > 1 => *lines -= 1,
            _ => drop(table.remove(&self.network)),
        }
    }
}
