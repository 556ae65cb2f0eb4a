//! Lists by conversation: each row is the newest message of a conversation in its mailbox, and stands for the others.
//!
//! Which messages belong together the index knows (`store/conversations.rs`); a list is made by a search that leaves out all
//! but the newest of each (`account/search.rs`). Here it is kept true.

use std::collections::{HashMap, HashSet};

use app::wire::{Error, Event, ListChange, MessageRef, TabId, Thread, Uid};
use tokio::sync::oneshot;
use tracing::warn;

use super::{
    Input,
    actor::{Actor, Failure},
    follow::drop_from,
    gather::Gather,
    hits::Hit,
    line::Line,
    selection::Group,
};
use crate::{
    conversation::ConversationId,
    imap::{self, Session, UidSet, search::Key},
    store::{Beside, Indexed},
};

/// Rows above and below those asked for last whose conversations are counted anew when something has changed.
const AROUND: u32 = 300;

impl Actor {
    /// Has a conversation gathered; the answer comes when it is here.
    pub(super) fn gather(&mut self, tab: TabId, id: u32, message: MessageRef) {
        if message.account != self.record.id {
            return self.reply(&tab, id, Err(Error::Gone));
        }
        // Nobody waits for this: what the actor's own line has met with is not tried once more.
        match &self.line {
            Line::Live(_) => {}
            Line::Connecting => return self.reply(&tab, id, Err(Error::Busy)),
            Line::Down { error, .. } => {
                let error = error.clone();
                return self.reply(&tab, id, Err(error));
            }
        }
        let (reply, answer) = oneshot::channel();
        let gather = Gather { message, mailboxes: self.mailboxes.clone(), reply };
        if let Err(error) = self.searcher.gather(gather) {
            return self.reply(&tab, id, Err(error));
        }
        let inputs = self.myself();
        // Ends with the task that gathers, which answers each or drops it.
        tokio::spawn(async move {
            let result = answer.await.unwrap_or(Err(Error::Busy));
            if let Some(inputs) = inputs.upgrade() {
                // An actor that has stopped has nobody to tell.
                let _ = inputs.send(Input::Gathered { tab, id, result: Box::new(result) }).await;
            }
        });
    }

    /// Whether a tab shows a list by conversation.
    pub(super) fn is_threaded(&self, tab: &TabId) -> bool {
        self.view(tab).is_some_and(|view| view.query.is_threaded())
    }

    /// What these messages of the selected mailbox stand for.
    pub(super) async fn threads_of(
        &mut self,
        session: &mut Session,
        uids: &[Uid],
    ) -> Result<HashMap<Uid, Option<Thread>>, imap::Error> {
        let beside = self.beside(session, uids).await;
        let several = beside.conversations().filter(|(_, members)| members.len() > 1);
        let others: UidSet = several.flat_map(|(_, members)| members).copied().collect();
        if others.is_empty() {
            return Ok(uids.iter().map(|uid| (*uid, None)).collect());
        }
        let there: HashSet<Uid> = session.search(&[Key::All], Some(&others)).await?.into_iter().collect();
        let unseen: HashSet<Uid> = session.search(&[Key::Unseen], Some(&others)).await?.into_iter().collect();
        let count = |uids: &[Uid], among: &HashSet<Uid>| {
            u32::try_from(uids.iter().filter(|uid| among.contains(uid)).count()).unwrap_or(u32::MAX)
        };
        let of = |members: &[Uid]| Thread { count: count(members, &there), unseen: count(members, &unseen) };
        let threads: HashMap<ConversationId, Thread> =
            beside.conversations().map(|(conversation, members)| (conversation, of(members))).collect();
        let thread = |uid: &Uid| threads.get(&beside.conversation(*uid)?).filter(|thread| thread.count > 1).copied();
        Ok(uids.iter().map(|uid| (*uid, thread(uid))).collect())
    }

    /// Of messages that have come, the newest of each conversation. Those that stood for these before go.
    pub(super) async fn newest_of_each(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        path: &str,
        mut added: Vec<Hit>,
    ) -> Result<Vec<Hit>, Failure> {
        let new: Vec<Uid> = added.iter().map(|hit| hit.uid).collect();
        let (Some(first), Some(last)) = (new.iter().min().copied(), new.iter().max().copied()) else {
            return Ok(added);
        };
        let Some(indexed) = self.indexed(session).await else { return Ok(added) };
        let entries = session.fetch_links(first, last).await?;
        if let Err(error) = self.index.add(&indexed.with(first, last), &entries).await {
            warn!(error = format!("{error:#}"), "New mail is not in the index of conversations");
        }
        let beside = self.beside(session, &new).await;
        let newest: HashSet<Uid> =
            beside.conversations().filter_map(|(_, members)| members.iter().max().copied()).collect();
        added.retain(|hit| beside.conversation(hit.uid).is_none() || newest.contains(&hit.uid));
        let stand: HashSet<Uid> = added.iter().map(|hit| hit.uid).collect();
        let replaced: HashSet<Uid> = beside.uids().filter(|uid| !stand.contains(uid)).collect();
        if let Some(tab) = self.tabs.get_mut(tab) {
            drop_from(tab, path, indexed.uid_validity, |uid| replaced.contains(&uid));
        }
        Ok(added)
    }

