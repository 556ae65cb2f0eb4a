//! Who else writes on a draft, in words.

use crate::view::{Show, handler};
use leptos::prelude::*;

use super::{date::brief_date, icon::Icon, words::Words};
use crate::{
    Client,
    i18n::*,
    state::State,
    wire::{Device, Writer},
};

/// Where a draft is written on, and since when. Reactive.
pub fn writer_text(i18n: Words, state: State, writer: &Writer) -> String {
    let time = brief_date(state, writer.since);
    let Some(device) = &writer.device else {
        return t_string!(i18n, compose.edited_tab, time = time).to_string();
    };
    let phone = device.phone;
    let device = device_name(i18n, device).unwrap_or_else(|| "?".to_owned());
    if phone {
        t_string!(i18n, compose.edited_phone, device = device, time = time).to_string()
    } else {
        t_string!(i18n, compose.edited_other, device = device, time = time).to_string()
    }
}

/// What a device is called, if anything is known of it. Reactive.
pub(super) fn device_name(i18n: Words, device: &Device) -> Option<String> {
    let Device { browser, system, .. } = device;
    match (browser.as_str(), system.as_str()) {
        ("", "") => None,
        ("", one) | (one, "") => Some(one.to_owned()),
        _ => Some(t_string!(i18n, compose.device, browser = browser.clone(), system = system.clone()).to_string()),
    }
}

/// Says in the composer that somebody goes on with the draft elsewhere, and takes it back.
#[component]
pub fn Lost() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let lost = state.composer.lost;
    Effect::new(move |_| {
        if lost.with(Option::is_some) {
            client.step_back();
        }
    });
    view! {
        <Show when=move || lost.with(Option::is_some)>
            <div class="compose-lost" role="alert" data-testid="compose-lost">
                <Icon name="pen" />
                <p>{move || lost.get().map(|writer| writer_text(i18n, state, &writer))}</p>
                <button
                    type="button"
                    class="button button-primary button-small"
                    data-testid="compose-take-back"
                    on:click=handler(move |_| client.take_back())
                >
                    {move || t_string!(i18n, compose.go_on_here)}
                </button>
            </div>
        </Show>
    }
}
