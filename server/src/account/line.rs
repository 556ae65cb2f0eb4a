//! The line to the mail server: opening it, losing it, opening it again, and the watch beside it.

use std::{collections::HashMap, time::Duration};

use app::wire::{Connectivity, Error, Event};
use tokio::{
    sync::watch as target,
    time::{Instant, timeout},
};
use tracing::info;

use super::{
    Input,
    actor::{Actor, Failure, Waiting},
    search::Searcher,
    tab::Tab,
    watch::{self, Target},
};
use crate::{
    error::to_wire,
    imap::{self, Credentials, Session},
};

/// Commands that may wait for a session.
const WAITING: usize = 256;

/// The line to the mail server.
pub(super) enum Line {
    Live(Box<Session>),
    Connecting,
    /// Tried again at this time.
    Down {
        error: Error,
        retry: Instant,
    },
}

/// Shared mailboxes that the server is asked to tell of, at most, with all that is below each. Dovecot (2.3) takes a hundred.
const MOST_SHARED: usize = 64;

impl Actor {
    pub(super) fn connectivity(&self) -> Connectivity {
        match &self.line {
            Line::Live(_) => Connectivity::Live,
            Line::Connecting => Connectivity::Connecting,
            Line::Down { error: Error::Busy, .. } => Connectivity::Connecting,
            Line::Down { error, .. } => Connectivity::Offline { error: error.clone() },
        }
    }

    /// What whoever asked is told of an error that cost the session.
    pub(super) fn lost(&self, error: &imap::Error) -> Error {
        match error {
            imap::Error::Refused { .. } | imap::Error::Throttled { .. } => to_wire(error.clone()),
            _ => Error::Unreachable { host: self.record.imap.host.clone() },
        }
    }

