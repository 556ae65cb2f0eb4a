//! Before any handler: where a request comes from. After it: the headers that all answers have.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{bridge::Bridge, config::Config};

/// Who asks, and by which origin.
#[derive(Debug, Clone)]
pub struct Client {
    pub address: IpAddr,
    /// Whether the browser came by https.
    pub secure: bool,
}

const HEADERS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Browsers look up the hosts of links ahead of time, at least on pages without TLS. The links of a message in plain text are in
    // the app's own page; a name that is looked up tells its owner that the message was opened.
    (header::X_DNS_PREFETCH_CONTROL, "off"),
    // Not `no-referrer`: with it a form of our own is sent with `Origin: null` (Fetch, "append a request Origin header").
    (header::REFERRER_POLICY, "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    ),
];

/// Refuses what another site sent, tells handlers who asks, and completes the answer's headers.
pub async fn guard(State(bridge): State<Bridge>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let client = client(&bridge.config, peer, request.headers());
    let upgrade = request.headers().contains_key(header::UPGRADE);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if (upgrade || changes) && !is_ours(&bridge.config, &client, request.headers(), upgrade) {
        (StatusCode::FORBIDDEN, "This request comes from another site. Open Pismo at its own address.\n")
            .into_response()
    } else {
        request.extensions_mut().insert(client.clone());
        next.run(request).await
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if client.secure {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
    response
}

fn client(config: &Config, peer: Option<IpAddr>, headers: &HeaderMap) -> Client {
    let peer = peer.unwrap_or(IpAddr::from([0, 0, 0, 0])).to_canonical();
    let trusted = |address: IpAddr| config.trusted_proxies.iter().any(|network| network.contains(&address));
    let configured = !config.origins.is_empty() && config.origins.iter().all(|origin| origin.starts_with("https://"));
    if !trusted(peer) {
        return Client { address: peer, secure: configured };
    }
    // Each proxy adds whom it heard; the last that is no proxy of ours is the client.
    let forwarded = headers.get("x-forwarded-for").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let address = forwarded
        .rsplit(',')
        .map_while(|address| address.trim().parse::<IpAddr>().ok())
        .find(|address| !trusted(*address))
        .unwrap_or(peer);
    let secure = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    Client { address, secure: secure || configured }
}

/// Whether a request that changes something comes from a page of ours. A browser says so with Origin; a program
/// that is none need not, except for a websocket.
fn is_ours(config: &Config, client: &Client, headers: &HeaderMap, upgrade: bool) -> bool {
    let site = headers.get("sec-fetch-site");
    if site.is_some_and(|site| site != "same-origin" && site != "none") {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return !upgrade };
    let Ok(origin) = origin.to_str() else { return false };
    if !config.origins.is_empty() {
        return config.origins.iter().any(|ours| ours == origin);
    }
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else { return false };
    match origin.split_once("://") {
        Some(("https", authority)) => authority == host,
        Some(("http", authority)) => authority == host && !client.secure,
        _ => false,
    }
}

/// The origin by which a browser has reached us: what it says of its page, which [`guard`] has judged where something is changed, else
/// the configured one of this host or the first, else this host itself.
pub fn origin_of(config: &Config, client: &Client, headers: &HeaderMap) -> Option<String> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(origin) = text(header::ORIGIN).filter(|_| is_ours(config, client, headers, false)) {
        return Some(origin.to_owned());
    }
    let host = text(header::HOST);
    let of_host = |origin: &&String| origin.split_once("://").map(|(_, authority)| authority) == host;
    let configured = config.origins.iter().find(of_host).or(config.origins.first());
    let scheme = if client.secure { "https" } else { "http" };
    configured.cloned().or_else(|| host.map(|host| format!("{scheme}://{host}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{discover::Places, net::Dialer};

    fn config(origins: &[&str], proxies: &[&str]) -> Config {
        Config {
            listen: "127.0.0.1:3000".parse().unwrap(),
            data: ".".into(),
            database: None,
            imap: None,
            smtp: None,
            secret: None,
            secret_before: None,
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            trusted_proxies: proxies.iter().map(|network| network.parse().unwrap()).collect(),
            metrics_listen: None,
            allow_insecure: false,
            login_private: true,
            collect_private: false,
            ports: Vec::new(),
            dialer: Dialer::default(),
            places: Places::default(),
            pictures_private: false,
            upload_limit: 0,
            hook_secret: None,
            authserv: Vec::new(),
            lines: crate::lines::Limits::of_this_process(),
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        let plain = config(&[], &[]);
        let named = config(&["https://mail.example.org"], &[]);
        for (config, pairs, upgrade, ours) in [
            (&plain, vec![("host", "a.example"), ("origin", "http://a.example")], true, true),
            (&plain, vec![("host", "a.example:3000"), ("origin", "http://a.example")], true, false),
            (&plain, vec![("host", "a.example"), ("origin", "http://a.example.evil.example")], true, false),
            (&plain, vec![("host", "a.example"), ("origin", "null")], true, false),
            (&plain, vec![("host", "a.example")], true, false),
            (&plain, vec![("host", "a.example")], false, true),
            (&plain, vec![("host", "a.example"), ("sec-fetch-site", "cross-site")], false, false),
            (
                &plain,
                vec![("host", "a.example"), ("sec-fetch-site", "same-site"), ("origin", "http://a.example")],
                false,
                false,
            ),
            (&named, vec![("host", "10.0.0.1"), ("origin", "https://mail.example.org")], true, true),
            (&named, vec![("host", "mail.example.org"), ("origin", "http://mail.example.org")], true, false),
        ] {
            let headers = headers(&pairs);
            let client = client(config, None, &headers);
            assert_eq!(is_ours(config, &client, &headers, upgrade), ours, "{pairs:?}");
        }
    }

    #[test]
    fn the_origin_of_a_page_is_known_without_its_saying() {
        let plain = config(&[], &[]);
        let named = config(&["https://mail.example.org", "https://mail.example.com:8443"], &[]);
        for (config, pairs, origin) in [
            (&plain, vec![("host", "a.example:3000")], Some("http://a.example:3000")),
            (&plain, vec![("host", "a.example"), ("origin", "https://a.example")], Some("https://a.example")),
            (&plain, vec![("host", "a.example"), ("origin", "https://evil.example")], Some("http://a.example")),
            (&plain, vec![], None),
            (&named, vec![("host", "mail.example.com:8443")], Some("https://mail.example.com:8443")),
            (&named, vec![("host", "10.0.0.1")], Some("https://mail.example.org")),
            (&named, vec![("origin", "https://mail.example.com:8443")], Some("https://mail.example.com:8443")),
        ] {
            let headers = headers(&pairs);
            assert_eq!(origin_of(config, &client(config, None, &headers), &headers).as_deref(), origin, "{pairs:?}");
        }
    }

    #[test]
    fn forwarded_addresses_are_believed_from_proxies_only() {
        let config = config(&[], &["10.0.0.0/8"]);
        let headers = headers(&[("x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.2"), ("x-forwarded-proto", "https")]);
        let direct = client(&config, Some("198.51.100.1".parse().unwrap()), &headers);
        assert_eq!((direct.address.to_string().as_str(), direct.secure), ("198.51.100.1", false));
        let proxied = client(&config, Some("10.0.0.1".parse().unwrap()), &headers);
        assert_eq!((proxied.address.to_string().as_str(), proxied.secure), ("192.0.2.7", true));
    }
}
