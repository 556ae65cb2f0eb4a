//! Text that comes over HTTP: a source, header fields, a text file.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::i18n::*;

/// No more of a text than this many characters is put on the screen.
const SHOWN: usize = 300_000;

/// The text at an address of ours, as it is.
#[component]
pub fn FetchedText(#[prop(into)] url: String) -> impl IntoView {
    let i18n = use_i18n();
    let text = RwSignal::new(None);
    Effect::new(move |_| {
        let url = url.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let fetched = fetch(url).await;
            // The dialog may be closed by now.
            let _ = text.try_set(Some(fetched));
        });
    });
    move || match text.get() {
        None => view! {
            <p role="status">
                <span class="spinner"></span>
                " "
                {move || t_string!(i18n, app.loading)}
            </p>
        }
        .into_any(),
        Some(None) => view! { <p role="alert">{move || t_string!(i18n, view.source_failed)}</p> }.into_any(),
        Some(Some((text, whole))) => view! {
            {(!whole).then(|| view! { <p>{move || t_string!(i18n, view.preview_truncated)}</p> })}
            <pre class="dialog-source">{text}</pre>
        }
        .into_any(),
    }
}

/// The beginning of the text, and whether that is all.
async fn fetch(url: String) -> Option<(String, bool)> {
    let response = JsFuture::from(window().fetch_with_str(&url)).await.ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let bytes = JsFuture::from(response.array_buffer().ok()?).await.ok()?;
    let bytes = js_sys::Uint8Array::new(&bytes).to_vec();
    let charset = response.headers().get("content-type").ok().flatten().and_then(|value| charset(&value));
    let text = decode(&bytes, charset.as_deref());
    let whole = text.char_indices().nth(SHOWN).is_none();
    Some((text.chars().take(SHOWN).collect(), whole))
}

/// By the charset it is said to be in; else UTF-8 if it can be, else what old Russian files are in.
fn decode(bytes: &[u8], charset: Option<&str>) -> String {
    let by = |label: &str| {
        let decoder = web_sys::TextDecoder::new_with_label(label).ok()?;
        decoder.decode_with_u8_array(bytes).ok()
    };
    charset
        .and_then(by)
        .or_else(|| String::from_utf8(bytes.to_vec()).ok())
        .or_else(|| by("windows-1251"))
        .unwrap_or_else(|| String::from_utf8_lossy(bytes).into_owned())
}

/// The `charset` parameter of a Content-Type field (RFC 9110 §8.3.1).
fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::charset;

    #[test]
    fn the_charset_is_read_from_the_type() {
        assert_eq!(charset("text/plain; charset=\"koi8-r\""), Some("koi8-r".to_owned()));
        assert_eq!(charset("text/plain;format=flowed; Charset=utf-8"), Some("utf-8".to_owned()));
        assert_eq!(charset("text/plain"), None);
    }
}
