//! Between two runs a node that made one of the last listens at the INBOX of the source, so that new mail comes at once.

use std::time::Duration;

use anyhow::Result;
use app::wire::{CollectorId, CollectorTrouble};
use tokio::{sync::Notify, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{kind::kind, run::End};
use crate::{
    backoff::Backoff,
    bridge::Bridge,
    error::to_wire,
    imap::{Error, Session, Woken, connect_by},
};

/// Sources at which this node listens at once. The others are looked at when they are due.
const MOST: usize = 500;

/// What comes in a row is fetched together.
const GATHERED: Duration = Duration::from_secs(1);

/// As long as a server lets one wait (RFC 2177 §3).
const LONGEST: Duration = Duration::from_secs(29 * 60);

/// Begins to listen at the source of a collector, if nobody does yet. Ends with the collector or with the node.
pub fn begin(bridge: &Bridge, id: CollectorId, source: &End) {
    let stop = {
        let mut listening = bridge.collectors.listening();
        if listening.contains_key(&id) || listening.len() >= MOST {
            return;
        }
        let stop = bridge.shutdown.child_token();
        listening.insert(id, stop.clone());
        stop
    };
    let (bridge, source) = (bridge.clone(), source.clone());
    // It ends with its token; nothing is lost with what it has not heard.
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => return,
            () = listen(&bridge, id, &source) => {}
        }
        forget(&bridge, id, &stop);
    });
}

fn forget(bridge: &Bridge, id: CollectorId, stop: &CancellationToken) {
    // One that was stopped was forgotten by whoever stopped it, and there may be another by now.
    if !stop.is_cancelled() {
        bridge.collectors.listening().remove(&id);
    }
}

async fn listen(bridge: &Bridge, id: CollectorId, source: &End) {
    let mut backoff = Backoff::new(Duration::from_secs(30), Duration::from_secs(3600));
    loop {
        match hear(bridge, id, source, &mut backoff).await {
            Ok(Heard::Broken(error)) => {
                let error = to_wire(error);
                // The next run finds it out as well, and says so.
                if error.is_about_password() {
                    return;
                }
                let error = kind(&CollectorTrouble::Source(error));
                debug!(collector.id = id.0, error, "A source is not listened at for a while");
            }
            Ok(Heard::NotWanted) => return,
            Err(error) => debug!(collector.id = id.0, error = format!("{error:#}"), "A collector cannot be hastened"),
        }
        sleep(backoff.wait()).await;
        match bridge.store.is_at_work(id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => debug!(collector.id = id.0, error = format!("{error:#}"), "A collector cannot be looked at"),
        }
    }
}

enum Heard {
    /// The line is, or there is none.
    Broken(Error),
    /// The source cannot tell, or nobody wants to know any more.
    NotWanted,
}

async fn hear(bridge: &Bridge, id: CollectorId, source: &End, backoff: &mut Backoff) -> Result<Heard> {
    let mut session = match open(source).await {
        Ok(Some(session)) => session,
        Ok(None) => return Ok(Heard::NotWanted),
        Err(error) => return Ok(Heard::Broken(error)),
    };
    let never = Notify::new();
    // What came between the run and now is not told any more.
    let mut news = session.selected().map(|inbox| inbox.uid_next.0.into()) != inbox_known(bridge, id).await?;
    loop {
        if news {
            sleep(GATHERED).await;
            session.take_changes();
            if !bridge.store.hasten_collector(id).await? {
                return Ok(Heard::NotWanted);
            }
            bridge.collectors.wake();
        }
        news = match session.wait_for_news(&never, LONGEST).await {
            Err(error) => return Ok(Heard::Broken(error)),
            // Now and then it is found out in any case whether somebody still wants to know.
            Ok(woken) => matches!(woken, Woken::News | Woken::TimedOut),
        };
        backoff.reset();
    }
}

/// UIDNEXT of the INBOX when it was last gone through.
async fn inbox_known(bridge: &Bridge, id: CollectorId) -> Result<Option<i64>> {
    let rows = bridge.store.folder_rows(id).await?;
    Ok(rows.into_iter().find(|row| row.source == "INBOX").map(|row| row.uid_next))
}

/// A session that has the INBOX selected, where the server can tell what happens in it.
async fn open(source: &End) -> Result<Option<Session>, Error> {
    let mut session = connect_by(&source.dialer, &source.endpoint, &source.credentials).await?;
    if !session.capabilities().idle {
        session.logout().await;
        return Ok(None);
    }
    session.examine("INBOX").await?;
    Ok(Some(session))
}
