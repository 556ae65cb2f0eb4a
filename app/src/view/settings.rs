//! What a person can choose: the language and the colours.

use crate::view::handler;
use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::{State, Theme},
};

/// The sheet of settings.
#[component]
pub fn SettingsSheet() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let languages = [(Locale::en, "English"), (Locale::ru, "Русский")].map(|(locale, name)| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="language"
                    prop:checked=move || state.language.get() == locale
                    on:change=handler(move |_| client.choose_language(locale))
                />
                <span lang=locale_tag(locale)>{name}</span>
            </label>
        }
    });
    let themes = [Theme::System, Theme::Light, Theme::Dark].map(|theme| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="theme"
                    prop:checked=move || state.theme.get() == theme
                    on:change=handler(move |_| client.choose_theme(theme))
                />
                <span>
                    {move || match theme {
                        Theme::System => t_string!(i18n, app.theme_auto),
                        Theme::Light => t_string!(i18n, app.theme_light),
                        Theme::Dark => t_string!(i18n, app.theme_dark),
                    }}
                </span>
            </label>
        }
    });
    view! {
        <fieldset class="choices">
            <legend>{move || t_string!(i18n, app.language)}</legend>
            {languages}
        </fieldset>
        <fieldset class="choices">
            <legend>{move || t_string!(i18n, app.theme)}</legend>
            {themes}
        </fieldset>
        <p>
            <a href="/server" data-testid="server-page">
                {move || t_string!(i18n, server.title)}
            </a>
        </p>
    }
}

/// For `lang` attributes and the cookie.
pub fn locale_tag(locale: Locale) -> &'static str {
    match locale {
        Locale::en => "en",
        Locale::ru => "ru",
    }
}
