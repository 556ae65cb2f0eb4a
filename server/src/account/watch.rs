//! The watch: a session that does nothing but listen. What it hears only makes the actor look.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, futures::Notified, mpsc, watch},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{Input, budget::Budget};
use crate::{
    backoff::Backoff,
    endpoint::Endpoint,
    imap::{self, Credentials, Session, Woken},
};

/// IDLE is begun anew this often: half-open lines go deaf long before the 29 minutes of RFC 2177.
const RENEW: Duration = Duration::from_secs(240);

/// How long a refused password is left alone, unless the user signs in anew.
const REFUSED: Duration = Duration::from_secs(3600);

/// How often it is looked whether there may be a watch again.
const TIGHT: Duration = Duration::from_secs(60);

/// What the watch is told.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Target {
    /// The mailbox to listen to most closely.
    pub mailbox: String,
    /// Where the mailboxes are that are shared with the person: the topmost of each.
    pub shared: Vec<String>,
}

/// Listens until told to stop or until the actor is gone.
pub(super) async fn run(
    endpoint: Endpoint,
    credentials: Credentials,
    mut target: watch::Receiver<Target>,
    inputs: mpsc::WeakSender<Input>,
    budget: Budget,
    stop: CancellationToken,
) {
    let mut backoff = Backoff::new(Duration::from_secs(2), Duration::from_secs(300));
    let listening = async {
        loop {
            let Some(permit) = budget.spare_permit() else {
                // All is found by looking now and then.
                sleep(TIGHT).await;
                continue;
            };
            match listen(&endpoint, &credentials, &mut target, &inputs, (&mut backoff, &budget)).await {
                Ok(Over::Gone) => return,
                Ok(Over::GaveWay) => {}
                Err(error) => {
                    debug!(%error, "The watch lost its line");
                    if matches!(error, imap::Error::TooManyConnections { .. }) {
                        budget.shrink(Some(permit));
                    } else {
                        drop(permit);
                    }
                    // Most likely the actor's is lost as well: it finds out when it looks, and tells the tabs.
                    if !look(&inputs, true, false).await {
                        return;
                    }
                    // A refused password is not tried again by itself: it could lock the user out.
                    let wait = backoff.wait();
                    sleep(match error {
                        imap::Error::Credentials { .. }
                        | imap::Error::AppPassword { .. }
                        | imap::Error::NoPasswords { .. } => REFUSED,
                        imap::Error::Throttled { wait: asked, .. } => asked.max(wait),
                        _ => wait,
                    })
                    .await;
                }
            }
        }
    };
    stop.run_until_cancelled(listening).await;
}

/// Why listening ended without a fault.
enum Over {
    /// The actor is gone.
    Gone,
    /// The server allows so few sessions that others need this one.
    GaveWay,
}

/// One session's time.
async fn listen(
    endpoint: &Endpoint,
    credentials: &Credentials,
    target: &mut watch::Receiver<Target>,
    inputs: &mpsc::WeakSender<Input>,
    (backoff, budget): (&mut Backoff, &Budget),
) -> Result<Over, imap::Error> {
    let mut session = budget.open(endpoint, credentials).await?;
    // What the server tells of, where it has NOTIFY: what is the person's own, and these.
    let mut notified = None::<Vec<String>>;
    let mut announced = false;
    // Changes of the target cut the waiting short.
    let wake = Arc::new(Notify::new());
    let mut looked = false;
    let mut haste = Haste::default();
    loop {
        let wanted = budget.wanted();
        if budget.is_tight() {
            timeout(Duration::from_secs(2), session.logout()).await.ok();
            return Ok(Over::GaveWay);
        }
        let Target { mailbox, shared } = target.borrow_and_update().clone();
        if !announced || notified.as_ref().is_some_and(|known| *known != shared) {
            notified = announce(&mut session, shared).await?;
            announced = true;
            looked = false;
        }
        let elsewhere = session.selected().map(|selected| selected.path.as_str()) != Some(mailbox.as_str());
        if notified.is_none() && elsewhere {
            match session.select(&mailbox).await {
                Err(error) if error.is_refusal() => debug!(%error, "The watch cannot open a mailbox"),
                result => drop(result?),
            }
            looked = false;
        }
        if !looked {
            // What happened while the session was elsewhere or not there at all.
            if !look(inputs, true, true).await {
                return Ok(Over::Gone);
            }
            looked = true;
        }
        let woken = tokio::select! {
            woken = session.wait_for_news(&wake, RENEW) => woken?,
            // `wait_for_news` must not be dropped half-way, so the change of target only wakes it: see below.
            never = wake_on_change(target.clone(), notified.as_ref(), &wake) => match never {},
            never = wake_when(wanted, &wake) => match never {},
        };
        backoff.reset();
        if woken == Woken::News && haste.is_too_great() {
            sleep(BREATH).await;
        }
        let changes = session.take_changes();
        if woken == Woken::News || !changes.is_empty() {
            let elsewhere =
                changes.iter().any(|change| matches!(change, imap::Change::Elsewhere | imap::Change::Overflow));
            let selected =
                notified.is_some() || changes.iter().any(|change| !matches!(change, imap::Change::Elsewhere));
            if !look(inputs, selected, elsewhere).await {
                timeout(Duration::from_secs(2), session.logout()).await.ok();
                return Ok(Over::Gone);
            }
            if changes.contains(&imap::Change::Overflow) {
                // Whatever it was, a server that has lost count does not tell all from now on.
                timeout(Duration::from_secs(2), session.logout()).await.ok();
                return Err(imap::Error::Closed);
            }
        }
    }
}

