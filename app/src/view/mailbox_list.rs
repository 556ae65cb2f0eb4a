//! The folders: special ones first, then the others as a tree, then what is shared with the person, each with its unread
//! count. A place to drop messages and files.

mod files;
mod form;
mod menu;

use crate::view::{Item, each, handler};
use leptos::{ev, prelude::*};

use super::{
    composer::has_files,
    icon::Icon,
    search::SavedSearches,
    words::{counted, folder_name, number},
};
use crate::{
    Client,
    i18n::*,
    route::Route,
    state::{Folder, State, Traits},
    wire::{Action, Mailbox, Query, SpecialUse},
};
pub use form::FolderForm;
use menu::{FolderMenu, has_menu};

#[component]
pub fn MailboxList() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let ends = Memo::new(move |_| state.mailboxes.all.with(|all| ends(all)));
    let part = move |part: Part| {
        let (special, own) = ends.get();
        state.mailboxes.all.with(|all| {
            let part = match part {
                Part::Special => all.get(..special),
                Part::Own => all.get(special..own),
                Part::Shared => all.get(own..),
            };
            part.unwrap_or_default().to_vec()
        })
    };
    let item = |folder: Folder| {
        let Traits { path, special_use, selectable, shareable, rights, .. } = folder.traits();
        let rights = rights.map_or("", |rights| &rights.0);
        Item::new(
            format!("{special_use:?} {selectable} {shareable} {rights} {path}"),
            || view! { <MailboxRow folder /> },
        )
    };
    view! {
        <nav class="mailbox-list" aria-label=move || t_string!(i18n, app.folders)>
            <ul>
                {each(move || part(Part::Special).into_iter().map(item).collect())}
            </ul>
            <div class="mailbox-separator" hidden=move || part(Part::Own).is_empty()></div>
            <ul>
                {each(move || part(Part::Own).into_iter().map(item).collect())}
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
            <section hidden=move || part(Part::Shared).is_empty() data-testid="mailboxes-shared">
                <h2 class="mailbox-heading">{move || t_string!(i18n, folder.shared)}</h2>
                <ul>
                    {each(move || part(Part::Shared).into_iter().map(item).collect())}
                </ul>
            </section>
        </nav>
    }
}

/// A stretch of the folders.
#[derive(Clone, Copy)]
enum Part {
    Special,
    Own,
    Shared,
}

/// How many folders, from the first, are special or inside of special ones, and how many are the person's own.
fn ends(all: &[Folder]) -> (usize, usize) {
    let inside =
        |parent: &str| all.iter().any(|folder| folder.mailbox.path == parent && folder.mailbox.special_use.is_some());
    let special = all
        .iter()
        .take_while(|folder| folder.mailbox.special_use.is_some() || folder.mailbox.parent().is_some_and(inside))
        .count();
    (special, all.iter().take_while(|folder| folder.mailbox.shared.is_none()).count())
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
    let icon = icon_of(&mailbox);
    let of_menu = has_menu(&mailbox).then(|| folder.clone());
    let counts = Memo::new(move |_| state.counts(&folder));
    let unseen = move || counts.with(|counts| counts.unseen);
    let total = move || counts.with(|counts| counts.total.to_string());
    let menu = RwSignal::new(false);
    let may_open = of_menu.is_some();
    let show_menu = move |event: ev::MouseEvent| {
        if may_open {
            event.prevent_default();
            menu.set(true);
        }
    };
    let of_menu = of_menu.map(|folder| view! { <FolderMenu folder open=menu /> });
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
                {of_menu}
            </li>
        }
        .into_any();
    }
    let path = StoredValue::new(mailbox.path.clone());
    let url = Route::to(Query { mailbox: mailbox.path.clone(), ..Query::default() }, None).url();
    let current =
        move || state.list.query.with(|query| path.with_value(|path| query.mailbox == *path && !query.everywhere));
    let over = RwSignal::new(false);
    let (takes_files, prefix) = (files::takes_files(&mailbox), StoredValue::new(files::prefix(&mailbox)));
    let drag_over = move |event: ev::DragEvent| {
        if state.dragged.with_untracked(Option::is_some) || (takes_files && has_files(&event)) {
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
        } else if takes_files
            && has_files(&event)
            && let Some(files) = event.data_transfer().and_then(|data| data.files())
        {
            event.prevent_default();
            // A browser that does not let it be done says so itself.
            let _ = prefix.with_value(|prefix| files::send(&files, prefix));
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
            {of_menu}
        </li>
    }
    .into_any()
}

/// A press without keys that mean "elsewhere".
pub(super) fn is_plain(event: &ev::MouseEvent) -> bool {
    event.button() == 0 && !event.ctrl_key() && !event.meta_key() && !event.shift_key() && !event.alt_key()
}

pub(super) fn icon_of(mailbox: &Mailbox) -> &'static str {
    match mailbox.special_use {
        Some(SpecialUse::Inbox) => "inbox",
        Some(SpecialUse::Flagged) => "star",
        Some(SpecialUse::Drafts) => "drafts",
        Some(SpecialUse::Sent) => "sent",
        Some(SpecialUse::Archive) => "archive",
        Some(SpecialUse::Junk) => "junk",
        Some(SpecialUse::Trash) => "trash",
        // It stands for a person, and their folders are inside.
        None if mailbox.depth() == 0 && mailbox.shared.as_ref().is_some_and(|shared| shared.owner.is_some()) => "user",
        None => "folder",
    }
}
