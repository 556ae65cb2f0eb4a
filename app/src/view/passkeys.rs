//! Passkeys as a second step: listed, added, and asked for by a small script (`page/passkeys.js`).

use leptos::prelude::*;

use super::{
    date::{date_on_paper, iso},
    logins::{Trouble, trouble_text},
    server::back,
    words::Words,
    writers::device_name,
};
use crate::{i18n::*, state::Theme, wire::Device};

/// What a person can show as the second step, at the address where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    /// Codes of an authenticator.
    pub code: bool,
    pub passkey: PasskeyWay,
}

/// Whether there are passkeys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PasskeyWay {
    #[default]
    None,
    Here,
    /// They were added at this host, and are good there alone.
    Elsewhere(String),
}

/// A passkey. Times are in seconds since 1970 UTC.
#[derive(Debug, Clone)]
pub struct PasskeyCard {
    pub id: String,
    /// Empty where the person has given none.
    pub name: String,
    /// The host where it is good.
    pub site: String,
    pub added: i64,
    pub used: Option<i64>,
}

/// Asks for the name of a new passkey.
#[derive(Debug, Clone)]
pub struct PasskeyFormPage {
    /// What it may be called by.
    pub device: Device,
    pub trouble: Option<Trouble>,
    pub language: Locale,
    pub theme: Theme,
}

/// The page. `POST /logins/passkeys/add` takes `name` and `answer`.
#[component]
pub fn PasskeyForm(page: PasskeyFormPage) -> impl IntoView {
    let i18n = use_i18n();
    let name = device_name(i18n, &page.device).unwrap_or_default();
    let trouble = page.trouble.map(|trouble| {
        view! { <div role="alert" class="notice" data-testid="step-error">{trouble_text(i18n, &trouble)}</div> }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, passkey.add)}</h1>
            {trouble}
            <form method="post" action="/logins/passkeys/add" class="collector-form">
                <p>{t_string!(i18n, passkey.about)}</p>
                <div class="field">
                    <label for="name">{t_string!(i18n, passkey.name)}</label>
                    <input id="name" name="name" value=name maxlength="60" autocomplete="off" data-testid="passkey-name" />
                    <small>{t_string!(i18n, passkey.name_about)}</small>
                </div>
                {asking(i18n, Asking::New)}
            </form>
        </main>
    }
}

/// What the script asks an authenticator for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asking {
    New,
    /// To be let in; it is what the page offers first.
    AtSignIn,
    /// To show who one is; whether it is what the page is for.
    Proof(bool),
}

/// The button with which a form is sent with the answer of an authenticator, and what is said where that cannot be. Without the
/// script there is none.
pub(super) fn asking(i18n: Words, asking: Asking) -> impl IntoView {
    let (ask, again, field, test) = match asking {
        Asking::New => ("/logins/passkeys/begin", "/logins/passkeys/add", "answer", "passkey-create"),
        Asking::AtSignIn => ("/login/code/passkey", "/login", "passkey", "step-passkey"),
        Asking::Proof(_) => ("/logins/passkeys/ask", "/logins", "passkey", "step-passkey"),
    };
    let words = if asking == Asking::New { t_string!(i18n, passkey.create) } else { t_string!(i18n, passkey.show) };
    let class = if asking == Asking::Proof(false) { "button" } else { "button button-primary" };
    let first = matches!(asking, Asking::AtSignIn | Asking::Proof(true)).then_some("");
    let says = [
        ("number", t_string!(i18n, passkey.number)),
        ("insecure", t_string!(i18n, passkey.insecure)),
        ("stopped", t_string!(i18n, passkey.stopped)),
        ("known", t_string!(i18n, passkey.known)),
        ("failed", t_string!(i18n, passkey.failed)),
    ]
    .map(|(name, words)| {
        view! {
            <p class="passkey-note" role="alert" hidden=true data-say=name data-testid=format!("passkey-{name}")>
                {words}
            </p>
        }
    });
    view! {
        <div class="passkey-ask" data-ask=ask data-again=again>
            <input type="hidden" name=field />
            <button type="button" class=class hidden=true data-first=first data-testid=test>
                {words}
            </button>
            {says.collect_view()}
            <noscript>
                <p class="passkey-note">{t_string!(i18n, passkey.script)}</p>
            </noscript>
        </div>
    }
}

/// What a passkey is called.
pub(super) fn called(i18n: Words, name: &str) -> String {
    if name.is_empty() { t_string!(i18n, passkey.unnamed).to_owned() } else { name.to_owned() }
}

/// The passkeys of a person, on the page about logins.
pub(super) fn list(i18n: Words, clock: Option<i32>, cards: Vec<PasskeyCard>) -> impl IntoView {
    let moment = move |seconds| date_on_paper(i18n.get_locale(), clock.unwrap_or_default(), seconds);
    let card = move |card: PasskeyCard| {
        let PasskeyCard { id, name, site, added, used } = card;
        let name = called(i18n, &name);
        let remove = t_string!(i18n, passkey.remove_named, name = name.clone()).to_string();
        let used = match used {
            Some(used) => view! {
                <time datetime=iso(used) data-testid="passkey-used">
                    {t_string!(i18n, passkey.used, time = moment(used)).to_string()}
                </time>
            }
            .into_any(),
            None => view! { <span>{t_string!(i18n, passkey.unused)}</span> }.into_any(),
        };
        view! {
            <li class="passkey" data-testid="passkey">
                <div>
                    <strong>{name}</strong>
                    <p class="collector-source">
                        <time datetime=iso(added)>{t_string!(i18n, passkey.added, time = moment(added)).to_string()}</time>
                        " · " {used} " · " {site}
                    </p>
                </div>
                <a
                    class="button"
                    href=format!("/logins/passkeys/{id}/remove")
                    aria-label=remove
                    data-testid="passkey-remove"
                >
                    {t_string!(i18n, passkey.remove)}
                </a>
            </li>
        }
    };
    let shown = (!cards.is_empty()).then(|| {
        let cards = cards.into_iter().map(card).collect_view();
        view! { <ul class="passkeys">{cards}</ul> }
    });
    view! {
        {shown}
        <p class="collector-actions">
            <a class="button" href="/logins/passkeys/add" data-testid="passkey-add">
                {t_string!(i18n, passkey.add)}
            </a>
        </p>
    }
}
