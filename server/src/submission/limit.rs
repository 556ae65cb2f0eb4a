//! How much a message may hold, known before anything is uploaded for it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use app::wire::Error;
use tokio::sync::Semaphore;

use crate::{
    bridge::{Bridge, internal},
    endpoint::Endpoint,
    identity::Route,
    imap::AppendLimit,
    smtp::Transport,
    store::Login,
};

/// How long what a server has said is believed, and that it said nothing.
const KNOWN: Duration = Duration::from_secs(3600);
const SILENT: Duration = Duration::from_secs(60);
/// Servers that are asked at once, at most: whoever comes then goes without.
const AT_ONCE: usize = 4;
/// Servers that are remembered.
const MOST: usize = 1000;
/// What of a message is not its files, in bytes: its header and a text of some length.
const REST: u64 = 128 * 1024;

/// The largest message that submission servers take (RFC 1870), in bytes; none where they do not say.
pub struct Sizes {
    /// Until when it is believed.
    known: Mutex<HashMap<Endpoint, (Instant, Option<u64>)>>,
    asking: Semaphore,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { known: Mutex::default(), asking: Semaphore::new(AT_ONCE) }
    }
}

impl Sizes {
    async fn of(&self, transport: &Transport) -> Option<u64> {
        let server = transport.endpoint();
        if let Some(size) = self.known(server) {
            return size;
        }
        let _asking = self.asking.try_acquire().ok()?;
        match transport.largest().await {
            Ok(size) => {
                self.learn(server.clone(), KNOWN, size);
                size
            }
            // Whether it can be reached is told when something is sent.
            Err(_) => {
                self.learn(server.clone(), SILENT, None);
                None
            }
        }
    }

    fn known(&self, server: &Endpoint) -> Option<Option<u64>> {
        let sizes = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.get(server).filter(|(until, _)| *until > Instant::now()).map(|(_, size)| *size)
    }

    fn learn(&self, server: Endpoint, time: Duration, size: Option<u64>) {
        let mut sizes = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= MOST {
            sizes.clear();
        }
        sizes.insert(server, (Instant::now() + time, size));
    }
}

impl Bridge {
    /// How many bytes of files a message may have so that the submission server (SIZE, RFC 1870) and the mail server (APPENDLIMIT,
    /// RFC 7889) take it; none where they do not say, or cannot be asked now.
    pub async fn files_limit(&self, login: &Login) -> Result<Option<u64>, Error> {
        let record = self.store.account(login.account).await.map_err(internal)?.ok_or(Error::SignedOut)?;
        let submission = match self.way_out(&record, &record.address).await {
            Ok(Route { transport, .. }) => self.outbox.sizes.of(&transport).await,
            Err(_) => None,
        };
        let offered = self.account(login).await?.capabilities().await;
        let kept = match offered.and_then(|offered| offered.capabilities.append_limit) {
            Some(AppendLimit::OfAll(limit)) => Some(limit),
            Some(AppendLimit::OfEach) | None => None,
        };
        Ok([submission, kept].into_iter().flatten().min().map(files_of))
    }
}

/// How many bytes of files fit into a message of this size: base64 makes 78 of 57 (RFC 2045 §6.8).
fn files_of(message: u64) -> u64 {
    message.saturating_sub(REST) / 78 * 57
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_grow_by_more_than_a_third() {
        assert_eq!(files_of(0), 0);
        assert_eq!(files_of(REST + 78), 57);
        assert_eq!(files_of(26_214_400), 19_060_857);
        assert!(files_of(u64::MAX) < u64::MAX);
    }
}
