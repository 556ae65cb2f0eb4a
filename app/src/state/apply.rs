//! What each frame of the server does to the state.

use super::{Chosen, Dialog, PendingId, State, pending::covers};
use crate::{
    state::{Notice, Undo},
    wire::{
        Event, ListChange, Listing, MessageRef, Reply, Row, Selection, ServerFrame, Submission, SubmissionState,
        Welcome,
    },
};
use leptos::prelude::*;

impl State {
    /// Takes in what the server said. The only writer of what the server knows.
    pub fn apply(&self, frame: &ServerFrame) {
        match frame {
            ServerFrame::Reply { result: Ok(reply), .. } => self.apply_reply(reply),
            // Whoever asked tells the person.
            ServerFrame::Reply { result: Err(_), .. } | ServerFrame::Heartbeat => {}
            ServerFrame::Event { event, .. } => self.apply_event(event),
        }
    }

    fn apply_reply(&self, reply: &Reply) {
        match reply {
            Reply::Attached { welcome: Some(welcome) } => self.apply_welcome(welcome),
            Reply::Listing(listing) => self.apply_listing(listing),
            Reply::Message(message) => self.opened.insert(message),
            Reply::Conversation(conversation) => self.opened.gathered(conversation),
            Reply::Attached { welcome: None }
            | Reply::Acted { .. }
            | Reply::Draft(_)
            | Reply::Saved { .. }
            | Reply::Tidied { .. }
            | Reply::Submitted { .. }
            | Reply::FilesLimit { .. }
            | Reply::Arranged { .. }
            | Reply::Located { .. }
            | Reply::People { .. }
            | Reply::Checked { .. }
            | Reply::Templates { .. }
            | Reply::Template { .. }
            | Reply::Done => {}
        }
    }

    fn apply_event(&self, event: &Event) {
        match event {
            // The socket attaches and opens again; what is on the screen stays until then.
            Event::Reset => self.opened.clear(),
            Event::Connectivity { connectivity } => self.connectivity.set(connectivity.clone()),
            Event::Mailboxes { mailboxes, partial } => {
                self.mailboxes.replace(mailboxes, *partial);
                mailboxes.iter().for_each(|mailbox| self.pending.settle_counts(&mailbox.path));
            }
            Event::Counts { counts } => {
                self.mailboxes.set_counts(counts);
                counts.iter().for_each(|counts| self.pending.settle_counts(&counts.path));
            }
            Event::Folds { folds } => self.folding.set(folds),
            Event::Quota { quota } => self.quota.set(quota.clone()),
            Event::Labels { labels } => self.labels.set(labels.clone()),
            Event::Identities { identities } => self.identities.set(identities.clone()),
            Event::Searches { searches } => self.searches.set(searches.clone()),
            Event::Messages { list, change } => self.apply_change(*list, change),
            Event::Acted { undo, action, count } => {
                let notice = Notice::Acted { action: action.clone(), count: *count, elsewhere: true };
                self.toasts.push(notice, Some(Undo::Action(*undo)));
            }
            Event::Undone { undo } => self.toasts.dismiss_undo(Undo::Action(*undo)),
            Event::Unsubmitted { submission } => {
                self.submissions.update(|all| all.retain(|other| other.id != *submission));
                self.toasts.dismiss_undo(Undo::Submission(*submission));
            }
            Event::Submission { submission } => self.apply_submission(submission),
            Event::Writers { writers } => {
                self.writers.set(writers.clone());
                self.composer.heed(writers, |writer| writer.taken);
            }
            Event::SignedOut => self.signed_out.set(true),
        }
    }

    pub(super) fn apply_welcome(&self, welcome: &Welcome) {
        let Welcome {
            tab: _,
            account,
            identities,
            connectivity,
            mailboxes,
            partial,
            folds,
            labels,
            searches,
            quota,
            submissions,
            writers,
            upload_limit,
        } = welcome;
        self.account.set(*account);
        self.identities.set(identities.clone());
        self.upload_limit.set(*upload_limit);
        self.connectivity.set(connectivity.clone());
        self.folding.set(folds);
        self.mailboxes.replace(mailboxes, *partial);
        self.labels.set(labels.clone());
        self.searches.set(searches.clone());
        self.quota.set(quota.clone());
        self.submissions.set(submissions.clone());
        self.writers.set(writers.clone());
        // The server does not know this tab any more, and whoever has the draft now may have it from here.
        self.composer.heed(writers, |writer| writer.device.is_some());
    }

