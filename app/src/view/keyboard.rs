//! The keys. What they do is told by the sheet in `help.rs`.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use crate::{
    Client, State,
    state::Dialog,
    view::message::print,
    wire::{Action, DraftKind, Flag, Selection, SpecialUse},
};

/// A letter after `g` counts for this long.
const CHORD: std::time::Duration = std::time::Duration::from_millis(1500);

/// Listens to the keys of the whole page for as long as the current owner lives.
pub fn listen(state: State, client: Client) {
    let chord = StoredValue::new(false);
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if !event.default_prevented() && handle_key(state, client, chord, &event) {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    });
}

/// Whether the key meant something here.
fn handle_key(state: State, client: Client, chord: StoredValue<bool>, event: &ev::KeyboardEvent) -> bool {
    // A dialog has its own keys, and so has a text that is being written.
    if state.dialog.with_untracked(Option::is_some) || event.alt_key() || event.is_composing() {
        return false;
    }
    let place = Place::of(event);
    let key = event.key();
    if key == "Escape" {
        return escape(state, client, place, event);
    }
    if place == Place::Text {
        return false;
    }
    if event.ctrl_key() || event.meta_key() {
        return match letter(event) {
            Some('a') => {
                client.choose_all();
                true
            }
            // What is on the screen is an app with a frame in it: paper has a page of its own.
            Some('p') => print(),
            _ => false,
        };
    }
    if chord.get_value() {
        chord.set_value(false);
        return go_to(state, client, letter(event));
    }
    let (shift, on_control) = (event.shift_key(), place == Place::Control);
    match key.as_str() {
        "ArrowDown" if !on_control => step(state, client, 1, shift),
        "ArrowUp" if !on_control => step(state, client, -1, shift),
        "Home" if !on_control => to_end(state, client, true),
        "End" if !on_control => to_end(state, client, false),
        "Enter" if !on_control => open_cursor(state, client),
        " " if !on_control && place == Place::Row => choose(state, client, shift),
        "Delete" => act(client, Action::Delete),
        "#" => act(client, Action::Delete),
        "!" => {
            let in_junk = untrack(|| state.list.query.with(|query| state.mailboxes.use_of(&query.mailbox)))
                == Some(SpecialUse::Junk);
            act(client, if in_junk { Action::NotJunk } else { Action::Junk })
        }
        // As in Thunderbird.
        "1" | "2" | "3" | "4" | "5" => toggle(client, Flag::Keyword(format!("$label{key}"))),
        "?" => show(state, Dialog::Help),
        "/" => focus_search(),
        _ => match (letter(event), shift) {
            (Some('j'), false) => step(state, client, 1, false),
            (Some('k'), false) => step(state, client, -1, false),
            (Some('o'), false) => open_cursor(state, client),
            (Some('u'), false) => {
                client.close_message();
                true
            }
            (Some('u'), true) => act(client, Action::Flag { flag: Flag::Seen, set: false }),
            (Some('i'), true) => act(client, Action::Flag { flag: Flag::Seen, set: true }),
            (Some('x'), _) => choose(state, client, shift),
            (Some('e'), false) => act(client, Action::Archive),
            (Some('s'), false) => toggle(client, Flag::Flagged),
            (Some('v'), false) => open_menu(state, client, state.moving),
            (Some('l'), false) => open_menu(state, client, state.labelling),
            (Some('z'), false) => {
                let undo = state.toasts.shown.with_untracked(|shown| shown.iter().rev().find_map(|toast| toast.undo));
                undo.map(|undo| client.undo(undo)).is_some()
            }
            (Some('c'), false) => {
                client.compose_new();
                true
            }
            (Some('r'), false) => compose(state, client, DraftKind::Reply),
            (Some('a'), false) => compose(state, client, DraftKind::ReplyAll),
            (Some('f'), false) => compose(state, client, DraftKind::Forward),
            (Some('g'), false) => {
                chord.set_value(true);
                set_timeout(move || chord.set_value(false), CHORD);
                true
            }
            _ => false,
        },
    }
}

/// What the focus is on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Keys write there.
    Text,
    /// Enter, space and arrows work it.
    Control,
    Row,
    Page,
}

impl Place {
    fn of(event: &ev::KeyboardEvent) -> Place {
        let Some(element) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
            return Place::Page;
        };
        let matches = |selector: &str| element.closest(selector).ok().flatten().is_some();
        if matches("textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio])") {
            Place::Text
        } else if matches("button, a, input, summary, [role=menu], iframe") {
            Place::Control
        } else if matches(".message-row") {
            Place::Row
        } else {
            Place::Page
        }
    }
}

