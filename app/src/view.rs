//! What is shown: one component per file, all of them rendered by the server first and taken over by the browser.
//!
//! Until `state.alive` is true, a view shows the same on both sides.

mod area;
pub mod collectors;
pub mod composer;
pub mod contacts;
pub mod date;
pub mod dialog;
pub mod explain;
pub mod filter;
pub mod folders;
pub mod formatted;
pub mod help;
pub mod icon;
pub mod identities;
pub mod keyboard;
pub mod labels;
pub mod layout;
pub mod login;
pub mod logins;
pub mod mailbox_list;
pub mod menu;
pub mod message;
pub mod message_list;
pub mod move_menu;
pub mod opening;
pub mod outbox;
pub mod passkeys;
pub mod pictures;
pub mod quota;
pub mod recipients;
pub mod redirect;
pub mod report;
pub mod search;
pub mod second_step;
pub mod server;
pub mod settings;
pub mod sharing;
pub mod signature;
pub mod source;
pub mod templates;
pub mod toast;
pub mod toolbar;
pub mod words;
pub mod writers;

use leptos::{children::ViewFn, prelude::*};

/// Handles an event. Boxed, so that all handlers of a kind of event share the code that attaches them: left as they
/// are, each closure has its own, and the browser would load a third more.
pub(crate) fn handler<E: 'static>(handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    Box::new(handle)
}

/// Shows something only `when`. Leptos' own, with the condition boxed for the same reason.
#[component]
pub(crate) fn Show(
    #[prop(into)] when: Signal<bool>,
    children: ChildrenFn,
    #[prop(optional, into)] fallback: ViewFn,
) -> impl IntoView {
    let when = Memo::new(move |_| when.get());
    move || if when.get() { children() } else { fallback.run() }
}

/// An element of what [`each`] shows.
pub(crate) struct Item {
    key: String,
    view: Box<dyn FnOnce() -> AnyView + Send>,
}

impl Item {
    pub(crate) fn new<V: IntoView + 'static>(key: impl ToString, view: impl FnOnce() -> V + Send + 'static) -> Item {
        Item { key: key.to_string(), view: Box::new(move || view().into_any()) }
    }
}

/// Shows items; those whose keys stay the same stay as they are. Leptos' `For`, of one kind for all lists.
pub(crate) fn each(items: impl Fn() -> Vec<Item> + Send + 'static) -> AnyView {
    let items: Box<dyn Fn() -> Vec<Item> + Send> = Box::new(items);
    view! { <For each=items key=|item| item.key.clone() children=|item: Item| (item.view)() /> }.into_any()
}
