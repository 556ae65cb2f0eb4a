//! What folders are for and which are shown. A page of its own that needs no script: whoever never looks at it never loads its
//! words.

use leptos::prelude::*;

use super::{explain::error_text, server::back, sharing::url, words::use_name};
use crate::{
    i18n::*,
    state::Theme,
    wire::{Error, SpecialUse},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct FoldersPage {
    /// In the order of the screen.
    pub folders: Vec<Folder>,
    /// The paths of the folders that were chosen for a use.
    pub uses: Vec<(SpecialUse, Option<String>)>,
    pub only_subscribed: bool,
    /// A choice was carried out just now.
    pub saved: bool,
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// A folder that can be opened.
#[derive(Debug, Clone)]
pub struct Folder {
    pub path: String,
    /// By the server's word, or its name.
    pub special_use: Option<SpecialUse>,
    pub subscribed: bool,
    /// It is not the person's own.
    pub shared: bool,
    /// The person can open it to others.
    pub shareable: bool,
}

/// What a person can choose a folder for.
pub const USES: [SpecialUse; 5] =
    [SpecialUse::Drafts, SpecialUse::Sent, SpecialUse::Archive, SpecialUse::Junk, SpecialUse::Trash];

/// The page.
#[component]
pub fn Folders(page: FoldersPage) -> impl IntoView {
    let i18n = use_i18n();
    let FoldersPage { folders, uses, only_subscribed, saved, error, .. } = page;
    let gone =
        uses.iter().any(|(_, path)| path.as_ref().is_some_and(|path| !folders.iter().any(|one| one.path == *path)));
    let failed = error.is_some();
    let error = error.map(|error| view! { <p role="alert">{error_text(i18n, &error)}</p> });
    let gone = (gone && error.is_none()).then(|| view! { <p role="alert">{t_string!(i18n, folders.gone)}</p> });
    let saved =
        saved.then(|| view! { <p role="status" data-testid="folders-saved">{t_string!(i18n, folders.saved)}</p> });
    let choices = uses.into_iter().map(|(special_use, chosen)| {
        let by_itself = folders.iter().find(|folder| folder.special_use == Some(special_use));
        let automatic = match by_itself {
            Some(folder) => format!("{} ({})", t_string!(i18n, folders.automatic), folder.path),
            None => t_string!(i18n, folders.automatic).to_owned(),
        };
        let options = folders.iter().filter(|folder| folder.special_use != Some(SpecialUse::Inbox)).map(|folder| {
            let selected = chosen.as_ref() == Some(&folder.path);
            view! { <option value=folder.path.clone() selected=selected>{folder.path.clone()}</option> }
        });
        view! {
            <label class="field">
                <span>{use_name(i18n, special_use)}</span>
                <select name=name(special_use)>
                    <option value="">{automatic}</option>
                    {options.collect_view()}
                </select>
            </label>
        }
    });
    let shown = folders.iter().map(|folder| {
        let share = folder.shareable.then(|| {
            let label = t_string!(i18n, sharing.link_to, folder = folder.path.clone()).to_string();
            view! {
                <a href=url(&folder.path) aria-label=label data-testid="folder-share">
                    {t_string!(i18n, sharing.link)}
                </a>
            }
        });
        let mbox = format!("/export/mbox?mailbox={}", crate::route::encode(&folder.path));
        let download = t_string!(i18n, folders.download_one, folder = folder.path.clone()).to_string();
        view! {
            <div class="folders-row">
                <label class="choice">
                    <input type="hidden" name="listed" value=folder.path.clone() />
                    <input type="checkbox" name="shown" value=folder.path.clone() checked=folder.subscribed />
                    <span>{folder.path.clone()}</span>
                </label>
                <span>
                    {share}
                    <a href=mbox download="" aria-label=download data-testid="folder-download">
                        {t_string!(i18n, folders.download)}
                    </a>
                </span>
            </div>
        }
    });
    // What is not known must not be saved over.
    let form = (!failed).then(|| {
        view! {
            <form method="post" action="/folders" class="folders-form">
                <fieldset class="choices">
                    <legend>{t_string!(i18n, folders.uses)}</legend>
                    <p>{t_string!(i18n, folders.uses_about)}</p>
                    {choices.collect_view()}
                </fieldset>
                <fieldset class="choices">
                    <legend>{t_string!(i18n, folders.shown)}</legend>
                    <label class="choice">
                        <input type="checkbox" name="only" value="1" checked=only_subscribed />
                        <span>{t_string!(i18n, folders.only)}</span>
                    </label>
                    <p>{t_string!(i18n, folders.shown_about)}</p>
                    {shown.collect_view()}
                </fieldset>
                <p>
                    <button type="submit" class="button button-primary" data-testid="folders-save">
                        {t_string!(i18n, folders.save)}
                    </button>
                </p>
            </form>
        }
    });
    view! {
        <main class="server">
            {back(i18n)}
            <h1>{t_string!(i18n, folders.title)}</h1>
            {error}
            {gone}
            {saved}
            {form}
            <h2>{t_string!(i18n, folders.away)}</h2>
            <p class="folders-away">{t_string!(i18n, folders.away_about)}</p>
            <p>
                <a class="button" href="/export/zip" download="" data-testid="download-all">
                    {t_string!(i18n, folders.download_all)}
                </a>
            </p>
        </main>
    }
}

/// The name of the field for a use.
pub fn name(special_use: SpecialUse) -> &'static str {
    match special_use {
        SpecialUse::Inbox => "inbox",
        SpecialUse::Flagged => "flagged",
        SpecialUse::Drafts => "drafts",
        SpecialUse::Sent => "sent",
        SpecialUse::Archive => "archive",
        SpecialUse::Junk => "junk",
        SpecialUse::Trash => "trash",
    }
}