/// How long is waited where a server has news all the time.
const BREATH: Duration = Duration::from_millis(100);

/// News that came one upon the other.
#[derive(Default)]
struct Haste {
    last: Option<Instant>,
    quick: u32,
}

impl Haste {
    /// News have come. Whether so many have come so quickly that looking at each is of no use to anybody.
    fn is_too_great(&mut self) -> bool {
        let now = Instant::now();
        let quick = self.last.replace(now).is_some_and(|last| now - last < 2 * BREATH);
        self.quick = if quick { self.quick + 1 } else { 0 };
        self.quick > 10
    }
}

/// Has the server tell of all mailboxes, where it can. Says which of the shared ones it was asked for.
///
/// No mailbox is selected then: Dovecot (2.3, 2026-11) tells nothing more of one that was selected while it listened.
async fn announce(session: &mut Session, shared: Vec<String>) -> Result<Option<Vec<String>>, imap::Error> {
    if !session.capabilities().notify {
        return Ok(None);
    }
    if !shared.is_empty() {
        // Dovecot (2.3, 2026-11) tells nothing of another person's mailboxes to a session that has not listed them.
        session.list().await?;
    }
    // RFC 7162 §3.1: asking for HIGHESTMODSEQ makes every flag news, and not only \Seen.
    session.status(&["INBOX"]).await?;
    let mut result = session.notify_all(&shared).await;
    if result.as_ref().is_err_and(imap::Error::is_refusal) && !shared.is_empty() {
        // Too many, say: then they are looked at now and then, as all are where there is no NOTIFY.
        result = session.notify_all(&[]).await;
    }
    match result {
        Err(error) if error.is_refusal() => {
            info!(%error, "NOTIFY was offered and refused");
            Ok(None)
        }
        result => result.map(|()| Some(shared)),
    }
}

/// Wakes the waiting when another mailbox is to be listened to, or where the server tells of all, others are shared. Never
/// ends.
async fn wake_on_change(
    mut target: watch::Receiver<Target>,
    notified: Option<&Vec<String>>,
    wake: &Notify,
) -> std::convert::Infallible {
    while target.changed().await.is_ok() {
        if notified.is_none_or(|known| *known != target.borrow().shared) {
            wake.notify_one();
        }
    }
    std::future::pending().await
}

/// Wakes the waiting when sessions are short. Never ends.
async fn wake_when(wanted: Notified<'_>, wake: &Notify) -> std::convert::Infallible {
    wanted.await;
    wake.notify_one();
    std::future::pending().await
}

/// False when the actor is gone.
async fn look(inputs: &mpsc::WeakSender<Input>, selected: bool, elsewhere: bool) -> bool {
    match inputs.upgrade() {
        Some(inputs) => inputs.send(Input::Look { selected, elsewhere }).await.is_ok(),
        None => false,
    }
}
