//! The database: users, logins, sealed credentials, uploads, drafts' places, the outbox, collectors, what a person has
//! chosen. Never mail itself.
//!
//! The only SQL of the project, in a dialect that SQLite and PostgreSQL share. One function per question.

mod authserv;
mod blobs;
mod collectors;
mod contacts;
mod conversations;
mod correspondents;
mod drafts;
mod folders;
mod gone;
mod identities;
mod ledger;
mod logins;
mod names;
mod numbers;
mod passkeys;
mod pictures;
mod runs;
mod sealed;
mod searches;
mod second_steps;
mod settings;
mod sign_ins;
mod submissions;
mod templates;
mod users;

use std::{path::Path, str::FromStr, time::Duration};

use anyhow::{Context, Result};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

pub use authserv::Authserv;
pub use blobs::Blob;
pub use collectors::{EndOfRun, Lease, StoredCollector};
pub use contacts::Taken;
pub use conversations::{Beside, Conversations, Indexed, Member};
pub use correspondents::Correspondent;
pub use drafts::SavedDraft;
pub use folders::FolderRow;
pub use gone::{Gone, GoneCount};
pub use identities::{StoredIdentity, WayOut};
pub use ledger::{Bound, Entry, Former, Place};
pub use logins::{Ending, LIFETIME, Login, LoginRow};
pub use names::{NameKey, Put};
pub use passkeys::{Added, NewPasskey, StoredPasskey};
pub use sealed::Resealed;
pub use second_steps::StoredSecondStep;
pub use settings::Settings;
pub use sign_ins::{Origin, SignIn};
pub use submissions::StoredSubmission;
pub use users::AccountRecord;

/// The store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

/// Runs the same query on whichever database is open: `on!(self, pool => sqlx::query(…).execute(pool))`.
macro_rules! on {
    ($store:expr, $pool:ident => $query:expr) => {
        match &$store.pool {
            crate::store::Pool::Sqlite($pool) => $query.await,
            crate::store::Pool::Postgres($pool) => $query.await,
        }
    };
}

/// The same for a statement that gives no rows: how many it changed.
macro_rules! change {
    ($store:expr, $pool:ident => $query:expr) => {
        match &$store.pool {
            crate::store::Pool::Sqlite($pool) => $query.await.map(|result| result.rows_affected()),
            crate::store::Pool::Postgres($pool) => $query.await.map(|result| result.rows_affected()),
        }
    };
}
/// Does several statements, all or none of them.
macro_rules! at_once {
    ($store:expr, $all:ident => $body:block) => {
        match &$store.pool {
            crate::store::Pool::Sqlite(pool) => {
                let mut $all = pool.begin().await?;
                let result = $body;
                $all.commit().await?;
                result
            }
            crate::store::Pool::Postgres(pool) => {
                let mut $all = pool.begin().await?;
                let result = $body;
                $all.commit().await?;
                result
            }
        }
    };
}
use {at_once, change, on};

impl Store {
    /// Opens the database and brings its tables up to date. Makes it where there is none.
    pub async fn open(data: &Path, database: Option<&SecretString>) -> Result<Self> {
        let pool = match database {
            Some(url) => Pool::Postgres(open_postgres(url).await?),
            None => Pool::Sqlite(open_sqlite(&data.join("pismo.db")).await?),
        };
        Ok(Self { pool })
    }

    /// Whether other nodes may use the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.pool, Pool::Postgres(_))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<()> {
        change!(self, pool => sqlx::query("SELECT 1").execute(pool))?;
        Ok(())
    }

    /// Ends all connections, after what is under way.
    pub async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<SqlitePool> {
    // One connection: SQLite has one writer anyway, and our queries take microseconds.
    // FULL: what was acknowledged survives a power cut (reliability of the outbox).
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .with_context(|| format!("Cannot open the database {}", path.display()))?;
    sqlx::migrate!("migrations/sqlite").run(&pool).await.context("Cannot bring the database up to date")?;
    Ok(pool)
}

async fn open_postgres(url: &SecretString) -> Result<PgPool> {
    let options = sqlx::postgres::PgConnectOptions::from_str(url.expose_secret())
        .context("PISMO_DATABASE is not an address like postgres://user@host/database")?;
    let pool = PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options)
        .await
        .context("Cannot reach the database that PISMO_DATABASE names")?;
    sqlx::migrate!("migrations/postgres").run(&pool).await.context("Cannot bring the database up to date")?;
    Ok(pool)
}

/// Now, in seconds since 1970 UTC.
pub fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
}