    /// When a line that is down is tried again. Never as long as nobody needs it: a tab that comes back finds it tried at once.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        match &self.line {
            Line::Down { retry, .. } if self.is_needed() => Some(*retry),
            _ => None,
        }
    }

    /// While the line is down and nobody needs it, the watch rests as well.
    pub(super) fn rest_if_lonely(&mut self) {
        if matches!(self.line, Line::Down { .. })
            && !self.is_needed()
            && let Some((_, stop)) = self.watching.take()
        {
            stop.cancel();
        }
    }

    /// Whether anybody waits for the line, or would see what comes over it.
    fn is_needed(&self) -> bool {
        !self.waiting.is_empty() || self.tabs.values().any(Tab::is_attached)
    }

    pub(super) fn connect_if_due(&mut self) {
        if self.retry_at().is_some_and(|retry| retry <= Instant::now()) {
            self.connect();
        }
    }

    pub(super) fn connect(&mut self) {
        self.line = Line::Connecting;
        let (endpoint, credentials) = (self.record.imap.clone(), self.credentials.clone());
        let (inputs, stop, budget) = (self.myself(), self.stop.clone(), self.budget.clone());
        // Ends by itself within the limits of `imap::connect_by`; its only effect is the input it sends.
        tokio::spawn(async move {
            let Some(result) = stop.run_until_cancelled(budget.open(&endpoint, &credentials)).await else { return };
            if let Some(inputs) = inputs.upgrade() {
                // An actor that has stopped needs no session.
                let _ = inputs.send(Input::Connected(Box::new(result))).await;
            }
        });
    }

    pub(super) async fn connected(&mut self, result: Result<Session, imap::Error>) {
        if matches!(self.line, Line::Live(_)) {
            return;
        }
        let mut session = match result {
            Ok(session) => Box::new(session),
            Err(error) => return self.lose_session(error),
        };
        session.account = self.record.id;
        if let Err(error) = self.resume(&mut session).await {
            return self.lose_session(error);
        }
        self.renewed = Instant::now();
        self.line = Line::Live(session);
        self.tell_all(&Event::Connectivity { connectivity: Connectivity::Live });
        if self.watching.is_none() {
            self.watch();
        }
        for waiting in std::mem::take(&mut self.waiting) {
            match self.line {
                Line::Live(_) => self.work(waiting).await,
                _ => self.waiting.push_back(waiting),
            }
        }
    }

    /// The person signed in, with this password and perhaps the session that proved it.
    pub(super) async fn signed_in(&mut self, credentials: Credentials, session: Option<Box<Session>>) {
        self.parts.set_credentials(credentials.clone()).await;
        self.credentials = credentials;
        let account = (self.budget.clone(), self.myself());
        self.searcher =
            Searcher::start(&self.record, &self.credentials, account, &self.index, &self.tasks, self.stop.clone());
        self.restart_searches();
        if let Some((_, stop)) = self.watching.take() {
            stop.cancel();
        }
        match (&self.line, session) {
            (Line::Live(_), Some(session)) => {
                timeout(Duration::from_secs(2), session.logout()).await.ok();
                self.watch();
            }
            (_, Some(session)) => self.connected(Ok(*session)).await,
            (_, None) => self.connect(),
        }
    }

    /// Brings what the tabs look at up to date over a new session.
    async fn resume(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        self.swept = Instant::now();
        self.learn_mailboxes(session).await?;
        match self.settle_drafts(session).await {
            Ok(()) => {}
            Err(Failure::Lost(error)) => return Err(error),
            // They are as they were, and the next save puts its own in order.
            Err(Failure::Told(error)) => tracing::warn!(?error, "Copies of drafts are not put in order"),
        }
        self.refresh_all(session).await?;
        self.settle(session).await.map(drop)
    }

    /// Takes the session out, to work with it. See [`put_back`](Self::put_back).
    pub(super) fn take_session(&mut self) -> Option<Box<Session>> {
        match std::mem::replace(&mut self.line, Line::Connecting) {
            Line::Live(session) => Some(session),
            line => {
                self.line = line;
                None
            }
        }
    }

    /// A session that returned an error of the line is not used again.
    pub(super) async fn put_back(&mut self, session: Box<Session>, result: Result<(), imap::Error>) {
        match result {
            Ok(()) => self.line = Line::Live(session),
            Err(error) => self.lose_live_session(error),
        }
    }

    /// A session is lost that was good until now. A server that says without end what nobody has asked for is called less and less
    /// often, though it lets us in each time.
    pub(super) fn lose_live_session(&mut self, error: imap::Error) {
        if !matches!(error, imap::Error::Limit(_)) {
            self.backoff.reset();
        }
        self.lose_session(error);
    }

    /// Takes up something that needs a session: now if there is one, else when there is.
    pub(super) async fn enter(&mut self, waiting: Waiting) {
        if matches!(self.line, Line::Live(_)) {
            self.work(waiting).await;
        } else if let Line::Down { error, .. } = &self.line
            && error.is_about_password()
        {
            // Nothing changes by itself: the person has to sign in anew.
            let error = error.clone();
            self.refuse(waiting, error);
        } else if self.waiting.len() < WAITING {
            self.waiting.push_back(waiting);
            self.connect_if_due();
        } else {
            self.refuse(waiting, Error::Busy);
        }
    }

    pub(super) fn refuse(&mut self, waiting: Waiting, error: Error) {
        // Receivers that are gone have nobody to be told.
        match waiting {
            Waiting::Command { tab, frame, .. } => self.reply(&tab, frame.id, Err(error)),
            Waiting::Found { report, .. } => self.fail_search(&report, error),
            Waiting::Load { reply, .. } => drop(reply.send(Err(error))),
            Waiting::Texts(texts) => self.refuse_asker(texts.into_asker(), error),
            Waiting::Folders { reply, .. } => drop(reply.send(Err(error))),
            Waiting::Sharing { reply, .. } => drop(reply.send(Err(error))),
            Waiting::File { reply, .. } => drop(reply.send(Err(error))),
            Waiting::Page { .. } => {}
        }
    }

    pub(super) fn lose_session(&mut self, error: imap::Error) {
        self.leave_at_hand();
        if matches!(error, imap::Error::TooManyConnections { .. }) {
            self.budget.shrink(None);
        }
        let mut wait = self.backoff.wait();
        if let imap::Error::Throttled { wait: asked, .. } = error {
            wait = wait.max(asked);
        }
        // A line that went deaf is most likely not the only one.
        let deaf = matches!(error, imap::Error::Timeout);
        let told = to_wire(error);
        if (deaf || told.is_about_password())
            && let Some((_, stop)) = self.watching.take()
        {
            stop.cancel();
        }
        info!(account.id = self.record.id.0, ?wait, "The line to the mail server is lost");
        // A refused password is not tried again by itself: it could lock the user out.
        let retry = if told.is_about_password() { Duration::from_secs(3600) } else { wait };
        self.line = Line::Down { error: told.clone(), retry: Instant::now() + retry };
        self.tell_all(&Event::Connectivity { connectivity: Connectivity::Offline { error: told.clone() } });
        if told.is_about_password() {
            for waiting in std::mem::take(&mut self.waiting) {
                self.refuse(waiting, told.clone());
            }
        }
        // Pages are not worth waiting for; whoever asked has gone by now.
        self.waiting.retain(|waiting| !matches!(waiting, Waiting::Page { .. }));
        self.rest_if_lonely();
    }

    pub(super) fn watch(&mut self) {
        let (sender, receiver) = target::channel(self.watch_target());
        let stop = self.stop.child_token();
        let listening = watch::run(
            self.record.imap.clone(),
            self.credentials.clone(),
            receiver,
            self.myself(),
            self.budget.clone(),
            stop.clone(),
        );
        tokio::spawn(listening);
        self.watching = Some((sender, stop));
    }

    /// The mailbox most tabs look at is listened to most closely. What is shared with the person is not theirs by the
    /// server's word (RFC 5465 §6), and has to be named.
    pub(super) fn watch_target(&self) -> Target {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for view in self.tabs.values().filter_map(|tab| tab.view.as_ref()) {
            *counts.entry(view.query.mailbox.as_str()).or_default() += 1;
        }
        let mailbox = counts.into_iter().max_by_key(|(path, count)| (*count, std::cmp::Reverse(*path)));
        let shared = self.mailboxes.iter().filter(|mailbox| mailbox.shared.is_some() && mailbox.depth() == 0);
        Target {
            mailbox: mailbox.map_or("INBOX", |(path, _)| path).to_owned(),
            shared: shared.take(MOST_SHARED).map(|mailbox| mailbox.path.clone()).collect(),
        }
    }

    pub(super) fn aim_watch(&mut self) {
        let target = self.watch_target();
        if let Some((sender, _)) = &self.watching {
            sender.send_if_modified(|current| {
                let changed = *current != target;
                *current = target;
                changed
            });
        }
    }
}
