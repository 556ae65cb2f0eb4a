//! The address book: pages of their own that need no script.

use leptos::prelude::*;

use super::{
    date::date_on_paper,
    explain::Explained,
    icon::Icon,
    server::back,
    words::{Words, counted},
};
use crate::{
    i18n::*,
    state::Theme,
    wire::{Address, Contact, ContactImport, ContactImportId, Error},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct ContactsPage {
    /// By name; those who were looked for, and no more than fit onto a page.
    pub people: Vec<Contact>,
    /// Everybody.
    pub total: u32,
    /// Who was written to or heard from: those who are offered first.
    pub known: Vec<Address>,
    /// All of these.
    pub known_total: u32,
    /// The newest first.
    pub imports: Vec<ContactImport>,
    /// What was looked for.
    pub sought: String,
    /// What was asked for last could not be done.
    pub error: Option<Error>,
    /// Seconds that the person's clock is ahead of UTC.
    pub clock: Option<i32>,
    pub language: Locale,
    pub theme: Theme,
}

/// What is in a file, before anything is done with it.
#[derive(Debug, Clone)]
pub struct ImportPage {
    pub id: ContactImportId,
    pub title: String,
    pub fresh: u32,
    pub joined: u32,
    pub same: u32,
    /// Of how many nothing could be made out.
    pub unread: u32,
    /// The first of them.
    pub people: Vec<Brought>,
    pub language: Locale,
    pub theme: Theme,
}

/// Somebody in a file.
#[derive(Debug, Clone)]
pub struct Brought {
    pub name: String,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub fresh: bool,
    /// Is here already and gets something.
    pub joined: bool,
}

/// The page. `POST /contacts` takes a `file`.
#[component]
pub fn Contacts(page: ContactsPage) -> impl IntoView {
    let i18n = use_i18n();
    let ContactsPage { people, total, known, known_total, imports, sought, error, clock, .. } = page;
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    let shown = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let rest = (sought.is_empty() && shown < total).then(|| {
        let rest = counted!(i18n, contacts.more, total - shown);
        view! { <p>{rest}</p> }
    });
    let nobody = people.is_empty().then(|| {
        let words = if total == 0 { t_string!(i18n, contacts.empty) } else { t_string!(i18n, contacts.not_found) };
        view! { <p>{words}</p> }
    });
    let rows = people.into_iter().map(|person| {
        let Contact { id, name, emails, phones } = person;
        let label = t_string!(i18n, contacts.remove, name = name.clone()).to_string();
        view! {
            <tr data-testid="contact">
                <th scope="row">{name.clone()}</th>
                <td>{reached(&name, emails, phones)}</td>
                <td>
                    <details class="contact-remove">
                        <summary class="icon-button" aria-label=label.clone() title=label>
                            <Icon name="x" />
                        </summary>
                        <form method="post" action=format!("/contacts/{id}/remove")>
                            <button type="submit" class="button" data-testid="contact-remove">
                                {t_string!(i18n, contacts.remove_yes)}
                            </button>
                        </form>
                    </details>
                </td>
            </tr>
        }
    });
    let imports = imports.into_iter().map(|import| shown_import(i18n, clock, import)).collect::<Vec<_>>();
    let imports = (!imports.is_empty()).then(|| {
        view! {
            <h2>{t_string!(i18n, contacts.brought)}</h2>
            <ul class="contact-imports">{imports}</ul>
        }
    });
    let search = (total > 0).then(|| {
        view! {
            <form method="get" action="/contacts" role="search" class="contact-search">
                <label class="field">
                    <span>{t_string!(i18n, contacts.search)}</span>
                    <input name="q" type="search" value=sought autocomplete="off" data-testid="contact-search" />
                </label>
                <button type="submit" class="button">{t_string!(i18n, contacts.find)}</button>
            </form>
        }
    });
    let export = (total > 0).then(|| {
        view! {
            <p>
                <a href="/contacts/export" download="" data-testid="contacts-export">{t_string!(i18n, contacts.export)}</a>
            </p>
        }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, contacts.title)}</h1>
            {error}
            <form method="post" action="/contacts" enctype="multipart/form-data" class="collector-form">
                <label class="field">
                    <span>{t_string!(i18n, contacts.file)}</span>
                    <input
                        name="file"
                        type="file"
                        required
                        accept=".vcf,.vcard,.csv,.txt,text/vcard,text/csv"
                        data-testid="contacts-file"
                    />
                    <small>{t_string!(i18n, contacts.file_about)}</small>
                </label>
                <div>
                    <button type="submit" class="button button-primary" data-testid="contacts-look">
                        {t_string!(i18n, contacts.look)}
                    </button>
                </div>
            </form>
            {imports}
            <h2>{counted!(i18n, contacts.people, total)}</h2>
            {search}
            {nobody}
            <table class="server-table contacts">
                <tbody>{rows.collect_view()}</tbody>
            </table>
            {rest}
            {export}
            {(known_total > 0).then(|| view! { <Known people=known total=known_total /> })}
        </main>
    }
}

