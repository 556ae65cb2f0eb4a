//! The pages about what brings mail from other accounts.

use app::{
    page::{render_collector_form, render_collectors},
    view::collectors::{Card, CollectorsPage, Fields, FormPage},
    wire::{CollectorId, CollectorKind, CollectorOptions, Error},
};
use axum::{
    Extension, Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use secrecy::SecretString;

use super::{
    guard::Client,
    login::{SignedIn, login_of, typed},
    page::{Person, site, with_policy},
};
use crate::{
    bridge::{Bridge, internal},
    collector::NewCollector,
    endpoint::{Endpoint, Protocol},
    error::{HttpError, status, to_wire},
    imap::{self, Credentials},
    store::{Login, now},
};

/// Messages that could not be brought, as many as are listed.
const REFUSED: i64 = 100;

/// The collectors that one account may have.
const MOST: usize = 50;

#[derive(serde::Deserialize)]
pub struct Filled {
    address: String,
    password: SecretString,
    #[serde(default)]
    server: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    prefix: String,
}

#[derive(serde::Deserialize)]
pub struct Password {
    password: SecretString,
}

pub async fn show(State(bridge): State<Bridge>, headers: HeaderMap) -> Result<Response, HttpError> {
    let Some(login) = login_of(&bridge, &headers).await? else {
        return Ok(Redirect::to("/login?next=%2Fcollectors").into_response());
    };
    page(&bridge, &login, &headers, None).await
}

async fn page(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    error: Option<Error>,
) -> Result<Response, HttpError> {
    let Person { language, theme, clock } = Person::of(headers);
    let mut cards = Vec::new();
    for collector in bridge.store.collectors(login.account).await? {
        cards.push(Card {
            folders: bridge.store.collector_folders(collector.id).await?,
            refused: bridge.store.refused_messages(collector.id, REFUSED).await?,
            run: bridge.store.run_of(collector.id).await?,
            report: bridge.store.report_of(collector.id).await?,
            collector: collector.to_wire(),
        });
    }
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = CollectorsPage { cards, error, now: now(), clock, language, theme };
    Ok(with_policy(|nonce| render_collectors(&page, nonce, &site()), code))
}

pub async fn form(State(bridge): State<Bridge>, headers: HeaderMap) -> Result<Response, HttpError> {
    if login_of(&bridge, &headers).await?.is_none() {
        return Ok(Redirect::to("/login?next=%2Fcollectors").into_response());
    }
    Ok(filled_form(&headers, Fields::default(), None))
}

fn filled_form(headers: &HeaderMap, fields: Fields, error: Option<Error>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = FormPage { fields, error, language, theme };
    with_policy(|_| render_collector_form(&page, &site()), code)
}

pub async fn add(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Form(filled): Form<Filled>,
) -> Result<Response, HttpError> {
    match try_add(&bridge, &client, &login, &filled).await {
        Ok(_) => Ok(Redirect::to("/collectors").into_response()),
        Err(error) => {
            let Filled { address, server, user, prefix, .. } = filled;
            Ok(filled_form(&headers, Fields { address, server, user, prefix }, Some(error)))
        }
    }
}

async fn try_add(bridge: &Bridge, client: &Client, login: &Login, filled: &Filled) -> Result<CollectorId, Error> {
    let collectors = bridge.store.collectors(login.account).await.map_err(internal)?;
    if collectors.len() >= MOST {
        return Err(Error::Busy);
    }
    let address = filled.address.trim();
    let endpoint = server(bridge, address, filled.server.trim())?;
    let user = match filled.user.trim() {
        "" => address.to_owned(),
        user => user.to_owned(),
    };
    if collectors.iter().any(|known| known.endpoint == endpoint && known.user == user) {
        return Err(Error::CollectorExists);
    }
    // Whoever is signed in must not be able to guess the passwords of others from here.
    let attempt = bridge.attempts.admit(&user, client.address).map_err(|seconds| Error::TooManyAttempts { seconds })?;
    let credentials = Credentials { user: user.clone(), password: filled.password.clone() };
    let session = imap::connect(&endpoint, &credentials).await.map_err(to_wire)?;
    bridge.attempts.pay_back(attempt);
    session.logout().await;
    let options = CollectorOptions { prefix: filled.prefix.trim().to_owned(), ..CollectorOptions::default() };
    let password = filled.password.clone();
    bridge
        .add_collector(login.account, NewCollector { kind: CollectorKind::Imap, endpoint, user, password, options })
        .await
}

/// The server that was typed, else that of a known provider.
fn server(bridge: &Bridge, address: &str, text: &str) -> Result<Endpoint, Error> {
    let provider = app::providers::provider_of(address);
    match (text, provider) {
        ("", Some(provider)) => typed(bridge, provider.imap, Protocol::Imap),
        ("", None) => Err(Error::ServerNotKnown),
        (text, _) => typed(bridge, text, Protocol::Imap),
    }
}

/// What is done to a collector by a button.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    Run,
    Pause,
    Remove,
    Retry,
}

pub async fn change(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path((id, asked)): Path<(i64, Asked)>,
) -> Result<Response, HttpError> {
    let (account, id) = (login.account, CollectorId(id));
    let done = match asked {
        Asked::Run => bridge.run_collector(account, id).await,
        Asked::Pause => bridge.pause_collector(account, id).await,
        Asked::Remove => bridge.remove_collector(account, id).await,
        Asked::Retry => bridge.retry_refused(account, id).await,
    };
    answer(&bridge, &login, &headers, done).await
}

pub async fn password(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Form(filled): Form<Password>,
) -> Result<Response, HttpError> {
    let done = bridge.set_collector_password(login.account, CollectorId(id), &filled.password).await;
    answer(&bridge, &login, &headers, done).await
}

async fn answer(
    bridge: &Bridge,
    login: &Login,
    headers: &HeaderMap,
    done: Result<(), Error>,
) -> Result<Response, HttpError> {
    match done {
        // What was sent is not sent again by a reload.
        Ok(()) => Ok(Redirect::to("/collectors").into_response()),
        Err(error) => page(bridge, login, headers, Some(error)).await,
    }
}
