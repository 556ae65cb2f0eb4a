//! Writing formatted text. The editor is a page of its own in a frame (`frontend/editor`), and what it and the app know of each
//! other are messages.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::Client;
use crate::{
    formatted::{html_of, signature_block},
    i18n::*,
    state::{File, FileState},
    view::composer::send,
    wire::{BlobId, Command, Error, Reply, read},
};

/// How long the editor may take to say what is written before that is taken to be what it said last.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the editor says: one of these, and a file with some.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    /// It can be told something.
    ready: bool,
    /// What is written, and the same in plain text.
    html: Option<String>,
    text: String,
    /// What the text at the cursor is: names that [`Client::format`] takes.
    looks: Option<Vec<String>>,
    /// HTML from the clipboard, with its plain text in `text`.
    pasted: Option<String>,
    /// Pictures that it cannot show yet.
    wants: Vec<BlobId>,
    /// The file is a picture within the text: its number there.
    picture: Option<u32>,
    /// The file is one to attach.
    file: bool,
    /// What was pressed: `send`, `escape` or `link`.
    key: Option<String>,
    /// All that was written until this was asked for has been said.
    flushed: Option<u32>,
}

/// What the editor is told.
#[derive(Debug, Serialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Tell<'a> {
    Open {
        html: &'a str,
        label: &'a str,
        dark: bool,
        focus: bool,
    },
    Format {
        name: &'a str,
        value: &'a str,
    },
    Insert {
        html: &'a str,
    },
    InsertText {
        text: &'a str,
    },
    /// With its bytes, or in place of the picture of this number.
    Picture {
        blob: &'a BlobId,
        key: Option<u32>,
    },
    NoPicture {
        key: u32,
    },
    /// A picture to put in, with its bytes.
    Place,
    Signature {
        before: &'a str,
        after: &'a str,
        above: bool,
    },
    Freeze {
        on: bool,
    },
    Focus,
    Flush {
        number: u32,
    },
}

impl Client {
    fn tell_editor(&self, what: &Tell, file: Option<&web_sys::Blob>) {
        if let Ok(what) = serde_json::to_string(what) {
            self.platform().tell_editor(&what, file);
        }
    }

    /// Takes what the editor has said.
    pub fn editor_said(&self, said: &str, file: Option<web_sys::File>) {
        let Some(said) = read::<Said>(said) else { return };
        let composer = self.state.composer;
        if composer.html.with_untracked(Option::is_none) {
            // A last word of one that is closed.
            return;
        }
        if said.ready {
            self.open_editor();
        }
        if let Some(html) = said.html {
            composer.html.set(Some(html));
            composer.body.set(said.text);
            self.edited();
        } else if let Some(html) = said.pasted {
            self.paste(html, said.text);
        }
        if let Some(looks) = said.looks {
            composer.looks.set(looks);
        }
        for blob in said.wants {
            self.show_picture(blob);
        }
        match (said.picture, file) {
            (Some(key), Some(file)) => self.attach_picture(file, key),
            (None, Some(file)) if said.file => self.attach(file),
            _ => {}
        }
        match said.key.as_deref() {
            Some("send") => send(self.state, *self, None),
            Some("escape") => self.close_composer(),
            Some("link") => composer.linking.set(true),
            _ => {}
        }
        if let Some(number) = said.flushed {
            let mut waiting = None;
            self.inner.update_value(|inner| waiting = inner.compose.flushing.take());
            if let Some((_, heard)) = waiting.filter(|(of, _)| *of == number) {
                // Whoever waited may have given up.
                let _ = heard.send(());
            }
        }
    }

    fn open_editor(&self) {
        let (state, composer) = (self.state, self.state.composer);
        let label = td_string!(state.language.get_untracked(), compose.body);
        let dark = self.platform().theme(state.theme.get_untracked()) == "dark";
        let html = composer.html.get_untracked().unwrap_or_default();
        self.tell_editor(&Tell::Open { html: &html, label, dark, focus: composer.begins_in_text.get_value() }, None);
        self.tell_editor(&Tell::Freeze { on: composer.sending.get_untracked() }, None);
    }

    /// Gives the text at the cursor a look, or takes it away. The names are those of `FORMATS` in `frontend/editor/editor.js`.
    pub fn format(&self, name: &str, value: &str) {
        self.tell_editor(&Tell::Format { name, value }, None);
    }

    /// Puts a picture into the text.
    pub fn place_picture(&self, file: &web_sys::File) {
        self.tell_editor(&Tell::Place, Some(file));
    }

