//! Where Drafts keeps each draft, so that saving it again replaces it.

use std::collections::HashSet;

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
    /// Which login has saved or opened it last; empty where that is not known.
    pub writer: String,
}

type Columns = (String, i64, i64, i64, String);

fn saved(account: AccountId, (mailbox, uid_validity, uid, saved, writer): Columns) -> Result<SavedDraft> {
    let uid_validity = UidValidity(u32::try_from(uid_validity)?);
    let message = MessageRef { account, mailbox, uid_validity, uid: Uid(u32::try_from(uid)?) };
    Ok(SavedDraft { place: (message.uid != Uid(0)).then_some(message), unfinished: saved == 0, writer })
}

impl Store {
    pub async fn saved_draft(&self, account: AccountId, id: &DraftId) -> Result<Option<SavedDraft>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT mailbox, uid_validity, uid, saved, writer FROM drafts WHERE account_id = $1 AND id = $2")
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

    /// Notes where the draft is now, that there is no other copy of it, and which login has it.
    pub async fn set_saved_draft(&self, id: &DraftId, message: &MessageRef, writer: &str) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO drafts (account_id, id, mailbox, uid_validity, uid, saved, writer)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (account_id, id) DO UPDATE SET mailbox = excluded.mailbox,
             uid_validity = excluded.uid_validity, uid = excluded.uid, saved = excluded.saved, writer = excluded.writer")
            .bind(message.account.0).bind(&id.0).bind(&message.mailbox).bind(i64::from(message.uid_validity.0))
            .bind(i64::from(message.uid.0)).bind(now()).bind(writer).execute(pool))?;
        Ok(())
    }

    /// Drafts of which a save was begun and did not come to its end.
    pub async fn unfinished_drafts(&self, account: AccountId) -> Result<Vec<DraftId>> {
        let found: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM drafts WHERE account_id = $1 AND saved = 0").bind(account.0).fetch_all(pool))?;
        Ok(found.into_iter().map(|(id,)| DraftId(id)).collect())
    }

    /// Which messages of a mailbox are drafts of ours.
    pub async fn drafts_in(
        &self,
        account: AccountId,
        mailbox: &str,
        uid_validity: UidValidity,
    ) -> Result<HashSet<Uid>> {
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT uid FROM drafts WHERE account_id = $1 AND mailbox = $2 AND uid_validity = $3")
            .bind(account.0).bind(mailbox).bind(i64::from(uid_validity.0)).fetch_all(pool))?;
        rows.into_iter().map(|(uid,)| Ok(Uid(u32::try_from(uid)?))).collect()
    }

    pub async fn forget_draft(&self, account: AccountId, id: &DraftId) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM drafts WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(&id.0).execute(pool))?;
        Ok(())
    }
}
