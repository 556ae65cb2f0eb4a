//! What brings mail from other accounts, and how far it has come. Pages of their own that need no script; with one, the
//! numbers on them move by themselves.

mod card;
mod files;
mod form;
mod options;

use leptos::prelude::*;

pub use card::Card;
pub use files::{Files, FilesPage};
pub use form::{Failure, Fields, Form, FormPage, Trouble};

use super::{explain::Explained, icon::Icon, server::back};
use crate::{
    i18n::*,
    state::Theme,
    wire::{CollectorState, Error},
};

/// What the page shows.
#[derive(Debug, Clone)]
pub struct CollectorsPage {
    /// The oldest first.
    pub cards: Vec<Card>,
    /// What was asked for last could not be done.
    pub error: Option<Error>,
    /// Seconds since 1970 UTC.
    pub now: i64,
    /// Seconds that the person's clock is ahead of UTC.
    pub clock: Option<i32>,
    pub language: Locale,
    pub theme: Theme,
}

impl CollectorsPage {
    /// Whether anything on the page is about to change.
    pub fn is_moving(&self) -> bool {
        self.cards.iter().any(|card| {
            let collector = &card.collector;
            collector.state == CollectorState::Running
                || collector.state == CollectorState::Idle && collector.due <= self.now
        })
    }
}

/// The page.
#[component]
pub fn Collectors(page: CollectorsPage) -> impl IntoView {
    let i18n = use_i18n();
    let moving = page.is_moving();
    let CollectorsPage { cards, error, now, clock, .. } = page;
    let none = cards.is_empty();
    let error = error.map(|error| view! { <div role="alert" class="notice"><Explained error /></div> });
    let cards = cards.into_iter().map(|card| card.show(i18n, now, clock)).collect_view();
    view! {
        <main class="server collectors" data-moving=moving.to_string()>
            {back(i18n)}
            <h1>{t_string!(i18n, collect.title)}</h1>
            {error}
            {none.then(|| view! { <p>{t_string!(i18n, collect.about)}</p> })}
            {cards}
            <p class="collector-actions">
                <a class="button button-primary" href="/collectors/add" data-testid="collector-add">
                    <Icon name="plus" />
                    <span>{t_string!(i18n, collect.add)}</span>
                </a>
                <a class="button" href="/collectors/files" data-testid="collector-add-files">
                    <Icon name="plus" />
                    <span>{t_string!(i18n, collect.add_files)}</span>
                </a>
            </p>
        </main>
    }
}
