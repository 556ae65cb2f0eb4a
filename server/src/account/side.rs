//! A session beside the actor's, for what takes time: opened on first need, closed when it was not needed for a while.

use std::time::Duration;

use app::wire::AccountId;
use tokio::{
    sync::mpsc,
    time::{sleep, timeout},
};
use tracing::debug;

use super::budget::{Budget, Permit};
use crate::{
    endpoint::Endpoint,
    imap::{self, Credentials, Session},
    store::AccountRecord,
};

/// A session is closed after this long without work.
const SILENCE: Duration = Duration::from_secs(60);

pub(super) struct Side {
    account: AccountId,
    endpoint: Endpoint,
    credentials: Credentials,
    session: Option<Session>,
    budget: Budget,
    /// Held from the opening of a session until it is closed or lost.
    permit: Option<Permit>,
}

/// How often a session is tried to be opened while the server says that there are too many.
const TRIES: usize = 4;

impl Side {
    pub fn new(record: &AccountRecord, credentials: &Credentials, budget: Budget) -> Self {
        Self {
            account: record.id,
            endpoint: record.imap.clone(),
            credentials: credentials.clone(),
            session: None,
            budget,
            permit: None,
        }
    }

    /// Whether a session is open: one that was silent for long may have died unnoticed.
    pub fn is_open(&self) -> bool {
        self.session.is_some()
    }

    /// The password is another.
    pub async fn set_credentials(&mut self, credentials: Credentials) {
        self.credentials = credentials;
        self.close().await;
    }

    /// A session that is there or is opened now. On any error of the line it is simply not put back.
    pub async fn take(&mut self) -> Result<Session, imap::Error> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let mut refused = imap::Error::Closed;
        for _ in 0..TRIES {
            if self.permit.is_none() {
                self.permit = self.budget.permit().await;
            }
            match self.budget.open(&self.endpoint, &self.credentials).await {
                Err(error @ imap::Error::TooManyConnections { .. }) => {
                    self.budget.shrink(self.permit.take());
                    refused = error;
                }
                Err(error) => {
                    self.permit = None;
                    return Err(error);
                }
                Ok(mut session) => {
                    session.account = self.account;
                    return Ok(session);
                }
            }
        }
        Err(refused)
    }

    /// The next thing to do. None when there is nothing more to come; an idle session is closed after a while, or when
    /// somebody else of the account needs one.
    pub async fn next<J>(&mut self, jobs: &mut mpsc::Receiver<J>) -> Option<J> {
        loop {
            let budget = self.budget.clone();
            let wanted = budget.wanted();
            self.give_way().await;
            tokio::select! {
                job = jobs.recv() => return job,
                () = wanted => {}
                () = sleep(SILENCE) => self.close().await,
            }
        }
    }

    /// Closes the session if somebody else of the account waits for one.
    pub async fn give_way(&mut self) {
        if self.is_open() && self.budget.is_wanted() {
            self.close().await;
        }
    }

    /// A session that returned an error of the line is not used again.
    pub fn put_back<T>(&mut self, mut session: Session, result: &Result<T, imap::Error>) {
        match result {
            Err(error) if !error.is_refusal() => {
                debug!(%error, "A session beside the actor's was lost");
                self.permit = None;
            }
            _ => {
                session.take_changes();
                self.session = Some(session);
            }
        }
    }

    pub async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            timeout(Duration::from_secs(2), session.logout()).await.ok();
        }
        self.permit = None;
    }
}
