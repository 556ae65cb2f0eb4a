//! The second step of signing in: asked for, and turned on and off. Pages that need no script.

use leptos::prelude::*;

use super::{
    icon::Icon,
    logins::{Trouble, trouble_text},
    server::back,
    words::{Words, counted},
};
use crate::{i18n::*, state::Theme};

/// Asks for the code of somebody whose password was right.
#[derive(Debug, Clone)]
pub struct StepPage {
    pub trouble: Option<Trouble>,
    pub language: Locale,
    pub theme: Theme,
}

/// Shows a secret to an authenticator.
#[derive(Clone)]
pub struct SetUpPage {
    /// A `data:` address.
    pub picture: String,
    /// In base32.
    pub secret: String,
    /// The same, sealed, to come back with the code.
    pub offer: String,
    pub trouble: Option<Trouble>,
    pub language: Locale,
    pub theme: Theme,
}

/// Shows the recovery codes, once.
#[derive(Clone)]
pub struct CodesPage {
    pub codes: Vec<String>,
    pub language: Locale,
    pub theme: Theme,
}

/// The page. `POST /login/code` takes `code` or `recovery`.
#[component]
pub fn Step(page: StepPage) -> impl IntoView {
    let i18n = use_i18n();
    let failed = page.trouble.is_some();
    let trouble = page.trouble.map(|trouble| {
        view! {
            <div class="login-error" id="step-error" role="alert" data-testid="step-error">
                {trouble_text(i18n, &trouble)}
            </div>
        }
    });
    view! {
        <main class="login">
            <div class="login-brand">
                <Icon name="pismo" />
                <span>"Pismo"</span>
            </div>
            <div class="login-card">
                <h1>{t_string!(i18n, step.ask_title)}</h1>
                <p>{t_string!(i18n, step.ask_about)}</p>
                {trouble}
                <form class="login-form" method="post" action="/login/code">
                    {code_fields(i18n, failed, true)}
                    <button class="button button-primary" type="submit" data-testid="step-submit">
                        {t_string!(i18n, login.submit)}
                    </button>
                </form>
                <p class="login-privacy">
                    <a href="/login">{t_string!(i18n, step.again)}</a>
                </p>
            </div>
        </main>
    }
}

/// The field for a code, and behind a press the one for a recovery code.
fn code_fields(i18n: Words, failed: bool, focus: bool) -> impl IntoView {
    view! {
        {code_field(i18n, failed, focus, false)}
        <details class="step-recovery">
            <summary data-testid="step-lost">{t_string!(i18n, step.lost)}</summary>
            <div class="field">
                <label for="recovery">{t_string!(i18n, step.recovery)}</label>
                <input
                    id="recovery"
                    name="recovery"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="40"
                    aria-describedby="recovery-about"
                    data-testid="step-recovery"
                />
                <small id="recovery-about">{t_string!(i18n, step.recovery_about)}</small>
            </div>
        </details>
    }
}

fn code_field(i18n: Words, failed: bool, focus: bool, required: bool) -> impl IntoView {
    view! {
        <div class="field">
            <label for="code">{t_string!(i18n, step.code)}</label>
            <input
                id="code"
                name="code"
                inputmode="numeric"
                autocomplete="one-time-code"
                maxlength="20"
                required=required
                autofocus=focus
                aria-invalid=failed.then_some("true")
                aria-describedby=if failed { "step-error code-about" } else { "code-about" }
                data-testid="step-code"
            />
            <small id="code-about">{t_string!(i18n, step.code_about)}</small>
        </div>
    }
}

/// The page. `POST /logins/step` takes `offer` and `code`.
#[component]
pub fn SetUp(page: SetUpPage) -> impl IntoView {
    let i18n = use_i18n();
    let SetUpPage { picture, secret, offer, trouble, .. } = page;
    let failed = trouble.is_some();
    let trouble = trouble.map(|trouble| {
        view! { <div role="alert" class="notice" id="step-error" data-testid="step-error">{trouble_text(i18n, &trouble)}</div> }
    });
    // In groups, as people read it; authenticators pass over the gaps.
    let letters: Vec<char> = secret.chars().collect();
    let secret = letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ");
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, step.title)}</h1>
            {trouble}
            <form method="post" action="/logins/step" class="collector-form" data-testid="step-form">
                <p>{t_string!(i18n, step.scan)}</p>
                <img class="step-picture" src=picture alt=t_string!(i18n, step.picture) data-testid="step-picture" />
                <p>
                    {t_string!(i18n, step.secret)} " " <code class="step-secret" data-testid="step-secret">{secret}</code>
                </p>
                <input type="hidden" name="offer" value=offer />
                {code_field(i18n, failed, true, true)}
                <div class="collector-actions">
                    <button type="submit" class="button button-primary" data-testid="step-confirm">
                        {t_string!(i18n, step.turn_on)}
                    </button>
                </div>
            </form>
        </main>
    }
}

/// The page.
#[component]
pub fn Codes(page: CodesPage) -> impl IntoView {
    let i18n = use_i18n();
    let codes = page.codes.into_iter().map(|code| {
        view! {
            <li>
                <code class="step-secret" data-testid="recovery-code">{code}</code>
            </li>
        }
    });
    view! {
        <main class="server collectors">
            <h1>{t_string!(i18n, step.codes_title)}</h1>
            <p>{t_string!(i18n, step.codes_about)}</p>
            <ol class="step-codes">{codes.collect_view()}</ol>
            <p class="collector-actions">
                <a class="button button-primary" href="/logins" data-testid="step-kept">
                    {t_string!(i18n, step.codes_done)}
                </a>
            </p>
        </main>
    }
}

/// What the page about logins says of the second step: so many recovery codes are left, if it is on.
pub(super) fn section(i18n: Words, left: Option<u32>) -> impl IntoView {
    let content = match left {
        None => view! {
            <p>{t_string!(i18n, step.about)}</p>
            <p class="collector-actions">
                <a class="button" href="/logins/step" data-testid="step-set-up">
                    {t_string!(i18n, step.turn_on)}
                </a>
            </p>
        }
        .into_any(),
        Some(left) => view! {
            <p>{t_string!(i18n, step.on)}</p>
            <p class="collector-source" data-testid="step-left" data-left=left.to_string()>
                {counted!(i18n, step.left, left)}
            </p>
            <details class="collector-remove">
                <summary class="button" data-testid="step-turn-off">{t_string!(i18n, step.turn_off)}</summary>
                <form method="post" action="/logins/step/off" class="collector-form">
                    {code_fields(i18n, false, false)}
                    <div class="collector-actions">
                        <button type="submit" class="button" data-testid="step-turn-off-yes">
                            {t_string!(i18n, step.turn_off)}
                        </button>
                    </div>
                </form>
            </details>
        }
        .into_any(),
    };
    view! {
        <section class="collector" aria-labelledby="step" data-testid="step" data-on=left.is_some().to_string()>
            <h2 id="step">{t_string!(i18n, step.title)}</h2>
            {content}
        </section>
    }
}
