//! People of the address book who are offered while a recipient is typed: a combobox with a list, as the ARIA Authoring
//! Practices Guide has it.

use leptos::{ev, prelude::*};

use super::parse;
use crate::{
    Client,
    state::Line,
    view::{Item, each, handler},
    wire::{Address, Command, Reply},
};

/// What is offered for one field.
#[derive(Clone, Copy)]
pub struct Offer {
    people: RwSignal<Vec<Address>>,
    /// Which of them Enter takes.
    at: RwSignal<Option<usize>>,
    /// Counts what was typed: an answer to something else is late.
    typed: RwSignal<u32>,
    /// The name for tests of the field.
    id: &'static str,
}

impl Offer {
    pub fn new(id: &'static str) -> Self {
        Self { people: RwSignal::default(), at: RwSignal::new(None), typed: RwSignal::new(0), id }
    }

    pub fn list_id(&self) -> String {
        format!("{}-offer", self.id)
    }

    pub fn is_open(&self) -> bool {
        self.people.with(|people| !people.is_empty())
    }

    /// The element of whom Enter takes.
    pub fn active(&self) -> Option<String> {
        self.at.get().map(|at| format!("{}-offer-{at}", self.id))
    }

    /// Looks for people by what was typed, but for those who are in the field already.
    pub fn ask(&self, client: Client, text: &str, field: RwSignal<Vec<Address>>) {
        self.close();
        let words = text.trim().to_owned();
        // Without a line nobody answers, and what was typed since is another question.
        if words.is_empty() || client.state.line.get_untracked() != Line::Live {
            return;
        }
        let (offer, typed) = (*self, self.typed.get_untracked());
        // Whoever types a whole address means it.
        let whole = words.contains('@') && parse::problem(&words).is_none();
        let reply = client.send(Command::Suggest { words });
        client.spawn(async move {
            let Ok(Reply::People { mut people }) = reply.await else { return };
            // The field may be gone by now.
            if offer.typed.try_get_untracked() != Some(typed) {
                return;
            }
            let is_there = |one: &Address| {
                field.with_untracked(|all| all.iter().any(|other| other.email.eq_ignore_ascii_case(&one.email)))
            };
            people.retain(|one| !is_there(one));
            offer.at.set((!whole && !people.is_empty()).then_some(0));
            offer.people.set(people);
        });
    }

    /// The field is gone.
    pub fn is_over(&self) -> bool {
        self.typed.try_get_untracked().is_none()
    }

    /// Offers nothing any more, whatever is still on its way.
    pub fn close(&self) {
        self.typed.update(|typed| *typed = typed.wrapping_add(1));
        if !self.people.with_untracked(Vec::is_empty) {
            self.people.set(Vec::new());
        }
        self.at.set(None);
    }

    /// Enter takes this one from now on, who is in sight.
    fn mark(&self, at: usize) {
        self.at.set(Some(at));
        if let Some(row) = document().get_element_by_id(&format!("{}-offer-{at}", self.id)) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            row.scroll_into_view_with_scroll_into_view_options(&options);
        }
    }

    /// Does what a key means while the list is open; whom it takes.
    pub fn press(&self, event: &ev::KeyboardEvent) -> Option<Address> {
        let count = self.people.with_untracked(Vec::len);
        if count == 0 || event.is_composing() || event.ctrl_key() || event.meta_key() || event.shift_key() {
            return None;
        }
        let at = self.at.get_untracked();
        match event.key().as_str() {
            "ArrowDown" => self.mark(at.map_or(0, |at| (at + 1) % count)),
            "ArrowUp" => self.mark(at.map_or(count - 1, |at| (at + count - 1) % count)),
            "Escape" => self.close(),
            "Enter" | "Tab" => {
                let taken = self.people.with_untracked(|people| people.get(at?).cloned())?;
                event.prevent_default();
                self.close();
                return Some(taken);
            }
            _ => return None,
        }
        event.prevent_default();
        None
    }
}

/// The list.
#[component]
pub fn Offered(
    offer: Offer,
    #[prop(into)] label: Signal<&'static str>,
    #[prop(into)] take: Callback<Address>,
) -> impl IntoView {
    let id = offer.id;
    let option = move |(index, person): (usize, Address)| {
        let key = format!("{index} {}", parse::written(&person));
        let row = move || {
            let taken = person.clone();
            let on_click = move |_| {
                offer.close();
                take.run(taken.clone());
            };
            let named =
                (!person.name.is_empty()).then(|| view! { <span class="offer-name">{person.name.clone()}</span> });
            view! {
                <li
                    id=format!("{id}-offer-{index}")
                    role="option"
                    aria-selected=move || (offer.at.get() == Some(index)).to_string()
                    data-testid="suggestion"
                    on:click=handler(on_click)
                >
                    {named}
                    <span>{person.email.clone()}</span>
                </li>
            }
        };
        Item::new(key, row)
    };
    view! {
        <ul
            class="offer"
            role="listbox"
            id=offer.list_id()
            aria-label=label
            hidden=move || !offer.is_open()
            // The field keeps the focus.
            on:mousedown=handler(|event: ev::MouseEvent| event.prevent_default())
        >
            {each(move || offer.people.get().into_iter().enumerate().map(option).collect())}
        </ul>
    }
}
