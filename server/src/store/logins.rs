//! Logins: browsers that are signed in.

use anyhow::Result;
use app::wire::AccountId;

use super::{Origin, Store, change, now, on};

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
    pub user: i64,
    pub account: AccountId,
    pub address: String,
}

/// A login as its person is shown it. Times are in seconds since 1970 UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRow {
    /// Names it to the person.
    pub id: String,
    pub token: Vec<u8>,
    pub origin: Origin,
    pub created: i64,
    pub seen: i64,
}

/// Which logins of an account are ended.
#[derive(Debug, Clone, Copy)]
pub enum Ending<'a> {
    /// The one that is named so to the person.
    One(&'a str),
    /// The one with this token.
    This(&'a [u8]),
    /// All but the one with this token.
    Others(&'a [u8]),
    All,
}

impl Store {
    /// Adds a login; `id` names it to the person.
    pub async fn add_login(&self, token: &[u8], id: &str, user: i64, origin: &Origin) -> Result<()> {
        let Origin { device, network } = origin;
        change!(self, pool => sqlx::query(
            "INSERT INTO logins (token, id, user_id, device, network, created, seen) VALUES ($1, $2, $3, $4, $5, $6, $6)")
            .bind(token).bind(id).bind(user).bind(device).bind(network).bind(now()).execute(pool))?;
        Ok(())
    }

    /// The logins of an account that have not ended, the one that was used last first.
    pub async fn logins(&self, account: AccountId) -> Result<Vec<LoginRow>> {
        let rows: Vec<(String, Vec<u8>, String, String, i64, i64)> = on!(self, pool => sqlx::query_as(
            "SELECT id, token, device, network, created, seen FROM logins
             WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1) AND seen > $2 AND created > $3
             ORDER BY seen DESC, created DESC, id")
            .bind(account.0).bind(now() - IDLE).bind(now() - LIFETIME).fetch_all(pool))?;
        let row = |(id, token, device, network, created, seen)| LoginRow {
            id,
            token,
            origin: Origin { device, network },
            created,
            seen,
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// The login of this token, if it has not ended.
    pub async fn login(&self, token: &[u8]) -> Result<Option<Login>> {
        let found: Option<(i64, i64, String)> = on!(self, pool => sqlx::query_as(
            "SELECT accounts.user_id, accounts.id, accounts.address FROM logins JOIN accounts ON accounts.user_id = logins.user_id
             WHERE logins.token = $1 AND logins.seen > $2 AND logins.created > $3")
            .bind(token).bind(now() - IDLE).bind(now() - LIFETIME).fetch_optional(pool))?;
        let login =
            |(user, account, address)| Login { token: token.to_owned(), user, account: AccountId(account), address };
        Ok(found.map(login))
    }

    /// Notes that the login is in use.
    pub async fn touch_login(&self, token: &[u8]) -> Result<()> {
        change!(self, pool => sqlx::query("UPDATE logins SET seen = $2 WHERE token = $1 AND seen <= $3")
            .bind(token).bind(now()).bind(now() - NOTED).execute(pool))?;
        Ok(())
    }

    /// Ends logins of an account. Gives back their tokens.
    pub async fn end_logins(&self, account: AccountId, which: Ending<'_>) -> Result<Vec<Vec<u8>>> {
        let ended: Vec<(Vec<u8>,)> = match which {
            Ending::One(id) => on!(self, pool => sqlx::query_as(
                "DELETE FROM logins WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1) AND id = $2
                 RETURNING token").bind(account.0).bind(id).fetch_all(pool))?,
            Ending::This(token) => on!(self, pool => sqlx::query_as(
                "DELETE FROM logins WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1) AND token = $2
                 RETURNING token").bind(account.0).bind(token).fetch_all(pool))?,
            Ending::Others(token) => on!(self, pool => sqlx::query_as(
                "DELETE FROM logins WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1) AND token <> $2
                 RETURNING token").bind(account.0).bind(token).fetch_all(pool))?,
            Ending::All => on!(self, pool => sqlx::query_as(
                "DELETE FROM logins WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1)
                 RETURNING token").bind(account.0).fetch_all(pool))?,
        };
        let ended: Vec<Vec<u8>> = ended.into_iter().map(|(token,)| token).collect();
        if self.is_shared() {
            for token in &ended {
                change!(self, pool => sqlx::query(
                    "INSERT INTO endings (token, account_id, at) VALUES ($1, $2, $3) ON CONFLICT (token) DO NOTHING")
                    .bind(token).bind(account.0).bind(now()).execute(pool))?;
            }
        }
        self.forget_unused_passwords().await?;
        Ok(ended)
    }

    /// The logins that were ended, on whichever node, since then.
    pub async fn endings_since(&self, at: i64) -> Result<Vec<(AccountId, Vec<u8>)>> {
        let rows: Vec<(i64, Vec<u8>)> = on!(self, pool => sqlx::query_as(
            "SELECT account_id, token FROM endings WHERE at >= $1").bind(at).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(account, token)| (AccountId(account), token)).collect())
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
        change!(self, pool => sqlx::query("DELETE FROM endings WHERE at < $1").bind(now() - 3600).execute(pool))?;
        self.forget_unused_passwords().await
    }
}
