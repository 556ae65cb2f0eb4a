//! What time and news make the actor do: forget tabs that are gone, see that the line stands, look at the mailboxes.

use std::time::Duration;

use app::wire::Mailbox;
use tokio::time::Instant;

use super::{
    actor::{Actor, Failure},
    pulse::Teller,
    tab::Tab,
};
use crate::imap::{self, Session};

/// A tab without a socket is forgotten after this long.
const TAB_PATIENCE: Duration = Duration::from_secs(300);

/// How often all mailboxes are looked at while tabs are open, if nothing else says so. With NOTIFY as well: Dovecot 2.3 was
/// seen not to tell of a mailbox that is renamed or deleted soon after it was made (2026-11).
const SWEEP: Duration = Duration::from_secs(20);

/// Sweeps that news ask for are not closer together than this.
pub(super) const SWEEP_PAUSE: Duration = Duration::from_millis(1000);

/// When mailboxes have come, gone or got another name, all are looked at once more after this long: a second such change
/// soon after the first is not always told (Dovecot 2.3 with NOTIFY, 2026-11).
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(3);

impl Actor {
    /// Looks after the line, the tabs and the mailboxes: when time has passed, or because of news.
    pub(super) async fn look(&mut self, selected: bool, elsewhere: bool, teller: Teller) {
        self.looked = Instant::now();
        self.tabs.retain(|_, tab| tab.detached.is_none_or(|since| since.elapsed() < TAB_PATIENCE));
        self.pending.retain(|(tab, _)| self.tabs.contains_key(tab));
        self.forget_writers();
        self.cache.forget_old();
        if self.tabs.is_empty() {
            self.idle_since.get_or_insert_with(Instant::now);
        }
        self.sweep_wanted |= elsewhere;
        self.connect_if_due();
        self.rest_if_lonely();
        let Some(mut session) = self.take_session() else { return };
        let result = self.look_with(&mut session, selected, teller).await;
        self.put_back(session, result).await;
        self.renew_if_old(false);
    }

    async fn look_with(&mut self, session: &mut Session, selected: bool, teller: Teller) -> Result<(), imap::Error> {
        let since = self.swept.elapsed();
        let attended = self.tabs.values().any(Tab::is_attached);
        let second_look = self.second_look.take_if(|at| *at <= Instant::now()).is_some();
        let due = second_look || (self.sweep_wanted && since >= SWEEP_PAUSE) || (attended && since >= SWEEP);
        if selected || due {
            // The news is about the mailbox the watch listens to, which is not always the one at hand.
            let watched = self.watch_target().mailbox;
            if session.selected().is_some_and(|at_hand| at_hand.path == watched) || !selected {
                session.noop().await?;
            } else if let Err(Failure::Lost(error)) = self.select(session, &watched).await {
                return Err(error);
            }
            let news = self.settle(session).await?;
            if selected {
                self.pulse.told(teller, news);
            }
        }
        if due {
            self.sweep_wanted = false;
            self.sweep(session).await?;
            self.settle(session).await?;
        }
        self.count(session).await
    }

    /// Asks all mailboxes how they are, and brings open lists up to date where they changed.
    pub(super) async fn sweep(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        self.swept = Instant::now();
        let paths = |mailboxes: &[Mailbox]| mailboxes.iter().map(|mailbox| mailbox.path.clone()).collect::<Vec<_>>();
        let before = paths(&self.mailboxes);
        self.learn_mailboxes(session).await?;
        if paths(&self.mailboxes) != before {
            self.second_look = Some(self.swept + SECOND_LOOK);
        }
        self.refresh_changed(session).await?;
        self.check_count(session).await?;
        self.catch_up_hits(session).await
    }

    /// A wrong count of the selected mailbox would stay wrong for as long as it is selected: when STATUS does not agree with
    /// it, and goes on so after the server had a chance to say why, SELECT decides.
    async fn check_count(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let Some(path) = session.selected().map(|selected| selected.path.clone()) else { return Ok(()) };
        let agrees = |actor: &Self| actor.statuses.get(&path).is_none_or(|status| status.messages == actor.exists);
        if agrees(self) {
            return Ok(());
        }
        session.noop().await?;
        self.settle(session).await?;
        if agrees(self) { Ok(()) } else { self.look_anew(session, &path).await }
    }

    pub(super) fn want_sweep(&mut self) {
        self.sweep_wanted = true;
    }

    pub(super) fn want_counts(&mut self, path: &str) {
        self.counts_wanted.insert(path.to_owned());
    }
}
