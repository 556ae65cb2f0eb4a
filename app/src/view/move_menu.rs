//! The folders to move to.

use leptos::{ev, html, prelude::*};

use super::{
    handler,
    icon::Icon,
    mailbox_list::icon_of,
    menu::{Menu, Twin},
    words::{Words, counted, full_name, lower_case},
};
use crate::{
    Client,
    i18n::*,
    state::{Folder, State},
    wire::{Action, Mailbox, Right, Selection},
};

/// With more folders than this one can be looked for by its name.
const FEW: usize = 12;

/// Folders that are shown at once.
const MOST: usize = 200;

/// Opens beneath its button; `v` opens it too.
#[component]
pub fn MoveMenu(target: Signal<Option<Selection>>, for_message: bool) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let button = NodeRef::<html::Button>::new();
    let menu = Twin::new(state, state.moving, for_message);
    let kind = move || if state.mailboxes.all.with(Vec::len) > FEW { "dialog" } else { "menu" };
    let choose = move |to: String| {
        menu.close();
        if let Some(selection) = target.get_untracked() {
            client.act(selection, Action::Move { to });
        }
    };
    view! {
        <button
            node_ref=button
            type="button"
            class="icon-button"
            data-testid="action-move"
            aria-haspopup=kind
            aria-expanded=move || menu.is_open().to_string()
            aria-label=move || t_string!(i18n, action.relocate)
            title=move || t_string!(i18n, action.relocate)
            on:click=handler(move |_| menu.press())
        >
            <Icon name="move" />
        </button>
        {move || {
            menu.is_open()
                .then(|| {
                    view! {
                        <Places button close=Callback::new(move |()| menu.close()) choose=Callback::new(choose) />
                    }
                })
        }}
    }
}

#[component]
fn Places(button: NodeRef<html::Button>, close: Callback<()>, choose: Callback<String>) -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let places = Memo::new(move |_| {
        let (here, everywhere) = state.list.query.with(|query| (query.mailbox.clone(), query.everywhere));
        let takes = |mailbox: &Mailbox| mailbox.selectable && mailbox.may(Right::Insert);
        let fits = |folder: &&Folder| takes(&folder.mailbox) && (folder.mailbox.path != here || everywhere);
        state.mailboxes.all.with(|all| all.iter().filter(fits).cloned().collect::<Vec<_>>())
    });
    let many = untrack(|| state.mailboxes.all.with(Vec::len)) > FEW;
    let typed = RwSignal::new(String::new());
    // What is typed comes along: with it, what is found is shown in another way.
    let found = Memo::new(move |_| {
        let typed = lower_case(typed.get().trim());
        let mut found = places.with(|places| {
            let ranked = |folder: &Folder| Some((rank(i18n, &folder.mailbox, &typed)?, folder.clone()));
            places.iter().filter_map(ranked).collect::<Vec<_>>()
        });
        found.sort_by_key(|(rank, _)| *rank);
        (!typed.is_empty(), found.into_iter().map(|(_, folder)| folder).collect::<Vec<_>>())
    });
    let left = Memo::new(move |_| found.with(|(_, found)| found.len()).saturating_sub(MOST));
    let enter = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            if let Some(first) = found.with_untracked(|(_, found)| Some(found.first()?.mailbox.path.clone())) {
                choose.run(first);
            }
        }
    };
    let find = many.then(|| {
        view! {
            <input
                type="search"
                class="menu-find"
                data-testid="move-find"
                autocomplete="off"
                enterkeyhint="go"
                aria-label=move || t_string!(i18n, folder.find)
                placeholder=move || t_string!(i18n, folder.find)
                on:input=handler(move |event: ev::Event| {
                    typed.set(event_target_value(&event));
                    // The best is on top, wherever the person was before.
                    if let Some(menu) = event_target::<web_sys::Element>(&event).parent_element() {
                        menu.set_scroll_top(0);
                    }
                })
                on:keydown=handler(enter)
            />
        }
    });
    let item = move |folder: Folder, searched: bool| {
        let path = folder.mailbox.path.clone();
        // What is found stands by itself.
        let depth = if searched { 0 } else { folder.mailbox.depth().min(6) };
        let (above, icon) = (folder.mailbox.parent().filter(|_| searched).map(str::to_owned), icon_of(&folder.mailbox));
        view! {
            <button
                type="button"
                class="menu-item"
                role=(!many).then_some("menuitem")
                tabindex="-1"
                data-path=path.clone()
                data-depth=depth.to_string()
                on:click=handler(move |_| choose.run(path.clone()))
            >
                <Icon name=icon />
                <span>{full_name(i18n, &folder.mailbox)}</span>
                {above.map(|above| view! { <span class="menu-aside">{above}</span> })}
            </button>
        }
    };
    view! {
        <Menu
            class="move-menu"
            role=if many { "dialog" } else { "menu" }
            label=t_string!(i18n, list.select_folder)
            button
            on_close=close
        >
            {find}
            {move || {
                let (searched, found) = found.get();
                found.into_iter().take(MOST).map(|folder| item(folder, searched)).collect_view()
            }}
            {move || {
                let left = u32::try_from(left.get()).unwrap_or(u32::MAX);
                (left > 0).then(|| view! { <p class="menu-note">{counted!(i18n, folder.more, left)}</p> })
            }}
            {move || found.with(|(_, found)| found.is_empty()).then(|| view! { <p class="menu-note" role="status">{t_string!(i18n, folder.none)}</p> })}
        </Menu>
    }
}

/// How well a folder fits what was typed, the best first; none where it does not. All words have to be in its path: what it is in tells
/// one of several of a name from the others.
fn rank(i18n: Words, mailbox: &Mailbox, typed: &str) -> Option<u8> {
    if typed.is_empty() {
        return Some(0);
    }
    let name = lower_case(&full_name(i18n, mailbox));
    let path = format!("{} {name}", lower_case(&mailbox.path));
    let fits = typed.split_whitespace().all(|word| path.contains(word));
    fits.then(|| match () {
        () if name == typed => 0,
        () if name.starts_with(typed) => 1,
        () if name.contains(typed) => 2,
        () => 3,
    })
}
