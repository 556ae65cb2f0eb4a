//! As whom a message is written, where there is a choice.

use crate::view::Show;
use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::State,
    wire::{Address, Identity},
};

/// The field From. Not there for whoever has one address.
#[component]
pub fn Sender() -> impl IntoView {
    let (state, composer) = (expect_context::<State>(), expect_context::<State>().composer);
    let has_choice = move || {
        let first = state.identities.with(|all| all.first().map(|first| first.email.clone()));
        let other = composer.from.with(|from| from.as_ref().is_some_and(|from| Some(&from.email) != first.as_ref()));
        other || state.identities.with(|all| all.len() > 1)
    };
    view! {
        <Show when=has_choice>
            <Field />
        </Show>
    }
}

#[component]
fn Field() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    // The domain of which any address may be typed.
    let domain = RwSignal::new(None::<String>);
    let current =
        move || composer.from.get().or_else(|| state.identities.with(|all| all.first().map(Identity::address)));
    let options = move || {
        let current = current();
        let mut all: Vec<Address> = state.identities.with(|all| all.iter().map(Identity::address).collect());
        // An address with a detail, or one of a domain: it is none of the list, and has been chosen all the same.
        if let Some(current) = current.clone().filter(|_| domain.with(Option::is_none))
            && !all.iter().any(|one| one.email.eq_ignore_ascii_case(&current.email))
        {
            all.push(current);
        }
        let chosen = match domain.get() {
            Some(domain) => format!("*@{domain}"),
            None => current.map(|current| current.email).unwrap_or_default(),
        };
        let option = |address: Address| {
            let selected = address.email.eq_ignore_ascii_case(&chosen);
            let words = match address.email.strip_prefix("*@") {
                Some(domain) => t_string!(i18n, compose.any_at, domain = domain.to_owned()).to_string(),
                None if address.name.is_empty() => address.email.clone(),
                None => format!("{} <{}>", address.name, address.email),
            };
            view! { <option value=address.email prop:selected=selected>{words}</option> }
        };
        all.into_iter().map(option).collect::<Vec<_>>()
    };
    let choose = move |email: String| {
        if let Some(any) = email.strip_prefix("*@") {
            domain.set(Some(any.to_owned()));
            return;
        }
        domain.set(None);
        client.write_as(&email);
    };
    let local = move || {
        composer.from.with(|from| {
            let from = from.as_ref()?;
            let (local, of) = from.email.rsplit_once('@')?;
            domain.with(|domain| domain.as_deref() == Some(of)).then(|| local.to_owned())
        })
    };
    view! {
        <div class="compose-field">
            <label for="compose-from">{move || t_string!(i18n, compose.from)}</label>
            <select
                id="compose-from"
                data-testid="compose-from"
                prop:disabled=move || composer.sending.get()
                on:change:target=move |event| choose(event.target().value())
            >
                {options}
            </select>
            <Show when=move || domain.with(Option::is_some)>
                <input
                    class="compose-local"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="64"
                    aria-label=move || t_string!(i18n, compose.before_at)
                    data-testid="compose-from-local"
                    prop:value=move || local().unwrap_or_default()
                    on:change:target=move |event| {
                        let local = event.target().value().trim().to_owned();
                        if let Some(domain) = domain.get_untracked().filter(|_| !local.is_empty()) {
                            client.write_as(&format!("{local}@{domain}"));
                        }
                    }
                />
            </Show>
        </div>
    }
}
