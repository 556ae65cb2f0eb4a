//! What a message says of another that was sent from here, and what its sender would like to know.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{
        Show, handler,
        icon::Icon,
        report::{Reports, fate_name},
    },
    wire::{DraftKind, Fate, Flag, MessageRef, ReceiptAsked, Report},
};

/// A report in plain words, with the way to the message it is about.
#[component]
pub fn ReportCard(report: Report) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let Report { sent, subject, recipients } = report;
    let failed = recipients.iter().any(|reported| reported.fate == Fate::Failed);
    let fate = recipients.iter().map(|reported| reported.fate).find(|fate| !failed || *fate == Fate::Failed);
    let icon = match fate {
        Some(Fate::Failed) => view! { <Icon name="warning" /> }.into_any(),
        Some(Fate::Delayed) => view! { <Icon name="clock" /> }.into_any(),
        _ => view! { <Icon name="done" /> }.into_any(),
    };
    let title = move || {
        let subject = Some(subject.clone()).filter(|subject| !subject.trim().is_empty());
        let subject = subject.unwrap_or_else(|| t_string!(i18n, list.no_subject).to_owned());
        t_string!(i18n, report.title, subject = subject).to_string()
    };
    let actions = sent.map(|sent| {
        let again = sent.clone();
        view! {
            <div class="submission-actions">
                {failed
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button button-primary button-small"
                                data-testid="report-again"
                                on:click=handler(move |_| client.compose(&again, DraftKind::Again))
                            >
                                {move || t_string!(i18n, report.again)}
                            </button>
                        }
                    })}
                <button
                    type="button"
                    class="button button-small"
                    data-testid="report-sent"
                    on:click=handler(move |_| client.read(&sent))
                >
                    {move || t_string!(i18n, report.show)}
                </button>
            </div>
        }
    });
    view! {
        <section class="report-card" data-testid="report-card" data-fate=fate.map(fate_name)>
            <h3>{icon} <span>{title}</span></h3>
            <Reports reports=recipients />
            {actions}
        </section>
    }
}

/// Asks whether to tell that the message was read.
#[component]
pub fn ReceiptBar(message: MessageRef, asked: ReceiptAsked) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let ReceiptAsked { to, unasked } = asked;
    let answered = RwSignal::new(unasked);
    let name = if to.name.is_empty() { to.email.clone() } else { format!("{} <{}>", to.name, to.email) };
    let name = StoredValue::new(name);
    let message = StoredValue::new(message);
    // Also by another device, or another program.
    let open = move || !answered.get() && !state.opened_flags().contains(&Flag::receipt_answered());
    view! {
        <Show when=open>
            <div class="message-remote" data-testid="receipt-ask" role="group">
                <Icon name="eye" />
                <p>{move || t_string!(i18n, receipt.ask, name = name.get_value()).to_string()}</p>
                <button
                    type="button"
                    class="button button-small"
                    data-testid="receipt-send"
                    on:click=handler(move |_| {
                        answered.set(true);
                        message.with_value(|message| client.send_receipt(message, answered));
                    })
                >
                    {move || t_string!(i18n, receipt.send)}
                </button>
                <button
                    type="button"
                    class="button button-quiet button-small"
                    data-testid="receipt-decline"
                    on:click=handler(move |_| {
                        answered.set(true);
                        message.with_value(|message| client.decline_receipt(message));
                    })
                >
                    {move || t_string!(i18n, receipt.decline)}
                </button>
            </div>
        </Show>
    }
}
