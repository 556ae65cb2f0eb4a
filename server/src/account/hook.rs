//! What the mail server's own hook says (`http/hook.rs`): accounts that are running look at once, and no others.

use std::sync::{
    PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::{Accounts, Input, actor::Actor, pulse::Teller};
use crate::{endpoint::Endpoint, store::AccountRecord};

/// By what a hook finds an account.
pub(super) struct Hook {
    address: String,
    imap: Endpoint,
    /// A word of the hook waits for the actor. However many follow, it looks once.
    waits: AtomicBool,
}

impl Hook {
    pub fn new(record: &AccountRecord) -> Self {
        Self { address: record.address.clone(), imap: record.imap.clone(), waits: AtomicBool::new(false) }
    }

    fn is_of(&self, imap: &Endpoint, user: &str) -> bool {
        self.imap == *imap && is_named(&self.address, user)
    }

    /// The actor is about to look: what is said from now on is another word.
    fn heard(&self) {
        self.waits.store(false, Ordering::Release);
    }
}

/// Whether a server that knows this user may mean whoever signs in with this address: some leave the domain out.
fn is_named(address: &str, user: &str) -> bool {
    let name = address.rsplit_once('@').map_or(address, |(name, _)| name);
    address.eq_ignore_ascii_case(user) || name.eq_ignore_ascii_case(user)
}

impl Accounts {
    /// Something has happened in the mailboxes of this user of this server.
    pub fn changed(&self, imap: &Endpoint, user: &str) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        for account in running.values().filter(|account| account.hook.is_of(imap, user)) {
            if !account.hook.waits.swap(true, Ordering::AcqRel) && account.inputs.try_send(Input::Hooked).is_err() {
                // It has more than enough to do, and hears of it by its watch; or it has stopped.
                account.hook.heard();
            }
        }
    }
}

impl Actor {
    /// The hook has said something.
    pub(super) async fn hooked(&mut self) {
        self.hook.heard();
        self.look(true, true, Teller::Hook).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_with_and_without_their_domain() {
        for (address, user, named) in [
            ("ana@pismo.test", "ana@pismo.test", true),
            ("Ana@Pismo.test", "ana@pismo.test", true),
            ("ana@pismo.test", "ana", true),
            ("ana", "ana", true),
            ("ana@pismo.test", "ana@example.org", false),
            ("ana@pismo.test", "an", false),
            ("ana@pismo.test", "", false),
            ("ana", "ana@pismo.test", false),
        ] {
            assert_eq!(is_named(address, user), named, "{address} {user}");
        }
    }
}
