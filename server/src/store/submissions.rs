//! The outbox. A submission is a row before the user is told that it is on its way.

use anyhow::{Context, Result};
use app::wire::{
    AccountId, Draft, DraftId, Fate, Refusal, Reported, Submission, SubmissionId, SubmissionState, Uid, UidValidity,
};

use super::{Store, change, now, numbers::step, on};
use crate::mime::build::Receipt;

#[cfg(test)]
mod tests;

/// A submission as the outbox task works on it.
#[derive(Debug, Clone)]
pub struct StoredSubmission {
    pub id: SubmissionId,
    pub account: AccountId,
    pub draft: Draft,
    pub state: SubmissionState,
    pub refusals: Vec<Refusal>,
    pub attempts: i64,
    /// When it was handed over, or is to go out where that is later, in seconds since 1970 UTC: the Date of the message.
    pub created: i64,
    /// When it may be tried (again), in seconds since 1970 UTC.
    pub due: i64,
    /// What came back about it.
    pub reports: Vec<Reported>,
    /// Of which message it tells that it was read, if that is what it is for.
    pub receipt: Option<Receipt>,
}

type Columns = (i64, i64, String, String, String, i64, i64, i64, String, Option<String>);

impl StoredSubmission {
    fn from_columns(columns: Columns) -> Result<Self> {
        let (id, account, draft, state, refusals, attempts, created, due, reports, receipt) = columns;
        Ok(Self {
            id: SubmissionId(id),
            account: AccountId(account),
            draft: serde_json::from_str(&draft).context("A stored draft")?,
            state: state_from(&state)?,
            refusals: serde_json::from_str(&refusals).context("Stored refusals")?,
            attempts,
            created,
            due,
            reports: serde_json::from_str(&reports).context("Stored reports")?,
            receipt: receipt.map(|receipt| serde_json::from_str(&receipt)).transpose().context("A stored receipt")?,
        })
    }

    /// As the browser sees it.
    pub fn to_wire(&self) -> Submission {
        Submission {
            id: self.id,
            draft: self.draft.id.clone(),
            subject: self.draft.subject.clone(),
            to: self.draft.to.iter().chain(&self.draft.cc).chain(&self.draft.bcc).cloned().collect(),
            state: self.state,
            refusals: self.refusals.clone(),
            due: self.is_to_go_out().then_some(self.due),
            reports: self.reports.clone(),
            receipt: self.receipt.is_some(),
            redirect: self.draft.is_redirect(),
        }
    }

    /// Whether it goes out by itself when it is due.
    pub fn is_to_go_out(&self) -> bool {
        matches!(self.state, SubmissionState::Waiting | SubmissionState::Retrying)
    }
}

impl Store {
    /// Puts a draft into the outbox, to go out at `due`, in seconds since 1970 UTC; that is its Date. The same draft is there
    /// once: as long as nobody has tried to send it, it becomes what it is now. Says which submission it is, and whether
    /// that changed anything.
    pub async fn add_submission(
        &self,
        account: AccountId,
        draft: &Draft,
        due: i64,
    ) -> Result<(StoredSubmission, bool)> {
        self.add(account, draft, None, due).await
    }

    /// Puts into the outbox what tells that a message was read, as [`Store::add_submission`] does with a draft.
    pub async fn add_receipt(
        &self,
        account: AccountId,
        draft: &Draft,
        receipt: &Receipt,
    ) -> Result<(StoredSubmission, bool)> {
        self.add(account, draft, Some(serde_json::to_string(receipt)?), now()).await
    }

