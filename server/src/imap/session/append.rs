//! Messages put into mailboxes (RFC 9051 §6.3.12, APPEND), or in place of others (RFC 8508), if they are not too large for them
//! (RFC 7889).

use app::wire::{Flag, Uid};
use tokio::io::AsyncRead;

use super::{
    Code, Command, Error, Response, Session,
    bring::{Letter, Put},
};
use crate::imap::{capability::AppendLimit, response::Status};

/// Smaller messages than this fit everywhere, so that nobody has to be asked.
const SURELY_FITS: u64 = 64 * 1024;

impl Session {
    /// Puts a message of `size` bytes into a mailbox while it is read, and tells where it went, if the server does. Refuses what
    /// is larger than the mailbox takes, before anything of it is said.
    pub async fn append(
        &mut self,
        path: &str,
        flags: &[Flag],
        size: u64,
        message: &mut (dyn AsyncRead + Send + Unpin),
    ) -> Result<Put, Error> {
        self.fits(path, size).await?;
        self.append_stream(path, Letter { flags, date: None, message: &[] }, size, message).await
    }

    /// Puts a message in place of one of the selected mailbox, in one step (RFC 8508 §3.4): whatever comes in between, one of the two
    /// is there. Tells, if the server does, which UID it has there. Whatever keeps it from being done is a refusal; the message that
    /// was to be replaced is there then.
    pub async fn replace(
        &mut self,
        uid: Uid,
        path: &str,
        flags: &[Flag],
        size: u64,
        message: &mut (dyn AsyncRead + Send + Unpin),
    ) -> Result<Put, Error> {
        self.fits(path, size).await?;
        let command = self.with_mailbox(Command::new("UID REPLACE").words(&uid.0.to_string()), path)?;
        // RFC 8508 §3.4: the UID is told before the old message goes, apart from the end of the command.
        let mut told = None;
        let collect = |response| match response {
            Response::Status(Status { code: Some(Code::AppendUid(uid_validity, uids)), .. }) => {
                told = uids.iter().next().map(|uid| (uid_validity, uid));
                None
            }
            other => Some(other),
        };
        let letter = Letter { flags, date: None, message: &[] };
        let put = self.put_stream(command, letter, size, message, collect).await?;
        Ok(told.or(put))
    }

    /// Refuses a message that the mailbox is known not to take.
    async fn fits(&mut self, path: &str, size: u64) -> Result<(), Error> {
        match self.append_limit(path, size).await?.filter(|limit| *limit < size) {
            Some(limit) => Err(Error::TooBig { limit }),
            None => Ok(()),
        }
    }

    /// The size of the largest message that the mailbox takes, where the server says so and a message of `size` bytes may be
    /// larger.
    pub async fn append_limit(&mut self, path: &str, size: u64) -> Result<Option<u64>, Error> {
        match self.capabilities.append_limit {
            Some(AppendLimit::OfAll(limit)) => return Ok(Some(limit)),
            Some(AppendLimit::OfEach) if size > SURELY_FITS => {}
            Some(AppendLimit::OfEach) | None => return Ok(None),
        }
        // Where it is refused APPEND itself tells why not.
        self.told_by_status(path, "(APPENDLIMIT)", |items, _| {
            items.iter().find(|(item, _)| item == "APPENDLIMIT").map(|(_, limit)| *limit)
        })
        .await
    }
}
