//! One small form, posted over HTTPS to a host that somebody else has named.

use std::time::Duration;

use anyhow::Context;
use axum::http::{StatusCode, Uri, header};
use http_body_util::Full;
use hyper::{Request, body::Bytes};
use tokio::time::timeout;

use super::{Dialer, web::exchange};

/// How long it may take, until the answer begins.
const PATIENCE: Duration = Duration::from_secs(15);

/// Posts a form, and gives back what the server says of it. What else it says is not read; where it sends us is not gone to; it
/// is told nothing about anybody but the form.
pub async fn post(dialer: &Dialer, url: &str, form: &'static str) -> anyhow::Result<StatusCode> {
    timeout(PATIENCE, ask(dialer, url, form)).await.context("No answer in time")?
}

async fn ask(dialer: &Dialer, url: &str, form: &'static str) -> anyhow::Result<StatusCode> {
    let url: Uri = url.parse()?;
    let host = url.host().filter(|_| url.scheme_str() == Some("https")).context("No address over HTTPS")?;
    let stream = dialer.dial_tls(host, url.port_u16().unwrap_or(443)).await?;
    let request = Request::post(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, url.authority().map_or(host, |authority| authority.as_str()))
        .header(header::USER_AGENT, concat!("Pismo/", env!("CARGO_PKG_VERSION")))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from_static(form.as_bytes())))?;
    let (response, _driven) = exchange(stream, request).await?;
    Ok(response.status())
}
