//! What the run of a collector that is under way has done, or the last one.

use anyhow::Result;
use app::wire::{CollectorId, CollectorRun};

use super::{Store, change, collectors::small, now, on};

impl Store {
    /// A run begins: what is here so far was brought before it.
    pub async fn begin_run(&self, id: CollectorId) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET run_begun = $2, run_ended = NULL,
                run_copied = (SELECT COALESCE(SUM(copied), 0) FROM collector_folders WHERE collector_id = $1),
                run_bytes = (SELECT COALESCE(SUM(bytes), 0) FROM collector_folders WHERE collector_id = $1)
             WHERE id = $1").bind(id.0).bind(now()).execute(pool))?;
        Ok(())
    }

    /// A run has ended, however.
    pub async fn note_end_of_run(&self, id: CollectorId) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE collectors SET run_ended = $2 WHERE id = $1")
            .bind(id.0).bind(now()).execute(pool))?;
        Ok(())
    }

    /// What the run that is under way has done, or the last one.
    pub async fn run_of(&self, id: CollectorId) -> Result<CollectorRun> {
        type Columns = (Option<i64>, Option<i64>, i64, i64);
        let found: Option<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT run_begun, run_ended,
                CAST((SELECT COALESCE(SUM(copied), 0) FROM collector_folders WHERE collector_id = $1) AS BIGINT) - run_copied,
                CAST((SELECT COALESCE(SUM(bytes), 0) FROM collector_folders WHERE collector_id = $1) AS BIGINT) - run_bytes
             FROM collectors WHERE id = $1").bind(id.0).fetch_optional(pool))?;
        let Some((begun, ended, messages, bytes)) = found else { return Ok(CollectorRun::default()) };
        // A folder that is gone at the source takes its numbers with it.
        Ok(CollectorRun { begun, ended, messages: small(messages), bytes: u64::try_from(bytes).unwrap_or(0) })
    }
}
