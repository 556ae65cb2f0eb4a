//! Bytes of messages over HTTP: bodies for their frame, attachments, source, header, a page to print.

use std::{collections::HashMap, sync::Arc};

use app::{
    page::fields_on_paper,
    wire::{AccountId, Error, MessageRef, Uid, UidValidity},
};
use axum::{
    Extension,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Json, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::{guard::Client, login::SignedIn, page::Person, remote, section::Section};
use crate::{
    account::{Account, Loaded, names_of_pictures},
    bridge::Bridge,
    error::HttpError,
    mime::{
        self,
        html::{self, Proxy},
        structure::Encoding,
    },
    pictures::{PATH, Ticket},
    seal::random_hex,
    store::now,
};

/// Inline images that are put into a body, in bytes as transferred: each, and together.
const MAX_IMAGE: u32 = 4 * 1024 * 1024;
const MAX_IMAGES: u32 = 12 * 1024 * 1024;

/// The longest header that is shown, in bytes.
const MAX_HEADER: u32 = 256 * 1024;

#[derive(Deserialize)]
pub struct Asked {
    mailbox: String,
    #[serde(default)]
    theme: String,
    remote: Option<u8>,
    inline: Option<u8>,
}

impl Asked {
    /// What the addresses of pictures on the net begin with, if these are to be shown.
    fn pictures(&self, bridge: &Bridge, client: &Client, headers: &HeaderMap) -> Option<String> {
        (self.remote == Some(1)).then(|| remote::base(&bridge.config.origins, client, headers)).flatten()
    }
}

type Place = Path<(i64, u32, u32)>;

/// The account and the reference that a path names; another user's account is not found.
async fn find(
    bridge: &Bridge,
    login: &crate::store::Login,
    (account, uid_validity, uid): (i64, u32, u32),
    mailbox: &str,
) -> Result<(Account, MessageRef), HttpError> {
    if AccountId(account) != login.account {
        return Err(Error::Gone.into());
    }
    let message = MessageRef {
        account: login.account,
        mailbox: mailbox.to_owned(),
        uid_validity: UidValidity(uid_validity),
        uid: Uid(uid),
    };
    Ok((bridge.account(login).await?, message))
}

/// The HTML body as a document of its own, for a sandboxed frame.
pub async fn body(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(place): Place,
    Query(asked): Query<Asked>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, place, &asked.mailbox).await?;
    let loaded = account.load(message).await?;
    let pictures = asked.pictures(&bridge, &client, &headers);
    let fold = Some(app::page::quoted(Person::of(&headers).language));
    let document = document(&bridge, &account, &loaded, (&asked.theme, pictures.as_deref()), fold).await?;
    Ok(framed(document, &html::content_security_policy(pictures.as_deref()), true))
}

async fn document(
    bridge: &Bridge,
    account: &Account,
    loaded: &Loaded,
    (theme, pictures): (&str, Option<&str>),
    fold: Option<&'static str>,
) -> Result<String, HttpError> {
    let inline = inline_images(account, loaded).await?;
    let theme = if theme == "dark" { html::Theme::Dark } else { html::Theme::Light };
    let address = |base: &str| Ticket::issue(&bridge.seal, &loaded.message, base.to_owned(), now());
    let remote = pictures.map(|base| Proxy::new(address(base)));
    let turn = bridge.bodies.turn(loaded.message.account).await?;
    let (text, outline) = (loaded.text.clone(), loaded.outline.clone());
    let is_html = loaded.is_html();
    let document = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        if is_html {
            let options = html::Options { remote, inline: Arc::new(inline), theme, fold };
            html::sanitise_known(&text, outline.as_deref(), &options).document
        } else {
            html::from_text(&text, theme)
        }
    });
    Ok(document.await.map_err(anyhow::Error::from)?)
}

/// The addresses of pictures on the net that a message shows, each with the one of ours where it is had: for whoever writes beneath a
/// quote of it. There are none unless the person wants to see them.
pub async fn pictures(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(place): Place,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, place, &asked.mailbox).await?;
    let loaded = account.load(message).await?;
    let wanted =
        loaded.remote.pictures && bridge.store.are_pictures_allowed(login.account, &names_of_pictures(&loaded)).await?;
    let mut found = Vec::new();
    if wanted {
        let turn = bridge.bodies.turn(login.account).await?;
        let address = Ticket::issue(&bridge.seal, &loaded.message, PATH.to_owned(), now());
        let work = move || {
            let _turn = turn;
            html::pictures(&loaded.text, loaded.outline.as_deref())
        };
        let pictures = tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?;
        found.extend(pictures.into_iter().map(|url| (url.clone(), address(&url))));
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(found)).into_response())
}

