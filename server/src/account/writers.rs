//! Who writes on which draft. Other tabs are told, and nobody saves over what another has written: a tab from which a draft was
//! taken keeps what it has as a draft of its own.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::Duration,
};

use app::wire::{Draft, DraftId, Error, Event, MessageRef, TabId, Uid, Writer};

use super::{
    actor::{Actor, Failure},
    selection::Group,
    tab::Tab,
};
use crate::{
    imap::{Session, UidSet, search::Key},
    seal::hex,
    store::{SavedDraft, now},
    submission::too_late,
};

/// How long a tab without a socket still counts as writing.
const PATIENCE: Duration = Duration::from_secs(60);

/// Places of a draft that are remembered: whoever has an old one in front finds the draft all the same.
const PLACES: usize = 16;

/// A draft that is written on, or was taken from somebody who has it in front.
struct Writing {
    by: Option<TabId>,
    /// In seconds since 1970 UTC.
    since: i64,
    /// Where Drafts has had it, the latest last.
    places: VecDeque<MessageRef>,
    /// Tabs from which it was taken.
    taken_from: HashSet<TabId>,
}

/// The drafts that are written on.
#[derive(Default)]
pub(super) struct Writers(HashMap<DraftId, Writing>);

impl Writers {
    fn of(&mut self, draft: &DraftId, tab: &TabId, now: i64) -> &mut Writing {
        self.0.entry(draft.clone()).or_insert_with(|| Writing {
            by: Some(tab.clone()),
            since: now,
            places: VecDeque::new(),
            taken_from: HashSet::new(),
        })
    }

    /// The tab has opened the draft, which is there: whoever else had it has it no more.
    fn take(&mut self, tab: &TabId, draft: &DraftId, place: &MessageRef, now: i64) {
        let writing = self.of(draft, tab, now);
        let before = writing.by.replace(tab.clone());
        if before.as_ref() != Some(tab) {
            writing.since = now;
            writing.taken_from.extend(before);
        }
        writing.taken_from.remove(tab);
        writing.put(place);
    }

    /// The tab has saved the draft. That makes it the one who writes, unless somebody else does, by `writes`.
    fn saved(
        &mut self,
        tab: &TabId,
        draft: &DraftId,
        place: &MessageRef,
        now: i64,
        writes: impl FnOnce(&TabId) -> bool,
    ) {
        let writing = self.of(draft, tab, now);
        if !writing.by.as_ref().is_some_and(|by| by == tab || writes(by)) {
            writing.by = Some(tab.clone());
            writing.since = now;
        }
        writing.put(place);
    }

    fn was_taken(&self, tab: &TabId, draft: &DraftId) -> bool {
        self.0.get(draft).is_some_and(|writing| writing.taken_from.contains(tab))
    }

    /// The tab has nothing more to do with the draft.
    fn close(&mut self, tab: &TabId, draft: &DraftId) {
        if let Some(writing) = self.0.get_mut(draft) {
            writing.by.take_if(|by| by == tab);
            writing.taken_from.remove(tab);
        }
        self.forget_empty();
    }

    /// The draft is gone. A tab from which it was taken may still have it in front.
    fn end(&mut self, draft: &DraftId) {
        if let Some(writing) = self.0.get_mut(draft) {
            writing.by = None;
        }
        self.forget_empty();
    }

    /// Only these tabs still write, and only those are still there.
    fn retain(&mut self, writes: impl Fn(&TabId) -> bool, is_there: impl Fn(&TabId) -> bool) {
        for writing in self.0.values_mut() {
            writing.by.take_if(|by| !writes(by));
            writing.taken_from.retain(&is_there);
        }
        self.forget_empty();
    }

    fn forget_empty(&mut self) {
        self.0.retain(|_, writing| writing.by.is_some() || !writing.taken_from.is_empty());
    }

    /// Where the draft is now that was in this place.
    pub fn latest(&self, place: MessageRef) -> MessageRef {
        let known = self.0.values().find(|writing| writing.places.contains(&place));
        known.and_then(|writing| writing.places.back()).cloned().unwrap_or(place)
    }
}

impl Writing {
    fn put(&mut self, place: &MessageRef) {
        if self.places.back() != Some(place) {
            if self.places.len() == PLACES {
                self.places.pop_front();
            }
            self.places.push_back(place.clone());
        }
    }
}

