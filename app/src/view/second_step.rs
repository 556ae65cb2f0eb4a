//! The second step of signing in: asked for, and turned on and off. But for passkeys (`passkeys.rs`), the pages need no script.

use leptos::prelude::*;

use super::{
    icon::Icon,
    logins::{Trouble, trouble_text},
    passkeys::{self, Asking, PasskeyCard, PasskeyWay, Ways, asking, called},
    server::back,
    words::{Words, counted},
};
use crate::{i18n::*, state::Theme};

/// Asks for the second step of somebody whose password was right.
#[derive(Debug, Clone)]
pub struct StepPage {
    pub ways: Ways,
    pub trouble: Option<Trouble>,
    pub language: Locale,
    pub theme: Theme,
}

/// Asks for it before something is done about it.
#[derive(Debug, Clone)]
pub struct ProofPage {
    pub proving: Proving,
    pub ways: Ways,
    pub trouble: Option<Trouble>,
    pub language: Locale,
    pub theme: Theme,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proving {
    /// Codes are turned on.
    Code,
    /// A passkey is added.
    Passkey,
    Removal {
        id: String,
        name: String,
    },
}

impl Proving {
    /// For the form.
    pub fn name(&self) -> &'static str {
        match self {
            Proving::Code => "code",
            Proving::Passkey => "passkey",
            Proving::Removal { .. } => "removal",
        }
    }
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

/// The page. `POST /login/code` takes `passkey`, `code` or `recovery`.
#[component]
pub fn Step(page: StepPage) -> impl IntoView {
    let i18n = use_i18n();
    let StepPage { ways, trouble, .. } = page;
    let (title, about) = if ways.passkey == PasskeyWay::Here {
        (t_string!(i18n, passkey.ask_title), t_string!(i18n, passkey.ask_about))
    } else if ways.code {
        (t_string!(i18n, step.ask_title), t_string!(i18n, step.ask_about))
    } else {
        (t_string!(i18n, step.title), t_string!(i18n, passkey.ask_recovery))
    };
    // Where a passkey is offered, that is the button that stands out.
    let submit = submit_button(t_string!(i18n, login.submit), ways.passkey != PasskeyWay::Here, "step-submit");
    let fields = proof_fields(i18n, &ways, trouble.as_ref(), Asking::AtSignIn, submit);
    let trouble = trouble.map(|trouble| {
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
                <h1>{title}</h1>
                <p>{about}</p>
                {trouble}
                <form class="login-form" method="post" action="/login/code">
                    {fields}
                </form>
                <p class="login-privacy">
                    <a href="/login">{t_string!(i18n, step.again)}</a>
                </p>
            </div>
        </main>
    }
}

/// The page. `POST /logins/proof` takes `passkey`, `code` or `recovery` with `next`; `POST /logins/passkeys/{id}/remove` takes the
/// former.
#[component]
pub fn Proof(page: ProofPage) -> impl IntoView {
    let i18n = use_i18n();
    let ProofPage { proving, ways, trouble, .. } = page;
    let (title, action, submit) = match &proving {
        Proving::Code => (t_string!(i18n, step.codes_on).to_owned(), None, t_string!(i18n, step.go_on)),
        Proving::Passkey => (t_string!(i18n, passkey.add).to_owned(), None, t_string!(i18n, step.go_on)),
        Proving::Removal { id, name } => (
            t_string!(i18n, passkey.remove_named, name = called(i18n, name)).to_string(),
            Some(format!("/logins/passkeys/{id}/remove")),
            t_string!(i18n, passkey.remove),
        ),
    };
    let submit = submit_button(submit, ways.passkey != PasskeyWay::Here, "step-submit");
    let fields = proof_fields(i18n, &ways, trouble.as_ref(), Asking::Proof(true), submit);
    let trouble = trouble.map(|trouble| {
        view! { <div role="alert" class="notice" id="step-error" data-testid="step-error">{trouble_text(i18n, &trouble)}</div> }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{title}</h1>
            {trouble}
            <form
                method="post"
                action=action.unwrap_or_else(|| "/logins/proof".to_owned())
                class="collector-form"
                data-testid="step-proof"
            >
                <p>{t_string!(i18n, step.prove)}</p>
                <input type="hidden" name="next" value=proving.name() />
                {fields}
                <div class="collector-actions">
                    <a class="button" href="/logins">
                        {t_string!(i18n, step.leave)}
                    </a>
                </div>
            </form>
        </main>
    }
}

/// Sends what was typed.
fn submit_button(words: &'static str, stands_out: bool, test: &'static str) -> AnyView {
    let class = if stands_out { "button button-primary" } else { "button" };
    view! {
        <button type="submit" class=class data-testid=test>
            {words}
        </button>
    }
    .into_any()
}

/// All that a person may show: a passkey, a code, and behind a press a recovery code. The button is where there is something to type:
/// pressed with nothing typed, it would count as a wrong code.
fn proof_fields(
    i18n: Words,
    ways: &Ways,
    trouble: Option<&Trouble>,
    with: Asking,
    submit: AnyView,
) -> impl IntoView + use<> {
    let first = match &ways.passkey {
        PasskeyWay::None => None,
        PasskeyWay::Here => Some(asking(i18n, with).into_any()),
        PasskeyWay::Elsewhere(host) => {
            let words = t_string!(i18n, passkey.elsewhere, host = host.clone()).to_string();
            Some(view! { <p class="passkey-note" data-testid="passkey-elsewhere">{words}</p> }.into_any())
        }
    };
    // What is in front has the focus, unless it is not what the page is about.
    let (here, about) = (ways.passkey == PasskeyWay::Here, with != Asking::Proof(false));
    let failed = trouble.is_some_and(|trouble| *trouble != Trouble::WrongPasskey);
    let code = ways.code.then(|| code_field(i18n, failed, about && !here, false));
    let lost = if ways.code && ways.passkey == PasskeyWay::None {
        t_string!(i18n, step.lost)
    } else if ways.code {
        t_string!(i18n, passkey.lost_both)
    } else {
        t_string!(i18n, passkey.lost)
    };
    let is_all = !ways.code && !here;
    let (within, behind) = if ways.code || is_all { (None, Some(submit)) } else { (Some(submit), None) };
    view! {
        {first}
        {code}
        <details class="step-recovery" open=is_all>
            <summary data-testid="step-lost">{lost}</summary>
            <div class="field">
                <label for="recovery">{t_string!(i18n, step.recovery)}</label>
                <input
                    id="recovery"
                    name="recovery"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="40"
                    required=!ways.code
                    aria-describedby="recovery-about"
                    data-testid="step-recovery"
                />
                <small id="recovery-about">{t_string!(i18n, step.recovery_about)}</small>
            </div>
            {within}
        </details>
        {behind}
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

/// What the page about logins says of the second step: so many recovery codes are left, if it is on, and these are the passkeys.
pub(super) fn section(
    i18n: Words,
    clock: Option<i32>,
    left: Option<u32>,
    ways: &Ways,
    cards: Vec<PasskeyCard>,
) -> impl IntoView + use<> {
    let state = match left {
        None => view! { <p>{t_string!(i18n, step.about)}</p> }.into_any(),
        Some(left) => view! {
            <p>{t_string!(i18n, step.on)}</p>
            <p class="collector-source" data-testid="step-left" data-left=left.to_string()>
                {counted!(i18n, step.left, left)}
            </p>
        }
        .into_any(),
    };
    let codes = if ways.code {
        view! {
            <details class="collector-remove">
                <summary class="button" data-testid="step-turn-off">{t_string!(i18n, step.turn_off)}</summary>
                <form method="post" action="/logins/step/off" class="collector-form">
                    {proof_fields(
                        i18n,
                        ways,
                        None,
                        Asking::Proof(false),
                        submit_button(t_string!(i18n, step.turn_off), false, "step-turn-off-yes"),
                    )}
                </form>
            </details>
        }
        .into_any()
    } else {
        view! {
            <p class="collector-actions">
                <a class="button" href="/logins/step" data-testid="step-set-up">
                    {t_string!(i18n, step.turn_on)}
                </a>
            </p>
        }
        .into_any()
    };
    view! {
        <section class="collector" aria-labelledby="step" data-testid="step" data-on=left.is_some().to_string()>
            <h2 id="step">{t_string!(i18n, step.title)}</h2>
            {state}
            <h3>{t_string!(i18n, passkey.title)}</h3>
            {passkeys::list(i18n, clock, cards)}
            <h3>{t_string!(i18n, step.codes)}</h3>
            {codes}
        </section>
    }
}
