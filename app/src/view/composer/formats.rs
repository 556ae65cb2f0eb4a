//! Formatted text: the frame of the editor, and the buttons above it.

use crate::view::{Show, handler};
use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    Client,
    i18n::*,
    state::State,
    view::{icon::Icon, words::Words},
};

/// Where formatted text is written: a page of its own, without an origin and without the network.
#[component]
pub fn Editor() -> impl IntoView {
    let i18n = use_i18n();
    view! {
        <iframe
            id="compose-frame"
            class="compose-body"
            src="/editor"
            sandbox="allow-scripts"
            title=move || t_string!(i18n, compose.body)
            data-testid="compose-body"
            data-mode="formatted"
        ></iframe>
    }
}

/// A button: what it asks of the editor, what is on it, and its words.
type Button = (&'static str, &'static str, Face, fn(Words) -> &'static str);

#[derive(Clone, Copy)]
enum Face {
    Letter(&'static str),
    Picture(&'static str),
}

const LOOKS: [Button; 4] = [
    ("bold", "", Face::Letter("B"), |i18n| t_string!(i18n, format.bold)),
    ("italic", "", Face::Letter("I"), |i18n| t_string!(i18n, format.italic)),
    ("underline", "", Face::Letter("U"), |i18n| t_string!(i18n, format.underline)),
    ("strike", "", Face::Letter("S"), |i18n| t_string!(i18n, format.strike)),
];

const BLOCKS: [Button; 10] = [
    ("bullets", "", Face::Picture("list"), |i18n| t_string!(i18n, format.bullets)),
    ("numbers", "", Face::Picture("list-ordered"), |i18n| t_string!(i18n, format.numbers)),
    ("quote", "", Face::Picture("quote"), |i18n| t_string!(i18n, format.quote)),
    ("unquote", "", Face::Picture("unquote"), |i18n| t_string!(i18n, format.unquote)),
    ("code", "", Face::Picture("source"), |i18n| t_string!(i18n, format.code)),
    ("align", "left", Face::Picture("align-left"), |i18n| t_string!(i18n, format.left)),
    ("align", "center", Face::Picture("align-center"), |i18n| t_string!(i18n, format.center)),
    ("align", "right", Face::Picture("align-right"), |i18n| t_string!(i18n, format.right)),
    ("direction", "", Face::Letter("¶"), |i18n| t_string!(i18n, format.direction)),
    ("clear", "", Face::Picture("eraser"), |i18n| t_string!(i18n, format.clear)),
];

/// Sizes of letters in pixels; an empty one is that of the rest.
const SIZES: [&str; 4] = ["13px", "", "19px", "26px"];

/// Colours of letters and behind them, that can be read on white and on black; an empty one is that of the rest.
const COLOURS: [&str; 8] = ["", "#d1242f", "#bc4c00", "#9a6700", "#1a7f37", "#0969da", "#8250df", "#6e7781"];
const MARKS: [&str; 5] = ["", "#fff3a3", "#c9f2d0", "#cfe5ff", "#ffd6e0"];

/// The buttons.
#[component]
pub fn Formats() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let composer = state.composer;
    let button = move |(name, value, face, words): Button| {
        let on = Memo::new(move |_| composer.looks.with(|looks| looks.iter().any(|look| look == name)));
        let pressed = value.is_empty().then_some(move || on.get().to_string());
        view! {
            <button
                type="button"
                class="icon-button"
                data-format=name
                aria-label=move || words(i18n)
                title=move || words(i18n)
                aria-pressed=pressed
                on:click=handler(move |_| client.format(name, value))
            >
                {match face {
                    Face::Letter(letter) => view! { <span class="format-letter">{letter}</span> }.into_any(),
                    Face::Picture(name) => view! { <Icon name=name /> }.into_any(),
                }}
            </button>
        }
    };
    view! {
        <div
            class="formats"
            role="toolbar"
            aria-label=move || t_string!(i18n, format.title)
            data-testid="compose-formats"
            // A look that was chosen before anything is written with it goes when the text loses the focus.
            on:mousedown=handler(|event: ev::MouseEvent| {
                let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
                if target.is_some_and(|target| matches!(target.closest("button"), Ok(Some(_)))) {
                    event.prevent_default();
                }
            })
        >
            {LOOKS.map(button).collect_view()}
            <Choice name="size" values=&SIZES words=size_words label=|i18n| t_string!(i18n, format.size) />
            <Choice name="colour" values=&COLOURS words=colour_words label=|i18n| t_string!(i18n, format.colour) />
            <Choice name="mark" values=&MARKS words=mark_words label=|i18n| t_string!(i18n, format.mark) />
            <button
                type="button"
                class="icon-button"
                data-format="link"
                aria-label=move || t_string!(i18n, format.link)
                title=move || format!("{} (Ctrl+K)", t_string!(i18n, format.link))
                aria-pressed=move || composer.looks.with(|looks| looks.iter().any(|look| look == "link")).to_string()
                on:click=handler(move |_| composer.linking.update(|linking| *linking = !*linking))
            >
                <Icon name="link" />
            </button>
            <span class="icon-button compose-attach" title=move || t_string!(i18n, format.picture)>
                <Icon name="image" />
                <input
                    type="file"
                    accept="image/png,image/jpeg,image/gif,image/webp"
                    aria-label=move || t_string!(i18n, format.picture)
                    data-testid="compose-picture"
                    on:change:target=move |event| {
                        if let Some(file) = event.target().files().and_then(|files| files.get(0)) {
                            client.place_picture(&file);
                        }
                        event.target().set_value("");
                    }
                />
            </span>
            {BLOCKS.map(button).collect_view()}
            <button
                type="button"
                class="button button-quiet button-small"
                data-testid="compose-plain"
                title=move || t_string!(i18n, format.plain_hint)
                on:click=handler(move |_| client.write_plain())
            >
                {move || t_string!(i18n, format.plain)}
            </button>
        </div>
        <Show when=move || composer.linking.get()>
            <Link />
        </Show>
    }
}

/// One of some values.
#[component]
fn Choice(
    name: &'static str,
    values: &'static [&'static str],
    words: fn(Words, &str) -> &'static str,
    label: fn(Words) -> &'static str,
) -> impl IntoView {
    let (i18n, client) = (use_i18n(), expect_context::<Client>());
    let options = values.iter().map(|value| view! { <option value=*value>{move || words(i18n, value)}</option> });
    view! {
        <select
            class="format-choice"
            data-format=name
            aria-label=move || label(i18n)
            title=move || label(i18n)
            on:change:target=move |event| {
                let chosen = event.target().value();
                client.format(name, chosen.strip_prefix('-').unwrap_or(&chosen));
                event.target().set_value("-");
            }
        >
            // What the text at the cursor has is seen there.
            <option value="-" disabled hidden selected>
                {move || label(i18n)}
            </option>
            {options.collect_view()}
        </select>
    }
}

fn size_words(i18n: Words, value: &str) -> &'static str {
    match value {
        "13px" => t_string!(i18n, format.small),
        "19px" => t_string!(i18n, format.large),
        "26px" => t_string!(i18n, format.huge),
        _ => t_string!(i18n, format.normal),
    }
}

