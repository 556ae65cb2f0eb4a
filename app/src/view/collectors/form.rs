//! The form that adds a collector.

use leptos::prelude::*;

use crate::{
    i18n::*,
    state::Theme,
    view::{
        explain::Explained,
        server::back,
        source::{advice_text, step_text},
    },
    wire::{Error, ProbeStep, SourceAdvice},
};

/// What the form shows. The password never comes back.
#[derive(Debug, Clone)]
pub struct FormPage {
    pub fields: Fields,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
    pub language: Locale,
    pub theme: Theme,
}

/// Why an account cannot be brought.
#[derive(Debug, Clone)]
pub struct Failure {
    pub error: Error,
    /// How far the test of the server came.
    pub step: Option<ProbeStep>,
    /// Which server it was.
    pub host: Option<String>,
    /// What to know of the provider.
    pub advice: Option<SourceAdvice>,
    /// Where an app password is made.
    pub password_page: Option<String>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, step: None, host: None, advice: None, password_page: None }
    }
}

/// What a person fills in, but for the password.
#[derive(Debug, Clone, Default)]
pub struct Fields {
    pub address: String,
    /// The server, as a person types it; empty to have it found.
    pub server: String,
    /// The name to sign in with; empty for the address.
    pub user: String,
    /// The folder below which all is put.
    pub prefix: String,
}

/// Why it did not do, and what to do about it.
#[component]
pub fn Trouble(failure: Failure) -> impl IntoView {
    let i18n = use_i18n();
    let Failure { error, step, host, advice, password_page } = failure;
    let at = step.map(|step| match host {
        Some(host) => format!("{} ({host})", step_text(i18n, step)),
        None => step_text(i18n, step).to_owned(),
    });
    view! {
        <div class="notice" role="alert" data-testid="collector-error">
            {at.map(|at| view! { <p data-testid="collector-step">{at}</p> })}
            <Explained error />
            {advice.map(|advice| view! { <p>{advice_text(i18n, advice)}</p> })}
            {password_page.map(|page| view! {
                <p>
                    <a href=page target="_blank" rel="noopener noreferrer">
                        {t_string!(i18n, login.app_password_link)}
                    </a>
                </p>
            })}
        </div>
    }
}

/// The page. `POST /collectors/add` takes `address`, `password`, `server`, `user` and `prefix`; with `look`,
/// nothing is brought yet.
#[component]
pub fn Form(page: FormPage) -> impl IntoView {
    let i18n = use_i18n();
    let FormPage { fields: Fields { address, server, user, prefix }, failure, .. } = page;
    let error = failure.as_ref().map(|failure| &failure.error);
    let refused = matches!(error, Some(Error::Credentials { .. } | Error::AppPassword { .. }));
    let open = !server.is_empty() || !user.is_empty() || matches!(error, Some(Error::ServerNotKnown));
    let focus_password = !address.is_empty();
    let plain = |name: &'static str, words: &'static str, about: &'static str, value: String| {
        view! {
            <label class="field">
                <span>{words}</span>
                <input
                    name=name
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="300"
                    value=value
                    data-testid=format!("collector-{name}")
                />
                <small>{about}</small>
            </label>
        }
    };
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, collect.add)}</h1>
            <p>{t_string!(i18n, collect.about)}</p>
            {failure.map(|failure| view! { <Trouble failure /> })}
            <form method="post" action="/collectors/add" class="collector-form">
                <label class="field">
                    <span>{t_string!(i18n, login.address)}</span>
                    <input
                        name="address"
                        type="email"
                        inputmode="email"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="320"
                        required
                        autofocus=!focus_password
                        value=address
                        data-testid="collector-address"
                    />
                </label>
                <label class="field">
                    <span>{t_string!(i18n, login.password)}</span>
                    <input
                        name="password"
                        type="password"
                        autocomplete="off"
                        maxlength="1024"
                        required
                        autofocus=focus_password
                        aria-invalid=refused.then_some("true")
                        data-testid="collector-password"
                    />
                </label>
                {plain("prefix", t_string!(i18n, collect.prefix), t_string!(i18n, collect.prefix_about), prefix)}
                <details open=open>
                    <summary>{t_string!(i18n, login.servers)}</summary>
                    {plain("server", t_string!(i18n, collect.server), t_string!(i18n, collect.server_about), server)}
                    {plain("user", t_string!(i18n, collect.user), t_string!(i18n, collect.user_about), user)}
                </details>
                <p class="collector-actions">
                    <button type="submit" class="button button-primary" data-testid="collector-save">
                        {t_string!(i18n, collect.begin)}
                    </button>
                    <button type="submit" class="button" name="look" value="1" data-testid="collector-look">
                        {t_string!(i18n, collect.look)}
                    </button>
                </p>
                <p>{t_string!(i18n, collect.promise)}</p>
            </form>
        </main>
    }
}
