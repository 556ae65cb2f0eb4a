//! What the run of a collector that is under way has brought, and what the last one did that brought anything.
//!
//! A run may have several turns, and goes on after a power cut. It ends when all was brought or something hinders it.

use anyhow::Result;
use app::wire::{CollectorId, CollectorReport, CollectorRun};

use super::{Lease, Store, change, collectors::small, now, on};

impl Store {
    /// A run begins, or goes on: what it has brought so far, none if the lease is lost.
    pub async fn begin_run(&self, lease: Lease<'_>) -> Result<Option<CollectorRun>> {
        let found: Option<(i64, i64, i64)> = on!(self, pool => sqlx::query_as(
            "UPDATE collectors SET run_begun = CASE WHEN run_open = 1 THEN run_begun ELSE $3 END,
                run_copied = CASE WHEN run_open = 1 THEN run_copied ELSE 0 END,
                run_bytes = CASE WHEN run_open = 1 THEN run_bytes ELSE 0 END, run_open = 1
             WHERE id = $1 AND holder = $2 RETURNING run_begun, run_copied, run_bytes")
            .bind(lease.collector.0).bind(lease.holder).bind(now()).fetch_optional(pool))?;
        Ok(found.map(run))
    }

    /// What the run has brought by now, in all.
    pub async fn note_run(&self, lease: Lease<'_>, messages: u64, bytes: u64) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET run_copied = $3, run_bytes = $4 WHERE id = $1 AND holder = $2")
            .bind(lease.collector.0).bind(lease.holder).bind(i64::try_from(messages).unwrap_or(i64::MAX))
            .bind(i64::try_from(bytes).unwrap_or(i64::MAX)).execute(pool))?;
        Ok(())
    }

    /// The run has ended: what it has brought is kept if that is anything.
    pub async fn report_run(&self, lease: Lease<'_>) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE collectors SET run_open = 0,
                report_ended = CASE WHEN run_copied > 0 THEN $3 ELSE report_ended END,
                report_seconds = CASE WHEN run_copied > 0 THEN $3 - run_begun ELSE report_seconds END,
                report_copied = CASE WHEN run_copied > 0 THEN run_copied ELSE report_copied END,
                report_bytes = CASE WHEN run_copied > 0 THEN run_bytes ELSE report_bytes END
             WHERE id = $1 AND holder = $2 AND run_open = 1")
            .bind(lease.collector.0).bind(lease.holder).bind(now()).execute(pool))?;
        Ok(())
    }

    /// What the run that is under way has brought, or the last one.
    pub async fn run_of(&self, id: CollectorId) -> Result<Option<CollectorRun>> {
        let found: Option<(i64, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT run_begun, run_copied, run_bytes FROM collectors WHERE id = $1 AND run_begun IS NOT NULL")
            .bind(id.0).fetch_optional(pool))?;
        Ok(found.map(run))
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

fn run((begun, messages, bytes): (i64, i64, i64)) -> CollectorRun {
    CollectorRun { begun, messages: small(messages), bytes: u64::try_from(bytes).unwrap_or(0) }
}
