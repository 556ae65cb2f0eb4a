//! Around the socket: its address, what makes it hurry, and whether it is of any use to go on.

use std::pin::pin;

use app::Client;
use futures_util::future::{Either, select};
use leptos::{ev, prelude::*};
use wasm_bindgen::{JsCast, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestInit, RequestRedirect, Response};

/// How long the login page may take to tell, in milliseconds.
const PATIENCE: u32 = 10_000;

/// The address of the socket.
pub fn url() -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "http:") { "ws" } else { "wss" };
    format!("{scheme}://{}/socket", location.host().unwrap_or_default())
}

/// The network came back, or the person did: no use waiting.
pub fn listen(client: Client) -> impl Sized {
    let online = window_event_listener(ev::online, move |_| client.reconnect());
    let offline = window_event_listener(ev::offline, move |_| client.reconnect());
    let visible = Closure::<dyn Fn()>::new(move || {
        if is_in_front() {
            client.reconnect();
        }
        client.attend(is_in_front());
    });
    // Fails only for names that are no events.
    drop(document().add_event_listener_with_callback("visibilitychange", visible.as_ref().unchecked_ref()));
    ((online, offline), visible)
}

/// Whether the socket is refused because nobody is signed in. A websocket does not tell; the login page does: it is shown to
/// who is not, and sends everybody else on.
pub async fn login_is_over() -> Option<()> {
    let limit = gloo_timers::future::TimeoutFuture::new(PATIENCE);
    match select(pin!(ask_login_page()), limit).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => None,
    }
}

async fn ask_login_page() -> Option<()> {
    let asked = RequestInit::new();
    asked.set_method("HEAD");
    asked.set_redirect(RequestRedirect::Manual);
    let response = JsFuture::from(window().fetch_with_str_and_init("/login", &asked)).await.ok()?;
    let response = response.dyn_into::<Response>().ok()?;
    (response.status() == 200).then_some(())
}

/// Whether the person can see this page.
pub fn is_in_front() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Whether the browser knows that there is no network.
pub fn is_offline() -> bool {
    !window().navigator().on_line()
}