    async fn add(
        &self,
        account: AccountId,
        draft: &Draft,
        receipt: Option<String>,
        due: i64,
    ) -> Result<(StoredSubmission, bool)> {
        let json = serde_json::to_string(draft)?;
        loop {
            let added: Option<Columns> = on!(self, pool => sqlx::query_as(
                "INSERT INTO submissions (id, account_id, draft_id, draft, state, refusals, attempts, due, lease, created, receipt)
                 VALUES ((SELECT COALESCE(MAX(id), 0) FROM submissions) + $6, $1, $2, $3, 'waiting', '[]', 0, $4, 0, $4, $5)
                 ON CONFLICT (account_id, draft_id) DO UPDATE
                 SET draft = excluded.draft, due = excluded.due, created = excluded.created
                 WHERE submissions.state = 'waiting' AND submissions.attempts = 0
                 AND (submissions.draft <> excluded.draft OR submissions.due <> excluded.due)
                 RETURNING id, account_id, draft, state, refusals, attempts, created, due, reports, receipt")
                .bind(account.0).bind(&draft.id.0).bind(&json).bind(due).bind(&receipt).bind(step()?)
                .fetch_optional(pool))?;
            if let Some(columns) = added {
                return Ok((StoredSubmission::from_columns(columns)?, true));
            }
            let known: Option<Columns> = on!(self, pool => sqlx::query_as(
                "SELECT id, account_id, draft, state, refusals, attempts, created, due, reports, receipt FROM submissions
                 WHERE account_id = $1 AND draft_id = $2")
                .bind(account.0).bind(&draft.id.0).fetch_optional(pool))?;
            if let Some(columns) = known {
                return Ok((StoredSubmission::from_columns(columns)?, false));
            }
            // It was taken out between the two: now there is room for it.
        }
    }

    /// When the first of all that wait is due, in seconds since 1970 UTC.
    pub async fn next_due(&self) -> Result<Option<i64>> {
        let (due,): (Option<i64>,) = on!(self, pool => sqlx::query_as(
            "SELECT MIN(due) FROM submissions WHERE state IN ('waiting', 'retrying')").fetch_one(pool))?;
        Ok(due)
    }

    /// Has a submission tried now, unless it is being sent or was. One that was never tried has this moment for its Date; any
    /// other has to be the same message as before.
    pub async fn hurry_submission(&self, account: AccountId, id: SubmissionId) -> Result<Option<StoredSubmission>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "UPDATE submissions SET state = 'waiting', refusals = '[]', due = $3, lease = 0,
             created = CASE WHEN attempts = 0 THEN $3 ELSE created END
             WHERE account_id = $1 AND id = $2 AND state NOT IN ('sending', 'sent')
             RETURNING id, account_id, draft, state, refusals, attempts, created, due, reports, receipt")
            .bind(account.0).bind(id.0).bind(now()).fetch_optional(pool))?;
        found.map(StoredSubmission::from_columns).transpose()
    }

    /// Takes a submission out to write on, unless it is being sent or was: whoever gets it knows that it does not go out.
    pub async fn take_submission(&self, account: AccountId, id: SubmissionId) -> Result<Option<Draft>> {
        let Some(submission) = self.submission(account, id).await? else { return Ok(None) };
        // Its files may be weeks old, and are needed a while longer.
        for attachment in &submission.draft.attachments {
            self.renew_blob(account, &attachment.blob).await?;
        }
        let taken: Option<(String,)> = on!(self, pool => sqlx::query_as(
            "DELETE FROM submissions WHERE account_id = $1 AND id = $2 AND state NOT IN ('sending', 'sent')
             RETURNING draft").bind(account.0).bind(id.0).fetch_optional(pool))?;
        taken.map(|(draft,)| serde_json::from_str(&draft).context("A stored draft")).transpose()
    }

    /// The submission of this draft that is still to go out, goes out at this moment, or was refused.
    pub async fn unsent_submission(&self, account: AccountId, draft: &DraftId) -> Result<Option<SubmissionId>> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM submissions WHERE account_id = $1 AND draft_id = $2
             AND state IN ('waiting', 'sending', 'retrying', 'rejected')")
            .bind(account.0).bind(&draft.0).fetch_optional(pool))?;
        Ok(found.map(|(id,)| SubmissionId(id)))
    }

