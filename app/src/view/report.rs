//! What came back about a message that was sent, recipient by recipient.

use leptos::prelude::*;

use super::{
    explain::{Reason, reason, refusal_text},
    words::Words,
};
use crate::{
    i18n::*,
    wire::{Fate, Refusal, Reported},
};

/// Each recipient: what became of the message, why in plain words, and the server's own.
#[component]
pub fn Reports(reports: Vec<Reported>) -> impl IntoView {
    let i18n = use_i18n();
    let items = reports.into_iter().map(|reported| {
        let Reported { recipient, fate, code, text } = reported;
        let refused = matches!(fate, Fate::Failed | Fate::Delayed);
        let words = text.clone();
        let refusal = Refusal { recipient: None, code, text, error: None };
        view! {
            <li data-fate=fate_name(fate)>
                <strong>{recipient}</strong>
                <span>{move || fate_text(i18n, fate)}</span>
                {refused.then(|| view! { <p>{move || why(i18n, fate, &refusal)}</p> })}
                {(!words.is_empty())
                    .then(|| {
                        view! {
                            <p class="visually-hidden">{move || t_string!(i18n, outbox.server_said)}</p>
                            <p class="server-words">{words}</p>
                        }
                    })}
            </li>
        }
    });
    let items: Vec<_> = items.collect();
    (!items.is_empty()).then(|| view! { <ul class="submission-refusals report-recipients">{items}</ul> })
}

/// Why it did not get there, or not yet. Reactive.
fn why(i18n: Words, fate: Fate, refusal: &Refusal) -> String {
    match (fate, reason(refusal)) {
        // What passes has not passed: nothing is tried again by itself.
        (Fate::Failed, Reason::Temporary | Reason::Greylisted | Reason::Connection) => {
            t_string!(i18n, report.given_up).to_owned()
        }
        (Fate::Delayed, Reason::Other) => t_string!(i18n, refusal.temporary).to_owned(),
        _ => refusal_text(i18n, refusal),
    }
}

fn fate_text(i18n: Words, fate: Fate) -> &'static str {
    match fate {
        Fate::Delayed => t_string!(i18n, report.delayed),
        Fate::Expanded => t_string!(i18n, report.expanded),
        Fate::Relayed => t_string!(i18n, report.relayed),
        Fate::Delivered => t_string!(i18n, report.delivered),
        Fate::Failed => t_string!(i18n, report.failed),
        Fate::Deleted => t_string!(i18n, report.deleted),
        Fate::Read => t_string!(i18n, report.read),
    }
}

/// For `data-fate`.
pub fn fate_name(fate: Fate) -> &'static str {
    match fate {
        Fate::Delayed => "delayed",
        Fate::Expanded => "expanded",
        Fate::Relayed => "relayed",
        Fate::Delivered => "delivered",
        Fate::Failed => "failed",
        Fate::Deleted => "deleted",
        Fate::Read => "read",
    }
}
