//! Pictures on the net that messages show, by way of here: their servers learn nothing of who reads.

use std::time::Duration;

use app::wire::AccountId;
use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::guard::Client;
use crate::{
    bridge::Bridge,
    net,
    pictures::{PATH, Ticket},
    store::now,
};

/// How long a picture that is on its way counts among those that are fetched at once.
const LONGEST: Duration = Duration::from_secs(60);

#[derive(serde::Deserialize)]
pub struct Asked {
    url: String,
}

/// The picture. What is not to be had is nothing to look at: whatever the reason, there is no more than a status.
pub async fn show(
    State(bridge): State<Bridge>,
    Path(ticket): Path<Ticket>,
    Query(Asked { url }): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    // Where a browser says what it wants, it is a picture: to be shown where it stands in a body, or by a page of ours.
    let is = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    let wanted = !headers.contains_key("sec-fetch-dest")
        || is("sec-fetch-dest", "image")
        || (is("sec-fetch-dest", "empty") && is("sec-fetch-site", "same-origin"));
    if !wanted || !ticket.is_good(&bridge.seal, &url, now()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Ok(turn) = bridge.pictures.turn(AccountId(ticket.account)).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let picture = match net::picture(&bridge.config.picture_dialer(), &url).await {
        Ok(picture) => picture,
        Err(error) => {
            tracing::debug!(error = format!("{error:#}"), "A picture cannot be fetched");
            return StatusCode::NOT_FOUND.into_response();
        }
    };
    let headers = [
        (header::CONTENT_TYPE, picture.content_type),
        (header::CACHE_CONTROL, "private, max-age=86400"),
        // The body that shows it is of no origin.
        (header::HeaderName::from_static("cross-origin-resource-policy"), "cross-origin"),
    ];
    // The turn is over when all has come or nobody wants it any more, and for whoever asks and does not read, too.
    let read = CancellationToken::new();
    let (over, reading) = (read.clone(), read.drop_guard());
    tokio::spawn(async move {
        // However it ends, the turn is given back.
        let _ = timeout(LONGEST, over.cancelled()).await;
        drop(turn);
    });
    let pieces = picture.into_stream().map(move |piece| {
        let _ = &reading;
        piece
    });
    (headers, Body::from_stream(pieces)).into_response()
}

/// What the addresses of a body's pictures begin with, and so the source that its policy allows (CSP 3 §2.3.1): `'self'` would be all
/// of Pismo. None if it is not known under which name Pismo was called.
pub fn base(origins: &[String], client: &Client, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST).map(HeaderValue::to_str).and_then(Result::ok).unwrap_or_default();
    let ours = |origin: &&String| origin.split_once("://").is_some_and(|(_, authority)| authority == host);
    if let Some(origin) = origins.iter().find(ours).or(origins.first()) {
        return Some(format!("{origin}{PATH}"));
    }
    // It goes into a header: what is no host could say more.
    let is_host = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
    let known = !host.is_empty() && host.chars().all(is_host);
    known.then(|| format!("{}://{host}{PATH}", if client.secure { "https" } else { "http" }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_cannot_say_more_to_the_policy() {
        let client = |secure| Client { address: [127, 0, 0, 1].into(), secure };
        let base = |origins: &[&str], secure, host: &str| {
            let headers = HeaderMap::from_iter([(header::HOST, host.parse().expect("a value"))]);
            let origins: Vec<String> = origins.iter().map(|one| (*one).to_owned()).collect();
            super::base(&origins, &client(secure), &headers)
        };
        assert_eq!(base(&[], true, "mail.example").as_deref(), Some("https://mail.example/remote/"));
        assert_eq!(base(&[], false, "[::1]:3000").as_deref(), Some("http://[::1]:3000/remote/"));
        let two = ["https://a.example", "https://b.example"];
        assert_eq!(base(&two, true, "b.example").as_deref(), Some("https://b.example/remote/"));
        assert_eq!(base(&two, true, "evil.example").as_deref(), Some("https://a.example/remote/"));
        for host in ["", "a; script-src *", "a *", "a,b", "a/b"] {
            assert_eq!(base(&[], true, host), None, "{host}");
        }
    }
}
