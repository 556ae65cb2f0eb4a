//! The pages about what brings mail from other accounts.

mod files;

use std::{io, task::Poll};

use app::{
    page::{render_collector_form, render_collectors},
    view::collectors::{Card, CollectorsPage, Failure, Fields, FormPage},
    wire::{CollectorId, CollectorKind, CollectorOptions, Error, ProbeStep, SourceAdvice},
};
use axum::{
    Extension, Form,
    body::{Body, Bytes},
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use secrecy::SecretString;

pub use files::{add as add_files, form as files_form};

use super::{
    guard::Client,
    login::{SignedIn, Visitor},
    message::disposition,
    page::{Person, site, with_policy},
    servers::{TRIED, candidates, failed, needs_a_word},
};
use crate::{
    bridge::{Bridge, internal},
    collector::{Fetched, NewCollector, Which},
    discover::Way,
    endpoint::Protocol,
    error::{HttpError, status},
    probe::{Probed, probe},
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
    /// Looks first and brings nothing, if there is anything in it.
    #[serde(default)]
    look: String,
}

/// What a person has chosen of a collector that is there. A box that is not ticked is missing.
#[derive(serde::Deserialize)]
pub struct Chosen {
    minutes: Option<u32>,
    at_once: Option<u32>,
    #[serde(default)]
    follow_flags: String,
    #[serde(default)]
    follow_gone: String,
    #[serde(default)]
    seen: String,
    /// Days; empty for never.
    #[serde(default)]
    delete_after: String,
}

/// The least often that a source is looked at, in minutes.
const SELDOM: u32 = 7 * 24 * 60;

#[derive(serde::Deserialize)]
pub struct Password {
    password: SecretString,
}

pub async fn show(
    State(bridge): State<Bridge>,
    Visitor(login): Visitor,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
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
            gone: if collector.options.follow_gone { bridge.asked_about(collector.id).await? } else { 0 },
            collector: collector.to_wire(),
        });
    }
    let code = error.as_ref().map_or(StatusCode::OK, status);
    let page = CollectorsPage { cards, error, now: now(), clock, language, theme };
    Ok(with_policy(|nonce| render_collectors(&page, nonce, &site()), code))
}

pub async fn form(_: Visitor, headers: HeaderMap) -> Result<Response, HttpError> {
    Ok(filled_form(&headers, Fields::default(), None))
}

fn filled_form(headers: &HeaderMap, fields: Fields, failure: Option<Failure>) -> Response {
    let Person { language, theme, .. } = Person::of(headers);
    let code = failure.as_ref().map_or(StatusCode::OK, |failure| status(&failure.error));
    let page = FormPage { fields, failure, language, theme };
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
        Err(failure) => {
            let Filled { address, mut server, user, prefix, .. } = filled;
            if let Error::ConfirmServer { server: found } = &failure.error {
                server.clone_from(found);
            }
            Ok(filled_form(&headers, Fields { address, server, user, prefix }, Some(failure)))
        }
    }
}

async fn try_add(bridge: &Bridge, client: &Client, login: &Login, filled: &Filled) -> Result<CollectorId, Failure> {
    if bridge.store.collectors(login.account).await.map_err(internal)?.len() >= MOST {
        return Err(Error::TooManyCollectors { limit: MOST as u32 }.into());
    }
    let (address, user) = (filled.address.trim(), filled.user.trim());
    // Whoever is signed in must not be able to guess the passwords of others from here.
    let name = if user.is_empty() { address } else { user };
    let attempt =
        bridge.attempts.admit(name, client.address, false).map_err(|seconds| Error::TooManyAttempts { seconds })?;
    let found = candidates(bridge, address, filled.server.trim(), Way::In).await?;
    // IMAP knows mailboxes, flags and when something is new.
    let (found, over_pop3): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|candidate| candidate.endpoint.protocol == Protocol::Imap);
    let mut first = None;
    for mut candidate in found.into_iter().take(TRIED).chain(over_pop3.into_iter().take(TRIED)) {
        if needs_a_word(&candidate, address) {
            // What failed before it is told first; this one is asked about when nothing else is left.
            let question = Error::ConfirmServer { server: candidate.endpoint.to_string() };
            return Err(first.unwrap_or_else(|| question.into()));
        }
        if candidate.advice == Some(SourceAdvice::ClearText) {
            return Err(Error::ClearText { host: candidate.endpoint.host }.into());
        }
        if !user.is_empty() {
            candidate.users = vec![user.to_owned()];
        }
        match probe(&bridge.config.source_dialer(), &candidate.endpoint, &candidate.users, &filled.password).await {
            Ok(Probed { user, .. }) => {
                bridge.attempts.pay_back(attempt);
                let options =
                    CollectorOptions { prefix: filled.prefix.trim().to_owned(), ..CollectorOptions::default() };
                let (endpoint, password) = (candidate.endpoint, filled.password.clone());
                let kind = match endpoint.protocol {
                    Protocol::Pop3 => CollectorKind::Pop3,
                    Protocol::Imap | Protocol::Smtp => CollectorKind::Imap,
                };
                let look = !filled.look.is_empty();
                let collector = NewCollector { kind, endpoint, user, password, options, look };
                return Ok(bridge.add_collector(login.account, collector).await?);
            }
            Err(failure) => {
                // A server that has heard the password and does not want it is the right one; only where IMAP is switched off,
                // POP3 may not be.
                let is_last = failure.step >= ProbeStep::Login && !matches!(failure.error, Error::ImapDisabled { .. });
                first = (first.filter(|_| !is_last)).or(Some(failed(failure, candidate)));
                if is_last {
                    break;
                }
            }
        }
    }
    Err(first.unwrap_or(Error::ServerNotKnown.into()))
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

