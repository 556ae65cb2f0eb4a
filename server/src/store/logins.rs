//! Logins: browsers that are signed in.

use anyhow::Result;
use app::wire::AccountId;

use super::{Store, change, now, on};

/// A login ends after this long without use, and in any case this long after it was begun, in seconds.
const IDLE: i64 = 30 * 24 * 3600;
pub const LIFETIME: i64 = 90 * 24 * 3600;

/// Its use is noted no more often than this, in seconds: another node may have done so just now.
const NOTED: i64 = 60;

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
             WHERE logins.token = $1 AND logins.seen > $2 AND logins.created > $3")
            .bind(token).bind(now() - IDLE).bind(now() - LIFETIME).fetch_optional(pool))?;
        Ok(found.map(|(account, address)| Login { token: token.to_owned(), account: AccountId(account), address }))
    }

    /// Notes that the login is in use.
    pub async fn touch_login(&self, token: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE logins SET seen = $2 WHERE token = $1 AND seen <= $3")
            .bind(token).bind(now()).bind(now() - NOTED).execute(pool))?;
        Ok(())
    }

    pub async fn end_login(&self, token: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM logins WHERE token = $1").bind(token).execute(pool))?;
        self.forget_unused_passwords().await
    }

    /// A password is kept for as long as someone is signed in with it or something is still to be sent with it.
    async fn forget_unused_passwords(&self) -> Result<()> {
        change!(self, pool => sqlx::query(
            "UPDATE accounts SET password = NULL WHERE password IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM logins WHERE logins.user_id = accounts.user_id)
             AND NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.account_id = accounts.id
                             AND (submissions.state IN ('waiting', 'sending', 'retrying')
                                  OR (submissions.state = 'sent' AND submissions.filed = 0)))")
            .execute(pool))?;
        Ok(())
    }

    /// Removes logins that ended by themselves, and passwords that nobody needs any more.
    pub async fn forget_ended_logins(&self) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM logins WHERE seen <= $1 OR created <= $2")
            .bind(now() - IDLE).bind(now() - LIFETIME).execute(pool))?;
        self.forget_unused_passwords().await
    }
}
