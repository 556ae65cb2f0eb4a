//! One continuous list: the element scrolls through the whole folder, and only the rows in sight are in the document.
//!
//! The server renders the first rows in place; sizes are set from here once the browser knows its own, through the
//! CSSOM, because the page's policy has no inline style.

mod row;
mod ruler;
mod scroll;

use crate::view::{Item, each, handler};
use leptos::{html, prelude::*};

use super::{explain::Explained, icon::Icon};
use crate::{
    Client,
    i18n::*,
    state::{Shown, State},
    wire::{MessageRef, SpecialUse},
};
use row::{MessageRow, PlaceholderRow};
use scroll::Scroll;

/// The height of every row in pixels; `--row-height` in the style sheet is the same.
pub const ROW_HEIGHT: u32 = 64;

#[component]
pub fn MessageList() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let (list, space) = (NodeRef::<html::Div>::new(), NodeRef::<html::Div>::new());
    let scroll = Scroll::new(state, client, list, space);
    scroll.follow();
    let rendered = move || state.list.shown(scroll.rendered.get(), &state.pending);
    let total = Memo::new(move |_| state.list.shown_total(&state.pending));
    let known = move || state.list.total.with(Option::is_some);
    let loaded = Memo::new(move |_| {
        known()
            && !state.list.is_searching()
            && state.list.shown(scroll.visible.get(), &state.pending).iter().all(|shown| shown.entry.is_some())
    });
    let filled = move || total.get() > 0;
    view! {
        <div
            node_ref=list
            id="messages"
            class="message-list"
            data-testid="message-list"
            data-total=move || known().then(|| total.get().to_string())
            data-loaded=move || loaded.get().to_string()
            role=move || if filled() { "grid" } else { "group" }
            aria-label=move || t_string!(i18n, app.messages)
            aria-multiselectable=move || filled().then_some("true")
            aria-rowcount=move || filled().then(|| total.get().to_string())
            aria-busy=move || (!loaded.get()).to_string()
            on:scroll=handler(move |_| scroll.moved())
        >
            <div node_ref=space class="message-list-space" role=move || filled().then_some("rowgroup")>
                {each(move || rendered().into_iter().map(item).collect())}
            </div>
            <Nothing />
        </div>
    }
}

fn item(shown: Shown) -> Item {
    let Shown { position, entry } = shown;
    match entry {
        Some(entry) => {
            let MessageRef { mailbox, uid_validity, uid, .. } = &entry.message;
            Item::new(format!("{}.{} {mailbox}", uid_validity.0, uid.0), || view! { <MessageRow entry /> })
        }
        None => Item::new(position, move || view! { <PlaceholderRow position /> }),
    }
}

/// What is shown where there are no rows: that there are none, that they are on their way, or why they are not here.
#[component]
fn Nothing() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let total = Memo::new(move |_| state.list.total.get().map(|_| state.list.shown_total(&state.pending)));
    let words = move || {
        let (searching, inbox) = state.list.query.with(|query| {
            (!query.search.is_empty(), state.mailboxes.use_of(&query.mailbox) == Some(SpecialUse::Inbox))
        });
        match (searching, inbox) {
            (true, _) => (t_string!(i18n, list.empty_search_title), t_string!(i18n, list.empty_search_text)),
            (false, true) => (t_string!(i18n, list.empty_inbox_title), t_string!(i18n, list.empty_inbox_text)),
            (false, false) => (t_string!(i18n, list.empty_title), t_string!(i18n, list.empty_text)),
        }
    };
    move || match (state.list.problem.get(), total.get()) {
        (Some(error), _) => view! {
            <div class="message-list-empty empty" role="alert">
                <Icon name="warning" />
                <h2>{move || t_string!(i18n, list.error_title)}</h2>
                <Explained error />
                <button type="button" class="button" on:click=handler(move |_| client.retry_list())>
                    {move || t_string!(i18n, app.retry)}
                </button>
            </div>
        }
        .into_any(),
        // The line above says that more may come.
        (None, Some(0)) if state.list.is_searching() => ().into_any(),
        (None, Some(0)) => view! {
            <div class="message-list-empty empty">
                <Icon name="inbox" />
                <h2>{move || words().0}</h2>
                <p>{move || words().1}</p>
            </div>
        }
        .into_any(),
        (None, None) => view! {
            <div class="message-list-loading" role="status">
                <span class="visually-hidden">{move || t_string!(i18n, app.loading)}</span>
                {(0..8).map(|_| view! { <PlaceholderRow position=0 /> }).collect_view()}
            </div>
        }
        .into_any(),
        (None, Some(_)) => ().into_any(),
    }
}
