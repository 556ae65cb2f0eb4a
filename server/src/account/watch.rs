//! The watch: a session that does nothing but listen. What it hears only makes the actor look.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::Input;
use crate::{
    backoff::Backoff,
    endpoint::Endpoint,
    imap::{self, Credentials, Woken},
};

/// IDLE is begun anew this often: half-open lines go deaf long before the 29 minutes of RFC 2177.
const RENEW: Duration = Duration::from_secs(240);

/// What the watch is told.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The mailbox to listen to most closely.
    pub mailbox: String,
}

/// Listens until told to stop or until the actor is gone.
pub(super) async fn run(
    endpoint: Endpoint,
    credentials: Credentials,
    mut target: watch::Receiver<Target>,
    inputs: mpsc::WeakSender<Input>,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(300));
    let listening = async {
        loop {
            match listen(&endpoint, &credentials, &mut target, &inputs, &mut backoff).await {
                Ok(()) => return,
                Err(error) => debug!(%error, "The watch lost its line"),
            }
            sleep(backoff.next()).await;
        }
    };
    stop.run_until_cancelled(listening).await;
}

/// One session's time. Ends well only when the actor is gone.
async fn listen(
    endpoint: &Endpoint,
    credentials: &Credentials,
    target: &mut watch::Receiver<Target>,
    inputs: &mpsc::WeakSender<Input>,
    backoff: &mut Backoff,
) -> Result<(), imap::Error> {
    let mut session = imap::connect(endpoint, credentials).await?;
    let notify = session.capabilities().notify;
    // Changes of the target cut the waiting short.
    let wake = Arc::new(Notify::new());
    let mut announced = false;
    loop {
        let mailbox = target.borrow_and_update().mailbox.clone();
        if session.selected().map(|selected| selected.path.as_str()) != Some(mailbox.as_str()) {
            match session.select(&mailbox).await {
                Err(error) if error.is_refusal() => debug!(%error, "The watch cannot open a mailbox"),
                result => drop(result?),
            }
            if notify && !announced {
                match session.notify_all().await {
                    Err(error) if error.is_refusal() => info!(%error, "NOTIFY was offered and refused"),
                    result => result?,
                }
                announced = true;
            }
            // What happened while the session was elsewhere or not there at all.
            if !look(inputs, true, true).await {
                return Ok(());
            }
        }
        let woken = tokio::select! {
            woken = session.wait_for_news(&wake, RENEW) => woken?,
            // `wait_for_news` must not be dropped half-way, so the change of target only wakes it: see below.
            never = wake_on_change(target.clone(), &wake) => match never {},
        };
        backoff.reset();
        let changes = session.take_changes();
        if woken == Woken::News || !changes.is_empty() {
            let elsewhere =
                changes.iter().any(|change| matches!(change, imap::Change::Elsewhere | imap::Change::Overflow));
            let selected = changes.iter().any(|change| !matches!(change, imap::Change::Elsewhere));
            if !look(inputs, selected, elsewhere).await {
                timeout(Duration::from_secs(2), session.logout()).await.ok();
                return Ok(());
            }
        }
    }
}

/// Wakes the waiting when another mailbox is to be listened to. Never ends.
async fn wake_on_change(mut target: watch::Receiver<Target>, wake: &Notify) -> std::convert::Infallible {
    while target.changed().await.is_ok() {
        wake.notify_one();
    }
    std::future::pending().await
}

/// False when the actor is gone.
async fn look(inputs: &mpsc::WeakSender<Input>, selected: bool, elsewhere: bool) -> bool {
    match inputs.upgrade() {
        Some(inputs) => inputs.send(Input::Look { selected, elsewhere }).await.is_ok(),
        None => false,
    }
}
