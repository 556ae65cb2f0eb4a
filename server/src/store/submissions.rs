//! The outbox. A submission is a row before the user is told that it is on its way.

use anyhow::{Context, Result};
use app::wire::{AccountId, Draft, DraftId, Refusal, Submission, SubmissionId, SubmissionState};

use super::{Store, change, now, on};

/// A submission as the outbox task works on it.
#[derive(Debug, Clone)]
pub struct StoredSubmission {
    pub id: SubmissionId,
    pub account: AccountId,
    pub draft: Draft,
    pub state: SubmissionState,
    pub refusals: Vec<Refusal>,
    pub attempts: i64,
    /// When it was handed over, in seconds since 1970 UTC: the Date of the message.
    pub created: i64,
}

type Columns = (i64, i64, String, String, String, i64, i64);

impl StoredSubmission {
    fn from_columns((id, account, draft, state, refusals, attempts, created): Columns) -> Result<Self> {
        Ok(Self {
            id: SubmissionId(id),
            account: AccountId(account),
            draft: serde_json::from_str(&draft).context("A stored draft")?,
            state: state_from(&state)?,
            refusals: serde_json::from_str(&refusals).context("Stored refusals")?,
            attempts,
            created,
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
        }
    }
}

impl Store {
    /// Puts a draft into the outbox; the same draft is there once. Says which submission it is, and whether it is new.
    pub async fn add_submission(&self, account: AccountId, draft: &Draft) -> Result<(StoredSubmission, bool)> {
        let json = serde_json::to_string(draft)?;
        let added: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "INSERT INTO submissions (account_id, draft_id, draft, state, refusals, attempts, due, lease, created)
             VALUES ($1, $2, $3, 'waiting', '[]', 0, $4, 0, $4)
             ON CONFLICT (account_id, draft_id) DO NOTHING RETURNING id")
            .bind(account.0).bind(&draft.id.0).bind(&json).bind(now()).fetch_optional(pool))?;
        let columns: Columns = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created FROM submissions
             WHERE account_id = $1 AND draft_id = $2")
            .bind(account.0).bind(&draft.id.0).fetch_one(pool))?;
        Ok((StoredSubmission::from_columns(columns)?, added.is_some()))
    }

    /// What the account's outbox shows: all but what was sent.
    pub async fn submissions(&self, account: AccountId) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created FROM submissions
             WHERE account_id = $1 AND state <> 'sent' ORDER BY id LIMIT 200")
            .bind(account.0).fetch_all(pool))?;
        rows.into_iter().map(StoredSubmission::from_columns).collect()
    }

    pub async fn submission(&self, account: AccountId, id: SubmissionId) -> Result<Option<StoredSubmission>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created FROM submissions WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        found.map(StoredSubmission::from_columns).transpose()
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

    /// Submissions that were being sent when their sender died: they may have been sent, and are marked so.
    pub async fn doubt_abandoned_submissions(&self) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "UPDATE submissions SET state = 'unknown' WHERE state = 'sending' AND lease < $1
             RETURNING id, account_id, draft, state, refusals, attempts, created")
            .bind(now()).fetch_all(pool))?;
        rows.into_iter().map(StoredSubmission::from_columns).collect()
    }

    /// What was sent and is not in Sent yet.
    pub async fn unfiled_submissions(&self) -> Result<Vec<StoredSubmission>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, draft, state, refusals, attempts, created FROM submissions
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

    /// Takes a submission out, unless it is being sent; says whether it is gone.
    pub async fn drop_submission(&self, account: AccountId, id: SubmissionId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM submissions WHERE account_id = $1 AND id = $2 AND state <> 'sending'")
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
    RETURNING id, account_id, draft, state, refusals, attempts, created";

const CLAIM_POSTGRES: &str = "UPDATE submissions SET state = 'sending', lease = $2, attempts = attempts + 1 WHERE id =
    (SELECT id FROM submissions WHERE state IN ('waiting', 'retrying') AND due <= $1 ORDER BY due LIMIT 1
     FOR UPDATE SKIP LOCKED)
    RETURNING id, account_id, draft, state, refusals, attempts, created";

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
