//! Lists: opening them, more rows of them, and bringing them up to date.

use std::collections::{BTreeMap, HashSet};

use app::wire::{
    Error, Event, Flag, ListChange, Listing, MAX_WINDOW, Mailbox, Query, Right, Row, TabId, Uid, UidValidity,
};

use super::{
    Input,
    actor::{Actor, Failure},
    tab::{Source, View},
};
use crate::imap::{self, FetchedRow, Listed, Selected, Session, Status, TextPart};

/// What must be unchanged for a list to be unchanged. Without MODSEQ nothing can be told from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Baseline {
    pub uid_validity: u32,
    /// 0 when it is not known.
    pub uid_next: u32,
    pub exists: u32,
    pub modseq: Option<u64>,
    /// Whether the tabs were told of changes since `modseq`.
    pub changed: bool,
}

impl Baseline {
    /// Whether something has happened in between.
    pub(super) fn is_behind(&self, now: &Baseline) -> bool {
        self.uid_validity != now.uid_validity
            || now.uid_next > self.uid_next
            || now.modseq > self.modseq
            // A server that keeps no MODSEQ, or does not count erasing in it; news older than this is none.
            || (now.exists != self.exists && now.uid_next == self.uid_next && now.modseq == self.modseq)
    }

    /// The first UID that was not there, in what is the same mailbox or a new one of its name.
    pub(super) fn first_new(&self, uid_validity: UidValidity) -> Uid {
        // Where the server did not say what comes next, anything may be new.
        Uid(if self.uid_validity == uid_validity.0 { self.uid_next.max(1) } else { 1 })
    }
}

impl From<&Selected> for Baseline {
    fn from(selected: &Selected) -> Self {
        Self {
            uid_validity: selected.uid_validity.0,
            uid_next: selected.uid_next.0,
            exists: selected.exists,
            modseq: selected.highest_modseq.map(|modseq| modseq.0),
            changed: false,
        }
    }
}

impl From<&Status> for Baseline {
    fn from(status: &Status) -> Self {
        Self {
            uid_validity: status.uid_validity,
            uid_next: status.uid_next,
            exists: status.messages,
            modseq: status.highest_modseq,
            changed: false,
        }
    }
}

impl Actor {
    /// Opens a whole mailbox for a tab: two round trips, SELECT and FETCH.
    pub(super) async fn open(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        query: &Query,
        from: u32,
        count: u32,
    ) -> Result<Listing, Failure> {
        // The tab's earlier list is not brought up to date any more.
        self.leave_list(tab, None);
        let selected = self.select(session, &query.mailbox).await?;
        self.settle(session).await?;
        let (first, length) = clamp(from, count, self.exists);
        let rows = self.rows_at(session, first, length).await?;
        self.tell_flags_of(&rows, tab);
        let total = self.exists;
        let source = Source::Mailbox { uid_validity: selected.uid_validity };
        let tab = self.tabs.get_mut(tab).ok_or(Error::Gone)?;
        tab.list += 1;
        // As asked for, not as there was: the list may grow into it.
        let view =
            View { list: tab.list, query: query.clone(), total, from, count, source, untold: false, progress: None };
        Ok(tab.view.insert(view).listing(clamp(from, count, total).0, rows))
    }

    /// More rows of a tab's list.
    pub(super) async fn window(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        list: u32,
        from: u32,
        count: u32,
    ) -> Result<Listing, Failure> {
        let view = self.view(tab).filter(|view| view.list == list).ok_or(Error::Gone)?;
        let rows = if view.source.hits().is_some() {
            self.hit_rows(session, tab, from, count).await?
        } else {
            let mailbox = view.query.mailbox.clone();
            self.select(session, &mailbox).await?;
            self.settle(session).await?;
            let (from, count) = clamp(from, count, self.exists);
            let rows = self.rows_at(session, from, count).await?;
            self.tell_flags_of(&rows, tab);
            rows
        };
        let view = self.tabs.get_mut(tab).and_then(|tab| tab.view.as_mut()).ok_or(Error::Gone)?;
        (view.from, view.count) = (from, count);
        Ok(view.listing(clamp(from, count, view.total).0, rows))
    }

