//! Whose pictures on the net a person wants to see.

use anyhow::Result;
use app::wire::{AccountId, PicturesOf};

use super::{Store, change, now, on};

/// Messages that are kept of an account, the last ones: senders and domains are all kept.
const MESSAGES: i64 = 2000;

impl Store {
    /// Has pictures shown of a message, a sender or a domain.
    pub async fn allow_pictures(&self, account: AccountId, of: PicturesOf, value: &str) -> Result<()> {
        change!(self, pool => sqlx::query(
            "INSERT INTO pictures_allowed (account_id, kind, value, added) VALUES ($1, $2, $3, $4)
             ON CONFLICT (account_id, kind, value) DO UPDATE SET added = excluded.added")
            .bind(account.0).bind(of.name()).bind(value).bind(now()).execute(pool))?;
        if of == PicturesOf::Message {
            change!(self, pool => sqlx::query(
                "DELETE FROM pictures_allowed WHERE account_id = $1 AND kind = 'message' AND value NOT IN
                    (SELECT value FROM pictures_allowed WHERE account_id = $1 AND kind = 'message'
                     ORDER BY added DESC, value LIMIT $2)")
                .bind(account.0).bind(MESSAGES).execute(pool))?;
        }
        Ok(())
    }

    /// Whether pictures are shown of one of these: a message, a sender, a domain, in the order of [`PicturesOf::ALL`]. Nothing has
    /// the empty name.
    pub async fn are_pictures_allowed(
        &self,
        account: AccountId,
        [message, sender, domain]: &[String; 3],
    ) -> Result<bool> {
        let found: Option<(i64,)> = on!(self, pool => sqlx::query_as(
            "SELECT added FROM pictures_allowed WHERE account_id = $1 AND ((kind = 'message' AND value = $2)
                OR (kind = 'sender' AND value = $3) OR (kind = 'domain' AND value = $4)) LIMIT 1")
            .bind(account.0).bind(message).bind(sender).bind(domain).fetch_optional(pool))?;
        Ok(found.is_some())
    }

    /// Of which senders and domains pictures are shown, and of how many messages.
    pub async fn pictures_allowed(&self, account: AccountId) -> Result<(Vec<(PicturesOf, String)>, u64)> {
        let rows: Vec<(String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT kind, value FROM pictures_allowed WHERE account_id = $1 AND kind <> 'message' ORDER BY value, kind")
            .bind(account.0).fetch_all(pool))?;
        let (messages,): (i64,) = on!(self, pool => sqlx::query_as(
            "SELECT COUNT(*) FROM pictures_allowed WHERE account_id = $1 AND kind = 'message'")
            .bind(account.0).fetch_one(pool))?;
        let known = rows.into_iter().filter_map(|(kind, value)| Some((PicturesOf::from_name(&kind)?, value)));
        Ok((known.collect(), u64::try_from(messages).unwrap_or(0)))
    }

    /// Takes that back for a sender or a domain; for messages, of all of them.
    pub async fn forget_pictures(&self, account: AccountId, of: PicturesOf, value: &str) -> Result<()> {
        change!(self, pool => sqlx::query(
            "DELETE FROM pictures_allowed WHERE account_id = $1 AND kind = $2 AND (value = $3 OR kind = 'message')")
            .bind(account.0).bind(of.name()).bind(value).execute(pool))?;
        Ok(())
    }
}
