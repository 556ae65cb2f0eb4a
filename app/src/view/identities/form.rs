//! The form of an identity.

use leptos::prelude::*;

use super::address_text;
use crate::{
    i18n::*,
    state::Theme,
    view::{
        area::Area,
        collectors::{Failure, Trouble},
        server::back,
    },
    wire::{CollectorId, Identity, IdentityId},
};

/// Of which identity a form is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    New,
    Known(IdentityId),
}

/// The form, as the person sees it again when something was wrong. The password never comes back.
#[derive(Debug, Clone)]
pub struct IdentityFormPage {
    pub of: Of,
    pub fields: Fields,
    /// The paths of the mailboxes in which something can be kept.
    pub folders: Vec<String>,
    /// Why it could not be saved.
    pub failure: Option<Failure>,
    pub language: Locale,
    pub theme: Theme,
}

/// What a person fills in, but for the password.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    /// The address; of one that is there it cannot be changed.
    pub email: String,
    pub name: String,
    /// Addresses with commas between.
    pub reply_to: String,
    pub bcc: String,
    pub signature: String,
    /// The same as HTML; empty where it is plain.
    pub signature_html: String,
    /// The signature stands above what is quoted.
    pub above: bool,
    /// The path of the mailbox for what was sent; empty for Sent.
    pub sent: String,
    /// Another server than the account's own sends it.
    pub other: bool,
    /// That server; empty to have it found.
    pub server: String,
    /// The name to sign in with; empty for the address.
    pub user: String,
    /// The collected account whose password it is, and what that is called.
    pub collector: Option<(CollectorId, String)>,
}

/// The page. `POST /identities/add` and `/identities/{id}` take the fields by their names, and `password`.
#[component]
pub fn IdentityForm(page: IdentityFormPage) -> impl IntoView {
    let i18n = use_i18n();
    let IdentityFormPage { of, fields, folders, failure, .. } = page;
    let Fields { email, name, reply_to, bcc, signature, signature_html, above, sent, other, server, user, collector } =
        fields;
    let (title, action) = match of {
        Of::New => (t_string!(i18n, identities.add).to_owned(), "/identities/add".to_owned()),
        Of::Known(id) => (address_text(i18n, &email), format!("/identities/{}", id.0)),
    };
    let text = |name: &'static str, words: &'static str, about: Option<&'static str>, value: String| {
        view! {
            <label class="field">
                <span>{words}</span>
                <input
                    name=name
                    dir="auto"
                    autocomplete="off"
                    autocapitalize=(name != "name").then_some("none")
                    spellcheck="false"
                    inputmode=matches!(name, "reply_to" | "bcc").then_some("email")
                    maxlength="1000"
                    value=value
                    data-testid=format!("identity-{}", name.replace('_', "-"))
                />
                {about.map(|about| view! { <small>{about}</small> })}
            </label>
        }
    };
    let address = (of == Of::New).then(|| {
        view! {
            <label class="field">
                <span>{t_string!(i18n, identities.email)}</span>
                <input
                    name="email"
                    inputmode="email"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="320"
                    required
                    autofocus=email.is_empty()
                    value=email
                    data-testid="identity-email"
                />
                <small>{t_string!(i18n, identities.email_about)}</small>
            </label>
        }
    });
    let with_collector = collector.is_some();
    let password_about = match &collector {
        Some((_, title)) => t_string!(i18n, identities.password_of, account = title.clone()).to_string(),
        None if of != Of::New && other => t_string!(i18n, identities.password_stays).to_owned(),
        None => t_string!(i18n, identities.password_about).to_owned(),
    };
    let hidden = collector.map(|(id, _)| view! { <input type="hidden" name="collector" value=id.0.to_string() /> });
    let options = folders.into_iter().map(|path| {
        let selected = path == sent;
        view! { <option value=path.clone() selected=selected>{path.clone()}</option> }
    });
    let tick = |name: &'static str, words: &'static str, checked: bool| {
        view! {
            <label class="choice">
                <input type="checkbox" name=name value="1" checked=checked data-testid=format!("identity-{name}") />
                <span>{words}</span>
            </label>
        }
    };
    let elsewhere = other || !server.is_empty() || !user.is_empty() || failure.is_some();
    let promise = (of == Of::New).then(|| view! { <p>{t_string!(i18n, identities.promise)}</p> });
    let more = !reply_to.is_empty() || !bcc.is_empty() || !sent.is_empty();
    let has_html = !signature_html.is_empty();
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{title}</h1>
            {failure.map(|failure| view! { <Trouble failure /> })}
            <form method="post" action=action class="collector-form">
                {address}
                {text("name", t_string!(i18n, identities.name), Some(t_string!(i18n, identities.name_about)), name)}
                <label class="field">
                    <span>{t_string!(i18n, identities.signature)}</span>
                    <Area name="signature" text=signature rows=4 longest=Identity::MAX_SIGNATURE testid="identity-signature" />
                </label>
                <details open=has_html>
                    <summary data-testid="identity-signature-open">{t_string!(i18n, identities.signature_formatted)}</summary>
                    <label class="field">
                        <span>{t_string!(i18n, identities.signature_html)}</span>
                        <Area
                            name="signature_html"
                            text=signature_html
                            rows=6
                            longest=Identity::MAX_SIGNATURE_HTML
                            is_code=true
                            testid="identity-signature-html"
                        />
                        <small>{t_string!(i18n, identities.signature_html_about)}</small>
                    </label>
                </details>
                {tick("above", t_string!(i18n, identities.above), above)}
                <details open=elsewhere>
                    <summary data-testid="identity-server-open">{t_string!(i18n, identities.way)}</summary>
                    {tick("other", t_string!(i18n, identities.other), other)}
                    {hidden}
                    {text("server", t_string!(i18n, identities.server), Some(t_string!(i18n, identities.server_about)), server)}
                    {text("user", t_string!(i18n, collect.user), Some(t_string!(i18n, collect.user_about)), user)}
                    <label class="field">
                        <span>{t_string!(i18n, login.password)}</span>
                        <input
                            name="password"
                            type="password"
                            autocomplete="new-password"
                            maxlength="1024"
                            autofocus=with_collector
                            data-testid="identity-password"
                        />
                        <small>{password_about}</small>
                    </label>
                </details>
                <details open=more>
                    <summary data-testid="identity-more">{t_string!(i18n, identities.more)}</summary>
                    {text("reply_to", t_string!(i18n, identities.reply_to), None, reply_to)}
                    {text("bcc", t_string!(i18n, identities.bcc), Some(t_string!(i18n, identities.bcc_about)), bcc)}
                    <label class="field">
                        <span>{t_string!(i18n, identities.sent)}</span>
                        <select name="sent" data-testid="identity-sent">
                            <option value="">{t_string!(i18n, identities.sent_usual)}</option>
                            {options.collect_view()}
                        </select>
                    </label>
                </details>
                <p class="collector-actions">
                    <button type="submit" class="button button-primary" data-testid="identity-save">
                        {t_string!(i18n, identities.save)}
                    </button>
                </p>
                {promise}
            </form>
        </main>
    }
}
