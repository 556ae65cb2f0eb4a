//! What a tab shows: the smallest model that frames can be applied to, written apart from the app's own.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeSet;

use app::wire::{
    Connectivity, Event, Flag, Folds, Identity, ListChange, Listing, Mailbox, Progress, Quota, Row, SavedSearch,
    Selection, Submission, SubmissionId, SubmissionState, Uid, UndoId, Welcome, Writer,
};

use crate::mail::Messages;

/// What a tab knows.
#[derive(Debug, Default)]
pub struct View {
    pub connectivity: Option<Connectivity>,
    pub mailboxes: Vec<Mailbox>,
    pub partial: bool,
    /// What was done on other devices and can be taken back.
    pub undoable: Vec<UndoId>,
    /// As whom the person may write.
    pub identities: Vec<Identity>,
    /// Searches that are kept.
    pub searches: Vec<SavedSearch>,
    /// Labels to choose from.
    pub labels: Vec<String>,
    pub folds: Folds,
    pub quota: Quota,
    pub submissions: Vec<Submission>,
    /// Drafts that are written on in other tabs.
    pub writers: Vec<Writer>,
    /// The open list.
    pub list: u32,
    /// Its rows from the top; none where a row is not here.
    pub rows: Vec<Option<Row>>,
    /// How far the search is.
    pub progress: Option<Progress>,
    pub signed_out: bool,
    pub reset: bool,
}

impl View {
    pub fn welcome(&mut self, welcome: &Welcome) {
        self.connectivity = Some(welcome.connectivity.clone());
        self.mailboxes = welcome.mailboxes.clone();
        self.labels = welcome.labels.clone();
        self.folds = welcome.folds.clone();
        self.identities = welcome.identities.clone();
        self.searches = welcome.searches.clone();
        self.quota = welcome.quota.clone();
        self.submissions = welcome.submissions.clone();
        self.writers = welcome.writers.clone();
    }

    pub fn listing(&mut self, listing: &Listing) {
        self.progress = listing.progress.clone();
        if listing.list != self.list {
            self.list = listing.list;
            self.rows.clear();
        }
        self.rows.resize(listing.total as usize, None);
        for (row, place) in listing.rows.iter().zip(&mut self.rows[listing.from as usize..]) {
            *place = Some(row.clone());
        }
    }

