//! The second step of signing in: asked for, turned on and turned off. What is about passkeys alone is in `passkeys.rs`.

use app::{
    page::{render_codes, render_proof, render_set_up, render_step},
    view::{
        logins::{Outcome, Trouble},
        passkeys::{PasskeyWay, Ways},
        second_step::{CodesPage, ProofPage, Proving, SetUpPage, StepPage},
    },
};
use axum::{
    Extension, Form,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{
    guard::{Client, origin_of},
    login::{COOKIE, SignedIn, Visitor, cookie, cookie_name, finish, origin, safe, set_cookie},
    logins::{self, code_of},
    page::{Person, site, with_policy},
};
use crate::{
    attempts::Attempt,
    bridge::Bridge,
    error::HttpError,
    passkeys::Site,
    seal::hex,
    second_step::{fresh_codes, fresh_secret, kept, owner, picture, step_of},
    store::{Added, LIFETIME, Login, now},
};

/// The cookie of somebody whose second step is awaited.
pub const STEP_COOKIE: &str = "pismo-step";

/// What a person has typed, or their passkey has signed.
#[derive(serde::Deserialize)]
pub struct Filled {
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery: String,
    /// What the browser has answered for a passkey, as JSON.
    #[serde(default)]
    passkey: String,
    /// The sealed secret that was shown, when codes are turned on.
    #[serde(default)]
    offer: String,
    /// What the second step is shown for.
    #[serde(default)]
    next: String,
}

/// Somebody who is asked for the second step.
pub struct Asked<'a> {
    pub user: i64,
    pub address: &'a str,
    /// What is kept of the cookie of their login, or of the one for the way in.
    pub token: &'a [u8],
}

impl<'a> Asked<'a> {
    pub fn of(login: &'a Login) -> Self {
        Self { user: login.user, address: &login.address, token: &login.token }
    }
}

/// What is kept of the cookie of somebody whose second step is awaited.
pub fn token(client: &Client, headers: &HeaderMap) -> Option<Vec<u8>> {
    let token = cookie(headers, &cookie_name(client.secure, STEP_COOKIE))?;
    Some(Sha256::digest(token.as_bytes()).to_vec())
}

/// Asks for it.
pub async fn ask(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    match token(&client, &headers).and_then(|token| bridge.pending.find(&token)) {
        Some((user, _)) => step_page(&bridge, &client, &headers, user, None).await,
        None => Ok(Redirect::to("/login").into_response()),
    }
}

async fn step_page(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    user: i64,
    trouble: Option<Trouble>,
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(headers);
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let page = StepPage { ways: ways(bridge, client, headers, user).await?, trouble, language, theme };
    Ok(with_policy(|nonce| render_step(&page, nonce, &site()), code))
}

/// Signs in whoever has the right code, or the passkey.
pub async fn answer(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let again = || Redirect::to("/login").into_response();
    let Some(token) = token(&client, &headers) else { return Ok(again()) };
    let Some((user, address)) = bridge.pending.find(&token) else { return Ok(again()) };
    let asked = Asked { user, address: &address, token: &token };
    let attempt = match try_step(&bridge, &client, &headers, &asked, &filled).await? {
        Ok(attempt) => attempt,
        Err(Trouble::WrongCode | Trouble::WrongPasskey) if !bridge.pending.wrong(&token) => return Ok(again()),
        Err(trouble) => return step_page(&bridge, &client, &headers, user, Some(trouble)).await,
    };
    let Some((proven, next)) = bridge.pending.take(&token) else { return Ok(again()) };
    let login = finish(&bridge, &client, &headers, proven).await?;
    bridge.attempts.pay_back(attempt);
    let mut response = Redirect::to(safe(&next)).into_response();
    let cookies = response.headers_mut();
    cookies.append(header::SET_COOKIE, set_cookie(client.secure, COOKIE, &login, LIFETIME)?);
    cookies.append(header::SET_COOKIE, set_cookie(client.secure, STEP_COOKIE, "", 0)?);
    Ok(response)
}

/// Takes a code, a recovery code, or what a passkey has signed. A wrong one counts as a wrong password does, and for the account
/// wherever it came from: whoever sends it knows the password.
pub async fn try_step(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    asked: &Asked<'_>,
    filled: &Filled,
) -> Result<Result<Attempt, Trouble>, HttpError> {
    let origin = origin(client, headers);
    let Asked { user, address, token } = *asked;
    let attempt = match bridge.attempts.admit_code(address, client.address) {
        Ok(attempt) => attempt,
        Err(seconds) => {
            bridge.store.note_sign_in(user, &origin, Outcome::Attempts).await?;
            return Ok(Err(Trouble::Wait { seconds }));
        }
    };
    let (right, wrong) = match (bridge.store.second_step(user).await?, filled) {
        // Turned off meanwhile, there is nothing to ask for.
        (None, _) => (true, Trouble::WrongCode),
        (Some(stored), Filled { passkey, .. }) if passkey.is_empty() => {
            let typed = if filled.recovery.trim().is_empty() { &filled.code } else { &filled.recovery };
            (bridge.take_second_step(user, &stored, typed).await?, Trouble::WrongCode)
        }
        (Some(_), Filled { passkey, .. }) => (bridge.take_passkey(token, user, passkey).await?, Trouble::WrongPasskey),
    };
    if right {
        return Ok(Ok(attempt));
    }
    bridge.store.note_sign_in(user, &origin, Outcome::Code).await?;
    Ok(Err(wrong))
}

