//! Where the mailboxes of sources go, and how far each has come: the part of the ledger above single messages.

use anyhow::Result;
use app::wire::{CollectorId, CollectorTrouble};

use super::{Lease, Store, change, on};

/// A mailbox of a source, and how far it has come. See the migration for what the columns mean.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FolderRow {
    pub id: i64,
    pub source: String,
    pub target: String,
    pub uid_validity: i64,
    pub uid_next: i64,
    pub modseq: i64,
    pub messages: i64,
    pub compared: i64,
    pub settled: i64,
    pub target_validity: i64,
    pub target_base: i64,
    pub gone_messages: i64,
    pub gone_next: i64,
    pub gone_whole: i64,
}

impl Store {
    /// Where the mailboxes of a source go, as far as it was decided.
    pub async fn folder_rows(&self, collector: CollectorId) -> Result<Vec<FolderRow>> {
        Ok(on!(self, pool => sqlx::query_as(
            "SELECT id, source, target, uid_validity, uid_next, modseq, messages, compared, settled, target_validity, target_base,
                gone_messages, gone_next, gone_whole
             FROM collector_folders WHERE collector_id = $1 ORDER BY id").bind(collector.0).fetch_all(pool))?)
    }

    /// Whether the source is known to be another account than the target: some message is elsewhere in the one than in the
    /// other.
    pub async fn is_told_apart(&self, collector: CollectorId) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT f.id FROM collector_folders AS f JOIN collector_messages AS m ON m.folder_id = f.id
             WHERE f.collector_id = $1 AND m.target_uid >= 0
                AND (m.target_uid <> m.uid OR m.target_validity <> m.uid_validity) LIMIT 1")
            .bind(collector.0).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Decides for good where a mailbox goes. None if the lease is lost.
    pub async fn add_folder(
        &self,
        lease: Lease<'_>,
        source: &str,
        target: &str,
        messages: u32,
    ) -> Result<Option<FolderRow>> {
        Ok(on!(self, pool => sqlx::query_as(
            "INSERT INTO collector_folders (collector_id, source, target, messages)
             SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM collectors WHERE id = $1 AND holder = $5)
             ON CONFLICT (collector_id, source) DO UPDATE SET source = excluded.source
             RETURNING id, source, target, uid_validity, uid_next, modseq, messages, compared, settled, target_validity,
                target_base, gone_messages, gone_next, gone_whole")
            .bind(lease.collector.0).bind(source).bind(target).bind(i64::from(messages)).bind(lease.holder)
            .fetch_optional(pool))?)
    }

    /// Notes all of a row but its name at the source. Says whether it was written: only who holds the lease may.
    pub async fn set_folder(&self, lease: Lease<'_>, folder: &FolderRow) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET target = $2, uid_validity = $3, uid_next = $4, modseq = $5, messages = $6,
                compared = $7, settled = $8, target_validity = $9, target_base = $10
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $11 AND holder = $12)")
            .bind(folder.id).bind(&folder.target).bind(folder.uid_validity).bind(folder.uid_next).bind(folder.modseq)
            .bind(folder.messages).bind(folder.compared).bind(folder.settled).bind(folder.target_validity)
            .bind(folder.target_base).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Notes that a mailbox was gone through, and counts what is here of it. Where messages are still to be sent, those that
    /// a person wants tried again in this moment among them, it has come no further than to the first of them. Says whether
    /// it was written.
    pub async fn close_folder(&self, lease: Lease<'_>, folder: &FolderRow) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET modseq = $3, messages = $4, compared = $5, settled = 1,
                uid_next = (SELECT COALESCE(MIN(uid), $2) FROM collector_messages
                    WHERE folder_id = $1 AND uid_validity = $6 AND target_uid IS NULL AND reason IS NULL AND uid < $2),
                (copied, bytes, refused) =
                    (SELECT COUNT(target_uid), COALESCE(SUM(CASE WHEN target_uid >= 0 THEN size ELSE 0 END), 0),
                        COUNT(CASE WHEN target_uid IS NULL THEN reason END)
                     FROM collector_messages WHERE folder_id = $1 AND uid_validity = $6)
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $7 AND holder = $8)")
            .bind(folder.id).bind(folder.uid_next).bind(folder.modseq).bind(folder.messages).bind(folder.compared)
            .bind(folder.uid_validity).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Notes how large a mailbox of the source is; without octets where its messages are counted elsewhere. Says whether it was
    /// written.
    pub async fn note_look(&self, lease: Lease<'_>, folder: i64, messages: u32, octets: Option<u64>) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET messages = $2, octets = $3
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)")
            .bind(folder).bind(i64::from(messages)).bind(octets.and_then(|octets| i64::try_from(octets).ok()))
            .bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Notes why a mailbox as a whole could not be brought, or that it could. Says whether it was written.
    pub async fn set_folder_trouble(
        &self,
        lease: Lease<'_>,
        folder: i64,
        trouble: Option<&CollectorTrouble>,
    ) -> Result<bool> {
        let trouble = trouble.map(serde_json::to_string).transpose()?;
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET trouble = $2
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)")
            .bind(folder).bind(&trouble).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Adds to what is counted as here, between two closings and for whoever looks on. Says whether it was written.
    pub async fn add_to_folder(&self, lease: Lease<'_>, folder: i64, copied: u32, bytes: u64) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET copied = copied + $2, bytes = bytes + $3
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)")
            .bind(folder).bind(i64::from(copied)).bind(i64::try_from(bytes).unwrap_or(0))
            .bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }
}