    /// The list that was asked for cannot be shown; as in the browser, the one before it is not there any more.
    pub fn without_list(&mut self) {
        self.list = 0;
        self.rows.clear();
        self.progress = None;
    }

    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::Reset => self.reset = true,
            Event::SignedOut => self.signed_out = true,
            Event::Connectivity { connectivity } => self.connectivity = Some(connectivity.clone()),
            Event::Mailboxes { mailboxes, partial } => (self.mailboxes, self.partial) = (mailboxes.clone(), *partial),
            Event::Counts { counts } => {
                for count in counts {
                    let known = self.mailboxes.iter_mut().find(|mailbox| mailbox.path == count.path);
                    let mailbox = known.unwrap_or_else(|| panic!("counts of the unknown {}", count.path));
                    mailbox.set_counts(count);
                }
            }
            Event::Submission { submission } => {
                self.submissions.retain(|known| known.id != submission.id);
                self.submissions.push(submission.clone());
            }
            Event::Unsubmitted { submission } => self.submissions.retain(|known| known.id != *submission),
            Event::Writers { writers } => self.writers = writers.clone(),
            Event::Quota { quota } => self.quota = quota.clone(),
            Event::Acted { undo, .. } => self.undoable.push(*undo),
            Event::Undone { undo } => self.undoable.retain(|known| known != undo),
            Event::Identities { identities } => self.identities = identities.clone(),
            Event::Searches { searches } => self.searches = searches.clone(),
            Event::Folds { folds } => self.folds = folds.clone(),
            Event::Labels { labels } => self.labels = labels.clone(),
            Event::Messages { list, change } if *list == self.list => self.change(change),
            Event::Messages { .. } => {}
        }
    }

    fn change(&mut self, change: &ListChange) {
        match change {
            ListChange::Added { count, rows } => {
                assert!(rows.len() <= *count as usize, "more rows than messages came");
                let mut added: Vec<Option<Row>> = rows.iter().cloned().map(Some).collect();
                added.resize(*count as usize, None);
                self.rows.splice(0..0, added);
            }
            ListChange::Vanished { positions } => {
                assert!(positions.windows(2).all(|pair| pair[0] > pair[1]), "not in descending order: {positions:?}");
                for position in positions {
                    self.rows.remove(*position as usize);
                }
            }
            ListChange::Flags { mailbox, flags } => {
                for (uid, flags) in flags {
                    for row in self.rows.iter_mut().flatten() {
                        if row.message.mailbox == *mailbox && row.message.uid == *uid {
                            row.flags = flags.clone();
                        }
                    }
                }
            }
            ListChange::Threads { mailbox, threads } => {
                for (uid, thread) in threads {
                    for row in self.rows.iter_mut().flatten() {
                        if row.message.mailbox == *mailbox && row.message.uid == *uid {
                            row.thread = *thread;
                        }
                    }
                }
            }
            ListChange::Previews { mailbox, previews } => {
                for (uid, preview) in previews {
                    for row in self.rows.iter_mut().flatten() {
                        if row.message.mailbox == *mailbox && row.message.uid == *uid {
                            row.preview = preview.clone();
                        }
                    }
                }
            }
            ListChange::Found { listing } => self.listing(listing),
            ListChange::Replaced { listing } => {
                self.list = listing.list;
                self.rows.clear();
                self.listing(listing);
            }
        }
    }

    /// Number of messages in the open list.
    pub fn total(&self) -> usize {
        self.rows.len()
    }

    /// The row of a message, if it is here.
    pub fn row(&self, uid: Uid) -> Option<&Row> {
        self.rows.iter().flatten().find(|row| row.message.uid == uid)
    }

    pub fn has(&self, uid: Uid, flag: &Flag) -> bool {
        self.row(uid).is_some_and(|row| row.has(flag))
    }

    /// The subjects of the rows that are here, from the top.
    pub fn subjects(&self) -> Vec<&str> {
        self.rows.iter().flatten().map(|row| row.subject.as_str()).collect()
    }

    pub fn mailbox(&self, path: &str) -> Option<&Mailbox> {
        self.mailboxes.iter().find(|mailbox| mailbox.path == path)
    }

    /// Messages, and those of them that are unread.
    pub fn counts(&self, path: &str) -> Option<(u32, u32)> {
        self.mailbox(path).map(|mailbox| (mailbox.total, mailbox.unseen))
    }

    /// All that a mailbox holds, as far as the tab was told.
    pub fn whole(&self, path: &str) -> Selection {
        let mailbox = self.mailbox(path).unwrap_or_else(|| panic!("no mailbox {path}"));
        let (uid_validity, uid_next) = (mailbox.uid_validity, mailbox.uid_next);
        Selection::Mailbox { path: path.to_owned(), uid_validity, uid_next }
    }

    pub fn submission(&self, id: SubmissionId) -> Option<SubmissionState> {
        self.submissions.iter().find(|submission| submission.id == id).map(|submission| submission.state)
    }

    pub fn is_live(&self) -> bool {
        self.connectivity == Some(Connectivity::Live)
    }

    /// In what the open list differs from what the server has.
    pub fn quarrel(&self, truth: &Messages) -> Option<String> {
        if self.total() != truth.len() {
            return Some(format!("{} messages are shown of {}", self.total(), truth.len()));
        }
        for (position, (row, (uid, flags))) in self.rows.iter().zip(truth.iter().rev()).enumerate() {
            let Some(row) = row else { continue };
            if row.message.uid != *uid {
                return Some(format!("position {position}: {:?} is shown, {uid:?} is there", row.message.uid));
            }
            let shown: BTreeSet<Flag> = row.flags.iter().cloned().collect();
            if shown != *flags {
                return Some(format!("{uid:?}: {shown:?} are shown, {flags:?} are there"));
            }
        }
        None
    }

    /// Which folder is counted wrongly.
    pub fn miscount(&self, truth: &[(&str, Messages)]) -> Option<String> {
        truth.iter().find_map(|(mailbox, messages)| {
            let unseen = messages.values().filter(|flags| !flags.contains(&Flag::Seen)).count();
            let counted = self.counts(mailbox)?;
            let there = (u32::try_from(messages.len()).ok()?, u32::try_from(unseen).ok()?);
            (counted != there).then(|| format!("{mailbox} is counted {counted:?} and has {there:?}"))
        })
    }
}
