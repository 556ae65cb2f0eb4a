//! The servers from which the mail of an address can be fetched, and how a test of one went.

use serde::{Deserialize, Serialize};

use super::Error;

/// How a server was found; the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoundBy {
    /// A provider that Pismo knows.
    Preset,
    /// What the provider publishes for mail programs, or Thunderbird's list of providers.
    Autoconfig,
    /// DNS (RFC 6186, RFC 8314 §5.1).
    Srv,
    /// A usual name at which such a server answers.
    Guess,
}

/// What a person has to know of a provider before typing a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceAdvice {
    /// It wants a password made for mail programs.
    AppPassword,
    /// The same, and access for mail programs has to be switched on in the provider's settings.
    AppPasswordAndSwitchOn,
    /// Access for mail programs has to be switched on in the provider's settings.
    SwitchOn,
    /// An app password is needed by whoever has two-factor sign-in.
    AppPasswordWithTwoFactors,
    /// It takes no passwords from mail programs.
    NoPasswords,
    /// Mail can only be fetched through the provider's own program on the same machine.
    Bridge,
    /// Only for those who pay.
    Paid,
    /// The server offers no encryption, so Pismo will not send it a password.
    ClearText,
}

/// How far a test of a server came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeStep {
    /// The name is looked up.
    Name,
    /// A line is opened (TCP).
    Line,
    /// The line is encrypted, and the certificate judged.
    Tls,
    /// The server says what it is.
    Greeting,
    /// Name and password are shown.
    Login,
    /// The server is asked whether it can do what is needed.
    Capability,
}

/// Which step of a test failed, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeFailure {
    pub step: ProbeStep,
    pub error: Error,
}
