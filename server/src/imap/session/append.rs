//! Messages put into mailboxes (RFC 9051 §6.3.12, APPEND), or in place of others (RFC 8508), if they are not too large for them
//! (RFC 7889).

use app::wire::{Flag, Uid, UidValidity};

use super::{Code, Command, Error, Limits, Response, Session, moving::flags_item};
use crate::imap::{capability::AppendLimit, date::date_time, response::Status};

/// Smaller messages than this fit everywhere, so that nobody has to be asked.
const SURELY_FITS: usize = 64 * 1024;

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
        self.fits(path, message).await?;
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

    /// Puts a message in place of one of the selected mailbox, in one step (RFC 8508 §3.4): whatever comes in between, one of the two
    /// is there. Tells, if the server does, which UID it has there. Whatever keeps it from being done is a refusal; the message that
    /// was to be replaced is there then.
    pub async fn replace(
        &mut self,
        uid: Uid,
        path: &str,
        flags: &[Flag],
        message: &[u8],
    ) -> Result<Option<(UidValidity, Uid)>, Error> {
        self.fits(path, message).await?;
        let command = self.with_mailbox(Command::new("UID REPLACE").words(&uid.0.to_string()), path)?;
        let command = command.words(flags_item("", flags)?.trim_start()).space().literal(message.to_vec());
        // RFC 8508 §3.4: the UID is told before the old message goes, apart from the end of the command.
        let mut told = None;
        let collect = |response| match response {
            Response::Status(Status { code: Some(code @ Code::AppendUid(..)), .. }) => {
                told = Some(code);
                None
            }
            other => Some(other),
        };
        let answers = self.run_all(vec![command], Limits::SHORT, 4, collect).await?;
        let done = super::all_done(answers)?.pop();
        Ok(match told.or_else(|| done.and_then(|done| done.code)) {
            Some(Code::AppendUid(uid_validity, uids)) => uids.iter().next().map(|uid| (uid_validity, uid)),
            _ => None,
        })
    }

    /// Refuses a message that cannot be said, or that the mailbox is known not to take.
    async fn fits(&mut self, path: &str, message: &[u8]) -> Result<(), Error> {
        if message.contains(&0) {
            // RFC 9051 §4.3.1: only literal8 could say it, which few servers take.
            return Err(Error::Unspeakable);
        }
        if let Some(limit) = self.append_limit(path, message.len()).await?.filter(|limit| *limit < message.len() as u64)
        {
            return Err(Error::TooBig { limit });
        }
        Ok(())
    }

    /// The size of the largest message that the mailbox takes, where the server says so and a message of `size` bytes may be
    /// larger.
    pub async fn append_limit(&mut self, path: &str, size: usize) -> Result<Option<u64>, Error> {
        match self.capabilities.append_limit {
            Some(AppendLimit::OfAll(limit)) => return Ok(Some(limit)),
            Some(AppendLimit::OfEach) if size > SURELY_FITS => {}
            Some(AppendLimit::OfEach) | None => return Ok(None),
        }
        let command = self.mailbox_command("STATUS", path)?.words("(APPENDLIMIT)");
        let mut limit = None;
        let asked = self
            .run(command, Limits::SHORT, |response| match response {
                Response::StatusOf { items, .. } if items.iter().any(|(item, _)| item == "APPENDLIMIT") => {
                    limit = items.into_iter().find(|(item, _)| item == "APPENDLIMIT").map(|(_, limit)| limit);
                    None
                }
                other => Some(other),
            })
            .await;
        match asked {
            // APPEND itself tells why not.
            Err(error) if error.is_refusal() => Ok(None),
            asked => asked.map(|_| limit),
        }
    }
}
