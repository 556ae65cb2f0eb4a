//! Whom an answer leaves out.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{Show, handler, opening::add_all, words::counted},
    wire::{Address, DraftKind},
};

/// Says that an answer to one leaves others out, and adds them.
#[component]
pub fn LeftOut() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let left = Memo::new(move |_| {
        let is_there = |one: &Address| {
            let is_in = |all: &Vec<Address>| all.iter().any(|other| other.email.eq_ignore_ascii_case(&one.email));
            composer.to.with(is_in) || composer.cc.with(is_in) || composer.bcc.with(is_in)
        };
        composer.original.with(|original| match original {
            Some(original) if original.kind == DraftKind::Reply => {
                original.others.iter().filter(|one| !is_there(one)).cloned().collect()
            }
            _ => Vec::new(),
        })
    });
    let text = move || {
        let (name, rest) = left.with(|left| {
            let name = left.first().map(|one| one.display().to_owned()).unwrap_or_default();
            (name, u32::try_from(left.len().saturating_sub(1)).unwrap_or(u32::MAX))
        });
        match rest {
            0 => t_string!(i18n, compose.left_out_one, name = name).to_string(),
            _ => counted!(i18n, compose.left_out, rest, name = name.clone()),
        }
    };
    let add = move |_| {
        composer.cc.update(|cc| add_all(cc, &left.get_untracked()));
        composer.original.update(|original| {
            if let Some(original) = original {
                original.kind = DraftKind::ReplyAll;
            }
        });
        client.edited();
    };
    view! {
        <Show when=move || left.with(|left| !left.is_empty())>
            <p class="compose-hint" data-testid="compose-reply-all-hint">
                <span>{text}</span>
                <button type="button" class="button button-quiet button-small" on:click=handler(add)>
                    {move || t_string!(i18n, compose.to_all)}
                </button>
            </p>
        </Show>
    }
}
