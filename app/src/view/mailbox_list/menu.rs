//! What can be done with a folder.

use leptos::{html, prelude::*};

use super::files::{self, takes_files};
use crate::{
    Client,
    i18n::*,
    state::{Dialog, Folder, State},
    view::{
        handler,
        icon::Icon,
        menu::Menu,
        sharing::url,
        words::{Words, folder_name},
    },
    wire::{Mailbox, Right, SpecialUse},
};

/// Whether there is anything that can be done with a folder.
pub(super) fn has_menu(mailbox: &Mailbox) -> bool {
    let any = [Right::Seen, Right::Create, Right::DeleteMailbox];
    mailbox.shared.is_none() || (mailbox.selectable && any.into_iter().any(|right| mailbox.may(right)))
}

/// The button beside a folder, and the menu beneath it.
#[component]
pub fn FolderMenu(folder: Folder, open: RwSignal<bool>) -> impl IntoView {
    let i18n = use_i18n();
    let button = NodeRef::<html::Button>::new();
    let folder = StoredValue::new(folder);
    let label = move || {
        let name = folder.with_value(|folder| folder_name(i18n, &folder.mailbox));
        t_string!(i18n, folder.actions, name = name).to_string()
    };
    view! {
        <button
            node_ref=button
            type="button"
            class="icon-button mailbox-more"
            data-testid="mailbox-menu"
            aria-haspopup="menu"
            aria-expanded=move || open.get().to_string()
            aria-label=label
            on:click=handler(move |_| open.update(|open| *open = !*open))
        >
            <Icon name="more" />
        </button>
        {move || open.get().then(|| view! { <Items folder=folder.get_value() open button /> })}
    }
}

#[component]
fn Items(folder: Folder, open: RwSignal<bool>, button: NodeRef<html::Button>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let mailbox = folder.mailbox.clone();
    let counts = untrack(|| state.counts(&folder));
    let is_own = untrack(|| {
        mailbox.special_use.is_none()
            && mailbox.may(Right::DeleteMailbox)
            && client.inside(&mailbox.path).iter().all(|folder| folder.mailbox.special_use.is_none())
    });
    let emptied = matches!(mailbox.special_use, Some(SpecialUse::Trash | SpecialUse::Junk));
    let path = StoredValue::new(mailbox.path.clone());
    let item =
        move |there: bool, testid: &'static str, icon: &'static str, words: fn(Words) -> &'static str, does: Does| {
            there.then(|| {
                view! {
                    <button
                        type="button"
                        class="menu-item"
                        role="menuitem"
                        tabindex="-1"
                        data-testid=testid
                        on:click=handler(move |_| {
                            let path = path.get_value();
                            open.set(false);
                            does(client, path);
                        })
                    >
                        <Icon name=icon />
                        <span>{words(i18n)}</span>
                    </button>
                }
            })
        };
    let share = mailbox.shareable.then(|| {
        view! {
            <a class="menu-item" role="menuitem" tabindex="-1" data-testid="mailbox-share" href=url(&mailbox.path)>
                <Icon name="user" />
                <span>{t_string!(i18n, folder.share)}</span>
            </a>
        }
    });
    let take = takes_files(&mailbox).then(|| {
        view! {
            <a class="menu-item" role="menuitem" tabindex="-1" data-testid="mailbox-files" href=files::url(&mailbox)>
                <Icon name="file" />
                <span>{t_string!(i18n, folder.files)}</span>
            </a>
        }
    });
    view! {
        <Menu class="mailbox-actions" label=t_string!(i18n, app.folders) button on_close=move || open.set(false)>
            {item(
                // In a folder that is only read there is nothing else to choose.
                (counts.unseen > 0 || mailbox.shared.is_some()) && mailbox.may(Right::Seen),
                "mailbox-read",
                "mail-open",
                |i18n| t_string!(i18n, folder.mark_read),
                |client, path| client.mark_all_read(&path),
            )}
            {item(
                mailbox.delimiter.is_some() && mailbox.may(Right::Create),
                "mailbox-create-inside",
                "plus",
                |i18n| t_string!(i18n, folder.create_inside),
                |client, path| client.ask_for_folder(Some(path)),
            )}
            {item(
                is_own,
                "mailbox-rename",
                "pen",
                |i18n| t_string!(i18n, folder.rename),
                |client, path| client.state.dialog.set(Some(Dialog::Folder { path: Some(path), parent: None })),
            )}
            {share}
            {take}
            {item(
                emptied && counts.total > 0,
                "mailbox-empty",
                "trash",
                |i18n| t_string!(i18n, folder.empty),
                |client, path| client.ask_to_empty(&path),
            )}
            {item(
                is_own,
                "mailbox-delete",
                "trash",
                |i18n| t_string!(i18n, folder.delete),
                |client, path| client.state.dialog.set(Some(Dialog::DeleteFolder { path })),
            )}
        </Menu>
    }
}

/// What an item does to the folder of a path.
type Does = fn(Client, String);
