//! The files of a draft: on their way up, there, or not.

use std::collections::HashMap;

use crate::view::{Item, Show, each, handler};
use leptos::{ev, prelude::*};

use crate::{
    Client,
    i18n::*,
    state::{File, FileState, State},
    view::{
        explain::error_text,
        icon::Icon,
        words::{Words, size},
    },
};

/// The browser's own files, to upload one again. Lives as long as the composer.
#[derive(Clone, Copy)]
pub struct Memory(StoredValue<HashMap<u32, web_sys::File>, LocalStorage>);

impl Memory {
    pub fn new() -> Memory {
        Memory(StoredValue::new_local(HashMap::new()))
    }

    /// Uploads all of them.
    pub fn attach(self, client: Client, files: &web_sys::FileList) {
        for file in (0..files.length()).filter_map(|index| files.get(index)) {
            self.attach_one(client, file);
        }
    }

    fn attach_one(self, client: Client, file: web_sys::File) {
        client.attach(file.clone());
        let newest = client.state.composer.files.with_untracked(|files| files.last().map(|file| file.key));
        if let Some(key) = newest {
            self.0.update_value(|kept| drop(kept.insert(key, file)));
        }
    }

    fn retry(self, client: Client, key: u32) {
        let mut kept = None;
        self.0.update_value(|files| kept = files.remove(&key));
        client.detach(key);
        if let Some(file) = kept {
            self.attach_one(client, file);
        }
    }

    fn has(self, key: u32) -> bool {
        self.0.with_value(|files| files.contains_key(&key))
    }
}

/// All files, with their progress. Nothing while there are none.
#[component]
pub fn Files(memory: Memory) -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let files = state.composer.files;
    // What stands in the text is seen there.
    let any =
        Memo::new(move |_| files.with(|files| files.iter().any(|file| !file.inline)) || state.composer.is_placing());
    let trouble = move || {
        let uploading = state.composer.is_uploading();
        let failed = files.with(|files| files.iter().any(has_failed));
        if failed {
            t_string!(i18n, compose.uploads_failed)
        } else if uploading {
            t_string!(i18n, compose.uploads_wait)
        } else {
            ""
        }
    };
    view! {
        <Show when=move || any.get()>
            <ul class="compose-files">
                {each(move || {
                    let item = |file: File| Item::new(file.key, move || view! { <FileView file=file memory=memory /> });
                    files.get().into_iter().filter(|file| !file.inline).map(item).collect()
                })}
            </ul>
            <p id="compose-files-note" class="compose-files-note" role="status" tabindex="-1">
                {trouble}
            </p>
        </Show>
    }
}

#[component]
fn FileView(file: File, memory: Memory) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let File { key, name, size: bytes, sent, state, .. } = file;
    let uploading = move || state.with(|state| *state == FileState::Uploading);
    let failed = move || state.with(|state| matches!(state, FileState::Failed(_)));
    let state_name = move || match state.get() {
        FileState::Uploading => "uploading",
        FileState::Here(_) => "here",
        FileState::Failed(_) => "failed",
    };
    let percent = move || u32::try_from(sent.get().saturating_mul(100) / bytes.max(1)).unwrap_or(100).min(100);
    let (bar_name, retry_name, remove_name) = (name.clone(), name.clone(), name.clone());
    let remove_words = move || {
        if uploading() {
            t_string!(i18n, compose.upload_cancel, name = remove_name.clone()).to_string()
        } else {
            t_string!(i18n, compose.attachment_remove, name = remove_name.clone()).to_string()
        }
    };
    view! {
        <li class="compose-file" data-testid="compose-attachment" data-name=name.clone() data-state=state_name>
            <Icon name="file" />
            <span class="compose-file-name" title=name.clone()>
                {name.clone()}
            </span>
            <span class="compose-file-size">{move || status_text(i18n, &state.get(), bytes)}</span>
            <Show when=uploading>
                <progress
                    max="100"
                    prop:value=percent
                    aria-label={
                        let name = bar_name.clone();
                        move || {
                            t_string!(i18n, compose.uploading, name = name.clone(), percent = percent()).to_string()
                        }
                    }
                ></progress>
            </Show>
            <Show when=move || failed() && memory.has(key)>
                <button
                    type="button"
                    class="icon-button"
                    aria-label={
                        let name = retry_name.clone();
                        move || t_string!(i18n, compose.upload_retry, name = name.clone()).to_string()
                    }
                    on:click=handler(move |_| memory.retry(client, key))
                >
                    <Icon name="retry" />
                </button>
            </Show>
            <button type="button" class="icon-button" aria-label=remove_words on:click=handler(move |_| client.detach(key))>
                <Icon name="x" />
            </button>
        </li>
    }
}

fn status_text(i18n: Words, state: &FileState, bytes: u64) -> String {
    match state {
        FileState::Failed(error) => error_text(i18n, error),
        FileState::Uploading | FileState::Here(_) => size(i18n, bytes),
    }
}

pub fn has_failed(file: &File) -> bool {
    file.state.with(|state| matches!(state, FileState::Failed(_)))
}

/// Shows the person the note about files.
pub fn point_out() {
    if let Some(note) = document().get_element_by_id("compose-files-note") {
        use wasm_bindgen::JsCast;
        if let Ok(note) = note.dyn_into::<web_sys::HtmlElement>() {
            drop(note.focus());
        }
    }
}

/// Whether what is dragged are files.
pub fn has_files(event: &ev::DragEvent) -> bool {
    event.data_transfer().is_some_and(|data| data.types().includes(&"Files".into(), 0))
}
