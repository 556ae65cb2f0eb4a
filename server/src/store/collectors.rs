//! Collectors: what brings mail from where, who is at it, and when it is due. What they have brought is in [`super::ledger`].

use anyhow::{Context, Result, bail};
use app::wire::{
    AccountId, Collector, CollectorFolder, CollectorId, CollectorKind, CollectorLook, CollectorOptions, CollectorState,
    CollectorTrouble, Error, RefusedMessage, RefusedReason, Uid, UidValidity,
};

use super::{Pool, Store, change, now, numbers::step, on};
use crate::endpoint::Endpoint;

/// A collector as the task works on it.
#[derive(Debug, Clone)]
pub struct StoredCollector {
    pub id: CollectorId,
    /// Whose mail it brings.
    pub account: AccountId,
    pub kind: CollectorKind,
    /// Where it is: an [`Endpoint`] as text; of files, the name of their folder.
    pub at: String,
    pub user: String,
    /// Sealed. None until it was given.
    pub password: Option<Vec<u8>>,
    pub options: CollectorOptions,
    pub state: CollectorState,
    pub look: CollectorLook,
    pub due: i64,
    /// Runs that failed since the last one that did not.
    pub failures: i64,
    pub last_success: Option<i64>,
    pub trouble: Option<CollectorTrouble>,
    /// In seconds since 1970 UTC.
    pub created: i64,
}

#[derive(sqlx::FromRow)]
struct Columns {
    id: i64,
    account_id: i64,
    kind: String,
    endpoint: String,
    login: String,
    password: Option<Vec<u8>>,
    options: String,
    state: String,
    due: i64,
    failures: i64,
    last_success: Option<i64>,
    trouble: Option<String>,
    created: i64,
    looking: i64,
}

impl StoredCollector {
    fn from_columns(columns: Columns) -> Result<Self> {
        Ok(Self {
            id: CollectorId(columns.id),
            account: AccountId(columns.account_id),
            kind: match columns.kind.as_str() {
                "imap" => CollectorKind::Imap,
                "pop3" => CollectorKind::Pop3,
                "files" => CollectorKind::Files,
                other => bail!("A collector is of the kind {other:?}, which this version does not know"),
            },
            at: columns.endpoint,
            user: columns.login,
            password: columns.password,
            options: serde_json::from_str(&columns.options).context("Stored options of a collector")?,
            state: state_from(&columns.state)?,
            look: match columns.looking {
                0 => CollectorLook::No,
                1 => CollectorLook::Wanted,
                _ => CollectorLook::Done,
            },
            due: columns.due,
            failures: columns.failures,
            last_success: columns.last_success,
            created: columns.created,
            trouble: columns.trouble.map(trouble_from),
        })
    }

    /// The server. Files have none.
    pub fn endpoint(&self) -> Result<Endpoint> {
        self.at.parse().context("A stored source")
    }

    /// As the browser sees it.
    pub fn to_wire(&self) -> Collector {
        Collector {
            id: self.id,
            kind: self.kind,
            endpoint: if self.kind == CollectorKind::Files { String::new() } else { self.at.clone() },
            user: self.user.clone(),
            options: self.options.clone(),
            state: self.state,
            look: self.look,
            due: self.due,
            last_success: self.last_success,
            created: self.created,
            trouble: self.trouble.clone(),
        }
    }

    /// What the sealed password is bound to: it opens neither in another row nor for another server.
    pub fn owner(&self) -> String {
        owner(self.id.0, &self.at)
    }
}

pub(super) fn owner(id: i64, at: &str) -> String {
    format!("collector:{id}:{at}")
}

/// The right to run a collector and to write into its ledger, which somebody holds in this name.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    pub collector: CollectorId,
    pub holder: &'a str,
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct EndOfRun {
    pub state: CollectorState,
    /// When it runs next.
    pub due: i64,
    pub failures: i64,
    /// None if it brought everything.
    pub trouble: Option<CollectorTrouble>,
}

