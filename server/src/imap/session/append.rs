//! Messages put into mailboxes (RFC 9051 §6.3.12, APPEND).

use app::wire::{Flag, Uid, UidValidity};

use super::{Code, Error, Limits, Session, moving::flags_item};
use crate::imap::date::date_time;

impl Session {
    /// Puts a message into a mailbox and tells, if the server does, which UID it has there. `date` is in seconds since
    /// 1970 UTC. A mailbox that is not there is refused with [`Code::TryCreate`] or [`Code::NonExistent`].
    pub async fn append(
        &mut self,
        path: &str,
        flags: &[Flag],
        date: Option<i64>,
        message: &[u8],
    ) -> Result<Option<(UidValidity, Uid)>, Error> {
        if message.contains(&0) {
            // RFC 9051 §4.3.1: only literal8 could say it, which few servers take.
            return Err(Error::Unspeakable);
        }
        let mut command = self.mailbox_command("APPEND", path)?;
        if !flags.is_empty() {
            command = command.words(flags_item("", flags)?.trim_start());
        }
        if let Some(date) = date {
            command = command.words(&format!("\"{}\"", date_time(date)));
        }
        let command = command.space().literal(message.to_vec());
        // A server that checks and indexes a large message is silent for a while.
        let answers = self.run_all(vec![command], Limits::SHORT, 4, Some).await?;
        let done = super::all_done(answers)?.pop();
        Ok(match done.and_then(|done| done.code) {
            Some(Code::AppendUid(uid_validity, uids)) => uids.iter().next().map(|uid| (uid_validity, uid)),
            _ => None,
        })
    }
}
