//! Searches that are kept: a matter of the store, told to every tab.

use app::wire::{AccountId, Error, Event, SavedSearch};

use crate::{
    bridge::{Bridge, internal},
    store::Login,
};

impl Bridge {
    /// Keeps a search, in place of one of the same name.
    pub async fn keep_search(&self, login: &Login, search: SavedSearch) -> Result<(), Error> {
        let name = search.name.trim();
        let is_name = !name.is_empty() && name.chars().count() <= SavedSearch::MAX_NAME;
        let SavedSearch { query, .. } = &search;
        let is_long = query.search.len() > SavedSearch::MAX_QUERY || query.mailbox.len() > SavedSearch::MAX_QUERY;
        if !is_name || is_long || name.contains(char::is_control) || search.query.search.trim().is_empty() {
            return Err(Error::BadRequest {
                text: "A search has a name of its own, and something to look for".to_owned(),
            });
        }
        let search = SavedSearch { name: name.to_owned(), query: search.query };
        let kept = self.store.searches(login.account).await.map_err(internal)?;
        if kept.len() >= SavedSearch::MOST && !kept.iter().any(|kept| kept.name == search.name) {
            return Err(Error::TooManySearches { limit: SavedSearch::MOST as u32 });
        }
        self.store.keep_search(login.account, &search).await.map_err(internal)?;
        self.tell_searches(login.account).await
    }

    /// Forgets a search. One that is forgotten already is no fault.
    pub async fn forget_search(&self, login: &Login, name: &str) -> Result<(), Error> {
        self.store.forget_search(login.account, name).await.map_err(internal)?;
        self.tell_searches(login.account).await
    }

    async fn tell_searches(&self, account: AccountId) -> Result<(), Error> {
        let searches = self.store.searches(account).await.map_err(internal)?;
        if let Some(account) = self.accounts.running(account) {
            account.tell(Event::Searches { searches }).await;
        }
        Ok(())
    }
}
