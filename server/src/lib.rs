//! The bridge: holds IMAP sessions for its users and streams what happens to their tabs.
//!
//! `http` hears the browser and hands commands to `account`, whose actor owns the IMAP sessions (`imap`);
//! `submission` sends what is in the outbox (`smtp`); `collector` brings mail from other accounts; `mime` reads and builds messages; `store` is the database.
#![forbid(unsafe_code)]
// Views are types, and theirs are deep.
#![recursion_limit = "512"]

pub mod account;
pub mod archive;
pub mod attempts;
pub mod backoff;
pub mod blobs;
pub mod bridge;
pub mod collector;
pub mod config;
pub mod contacts;
pub mod conversation;
mod device;
pub mod discover;
mod doubt;
pub mod endpoint;
pub mod error;
mod familiar;
mod host;
pub mod http;
mod identity;
pub mod imap;
pub mod letter;
pub mod lines;
pub mod mime;
pub mod net;
mod notice;
pub mod passkeys;
pub mod pending;
mod pictures;
pub mod pop3;
pub mod presence;
pub mod probe;
pub mod rotation;
pub mod seal;
mod searches;
pub mod second_step;
mod sender;
pub mod smtp;
pub mod spool;
pub mod step;
pub mod store;
pub mod submission;
mod templates;
mod turns;
mod unsubscribe;
mod verdict;

use std::time::Duration;

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use tokio::{
    net::TcpListener,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use bridge::Bridge;
use config::Config;
use lines::{Limits, Places};

/// Lines to the figures: a few programs, which have them to themselves and come through whatever comes to the pages.
const LINES_TO_METRICS: usize = 64;

/// How long a stop may take before what is still running is left.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves until `shutdown` is cancelled, then tells the tabs, finishes the submission in hand, and returns.
pub async fn serve(listener: TcpListener, config: Config, shutdown: CancellationToken) -> Result<()> {
    // Two providers in one process would be a panic at the first handshake; a second install is no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let bridge = Bridge::open(config, shutdown.clone()).await?;
    let outbox = tokio::spawn(submission::run(bridge.clone()));
    let collectors = tokio::spawn(collector::run(bridge.clone()));
    if let Some(address) = bridge.config.metrics_listen {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("PISMO_METRICS_LISTEN: cannot listen on {address}"))?;
        let few = Limits { all: LINES_TO_METRICS, of_network: LINES_TO_METRICS, ..bridge.config.lines };
        let router = http::metrics::router(bridge.clone());
        // Ends with the token; nothing is lost with a figure that nobody fetched.
        tokio::spawn(lines::serve(listener, router, Places::new(few, &[]), shutdown.clone()));
    }
    let housekeeping = tokio::spawn(keep_house(bridge.clone()));
    let endings = tokio::spawn(presence::run(bridge.clone()));
    // A small frame must not wait until the browser has acknowledged the one before it, which it does after 40 ms.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "A connection stays as it is");
        }
    });
    let places = Places::new(bridge.config.lines, &bridge.config.trusted_proxies);
    let serving = lines::serve(listener, http::router(bridge.clone()), places, shutdown.clone());
    tokio::select! {
        () = serving => {}
        // Keep-alive connections and downloads do not hold up the end.
        () = async { shutdown.cancelled().await; sleep(FAREWELL).await } => {}
    }
    shutdown.cancel();
    let ended = async {
        bridge.accounts.stopped().await;
        // All end by the token; a panic in one of them has been logged and does not hold up the end.
        let _ = tokio::join!(outbox, collectors, housekeeping, endings);
    };
    if timeout(FAREWELL, ended).await.is_err() {
        tracing::warn!("Something did not end in time and is left");
    }
    bridge.index.close().await;
    bridge.store.close().await;
    Ok(())
}

/// Forgets what is no longer needed, every ten minutes.
async fn keep_house(bridge: Bridge) {
    loop {
        if let Err(error) = tidy(&bridge).await {
            tracing::warn!(error = format!("{error:#}"), "Old rows cannot be removed");
        }
        tokio::select! {
            () = bridge.shutdown.cancelled() => return,
            () = sleep(Duration::from_secs(600)) => {}
        }
    }
}

async fn tidy(bridge: &Bridge) -> Result<()> {
    bridge.attempts.forget_old();
    bridge.presence.forget_old();
    bridge.store.forget_ended_logins().await?;
    bridge.store.forget_old_sign_ins().await?;
    bridge.store.forget_waiting_contacts().await?;
    bridge.store.forget_sent_before(store::now() - 30 * 24 * 3600).await?;
    blobs::forget_old(&bridge.store, &bridge.config.data).await
}
