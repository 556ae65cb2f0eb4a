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

/// The domain of which this is any address: its part before the @ is typed, and may still be empty.
fn domain_of(identities: &[Identity], from: &Address) -> Option<String> {
    let identity = Identity::of(identities, &from.email)?;
    identity.is_of_domain().then(|| identity.email.trim_start_matches("*@").to_owned())
}

#[component]
fn Field() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let current =
        move || composer.from.get().or_else(|| state.identities.with(|all| all.first().map(Identity::address)));
    let domain = Memo::new(move |_| state.identities.with(|all| domain_of(all, &current()?)));
    let options = move || {
        let mut all: Vec<Address> = state.identities.with(|all| all.iter().map(Identity::address).collect());
        let current = current();
        // An address with a detail is none of the list; what the draft began with can be gone back to.
        for other in [composer.begun_as.get_value(), current.clone()].into_iter().flatten() {
            let is_listed = all.iter().any(|one| one.email.eq_ignore_ascii_case(&other.email));
            if !is_listed && state.identities.with(|all| domain_of(all, &other)).is_none() {
                all.push(other);
            }
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
    let local = NodeRef::<leptos::html::Input>::new();
    let choose = move |email: String| {
        // Of any of a domain, the part before the @ is still to be typed.
        client.write_as(email.strip_prefix('*').unwrap_or(&email));
        request_animation_frame(move || {
            if let Some(local) = local.get_untracked() {
                drop(local.focus());
            }
        });
    };
    let typed = move || {
        composer.from.with(|from| from.as_ref().and_then(|from| Some(from.email.rsplit_once('@')?.0.to_owned())))
    };
    let write = move |text: String| {
        if let Some(domain) = domain.get_untracked() {
            // Whoever types all of it means this.
            let local = text.trim().split('@').next().unwrap_or_default();
            client.write_as(&format!("{local}@{domain}"));
        }
    };
    view! {
        <div class="compose-field compose-from">
            <label for="compose-from">{move || t_string!(i18n, compose.from)}</label>
            <Show when=move || domain.with(Option::is_some)>
                <span class="compose-local">
                    <input
                        node_ref=local
                        type="text"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="200"
                        aria-label=move || t_string!(i18n, compose.before_at)
                        data-testid="compose-from-local"
                        prop:value=move || typed().unwrap_or_default()
                        prop:disabled=move || composer.sending.get()
                        on:input:target=move |event| write(event.target().value())
                    />
                    <span>{move || domain.get().map(|domain| format!("@{domain}"))}</span>
                </span>
            </Show>
            <select
                id="compose-from"
                data-testid="compose-from"
                prop:disabled=move || composer.sending.get()
                on:change:target=move |event| choose(event.target().value())
            >
                {options}
            </select>
        </div>
    }
}