impl Store {
    /// Adds a collector, which waits for [`set_collector_password`](Self::set_collector_password). None if the account has one
    /// at this source already.
    pub async fn add_collector(
        &self,
        account: AccountId,
        kind: CollectorKind,
        endpoint: &Endpoint,
        user: &str,
        options: &CollectorOptions,
    ) -> Result<Option<StoredCollector>> {
        let options = serde_json::to_string(options)?;
        // Whoever is cut off between this and the password finds it where a password is asked for.
        let trouble = serde_json::to_string(&CollectorTrouble::Source(Error::SignedOut))?;
        let columns: Option<Columns> = on!(self, pool => sqlx::query_as(
            "INSERT INTO collectors (id, account_id, kind, endpoint, login, options, state, due, created, trouble)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM collectors) + $8, $1, $2, $3, $4, $5, 'failed', $6, $6, $7) ON CONFLICT (account_id, endpoint, login) DO NOTHING
             RETURNING id, account_id, kind, endpoint, login, password, options, state, due, failures, last_success, trouble, created, looking")
            .bind(account.0).bind(kind_name(kind)).bind(endpoint.to_string()).bind(user).bind(&options).bind(now())
            .bind(&trouble).bind(step()?).fetch_optional(pool))?;
        columns.map(StoredCollector::from_columns).transpose()
    }

    /// Adds files, which are in this folder and called so; what they hold is only counted at first if `look`.
    pub async fn add_files(
        &self,
        account: AccountId,
        folder: &str,
        title: &str,
        options: &CollectorOptions,
        look: bool,
    ) -> Result<CollectorId> {
        let options = serde_json::to_string(options)?;
        let (id,): (i64,) = on!(self, pool => sqlx::query_as(
            "INSERT INTO collectors (id, account_id, kind, endpoint, login, options, state, due, created, looking)
             VALUES ((SELECT COALESCE(MAX(id), 0) FROM collectors) + $7, $1, 'files', $2, $3, $4, 'idle', $5, $5, $6) RETURNING id")
            .bind(account.0).bind(folder).bind(title).bind(&options).bind(now()).bind(i64::from(look))
            .bind(step()?).fetch_one(pool))?;
        Ok(CollectorId(id))
    }

    /// The folders of all files that are still to be brought.
    pub async fn folders_of_files(&self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT endpoint FROM collectors WHERE kind = 'files' AND state <> 'done'").fetch_all(pool))?;
        Ok(rows.into_iter().map(|(folder,)| folder).collect())
    }

    /// Until when nobody gets a lease that was taken from whoever runs. The only node is told at once; another one finds out with
    /// its next renewal, and may be amid a message until then.
    fn end_of_taken_lease(&self) -> i64 {
        match &self.pool {
            Pool::Sqlite(_) => 0,
            Pool::Postgres(_) => now() + NOTICED,
        }
    }

    /// Keeps the sealed password of the source; the collector is due at once, whatever was the matter.
    pub async fn set_collector_password(&self, id: CollectorId, sealed: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET password = $2, state = 'idle', due = $3, failures = 0, trouble = NULL,
                lease = CASE WHEN state = 'running' THEN $4 ELSE 0 END, holder = '', run_open = 0
             WHERE id = $1").bind(id.0).bind(sealed).bind(now()).bind(self.end_of_taken_lease()).execute(pool))?;
        Ok(())
    }

    /// Who brings mail from a source at which one signs in by this name: where their own mail is, by what name, and the source.
    pub async fn collectors_from(&self, login: &str) -> Result<Vec<(Endpoint, String, Endpoint)>> {
        let rows: Vec<(String, String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT a.imap, a.address, c.endpoint FROM collectors AS c JOIN accounts AS a ON a.id = c.account_id
             WHERE LOWER(c.login) = LOWER($1) AND c.kind <> 'files'").bind(login).fetch_all(pool))?;
        let parsed =
            |(imap, address, endpoint): (String, String, String)| Ok((imap.parse()?, address, endpoint.parse()?));
        rows.into_iter().map(parsed).collect()
    }

    /// The collectors of an account, the oldest first.
    pub async fn collectors(&self, account: AccountId) -> Result<Vec<StoredCollector>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, kind, endpoint, login, password, options, state, due, failures, last_success, trouble, created, looking
             FROM collectors WHERE account_id = $1 ORDER BY id")
            .bind(account.0).fetch_all(pool))?;
        rows.into_iter().map(StoredCollector::from_columns).collect()
    }

    pub async fn collector(&self, account: AccountId, id: CollectorId) -> Result<Option<StoredCollector>> {
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, account_id, kind, endpoint, login, password, options, state, due, failures, last_success, trouble, created, looking
             FROM collectors WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).fetch_optional(pool))?;
        found.map(StoredCollector::from_columns).transpose()
    }

    /// Removes a collector and its ledger. What it has brought stays. Says whether there was one.
    pub async fn remove_collector(&self, account: AccountId, id: CollectorId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query("DELETE FROM collectors WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).execute(pool))?;
        Ok(changed > 0)
    }

    /// Changes what was chosen; holds from the next run on. Says whether there is such a collector.
    pub async fn set_collector_options(
        &self,
        account: AccountId,
        id: CollectorId,
        options: &CollectorOptions,
    ) -> Result<bool> {
        let options = serde_json::to_string(options)?;
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collectors SET options = $3 WHERE account_id = $1 AND id = $2")
            .bind(account.0).bind(id.0).bind(&options).execute(pool))?;
        Ok(changed > 0)
    }

    /// Stops a collector until [`resume_collector`](Self::resume_collector). Whoever runs it loses the lease, and with it the
    /// right to write. Says whether there is such a collector.
    pub async fn pause_collector(&self, account: AccountId, id: CollectorId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collectors SET lease = CASE WHEN state = 'running' THEN $3 ELSE 0 END, state = 'paused', holder = '',
                run_open = 0
             WHERE account_id = $1 AND id = $2 AND state <> 'done'")
            .bind(account.0).bind(id.0).bind(self.end_of_taken_lease()).execute(pool))?;
        Ok(changed > 0)
    }

    /// Has the source looked at first: then it stands still until [`resume_collector`](Self::resume_collector).
    pub async fn want_look(&self, id: CollectorId) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE collectors SET looking = 1 WHERE id = $1").bind(id.0).execute(pool))?;
        Ok(())
    }

    /// Makes a collector due now, whether it was paused, has failed or waits; one that runs, as soon as it has ended. It brings
    /// mail then, and does not only look. Says whether there is one with a password.
    pub async fn resume_collector(&self, account: AccountId, id: CollectorId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collectors SET due = CASE WHEN state = 'running' THEN $3 + 1 ELSE $3 END, failures = 0,
                state = CASE WHEN state = 'running' THEN state ELSE 'idle' END, looking = 0
             WHERE account_id = $1 AND id = $2 AND (password IS NOT NULL OR kind = 'files') AND state <> 'done'")
            .bind(account.0).bind(id.0).bind(now()).execute(pool))?;
        Ok(changed > 0)
    }

    /// The folders of a collector by their names at the source.
    pub async fn collector_folders(&self, id: CollectorId) -> Result<Vec<CollectorFolder>> {
        type Columns = (String, String, i64, i64, i64, i64, Option<i64>, Option<String>);
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT source, target, messages, copied, bytes, refused, octets, trouble FROM collector_folders
             WHERE collector_id = $1 ORDER BY source").bind(id.0).fetch_all(pool))?;
        let folder = |(source, target, messages, copied, bytes, refused, octets, trouble): Columns| CollectorFolder {
            source,
            target,
            messages: small(messages),
            copied: small(copied),
            bytes: u64::try_from(bytes).unwrap_or(0),
            refused: small(refused),
            octets: octets.and_then(|octets| u64::try_from(octets).ok()),
            trouble: trouble.map(trouble_from),
        };
        Ok(rows.into_iter().map(folder).collect())
    }

    /// The messages that a collector could not bring, at most `most`.
    pub async fn refused_messages(&self, id: CollectorId, most: i64) -> Result<Vec<RefusedMessage>> {
        type Columns = (String, i64, i64, i64, i64, Option<i64>, String);
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT f.source, f.id, m.uid_validity, m.uid, m.size, m.date, m.reason FROM collector_messages AS m
             JOIN collector_folders AS f ON f.id = m.folder_id
             WHERE f.collector_id = $1 AND m.target_uid IS NULL AND m.reason IS NOT NULL ORDER BY f.source, m.uid LIMIT $2")
            .bind(id.0).bind(most).fetch_all(pool))?;
        let message = |(source, folder, validity, uid, size, date, reason): Columns| RefusedMessage {
            source,
            folder,
            uid_validity: UidValidity(small(validity)),
            uid: Uid(small(uid)),
            size: u64::try_from(size).unwrap_or(0),
            date,
            reason: reason_from(&reason),
        };
        Ok(rows.into_iter().map(message).collect())
    }

    /// Makes a collector due now that waits for its usual time; one that runs, as soon as it has ended. One that waits after
    /// trouble goes on waiting. Says whether there is one that runs or waits for its usual time.
    pub async fn hasten_collector(&self, id: CollectorId) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query(
            "UPDATE collectors SET due = CASE WHEN state = 'running' THEN $2 + 1 WHEN due < $2 THEN due ELSE $2 END
             WHERE id = $1 AND (state = 'running' OR (state = 'idle' AND failures = 0))")
            .bind(id.0).bind(now()).execute(pool))?;
        Ok(changed > 0)
    }

    /// Whether a collector is at work, be it that it runs or that it waits for its time: it is neither gone, nor stopped, nor
    /// in need of a person.
    pub async fn is_at_work(&self, id: CollectorId) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM collectors WHERE id = $1 AND state IN ('idle', 'running')").bind(id.0).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Has the messages that could not be brought tried again with the next run.
    pub async fn retry_refused(&self, id: CollectorId) -> Result<()> {
        // In this order: a run that closes a mailbox in between looks at the messages as they are then.
        change!(self, pool => sqlx::query(
            "UPDATE collector_messages SET reason = NULL, attempts = 0 WHERE target_uid IS NULL AND reason IS NOT NULL AND
             folder_id IN (SELECT id FROM collector_folders WHERE collector_id = $1)")
            .bind(id.0).execute(pool))?;
        change!(self, pool => sqlx::query("UPDATE collector_folders SET refused = 0 WHERE collector_id = $1")
            .bind(id.0).execute(pool))?;
        self.rewind_to_open(id).await
    }

    /// Has each mailbox of a source gone through again from the first message on that is still to be sent.
    pub(super) async fn rewind_to_open(&self, id: CollectorId) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collector_folders SET uid_next =
                (SELECT COALESCE(MIN(m.uid), collector_folders.uid_next) FROM collector_messages AS m
                 WHERE m.folder_id = collector_folders.id AND m.uid_validity = collector_folders.uid_validity
                    AND m.target_uid IS NULL AND m.reason IS NULL AND m.uid < collector_folders.uid_next)
             WHERE collector_id = $1").bind(id.0).execute(pool))?;
        Ok(())
    }

    /// Takes the collector that is longest due, for `seconds`, in the name of `holder`; one of each account at a time, so
    /// that no two put mail into the same mailbox.
    pub async fn claim_collector(&self, holder: &str, seconds: i64) -> Result<Option<StoredCollector>> {
        let found: Option<Columns> = match &self.pool {
            Pool::Sqlite(pool) => {
                sqlx::query_as(CLAIM).bind(now()).bind(now() + seconds).bind(holder).fetch_optional(pool).await?
            }
            Pool::Postgres(pool) => {
                // One after the other: what two claims see at the same time is that neither account is taken. The lock ends
                // with the transaction, and the next statement sees what was committed before it.
                let mut transaction = pool.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(CLAIMING).execute(&mut *transaction).await?;
                let claim = sqlx::query_as(CLAIM).bind(now()).bind(now() + seconds).bind(holder);
                let found = claim.fetch_optional(&mut *transaction).await?;
                transaction.commit().await?;
                found
            }
        };
        found.map(StoredCollector::from_columns).transpose()
    }

    /// Keeps the lease for `seconds` more. Says whether it was still held.
    pub async fn renew_collector(&self, lease: Lease<'_>, seconds: i64) -> Result<bool> {
        let changed = change!(self, pool => sqlx::query("UPDATE collectors SET lease = $3 WHERE id = $1 AND holder = $2")
            .bind(lease.collector.0).bind(lease.holder).bind(now() + seconds).execute(pool))?;
        Ok(changed > 0)
    }

    /// Gives the lease back and notes how the run went; nothing if somebody else has it by now. A person who asked for a run
    /// in the meantime gets it. News of the source make no haste after trouble. A look is no success, and stops what it was for.
    pub async fn end_run(&self, lease: Lease<'_>, begun: i64, end: &EndOfRun) -> Result<()> {
        let trouble = end.trouble.as_ref().map(serde_json::to_string).transpose()?;
        // Whoever asks for a run sets the failures back to 0.
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET state = CASE WHEN looking = 1 AND $7 IS NULL THEN 'paused' ELSE $3 END,
                looking = CASE WHEN looking = 1 AND $7 IS NULL THEN 2 ELSE looking END, failures = $6, trouble = $7,
                due = CASE WHEN due > $4 AND ($7 IS NULL OR failures = 0) THEN due ELSE $5 END,
                last_success = CASE WHEN $7 IS NULL AND looking <> 1 THEN $8 ELSE last_success END, lease = 0, holder = ''
             WHERE id = $1 AND holder = $2")
            .bind(lease.collector.0).bind(lease.holder).bind(state_name(end.state)).bind(begun).bind(end.due)
            .bind(end.failures).bind(&trouble).bind(now()).execute(pool))?;
        Ok(())
    }

    /// Gives the lease back of a run that was cut short, by our own end or by that of its turn: it goes on as soon as somebody
    /// can, after those who have waited longer.
    pub async fn hand_back_collector(&self, lease: Lease<'_>) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET state = 'idle', due = $3, lease = 0, holder = '' WHERE id = $1 AND holder = $2")
            .bind(lease.collector.0).bind(lease.holder).bind(now()).execute(pool))?;
        Ok(())
    }

    /// Ends all leases: asked by the only node, as it starts.
    pub async fn end_collector_leases(&self) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE collectors SET lease = 0, holder = ''").execute(pool))?;
        Ok(())
    }
}