    pub(super) fn apply_listing(&self, listing: &Listing) {
        if let Some(before) = self.list.id().filter(|before| *before != listing.list) {
            self.pending.forget_list(before);
        }
        self.list.apply_listing(listing);
        self.settle();
    }

    fn apply_change(&self, list: u32, change: &ListChange) {
        match change {
            ListChange::Added { count, rows } => {
                self.list.apply_added(list, *count, rows);
                self.pass_over(list, *count, rows);
            }
            ListChange::Flags { mailbox, flags } => {
                self.list.apply_flags(mailbox, flags);
                self.opened.set_flags(mailbox, flags);
            }
            ListChange::Threads { mailbox, threads } => self.list.apply_threads(mailbox, threads),
            ListChange::Previews { mailbox, previews } => self.list.apply_previews(mailbox, previews),
            ListChange::Vanished { positions } => {
                let gone = self.list.apply_vanished(list, positions);
                self.forget(&gone);
            }
            ListChange::Found { listing } => self.list.apply_found(list, listing),
            ListChange::Replaced { listing } => {
                self.list.apply_replaced(list, listing);
                self.pending.forget_list(list);
            }
        }
        self.settle();
    }

    fn apply_submission(&self, submission: &Submission) {
        let before = self.submissions.try_update(|all| match all.iter_mut().find(|other| other.id == submission.id) {
            Some(known) => Some(std::mem::replace(known, submission.clone()).state),
            None => {
                all.push(submission.clone());
                None
            }
        });
        if submission.state != SubmissionState::Waiting {
            self.toasts.dismiss_undo(Undo::Submission(submission.id));
        }
        // Told of only because something came back about it, it was sent before; and a receipt nobody has written.
        let is_known = !submission.reports.is_empty() || submission.receipt;
        let is_new = before.flatten() != Some(SubmissionState::Sent) && !is_known;
        if submission.state == SubmissionState::Sent && is_new {
            let missed = submission.refusals.iter().find_map(|refusal| refusal.error.clone());
            self.toasts.push(missed.map_or(Notice::Sent, Notice::Error), None);
        }
    }

    /// The server did what was asked.
    pub(crate) fn confirm(&self, id: PendingId) {
        if let Some((selection, flag, set)) = self.pending.confirm(id) {
            self.list.set_flag(|message| covers(&selection, message), &flag, set);
            self.opened.set_flag(|message| covers(&selection, message), &flag, set);
        }
        self.settle();
    }

    fn settle(&self) {
        self.pending.settle(|message| untrack(|| self.list.entry(message)).is_some());
    }

    /// Messages have come. Whoever has chosen all of the list has not chosen these.
    fn pass_over(&self, list: u32, count: u32, rows: &[Row]) {
        if self.list.id() != Some(list) {
            return;
        }
        let came: Vec<MessageRef> = rows.iter().map(|row| row.message.clone()).collect();
        if self.chosen.with_untracked(|chosen| matches!(chosen, Chosen::AllBut(_))) {
            self.chosen.update(|chosen| chosen.pass_over(&came, came.len() == count as usize));
        }
        self.dialog.maybe_update(|dialog| {
            // What is asked stays what was asked.
            if let Some(Dialog::Erase { selection: Selection::All { list: of, except }, .. }) = dialog
                && *of == list
            {
                except.extend(came);
            }
            false
        });
    }

    /// Messages have left the list.
    fn forget(&self, gone: &[MessageRef]) {
        let touched = self.chosen.with_untracked(|chosen| match chosen {
            Chosen::These(these) | Chosen::AllBut(these) => gone.iter().any(|message| these.contains(message)),
        });
        if touched {
            self.chosen.update(|chosen| chosen.forget(gone));
        }
    }
}
