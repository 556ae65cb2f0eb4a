//! Passkeys, each of one user: whoever asks names the user, so that another's is not there.

use anyhow::Result;

use super::{
    Store, at_once, change, now, on,
    second_steps::{added, end_of_second_step, locked},
};

/// How many a user may have.
pub const MOST: i64 = 20;

/// A passkey.
#[derive(Debug, Clone)]
pub struct StoredPasskey {
    /// Names it to its person.
    pub id: String,
    pub name: String,
    /// The host of Pismo where it is good.
    pub site: String,
    /// Its public key and what is known of it, as JSON.
    pub known: String,
    pub created: i64,
    pub used: Option<i64>,
}

/// A passkey that is about to be kept.
#[derive(Debug)]
pub struct NewPasskey<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub site: &'a str,
    /// By what the browser calls it.
    pub credential: &'a [u8],
    pub known: &'a str,
    pub counter: u32,
}

/// What became of adding one kind of second step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// It is the first, and the recovery codes are kept with it.
    First,
    /// There was another; its recovery codes stay.
    Further,
    /// It is there already, there are too many, or it is another's.
    No,
}

type Columns = (String, String, String, String, i64, Option<i64>);

fn from_columns((id, name, site, known, created, used): Columns) -> StoredPasskey {
    StoredPasskey { id, name, site, known, created, used }
}

impl Store {
    /// The passkeys of a user, the oldest first.
    pub async fn passkeys(&self, user: i64) -> Result<Vec<StoredPasskey>> {
        let rows: Vec<Columns> = on!(self, pool => sqlx::query_as(
            "SELECT id, name, site, known, created, used FROM passkeys WHERE user_id = $1 ORDER BY created, id")
            .bind(user).fetch_all(pool))?;
        Ok(rows.into_iter().map(from_columns).collect())
    }

    /// What authenticators know a user by: this, unless there is one already.
    pub async fn handle(&self, user: i64, fresh: &[u8]) -> Result<Vec<u8>> {
        let (handle,): (Vec<u8>,) = on!(self, pool => sqlx::query_as(
            "UPDATE users SET handle = COALESCE(handle, $2) WHERE id = $1 RETURNING handle")
            .bind(user).bind(fresh).fetch_one(pool))?;
        Ok(handle)
    }

    /// Adds a passkey, with what is kept of the recovery codes if it is the first second step.
    pub async fn add_passkey(&self, user: i64, passkey: &NewPasskey<'_>, codes: &[Vec<u8>]) -> Result<Added> {
        let NewPasskey { id, name, site, credential, known, counter } = *passkey;
        Ok(at_once!(self, all => {
            let before = locked!(all, user);
            let result = sqlx::query(
                "INSERT INTO passkeys (id, user_id, name, site, credential, known, counter, created)
                 SELECT $1, $2, $3, $4, $5, $6, $7, $8 WHERE (SELECT COUNT(*) FROM passkeys WHERE user_id = $2) < $9
                 ON CONFLICT (credential) DO NOTHING")
                .bind(id).bind(user).bind(name).bind(site).bind(credential).bind(known).bind(i64::from(counter))
                .bind(now()).bind(MOST).execute(&mut *all).await?;
            added!(all, user, result.rows_affected(), before, codes)
        }))
    }

    /// What is known of the passkey of a user that the browser calls so, and what authenticators know the user by.
    pub async fn passkey(&self, user: i64, credential: &[u8]) -> Result<Option<(String, Vec<u8>)>> {
        Ok(on!(self, pool => sqlx::query_as(
            "SELECT passkeys.known, users.handle FROM passkeys JOIN users ON users.id = passkeys.user_id
             WHERE passkeys.user_id = $1 AND passkeys.credential = $2")
            .bind(user).bind(credential).fetch_optional(pool))?)
    }

    /// Notes that a passkey has signed. Says no where it is gone, or has counted no further than it had before: then there are two
    /// of it (WebAuthn §7.2, step 22). The database decides, since another node may have taken an answer just now.
    pub async fn use_passkey(&self, user: i64, credential: &[u8], known: &str, counter: u32) -> Result<bool> {
        let used = change!(self, pool => sqlx::query(
            "UPDATE passkeys SET known = $3, counter = $4, used = $5
             WHERE user_id = $1 AND credential = $2 AND (counter < $4 OR (counter = 0 AND $4 = 0))")
            .bind(user).bind(credential).bind(known).bind(i64::from(counter)).bind(now()).execute(pool))?;
        Ok(used > 0)
    }

    /// Removes a passkey of a user, and the recovery codes with the last second step. Says no if there is none such.
    pub async fn remove_passkey(&self, user: i64, id: &str) -> Result<bool> {
        Ok(at_once!(self, all => {
            locked!(all, user);
            let removed = sqlx::query("DELETE FROM passkeys WHERE user_id = $1 AND id = $2")
                .bind(user).bind(id).execute(&mut *all).await?;
            end_of_second_step!(all, user);
            removed.rows_affected() > 0
        }))
    }
}
