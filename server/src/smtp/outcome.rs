//! What became of a submission, and how it is told from what the server said or did not say.

use app::{
    legible::legible,
    wire::{self, Refusal},
};
use lettre::transport::smtp::Error;

/// How much of a server's words is kept.
const MAX_WORDS: usize = 1000;

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server has taken the message for all recipients.
    Sent,
    /// The same, but it does not tell what becomes of the message, which was asked for.
    SentUnreported,
    /// Nothing was sent, and a later try may succeed.
    Retry(Vec<Refusal>),
    /// Nothing was sent, and the same message will never be.
    Rejected(Vec<Refusal>),
    /// The line was lost after all of the message was handed over: it may have been sent.
    Unknown(Refusal),
}

pub fn unreadable(error: std::io::Error) -> Outcome {
    lost(false, format!("the message could not be read: {}", error.kind()))
}

pub fn rejected(recipient: Option<&str>, code: u16, text: String) -> Outcome {
    Outcome::Rejected(vec![Refusal { recipient: recipient.map(str::to_owned), code, text, error: None }])
}

/// What kept a message from being offered to a server; for the log, `text` says it in more words.
pub fn hindered(error: wire::Error, text: String) -> Refusal {
    Refusal { recipient: None, code: 0, text, error: Some(error) }
}

/// No answer, or one that makes no sense.
pub fn lost(handed_over: bool, text: String) -> Outcome {
    let refusal = Refusal { recipient: None, code: 0, text: words(&text), error: None };
    if handed_over { Outcome::Unknown(refusal) } else { Outcome::Retry(vec![refusal]) }
}

/// A refusal that has nothing to do with the message, however final it sounds.
pub fn unwelcome(error: Error) -> Outcome {
    Outcome::Retry(vec![refusal_or_lost(&error)])
}

/// A refusal of the message, or no answer, before it was handed over.
pub fn refused(error: Error) -> Outcome {
    let refusals = vec![refusal_or_lost(&error)];
    if error.is_permanent() { Outcome::Rejected(refusals) } else { Outcome::Retry(refusals) }
}

pub fn refusal_or_lost(error: &Error) -> Refusal {
    refusal(error, None).unwrap_or_else(|| Refusal { recipient: None, code: 0, text: describe(error), error: None })
}

/// The server's refusal, if it was one and not a lost line.
pub fn refusal(error: &Error, recipient: Option<&str>) -> Option<Refusal> {
    let code = error.status()?.into();
    Some(Refusal { recipient: recipient.map(str::to_owned), code, text: describe(error), error: None })
}

/// The server's own words, or what happened to the line.
pub fn describe(error: &Error) -> String {
    let source = std::error::Error::source(error).map(ToString::to_string);
    words(&source.unwrap_or_else(|| error.to_string()))
}

pub fn words(text: &str) -> String {
    let line: String =
        legible(text).chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(MAX_WORDS).collect();
    line.trim().to_owned()
}
