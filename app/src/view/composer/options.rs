//! What is asked for with a message besides its delivery.

use leptos::{html, prelude::*};

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{handler, icon::Icon, menu::Menu, words::Words},
    wire::{Priority, Wishes},
};

/// The menu of it. What is chosen in it keeps it open.
#[component]
pub fn OptionsButton() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let composer = state.composer;
    let button = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    view! {
        <span class="compose-options">
            <button
                node_ref=button
                type="button"
                class="icon-button"
                data-testid="compose-options"
                data-on=move || (!composer.wishes.with(Wishes::is_none)).to_string()
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=move || t_string!(i18n, compose.options)
                title=move || t_string!(i18n, compose.options)
                prop:disabled=move || composer.sending.get()
                on:click=handler(move |_| open.update(|open| *open = !*open))
            >
                <Icon name="more" />
            </button>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <Menu
                                class="options-menu"
                                label=t_string!(i18n, compose.options)
                                button
                                on_close=Callback::new(move |()| open.set(false))
                            >
                                <Options />
                            </Menu>
                        }
                    })
            }}
        </span>
    }
}

#[component]
fn Options() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let wishes = state.composer.wishes;
    let item = move |role: &'static str, testid: &'static str, words: fn(Words) -> &'static str, choice: Choice| {
        let value = match choice {
            Choice::Priority(priority) => Some(priority.name()),
            Choice::Receipt | Choice::Delivery => None,
        };
        view! {
            <button
                type="button"
                class="menu-item"
                role=role
                tabindex="-1"
                data-testid=testid
                data-value=value
                aria-checked=move || choice.is_made(wishes.get()).to_string()
                on:click=handler(move |_| {
                    wishes.update(|wishes| choice.make(wishes));
                    client.edited();
                })
            >
                <span class="options-check">
                    {move || choice.is_made(wishes.get()).then(|| view! { <Icon name="check" /> })}
                </span>
                <span>{move || words(i18n)}</span>
            </button>
        }
    };
    let check = "menuitemcheckbox";
    view! {
        {item(check, "option-receipt", |i18n| t_string!(i18n, compose.want_receipt), Choice::Receipt)}
        {item(check, "option-delivery", |i18n| t_string!(i18n, compose.want_delivery), Choice::Delivery)}
        {Priority::ALL
            .map(|priority| {
                let words: fn(Words) -> _ = match priority {
                    Priority::High => |i18n| t_string!(i18n, compose.priority_high),
                    Priority::Normal => |i18n| t_string!(i18n, compose.priority_normal),
                    Priority::Low => |i18n| t_string!(i18n, compose.priority_low),
                };
                item("menuitemradio", "option-priority", words, Choice::Priority(priority))
            })}
    }
}

/// One line of the menu.
#[derive(Clone, Copy)]
enum Choice {
    Receipt,
    Delivery,
    Priority(Priority),
}

impl Choice {
    fn is_made(self, wishes: Wishes) -> bool {
        match self {
            Choice::Receipt => wishes.receipt,
            Choice::Delivery => wishes.delivery,
            Choice::Priority(priority) => wishes.priority == priority,
        }
    }

    fn make(self, wishes: &mut Wishes) {
        match self {
            Choice::Receipt => wishes.receipt = !wishes.receipt,
            Choice::Delivery => wishes.delivery = !wishes.delivery,
            Choice::Priority(priority) => wishes.priority = priority,
        }
    }
}