/// Whether somebody may still write in this tab.
fn writes(tab: &Tab) -> bool {
    tab.detached.is_none_or(|since| since.elapsed() < PATIENCE)
}

impl Actor {
    /// The login of a tab, as the store names it.
    pub(super) fn login_of(&self, tab: &TabId) -> String {
        let login = self.tabs.get(tab).map(|tab| tab.login.as_slice()).unwrap_or_default();
        hex(login.get(..16).unwrap_or(login))
    }

    /// What a tab is told of the drafts of others.
    pub(super) fn writers_for(&self, tab: &TabId) -> Vec<Writer> {
        let Some(asks) = self.tabs.get(tab) else { return Vec::new() };
        let mut writers: Vec<Writer> = Vec::new();
        for (draft, writing) in &self.writers.0 {
            let Some(by) = writing.by.as_ref().filter(|by| *by != tab).and_then(|by| self.tabs.get(by)) else {
                continue;
            };
            writers.push(Writer {
                draft: draft.clone(),
                messages: writing.places.iter().cloned().collect(),
                since: writing.since,
                device: (by.login != asks.login).then(|| by.device.clone()),
                taken: writing.taken_from.contains(tab),
            });
        }
        writers.sort_by(|one, other| one.draft.0.cmp(&other.draft.0));
        writers
    }

    /// Tells the tabs for which it has changed who writes.
    fn tell_writers(&mut self) {
        let told: Vec<(TabId, Vec<Writer>)> = self.tabs.keys().map(|id| (id.clone(), self.writers_for(id))).collect();
        for (id, writers) in told {
            if let Some(tab) = self.tabs.get_mut(&id).filter(|tab| tab.writers != writers) {
                tab.writers.clone_from(&writers);
                tab.tell(Event::Writers { writers });
            }
        }
    }

    /// A tab goes on with a draft.
    pub(super) fn take_draft(&mut self, tab: &TabId, draft: &DraftId, place: &MessageRef) {
        self.writers.take(tab, draft, place, now());
        self.tell_writers();
    }

    /// A tab does not write on a draft any more.
    pub(super) fn close_draft(&mut self, tab: &TabId, draft: &DraftId) {
        self.writers.close(tab, draft);
        self.tell_writers();
    }

    /// The draft is gone.
    pub(super) fn nobody_writes(&mut self, draft: &DraftId) {
        self.writers.end(draft);
        self.tell_writers();
    }

    /// Tabs that have been away for a while write no more.
    pub(super) fn forget_writers(&mut self) {
        let tabs = &self.tabs;
        self.writers.retain(|tab| tabs.get(tab).is_some_and(writes), |tab| tabs.contains_key(tab));
        self.tell_writers();
    }

    /// Keeps what is written in a tab in Drafts, unless it was changed elsewhere: then it has to become a draft of its own, and both
    /// texts are kept. `base` is the copy from which the tab went on, as far as it knows.
    pub(super) async fn save_from(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        draft: &Draft,
        base: Option<MessageRef>,
    ) -> Result<MessageRef, Failure> {
        let login = self.login_of(tab);
        if self.writers.was_taken(tab, &draft.id) {
            return Err(Error::DraftChanged.into());
        }
        // Of a save that did not come to its end nobody knows which copy is whose.
        if let Some(SavedDraft { place: Some(place), unfinished: false, writer }) =
            self.store.saved_draft(self.record.id, &draft.id).await?
        {
            // The same login may not have heard how its last save went.
            let by_another = !writer.is_empty() && writer != login;
            if by_another && base.is_some_and(|base| base != place) || self.was_replaced(session, &place).await? {
                return Err(Error::DraftChanged.into());
            }
        }
        let saved = self.save_draft(session, draft, &login).await?;
        let tabs = &self.tabs;
        let is_attached = |by: &TabId| tabs.get(by).is_some_and(Tab::is_attached);
        self.writers.saved(tab, &draft.id, &saved, now(), is_attached);
        self.tell_writers();
        Ok(saved)
    }

