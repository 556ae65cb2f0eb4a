//! Searches that are kept: below the folders, and the form that names one.

use leptos::{ev, prelude::*};

use crate::{
    Client,
    i18n::*,
    route::Route,
    state::State,
    view::{Item, each, explain::Explained, handler, icon::Icon, mailbox_list::is_plain},
    wire::{Error, SavedSearch},
};

/// The searches that are kept, each a link to its results.
#[component]
pub fn SavedSearches() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let item = |kept: SavedSearch| {
        let key = Route::to(kept.query.clone(), None).url();
        Item::new(format!("{} {key}", kept.name), || view! { <SavedRow kept /> })
    };
    view! {
        <div hidden=move || state.searches.with(Vec::is_empty)>
            <div class="mailbox-separator"></div>
            <ul aria-label=move || t_string!(i18n, search.kept)>
                {each(move || state.searches.get().into_iter().map(item).collect())}
            </ul>
        </div>
    }
}

#[component]
fn SavedRow(kept: SavedSearch) -> impl IntoView {
    let (state, client) = (expect_context::<State>(), expect_context::<Client>());
    let SavedSearch { name, query } = kept;
    let url = Route::to(query.clone(), None).url();
    let query = StoredValue::new(query);
    let current = move || state.list.query.with(|open| query.with_value(|query| open == query));
    let open = move |event: ev::MouseEvent| {
        if is_plain(&event) {
            event.prevent_default();
            client.open(query.get_value());
        }
    };
    view! {
        <li class="mailbox-item">
            <a
                class="mailbox"
                href=url
                data-testid="saved-search"
                aria-current=move || current().then_some("page")
                on:click=handler(open)
            >
                <Icon name="search" />
                <span class="mailbox-name">{name}</span>
            </a>
        </li>
    }
}

/// Keeps the open search under a name, or no longer.
#[component]
pub fn KeepForm() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let kept = untrack(|| client.kept_as());
    let is_kept = kept.is_some();
    let suggested =
        || state.list.query.with_untracked(|query| query.search.chars().take(SavedSearch::MAX_NAME).collect());
    let name = RwSignal::new(kept.unwrap_or_else(suggested));
    let problem = RwSignal::new(None::<Error>);
    // The person may have closed it meanwhile.
    let told = move |error| drop(problem.try_set(Some(error)));
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let name = name.with_untracked(|name| name.trim().to_owned());
        if !name.is_empty() {
            client.keep_search(name, told);
        }
    };
    view! {
        <form class="folder-form" on:submit=handler(submit)>
            {move || {
                problem.get().map(|error| view! { <div class="folder-error" role="alert"><Explained error /></div> })
            }}
            <label class="field">
                <span>{move || t_string!(i18n, search.keep_name)}</span>
                <input
                    type="text"
                    autofocus
                    required
                    autocomplete="off"
                    maxlength=SavedSearch::MAX_NAME.to_string()
                    data-testid="search-name"
                    prop:value=name
                    on:input=handler(move |event| name.set(event_target_value(&event)))
                />
            </label>
            <div class="dialog-actions">
                <button
                    type="button"
                    class="button"
                    data-testid="search-forget"
                    hidden=!is_kept
                    on:click=handler(move |_| client.forget_search(told))
                >
                    {move || t_string!(i18n, search.forget)}
                </button>
                <button type="submit" class="button button-primary" data-testid="search-kept">
                    {move || t_string!(i18n, folder.save)}
                </button>
            </div>
        </form>
    }
}
