//! The folders: special ones first, then the others as a tree, each with its unread count. A place to drop messages.

mod form;
mod menu;

use crate::view::{Item, each, handler};
use leptos::{ev, prelude::*};

use super::{
    icon::Icon,
    search::SavedSearches,
    words::{counted, folder_name, number},
};
use crate::{
    Client,
    i18n::*,
    route::Route,
    state::{Folder, State},
    wire::{Action, Query, SpecialUse},
};
pub use form::FolderForm;
use menu::FolderMenu;

#[component]
pub fn MailboxList() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let split = Memo::new(move |_| state.mailboxes.all.with(|all| split(all)));
    let part = move |from_special: bool| {
        let all = state.mailboxes.all.get();
        let (special, others) = all.split_at(split.get().min(all.len()));
        if from_special { special.to_vec() } else { others.to_vec() }
    };
    let item = |folder: Folder| {
        let (path, _, special_use, selectable) = folder.identity();
        Item::new(format!("{special_use:?} {selectable} {path}"), || view! { <MailboxRow folder /> })
    };
    view! {
        <nav class="mailbox-list" aria-label=move || t_string!(i18n, app.folders)>
            <ul>
                {each(move || part(true).into_iter().map(item).collect())}
            </ul>
            <div class="mailbox-separator" hidden=move || part(false).is_empty()></div>
            <ul>
                {each(move || part(false).into_iter().map(item).collect())}
            </ul>
            <SavedSearches />
            <button
                type="button"
                class="mailbox mailbox-new"
                data-testid="mailbox-create"
                on:click=handler(move |_| client.ask_for_folder(None))
            >
                <Icon name="plus" />
                <span class="mailbox-name">{move || t_string!(i18n, folder.create)}</span>
            </button>
        </nav>
    }
}

/// How many folders, from the first, are special or inside of special ones.
fn split(all: &[Folder]) -> usize {
    let inside =
        |parent: &str| all.iter().any(|folder| folder.mailbox.path == parent && folder.mailbox.special_use.is_some());
    all.iter()
        .take_while(|folder| folder.mailbox.special_use.is_some() || folder.mailbox.parent().is_some_and(inside))
        .count()
}

#[component]
fn MailboxRow(folder: Folder) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let name = {
        let folder = folder.clone();
        move || folder_name(i18n, &folder.mailbox)
    };
    let mailbox = folder.mailbox.clone();
    let depth = mailbox.depth().min(6).to_string();
    let icon = icon_of(mailbox.special_use);
    let of_menu = folder.clone();
    let counts = Memo::new(move |_| state.counts(&folder));
    let unseen = move || counts.with(|counts| counts.unseen);
    let total = move || counts.with(|counts| counts.total.to_string());
    let menu = RwSignal::new(false);
    let show_menu = move |event: ev::MouseEvent| {
        event.prevent_default();
        menu.set(true);
    };
    if !mailbox.selectable {
        return view! {
            <li class="mailbox-item" on:contextmenu=handler(show_menu)>
                <span
                    class="mailbox"
                    data-testid="mailbox"
                    data-path=mailbox.path
                    data-depth=depth
                    data-unseen=move || unseen().to_string()
                    data-total=total
                >
                    <Icon name=icon />
                    <span class="mailbox-name">{name}</span>
                </span>
                <FolderMenu folder=of_menu open=menu />
            </li>
        }
        .into_any();
    }
    let path = StoredValue::new(mailbox.path.clone());
    let url = Route::to(Query { mailbox: mailbox.path.clone(), ..Query::default() }, None).url();
    let current =
        move || state.list.query.with(|query| path.with_value(|path| query.mailbox == *path && !query.everywhere));
    let over = RwSignal::new(false);
    let drag_over = move |event: ev::DragEvent| {
        if state.dragged.with_untracked(Option::is_some) {
            event.prevent_default();
            if !over.get_untracked() {
                over.set(true);
            }
        }
    };
    let drop_here = move |event: ev::DragEvent| {
        over.set(false);
        if let Some(selection) = state.dragged.get_untracked() {
            event.prevent_default();
            state.dragged.set(None);
            client.act(selection, Action::Move { to: path.get_value() });
        }
    };
    let open = move |event: ev::MouseEvent| {
        if is_plain(&event) {
            event.prevent_default();
            path.with_value(|path| client.open_mailbox(path));
        }
    };
    view! {
        <li class="mailbox-item" on:contextmenu=handler(show_menu)>
            <a
                class="mailbox"
                class:mailbox-drop=over
                href=url
                data-testid="mailbox"
                data-path=mailbox.path
                data-depth=depth
                data-unseen=move || unseen().to_string()
                data-total=total
                aria-current=move || current().then_some("page")
                on:click=handler(open)
                on:dragover=handler(drag_over)
                on:dragleave=handler(move |_| over.set(false))
                on:drop=handler(drop_here)
            >
                <Icon name=icon />
                <span class="mailbox-name">{name}</span>
                <span class="mailbox-unseen" aria-hidden="true">
                    {move || Some(unseen()).filter(|unseen| *unseen > 0).map(number)}
                </span>
                <span class="visually-hidden">
                    {move || Some(unseen()).filter(|unseen| *unseen > 0).map(|unseen| counted!(i18n, folder.unread, unseen))}
                </span>
            </a>
            <FolderMenu folder=of_menu open=menu />
        </li>
    }
    .into_any()
}

/// A press without keys that mean "elsewhere".
pub(super) fn is_plain(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.alt_key()
}

pub(super) fn icon_of(special_use: Option<SpecialUse>) -> &'static str {
    match special_use {
        Some(SpecialUse::Inbox) => "inbox",
        Some(SpecialUse::Flagged) => "star",
        Some(SpecialUse::Drafts) => "drafts",
        Some(SpecialUse::Sent) => "sent",
        Some(SpecialUse::Archive) => "archive",
        Some(SpecialUse::Junk) => "junk",
        Some(SpecialUse::Trash) => "trash",
        None => "folder",
    }
}
