//! What is done when somebody would like to know that a message was read.

use leptos::prelude::*;

use crate::{i18n::*, wire::Receipts};

/// The choice. `POST /receipts` takes it by its name.
#[component]
pub fn ReceiptsForm(chosen: Receipts) -> impl IntoView {
    let i18n = use_i18n();
    let choices = Receipts::ALL.map(|choice| {
        let (words, about) = match choice {
            Receipts::Ask => (t_string!(i18n, receipt.choice_ask), None),
            Receipts::Never => (t_string!(i18n, receipt.choice_never), None),
            Receipts::Always => (t_string!(i18n, receipt.choice_always), Some(t_string!(i18n, receipt.always_about))),
        };
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="receipts"
                    value=choice.name()
                    checked=choice == chosen
                    data-testid=format!("receipts-{}", choice.name())
                />
                <span>{words} {about.map(|about| view! { <small>{about}</small> })}</span>
            </label>
        }
    });
    view! {
        <form method="post" action="/receipts" class="collector receipts-form">
            <fieldset class="choices">
                <legend>{t_string!(i18n, receipt.choice)}</legend>
                {choices}
            </fieldset>
            <div class="collector-actions">
                <button type="submit" class="button" data-testid="receipts-save">{t_string!(i18n, identities.save)}</button>
            </div>
        </form>
    }
}
