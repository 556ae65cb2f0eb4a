//! Work that costs more than most: only so much of it is done at once, and no account takes the turns of others.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use app::wire::{AccountId, Error};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// How long a turn is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Turns of one kind of work. Cheap to clone.
#[derive(Clone)]
pub struct Turns(Arc<Inner>);

struct Inner {
    of_one: usize,
    all: Arc<Semaphore>,
    by_account: Mutex<HashMap<AccountId, Weak<Semaphore>>>,
}

/// The right to do it once, until this is dropped.
pub type Turn = (OwnedSemaphorePermit, OwnedSemaphorePermit);

impl Turns {
    /// So many at once for one account, and so many in all.
    pub fn new(of_one: usize, of_all: usize) -> Self {
        Self(Arc::new(Inner { of_one, all: Arc::new(Semaphore::new(of_all)), by_account: Mutex::default() }))
    }

    /// Waits for a turn. [`Error::Busy`] if it does not come in time.
    pub async fn turn(&self, account: AccountId) -> Result<Turn, Error> {
        let of_one = self.of(account);
        let turn = async { Ok((of_one.acquire_owned().await?, self.0.all.clone().acquire_owned().await?)) };
        let turn: Result<Turn, AcquireError> = timeout(PATIENCE, turn).await.map_err(|_| Error::Busy)?;
        turn.map_err(|_| Error::Busy)
    }

    fn of(&self, account: AccountId) -> Arc<Semaphore> {
        // Nothing that holds this lock can panic half-way, so a poisoned one is as good.
        let mut by_account = self.0.by_account.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turns) = by_account.get(&account).and_then(Weak::upgrade) {
            return turns;
        }
        by_account.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(self.0.of_one));
        by_account.insert(account, Arc::downgrade(&turns));
        turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_account_does_not_take_the_turns_of_others() {
        let turns = Turns::new(2, 3);
        let (first, second) = (turns.turn(AccountId(1)).await, turns.turn(AccountId(1)).await);
        assert_eq!(turns.turn(AccountId(1)).await.err(), Some(Error::Busy));
        let third = turns.turn(AccountId(2)).await;
        assert_eq!(turns.turn(AccountId(3)).await.err(), Some(Error::Busy), "there are no more in all");
        drop(first);
        assert!(turns.turn(AccountId(3)).await.is_ok());
        assert!(second.is_ok() && third.is_ok());
        assert!(turns.turn(AccountId(1)).await.is_ok());
    }
}
