//! A menu beneath its button.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{state::State, view::handler};

/// Things to choose from, each a `button.menu-item[role=menuitem]`. There as long as it is open: the focus is on its first
/// item, arrows go up and down and round, those to the sides as well where there is nothing to write in, and Esc, Tab and leaving it
/// close it.
#[component]
pub fn Menu(
    #[prop(optional)] class: &'static str,
    /// `dialog` where there is more in it than items.
    #[prop(default = "menu")]
    role: &'static str,
    label: &'static str,
    /// Gets the focus back.
    button: NodeRef<html::Button>,
    #[prop(into)] on_close: Callback<()>,
    children: Children,
) -> impl IntoView {
    let menu = NodeRef::<html::Div>::new();
    Effect::new(move |_| focus(menu.get().and_then(|menu| first(&menu))));
    let focused = || document().active_element();
    let key = move |event: ev::KeyboardEvent| {
        // The keys are for what is in front.
        event.stop_propagation();
        match event.key().as_str() {
            "Escape" | "Tab" => {
                on_close.run(());
                if let Some(button) = button.get_untracked() {
                    drop(button.focus());
                }
            }
            "ArrowRight" | "ArrowLeft" if role != "menu" => {}
            "ArrowDown" | "ArrowRight" => {
                event.prevent_default();
                let top = || menu.get_untracked()?.first_element_child();
                focus(focused().and_then(|item| after(&item, web_sys::Element::next_element_sibling)).or_else(top));
            }
            "ArrowUp" | "ArrowLeft" => {
                event.prevent_default();
                let last = || {
                    let last = menu.get_untracked()?.last_element_child()?;
                    if is_item(&last) { Some(last) } else { after(&last, web_sys::Element::previous_element_sibling) }
                };
                focus(
                    focused().and_then(|item| after(&item, web_sys::Element::previous_element_sibling)).or_else(last),
                );
            }
            _ => {}
        }
    };
    let leaves = move |event: ev::FocusEvent| {
        let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
        // A menu that is being taken away loses the focus as well.
        if menu.try_get_untracked().flatten().is_some_and(|menu| to.is_some() && !menu.contains(to.as_ref())) {
            on_close.run(());
        }
    };
    view! {
        <div
            node_ref=menu
            class=format!("menu {class}")
            role=role
            aria-label=label
            on:keydown=handler(key)
            on:focusout=handler(leaves)
        >
            {children()}
        </div>
    }
}

/// What has the focus at first. Something to write in would bring up a keyboard where there is only one on the screen.
fn first(menu: &web_sys::HtmlDivElement) -> Option<web_sys::Element> {
    let first = menu.first_element_child()?;
    let by_hand = || window().match_media("(hover: none)").ok().flatten().is_some_and(|query| query.matches());
    if first.tag_name() == "INPUT" && by_hand() { first.next_element_sibling() } else { Some(first) }
}

/// Whether a menu is open of which there are two, above the list and above the open message.
#[derive(Clone, Copy)]
pub(super) struct Twin {
    open: Memo<bool>,
    /// By its own button.
    pressed: RwSignal<bool>,
    /// By a key, which is for both.
    asked: RwSignal<bool>,
}

impl Twin {
    /// With a selection and an open message there are two; that of the selection answers the key.
    pub(super) fn new(state: State, asked: RwSignal<bool>, for_message: bool) -> Twin {
        let pressed = RwSignal::new(false);
        let chosen = move || state.chosen.with(|chosen| !chosen.is_empty());
        let open = Memo::new(move |_| pressed.get() || (asked.get() && chosen() != for_message));
        Twin { open, pressed, asked }
    }

    /// Reactive.
    pub(super) fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Its button is pressed.
    pub(super) fn press(&self) {
        if self.open.get_untracked() { self.close() } else { self.pressed.set(true) }
    }

    pub(super) fn close(&self) {
        self.pressed.set(false);
        if self.asked.get_untracked() {
            self.asked.set(false);
        }
    }
}

/// The next item on one side: between them there may be words.
fn after(
    item: &web_sys::Element,
    beside: impl Fn(&web_sys::Element) -> Option<web_sys::Element>,
) -> Option<web_sys::Element> {
    std::iter::successors(beside(item), |item| beside(item)).find(is_item)
}

fn is_item(element: &web_sys::Element) -> bool {
    ["A", "BUTTON", "INPUT"].contains(&element.tag_name().as_str())
}

fn focus(element: Option<web_sys::Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        drop(element.focus());
    }
}
