//! Showing what a search finds, while it goes on and after.

use std::collections::{BTreeMap, HashMap, HashSet};

use app::wire::{
    Error, Event, ListChange, Listing, Mailbox, Progress, Query, Reply, Row, SearchEnd, Sort, SpecialUse, TabId, Uid,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    actor::{Actor, Failure},
    hits::{Hit, Hits, Placed},
    listing::clamp,
    sought::{Report, Search},
    tab::{Source, View},
};
use crate::imap::{Session, UidSet, search};

/// How often rows are asked for again because messages went while they were fetched.
const TRIES: usize = 4;

/// A search of a tab that is under way.
pub(super) struct Searching {
    number: u64,
    query: Query,
    sort: Sort,
    /// Several mailboxes are searched.
    dated: bool,
    from: u32,
    count: u32,
    purpose: Purpose,
    /// Ends the search when it is dropped.
    _stop: DropGuard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// This command is to be answered with the first that is found.
    Answer(u32),
    /// What is found is added to what is shown.
    Add,
    /// All that is found takes the place of what is shown.
    Replace,
}

impl Source {
    pub(super) fn hits(&self) -> Option<&Hits> {
        match self {
            Source::Hits(hits) => Some(hits),
            Source::Mailbox { .. } => None,
        }
    }

    pub(super) fn hits_mut(&mut self) -> Option<&mut Hits> {
        match self {
            Source::Hits(hits) => Some(hits),
            Source::Mailbox { .. } => None,
        }
    }
}

impl Actor {
    /// Starts a search on the side; [`found`](Self::found) goes on with what it brings.
    pub(super) fn search(&mut self, tab: &TabId, id: u32, query: Query, from: u32, count: u32) {
        self.leave_list(tab, Some(id));
        if let Err(error) = self.begin_search(tab, query, (from, count), Purpose::Answer(id)) {
            self.reply(tab, id, Err(error));
        }
    }

    /// A tab shows another list from now on. Whoever still waits for the first that a search finds, other than for command
    /// `id`, is told that it is too late.
    pub(super) fn leave_list(&mut self, tab: &TabId, id: Option<u32>) {
        let Some(known) = self.tabs.get_mut(tab) else { return };
        known.view = None;
        if let Some(Searching { purpose: Purpose::Answer(waiting), .. }) = known.searching.take()
            && Some(waiting) != id
        {
            self.reply(tab, waiting, Err(Error::Gone));
        }
    }

    /// Looks for everything anew: where mail has come into a list whose order only the server knows.
    pub(super) fn search_again(&mut self, tab: &TabId) -> Result<(), Error> {
        let Some(view) = self.view(tab) else { return Ok(()) };
        let (query, stretch) = (view.query.clone(), (view.from, view.count));
        let searching = self.tabs.get(tab).and_then(|tab| tab.searching.as_ref());
        if let Some(Searching { purpose: Purpose::Answer(id), .. }) = searching {
            // The line was lost between the first that was found and its rows: somebody still waits for the answer.
            self.search(tab, *id, query, stretch.0, stretch.1);
            return Ok(());
        }
        self.begin_search(tab, query, stretch, Purpose::Replace)
    }

    fn begin_search(
        &mut self,
        tab: &TabId,
        query: Query,
        (from, count): (u32, u32),
        purpose: Purpose,
    ) -> Result<(), Error> {
        let wanted = search::parse(&query.search);
        let mailboxes = self.places_of(&query, &wanted.places)?;
        self.search_count += 1;
        let (number, stop) = (self.search_count, CancellationToken::new());
        let sort =
            if mailboxes.len() > 1 { order_of(&Query { everywhere: true, ..query.clone() }) } else { query.sort };
        let (keys, dated) = (wanted.keys, mailboxes.len() > 1);
        let threaded = query.is_threaded() && !dated;
        let around = if threaded { self.mailboxes.clone() } else { Vec::new() };
        let search = Search { tab: tab.clone(), number, mailboxes, keys, sort, threaded, around, stop: stop.clone() };
        self.searcher.begin(search)?;
        if let Some(tab) = self.tabs.get_mut(tab) {
            tab.searching =
                Some(Searching { number, query, sort, dated, from, count, purpose, _stop: stop.drop_guard() });
        }
        Ok(())
    }

