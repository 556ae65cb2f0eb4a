//! What a search found: showing it, and keeping it true while it is open.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use app::wire::{Event, ListChange, Listing, MAX_WINDOW, Query, Reply, Row, SpecialUse, TabId, Uid, UidValidity};
use tracing::debug;

use super::{
    Input,
    actor::{Actor, Failure},
    listing::{Baseline, clamp},
    tab::Source,
};
use crate::imap::{self, Session, UidSet, search};

/// New rows that come along with the news of them.
const ROWS_WITH_NEWS: usize = 50;

/// One message that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hit {
    pub mailbox: Arc<str>,
    pub uid_validity: UidValidity,
    pub uid: Uid,
    /// INTERNALDATE in seconds since 1970 where several mailboxes were searched; 0 where the order of one is enough.
    pub date: i64,
}

/// What a search found, and where it looked.
#[derive(Debug, Clone, Default)]
pub(super) struct Hits {
    /// In the order of the screen.
    pub found: Vec<Hit>,
    /// The mailboxes that were searched.
    pub searched: Vec<Searched>,
}

/// A mailbox that was searched.
#[derive(Debug, Clone)]
pub(super) struct Searched {
    pub mailbox: Arc<str>,
    /// How it was when what was found in it was last brought up to date.
    pub baseline: Baseline,
    /// During which selection that was ([`Actor::selects`]): while it lasts, flags are told as they change.
    pub selects: Option<u64>,
}

impl Hit {
    pub fn newest_first(one: &Self, other: &Self) -> Ordering {
        (other.date, other.uid).cmp(&(one.date, one.uid))
    }
}

impl Hits {
    fn stretch(&self, from: u32, count: u32) -> Vec<Hit> {
        let count = count.min(MAX_WINDOW);
        self.found.iter().skip(from as usize).take(count as usize).cloned().collect()
    }

    fn total(&self) -> u32 {
        u32::try_from(self.found.len()).unwrap_or(u32::MAX)
    }
}

impl Source {
    fn hits(&self) -> Option<&Hits> {
        match self {
            Source::Hits(hits) => Some(hits),
            Source::Mailbox { .. } => None,
        }
    }

    fn hits_mut(&mut self) -> Option<&mut Hits> {
        match self {
            Source::Hits(hits) => Some(hits),
            Source::Mailbox { .. } => None,
        }
    }
}

impl Actor {
    /// Starts a search on the side; [`found`](Self::found) goes on with what it brings.
    pub(super) fn search(&mut self, tab: &TabId, id: u32, query: Query, from: u32, count: u32) {
        let mailboxes = if query.everywhere {
            self.mailboxes.iter().filter(|mailbox| mailbox.selectable).map(|mailbox| mailbox.path.clone()).collect()
        } else {
            vec![query.mailbox.clone()]
        };
        let (parts, inputs, tab) = (self.parts.clone(), self.myself(), tab.clone());
        // Bounded by the limits of the parts task, which answers every job.
        tokio::spawn(async move {
            let hits = parts.search(mailboxes, search::parse(&query.search)).await;
            if let Some(inputs) = inputs.upgrade() {
                // An actor that has stopped has no tab to tell.
                let _ = inputs.send(Input::Found { tab, id, query, count, from, hits }).await;
            }
        });
    }

    /// Shows what a search found.
    pub(super) async fn found(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        query: &Query,
        from: u32,
        count: u32,
        hits: Hits,
    ) -> Result<Reply, Failure> {
        let rows = self.rows_of_hits(session, &hits.stretch(from, count)).await?;
        let total = hits.total();
        let listing = self.show(tab, query.clone(), total, (from, count), Source::Hits(hits), rows)?;
        Ok(Reply::Listing(listing))
    }

    /// More rows of a search's results; none if the tab shows a whole mailbox.
    pub(super) fn stretch_of_hits(&self, tab: &TabId, from: u32, count: u32) -> Option<Vec<Hit>> {
        Some(self.view(tab)?.source.hits()?.stretch(from, count))
    }

    /// Takes out of the search results what is no longer in this, the selected, mailbox.
    pub(super) async fn verify_hits(&mut self, session: &mut Session, path: &str) -> Result<(), imap::Error> {
        let Some(uid_validity) = session.selected().map(|selected| selected.uid_validity) else { return Ok(()) };
        let of_it = |hit: &Hit| &*hit.mailbox == path;
        let shown: UidSet = self
            .tabs
            .values()
            .filter_map(|tab| tab.view.as_ref()?.source.hits())
            .flat_map(|hits| &hits.found)
            .filter(|hit| of_it(hit) && hit.uid_validity == uid_validity)
            .map(|hit| hit.uid)
            .collect();
        let there: HashSet<Uid> = if shown.is_empty() {
            HashSet::new()
        } else {
            session.search(&[search::Key::All], Some(&shown)).await?.into_iter().collect()
        };
        self.drop_hits(|hit| of_it(hit) && (hit.uid_validity != uid_validity || !there.contains(&hit.uid)));
        Ok(())
    }

