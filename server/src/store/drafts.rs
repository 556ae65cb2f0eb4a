//! Where Drafts keeps each draft, so that saving it again replaces it.

use anyhow::Result;
use app::wire::{AccountId, DraftId, MessageRef, Uid, UidValidity};

use super::{Store, change, now, on};

/// The copy of a draft in Drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedDraft {
    pub id: DraftId,
    pub message: MessageRef,
}

type Columns = (String, String, i64, i64);

fn saved(account: AccountId, (id, mailbox, uid_validity, uid): Columns) -> Result<SavedDraft> {
    let uid_validity = UidValidity(u32::try_from(uid_validity)?);
    let message = MessageRef { account, mailbox, uid_validity, uid: Uid(u32::try_from(uid)?) };
    Ok(SavedDraft { id: DraftId(id), message })
}

impl Store {
    pub async fn saved_draft(&self, account: AccountId, id: &DraftId) -> Result<Option<SavedDraft>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, mailbox, uid_validity, uid FROM drafts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(&id.0).fetch_optional(pool))?;
        found.map(|columns| saved(account, columns)).transpose()
    }

    /// Notes where the draft is now.
    pub async fn set_saved_draft(&self, id: &DraftId, message: &MessageRef) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO drafts (account_id, id, mailbox, uid_validity, uid, saved) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (account_id, id) DO UPDATE SET mailbox = excluded.mailbox,
             uid_validity = excluded.uid_validity, uid = excluded.uid, saved = excluded.saved")
            .bind(message.account.0).bind(&id.0).bind(&message.mailbox).bind(i64::from(message.uid_validity.0))
            .bind(i64::from(message.uid.0)).bind(now()).execute(pool))?;
        Ok(())
    }

    pub async fn forget_draft(&self, account: AccountId, id: &DraftId) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM drafts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(&id.0).execute(pool))?;
        Ok(())
    }
}
