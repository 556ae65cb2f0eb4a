//! The page in which formatted text is written: what it says, and what it is told.

use app::Client;
use js_sys::Array;
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};

/// The frame of it, while there is one.
const FRAME: &str = "compose-frame";

fn frame() -> Option<web_sys::Window> {
    document().get_element_by_id(FRAME)?.dyn_into::<web_sys::HtmlIFrameElement>().ok()?.content_window()
}

/// Tells it something, with the bytes that go with it.
pub fn tell(what: &str, file: Option<&web_sys::Blob>) {
    if let Some(frame) = frame() {
        let message = Array::of2(&what.into(), &file.map_or(JsValue::NULL, JsValue::from));
        // It is sandboxed and so has no origin by which to name it; the policy of this page lets nothing but pages of ours
        // into a frame.
        drop(frame.post_message(&message, "*"));
    }
}

/// Listens to it from now on.
pub fn listen(client: Client) {
    let heard = Closure::<dyn Fn(web_sys::MessageEvent)>::new(move |event: web_sys::MessageEvent| {
        let from_there = frame()
            .is_some_and(|frame| event.source().is_some_and(|source| JsValue::from(source) == JsValue::from(frame)));
        if !from_there {
            return;
        }
        let message = Array::from(&event.data());
        if let Some(what) = message.get(0).as_string() {
            client.editor_said(&what, message.get(1).dyn_into().ok());
        }
    });
    drop(window().add_event_listener_with_callback("message", heard.as_ref().unchecked_ref()));
    // For as long as the page is there.
    heard.forget();
}

/// The bytes of a picture that is at the server.
pub async fn picture(url: &str) -> Option<web_sys::Blob> {
    let answer = get(url).await?;
    let bytes = answer.binary().await.ok()?;
    let kind = answer.headers().get("content-type").unwrap_or_default();
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(&kind);
    let parts = Array::of1(&js_sys::Uint8Array::from(bytes.as_slice()));
    web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()
}

/// The addresses of pictures on the net, each with the one of ours where it is had.
pub async fn pictures(url: &str) -> Option<Vec<(String, String)>> {
    app::wire::read(&get(url).await?.text().await.ok()?)
}

async fn get(url: &str) -> Option<gloo_net::http::Response> {
    gloo_net::http::Request::get(url).send().await.ok().filter(gloo_net::http::Response::ok)
}
