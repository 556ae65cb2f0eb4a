//! Logins: browsers that are signed in.

use anyhow::Result;
use app::wire::AccountId;

use super::{Store, change, now, on};

/// A login ends after this long without use, in seconds.
const IDLE: i64 = 30 * 24 * 3600;

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// SHA-256 of the token in the cookie.
    pub token: Vec<u8>,
    pub account: AccountId,
    pub address: String,
}

impl Store {
    pub async fn add_login(&self, token: &[u8], user: i64, device: &str, network: &str) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO logins (token, user_id, device, network, created, seen) VALUES ($1, $2, $3, $4, $5, $5)")
            .bind(token).bind(user).bind(device).bind(network).bind(now()).execute(pool))?;
        Ok(())
    }

    /// The login of this token, if it has not ended.
    pub async fn login(&self, token: &[u8]) -> Result<Option<Login>> {
        let found: Option<(i64, String)> = on!(self, pool => sqlx::query_as(
            "SELECT accounts.id, accounts.address FROM logins JOIN accounts ON accounts.user_id = logins.user_id
             WHERE logins.token = $1 AND logins.seen > $2")
            .bind(token).bind(now() - IDLE).fetch_optional(pool))?;
        Ok(found.map(|(account, address)| Login { token: token.to_owned(), account: AccountId(account), address }))
    }

    /// Notes that the login is in use.
    pub async fn touch_login(&self, token: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE logins SET seen = $2 WHERE token = $1 AND seen < $3")
            .bind(token).bind(now()).bind(now() - 3600).execute(pool))?;
        Ok(())
    }

    pub async fn end_login(&self, token: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM logins WHERE token = $1")
            .bind(token).execute(pool))?;
        Ok(())
    }

    /// Removes logins that ended by themselves; says how many.
    pub async fn forget_ended_logins(&self) -> Result<u64> {
        let changed = change!(self, pool => sqlx::query("DELETE FROM logins WHERE seen <= $1")
            .bind(now() - IDLE).execute(pool))?;
        Ok(changed)
    }
}
