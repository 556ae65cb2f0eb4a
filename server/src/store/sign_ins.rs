//! Who has signed in to an account, and who has tried and failed.

use anyhow::Result;
use app::{view::logins::Outcome, wire::AccountId};

use super::{Store, change, now, on};
use crate::endpoint::Endpoint;

/// How long they are kept, in seconds, and how many of an account: of those that succeeded, and of those that failed, so that
/// whoever guesses does not push out who was there.
const KEPT: i64 = 90 * 24 * 3600;
const MOST: i64 = 100;

/// Attempts that are not let through are noted no more often than this of one network, in seconds: each would cost a write.
const REPEATED: i64 = 60;

/// From where somebody signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// What the browser says it is.
    pub device: String,
    pub network: String,
}

/// Somebody who signed in, or tried to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Seconds since 1970 UTC.
    pub at: i64,
    pub origin: Origin,
    pub outcome: Outcome,
}

impl Store {
    /// Notes that somebody has signed in, or failed after it was known who they say they are.
    pub async fn note_sign_in(&self, user: i64, origin: &Origin, outcome: Outcome) -> Result<()> {
        let Origin { device, network } = origin;
        let added = match outcome {
            Outcome::Attempts => change!(self, pool => sqlx::query(
                "INSERT INTO sign_ins (user_id, at, device, network, outcome)
                 SELECT $1, $2, $3, $4, $5 WHERE NOT EXISTS (
                    SELECT 1 FROM sign_ins WHERE user_id = $1 AND network = $4 AND outcome = $5 AND at > $6)")
                .bind(user).bind(now()).bind(device).bind(network).bind(outcome.name()).bind(now() - REPEATED)
                .execute(pool))?,
            Outcome::In | Outcome::Password | Outcome::Code => change!(self, pool => sqlx::query(
                "INSERT INTO sign_ins (user_id, at, device, network, outcome) VALUES ($1, $2, $3, $4, $5)")
                .bind(user).bind(now()).bind(device).bind(network).bind(outcome.name()).execute(pool))?,
        };
        match (added, outcome) {
            (0, _) => {}
            (_, Outcome::In) => drop(change!(self, pool => sqlx::query(
                "DELETE FROM sign_ins WHERE user_id = $1 AND outcome = 'in' AND id <= (
                    SELECT id FROM sign_ins WHERE user_id = $1 AND outcome = 'in' ORDER BY id DESC LIMIT 1 OFFSET $2)")
                .bind(user).bind(MOST).execute(pool))?),
            _ => drop(change!(self, pool => sqlx::query(
                "DELETE FROM sign_ins WHERE user_id = $1 AND outcome <> 'in' AND id <= (
                    SELECT id FROM sign_ins WHERE user_id = $1 AND outcome <> 'in' ORDER BY id DESC LIMIT 1 OFFSET $2)")
                .bind(user).bind(MOST).execute(pool))?),
        }
        Ok(())
    }

    /// Notes a failure for whoever has signed in with this address before. Of others nothing is kept.
    pub async fn note_refusal(&self, address: &str, imap: &Endpoint, origin: &Origin, outcome: Outcome) -> Result<()> {
        let users: Vec<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT id FROM users WHERE LOWER(address) = LOWER($1) AND imap = $2")
            .bind(address).bind(imap.to_string()).fetch_all(pool))?;
        for (user,) in users {
            self.note_sign_in(user, origin, outcome).await?;
        }
        Ok(())
    }

    /// The last of an account, the newest first: all that are kept, or many failures would hide who was there.
    pub async fn sign_ins(&self, account: AccountId) -> Result<Vec<SignIn>> {
        let rows: Vec<(i64, String, String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT at, device, network, outcome FROM sign_ins
             WHERE user_id = (SELECT user_id FROM accounts WHERE accounts.id = $1) AND at > $2 ORDER BY id DESC LIMIT $3")
            .bind(account.0).bind(now() - KEPT).bind(2 * MOST).fetch_all(pool))?;
        let known = |(at, device, network, outcome): (i64, String, String, String)| {
            // What a newer version has written is not known, and not shown.
            Some(SignIn { at, origin: Origin { device, network }, outcome: Outcome::from_name(&outcome)? })
        };
        Ok(rows.into_iter().filter_map(known).collect())
    }

    /// What the browsers say they are with which somebody has signed in so far.
    pub async fn known_devices(&self, user: i64) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT device FROM sign_ins WHERE user_id = $1 AND outcome = 'in'
             UNION SELECT device FROM logins WHERE user_id = $1").bind(user).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(device,)| device).collect())
    }

    /// The networks from which somebody has signed in with this address so far.
    pub async fn known_networks(&self, address: &str, imap: &Endpoint) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT s.network FROM sign_ins AS s JOIN users AS u ON u.id = s.user_id
             WHERE LOWER(u.address) = LOWER($1) AND u.imap = $2 AND s.outcome = 'in'
             UNION SELECT l.network FROM logins AS l JOIN users AS u ON u.id = l.user_id
             WHERE LOWER(u.address) = LOWER($1) AND u.imap = $2")
            .bind(address).bind(imap.to_string()).fetch_all(pool))?;
        Ok(rows.into_iter().map(|(network,)| network).collect())
    }

    /// The servers at which somebody has signed in with this address; whoever it was.
    pub async fn servers_of(&self, address: &str) -> Result<Vec<Endpoint>> {
        let rows: Vec<(String,)> = on!(self, pool => sqlx::query_as(
            "SELECT imap FROM users WHERE LOWER(address) = LOWER($1) ORDER BY id").bind(address).fetch_all(pool))?;
        Ok(rows.into_iter().filter_map(|(imap,)| imap.parse().ok()).collect())
    }

    /// Removes what is too old to be kept.
    pub async fn forget_old_sign_ins(&self) -> Result<()> {
        change!(self, pool => sqlx::query("DELETE FROM sign_ins WHERE at <= $1").bind(now() - KEPT).execute(pool))?;
        Ok(())
    }
}
