//! The pulse: while somebody looks at a list, its mailbox is asked often whether there is anything new.
//!
//! A server need not tell at once: Dovecot (2.3) holds the news of an IDLE back for half a second, while a NOOP, which takes
//! it a tenth of a millisecond, sees them at once. So the pulse is for the operator's own server, if it is near and its IDLE
//! slow; both are measured, and all accounts of this process share one allowance. A provider would take it for abuse.
//! Where the mail server has a hook (`hook.rs`) that tells of all, there is none either.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tracing::debug;

use super::{
    actor::Actor,
    line::Line,
    tab::{Source, Tab},
};
use crate::imap::{self, Session};

/// The shortest pause between two beats.
const SHORTEST: Duration = Duration::from_millis(20);

/// What each account that beats adds to everybody's pause: together they ask 400 times a second at most.
const SHARE: Duration = Duration::from_micros(2500);

/// The pause is this many times as long as a beat takes, so that the session is free for what the person does.
const LEISURE: u32 = 20;

/// Beats with longer pauses than this hear of nothing much sooner than IDLE does, and are left out.
const LONGEST: Duration = Duration::from_millis(250);

/// After this long it is tried again whether beats are worth it.
const REST: Duration = Duration::from_secs(60);

/// As often as this in a row, and beats take too long; fewer are a moment in which the server has much to do.
const SLOW_ENOUGH: u8 = 8;

/// An IDLE that told of something this soon was quick.
const QUICK: Duration = Duration::from_millis(50);

/// As often as this in a row, and beats are of no use.
const QUICK_ENOUGH: u8 = 5;

/// See the module.
pub(super) struct Pulse {
    /// How many accounts of this process want to beat; none where there is to be no pulse.
    sharing: Option<Arc<AtomicUsize>>,
    /// Whether this one is counted among them.
    counted: bool,
    due: Instant,
    /// How long a beat takes, smoothed.
    takes: Duration,
    /// How often in a row it was too long.
    slow: u8,
    /// When a beat found something that IDLE has not told of yet.
    found: Option<Instant>,
    /// How often in a row IDLE was quick.
    quick: u8,
    /// The hook has told, and nothing has come since that it did not tell of.
    hooked: bool,
}

/// Who says that something has happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Teller {
    /// IDLE, or time that has passed.
    Watch,
    /// The mail server's hook.
    Hook,
}

impl Pulse {
    pub fn new(sharing: Option<Arc<AtomicUsize>>) -> Self {
        Self {
            sharing,
            counted: false,
            due: Instant::now(),
            takes: Duration::ZERO,
            slow: 0,
            found: None,
            quick: 0,
            hooked: false,
        }
    }

    /// When the next beat is due, for a list that somebody looks at or does not.
    pub fn due(&mut self, watched: bool) -> Option<Instant> {
        let sharing = self.sharing.as_ref()?;
        let wanted = watched && self.quick < QUICK_ENOUGH && !self.hooked;
        if wanted != self.counted {
            self.counted = wanted;
            if wanted {
                sharing.fetch_add(1, Ordering::Relaxed);
            } else {
                sharing.fetch_sub(1, Ordering::Relaxed);
            }
        }
        wanted.then_some(self.due)
    }

    /// A beat was made and took this long.
    fn beaten(&mut self, took: Duration) {
        let rested = self.slow >= SLOW_ENOUGH;
        self.takes = if rested || self.takes.is_zero() { took } else { (self.takes * 7 + took) / 8 };
        self.slow = if self.takes * LEISURE > LONGEST { self.slow.saturating_add(1) } else { 0 };
        self.due = Instant::now() + self.pause();
    }

    fn pause(&self) -> Duration {
        let sharing = self.sharing.as_ref().map_or(0, |sharing| sharing.load(Ordering::Relaxed));
        let sharing = u32::try_from(sharing).unwrap_or(u32::MAX);
        let all = SHORTEST.max(SHARE.saturating_mul(sharing));
        if all > LONGEST || self.slow >= SLOW_ENOUGH { REST } else { all.max(self.takes * LEISURE).min(LONGEST) }
    }

    /// Something was told of. `news` says whether nobody had found it before.
    pub fn told(&mut self, teller: Teller, news: bool) {
        if teller == Teller::Hook {
            self.hooked = true;
            return;
        }
        // A hook that does not tell of everything, or not any more.
        self.hooked &= !news;
        let beats = self.counted && self.due.saturating_duration_since(Instant::now()) <= LONGEST;
        let quick = match self.found.take() {
            Some(found) => found.elapsed() < QUICK,
            None if news && beats => true,
            // What this account did itself, what happened elsewhere, or what no beat could have found first.
            None => return,
        };
        self.quick = if quick { self.quick.saturating_add(1) } else { 0 };
        if self.quick == QUICK_ENOUGH {
            debug!("IDLE is quick here: the pulse stops");
        }
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.due(false);
    }
}

