//! The search box. A bare word searches whole messages; operators narrow it down. The server does the searching.

mod form;
mod keep;
mod progress;

pub use form::SearchForm;
pub use keep::{KeepForm, SavedSearches};
pub use progress::SearchProgress;

use crate::view::handler;
use leptos::{ev, html, prelude::*};

use super::icon::Icon;
use crate::{
    Client,
    i18n::*,
    state::{Dialog, State},
};

#[component]
pub fn Search() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let input = NodeRef::<html::Input>::new();
    let everywhere = RwSignal::new(state.list.query.with_untracked(|query| query.everywhere));
    let focused = RwSignal::new(false);
    let text = move || state.list.query.with(|query| query.search.clone());
    let written = move || input.get_untracked().map(|input| input.value()).unwrap_or_default();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        client.search(&written(), everywhere.get_untracked());
        if let Some(input) = input.get_untracked() {
            // What was typed stays as it was typed; the keys go to the results.
            drop(input.blur());
        }
    };
    let clear = move |_| {
        if let Some(input) = input.get_untracked() {
            input.set_value("");
        }
        if state.list.query.with_untracked(|query| !query.search.is_empty()) {
            client.search("", false);
        }
    };
    let scope = move |all: bool| {
        everywhere.set(all);
        let text = written();
        if !text.trim().is_empty() && state.list.query.with_untracked(|query| !query.search.is_empty()) {
            client.search(&text, all);
        }
    };
    let in_use = move || focused.get() || !text().is_empty();
    view! {
        <form
            class="search"
            role="search"
            action="/mail/"
            on:submit=handler(submit)
            on:focusin=handler(move |_| focused.set(true))
            on:focusout=handler(move |_| focused.set(false))
        >
            <Icon name="search" />
            <input
                node_ref=input
                type="search"
                name="q"
                data-testid="search-input"
                autocomplete="off"
                spellcheck="false"
                enterkeyhint="search"
                aria-label=move || t_string!(i18n, search.placeholder)
                placeholder=move || t_string!(i18n, search.placeholder)
                prop:value=text
            />
            <fieldset class="search-scope" hidden=move || !in_use() aria-label=move || t_string!(i18n, search.scope)>
                <label>
                    <input type="radio" name="in" value="" prop:checked=move || !everywhere.get() on:change=handler(move |_| scope(false)) />
                    <span>{move || t_string!(i18n, search.here)}</span>
                </label>
                <label>
                    <input type="radio" name="in" value="all" prop:checked=everywhere on:change=handler(move |_| scope(true)) />
                    <span>{move || t_string!(i18n, search.everywhere)}</span>
                </label>
            </fieldset>
            <button
                type="button"
                class="icon-button"
                data-testid="search-clear"
                hidden=move || !in_use()
                aria-label=move || t_string!(i18n, search.clear)
                title=move || t_string!(i18n, search.clear)
                on:mousedown=handler(move |event: ev::MouseEvent| event.prevent_default())
                on:click=handler(clear)
            >
                <Icon name="x" />
            </button>
            <button
                type="button"
                class="icon-button"
                data-testid="search-more"
                aria-haspopup="dialog"
                aria-label=move || t_string!(i18n, search.form)
                title=move || t_string!(i18n, search.form)
                on:click=handler(move |_| state.dialog.set(Some(Dialog::Search)))
            >
                <Icon name="filter" />
            </button>
            <div class="search-hint" hidden=move || !focused.get()>
                <p>{move || t_string!(i18n, search.hint)}</p>
                <dl>
                    <dt><code>"from:anna"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_from)}</dd>
                    <dt><code>"subject:report"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_subject)}</dd>
                    <dt><code>"since:2026-11-01"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_since)}</dd>
                    <dt><code>"is:unread is:starred"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_is)}</dd>
                    <dt><code>"in:archive"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_in)}</dd>
                    <dt><code>"larger:5M"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_larger)}</dd>
                    <dt><code>"has:attachment"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_has)}</dd>
                    <dt><code>"label:work"</code></dt>
                    <dd>{move || t_string!(i18n, search.hint_label)}</dd>
                </dl>
            </div>
        </form>
    }
}
