//! A new session in place of one that has grown old, where other people may share their mailboxes. Dovecot (2.3, 2026-11) looks
//! only once an hour, in a session, for people who have begun to share something.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Input, actor::Actor, line::Line, tab::Tab};
use crate::{
    error::to_wire,
    imap::{self, Session},
};

/// How old a session grows while tabs are open.
const OLD: Duration = Duration::from_secs(600);

/// How long none is opened after the password was refused.
const REFUSED: Duration = Duration::from_secs(3600);

/// How old it grows until somebody loads the page: whoever misses a mailbox does that.
const OLD_FOR_A_PAGE: Duration = Duration::from_secs(5);

impl Actor {
    /// Opens a new session if the one in use is old. Nobody waits for it.
    pub(super) fn renew_if_old(&mut self, for_a_page: bool) {
        let limit = if for_a_page { OLD_FOR_A_PAGE } else { OLD };
        let Line::Live(session) = &self.line else { return };
        let attended = for_a_page || self.tabs.values().any(Tab::is_attached);
        if !attended || !session.knows_others() || self.renewed.elapsed() < limit {
            return;
        }
        // It is one session more for a moment. Where they are scarce, there is none to spare.
        let Some(permit) = self.budget.spare_permit() else { return };
        self.renewed = Instant::now();
        let (endpoint, credentials) = (self.record.imap.clone(), self.credentials.clone());
        let (inputs, stop, budget) = (self.myself(), self.stop.clone(), self.budget.clone());
        // Ends by itself within the limits of `imap::connect_by`; its only effect is the input it sends.
        tokio::spawn(async move {
            let connecting = budget.open(&endpoint, &credentials);
            let Some(result) = stop.run_until_cancelled(connecting).await else { return };
            drop(permit);
            if let Some(inputs) = inputs.upgrade() {
                // An actor that has stopped needs no session.
                let _ = inputs.send(Input::Renewed(Box::new(result))).await;
            }
        });
    }

    /// Goes on with the new session, and the watch with one of its own. The old one goes on if there is no new one.
    pub(super) async fn renew(&mut self, result: Result<Session, imap::Error>) {
        let session = match result {
            Ok(session) => session,
            Err(error) => {
                if matches!(error, imap::Error::TooManyConnections { .. }) {
                    self.budget.shrink(None);
                }
                if to_wire(error).is_about_password() {
                    // Trying it again could lock the person out.
                    self.renewed = Instant::now() + REFUSED;
                }
                return;
            }
        };
        let Some(mut old) = self.take_session() else { return self.dismiss(session) };
        if let Err(error) = self.settle(&mut old).await {
            return self.lose_live_session(error);
        }
        self.leave_at_hand();
        if let Some((_, stop)) = self.watching.take() {
            stop.cancel();
        }
        self.dismiss(*old);
        self.connected(Ok(session)).await;
    }

    /// Takes leave of a session. Nobody waits for it.
    fn dismiss(&self, session: Session) {
        self.tasks.spawn(timeout(Duration::from_secs(2), session.logout()));
    }
}
