//! How far a search is, and the way to end it.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{explain::Explained, handler, icon::Icon, words::number},
    wire::{Progress, SearchEnd},
};

/// Below the toolbar while a search goes on, and when it did not come to its end.
#[component]
pub fn SearchProgress() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let waiting = Memo::new(move |_| {
        state.list.query.with(|query| !query.is_whole())
            && state.list.total.with(Option::is_none)
            && state.list.problem.with(Option::is_none)
    });
    let running = Memo::new(move |_| waiting.get() || state.list.is_searching());
    let looked = move || {
        state.list.progress.with(|progress| match progress {
            Some(Progress { looked, of, .. }) if *of > 0 => {
                t_string!(i18n, search.looked, looked = number(*looked), of = number(*of)).to_string()
            }
            _ => t_string!(i18n, search.searching).to_owned(),
        })
    };
    let end = move || state.list.progress.with(|progress| progress.as_ref()?.end.clone());
    let part = move || {
        state
            .list
            .progress
            .with(|progress| progress.as_ref().map(|Progress { looked, of, .. }| (*looked, (*of).max(1))))
    };
    move || {
        if running.get() {
            view! {
                <div class="search-progress" data-testid="search-progress" data-state="running">
                    <span class="spinner" aria-hidden="true"></span>
                    <span class="search-looked" role="status">{looked}</span>
                    {move || part().map(|(looked, of)| view! {
                        <progress
                            aria-label=move || t_string!(i18n, search.searching)
                            max=of.to_string()
                            prop:value=f64::from(looked)
                        ></progress>
                    })}
                    <button
                        type="button"
                        class="button"
                        data-testid="search-stop"
                        disabled=move || waiting.get()
                        on:click=handler(move |_| client.stop_search())
                    >
                        {move || t_string!(i18n, search.stop)}
                    </button>
                </div>
            }
            .into_any()
        } else if let Some(end) = end() {
            let why = match end {
                SearchEnd::Stopped => None,
                SearchEnd::Failed { error } => Some(view! { <Explained error /> }),
            };
            view! {
                <div class="search-progress" data-testid="search-progress" data-state="ended">
                    <Icon name="warning" />
                    <div class="search-looked" role="status">
                        {move || t_string!(i18n, search.not_all)} " " {looked}
                        {why}
                    </div>
                    <button type="button" class="button" on:click=handler(move |_| client.retry_list())>
                        {move || t_string!(i18n, search.go_on)}
                    </button>
                </div>
            }
            .into_any()
        } else {
            ().into_any()
        }
    }
}
