//! The folders: special ones first, then the others as a tree, then what is shared with the person, each with its unread
//! count. A place to drop messages and files.

mod files;
mod form;
mod menu;
mod tree;

use std::time::Duration;

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
    state::{Folder, State},
    wire::{Action, Mailbox, Query, SpecialUse},
};
pub use form::FolderForm;
use menu::{FolderMenu, has_menu};
use tree::{Branch, Hidden, ends, hidden, tree};

/// Folders of each part that are shown at first, and how many more each time the person asks.
const MOST: usize = 1500;

/// How long something is held over a folded folder until that opens.
const HOVER: Duration = Duration::from_millis(700);

#[component]
pub fn MailboxList() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let here = Memo::new(move |_| state.list.query.with(|query| query.mailbox.clone()));
    let parts = Memo::new(move |_| {
        state.mailboxes.all.with(|all| {
            let (special, own) = ends(all);
            let is_folded = |path: &str| state.folding.is_folded(path, all.len());
            [all.get(..special), all.get(special..own), all.get(own..)]
                .map(|part| here.with(|here| tree(part.unwrap_or_default(), here, is_folded)))
        })
    });
    let hidden = Memo::new(move |_| {
        state.mailboxes.all.with(|all| hidden(all, |path| state.folding.is_folded(path, all.len())))
    });
    let special = Memo::new(move |_| parts.with(|[special, _, _]| special.clone()));
    let own = Memo::new(move |_| parts.with(|[_, own, _]| own.clone()));
    let shared = Memo::new(move |_| parts.with(|[_, _, shared]| shared.clone()));
    view! {
        <nav class="mailbox-list" aria-label=move || t_string!(i18n, app.folders)>
            <Branches branches=special here hidden />
            <div class="mailbox-separator" hidden=move || own.with(Vec::is_empty)></div>
            <Branches branches=own here hidden />
            {move || {
                let all = u32::try_from(state.mailboxes.all.with(Vec::len)).unwrap_or(u32::MAX);
                state.mailboxes.partial.get().then(|| {
                    let words = counted!(i18n, folder.partial, all);
                    view! { <p class="mailbox-note" data-testid="mailboxes-partial">{words}</p> }
                })
            }}
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
            <section hidden=move || shared.with(Vec::is_empty) data-testid="mailboxes-shared">
                <h2 class="mailbox-heading">{move || t_string!(i18n, folder.shared)}</h2>
                <Branches branches=shared here hidden />
            </section>
        </nav>
    }
}

/// A part of the tree: the first of its folders and the open one, and a way to more of them.
#[component]
fn Branches(branches: Memo<Vec<Branch>>, here: Memo<String>, hidden: Memo<Hidden>) -> impl IntoView {
    let i18n = use_i18n();
    let most = RwSignal::new(MOST);
    let items = move || {
        let most = most.get();
        branches.with(|all| {
            let is_shown =
                |at: usize, branch: &Branch| at < most || here.with(|here| branch.folder.mailbox.path == *here);
            all.iter()
                .enumerate()
                .filter(|(at, branch)| is_shown(*at, branch))
                .map(|(_, branch)| item(branch, hidden))
                .collect()
        })
    };
    let left = Memo::new(move |_| branches.with(Vec::len).saturating_sub(most.get()));
    let more = move || {
        let count = u32::try_from(left.get()).unwrap_or(u32::MAX);
        view! {
            <button
                type="button"
                class="mailbox mailbox-new"
                data-testid="mailboxes-more"
                on:click=handler(move |_| most.update(|most| *most += MOST))
            >
                <Icon name="chevron-down" />
                <span class="mailbox-name">{move || counted!(i18n, folder.more, count)}</span>
            </button>
        }
    };
    view! {
        <ul>{each(items)}</ul>
        {move || (left.get() > 0).then(more)}
    }
}

fn item(Branch { folder, holds }: &Branch, hidden: Memo<Hidden>) -> Item {
    let Mailbox { path, special_use, selectable, shareable, rights, .. } = &folder.mailbox;
    let rights = rights.as_ref().map_or("", |rights| &rights.0);
    let key = format!("{special_use:?} {selectable} {shareable} {holds} {rights} {path}");
    let (folder, holds) = (folder.clone(), *holds);
    Item::new(key, move || view! { <MailboxRow folder holds hidden /> })
}

