//! Parts: a session for what takes time — attachments, beginnings of texts — so that none of it delays the actor.
//! Opened on first need, closed after a minute of silence.

use std::time::Duration;

use app::wire::{Error, MessageRef, Uid};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::warn;

use super::{budget::Budget, side::Side};
use crate::{
    error::to_wire,
    imap::{self, Credentials, Session, TextPart},
    store::AccountRecord,
};

/// Jobs that may wait.
const JOBS: usize = 64;

/// How long a job under way may keep the session from being closed.
const REST_PATIENCE: Duration = Duration::from_secs(2);

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
    Previews {
        mailbox: String,
        wanted: Vec<(Uid, TextPart)>,
        reply: oneshot::Sender<Result<Vec<(Uid, String)>, Error>>,
    },
    /// A message of our own goes into the inbox.
    Notice { message: Vec<u8> },
    /// The password is another.
    Credentials(Credentials),
    /// The session is closed until it is needed again.
    Rest { done: oneshot::Sender<()> },
}

impl Parts {
    pub(super) fn start(
        record: &AccountRecord,
        credentials: &Credentials,
        budget: Budget,
        tasks: &TaskTracker,
        stop: CancellationToken,
    ) -> Self {
        let (sender, mut jobs) = mpsc::channel(JOBS);
        let mut worker = Worker { side: Side::new(record, credentials, budget) };
        tasks.spawn(async move {
            stop.run_until_cancelled(worker.run(&mut jobs)).await;
            drop(jobs);
            worker.side.close().await;
        });
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

    pub(super) async fn previews(
        &self,
        mailbox: String,
        wanted: Vec<(Uid, TextPart)>,
    ) -> Result<Vec<(Uid, String)>, Error> {
        self.ask(|reply| Job::Previews { mailbox, wanted, reply }).await
    }

    /// Puts a message of our own into the inbox. Nobody waits for it, and nothing hangs on it.
    pub(super) fn put_into_inbox(&self, message: Vec<u8>) {
        if self.jobs.try_send(Job::Notice { message }).is_err() {
            warn!("A notice is not put into an inbox: too much is waiting");
        }
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
    side: Side,
}

impl Worker {
    async fn run(&mut self, jobs: &mut mpsc::Receiver<Job>) {
        while let Some(job) = self.side.next(jobs).await {
            self.work(job).await;
        }
    }

    async fn work(&mut self, job: Job) {
        // A dropped receiver means that nobody waits any more; there is nobody to tell.
        match job {
            Job::Section { message, section, stretch, reply } if !reply.is_closed() => {
                let _ = reply.send(self.section(&message, &section, stretch).await);
            }
            Job::Previews { mailbox, wanted, reply } if !reply.is_closed() => {
                let _ = reply.send(self.previews(&mailbox, &wanted).await);
            }
            Job::Notice { message } => {
                if let Err(error) = self.put_into_inbox(&message).await {
                    warn!(%error, "A notice cannot be put into an inbox");
                }
            }
            Job::Credentials(credentials) => {
                self.side.set_credentials(credentials).await;
            }
            Job::Rest { done } => {
                self.side.close().await;
                let _ = done.send(());
            }
            Job::Section { .. } | Job::Previews { .. } => {}
        }
    }

    async fn section(
        &mut self,
        message: &MessageRef,
        section: &str,
        stretch: Option<Stretch>,
    ) -> Result<Vec<u8>, Error> {
        // Reading is safe to repeat: a line that died while it was silent is replaced once.
        let fresh = !self.side.is_open();
        let mut session = self.side.take().await.map_err(to_wire)?;
        let mut result = fetch(&mut session, message, section, stretch).await;
        if !fresh && result.as_ref().is_err_and(|error| !error.is_refusal()) {
            session = self.side.take().await.map_err(to_wire)?;
            result = fetch(&mut session, message, section, stretch).await;
        }
        self.side.put_back(session, &result);
        result.map_err(to_wire)?.ok_or(Error::Gone)
    }

    async fn put_into_inbox(&mut self, mut message: &[u8]) -> Result<(), imap::Error> {
        let mut session = self.side.take().await?;
        let put = session.append("INBOX", &[], message.len() as u64, &mut message).await;
        self.side.put_back(session, &put);
        put.map(drop)
    }

    async fn previews(&mut self, mailbox: &str, wanted: &[(Uid, TextPart)]) -> Result<Vec<(Uid, String)>, Error> {
        let mut session = self.side.take().await.map_err(to_wire)?;
        let result = async {
            session.select(mailbox).await?;
            session.fetch_previews(wanted).await
        }
        .await;
        self.side.put_back(session, &result);
        result.map_err(to_wire)
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
