//! Why something could not be done, so far as a caller can act on it.

use std::time::Duration;

use super::Code;
use crate::{
    net,
    verdict::{SOME_TIME, Verdict},
};

#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// There is no line, or no TLS over it.
    #[error(transparent)]
    Net(#[from] net::Error),
    #[error("the mail server refused the credentials")]
    Credentials { text: String },
    #[error("the mail server wants an app password")]
    AppPassword { text: String },
    #[error("the mail server takes no passwords")]
    NoPasswords { text: String },
    #[error("POP3 is switched off for this mailbox")]
    Disabled { text: String },
    /// Somebody else has the maildrop (RFC 1939 §4).
    #[error("another program has the maildrop")]
    InUse { text: String },
    #[error("too many connections to this mailbox")]
    TooManyConnections { text: String },
    /// It asks to be left alone for so long, or logins to be so far apart.
    #[error("the mail server asks for fewer requests, for {wait:?}")]
    Throttled { wait: Duration, text: String },
    /// A fault of the server's own.
    #[error("the mail server is not available for now")]
    Unavailable { text: String },
    /// `-ERR` to a command. The session goes on.
    #[error("the mail server refused the command ({code:?})")]
    Refused { code: Option<Code>, text: String },
    /// An argument holds what POP3 has no way to say: a line end or a NUL. Nothing was sent; the session goes on.
    #[error("an argument cannot be said in POP3")]
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

    /// What a server means that refuses a login, or says `-ERR` instead of a greeting (`greeting`). `delay` is how far apart
    /// it wants logins to be.
    pub(super) fn of_login(self, greeting: bool, delay: Option<Duration>) -> Self {
        let Error::Refused { code, text } = self else { return self };
        let verdict = Verdict::of(&text);
        match (verdict, code) {
            (Some(Verdict::Throttled(wait)), _) => Error::Throttled { wait, text },
            (_, Some(Code::InUse)) | (Some(Verdict::InUse), _) => Error::InUse { text },
            (_, Some(Code::LoginDelay)) => Error::Throttled { wait: delay.unwrap_or(SOME_TIME), text },
            (Some(Verdict::TooManyConnections), _) => Error::TooManyConnections { text },
            (Some(Verdict::AppPassword), _) => Error::AppPassword { text },
            (Some(Verdict::NoPasswords), _) => Error::NoPasswords { text },
            (Some(Verdict::SwitchedOff), _) => Error::Disabled { text },
            (_, Some(Code::Auth)) | (Some(Verdict::Credentials), _) => Error::Credentials { text },
            (_, Some(Code::Temporary | Code::Permanent)) | (Some(Verdict::Temporary), _) => Error::Unavailable { text },
            _ if greeting => Error::Unavailable { text },
            _ => Error::Credentials { text },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expected: &str) {
        let (code, text) = Code::split(said);
        let kind =
            match (Error::Refused { code, text: text.to_owned() }).of_login(false, Some(Duration::from_secs(900))) {
                Error::Credentials { .. } => "credentials",
                Error::AppPassword { .. } => "app password",
                Error::NoPasswords { .. } => "no passwords",
                Error::Disabled { .. } => "disabled",
                Error::InUse { .. } => "in use",
                Error::Throttled { wait, .. } if wait.as_secs() == 900 => "delay",
                Error::Unavailable { .. } => "unavailable",
                _ => "another",
            };
        assert_eq!(kind, expected, "{said}");
    }

    #[test]
    fn a_refused_login_is_understood() {
        check("[AUTH] Authentication failed.", "credentials");
        check("authentication failed", "credentials");
        check("Login failed.", "credentials");
        // Yandex says so of either.
        check("[AUTH] login failure or POP3 disabled, try later. sc=x", "credentials");
        check("[AUTH] Application-specific password required: https://support.google.com/x", "app password");
        check("NEOBHODIM parol prilozheniya https://help.mail.ru/x / Application password is REQUIRED", "app password");
        check("[SYS/PERM] Your account is not enabled for POP access. Please visit your settings", "disabled");
        check("[SYS/PERM] Mailbox is broken", "unavailable");
        check("[SYS/TEMP] later", "unavailable");
        check("Temporary failure, try again", "unavailable");
        check("[IN-USE] Mailbox is locked by another session", "in use");
        check("maildrop already locked", "in use");
        check("[LOGIN-DELAY] minimum time between mail checks violation", "delay");
        check("Basic authentication is disabled.", "no passwords");
    }
}
