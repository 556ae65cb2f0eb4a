//! The way to get no more of what is sent to many.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::{Dialog, State},
    view::handler,
    wire::{MessageRef, Unsubscribe},
};

/// A button, or a link that opens a page of the sender's.
#[component]
pub fn UnsubscribeButton(message: MessageRef, way: Unsubscribe) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let name = way.name();
    let words = move || t_string!(i18n, leave.button);
    let button = |press: Box<dyn Fn()>| {
        view! {
            <button
                type="button"
                class="button button-quiet button-small"
                data-testid="message-unsubscribe"
                data-way=name
                on:click=handler(move |_| press())
            >
                {words}
            </button>
        }
        .into_any()
    };
    let way = match way {
        Unsubscribe::OneClick { host } => button(Box::new(move || {
            state.dialog.set(Some(Dialog::Unsubscribe { message: message.clone(), host: host.clone() }))
        })),
        Unsubscribe::Message { to, subject } => button(Box::new(move || client.write(&to, &subject))),
        Unsubscribe::Page { url, host } => view! {
            <a
                class="button button-quiet button-small"
                data-testid="message-unsubscribe"
                data-way=name
                href=url
                target="_blank"
                rel="noopener noreferrer nofollow"
                title=move || t_string!(i18n, leave.page, host = host.clone()).to_string()
            >
                {words}
            </a>
        }
        .into_any(),
    };
    view! { <div class="message-unsubscribe">{way}</div> }
}
