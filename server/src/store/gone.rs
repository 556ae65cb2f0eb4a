//! Messages of a source that have left it: what the ledger knows of them until it is decided what becomes of them here.

use anyhow::Result;
use app::wire::{AccountId, CollectorId, Uid, UidValidity};

use super::{Former, Lease, Pool, Store, change, collectors::small, on};

/// A message that its mailbox has no more.
#[derive(Debug, Clone, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Gone {
    /// The row of the mailbox that had it, where that goes, and which message it was there.
    pub folder_id: i64,
    pub target: String,
    pub uid_validity: i64,
    pub uid: i64,
    pub hash: String,
    /// As in [`super::Entry`].
    pub size: i64,
    pub raw: i64,
    pub date: Option<i64>,
    /// The source's flags as they were last seen.
    pub flags: String,
    /// Where it is here.
    pub target_validity: i64,
    pub target_uid: i64,
    /// How often it was about to be sent.
    pub attempts: i64,
}

impl Gone {
    /// By what its row is found.
    pub fn former(&self) -> Former {
        Former {
            validity: UidValidity(small(self.uid_validity)),
            uid: Uid(small(self.uid)),
            hash: self.hash.clone(),
            target: (UidValidity(small(self.target_validity)), self.here()),
        }
    }

    pub fn here(&self) -> Uid {
        Uid(small(self.target_uid))
    }
}

/// What has left a source and is still where it was here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GoneCount {
    pub gone: u32,
    /// Of mailboxes that have left the source with all that was in them.
    pub with_mailboxes: u32,
    /// Messages that are here, these included.
    pub of: u32,
}

