//! A field for recipients: what is typed or pasted becomes chips, each checked, each to be taken away or edited again.

mod doubts;
mod offer;
mod parse;

use crate::view::{Item, each, handler};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use super::{icon::Icon, words::Words};
use crate::{Client, i18n::*, state::State, wire::Address};
use doubts::Doubts;
pub use doubts::doubt_text;
use offer::{Offer, Offered};
pub use parse::{Problem, parse, problem, written};

/// One of To, Cc and Bcc.
#[component]
pub fn Recipients(
    field: RwSignal<Vec<Address>>,
    #[prop(into)] label: Signal<&'static str>,
    /// Also the name for tests.
    id: &'static str,
    #[prop(optional)] node: Option<NodeRef<html::Input>>,
    /// It is not of what is written in the composer.
    #[prop(optional)]
    apart: bool,
) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let node = node.unwrap_or_default();
    let said = RwSignal::new(String::new());
    let edited = move || {
        if !apart {
            client.edited();
        }
    };
    let offer = Offer::new(id);
    let put = move |fresh: Vec<Address>| {
        if fresh.is_empty() {
            return;
        }
        let names: Vec<_> = fresh.iter().map(|address| address.display().to_owned()).collect();
        said.set(t_string!(i18n, recipient.added, name = names.join(", ")).to_string());
        client.check_recipients(&fresh);
        field.update(|all| {
            for address in fresh {
                if !all.iter().any(|other| other.email.eq_ignore_ascii_case(&address.email)) {
                    all.push(address);
                }
            }
        });
        edited();
    };
    let add = move |text: &str| put(parse(text));
    let commit = move || {
        // A field that goes away with the cursor in it loses the cursor after that.
        if offer.is_over() {
            return;
        }
        offer.close();
        if let Some(input) = node.get_untracked() {
            let text = input.value();
            input.set_value("");
            add(&text);
        }
    };
    let take = move |index: usize| {
        let mut taken = None;
        field.update(|all| {
            if index < all.len() {
                taken = Some(all.remove(index));
            }
        });
        edited();
        taken
    };
    let edit_again = move |index: usize| {
        commit();
        if let (Some(address), Some(input)) = (take(index), node.get_untracked()) {
            input.set_value(&parse::written(&address));
            drop(input.focus());
        }
    };
    let on_keydown = move |event: ev::KeyboardEvent| {
        let Some(input) = node.get_untracked() else {
            return;
        };
        if let Some(person) = offer.press(&event) {
            input.set_value("");
            put(vec![person]);
        }
        if event.default_prevented() {
            return;
        }
        let text = input.value();
        match event.key().as_str() {
            // Ctrl+Enter sends; what was typed goes with it.
            "Enter" if event.ctrl_key() || event.meta_key() => commit(),
            "Enter" if !event.is_composing() && !text.trim().is_empty() => {
                event.prevent_default();
                commit();
            }
            "," | ";" if parse::is_whole(&text) => {
                event.prevent_default();
                commit();
            }
            "Backspace" if text.is_empty() => {
                if let Some(last) = field.with_untracked(Vec::len).checked_sub(1) {
                    event.prevent_default();
                    edit_again(last);
                }
            }
            _ => {}
        }
    };
    // The keyboards of phones tell no keys, only what is written.
    let on_input = move |_| {
        if let Some(input) = node.get_untracked() {
            let text = input.value();
            if let Some(rest) = text.strip_suffix([',', ';'])
                && parse::is_whole(rest)
            {
                return commit();
            }
            offer.ask(client, &text, field);
        }
    };
    let take_offered = move |person: Address| {
        if let Some(input) = node.get_untracked() {
            input.set_value("");
            drop(input.focus());
        }
        put(vec![person]);
    };
    let on_paste = move |event: ev::ClipboardEvent| {
        let pasted = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()).unwrap_or_default();
        if pasted.contains(['\n', ',', ';', '@']) {
            event.prevent_default();
            offer.close();
            let before = node.get_untracked().map(|input| input.value()).unwrap_or_default();
            if let Some(input) = node.get_untracked() {
                input.set_value("");
            }
            add(&format!("{before}{pasted}"));
        }
    };
    let hint = format!("{id}-hint");
    let remove = move |index: usize| {
        if let Some(taken) = take(index) {
            said.set(t_string!(i18n, recipient.removed, name = taken.display().to_owned()).to_string());
        }
        if let Some(input) = node.get_untracked() {
            drop(input.focus());
        }
    };
    let item = move |(index, address): (usize, Address)| {
        let key = format!("{index} {}", parse::written(&address));
        let chip = move || {
            view! { <Chip address=address on_edit=move || edit_again(index) on_remove=move || remove(index) /> }
        };
        Item::new(key, chip)
    };
    view! {
        <div class="compose-field">
            <label for=id>{label}</label>
            <div class="recipients" on:click=handler(move |event: ev::MouseEvent| focus_beside(node, &event))>
                <ul aria-label=label>
                    {each(move || field.get().into_iter().enumerate().map(item).collect())}
                </ul>
                <input
                    node_ref=node
                    id=id
                    type="text"
                    inputmode="email"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    enterkeyhint="next"
                    role="combobox"
                    aria-autocomplete="list"
                    aria-controls=offer.list_id()
                    aria-expanded=move || offer.is_open().to_string()
                    aria-activedescendant=move || offer.active()
                    maxlength="20000"
                    aria-describedby=hint.clone()
                    prop:disabled=move || !apart && state.composer.sending.get()
                    data-testid=id
                    on:keydown=handler(on_keydown)
                    on:input=handler(on_input)
                    on:paste=handler(on_paste)
                    on:blur=handler(move |_| commit())
                />
            </div>
            <Offered offer label take=take_offered />
            <span class="visually-hidden" id=hint>
                {move || t_string!(i18n, recipient.field_hint)}
            </span>
            <span class="visually-hidden" role="status">
                {said}
            </span>
        </div>
        <Doubts field />
    }
}

#[component]
fn Chip(address: Address, #[prop(into)] on_edit: Callback<()>, #[prop(into)] on_remove: Callback<()>) -> impl IntoView {
    let i18n = use_i18n();
    let trouble = problem(&address.email);
    let shown = address.display().to_owned();
    let named = shown.clone();
    view! {
        <li class="recipient" data-valid=trouble.is_none().to_string() title=parse::written(&address)>
            <span class="recipient-name" on:dblclick=handler(move |_| on_edit.run(()))>
                {shown}
            </span>
            {trouble
                .map(|trouble| {
                    view! { <span class="recipient-reason">{move || problem_text(i18n, trouble)}</span> }
                })}
            <button
                type="button"
                aria-label=move || t_string!(i18n, recipient.remove, name = named.clone()).to_string()
                on:click=handler(move |_| on_remove.run(()))
            >
                <Icon name="x" />
            </button>
        </li>
    }
}

fn problem_text(i18n: Words, problem: Problem) -> &'static str {
    match problem {
        Problem::NoAt => t_string!(i18n, recipient.invalid_no_at),
        Problem::Local => t_string!(i18n, recipient.invalid_local),
        Problem::Domain => t_string!(i18n, recipient.invalid_domain),
        Problem::Space => t_string!(i18n, recipient.invalid_space),
        Problem::Long => t_string!(i18n, recipient.invalid_long),
    }
}

/// A press beside the chips goes to the field.
fn focus_beside(node: NodeRef<html::Input>, event: &ev::MouseEvent) {
    let on_box = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|element| element.class_list().contains("recipients"));
    if let Some(input) = node.get_untracked().filter(|_| on_box) {
        drop(input.focus());
    }
}
