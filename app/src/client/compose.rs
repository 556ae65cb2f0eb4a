//! Writing, keeping and sending.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;

use super::Client;
use crate::{
    opening::{add_all, begin},
    signature::exchange,
    state::{DraftStatus, File, FileState, Notice},
    wire::{AccountId, Address, Command, Draft, DraftKind, Error, Identity, MAX_FRAME, MessageRef, Reply, read},
};

/// How long the person pauses before the draft is saved.
const PAUSE: Duration = Duration::from_millis(1500);

/// How often at most the draft is kept in the browser.
const KEEP: Duration = Duration::from_millis(250);

/// How often is looked for what something waits for.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// The longest formatted text that the server takes, in bytes.
const MOST_FORMATTED: usize = 512 * 1024;

#[derive(Default)]
pub(super) struct Memory {
    saving: bool,
    keeping: bool,
    /// How often the editor was asked for what is written, and who waits for it.
    pub(super) flushes: u32,
    pub(super) flushing: Vec<(u32, oneshot::Sender<()>)>,
    /// What was pasted and is not in the text yet.
    pub(super) pasting: u32,
    /// Questions about recipients that are not answered yet.
    pub(super) checking: u32,
    /// Who waits for the editor to say what the person has written in it.
    pub(super) own: Option<oneshot::Sender<String>>,
}

impl Client {
    /// Starts a new message, or comes back to the one being written.
    pub fn compose_new(&self) {
        if self.state.composer.id.with_untracked(Option::is_some) {
            self.state.composer.minimised.set(false);
            return;
        }
        let id = self.platform().new_draft_id();
        self.begin(Draft::new(id));
    }

    /// Answers, forwards or goes on writing a message. What was being written is saved first.
    pub fn compose(&self, message: &MessageRef, kind: DraftKind) {
        let (client, message) = (*self, message.clone());
        self.spawn(async move {
            client.flush().await;
            if !client.save_if_dirty().await {
                return;
            }
            let base = (kind == DraftKind::Edit).then(|| message.clone());
            match client.send(Command::Compose { message, kind }).await {
                Ok(Reply::Draft(draft)) if matches!(kind, DraftKind::Edit | DraftKind::Again) => {
                    client.open_draft(*draft);
                    client.state.composer.base.set_value(base);
                }
                Ok(Reply::Draft(draft)) => client.begin(*draft),
                Ok(_) => client.complain(Error::Internal),
                // It was sent or thrown away there: what is here is all there is.
                Err(Error::Gone) if base.is_some_and(|message| client.go_on_apart(&message)) => {}
                Err(error) => client.complain(error),
            }
        });
    }

    /// Waits for so long.
    pub(super) async fn pause(&self, time: Duration) {
        let (wake, woken) = oneshot::channel::<()>();
        self.platform().after(time, Box::new(move || drop(wake)));
        // That its other end is gone is what was waited for.
        let _ = woken.await;
    }

    pub(super) fn begin(&self, draft: Draft) {
        let (draft, quoted) = begin(self.state, draft);
        self.open_draft(draft);
        self.state.composer.quoted.set_value(quoted);
        self.state.composer.set_aside();
    }

    pub(super) fn open_draft(&self, draft: Draft) {
        if self.state.composer.id.with_untracked(|id| id.as_ref() != Some(&draft.id)) {
            self.let_go();
        }
        let identity = self.state.identity_of(draft.from.as_ref());
        let to: Vec<Address> = draft.to.iter().chain(&draft.cc).cloned().collect();
        // Whoever is answered has written themselves.
        let is_answer = !draft.references.is_empty();
        self.state.composer.open(draft, identity.map(|identity| identity.choices).unwrap_or_default());
        if !is_answer {
            self.check_recipients(&to);
        }
        let (files_limit, reply) = (self.state.files_limit, self.send(Command::FilesLimit));
        self.spawn(async move {
            // Without it the servers say so themselves, later.
            if let Ok(Reply::FilesLimit { limit }) = reply.await {
                files_limit.set(limit);
            }
        });
    }

    /// Writes as this address, and takes what belongs to its identity in place of what belonged to the one before.
    pub fn write_as(&self, email: &str) {
        let composer = self.state.composer;
        let after = self.state.identities.with_untracked(|all| Identity::of(all, email).cloned());
        let Some(Identity { choices: after, .. }) = after else { return };
        let before = composer.choices.get_value();
        composer.from.set(Some(Address { name: after.name.clone(), email: email.to_owned() }));
        if before != after {
            let quoted = composer.quoted.get_value();
            if composer.html.with_untracked(Option::is_some) {
                let quotes = !quoted.is_empty();
                self.exchange_signature(quotes, &before, &after);
            } else {
                composer.body.update(|body| *body = exchange(body, &quoted, &before, &after));
                if composer.octets_aside() == 0 {
                    composer.set_aside();
                }
            }
            composer.bcc.update(|bcc| {
                bcc.retain(|address| !before.bcc.contains(address));
                add_all(bcc, &after.bcc);
            });
            composer.reply_to.set_value(after.reply_to.clone());
            composer.choices.set_value(after);
        }
        self.edited();
    }

