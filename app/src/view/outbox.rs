//! What is on its way, and what did not get there and why.

use crate::view::handler;
use leptos::prelude::*;

use super::{
    date::{full_date, now},
    explain::refusal_text,
    icon::Icon,
    report::Reports,
    words::{Words, number},
};
use crate::{
    Client,
    i18n::*,
    state::{Dialog, State},
    wire::{Refusal, Submission, SubmissionState},
};

/// The way to the outbox, beneath the folders. There only while something is in it.
#[component]
pub fn Outbox() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let count = Memo::new(move |_| state.submissions.with(|all| all.iter().filter(|one| is_shown(one)).count()));
    let trouble = Memo::new(move |_| state.submissions.with(|all| all.iter().any(needs_person)));
    let shown = Memo::new(move |_| count.get() > 0);
    move || {
        shown.get().then(|| {
            view! {
                <button
                    type="button"
                    class="outbox-open"
                    data-testid="outbox-open"
                    data-trouble=move || trouble.get().to_string()
                    on:click=handler(move |_| state.dialog.set(Some(Dialog::Outbox)))
                >
                    <Icon name="sent" />
                    <span>{move || t_string!(i18n, folder.outbox)}</span>
                    <span class="mailbox-unseen">
                        {move || number(u32::try_from(count.get()).unwrap_or(u32::MAX))}
                    </span>
                </button>
            }
        })
    }
}

fn is_shown(submission: &Submission) -> bool {
    submission.state != SubmissionState::Sent || submission.came_back()
}

fn needs_person(submission: &Submission) -> bool {
    matches!(submission.state, SubmissionState::Rejected | SubmissionState::Unknown) || submission.came_back()
}

/// All of the outbox, newest first.
#[component]
pub fn OutboxList() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    // What it shows of a submission changes as a whole and seldom: rebuilt, not patched.
    move || {
        let all = state.submissions.get();
        if all.is_empty() {
            return view! { <p>{move || t_string!(i18n, outbox.empty)}</p> }.into_any();
        }
        let items = all.into_iter().rev().map(|submission| view! { <SubmissionView submission=submission /> });
        view! { <ul class="outbox-list">{items.collect_view()}</ul> }.into_any()
    }
}

#[component]
fn SubmissionView(submission: Submission) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let came_back = submission.came_back();
    let Submission { id, draft: _, subject, to, state: phase, refusals, due, reports, receipt, redirect } = submission;
    let to: Vec<_> = to.iter().map(|address| address.display().to_owned()).collect();
    let icon = match phase {
        SubmissionState::Waiting | SubmissionState::Retrying => view! { <Icon name="clock" /> }.into_any(),
        SubmissionState::Sending => view! { <span class="spinner"></span> }.into_any(),
        SubmissionState::Sent if !came_back => view! { <Icon name="done" /> }.into_any(),
        SubmissionState::Sent | SubmissionState::Rejected | SubmissionState::Unknown => {
            view! { <Icon name="warning" /> }.into_any()
        }
    };
    let is_unknown = phase == SubmissionState::Unknown;
    let due = due.filter(|due| *due > now());
    let to_go_out = matches!(phase, SubmissionState::Waiting | SubmissionState::Retrying);
    let can_act = due.is_some() || matches!(phase, SubmissionState::Rejected | SubmissionState::Unknown);
    let keeps = to_go_out && !receipt;
    let can_edit = !receipt && (to_go_out || phase == SubmissionState::Rejected);
    let actions = (phase != SubmissionState::Sending).then(|| {
        view! {
            <div class="submission-actions">
                {can_edit
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button button-primary button-small"
                                data-testid="submission-edit"
                                on:click=handler(move |_| {
                                    state.dialog.set(None);
                                    client.edit_submission(id);
                                })
                            >
                                {move || t_string!(i18n, outbox.edit)}
                            </button>
                        }
                    })}
                {can_act
                    .then(|| {
                        view! {
                            <button
                                type="button"
                                class="button button-small"
                                data-testid="submission-now"
                                on:click=handler(move |_| client.retry_submission(id))
                            >
                                {move || {
                                    if to_go_out { t_string!(i18n, outbox.now) } else { t_string!(i18n, outbox.retry) }
                                }}
                            </button>
                        }
                    })}
                <button
                    type="button"
                    class="button button-small"
                    data-testid="submission-drop"
                    on:click=handler(move |_| {
                        if keeps || (to_go_out && redirect) { client.call_off(id, redirect) } else { client.drop_submission(id) }
                    })
                >
                    {move || match (to_go_out, redirect) {
                        (true, true) => t_string!(i18n, app.cancel),
                        _ if keeps => t_string!(i18n, outbox.call_off),
                        _ => t_string!(i18n, outbox.drop),
                    }}
                </button>
            </div>
        }
    });
    view! {
        <li class="submission" data-testid="submission" data-state=if came_back { "returned" } else { state_name(phase) }>
            <h3>
                {if subject.is_empty() { t_string!(i18n, list.no_subject).to_owned() } else { subject }}
            </h3>
            <p class="submission-to">{to.join(", ")}</p>
            <p class="submission-state">
                {icon}
                <span>
                    {move || {
                        if came_back {
                            t_string!(i18n, outbox.came_back).to_owned()
                        } else {
                            state_text(i18n, state, phase, due)
                        }
                    }}
                </span>
            </p>
            {is_unknown.then(|| view! { <p>{move || t_string!(i18n, outbox.unknown_text)}</p> })}
            <Refusals refusals=refusals />
            <Reports reports=reports />
            {actions}
        </li>
    }
}