    /// Where to look: the paths of mailboxes, and about how many messages each has.
    fn places_of(&self, query: &Query, named: &[String]) -> Result<Vec<(String, u32)>, Error> {
        let all = || self.mailboxes.iter().filter(|mailbox| mailbox.selectable);
        let wanted: Vec<&Mailbox> = if !named.is_empty() {
            all().filter(|mailbox| named.iter().any(|name| is_named(mailbox, name))).collect()
        } else if query.everywhere {
            all().collect()
        } else {
            all().filter(|mailbox| mailbox.path == query.mailbox).collect()
        };
        if wanted.is_empty() {
            return Err(Error::Gone);
        }
        Ok(wanted.into_iter().map(|mailbox| (mailbox.path.clone(), mailbox.total)).collect())
    }

    /// The search sessions have another password now: what was not answered yet is begun again.
    pub(super) fn restart_searches(&mut self) {
        let tabs: Vec<TabId> = self.tabs.keys().cloned().collect();
        for id in tabs {
            let Some(searching) = self.tabs.get_mut(&id).and_then(|tab| tab.searching.take()) else { continue };
            match searching.purpose {
                Purpose::Answer(command) => {
                    self.search(&id, command, searching.query, searching.from, searching.count);
                }
                Purpose::Add | Purpose::Replace => self.end_search(&id, SearchEnd::Failed { error: Error::Busy }),
            }
        }
    }

    /// What was found cannot be shown.
    pub(super) fn fail_search(&mut self, report: &Report, error: Error) {
        let Some(tab) = self.tabs.get_mut(&report.tab) else { return };
        let Some(searching) = tab.searching.take_if(|searching| searching.number == report.number) else { return };
        if let Purpose::Answer(id) = searching.purpose {
            tab.view = None;
            self.reply(&report.tab, id, Err(error));
        } else {
            self.end_search(&report.tab, SearchEnd::Failed { error });
        }
    }

    /// The person wants no more of a search.
    pub(super) fn stop_search(&mut self, tab: &TabId, list: u32) {
        if self.view(tab).is_some_and(|view| view.list == list) {
            self.end_search(tab, SearchEnd::Stopped);
        }
    }

    fn end_search(&mut self, tab: &TabId, end: SearchEnd) {
        let Some(tab) = self.tabs.get_mut(tab) else { return };
        tab.searching = None;
        let Some(view) = tab.view.as_mut() else { return };
        if let Some(progress) = view.progress.as_mut().filter(|progress| progress.end.is_none()) {
            progress.end = Some(end);
            let (list, listing) = (view.list, view.listing(view.total, Vec::new()));
            tab.tell(Event::Messages { list, change: ListChange::Found { listing } });
        }
    }

    /// Takes in what a search has found, and tells the tab. What was taken in is gone from the report.
    pub(super) async fn found(&mut self, session: &mut Session, report: &mut Report) -> Result<(), Failure> {
        let Some((purpose, placed, before)) = self.take_in(report) else { return Ok(()) };
        let tab = report.tab.clone();
        if let Purpose::Answer(id) = purpose {
            let result = match report.progress.take() {
                // Nothing could be searched: there is no list.
                Some(Progress { looked: 0, end: Some(SearchEnd::Failed { error }), .. })
                    if placed == Placed::Nowhere =>
                {
                    if let Some(tab) = self.tabs.get_mut(&tab) {
                        (tab.view, tab.searching) = (None, None);
                    }
                    Err(error)
                }
                _ => Ok(Reply::Listing(self.listing_of_hits(session, &tab).await?)),
            };
            if let Some(searching) = self.tabs.get_mut(&tab).and_then(|tab| tab.searching.as_mut()) {
                searching.purpose = Purpose::Add;
            }
            self.reply(&tab, id, result);
        } else {
            match placed {
                Placed::Nowhere | Placed::Below => self.tell_found(session, &tab, before).await?,
                Placed::OnTop | Placed::Between => self.replace_hits(session, &tab).await?,
            }
        }
        if let Some(tab) = self.tabs.get_mut(&tab)
            && tab.view.as_ref().and_then(|view| view.progress.as_ref()).is_none_or(|progress| progress.end.is_some())
            && tab.searching.as_ref().is_some_and(|searching| searching.purpose == Purpose::Add)
        {
            tab.searching = None;
        }
        Ok(())
    }

