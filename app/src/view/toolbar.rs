//! What can be done: with the selection above the list, with the open message above it.

use crate::view::{Show, handler};
use leptos::prelude::*;

use super::{
    filter::Filters,
    icon::Icon,
    labels::LabelMenu,
    move_menu::MoveMenu,
    words::{Words, counted, folder_name},
};
use crate::{
    Client,
    i18n::*,
    state::{Chosen, State},
    wire::{Action, DraftKind, Flag, Right, Selection, SpecialUse},
};

/// Above the list: its name and count, or the selection and what can be done with it.
#[component]
pub fn ListToolbar() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let total = Memo::new(move |_| state.list.total.get().map(|_| state.list.shown_total(&state.pending)));
    let chosen = Memo::new(move |_| state.chosen.with(|chosen| chosen.count(total.get().unwrap_or(0))));
    let any = Memo::new(move |_| state.chosen.with(|chosen| !chosen.is_empty()));
    let all = move || state.chosen.with(|chosen| matches!(chosen, Chosen::AllBut(except) if except.is_empty()));
    let count = move || {
        let (searching, threaded) = state.list.query.with(|query| (!query.search.is_empty(), query.is_threaded()));
        total.get().map(|total| match (searching, threaded) {
            (true, _) => counted!(i18n, search.results, total),
            (false, true) => counted!(i18n, list.conversations, total),
            (false, false) => counted!(i18n, list.count, total),
        })
    };
    let target = Signal::derive(move || if any.get() { client.target() } else { None });
    view! {
        <div class="toolbar" role="toolbar" aria-label=move || t_string!(i18n, app.messages)>
            <span class="toolbar-select">
                <input
                    type="checkbox"
                    aria-label=move || {
                        if any.get() { t_string!(i18n, list.select_none) } else { t_string!(i18n, list.select_all) }
                    }
                    prop:checked=all
                    prop:indeterminate=move || any.get() && !all()
                    on:change=handler(move |_| if any.get_untracked() { client.choose_none() } else { client.choose_all() })
                />
            </span>
            {move || {
                if any.get() {
                    view! {
                        <span class="toolbar-count" role="status">{move || counted!(i18n, list.selected, chosen.get())}</span>
                        <span class="toolbar-spacer"></span>
                        <Actions target for_message=false />
                    }
                    .into_any()
                } else {
                    view! {
                        <span class="toolbar-title" aria-hidden="true">{move || list_title(i18n, state)}</span>
                        <span class="toolbar-count" role="status">{count}</span>
                        <span class="toolbar-spacer"></span>
                        <Filters />
                    }
                    .into_any()
                }
            }}
        </div>
    }
}

/// What the open list is called, shortly. Reactive.
pub(super) fn list_title(i18n: Words, state: State) -> String {
    match state.list.query.with(|query| (!query.everywhere).then(|| query.mailbox.clone())) {
        Some(path) => state.mailboxes.by_path(&path).map_or(path, |folder| folder_name(i18n, &folder.mailbox)),
        None => t_string!(i18n, search.everywhere).to_owned(),
    }
}

/// Above the open message.
#[component]
pub fn ReaderToolbar() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let target = Signal::derive(move || Some(Selection::Messages(vec![state.opened.target.get()?])));
    let compose = move |kind: DraftKind| {
        if let Some(message) = state.opened.target.get_untracked() {
            client.compose(&message, kind);
        }
    };
    let go = move |by: i64| {
        let beside = state.opened.target.get_untracked().and_then(|message| client.beside(&message, by));
        if let Some(message) = beside {
            client.read(&message);
        }
    };
    view! {
        <div class="toolbar" role="toolbar" aria-label=move || t_string!(i18n, app.message)>
            <Button
                class="toolbar-back"
                icon="back"
                words=Signal::derive(move || t_string!(i18n, app.back).to_owned())
                press=move || client.close_message()
            />
            <div class="toolbar-group">
                <Button
                    testid="action-reply"
                    icon="reply"
                    words=Signal::derive(move || t_string!(i18n, action.reply).to_owned())
                    press=move || compose(DraftKind::Reply)
                />
                <Button
                    testid="action-reply-all"
                    icon="reply-all"
                    words=Signal::derive(move || t_string!(i18n, action.reply_all).to_owned())
                    press=move || compose(DraftKind::ReplyAll)
                />
                <Button
                    testid="action-forward"
                    icon="forward"
                    words=Signal::derive(move || t_string!(i18n, action.forward).to_owned())
                    press=move || compose(DraftKind::Forward)
                />
            </div>
            <Actions target for_message=true />
            <span class="toolbar-spacer"></span>
            <div class="toolbar-group toolbar-neighbours">
                <Button
                    icon="up"
                    words=Signal::derive(move || t_string!(i18n, action.previous).to_owned())
                    press=move || go(-1)
                />
                <Button
                    icon="down"
                    words=Signal::derive(move || t_string!(i18n, action.next).to_owned())
                    press=move || go(1)
                />
            </div>
        </div>
    }
}

