//! Whoever waits in front of a page comes before mail that comes by itself.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::{Instant, sleep_until, timeout},
};

/// So long after somebody asked for something they may ask for more.
const LINGERS: Duration = Duration::from_secs(1);

/// So long is waited for a turn.
const PATIENCE: Duration = Duration::from_secs(5);

/// After a turn nobody has one for so many times as long as it took: what a mail server does for a few messages keeps both of
/// two cores from whoever waits in front of a page.
const RESTS: u32 = 3;

/// And no longer than this.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// Messages that are read and written in one turn, at most: what the mail server does for them is one stretch of work.
const A_FEW: usize = 16;

/// What people on this node ask for. Cheap to clone.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    begun: Instant,
    /// When somebody last asked for something, in milliseconds since then; 0 for never.
    asked: AtomicU64,
    /// Holds when the next turn may begin.
    turns: Arc<Mutex<Instant>>,
}

/// While this is held nobody else on this node is at something that could wait.
pub struct Turn {
    next: OwnedMutexGuard<Instant>,
    begun: Instant,
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.next = Instant::now() + (self.begun.elapsed() * RESTS).min(LONGEST_REST);
    }
}

impl Default for Front {
    fn default() -> Self {
        let begun = Instant::now();
        Self(Arc::new(Inner { begun, asked: AtomicU64::new(0), turns: Arc::new(Mutex::new(begun)) }))
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

    fn is_quiet(&self) -> bool {
        let asked = self.0.asked.load(Ordering::Relaxed);
        asked == 0 || self.now().saturating_sub(asked) > u64::try_from(LINGERS.as_millis()).unwrap_or(1000)
    }

    /// Messages of the next window: these, or fewer while somebody is in front of a page.
    pub fn window(&self, most: usize) -> usize {
        if self.is_quiet() { most } else { most.min(A_FEW) }
    }

    /// Waits for a turn, while somebody is in front of a page; else there is none to wait for. One window of one run is read and
    /// written at a time then, and after a rest the next.
    pub async fn give_way(&self) -> Option<Turn> {
        if self.is_quiet() {
            return None;
        }
        let turn = async {
            let next = self.0.turns.clone().lock_owned().await;
            if !self.is_quiet() {
                sleep_until(*next).await;
            }
            Turn { next, begun: Instant::now() }
        };
        // Who holds it may be at a server that does not answer.
        timeout(PATIENCE, turn).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_at_a_time_while_somebody_asks_and_all_at_once_else() {
        let front = Front::default();
        assert!(front.give_way().await.is_none());
        assert_eq!(front.window(64), 64);
        front.ask();
        assert_eq!((front.window(64), front.window(2)), (16, 2));
        let turn = front.give_way().await;
        assert!(turn.is_some());
        let next = tokio::spawn({
            let front = front.clone();
            async move { front.give_way().await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        tokio::time::advance(Duration::from_millis(20)).await;
        let ended = Instant::now();
        drop(turn);
        front.ask();
        assert!(next.await.unwrap());
        assert_eq!(ended.elapsed().as_millis(), 60, "those in front have their turn meanwhile");
        tokio::time::advance(LINGERS + Duration::from_millis(2)).await;
        assert!(front.give_way().await.is_none());
    }
}
