//! Whose mail a person has opened: they may want to write to them.

use std::collections::HashSet;

use app::wire::SpecialUse;
use tracing::warn;

use super::{Loaded, actor::Actor};

/// People that are remembered to be noted already.
const MOST: usize = 2000;

/// Who was noted since the account began to run, in small letters.
#[derive(Default)]
pub(super) struct Heard(HashSet<String>);

impl Actor {
    /// Notes who has written an opened message: once, and beside whatever else is to be done.
    pub(super) fn note_heard(&mut self, loaded: &Loaded) {
        let unwanted = [SpecialUse::Junk, SpecialUse::Trash, SpecialUse::Sent, SpecialUse::Drafts];
        let path = &loaded.message.mailbox;
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == *path);
        if mailbox.and_then(|mailbox| mailbox.special_use).is_some_and(|of| unwanted.contains(&of)) {
            return;
        }
        let Some(from) = loaded.headers.addresses("From").into_iter().next() else { return };
        let email = from.email.to_lowercase();
        if is_machine(&email) || self.heard.0.len() >= MOST || !self.heard.0.insert(email) {
            return;
        }
        let (store, account) = (self.store.clone(), self.record.id);
        tokio::spawn(async move {
            if let Err(error) = store.note_correspondents(account, &[from], false).await {
                warn!(account.id = account.0, error = format!("{error:#}"), "Who was heard from is not noted");
            }
        });
    }
}

/// Whether nobody reads what is sent there.
fn is_machine(email: &str) -> bool {
    let local: String =
        email.split('@').next().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric).collect();
    ["noreply", "donotreply", "mailerdaemon", "bounce"].iter().any(|word| local.contains(word))
}

#[cfg(test)]
mod tests {
    use super::is_machine;

    #[test]
    fn nobody_writes_to_machines() {
        for (email, machine) in
            [("no-reply@x", true), ("do_not_reply+1@x", true), ("mailer-daemon@x", true), ("norman@x", false)]
        {
            assert_eq!(is_machine(email), machine, "{email}");
        }
    }
}
