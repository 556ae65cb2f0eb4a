//! Small documents over HTTPS, from addresses that a [`Dialer`] may call.

use std::time::Duration;

use axum::http::{HeaderMap, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, body::Bytes};
use tokio::time::timeout;

use super::{Dialer, web::exchange};

/// How long a document may take, redirects included.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a document.
const LARGEST: usize = 1024 * 1024;

/// How often a server may send us on.
const REDIRECTS: usize = 3;

/// A document, or nothing where there is none, for whatever reason: whoever looks in several places goes on to the next.
/// `url` begins with `https://`, as does whatever it leads to.
pub async fn fetch(dialer: &Dialer, url: &str) -> Option<Vec<u8>> {
    let fetched = timeout(PATIENCE, follow(dialer, url.parse().ok()?)).await;
    match fetched {
        Ok(Ok(document)) => document,
        Ok(Err(error)) => {
            tracing::debug!(error = format!("{error:#}"), "A document cannot be fetched");
            None
        }
        Err(_) => None,
    }
}

async fn follow(dialer: &Dialer, mut url: Uri) -> anyhow::Result<Option<Vec<u8>>> {
    for _ in 0..=REDIRECTS {
        match get(dialer, &url).await? {
            Answer::Document(document) => return Ok(Some(document)),
            Answer::Elsewhere(target) => match next(&url, &target) {
                Some(target) => url = target,
                None => return Ok(None),
            },
            Answer::Nothing => return Ok(None),
        }
    }
    Ok(None)
}

enum Answer {
    Document(Vec<u8>),
    Elsewhere(String),
    Nothing,
}

async fn get(dialer: &Dialer, url: &Uri) -> anyhow::Result<Answer> {
    let Some(host) = url.host().filter(|_| url.scheme_str() == Some("https")) else { return Ok(Answer::Nothing) };
    let stream = dialer.dial_tls(host, url.port_u16().unwrap_or(443)).await?;
    let path = url.path_and_query().map_or("/", |path| path.as_str());
    let authority = url.authority().map_or(host, |authority| authority.as_str());
    let request = Request::get(path)
        .header(header::HOST, authority)
        .header(header::USER_AGENT, concat!("Pismo/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close")
        .body(Empty::<Bytes>::new())?;
    let (response, _driven) = exchange(stream, request).await?;
    if response.status().is_redirection() {
        return Ok(location(response.headers()).map_or(Answer::Nothing, Answer::Elsewhere));
    }
    if response.status() != StatusCode::OK {
        return Ok(Answer::Nothing);
    }
    let body = Limited::new(response.into_body(), LARGEST).collect().await.map_err(anyhow::Error::from_boxed)?;
    Ok(Answer::Document(body.to_bytes().to_vec()))
}

fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(header::LOCATION)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect leads: to another place over HTTPS, or to another path of the same.
fn next(from: &Uri, location: &str) -> Option<Uri> {
    if location.starts_with('/') && !location.starts_with("//") {
        return format!("https://{}{location}", from.authority()?).parse().ok();
    }
    location.parse().ok().filter(|target: &Uri| target.scheme_str() == Some("https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_stay_on_https() {
        let from: Uri = "https://a.example:444/x".parse().expect("a URL");
        for (location, expected) in [
            ("https://b.example/y", Some("https://b.example/y")),
            ("/y?z", Some("https://a.example:444/y?z")),
            ("http://b.example/y", None),
            ("//b.example/y", None),
            ("y", None),
            ("file:///etc/passwd", None),
        ] {
            assert_eq!(next(&from, location).map(|url| url.to_string()).as_deref(), expected, "{location}");
        }
    }
}