/// Seconds in which another node has noticed for sure that its lease was taken; see `collector/task.rs`.
const NOTICED: i64 = 90;

const CLAIM: &str = "UPDATE collectors SET state = 'running', lease = $2, holder = $3 WHERE id =
    (SELECT c.id FROM collectors AS c WHERE c.state IN ('idle', 'running') AND c.due <= $1 AND c.lease < $1 AND NOT EXISTS
        (SELECT 1 FROM collectors AS other WHERE other.account_id = c.account_id AND other.lease >= $1)
     ORDER BY c.due LIMIT 1)
    RETURNING id, account_id, kind, endpoint, login, password, options, state, due, failures, last_success, trouble, created, looking";

/// The key of the lock under which PostgreSQL claims: any number that nothing else uses.
const CLAIMING: i64 = 0x7069_736d_6f63;

/// A number of the database where IMAP has 32 bits.
pub(super) fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// What another version has written may make no sense to this one, and must not be in the way of the rest.
fn trouble_from(text: String) -> CollectorTrouble {
    serde_json::from_str(&text).unwrap_or(CollectorTrouble::Internal)
}

/// The same of why a message was left out.
pub(super) fn reason_from(text: &str) -> RefusedReason {
    serde_json::from_str(text).unwrap_or(RefusedReason::Refused { text: String::new() })
}

fn kind_name(kind: CollectorKind) -> &'static str {
    match kind {
        CollectorKind::Imap => "imap",
        CollectorKind::Pop3 => "pop3",
        CollectorKind::Files => "files",
    }
}

fn state_name(state: CollectorState) -> &'static str {
    match state {
        CollectorState::Idle => "idle",
        CollectorState::Running => "running",
        CollectorState::Paused => "paused",
        CollectorState::Failed => "failed",
        CollectorState::Done => "done",
    }
}

fn state_from(name: &str) -> Result<CollectorState> {
    Ok(match name {
        "idle" => CollectorState::Idle,
        "running" => CollectorState::Running,
        "paused" => CollectorState::Paused,
        "failed" => CollectorState::Failed,
        "done" => CollectorState::Done,
        _ => bail!("A collector is in the state {name:?}, which this version does not know"),
    })
}