    /// The submissions that are to go out, or go out at this moment, whose drafts are in this mailbox, and where.
    pub async fn submissions_in(
        &self,
        account: AccountId,
        mailbox: &str,
        uid_validity: UidValidity,
    ) -> Result<Vec<(SubmissionId, Uid)>> {
        let rows: Vec<(i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT submissions.id, drafts.uid FROM submissions
             JOIN drafts ON drafts.account_id = submissions.account_id AND drafts.id = submissions.draft_id
             WHERE submissions.account_id = $1 AND submissions.state IN ('waiting', 'sending', 'retrying')
             AND drafts.mailbox = $2 AND drafts.uid_validity = $3")
            .bind(account.0).bind(mailbox).bind(i64::from(uid_validity.0)).fetch_all(pool))?;
        rows.into_iter().map(|(id, uid)| Ok((SubmissionId(id), Uid(u32::try_from(uid)?)))).collect()
    }

    /// What the account's outbox shows: all but what was sent and did not come back.
    pub async fn submissions(&self, account: AccountId) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created, due, reports, receipt FROM submissions
             WHERE account_id = $1 AND (state <> 'sent' OR came_back = 1) ORDER BY id LIMIT 200")
            .bind(account.0).fetch_all(pool))?;
        rows.into_iter().map(StoredSubmission::from_columns).collect()
    }

    pub async fn submission(&self, account: AccountId, id: SubmissionId) -> Result<Option<StoredSubmission>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created, due, reports, receipt FROM submissions WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        found.map(StoredSubmission::from_columns).transpose()
    }

    /// The submission of this draft, if it was sent or may have been: a report can be quicker than the answer to the last dot.
    pub async fn sent_submission(&self, account: AccountId, draft: &DraftId) -> Result<Option<StoredSubmission>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created, due, reports, receipt FROM submissions
             WHERE account_id = $1 AND draft_id = $2 AND state IN ('sending', 'sent', 'unknown')")
            .bind(account.0).bind(&draft.0).fetch_optional(pool))?;
        found.map(StoredSubmission::from_columns).transpose()
    }

    /// Notes what has come back about a submission.
    pub async fn set_reports(&self, id: SubmissionId, reports: &[Reported]) -> Result<()> {
        let came_back = reports.iter().any(|reported| reported.fate == Fate::Failed);
        let reports = serde_json::to_string(reports)?;
        change!(self, pool => sqlx::query("UPDATE submissions SET reports = $2, came_back = $3 WHERE id = $1")
            .bind(id.0).bind(&reports).bind(i64::from(came_back)).execute(pool))?;
        Ok(())
    }

    /// Takes the submission that is longest due, for `seconds`, and marks it as being sent. One that was being
    /// sent by someone whose lease has run out is not taken: how that went is not known.
    pub async fn claim_submission(&self, seconds: i64) -> Result<Option<StoredSubmission>> {
        let sql = match &self.pool {
            super::Pool::Sqlite(_) => CLAIM_SQLITE,
            super::Pool::Postgres(_) => CLAIM_POSTGRES,
        };
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(sql)
            .bind(now()).bind(now() + seconds).fetch_optional(pool))?;
        found.map(StoredSubmission::from_columns).transpose()
    }

    /// Notes that a submission server is about to get the message, in this attempt. False if somebody else has the submission by
    /// now: then it must not get it.
    pub async fn announce_submission(&self, id: SubmissionId, attempts: i64) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE submissions SET announced = $2 WHERE id = $1 AND attempts = $2 AND state = 'sending'")
            .bind(id.0).bind(attempts).execute(pool))?;
        Ok(changed > 0)
    }

    /// Submissions that were being sent when their sender died: those that a server may have got are in doubt now, and marked so;
    /// the others wait again.
    pub async fn recover_abandoned_submissions(&self) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "UPDATE submissions SET state = CASE WHEN announced = attempts THEN 'unknown' ELSE 'waiting' END
             WHERE state = 'sending' AND lease < $1
             RETURNING id, account_id, draft, state, refusals, attempts, created, due, reports, receipt")
            .bind(now()).fetch_all(pool))?;
        rows.into_iter().map(StoredSubmission::from_columns).collect()
    }

    /// What was sent and is not in Sent yet.
    pub async fn unfiled_submissions(&self) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created, due, reports, receipt FROM submissions
             WHERE state = 'sent' AND filed = 0 ORDER BY id LIMIT 20").fetch_all(pool))?;
        rows.into_iter().map(StoredSubmission::from_columns).collect()
    }

    /// Notes that what was sent is in its mailbox, or that it never will be.
    pub async fn set_filed(&self, id: SubmissionId, kept: bool) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE submissions SET filed = $2 WHERE id = $1")
            .bind(id.0).bind(if kept { 1_i64 } else { 2 }).execute(pool))?;
        Ok(())
    }

    /// Whether what was sent of this draft, with this Date, is in its mailbox: written on, the same draft is another message.
    pub async fn is_kept(&self, account: AccountId, draft: &DraftId, date: i64) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM submissions WHERE account_id = $1 AND draft_id = $2 AND filed = 1 AND created = $3")
            .bind(account.0).bind(&draft.0).bind(date).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Whether this draft was handed over.
    pub async fn has_submission(&self, account: AccountId, draft: &DraftId) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM submissions WHERE account_id = $1 AND draft_id = $2")
            .bind(account.0).bind(&draft.0).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Ends all leases: asked by the only node, as it starts.
    pub async fn end_leases(&self) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE submissions SET lease = 0").execute(pool))?;
        Ok(())
    }

    /// Notes how far a submission has come, and when it is due again.
    pub async fn set_submission(
        &self,
        id: SubmissionId,
        state: SubmissionState,
        refusals: &[Refusal],
        due: i64,
    ) -> Result<()> {
        let refusals = serde_json::to_string(refusals)?;
        change!(self, pool => sqlx::query(
            "UPDATE submissions SET state = $2, refusals = $3, due = $4, lease = 0 WHERE id = $1")
            .bind(id.0).bind(state_name(state)).bind(&refusals).bind(due).execute(pool))?;
        Ok(())
    }

    /// Forgets a submission with which nothing happens any more by itself; says whether it is gone.
    pub async fn drop_submission(&self, account: AccountId, id: SubmissionId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM submissions WHERE account_id = $1 AND id = $2 AND state IN ('rejected', 'unknown', 'sent')")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(changed > 0)
    }

    /// Forgets what was sent before this time.
    pub async fn forget_sent_before(&self, time: i64) -> Result<u64> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM submissions WHERE state = 'sent' AND created < $1").bind(time).execute(pool))?;
        Ok(changed)
    }
}

