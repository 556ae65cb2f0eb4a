//! The second step of signing in: asked for, turned on and turned off.

use app::{
    page::{render_codes, render_set_up, render_step},
    view::{
        logins::{Outcome, Trouble},
        second_step::{CodesPage, SetUpPage, StepPage},
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
    guard::Client,
    login::{COOKIE, SignedIn, Visitor, cookie, cookie_name, finish, origin, safe, set_cookie},
    logins::{self, code_of},
    page::{Person, site, with_policy},
};
use crate::{
    attempts::Attempt,
    bridge::Bridge,
    error::HttpError,
    seal::hex,
    second_step::{fresh_codes, fresh_secret, kept, owner, picture, step_of},
    store::{LIFETIME, Login, now},
};

/// The cookie of somebody whose second step is awaited.
pub const STEP_COOKIE: &str = "pismo-step";

/// What a person has typed.
#[derive(serde::Deserialize)]
pub struct Filled {
    #[serde(default)]
    code: String,
    #[serde(default)]
    recovery: String,
    /// The sealed secret that was shown, when it is turned on.
    #[serde(default)]
    offer: String,
}

impl Filled {
    fn typed(&self) -> &str {
        if self.recovery.trim().is_empty() { &self.code } else { &self.recovery }
    }
}

/// What is kept of the cookie of somebody whose second step is awaited.
fn token(client: &Client, headers: &HeaderMap) -> Option<Vec<u8>> {
    let token = cookie(headers, &cookie_name(client.secure, STEP_COOKIE))?;
    Some(Sha256::digest(token.as_bytes()).to_vec())
}

/// Asks for the code.
pub async fn ask(State(bridge): State<Bridge>, Extension(client): Extension<Client>, headers: HeaderMap) -> Response {
    match token(&client, &headers).and_then(|token| bridge.pending.find(&token)) {
        Some(_) => step_page(&headers, None),
        None => Redirect::to("/login").into_response(),
    }
}

fn step_page(headers: &HeaderMap, trouble: Option<Trouble>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let page = StepPage { trouble, language, theme };
    with_policy(|_| render_step(&page, &site()), code)
}

/// Signs in whoever has the right code.
pub async fn answer(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    let again = || Redirect::to("/login").into_response();
    let Some(token) = token(&client, &headers) else { return Ok(again()) };
    let Some((user, address)) = bridge.pending.find(&token) else { return Ok(again()) };
    let attempt = match try_code(&bridge, &client, &headers, (user, &address), filled.typed()).await? {
        Ok(attempt) => attempt,
        Err(Trouble::WrongCode) if !bridge.pending.wrong(&token) => return Ok(again()),
        Err(trouble) => return Ok(step_page(&headers, Some(trouble))),
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

/// Takes a code, or a recovery code. A wrong one counts as a wrong password does, and for the account wherever it came from: whoever
/// types it knows the password.
async fn try_code(
    bridge: &Bridge,
    client: &Client,
    headers: &HeaderMap,
    (user, address): (i64, &str),
    typed: &str,
) -> Result<Result<Attempt, Trouble>, HttpError> {
    let origin = origin(client, headers);
    let attempt = match bridge.attempts.admit_code(address, client.address) {
        Ok(attempt) => attempt,
        Err(seconds) => {
            bridge.store.note_sign_in(user, &origin, Outcome::Attempts).await?;
            return Ok(Err(Trouble::Wait { seconds }));
        }
    };
    // Turned off meanwhile, there is nothing to ask for.
    let right = match bridge.store.second_step(user).await? {
        Some(stored) => bridge.take_second_step(user, &stored, typed).await?,
        None => true,
    };
    if right {
        return Ok(Ok(attempt));
    }
    bridge.store.note_sign_in(user, &origin, Outcome::Code).await?;
    Ok(Err(Trouble::WrongCode))
}

/// Offers to turn it on, with a new secret.
pub async fn offer(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if bridge.store.second_step(login.user).await?.is_some() {
        return Ok(Redirect::to("/logins").into_response());
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
    let attempt = match bridge.attempts.admit_code(&login.address, client.address) {
        Ok(attempt) => attempt,
        Err(seconds) => return set_up_page(&bridge, &login, &headers, &secret, Some(Trouble::Wait { seconds })),
    };
    let typed: String = filled.code.chars().filter(|letter| !letter.is_whitespace()).collect();
    let Some(step) = step_of(&secret, &typed, now())? else {
        return set_up_page(&bridge, &login, &headers, &secret, Some(Trouble::WrongCode));
    };
    bridge.attempts.pay_back(attempt);
    let codes = fresh_codes()?;
    let hashes: Vec<_> = codes.iter().map(|code| kept(login.user, code)).collect();
    let sealed = bridge.seal.seal(&owner(login.user), &secret)?;
    if !bridge.store.add_second_step(login.user, &sealed, step, &hashes).await? {
        return Ok(Redirect::to("/logins").into_response());
    }
    let Person { language, theme, .. } = Person::of(&headers);
    let page = CodesPage { codes, language, theme };
    Ok(with_policy(|_| render_codes(&page, &site()), StatusCode::OK))
}

pub async fn turn_off(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    match try_code(&bridge, &client, &headers, (login.user, &login.address), filled.typed()).await? {
        Ok(attempt) => {
            bridge.attempts.pay_back(attempt);
            bridge.store.remove_second_step(login.user).await?;
            Ok(Redirect::to("/logins").into_response())
        }
        Err(trouble) => logins::page(&bridge, &login, &headers, Some(trouble)).await,
    }
}