/// What a person can show as the second step at this address of Pismo.
pub async fn ways(bridge: &Bridge, client: &Client, headers: &HeaderMap, user: i64) -> Result<Ways, HttpError> {
    let code = bridge.store.second_step(user).await?.is_some_and(|step| step.secret.is_some());
    let here = origin_of(&bridge.config, client, headers).and_then(|origin| Site::of(&origin));
    let sites: Vec<String> = bridge.store.passkeys(user).await?.into_iter().map(|passkey| passkey.site).collect();
    let passkey = match sites.first() {
        None => PasskeyWay::None,
        Some(_) if here.is_some_and(|here| sites.contains(&here.host)) => PasskeyWay::Here,
        Some(other) => PasskeyWay::Elsewhere(other.clone()),
    };
    Ok(Ways { code, passkey })
}

/// Whether whoever has this login may add a second step: the first one, or after they have shown one that they have.
pub async fn may_add(bridge: &Bridge, login: &Login) -> Result<bool, HttpError> {
    Ok(bridge.passkeys.is_proven(login) || bridge.store.second_step(login.user).await?.is_none())
}

/// Asks for the second step before something is done about it.
pub async fn proof_page(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    login: &Login,
    (proving, trouble): (Proving, Option<Trouble>),
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(headers);
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let page = ProofPage { proving, ways: ways(bridge, client, headers, login.user).await?, trouble, language, theme };
    Ok(with_policy(|nonce| render_proof(&page, nonce, &site()), code))
}

/// Takes the second step, so that another one may be added.
pub async fn prove(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let (proving, page) = if filled.next == Proving::Code.name() {
        (Proving::Code, "/logins/step")
    } else {
        (Proving::Passkey, "/logins/passkeys/add")
    };
    // Where there is none, nothing is shown that would count for one that is added a moment later.
    if bridge.store.second_step(login.user).await?.is_none() {
        return Ok(Redirect::to(page).into_response());
    }
    match try_step(&bridge, &client, &headers, &Asked::of(&login), &filled).await? {
        Ok(attempt) => {
            bridge.attempts.pay_back(attempt);
            bridge.passkeys.prove(&login);
            Ok(Redirect::to(page).into_response())
        }
        Err(trouble) => proof_page(&bridge, &client, &headers, &login, (proving, Some(trouble))).await,
    }
}

/// Offers to turn codes on, with a new secret.
pub async fn offer(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if bridge.store.second_step(login.user).await?.is_some_and(|step| step.secret.is_some()) {
        return Ok(Redirect::to("/logins").into_response());
    }
    if !may_add(&bridge, &login).await? {
        return proof_page(&bridge, &client, &headers, &login, (Proving::Code, None)).await;
    }
    set_up_page(&bridge, &login, &headers, &fresh_secret()?, None)
}

fn set_up_page(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    secret: &SecretString,
    trouble: Option<Trouble>,
) -> Result<Response, HttpError> {
    let Person { language, theme, .. } = Person::of(headers);
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let offer = STANDARD.encode(bridge.seal.seal(&offered_to(login), secret)?);
    let picture = picture(secret, &login.address)?;
    let page = SetUpPage { picture, secret: secret.expose_secret().to_owned(), offer, trouble, language, theme };
    Ok(with_policy(|_| render_set_up(&page, &site()), code))
}

/// An offer can be taken up only where it was made.
fn offered_to(login: &Login) -> String {
    format!("second-step-offer:{}", hex(&login.token))
}

/// Turns it on, when the code shows that the authenticator has the secret.
pub async fn turn_on(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let sealed = STANDARD.decode(&filled.offer).ok();
    let opened = sealed.and_then(|sealed| bridge.seal.open(&offered_to(&login), &sealed).ok());
    // Of another browser, or of before somebody signed in anew: there is a new one.
    let Some(secret) = opened else { return Ok(Redirect::to("/logins/step").into_response()) };
    if !may_add(&bridge, &login).await? {
        return Ok(Redirect::to("/logins/step").into_response());
    }
    let attempt = match bridge.attempts.admit_code(&login.address, client.address) {
        Ok(attempt) => attempt,
        Err(seconds) => return set_up_page(&bridge, &login, &headers, &secret, Some(Trouble::Wait { seconds })),
    };
    let typed: String = filled.code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let Some(step) = step_of(&secret, &typed, now())? else {
        return set_up_page(&bridge, &login, &headers, &secret, Some(Trouble::WrongCode));
    };
    bridge.attempts.pay_back(attempt);
    let (codes, hashes) = recovery_codes(login.user)?;
    let sealed = bridge.seal.seal(&owner(login.user), &secret)?;
    let added = bridge.store.add_second_step(login.user, &sealed, step, &hashes).await?;
    bridge.passkeys.close(&login);
    Ok(after_adding(&headers, added, codes))
}

/// New recovery codes, and what is kept of them.
pub fn recovery_codes(user: i64) -> anyhow::Result<(Vec<String>, Vec<Vec<u8>>)> {
    let codes = fresh_codes()?;
    let hashes = codes.iter().map(|code| kept(user, code)).collect();
    Ok((codes, hashes))
}

/// Shows the recovery codes that were made with the first second step, once.
pub fn after_adding(headers: &HeaderMap, added: Added, codes: Vec<String>) -> Response {
    if added != Added::First {
        return Redirect::to("/logins").into_response();
    }
    let Person { language, theme, .. } = Person::of(headers);
    let page = CodesPage { codes, language, theme };
    with_policy(|_| render_codes(&page, &site()), StatusCode::OK)
}

/// Turns codes off.
pub async fn turn_off(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    match try_step(&bridge, &client, &headers, &Asked::of(&login), &filled).await? {
        Ok(attempt) => {
            bridge.attempts.pay_back(attempt);
            bridge.store.remove_second_step(login.user).await?;
            Ok(Redirect::to("/logins").into_response())
        }
        Err(trouble) => logins::page(&bridge, &client, &login, &headers, Some(trouble)).await,
    }
}
