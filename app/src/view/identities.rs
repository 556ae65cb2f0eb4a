//! As whom a person writes: pages of their own that need no script.

mod form;
mod receipts;

use leptos::prelude::*;

pub use form::{Fields, IdentityForm, IdentityFormPage, Of};
use receipts::ReceiptsForm;

use super::{explain::Explained, icon::Icon, server::back, words::Words};
use crate::{
    i18n::*,
    state::Theme,
    wire::{Error, Identity, Receipts},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct IdentitiesPage {
    /// The one first with which a new message begins.
    pub cards: Vec<IdentityCard>,
    /// What is done when somebody would like to know that a message was read.
    pub receipts: Receipts,
    /// What was asked for last could not be done.
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
}

/// An identity, and what may be done with it.
#[derive(Debug, Clone)]
pub struct IdentityCard {
    pub identity: Identity,
    /// It is the address of the account, which cannot be taken away.
    pub own: bool,
    /// The server through which its mail goes, if not the account's own.
    pub server: Option<String>,
}

/// The page.
#[component]
pub fn Identities(page: IdentitiesPage) -> impl IntoView {
    let i18n = use_i18n();
    let IdentitiesPage { cards, receipts, error, .. } = page;
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    let cards = cards.into_iter().enumerate().map(|(position, card)| shown(i18n, card, position == 0));
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, identities.title)}</h1>
            <p>{t_string!(i18n, identities.about)}</p>
            {error}
            {cards.collect_view()}
            <p class="collector-actions">
                <a class="button button-primary" href="/identities/add" data-testid="identity-add">
                    <Icon name="plus" />
                    <span>{t_string!(i18n, identities.add)}</span>
                </a>
            </p>
            <ReceiptsForm chosen=receipts />
        </main>
    }
}

fn shown(i18n: Words, card: IdentityCard, first: bool) -> impl IntoView + use<> {
    let IdentityCard { identity, own, server } = card;
    let id = identity.id.0;
    let title = address_text(i18n, &identity.email);
    let name = Some(identity.choices.name.clone()).filter(|name| !name.is_empty());
    let signature = Some(identity.choices.signature.clone()).filter(|signature| !signature.is_empty());
    let through = match server {
        Some(server) => t_string!(i18n, identities.through, server = server).to_string(),
        None => t_string!(i18n, identities.own).to_owned(),
    };
    let button = move |what: &'static str, words: &'static str| {
        view! {
            <form method="post" action=format!("/identities/{id}/{what}")>
                <button type="submit" class="button" data-testid=format!("identity-{what}")>{words}</button>
            </form>
        }
    };
    let prefer = (!first && !identity.is_of_domain()).then(|| button("prefer", t_string!(i18n, identities.prefer)));
    let remove = (!own).then(|| {
        view! {
            <details class="collector-remove">
                <summary class="button">{t_string!(i18n, identities.remove)}</summary>
                <p>{t_string!(i18n, identities.remove_about)}</p>
                {button("remove", t_string!(i18n, identities.remove_yes))}
            </details>
        }
    });
    view! {
        <section class="collector" data-testid="identity" aria-labelledby=format!("identity-{id}")>
            <h2 id=format!("identity-{id}")>{title}</h2>
            <p class="collector-source">{through}</p>
            {name.map(|name| view! { <p>{name}</p> })}
            {first.then(|| view! { <p data-testid="identity-first">{t_string!(i18n, identities.first)}</p> })}
            {signature.map(|signature| view! { <p class="identity-signature" dir="auto">{signature}</p> })}
            <div class="collector-actions">
                <a class="button" href=format!("/identities/{id}") data-testid="identity-edit">
                    {t_string!(i18n, identities.edit)}
                </a>
                {prefer}
                {remove}
            </div>
        </section>
    }
}

/// An address as a person reads it.
fn address_text(i18n: Words, email: &str) -> String {
    match email.strip_prefix("*@") {
        Some(domain) => t_string!(i18n, compose.any_at, domain = domain.to_owned()).to_string(),
        None => email.to_owned(),
    }
}
