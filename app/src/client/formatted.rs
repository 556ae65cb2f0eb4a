//! Writing formatted text. The editor is a page of its own in a frame (`frontend/editor`), and what it and the app know of each
//! other are messages.

use std::time::Duration;

use futures_channel::oneshot;
use futures_util::future::{AbortHandle, Abortable};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Client, compose::LOOK};
use crate::{
    formatted::{html_of, signature_block},
    i18n::*,
    route::{blob_url, pictures_url},
    signature::{block, exchange},
    state::{File, FileState},
    view::composer::send,
    wire::{Attachment, BlobId, Command, Error, IdentityChoices, Reply, read},
};

/// How long the editor may take to say what is written before that is taken to be what it said last.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the editor says: one of these, and a file with some.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    /// It can be told something.
    ready: bool,
    /// What is written, and in `text` the person's own words: not those that are quoted, nor the signature.
    html: Option<String>,
    text: String,
    /// What the text at the cursor is: names that [`Client::format`] takes.
    looks: Option<Vec<String>>,
    /// HTML from the clipboard, with its plain text in `text`.
    pasted: Option<String>,
    /// Pictures that it cannot show yet.
    wants: Vec<BlobId>,
    /// The addresses of pictures on the net, which it cannot show by itself.
    remote: Vec<String>,
    /// The file is a picture within the text: its number there.
    picture: Option<u32>,
    /// The file is one to attach.
    file: bool,
    /// What was pressed: `send`, `escape` or `link`.
    key: Option<String>,
    /// What the person has written: neither what is quoted, nor the signature.
    own: Option<String>,
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
    /// One on the net, with its bytes.
    Remote {
        url: &'a str,
    },
    /// A picture to put in, with its bytes.
    Place,
    /// `before` is the old one in plain text, `was` the same as HTML.
    Signature {
        before: &'a str,
        was: &'a str,
        after: &'a str,
        above: bool,
    },
    Freeze {
        on: bool,
    },
    Focus,
    Own,
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
        if let Some(own) = said.own {
            let mut hears = None;
            self.inner.update_value(|inner| hears = inner.compose.own.take());
            // Whoever asked may have given up.
            drop(hears.map(|hears| hears.send(own)));
        }
        for blob in said.wants {
            self.show_picture(blob);
        }
        if !said.remote.is_empty() {
            self.show_remote(said.remote);
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
            let mut heard = Vec::new();
            self.inner
                .update_value(|inner| heard.extend(inner.compose.flushing.extract_if(.., |(of, _)| *of <= number)));
            for (_, heard) in heard {
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

    /// Puts words in at the cursor, and goes on there.
    pub(crate) fn insert_text(&self, text: &str) {
        self.tell_editor(&Tell::InsertText { text }, None);
        self.focus_editor();
    }

    /// The same with HTML, which the server has made harmless.
    pub(crate) fn insert_html(&self, html: &str) {
        self.tell_editor(&Tell::Insert { html }, None);
        self.focus_editor();
    }

    /// What the person has written, as HTML: neither what is quoted, nor the signature. None where the editor does not say.
    pub(crate) async fn own_html(&self) -> Option<String> {
        let (said, hears) = oneshot::channel();
        self.inner.update_value(|inner| inner.compose.own = Some(said));
        self.tell_editor(&Tell::Own, None);
        let client = *self;
        self.platform().after(PATIENCE, Box::new(move || client.inner.update_value(|inner| inner.compose.own = None)));
        hears.await.ok()
    }

    /// Another signature in a formatted text.
    pub(crate) fn exchange_signature(&self, quotes: bool, before: &IdentityChoices, after: &IdentityChoices) {
        let html =
            |choices: &IdentityChoices| signature_block(&block(quotes, choices), choices.signature_html.as_deref());
        let above = after.signature_above;
        let (was, before, after) = (html(before), block(quotes, before), html(after));
        self.tell_editor(&Tell::Signature { before: &before, was: &was, after: &after, above }, None);
    }

    /// Goes on with formatted text: what was plain stays as it is.
    pub fn write_formatted(&self) {
        let composer = self.state.composer;
        if composer.html.with_untracked(Option::is_none) {
            composer.begins_in_text.set_value(true);
            let (body, choices) = (composer.body.get_untracked(), composer.choices.get_value());
            let quotes = !composer.quoted.with_value(String::is_empty);
            let bare = exchange(&body, "", &choices, &IdentityChoices::default());
            // At the end of a new text a signature gets its own form.
            let signed = choices.signature_html.is_some() && !quotes && bare != body;
            let html = if signed {
                let signature = signature_block(&block(false, &choices), choices.signature_html.as_deref());
                format!("{}{}{signature}", html_of(bare.trim_end()), html_of(""))
            } else {
                html_of(&body)
            };
            composer.html.set(Some(html));
            self.edited();
        }
    }

    /// Goes on with plain text.
    pub fn write_plain(&self) {
        let (client, opened) = (*self, self.state.composer.opened.get_value());
        self.spawn(async move {
            client.flush().await;
            let composer = client.state.composer;
            let Some(html) = composer.html.get_untracked() else { return };
            client.freeze_editor(true);
            let reply = client.send(Command::Tidy { html }).await;
            if composer.opened.get_value() != opened {
                // It is another text by now.
                return;
            }
            match reply {
                Ok(Reply::Tidied { text, .. }) => {
                    composer.body.set(text);
                    composer.html.set(None);
                    client.edited();
                    return;
                }
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
            client.freeze_editor(false);
        });
    }

    /// Waits until the editor has said all that was written in it.
    pub(crate) async fn flush(&self) {
        if self.state.composer.html.with_untracked(Option::is_none) {
            return;
        }
        while self.inner.with_value(|inner| inner.compose.pasting > 0) {
            self.pause(LOOK).await;
        }
        let (heard, hears) = oneshot::channel();
        let mut number = 0;
        self.inner.update_value(|inner| {
            number = inner.compose.flushes.wrapping_add(1);
            inner.compose.flushes = number;
            inner.compose.flushing.push((number, heard));
        });
        self.tell_editor(&Tell::Flush { number }, None);
        let client = *self;
        let give_up = move || client.inner.update_value(|inner| inner.compose.flushing.retain(|(of, _)| *of != number));
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

    /// Puts in what was pasted: made harmless by the server, or its words alone where that cannot be.
    fn paste(&self, html: String, text: String) {
        let (client, opened) = (*self, self.state.composer.opened.get_value());
        self.inner.update_value(|inner| inner.compose.pasting += 1);
        self.spawn(async move {
            let reply = client.send(Command::Tidy { html }).await;
            client.inner.update_value(|inner| inner.compose.pasting -= 1);
            match reply {
                _ if client.state.composer.opened.get_value() != opened => {}
                Ok(Reply::Tidied { html, .. }) => client.tell_editor(&Tell::Insert { html: &html }, None),
                _ => client.tell_editor(&Tell::InsertText { text: &text }, None),
            }
        });
    }

    /// Fetches a picture that the text shows. One that came from another draft, by the clipboard, belongs to this one from now on.
    fn show_picture(&self, blob: BlobId) {
        let is_name = blob.0.len() == 32 && blob.0.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_name {
            return;
        }
        let (client, opened) = (*self, self.state.composer.opened.get_value());
        self.spawn(async move {
            // One that is gone stays a frame with its words.
            let Some(bytes) = client.platform().picture(blob_url(&blob)).await else { return };
            let composer = client.state.composer;
            if composer.opened.get_value() != opened {
                return;
            }
            if composer.files.with_untracked(|files| files.iter().all(|file| file.blob().as_ref() != Some(&blob))) {
                let content_type = bytes.type_();
                let name = content_type.replacen('/', ".", 1);
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a size is a whole number")]
                let size = bytes.size() as u64;
                let attachment = Attachment { blob: blob.clone(), name, content_type, size, inline: true };
                composer.files.update(|files| files.push(composer.file_here(attachment)));
            }
            client.tell_editor(&Tell::Picture { blob: &blob, key: None }, Some(&bytes));
        });
    }

    /// Fetches pictures on the net that stand in the message that is answered, if the person wants to see those.
    fn show_remote(&self, urls: Vec<String>) {
        let (client, composer) = (*self, self.state.composer);
        let Some(message) = composer.original.with_untracked(|original| Some(original.as_ref()?.message.clone()))
        else {
            return;
        };
        let opened = composer.opened.get_value();
        self.spawn(async move {
            for (url, address) in client.platform().pictures(pictures_url(&message)).await {
                if !urls.contains(&url) {
                    continue;
                }
                // All at once: the browser has them wait for each other.
                client.spawn(async move {
                    // One that cannot be had stays a frame with its words.
                    let Some(bytes) = client.platform().picture(address).await else { return };
                    if composer.opened.get_value() == opened {
                        client.tell_editor(&Tell::Remote { url: &url }, Some(&bytes));
                    }
                });
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
        let (client, opened) = (*self, composer.opened.get_value());
        self.spawn(async move {
            match Abortable::new(upload, registration).await {
                // Nobody waits for it any more.
                Ok(_) if composer.opened.get_value() != opened => {}
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