/// The Latin letter of the key: what it writes, else what it would write on a Latin keyboard.
fn letter(event: &ev::KeyboardEvent) -> Option<char> {
    let written = event.key().chars().next().filter(|_| event.key().chars().count() == 1)?;
    if written.is_ascii() {
        return written.is_ascii_alphabetic().then(|| written.to_ascii_lowercase());
    }
    let code = event.code();
    code.strip_prefix("Key").and_then(|key| key.chars().next()).map(|key| key.to_ascii_lowercase())
}

fn escape(state: State, client: Client, place: Place, event: &ev::KeyboardEvent) -> bool {
    if place == Place::Text {
        // Out of the text; a second one goes on from there.
        if let Some(element) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(element.blur());
        }
    } else if state.drawer.get_untracked() {
        state.drawer.set(false);
    } else if !state.chosen.with_untracked(crate::state::Chosen::is_empty) {
        client.choose_none();
    } else if state.opened.target.with_untracked(Option::is_some) {
        client.close_message();
    } else if state.list.query.with_untracked(|query| !query.search.is_empty()) {
        client.search("", false);
    } else {
        return false;
    }
    true
}

/// The row of the keyboard moves; with an open message, so does the message.
fn step(state: State, client: Client, by: i64, choosing: bool) -> bool {
    let from = state.cursor.get_untracked().or_else(|| state.opened.target.get_untracked());
    let next = match from {
        Some(from) => client.beside(&from, by).or(Some(from)),
        None => untrack(|| state.list.at(0, &state.pending)).map(|entry| entry.message),
    };
    let Some(next) = next else { return true };
    if choosing {
        client.choose(&next, true);
    } else if state.opened.target.with_untracked(Option::is_some) {
        client.read(&next);
    } else {
        state.cursor.set(Some(next));
    }
    true
}

fn to_end(state: State, client: Client, first: bool) -> bool {
    let last = untrack(|| state.list.shown_total(&state.pending)).saturating_sub(1);
    client.go_to_position(if first { 0 } else { last });
    true
}

fn open_cursor(state: State, client: Client) -> bool {
    let cursor = state.cursor.get_untracked();
    cursor.map(|message| client.read(&message)).is_some()
}

fn choose(state: State, client: Client, range: bool) -> bool {
    let cursor = state.cursor.get_untracked().or_else(|| state.opened.target.get_untracked());
    cursor.map(|message| client.choose(&message, range)).is_some()
}

fn act(client: Client, action: Action) -> bool {
    let target = untrack(|| client.target());
    target.map(|target| client.act(target, action)).is_some()
}

fn toggle(client: Client, flag: Flag) -> bool {
    let target = untrack(|| client.target());
    target.map(|target| client.toggle(target, flag)).is_some()
}

/// Opens a menu above the list or the message; for the row of the keyboard, which is selected for it.
fn open_menu(state: State, client: Client, menu: RwSignal<bool>) -> bool {
    if untrack(|| client.target()).is_none() {
        return false;
    }
    let closed = state.opened.target.with_untracked(Option::is_none);
    if closed && state.chosen.with_untracked(crate::state::Chosen::is_empty) {
        choose(state, client, false);
    }
    menu.set(true);
    true
}

fn compose(state: State, client: Client, kind: DraftKind) -> bool {
    let target = match untrack(|| client.target()) {
        Some(Selection::Messages(messages) | Selection::Threads(messages)) if messages.len() == 1 => {
            messages.into_iter().next()
        }
        _ => state.opened.target.get_untracked(),
    };
    target.map(|message| client.compose(&message, kind)).is_some()
}

fn go_to(state: State, client: Client, letter: Option<char>) -> bool {
    let special_use = match letter {
        Some('i') => SpecialUse::Inbox,
        Some('s') => SpecialUse::Flagged,
        Some('d') => SpecialUse::Drafts,
        Some('t') => SpecialUse::Sent,
        Some('a') => SpecialUse::Archive,
        _ => return false,
    };
    if let Some(folder) = untrack(|| state.mailboxes.by_use(special_use)) {
        client.open_mailbox(&folder.mailbox.path);
    } else if special_use == SpecialUse::Flagged {
        client.search("is:starred", false);
    }
    true
}

fn show(state: State, dialog: Dialog) -> bool {
    state.dialog.set(Some(dialog));
    true
}

fn focus_search() -> bool {
    let input = document().query_selector("[data-testid=search-input]").ok().flatten();
    input
        .and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok())
        .map(|input| {
            drop(input.focus());
            input.select();
        })
        .is_some()
}
