//! The ledger of collectors: each message of a source that was dealt with. Which mailbox goes where is in [`super::folders`].
//!
//! A message has one row from the moment before it is first sent. Rows come and go in bundles, as JSON: one statement for a
//! bundle is all or nothing by itself. Only who holds the lease writes; for anybody else the statements change nothing.

use std::collections::{BTreeMap, HashSet};

use anyhow::Result;
use app::wire::{AccountId, RefusedReason, Uid, UidValidity};

use super::{
    Lease, Pool, Store, at_once, change,
    collectors::{reason_from, small},
    on,
};

/// A message of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub uid: Uid,
    /// Octets, every line end counted as two.
    pub size: u64,
    /// Octets as they came.
    pub raw: u64,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: Option<i64>,
    /// See `collector/digest.rs`. Empty where the source gave nothing out.
    pub hash: String,
    /// The source's flags as they were last seen, with spaces between them.
    pub flags: String,
    pub place: Place,
    /// How often it was about to be sent.
    pub attempts: i64,
    /// Which message it is, in whatever mailbox of the source, where labels count; see [`Place::Elsewhere`].
    pub email: Option<u64>,
}

/// What has become of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It was not there when it was looked for, and is to be sent.
    Nowhere,
    /// It was about to be sent, at a time in seconds since 1970 UTC, when no message of the source had a UID above `named`. If it
    /// arrived, then with a UID from `next` on, or under another UIDVALIDITY.
    Sent {
        validity: UidValidity,
        next: Uid,
        at: i64,
        named: Uid,
    },
    /// It is in the target. UIDVALIDITY and UID are 0 where the target took it and nobody knows where it is: its server
    /// does not tell, and keeps it in another form. It is not sent again.
    Here {
        validity: UidValidity,
        uid: Uid,
    },
    Refused(RefusedReason),
    /// It is one message with one of another mailbox of the source, which has been dealt with there: at Gmail a message is in
    /// every mailbox whose label it has.
    Elsewhere,
}

/// Stands for [`Place::Elsewhere`] where others have the UID in the target.
const ELSEWHERE: i64 = -1;

#[derive(sqlx::FromRow)]
struct Columns {
    uid_validity: i64,
    uid: i64,
    size: i64,
    raw: i64,
    date: Option<i64>,
    hash: String,
    flags: String,
    target_validity: i64,
    target_uid: Option<i64>,
    target_next: Option<i64>,
    sent: i64,
    named: i64,
    attempts: i64,
    reason: Option<String>,
    email: Option<i64>,
}

impl Entry {
    fn from_columns(columns: Columns) -> Self {
        let validity = UidValidity(small(columns.target_validity));
        let place = match (columns.target_uid, columns.reason, columns.target_next) {
            (Some(ELSEWHERE), ..) => Place::Elsewhere,
            (Some(uid), ..) => Place::Here { validity, uid: Uid(small(uid)) },
            (None, Some(reason), _) => Place::Refused(reason_from(&reason)),
            (None, None, Some(next)) => {
                Place::Sent { validity, next: Uid(small(next)), at: columns.sent, named: Uid(small(columns.named)) }
            }
            (None, None, None) => Place::Nowhere,
        };
        Self {
            uid: Uid(small(columns.uid)),
            size: u64::try_from(columns.size).unwrap_or(0),
            raw: u64::try_from(columns.raw).unwrap_or(0),
            date: columns.date,
            hash: columns.hash,
            flags: columns.flags,
            place,
            attempts: columns.attempts,
            email: columns.email.map(i64::cast_unsigned),
        }
    }

    fn to_json(&self) -> Result<serde_json::Value> {
        let (mut validity, mut target_uid, mut target_next, mut reason) = (0, None::<i64>, None, None);
        let (mut sent, mut named) = (0, 0);
        match &self.place {
            Place::Nowhere => {}
            Place::Sent { validity: of, next, at, named: last } => {
                (validity, target_next) = (of.0, Some(next.0));
                (sent, named) = (*at, last.0);
            }
            Place::Here { validity: of, uid } => (validity, target_uid) = (of.0, Some(uid.0.into())),
            Place::Elsewhere => target_uid = Some(ELSEWHERE),
            Place::Refused(why) => reason = Some(serde_json::to_string(why)?),
        }
        Ok(serde_json::json!([
            self.uid.0,
            self.size,
            self.date,
            self.hash,
            self.flags,
            validity,
            target_uid,
            target_next,
            sent,
            self.attempts,
            reason,
            self.raw,
            self.email.map(u64::cast_signed),
            named,
        ]))
    }
}

