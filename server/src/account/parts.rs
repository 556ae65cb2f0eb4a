//! Parts: a session for what takes time — attachments, searches — so that none of it delays the actor.
//! Opened on first need, closed after a minute of silence.

use std::{sync::Arc, time::Duration};

use app::wire::{Error, MessageRef, Uid};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::debug;

use super::{
    hits::{Hit, Hits, Searched},
    listing::Baseline,
};
use crate::{
    endpoint::Endpoint,
    error::to_wire,
    imap::{self, Credentials, Session, TextPart, search::Key},
    store::AccountRecord,
};

/// Jobs that may wait.
const JOBS: usize = 64;

/// How long a job under way may keep the session from being closed.
const REST_PATIENCE: Duration = Duration::from_secs(2);

const SILENCE: Duration = Duration::from_secs(60);

/// The most messages a search shows of one mailbox, newest first.
const HITS_PER_MAILBOX: usize = 5_000;

/// A handle to the parts task. Cheap to clone.
#[derive(Clone)]
pub struct Parts {
    jobs: mpsc::Sender<Job>,
}

/// A stretch of bytes of a section: offset and length.
pub type Stretch = (u32, u32);

enum Job {
    Section {
        message: MessageRef,
        section: String,
        stretch: Option<Stretch>,
        reply: oneshot::Sender<Result<Vec<u8>, Error>>,
    },
    Search {
        mailboxes: Vec<String>,
        keys: Vec<Key>,
        reply: oneshot::Sender<Result<Hits, Error>>,
    },
    Previews {
        mailbox: String,
        wanted: Vec<(Uid, TextPart)>,
        reply: oneshot::Sender<Result<Vec<(Uid, String)>, Error>>,
    },
    /// The password is another.
    Credentials(Credentials),
    /// The session is closed until it is needed again.
    Rest {
        done: oneshot::Sender<()>,
    },
}

impl Parts {
    pub(super) fn start(
        record: &AccountRecord,
        credentials: &Credentials,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sender, jobs) = mpsc::channel(JOBS);
        let worker = Worker { endpoint: record.imap.clone(), credentials: credentials.clone(), session: None };
        tasks.spawn(async move { stop.run_until_cancelled(worker.run(jobs)).await });
        Self { jobs: sender }
    }

    /// Bytes of a section as transferred; `""` is the whole message. A stretch past the end is empty.
    pub async fn section(
        &self,
        message: MessageRef,
        section: &str,
        stretch: Option<Stretch>,
    ) -> Result<Vec<u8>, Error> {
        self.ask(|reply| Job::Section { message, section: section.to_owned(), stretch, reply }).await
    }

    /// What is found in these mailboxes, newest first.
    pub(super) async fn search(&self, mailboxes: Vec<String>, keys: Vec<Key>) -> Result<Hits, Error> {
        self.ask(|reply| Job::Search { mailboxes, keys, reply }).await
    }

    pub(super) async fn previews(
        &self,
        mailbox: String,
        wanted: Vec<(Uid, TextPart)>,
    ) -> Result<Vec<(Uid, String)>, Error> {
        self.ask(|reply| Job::Previews { mailbox, wanted, reply }).await
    }

    pub(super) async fn set_credentials(&self, credentials: Credentials) {
        // A worker that has stopped needs none.
        let _ = self.jobs.send(Job::Credentials(credentials)).await;
    }

    /// Closes the session until it is needed again.
    pub(super) async fn rest(&self) {
        let (done, closed) = oneshot::channel();
        let _ = timeout(REST_PATIENCE, async {
            // A worker that has stopped has no session.
            if self.jobs.send(Job::Rest { done }).await.is_ok() {
                let _ = closed.await;
            }
        })
        .await;
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Job) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).await.map_err(|_| Error::Busy)?;
        answer.await.map_err(|_| Error::Busy)?
    }
}

struct Worker {
    endpoint: Endpoint,
    credentials: Credentials,
    session: Option<Session>,
}