/// A document from a message: sandboxed, and under its own policy.
fn framed(document: String, policy: &str, keep: bool) -> Response {
    // Our own words are a valid header value.
    let Ok(policy) = HeaderValue::from_str(policy) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let mut response = Html(document).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // A UID's text never changes; the frame is shown again without asking.
    let cache = if keep { "private, max-age=3600" } else { "no-store" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// Images that the body refers to by Content-ID, as `data:` addresses: the frame may fetch nothing.
async fn inline_images(account: &Account, loaded: &Loaded) -> Result<HashMap<String, String>, HttpError> {
    let mut images = HashMap::new();
    let mut budget = MAX_IMAGES;
    for part in &loaded.shown.related {
        let shown = mime::is_safe_image(&part.content_type);
        if !shown || part.size > MAX_IMAGE.min(budget) {
            continue;
        }
        let room = MAX_IMAGE.min(budget);
        let bytes = account.parts().section(loaded.message.clone(), &part.section, Some((0, room))).await?;
        // The size is only what the server says of it: what comes counts as well.
        budget -= part.size.max(u32::try_from(bytes.len()).unwrap_or(u32::MAX)).min(room);
        let bytes = mime::decode_bytes(&bytes, part.encoding);
        images.insert(part.content_id.clone(), format!("data:{};base64,{}", part.content_type, STANDARD.encode(bytes)));
    }
    Ok(images)
}

/// A part: to download, or to look at inline where its type can do no harm.
pub async fn part(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path((account, uid_validity, uid, section)): Path<(i64, u32, u32, String)>,
    Query(asked): Query<Asked>,
    request: HeaderMap,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, (account, uid_validity, uid), &asked.mailbox).await?;
    let loaded = account.load(message.clone()).await?;
    let part = loaded
        .shown
        .attachments
        .iter()
        .chain(loaded.shown.related.iter().map(|related| &related.part))
        .find(|part| part.section == section)
        .ok_or(Error::Gone)?
        .clone();
    let encoding = loaded.structure.find(&section).ok_or(Error::Gone)?.encoding;
    let login = bridge.presence.watch(&login.token);
    let mut response = Section { account, login, message, section, encoding }.answer(&request).await?;
    let inline = asked.inline == Some(1);
    let headers = response.headers_mut();
    let shown = if inline { mime::inline_type(&part.content_type) } else { None };
    let content_type = shown.unwrap_or("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let disposition = disposition(shown.is_some(), &part.name);
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(anyhow::Error::from)?);
    // A PDF viewer does not run in a sandbox; all it may do is show.
    let policy = if shown == Some("application/pdf") {
        "default-src 'none'; object-src 'self'; plugin-types application/pdf; style-src 'unsafe-inline'; img-src data: blob:; frame-ancestors 'self'"
    } else {
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
    };
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=3600"));
    Ok(response)
}

/// The message as it came.
pub async fn source(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(place): Place,
    Query(asked): Query<Asked>,
    request: HeaderMap,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, place, &asked.mailbox).await?;
    let login = bridge.presence.watch(&login.token);
    let whole = Section { account, login, message, section: String::new(), encoding: Encoding::Identity };
    let mut response = whole.answer(&request).await?;
    let headers = response.headers_mut();
    let inline = asked.inline == Some(1);
    let content_type = if inline { "text/plain; charset=utf-8" } else { "message/rfc822" };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let disposition = disposition(inline, "message.eml");
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(anyhow::Error::from)?);
    Ok(response)
}

/// All header fields, as they came.
pub async fn headers(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(place): Place,
    Query(asked): Query<Asked>,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, place, &asked.mailbox).await?;
    let bytes = account.parts().section(message, "HEADER", Some((0, MAX_HEADER))).await?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// The message with its main header fields as one page, which asks for the printer.
pub async fn print(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(place): Place,
    Query(asked): Query<Asked>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (account, message) = find(&bridge, &login, place, &asked.mailbox).await?;
    let loaded = account.load(message).await?;
    let pictures = asked.pictures(&bridge, &client, &headers);
    let document = document(&bridge, &account, &loaded, ("light", pictures.as_deref()), None).await?;
    let Person { language, clock, .. } = Person::of(&headers);
    let field = |name| loaded.headers.text(name);
    let fields = fields_on_paper(language, clock, ["From", "To", "Cc"].map(field), loaded.date);
    let nonce = random_hex(16)?;
    let page = html::for_the_printer(&document, &field("Subject"), &fields, &nonce);
    Ok(framed(page, &html::printing_policy(pictures.as_deref(), &nonce), false))
}

/// Content-Disposition with a file name of any letters (RFC 6266, RFC 8187).
pub fn disposition(inline: bool, name: &str) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let plain: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%') || letter == ' ' { letter } else { '_' }
        })
        .collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", app::route::encode(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_quotes() {
        assert_eq!(
            disposition(false, "a\"; x=\r\nсчёт.pdf"),
            "attachment; filename=\"a_; x=______.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A%D1%81%D1%87%D1%91%D1%82.pdf"
        );
    }
}
