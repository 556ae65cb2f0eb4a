//! What was taken out of the HTML of the open message.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::{
    i18n::*,
    route,
    view::words::Words,
    wire::{MessageRef, Stripped},
};

/// What it was and how often, as a line of the details. Nothing where there was none.
#[component]
pub fn TakenOut(stripped: BTreeMap<Stripped, u32>) -> impl IntoView {
    let i18n = use_i18n();
    (!stripped.is_empty()).then(|| {
        let all = move || stripped.iter().map(|(kind, count)| text(i18n, *kind, *count)).collect::<Vec<_>>().join(", ");
        view! {
            <dt>{move || t_string!(i18n, stripped.title)}</dt>
            <dd data-testid="message-stripped">{all}</dd>
        }
    })
}

/// That not all of a message is shown, in these words, and where the whole is.
#[component]
pub fn NotAll(message: MessageRef, name: &'static str, words: fn(Words) -> &'static str) -> impl IntoView {
    let i18n = use_i18n();
    let source = route::source_url(&message);
    view! {
        <p class="message-note" data-testid=name>
            <span>{move || words(i18n)}</span>
            " "
            <a href=source download="message.eml">
                {move || t_string!(i18n, view.whole)}
            </a>
        </p>
    }
}

fn text(i18n: Words, kind: Stripped, count: u32) -> String {
    match kind {
        Stripped::Scripts => t_string!(i18n, stripped.scripts, count = count).to_string(),
        Stripped::Handlers => t_string!(i18n, stripped.handlers, count = count).to_string(),
        Stripped::Forms => t_string!(i18n, stripped.forms, count = count).to_string(),
        Stripped::Frames => t_string!(i18n, stripped.frames, count = count).to_string(),
        Stripped::Media => t_string!(i18n, stripped.media, count = count).to_string(),
        Stripped::Drawings => t_string!(i18n, stripped.drawings, count = count).to_string(),
    }
}
