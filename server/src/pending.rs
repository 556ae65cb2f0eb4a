//! People whose password was right and whose second step is awaited: they are not signed in, and nothing of theirs is open to
//! them.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};

use crate::{attempts::Attempt, bridge::Bridge, endpoint::Endpoint, imap::Credentials, imap::Session};

/// How long the code is waited for.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Wrong codes after which the password is asked for again.
const WRONG: u32 = 5;

/// People who are waited for at once, and how often one of them: each keeps a session open at the mail server.
const MOST: usize = 256;
const MOST_OF_ONE: usize = 3;

/// Somebody whose password the mail server has taken.
pub struct Proven {
    pub address: String,
    pub imap: Endpoint,
    pub smtp: Option<Endpoint>,
    pub credentials: Credentials,
    /// What the server calls their inbox; empty where it does not tell.
    pub inbox: String,
    /// The session that proved it.
    pub session: Session,
    /// Paid back when they are signed in.
    pub attempt: Attempt,
}

/// Those who are waited for, by what is kept of their cookies.
#[derive(Default)]
pub struct Pending(Mutex<HashMap<Vec<u8>, HalfWay>>);

struct HalfWay {
    /// Whose second step it is: who signs in may have come by another address of theirs.
    user: i64,
    address: String,
    next: String,
    proven: Proven,
    until: Instant,
    wrong: u32,
}

impl Pending {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Vec<u8>, HalfWay>) -> T) -> T {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, half| half.until > Instant::now());
        work(&mut known)
    }

    /// Whose second step is awaited from whoever has this cookie: the user and the address.
    pub fn find(&self, token: &[u8]) -> Option<(i64, String)> {
        self.with(|known| known.get(token).map(|half| (half.user, half.address.clone())))
    }

    /// The second step was right: gives back who it is and where they want to go. None where it was taken by another request.
    pub fn take(&self, token: &[u8]) -> Option<(Proven, String)> {
        self.with(|known| known.remove(token).map(|half| (half.proven, half.next)))
    }

    /// The code was wrong. Says whether there may be another one.
    pub fn wrong(&self, token: &[u8]) -> bool {
        self.with(|known| {
            let Some(half) = known.get_mut(token) else { return false };
            half.wrong += 1;
            let over = half.wrong >= WRONG;
            if over {
                known.remove(token);
            }
            !over
        })
    }

    fn add(&self, token: Vec<u8>, half: HalfWay) {
        self.with(|known| {
            let oldest = |known: &HashMap<Vec<u8>, HalfWay>, user: Option<i64>| {
                let those = known.iter().filter(|(_, one)| user.is_none_or(|user| one.user == user));
                those.min_by_key(|(_, one)| one.until).map(|(token, _)| token.clone())
            };
            let crowd = known.values().filter(|one| one.user == half.user).count();
            let leaves = match known.len() {
                _ if crowd >= MOST_OF_ONE => oldest(known, Some(half.user)),
                MOST.. => oldest(known, None),
                _ => None,
            };
            if let Some(token) = leaves {
                known.remove(&token);
            }
            known.insert(token, half);
        });
    }
}

impl Bridge {
    /// Waits for the second step of its owner, a user and their address, from whoever has the cookie.
    pub fn await_second_step(&self, token: Vec<u8>, (user, address): (i64, String), proven: Proven, next: &str) {
        let half = HalfWay { user, address, next: next.to_owned(), proven, until: Instant::now() + PATIENCE, wrong: 0 };
        self.pending.add(token, half);
        let bridge = self.clone();
        // Ends by itself; with Pismo all of them go anyway.
        tokio::spawn(async move {
            if bridge.shutdown.run_until_cancelled(sleep(PATIENCE)).await.is_some() {
                bridge.pending.with(|_| ());
            }
        });
    }
}
