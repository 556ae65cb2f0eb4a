//! How full the person's space is: asked when somebody comes and when mail has changed, but not often.

use std::time::Duration;

use app::wire::{Event, Quota};
use tokio::time::Instant;
use tracing::debug;

use super::actor::Actor;
use crate::imap::{self, Session};

/// Not asked more often than this: some servers add all sizes up.
const PAUSE: Duration = Duration::from_secs(60);

/// What the server said of it last.
pub(super) struct Fill {
    pub quota: Quota,
    /// Something happened that may have changed it.
    pub wanted: bool,
    asked: Option<Instant>,
}

impl Fill {
    /// Not known yet.
    pub fn new() -> Self {
        Self { quota: Quota::default(), wanted: true, asked: None }
    }

    fn is_due(&self) -> bool {
        self.wanted && self.asked.is_none_or(|asked| asked.elapsed() >= PAUSE)
    }
}

impl Actor {
    /// Asks how full it is, if it is time, and tells the tabs when that has changed.
    pub(super) async fn weigh(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        if !self.fill.is_due() || self.tabs.is_empty() {
            return Ok(());
        }
        self.fill.asked = Some(Instant::now());
        self.fill.wanted = false;
        let quota = match session.quota().await {
            Ok(quota) => quota,
            // A server that offers it and then refuses has nothing to show; the mail is there all the same.
            Err(error) if error.is_refusal() => {
                debug!(%error, "The mail server does not tell how full it is");
                Quota::default()
            }
            Err(error) => return Err(error),
        };
        if quota != self.fill.quota {
            self.fill.quota = quota.clone();
            self.tell_all(&Event::Quota { quota });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_asked_once_a_minute_and_only_for_a_reason() {
        let mut fill = Fill::new();
        assert!(fill.is_due(), "whoever comes first is told");
        (fill.asked, fill.wanted) = (Some(Instant::now()), false);
        tokio::time::advance(PAUSE).await;
        assert!(!fill.is_due(), "nothing has changed");
        (fill.asked, fill.wanted) = (Some(Instant::now()), true);
        tokio::time::advance(PAUSE - Duration::from_millis(1)).await;
        assert!(!fill.is_due(), "it is too soon");
        tokio::time::advance(Duration::from_millis(1)).await;
        assert!(fill.is_due());
    }
}