fn to_json(entries: &[Entry]) -> Result<String> {
    let rows = entries.iter().map(Entry::to_json).collect::<Result<Vec<_>>>()?;
    Ok(serde_json::to_string(&rows)?)
}

/// Where the target has put messages, under this UIDVALIDITY: their UIDs at the source and here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    pub validity: UidValidity,
    pub uids: BTreeMap<u32, u32>,
}

/// A message that the source had under another UIDVALIDITY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    pub validity: UidValidity,
    pub uid: Uid,
    pub hash: String,
    pub target: (UidValidity, Uid),
}

impl Store {
    /// Writes what has become of some messages, all or none of it. Says whether it was written: only who holds the lease may.
    pub async fn record(
        &self,
        lease: Lease<'_>,
        folder: i64,
        validity: UidValidity,
        entries: &[Entry],
    ) -> Result<bool> {
        if entries.is_empty() {
            return Ok(true);
        }
        let json = to_json(entries)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => RECORD_SQLITE,
            Pool::Postgres(_) => RECORD_POSTGRES,
        };
        let changed = change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder)
            .execute(pool))?;
        Ok(changed > 0)
    }

    /// Writes where messages are of which it was written before that they were sent, and in the same transaction what has become
    /// of others. Says whether it was written.
    pub async fn bind(
        &self,
        lease: Lease<'_>,
        folder: i64,
        validity: UidValidity,
        bound: &Bound,
        entries: &[Entry],
    ) -> Result<bool> {
        if bound.uids.is_empty() {
            return self.record(lease, folder, validity, entries).await;
        }
        let places = serde_json::to_string(&bound.uids)?;
        let json = to_json(entries)?;
        let (bind, record) = match &self.pool {
            Pool::Sqlite(_) => (BIND_SQLITE, RECORD_SQLITE),
            Pool::Postgres(_) => (BIND_POSTGRES, RECORD_POSTGRES),
        };
        let changed = at_once!(self, all => {
            let held = sqlx::query(bind).bind(folder).bind(i64::from(validity.0)).bind(&places).bind(lease.collector.0)
                .bind(lease.holder).bind(i64::from(bound.validity.0)).execute(&mut *all).await?;
            if !entries.is_empty() {
                sqlx::query(record).bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0)
                    .bind(lease.holder).execute(&mut *all).await?;
            }
            held.rows_affected()
        });
        Ok(changed > 0)
    }

    /// What is known of these messages.
    pub async fn entries(&self, folder: i64, validity: UidValidity, uids: &[Uid]) -> Result<Vec<Entry>> {
        let json = serde_json::to_string(uids)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => ENTRIES_SQLITE,
            Pool::Postgres(_) => ENTRIES_POSTGRES,
        };
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(sql)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).fetch_all(pool))?;
        Ok(rows.into_iter().map(Entry::from_columns).collect())
    }

    /// Messages with a UID above `after`, at most `most`, ascending.
    pub async fn entries_after(&self, folder: i64, validity: UidValidity, after: Uid, most: i64) -> Result<Vec<Entry>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT uid_validity, uid, size, raw, date, hash, flags, target_validity, target_uid, target_next, sent, named, attempts, reason, email
             FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND uid > $3 ORDER BY uid LIMIT $4")
            .bind(folder).bind(i64::from(validity.0)).bind(i64::from(after.0)).bind(most).fetch_all(pool))?;
        Ok(rows.into_iter().map(Entry::from_columns).collect())
    }

    /// Messages that were about to be sent when something came in between, under whatever UIDVALIDITY of the source.
    pub async fn sent_entries(&self, folder: i64) -> Result<Vec<(UidValidity, Entry)>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT uid_validity, uid, size, raw, date, hash, flags, target_validity, target_uid, target_next, sent, named, attempts, reason, email
             FROM collector_messages WHERE folder_id = $1 AND target_uid IS NULL AND target_next IS NOT NULL")
            .bind(folder).fetch_all(pool))?;
        let with_validity = |columns: Columns| (UidValidity(small(columns.uid_validity)), Entry::from_columns(columns));
        Ok(rows.into_iter().map(with_validity).collect())
    }

    /// Some of the messages that are in the target under this UIDVALIDITY, at most `most`: as good as any, not the newest ones.
    pub async fn some_here(&self, folder: i64, target: UidValidity, most: i64) -> Result<Vec<Entry>> {
        // In the order of their hashes, which is no order.
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT uid_validity, uid, size, raw, date, hash, flags, target_validity, target_uid, target_next, sent, named, attempts, reason, email
             FROM collector_messages WHERE folder_id = $1 AND target_validity = $2 AND target_uid > 0 ORDER BY hash LIMIT $3")
            .bind(folder).bind(i64::from(target.0)).bind(most).fetch_all(pool))?;
        Ok(rows.into_iter().map(Entry::from_columns).collect())
    }

    /// How many messages of a mailbox are left out.
    pub async fn count_refused(&self, folder: i64) -> Result<u64> {
        let (count,): (i64,) = on!(self, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM collector_messages WHERE folder_id = $1 AND target_uid IS NULL AND reason IS NOT NULL")
            .bind(folder).fetch_one(pool))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// The UIDs in the target, from one on, that are known to be messages of this mailbox.
    pub async fn known_here(&self, folder: i64, target: UidValidity, from: Uid) -> Result<Vec<Uid>> {
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT target_uid FROM collector_messages
             WHERE folder_id = $1 AND target_validity = $2 AND target_uid >= $3")
            .bind(folder).bind(i64::from(target.0)).bind(i64::from(from.0)).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(uid,)| Uid(small(uid))).collect())
    }

    /// Whether a message here was brought by a collector of the account. Not known of what was moved since.
    pub async fn is_collected(
        &self,
        account: AccountId,
        mailbox: &str,
        validity: UidValidity,
        uid: Uid,
    ) -> Result<bool> {
        // That it is more than 0 is said again for the index, which has no others.
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT m.target_uid FROM collector_messages AS m
             JOIN collector_folders AS f ON f.id = m.folder_id JOIN collectors AS c ON c.id = f.collector_id
             WHERE c.account_id = $1 AND f.target = $2 AND m.target_validity = $3 AND m.target_uid = $4 AND m.target_uid > 0
             LIMIT 1")
            .bind(account.0).bind(mailbox).bind(i64::from(validity.0)).bind(i64::from(uid.0)).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Messages that the source had under another UIDVALIDITY and that are here.
    pub async fn former_entries(&self, folder: i64, validity: UidValidity) -> Result<Vec<Former>> {
        let rows: Vec<(i64, i64, String, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT uid_validity, uid, hash, target_validity, target_uid FROM collector_messages
             WHERE folder_id = $1 AND uid_validity <> $2 AND target_uid >= 0 ORDER BY uid DESC")
            .bind(folder).bind(i64::from(validity.0)).fetch_all(pool))?;
        let former = |(validity, uid, hash, target_validity, target_uid)| Former {
            validity: UidValidity(small(validity)),
            uid: Uid(small(uid)),
            hash,
            target: (UidValidity(small(target_validity)), Uid(small(target_uid))),
        };
        Ok(rows.into_iter().map(former).collect())
    }

    /// Which of these messages have been dealt with in another mailbox of the same source; see [`Place::Elsewhere`].
    pub async fn dealt_with(&self, folder: i64, emails: &[u64]) -> Result<HashSet<u64>> {
        let json: Vec<i64> = emails.iter().copied().map(u64::cast_signed).collect();
        let json = serde_json::to_string(&json)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => DEALT_WITH_SQLITE,
            Pool::Postgres(_) => DEALT_WITH_POSTGRES,
        };
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(sql).bind(folder).bind(&json).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(email,)| email.cast_unsigned()).collect())
    }

    /// Messages that are still to be sent, ascending.
    pub async fn open_entries(&self, folder: i64, validity: UidValidity) -> Result<Vec<Uid>> {
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT uid FROM collector_messages
             WHERE folder_id = $1 AND uid_validity = $2 AND target_uid IS NULL AND reason IS NULL ORDER BY uid")
            .bind(folder).bind(i64::from(validity.0)).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(uid,)| Uid(small(uid))).collect())
    }

    /// These messages were to be dealt with here and are not any more: where they were noted as [`Place::Elsewhere`], they are to be
    /// brought now.
    pub async fn reopen_elsewhere(
        &self,
        lease: Lease<'_>,
        folder: i64,
        validity: UidValidity,
        uids: &[Uid],
    ) -> Result<()> {
        let json = serde_json::to_string(uids)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => REOPEN_SQLITE,
            Pool::Postgres(_) => REOPEN_POSTGRES,
        };
        let changed = change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder)
            .execute(pool))?;
        if changed > 0 {
            self.rewind_to_open(lease.collector).await?;
        }
        Ok(())
    }

    /// Forgets those of these messages that are nowhere here.
    pub async fn forget_open(&self, lease: Lease<'_>, folder: i64, validity: UidValidity, uids: &[Uid]) -> Result<()> {
        if uids.is_empty() {
            return Ok(());
        }
        let json = serde_json::to_string(uids)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => FORGET_SQLITE,
            Pool::Postgres(_) => FORGET_POSTGRES,
        };
        change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder)
            .execute(pool))?;
        Ok(())
    }

    /// Gives messages that were at the source before the UIDs they have there now. Says how many these were.
    pub async fn rename_former(
        &self,
        lease: Lease<'_>,
        folder: i64,
        validity: UidValidity,
        renamed: &[(Former, Uid)],
    ) -> Result<u64> {
        let uids: Vec<Uid> = renamed.iter().map(|(_, uid)| *uid).collect();
        self.forget_open(lease, folder, validity, &uids).await?;
        let json: BTreeMap<String, u32> =
            renamed.iter().map(|(former, uid)| (format!("{} {}", former.validity.0, former.uid.0), uid.0)).collect();
        let json = serde_json::to_string(&json)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => RENAME_SQLITE,
            Pool::Postgres(_) => RENAME_POSTGRES,
        };
        Ok(change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(i64::from(validity.0)).bind(&json).bind(lease.collector.0).bind(lease.holder)
            .execute(pool))?)
    }

    /// Forgets what the source had under another UIDVALIDITY.
    pub async fn forget_former(&self, lease: Lease<'_>, folder: i64, validity: UidValidity) -> Result<()> {
        change!(self, pool => sqlx::query(
            "DELETE FROM collector_messages WHERE folder_id = $1 AND uid_validity <> $2
             AND EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)")
            .bind(folder).bind(i64::from(validity.0)).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(())
    }
}

