//! What the run of a collector that is under way has brought, and what the last one did that brought anything.

use anyhow::Result;
use app::wire::{CollectorId, CollectorReport, CollectorRun};

use super::{Store, change, collectors::small, now, on};

impl Store {
    /// A run begins: what is here so far was brought before it.
    pub async fn begin_run(&self, id: CollectorId) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET run_begun = $2,
                run_copied = (SELECT COALESCE(SUM(copied), 0) FROM collector_folders WHERE collector_id = $1),
                run_bytes = (SELECT COALESCE(SUM(bytes), 0) FROM collector_folders WHERE collector_id = $1)
             WHERE id = $1").bind(id.0).bind(now()).execute(pool))?;
        Ok(())
    }

    /// A run has ended, however: what it has brought is kept if that is anything.
    pub async fn report_run(&self, id: CollectorId) -> Result<()> {
        let Some(CollectorRun { begun, messages, bytes }) = self.run_of(id).await? else { return Ok(()) };
        if messages == 0 {
            return Ok(());
        }
        let ended = now();
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET report_ended = $2, report_seconds = $3, report_copied = $4, report_bytes = $5
             WHERE id = $1")
            .bind(id.0).bind(ended).bind(ended - begun).bind(i64::from(messages))
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX)).execute(pool))?;
        Ok(())
    }

    /// What has been brought since the last run began.
    pub async fn run_of(&self, id: CollectorId) -> Result<Option<CollectorRun>> {
        let found: Option<(i64, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT run_begun,
                CAST((SELECT COALESCE(SUM(copied), 0) FROM collector_folders WHERE collector_id = $1) AS BIGINT) - run_copied,
                CAST((SELECT COALESCE(SUM(bytes), 0) FROM collector_folders WHERE collector_id = $1) AS BIGINT) - run_bytes
             FROM collectors WHERE id = $1 AND run_begun IS NOT NULL").bind(id.0).fetch_optional(pool))?;
        // A folder that is gone at the source takes its numbers with it.
        Ok(found.map(|(begun, messages, bytes)| CollectorRun {
            begun,
            messages: small(messages),
            bytes: u64::try_from(bytes).unwrap_or(0),
        }))
    }

    /// What the last run did that brought anything.
    pub async fn report_of(&self, id: CollectorId) -> Result<Option<CollectorReport>> {
        let found: Option<(i64, i64, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT report_ended, report_seconds, report_copied, report_bytes FROM collectors
             WHERE id = $1 AND report_ended IS NOT NULL").bind(id.0).fetch_optional(pool))?;
        Ok(found.map(|(ended, seconds, messages, bytes)| CollectorReport {
            ended,
            seconds: u64::try_from(seconds).unwrap_or(0),
            messages: small(messages),
            bytes: u64::try_from(bytes).unwrap_or(0),
        }))
    }
}
