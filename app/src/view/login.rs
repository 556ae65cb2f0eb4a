//! The page to sign in on: a plain form, which needs no script.

use leptos::prelude::*;

use super::{explain::Explained, icon::Icon, settings::locale_tag};
use crate::{
    i18n::*,
    providers::{PROVIDERS, provider_of},
    state::Theme,
    wire::Error,
};

/// What the form shows. The password never comes back.
#[derive(Debug, Clone)]
pub struct LoginPage {
    /// Why the last attempt failed.
    pub error: Option<Error>,
    pub address: String,
    /// Whether the administrator chose the mail servers.
    pub fixed_server: bool,
    pub imap: String,
    pub smtp: String,
    pub language: Locale,
    pub theme: Theme,
    /// The address to go to afterwards.
    pub next: String,
}

/// The page. `POST /login` takes `address`, `password`, `imap`, `smtp` and `next`; `GET /login?language=` another
/// language.
#[component]
pub fn Login(login: LoginPage) -> impl IntoView {
    let i18n = use_i18n();
    let LoginPage { error, address, fixed_server, imap, smtp, language, theme: _, next } = login;
    let unknown = error == Some(Error::ServerNotKnown);
    let refused = error.as_ref().is_some_and(Error::is_about_password);
    let app_password =
        refused.then(|| provider_of(&address)).flatten().filter(|known| known.wants_app_password()).and_then(
            |provider| {
                let url = provider.app_password_url?;
                Some(view! {
                    <p>
                        {t_string!(i18n, login.app_password, provider = provider.name)} " "
                        <a href=url target="_blank" rel="noopener noreferrer">
                            {t_string!(i18n, login.app_password_link)}
                        </a>
                    </p>
                })
            },
        );
    let trouble = error.map(|error| {
        view! {
            <div class="login-error" id="login-error" role="alert" data-testid="login-error">
                <Explained error=error />
                {app_password}
            </div>
        }
    });
    let failed = trouble.is_some();
    let focus_password = !address.is_empty();
    let languages = [(Locale::en, "English"), (Locale::ru, "Русский")].map(|(locale, name)| {
        let tag = locale_tag(locale);
        view! {
            <a
                href=format!("/login?language={tag}")
                lang=tag
                hreflang=tag
                aria-current=(locale == language).then_some("true")
            >
                {name}
            </a>
        }
    });
    view! {
        <main class="login">
            <div class="login-brand">
                <Icon name="pismo" />
                <span>"Pismo"</span>
            </div>
            <div class="login-card">
                <h1>{t_string!(i18n, login.title)}</h1>
                {trouble}
                <form class="login-form" method="post" action="/login">
                    <input type="hidden" name="next" value=next />
                    <div class="field">
                        <label for="address">{t_string!(i18n, login.address)}</label>
                        <input
                            id="address"
                            name="address"
                            type="email"
                            inputmode="email"
                            autocomplete="username"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="320"
                            required
                            autofocus=!focus_password
                            value=address
                            aria-invalid=refused.then_some("true")
                            aria-describedby=failed.then_some("login-error")
                            data-testid="login-address"
                        />
                    </div>
                    <div class="field">
                        <label for="password">{t_string!(i18n, login.password)}</label>
                        <input
                            id="password"
                            name="password"
                            type="password"
                            autocomplete="current-password"
                            maxlength="1024"
                            required
                            autofocus=focus_password
                            aria-invalid=refused.then_some("true")
                            aria-describedby=failed.then_some("login-error")
                            data-testid="login-password"
                        />
                    </div>
                    {(!fixed_server).then(|| view! { <Servers imap=imap smtp=smtp open=unknown /> })}
                    <button class="button button-primary" type="submit" data-testid="login-submit">
                        {t_string!(i18n, login.submit)}
                    </button>
                </form>
                <p class="login-privacy">{t_string!(i18n, login.privacy)}</p>
            </div>
            <nav class="login-languages" aria-label=t_string!(i18n, app.language)>
                {languages}
            </nav>
        </main>
    }
}

/// Where the mail is, for those whose servers are not found.
#[component]
fn Servers(imap: String, smtp: String, open: bool) -> impl IntoView {
    let i18n = use_i18n();
    let open = open || !imap.is_empty() || !smtp.is_empty();
    let options = |server: fn(&crate::providers::Provider) -> &'static str| {
        PROVIDERS
            .iter()
            .filter(|provider| provider.is_reachable())
            .map(|provider| view! { <option value=server(provider)>{provider.name}</option> })
            .collect_view()
    };
    view! {
        <details class="login-servers" open=open>
            <summary>{t_string!(i18n, login.servers)}</summary>
            <div>
                <p>
                    <small>{t_string!(i18n, login.servers_hint)}</small>
                </p>
                <div class="field">
                    <label for="imap">{t_string!(i18n, login.imap)}</label>
                    <input
                        id="imap"
                        name="imap"
                        list="imap-servers"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="300"
                        value=imap
                        aria-describedby="imap-hint"
                    />
                    <small id="imap-hint">{t_string!(i18n, login.imap_hint)}</small>
                    <datalist id="imap-servers">{options(|provider| provider.imap)}</datalist>
                </div>
                <div class="field">
                    <label for="smtp">{t_string!(i18n, login.smtp)}</label>
                    <input
                        id="smtp"
                        name="smtp"
                        list="smtp-servers"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        maxlength="300"
                        value=smtp
                        aria-describedby="smtp-hint"
                    />
                    <small id="smtp-hint">{t_string!(i18n, login.smtp_hint)}</small>
                    <datalist id="smtp-servers">{options(|provider| provider.smtp)}</datalist>
                </div>
            </div>
        </details>
    }
}
