//! The site's own files (wasm, its loader, the style sheet, icons), under a path that changes with their content, so that a
//! browser keeps them for good. A release carries them inside; a development build reads the folder that cargo-leptos names.

use std::borrow::Cow;
use std::path::{Component, Path as FilePath, PathBuf};

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The route of [`serve`].
pub const ROUTE: &str = "/static/{hash}/{*path}";

/// A file of the site: its path, its bytes, and these in Brotli and in gzip where that is smaller.
type Asset = (&'static str, &'static [u8], Option<&'static [u8]>, Option<&'static [u8]>);

/// Where the page finds a file of the site, such as `pkg/pismo.js`.
pub fn url(path: &str) -> String {
    format!("/static/{HASH}/{path}")
}

/// Answers with a file of the site. An older page's path is not found: loader and wasm of different builds must never meet.
pub async fn serve(Path((hash, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    if hash != HASH {
        return not_found();
    }
    if ASSETS.is_empty() {
        return match read(&path).await {
            Some(bytes) => respond(&path, Cow::Owned(bytes), None, "no-cache"),
            None => not_found(),
        };
    }
    let Some((_, plain, brotli, gzip)) = ASSETS.iter().find(|(name, ..)| *name == path) else {
        return not_found();
    };
    let accepted = Accepted::of(&headers);
    let (bytes, encoding) = match (*brotli, *gzip) {
        (Some(brotli), _) if accepted.brotli => (brotli, Some("br")),
        (_, Some(gzip)) if accepted.gzip => (gzip, Some("gzip")),
        _ => (*plain, None),
    };
    respond(&path, Cow::Borrowed(bytes), encoding, "public, max-age=31536000, immutable")
}

/// Answers with the page in which formatted text is written. It has no origin, no network, and one script: the one in it.
pub async fn editor(headers: HeaderMap) -> Response {
    let mut response = serve(Path((HASH.to_owned(), EDITOR.to_owned())), headers).await;
    if response.status().is_success() {
        let page = match ASSETS.iter().find(|(name, ..)| *name == EDITOR) {
            Some((_, plain, ..)) => Cow::Borrowed(*plain),
            None => Cow::Owned(read(EDITOR).await.unwrap_or_default()),
        };
        let headers = response.headers_mut();
        // Its name stays the same from one release to the next.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        if let Ok(policy) = HeaderValue::from_str(&editor_policy(&page)) {
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    response
}

const EDITOR: &str = "editor.html";

fn editor_policy(page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page);
    let script = page.split_once("<script>").and_then(|(_, rest)| rest.rsplit_once("</script>"));
    let digest = Sha256::digest(script.map_or("", |(script, _)| script).as_bytes());
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts",
        STANDARD.encode(digest)
    )
}

/// Answers with a file at the root of the site, under its own name: icons, the manifest.
pub async fn at_root(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() || path.contains('/') {
        return not_found();
    }
    let mut response = serve(Path((HASH.to_owned(), path.to_owned())), headers).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    }
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "There is no such page.\n").into_response()
}

fn respond(path: &str, bytes: Cow<'static, [u8]>, encoding: Option<&'static str>, cache: &'static str) -> Response {
    let body = match bytes {
        Cow::Borrowed(bytes) => axum::body::Body::from(bytes),
        Cow::Owned(bytes) => axum::body::Body::from(bytes),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// What a development build serves: the file as it is now.
async fn read(path: &str) -> Option<Vec<u8>> {
    let site = PathBuf::from(std::env::var_os("PISMO_SITE").or_else(|| std::env::var_os("LEPTOS_SITE_ROOT"))?);
    let inside = FilePath::new(path).components().all(|component| matches!(component, Component::Normal(_)));
    if !inside {
        return None;
    }
    tokio::fs::read(site.join(path)).await.ok()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// The encodings that a request takes (RFC 9110 §12.5.3).
#[derive(Debug, Default, PartialEq)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    fn of(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = headers.get_all(header::ACCEPT_ENCODING);
        for item in values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')) {
            let (coding, weight) = item.split_once(';').unwrap_or((item, "q=1"));
            let quality = weight.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok());
            let wanted = quality.is_some_and(|quality| quality > 0.0);
            match coding.trim() {
                coding if coding.eq_ignore_ascii_case("br") => accepted.brotli = wanted,
                coding if coding.eq_ignore_ascii_case("gzip") => accepted.gzip = wanted,
                _ => {}
            }
        }
        accepted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(value: &'static str) -> Accepted {
        Accepted::of(&HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(value))]))
    }

    #[test]
    fn an_encoding_is_chosen_only_when_it_is_accepted() {
        assert_eq!(accepted("gzip, deflate, br, zstd"), Accepted { brotli: true, gzip: true });
        assert_eq!(accepted("br;q=0, gzip;q=0.5"), Accepted { brotli: false, gzip: true });
        assert_eq!(accepted("identity"), Accepted::default());
        assert_eq!(accepted("br;q=nonsense"), Accepted::default());
    }

    #[tokio::test]
    async fn a_path_of_another_build_is_not_found() {
        let response = serve(Path(("older".to_owned(), "pkg/pismo.js".to_owned())), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn a_path_that_climbs_out_of_the_site_is_not_read() {
        assert_eq!(read("../Cargo.toml").await, None);
        assert_eq!(read("/etc/hostname").await, None);
    }

    #[test]
    fn the_editor_runs_its_own_script_alone() {
        let policy = editor_policy(b"<body><script>let a</script></body>");
        // By `printf 'let a' | openssl dgst -sha256 -binary | base64`.
        assert!(policy.contains("script-src 'sha256-IfEXP/8HLuXoAiy0hZVrCAcjcLsZqYFpLOHDGj8enqE=';"), "{policy}");
        assert!(policy.ends_with("sandbox allow-scripts") && policy.starts_with("default-src 'none';"));
    }

    #[test]
    fn wasm_has_the_type_that_lets_browsers_compile_while_loading() {
        assert_eq!(content_type("pkg/pismo.wasm"), "application/wasm");
        assert!(url("pkg/pismo.wasm").starts_with("/static/"));
    }
}