/// Who was written to and heard from. `POST /contacts/known` forgets an `email`, or all without one.
#[component]
fn Known(people: Vec<Address>, total: u32) -> impl IntoView {
    let i18n = use_i18n();
    let rest = total.saturating_sub(u32::try_from(people.len()).unwrap_or(u32::MAX));
    let rest = (rest > 0).then(|| view! { <p>{counted!(i18n, contacts.more, rest)}</p> });
    let rows = people.into_iter().map(|Address { name, email }| {
        let label = t_string!(i18n, contacts.forget, name = email.clone()).to_string();
        let (called, email_shown) = if name.is_empty() { (email.clone(), None) } else { (name, Some(email.clone())) };
        view! {
            <tr data-testid="correspondent">
                <th scope="row">{called}</th>
                <td>{email_shown.map(|email| view! { <span class="contact-way">{email}</span> })}</td>
                <td>
                    <form method="post" action="/contacts/known">
                        <input type="hidden" name="email" value=email />
                        <button type="submit" class="icon-button" aria-label=label.clone() title=label>
                            <Icon name="x" />
                        </button>
                    </form>
                </td>
            </tr>
        }
    });
    view! {
        <h2>{counted!(i18n, contacts.known, total)}</h2>
        <p>{t_string!(i18n, contacts.known_about)}</p>
        <details>
            <summary>{t_string!(i18n, contacts.known_show)}</summary>
            <table class="server-table contacts">
                <tbody>{rows.collect_view()}</tbody>
            </table>
            {rest}
            <form method="post" action="/contacts/known">
                <button type="submit" class="button" data-testid="correspondents-forget">
                    {t_string!(i18n, contacts.forget_all)}
                </button>
            </form>
        </details>
    }
}

/// How many people there are of each kind, as far as there are any.
fn summary(i18n: Words, fresh: u32, joined: u32, same: u32) -> String {
    let kinds = [
        (fresh, counted!(i18n, contacts.fresh, fresh)),
        (joined, counted!(i18n, contacts.joined, joined)),
        (same, counted!(i18n, contacts.same, same)),
    ];
    let there = kinds.into_iter().filter(|(count, _)| *count > 0).map(|(_, words)| words);
    there.collect::<Vec<_>>().join(", ")
}

/// How somebody is reached; who has no name is called by it already.
fn reached(name: &str, emails: Vec<String>, phones: Vec<String>) -> impl IntoView + use<> {
    let ways = emails.into_iter().chain(phones).filter(|way| way != name);
    ways.map(|way| view! { <span class="contact-way">{way}</span> }).collect::<Vec<_>>()
}

fn shown_import(i18n: Words, clock: Option<i32>, import: ContactImport) -> impl IntoView + use<> {
    let ContactImport { id, title, created, waits, undone, is_last, fresh, joined } = import;
    let date = date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), created);
    let what = match () {
        () if undone => t_string!(i18n, contacts.undone).to_owned(),
        () if waits => t_string!(i18n, contacts.waits).to_owned(),
        () => summary(i18n, fresh, joined, 0),
    };
    let look = waits.then(|| {
        view! { <a href=format!("/contacts/import/{}", id.0)>{t_string!(i18n, contacts.look_again)}</a> }
    });
    let undo = is_last.then(|| {
        view! {
            <form method="post" action=format!("/contacts/import/{}/undo", id.0)>
                <button type="submit" class="button" data-testid="contacts-undo">{t_string!(i18n, contacts.undo)}</button>
            </form>
        }
    });
    view! {
        <li data-testid="contact-import">
            <span>
                {title} <small>{format!("{date} · {what}")}</small>
            </span>
            {look}
            {undo}
        </li>
    }
}

/// The page on which a person says yes.
#[component]
pub fn ContactImportPage(page: ImportPage) -> impl IntoView {
    let i18n = use_i18n();
    let ImportPage { id, title, fresh, joined, same, unread, people, .. } = page;
    let unread = (unread > 0).then(|| view! { <p>{counted!(i18n, contacts.unread, unread)}</p> });
    let all = fresh.saturating_add(joined).saturating_add(same);
    let shown = u32::try_from(people.len()).unwrap_or(u32::MAX);
    let rest = (shown < all).then(|| view! { <p>{counted!(i18n, contacts.more, all - shown)}</p> });
    let rows = people.into_iter().map(|person| {
        let Brought { name, emails, phones, fresh, joined } = person;
        let fate = match () {
            () if fresh => t_string!(i18n, contacts.is_new),
            () if joined => t_string!(i18n, contacts.is_joined),
            () => t_string!(i18n, contacts.is_same),
        };
        view! {
            <tr data-testid="contact-brought">
                <th scope="row">{name.clone()}</th>
                <td>{reached(&name, emails, phones)}</td>
                <td>{fate}</td>
            </tr>
        }
    });
    let action = move |what: &str| format!("/contacts/import/{}/{what}", id.0);
    let nothing = fresh == 0 && joined == 0;
    let take = (!nothing).then(|| {
        view! {
            <form method="post" action=action("take")>
                <button type="submit" class="button button-primary" data-testid="contacts-take">
                    {t_string!(i18n, contacts.take)}
                </button>
            </form>
        }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{title}</h1>
            <p data-testid="contacts-plan">
                {summary(i18n, fresh, joined, same)}
            </p>
            {unread}
            <p>{t_string!(i18n, contacts.promise)}</p>
            <div class="collector-actions">
                {take}
                <form method="post" action=action("drop")>
                    <button type="submit" class="button" data-testid="contacts-drop">
                        {t_string!(i18n, contacts.drop)}
                    </button>
                </form>
            </div>
            <table class="server-table contacts">
                <tbody>{rows.collect_view()}</tbody>
            </table>
            {rest}
        </main>
    }
}
