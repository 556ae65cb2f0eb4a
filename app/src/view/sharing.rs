//! Who may do what in a folder, and giving and taking it. A page of its own that needs no script: whoever never looks at it
//! never loads its words.

mod role;

use leptos::prelude::*;

use super::{
    explain::Explained,
    icon::Icon,
    words::{Words, use_name},
};
use crate::{
    i18n::*,
    route::encode,
    state::Theme,
    wire::{Error, Right, Rights, SpecialUse},
};
pub use role::Role;

/// What the page shows.
#[derive(Debug, Clone)]
pub struct SharingPage {
    /// The path of the folder.
    pub folder: String,
    /// Nothing where the server lets nobody share.
    pub people: Option<People>,
    /// Asked before it is done: by this the person would lose the right to change anything here.
    pub warning: Option<Gift>,
    /// A change was carried out just now.
    pub saved: bool,
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// Who has rights in a folder.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Identifiers (RFC 4314 §2) and what each may do, in the server's order.
    pub entries: Vec<(String, Rights)>,
    /// All rights that the server has; none where it does not say.
    pub offered: Option<Rights>,
    /// How the person signs in.
    pub user: String,
}

/// What is given to an identifier; nothing takes it out of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gift {
    pub who: String,
    pub role: Option<Role>,
}

/// The address of the page about a folder.
pub fn url(folder: &str) -> String {
    format!("/sharing?folder={}", encode(folder))
}

/// Whether an identifier means the person who signs in like this. Cyrus IMAP leaves out the domain that it takes for its own.
pub fn is_self(who: &str, user: &str) -> bool {
    let name = user.split('@').next().unwrap_or(user);
    who.eq_ignore_ascii_case(user) || who.eq_ignore_ascii_case(name)
}

/// The page.
#[component]
pub fn Sharing(page: SharingPage) -> impl IntoView {
    let i18n = use_i18n();
    let SharingPage { folder, people, warning, saved, error, .. } = page;
    let name = if folder == "INBOX" { use_name(i18n, SpecialUse::Inbox).to_owned() } else { folder.clone() };
    let failed = error.is_some();
    let error = error.map(|error| view! { <div class="sharing-error" role="alert"><Explained error /></div> });
    let saved =
        saved.then(|| view! { <p role="status" data-testid="sharing-saved">{t_string!(i18n, sharing.saved)}</p> });
    let warning = warning.map(|gift| view! { <Warning folder=folder.clone() gift /> });
    let body = match people {
        None if failed => ().into_any(),
        None => view! { <p role="status">{t_string!(i18n, sharing.unsupported)}</p> }.into_any(),
        Some(People { entries, offered, user }) => {
            let offered = offered.unwrap_or(Rights(String::new()));
            let rows = entries.into_iter().map(|(who, rights)| {
                let role = Role::of(&rights, &offered);
                view! { <Entry folder=folder.clone() user=user.clone() who rights role /> }
            });
            view! {
                <p>{t_string!(i18n, sharing.about)}</p>
                <ul class="sharing-people">{rows.collect_view()}</ul>
                <Add folder=folder.clone() />
            }
            .into_any()
        }
    };
    view! {
        <main class="server">
            <p>
                <a href="/folders" class="server-back">
                    <Icon name="back" />
                    {t_string!(i18n, sharing.back)}
                </a>
            </p>
            <h1>{t_string!(i18n, sharing.heading, folder = name).to_string()}</h1>
            {error}
            {saved}
            {warning}
            {body}
        </main>
    }
}

/// One who has rights, what they are, and the form to change them.
#[component]
fn Entry(folder: String, user: String, who: String, rights: Rights, role: Option<Role>) -> impl IntoView {
    let i18n = use_i18n();
    let name = who_text(i18n, &who, &user);
    let label = t_string!(i18n, sharing.role_of, name = name.clone()).to_string();
    let other = role.is_none().then(|| view! { <option value="" selected>{t_string!(i18n, sharing.other)}</option> });
    let one_by_one = role.is_none().then(|| view! { <small>{rights_text(i18n, &rights)}</small> });
    view! {
        <li data-testid="sharing-entry" data-who=who.clone() data-rights=rights.0.clone()>
            <form method="post" action="/sharing" class="sharing-entry">
                <input type="hidden" name="folder" value=folder />
                <input type="hidden" name="who" value=who.clone() />
                <span class="sharing-name">{name} {one_by_one}</span>
                <div class="field">
                    <select name="role" aria-label=label>
                        {other}
                        <Roles chosen=role />
                    </select>
                </div>
                <button type="submit" name="do" value="give" class="button">
                    {t_string!(i18n, sharing.save)}
                </button>
                <button type="submit" name="do" value="take" class="button">
                    {t_string!(i18n, sharing.remove)}
                </button>
            </form>
        </li>
    }
}

