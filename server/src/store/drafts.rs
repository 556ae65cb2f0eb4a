//! Where Drafts keeps each draft, so that saving it again replaces it.

use anyhow::Result;
use app::wire::{AccountId, DraftId, MessageRef, Uid, UidValidity};

use super::{Store, change, now, on};

/// What is known of the copies of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    /// Where it was when it was saved last; none if it never was.
    pub place: Option<MessageRef>,
    /// A save was begun and did not come to its end: there may be copies of which nobody has heard.
    pub unfinished: bool,
}

type Columns = (String, i64, i64, i64);

fn saved(account: AccountId, (mailbox, uid_validity, uid, saved): Columns) -> Result<SavedDraft> {
    let uid_validity = UidValidity(u32::try_from(uid_validity)?);
    let message = MessageRef { account, mailbox, uid_validity, uid: Uid(u32::try_from(uid)?) };
    Ok(SavedDraft { place: (message.uid != Uid(0)).then_some(message), unfinished: saved == 0 })
}

impl Store {
    pub async fn saved_draft(&self, account: AccountId, id: &DraftId) -> Result<Option<SavedDraft>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT mailbox, uid_validity, uid, saved FROM drafts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(&id.0).fetch_optional(pool))?;
        found.map(|columns| saved(account, columns)).transpose()
    }

    /// Notes that a save is begun: until [`set_saved_draft`](Self::set_saved_draft), it is unfinished.
    pub async fn begin_saving_draft(&self, account: AccountId, id: &DraftId) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO drafts (account_id, id, mailbox, uid_validity, uid, saved) VALUES ($1, $2, '', 0, 0, 0)
             ON CONFLICT (account_id, id) DO UPDATE SET saved = 0")
            .bind(account.0).bind(&id.0).execute(pool))?;
        Ok(())
    }

    /// Notes where the draft is now, and that there is no other copy of it.
    pub async fn set_saved_draft(&self, id: &DraftId, message: &MessageRef) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO drafts (account_id, id, mailbox, uid_validity, uid, saved) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id, id) DO UPDATE SET mailbox = excluded.mailbox,
             uid_validity = excluded.uid_validity, uid = excluded.uid, saved = excluded.saved")
            .bind(message.account.0).bind(&id.0).bind(&message.mailbox).bind(i64::from(message.uid_validity.0))
            .bind(i64::from(message.uid.0)).bind(now()).execute(pool))?;
        Ok(())
    }

    /// Drafts of which a save was begun and did not come to its end.
    pub async fn unfinished_drafts(&self, account: AccountId) -> Result<Vec<DraftId>> {
        let found: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM drafts WHERE account_id = $1 AND saved = 0").bind(account.0).fetch_all(pool))?;
        Ok(found.into_iter().map(|(id,)| DraftId(id)).collect())
    }

    pub async fn forget_draft(&self, account: AccountId, id: &DraftId) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM drafts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(&id.0).execute(pool))?;
        Ok(())
    }
}
