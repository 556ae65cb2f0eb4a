//! Whoever waits in front of a page comes before mail that comes by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

/// So long after somebody asked for something they may ask for more.
const LINGERS: Duration = Duration::from_secs(1);

/// So long is waited for a turn.
const PATIENCE: Duration = Duration::from_secs(2);

/// What people on this node ask for. Cheap to clone.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    begun: Instant,
    /// When somebody last asked for something, in milliseconds since then; 0 for never.
    asked: AtomicU64,
    turns: Arc<Semaphore>,
}

/// While this is held nobody else on this node is at something that could wait.
pub type Turn = OwnedSemaphorePermit;

impl Default for Front {
    fn default() -> Self {
        let turns = Arc::new(Semaphore::new(1));
        Self(Arc::new(Inner { begun: Instant::now(), asked: AtomicU64::new(0), turns }))
    }
}

impl Front {
    /// Somebody asks for something.
    pub fn ask(&self) {
        self.0.asked.store(self.now(), Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// Waits for a turn, while somebody is in front of a page; else there is none to wait for. One window of one run is read and
    /// written at a time then: half of two cores is left to those who wait.
    pub async fn give_way(&self) -> Option<Turn> {
        let asked = self.0.asked.load(Ordering::Relaxed);
        let is_quiet =
            asked == 0 || self.now().saturating_sub(asked) > u64::try_from(LINGERS.as_millis()).unwrap_or(1000);
        if is_quiet {
            return None;
        }
        // Who holds it may be at a server that does not answer.
        timeout(PATIENCE, self.0.turns.clone().acquire_owned()).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_while_somebody_asks_and_all_at_once_else() {
        let front = Front::default();
        assert!(front.give_way().await.is_none());
        front.ask();
        let turn = front.give_way().await;
        assert!(turn.is_some());
        let next = tokio::spawn({
            let front = front.clone();
            async move { front.give_way().await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        drop(turn);
        assert!(next.await.unwrap());
        tokio::time::advance(LINGERS + Duration::from_millis(2)).await;
        assert!(front.give_way().await.is_none());
    }
}
