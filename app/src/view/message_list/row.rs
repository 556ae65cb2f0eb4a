//! A row of the list.

use crate::view::handler;
use leptos::{ev, prelude::*};

use crate::{
    Client,
    i18n::*,
    state::{Entry, State},
    view::{
        date::ListDate,
        icon::Icon,
        labels::labels,
        words::{Words, counted, number, path_name},
    },
    wire::{Address, Flag, Row, Selection, SpecialUse},
};

/// Labels that a row has room for.
const IN_ROW: usize = 2;

#[component]
pub(super) fn MessageRow(entry: Entry) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let Entry { message, row, .. } = entry.clone();
    let uid = message.uid.0.to_string();
    let mailbox = message.mailbox.clone();
    let seconds = row.with_untracked(|row| row.date);
    let message = StoredValue::new(message);
    let row = StoredValue::new(row);
    let with_row = move |read: fn(&Row) -> String| row.with_value(|row| row.with(read));

    let position = Memo::new(move |_| state.list.shown_position(&entry, &state.pending));
    let flags = Memo::new(move |_| row.with_value(|row| row.with(|row| state.flags(&row.message, &row.flags))));
    let has = move |flag: Flag| flags.with(|flags| flags.contains(&flag));
    let thread = Memo::new(move |_| row.with_value(|row| row.with(|row| row.thread)));
    // A conversation has been read when all of it has.
    let seen = move || has(Flag::Seen) && thread.get().is_none_or(|thread| thread.unseen == 0);
    let chosen = Memo::new(move |_| state.chosen.with(|chosen| message.with_value(|message| chosen.contains(message))));
    let is = move |other: RwSignal<Option<crate::wire::MessageRef>>| {
        other.with(|other| message.with_value(|message| other.as_ref() == Some(message)))
    };
    let open = Memo::new(move |_| is(state.opened.target));
    // One row takes the focus: the keyboard's, or the first while it has none.
    let focusable = Memo::new(move |_| is(state.cursor) || (state.cursor.with(Option::is_none) && position.get() == 0));

    let outgoing = Memo::new(move |_| {
        let special_use = message.with_value(|message| state.mailboxes.use_of(&message.mailbox));
        matches!(special_use, Some(SpecialUse::Sent | SpecialUse::Drafts))
    });
    let sender = move || {
        if outgoing.get() {
            match row.with_value(|row| row.with(|row| names(&row.to))) {
                names if names.is_empty() => t_string!(i18n, list.no_recipient).to_owned(),
                name => t_string!(i18n, list.to, name = name).to_string(),
            }
        } else {
            match with_row(|row| names(&row.from)) {
                names if names.is_empty() => t_string!(i18n, list.no_sender).to_owned(),
                names => names,
            }
        }
    };
    // A name can claim anything; the address is there for whoever asks.
    let addresses = move || {
        let emails = if outgoing.get() { with_row(|row| emails(&row.to)) } else { with_row(|row| emails(&row.from)) };
        (!emails.is_empty()).then_some(emails)
    };
    let subject = move || match with_row(|row| row.subject.clone()) {
        subject if subject.trim().is_empty() => t_string!(i18n, list.no_subject).to_owned(),
        subject => subject,
    };
    let place = move || {
        state.list.query.with(|query| query.everywhere).then(|| {
            view! { <span class="row-mailbox">{path_name(i18n, state, &mailbox)}</span> }
        })
    };

    let press = move |event: ev::MouseEvent| {
        let message = message.get_value();
        if event.shift_key() {
            event.prevent_default();
            client.choose(&message, true);
        } else if event.ctrl_key() || event.meta_key() {
            client.choose(&message, false);
        } else {
            client.read(&message);
        }
    };
    let choose = move |event: ev::MouseEvent| {
        event.stop_propagation();
        message.with_value(|message| client.choose(message, event.shift_key()));
    };
    let star = move |event: ev::MouseEvent| {
        event.stop_propagation();
        client.toggle(Selection::Messages(vec![message.get_value()]), Flag::Flagged);
    };
    let drag = move |event: ev::DragEvent| {
        let selection = if chosen.get_untracked() { untrack(|| client.target()) } else { None };
        let selection = selection.unwrap_or_else(|| untrack(|| client.of_rows(vec![message.get_value()])));
        state.dragged.set(Some(selection));
        if let Some(transfer) = event.data_transfer() {
            transfer.set_effect_allowed("move");
            // Firefox drags nothing that carries nothing.
            drop(transfer.set_data("text/plain", ""));
        }
    };
    let dragged = move || {
        state.dragged.with(|dragged| {
            dragged.as_ref().is_some_and(|dragged| message.with_value(|message| crate::state::covers(dragged, message)))
        })
    };

    view! {
        <div
            class="message-row"
            class:message-row-dragged=dragged
            role="row"
            data-testid="message-row"
            data-uid=uid
            data-position=move || position.get().to_string()
            data-seen=move || seen().to_string()
            data-flagged=move || has(Flag::Flagged).to_string()
            data-answered=move || has(Flag::Answered).to_string()
            aria-rowindex=move || (position.get() + 1).to_string()
            aria-selected=move || chosen.get().to_string()
            aria-current=move || open.get().then_some("true")
            tabindex=move || if focusable.get() { "0" } else { "-1" }
            draggable="true"
            on:click=handler(press)
            on:dragstart=handler(drag)
            on:dragend=handler(move |_| state.dragged.set(None))
        >
            <span class="row-select" role="gridcell" on:click=handler(choose)>
                <input
                    type="checkbox"
                    tabindex="-1"
                    data-testid="row-select"
                    aria-label=move || t_string!(i18n, list.select)
                    prop:checked=chosen
                />
            </span>
            <div class="row-content" role="gridcell">
                <span class="row-sender" data-testid="row-sender" title=addresses>
                    <span class="visually-hidden">
                        {move || (!seen()).then(|| t_string!(i18n, list.unread))}" "
                    </span>
                    {sender}
                    {move || thread.get().map(|thread| count(i18n, thread.count))}
                </span>
                <span class="row-marks">
                    {move || {
                        let writer = message.with_value(|message| state.writer_at(message));
                        writer.map(|_| mark("pen", t_string!(i18n, list.edited)))
                    }}
                    {move || has(Flag::Answered).then(|| mark("reply", t_string!(i18n, list.answered)))}
                    {move || has(Flag::Forwarded).then(|| mark("forward", t_string!(i18n, list.forwarded)))}
                    {move || row.with_value(|row| row.with(|row| row.attachment)).then(|| mark("paperclip", t_string!(i18n, list.attachment)))}
                </span>
                <ListDate seconds />
                <span class="row-line">
                    {place}
                    {move || flags.with(|flags| labels(i18n, client, flags, Some(IN_ROW)))}
                    <span class="row-subject" data-testid="row-subject">{subject}</span>
                    <span class="row-preview">{move || with_row(|row| row.preview.clone())}</span>
                </span>
            </div>
            <span class="row-star" role="gridcell">
                <button
                    type="button"
                    class="row-flag"
                    tabindex="-1"
                    data-testid="row-flag"
                    aria-pressed=move || has(Flag::Flagged).to_string()
                    aria-label=move || t_string!(i18n, list.flagged)
                    on:click=handler(star)
                >
                    <Icon name="star" />
                </button>
            </span>
        </div>
    }
}

/// How many messages a conversation has.
fn count(i18n: Words, count: u32) -> impl IntoView {
    view! {
        <span class="row-count" data-testid="row-count" title=counted!(i18n, list.count, count)>{number(count)}</span>
    }
}

/// A sign that is read out.
fn mark(icon: &'static str, words: &'static str) -> impl IntoView {
    view! {
        <span title=words>
            <Icon name=icon />
            <span class="visually-hidden">{words}</span>
        </span>
    }
}

fn emails(addresses: &[Address]) -> String {
    addresses
        .iter()
        .map(|address| address.email.as_str())
        .filter(|email| !email.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

fn names(addresses: &[Address]) -> String {
    addresses.iter().map(Address::display).collect::<Vec<_>>().join(", ")
}

/// Where a row will be.
#[component]
pub(super) fn PlaceholderRow(position: u32) -> impl IntoView {
    view! {
        <div class="message-row message-row-placeholder" aria-hidden="true" data-place=position.to_string()>
            <span class="row-sender skeleton"></span>
            <span class="row-date skeleton"></span>
            <span class="row-line skeleton"></span>
        </div>
    }
}