    /// Tells that the person changed what is being written. It is kept in the browser at once, and saved to Drafts
    /// after a pause.
    pub fn edited(&self) {
        let composer = self.state.composer;
        let edits = composer.edits.get_untracked().wrapping_add(1);
        composer.edits.set(edits);
        if composer.status.get_untracked() != DraftStatus::Saving {
            composer.status.set(DraftStatus::Dirty);
        }
        self.keep_soon();
        let client = *self;
        let save = move || {
            if client.state.composer.edits.get_untracked() == edits {
                client.save_draft();
            }
        };
        self.platform().after(PAUSE, Box::new(save));
    }

    /// Saves the draft now.
    pub fn save_draft(&self) {
        let client = *self;
        self.spawn(async move {
            client.save_if_dirty().await;
        });
    }

    /// Closes the composer; the draft stays in Drafts.
    pub fn close_composer(&self) {
        let (client, opened) = (*self, self.state.composer.opened.get_value());
        self.spawn(async move {
            client.flush().await;
            // What is closed has no place for a picture that comes later.
            while untrack(|| client.state.composer.is_placing()) {
                client.pause(LOOK).await;
            }
            let is_same = || client.state.composer.opened.get_value() == opened;
            if is_same() && client.save_if_dirty().await && is_same() {
                client.let_go();
                client.state.composer.close();
                client.platform().keep_draft(None);
            }
        });
    }