/// What can be done with messages wherever they are shown.
#[component]
fn Actions(#[prop(into)] target: Signal<Option<Selection>>, for_message: bool) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let act = move |action: Action| {
        if let Some(selection) = target.get_untracked() {
            client.act(selection, action);
        }
    };
    let all_have = move |flag: Flag| target.get().is_some_and(|target| client.all_have(&target, &flag));
    let seen = Memo::new(move |_| all_have(Flag::Seen));
    let flagged = Memo::new(move |_| all_have(Flag::Flagged));
    let special_use = Memo::new(move |_| state.list.query.with(|query| state.mailboxes.use_of(&query.mailbox)));
    let may = move |right: Right| {
        state.list.query.with(|query| query.everywhere || state.mailboxes.may(&query.mailbox, right))
    };
    let in_junk = move || special_use.get() == Some(SpecialUse::Junk);
    let in_trash = move || special_use.get() == Some(SpecialUse::Trash);
    view! {
        <div class="toolbar-group" hidden=move || !may(Right::DeleteMessages)>
            <Button
                testid="action-archive"
                icon="archive"
                words=Signal::derive(move || t_string!(i18n, action.archive).to_owned())
                press=move || act(Action::Archive)
            />
            <Button
                testid="action-delete"
                icon="trash"
                words=Signal::derive(move || {
                    if in_trash() { t_string!(i18n, action.erase) } else { t_string!(i18n, action.delete) }.to_owned()
                })
                press=move || act(Action::Delete)
            />
            <Button
                testid="action-junk"
                icon="junk"
                words=Signal::derive(move || {
                    if in_junk() { t_string!(i18n, action.not_junk) } else { t_string!(i18n, action.junk) }.to_owned()
                })
                press=move || act(if in_junk() { Action::NotJunk } else { Action::Junk })
            />
            <MoveMenu target for_message />
        </div>
        <div class="toolbar-group">
            <button
                type="button"
                class="icon-button"
                data-testid="action-unread"
                hidden=move || !may(Right::Seen)
                aria-label=move || if seen.get() { t_string!(i18n, action.unread) } else { t_string!(i18n, action.read) }
                title=move || if seen.get() { t_string!(i18n, action.unread) } else { t_string!(i18n, action.read) }
                on:click=handler(move |_| act(Action::Flag { flag: Flag::Seen, set: !seen.get_untracked() }))
            >
                <Show when=move || seen.get() fallback=|| view! { <Icon name="mail-open" /> }>
                    <Icon name="mail" />
                </Show>
            </button>
            <button
                type="button"
                class="icon-button toolbar-flag"
                data-testid="action-flag"
                hidden=move || !may(Right::Write)
                aria-pressed=move || flagged.get().to_string()
                aria-label=move || t_string!(i18n, action.flag)
                title=move || if flagged.get() { t_string!(i18n, action.unflag) } else { t_string!(i18n, action.flag) }
                on:click=handler(move |_| act(Action::Flag { flag: Flag::Flagged, set: !flagged.get_untracked() }))
            >
                <Icon name="star" />
            </button>
            {move || may(Right::Write).then(|| view! { <LabelMenu target for_message /> })}
        </div>
    }
}

/// A button that is a picture; its words are read out and shown on hover.
#[component]
fn Button(
    #[prop(optional)] testid: Option<&'static str>,
    #[prop(optional)] class: &'static str,
    icon: &'static str,
    words: Signal<String>,
    #[prop(into)] press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            type="button"
            class=format!("icon-button {class}")
            data-testid=testid
            aria-label=words
            title=words
            on:click=handler(move |_| press.run(()))
        >
            <Icon name=icon />
        </button>
    }
}
