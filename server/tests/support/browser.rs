//! A browser as far as the server can tell: its one cookie, its requests, its tabs.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::net::SocketAddr;

use app::{
    route::encode,
    wire::{Attachment, Error, PageFrames, Resume},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, handshake::client::generate_key, http::Request},
};

use crate::{
    http_client::{self, Answer},
    mail_server::PASSWORD,
    tab::Tab,
};

/// A browser, signed in or not. A clone is the same browser with the same cookie.
#[derive(Clone)]
pub struct Browser {
    pub server: SocketAddr,
    /// `name=value`, once signed in.
    pub cookie: Option<String>,
    /// Whose mail it is.
    pub address: String,
    /// What it says it is.
    pub agent: &'static str,
    /// The origin by which it knows Pismo, if that is not where Pismo listens.
    pub site: Option<String>,
}

impl Browser {
    pub fn new(server: SocketAddr, address: &str) -> Browser {
        Browser { server, cookie: None, address: address.to_owned(), agent: "", site: None }
    }

    /// The origin of our own pages.
    pub fn origin(&self) -> String {
        self.site.clone().unwrap_or_else(|| format!("http://{}", self.server))
    }

    /// Any request, with the cookie and the browser's own origin.
    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let origin = self.origin();
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("origin")) && method != "GET" {
            all.push(("Origin", &origin));
        }
        if let Some(cookie) = &self.cookie {
            all.push(("Cookie", cookie));
        }
        if !self.agent.is_empty() {
            all.push(("User-Agent", self.agent));
        }
        http_client::send(self.server, method, path, &all, body).await
    }

    /// As much of a page as comes.
    pub async fn get_what_comes(&self, path: &str) -> Answer {
        let cookie = self.cookie.clone().unwrap_or_default();
        http_client::send_and_see(self.server, "GET", path, &[("Cookie", &cookie)], &[]).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"").await
    }

    /// Submits a form.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.request("POST", path, &headers, body.join("&").as_bytes()).await
    }

    /// Fills in the form and sends it; keeps the cookie if there is one.
    pub async fn fill_in(&mut self, password: &str, further: &[(&str, &str)]) -> Answer {
        let address = self.address.clone();
        let fields = [&[("address", address.as_str()), ("password", password)], further].concat();
        let answer = self.submit("/login", &fields).await;
        self.take_cookie(&answer);
        answer
    }

    /// Signs in; it has to work.
    pub async fn sign_in(&mut self) {
        let answer = self.fill_in(PASSWORD, &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        assert!(self.cookie.is_some(), "a cookie");
    }

    pub async fn sign_out(&mut self) -> Answer {
        let answer = self.submit("/logout", &[]).await;
        self.take_cookie(&answer);
        answer
    }

    fn take_cookie(&mut self, answer: &Answer) {
        let Some(set) = answer.header("set-cookie") else { return };
        let pair = set.split(';').next().unwrap_or_default().to_owned();
        self.cookie = (!set.contains("Max-Age=0")).then_some(pair);
    }

    /// Uploads a file.
    pub async fn upload(&self, name: &str, content_type: &str, bytes: &[u8]) -> Result<Attachment, (u16, Error)> {
        let name = encode(name);
        let headers = [("Content-Type", content_type), ("X-File-Name", name.as_str())];
        let answer = self.request("POST", "/blobs", &headers, bytes).await;
        if answer.status == 200 { Ok(answer.json()) } else { Err((answer.status, answer.json())) }
    }

    /// Loads the page of the app. Gives back its HTML and the frames in it, if there are any.
    pub async fn page(&self, path: &str) -> (String, Option<PageFrames>) {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let html = answer.text();
        let (_, rest) = html.split_once("id=\"page-frames\">").expect("frames in the page");
        let (json, _) = rest.split_once("</script>").expect("an end of the frames");
        let frames = (!json.is_empty()).then(|| serde_json::from_str(json).expect("frames"));
        (html, frames)
    }

    /// Opens a tab.
    pub async fn tab(&self) -> Tab {
        Tab::attach(self, None).await
    }

    /// Opens a tab that comes back.
    pub async fn resume(&self, resume: Resume) -> Tab {
        Tab::attach(self, Some(resume)).await
    }

    /// Opens a tab with this mailbox in it.
    pub async fn open(&self, mailbox: &str) -> Tab {
        let mut tab = self.tab().await;
        tab.open(mailbox).await;
        tab
    }

    /// Asks for a websocket with these headers beside the cookie; the error is the status.
    pub async fn knock(&self, headers: &[(&str, &str)]) -> Result<WebSocketStream<TcpStream>, u16> {
        self.knock_at("/socket", headers).await
    }

    /// The same at any path.
    pub async fn knock_at(&self, path: &str, headers: &[(&str, &str)]) -> Result<WebSocketStream<TcpStream>, u16> {
        let mut request = Request::builder()
            .uri(format!("ws://{}{path}", self.server))
            .header("Host", self.server.to_string())
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket")
            .header("Sec-WebSocket-Version", "13")
            .header("Sec-WebSocket-Key", generate_key())
            .header("User-Agent", self.agent);
        if let Some(cookie) = &self.cookie {
            request = request.header("Cookie", cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let stream = TcpStream::connect(self.server).await.expect("Pismo");
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(socket),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("a websocket: {error}"),
        }
    }
}
