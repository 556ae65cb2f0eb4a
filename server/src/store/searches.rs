//! Searches that a person has kept, the same on every device.

use anyhow::{Context, Result};
use app::wire::{AccountId, Query, SavedSearch};

use super::{Store, change, on};

impl Store {
    /// The searches of an account, by name.
    pub async fn searches(&self, account: AccountId) -> Result<Vec<SavedSearch>> {
        let found: Vec<(String, String)> = on!(self, pool => sqlx::query_as(
            "SELECT name, query FROM searches WHERE account_id = $1")
            .bind(account.0).fetch_all(pool))?;
        let read = |(name, query): (String, String)| {
            let query: Query = serde_json::from_str(&query).context("A stored search")?;
            Ok(SavedSearch { name, query })
        };
        let mut searches: Vec<SavedSearch> = found.into_iter().map(read).collect::<Result<_>>()?;
        // In the order of the screen, whatever the database makes of letters.
        searches.sort_by_cached_key(|search| search.name.to_lowercase());
        Ok(searches)
    }

    /// Keeps a search, in place of one of the same name.
    pub async fn keep_search(&self, account: AccountId, search: &SavedSearch) -> Result<()> {
        let query = serde_json::to_string(&search.query)?;
        change!(self, pool => sqlx::query(
            "INSERT INTO searches (account_id, name, query) VALUES ($1, $2, $3)
             ON CONFLICT (account_id, name) DO UPDATE SET query = excluded.query")
            .bind(account.0).bind(&search.name).bind(&query).execute(pool))?;
        Ok(())
    }

    /// Forgets the search of this name. Whether there was one.
    pub async fn forget_search(&self, account: AccountId, name: &str) -> Result<bool> {
        let gone = change!(self, pool => sqlx::query("DELETE FROM searches WHERE account_id = $1 AND name = $2")
            .bind(account.0).bind(name).execute(pool))?;
        Ok(gone > 0)
    }

    /// Searches in a mailbox that was renamed, and in those inside, are searches in what they are called now. Whether any had
    /// to follow. One that was kept anew meanwhile stays as it is.
    pub async fn move_searches(
        &self,
        account: AccountId,
        (from, to): (&str, &str),
        delimiter: Option<char>,
    ) -> Result<bool> {
        let mut moved = 0;
        for SavedSearch { name, query } in self.searches(account).await? {
            let Some(rest) = query.mailbox.strip_prefix(from) else { continue };
            if rest.is_empty() || delimiter.is_some_and(|delimiter| rest.starts_with(delimiter)) {
                let before = serde_json::to_string(&query)?;
                let now = serde_json::to_string(&Query { mailbox: format!("{to}{rest}"), ..query })?;
                moved += change!(self, pool => sqlx::query(
                    "UPDATE searches SET query = $1 WHERE account_id = $2 AND name = $3 AND query = $4")
                    .bind(&now).bind(account.0).bind(&name).bind(&before).execute(pool))?;
            }
        }
        Ok(moved > 0)
    }
}