    /// Selects a mailbox, and brings what tabs show of it up to date if it changed since it was last selected.
    pub(super) async fn select(&mut self, session: &mut Session, path: &str) -> Result<Selected, Failure> {
        if let Some(selected) = session.selected().filter(|selected| selected.path == path) {
            return Ok(selected.clone());
        }
        self.settle(session).await?;
        // From here on nobody tells us what happens there.
        self.leave_at_hand();
        let selected = session.select(path).await?;
        self.exists = selected.exists;
        self.selects += 1;
        self.learn_labels(selected.permanent_flags.iter());
        let baseline = Baseline::from(&selected);
        if self.statuses.get(path).map(Baseline::from).as_ref() != Some(&baseline) {
            self.want_counts(path);
        }
        let known = self.synced.remove(path);
        if self.is_viewed(path) {
            self.catch_up_views(session, path, known, &baseline).await?;
        }
        self.at_hand = Some((path.to_owned(), baseline));
        Ok(selected)
    }

    fn is_viewed(&self, path: &str) -> bool {
        self.tabs
            .values()
            .filter_map(|tab| tab.view.as_ref())
            .any(|view| matches!(view.source, Source::Mailbox { .. }) && view.query.mailbox == path)
    }

    /// Gives every tab that shows the selected mailbox a new snapshot of it, in place.
    pub(super) async fn refresh_views(&mut self, session: &mut Session, path: &str) -> Result<(), imap::Error> {
        let Some(uid_validity) = session.selected().map(|selected| selected.uid_validity) else { return Ok(()) };
        let tabs: Vec<TabId> = self.tabs.keys().cloned().collect();
        let mut flags: BTreeMap<Uid, Vec<Flag>> = BTreeMap::new();
        for id in tabs {
            let Some(view) = self.view(&id) else { continue };
            if view.query.mailbox != path || !matches!(view.source, Source::Mailbox { .. }) {
                continue;
            }
            let (from, count) = clamp(view.from, view.count, self.exists);
            let rows = self.rows_at(session, from, count).await?;
            flags.extend(rows.iter().map(|row| (row.message.uid, row.flags.clone())));
            let total = self.exists;
            let Some(tab) = self.tabs.get_mut(&id) else { continue };
            let Some(view) = tab.view.as_mut() else { continue };
            view.total = total;
            view.source = Source::Mailbox { uid_validity };
            let (list, listing) = (view.list, view.listing(from, rows));
            tab.tell(Event::Messages { list, change: ListChange::Replaced { listing } });
        }
        if self.tabs.len() > 1 {
            // Once each has the list as it is: a UID may have meant another message before.
            self.tell_flags(path, flags.into_iter().collect());
        }
        Ok(())
    }

    /// Brings the open lists up to date whose mailboxes changed while another was selected.
    pub(super) async fn refresh_changed(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let selected = session.selected().map(|selected| selected.path.clone());
        let viewed: HashSet<String> = self
            .tabs
            .values()
            .filter_map(|tab| tab.view.as_ref())
            .filter(|view| matches!(view.source, Source::Mailbox { .. }))
            .map(|view| view.query.mailbox.clone())
            .collect();
        for path in viewed {
            if selected.as_ref() == Some(&path) {
                continue;
            }
            let now = self.statuses.get(&path).map(Baseline::from);
            // Without MODSEQ nobody knows whether flags have changed.
            let told = !self.modseq_stands_still && now.as_ref().is_some_and(|now| now.modseq.is_some());
            if !told || now.as_ref() != self.synced.get(&path) {
                match self.select(session, &path).await {
                    Err(Failure::Lost(error)) => return Err(error),
                    // The mailbox is gone; the tree says so.
                    Err(Failure::Told(_)) | Ok(_) => {}
                }
            }
        }
        Ok(())
    }

    /// Brings every open list up to date, over a new session.
    pub(super) async fn refresh_all(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        self.refresh_changed(session).await?;
        self.refresh_hits(session).await
    }