const RECORD_SQLITE: &str = "INSERT INTO collector_messages (folder_id, uid_validity, uid, size, date, hash, flags,
        target_validity, target_uid, target_next, sent, attempts, reason, raw, email, named)
    SELECT $1, $2, entry.value ->> 0, entry.value ->> 1, entry.value ->> 2, entry.value ->> 3, entry.value ->> 4,
        entry.value ->> 5, entry.value ->> 6, entry.value ->> 7, entry.value ->> 8, entry.value ->> 9, entry.value ->> 10,
        entry.value ->> 11, entry.value ->> 12, entry.value ->> 13
    FROM json_each($3) AS entry WHERE EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)
    ON CONFLICT (folder_id, uid_validity, uid) DO UPDATE SET size = excluded.size, date = excluded.date,
        hash = excluded.hash, flags = excluded.flags, target_validity = excluded.target_validity,
        target_uid = excluded.target_uid, target_next = excluded.target_next, sent = excluded.sent, attempts = excluded.attempts,
        reason = excluded.reason, raw = excluded.raw, email = excluded.email,
        named = CASE WHEN excluded.target_next IS NULL THEN collector_messages.named ELSE excluded.named END";

const RECORD_POSTGRES: &str = "INSERT INTO collector_messages (folder_id, uid_validity, uid, size, date, hash, flags,
        target_validity, target_uid, target_next, sent, attempts, reason, raw, email, named)
    SELECT $1, $2, (entry ->> 0)::bigint, (entry ->> 1)::bigint, (entry ->> 2)::bigint, entry ->> 3, entry ->> 4,
        (entry ->> 5)::bigint, (entry ->> 6)::bigint, (entry ->> 7)::bigint, (entry ->> 8)::bigint, (entry ->> 9)::bigint,
        entry ->> 10, (entry ->> 11)::bigint, (entry ->> 12)::bigint,
        (entry ->> 13)::bigint
    FROM jsonb_array_elements($3::jsonb) AS entry WHERE EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)
    ON CONFLICT (folder_id, uid_validity, uid) DO UPDATE SET size = excluded.size, date = excluded.date,
        hash = excluded.hash, flags = excluded.flags, target_validity = excluded.target_validity,
        target_uid = excluded.target_uid, target_next = excluded.target_next, sent = excluded.sent, attempts = excluded.attempts,
        reason = excluded.reason, raw = excluded.raw, email = excluded.email,
        named = CASE WHEN excluded.target_next IS NULL THEN collector_messages.named ELSE excluded.named END";