    /// Throws away what was written, here and in Drafts. Asks nothing: see [`crate::state::Dialog::Discard`].
    pub fn discard(&self) {
        let composer = self.state.composer;
        let Some(draft) = composer.id.get_untracked() else {
            return;
        };
        for file in composer.files.get_untracked() {
            self.forget_file(&file);
        }
        composer.close();
        self.platform().keep_draft(None);
        let (client, reply) = (*self, self.send(Command::DiscardDraft { draft }));
        self.spawn(async move {
            match reply.await {
                Ok(_) => client.notify(Notice::Discarded, None),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Sends what was written, at this moment where one was chosen, in seconds since 1970 UTC.
    pub fn send_draft(&self, at: Option<i64>) {
        let composer = self.state.composer;
        let Some(draft) = composer.draft() else {
            return;
        };
        if draft.to.is_empty() && draft.cc.is_empty() && draft.bcc.is_empty() {
            composer.problem.set(Some(Error::NoRecipient));
            return;
        }
        let is_lost = composer.lost.with_untracked(Option::is_some);
        if untrack(|| composer.is_uploading()) || composer.sending.get_untracked() || is_lost {
            return;
        }
        if !self.fits(&draft) {
            return;
        }
        composer.problem.set(None);
        composer.sending.set(true);
        self.freeze_editor(true);
        let when = self.when(at);
        let (client, reply) = (*self, self.send(Command::Send { draft, when }));
        self.spawn(async move {
            match reply.await {
                Ok(reply) => {
                    client.let_go();
                    composer.close();
                    client.platform().keep_draft(None);
                    client.handed_over(&reply, when);
                }
                Err(error) => {
                    composer.sending.set(false);
                    client.freeze_editor(false);
                    composer.problem.set(Some(error));
                }
            }
        });
    }

    /// Whether a draft can be handed over as it is; if not, the person is told.
    fn fits(&self, draft: &Draft) -> bool {
        let frame = serde_json::to_string(draft).map_or(0, |json| json.len());
        let fits = frame <= MAX_FRAME - 4096 && draft.html.as_ref().is_none_or(|html| html.len() <= MOST_FORMATTED);
        if !fits {
            self.state.composer.problem.set(Some(Error::TextTooLong { limit: MOST_FORMATTED as u64 }));
        }
        fits
    }

    /// Uploads a file for the draft.
    pub fn attach(&self, file: web_sys::File) {
        let composer = self.state.composer;
        if composer.id.with_untracked(Option::is_none) {
            self.compose_new();
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's size is a whole number")]
        let size = file.size() as u64;
        let (cancel, registration) = AbortHandle::new_pair();
        let entry = composer.file(file.name(), size, Some(cancel));
        composer.files.update(|files| files.push(entry.clone()));
        let limit = self.state.upload_limit.get_untracked();
        if limit > 0 && size > limit {
            entry.state.set(FileState::Failed(Error::TooLarge { limit }));
            return;
        }
        let all: u64 = composer
            .files
            .with_untracked(|files| files.iter().filter(|file| !file.has_failed()).map(|file| file.size).sum());
        if let Some(limit) = self.state.files_limit.get_untracked().filter(|limit| all > *limit) {
            entry.state.set(FileState::Failed(Error::FilesTooLarge { limit }));
            return;
        }
        let sent = entry.sent;
        let upload = self.platform().upload(file, Box::new(move |bytes| sent.set(bytes)));
        let client = *self;
        self.spawn(async move {
            match Abortable::new(upload, registration).await {
                Ok(Ok(attachment)) => {
                    entry.state.set(FileState::Here(attachment));
                    client.edited();
                }
                Ok(Err(error)) => entry.state.set(FileState::Failed(error)),
                // Taken away by the person.
                Err(_) => {}
            }
        });
    }

    /// Takes a file out of the draft, also while it is on its way.
    pub fn detach(&self, key: u32) {
        let composer = self.state.composer;
        let file = composer.files.with_untracked(|files| files.iter().find(|file| file.key == key).cloned());
        let Some(file) = file else { return };
        self.forget_file(&file);
        composer.files.update(|files| files.retain(|file| file.key != key));
        self.edited();
    }

    fn forget_file(&self, file: &File) {
        if let Some(cancel) = &file.cancel {
            cancel.abort();
        }
        if let Some(blob) = file.blob() {
            let reply = self.send(Command::DropBlob { blob });
            // Whatever is not dropped goes by itself after a while.
            self.spawn(async move { drop(reply.await) });
        }
    }

    /// Opens again what was being written before a reload.
    pub fn restore_draft(&self) {
        let kept = self.platform().kept_draft().and_then(|json| read::<(AccountId, Draft, Option<MessageRef>)>(&json));
        // On a shared machine the next person must not read what the last one wrote.
        if let Some((_, mut draft, base)) = kept.filter(|(account, ..)| *account == self.state.account.get_untracked())
        {
            // Somebody goes on with it on another device.
            let elsewhere = self.state.writer_of(&draft.id).is_some_and(|writer| writer.device.is_some());
            if elsewhere {
                draft.id = self.platform().new_draft_id();
            }
            self.open_draft(draft);
            self.state.composer.base.set_value(base.filter(|_| !elsewhere));
            self.edited();
            self.notify(Notice::DraftRestored, None);
        }
    }

    fn keep_soon(&self) {
        let mut idle = false;
        self.inner.update_value(|inner| idle = !std::mem::replace(&mut inner.compose.keeping, true));
        if idle {
            let client = *self;
            let keep = move || {
                client.inner.update_value(|inner| inner.compose.keeping = false);
                client.keep_now();
            };
            self.platform().after(KEEP, Box::new(keep));
        }
    }

    /// Keeps the draft in the browser now.
    pub fn keep_now(&self) {
        let composer = self.state.composer;
        // What is somebody else's by now is kept under another name: see [`Client::step_back`].
        let is_own = composer.edits.get_untracked() > 0 && !composer.is_lost();
        let Some(draft) = composer.draft().filter(|_| is_own) else {
            return;
        };
        if let Ok(json) = serde_json::to_string(&(self.state.account.get_untracked(), draft, composer.base.get_value()))
        {
            self.platform().keep_draft(Some(&json));
        }
    }

    /// Saves what is not saved. False when that failed.
    pub(super) async fn save_if_dirty(&self) -> bool {
        let composer = self.state.composer;
        let mut busy = true;
        loop {
            self.inner.update_value(|inner| busy = std::mem::replace(&mut inner.compose.saving, true));
            if !busy {
                break;
            }
            self.pause(LOOK).await;
        }
        let mut saved = true;
        while saved
            && composer.id.with_untracked(Option::is_some)
            && composer.status.get_untracked() == DraftStatus::Dirty
            && !composer.sending.get_untracked()
        {
            saved = self.save_once().await;
        }
        self.inner.update_value(|inner| inner.compose.saving = false);
        saved
    }

    async fn save_once(&self) -> bool {
        let composer = self.state.composer;
        if composer.is_lost() {
            self.go_apart().await;
        }
        let Some(draft) = composer.draft() else {
            return true;
        };
        if !self.fits(&draft) {
            return false;
        }
        let (id, edits) = (draft.id.clone(), composer.edits.get_untracked());
        composer.status.set(DraftStatus::Saving);
        let result = self.send(Command::SaveDraft { draft, base: composer.base.get_value() }).await;
        if composer.id.with_untracked(|now| now.as_ref() != Some(&id)) {
            return true;
        }
        let changed = composer.edits.get_untracked() != edits;
        match result {
            Err(Error::DraftChanged) => {
                // Both texts are kept.
                self.go_apart().await;
                true
            }
            Ok(reply) => {
                if let Reply::Saved { message } = reply {
                    composer.base.set_value(Some(message));
                }
                composer.status.set(if changed { DraftStatus::Dirty } else { DraftStatus::Saved });
                composer.problem.set(None);
                true
            }
            Err(error) => {
                composer.status.set(DraftStatus::Dirty);
                if !composer.sending.get_untracked() {
                    composer.problem.set(Some(error));
                }
                false
            }
        }
    }
}
