//! The form that adds a collector.

use leptos::prelude::*;

use crate::{
    i18n::*,
    providers::provider_of,
    state::Theme,
    view::{explain::Explained, server::back},
    wire::Error,
};

/// What the form shows. The password never comes back.
#[derive(Debug, Clone)]
pub struct FormPage {
    pub fields: Fields,
    /// Why the last attempt failed.
    pub error: Option<Error>,
    pub language: Locale,
    pub theme: Theme,
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

/// The page. `POST /collectors/add` takes `address`, `password`, `server`, `user` and `prefix`.
#[component]
pub fn Form(page: FormPage) -> impl IntoView {
    let i18n = use_i18n();
    let FormPage { fields: Fields { address, server, user, prefix }, error, .. } = page;
    let refused = matches!(error, Some(Error::Credentials { .. }));
    let app_password = refused.then(|| provider_of(&address)).flatten().and_then(|provider| {
        let url = provider.app_password_url?;
        Some(view! {
            <p>
                {t_string!(i18n, login.app_password, provider = provider.name)} " "
                <a href=url target="_blank" rel="noopener noreferrer">
                    {t_string!(i18n, login.app_password_link)}
                </a>
            </p>
        })
    });
    let open = !server.is_empty() || !user.is_empty() || matches!(error, Some(Error::ServerNotKnown));
    let focus_password = !address.is_empty();
    let trouble = error.map(|error| {
        view! {
            <div class="notice" role="alert" data-testid="collector-error">
                <Explained error />
                {app_password}
            </div>
        }
    });
    view! {
        <main class="server collectors">
            {back(i18n)}
            <h1>{t_string!(i18n, collect.add)}</h1>
            <p>{t_string!(i18n, collect.about)}</p>
            {trouble}
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
                <label class="field">
                    <span>{t_string!(i18n, collect.prefix)}</span>
                    <input name="prefix" autocomplete="off" maxlength="200" value=prefix data-testid="collector-prefix" />
                    <small>{t_string!(i18n, collect.prefix_about)}</small>
                </label>
                <details open=open>
                    <summary>{t_string!(i18n, login.servers)}</summary>
                    <label class="field">
                        <span>{t_string!(i18n, collect.server)}</span>
                        <input
                            name="server"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="300"
                            value=server
                            data-testid="collector-server"
                        />
                        <small>{t_string!(i18n, collect.server_about)}</small>
                    </label>
                    <label class="field">
                        <span>{t_string!(i18n, collect.user)}</span>
                        <input
                            name="user"
                            autocomplete="off"
                            autocapitalize="none"
                            spellcheck="false"
                            maxlength="320"
                            value=user
                            data-testid="collector-user"
                        />
                        <small>{t_string!(i18n, collect.user_about)}</small>
                    </label>
                </details>
                <p>
                    <button type="submit" class="button button-primary" data-testid="collector-save">
                        {t_string!(i18n, collect.begin)}
                    </button>
                </p>
                <p>{t_string!(i18n, collect.promise)}</p>
            </form>
        </main>
    }
}
