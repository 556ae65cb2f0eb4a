//! The messages of POP3 sources by the names that these give them, and the UIDs by which the ledger knows them.

use anyhow::Result;
use app::wire::{Uid, UidValidity};

use super::{Lease, Pool, Store, change, collectors::small, now, on};

/// By what a message of a POP3 source is known: a name, and which of those that have it.
pub type NameKey = (String, u32);

/// A message that a collector has put into the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Put {
    /// Its UID there.
    pub here: Uid,
    /// That of the message of the source.
    pub uid: Uid,
    /// The highest UID that a message of the source had then.
    pub named: Uid,
    /// Octets, with every line end counted as two and as they came.
    pub sizes: [u64; 2],
    /// How often one equal to it was put there after another had been.
    pub times: u32,
}

impl Store {
    /// What the source had when it was last gone through.
    pub async fn present_names(&self, folder: i64) -> Result<Vec<(NameKey, Uid)>> {
        let rows: Vec<(String, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT name, nth, uid FROM collector_names WHERE folder_id = $1 AND present = 1")
            .bind(folder).fetch_all(pool))?;
        Ok(rows.into_iter().map(named).collect())
    }

    /// Those of these that the source has ever had.
    pub async fn known_names(&self, folder: i64, keys: &[&NameKey]) -> Result<Vec<(NameKey, Uid)>> {
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let json = serde_json::to_string(keys)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => KNOWN_SQLITE,
            Pool::Postgres(_) => KNOWN_POSTGRES,
        };
        let rows: Vec<(String, i64, i64)> =
            on!(self, pool => sqlx::query_as(sql).bind(folder).bind(&json).fetch_all(pool))?;
        Ok(rows.into_iter().map(named).collect())
    }

    /// By what a message is known at the source.
    pub async fn name_of(&self, folder: i64, uid: Uid) -> Result<Option<NameKey>> {
        let found: Option<(String, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT name, nth FROM collector_names WHERE folder_id = $1 AND uid = $2 ORDER BY present DESC LIMIT 1")
            .bind(folder).bind(i64::from(uid.0)).fetch_optional(pool))?;
        Ok(found.map(|(name, nth)| (name, small(nth))))
    }

    /// The highest UID that was given to a message of a source.
    pub async fn last_named(&self, folder: i64) -> Result<Uid> {
        let (last,): (Option<i64>,) = on!(self, pool => sqlx::query_as(
            "SELECT MAX(uid) FROM collector_names WHERE folder_id = $1").bind(folder).fetch_one(pool))?;
        Ok(Uid(last.map_or(0, small)))
    }

    /// Gives messages their UIDs for good. Says whether it was written: only who holds the lease may.
    pub async fn add_names(&self, lease: Lease<'_>, folder: i64, names: &[(NameKey, Uid)]) -> Result<bool> {
        if names.is_empty() {
            return Ok(true);
        }
        let rows: Vec<(&str, u32, Uid)> = names.iter().map(|((name, nth), uid)| (name.as_str(), *nth, *uid)).collect();
        let json = serde_json::to_string(&rows)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => ADD_SQLITE,
            Pool::Postgres(_) => ADD_POSTGRES,
        };
        let changed = change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(&json).bind(lease.collector.0).bind(lease.holder).bind(now()).execute(pool))?;
        Ok(changed > 0)
    }

    /// Messages that were sent to the target as it is now, and are known to be there, and that were first seen no later than
    /// `since`, in seconds since 1970 UTC. What was found there may be the very message of the source.
    pub async fn names_here_since(&self, folder: i64, since: i64) -> Result<Vec<Uid>> {
        let rows: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT n.uid FROM collector_names AS n JOIN collector_messages AS m ON m.folder_id = n.folder_id AND m.uid = n.uid
             JOIN collector_folders AS f ON f.id = n.folder_id
             WHERE n.folder_id = $1 AND n.present = 1 AND n.added > 0 AND n.added <= $2
                AND m.attempts > 0 AND m.target_uid > 0 AND m.target_validity = f.target_validity")
            .bind(folder).bind(since).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(uid,)| Uid(small(uid))).collect())
    }

    /// Notes which messages the source has and which it has no more.
    pub async fn set_present(&self, lease: Lease<'_>, folder: i64, back: &[Uid], gone: &[Uid]) -> Result<()> {
        for (uids, present) in [(back, 1_i64), (gone, 0)] {
            if uids.is_empty() {
                continue;
            }
            let json = serde_json::to_string(uids)?;
            let sql = match &self.pool {
                Pool::Sqlite(_) => PRESENT_SQLITE,
                Pool::Postgres(_) => PRESENT_POSTGRES,
            };
            change!(self, pool => sqlx::query(sql)
                .bind(folder).bind(&json).bind(present).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        }
        Ok(())
    }

    /// Forgets by which names these messages were known: a source may use them again.
    pub async fn retire_names(&self, lease: Lease<'_>, folder: i64, uids: &[Uid]) -> Result<()> {
        if uids.is_empty() {
            return Ok(());
        }
        let json = serde_json::to_string(uids)?;
        let sql = match &self.pool {
            Pool::Sqlite(_) => RETIRE_SQLITE,
            Pool::Postgres(_) => RETIRE_POSTGRES,
        };
        change!(self, pool => sqlx::query(sql)
            .bind(folder).bind(&json).bind(lease.collector.0).bind(lease.holder).execute(pool))?;
        Ok(())
    }

    /// How many messages a collector has put into the target, and how many it has found there.
    pub async fn sent_and_found(&self, folder: i64) -> Result<(u64, u64)> {
        let (sent, found): (i64, i64) = on!(self, pool => sqlx::query_as(
            "SELECT COUNT(CASE WHEN attempts > 0 THEN 1 END), COUNT(CASE WHEN attempts = 0 THEN 1 END)
             FROM collector_messages WHERE folder_id = $1 AND target_uid IS NOT NULL").bind(folder).fetch_one(pool))?;
        Ok((u64::try_from(sent).unwrap_or(0), u64::try_from(found).unwrap_or(0)))
    }

    /// Messages that a collector has put into the target as it is now and that have not come up in the source since: none that was
    /// named later was found to be it, or is equal to it and was sent as well. Those with a UID there below this, at most
    /// `most`, the newest first.
    pub async fn put_here(&self, folder: i64, target: UidValidity, below: Uid, most: usize) -> Result<Vec<Put>> {
        let rows: Vec<(i64, i64, i64, i64, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT m.target_uid, m.uid, m.named, m.size, m.raw,
                (SELECT COUNT(DISTINCT e.named) FROM collector_messages AS e
                    WHERE e.folder_id = $1 AND e.hash = m.hash AND e.named > 0)
             FROM collector_messages AS m
             WHERE m.folder_id = $1 AND m.target_validity = $2 AND m.target_uid > 0 AND m.target_uid < $3 AND m.attempts > 0
                AND m.named > 0
                AND NOT EXISTS (SELECT 1 FROM collector_messages AS f WHERE f.folder_id = $1 AND f.target_validity = $2
                    AND f.target_uid = m.target_uid AND f.target_uid > 0 AND f.attempts = 0)
                AND NOT EXISTS (SELECT 1 FROM collector_messages AS l
                    WHERE l.folder_id = $1 AND l.hash = m.hash AND l.named > 0 AND l.uid > m.named)
             ORDER BY m.target_uid DESC LIMIT $4")
            .bind(folder).bind(i64::from(target.0)).bind(i64::from(below.0)).bind(i64::try_from(most)?).fetch_all(pool))?;
        let put = |(here, uid, named, size, raw, times): (i64, i64, i64, i64, i64, i64)| {
            let sizes = [size, raw].map(|size| u64::try_from(size).unwrap_or(0));
            Put { here: Uid(small(here)), uid: Uid(small(uid)), named: Uid(small(named)), sizes, times: small(times) }
        };
        Ok(rows.into_iter().map(put).collect())
    }
}

fn named((name, nth, uid): (String, i64, i64)) -> (NameKey, Uid) {
    ((name, small(nth)), Uid(small(uid)))
}

const KNOWN_SQLITE: &str = "SELECT n.name, n.nth, n.uid FROM json_each($2) AS wanted
    JOIN collector_names AS n ON n.name = wanted.value ->> 0 AND n.nth = wanted.value ->> 1 WHERE n.folder_id = $1";

const KNOWN_POSTGRES: &str = "SELECT n.name, n.nth, n.uid FROM jsonb_array_elements($2::jsonb) AS wanted
    JOIN collector_names AS n ON n.name = wanted ->> 0 AND n.nth = (wanted ->> 1)::bigint WHERE n.folder_id = $1";

const ADD_SQLITE: &str = "INSERT INTO collector_names (folder_id, name, nth, uid, added)
    SELECT $1, named.value ->> 0, named.value ->> 1, named.value ->> 2, $5 FROM json_each($2) AS named
    WHERE EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)";

const ADD_POSTGRES: &str = "INSERT INTO collector_names (folder_id, name, nth, uid, added)
    SELECT $1, named ->> 0, (named ->> 1)::bigint, (named ->> 2)::bigint, $5 FROM jsonb_array_elements($2::jsonb) AS named
    WHERE EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)";

/// A name of the server's has no blank.
const RETIRE_SQLITE: &str = "UPDATE collector_names SET present = 0, name = 'deleted ' || uid, nth = 0
    WHERE folder_id = $1 AND uid IN (SELECT value FROM json_each($2))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)";

const RETIRE_POSTGRES: &str = "UPDATE collector_names SET present = 0, name = 'deleted ' || uid, nth = 0
    WHERE folder_id = $1 AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($2::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $3 AND holder = $4)";

const PRESENT_SQLITE: &str = "UPDATE collector_names SET present = $3
    WHERE folder_id = $1 AND uid IN (SELECT value FROM json_each($2))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";

const PRESENT_POSTGRES: &str = "UPDATE collector_names SET present = $3
    WHERE folder_id = $1 AND uid IN (SELECT value::bigint FROM jsonb_array_elements_text($2::jsonb))
    AND EXISTS (SELECT 1 FROM collectors WHERE id = $4 AND holder = $5)";