// The UIDs are an object, UID there to UID here, since a value within a value is dear to read; and they are looked up, since a
// join goes through the whole mailbox for each.
const BIND_SQLITE: &str = r#"UPDATE collector_messages SET target_validity = $6, target_uid = json_extract($3, '$."' || uid || '"'), target_next = NULL, sent = 0
    WHERE folder_id = $1 AND uid_validity = $2 AND uid IN (SELECT CAST(key AS INTEGER) FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)"#;

const BIND_POSTGRES: &str =
    "UPDATE collector_messages SET target_validity = $6, target_uid = place.value::bigint, target_next = NULL, sent = 0
    FROM jsonb_each_text($3::jsonb) AS place WHERE folder_id = $1 AND uid_validity = $2 AND uid = place.key::bigint
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const ENTRIES_SQLITE: &str =
    "SELECT uid_validity, uid, size, raw, date, hash, flags, target_validity, target_uid, target_next, sent, named, attempts, reason, email
    FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND uid IN (SELECT value FROM json_each($3))";

const ENTRIES_POSTGRES: &str =
    "SELECT uid_validity, uid, size, raw, date, hash, flags, target_validity, target_uid, target_next, sent, named, attempts, reason, email
    FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND uid IN
        (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb))";

const DEALT_WITH_SQLITE: &str = "SELECT DISTINCT m.email FROM collector_messages AS m
    JOIN collector_folders AS f ON f.id = m.folder_id
    WHERE m.email IN (SELECT value FROM json_each($2)) AND f.id <> $1
        AND f.collector_id = (SELECT collector_id FROM collector_folders WHERE id = $1)
        AND (m.target_uid >= 0 OR (m.target_uid IS NULL AND (m.target_next IS NOT NULL OR m.reason IS NOT NULL)))";