pub async fn options(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Form(chosen): Form<Chosen>,
) -> Result<Response, HttpError> {
    let done = choose(&bridge, &login, CollectorId(id), chosen).await;
    answer(&bridge, &login, &headers, done).await
}

/// What the form of its kind does not have stays as it is.
async fn choose(bridge: &Bridge, login: &Login, id: CollectorId, chosen: Chosen) -> Result<(), Error> {
    let collector = bridge.store.collector(login.account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
    let mut options = collector.options;
    if let Some(minutes) = chosen.minutes {
        options.minutes = minutes.clamp(1, SELDOM);
    }
    match collector.kind {
        CollectorKind::Imap => {
            options.follow_flags = !chosen.follow_flags.is_empty();
            options.follow_gone = !chosen.follow_gone.is_empty();
            options.at_once = chosen.at_once.unwrap_or(options.at_once).clamp(1, 4);
        }
        CollectorKind::Files => return Err(Error::Gone),
        CollectorKind::Pop3 => {
            options.seen = !chosen.seen.is_empty();
            let days = chosen.delete_after.trim();
            // What is no number must not delete anything, and must not look as if it did.
            options.delete_after = match days {
                "" => None,
                days => Some(days.parse().map_err(|_| Error::BadRequest { text: days.to_owned() })?),
            };
        }
    }
    bridge.set_collector_options(login.account, id, &options).await
}

/// What becomes here of messages that are not at the source any more.
#[derive(serde::Deserialize)]
pub struct Decided {
    what: Fate,
    /// Of how many the person was told.
    count: u32,
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Fate {
    Trash,
    Keep,
}

pub async fn gone(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Form(Decided { what, count }): Form<Decided>,
) -> Result<Response, HttpError> {
    let done = match what {
        Fate::Trash => bridge.let_gone_go(login.account, CollectorId(id), count).await,
        Fate::Keep => bridge.keep_gone(login.account, CollectorId(id)).await,
    };
    answer(&bridge, &login, &headers, done).await
}

pub async fn password(
    State(bridge): State<Bridge>,
    headers: HeaderMap,
    SignedIn(login): SignedIn,
    Extension(client): Extension<Client>,
    Path(id): Path<i64>,
    Form(filled): Form<Password>,
) -> Result<Response, HttpError> {
    let done = try_password(&bridge, &client, &login, CollectorId(id), &filled.password).await;
    answer(&bridge, &login, &headers, done).await
}

/// A message of the source as a file.
pub async fn message(
    State(bridge): State<Bridge>,
    SignedIn(login): SignedIn,
    Path(id): Path<i64>,
    Query(which): Query<Which>,
) -> Result<Response, HttpError> {
    let mut coming = bridge.fetch_from_source(&login, CollectorId(id), which).await?;
    let mut first = match coming.recv().await {
        Some(Err(error)) => return Err(error.into()),
        first => first,
    };
    // What breaks off must not look like an end.
    let broken = || io::Error::other("the other server did not give all of it");
    let bytes = stream::poll_fn(move |context| {
        let next = match first.take() {
            Some(next) => Poll::Ready(Some(next)),
            None => coming.poll_recv(context),
        };
        next.map(|next| match next {
            Some(Ok(Fetched::Bytes(bytes))) => Some(Ok(Bytes::from(bytes))),
            Some(Ok(Fetched::End)) => None,
            Some(Err(_)) | None => Some(Err(broken())),
        })
    });
    let name = disposition(false, &format!("{}.eml", which.uid.0));
    let headers = [(header::CONTENT_TYPE, "message/rfc822".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(bytes)).into_response())
}

/// Each is shown to the source at once, so that no more may be tried than when signing in.
async fn try_password(
    bridge: &Bridge,
    client: &Client,
    login: &Login,
    id: CollectorId,
    password: &SecretString,
) -> Result<(), Error> {
    let collector = bridge.store.collector(login.account, id).await.map_err(internal)?.ok_or(Error::Gone)?;
    let attempt = bridge.attempts.admit(&collector.user, client.address, false);
    // Whether it was right is found out later: it counts as one that failed.
    let _ = attempt.map_err(|seconds| Error::TooManyAttempts { seconds })?;
    bridge.set_collector_password(login.account, id, password).await
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
