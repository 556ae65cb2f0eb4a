//! The app's wishes of the browser.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use app::{
    platform::{Platform, Visit},
    state::Theme,
    wire::{Attachment, DraftId, Error},
};
use futures_channel::mpsc;
use futures_util::future::LocalBoxFuture;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

/// The cookie with the person's clock, in minutes ahead of UTC.
pub const CLOCK: &str = "pismo_tz";

/// What is being written, in `localStorage`.
const DRAFT: &str = "pismo_draft";

/// In `sessionStorage`: this tab is the one that writes it.
const WRITER: &str = "pismo_draft_here";

/// A draft that its tab has not touched for so many seconds was left behind.
const LEFT_BEHIND: i64 = 60;

pub struct Browser {
    nudge: std::sync::Mutex<mpsc::Sender<()>>,
    /// Nothing that is written is kept any more.
    forgets: AtomicBool,
}

impl Browser {
    pub fn new(nudge: mpsc::Sender<()>) -> Browser {
        Browser { nudge: std::sync::Mutex::new(nudge), forgets: AtomicBool::new(false) }
    }
}

impl Platform for Browser {
    fn visit(&self, url: &str, visit: Visit) {
        let Ok(history) = window().history() else {
            return;
        };
        // Refused only when a script asks for hundreds within seconds.
        drop(match visit {
            Visit::Push => history.push_state_with_url(&JsValue::NULL, "", Some(url)),
            Visit::Replace => history.replace_state_with_url(&JsValue::NULL, "", Some(url)),
        });
    }

    fn leave(&self, url: &str) {
        drop(window().location().assign(url));
    }

    fn reconnect(&self) {
        if let Ok(mut nudge) = self.nudge.lock() {
            // Full means that one is waiting already.
            drop(nudge.try_send(()));
        }
    }

    fn warm(&self, url: &str) {
        // The cache keeps documents of frames apart from what scripts fetch: only a frame can fill it for a frame.
        let Ok(frame) = document().create_element("iframe") else {
            return;
        };
        for (name, value) in
            [("hidden", ""), ("sandbox", ""), ("aria-hidden", "true"), ("tabindex", "-1"), ("src", url)]
        {
            drop(frame.set_attribute(name, value));
        }
        let loaded = {
            let frame = frame.clone();
            Closure::once_into_js(move || frame.remove())
        };
        drop(frame.add_event_listener_with_callback("load", loaded.unchecked_ref()));
        if let Some(body) = document().body() {
            drop(body.append_child(&frame));
        }
    }

    fn theme(&self, theme: Theme) -> &'static str {
        let dark = match theme {
            Theme::Light => false,
            Theme::Dark => true,
            Theme::System => {
                window().match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|query| query.matches())
            }
        };
        if dark { "dark" } else { "light" }
    }

    fn zone(&self) -> String {
        let options =
            js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new()).resolved_options();
        let zone = js_sys::Reflect::get(&options, &"timeZone".into()).ok();
        zone.and_then(|zone| zone.as_string()).unwrap_or_default()
    }

    fn set_cookie(&self, name: &str, value: &str) {
        set_cookie(name, value);
    }

    fn keep_draft(&self, draft: Option<&str>) {
        let (Some(local), Some(session)) = (storage(true), storage(false)) else {
            return;
        };
        if self.forgets.load(Ordering::Relaxed) {
            return;
        }
        // A full store is the person's to empty; Drafts has the text soon anyway.
        match draft {
            Some(draft) => {
                drop(local.set_item(DRAFT, &format!("{} {draft}", seconds())));
                drop(session.set_item(WRITER, "1"));
            }
            None if session.get_item(WRITER).ok().flatten().is_some() => {
                drop(local.remove_item(DRAFT));
                drop(session.remove_item(WRITER));
            }
            None => {}
        }
    }

    fn forget_drafts(&self) {
        self.forgets.store(true, Ordering::Relaxed);
        // `Clear-Site-Data` does it as well, but not in every browser, and nowhere without HTTPS.
        if let Some(local) = storage(true) {
            drop(local.remove_item(DRAFT));
        }
    }

    fn kept_draft(&self) -> Option<String> {
        let kept = storage(true)?.get_item(DRAFT).ok()??;
        let (touched, draft) = kept.split_once(' ')?;
        let here = storage(false)?.get_item(WRITER).ok()?.is_some();
        let left_behind = seconds() - touched.parse::<i64>().ok()? > LEFT_BEHIND;
        (here || left_behind).then(|| draft.to_owned())
    }

    fn new_draft_id(&self) -> DraftId {
        DraftId(random_hex())
    }

    fn upload(
        &self,
        file: web_sys::File,
        progress: Box<dyn Fn(u64)>,
    ) -> LocalBoxFuture<'static, Result<Attachment, Error>> {
        Box::pin(crate::upload::upload(file, progress))
    }

    fn tell_editor(&self, what: &str, file: Option<&web_sys::Blob>) {
        crate::editor::tell(what, file);
    }

    fn picture(&self, url: String) -> LocalBoxFuture<'static, Option<web_sys::Blob>> {
        Box::pin(async move { crate::editor::picture(&url).await })
    }

    fn pictures(&self, url: String) -> LocalBoxFuture<'static, Vec<(String, String)>> {
        Box::pin(async move { crate::editor::pictures(&url).await.unwrap_or_default() })
    }

    fn after(&self, delay: Duration, then: Box<dyn FnOnce()>) {
        let then = RefCell::new(Some(then));
        leptos::prelude::set_timeout(
            move || {
                if let Some(then) = then.take() {
                    then();
                }
            },
            delay,
        );
    }

    fn spawn(&self, task: LocalBoxFuture<'static, ()>) {
        wasm_bindgen_futures::spawn_local(task);
    }
}

/// 128 random bits. Two calls of `Math.random`'s kind would not do: the server takes the name for unique.
fn random_hex() -> String {
    let bytes = js_sys::Uint8Array::new_with_length(16);
    let crypto = js_sys::Reflect::get(&window(), &"crypto".into()).ok();
    let fill = crypto.as_ref().and_then(|crypto| js_sys::Reflect::get(crypto, &"getRandomValues".into()).ok());
    if let (Some(crypto), Some(fill)) = (crypto, fill.and_then(|fill| fill.dyn_into::<js_sys::Function>().ok())) {
        drop(fill.call1(&crypto, &bytes));
    }
    bytes.to_vec().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn storage(local: bool) -> Option<web_sys::Storage> {
    let window = window();
    if local { window.local_storage() } else { window.session_storage() }.ok().flatten()
}

/// Tells the server about the person's clock, for the next page.
pub fn write_clock_cookie() {
    #[expect(clippy::cast_possible_truncation, reason = "zones are whole minutes")]
    let minutes = -js_sys::Date::new_0().get_timezone_offset() as i32;
    set_cookie(CLOCK, &minutes.to_string());
}

/// Since 1970.
#[expect(clippy::cast_possible_truncation, reason = "whole seconds are wanted")]
fn seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

fn set_cookie(name: &str, value: &str) {
    let secure =
        if window().location().protocol().is_ok_and(|protocol| protocol == "https:") { "; Secure" } else { "" };
    if let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() {
        drop(document.set_cookie(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}")));
    }
}

pub fn cookie(name: &str) -> Option<String> {
    let cookies = document().dyn_into::<web_sys::HtmlDocument>().ok()?.cookie().ok()?;
    cookies.split("; ").find_map(|cookie| Some(cookie.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
}
