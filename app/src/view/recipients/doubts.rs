//! Recipients who may be a slip or a trick, beneath their field.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::{Check, State},
    view::{Item, each, handler, words::Words},
    wire::{Address, Doubt},
};

/// What there is to say about those in a field.
#[component]
pub fn Doubts(field: RwSignal<Vec<Address>>) -> impl IntoView {
    let state = expect_context::<State>();
    let composer = state.composer;
    let doubts = move || {
        let is_open = |doubt: &&Doubt| {
            field.with(|all| all.iter().any(|one| one.email == doubt.email))
                && !composer.has_answered(&Check::Doubt((*doubt).clone()))
        };
        composer.doubts.with(|all| all.iter().filter(is_open).cloned().collect::<Vec<_>>())
    };
    let item = |doubt: Doubt| Item::new(doubt.email.clone(), move || view! { <Line doubt /> });
    view! {
        <div class="compose-doubts" role="status">
            {each(move || doubts().into_iter().map(item).collect())}
        </div>
    }
}

#[component]
fn Line(doubt: Doubt) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let (shown, kept) = (doubt.clone(), doubt.clone());
    let correct = doubt.meant.is_some().then(|| {
        let correct = move |_| {
            composer.correct(&doubt);
            client.edited();
        };
        view! {
            <button
                type="button"
                class="button button-small"
                data-testid="recipient-correct"
                on:click=handler(correct)
            >
                {move || t_string!(i18n, recipient.correct)}
            </button>
        }
    });
    view! {
        <p class="compose-hint" data-testid="recipient-doubt">
            <span>{move || doubt_text(i18n, &shown)}</span>
            {correct}
            <button
                type="button"
                class="button button-quiet button-small"
                on:click=handler(move |_| composer.answered.update(|all| all.push(Check::Doubt(kept.clone()))))
            >
                {move || t_string!(i18n, recipient.right)}
            </button>
        </p>
    }
}

/// What there is to say about an address.
pub fn doubt_text(i18n: Words, doubt: &Doubt) -> String {
    let Doubt { email, meant, ascii } = doubt;
    let looks = ascii
        .as_ref()
        .map(|ascii| t_string!(i18n, recipient.only_looks, email = email.clone(), domain = ascii.clone()).to_string());
    let meant = meant.as_ref().map(|meant| t_string!(i18n, recipient.meant, email = meant.clone()).to_string());
    looks.into_iter().chain(meant).collect::<Vec<_>>().join(" ")
}
