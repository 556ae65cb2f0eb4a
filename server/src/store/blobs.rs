//! Uploaded files that are not yet in a message. The bytes are in the data folder, named by the id.

use anyhow::Result;
use app::wire::{AccountId, BlobId};

use super::{Store, change, now, on};

/// What is known of an uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    pub id: BlobId,
    pub name: String,
    pub content_type: String,
    pub size: u64,
}

type Columns = (String, String, String, i64);

fn blob((id, name, content_type, size): Columns) -> Blob {
    Blob { id: BlobId(id), name, content_type, size: u64::try_from(size).unwrap_or(0) }
}

impl Store {
    pub async fn add_blob(&self, account: AccountId, blob: &Blob) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO blobs (id, account_id, name, content_type, size, created) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(&blob.id.0).bind(account.0).bind(&blob.name).bind(&blob.content_type)
            .bind(i64::try_from(blob.size)?).bind(now()).execute(pool))?;
        Ok(())
    }

    /// The blob, if it is this account's.
    pub async fn blob(&self, account: AccountId, id: &BlobId) -> Result<Option<Blob>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, name, content_type, size FROM blobs WHERE id = $1 AND account_id = $2")
            .bind(&id.0).bind(account.0).fetch_optional(pool))?;
        Ok(found.map(blob))
    }

    /// Whether it is anybody's blob.
    pub async fn has_blob(&self, id: &BlobId) -> Result<bool> {
        let found: Option<(String,)> = on!(self, pool => sqlx::query_as("SELECT id FROM blobs WHERE id = $1")
            .bind(&id.0).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Has the blob count as new, so that it is kept a while longer.
    pub async fn renew_blob(&self, account: AccountId, id: &BlobId) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE blobs SET created = $3 WHERE id = $1 AND account_id = $2")
            .bind(&id.0).bind(account.0).bind(now()).execute(pool))?;
        Ok(())
    }

    /// Forgets the blob, unless the outbox still needs it; says whether it was there and this account's.
    pub async fn forget_blob(&self, account: AccountId, id: &BlobId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "DELETE FROM blobs WHERE id = $1 AND account_id = $2
             AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.account_id = blobs.account_id
                             AND (submissions.state <> 'sent' OR submissions.filed = 0)
                             AND submissions.draft LIKE '%' || blobs.id || '%')")
            .bind(&id.0).bind(account.0).execute(pool))?;
        Ok(changed > 0)
    }

    /// Forgets the blobs made before this time, but for those that the outbox still needs, and says which they were. What is
    /// scheduled can wait longer than a blob is kept.
    pub async fn forget_blobs_before(&self, time: i64) -> Result<Vec<BlobId>> {
        let ids: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "DELETE FROM blobs WHERE created < $1
             AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.account_id = blobs.account_id
                             AND (submissions.state <> 'sent' OR submissions.filed = 0)
                             AND submissions.draft LIKE '%' || blobs.id || '%') RETURNING id")
            .bind(time).fetch_all(pool))?;
        Ok(ids.into_iter().map(|(id,)| BlobId(id)).collect())
    }
}