    /// Puts what was found into what the tab shows. Returns what it is for, where it went, and how many there were before.
    fn take_in(&mut self, report: &mut Report) -> Option<(Purpose, Placed, u32)> {
        let tab = self.tabs.get_mut(&report.tab)?;
        let searching = tab.searching.as_ref().filter(|searching| searching.number == report.number)?;
        let purpose = searching.purpose;
        if purpose == Purpose::Replace && !report.is_last() {
            return None;
        }
        if tab.view.is_none() {
            tab.list += 1;
            tab.view = Some(View {
                list: tab.list,
                query: searching.query.clone(),
                total: 0,
                from: searching.from,
                count: searching.count,
                source: Source::Hits(Hits::new(searching.sort, searching.dated)),
                untold: false,
                progress: None,
            });
        }
        if purpose == Purpose::Replace {
            tab.searching = None;
        }
        let view = tab.view.as_mut()?;
        let hits = view.source.hits_mut()?;
        let (searched, found) = (std::mem::take(&mut report.searched), std::mem::take(&mut report.found));
        let before = hits.total();
        let placed = if purpose == Purpose::Replace {
            (hits.searched, hits.found) = (searched, found);
            Placed::Between
        } else {
            hits.searched.extend(searched);
            hits.put(found)
        };
        let placed = if hits.supersede(std::mem::take(&mut report.superseded)) { Placed::Between } else { placed };
        view.total = hits.total();
        // A tab that has missed something is told of all.
        let placed = if view.untold { Placed::Between } else { placed };
        view.untold |= placed != Placed::Nowhere;
        view.progress = report.progress.clone();
        if report.is_last() && view.query.is_threaded() {
            // What was found first may stand for what was indexed last.
            self.threads_touched.insert(view.query.mailbox.clone());
        }
        Some((purpose, placed, before))
    }

    async fn listing_of_hits(&mut self, session: &mut Session, tab: &TabId) -> Result<Listing, Failure> {
        let (from, count) = self.view(tab).map(|view| (view.from, view.count)).ok_or(Error::Gone)?;
        let rows = self.hit_rows(session, tab, from, count).await?;
        let view = self.tabs.get_mut(tab).and_then(|tab| tab.view.as_mut()).ok_or(Error::Gone)?;
        view.untold = false;
        Ok(view.listing(clamp(view.from, view.count, view.total).0, rows))
    }

    /// Tells the tab that there is more below. The rows come along as far as it asked for them.
    pub(super) async fn tell_found(&mut self, session: &mut Session, tab: &TabId, before: u32) -> Result<(), Failure> {
        let Some(view) = self.view(tab) else { return Ok(()) };
        let (total, wanted) =
            (view.total, (view.from.saturating_add(view.count)).min(view.total).saturating_sub(before));
        let rows = self.hit_rows(session, tab, before, wanted).await?;
        if self.view(tab).is_some_and(|view| view.total != total) {
            // Some have gone: what is above has moved.
            return Ok(self.replace_hits(session, tab).await?);
        }
        let Some(tab) = self.tabs.get_mut(tab) else { return Ok(()) };
        let Some(view) = tab.view.as_mut() else { return Ok(()) };
        view.untold = false;
        let (list, listing) = (view.list, view.listing(before, rows));
        tab.tell(Event::Messages { list, change: ListChange::Found { listing } });
        Ok(())
    }

