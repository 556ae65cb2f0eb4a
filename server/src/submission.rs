//! The outbox: claims what is due, relays it, files it in Sent. One task on each node.

mod limit;
mod taken;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};
use app::wire::{AccountId, Address, Draft, Error, Event, Refusal, SubmissionId, SubmissionState, When};
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
    mime::{html::writing, recipient},
    smtp::{self, Outcome},
    spool::Spooled,
    step::{Step, reached},
    store::{AccountRecord, Login, Store, StoredSubmission, now},
};
use limit::Sizes;
pub use taken::Asked;
use taken::Taken;

/// How long one attempt may take, in seconds; whoever takes longer is given up for dead.
const LEASE: i64 = 600;

/// Waits between attempts, in seconds. After the last the submission is rejected.
const WAITS: [i64; 8] = [15, 60, 300, 900, 1800, 3600, 4 * 3600, 12 * 3600];

/// Submissions under way at once.
const AT_ONCE: usize = 8;

/// Recipients of one message, at most.
const MAX_RECIPIENTS: u32 = 500;

/// How often the outbox is looked at when nothing is known to be due: on another node something may be.
const LOOK: Duration = Duration::from_secs(5);

/// What is due and cannot be claimed, because all hands are full or the outbox cannot be read, is not looked at again before
/// this.
const PAUSE: Duration = Duration::from_millis(50);

/// Wakes the outbox task, and knows what was just taken out. Cheap to clone.
#[derive(Clone, Default)]
pub struct Outbox {
    wake: Arc<Notify>,
    taken: Arc<Taken>,
    sizes: Arc<Sizes>,
}

impl Bridge {
    /// Puts a draft into the outbox. Only when it is stored does this say so.
    pub async fn submit(&self, login: &Login, mut draft: Draft, when: When) -> Result<SubmissionId, Error> {
        let due = due(when, now())?;
        // What is chosen later must not change what was sent.
        let from = self.sender(login.account, draft.from.take()).await?;
        let recipients = smtp::Envelope::of(&from.email, &draft)?;
        if let Some(bad) = draft.reply_to.iter().find(|address| recipient::check(&address.email).is_err()) {
            return Err(Error::BadAddress { text: bad.email.clone() });
        }
        draft.from = Some(from);
        if draft.is_redirect() && draft.attachments.len() != 1 {
            return Err(Error::BadRequest { text: "One message is sent on".to_owned() });
        }
        if recipients.to.is_empty() {
            return Err(Error::NoRecipient);
        }
        if recipients.to.len() > MAX_RECIPIENTS as usize {
            return Err(Error::TooManyRecipients { limit: MAX_RECIPIENTS });
        }
        if draft.html.as_ref().is_some_and(|html| html.len() > writing::MAX_WRITTEN) {
            return Err(Error::TextTooLong { limit: writing::MAX_WRITTEN as u64 });
        }
        for attachment in draft.attachments.iter().filter(|attachment| letter::is_in_use(&draft, attachment)) {
            let blob = self.store.blob(login.account, &attachment.blob).await.map_err(internal)?;
            if blob.is_none() {
                return Err(Error::BlobGone { name: attachment.name.clone() });
            }
        }
        let (submission, changed) = self.store.add_submission(login.account, &draft, due).await.map_err(internal)?;
        reached(Step::SubmissionStored);
        if changed {
            self.tell(&submission).await;
            self.outbox.wake.notify_one();
        }
        Ok(submission.id)
    }

    /// Tries a submission now: one that was rejected or is in doubt because the person decided so, one that waits before its
    /// time.
    pub async fn retry_submission(&self, login: &Login, id: SubmissionId) -> Result<(), Error> {
        if let Some(submission) = self.store.hurry_submission(login.account, id).await.map_err(internal)? {
            self.tell(&submission).await;
            self.outbox.wake.notify_one();
            return Ok(());
        }
        match too_late(&self.store, login.account, id).await? {
            // It is what was wanted.
            Error::BeingSent | Error::AlreadySent => Ok(()),
            error => Err(error),
        }
    }

