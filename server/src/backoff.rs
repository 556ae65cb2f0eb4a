//! How long to wait before trying again.

use std::time::Duration;

/// Doubles from `first` to `most`, each with jitter of half its length, so that many do not come back at once.
pub struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
}

impl Backoff {
    pub fn new(first: Duration, most: Duration) -> Self {
        Self { first, most, attempts: 0 }
    }

    /// It went well: the next wait is short again.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// How long to wait this time.
    pub fn wait(&mut self) -> Duration {
        let full = self.first.saturating_mul(2u32.saturating_pow(self.attempts.min(16))).min(self.most);
        self.attempts = self.attempts.saturating_add(1);
        let mut byte = [0u8];
        // Without randomness there is no jitter, which is no reason to fail.
        let jitter = getrandom::fill(&mut byte).map_or(0.5, |()| f64::from(byte[0]) / 255.0);
        full.mul_f64(0.5 + jitter / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_begin_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let wait = backoff.wait().as_secs_f64();
            assert!(wait >= f64::from(expected) / 2.0 && wait <= f64::from(expected), "{wait} of {expected}");
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_secs(1));
    }

    #[test]
    fn those_who_wait_together_do_not_come_back_together() {
        let wait = |_| Backoff::new(Duration::from_secs(1), Duration::from_secs(60)).wait();
        let moments: std::collections::BTreeSet<Duration> = (0..1000).map(wait).collect();
        // Of 256 moments that there are.
        assert!(moments.len() > 200, "{}", moments.len());
    }
}
