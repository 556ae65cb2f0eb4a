//! What a person can choose: the language, the colours, how conversations are shown, and how long Send can be undone.

use crate::view::handler;
use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::{HOLDS, State, Theme, Threading, Writing},
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
    let threadings = Threading::ALL.map(|threading| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="threading"
                    value=threading.name()
                    prop:checked=move || state.threading.get() == threading
                    on:change=handler(move |_| client.choose_threading(threading))
                />
                <span>
                    {move || match threading {
                        Threading::OldestFirst => t_string!(i18n, settings.oldest_first),
                        Threading::NewestFirst => t_string!(i18n, settings.newest_first),
                        Threading::Off => t_string!(i18n, settings.alone),
                    }}
                </span>
            </label>
        }
    });
    let writings = Writing::ALL.map(|writing| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="writing"
                    value=writing.name()
                    prop:checked=move || state.writing.get() == writing
                    on:change=handler(move |_| client.choose_writing(writing))
                />
                <span>
                    {move || match writing {
                        Writing::AsNeeded => t_string!(i18n, settings.as_needed),
                        Writing::Formatted => t_string!(i18n, settings.formatted),
                        Writing::Plain => t_string!(i18n, settings.plain),
                    }}
                </span>
            </label>
        }
    });
    let holds = HOLDS.map(|hold| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="undo-send"
                    value=hold.to_string()
                    prop:checked=move || state.hold.get() == hold
                    on:change=handler(move |_| client.choose_hold(hold))
                />
                <span>
                    {move || match hold {
                        0 => t_string!(i18n, settings.hold_off).to_owned(),
                        _ => t_string!(i18n, settings.hold_seconds, count = hold).to_string(),
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
        <fieldset class="choices">
            <legend>{move || t_string!(i18n, settings.threading)}</legend>
            {threadings}
        </fieldset>
        <fieldset class="choices">
            <legend>{move || t_string!(i18n, settings.writing)}</legend>
            {writings}
        </fieldset>
        <fieldset class="choices choices-short" data-testid="undo-send">
            <legend>{move || t_string!(i18n, settings.hold)}</legend>
            {holds}
        </fieldset>
        <p>
            <a href="/collectors" data-testid="collectors-open">
                {move || t_string!(i18n, collect.title)}
            </a>
        </p>
        <p>
            <a href="/contacts" data-testid="contacts-open">
                {move || t_string!(i18n, contacts.title)}
            </a>
        </p>
        <p>
            <a href="/identities" data-testid="identities-open">
                {move || t_string!(i18n, identities.title)}
            </a>
        </p>
        <p>
            <a href="/templates" data-testid="templates-open">
                {move || t_string!(i18n, templates.title)}
            </a>
        </p>
        <p>
            <a href="/pictures" data-testid="pictures-open">
                {move || t_string!(i18n, pictures.title)}
            </a>
        </p>
        <p>
            <a href="/logins" data-testid="logins-open">
                {move || t_string!(i18n, logins.title)}
            </a>
        </p>
        <p>
            <a href="/folders" data-testid="folders-page">
                {move || t_string!(i18n, folders.title)}
            </a>
        </p>
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
