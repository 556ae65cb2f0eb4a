//! What is put into the text at the cursor: templates, emoji.

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{explain::error_text, handler, icon::Icon, menu::Menu},
    wire::{Error, TemplateId},
};

/// The field of plain text.
pub const PLAIN: &str = "compose-text";

/// Those that people use most.
const EMOJI: &str = "😀 😂 🙂 😉 😊 😍 😘 🤗 🤔 😎 😅 😇 🙃 😴 😢 😭 😱 😡 🤷 🤦 👍 👎 👌 👏 🙏 💪 🤝 👋 ✌️ 🤞 ❤️ 💔 🔥 ✨ ⭐ 🎉 🎁 🎂 \
    🍾 ☕ 🍕 🌹 ☀️ 🌧️ ❄️ 🚀 ✈️ 🚗 🏠 💼 📎 📌 📅 📞 💡 💰 ✅ ❌ ❗ ❓";

/// Puts words into the text, formatted or plain, and goes on there.
fn insert(state: State, client: Client, text: &str) {
    if state.composer.html.with_untracked(Option::is_some) {
        return client.insert_text(text);
    }
    let field =
        document().get_element_by_id(PLAIN).and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    let Some(field) = field else { return };
    let start = field.selection_start().ok().flatten().unwrap_or_default();
    // Refused only for a field that is no text.
    drop(field.set_range_text(text));
    let end = start.saturating_add(u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX));
    drop(field.set_selection_range(end, end));
    drop(field.focus());
    state.composer.write(field.value());
    client.edited();
}

/// Signs to choose from.
#[component]
pub fn EmojiButton() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let button = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    let sign = move |sign: &'static str| {
        let choose = move |_| {
            open.set(false);
            insert(state, client, sign);
        };
        view! {
            <button type="button" class="emoji" role="menuitem" tabindex="-1" on:click=handler(choose)>
                {sign}
            </button>
        }
    };
    view! {
        <span class="compose-pop compose-emoji">
            <button
                node_ref=button
                type="button"
                class="icon-button"
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=move || t_string!(i18n, compose.emoji)
                title=move || t_string!(i18n, compose.emoji)
                data-testid="compose-emoji"
                prop:disabled=move || state.composer.sending.get()
                on:click=handler(move |_| open.update(|open| *open = !*open))
            >
                <Icon name="smile" />
            </button>
            {move || {
                open.get()
                    .then(|| {
                        view! {
                            <Menu
                                class="emoji-menu"
                                label=t_string!(i18n, compose.emoji)
                                button
                                on_close=move || open.set(false)
                            >
                                {EMOJI.split(' ').map(sign).collect_view()}
                            </Menu>
                        }
                    })
            }}
        </span>
    }
}

/// Texts to write with. They are asked for when somebody wants one.
#[component]
pub fn TemplatesButton() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let button = NodeRef::<html::Button>::new();
    let found = RwSignal::new(None::<Vec<(TemplateId, String)>>);
    let toggle = move |_| {
        if found.with_untracked(Option::is_some) {
            return found.set(None);
        }
        // The composer may be closed by then.
        client.list_templates(move |templates| drop(found.try_set(Some(templates))));
    };
    view! {
        <span class="compose-pop">
            <button
                node_ref=button
                type="button"
                class="icon-button"
                aria-haspopup="dialog"
                aria-expanded=move || found.with(Option::is_some).to_string()
                aria-label=move || t_string!(i18n, compose.templates)
                title=move || t_string!(i18n, compose.templates)
                data-testid="compose-templates"
                prop:disabled=move || state.composer.sending.get()
                on:click=handler(toggle)
            >
                <Icon name="template" />
            </button>
            {move || found.get().map(|templates| view! { <Templates templates found button /> })}
        </span>
    }
}

#[component]
fn Templates(
    templates: Vec<(TemplateId, String)>,
    found: RwSignal<Option<Vec<(TemplateId, String)>>>,
    button: NodeRef<html::Button>,
) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let trouble = RwSignal::new(None::<Error>);
    let item = move |(id, name): (TemplateId, String)| {
        let choose = move |_| {
            found.set(None);
            client.use_template(id, move |text| insert(state, client, text));
        };
        view! {
            <button
                type="button"
                class="menu-item"
                tabindex="-1"
                data-testid="compose-template"
                on:click=handler(choose)
            >
                {name}
            </button>
        }
    };
    let write = move |event: ev::KeyboardEvent| {
        let name = event_target_value(&event);
        if event.key() == "Enter" && !event.is_composing() && !name.trim().is_empty() {
            event.prevent_default();
            client.keep_template(name, move |kept| match kept {
                Ok(()) => drop(found.try_set(None)),
                Err(error) => drop(trouble.try_set(Some(error))),
            });
        }
    };
    view! {
        <Menu
            class="template-menu"
            role="dialog"
            label=t_string!(i18n, compose.templates)
            button
            on_close=move || found.set(None)
        >
            {templates.into_iter().map(item).collect_view()}
            <input
                type="text"
                class="label-new"
                data-testid="compose-template-keep"
                autocomplete="off"
                maxlength="100"
                enterkeyhint="done"
                aria-label=move || t_string!(i18n, compose.template_keep)
                placeholder=move || t_string!(i18n, compose.template_keep)
                aria-invalid=move || trouble.with(Option::is_some).to_string()
                on:keydown=handler(write)
                on:input=handler(move |_| trouble.set(None))
            />
            // What is being written stays open.
            <a class="menu-item" href="/templates" target="_blank" tabindex="-1">
                {move || t_string!(i18n, compose.templates_page)}
            </a>
            {move || trouble.get().map(|error| view! { <p class="label-unfit" role="alert">{error_text(i18n, &error)}</p> })}
        </Menu>
    }
}
