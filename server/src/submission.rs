//! The outbox: claims what is due, relays it, files it in Sent. One task on each node.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use app::wire::{Address, Draft, Error, Event, Refusal, SubmissionId, SubmissionState};
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{sleep, timeout},
};
use tracing::{error, info, warn};

use crate::{
    blobs,
    bridge::{Bridge, internal},
    identity::Route,
    letter::{self, For},
    mime::recipient,
    smtp::{self, Outcome},
    store::{AccountRecord, Login, StoredSubmission, now},
};

/// How long one attempt may take, in seconds; whoever takes longer is given up for dead.
const LEASE: i64 = 600;

/// Waits between attempts, in seconds. After the last the submission is rejected.
const WAITS: [i64; 8] = [15, 60, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600];

/// Submissions under way at once.
const AT_ONCE: usize = 8;

/// Recipients of one message, at most.
const MAX_RECIPIENTS: u32 = 500;

/// Wakes the outbox task. Cheap to clone.
#[derive(Clone, Default)]
pub struct Outbox(Arc<Notify>);

impl Bridge {
    /// Puts a draft into the outbox. Only when it is stored does this say so.
    pub async fn submit(&self, login: &Login, mut draft: Draft) -> Result<SubmissionId, Error> {
        // What is chosen later must not change what was sent.
        let from = self.sender(login.account, draft.from.take()).await?;
        let recipients = smtp::Envelope::of(&from.email, &draft)?;
        if let Some(bad) = draft.reply_to.iter().find(|address| recipient::check(&address.email).is_err()) {
            return Err(Error::BadAddress { text: bad.email.clone() });
        }
        draft.from = Some(from);
        if recipients.to.is_empty() {
            return Err(Error::NoRecipient);
        }
        if recipients.to.len() > MAX_RECIPIENTS as usize {
            return Err(Error::TooManyRecipients { limit: MAX_RECIPIENTS });
        }
        for attachment in &draft.attachments {
            let blob = self.store.blob(login.account, &attachment.blob).await.map_err(internal)?;
            if blob.is_none() {
                return Err(Error::BlobGone { name: attachment.name.clone() });
            }
        }
        let (submission, new) = self.store.add_submission(login.account, &draft).await.map_err(internal)?;
        if new {
            self.tell(&submission).await;
            self.outbox.0.notify_one();
        }
        Ok(submission.id)
    }

    /// Tries a submission again that was rejected or is in doubt: the person decided.
    pub async fn retry_submission(&self, login: &Login, id: SubmissionId) -> Result<(), Error> {
        let mut submission = self.store.submission(login.account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        if matches!(submission.state, SubmissionState::Sending | SubmissionState::Sent) {
            return Ok(());
        }
        submission.state = SubmissionState::Waiting;
        submission.refusals.clear();
        self.store.set_submission(id, submission.state, &[], now()).await.map_err(internal)?;
        self.tell(&submission).await;
        self.outbox.0.notify_one();
        Ok(())
    }

    /// Takes a submission out of the outbox.
    pub async fn drop_submission(&self, login: &Login, id: SubmissionId) -> Result<(), Error> {
        let gone = self.store.drop_submission(login.account, id).await.map_err(internal)?;
        if gone { Ok(()) } else { Err(Error::Gone) }
    }

    /// Takes a submission out of the outbox to write on.
    pub async fn edit_submission(&self, login: &Login, id: SubmissionId) -> Result<Draft, Error> {
        let submission = self.store.submission(login.account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
        let gone = self.store.drop_submission(login.account, id).await.map_err(internal)?;
        if gone { Ok(submission.draft) } else { Err(Error::Gone) }
    }

    async fn tell(&self, submission: &StoredSubmission) {
        if let Some(account) = self.accounts.running(submission.account) {
            account.tell(Event::Submission { submission: submission.to_wire() }).await;
        }
    }
}

/// Works until Pismo stops; what is in hand is finished first, within the limits of one attempt.
pub async fn run(bridge: Bridge) {
    if bridge.config.database.is_none()
        && let Err(error) = bridge.store.end_leases().await
    {
        error!(error = format!("{error:#}"), "The outbox cannot be read");
    }
    loop {
        if let Err(error) = work(&bridge).await {
            error!(error = format!("{error:#}"), "The outbox has a fault");
        }
        tokio::select! {
            () = bridge.shutdown.cancelled() => return,
            () = bridge.outbox.0.notified() => {}
            () = sleep(Duration::from_secs(5)) => {}
        }
    }
}

/// Does all that is due.
async fn work(bridge: &Bridge) -> Result<()> {
    for submission in bridge.store.doubt_abandoned_submissions().await? {
        warn!(submission.id = submission.id.0, "A submission was cut off; it may have been sent");
        bridge.tell(&submission).await;
    }
    for submission in bridge.store.unfiled_submissions().await? {
        file(bridge, &submission).await?;
    }
    // Several at once, so that one slow server does not hold up everybody else's mail. Whatever fails, those under way
    // are waited for: to drop one half-way would leave it in doubt.
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE && !bridge.shutdown.is_cancelled() {
            match bridge.store.claim_submission(LEASE).await {
                Ok(Some(submission)) => {
                    let bridge = bridge.clone();
                    under_way.spawn(async move { send(&bridge, submission).await });
                }
                Ok(None) => break,
                Err(error) => {
                    error!(error = format!("{error:#}"), "The outbox cannot be read");
                    break;
                }
            }
        }
        tokio::select! {
            ended = under_way.join_next() => match ended {
                None => return Ok(()),
                Some(Ok(Ok(()))) => {}
                Some(Ok(Err(error))) => error!(error = format!("{error:#}"), "A submission's outcome is not stored"),
                Some(Err(error)) => error!(%error, "A submission's task has failed"),
            },
            // Something new may be due while a slow one is under way.
            () = bridge.outbox.0.notified() => {}
        }
    }
}

async fn send(bridge: &Bridge, mut submission: StoredSubmission) -> Result<()> {
    bridge.tell(&submission).await;
    let limit = Duration::from_secs(LEASE.unsigned_abs() - 30);
    let outcome = match timeout(limit, relay(bridge, &submission)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(error)) => {
            error!(submission.id = submission.id.0, error = format!("{error:#}"), "A submission cannot be built");
            Outcome::Rejected(vec![smtp::hindered(Error::Internal, format!("{error:#}"))])
        }
        Err(_) => {
            let text = "It took too long".to_owned();
            Outcome::Unknown(Refusal { recipient: None, code: 0, text, error: None })
        }
    };
    let wait = usize::try_from(submission.attempts - 1).ok().and_then(|attempt| WAITS.get(attempt));
    let mut due = now();
    (submission.state, submission.refusals) = match (outcome, wait) {
        (Outcome::Sent, _) => (SubmissionState::Sent, Vec::new()),
        (Outcome::Retry(refusals), Some(wait)) => {
            due += wait;
            (SubmissionState::Retrying, refusals)
        }
        (Outcome::Retry(refusals), None) | (Outcome::Rejected(refusals), _) => (SubmissionState::Rejected, refusals),
        (Outcome::Unknown(refusal), _) => (SubmissionState::Unknown, vec![refusal]),
    };
    info!(submission.id = submission.id.0, state = ?submission.state, submission.attempts, "A submission was tried");
    bridge.store.set_submission(submission.id, submission.state, &submission.refusals, due).await?;
    bridge.tell(&submission).await;
    if submission.state == SubmissionState::Sent {
        note_recipients(bridge, &submission).await;
        file(bridge, &submission).await?;
    }
    Ok(())
}