    /// The rows at these positions of the selected mailbox.
    async fn rows_at(&mut self, session: &mut Session, from: u32, count: u32) -> Result<Vec<Row>, imap::Error> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let last = self.exists.saturating_sub(from);
        let first = last.saturating_sub(count - 1).max(1);
        self.rows_by_sequence(session, first, last).await
    }

    /// The rows from one sequence number to another of the selected mailbox, newest first, without gaps.
    pub(super) async fn rows_by_sequence(
        &mut self,
        session: &mut Session,
        first: u32,
        last: u32,
    ) -> Result<Vec<Row>, imap::Error> {
        if first == 0 || last < first {
            return Ok(Vec::new());
        }
        let rows = session.fetch_rows(first..=last).await?.into_iter().rev();
        let rows = rows.zip((first..=last).rev()).map_while(|(row, seq)| (row.seq == seq).then_some(row)).collect();
        Ok(self.with_previews(session, rows))
    }

    /// The rows; the beginnings of texts that the server did not give with them are fetched on the side.
    pub(super) fn with_previews(&self, session: &Session, fetched: Vec<FetchedRow>) -> Vec<Row> {
        let mut wanted = Vec::new();
        let rows = fetched
            .into_iter()
            .map(|FetchedRow { row, text, .. }| {
                wanted.extend(text.map(|text| (row.message.uid, text)));
                row
            })
            .collect();
        if let (Some(selected), false) = (session.selected(), wanted.is_empty()) {
            self.fetch_previews(selected.path.clone(), wanted);
        }
        rows
    }

    fn fetch_previews(&self, mailbox: String, wanted: Vec<(Uid, TextPart)>) {
        let (parts, inputs) = (self.parts.clone(), self.myself());
        // Bounded by the limits of the parts task, which answers every job.
        tokio::spawn(async move {
            // A preview that cannot be had is not worth a word.
            let Ok(previews) = parts.previews(mailbox.clone(), wanted).await else { return };
            if let Some(inputs) = inputs.upgrade().filter(|_| !previews.is_empty()) {
                let _ = inputs.send(Input::Previews { mailbox, previews }).await;
            }
        });
    }

    /// Asks for all mailboxes and their counts, and tells the tabs what is new.
    pub(super) async fn learn_mailboxes(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let listed = session.list().await?;
        let listed = self.as_chosen(listed);
        self.personal = session.personal_prefix().map(str::to_owned);
        self.statuses = listed.iter().filter_map(|mailbox| Some((mailbox.path.clone(), mailbox.status?))).collect();
        let mailboxes = in_order(listed, session.capabilities().acl);
        let pairs = || mailboxes.iter().zip(&self.mailboxes);
        let as_many = mailboxes.len() == self.mailboxes.len() && session.lists_in_part() == self.partial;
        if as_many && pairs().all(|(now, known)| now.is_same_place(known)) {
            let counts: Vec<_> = pairs().filter(|(now, known)| now != known).map(|(now, _)| now.counts()).collect();
            if !counts.is_empty() {
                self.mailboxes = mailboxes;
                self.tell_all(&Event::Counts { counts });
            }
        } else {
            (self.mailboxes, self.partial) = (mailboxes, session.lists_in_part());
            self.tell_all(&Event::Mailboxes { mailboxes: self.mailboxes.clone(), partial: self.partial });
            self.aim_watch();
        }
        Ok(())
    }
}

