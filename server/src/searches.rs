//! Searches that are kept: a matter of the store, told to every tab.

use app::wire::{AccountId, Error, SavedSearch};

use crate::{
    bridge::{Bridge, internal},
    store::Login,
};

impl Bridge {
    /// Keeps a search; `before` is what it was called until now. Searches that others have kept meanwhile are not counted twice,
    /// and none is replaced that is not this one.
    pub async fn keep_search(&self, login: &Login, search: SavedSearch, before: Option<&str>) -> Result<(), Error> {
        let SavedSearch { name, query } = search;
        let name = name.trim().to_owned();
        let is_name = !name.is_empty() && name.chars().count() <= SavedSearch::MAX_NAME;
        let is_long = query.search.len() > SavedSearch::MAX_QUERY || query.mailbox.len() > SavedSearch::MAX_QUERY;
        if !is_name || is_long || name.contains(char::is_control) || query.search.trim().is_empty() {
            let text = "A search has a name of its own, and something to look for".to_owned();
            return Err(Error::BadRequest { text });
        }
        let search = SavedSearch { name, query };
        let others = self.store.searches(login.account).await.map_err(internal)?;
        let others: Vec<&SavedSearch> = others.iter().filter(|other| Some(other.name.as_str()) != before).collect();
        // Asked for twice, it is the same.
        if others.iter().any(|other| other.name == search.name && **other != search) {
            return Err(Error::SearchExists);
        }
        if others.len() >= SavedSearch::MOST && !others.contains(&&search) {
            return Err(Error::TooManySearches { limit: SavedSearch::MOST as u32 });
        }
        self.store.keep_search(login.account, &search).await.map_err(internal)?;
        if let Some(before) = before.filter(|before| *before != search.name) {
            self.store.forget_search(login.account, before).await.map_err(internal)?;
        }
        self.tell_searches(login.account).await;
        Ok(())
    }

    /// Forgets a search. One that is forgotten already is no fault.
    pub async fn forget_search(&self, login: &Login, name: &str) -> Result<(), Error> {
        self.store.forget_search(login.account, name).await.map_err(internal)?;
        self.tell_searches(login.account).await;
        Ok(())
    }

    async fn tell_searches(&self, account: AccountId) {
        if let Some(account) = self.accounts.running(account) {
            account.searches_changed().await;
        }
    }
}
