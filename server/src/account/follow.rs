//! Keeping search results true while they are open.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use app::wire::{Event, ListChange, Query, Row, SpecialUse, TabId, Uid, UidValidity};
use tracing::debug;

use super::{
    actor::{Actor, Failure},
    hits::{Hit, Hits, Placed, Searched},
    listing::{Baseline, clamp},
    tab::Tab,
};
use crate::imap::{self, Session, UidSet, search};

/// New rows that come along with the news of them.
const ROWS_WITH_NEWS: usize = 50;

/// Of more hits than this the server is not asked one by one whether they are still there, but which are.
const ONE_BY_ONE: usize = 2000;

impl Actor {
    /// Takes out of the search results what is no longer in this, the selected, mailbox.
    pub(super) async fn verify_hits(&mut self, session: &mut Session, path: &str) -> Result<(), imap::Error> {
        let Some(uid_validity) = session.selected().map(|selected| selected.uid_validity) else { return Ok(()) };
        let mut shown: Vec<Uid> = Vec::new();
        let mut stale = Vec::new();
        for hits in self.tabs.values().filter_map(|tab| tab.view.as_ref()?.source.hits()) {
            let Some(place) = hits.place_named(path) else { continue };
            match hits.searched.get(usize::from(place)) {
                Some(searched) if searched.uid_validity == uid_validity => {
                    shown.extend(hits.found.iter().filter(|hit| hit.place == place).map(|hit| hit.uid));
                }
                Some(searched) => stale.push(searched.uid_validity),
                None => {}
            }
        }
        for stale in stale {
            self.drop_hits(path, stale, |_| true);
        }
        let (Some(first), Some(last)) = (shown.iter().min().copied(), shown.iter().max().copied()) else {
            return Ok(());
        };
        let within = if shown.len() > ONE_BY_ONE { UidSet::range(first, last) } else { shown.into_iter().collect() };
        let there: HashSet<Uid> = session.search(&[search::Key::All], Some(&within)).await?.into_iter().collect();
        self.drop_hits(path, uid_validity, |uid| !there.contains(&uid));
        Ok(())
    }

    /// Takes messages of one mailbox out of search results, and tells the tabs.
    pub(super) fn drop_hits(&mut self, path: &str, uid_validity: UidValidity, gone: impl Fn(Uid) -> bool) {
        for tab in self.tabs.values_mut() {
            let dropped = drop_from(tab, path, uid_validity, &gone);
            if let Some(view) = tab.view.as_mut().filter(|view| view.query.is_threaded())
                && let Some(hits) = view.source.hits_mut()
            {
                hits.headless.extend(dropped);
            }
        }
    }

