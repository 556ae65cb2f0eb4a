//! Short notices at the foot of the page: what was done, with the way back; what went wrong.

use crate::view::{Item, each, handler};
use leptos::prelude::*;

use super::{
    date::full_date,
    explain::Explained,
    icon::Icon,
    words::{Words, counted, path_name},
};
use crate::{
    Client,
    i18n::*,
    label,
    state::{Dialog, Notice, State, Toast},
    wire::{Action, Arrangement, Flag, Submission, SubmissionId, SubmissionState},
};

/// All notices. The region is always there, so that a screen reader hears of what comes into it.
#[component]
pub fn Toasts() -> impl IntoView {
    let state = expect_context::<State>();
    let seen = RwSignal::new(Vec::<(SubmissionId, SubmissionState)>::new());
    let troubled = move || {
        let mut all = state.submissions.get();
        all.retain(|one| {
            let in_trouble =
                matches!(one.state, SubmissionState::Rejected | SubmissionState::Unknown) || one.came_back();
            in_trouble && seen.with(|seen| !seen.contains(&(one.id, one.state)))
        });
        all
    };
    view! {
        <div class="toasts" role="status" aria-live="polite" aria-relevant="additions">
            {each(move || {
                let item = |submission: Submission| {
                    let key = format!("{} {:?}", submission.id.0, submission.state);
                    Item::new(key, move || view! { <Trouble submission=submission seen=seen /> })
                };
                troubled().into_iter().map(item).collect()
            })}
            {each(move || {
                let item = |toast: Toast| Item::new(toast.id, move || view! { <ToastView toast=toast /> });
                state.toasts.shown.get().into_iter().map(item).collect()
            })}
        </div>
    }
}

/// A message that did not get there, or may not have: told until the person has looked.
#[component]
fn Trouble(submission: Submission, seen: RwSignal<Vec<(SubmissionId, SubmissionState)>>) -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let Submission { id, state: phase, subject, .. } = submission;
    let dismiss = move || seen.update(|seen| seen.push((id, phase)));
    view! {
        <div class="toast" data-testid="toast" data-kind="error" role="alert">
            <div class="toast-text">
                <p>
                    {move || match phase {
                        SubmissionState::Unknown => t_string!(i18n, outbox.unknown_toast),
                        SubmissionState::Sent => t_string!(i18n, outbox.came_back_toast),
                        _ => t_string!(i18n, outbox.rejected_toast),
                    }}
                </p>
                <p class="toast-subject">{subject}</p>
            </div>
            <button
                type="button"
                class="button button-quiet button-small"
                on:click=handler(move |_| {
                    dismiss();
                    state.dialog.set(Some(Dialog::Outbox));
                })
            >
                {move || t_string!(i18n, outbox.look)}
            </button>
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, app.close)
                on:click=handler(move |_| dismiss())
            >
                <Icon name="x" />
            </button>
        </div>
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let Toast { id, notice, undo } = toast;
    let (kind, lasts) = (notice.kind(), notice.lasts());
    Effect::new(move |_| set_timeout(move || state.toasts.dismiss(id), lasts));
    let undo = undo.map(|undo| {
        view! {
            <button
                type="button"
                class="button button-quiet button-small"
                data-testid="toast-undo"
                on:click=handler(move |_| client.undo(undo))
            >
                {move || t_string!(i18n, app.undo)}
            </button>
        }
    });
    view! {
        <div class="toast" data-testid="toast" data-kind=kind role=(kind == "error").then_some("alert")>
            <div class="toast-text">
                {match notice {
                    Notice::Error(error) => view! { <Explained error=error /> }.into_any(),
                    notice => view! { <p>{move || notice_text(i18n, state, &notice)}</p> }.into_any(),
                }}
            </div>
            {undo}
            <button
                type="button"
                class="icon-button"
                aria-label=move || t_string!(i18n, app.close)
                on:click=handler(move |_| state.toasts.dismiss(id))
            >
                <Icon name="x" />
            </button>
        </div>
    }
}

fn notice_text(i18n: Words, state: State, notice: &Notice) -> String {
    match notice {
        Notice::Acted { action, count, elsewhere } => {
            let text = acted_text(i18n, state, action, *count);
            if *elsewhere { format!("{} {text}", t_string!(i18n, done.elsewhere)) } else { text }
        }
        Notice::Arranged(Arrangement::Create { name, .. }) => {
            t_string!(i18n, done.folder_made, name = name.clone()).to_string()
        }
        Notice::Arranged(Arrangement::Rename { .. }) => t_string!(i18n, done.folder_renamed).to_string(),
        Notice::Arranged(Arrangement::Delete { .. }) => t_string!(i18n, done.folder_deleted).to_string(),
        Notice::Undone => t_string!(i18n, done.undone).to_string(),
        Notice::Sending => t_string!(i18n, compose.sent_toast).to_string(),
        Notice::Held(_) => t_string!(i18n, compose.held).to_string(),
        Notice::Scheduled(time) => t_string!(i18n, outbox.goes_out, date = full_date(state, *time)).to_string(),
        Notice::CalledOff => t_string!(i18n, outbox.called_off).to_string(),
        Notice::NotGoingOut => t_string!(i18n, outbox.not_going_out).to_string(),
        Notice::KeptApart => t_string!(i18n, compose.kept_apart).to_string(),
        Notice::Sent => t_string!(i18n, compose.sent_done).to_string(),
        Notice::Discarded => t_string!(i18n, compose.discarded).to_string(),
        Notice::TemplateKept => t_string!(i18n, compose.template_kept).to_string(),
        Notice::Unsubscribed => t_string!(i18n, leave.done).to_string(),
        Notice::DraftRestored => t_string!(i18n, compose.recovered).to_string(),
        Notice::Error(error) => super::explain::error_text(i18n, error),
    }
}

fn acted_text(i18n: Words, state: State, action: &Action, count: u32) -> String {
    match action {
        Action::Flag { flag: Flag::Seen, set: true } => counted!(i18n, done.read, count),
        Action::Flag { flag: Flag::Seen, set: false } => counted!(i18n, done.unread, count),
        Action::Flag { flag: Flag::Keyword(keyword), set } => {
            let label = label::title(i18n.get_locale(), keyword);
            match set {
                true => counted!(i18n, done.labelled, count, label = label.clone()),
                false => counted!(i18n, done.unlabelled, count, label = label.clone()),
            }
        }
        Action::Flag { set: true, .. } => counted!(i18n, done.flagged, count),
        Action::Flag { set: false, .. } => counted!(i18n, done.unflagged, count),
        Action::Move { to } => {
            let folder = path_name(i18n, state, to);
            counted!(i18n, done.moved, count, folder = folder.clone())
        }
        Action::Archive => counted!(i18n, done.archived, count),
        Action::Delete => counted!(i18n, done.deleted, count),
        Action::Erase => counted!(i18n, done.erased, count),
        Action::Junk => counted!(i18n, done.junked, count),
        Action::NotJunk => counted!(i18n, done.unjunked, count),
    }
}
