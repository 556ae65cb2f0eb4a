//! A session beside the actor's, for what takes time: opened on first need, closed when it was not needed for a while.

use std::time::Duration;

use tokio::time::timeout;
use tracing::debug;

use crate::{
    endpoint::Endpoint,
    imap::{self, Credentials, Session},
    store::AccountRecord,
};

/// A task that needs its session closes it after this long without work.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

pub(super) struct Side {
    endpoint: Endpoint,
    credentials: Credentials,
    session: Option<Session>,
}

impl Side {
    pub fn new(record: &AccountRecord, credentials: &Credentials) -> Self {
        Self { endpoint: record.imap.clone(), credentials: credentials.clone(), session: None }
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
        match self.session.take() {
            Some(session) => Ok(session),
            None => imap::connect(&self.endpoint, &self.credentials).await,
        }
    }

    /// A session that returned an error of the line is not used again.
    pub fn put_back<T>(&mut self, mut session: Session, result: &Result<T, imap::Error>) {
        match result {
            Err(error) if !error.is_refusal() => debug!(%error, "A session beside the actor's was lost"),
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
    }
}
