//! The pages about signing in, beside the form itself: where a person is signed in, and the second step.

use leptos::prelude::*;

use super::{Assets, beside, beside_with, for_attribute};
use crate::{
    i18n::{self, Locale},
    state::Theme,
    view::{
        logins::{Logins, LoginsPage},
        passkeys::{PasskeyForm, PasskeyFormPage},
        second_step::{Codes, CodesPage, Proof, ProofPage, SetUp, SetUpPage, Step, StepPage},
    },
};

/// The page about where a person is signed in.
pub fn render_logins(page: &LoginsPage, nonce: &str, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    let title = i18n::td_string!(language, logins.title);
    with_passkeys((language, theme), title, nonce, assets, || view! { <Logins page=page.clone() /> })
}

/// The page that asks for the second step.
pub fn render_step(page: &StepPage, nonce: &str, assets: &Assets) -> String {
    with_passkeys((page.language, page.theme), "Pismo", nonce, assets, || view! { <Step page=page.clone() /> })
}

/// The page that asks for the second step before something is done about it.
pub fn render_proof(page: &ProofPage, nonce: &str, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    let title = i18n::td_string!(language, step.title);
    with_passkeys((language, theme), title, nonce, assets, || view! { <Proof page=page.clone() /> })
}

/// The form of a new passkey.
pub fn render_passkey_form(page: &PasskeyFormPage, nonce: &str, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    let title = i18n::td_string!(language, passkey.add);
    with_passkeys((language, theme), title, nonce, assets, || view! { <PasskeyForm page=page.clone() /> })
}

/// A page beside the app that may ask for a passkey. Under the nonce its script is, which alone can.
fn with_passkeys<V: IntoView>(
    (language, theme): (Locale, Theme),
    title: &str,
    nonce: &str,
    assets: &Assets,
    view: impl FnOnce() -> V,
) -> String {
    let head = format!("<script type=\"module\" nonce=\"{}\">{PASSKEYS}</script>", for_attribute(nonce));
    beside_with(&head, (language, theme), title, assets, view)
}

/// Asks an authenticator, and sends the form with its answer.
const PASSKEYS: &str = include_str!("passkeys.js");

/// The page that shows an authenticator what it needs.
pub fn render_set_up(page: &SetUpPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    beside(language, theme, i18n::td_string!(language, step.title), assets, || view! { <SetUp page=page.clone() /> })
}

/// The page with recovery codes.
pub fn render_codes(page: &CodesPage, assets: &Assets) -> String {
    let (language, theme) = (page.language, page.theme);
    let title = i18n::td_string!(language, step.codes_title);
    beside(language, theme, title, assets, || view! { <Codes page=page.clone() /> })
}