/// Each refusal: who, why in plain words, and the server's own.
#[component]
fn Refusals(refusals: Vec<Refusal>) -> impl IntoView {
    let i18n = use_i18n();
    let items = refusals.into_iter().map(|refusal| {
        let recipient = refusal.recipient.clone();
        let words = match refusal.code {
            // In words of our own, for the log.
            0 if refusal.error.is_some() => String::new(),
            0 => refusal.text.trim().to_owned(),
            code => format!("{code} {}", refusal.text.trim()),
        };
        view! {
            <li>
                <strong>
                    {move || recipient.clone().unwrap_or_else(|| t_string!(i18n, outbox.all).to_owned())}
                </strong>
                <p>{move || refusal_text(i18n, &refusal)}</p>
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
    (!items.is_empty()).then(|| view! { <ul class="submission-refusals">{items}</ul> })
}

/// How it stands, and when it is tried if that is still to come, in seconds since 1970 UTC. Reactive.
fn state_text(i18n: Words, state: State, phase: SubmissionState, due: Option<i64>) -> String {
    let date = due.map(|due| full_date(state, due));
    match (phase, date) {
        (SubmissionState::Waiting, Some(date)) => t_string!(i18n, outbox.goes_out, date = date).to_string(),
        (SubmissionState::Retrying, Some(date)) => t_string!(i18n, outbox.retrying, date = date).to_string(),
        (SubmissionState::Waiting | SubmissionState::Retrying, None) => t_string!(i18n, outbox.waiting).to_owned(),
        (SubmissionState::Sending, _) => t_string!(i18n, outbox.sending).to_owned(),
        (SubmissionState::Sent, _) => t_string!(i18n, outbox.sent).to_owned(),
        (SubmissionState::Rejected, _) => t_string!(i18n, outbox.rejected).to_owned(),
        (SubmissionState::Unknown, _) => t_string!(i18n, outbox.unknown).to_owned(),
    }
}

/// For `data-state`.
fn state_name(state: SubmissionState) -> &'static str {
    match state {
        SubmissionState::Waiting => "waiting",
        SubmissionState::Sending => "sending",
        SubmissionState::Sent => "sent",
        SubmissionState::Retrying => "retrying",
        SubmissionState::Rejected => "rejected",
        SubmissionState::Unknown => "unknown",
    }
}