    /// Brings open search results up to date where a mailbox that was searched has changed since.
    pub(super) async fn catch_up_hits(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let mut behind: Vec<(TabId, usize)> = Vec::new();
        for tab in self.tabs.values() {
            let Some(hits) = tab.view.as_ref().and_then(|view| view.source.hits()) else { continue };
            for (at, searched) in hits.searched.iter().enumerate() {
                let now = self.statuses.get(&*searched.mailbox).map(Baseline::from);
                if now.is_some_and(|now| searched.baseline.is_behind(&now)) {
                    behind.push((tab.id.clone(), at));
                }
            }
        }
        for (tab, at) in behind {
            match self.catch_up(session, &tab, at).await {
                // The mailbox is gone or does not want to be searched: what was found in it stays as it is.
                Err(Failure::Told(error)) => debug!(?error, "An open search is not brought up to date"),
                Err(Failure::Lost(error)) => return Err(error),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    async fn catch_up(&mut self, session: &mut Session, tab: &TabId, at: usize) -> Result<(), Failure> {
        let Some((query, searched)) = self.view(tab).and_then(|view| {
            let searched = view.source.hits()?.searched.get(at)?.clone();
            Some((view.query.clone(), searched))
        }) else {
            return Ok(());
        };
        let Some(now) = self.statuses.get(&*searched.mailbox).map(Baseline::from) else { return Ok(()) };
        let result = self.take_up(session, tab, &query, &searched).await;
        // After a lost line all is still to be done; what was refused is not asked again for the same news.
        if !matches!(result, Err(Failure::Lost(_))) {
            let selects = result.is_ok().then_some(self.selects);
            if let Some(known) = self.hits_mut(tab).and_then(|hits| hits.searched.get_mut(at)) {
                (known.baseline, known.selects) = (now, selects);
            }
        }
        result
    }

    /// Takes into a search what has happened in a mailbox since its baseline.
    async fn take_up(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        query: &Query,
        searched: &Searched,
    ) -> Result<(), Failure> {
        let path = &searched.mailbox;
        if session.selected().is_some_and(|selected| selected.path == **path) {
            // A search sees no more than what the session was told of (RFC 9051 §5.2).
            session.noop().await?;
        }
        let selected = self.select(session, path).await?;
        self.settle(session).await?;
        let followed = searched.selects == Some(self.selects);
        self.verify_hits(session, path).await?;
        if let Some(known) = self.hits_mut(tab).and_then(|hits| {
            let place = hits.place_named(path)?;
            hits.searched.get_mut(usize::from(place))
        }) {
            known.uid_validity = selected.uid_validity;
        }
        // What was deleted is not a find in all folders because it has come to Trash.
        let wanted = search::parse(&query.search);
        if !(query.everywhere && wanted.places.is_empty() && self.is_refuse(path)) {
            let since = UidSet::range(searched.baseline.first_new(selected.uid_validity), Uid(u32::MAX));
            let new = session.search(&wanted.keys, Some(&since)).await?;
            self.add_hits(session, tab, path, new).await?;
        }
        if !followed {
            self.replace_hits(session, tab).await?;
        }
        Ok(())
    }

    /// Whether a mailbox holds what nobody wants to see again.
    fn is_refuse(&self, path: &str) -> bool {
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == path);
        matches!(mailbox.and_then(|mailbox| mailbox.special_use), Some(SpecialUse::Trash | SpecialUse::Junk))
    }

    /// Puts what has come in the selected mailbox where it belongs, and tells the tab.
    async fn add_hits(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        path: &Arc<str>,
        mut new: Vec<Uid>,
    ) -> Result<(), Failure> {
        let Some(hits) = self.view(tab).and_then(|view| view.source.hits()) else { return Ok(()) };
        let Some(place) = hits.place_named(path) else { return Ok(()) };
        let known: HashSet<Uid> = hits.found.iter().filter(|hit| hit.place == place).map(|hit| hit.uid).collect();
        new.retain(|uid| !known.contains(uid));
        if new.is_empty() {
            return Ok(());
        }
        if !hits.sort.is_by_time() {
            return Ok(self.search_again(tab)?);
        }
        let dates: HashMap<Uid, i64> = if hits.dated {
            session.fetch_dates(&new.iter().copied().collect()).await?.into_iter().collect()
        } else {
            HashMap::new()
        };
        let date = |uid| dates.get(&uid).map_or(0, |date| u32::try_from((*date).max(0)).unwrap_or(u32::MAX));
        let mut added: Vec<Hit> = new.into_iter().map(|uid| Hit { place, uid, date: date(uid) }).collect();
        if self.is_threaded(tab) {
            added = self.newest_of_each(session, tab, path, added).await?;
        }
        let Some(hits) = self.hits_mut(tab) else { return Ok(()) };
        let before = hits.total();
        let placed = hits.put(added.clone());
        let total = hits.total();
        let Some(view) = self.tabs.get_mut(tab).and_then(|tab| tab.view.as_mut()) else { return Ok(()) };
        view.total = total;
        let missed = view.untold;
        view.untold |= placed != Placed::Nowhere;
        match placed {
            Placed::Nowhere => Ok(()),
            // A tab that has missed something is told of all: a change alone would be one of a list that it does not have.
            _ if missed => Ok(self.replace_hits(session, tab).await?),
            Placed::Below => self.tell_found(session, tab, before).await,
            // Old mail that was put there: no news for the top of the list.
            Placed::Between => Ok(self.replace_hits(session, tab).await?),
            Placed::OnTop => self.tell_on_top(session, tab, added.len()).await,
        }
    }

    async fn tell_on_top(&mut self, session: &mut Session, tab: &TabId, count: usize) -> Result<(), Failure> {
        let Some(hits) = self.hits_mut(tab) else { return Ok(()) };
        let added: Vec<Uid> = hits.found.iter().take(count.min(ROWS_WITH_NEWS)).map(|hit| hit.uid).collect();
        let fetched = session.fetch_rows_by_uid(&added.iter().copied().collect()).await?;
        let fetched = self.with_previews(session, fetched);
        self.tell_flags_of(&fetched, tab);
        let mut rows: HashMap<Uid, Row> = fetched.into_iter().map(|row| (row.message.uid, row)).collect();
        if self.is_threaded(tab) {
            for (uid, thread) in self.threads_of(session, &added).await? {
                if let Some(row) = rows.get_mut(&uid) {
                    row.thread = thread;
                }
            }
        }
        // One that went again meanwhile ends what can be told without a gap.
        let rows: Vec<Row> = added.iter().map_while(|uid| rows.remove(uid)).collect();
        let Some(tab) = self.tabs.get_mut(tab) else { return Ok(()) };
        let Some(view) = tab.view.as_mut() else { return Ok(()) };
        view.untold = false;
        let (list, count) = (view.list, u32::try_from(count).unwrap_or(u32::MAX));
        tab.tell(Event::Messages { list, change: ListChange::Added { count, rows } });
        Ok(())
    }

    pub(super) fn hits_mut(&mut self, tab: &TabId) -> Option<&mut Hits> {
        self.tabs.get_mut(tab)?.view.as_mut()?.source.hits_mut()
    }

    /// Brings every open search up to date, over a new session.
    pub(super) async fn refresh_hits(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        self.catch_up_hits(session).await?;
        let tabs: Vec<TabId> = self.tabs.keys().cloned().collect();
        for id in tabs {
            self.replace_hits(session, &id).await?;
        }
        Ok(())
    }

    /// Gives a tab that shows search results a new snapshot of them, in place.
    pub(super) async fn replace_hits(&mut self, session: &mut Session, id: &TabId) -> Result<(), imap::Error> {
        let Some(view) = self.view(id).filter(|view| view.source.hits().is_some()) else { return Ok(()) };
        let (from, count) = clamp(view.from, view.count, view.total);
        let rows = match self.hit_rows(session, id, from, count).await {
            Ok(rows) => rows,
            Err(Failure::Lost(error)) => return Err(error),
            Err(Failure::Told(_)) => Vec::new(),
        };
        let Some(tab) = self.tabs.get_mut(id) else { return Ok(()) };
        let Some(view) = tab.view.as_mut() else { return Ok(()) };
        view.untold = false;
        // Counted last: while the rows were fetched, some may have been dropped.
        let (list, listing) = (view.list, view.listing(from.min(view.total), rows));
        tab.tell(Event::Messages { list, change: ListChange::Replaced { listing } });
        Ok(())
    }
}

/// Takes messages of one mailbox out of the search results of a tab, and tells it. Returns them.
pub(super) fn drop_from(tab: &mut Tab, path: &str, uid_validity: UidValidity, gone: impl Fn(Uid) -> bool) -> Vec<Uid> {
    let Some(view) = tab.view.as_mut() else { return Vec::new() };
    let Some(hits) = view.source.hits_mut() else { return Vec::new() };
    let Some(place) = hits.place_named(path) else { return Vec::new() };
    if hits.searched.get(usize::from(place)).map(|searched| searched.uid_validity) != Some(uid_validity) {
        return Vec::new();
    }
    let dropped = hits.found.iter().filter(|hit| hit.place == place && gone(hit.uid)).map(|hit| hit.uid).collect();
    let positions = hits.drop(place, gone);
    if !positions.is_empty() {
        view.total = hits.total();
        let list = view.list;
        // What it has not been told of is told as it is now.
        if !view.untold {
            tab.tell(Event::Messages { list, change: ListChange::Vanished { positions } });
        }
    }
    dropped
}
