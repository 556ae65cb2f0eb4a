//! The browser's own input and output: takes the page over that the server rendered, holds the socket, uploads files.

#![recursion_limit = "512"]

mod editor;
mod page;
mod platform;
mod socket;
mod upload;

use std::sync::Arc;

use app::{
    Client, State,
    view::layout::{App, BROKEN},
};
use futures_channel::mpsc;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

use page::Page;
use platform::Browser;
use socket::Socket;

/// Takes over the page. Called once, by the script in it.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(|| {
        let page = Page::read();
        let state = State::from_page(page.language, page.theme, &page.route, page.frames.as_ref());
        state.clock.set(page.clock);
        // One wish to try again at once is as good as many.
        let (nudge, nudges) = mpsc::channel(1);
        let (client, requests) = Client::new(state, Arc::new(Browser::new(nudge)));
        provide_context(state);
        provide_context(client);
        keep_draft_on_panic(client);
        page::listen(client);
        editor::listen(client);
        let tab = page.frames.map(|frames| frames.welcome.tab);
        wasm_bindgen_futures::spawn_local(async move {
            // The views are taken over by now: what the server could not know is filled in.
            page::come_alive(state, client);
            Socket::new(state, client, tab).run(requests, nudges).await;
        });
        App()
    });
}

/// A fault of ours must not cost what the person was writing, nor leave a page that does nothing and does not say so.
fn keep_draft_on_panic(client: Client) {
    std::panic::set_hook(Box::new(move |panic| {
        if let Some(words) = document().get_element_by_id(BROKEN) {
            let _ = words.remove_attribute("hidden");
        }
        client.keep_now();
        web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
    }));
}