    /// Forgets a submission with which nothing happens any more by itself. False if it is none: what is still to go out is for
    /// the account, which keeps it in Drafts.
    pub async fn drop_submission(&self, login: &Login, id: SubmissionId) -> Result<bool, Error> {
        let gone = self.store.drop_submission(login.account, id).await.map_err(internal)?;
        if gone {
            self.tell_unsubmitted(login.account, id).await;
        }
        Ok(gone)
    }

    /// Takes a submission out of the outbox to write on. Asked the same once more, because the answer was lost with the line, it
    /// is handed out once more: there may be no other copy.
    pub async fn edit_submission(&self, login: &Login, asked: Asked, id: SubmissionId) -> Result<Draft, Error> {
        let stored = self.store.submission(login.account, id).await.map_err(internal)?;
        if stored.is_some_and(|stored| stored.receipt.is_some()) {
            return Err(Error::BadRequest { text: "Nobody has written this".to_owned() });
        }
        if let Some(draft) = self.store.take_submission(login.account, id).await.map_err(internal)? {
            self.outbox.taken.remember(asked, &draft);
            self.tell_unsubmitted(login.account, id).await;
            return Ok(draft);
        }
        match self.outbox.taken.again(&asked) {
            Some(draft) => Ok(draft),
            None => Err(too_late(&self.store, login.account, id).await?),
        }
    }

    async fn tell_unsubmitted(&self, account: AccountId, submission: SubmissionId) {
        if let Some(account) = self.accounts.running(account) {
            account.tell(Event::Unsubmitted { submission }).await;
        }
    }

    async fn tell(&self, submission: &StoredSubmission) {
        if let Some(account) = self.accounts.running(submission.account) {
            account.tell(Event::Submission { submission: submission.to_wire() }).await;
        }
    }
}

/// When a draft goes out, in seconds since 1970 UTC, where it is `now`.
fn due(when: When, now: i64) -> Result<i64, Error> {
    match when {
        When::Now | When::In(0) => Ok(now),
        // The clock counts whole seconds: the one that has begun does not count.
        When::In(seconds) => Ok(now + 1 + i64::from(seconds.min(When::LONGEST_HOLD))),
        When::At(time) if time.saturating_sub(now) > When::FURTHEST => Err(Error::TooFarAhead),
        When::At(time) => Ok(time.max(now)),
    }
}

/// Why a submission cannot be taken out of the outbox.
pub async fn too_late(store: &Store, account: AccountId, id: SubmissionId) -> Result<Error, Error> {
    let found = store.submission(account, id).await.map_err(internal)?;
    Ok(match found.map(|submission| submission.state) {
        Some(SubmissionState::Sending) => Error::BeingSent,
        Some(SubmissionState::Sent) => Error::AlreadySent,
        // It came back from the server just now.
        Some(_) => Error::Busy,
        None => Error::Gone,
    })
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
            () = bridge.outbox.wake.notified() => {}
            () = until_due(&bridge) => {}
        }
    }
}

/// Waits until something is due, or may be.
async fn until_due(bridge: &Bridge) {
    let wait = match bridge.store.next_due().await {
        Ok(Some(due)) => {
            let due = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(due).unwrap_or(0));
            due.duration_since(SystemTime::now()).unwrap_or_default().clamp(PAUSE, LOOK)
        }
        Ok(None) => LOOK,
        Err(error) => {
            error!(error = format!("{error:#}"), "The outbox cannot be read");
            LOOK
        }
    };
    sleep(wait).await;
}

/// Does all that is due.
async fn work(bridge: &Bridge) -> Result<()> {
    for submission in bridge.store.recover_abandoned_submissions().await? {
        warn!(submission.id = submission.id.0, state = ?submission.state, "A submission was cut off");
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
            // Something else may be due while a slow one is under way.
            () = bridge.outbox.wake.notified() => {}
            () = until_due(bridge) => {}
        }
    }
}