    /// Whether another program has put something in place of this copy of a draft: it is gone, and what has come into its mailbox
    /// since is not all ours. Programs replace a draft by a new message, and not all of them keep its name.
    async fn was_replaced(&mut self, session: &mut Session, place: &MessageRef) -> Result<bool, Failure> {
        match self.select_for(session, place).await {
            // Gone with its mailbox, or of another UIDVALIDITY: nothing stands in its place.
            Err(Failure::Told(_)) => return Ok(false),
            result => result?,
        };
        session.noop().await?;
        if !session.search(&[Key::All], Some(&UidSet::one(place.uid))).await?.is_empty() {
            return Ok(false);
        }
        let since = UidSet::range(Uid(place.uid.0.saturating_add(1)), Uid(u32::MAX));
        let newer = session.search(&[Key::All], Some(&since)).await?;
        let ours = self.store.drafts_in(self.record.id, &place.mailbox, place.uid_validity).await?;
        Ok(newer.iter().any(|uid| *uid > place.uid && !ours.contains(uid)))
    }

    /// Calls off what is still to go out of these messages in Drafts, which are about to be deleted; says how many that were. Where
    /// they are to be `kept`, in Trash, Drafts first gets what was handed over.
    pub(super) async fn call_off_drafts(
        &mut self,
        session: &mut Session,
        groups: &mut [Group],
        kept: bool,
    ) -> Result<u32, Failure> {
        let mut called_off = 0;
        for group in groups {
            let waiting = self.store.submissions_in(self.record.id, &group.mailbox, group.uid_validity).await?;
            for (id, uid) in waiting {
                if !group.uids.contains(uid) {
                    continue;
                }
                let submission = self.store.submission(self.record.id, id).await?;
                let Some(submission) = submission.filter(crate::store::StoredSubmission::is_to_go_out) else {
                    return Err(too_late(&self.store, self.record.id, id).await?.into());
                };
                if kept {
                    let saved = self.save_draft(session, &submission.draft, "").await?;
                    let uids = group.uids.iter().filter(|other| *other != uid);
                    group.uids =
                        if saved.mailbox == group.mailbox { uids.chain([saved.uid]).collect() } else { uids.collect() };
                }
                let taken = self.take_out(id).await?;
                self.forget_files(&taken).await?;
                called_off += 1;
            }
        }
        Ok(called_off)
    }
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, UidValidity};

    use super::*;

    fn tab(name: &str) -> TabId {
        TabId(name.to_owned())
    }

    fn place(uid: u32) -> MessageRef {
        let mailbox = "Drafts".to_owned();
        MessageRef { account: AccountId(1), mailbox, uid_validity: UidValidity(1), uid: Uid(uid) }
    }

    #[test]
    fn a_draft_belongs_to_whoever_opened_it_last() {
        let (mut writers, draft) = (Writers::default(), DraftId("d".to_owned()));
        let (laptop, phone) = (tab("laptop"), tab("phone"));
        let by = |writers: &Writers| writers.0.get(&DraftId("d".to_owned())).and_then(|writing| writing.by.clone());
        writers.saved(&laptop, &draft, &place(1), 10, |_| true);
        writers.saved(&phone, &draft, &place(2), 20, |_| true);
        assert_eq!(by(&writers), Some(laptop.clone()), "who saves is not who took it");
        assert_eq!(writers.latest(place(1)), place(2));
        assert_eq!(writers.latest(place(9)), place(9));
        writers.take(&phone, &draft, &place(2), 30);
        assert!(writers.was_taken(&laptop, &draft) && !writers.was_taken(&phone, &draft));
        writers.close(&phone, &draft);
        assert_eq!(by(&writers), None);
        assert!(writers.was_taken(&laptop, &draft), "what it has is still an older text");
        writers.take(&laptop, &draft, &place(3), 40);
        assert!(!writers.was_taken(&laptop, &draft));
        assert_eq!(by(&writers), Some(laptop.clone()));
        writers.close(&laptop, &draft);
        assert!(writers.0.is_empty());
    }

    #[test]
    fn a_tab_that_is_gone_writes_no_more() {
        let (mut writers, draft) = (Writers::default(), DraftId("d".to_owned()));
        let (laptop, phone) = (tab("laptop"), tab("phone"));
        writers.take(&laptop, &draft, &place(1), 10);
        writers.saved(&phone, &draft, &place(2), 20, |_| false);
        assert!(!writers.was_taken(&laptop, &draft));
        writers.take(&laptop, &draft, &place(2), 30);
        writers.retain(|_| false, |_| true);
        assert!(writers.was_taken(&phone, &draft));
        writers.retain(|_| false, |_| false);
        assert!(writers.0.is_empty());
    }
}