fn colour_words(i18n: Words, value: &str) -> &'static str {
    match value {
        "#d1242f" => t_string!(i18n, format.red),
        "#bc4c00" => t_string!(i18n, format.orange),
        "#9a6700" => t_string!(i18n, format.brown),
        "#1a7f37" | "#c9f2d0" => t_string!(i18n, format.green),
        "#0969da" | "#cfe5ff" => t_string!(i18n, format.blue),
        "#8250df" => t_string!(i18n, format.violet),
        "#6e7781" => t_string!(i18n, format.grey),
        "#fff3a3" => t_string!(i18n, format.yellow),
        "#ffd6e0" => t_string!(i18n, format.pink),
        _ => t_string!(i18n, format.usual),
    }
}

fn mark_words(i18n: Words, value: &str) -> &'static str {
    if value.is_empty() { t_string!(i18n, format.none) } else { colour_words(i18n, value) }
}

/// Where a link leads.
#[component]
fn Link() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let linking = state.composer.linking;
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            drop(field.focus());
        }
    });
    let close = move || {
        linking.set(false);
        client.focus_editor();
    };
    let done = move || {
        let typed = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if let Some(address) = address(&typed) {
            client.format("link", &address);
        }
        close();
    };
    let is_link = move || state.composer.looks.with(|looks| looks.iter().any(|look| look == "link"));
    view! {
        <div class="compose-link">
            <label for="compose-link">{move || t_string!(i18n, format.link_to)}</label>
            <input
                node_ref=field
                id="compose-link"
                type="text"
                inputmode="url"
                autocomplete="off"
                autocapitalize="none"
                placeholder="https://"
                data-testid="compose-link"
                on:keydown=handler(move |event: ev::KeyboardEvent| match event.key().as_str() {
                    "Enter" => {
                        event.prevent_default();
                        event.stop_propagation();
                        done();
                    }
                    "Escape" => {
                        event.prevent_default();
                        event.stop_propagation();
                        close();
                    }
                    _ => {}
                })
            />
            <button type="button" class="button button-small" on:click=handler(move |_| done())>
                {move || t_string!(i18n, format.link_set)}
            </button>
            <Show when=is_link>
                <button
                    type="button"
                    class="button button-quiet button-small"
                    on:click=handler(move |_| {
                        client.format("link", "");
                        close();
                    })
                >
                    {move || t_string!(i18n, format.unlink)}
                </button>
            </Show>
        </div>
    }
}

/// What was typed as an address that a link can have; none for nothing.
fn address(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let has_scheme = ["http://", "https://", "mailto:"].iter().any(|scheme| typed.to_lowercase().starts_with(scheme));
    match typed {
        "" => None,
        _ if has_scheme => Some(typed.to_owned()),
        _ if typed.contains('@') && !typed.contains('/') => Some(format!("mailto:{typed}")),
        _ => Some(format!("https://{}", typed.trim_start_matches('/'))),
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn what_is_typed_becomes_an_address() {
        for (typed, expected) in [
            ("", None),
            (" example.org/a ", Some("https://example.org/a")),
            ("HTTPS://example.org", Some("HTTPS://example.org")),
            ("ana@example.org", Some("mailto:ana@example.org")),
            ("javascript:alert(1)", Some("https://javascript:alert(1)")),
        ] {
            assert_eq!(address(typed).as_deref(), expected, "{typed}");
        }
    }
}
