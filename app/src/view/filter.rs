//! Filters and orders of the open list, and the way to a day.

use leptos::{ev, html, prelude::*};

use super::{handler, icon::Icon, menu::Menu, words::Words};
use crate::{
    Client,
    client::is_filtered,
    i18n::*,
    state::{Dialog, State},
    wire::{Query, Sort},
};

/// Above the list, while nothing is selected.
#[component]
pub fn Filters() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let filter = move |operator: &'static str, testid: &'static str, icon: &'static str, words: Label| {
        let on = Memo::new(move |_| state.list.query.with(|query| is_filtered(&query.search, operator)));
        view! {
            <button
                type="button"
                class="icon-button filter"
                data-testid=testid
                aria-pressed=move || on.get().to_string()
                aria-label=move || words(i18n)
                title=move || words(i18n)
                on:click=handler(move |_| client.toggle_filter(operator))
            >
                <Icon name=icon />
            </button>
        }
    };
    view! {
        <div class="toolbar-group">
            {filter("is:unread", "filter-unread", "mail", |i18n| t_string!(i18n, filter.unread))}
            {filter("is:starred", "filter-starred", "star", |i18n| t_string!(i18n, filter.starred))}
            {filter("has:attachment", "filter-attachment", "paperclip", |i18n| t_string!(i18n, filter.attachment))}
            <SortMenu />
            <KeepButton />
        </div>
    }
}

/// Keeps the open search, or changes how it is kept.
#[component]
fn KeepButton() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let searching = Memo::new(move |_| state.list.query.with(|query| !query.search.is_empty()));
    view! {
        <button
            type="button"
            class="icon-button filter"
            data-testid="search-keep"
            hidden=move || !searching.get()
            aria-haspopup="dialog"
            aria-pressed=move || client.kept_as().is_some().to_string()
            aria-label=move || t_string!(i18n, search.keep)
            title=move || t_string!(i18n, search.keep)
            on:click=handler(move |_| state.dialog.set(Some(Dialog::KeepSearch)))
        >
            <Icon name="bookmark" />
        </button>
    }
}

type Label = fn(Words) -> &'static str;

fn label(sort: Sort) -> Label {
    match sort {
        Sort::Newest => |i18n| t_string!(i18n, filter.newest),
        Sort::Oldest => |i18n| t_string!(i18n, filter.oldest),
        Sort::Sender => |i18n| t_string!(i18n, filter.sender),
        Sort::Subject => |i18n| t_string!(i18n, filter.subject),
        Sort::Largest => |i18n| t_string!(i18n, filter.largest),
        Sort::Smallest => |i18n| t_string!(i18n, filter.smallest),
    }
}

#[component]
fn SortMenu() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let button = NodeRef::<html::Button>::new();
    let open = RwSignal::new(false);
    let close = move || {
        // The list may be gone with its toolbar.
        open.try_set(false);
    };
    let sort = Memo::new(move |_| state.list.query.with(|query| query.sort));
    let items = move || {
        let everywhere = state.list.query.with_untracked(|query| query.everywhere);
        let now = sort.get_untracked();
        let orders = Sort::ALL.into_iter().filter(|sort| !everywhere || sort.is_by_time());
        let orders = orders.map(|sort| {
            let words = label(sort);
            view! {
                <button
                    type="button"
                    class="menu-item"
                    role="menuitemradio"
                    tabindex="-1"
                    data-sort=sort.name()
                    aria-checked=(sort == now).to_string()
                    on:click=handler(move |_| {
                        close();
                        client.sort(sort);
                    })
                >
                    <Icon name=if sort == now { "check" } else { "blank" } />
                    <span>{words(i18n)}</span>
                </button>
            }
        });
        let day = now.is_by_time().then(|| {
            view! {
                <button
                    type="button"
                    class="menu-item"
                    role="menuitem"
                    tabindex="-1"
                    data-testid="go-to-day"
                    on:click=handler(move |_| {
                        close();
                        state.dialog.set(Some(Dialog::Day));
                    })
                >
                    <Icon name="calendar" />
                    <span>{t_string!(i18n, filter.day)}</span>
                </button>
            }
        });
        let grouped = state.list.query.with_untracked(|query| query.threaded);
        let group = (!everywhere).then(|| {
            view! {
                <button
                    type="button"
                    class="menu-item"
                    role="menuitemcheckbox"
                    tabindex="-1"
                    data-testid="group"
                    aria-checked=grouped.to_string()
                    on:click=handler(move |_| {
                        close();
                        client.group(!grouped);
                    })
                >
                    <Icon name=if grouped { "check" } else { "blank" } />
                    <span>{t_string!(i18n, filter.group)}</span>
                </button>
            }
        });
        (orders.collect_view(), group, day)
    };
    view! {
        <button
            node_ref=button
            type="button"
            class="icon-button filter"
            data-testid="sort"
            aria-haspopup="menu"
            aria-expanded=move || open.get().to_string()
            aria-pressed=move || (!sort.get().is_default() || state.list.query.with(Query::is_threaded)).to_string()
            aria-label=move || format!("{}: {}", t_string!(i18n, filter.sort), label(sort.get())(i18n))
            title=move || format!("{}: {}", t_string!(i18n, filter.sort), label(sort.get())(i18n))
            on:click=handler(move |_| open.update(|open| *open = !*open))
        >
            <Icon name="sort" />
        </button>
        {move || {
            open.get().then(|| {
                view! {
                    <Menu class="sort-menu" label=t_string!(i18n, filter.sort) button on_close=close>
                        {items()}
                    </Menu>
                }
            })
        }}
    }
}

/// Asks for a day to go to.
#[component]
pub fn DayForm() -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let input = NodeRef::<html::Input>::new();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let midnight = input.get_untracked().map(|input| input.value_as_number()).filter(|at| at.is_finite());
        let Some(midnight) = midnight else { return };
        #[expect(clippy::cast_possible_truncation, reason = "JavaScript counts in doubles")]
        let utc = (midnight / 1000.0) as i64;
        let begins = utc - i64::from(super::date::local_offset(utc));
        let oldest_first = state.list.query.with_untracked(|query| query.sort) == Sort::Oldest;
        client.go_to_moment(if oldest_first { begins } else { begins + LAST_SECOND });
    };
    view! {
        <form class="folder-form" on:submit=handler(submit)>
            <label class="field">
                <span>{move || t_string!(i18n, filter.day_label)}</span>
                <input node_ref=input type="date" required autofocus data-testid="day" min="1970-01-01" max="2105-12-31" />
            </label>
            <div class="dialog-actions">
                <button type="submit" class="button button-primary" data-testid="day-go">
                    {move || t_string!(i18n, filter.day_go)}
                </button>
            </div>
        </form>
    }
}

/// Of a day, from its beginning.
const LAST_SECOND: i64 = 86_399;