impl Actor {
    /// When the selected mailbox is to be asked again, because somebody looks at it.
    pub(super) fn pulse_due(&mut self) -> Option<Instant> {
        let Line::Live(session) = &self.line else { return self.pulse.due(false) };
        let selected = session.selected().map(|selected| selected.path.as_str());
        let shows_it = |tab: &Tab| {
            let Some(view) = tab.view.as_ref().filter(|_| tab.is_attached() && tab.in_front) else { return false };
            matches!(view.source, Source::Mailbox { .. }) && Some(view.query.mailbox.as_str()) == selected
        };
        self.pulse.due(self.tabs.values().any(shows_it))
    }

    pub(super) async fn beat(&mut self) {
        let Some(mut session) = self.take_session() else { return };
        let result = self.beat_with(&mut session).await;
        self.put_back(session, result).await;
    }

    async fn beat_with(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let begun = Instant::now();
        session.noop().await?;
        self.pulse.beaten(begun.elapsed());
        if self.settle(session).await? {
            self.pulse.found = Some(begun);
            self.count(session).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulse(sharing: usize) -> Pulse {
        Pulse::new(Some(Arc::new(AtomicUsize::new(sharing))))
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_grows_with_the_way_and_with_the_company() {
        let mut alone = pulse(0);
        alone.beaten(Duration::from_micros(100));
        assert_eq!(alone.due(true), Some(Instant::now() + SHORTEST));
        let mut far = pulse(0);
        far.beaten(Duration::from_millis(5));
        assert_eq!(far.due(true), Some(Instant::now() + Duration::from_millis(100)));
        for _ in 1..SLOW_ENOUGH {
            far.beaten(Duration::from_millis(500));
            assert_eq!(far.due(true), Some(Instant::now() + LONGEST), "a server has much to do at times");
        }
        for _ in 0..3 {
            far.beaten(Duration::from_millis(500));
            assert_eq!(far.due(true), Some(Instant::now() + REST), "no use in a pulse over such a way");
        }
        far.beaten(Duration::from_millis(5));
        assert_eq!(far.due(true), Some(Instant::now() + Duration::from_millis(100)), "the way is shorter now");
        let mut company = pulse(40);
        company.beaten(Duration::from_micros(100));
        assert_eq!(company.due(true), Some(Instant::now() + Duration::from_millis(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn where_idle_is_quick_there_is_no_pulse() {
        let mut pulse = pulse(0);
        pulse.due(true);
        for _ in 0..QUICK_ENOUGH - 1 {
            pulse.told(Teller::Watch, true);
        }
        pulse.found = Some(Instant::now());
        tokio::time::advance(Duration::from_millis(500)).await;
        pulse.told(Teller::Watch, false);
        for _ in 0..QUICK_ENOUGH - 1 {
            pulse.found = Some(Instant::now());
            pulse.told(Teller::Watch, false);
        }
        pulse.told(Teller::Watch, false);
        assert!(pulse.due(true).is_some(), "slow once in a while is slow");
        pulse.told(Teller::Watch, true);
        assert_eq!(pulse.due(true), None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_no_beat_could_have_found_says_nothing_about_idle() {
        let mut pulse = pulse(0);
        for _ in 0..300 {
            pulse.told(Teller::Watch, true);
        }
        assert!(pulse.due(true).is_some(), "nobody looked");
        for _ in 0..SLOW_ENOUGH {
            pulse.beaten(Duration::from_millis(500));
        }
        for _ in 0..300 {
            pulse.told(Teller::Watch, true);
        }
        assert!(pulse.due(true).is_some(), "it was resting");
    }

    #[test]
    fn a_hook_that_tells_of_all_replaces_it() {
        let mut pulse = pulse(0);
        pulse.told(Teller::Hook, true);
        assert_eq!(pulse.due(true), None);
        pulse.told(Teller::Watch, false);
        assert_eq!(pulse.due(true), None, "IDLE told later");
        pulse.told(Teller::Watch, true);
        assert!(pulse.due(true).is_some(), "the hook did not tell");
    }

    #[test]
    fn whoever_stops_leaves_the_allowance_to_the_others() {
        let sharing = Arc::new(AtomicUsize::new(0));
        let [mut one, mut other] = [(); 2].map(|()| Pulse::new(Some(sharing.clone())));
        one.due(true);
        one.due(true);
        other.due(true);
        assert_eq!(sharing.load(Ordering::Relaxed), 2);
        one.due(false);
        drop(other);
        assert_eq!(sharing.load(Ordering::Relaxed), 0);
        assert_eq!(Pulse::new(None).due(true), None, "a server of somebody else's");
    }
}
