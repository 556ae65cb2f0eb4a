//! Why something could not be done, so far as a caller can act on it.

use super::Code;

#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Error {
    #[error("the name of the mail server is not known")]
    UnknownHost { host: String },
    #[error("the mail server cannot be reached: {text}")]
    Unreachable { host: String, text: String },
    #[error("the mail server's certificate does not hold: {text}")]
    Certificate { host: String, text: String },
    #[error("the mail server refused the credentials")]
    Credentials { text: String },
    #[error("IMAP is switched off for this mailbox")]
    ImapDisabled { text: String },
    #[error("too many connections to this mailbox")]
    TooManyConnections { text: String },
    /// A fault of the server's own, or it asks to be left alone for a while.
    #[error("the mail server is not available for now")]
    Unavailable { text: String },
    /// NO or BAD to a command. The session goes on.
    #[error("the mail server refused the command ({code:?})")]
    Refused { code: Option<Code>, text: String },
    /// An argument holds what IMAP has no way to say: a line end or a NUL. Nothing was sent; the session goes on.
    #[error("an argument cannot be said in IMAP")]
    Unspeakable,
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
        matches!(self, Error::Refused { .. } | Error::Unspeakable)
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

    /// What a server means that refuses a login, or hangs up before or during it.
    ///
    /// RFC 5530 §3 has codes for some of it; the rest is known by what widespread servers say.
    pub(super) fn of_login(code: Option<&Code>, text: String, hung_up: bool) -> Self {
        let lower = text.to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
        let about_connections = says(&[
            "maximum number of connections",
            "too many simultaneous connections",
            "too many connections",
            "connection limit",
            "simultaneous imap connections",
        ]);
        if about_connections || matches!(code, Some(Code::Limit)) {
            return Error::TooManyConnections { text };
        }
        // Yandex: "This user does not have access rights to this service" [CLIENTBUG|UNAVAILABLE]; Gmail: "Your
        // account is not enabled for IMAP use"; Mail.ru, GMX: "IMAP is disabled", "IMAP access is disabled" (2026-11).
        let about_imap = says(&[
            "imap is disabled",
            "imap disabled",
            "imap access is disabled",
            "imap access disabled",
            "not enabled for imap",
            "imap is not enabled",
            "enable imap",
            "imap отключ",
            "does not have access rights to this service",
        ]);
        if about_imap {
            return Error::ImapDisabled { text };
        }
        match code {
            Some(Code::AuthenticationFailed | Code::AuthorizationFailed | Code::Expired) => Error::Credentials { text },
            Some(Code::Unavailable | Code::InUse | Code::ServerBug | Code::ContactAdmin) => Error::Unavailable { text },
            _ if hung_up => Error::Unavailable { text },
            _ if says(&["temporar", "try again", "try later", "internal error", "unavailable", "timed out"]) => {
                Error::Unavailable { text }
            }
            _ => Error::Credentials { text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
