//! The page about where a person is signed in.

use app::{
    page::render_logins,
    view::{
        logins::{LoginCard, LoginsPage, PastSignIn, Trouble},
        passkeys::PasskeyCard,
    },
};
use axum::{
    Extension,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};

use super::{
    guard::Client,
    login::{SignedIn, Visitor, farewell},
    page::{Person, site, with_policy},
    second_step::ways,
};
use crate::{
    bridge::Bridge,
    device,
    error::HttpError,
    store::{Ending, Login, Origin, StoredPasskey},
};

pub async fn show(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    page(&bridge, &client, &login, &headers, None).await
}

pub(super) async fn page(
    bridge: &Bridge,
    client: &Client,
    login: &Login,
    headers: &HeaderMap,
    trouble: Option<Trouble>,
) -> Result<Response, HttpError> {
    let Person { language, theme, clock } = Person::of(headers);
    let code = trouble.as_ref().map_or(StatusCode::OK, code_of);
    let cards = bridge.store.logins(login.account).await?.into_iter().map(|row| LoginCard {
        here: row.token == login.token,
        id: row.id,
        device: device::of(&row.origin.device),
        network: row.origin.network,
        begun: row.created,
        seen: row.seen,
    });
    let history = bridge.store.sign_ins(login.account).await?.into_iter().map(|past| {
        let Origin { device, network } = past.origin;
        PastSignIn { at: past.at, device: device::of(&device), network, outcome: past.outcome }
    });
    let step = bridge.store.second_step(login.user).await?;
    let passkeys = bridge.store.passkeys(login.user).await?.into_iter().map(|passkey| {
        let StoredPasskey { id, name, site, created, used, .. } = passkey;
        PasskeyCard { id, name, site, added: created, used }
    });
    let page = LoginsPage {
        cards: cards.collect(),
        history: history.collect(),
        recovery_left: step.map(|step| u32::try_from(step.left).unwrap_or_default()),
        passkeys: passkeys.collect(),
        ways: ways(bridge, client, headers, login.user).await?,
        trouble,
        clock,
        language,
        theme,
    };
    Ok(with_policy(|nonce| render_logins(&page, nonce, &site()), code))
}

/// The HTTP status (RFC 9110 §15) that goes with it.
pub(super) fn code_of(trouble: &Trouble) -> StatusCode {
    match trouble {
        Trouble::Gone | Trouble::GonePasskey => StatusCode::NOT_FOUND,
        Trouble::WrongCode | Trouble::WrongPasskey => StatusCode::UNAUTHORIZED,
        Trouble::NotAdded => StatusCode::UNPROCESSABLE_ENTITY,
        Trouble::Wait { .. } => StatusCode::TOO_MANY_REQUESTS,
    }
}

/// Ends one login. What is another person's is not there.
pub async fn end(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<String>,
) -> Result<Response, HttpError> {
    let ended = bridge.end_logins(login.account, Ending::One(&id)).await?;
    if ended.is_empty() {
        return page(&bridge, &client, &login, &headers, Some(Trouble::Gone)).await;
    }
    if ended.contains(&login.token) {
        return Ok(farewell(&client)?);
    }
    Ok(Redirect::to("/logins").into_response())
}

pub async fn end_others(State(bridge): State<Bridge>, SignedIn(login): SignedIn) -> Result<Response, HttpError> {
    bridge.end_logins(login.account, Ending::Others(&login.token)).await?;
    Ok(Redirect::to("/logins").into_response())
}

pub async fn end_all(
    State(bridge): State<Bridge>,
    Extension(client): Extension<Client>,
    SignedIn(login): SignedIn,
) -> Result<Response, HttpError> {
    bridge.end_logins(login.account, Ending::All).await?;
    Ok(farewell(&client)?)
}
