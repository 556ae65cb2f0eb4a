//! Why something could not be done, so far as a caller can act on it.

use std::time::Duration;

use super::Code;
use crate::{
    net,
    verdict::{self, Verdict},
};

#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is no line, or no TLS over it.
    #[error(transparent)]
    Net(net::Error),
    #[error("the mail server refused the credentials")]
    Credentials { text: String },
    #[error("IMAP is switched off for this mailbox")]
    ImapDisabled { text: String },
    #[error("the mail server wants an app password")]
    AppPassword { text: String },
    #[error("the mail server takes no passwords")]
    NoPasswords { text: String },
    #[error("too many connections to this mailbox")]
    TooManyConnections { text: String },
    /// It asks to be left alone for so long.
    #[error("the mail server asks for fewer requests, for {wait:?}")]
    Throttled { wait: Duration, text: String },
    /// A fault of the server's own.
    #[error("the mail server is not available for now")]
    Unavailable { text: String },
    /// NO or BAD to a command. The session goes on.
    #[error("the mail server refused the command ({code:?})")]
    Refused { code: Option<Code>, text: String },
    /// An argument holds what IMAP has no way to say: a line end or a NUL. Nothing was sent; the session goes on.
    #[error("an argument cannot be said in IMAP")]
    Unspeakable,
    /// The server takes no message of more bytes than this (RFC 7889). Nothing was sent; the session goes on.
    #[error("the message is larger than the mail server takes: {limit} bytes")]
    TooBig { limit: u64 },
    #[error("the mail server did not answer in time")]
    Timeout,
    /// The line was closed, or the session was used after an error.
    #[error("the line to the mail server is closed")]
    Closed,
    /// The server said something that the protocol does not allow here.
    #[error("the mail server broke the protocol: {0}")]
    Protocol(String),
    /// The server said more than anybody needs to hear.
    #[error("the mail server went over a limit: {0}")]
    Limit(&'static str),
}

impl Error {
    /// Whether only the command failed and the session lives on. Else it must be dropped.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Error::Refused { .. } | Error::Unspeakable | Error::TooBig { .. })
    }

    /// What a server means that refuses to select a mailbox. RFC 5530 §3 has a code for one that is not there; Dovecot
    /// (2.3) only says it in words (2026-11).
    pub(super) fn of_missing(self) -> Self {
        match self {
            Error::Refused { code: None, text } => {
                let lower = text.to_lowercase();
                let says = ["doesn't exist", "does not exist", "no such mailbox", "unknown mailbox"];
                let missing = says.iter().any(|phrase| lower.contains(phrase));
                Error::Refused { code: missing.then_some(Code::NonExistent), text }
            }
            other => other,
        }
    }

    /// What a server means that refuses a command.
    pub(super) fn of_command(code: Option<Code>, text: String) -> Self {
        let lower = text.to_lowercase();
        match verdict::asked_to_wait(&lower) {
            Some(wait) => Error::Throttled { wait, text },
            // Cyrus IMAP (3.6) has no code for it (2026-11).
            None if code.is_none() && lower.contains("permission denied") => {
                Error::Refused { code: Some(Code::NoPerm), text }
            }
            None => Error::Refused { code, text },
        }
    }

    /// What a server means that refuses a login, or hangs up before or during it.
    ///
    /// RFC 5530 §3 has codes for some of it; the rest is known by what widespread servers say.
    pub(super) fn of_login(code: Option<&Code>, text: String, hung_up: bool) -> Self {
        let verdict = Verdict::of(&text);
        match (verdict, code) {
            (Some(Verdict::Throttled(wait)), _) => Error::Throttled { wait, text },
            (Some(Verdict::TooManyConnections), _) | (_, Some(Code::Limit)) => Error::TooManyConnections { text },
            (Some(Verdict::AppPassword), _) => Error::AppPassword { text },
            (Some(Verdict::NoPasswords), _) => Error::NoPasswords { text },
            (Some(Verdict::SwitchedOff), _) => Error::ImapDisabled { text },
            (_, Some(Code::AuthenticationFailed | Code::AuthorizationFailed | Code::Expired)) => {
                Error::Credentials { text }
            }
            (_, Some(Code::Unavailable | Code::InUse | Code::ServerBug | Code::ContactAdmin)) => {
                Error::Unavailable { text }
            }
            _ if hung_up => Error::Unavailable { text },
            (Some(Verdict::Temporary | Verdict::InUse), _) => Error::Unavailable { text },
            _ => Error::Credentials { text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_that_want_to_be_left_alone_are_understood() {
        let wait = |said: &str| match Error::of_command(None, said.to_owned()) {
            Error::Throttled { wait, .. } => Some(wait.as_secs()),
            _ => None,
        };
        assert_eq!(wait("Request is throttled. Suggested Backoff Time: 92415 milliseconds"), Some(92));
        assert_eq!(wait("Suggested Backoff Time: 99999999999999999999 milliseconds"), Some(600));
        assert_eq!(wait("Suggested Backoff Time: 999999999 milliseconds"), Some(3600));
        assert_eq!(wait("[THROTTLED] Account exceeded command or bandwidth limits. (Failure)"), Some(600));
        assert_eq!(wait("[LIMIT] UID FETCH Rate limit hit."), Some(600));
        assert_eq!(wait("Mailbox is at its limit"), None);
        let denied = Error::of_command(None, "Permission denied".to_owned());
        assert!(matches!(denied, Error::Refused { code: Some(Code::NoPerm), .. }), "{denied:?}");
        let login =
            Error::of_login(None, "Request is throttled. Suggested Backoff Time: 61000 milliseconds".to_owned(), true);
        assert_eq!(
            login,
            Error::Throttled {
                wait: Duration::from_secs(61),
                text: "Request is throttled. Suggested Backoff Time: 61000 milliseconds".to_owned()
            }
        );
    }

    fn kind(error: &Error) -> &'static str {
        match error {
            Error::Credentials { .. } => "credentials",
            Error::ImapDisabled { .. } => "disabled",
            Error::TooManyConnections { .. } => "connections",
            Error::Unavailable { .. } => "unavailable",
            _ => "another",
        }
    }

    #[test]
    fn a_refused_login_is_understood() {
        let failed = Some(Code::AuthenticationFailed);
        for (code, text, hung_up, expected) in [
            (failed.clone(), "Authentication failed.", false, "credentials"),
            (None, "LOGIN failed", false, "credentials"),
            (None, "Invalid credentials (Failure)", false, "credentials"),
            (Some(Code::Alert), "Your account is not enabled for IMAP use.", false, "disabled"),
            (failed, "IMAP access is disabled for this account", false, "disabled"),
            (Some(Code::Unavailable), "Temporary authentication failure.", false, "unavailable"),
            (None, "Temporary authentication failure.", false, "unavailable"),
            (Some(Code::Limit), "x", false, "connections"),
            (
                None,
                "Maximum number of connections from user+IP exceeded (mail_max_userip_connections=10)",
                false,
                "connections",
            ),
            (Some(Code::Alert), "Too many simultaneous connections. (Failure)", true, "connections"),
            (None, "Server shutting down.", true, "unavailable"),
        ] {
            assert_eq!(kind(&Error::of_login(code.as_ref(), text.to_owned(), hung_up)), expected, "{text}");
        }
    }
}
