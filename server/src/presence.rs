//! Which logins are in use on this node: when that was noted last, and how whoever serves one learns that it has ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Result;
use app::wire::AccountId;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    bridge::Bridge,
    store::{Ending, Login, now},
};

/// The use of a login is noted no more often than this.
const NOTED: Duration = Duration::from_secs(60);

/// How long a login is known that is not in use, or has ended: longer than anybody takes from being let in to being served.
const KNOWN: Duration = Duration::from_secs(600);

/// How often it is asked which logins were ended on other nodes, and how far back, in seconds: the clocks of nodes differ. What
/// is missed is found when a socket is looked after.
const PAUSE: Duration = Duration::from_secs(1);
const BACK: i64 = 30;

/// The logins in use, by their tokens.
pub struct Presence {
    known: Mutex<HashMap<Vec<u8>, Known>>,
    shutdown: CancellationToken,
}

struct Known {
    /// When its use was noted.
    noted: Option<Instant>,
    over: CancellationToken,
    /// Shared with all who serve it.
    held: Arc<()>,
    looked: Instant,
}

/// A login that is being served. As long as it is held, its end is told.
#[derive(Clone)]
pub struct Watched {
    /// Cancelled when the login has ended, or Pismo stops.
    pub over: CancellationToken,
    #[expect(dead_code, reason = "it counts for as long as it is held")]
    held: Arc<()>,
}

impl Presence {
    pub fn new(shutdown: CancellationToken) -> Self {
        Self { known: Mutex::default(), shutdown }
    }

    fn with<T>(&self, token: &[u8], work: impl FnOnce(&mut Known) -> T) -> T {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh =
            || Known { noted: None, over: self.shutdown.child_token(), held: Arc::default(), looked: Instant::now() };
        let one = known.entry(token.to_owned()).or_insert_with(fresh);
        one.looked = Instant::now();
        work(one)
    }

    /// Whether it is time to note the use of a login. It is taken to be done then.
    fn is_due(&self, token: &[u8]) -> bool {
        self.with(token, |known| {
            let due = known.noted.is_none_or(|noted| noted.elapsed() >= NOTED);
            if due {
                known.noted = Some(Instant::now());
            }
            due
        })
    }

    /// For whoever serves a login. One that has just ended is over already.
    pub fn watch(&self, token: &[u8]) -> Watched {
        self.with(token, |known| Watched { over: known.over.clone(), held: known.held.clone() })
    }

    /// Tells all who serve a login that it has ended. No, if they were told before.
    fn end(&self, token: &[u8]) -> bool {
        self.with(token, |known| {
            let told = known.over.is_cancelled();
            known.over.cancel();
            !told
        })
    }

    /// Forgets logins that nobody uses, or the table only grows.
    pub fn forget_old(&self) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, known| Arc::strong_count(&known.held) > 1 || known.looked.elapsed() < KNOWN);
        known.shrink_to_fit();
    }
}

impl Bridge {
    /// Notes that a login is in use. Nobody waits for it.
    pub fn note_use(&self, login: &Login) {
        if !self.presence.is_due(&login.token) {
            return;
        }
        let (store, token) = (self.store.clone(), login.token.clone());
        // Ends by itself; all that is lost with it is a minute.
        tokio::spawn(async move {
            if let Err(error) = store.touch_login(&token).await {
                tracing::warn!(error = format!("{error:#}"), "A login cannot be noted as used");
            }
        });
    }

    /// Closes what is open of a login if it has ended meanwhile.
    pub async fn look_after(&self, login: &Login) {
        match self.store.login(&login.token).await {
            Ok(Some(_)) => {}
            Ok(None) => self.close_logins(login.account, std::slice::from_ref(&login.token)).await,
            // Whoever is let in stays so while the database is away; it is asked again.
            Err(error) => tracing::warn!(error = format!("{error:#}"), "A login cannot be looked at"),
        }
    }

    /// Closes what is open of logins that have ended.
    pub async fn close_logins(&self, account: AccountId, tokens: &[Vec<u8>]) {
        let running = self.accounts.known(account);
        let fresh: Vec<_> = tokens.iter().filter(|token| self.presence.end(token)).collect();
        let Some(running) = running.filter(|_| !fresh.is_empty()) else { return };
        match self.store.logins(account).await {
            Ok(left) if left.is_empty() => self.accounts.end(&running),
            Ok(_) => {}
            // Then the account says farewell in its own time.
            Err(error) => tracing::warn!(error = format!("{error:#}"), "The logins of an account cannot be counted"),
        }
        for token in fresh {
            running.signed_out(token).await;
        }
    }

    /// Ends logins, and closes what is open of them. Gives back their tokens.
    pub async fn end_logins(&self, account: AccountId, which: Ending<'_>) -> Result<Vec<Vec<u8>>> {
        let ended = self.store.end_logins(account, which).await?;
        self.close_logins(account, &ended).await;
        Ok(ended)
    }
}

/// Closes what is open here of logins that are ended on other nodes, until Pismo stops.
pub async fn run(bridge: Bridge) {
    let mut failing = false;
    while bridge.store.is_shared() {
        tokio::select! {
            () = bridge.shutdown.cancelled() => return,
            () = sleep(PAUSE) => {}
        }
        match bridge.store.endings_since(now() - BACK).await {
            Ok(endings) => {
                failing = false;
                for (account, token) in endings {
                    bridge.close_logins(account, &[token]).await;
                }
            }
            Err(error) if !failing => {
                failing = true;
                tracing::warn!(error = format!("{error:#}"), "It is not known which logins have ended elsewhere");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn use_is_noted_once_a_minute() {
        let presence = Presence::new(CancellationToken::new());
        assert!(presence.is_due(b"a") && presence.is_due(b"b"));
        assert!(!presence.is_due(b"a"));
        tokio::time::advance(NOTED).await;
        assert!(presence.is_due(b"a"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_end_is_told_to_who_serves_and_to_who_comes_late() {
        let presence = Presence::new(CancellationToken::new());
        let (ended, other) = (presence.watch(b"a"), presence.watch(b"b"));
        assert!(presence.end(b"a"));
        assert!(!presence.end(b"a"), "it is told once");
        assert!(ended.over.is_cancelled() && !other.over.is_cancelled());
        assert!(presence.watch(b"a").over.is_cancelled());
        tokio::time::advance(KNOWN).await;
        drop(ended);
        presence.forget_old();
        assert_eq!(presence.known.lock().unwrap().len(), 1, "one is still served");
        assert!(presence.end(b"b") && other.over.is_cancelled());
    }
}
