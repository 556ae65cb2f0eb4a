//! Above the text of a message: its subject, who wrote it to whom, and when.

use std::sync::Arc;

use leptos::prelude::*;

use super::{papers::Papers, sender::Found, stripped::TakenOut, unsubscribe::UnsubscribeButton};
use crate::{
    Client,
    i18n::*,
    state::State,
    view::{
        date::{full_date, iso},
        icon::Icon,
        labels::labels,
        words::counted,
    },
    wire::{Address, Message},
};

/// The header of the open message.
#[component]
pub fn Header(message: Arc<Message>, remote: RwSignal<bool>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let subject = message.subject.clone();
    let date = message.date;
    let initial: String = message.from.first().and_then(|from| from.display().chars().next()).into_iter().collect();
    let important = message.important.then(|| {
        view! {
            <span class="message-important" data-testid="message-important">
                <Icon name="warning" />
                <span>{move || t_string!(i18n, view.important)}</span>
            </span>
        }
    });
    view! {
        <header class="message-header">
            <h2 class="message-subject" data-testid="message-subject">
                {move || {
                    if subject.trim().is_empty() {
                        t_string!(i18n, list.no_subject).to_owned()
                    } else {
                        subject.clone()
                    }
                }}
            </h2>
            <div class="message-labels">{important} {move || labels(i18n, client, &state.opened_flags(), None)}</div>
            <span class="message-initial" aria-hidden="true">
                {initial}
            </span>
            <p class="message-from" data-testid="message-from">
                {message.from.iter().map(sender).collect_view()}
            </p>
            <time class="message-date" data-testid="message-date" datetime=iso(date)>
                {move || full_date(state, date)}
            </time>
            <People message=message.clone() />
            {message.unsubscribe.clone().map(|way| view! { <UnsubscribeButton message=message.message.clone() way /> })}
            <Papers message=message.message.clone() remote />
        </header>
    }
}

/// The name, and always the address: a name alone can claim anything.
fn sender(from: &Address) -> impl IntoView + use<> {
    let Address { name, email } = from.clone();
    if name.is_empty() || name == email {
        view! { <strong>{email}</strong> }.into_any()
    } else {
        view! {
            <strong>{name}</strong>
            " "
            <span>{format!("<{email}>")}</span>
        }
        .into_any()
    }
}

/// Whom it was sent to, in one line; all addresses on request.
#[component]
fn People(message: Arc<Message>) -> impl IntoView {
    const NAMED: usize = 3;
    let i18n = use_i18n();
    let receivers: Vec<String> =
        message.to.iter().chain(&message.cc).map(|address| address.display().to_owned()).collect();
    let more = u32::try_from(receivers.len().saturating_sub(NAMED)).unwrap_or(u32::MAX);
    let names = receivers.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let line = move || {
        if names.is_empty() {
            return t_string!(i18n, list.no_recipient).to_owned();
        }
        let line = t_string!(i18n, view.to_line, names = names.clone()).to_string();
        if more == 0 { line } else { format!("{line} {}", counted!(i18n, view.and_more, more)) }
    };
    let row = |word: Signal<&'static str>, addresses: &[Address]| {
        (!addresses.is_empty()).then(|| {
            view! {
                <dt>{word}</dt>
                <dd>{addresses.iter().map(whole).collect::<Vec<_>>().join(", ")}</dd>
            }
        })
    };
    view! {
        <details class="message-people">
            <summary title=move || t_string!(i18n, view.details)>
                <span class="message-to" data-testid="message-to">
                    {line}
                </span>
                <Icon name="chevron-down" />
            </summary>
            <dl>
                {row(Signal::derive(move || t_string!(i18n, view.from)), &message.from)}
                {row(Signal::derive(move || t_string!(i18n, view.to)), &message.to)}
                {row(Signal::derive(move || t_string!(i18n, view.cc)), &message.cc)}
                {row(Signal::derive(move || t_string!(i18n, view.bcc)), &message.bcc)}
                {row(Signal::derive(move || t_string!(i18n, view.reply_to)), &message.reply_to)}
                {message.checks.clone().map(|checks| view! { <Found checks /> })}
                <TakenOut stripped=message.stripped.clone() />
            </dl>
        </details>
    }
}

fn whole(address: &Address) -> String {
    let Address { name, email } = address;
    if name.is_empty() { email.clone() } else { format!("{name} <{email}>") }
}
