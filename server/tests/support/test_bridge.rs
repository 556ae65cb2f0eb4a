//! A Pismo in this process, on a free port and with an empty data folder, in front of a real mail server.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use pismo::{
    config::Config,
    discover::Places,
    endpoint::{Endpoint, Protocol, Security},
    lines::Limits,
    net::Dialer,
};
use tokio::{net::TcpListener, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    browser::Browser,
    mail::Mail,
    mail_server::{MailServer, mark},
    recording_proxy::RecordingProxy,
};

/// A running Pismo. It stops when it is dropped, and its data goes with it.
pub struct TestBridge {
    pub server: &'static MailServer,
    pub address: SocketAddr,
    pub config: Config,
    /// Makes its users others than those of any other test.
    mark: String,
    /// Shows what is said to the mail server (`PISMO_TRACE=1`).
    #[expect(dead_code, reason = "it works for as long as it is held")]
    tracer: Option<RecordingProxy>,
    running: Option<(CancellationToken, JoinHandle<anyhow::Result<()>>)>,
}

impl TestBridge {
    /// Starts one in front of the shared mail server.
    pub async fn start() -> TestBridge {
        TestBridge::with(|_| {}).await
    }

    /// Starts one with other settings.
    pub async fn with(change: impl FnOnce(&mut Config)) -> TestBridge {
        TestBridge::on(MailServer::shared_with_smtp(), change).await
    }

    /// Starts one in front of another mail server.
    pub async fn on(server: &'static MailServer, change: impl FnOnce(&mut Config)) -> TestBridge {
        let mark = mark();
        let data = std::env::temp_dir().join(format!("pismo-data-{mark}"));
        let mut config = settings(data, server.imap_port(), server.submission_port());
        let mut tracer = None;
        if std::env::var_os("PISMO_TRACE").is_some() {
            let proxy = RecordingProxy::start(server.imap_port()).await;
            config.imap = Some(imap(proxy.port));
            tracer = Some(proxy);
        }
        change(&mut config);
        let mut bridge = TestBridge { server, address: config.listen, config, mark, tracer, running: None };
        bridge.run().await;
        bridge
    }

    async fn run(&mut self) {
        let listener = TcpListener::bind(self.address).await.expect("a port");
        self.address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let serving = tokio::spawn(pismo::serve(listener, self.config.clone(), stop.clone()));
        self.running = Some((stop, serving));
    }

    /// Stops it in order. The data stay.
    pub async fn stop(&mut self) {
        let (stop, serving) = self.running.take().expect("a running Pismo");
        stop.cancel();
        let ended = timeout(Duration::from_secs(30), serving).await.expect("it stops");
        ended.expect("no panic").expect("no error");
    }

    /// Starts it again with the same data, at the same address.
    pub async fn start_again(&mut self) {
        self.run().await;
    }

    /// The address of a user of this name, whom no other test has.
    pub fn address_of(&self, name: &str) -> String {
        format!("{name}-{}@pismo.test", self.mark)
    }

    /// A browser of this user that is not signed in.
    pub fn browser(&self, name: &str) -> Browser {
        Browser { site: self.config.origins.first().cloned(), ..Browser::new(self.address, &self.address_of(name)) }
    }

    /// A signed-in browser.
    pub async fn sign_in(&self, name: &str) -> Browser {
        let mut browser = self.browser(name);
        browser.sign_in().await;
        browser
    }

    /// Another mail program of this user.
    pub fn mail(&self, name: &str) -> Mail {
        Mail::new(self.server, self.address_of(name))
    }

    pub fn data(&self) -> PathBuf {
        self.config.data.clone()
    }
}

impl Drop for TestBridge {
    fn drop(&mut self) {
        if let Some((stop, _)) = self.running.take() {
            stop.cancel();
        }
        let _ = std::fs::remove_dir_all(&self.config.data);
    }
}

/// Settings of a Pismo on a free port, in front of the mail server with these ports.
pub fn settings(data: PathBuf, imap_port: u16, submission_port: u16) -> Config {
    Config {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        data,
        database: std::env::var("PISMO_TEST_DATABASE").ok().map(Into::into),
        imap: Some(imap(imap_port)),
        smtp: Some(smtp(submission_port)),
        secret: None,
        secret_before: None,
        origins: Vec::new(),
        trusted_proxies: Vec::new(),
        metrics_listen: None,
        allow_insecure: false,
        // All test servers are on this machine.
        login_private: true,
        collect_private: true,
        ports: Vec::new(),
        dialer: Dialer::default(),
        places: Places::default(),
        pictures_private: true,
        upload_limit: 10 * 1024 * 1024,
        hook_secret: None,
        authserv: Vec::new(),
        lines: Limits::of_this_process(),
    }
}

/// A mail server of this machine, without TLS.
pub fn imap(port: u16) -> Endpoint {
    Endpoint::new(Protocol::Imap, Security::Insecure, "127.0.0.1", port)
}

/// The same for sending.
pub fn smtp(port: u16) -> Endpoint {
    Endpoint::new(Protocol::Smtp, Security::Insecure, "127.0.0.1", port)
}