#[component]
fn MailboxRow(folder: Folder, holds: bool, hidden: Memo<Hidden>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let mailbox = folder.mailbox.clone();
    let name = {
        let mailbox = mailbox.clone();
        move || folder_name(i18n, &mailbox)
    };
    let depth = mailbox.depth().min(6).to_string();
    let icon = icon_of(&mailbox);
    let of_menu = has_menu(&mailbox).then(|| folder.clone());
    let counts = Memo::new(move |_| state.counts(&folder));
    let unseen = move || counts.with(|counts| counts.unseen);
    let path = StoredValue::new(mailbox.path.clone());
    // What nobody sees is told of by what hides it.
    let announced = Memo::new(move |_| {
        let hidden = hidden.with(|hidden| path.with_value(|path| hidden.get(path).copied())).unwrap_or(0);
        Some(unseen().saturating_add(hidden)).filter(|unseen| *unseen > 0)
    });
    let folded = Memo::new(move |_| {
        let of = state.mailboxes.all.with(Vec::len);
        holds && path.with_value(|path| state.folding.is_folded(path, of))
    });
    let turn = move |wanted: bool| {
        if holds && folded.get_untracked() != wanted {
            path.with_value(|path| client.fold(path, wanted));
        }
    };
    let fold = holds.then(|| {
        let name = name.clone();
        view! {
            <button
                type="button"
                class="mailbox-fold"
                data-testid="mailbox-fold"
                aria-expanded=move || (!folded.get()).to_string()
                aria-label=move || t_string!(i18n, folder.inside, name = name()).to_string()
                on:click=handler(move |_| turn(!folded.get_untracked()))
            >
                <Icon name="chevron-down" />
            </button>
        }
    });
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
    let words = view! {
        <Icon name=icon />
        <span class="mailbox-name">{name}</span>
        <span class="mailbox-unseen" aria-hidden="true">
            {move || announced.get().map(number)}
        </span>
        <span class="visually-hidden">
            {move || announced.get().map(|unseen| counted!(i18n, folder.unread, unseen))}
        </span>
    };
    let over = RwSignal::new(false);
    let (takes_files, prefix) = (files::takes_files(&mailbox), StoredValue::new(files::prefix(&mailbox)));
    let selectable = mailbox.selectable;
    let drag_over = move |event: ev::DragEvent| {
        let messages = state.dragged.with_untracked(Option::is_some);
        let takes = selectable && (messages || (takes_files && has_files(&event)));
        if takes {
            event.prevent_default();
        }
        if (takes || messages) && !over.get_untracked() {
            over.set(true);
            if folded.get_untracked() {
                // The row may be gone by then.
                set_timeout(
                    move || {
                        if over.try_get_untracked() == Some(true) {
                            turn(false)
                        }
                    },
                    HOVER,
                );
            }
        }
    };
    let drop_here = move |event: ev::DragEvent| {
        over.set(false);
        if !selectable {
            return;
        }
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
    let row = if selectable {
        let url = Route::to(Query { mailbox: mailbox.path.clone(), ..Query::default() }, None).url();
        let current =
            move || state.list.query.with(|query| path.with_value(|path| query.mailbox == *path && !query.everywhere));
        let open = move |event: ev::MouseEvent| {
            if is_plain(&event) {
                event.prevent_default();
                path.with_value(|path| client.open_mailbox(path));
            }
        };
        let key = move |event: ev::KeyboardEvent| {
            let wanted = match event.key().as_str() {
                "ArrowRight" => false,
                "ArrowLeft" => true,
                _ => return,
            };
            if holds && !event.ctrl_key() && !event.alt_key() && !event.meta_key() {
                event.prevent_default();
                turn(wanted);
            }
        };
        view! {
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
                on:keydown=handler(key)
            >
                {words}
            </a>
        }
        .into_any()
    } else {
        view! {
            <span
                class="mailbox"
                data-testid="mailbox"
                data-path=mailbox.path
                data-depth=depth
                data-unseen=move || unseen().to_string()
                data-total=total
            >
                {words}
            </span>
        }
        .into_any()
    };
    view! {
        <li
            class="mailbox-item"
            on:contextmenu=handler(show_menu)
            on:dragover=handler(drag_over)
            on:dragleave=handler(move |_| over.set(false))
            on:drop=handler(drop_here)
        >
            {row}
            {fold}
            {of_menu}
        </li>
    }
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