async fn send(bridge: &Bridge, mut submission: StoredSubmission) -> Result<()> {
    reached(Step::SubmissionClaimed);
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
    submission.due = now();
    (submission.state, submission.refusals) = match (outcome, wait) {
        (Outcome::Sent, _) => (SubmissionState::Sent, Vec::new()),
        (Outcome::SentUnreported, _) => {
            (SubmissionState::Sent, vec![smtp::hindered(Error::NoDeliveryReports, String::new())])
        }
        (Outcome::Retry(refusals), Some(wait)) => {
            submission.due += wait;
            (SubmissionState::Retrying, refusals)
        }
        (Outcome::Retry(refusals), None) | (Outcome::Rejected(refusals), _) => (SubmissionState::Rejected, refusals),
        (Outcome::Unknown(refusal), _) => (SubmissionState::Unknown, vec![refusal]),
    };
    info!(submission.id = submission.id.0, state = ?submission.state, submission.attempts, "A submission was tried");
    bridge.store.set_submission(submission.id, submission.state, &submission.refusals, submission.due).await?;
    reached(Step::OutcomeKept);
    bridge.tell(&submission).await;
    if submission.state == SubmissionState::Sent {
        if submission.receipt.is_none() {
            note_recipients(bridge, &submission).await;
        }
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
    let transport = if submission.receipt.is_some() {
        // RFC 8098 §3: nothing comes back about it.
        transport.nameless()
    } else if submission.draft.wishes.delivery {
        transport.reporting(&submission.draft.id.0)
    } else {
        transport
    };
    let message = match message(bridge, submission, &record).await {
        Ok(message) => message,
        Err(error) => return Ok(hindered(error)),
    };
    let announce = async || match bridge.store.announce_submission(submission.id, submission.attempts).await {
        Ok(true) => {
            reached(Step::SubmissionAnnounced);
            Ok(())
        }
        Ok(false) => Err("somebody else has it".to_owned()),
        Err(error) => Err(format!("{error:#}")),
    };
    let mut outcome = transport.submit(&credentials, &envelope, &message, announce).await;
    reached(Step::SubmissionTaken);
    // Signing in again is of no use where another password is meant.
    if !own && let Outcome::Retry(refusals) | Outcome::Rejected(refusals) = &mut outcome {
        for refusal in refusals.iter_mut().filter(|refusal| matches!(refusal.code, 534 | 535 | 538)) {
            refusal.error = Some(Error::WayOutPassword { email: from.to_owned() });
        }
    }
    Ok(outcome)
}

/// The message as it is sent. The same submission makes the same message each time.
async fn message(bridge: &Bridge, submission: &StoredSubmission, record: &AccountRecord) -> Result<Spooled, Error> {
    if let Some(receipt) = &submission.receipt {
        return letter::write_receipt(&bridge.config.data, record, &submission.draft, receipt, submission.created);
    }
    let data = &bridge.config.data;
    letter::write(&bridge.store, data, record, &submission.draft, For::Sending, submission.created).await
}

/// Files what was sent: in Sent, once. Tried again later if the mail server cannot be reached now.
async fn file(bridge: &Bridge, submission: &StoredSubmission) -> Result<()> {
    if submission.receipt.is_some() {
        // Nobody has written it.
        return bridge.store.set_filed(submission.id, false).await;
    }
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
            reached(Step::SentKept);
            for attachment in &submission.draft.attachments {
                blobs::forget(&bridge.store, &bridge.config.data, record.id, &attachment.blob).await?;
            }
            reached(Step::FilesForgotten);
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_457_400;

    #[test]
    fn a_time_is_kept_within_bounds() {
        for (when, expected) in [
            (When::Now, NOW),
            (When::In(0), NOW),
            (When::In(5), NOW + 6),
            (When::In(u32::MAX), NOW + 61),
            (When::At(NOW + 3600), NOW + 3600),
            (When::At(NOW + When::FURTHEST), NOW + When::FURTHEST),
            (When::At(NOW - 1), NOW),
            (When::At(i64::MIN), NOW),
        ] {
            assert_eq!(due(when, NOW), Ok(expected), "{when:?}");
        }
        for time in [NOW + When::FURTHEST + 1, i64::MAX] {
            assert_eq!(due(When::At(time), NOW), Err(Error::TooFarAhead), "{time}");
        }
    }
}
