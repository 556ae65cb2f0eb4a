//! What mail servers mean by the words with which they refuse somebody. No standard has codes for most of it (RFC 5530 and
//! RFC 3206 for some), so it is known by what widespread servers say.

use std::time::Duration;

/// What a server means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It wants to be left alone for so long.
    Throttled(Duration),
    TooManyConnections,
    /// Somebody else has the maildrop.
    InUse,
    /// The usual password does not do: it wants one made for programs.
    AppPassword,
    /// It takes no passwords at all.
    NoPasswords,
    /// Name or password, whatever else may be the reason.
    Credentials,
    /// This protocol is switched off for the mailbox.
    SwitchedOff,
    /// A fault that may be gone later.
    Temporary,
}

/// What is said, in lower case, and what it means. The first that is found decides. As of 2026-11.
const PHRASES: &[(&str, Verdict)] = &[
    ("maximum number of connections", Verdict::TooManyConnections),
    ("too many simultaneous connections", Verdict::TooManyConnections),
    ("too many connections", Verdict::TooManyConnections),
    ("connection limit", Verdict::TooManyConnections),
    ("simultaneous imap connections", Verdict::TooManyConnections),
    // qpopper, Dovecot, Cyrus, Courier.
    ("already locked", Verdict::InUse),
    ("is locked by", Verdict::InUse),
    ("mailbox is locked", Verdict::InUse),
    ("maildrop is locked", Verdict::InUse),
    ("unable to lock maildrop", Verdict::InUse),
    ("lock busy", Verdict::InUse),
    ("mailbox in use", Verdict::InUse),
    // Gmail: "Application-specific password required"; Mail.ru: "NEOBHODIM parol prilozheniya … / Aplication password is
    // REQUIRED", with and without the misspelling.
    ("application-specific password", Verdict::AppPassword),
    ("application specific password", Verdict::AppPassword),
    ("app-specific password", Verdict::AppPassword),
    ("plication password is required", Verdict::AppPassword),
    ("parol prilozheniya", Verdict::AppPassword),
    ("app password", Verdict::AppPassword),
    // Microsoft, of personal and of business accounts.
    ("basic authentication is disabled", Verdict::NoPasswords),
    ("basicauthblocked", Verdict::NoPasswords),
    // Yandex does not say which: "LOGIN invalid credentials or IMAP is disabled", "login failure or POP3 disabled".
    ("credentials or imap is disabled", Verdict::Credentials),
    ("login failure or pop3 disabled", Verdict::Credentials),
    // Yandex: "This user does not have access rights to this service"; Gmail: "Your account is not enabled for IMAP use",
    // "… for POP access"; Mail.ru, GMX: "IMAP is disabled", "IMAP access is disabled"; Zoho: "You are yet to enable IMAP".
    ("does not have access rights to this service", Verdict::SwitchedOff),
    ("imap is disabled", Verdict::SwitchedOff),
    ("imap disabled", Verdict::SwitchedOff),
    ("imap access is disabled", Verdict::SwitchedOff),
    ("imap access disabled", Verdict::SwitchedOff),
    ("not enabled for imap", Verdict::SwitchedOff),
    ("imap is not enabled", Verdict::SwitchedOff),
    ("enable imap", Verdict::SwitchedOff),
    ("imap отключ", Verdict::SwitchedOff),
    ("pop3 is disabled", Verdict::SwitchedOff),
    ("pop3 disabled", Verdict::SwitchedOff),
    ("pop is disabled", Verdict::SwitchedOff),
    ("pop3 access is disabled", Verdict::SwitchedOff),
    ("pop access is disabled", Verdict::SwitchedOff),
    ("not enabled for pop", Verdict::SwitchedOff),
    ("pop3 is not enabled", Verdict::SwitchedOff),
    ("enable pop", Verdict::SwitchedOff),
    ("pop3 отключ", Verdict::SwitchedOff),
    ("temporar", Verdict::Temporary),
    ("try again", Verdict::Temporary),
    ("try later", Verdict::Temporary),
    ("internal error", Verdict::Temporary),
    ("unavailable", Verdict::Temporary),
    ("timed out", Verdict::Temporary),
];

impl Verdict {
    /// What a server means that says this to whoever logs in, if it is one of the things known here.
    pub fn of(text: &str) -> Option<Verdict> {
        let said = text.to_lowercase();
        if let Some(wait) = asked_to_wait(&said) {
            return Some(Verdict::Throttled(wait));
        }
        PHRASES.iter().find(|(phrase, _)| said.contains(phrase)).map(|(_, verdict)| *verdict)
    }
}

/// How long a server is left alone that asks for it and does not say how long.
pub const SOME_TIME: Duration = Duration::from_secs(600);

/// The longest time a server is left alone.
const LONGEST: Duration = Duration::from_secs(3600);

/// How long a server wants to be left alone, by what it says in lower case. Microsoft 365: "Request is throttled. Suggested
/// Backoff Time: 92415 milliseconds"; Gmail: "Account exceeded command or bandwidth limits"; Yahoo: "Rate limit hit" (2026-11).
pub fn asked_to_wait(said: &str) -> Option<Duration> {
    if let Some((_, after)) = said.split_once("backoff time:") {
        let digits: String = after.trim_start().chars().take_while(char::is_ascii_digit).collect();
        let wait = digits.parse().map_or(SOME_TIME, Duration::from_millis);
        return Some(wait.min(LONGEST));
    }
    let phrases =
        ["request is throttled", "exceeded command or bandwidth limits", "rate limit hit", "rate limit exceeded"];
    phrases.iter().any(|phrase| said.contains(phrase)).then_some(SOME_TIME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_providers_are_understood() {
        for (said, verdict) in [
            ("[ALERT] Application-specific password required: https://x (Failure)", Some(Verdict::AppPassword)),
            ("NEOBHODIM parol prilozheniya https://x / Aplication password is REQUIRED", Some(Verdict::AppPassword)),
            ("LOGIN Invalid credentials or IMAP is disabled sc=x", Some(Verdict::Credentials)),
            ("Your account is not enabled for IMAP use.", Some(Verdict::SwitchedOff)),
            ("Basic authentication is disabled.", Some(Verdict::NoPasswords)),
            ("Authentication failed.", None),
        ] {
            assert_eq!(Verdict::of(said), verdict, "{said}");
        }
    }
}
