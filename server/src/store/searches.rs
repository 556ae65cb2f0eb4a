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

    /// Searches in a mailbox that was renamed, and in those inside, are searches in what they are called now. Gives all
    /// there are, if any had to follow.
    pub async fn move_searches(
        &self,
        account: AccountId,
        (from, to): (&str, &str),
        delimiter: Option<char>,
    ) -> Result<Option<Vec<SavedSearch>>> {
        let mut moved = false;
        let mut searches = self.searches(account).await?;
        for search in &mut searches {
            let Some(rest) = search.query.mailbox.strip_prefix(from) else { continue };
            if rest.is_empty() || delimiter.is_some_and(|delimiter| rest.starts_with(delimiter)) {
                search.query.mailbox = format!("{to}{rest}");
                self.keep_search(account, search).await?;
                moved = true;
            }
        }
        Ok(moved.then_some(searches))
    }
}