const DEALT_WITH_POSTGRES: &str = "SELECT DISTINCT m.email FROM collector_messages AS m
    JOIN collector_folders AS f ON f.id = m.folder_id
    WHERE m.email IN (SELECT value::bigint FROM jsonb_array_elements_text($2::jsonb)) AND f.id <> $1
        AND f.collector_id = (SELECT collector_id FROM collector_folders WHERE id = $1)
        AND (m.target_uid >= 0 OR (m.target_uid IS NULL AND (m.target_next IS NOT NULL OR m.reason IS NOT NULL)))";

const REOPEN_SQLITE: &str = "UPDATE collector_messages SET target_uid = NULL WHERE target_uid = -1
    AND folder_id IN (SELECT id FROM collector_folders WHERE collector_id = $4)
    AND email IN (SELECT email FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND target_uid IS NULL
        AND email IS NOT NULL AND uid IN (SELECT value FROM json_each($3)))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const REOPEN_POSTGRES: &str = "UPDATE collector_messages SET target_uid = NULL WHERE target_uid = -1
    AND folder_id IN (SELECT id FROM collector_folders WHERE collector_id = $4)
    AND email IN (SELECT email FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND target_uid IS NULL
        AND email IS NOT NULL AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb)))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const FORGET_SQLITE: &str =
    "DELETE FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2 AND target_uid IS NULL
    AND uid IN (SELECT value FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const FORGET_POSTGRES: &str = "DELETE FROM collector_messages WHERE folder_id = $1 AND uid_validity = $2
    AND target_uid IS NULL AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($3::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

// As for BIND: UIDVALIDITY and UID before to UID now.
const RENAME_SQLITE: &str = r#"UPDATE collector_messages SET uid_validity = $2, gone = 0, gone_by = '',
        uid = json_extract($3, '$."' || uid_validity || ' ' || uid || '"')
    WHERE folder_id = $1 AND (uid_validity, uid) IN
        (SELECT CAST(key AS INTEGER), CAST(substr(key, instr(key, ' ')) AS INTEGER) FROM json_each($3))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)"#;

const RENAME_POSTGRES: &str =
    "UPDATE collector_messages SET uid_validity = $2, uid = renamed.value::bigint, gone = 0, gone_by = ''
    FROM jsonb_each_text($3::jsonb) AS renamed
    WHERE folder_id = $1 AND uid_validity = split_part(renamed.key, ' ', 1)::bigint
    AND uid = split_part(renamed.key, ' ', 2)::bigint
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";
