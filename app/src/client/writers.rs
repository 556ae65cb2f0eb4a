//! A draft that is written on in several places: whoever opened it last has it, and no text is lost.

use leptos::prelude::*;

use super::Client;
use crate::{
    state::{Dialog, DraftStatus, Notice},
    wire::{Command, DraftKind, MessageRef, Writer},
};

impl Client {
    /// Goes on with a draft. Asks first where somebody writes on it elsewhere.
    pub fn edit_draft(&self, message: &MessageRef) {
        if untrack(|| self.state.writer_at(message)).is_some() {
            self.state.dialog.set(Some(Dialog::TakeDraft { message: message.clone() }));
        } else {
            self.take_draft(message);
        }
    }

    /// Goes on with a draft, wherever else it is written on.
    pub fn take_draft(&self, message: &MessageRef) {
        self.compose(message, DraftKind::Edit);
    }

    /// Goes on here with the draft that was taken from this tab, as it is by now.
    pub fn take_back(&self) {
        // It is taken by whoever opens it, so that it is in Drafts.
        let latest = self.state.composer.lost.with_untracked(|lost| lost.as_ref()?.messages.last().cloned());
        if let Some(message) = latest {
            self.take_draft(&message);
        }
    }

    /// The draft was taken from this tab: what is not saved yet is kept as one of its own.
    pub fn step_back(&self) {
        if self.state.composer.status.get_untracked() == DraftStatus::Dirty {
            self.save_draft();
        } else {
            self.platform().keep_draft(None);
        }
    }

    /// Makes what is written here a draft of its own, still to be saved.
    pub(super) async fn go_apart(&self) {
        let composer = self.state.composer;
        let before = composer.id.get_untracked();
        self.flush().await;
        if composer.id.with_untracked(|now| *now != before) {
            return;
        }
        composer.base.set_value(None);
        composer.id.set(Some(self.platform().new_draft_id()));
        composer.status.set(DraftStatus::Dirty);
        self.keep_now();
        self.notify(Notice::KeptApart, None);
    }

    /// Goes on with what is here, since the draft is not in its place any more. False if that is none that was taken from this tab.
    pub(super) fn go_on_apart(&self, message: &MessageRef) -> bool {
        let composer = self.state.composer;
        let is_it = |lost: &Option<Writer>| lost.as_ref().is_some_and(|lost| lost.messages.contains(message));
        if !composer.lost.with_untracked(is_it) {
            return false;
        }
        if composer.is_lost() {
            composer.base.set_value(None);
            composer.id.set(Some(self.platform().new_draft_id()));
        }
        composer.lost.set(None);
        self.edited();
        true
    }

    /// Nobody writes in this tab any more on what is open.
    pub(super) fn let_go(&self) {
        if let Some(draft) = self.state.composer.id.get_untracked() {
            let reply = self.send(Command::CloseDraft { draft });
            // Where nobody hears it, that goes by itself after a while.
            self.spawn(async move { drop(reply.await) });
        }
    }
}