    /// The rows of a stretch of a tab's hits, without gaps. Hits that turn out to be gone are taken out.
    pub(super) async fn hit_rows(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        from: u32,
        count: u32,
    ) -> Result<Vec<Row>, Failure> {
        let mut rows = Vec::new();
        for _ in 0..TRIES {
            let stretch = |actor: &Self| Some(actor.view(tab)?.source.hits()?.stretch(from, count));
            let Some(wanted) = stretch(self) else { break };
            let (found, gone) = self.fetch_hits(session, tab, &wanted).await?;
            rows = found;
            for ((mailbox, uid_validity), gone) in gone {
                self.drop_hits(&mailbox, uid_validity, |uid| gone.contains(&uid));
            }
            if stretch(self).as_ref() == Some(&wanted) {
                break;
            }
        }
        Ok(rows)
    }

    /// The rows of these hits, in their order, up to the first that cannot be had; and those that are gone, by mailbox.
    async fn fetch_hits(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        hits: &[Hit],
    ) -> Result<(Vec<Row>, Gone), Failure> {
        let mut by_place: BTreeMap<u16, Vec<Uid>> = BTreeMap::new();
        for hit in hits {
            by_place.entry(hit.place).or_default().push(hit.uid);
        }
        let mut found: HashMap<(u16, Uid), Row> = HashMap::new();
        let mut gone = Gone::new();
        for (place, uids) in by_place {
            let searched =
                self.view(tab).and_then(|view| view.source.hits()?.searched.get(usize::from(place)).cloned());
            let Some(searched) = searched else { continue };
            let key = (searched.mailbox.to_string(), searched.uid_validity);
            match self.select(session, &searched.mailbox).await {
                Err(Failure::Told(Error::Gone)) => {
                    gone.insert(key, uids.into_iter().collect());
                    continue;
                }
                // It may come back: the rows end before it.
                Err(Failure::Told(_)) => continue,
                Ok(selected) if selected.uid_validity != searched.uid_validity => {
                    gone.insert(key, uids.into_iter().collect());
                    continue;
                }
                result => drop(result?),
            }
            self.settle(session).await?;
            let mut missing: HashSet<Uid> = uids.iter().copied().collect();
            for look_again in [false, true] {
                if look_again {
                    // RFC 9051 §5.2: one that has just come is not there before the session was told of it.
                    session.noop().await?;
                    self.settle(session).await?;
                }
                let wanted: UidSet = missing.iter().copied().collect();
                let rows = session.fetch_rows_by_uid(&wanted).await?;
                let rows = self.with_previews(session, rows);
                self.tell_flags_of(&rows, tab);
                for row in rows {
                    missing.remove(&row.message.uid);
                    found.insert((place, row.message.uid), row);
                }
                if missing.is_empty() {
                    break;
                }
            }
            if self.is_threaded(tab) {
                for (uid, thread) in self.threads_of(session, &uids).await? {
                    if let Some(row) = found.get_mut(&(place, uid)) {
                        row.thread = thread;
                    }
                }
            }
            if !missing.is_empty() {
                gone.insert(key, missing);
            }
        }
        let rows = hits.iter().map_while(|hit| found.remove(&(hit.place, hit.uid))).collect();
        Ok((rows, gone))
    }
}

/// Messages that are no more, by mailbox.
type Gone = HashMap<(String, app::wire::UidValidity), HashSet<Uid>>;

/// Whether a person who types this means that mailbox: by its path, its last name, or what it is for.
fn is_named(mailbox: &Mailbox, typed: &str) -> bool {
    let typed = typed.to_lowercase();
    let by_use: &[&str] = match mailbox.special_use {
        Some(SpecialUse::Inbox) => &["inbox", "входящие"],
        Some(SpecialUse::Flagged) => &["starred", "flagged", "отмеченные"],
        Some(SpecialUse::Drafts) => &["drafts", "черновики"],
        Some(SpecialUse::Sent) => &["sent", "отправленные"],
        Some(SpecialUse::Archive) => &["archive", "архив"],
        Some(SpecialUse::Junk) => &["junk", "spam", "спам"],
        Some(SpecialUse::Trash) => &["trash", "корзина"],
        None => &[],
    };
    mailbox.path.to_lowercase() == typed || mailbox.name().to_lowercase() == typed || by_use.contains(&typed.as_str())
}

/// The order in which the results of a query are shown.
fn order_of(query: &Query) -> Sort {
    if query.everywhere && !query.sort.is_by_time() { Sort::Newest } else { query.sort }
}
