//! Signing in and out, with a plain form.

mod servers;

use app::{
    i18n,
    page::render_login,
    route::encode,
    view::{login::LoginPage, logins::Outcome},
    wire::{self, Error},
};
use axum::{
    Extension, Form,
    extract::{FromRequestParts, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::SecretString;
use serde::Deserialize;
use servers::{Refusal, Servers, servers};
use sha2::{Digest, Sha256};

use super::{
    guard::Client,
    page::{INBOX, Person, site, with_policy},
    second_step::STEP_COOKIE,
};
use crate::{
    attempts::is_one_network,
    bridge::{Bridge, internal},
    endpoint::{Endpoint, Protocol, Security},
    error::{HttpError, status, to_wire},
    imap::{self, Credentials},
    notice,
    pending::{self, Proven},
    seal::random_hex,
    store::{self, AccountRecord, Ending, Origin},
};

/// A signed-in request.
pub struct SignedIn(pub store::Login);

impl FromRequestParts<Bridge> for SignedIn {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, bridge: &Bridge) -> Result<Self, HttpError> {
        login_of(bridge, of(parts)?, &parts.headers).await?.map(Self).ok_or(HttpError(Error::SignedOut))
    }
}

/// Somebody who looks at a page beside the app. Whoever is not signed in is asked to, and comes back to it.
pub struct Visitor(pub store::Login);

impl FromRequestParts<Bridge> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, bridge: &Bridge) -> Result<Self, Response> {
        let client = of(parts).map_err(IntoResponse::into_response)?;
        let login = login_of(bridge, client, &parts.headers).await.map_err(IntoResponse::into_response)?;
        // Where a form or a file was, they begin at the page that leads there.
        let page = parts.uri.path().split('/').nth(1).unwrap_or_default();
        let ask = || Redirect::to(&format!("/login?next={}", encode(&format!("/{page}")))).into_response();
        login.map(Self).ok_or_else(ask)
    }
}

/// Who sends a request; `guard` has noted it.
fn of(parts: &Parts) -> Result<&Client, HttpError> {
    parts.extensions.get().ok_or_else(|| anyhow::anyhow!("A request that passed no guard").into())
}

/// The login whose cookie came along, if it has not ended. It is noted as used.
pub async fn login_of(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
) -> Result<Option<store::Login>, HttpError> {
    let Some(token) = cookie(headers, &cookie_name(client.secure, COOKIE)) else { return Ok(None) };
    let login = bridge.store.login(&Sha256::digest(token.as_bytes())).await?;
    if let Some(login) = &login {
        bridge.note_use(login);
    }
    Ok(login)
}

/// The cookie of a login.
pub const COOKIE: &str = "pismo";

/// RFC 6265bis §4.1.3.2: the prefix binds a cookie to this very host and to https, where nothing else counts. Without https there
/// is no such prefix.
pub fn cookie_name(secure: bool, name: &str) -> String {
    if secure { format!("__Host-{name}") } else { name.to_owned() }
}

/// A cookie's value.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

pub fn set_cookie(secure: bool, name: &str, value: &str, seconds: i64) -> anyhow::Result<HeaderValue> {
    let (name, secure) = (cookie_name(secure, name), if secure { "; Secure" } else { "" });
    Ok(format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}").try_into()?)
}

