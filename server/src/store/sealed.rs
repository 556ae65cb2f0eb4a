//! All that is sealed, for a change of the key.

use anyhow::Result;
use app::wire::AccountId;

use super::{Store, WayOut, at_once};
use crate::{bridge::account_owner, endpoint::Endpoint, second_step};

/// What came of sealing everything anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    pub done: u64,
    /// These did not open, and stayed as they were.
    pub closed: u64,
}

type Row = (i64, String, Vec<u8>);

impl Store {
    /// Seals everything anew in one transaction, by a function of what it is bound to and of what is sealed: none where it does not
    /// open.
    pub async fn reseal(&self, anew: impl Fn(&str, &[u8]) -> Result<Option<Vec<u8>>>) -> Result<Resealed> {
        let mut count = Resealed::default();
        at_once!(self, all => {
            let accounts: Vec<Row> =
                sqlx::query_as("SELECT id, imap, password FROM accounts WHERE password IS NOT NULL")
                    .fetch_all(&mut *all).await?;
            for (id, imap, sealed) in accounts {
                let imap: Endpoint = imap.parse()?;
                if let Some(sealed) = count.of(anew(&account_owner(AccountId(id), &imap), &sealed)?) {
                    sqlx::query("UPDATE accounts SET password = $1 WHERE id = $2").bind(sealed).bind(id)
                        .execute(&mut *all).await?;
                }
            }
            let collectors: Vec<Row> =
                sqlx::query_as("SELECT id, endpoint, password FROM collectors WHERE password IS NOT NULL")
                    .fetch_all(&mut *all).await?;
            for (id, at, sealed) in collectors {
                if let Some(sealed) = count.of(anew(&super::collectors::owner(id, &at), &sealed)?) {
                    sqlx::query("UPDATE collectors SET password = $1 WHERE id = $2").bind(sealed).bind(id)
                        .execute(&mut *all).await?;
                }
            }
            let identities: Vec<(i64, i64, String, String, Vec<u8>)> = sqlx::query_as(
                "SELECT id, account_id, email, smtp, password FROM identities
                 WHERE password IS NOT NULL AND smtp IS NOT NULL")
                .fetch_all(&mut *all).await?;
            for (id, account, email, smtp, sealed) in identities {
                let owner = WayOut::owner(AccountId(account), &email, &smtp.parse()?);
                if let Some(sealed) = count.of(anew(&owner, &sealed)?) {
                    sqlx::query("UPDATE identities SET password = $1 WHERE id = $2").bind(sealed).bind(id)
                        .execute(&mut *all).await?;
                }
            }
            let steps: Vec<(i64, Vec<u8>)> =
                sqlx::query_as("SELECT user_id, sealed FROM second_steps").fetch_all(&mut *all).await?;
            for (user, sealed) in steps {
                if let Some(sealed) = count.of(anew(&second_step::owner(user), &sealed)?) {
                    sqlx::query("UPDATE second_steps SET sealed = $1 WHERE user_id = $2").bind(sealed).bind(user)
                        .execute(&mut *all).await?;
                }
            }
        });
        Ok(count)
    }
}

impl Resealed {
    fn of(&mut self, sealed: Option<Vec<u8>>) -> Option<Vec<u8>> {
        match sealed {
            Some(_) => self.done += 1,
            None => self.closed += 1,
        }
        sealed
    }
}