impl Store {
    /// The UIDs of all messages of a mailbox that the ledger knows, ascending.
    pub async fn known_uids(&self, folder: i64, validity: UidValidity) -> Result<Vec<Uid>> {
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT uid FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 ORDER BY uid")
            .bind(folder).bind(i64::from(validity.0)).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(uid,)| Uid(small(uid))).collect())
    }

    /// Notes that these messages have left the source, and that all others of the mailbox have not; as of when it had so many
    /// messages and this UIDNEXT. Those that are nowhere here, or nobody knows where, are forgotten. Says whether it was written.
    pub async fn note_gone(
        &self,
        lease: Lease<'_>,
        folder: i64,
        validity: UidValidity,
        gone: &[Uid],
        (messages, next): (u32, Uid),
    ) -> Result<bool> {
        let json = serde_json::to_string(gone)?;
        let (again, mark, forget) = match &self.pool {
            Pool::Sqlite(_) => (AGAIN_SQLITE, MARK_SQLITE, FORGET_NOWHERE_SQLITE),
            Pool::Postgres(_) => (AGAIN_POSTGRES, MARK_POSTGRES, FORGET_NOWHERE_POSTGRES),
        };
        // One that is there again is as if it had never left.
        change!(self, pool => sqlx::query(again)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        for sql in [mark, forget] {
            change!(self, pool => sqlx::query(sql)
                .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder)
                .execute(pool))?;
        }
        self.set_gone_base(lease, folder, messages, next).await
    }

    /// A mailbox of which nothing can be said any more: nothing has left it, as far as anybody knows. Says whether it was written.
    pub async fn forget_gone_in(&self, lease: Lease<'_>, folder: i64) -> Result<bool> {
        change!(self, pool => sqlx::query(
            "UPDATE collector_messages SET gone = 0, gone_by = '' WHERE gone = 1 AND folder_id = $1
             AND EXISTS (SELECT 1 FROM collectors WHERE id = $2 AND holder = $3)")
            .bind(folder).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        self.set_gone_base(lease, folder, 0, Uid(0)).await
    }

    /// Has a mailbox gone through as if it were new, with all that is in the target taken for what may be in it: messages are
    /// in it again of which nothing is known any more. Says whether it was written.
    pub async fn begin_anew(&self, lease: Lease<'_>, folder: i64) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET settled = 0, target_base = $2
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)")
            .bind(folder).bind(i64::from(u32::MAX)).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Notes as of when it is known what has left a mailbox; UIDNEXT 0 where it is not. Says whether it was written.
    pub async fn set_gone_base(&self, lease: Lease<'_>, folder: i64, messages: u32, next: Uid) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET gone_messages = $2, gone_next = $3, gone_whole = 0
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)")
            .bind(folder).bind(i64::from(messages)).bind(i64::from(next.0)).bind(lease.collector.0).bind(lease.holder)
            .execute(pool))?;
        Ok(changed > 0)
    }

    /// Notes that a mailbox has left the source with all that was in it. Says whether it was written.
    pub async fn note_gone_whole(&self, lease: Lease<'_>, folder: i64) -> Result<bool> {
        change!(self, pool => sqlx::query(
            "UPDATE collector_messages SET gone = 1, gone_by = $3 WHERE folder_id = $1 AND gone = 0 AND target_uid > 0
             AND EXISTS (SELECT 1 FROM collectors WHERE id = $2 AND holder = $3)")
            .bind(folder).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET messages = 0, gone_messages = 0, gone_next = 0, gone_whole = 1
             WHERE id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $2 AND holder = $3)")
            .bind(folder).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Messages with one of these hashes that have left a mailbox of the source.
    pub async fn gone_like(&self, collector: CollectorId, hashes: &[&str]) -> Result<Vec<Gone>> {
        let json = serde_json::to_string(hashes)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => LIKE_SQLITE,
            Pool::Postgres(_) => LIKE_POSTGRES,
        };
        Ok(on!(self, pool => sqlx::query_as(sql).bind(collector.0).bind(&json).fetch_all(pool))?)
    }

    /// Messages that are to go, at most `most`, mailbox by mailbox and with a row after this one: they had left the source when
    /// somebody else held the lease, so that all its mailboxes were listed after they did.
    pub async fn gone_after(&self, lease: Lease<'_>, after: &Gone, most: i64) -> Result<Vec<Gone>> {
        Ok(on!(self, pool => sqlx::query_as(
            "SELECT m.folder_id, f.target, m.uid_validity, m.uid, m.hash, m.size, m.raw, m.date, m.flags, m.target_validity,
                m.target_uid, m.attempts
             FROM collector_messages AS m JOIN collector_folders AS f ON f.id = m.folder_id
             WHERE f.collector_id = $1 AND m.gone = 1 AND m.gone_by <> $2 AND m.target_uid > 0
                AND (m.folder_id, m.uid_validity, m.uid) > ($3, $4, $5)
                AND NOT EXISTS (SELECT 1 FROM collector_messages AS r JOIN collector_folders AS o ON o.id = r.folder_id
                    WHERE o.collector_id = $1 AND r.target_uid IS NULL AND r.raw IN (m.raw, m.size, 0))
             ORDER BY m.folder_id, m.uid_validity, m.uid LIMIT $6")
            .bind(lease.collector.0).bind(lease.holder).bind(after.folder_id).bind(after.uid_validity).bind(after.uid).bind(most)
            .fetch_all(pool))?)
    }

    /// Forgets messages that have left the source, once it is decided what becomes of them. Says whether it was written.
    pub async fn forget_gone(&self, lease: Lease<'_>, gone: &[&Gone]) -> Result<bool> {
        let sql = match &self.pool {
            Pool::Sqlite(_) => DROP_SQLITE,
            Pool::Postgres(_) => DROP_POSTGRES,
        };
        let keys: Vec<[i64; 3]> = gone.iter().map(|one| [one.folder_id, one.uid_validity, one.uid]).collect();
        let json = serde_json::to_string(&keys)?;
        let changed = change!(self, pool => sqlx::query(sql)
            .bind(&json).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(changed > 0)
    }

    /// Forgets those that have left the source and that it was not we who brought.
    pub async fn forget_gone_of_others(&self, lease: Lease<'_>) -> Result<()> {
        change!(self, pool => sqlx::query(
            "DELETE FROM collector_messages WHERE gone = 1 AND attempts = 0
             AND folder_id IN (SELECT id FROM collector_folders WHERE collector_id = $1)
             AND EXISTS (SELECT 1 FROM collectors WHERE id = $1 AND holder = $2)")
            .bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(())
    }

    /// How much that was brought has left a source and is still to go here: as far as an earlier run knows, if `but` is the
    /// holder of this one's lease. What has left one mailbox is not counted while a message of its size is still to be brought
    /// from another.
    pub async fn count_gone(&self, collector: CollectorId, but: &str) -> Result<GoneCount> {
        let (gone, with_mailboxes): (i64, i64) = on!(self, pool => sqlx::query_as(
            "SELECT COUNT(*), COUNT(CASE WHEN f.gone_whole = 1 THEN 1 END) FROM collector_messages AS m
             JOIN collector_folders AS f ON f.id = m.folder_id
             WHERE f.collector_id = $1 AND m.gone = 1 AND m.gone_by <> $2 AND m.target_uid > 0 AND m.attempts > 0
                AND NOT EXISTS (SELECT 1 FROM collector_messages AS r JOIN collector_folders AS o ON o.id = r.folder_id
                    WHERE o.collector_id = $1 AND r.target_uid IS NULL AND r.raw IN (m.raw, m.size, 0))")
            .bind(collector.0).bind(but).fetch_one(pool))?;
        if gone == 0 {
            return Ok(GoneCount::default());
        }
        let (of,): (i64,) = on!(self, pool => sqlx::query_as(
            "SELECT CAST(COALESCE(SUM(copied), 0) AS BIGINT) FROM collector_folders WHERE collector_id = $1")
            .bind(collector.0).fetch_one(pool))?;
        Ok(GoneCount { gone: small(gone), with_mailboxes: small(with_mailboxes), of: small(of) })
    }

    /// Whether anything that was brought has left a source.
    pub async fn is_any_gone(&self, collector: CollectorId) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT m.uid FROM collector_messages AS m JOIN collector_folders AS f ON f.id = m.folder_id
             WHERE f.collector_id = $1 AND m.gone = 1 LIMIT 1").bind(collector.0).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Takes the word of the person's by which so many may go at once: it is for one run.
    pub async fn take_allowance(&self, lease: Lease<'_>) -> Result<u32> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as("SELECT may_go FROM collectors WHERE id = $1 AND holder = $2")
            .bind(lease.collector.0).bind(lease.holder).fetch_optional(pool))?;
        let allowed = found.map_or(0, |(allowed,)| small(allowed));
        if allowed > 0 {
            change!(self, pool => sqlx::query("UPDATE collectors SET may_go = 0 WHERE id = $1 AND holder = $2")
                .bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        }
        Ok(allowed)
    }

    /// Counts anew what is here of each mailbox of a source.
    pub async fn recount(&self, lease: Lease<'_>) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET (copied, bytes) =
                (SELECT COUNT(m.target_uid), COALESCE(SUM(CASE WHEN m.target_uid >= 0 THEN m.size ELSE 0 END), 0)
                 FROM collector_messages AS m
                 WHERE m.folder_id = collector_folders.id AND m.uid_validity = collector_folders.uid_validity)
             WHERE collector_id = $1 AND EXISTS (SELECT 1 FROM collectors WHERE id = $1 AND holder = $2)")
            .bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(())
    }

    /// Lets so many messages that have left the source go into Trash here. Says whether there is such a collector.
    pub async fn allow_gone(&self, account: AccountId, id: CollectorId, count: u32) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collectors SET may_go = $3 WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).bind(i64::from(count)).execute(pool))?;
        Ok(changed > 0)
    }

    /// Has everything stay here that has left the source so far. Says whether there is such a collector, and nobody at work on it.
    pub async fn keep_gone(&self, account: AccountId, id: CollectorId) -> Result<bool> {
        let there = change!(self, pool => sqlx::query(
            "UPDATE collectors SET may_go = 0 WHERE account_id = $1 AND id = $2 AND state <> 'running'")
            .bind(account.0).bind(id.0).execute(pool))?;
        if there == 0 {
            return Ok(false);
        }
        change!(self, pool => sqlx::query(
            "DELETE FROM collector_messages WHERE gone = 1
             AND folder_id IN (SELECT f.id FROM collector_folders AS f JOIN collectors AS c ON c.id = f.collector_id
                WHERE c.id = $1 AND c.state <> 'running')")
            .bind(id.0).execute(pool))?;
        Ok(true)
    }
}

const AGAIN_SQLITE: &str =
    "UPDATE collector_messages SET gone = 0, gone_by = '' WHERE folder_id = $1 AND uid_validity = $2
    AND gone = 1 AND uid NOT IN (SELECT value FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const AGAIN_POSTGRES: &str =
    "UPDATE collector_messages SET gone = 0, gone_by = '' WHERE folder_id = $1 AND uid_validity = $2
    AND gone = 1 AND uid NOT IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const MARK_SQLITE: &str = "UPDATE collector_messages SET gone = 1, gone_by = CASE WHEN gone_by = '' THEN $5 ELSE gone_by END WHERE folder_id = $1 AND uid_validity = $2
    AND target_uid > 0 AND uid IN (SELECT value FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const MARK_POSTGRES: &str = "UPDATE collector_messages SET gone = 1, gone_by = CASE WHEN gone_by = '' THEN $5 ELSE gone_by END WHERE folder_id = $1 AND uid_validity = $2
    AND target_uid > 0 AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

/// What is being sent is left to whoever finds out what became of it.
const FORGET_NOWHERE_SQLITE: &str = "DELETE FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2
    AND (target_uid <= 0 OR (target_uid IS NULL AND reason IS NOT NULL)) AND uid IN (SELECT value FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const FORGET_NOWHERE_POSTGRES: &str = "DELETE FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2
    AND (target_uid <= 0 OR (target_uid IS NULL AND reason IS NOT NULL))
    AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const LIKE_SQLITE: &str =
    "SELECT m.folder_id, f.target, m.uid_validity, m.uid, m.hash, m.size, m.raw, m.date, m.flags, m.target_validity, m.target_uid, m.attempts
    FROM collector_folders AS f JOIN collector_messages AS m ON m.folder_id = f.id
    WHERE f.collector_id = $1 AND m.gone = 1 AND m.target_uid > 0 AND m.attempts > 0 AND m.hash IN (SELECT value FROM json_each($2))
    ORDER BY m.folder_id, m.uid";

const LIKE_POSTGRES: &str =
    "SELECT m.folder_id, f.target, m.uid_validity, m.uid, m.hash, m.size, m.raw, m.date, m.flags, m.target_validity, m.target_uid, m.attempts
    FROM collector_folders AS f JOIN collector_messages AS m ON m.folder_id = f.id
    WHERE f.collector_id = $1 AND m.gone = 1 AND m.target_uid > 0 AND m.attempts > 0
        AND m.hash IN (SELECT value FROM jsonb_array_elements_text($2::jsonb))
    ORDER BY m.folder_id, m.uid";

const DROP_SQLITE: &str = "DELETE FROM collector_messages WHERE gone = 1 AND (folder_id, uid_validity, uid) IN
        (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $2 AND holder = $3)";

const DROP_POSTGRES: &str = "DELETE FROM collector_messages WHERE gone = 1 AND (folder_id, uid_validity, uid) IN
        (SELECT (value ->> 0)::bigint, (value ->> 1)::bigint, (value ->> 2)::bigint FROM jsonb_array_elements($1::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $2 AND holder = $3)";