impl Worker {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            match timeout(SILENCE, jobs.recv()).await {
                Ok(Some(job)) => self.work(job).await,
                Ok(None) => break,
                Err(_) => self.close().await,
            }
        }
        self.close().await;
    }

    async fn close(&mut self) {
        if let Some(session) = self.session.take() {
            timeout(Duration::from_secs(2), session.logout()).await.ok();
        }
    }

    async fn work(&mut self, job: Job) {
        // A dropped receiver means that nobody waits any more; there is nobody to tell.
        match job {
            Job::Section { message, section, stretch, reply } if !reply.is_closed() => {
                let _ = reply.send(self.section(&message, &section, stretch).await);
            }
            Job::Search { mailboxes, keys, reply } if !reply.is_closed() => {
                let _ = reply.send(self.search(&mailboxes, &keys).await);
            }
            Job::Previews { mailbox, wanted, reply } if !reply.is_closed() => {
                let _ = reply.send(self.previews(&mailbox, &wanted).await);
            }
            Job::Credentials(credentials) => {
                self.credentials = credentials;
                self.close().await;
            }
            Job::Rest { done } => {
                self.close().await;
                let _ = done.send(());
            }
            Job::Section { .. } | Job::Search { .. } | Job::Previews { .. } => {}
        }
    }

    /// A session that is there or is opened now. On any error of the line it is simply not put back.
    async fn take(&mut self) -> Result<Session, Error> {
        match self.session.take() {
            Some(session) => Ok(session),
            None => imap::connect(&self.endpoint, &self.credentials).await.map_err(to_wire),
        }
    }

    async fn section(
        &mut self,
        message: &MessageRef,
        section: &str,
        stretch: Option<Stretch>,
    ) -> Result<Vec<u8>, Error> {
        // Reading is safe to repeat: a line that died while it was silent is replaced once.
        let fresh = self.session.is_none();
        let mut session = self.take().await?;
        let mut result = fetch(&mut session, message, section, stretch).await;
        if !fresh && result.as_ref().is_err_and(|error| !error.is_refusal()) {
            session = self.take().await?;
            result = fetch(&mut session, message, section, stretch).await;
        }
        self.put_back(session, &result);
        result.map_err(to_wire)?.ok_or(Error::Gone)
    }

    async fn search(&mut self, mailboxes: &[String], keys: &[Key]) -> Result<Hits, Error> {
        let fresh = self.session.is_none();
        let mut session = self.take().await?;
        let mut result = search(&mut session, mailboxes, keys).await;
        if !fresh && result.as_ref().is_err_and(|error| !error.is_refusal()) {
            session = self.take().await?;
            result = search(&mut session, mailboxes, keys).await;
        }
        self.put_back(session, &result);
        result.map_err(to_wire)
    }

    async fn previews(&mut self, mailbox: &str, wanted: &[(Uid, TextPart)]) -> Result<Vec<(Uid, String)>, Error> {
        let mut session = self.take().await?;
        let result = async {
            session.select(mailbox).await?;
            session.fetch_previews(wanted).await
        }
        .await;
        self.put_back(session, &result);
        result.map_err(to_wire)
    }

    fn put_back<T>(&mut self, mut session: Session, result: &Result<T, imap::Error>) {
        match result {
            Err(error) if !error.is_refusal() => debug!(%error, "The parts session was lost"),
            _ => {
                session.take_changes();
                self.session = Some(session);
            }
        }
    }
}

async fn fetch(
    session: &mut Session,
    message: &MessageRef,
    section: &str,
    stretch: Option<Stretch>,
) -> Result<Option<Vec<u8>>, imap::Error> {
    let known = session.selected().is_some_and(|selected| selected.path == message.mailbox);
    if !known {
        session.select(&message.mailbox).await?;
    }
    if session.selected().map(|selected| selected.uid_validity) != Some(message.uid_validity) {
        return Ok(None);
    }
    let fetched = session.fetch_section(message.uid, section, stretch).await?;
    if fetched.is_some() || !known {
        return Ok(fetched);
    }
    // A message that came since is not there for this session before it was told of it (RFC 9051 §5.2).
    session.noop().await?;
    session.fetch_section(message.uid, section, stretch).await
}

async fn search(session: &mut Session, mailboxes: &[String], keys: &[Key]) -> Result<Hits, imap::Error> {
    let mut found: Vec<Hit> = Vec::new();
    let mut searched = Vec::new();
    for path in mailboxes {
        // One mailbox that cannot be opened or searched does not spoil the rest.
        let selected = match session.select(path).await {
            Err(error) if error.is_refusal() && mailboxes.len() > 1 => continue,
            result => result?,
        };
        let mut uids = match session.search(keys, None).await {
            Err(error) if error.is_refusal() && mailboxes.len() > 1 => continue,
            result => result?,
        };
        uids.sort_unstable();
        let uids = uids.split_off(uids.len().saturating_sub(HITS_PER_MAILBOX));
        let mailbox: Arc<str> = path.as_str().into();
        searched.push(Searched { mailbox: mailbox.clone(), baseline: Baseline::from(&selected), selects: None });
        let hit = |(uid, date)| Hit { mailbox: mailbox.clone(), uid_validity: selected.uid_validity, uid, date };
        if mailboxes.len() == 1 {
            found.extend(uids.into_iter().rev().map(|uid| hit((uid, 0))));
        } else if !uids.is_empty() {
            found.extend(session.fetch_dates(&uids.into_iter().collect()).await?.into_iter().map(hit));
        }
    }
    found.sort_by(Hit::newest_first);
    Ok(Hits { found, searched })
}
