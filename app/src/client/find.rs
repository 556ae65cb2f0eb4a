//! Finding messages: searches, filters, orders, and the way to a day.

use leptos::prelude::*;

use super::Client;
use crate::{
    state::{Chosen, Dialog, GROUPED},
    wire::{Command, Error, Query, Reply, SavedSearch, Sort},
};

impl Client {
    /// Shows what a search of the open folder, or of all, finds; an empty search the whole folder.
    pub fn search(&self, search: &str, everywhere: bool) {
        let Query { mailbox, sort, threaded, .. } = self.state.list.query.get_untracked();
        let search = search.trim().to_owned();
        let everywhere = everywhere && !search.is_empty();
        self.open(Query { mailbox, search, everywhere, sort, threaded });
    }

    /// Narrows the list down to what an operator like `is:unread` is true of, or widens it again.
    pub fn toggle_filter(&self, operator: &str) {
        let Query { search, everywhere, .. } = self.state.list.query.get_untracked();
        let mut terms: Vec<&str> = search.split_whitespace().filter(|term| *term != operator).collect();
        if !is_filtered(&search, operator) {
            terms.push(operator);
        }
        self.search(&terms.join(" "), everywhere);
    }

    /// Shows the open list in another order.
    pub fn sort(&self, sort: Sort) {
        let query = self.state.list.query.get_untracked();
        if query.sort != sort {
            self.state.chosen.set(Chosen::default());
            let threaded = sort.is_default() && self.state.grouped.get_untracked();
            self.open(Query { sort, threaded, ..query });
        }
    }

    /// Shows conversations in place of messages, in this list and those opened from now on; or messages again.
    pub fn group(&self, threaded: bool) {
        self.state.grouped.set(threaded);
        self.platform().set_cookie(GROUPED, if threaded { "1" } else { "0" });
        let query = self.state.list.query.get_untracked();
        self.state.chosen.set(Chosen::default());
        let sort = if threaded { Sort::default() } else { query.sort };
        self.open(Query { threaded, sort, ..query });
    }

    /// The name under which the open search is kept, if it is. Reactive.
    pub fn kept_as(&self) -> Option<String> {
        let query = self.state.list.query.get();
        self.state.searches.with(|all| all.iter().find(|kept| kept.query == query).map(|kept| kept.name.clone()))
    }

    /// Keeps the open search under this name, and no longer under another.
    pub fn keep_search(&self, name: String, told: impl FnOnce(Error) + 'static) {
        let query = self.state.list.query.get_untracked();
        let before = untrack(|| self.kept_as());
        self.about_searches(Command::KeepSearch { search: SavedSearch { name, query }, before }, told);
    }

    /// Keeps the open search no longer.
    pub fn forget_search(&self, told: impl FnOnce(Error) + 'static) {
        if let Some(name) = untrack(|| self.kept_as()) {
            self.about_searches(Command::ForgetSearch { name }, told);
        }
    }

    fn about_searches(&self, command: Command, told: impl FnOnce(Error) + 'static) {
        let (client, reply) = (*self, self.send(command));
        self.spawn(async move {
            match reply.await {
                Ok(_) => client.state.dialog.set(None::<Dialog>),
                Err(error) => told(error),
            }
        });
    }

    /// Goes no further with the search whose results are open.
    pub fn stop_search(&self) {
        let Some(list) = self.state.list.id() else { return };
        let (client, reply) = (*self, self.send(Command::StopSearch { list }));
        self.spawn(async move {
            if let Err(error) = reply.await {
                client.complain(error);
            }
        });
    }

    /// Scrolls to the mail of a moment, in seconds since 1970 UTC.
    pub fn go_to_moment(&self, date: i64) {
        let Some(list) = self.state.list.id() else { return };
        let (client, reply) = (*self, self.send(Command::Locate { list, date }));
        self.state.dialog.set(None::<Dialog>);
        self.spawn(async move {
            match reply.await {
                Ok(Reply::Located { position }) => {
                    client.state.list.goal.set(Some(position));
                    client.go_to_position(position);
                }
                Ok(_) => {}
                Err(error) => client.complain(error),
            }
        });
    }
}

/// Whether a search has an operator in it, as a word of its own.
pub fn is_filtered(search: &str, operator: &str) -> bool {
    search.split_whitespace().any(|term| term == operator)
}
