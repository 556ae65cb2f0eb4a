//! One small form, posted over HTTPS to a host that somebody else has named.

use std::{pin::pin, time::Duration};

use anyhow::Context;
use axum::http::{StatusCode, Uri, header};
use futures_util::future::{Either, select};
use http_body_util::Full;
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::Dialer;

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
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let request = Request::post(url.path_and_query().map_or("/", |path| path.as_str()))
        .header(header::HOST, url.authority().map_or(host, |authority| authority.as_str()))
        .header(header::USER_AGENT, concat!("Pismo/", env!("CARGO_PKG_VERSION")))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::CONNECTION, "close")
        .body(Full::new(Bytes::from_static(form.as_bytes())))?;
    let answer = pin!(async { Ok(sender.send_request(request).await?.status()) });
    // The connection has to be driven for the answer to come.
    match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => answer.await,
    }
}
