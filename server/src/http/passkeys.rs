//! Passkeys as a second step: added and removed, and what a script of ours asks for in between.
//!
//! What a browser is to ask an authenticator for is fetched the moment before, by POST, so that it comes with an Origin. The answer
//! goes into a form like any other, as JSON in one of its fields.

use app::{
    page::render_passkey_form,
    view::{logins::Trouble, passkeys::PasskeyFormPage, second_step::Proving},
};
use axum::{
    Extension, Form, Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    guard::{Client, origin_of},
    login::{SignedIn, Visitor},
    logins::{self, code_of},
    page::{Person, site, with_policy},
    second_step::{Asked, Filled, after_adding, may_add, proof_page, recovery_codes, token, try_step},
};
use crate::{
    bridge::Bridge,
    device,
    error::HttpError,
    passkeys::{LONGEST_NAME, Site},
    store::{Added, Login},
};

/// What the form of a new passkey sends.
#[derive(Deserialize)]
pub struct New {
    #[serde(default)]
    name: String,
    /// What the browser has answered, as JSON.
    #[serde(default)]
    answer: String,
}

/// Why a script gets no challenge; it knows what to say by the status.
enum NoChallenge {
    /// Nobody is signed in, or half-way in; or what they have is to be shown first.
    Unproven,
    /// The address of Pismo is a number.
    NoName,
    /// There is no passkey that is good at this address.
    None,
}

impl IntoResponse for NoChallenge {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::Unproven => (StatusCode::FORBIDDEN, "Show who you are first.\n"),
            Self::NoName => (StatusCode::CONFLICT, "Passkeys are bound to a name, and this address has none.\n"),
            Self::None => (StatusCode::NOT_FOUND, "There is no passkey for this address.\n"),
        };
        (status, text).into_response()
    }
}

/// Where the page is that asks.
fn site_of(bridge: &Bridge, client: &Client, headers: &HeaderMap) -> Result<Site, NoChallenge> {
    origin_of(&bridge.config, client, headers).and_then(|origin| Site::of(&origin)).ok_or(NoChallenge::NoName)
}

fn given<T: Serialize>(challenge: Result<T, NoChallenge>) -> Response {
    challenge.map(Json).into_response()
}

/// What somebody who is half-way in is to have signed.
pub async fn ask_at_sign_in(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let token = token(&client, &headers);
    let known = token.and_then(|token| bridge.pending.find(&token).map(|(user, _)| (token, user)));
    let Some((token, user)) = known else { return Ok(NoChallenge::Unproven.into_response()) };
    asked(&bridge, site_of(&bridge, &client, &headers), &token, user).await
}

/// What somebody who is signed in is to have signed, to show who they are.
pub async fn ask(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
) -> Result<Response, HttpError> {
    asked(&bridge, site_of(&bridge, &client, &headers), &login.token, login.user).await
}

async fn asked(
    bridge: &Bridge,
    site: Result<Site, NoChallenge>,
    token: &[u8],
    user: i64,
) -> Result<Response, HttpError> {
    match site {
        Ok(site) => Ok(given(bridge.ask_passkey(site, token, user).await?.ok_or(NoChallenge::None))),
        Err(reason) => Ok(reason.into_response()),
    }
}

/// The form of a new passkey.
pub async fn form(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if !may_add(&bridge, &login).await? {
        return proof_page(&bridge, &client, &headers, &login, (Proving::Passkey, None)).await;
    }
    Ok(form_page(&headers, None))
}

fn form_page(headers: &HeaderMap, trouble: Option<Trouble>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let agent = headers.get("user-agent").and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let page = PasskeyFormPage { device: device::of(agent), trouble, language, theme };
    with_policy(|nonce| render_passkey_form(&page, nonce, &site()), code)
}

/// What an authenticator is to make.
pub async fn begin(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
) -> Result<Response, HttpError> {
    if !may_add(&bridge, &login).await? {
        return Ok(NoChallenge::Unproven.into_response());
    }
    match site_of(&bridge, &client, &headers) {
        Ok(site) => Ok(given(Ok(bridge.begin_passkey(site, &login).await?))),
        Err(reason) => Ok(reason.into_response()),
    }
}

/// Keeps what it has made.
pub async fn add(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(new): Form<New>,
) -> Result<Response, HttpError> {
    // What was asked for is remembered, but another second step may have been added since.
    if !may_add(&bridge, &login).await? {
        return Ok(Redirect::to("/logins/passkeys/add").into_response());
    }
    let name: String = new.name.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    let (codes, hashes) = recovery_codes(login.user)?;
    let added = bridge.finish_passkey(&login, &name, &new.answer, &hashes).await?;
    if added == Added::No {
        return Ok(form_page(&headers, Some(Trouble::NotAdded)));
    }
    bridge.passkeys.close(&login);
    Ok(after_adding(&headers, added, codes))
}

/// What a passkey of whoever has this login is called.
async fn named(bridge: &Bridge, login: &Login, id: &str) -> Result<Option<Proving>, HttpError> {
    let mut all = bridge.store.passkeys(login.user).await?.into_iter();
    Ok(all.find(|passkey| passkey.id == id).map(|passkey| Proving::Removal { id: passkey.id, name: passkey.name }))
}

/// Asks for the second step before a passkey is removed.
pub async fn ask_to_remove(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    Visitor(login): Visitor,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    match named(&bridge, &login, &id).await? {
        Some(removal) => proof_page(&bridge, &client, &headers, &login, (removal, None)).await,
        None => logins::page(&bridge, &client, &login, &headers, Some(Trouble::GonePasskey)).await,
    }
}

/// Removes a passkey. What is another person's is not there.
pub async fn remove(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<String>,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let Some(removal) = named(&bridge, &login, &id).await? else {
        return logins::page(&bridge, &client, &login, &headers, Some(Trouble::GonePasskey)).await;
    };
    match try_step(&bridge, &client, &headers, &Asked::of(&login), &filled).await? {
        Ok(attempt) => {
            bridge.attempts.pay_back(attempt);
            bridge.store.remove_passkey(login.user, &id).await?;
            Ok(Redirect::to("/logins").into_response())
        }
        Err(trouble) => proof_page(&bridge, &client, &headers, &login, (removal, Some(trouble))).await,
    }
}
