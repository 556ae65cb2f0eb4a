//! The second steps of signing in: codes of an authenticator, passkeys (`passkeys.rs`), and the recovery codes for both.

use anyhow::{Context, Result};

use super::{Added, Store, at_once, change, on};
use crate::{endpoint::Endpoint, host::belong_together};

/// Names of inboxes from this length on, in bytes, are of one server alone: Dovecot and Cyrus IMAP make them up (RFC 8474 §4), where
/// others count.
const UNLIKELY: usize = 16;

/// The second step of a user, of one kind or both.
#[derive(Debug, Clone)]
pub struct StoredSecondStep {
    /// What the authenticator has as well, sealed.
    pub secret: Option<Vec<u8>>,
    pub passkeys: i64,
    /// Recovery codes that are left.
    pub left: i64,
}

/// How many second steps a user has, within a transaction. Until it ends, nobody else changes that: writing the row of the user
/// locks it, and both would think theirs the first or the last otherwise.
macro_rules! locked {
    ($all:ident, $user:expr) => {{
        sqlx::query("UPDATE users SET handle = handle WHERE id = $1").bind($user).execute(&mut *$all).await?;
        let (count,): (i64,) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM second_steps WHERE user_id = $1) + (SELECT COUNT(*) FROM passkeys WHERE user_id = $1)",
        )
        .bind($user)
        .fetch_one(&mut *$all)
        .await?;
        count
    }};
}

/// What became of adding one, within a transaction: of these rows, where there were so many before. With the first one the recovery
/// codes are kept.
macro_rules! added {
    ($all:ident, $user:expr, $rows:expr, $before:expr, $codes:expr) => {
        match ($rows, $before) {
            (0, _) => Added::No,
            (_, 0) => {
                // Those of before are left where somebody has turned it off by hand.
                sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind($user).execute(&mut *$all).await?;
                for code in $codes {
                    sqlx::query("INSERT INTO recovery_codes (user_id, code) VALUES ($1, $2)")
                        .bind($user)
                        .bind(code)
                        .execute(&mut *$all)
                        .await?;
                }
                Added::First
            }
            _ => Added::Further,
        }
    };
}

/// Removes the recovery codes of a user who has no second step left, within a transaction.
macro_rules! end_of_second_step {
    ($all:ident, $user:expr) => {
        sqlx::query(
            "DELETE FROM recovery_codes WHERE user_id = $1
             AND NOT EXISTS (SELECT 1 FROM second_steps WHERE user_id = $1)
             AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)",
        )
        .bind($user)
        .execute(&mut *$all)
        .await?;
    };
}
pub(super) use {added, end_of_second_step, locked};

impl Store {
    /// The second step of a user, if there is one.
    pub async fn second_step(&self, user: i64) -> Result<Option<StoredSecondStep>> {
        let found: Option<(Option<Vec<u8>>, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT (SELECT sealed FROM second_steps WHERE user_id = users.id),
                    (SELECT COUNT(*) FROM passkeys WHERE user_id = users.id),
                    (SELECT COUNT(*) FROM recovery_codes WHERE user_id = users.id)
             FROM users WHERE id = $1").bind(user).fetch_optional(pool))?;
        let step = found.map(|(secret, passkeys, left)| StoredSecondStep { secret, passkeys, left });
        Ok(step.filter(|step| step.secret.is_some() || step.passkeys > 0))
    }

    /// The user who has a second step and this address, however it is written (mail servers do not ask for its case), or this very
    /// inbox by another address: that is given back, too. A mail server has several names and ports: all of one owner's are one, and
    /// those under which there is an inbox that no other server has.
    pub async fn who_has_second_step(
        &self,
        address: &str,
        imap: &Endpoint,
        inbox: &str,
    ) -> Result<Option<(i64, String)>> {
        let all: Vec<(i64, String, String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT id, address, imap, inbox FROM users WHERE (LOWER(address) = LOWER($1) OR (inbox = $2 AND inbox <> ''))
             AND (EXISTS (SELECT 1 FROM second_steps WHERE user_id = users.id)
                  OR EXISTS (SELECT 1 FROM passkeys WHERE user_id = users.id))
             ORDER BY imap = $3 DESC, LOWER(address) = LOWER($1) DESC, id")
            .bind(address).bind(inbox).bind(imap.to_string()).fetch_all(pool))?;
        for (user, address, server, known) in all {
            let server: Endpoint = server.parse().context("A server in the database")?;
            let is_this_inbox = known == inbox && inbox.len() >= UNLIKELY;
            if is_this_inbox || belong_together(&server.host, &imap.host) {
                return Ok(Some((user, address)));
            }
        }
        Ok(None)
    }

    /// Turns codes on with a sealed secret, whose code of this step was shown, and with what is kept of the recovery codes if there
    /// was no second step.
    pub async fn add_second_step(&self, user: i64, secret: &[u8], step: i64, codes: &[Vec<u8>]) -> Result<Added> {
        // Together, or somebody could have one without a code to get past it.
        Ok(at_once!(self, all => {
            let before = locked!(all, user);
            let result = sqlx::query(
                "INSERT INTO second_steps (user_id, sealed, step) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING")
                .bind(user).bind(secret).bind(step).execute(&mut *all).await?;
            added!(all, user, result.rows_affected(), before, codes)
        }))
    }

    /// Takes the code of a step. Says no if that one, or a later one, was taken before.
    pub async fn take_step(&self, user: i64, step: i64) -> Result<bool> {
        let taken = change!(self, pool => sqlx::query(
            "UPDATE second_steps SET step = $2 WHERE user_id = $1 AND step < $2").bind(user).bind(step).execute(pool))?;
        Ok(taken > 0)
    }

    /// Takes a recovery code. Says no if there is none such.
    pub async fn take_recovery_code(&self, user: i64, code: &[u8]) -> Result<bool> {
        let taken = change!(self, pool => sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1 AND code = $2")
            .bind(user).bind(code).execute(pool))?;
        Ok(taken > 0)
    }

    /// Turns codes off, and the recovery codes with the last second step.
    pub async fn remove_second_step(&self, user: i64) -> Result<()> {
        at_once!(self, all => {
            locked!(all, user);
            sqlx::query("DELETE FROM second_steps WHERE user_id = $1").bind(user).execute(&mut *all).await?;
            end_of_second_step!(all, user);
        });
        Ok(())
    }
}