/// In the order of the screen: special ones first, each followed by what is below it, then the rest by name, then what is
/// shared with the person. `acl`: the server lets people share.
fn in_order(listed: Vec<Listed>, acl: bool) -> Vec<Mailbox> {
    let mut mailboxes: Vec<Mailbox> = listed
        .into_iter()
        .map(|mailbox| (acl && mailbox.is_shareable(), mailbox))
        .map(|(shareable, mailbox)| Mailbox {
            total: mailbox.status.as_ref().map_or(0, |status| status.messages),
            unseen: mailbox.status.as_ref().map_or(0, |status| status.unseen),
            uid_validity: UidValidity(mailbox.status.as_ref().map_or(0, |status| status.uid_validity)),
            uid_next: Uid(mailbox.status.as_ref().map_or(0, |status| status.uid_next)),
            path: mailbox.path,
            delimiter: mailbox.delimiter,
            special_use: mailbox.special_use,
            // One that may be seen and not read holds others at best.
            selectable: mailbox.selectable && mailbox.rights.as_ref().is_none_or(|rights| rights.may(Right::Read)),
            shareable,
            rights: mailbox.rights.filter(|rights| mailbox.shared.is_some() || !rights.are_all()),
            shared: mailbox.shared,
        })
        .collect();
    let special: BTreeMap<String, _> =
        mailboxes.iter().filter_map(|mailbox| Some((mailbox.path.clone(), mailbox.special_use?))).collect();
    mailboxes.sort_by_cached_key(|mailbox| {
        let parts: Vec<&str> = match mailbox.delimiter {
            Some(delimiter) => mailbox.path.split(delimiter).collect(),
            None => vec![&mailbox.path],
        };
        // The special mailbox this one is or is below; INBOX keeps only itself (many servers put all below it).
        let top = mailbox.special_use.or_else(|| {
            let mut path = mailbox.parent();
            while let Some(above) = path {
                if let Some(found) = special.get(above).filter(|found| **found != app::wire::SpecialUse::Inbox) {
                    return Some(*found);
                }
                path = mailbox.delimiter.and_then(|delimiter| above.rsplit_once(delimiter)).map(|(parent, _)| parent);
            }
            None
        });
        let names: Vec<String> = parts.iter().map(|part| part.to_lowercase()).collect();
        // What is the person's own comes first, then what belongs to other people, then what is kept for several.
        let whose = mailbox.shared.as_ref().map(|shared| shared.owner.is_none());
        (whose, top.is_none(), top, mailbox.special_use.is_none(), names, mailbox.path.clone())
    });
    mailboxes
}

/// A stretch of a list of `total`, no longer than allowed.
pub(super) fn clamp(from: u32, count: u32, total: u32) -> (u32, u32) {
    let from = from.min(total);
    (from, count.min(MAX_WINDOW).min(total - from))
}

#[cfg(test)]
mod tests {
    use app::wire::SpecialUse;

    use super::*;

    #[test]
    fn special_mailboxes_come_first_and_children_after_their_parent() {
        let shared = |path: &str| {
            path.strip_prefix("others/").map(|rest| app::wire::Shared {
                owner: rest.split('/').next().filter(|owner| *owner != "все").map(str::to_owned),
                above: 1,
            })
        };
        let listed = |path: &str, special_use| Listed {
            special_use,
            said_use: special_use,
            shared: shared(path),
            ..Listed::of(path, Some('/'))
        };
        let ordered = in_order(
            vec![
                listed("Работа", None),
                listed("others/все/Board", None),
                listed("others/bo/Sent", None),
                listed("others/bo", None),
                listed("Trash", Some(SpecialUse::Trash)),
                listed("Archive/2024", None),
                listed("lists/rust", None),
                listed("Lists", None),
                listed("[Gmail]/Sent Mail", Some(SpecialUse::Sent)),
                listed("Archive", Some(SpecialUse::Archive)),
                listed("INBOX", Some(SpecialUse::Inbox)),
                listed("INBOX/old", None),
            ],
            true,
        );
        let shareable = ordered.iter().filter(|mailbox| mailbox.shareable);
        assert!(shareable.map(|mailbox| &mailbox.shared).all(Option::is_none));
        let paths: Vec<&str> = ordered.iter().map(|mailbox| mailbox.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "INBOX",
                "[Gmail]/Sent Mail",
                "Archive",
                "Archive/2024",
                "Trash",
                "INBOX/old",
                "Lists",
                "lists/rust",
                "Работа",
                "others/bo",
                "others/bo/Sent",
                "others/все/Board"
            ]
        );
    }

    #[test]
    fn a_stretch_stays_inside_its_list() {
        assert_eq!(clamp(0, 50, 10), (0, 10));
        assert_eq!(clamp(8, 50, 10), (8, 2));
        assert_eq!(clamp(20, 50, 10), (10, 0));
        assert_eq!(clamp(0, 1000, 5000), (0, MAX_WINDOW));
    }
}
