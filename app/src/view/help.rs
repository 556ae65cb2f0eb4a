//! The sheet of keyboard shortcuts. What the keys do is in `keyboard.rs`.

use leptos::prelude::*;

use super::{dialog::Modal, words::Words};
use crate::{i18n::*, state::State};

/// What it does, and its keys: words between keys are `or`, `then` and `plus`.
type Shortcut = (fn(Words) -> &'static str, &'static [Key]);

#[derive(Clone, Copy)]
enum Key {
    /// A letter or sign, the same in every language.
    Sign(&'static str),
    Or,
    Then,
    Plus,
}

use Key::{Or, Plus, Sign, Then};

const GO: &[Shortcut] = &[
    (|i18n| t_string!(i18n, help.next), &[Sign("j"), Or, Sign("↓")]),
    (|i18n| t_string!(i18n, help.previous), &[Sign("k"), Or, Sign("↑")]),
    (|i18n| t_string!(i18n, help.home), &[Sign("Home")]),
    (|i18n| t_string!(i18n, help.end), &[Sign("End")]),
    (|i18n| t_string!(i18n, help.open), &[Sign("Enter"), Or, Sign("o")]),
    (|i18n| t_string!(i18n, help.close), &[Sign("Esc"), Or, Sign("u")]),
    (|i18n| t_string!(i18n, help.search), &[Sign("/")]),
    (|i18n| t_string!(i18n, help.go_inbox), &[Sign("g"), Then, Sign("i")]),
    (|i18n| t_string!(i18n, help.go_starred), &[Sign("g"), Then, Sign("s")]),
    (|i18n| t_string!(i18n, help.go_drafts), &[Sign("g"), Then, Sign("d")]),
    (|i18n| t_string!(i18n, help.go_sent), &[Sign("g"), Then, Sign("t")]),
];

const ACT: &[Shortcut] = &[
    (|i18n| t_string!(i18n, help.select), &[Sign("x")]),
    (|i18n| t_string!(i18n, help.select_range), &[Sign("Shift"), Plus, Sign("x")]),
    (|i18n| t_string!(i18n, help.select_all), &[Sign("Ctrl"), Plus, Sign("a")]),
    (|i18n| t_string!(i18n, help.archive), &[Sign("e")]),
    (|i18n| t_string!(i18n, help.delete), &[Sign("#"), Or, Sign("Del")]),
    (|i18n| t_string!(i18n, help.junk), &[Sign("!")]),
    (|i18n| t_string!(i18n, help.flag), &[Sign("s")]),
    (|i18n| t_string!(i18n, help.unread), &[Sign("Shift"), Plus, Sign("u")]),
    (|i18n| t_string!(i18n, help.read), &[Sign("Shift"), Plus, Sign("i")]),
    (|i18n| t_string!(i18n, help.relocate), &[Sign("v")]),
    (|i18n| t_string!(i18n, help.label), &[Sign("l")]),
    (|i18n| t_string!(i18n, help.label_known), &[Sign("1 – 5")]),
    (|i18n| t_string!(i18n, help.undo), &[Sign("z")]),
    (|i18n| t_string!(i18n, help.print), &[Sign("Ctrl"), Plus, Sign("p")]),
];

const WRITE: &[Shortcut] = &[
    (|i18n| t_string!(i18n, help.compose), &[Sign("c")]),
    (|i18n| t_string!(i18n, help.reply), &[Sign("r")]),
    (|i18n| t_string!(i18n, help.reply_all), &[Sign("a")]),
    (|i18n| t_string!(i18n, help.forward), &[Sign("f")]),
    (|i18n| t_string!(i18n, help.send), &[Sign("Ctrl"), Plus, Sign("Enter")]),
    (|i18n| t_string!(i18n, help.set_aside), &[Sign("Esc")]),
    (|i18n| t_string!(i18n, help.help), &[Sign("?")]),
];

/// All shortcuts, in groups.
#[component]
pub fn Help() -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let close = move || state.dialog.set(None);
    view! {
        <Modal title=move || t_string!(i18n, help.title).to_string() size="wide" on_close=close>
            <div class="help-groups">
                <Group title=move || t_string!(i18n, help.group_go) shortcuts=GO />
                <Group title=move || t_string!(i18n, help.group_act) shortcuts=ACT />
                <Group title=move || t_string!(i18n, help.group_write) shortcuts=WRITE />
            </div>
        </Modal>
    }
}

#[component]
fn Group(#[prop(into)] title: Signal<&'static str>, shortcuts: &'static [Shortcut]) -> impl IntoView {
    let i18n = use_i18n();
    let rows = shortcuts.iter().map(|(what, keys)| {
        view! {
            <dt>{move || what(i18n)}</dt>
            <dd>{keys.iter().map(|key| key_view(i18n, *key)).collect_view()}</dd>
        }
    });
    view! {
        <section class="help-group">
            <h3>{title}</h3>
            <dl>{rows.collect_view()}</dl>
        </section>
    }
}

fn key_view(i18n: Words, key: Key) -> AnyView {
    match key {
        Sign(sign) => view! { <kbd>{sign}</kbd> }.into_any(),
        Or => view! { <span>{move || t_string!(i18n, help.or)}</span> }.into_any(),
        Then => view! { <span>{move || t_string!(i18n, help.then)}</span> }.into_any(),
        Plus => view! { <span>"+"</span> }.into_any(),
    }
}