    /// Takes messages out of search results, and tells the tabs.
    pub(super) fn drop_hits(&mut self, gone: impl Fn(&Hit) -> bool) {
        for tab in self.tabs.values_mut() {
            let Some(view) = tab.view.as_mut() else { continue };
            let Some(hits) = view.source.hits_mut() else { continue };
            let mut positions: Vec<u32> =
                (0u32..).zip(&hits.found).filter(|(_, hit)| gone(hit)).map(|(at, _)| at).collect();
            if positions.is_empty() {
                continue;
            }
            positions.reverse();
            hits.found.retain(|hit| !gone(hit));
            view.total = hits.total();
            let list = view.list;
            tab.tell(Event::Messages { list, change: ListChange::Vanished { positions } });
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
        // What was deleted is not a find in all folders because it has come to Trash.
        if !(query.everywhere && self.is_refuse(path)) {
            let since = UidSet::range(searched.baseline.first_new(selected.uid_validity), Uid(u32::MAX));
            let new = session.search(&search::parse(&query.search), Some(&since)).await?;
            self.add_hits(session, tab, path, selected.uid_validity, new).await?;
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
        uid_validity: UidValidity,
        mut new: Vec<Uid>,
    ) -> Result<(), imap::Error> {
        let Some(hits) = self.view(tab).and_then(|view| view.source.hits()) else { return Ok(()) };
        let known: HashSet<Uid> = hits.found.iter().filter(|hit| hit.mailbox == *path).map(|hit| hit.uid).collect();
        new.retain(|uid| !known.contains(uid));
        if new.is_empty() {
            return Ok(());
        }
        let dates: HashMap<Uid, i64> = if hits.searched.len() > 1 {
            session.fetch_dates(&new.iter().copied().collect()).await?.into_iter().collect()
        } else {
            HashMap::new()
        };
        let mut added: Vec<Hit> = new
            .into_iter()
            .map(|uid| Hit { mailbox: path.clone(), uid_validity, uid, date: dates.get(&uid).copied().unwrap_or(0) })
            .collect();
        added.sort_by(Hit::newest_first);
        let Some(hits) = self.hits_mut(tab) else { return Ok(()) };
        let on_top = added.last().map(|hit| hit.date) >= hits.found.first().map(|hit| hit.date);
        hits.found.splice(0..0, added.iter().cloned());
        if !on_top {
            // Old mail that was put there: no news for the top of the list.
            hits.found.sort_by(Hit::newest_first);
            return self.replace_hits(session, tab).await;
        }
        let shown: UidSet = added.iter().take(ROWS_WITH_NEWS).map(|hit| hit.uid).collect();
        let fetched = session.fetch_rows_by_uid(&shown).await?;
        let mut rows: HashMap<Uid, Row> =
            self.with_previews(session, fetched).into_iter().map(|row| (row.message.uid, row)).collect();
        // One that went again meanwhile ends what can be told without a gap.
        let rows: Vec<Row> = added.iter().map_while(|hit| rows.remove(&hit.uid)).collect();
        let Some(tab) = self.tabs.get_mut(tab) else { return Ok(()) };
        let Some(view) = tab.view.as_mut() else { return Ok(()) };
        let count = u32::try_from(added.len()).unwrap_or(u32::MAX);
        view.total += count;
        let list = view.list;
        tab.tell(Event::Messages { list, change: ListChange::Added { count, rows } });
        Ok(())
    }

    fn hits_mut(&mut self, tab: &TabId) -> Option<&mut Hits> {
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

    async fn replace_hits(&mut self, session: &mut Session, id: &TabId) -> Result<(), imap::Error> {
        let Some(view) = self.view(id) else { return Ok(()) };
        let Some(hits) = view.source.hits() else { return Ok(()) };
        let hits = hits.stretch(view.from, view.count);
        let rows = match self.rows_of_hits(session, &hits).await {
            Ok(rows) => rows,
            Err(Failure::Lost(error)) => return Err(error),
            Err(Failure::Told(_)) => Vec::new(),
        };
        let Some(tab) = self.tabs.get_mut(id) else { return Ok(()) };
        let Some(view) = tab.view.as_mut() else { return Ok(()) };
        // Counted last: while the rows were fetched, some may have been dropped.
        let Some(total) = view.source.hits().map(Hits::total) else { return Ok(()) };
        let (from, _) = clamp(view.from, view.count, total);
        view.total = total;
        let listing = Listing { list: view.list, query: view.query.clone(), total, from, rows };
        let list = view.list;
        tab.tell(Event::Messages { list, change: ListChange::Replaced { listing } });
        Ok(())
    }

    /// The rows of these hits, in their order. One that is gone is left out.
    pub(super) async fn rows_of_hits(&mut self, session: &mut Session, hits: &[Hit]) -> Result<Vec<Row>, Failure> {
        let mut by_mailbox: BTreeMap<&str, Vec<&Hit>> = BTreeMap::new();
        for hit in hits {
            by_mailbox.entry(&hit.mailbox).or_default().push(hit);
        }
        let mut found: BTreeMap<(String, Uid), Row> = BTreeMap::new();
        for (path, hits) in by_mailbox {
            let selected = match self.select(session, path).await {
                Err(Failure::Told(_)) => continue,
                result => result?,
            };
            self.settle(session).await?;
            let uids: UidSet =
                hits.iter().filter(|hit| hit.uid_validity == selected.uid_validity).map(|hit| hit.uid).collect();
            if uids.is_empty() {
                continue;
            }
            let rows = session.fetch_rows_by_uid(&uids).await?;
            let rows = self.with_previews(session, rows);
            found.extend(rows.into_iter().map(|row| ((path.to_owned(), row.message.uid), row)));
        }
        Ok(hits.iter().filter_map(|hit| found.remove(&(hit.mailbox.to_string(), hit.uid))).collect())
    }
}
