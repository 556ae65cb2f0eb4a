//! The messages that belong together with the open one, above and below it: replies of one's own and of others, wherever
//! they are.

use leptos::prelude::*;

use crate::{
    Client,
    i18n::*,
    state::{State, Threading},
    view::{
        Item, Show,
        date::ListDate,
        each, handler,
        icon::Icon,
        words::{counted, path_name},
    },
    wire::{Address, Flag, Identity, MessageRef, Row, SpecialUse},
};

/// Messages next to the open one that are shown at once; the others on request.
const NEAR: usize = 3;

/// Those on one side of the open message.
#[component]
pub(super) fn Beside(above: bool) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let whole = RwSignal::new(false);
    let rows = Memo::new(move |_| {
        let threading = state.threading.get();
        let (mut earlier, mut later) = match state.opened.target.get() {
            Some(target) if threading != Threading::Off => split(state.opened.conversation.get(), &target),
            _ => Default::default(),
        };
        if threading == Threading::NewestFirst {
            earlier.reverse();
            later.reverse();
        }
        if above == (threading == Threading::NewestFirst) { later } else { earlier }
    });
    let folded = move || if whole.get() { 0 } else { rows.with(Vec::len).saturating_sub(NEAR) };
    // Mail that has come or gone anywhere may be of this conversation.
    if above {
        let counts = Memo::new(move |_| {
            state.mailboxes.all.with(|all| {
                all.iter()
                    .map(|folder| folder.counts.with(|counts| (counts.total, counts.uid_next)))
                    .collect::<Vec<_>>()
            })
        });
        Effect::new(move |before: Option<Vec<_>>| {
            let now = counts.get();
            if before.is_some_and(|before| before != now) {
                client.gather_again();
            }
            now
        });
    }
    let more = move || {
        let count = u32::try_from(folded()).unwrap_or(u32::MAX);
        view! {
            <button
                type="button"
                class="conversation-more"
                data-testid="conversation-more"
                on:click=handler(move |_| whole.set(true))
            >
                <Icon name="chevron-down" />
                {move || counted!(i18n, view.more_messages, count)}
            </button>
        }
    };
    let list = move || {
        each(move || {
            let (rows, folded) = (rows.get(), folded());
            let near = if above { folded..rows.len() } else { 0..rows.len() - folded };
            rows.get(near)
                .unwrap_or_default()
                .iter()
                .map(|row| {
                    let row = row.clone();
                    let MessageRef { mailbox, uid_validity, uid, .. } = &row.message;
                    let seen = row.has(&Flag::Seen);
                    Item::new(format!("{}.{}.{seen} {mailbox}", uid_validity.0, uid.0), || view! { <Other row /> })
                })
                .collect()
        })
    };
    view! {
        <Show when=move || !rows.with(Vec::is_empty)>
            <nav
                class="conversation"
                class:conversation-above=above
                aria-label=move || {
                    if above == (state.threading.get() == Threading::NewestFirst) {
                        t_string!(i18n, view.later)
                    } else {
                        t_string!(i18n, view.earlier)
                    }
                }
            >
                <Show when=move || above && folded() != 0>{more()}</Show>
                {list()}
                <Show when=move || !above && folded() != 0>{more()}</Show>
            </nav>
        </Show>
    }
}

/// What came before a message, and what after it.
fn split(mut rows: Vec<Row>, message: &MessageRef) -> (Vec<Row>, Vec<Row>) {
    match rows.iter().position(|row| row.message == *message) {
        Some(at) => {
            let later = rows.split_off(at + 1);
            rows.pop();
            (rows, later)
        }
        None => Default::default(),
    }
}

/// One of them. Opens in the place of the one that is open.
#[component]
fn Other(row: Row) -> impl IntoView {
    let (i18n, state, client) = (use_i18n(), expect_context::<State>(), expect_context::<Client>());
    let Row { message, from, preview, subject, date, attachment, .. } = row.clone();
    let (uid, mailbox) = (message.uid.0.to_string(), message.mailbox.clone());
    let (place, path) = (mailbox.clone(), mailbox.clone());
    let special_use = Memo::new(move |_| state.mailboxes.use_of(&mailbox));
    let sender = move || {
        let own = special_use.get() == Some(SpecialUse::Sent)
            || state.identities.with(|own| from.iter().all(|from| Identity::owns(own, &from.email)));
        if own {
            t_string!(i18n, view.me).to_owned()
        } else {
            from.iter().map(Address::display).collect::<Vec<_>>().join(", ")
        }
    };
    // Which folder it is in, when that is not the one of the list.
    let elsewhere = move || {
        let other = state.list.query.with(|query| query.mailbox != place);
        other.then(|| view! { <span class="row-mailbox">{path_name(i18n, state, &path)}</span> })
    };
    let text = if preview.is_empty() { subject } else { preview };
    view! {
        <button
            type="button"
            class="conversation-message"
            data-testid="conversation-message"
            data-uid=uid
            data-mailbox=message.mailbox.clone()
            data-seen=row.has(&Flag::Seen).to_string()
            on:click=handler(move |_| client.read(&message))
        >
            <span class="conversation-sender">
                {(!row.has(&Flag::Seen))
                    .then(|| view! { <span class="visually-hidden">{move || t_string!(i18n, list.unread)} " "</span> })}
                {sender}
            </span>
            <span class="conversation-text">{text}</span>
            {attachment.then(|| view! { <Icon name="paperclip" /> })}
            {elsewhere}
            <ListDate seconds=date />
        </button>
    }
}
