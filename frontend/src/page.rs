//! What the page carried, and what happens to it as a whole.

use app::{
    Client, State,
    i18n::{self, Locale},
    route::Route,
    state::{GROUPED, HOLD, Theme, Threading, Writing, hold_of},
    wire::{PageFrames, read},
};
use leptos::{ev, prelude::*};

use crate::platform;

/// What the server put into the document.
pub struct Page {
    pub frames: Option<PageFrames>,
    pub route: Route,
    pub language: Locale,
    pub theme: Theme,
    pub clock: Option<i32>,
}

impl Page {
    pub fn read() -> Page {
        let root = document().document_element();
        let attribute = |name: &str| root.as_ref().and_then(|root| root.get_attribute(name)).unwrap_or_default();
        let frames = document().get_element_by_id("page-frames").and_then(|script| script.text_content());
        Page {
            frames: frames.and_then(|frames| read(&frames)),
            route: route(),
            language: i18n::locale(&attribute("lang")).unwrap_or(Locale::en),
            theme: Theme::from_name(&attribute("data-theme")),
            clock: platform::cookie(platform::CLOCK)
                .and_then(|minutes| minutes.parse::<i32>().ok())
                .map(|minutes| minutes * 60),
        }
    }
}

/// What the address bar names.
fn route() -> Route {
    let location = window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    Route::parse(&path, &query).unwrap_or_default()
}

/// What happens outside of the views.
pub fn listen(client: Client) {
    let back = window_event_listener(ev::popstate, move |_| client.go(&route(), None));
    // A draft that was not saved yet is kept where a reload finds it.
    let hide = window_event_listener(ev::pagehide, move |_| client.keep_now());
    on_cleanup(move || {
        back.remove();
        hide.remove();
    });
}

/// Fills in what the server could not know.
pub fn come_alive(state: State, client: Client) {
    platform::write_clock_cookie();
    let threading = platform::cookie(Threading::COOKIE);
    state.grouped.set(platform::cookie(GROUPED).as_deref() == Some("1"));
    state.threading.set(Threading::from_name(&threading.unwrap_or_default()));
    let writing = platform::cookie(Writing::COOKIE);
    state.writing.set(Writing::from_name(&writing.unwrap_or_default()));
    state.hold.set(hold_of(&platform::cookie(HOLD).unwrap_or_default()));
    state.alive.set(true);
    if state.list.id().is_none() && !state.list.query.with_untracked(|query| query.mailbox.is_empty()) {
        client.retry_list();
    }
    client.resume_message();
    client.restore_draft();
}
