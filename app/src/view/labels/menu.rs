//! The menu that sets and removes labels, and makes new ones.

use leptos::{ev, html, prelude::*};

use crate::{
    Client,
    i18n::*,
    label::{self, KNOWN},
    state::State,
    view::{
        handler,
        icon::Icon,
        menu::{Menu, Twin},
        words::lower_case,
    },
    wire::{Action, Flag, Selection},
};

/// The labels to choose from, and a field for a new one. Opens beneath its button; `l` opens it too.
#[component]
pub fn LabelMenu(target: Signal<Option<Selection>>, for_message: bool) -> impl IntoView {
    let (i18n, state) = (use_i18n(), expect_context::<State>());
    let button = NodeRef::<html::Button>::new();
    let menu = Twin::new(state, state.labelling, for_message);
    view! {
        <button
            node_ref=button
            type="button"
            class="icon-button"
            data-testid="action-label"
            aria-haspopup="dialog"
            aria-expanded=move || menu.is_open().to_string()
            aria-label=move || t_string!(i18n, action.label)
            title=move || t_string!(i18n, action.label)
            on:click=handler(move |_| menu.press())
        >
            <Icon name="label" />
        </button>
        {move || menu.is_open().then(|| view! { <Labels target button close=Callback::new(move |()| menu.close()) /> })}
    }
}

#[component]
fn Labels(target: Signal<Option<Selection>>, button: NodeRef<html::Button>, close: Callback<()>) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let unfit = RwSignal::new(false);
    let keywords = StoredValue::new({
        let known = KNOWN.iter().map(|known| (*known).to_owned());
        known.chain(state.labels.get_untracked()).collect::<Vec<_>>()
    });
    let toggle = move |keyword: String| {
        close.run(());
        if let Some(selection) = target.get_untracked() {
            client.toggle(selection, Flag::Keyword(keyword));
        }
    };
    let make = move |name: String| {
        let called = lower_case(name.trim());
        let is_it = |keyword: &&String| lower_case(&label::title(i18n.get_locale_untracked(), keyword)) == called;
        let keyword = keywords.with_value(|keywords| keywords.iter().find(is_it).cloned());
        let Some(keyword) = keyword.or_else(|| label::keyword(&name)) else { return unfit.set(true) };
        close.run(());
        if let Some(selection) = target.get_untracked() {
            client.act(selection, Action::Flag { flag: Flag::Keyword(keyword), set: true });
        }
    };
    let write = move |event: ev::KeyboardEvent| {
        if event.key() == "Enter" && !event.is_composing() {
            event.prevent_default();
            make(event_target_value(&event));
        }
    };
    let item = |keyword: &String| {
        let flag = Flag::Keyword(keyword.clone());
        let is_set = untrack(|| target.get().is_some_and(|target| client.all_have(&target, &flag)));
        let key = label::known(keyword).map(|at| view! { <kbd>{(at + 1).to_string()}</kbd> });
        let (keyword, pressed) = (keyword.clone(), keyword.clone());
        view! {
            <button
                type="button"
                class="menu-item"
                tabindex="-1"
                data-testid="label-item"
                data-keyword=keyword.clone()
                aria-pressed=is_set.to_string()
                on:click=handler(move |_| toggle(pressed.clone()))
            >
                <span class="label-dot" data-colour=label::colour(&keyword).to_string()>
                    {is_set.then(|| view! { <Icon name="check" /> })}
                </span>
                <span class="label-name">{label::title(i18n.get_locale(), &keyword)}</span>
                {key}
            </button>
        }
    };
    let items = keywords.with_value(|keywords| keywords.iter().map(item).collect_view());
    view! {
        <Menu class="label-menu" role="dialog" label=t_string!(i18n, action.label) button on_close=close>
            {items}
            <input
                type="text"
                class="label-new"
                data-testid="label-new"
                autocomplete="off"
                maxlength="60"
                enterkeyhint="done"
                aria-label=move || t_string!(i18n, label.create)
                placeholder=move || t_string!(i18n, label.create)
                aria-invalid=move || unfit.get().to_string()
                on:keydown=handler(write)
                on:input=handler(move |_| unfit.set(false))
            />
            {move || unfit.get().then(|| view! { <p class="label-unfit" role="alert">{t_string!(i18n, label.unfit)}</p> })}
        </Menu>
    }
}