    /// Brings the lists by conversation up to date whose mailbox has changed: where the newest of a conversation went, the
    /// next takes its place; and what rows stand for is counted anew.
    pub(super) async fn follow_threads(&mut self, session: &mut Session) -> Result<(), imap::Error> {
        let touched = std::mem::take(&mut self.threads_touched);
        let tabs: Vec<(TabId, String)> = self
            .tabs
            .values()
            .filter_map(|tab| Some((tab, tab.view.as_ref()?)))
            .filter(|(_, view)| view.query.is_threaded() && touched.contains(&view.query.mailbox))
            .map(|(tab, view)| (tab.id.clone(), view.query.mailbox.clone()))
            .collect();
        for (tab, path) in tabs {
            match self.select(session, &path).await {
                Err(Failure::Lost(error)) => return Err(error),
                // The mailbox is gone; the tree says so.
                Err(Failure::Told(_)) => continue,
                Ok(_) => {}
            }
            if self.next_newest(session, &tab, &path).await? {
                self.replace_hits(session, &tab).await?;
            } else {
                self.tell_threads(session, &tab, &path).await?;
            }
        }
        Ok(())
    }

    /// Puts the next of their conversations where the newest went. Whether there are any.
    async fn next_newest(&mut self, session: &mut Session, tab: &TabId, path: &str) -> Result<bool, imap::Error> {
        let Some(gone) = self.hits_mut(tab).map(|hits| std::mem::take(&mut hits.headless)) else { return Ok(false) };
        if gone.is_empty() {
            return Ok(false);
        }
        let beside = self.beside(session, &gone).await;
        let left: HashSet<Uid> = gone.iter().copied().collect();
        let others: UidSet = beside.uids().filter(|uid| !left.contains(uid)).collect();
        let there: HashSet<Uid> = session.search(&[Key::All], Some(&others)).await?.into_iter().collect();
        if let Some(indexed) = self.indexed(session).await
            && let Err(error) = self.index.forget_uids(&indexed, &gone).await
        {
            warn!(error = format!("{error:#}"), "What is gone stays in the index of conversations");
        }
        let Some(hits) = self.hits_mut(tab) else { return Ok(false) };
        let Some(place) = hits.place_named(path) else { return Ok(false) };
        let shown: HashSet<Uid> = hits.found.iter().filter(|hit| hit.place == place).map(|hit| hit.uid).collect();
        let next: HashSet<Uid> = beside
            .conversations()
            .filter(|(_, members)| !members.iter().any(|uid| shown.contains(uid)))
            .filter_map(|(_, members)| members.iter().filter(|uid| there.contains(uid)).max().copied())
            .collect();
        let any = !next.is_empty();
        hits.put(next.into_iter().map(|uid| Hit { place, uid, date: 0 }).collect());
        let total = hits.total();
        if let Some(view) = self.tabs.get_mut(tab).and_then(|tab| tab.view.as_mut()) {
            view.total = total;
            view.untold |= any;
        }
        Ok(any)
    }

    /// Tells a tab what the rows about it stand for now.
    async fn tell_threads(&mut self, session: &mut Session, tab: &TabId, path: &str) -> Result<(), imap::Error> {
        let Some(view) = self.view(tab) else { return Ok(()) };
        let first = view.from.saturating_sub(AROUND);
        let count = view.from.saturating_add(view.count).saturating_add(AROUND) - first;
        let Some(hits) = view.source.hits() else { return Ok(()) };
        let uids: Vec<Uid> = hits.found.iter().skip(first as usize).take(count as usize).map(|hit| hit.uid).collect();
        let threads: Vec<(Uid, Option<Thread>)> = self.threads_of(session, &uids).await?.into_iter().collect();
        let Some(tab) = self.tabs.get_mut(tab) else { return Ok(()) };
        if let Some(list) = tab.view.as_ref().map(|view| view.list) {
            tab.tell(Event::Messages { list, change: ListChange::Threads { mailbox: path.to_owned(), threads } });
        }
        Ok(())
    }

    /// These messages with what belongs together with them in the same mailboxes, as far as that is known.
    pub(super) async fn with_threads(
        &mut self,
        session: &mut Session,
        mut groups: Vec<Group>,
    ) -> Result<Vec<Group>, Failure> {
        for group in &mut groups {
            let selected = self.select(session, &group.mailbox).await?;
            // Of another UIDVALIDITY nothing is known; whoever acts on it is refused.
            if selected.uid_validity == group.uid_validity {
                let mut uids: Vec<Uid> = group.uids.iter().collect();
                uids.extend(self.beside(session, &uids).await.uids());
                uids.sort_unstable();
                uids.dedup();
                group.uids = uids.into_iter().collect();
            }
        }
        Ok(groups)
    }

    /// How far the selected mailbox is indexed. None when the index cannot be read: then each message stands for itself.
    async fn indexed(&self, session: &Session) -> Option<Indexed> {
        let selected = session.selected()?;
        let indexed = self.index.enter(self.record.id, &selected.path, selected.uid_validity, selected.uid_next).await;
        indexed
            .inspect_err(|error| warn!(error = format!("{error:#}"), "The index of conversations cannot be read"))
            .ok()
    }

    /// What belongs together with each of these messages in the selected mailbox.
    async fn beside(&self, session: &Session, uids: &[Uid]) -> Beside {
        let Some(indexed) = self.indexed(session).await else { return Beside::default() };
        let beside = self.index.beside(&indexed, uids).await;
        beside
            .inspect_err(|error| warn!(error = format!("{error:#}"), "The index of conversations cannot be read"))
            .unwrap_or_default()
    }
}