/// Whoever was written to is offered from now on.
async fn note_recipients(bridge: &Bridge, submission: &StoredSubmission) {
    let Draft { to, cc, bcc, .. } = &submission.draft;
    let people: Vec<Address> = to.iter().chain(cc).chain(bcc).cloned().collect();
    if let Err(error) = bridge.store.note_correspondents(submission.account, &people, true).await {
        warn!(submission.id = submission.id.0, error = format!("{error:#}"), "Who was written to is not noted");
    }
}

async fn relay(bridge: &Bridge, submission: &StoredSubmission) -> Result<Outcome> {
    let record = bridge.store.account(submission.account).await?.context("The account is gone")?;
    // Nothing was offered to a server: it waits for whoever can mend that.
    let hindered = |error: Error| Outcome::Rejected(vec![smtp::hindered(error, String::new())]);
    let from = submission.draft.from.as_ref().map_or(record.address.as_str(), |from| &from.email);
    let Route { transport, credentials, own } = match bridge.way_out(&record, from).await {
        Ok(route) => route,
        Err(error) => return Ok(hindered(error)),
    };
    let envelope = match smtp::Envelope::of(from, &submission.draft) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(hindered(error)),
    };
    let message = match message(bridge, submission, &record).await {
        Ok(message) => message,
        Err(error) => return Ok(hindered(error)),
    };
    let mut outcome = transport.submit(&credentials, &envelope, &message).await;
    // Signing in again is of no use where another password is meant.
    if !own && let Outcome::Retry(refusals) | Outcome::Rejected(refusals) = &mut outcome {
        for refusal in refusals.iter_mut().filter(|refusal| matches!(refusal.code, 534 | 535 | 538)) {
            refusal.error = Some(Error::WayOutPassword { email: from.to_owned() });
        }
    }
    Ok(outcome)
}

/// The message as it is sent. The same submission makes the same message each time.
async fn message(bridge: &Bridge, submission: &StoredSubmission, record: &AccountRecord) -> Result<Vec<u8>, Error> {
    let data = &bridge.config.data;
    letter::write(&bridge.store, data, record, &submission.draft, For::Sending, submission.created).await
}

/// Files what was sent: in Sent, once. Tried again later if the mail server cannot be reached now.
async fn file(bridge: &Bridge, submission: &StoredSubmission) -> Result<()> {
    let record = bridge.store.account(submission.account).await?.context("The account is gone")?;
    let account = match bridge.accounts.running(record.id) {
        Some(account) => account,
        None => match bridge.credentials(&record) {
            Ok(credentials) => bridge.accounts.start(&record, credentials),
            Err(_) => return Ok(()),
        },
    };
    let message = match message(bridge, submission, &record).await {
        Ok(message) => message,
        Err(error) => {
            error!(submission.id = submission.id.0, ?error, "What was sent cannot be filed");
            return bridge.store.set_filed(submission.id, false).await;
        }
    };
    match timeout(Duration::from_secs(60), account.file(submission.clone(), message)).await {
        Ok(Ok(())) => {
            bridge.store.set_filed(submission.id, true).await?;
            for attachment in &submission.draft.attachments {
                blobs::forget(&bridge.store, &bridge.config.data, record.id, &attachment.blob).await?;
            }
        }
        Ok(Err(error @ Error::MessageTooLarge { .. })) => {
            // It never will be. The draft stays, with its files: it is the only copy.
            warn!(submission.id = submission.id.0, ?error, "What was sent is too large for Sent");
            bridge.store.set_filed(submission.id, false).await?;
        }
        Ok(Err(error)) => warn!(submission.id = submission.id.0, ?error, "What was sent is not in Sent yet"),
        Err(_) => warn!(submission.id = submission.id.0, "What was sent is not in Sent yet: no answer"),
    }
    Ok(())
}
