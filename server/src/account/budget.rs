//! Opens the sessions of an account, and knows how many it has beside the one that works. Mail servers limit connections, and a
//! person has other mail programs as well: the number shrinks when the server says that there are too many.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, futures::Notified};
use tracing::info;

use crate::{
    endpoint::{Credentials, Endpoint},
    imap::{self, Session},
    net::Dialer,
};

/// Sessions beside the one that works: the watch, parts, searches.
const BESIDE: usize = 3;

/// Shared by all that open sessions for one account.
#[derive(Clone)]
pub(super) struct Budget(Arc<Shared>);

struct Shared {
    dialer: Dialer,
    permits: Arc<Semaphore>,
    /// Sessions beside the one that works, at most.
    most: AtomicUsize,
    /// Tasks that want a session and have none.
    waiting: AtomicUsize,
    /// Told when one of them begins to wait.
    wanted: Notify,
}

/// Held for as long as a session is open.
pub(super) type Permit = OwnedSemaphorePermit;

impl Budget {
    /// For an account at a server to which this dialer leads.
    pub fn new(dialer: Dialer) -> Self {
        Self(Arc::new(Shared {
            dialer,
            permits: Arc::new(Semaphore::new(BESIDE)),
            most: AtomicUsize::new(BESIDE),
            waiting: AtomicUsize::new(0),
            wanted: Notify::new(),
        }))
    }

    /// Opens a session.
    pub async fn open(&self, endpoint: &Endpoint, credentials: &Credentials) -> Result<Session, imap::Error> {
        imap::connect_by(&self.0.dialer, endpoint, credentials).await
    }

    /// How many sessions there may be, that which works included.
    pub fn most(&self) -> usize {
        self.0.most.load(Ordering::Relaxed) + 1
    }

    /// Waits until there may be one more session. Whoever has one that is idle gives it back meanwhile.
    pub async fn permit(&self) -> Option<Permit> {
        if let Ok(permit) = self.0.permits.clone().try_acquire_owned() {
            return Some(permit);
        }
        let _waiting = Waiting::new(&self.0);
        self.0.permits.clone().acquire_owned().await.ok()
    }

    /// For the watch, which is a convenience: none while others might want it.
    pub fn spare_permit(&self) -> Option<Permit> {
        if self.is_tight() { None } else { self.0.permits.clone().try_acquire_owned().ok() }
    }

    /// Whether somebody waits for a session.
    pub fn is_wanted(&self) -> bool {
        self.0.waiting.load(Ordering::Relaxed) > 0
    }

    /// Ends when somebody begins to wait for a session, from now on.
    pub fn wanted(&self) -> Notified<'_> {
        self.0.wanted.notified()
    }

    /// Whether the watch has to do without a session.
    pub fn is_tight(&self) -> bool {
        self.0.most.load(Ordering::Relaxed) < 2
    }

    /// The server allows no more sessions than there are: from now on there is one less, but never none.
    pub fn shrink(&self, permit: Option<Permit>) {
        let shrunk = self
            .0
            .most
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |most| most.checked_sub(1).filter(|most| *most > 0));
        let Ok(before) = shrunk else { return };
        info!(connections = before, "The mail server allows fewer connections");
        match permit {
            Some(permit) => permit.forget(),
            None => {
                self.0.permits.forget_permits(1);
            }
        }
        // The watch may have to go.
        self.0.wanted.notify_waiters();
    }
}

struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.waiting.fetch_add(1, Ordering::Relaxed);
        shared.wanted.notify_waiters();
        Self(shared)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sessions_are_counted_and_given_back_to_whoever_waits() {
        let budget = Budget::new(Dialer::default());
        let mut held = Vec::new();
        while held.len() < BESIDE {
            held.push(budget.permit().await.expect("a permit"));
        }
        assert!(budget.spare_permit().is_none());
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.permit().await }
        });
        while !budget.is_wanted() {
            tokio::task::yield_now().await;
        }
        held.pop();
        assert!(waiting.await.expect("it ends").is_some());
        assert!(!budget.is_wanted());
    }

    #[tokio::test]
    async fn there_is_always_one_left() {
        let budget = Budget::new(Dialer::default());
        for _ in 0..9 {
            let permit = budget.permit().await;
            budget.shrink(permit);
        }
        assert_eq!(budget.most(), 2);
        assert!(budget.spare_permit().is_none(), "not for the watch");
        assert!(budget.permit().await.is_some());
    }
}