    /// Whether anything may be written now.
    pub(crate) fn freeze_editor(&self, on: bool) {
        self.tell_editor(&Tell::Freeze { on }, None);
    }

    /// Goes on in the text.
    pub fn focus_editor(&self) {
        self.tell_editor(&Tell::Focus, None);
    }

    /// Another signature in a formatted text.
    pub(crate) fn exchange_signature(&self, before: &str, after: &str, above: bool) {
        self.tell_editor(&Tell::Signature { before, after: &signature_block(after), above }, None);
    }

    /// Goes on with formatted text: what was plain stays as it is.
    pub fn write_formatted(&self) {
        let composer = self.state.composer;
        if composer.html.with_untracked(Option::is_none) {
            composer.begins_in_text.set_value(true);
            composer.html.set(Some(html_of(&composer.body.get_untracked())));
            self.edited();
        }
    }

    /// Goes on with plain text.
    pub fn write_plain(&self) {
        let client = *self;
        self.spawn(async move {
            client.flush().await;
            let composer = client.state.composer;
            let Some(html) = composer.html.get_untracked() else { return };
            match client.send(Command::Tidy { html }).await {
                Ok(Reply::Tidied { text, .. }) => {
                    composer.body.set(text);
                    composer.html.set(None);
                    client.edited();
                }
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Waits until the editor has said all that was written in it.
    pub(crate) async fn flush(&self) {
        if self.state.composer.html.with_untracked(Option::is_none) {
            return;
        }
        let (heard, hears) = oneshot::channel();
        let mut number = 0;
        self.inner.update_value(|inner| {
            number = inner.compose.flushes.wrapping_add(1);
            inner.compose.flushes = number;
            inner.compose.flushing = Some((number, heard));
        });
        self.tell_editor(&Tell::Flush { number }, None);
        let client = *self;
        let give_up = move || {
            client.inner.update_value(|inner| drop(inner.compose.flushing.take_if(|(of, _)| *of == number)));
        };
        self.platform().after(PATIENCE, Box::new(give_up));
        // Where it does not answer, what it said last has to do.
        let _ = hears.await;
    }

    /// Does something with all that was written.
    pub(crate) fn when_said(&self, then: impl FnOnce() + 'static) {
        if self.state.composer.html.with_untracked(Option::is_none) {
            return then();
        }
        let client = *self;
        self.spawn(async move {
            client.flush().await;
            then();
        });
    }

    /// Out of the way, or back.
    pub fn minimise_composer(&self) {
        let minimised = self.state.composer.minimised;
        self.when_said(move || minimised.update(|minimised| *minimised = !*minimised));
    }

    /// Puts in what was pasted: made harmless by the server, or its words alone where that cannot be.
    fn paste(&self, html: String, text: String) {
        let client = *self;
        self.spawn(async move {
            match client.send(Command::Tidy { html }).await {
                Ok(Reply::Tidied { html, .. }) => client.tell_editor(&Tell::Insert { html: &html }, None),
                _ => client.tell_editor(&Tell::InsertText { text: &text }, None),
            }
        });
    }

    fn show_picture(&self, blob: BlobId) {
        let client = *self;
        self.spawn(async move {
            // One that is gone stays a frame with its words.
            if let Some(bytes) = client.platform().picture(&blob).await {
                client.tell_editor(&Tell::Picture { blob: &blob, key: None }, Some(&bytes));
            }
        });
    }

    /// Uploads a picture that stands in the text.
    fn attach_picture(&self, file: web_sys::File, picture: u32) {
        let composer = self.state.composer;
        let (cancel, registration) = AbortHandle::new_pair();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a file's size is a whole number")]
        let size = file.size() as u64;
        let entry = File { inline: true, ..composer.file(file.name(), size, Some(cancel)) };
        composer.files.update(|files| files.push(entry.clone()));
        let sent = entry.sent;
        let upload = self.platform().upload(file, Box::new(move |bytes| sent.set(bytes)));
        let client = *self;
        self.spawn(async move {
            match Abortable::new(upload, registration).await {
                Ok(Ok(mut attachment)) => {
                    attachment.inline = true;
                    client.tell_editor(&Tell::Picture { blob: &attachment.blob, key: Some(picture) }, None);
                    entry.state.set(FileState::Here(attachment));
                    client.edited();
                }
                Ok(Err(error)) => {
                    client.tell_editor(&Tell::NoPicture { key: picture }, None);
                    composer.files.update(|files| files.retain(|file| file.key != entry.key));
                    composer.problem.set(Some(error));
                }
                Err(_) => {}
            }
        });
    }
}