const CLAIM_SQLITE: &str = "UPDATE submissions SET state = 'sending', lease = $2, attempts = attempts + 1 WHERE id =
    (SELECT id FROM submissions WHERE state IN ('waiting', 'retrying') AND due <= $1 ORDER BY due LIMIT 1)
    RETURNING id, account_id, draft, state, refusals, attempts, created, due, reports, receipt";

const CLAIM_POSTGRES: &str = "UPDATE submissions SET state = 'sending', lease = $2, attempts = attempts + 1 WHERE id =
    (SELECT id FROM submissions WHERE state IN ('waiting', 'retrying') AND due <= $1 ORDER BY due LIMIT 1
     FOR UPDATE SKIP LOCKED)
    RETURNING id, account_id, draft, state, refusals, attempts, created, due, reports, receipt";

fn state_name(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::Waiting => "waiting",
        SubmissionState::Sending => "sending",
        SubmissionState::Sent => "sent",
        SubmissionState::Retrying => "retrying",
        SubmissionState::Rejected => "rejected",
        SubmissionState::Unknown => "unknown",
    }
}

fn state_from(name: &str) -> Result<SubmissionState> {
    Ok(match name {
        "waiting" => SubmissionState::Waiting,
        "sending" => SubmissionState::Sending,
        "sent" => SubmissionState::Sent,
        "retrying" => SubmissionState::Retrying,
        "rejected" => SubmissionState::Rejected,
        "unknown" => SubmissionState::Unknown,
        _ => anyhow::bail!("A submission is in the state {name:?}, which this version does not know"),
    })
}
