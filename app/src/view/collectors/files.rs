//! The form that takes mail in files.

use leptos::prelude::*;

use crate::{
    i18n::*,
    state::Theme,
    view::{explain::Explained, server::back},
    wire::Error,
};

/// What the form shows.
#[derive(Debug, Clone)]
pub struct FilesPage {
    /// The folder for what is in them, as a person types it.
    pub prefix: String,
    /// Why the last attempt failed.
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// The page. `POST /collectors/files` takes `prefix` and any number of `files`; with `look`, nothing is brought yet.
#[component]
pub fn Files(page: FilesPage) -> impl IntoView {
    let i18n = use_i18n();
    let FilesPage { prefix, error, .. } = page;
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, collect.add_files)}</h1>
            <p>{t_string!(i18n, collect.files_about)}</p>
            {error}
            <form method="post" action="/collectors/files" enctype="multipart/form-data" class="collector-form">
                <label class="field">
                    <span>{t_string!(i18n, collect.files_prefix)}</span>
                    <input
                        name="prefix"
                        autocomplete="off"
                        maxlength="300"
                        value=prefix
                        data-testid="collector-prefix"
                    />
                    <small>{t_string!(i18n, collect.files_prefix_about)}</small>
                </label>
                <label class="field">
                    <span>{t_string!(i18n, collect.files)}</span>
                    <input
                        name="files"
                        type="file"
                        multiple
                        required
                        accept=".eml,.mbox,.mbx,.zip,message/rfc822,application/mbox,application/zip"
                        data-testid="collector-files"
                    />
                </label>
                <p class="collector-actions">
                    <button type="submit" class="button button-primary" data-testid="collector-save">
                        {t_string!(i18n, collect.begin_files)}
                    </button>
                    <button type="submit" class="button" name="look" value="1" data-testid="collector-look">
                        {t_string!(i18n, collect.look)}
                    </button>
                </p>
                <p>{t_string!(i18n, collect.files_promise)}</p>
            </form>
        </main>
    }
}