#[derive(Deserialize)]
pub struct Asked {
    next: Option<String>,
    /// The person wants the form in this language.
    language: Option<String>,
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Filled {
    #[serde(default)]
    address: String,
    #[serde(default)]
    password: SecretString,
    #[serde(default)]
    imap: String,
    #[serde(default)]
    smtp: String,
    #[serde(default)]
    next: String,
}

pub async fn form(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    Query(Asked { next, language }): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let next = next.unwrap_or_default();
    if login_of(&bridge, &client, &headers).await?.is_some() {
        return Ok(Redirect::to(safe(&next)).into_response());
    }
    let mut page = LoginPage { next, ..blank(&bridge, &headers) };
    let chosen = language.as_deref().and_then(i18n::locale);
    page.language = chosen.unwrap_or(page.language);
    let mut response = show(page, StatusCode::OK);
    if let Some(language) = chosen {
        let cookie = format!("{}={}; Path=/; SameSite=Lax; Max-Age=31536000", i18n::COOKIE, i18n::tag(language));
        let cookie = HeaderValue::from_str(&cookie).map_err(anyhow::Error::from)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    // The login was ended elsewhere, or has aged. What was written and not kept yet stays, since nobody has asked to leave.
    if cookie(&headers, &cookie_name(client.secure, COOKIE)).is_some() {
        forget(&mut response, &client, "\"cache\"")?;
    }
    Ok(response)
}

/// Has the browser forget its login, and these kinds of what it keeps of us (Clear Site Data §3.1): nothing of the mail stays in its
/// cache.
fn forget(response: &mut Response, client: &Client, kinds: &'static str) -> anyhow::Result<()> {
    response.headers_mut().append(header::SET_COOKIE, set_cookie(client.secure, COOKIE, "", 0)?);
    response.headers_mut().insert("clear-site-data", HeaderValue::from_static(kinds));
    Ok(())
}

fn blank(bridge: &Bridge, headers: &HeaderMap) -> LoginPage {
    let Person { language, theme, clock: _ } = Person::of(headers);
    LoginPage {
        error: None,
        address: String::new(),
        fixed_server: bridge.config.imap.is_some(),
        imap: String::new(),
        smtp: String::new(),
        language,
        theme,
        next: String::new(),
    }
}

fn show(page: LoginPage, status: StatusCode) -> Response {
    with_policy(|_| render_login(&page, &site()), status)
}

/// How far whoever filled in the form has come, with the value of the cookie for it.
enum Entered {
    In(String),
    /// The code of the second step is asked for.
    HalfWay(String),
}

pub async fn sign_in(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    match try_sign_in(&bridge, &client, &headers, &filled).await {
        Ok(Entered::HalfWay(token)) => {
            let mut response = Redirect::to("/login/code").into_response();
            let seconds = pending::PATIENCE.as_secs().try_into().map_err(anyhow::Error::from)?;
            let cookie = set_cookie(client.secure, STEP_COOKIE, &token, seconds)?;
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Ok(Entered::In(token)) => {
            let mut response = Redirect::to(safe(&filled.next)).into_response();
            let cookie = set_cookie(client.secure, COOKIE, &token, store::LIFETIME)?;
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(Refusal { error, found }) => {
            let status = status(&error);
            let (imap, smtp) = match found {
                // Whoever goes on with these in the form says that they are the right ones.
                Some(Servers { imap, smtp }) => {
                    (imap.to_string(), smtp.map(|smtp| smtp.to_string()).unwrap_or_default())
                }
                None => (filled.imap, filled.smtp),
            };
            let page = LoginPage {
                error: Some(error),
                address: filled.address,
                imap,
                smtp,
                next: filled.next,
                ..blank(&bridge, &headers)
            };
            Ok(show(page, status))
        }
    }
}

async fn try_sign_in(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    filled: &Filled,
) -> Result<Entered, Refusal> {
    let address = filled.address.trim();
    let Servers { imap, smtp } = servers(bridge, client, address, filled).await?;
    let origin = origin(client, headers);
    let networks = bridge.store.known_networks(address, &imap).await.map_err(internal)?;
    let known = networks.iter().any(|network| is_one_network(network, client.address));
    let attempt = match bridge.attempts.admit(address, client.address, known) {
        Ok(attempt) => attempt,
        Err(seconds) => {
            note_refusal(bridge, (address, &imap), &origin, Outcome::Attempts).await;
            return Err(Error::TooManyAttempts { seconds }.into());
        }
    };
    let credentials = Credentials { user: address.to_owned(), password: filled.password.clone() };
    let mut session = match imap::connect_by(&bridge.config.server_dialer(), &imap, &credentials).await.map_err(to_wire)
    {
        Ok(session) => session,
        Err(error) => {
            if error.is_about_password() {
                note_refusal(bridge, (address, &imap), &origin, Outcome::Password).await;
            }
            return Err(error.into());
        }
    };
    // Whoever has several addresses has one second step for what lies behind them.
    let inbox = session.mailbox_id("INBOX").await.map_err(to_wire)?.unwrap_or_default();
    let awaited = bridge.store.who_has_second_step(address, &imap, &inbox).await.map_err(internal)?;
    let proven = Proven { address: address.to_owned(), imap, smtp, credentials, inbox, session, attempt };
    let Some(owner) = awaited else { return Ok(Entered::In(finish(bridge, client, headers, proven).await?)) };
    let token = random_hex(32).map_err(internal)?;
    bridge.await_second_step(Sha256::digest(token.as_bytes()).to_vec(), owner, proven, &filled.next);
    Ok(Entered::HalfWay(token))
}

/// Signs in whoever has proven all that is asked for. Gives back the value of their cookie.
pub async fn finish(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    proven: Proven,
) -> Result<String, wire::Error> {
    let Proven { address, imap, smtp, credentials, inbox, session, attempt } = proven;
    bridge.attempts.pay_back(attempt);
    let origin = origin(client, headers);
    let record = bridge.store.account_for(&address, &imap, smtp.as_ref()).await.map_err(internal)?;
    bridge.store.set_inbox(record.user, &inbox).await.map_err(internal)?;
    // Who had the old password has to know the new one, in every browser: it may have been changed because somebody else knew it.
    if bridge.keeps_other_password(&record, &credentials) {
        bridge.end_logins(record.id, Ending::All).await.map_err(internal)?;
    }
    bridge.keep_password(&record, &credentials).await.map_err(internal)?;
    let notice = notice(bridge, &record, headers, &origin).await;
    let (token, id) = (random_hex(32).map_err(internal)?, random_hex(16).map_err(internal)?);
    bridge.store.add_login(&Sha256::digest(token.as_bytes()), &id, record.user, &origin).await.map_err(internal)?;
    if let Err(error) = bridge.store.note_sign_in(record.user, &origin, Outcome::In).await {
        // Whoever is let in is let in.
        tracing::warn!(error = format!("{error:#}"), "A sign-in cannot be noted");
    }
    // The session that proved the password goes on as the account's own.
    bridge.accounts.start(&record, credentials.clone()).signed_in(credentials, session, notice).await;
    Ok(token)
}

/// From where somebody signs in, as far as they say.
pub fn origin(client: &Client, headers: &HeaderMap) -> Origin {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    Origin { device: agent.chars().take(300).collect(), network: client.address.to_string() }
}

/// What the person is told of a sign-in with a new device. That somebody is let in does not hang on it.
async fn notice(bridge: &Bridge, record: &AccountRecord, headers: &HeaderMap, origin: &Origin) -> Option<Vec<u8>> {
    let made = match bridge.store.known_devices(record.user).await {
        Ok(known) if !notice::is_new_device(&known, &origin.device) => return None,
        Ok(_) => notice::of_new_device(&record.address, &Person::of(headers), origin, bridge.config.origins.first()),
        Err(error) => Err(error),
    };
    made.inspect_err(|error| tracing::warn!(error = format!("{error:#}"), "A notice cannot be written")).ok()
}

/// Notes that somebody was not let in. That they are not does not hang on it.
async fn note_refusal(bridge: &Bridge, (address, imap): (&str, &Endpoint), origin: &Origin, outcome: Outcome) {
    if let Err(error) = bridge.store.note_refusal(address, imap, origin, outcome).await {
        tracing::warn!(error = format!("{error:#}"), "A failed attempt to sign in cannot be noted");
    }
}

/// A server as people type it: with or without the scheme.
pub fn typed(bridge: &Bridge, text: &str, protocol: Protocol) -> Result<Endpoint, wire::Error> {
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        let scheme = match protocol {
            Protocol::Imap if text.ends_with(":143") => "imap+starttls",
            Protocol::Imap => "imaps",
            Protocol::Pop3 if text.ends_with(":110") => "pop3+starttls",
            Protocol::Pop3 => "pop3s",
            Protocol::Smtp if text.ends_with(":587") => "smtp+starttls",
            Protocol::Smtp => "smtps",
        };
        format!("{scheme}://{text}")
    };
    let endpoint: Option<Endpoint> = full.parse().ok();
    // Letters do not count in it, and it is by this that a server is known again.
    let endpoint = endpoint.map(|one| Endpoint { host: one.host.to_ascii_lowercase(), ..one });
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.protocol == protocol) else {
        return Err(Error::BadServer { text: text.to_owned() });
    };
    if endpoint.security == Security::Insecure && !(endpoint.is_loopback() || bridge.config.allow_insecure) {
        return Err(Error::ClearText { host: endpoint.host });
    }
    Ok(endpoint)
}

pub async fn sign_out(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if let Some(login) = login_of(&bridge, &client, &headers).await? {
        bridge.end_logins(login.account, Ending::This(&login.token)).await?;
    }
    Ok(farewell(&client)?)
}

/// What a browser is told that is not signed in any more.
pub fn farewell(client: &Client) -> anyhow::Result<Response> {
    let mut response = Redirect::to("/login").into_response();
    forget(&mut response, client, "\"cache\", \"storage\"")?;
    Ok(response)
}

/// The pages beside the app that one may have wanted to see.
const PAGES: [&str; 8] =
    ["/server", "/folders", "/collectors", "/contacts", "/identities", "/templates", "/logins", "/pictures"];

/// Where to go after signing in: only ever a page of ours.
pub fn safe(next: &str) -> &str {
    let is_ours = next.starts_with("/mail/") || next.starts_with("/sharing?") || PAGES.contains(&next);
    if is_ours && !next.contains(['\\', '\r', '\n']) { next } else { INBOX }
}
