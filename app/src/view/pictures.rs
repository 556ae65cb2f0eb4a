//! Whose pictures on the net are shown: a page of its own that needs no script.

use leptos::prelude::*;

use super::{server::back, words::Words};
use crate::{i18n::*, state::Theme, wire::PicturesOf};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct PicturesPage {
    /// Senders and domains, by name.
    pub allowed: Vec<(PicturesOf, String)>,
    /// How many single messages there are besides.
    pub messages: u64,
    pub language: Locale,
    pub theme: Theme,
}

/// The page.
#[component]
pub fn Pictures(page: PicturesPage) -> impl IntoView {
    let i18n = use_i18n();
    let PicturesPage { allowed, messages, .. } = page;
    let none = allowed.is_empty().then(|| view! { <p>{t_string!(i18n, pictures.none)}</p> });
    let rows = allowed.into_iter().map(|(of, value)| row(i18n, of, value)).collect_view();
    let messages = (messages > 0).then(|| {
        view! {
            <section class="collector" data-testid="pictures-messages">
                <p>{t_string!(i18n, pictures.messages, count = messages).to_string()}</p>
                {forget(PicturesOf::Message, String::new(), t_string!(i18n, pictures.forget_messages))}
            </section>
        }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, pictures.title)}</h1>
            <p>{t_string!(i18n, pictures.about)}</p>
            {none}
            {rows}
            {messages}
        </main>
    }
}

fn row(i18n: Words, of: PicturesOf, value: String) -> impl IntoView + use<> {
    let name = match of {
        PicturesOf::Domain => t_string!(i18n, pictures.of_domain, domain = &value).to_string(),
        PicturesOf::Sender | PicturesOf::Message => value.clone(),
    };
    view! {
        <section class="collector" data-testid="pictures-allowed">
            <h2>{name}</h2>
            {forget(of, value, t_string!(i18n, pictures.forget))}
        </section>
    }
}

fn forget(of: PicturesOf, value: String, words: &'static str) -> impl IntoView {
    view! {
        <form method="post" action="/pictures/forget" class="collector-actions">
            <input type="hidden" name="of" value=of.name() />
            <input type="hidden" name="value" value=value />
            <button type="submit" class="button" data-testid="pictures-forget">
                {words}
            </button>
        </form>
    }
}
