//! Limits that all accounts at one mail server share.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::Semaphore;

/// A number of permits for each host. What it knows of a host is forgotten with the last permit.
pub struct PerHost {
    permits: usize,
    hosts: Mutex<BTreeMap<String, Weak<Semaphore>>>,
}

impl PerHost {
    pub const fn new(permits: usize) -> Self {
        Self { permits, hosts: Mutex::new(BTreeMap::new()) }
    }

    /// The permits of a host.
    pub fn of(&self, host: &str) -> Arc<Semaphore> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = hosts.get(host).and_then(Weak::upgrade) {
            return known;
        }
        hosts.retain(|_, permits| permits.strong_count() > 0);
        let fresh = Arc::new(Semaphore::new(self.permits));
        hosts.insert(host.to_owned(), Arc::downgrade(&fresh));
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_share_nothing_and_a_permit_that_is_given_back_can_be_had_again() {
        let limit = PerHost::new(1);
        let one = limit.of("a").try_acquire_owned().expect("the first");
        assert!(limit.of("a").try_acquire_owned().is_err());
        assert!(limit.of("b").try_acquire_owned().is_ok());
        drop(one);
        assert!(limit.of("a").try_acquire_owned().is_ok());
    }
}
