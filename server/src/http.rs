//! Every route on one screen, and what all answers have in common.

mod assets;
mod blob;
mod collectors;
mod contacts;
mod export;
mod folders;
mod guard;
mod hook;
mod identities;
mod login;
mod logins;
mod message;
pub mod metrics;
mod page;
mod passkeys;
mod pictures;
mod remote;
mod second_step;
mod section;
mod servers;
mod sharing;
mod socket;
mod templates;
mod upload;

use std::time::Duration;

pub(crate) use page::Person;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Redirect},
    routing::{any, delete, get, post},
};
use tower_http::compression::{
    CompressionLayer, CompressionLevel,
    predicate::{NotForContentType, Predicate, SizeAbove},
};

use crate::bridge::Bridge;

/// The largest form or JSON body. Uploads have a limit of their own.
const MAX_BODY: usize = 64 * 1024;

/// The router of the whole server.
pub fn router(bridge: Bridge) -> Router {
    // What is streamed or already compressed stays as it is.
    let compress = SizeAbove::new(512)
        .and(NotForContentType::new("image/"))
        .and(NotForContentType::new("application/wasm"))
        .and(NotForContentType::new("application/octet-stream"));
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to("/mail/") }))
        .route("/mail", get(|| async { Redirect::to("/mail/") }))
        .route("/mail/", get(page::mail))
        .route("/mail/{*path}", get(page::mail))
        .route("/login", get(login::form).post(login::sign_in))
        .route("/login/code", get(second_step::ask).post(second_step::answer))
        .route("/login/code/passkey", post(passkeys::ask_at_sign_in))
        .route("/logout", post(login::sign_out))
        .route("/logins", get(logins::show))
        .route("/logins/end-others", post(logins::end_others))
        .route("/logins/end-all", post(logins::end_all))
        .route("/logins/step", get(second_step::offer).post(second_step::turn_on))
        .route("/logins/step/off", post(second_step::turn_off))
        .route("/logins/proof", post(second_step::prove))
        .route("/logins/passkeys/add", get(passkeys::form).post(passkeys::add))
        .route("/logins/passkeys/ask", post(passkeys::ask))
        .route("/logins/passkeys/begin", post(passkeys::begin))
        .route("/logins/passkeys/{id}/remove", get(passkeys::ask_to_remove).post(passkeys::remove))
        .route("/logins/{id}/end", post(logins::end))
        .route("/server", get(page::server))
        .route("/folders", get(folders::show).post(folders::save).layer(DefaultBodyLimit::max(folders::MAX_FORM)))
        .route("/collectors", get(collectors::show))
        .route("/collectors/add", get(collectors::form).post(collectors::add))
        .route(
            "/collectors/files",
            get(collectors::files_form).post(collectors::add_files).layer(DefaultBodyLimit::disable()),
        )
        .route("/collectors/{id}/password", post(collectors::password))
        .route("/collectors/{id}/message", get(collectors::message))
        .route("/collectors/{id}/options", post(collectors::options))
        .route("/collectors/{id}/gone", post(collectors::gone))
        .route("/collectors/{id}/{asked}", post(collectors::change))
        .route("/contacts", get(contacts::show).post(contacts::add).layer(DefaultBodyLimit::disable()))
        .route("/contacts/known", post(contacts::forget))
        .route("/contacts/export", get(contacts::export))
        .route("/contacts/import/{id}", get(contacts::preview))
        .route("/contacts/import/{id}/{asked}", post(contacts::change))
        .route("/contacts/{id}/remove", post(contacts::remove))
        .route("/identities", get(identities::show))
        .route(
            "/identities/add",
            get(identities::form).post(identities::add).layer(DefaultBodyLimit::max(identities::MAX_FORM)),
        )
        .route(
            "/identities/{id}",
            get(identities::edit).post(identities::save).layer(DefaultBodyLimit::max(identities::MAX_FORM)),
        )
        .route("/identities/{id}/{asked}", post(identities::change))
        .route("/templates", get(templates::show))
        .route(
            "/templates/add",
            get(templates::form).post(templates::add).layer(DefaultBodyLimit::max(templates::MAX_FORM)),
        )
        .route(
            "/templates/{id}",
            get(templates::edit).post(templates::save).layer(DefaultBodyLimit::max(templates::MAX_FORM)),
        )
        .route("/templates/{id}/remove", post(templates::remove))
        .route("/receipts", post(identities::choose_receipts))
        .route("/pictures", get(pictures::show))
        .route("/pictures/forget", post(pictures::forget))
        .route("/sharing", get(sharing::show).post(sharing::save))
        .route("/message/{account}/{uid_validity}/{uid}/body", get(message::body))
        .route("/message/{account}/{uid_validity}/{uid}/print", get(message::print))
        .route("/message/{account}/{uid_validity}/{uid}/headers", get(message::headers))
        .route("/message/{account}/{uid_validity}/{uid}/pictures", get(message::pictures))
        // A quick level: pages are made for each reader, and a slow one costs more than it saves.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(compress))
        .layer(DefaultBodyLimit::max(MAX_BODY));
    Router::new()
        .merge(pages)
        .route("/message/{account}/{uid_validity}/{uid}/source", get(message::source))
        .route("/message/{account}/{uid_validity}/{uid}/part/{section}", get(message::part))
        .route("/export/mbox", get(export::as_mbox))
        .route("/export/zip", get(export::as_zip))
        .route(crate::pictures::ROUTE, get(remote::show))
        .route("/socket", any(socket::upgrade))
        .route("/blobs", post(blob::upload).layer(DefaultBodyLimit::disable()))
        .route("/blobs/{id}", delete(blob::forget).get(blob::picture))
        .route(assets::ROUTE, get(assets::serve))
        .route("/editor", get(assets::editor))
        .route("/hook", post(hook::changed).layer(DefaultBodyLimit::max(hook::MAX_NAME)))
        .route("/healthz", get(|| async { "alive\n" }))
        .route("/readyz", get(ready))
        // Icons and the manifest have addresses that browsers know by themselves.
        .fallback(get(assets::at_root))
        .layer(middleware::from_fn_with_state(bridge.clone(), guard::guard))
        .with_state(bridge)
}

/// Whether Pismo can serve: the database answers.
async fn ready(State(bridge): State<Bridge>) -> impl IntoResponse {
    match tokio::time::timeout(Duration::from_secs(2), bridge.store.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}
