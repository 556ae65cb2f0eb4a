//! Messages put into mailboxes (RFC 9051 §6.3.12, APPEND), if they are not too large for them (RFC 7889).

use app::wire::Flag;
use tokio::io::AsyncRead;

use super::{
    Error, Limits, Response, Session,
    bring::{Letter, Put},
};
use crate::imap::capability::AppendLimit;

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
        if let Some(limit) = self.append_limit(path, size).await?.filter(|limit| *limit < size) {
            return Err(Error::TooBig { limit });
        }
        self.append_stream(path, Letter { flags, date: None, message: &[] }, size, message).await
    }

    /// The size of the largest message that the mailbox takes, where the server says so and a message of `size` bytes may be
    /// larger.
    pub async fn append_limit(&mut self, path: &str, size: u64) -> Result<Option<u64>, Error> {
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
