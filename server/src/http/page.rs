//! The page of the app: rendered with the first rows in it, from the very frames it carries along.

use std::time::Duration;

use app::{
    i18n::{self, Locale},
    page::{Assets, CLOCK_COOKIE, PageContext, clock_from_cookie, render_page, render_server},
    route::Route,
    state::{GROUPED, Theme},
    view::server::ServerPage,
    wire::Query,
};
use axum::{
    Extension,
    extract::{OriginalUri, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};

use tokio::time::{sleep, timeout};

use super::{
    assets,
    guard::Client,
    login::{Visitor, cookie, login_of},
};
use crate::{bridge::Bridge, error::HttpError, seal::random_hex, store::Ending};

/// Where everybody begins.
pub const INBOX: &str = "/mail/INBOX";

/// Rows that come with the page: those in sight on a laptop and a dozen more, so that the list does not ask again at once.
const ROWS: u32 = 28;

/// How long the page about the server waits for a line to it, and how often it looks.
const LINE_PATIENCE: Duration = Duration::from_secs(3);
const LINE_PAUSE: Duration = Duration::from_millis(100);

/// What the person chose, from cookies and the browser's languages.
pub struct Person {
    pub language: Locale,
    pub theme: Theme,
    /// Seconds that the person's clock is ahead of UTC.
    pub clock: Option<i32>,
}

impl Person {
    pub fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            language: i18n::negotiate(cookie(headers, i18n::COOKIE), accepted),
            theme: Theme::from_name(cookie(headers, Theme::COOKIE).unwrap_or_default()),
            clock: cookie(headers, CLOCK_COOKIE).and_then(clock_from_cookie),
        }
    }
}

pub async fn mail(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let Some(login) = login_of(&bridge, &client, &headers).await? else {
        let next = uri.path_and_query().map_or("", |path| path.as_str());
        let target = if next == INBOX || next == "/mail/" {
            "/login".to_owned()
        } else {
            format!("/login?next={}", app::route::encode(next))
        };
        return Ok(Redirect::to(&target).into_response());
    };
    let Some(route) = Route::parse(uri.path(), uri.query().unwrap_or_default()) else {
        return Ok(Redirect::to("/mail/").into_response());
    };
    if route.query.mailbox.is_empty() {
        // Every list has an address of its own, so that Back finds it.
        let query = Query { mailbox: "INBOX".to_owned(), ..route.query };
        return Ok(Redirect::to(&Route { query, ..route }.url()).into_response());
    }
    if route.query.is_whole() && cookie(&headers, GROUPED) == Some("1") {
        let query = Query { threaded: true, ..route.query.clone() };
        return Ok(Redirect::to(&Route { query, ..route }.url()).into_response());
    }
    let account = match bridge.account(&login).await {
        Ok(account) => account,
        // The password cannot be opened any more: signing in again seals it anew.
        Err(app::wire::Error::SignedOut) => {
            bridge.end_logins(login.account, Ending::This(&login.token)).await?;
            return Ok(Redirect::to("/login").into_response());
        }
        Err(error) => return Err(error.into()),
    };
    let query = route.query.clone();
    // A search takes its time; its rows come over the socket.
    let frames = if query.is_whole() { account.page(query, ROWS, &login.token).await } else { None };
    let Person { language, theme, clock } = Person::of(&headers);
    Ok(with_policy(
        |nonce| {
            let nonce = nonce.to_owned();
            render_page(&PageContext { frames, route, language, theme, clock, nonce, assets: site() })
        },
        StatusCode::OK,
    ))
}

/// What the mail server can do, and what Pismo does about it.
pub async fn server(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let account = bridge.account(&login).await?;
    let record = bridge.store.account(login.account).await?.ok_or(app::wire::Error::SignedOut)?;
    // An account that has just started has no line yet.
    let capabilities = timeout(LINE_PATIENCE, async {
        loop {
            if let Some(capabilities) = account.capabilities().await {
                return capabilities;
            }
            sleep(LINE_PAUSE).await;
        }
    });
    let offered = capabilities.await.ok();
    let connections = offered.as_ref().map(|offered| offered.connections);
    let offers = offered.map(|offered| offered.capabilities.names());
    let Person { language, theme, .. } = Person::of(&headers);
    let page = ServerPage { host: record.imap.host, offers, connections, language, theme };
    Ok(with_policy(|_| render_server(&page, &site()), StatusCode::OK))
}

/// Where the page finds what it loads.
pub fn site() -> Assets {
    Assets {
        script: assets::url("pkg/pismo.js"),
        wasm: assets::url("pkg/pismo.wasm"),
        style: assets::url("pkg/pismo.css"),
    }
}

/// An HTML answer under a policy that starts at nothing.
pub fn with_policy(render: impl FnOnce(&str) -> String, status: StatusCode) -> Response {
    let Ok(nonce) = random_hex(16) else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; \
         connect-src 'self'; frame-src 'self'; object-src 'self'; font-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default"
    );
    let mut response = (status, Html(render(&nonce))).into_response();
    let headers = response.headers_mut();
    // Our own text of hex digits is a valid header value.
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
