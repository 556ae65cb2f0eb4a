//! What is asked before a message is sent.

use std::time::Duration;

use leptos::prelude::*;

use super::send;
use crate::{
    Client,
    i18n::*,
    state::{Check, Dialog, State},
    view::{
        dialog::Question,
        recipients::doubt_text,
        words::{Words, counted},
    },
};

/// A question. Whoever says yes, or that it is right as it is, is asked no more of this, and the message goes on its way.
#[component]
pub fn Ask(check: Check, at: Option<i64>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let check = StoredValue::new(check);
    let go_on = move || {
        state.composer.answered.update(|all| all.push(check.get_value()));
        // The next question comes when this is away: it would be closed with it.
        client.platform().after(Duration::ZERO, Box::new(move || send(state, client, at)));
    };
    let yes = move || {
        match check.get_value() {
            Check::Doubt(doubt) => state.composer.correct(&doubt),
            Check::Visible(_) => state.composer.hide_recipients(),
            Check::NoSubject | Check::NoAttachment | Check::Unfilled(_) | Check::ToAll { .. } => return go_on(),
        }
        client.edited();
        go_on();
    };
    let changes = match check.get_value() {
        Check::Doubt(doubt) => doubt.meant.is_some(),
        Check::Visible(_) => true,
        Check::NoSubject | Check::NoAttachment | Check::Unfilled(_) | Check::ToAll { .. } => false,
    };
    let also = changes.then(|| {
        let words = Signal::derive(move || t_string!(i18n, compose.send_as_is).to_owned());
        (words, Callback::new(move |()| go_on()))
    });
    // Another question may have taken its place before it hears that it is closed.
    let close = move || {
        let mine = Dialog::Check { check: check.get_value(), at };
        if state.dialog.with_untracked(|dialog| dialog.as_ref() == Some(&mine)) {
            state.dialog.set(None);
        }
    };
    view! {
        <Question
            title=move || check.with_value(|check| title(i18n, check)).to_owned()
            text=move || check.with_value(|check| text(i18n, check))
            yes=move || check.with_value(|check| yes_words(i18n, check)).to_owned()
            no=move || t_string!(i18n, compose.no_attachment_no).to_owned()
            also
            on_yes=yes
            on_close=close
        />
    }
}

fn title(i18n: Words, check: &Check) -> &'static str {
    match check {
        Check::Doubt(_) => t_string!(i18n, compose.doubt_title),
        Check::NoSubject => t_string!(i18n, compose.no_subject_title),
        Check::NoAttachment => t_string!(i18n, compose.no_attachment_title),
        Check::Unfilled(_) => t_string!(i18n, compose.placeholder_title),
        Check::Visible(_) => t_string!(i18n, compose.visible_title),
        Check::ToAll { .. } => t_string!(i18n, compose.to_all_title),
    }
}

fn text(i18n: Words, check: &Check) -> String {
    match check {
        Check::Doubt(doubt) => format!("{}: {}", doubt.email, doubt_text(i18n, doubt)),
        Check::NoSubject => t_string!(i18n, compose.no_subject_text).to_owned(),
        Check::NoAttachment => t_string!(i18n, compose.no_attachment_text).to_owned(),
        Check::Unfilled(names) => t_string!(i18n, compose.placeholder_text, names = names.clone()).to_string(),
        Check::Visible(count) => counted!(i18n, compose.visible_text, *count),
        Check::ToAll { list: true, .. } => t_string!(i18n, compose.to_list_text).to_owned(),
        Check::ToAll { count, .. } => counted!(i18n, compose.to_all_text, *count),
    }
}

fn yes_words(i18n: Words, check: &Check) -> &'static str {
    match check {
        Check::Doubt(doubt) if doubt.meant.is_some() => t_string!(i18n, compose.doubt_correct),
        Check::Visible(_) => t_string!(i18n, compose.visible_yes),
        Check::NoAttachment => t_string!(i18n, compose.no_attachment_yes),
        Check::Doubt(_) | Check::NoSubject | Check::Unfilled(_) | Check::ToAll { .. } => {
            t_string!(i18n, compose.no_subject_yes)
        }
    }
}