/// The form for somebody who is not in the list.
#[component]
fn Add(folder: String) -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <form method="post" action="/sharing" class="folders-form">
            <fieldset class="choices">
                <legend>{t_string!(i18n, sharing.add)}</legend>
                <input type="hidden" name="folder" value=folder />
                <label class="field">
                    <span>{t_string!(i18n, sharing.who)}</span>
                    <input type="text" name="who" required maxlength="255" autocomplete="off" autocapitalize="off" />
                </label>
                <label class="field">
                    <span>{t_string!(i18n, sharing.may)}</span>
                    <select name="role">
                        <Roles chosen=Some(Role::Read) />
                    </select>
                </label>
            </fieldset>
            <p>
                <button type="submit" name="do" value="give" class="button button-primary" data-testid="sharing-add">
                    {t_string!(i18n, sharing.add_do)}
                </button>
            </p>
        </form>
    }
}

/// Asks once more, because the person would not be able to change it back.
#[component]
fn Warning(folder: String, gift: Gift) -> impl IntoView {
    let i18n = use_i18n();
    let back = url(&folder);
    let (does, role) = match gift.role {
        Some(role) => ("give", role.name()),
        None => ("take", ""),
    };
    view! {
        <form method="post" action="/sharing" class="sharing-error" role="alert" data-testid="sharing-warning">
            <p>{t_string!(i18n, sharing.warning)}</p>
            <input type="hidden" name="folder" value=folder />
            <input type="hidden" name="who" value=gift.who />
            <input type="hidden" name="role" value=role />
            <input type="hidden" name="sure" value="1" />
            <p class="sharing-choice">
                <button type="submit" name="do" value=does class="button">{t_string!(i18n, sharing.warning_do)}</button>
                <a href=back>{t_string!(i18n, sharing.cancel)}</a>
            </p>
        </form>
    }
}

#[component]
fn Roles(chosen: Option<Role>) -> impl IntoView {
    let i18n = use_i18n();
    let words = move |role| match role {
        Role::Read => t_string!(i18n, sharing.read),
        Role::File => t_string!(i18n, sharing.file),
        Role::Edit => t_string!(i18n, sharing.edit),
        Role::All => t_string!(i18n, sharing.all),
    };
    let option =
        move |role: Role| view! { <option value=role.name() selected=chosen == Some(role)>{words(role)}</option> };
    Role::ALL.into_iter().map(option).collect_view()
}

/// Whom an identifier means (RFC 4314 §2; groups as Dovecot, Cyrus IMAP and Courier IMAP write them).
fn who_text(i18n: Words, who: &str, user: &str) -> String {
    if let Some(denied) = who.strip_prefix('-').filter(|denied| !denied.is_empty()) {
        return t_string!(i18n, sharing.denied, name = who_text(i18n, denied, user)).to_string();
    }
    let group = ["$", "group:", "group="].into_iter().find_map(|mark| who.strip_prefix(mark));
    match (group, who) {
        (Some(name), _) => t_string!(i18n, sharing.group, name = name.to_owned()).to_string(),
        (None, "anyone") => t_string!(i18n, sharing.anyone).to_owned(),
        (None, "authenticated") => t_string!(i18n, sharing.authenticated).to_owned(),
        (None, "anonymous") => t_string!(i18n, sharing.anonymous).to_owned(),
        (None, "owner") => t_string!(i18n, sharing.owner).to_owned(),
        (None, who) if is_self(who, user) => t_string!(i18n, sharing.you, name = who.to_owned()).to_string(),
        (None, who) => who.to_owned(),
    }
}

/// Rights one by one, in words.
fn rights_text(i18n: Words, rights: &Rights) -> String {
    let words = |right: Right| match right {
        Right::Lookup => t_string!(i18n, sharing.right_lookup),
        Right::Read => t_string!(i18n, sharing.right_read),
        Right::Seen => t_string!(i18n, sharing.right_seen),
        Right::Write => t_string!(i18n, sharing.right_write),
        Right::Insert => t_string!(i18n, sharing.right_insert),
        Right::Post => t_string!(i18n, sharing.right_post),
        Right::Create => t_string!(i18n, sharing.right_create),
        Right::DeleteMailbox => t_string!(i18n, sharing.right_delete_mailbox),
        Right::DeleteMessages => t_string!(i18n, sharing.right_delete_messages),
        Right::Expunge => t_string!(i18n, sharing.right_expunge),
        Right::Administer => t_string!(i18n, sharing.right_administer),
    };
    let told: Vec<&str> = Right::ALL.into_iter().filter(|right| rights.may(*right)).map(words).collect();
    if told.is_empty() { t_string!(i18n, sharing.nothing).to_owned() } else { told.join(", ") }
}
