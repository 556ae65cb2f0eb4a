//! The second steps of signing in.

use anyhow::Result;

use super::{Store, at_once, change, on};
use crate::endpoint::Endpoint;

/// The second step of a user.
#[derive(Debug, Clone)]
pub struct StoredSecondStep {
    /// Sealed.
    pub secret: Vec<u8>,
    /// Recovery codes that are left.
    pub left: i64,
}

impl Store {
    pub async fn second_step(&self, user: i64) -> Result<Option<StoredSecondStep>> {
        let found: Option<(Vec<u8>, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT sealed, (SELECT COUNT(*) FROM recovery_codes WHERE recovery_codes.user_id = second_steps.user_id)
             FROM second_steps WHERE user_id = $1").bind(user).fetch_optional(pool))?;
        Ok(found.map(|(secret, left)| StoredSecondStep { secret, left }))
    }

    /// The user of this address who has a second step, however it is written: mail servers do not ask for its case.
    pub async fn who_has_second_step(&self, address: &str, imap: &Endpoint) -> Result<Option<i64>> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT users.id FROM users JOIN second_steps ON second_steps.user_id = users.id
             WHERE LOWER(users.address) = LOWER($1) AND users.imap = $2 ORDER BY users.id LIMIT 1")
            .bind(address).bind(imap.to_string()).fetch_optional(pool))?;
        Ok(found.map(|(user,)| user))
    }

    /// Turns the second step on with a sealed secret, whose code of this step was shown, and what is kept of the recovery codes.
    /// Says no if it is on.
    pub async fn add_second_step(&self, user: i64, secret: &[u8], step: i64, codes: &[Vec<u8>]) -> Result<bool> {
        // Together, or somebody could have one without a code to get past it.
        Ok(at_once!(self, all => {
            let added = sqlx::query(
                "INSERT INTO second_steps (user_id, sealed, step) VALUES ($1, $2, $3) ON CONFLICT (user_id) DO NOTHING")
                .bind(user).bind(secret).bind(step).execute(&mut *all).await?;
            let is_new = added.rows_affected() > 0;
            if is_new {
                // Those of before are left where somebody has turned it off by hand.
                sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute(&mut *all).await?;
                for code in codes {
                    sqlx::query("INSERT INTO recovery_codes (user_id, code) VALUES ($1, $2)")
                        .bind(user).bind(code).execute(&mut *all).await?;
                }
            }
            is_new
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

    /// Turns the second step off.
    pub async fn remove_second_step(&self, user: i64) -> Result<()> {
        at_once!(self, all => {
            sqlx::query("DELETE FROM recovery_codes WHERE user_id = $1").bind(user).execute(&mut *all).await?;
            sqlx::query("DELETE FROM second_steps WHERE user_id = $1").bind(user).execute(&mut *all).await?;
        });
        Ok(())
    }
}
