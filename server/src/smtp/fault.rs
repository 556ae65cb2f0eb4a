//! Why a message could not be offered to a server.

use app::wire;
use lettre::transport::smtp::Error;

use super::outcome::{Outcome, describe, hindered, lost, unwelcome};
use crate::{error::net_to_wire, net};

/// What the way to the first word about a message ended at.
#[derive(Debug)]
pub enum Fault {
    Net(net::Error),
    /// No answer, or one that makes no sense.
    Lost(String),
    /// The server wants nobody now.
    Said(Error),
    /// It does not take the name or the password.
    Login(Error),
    /// It has no way to log in with a password.
    NoPasswords,
    /// It has no way to log in.
    AsksNobody,
}

impl From<net::Error> for Fault {
    fn from(error: net::Error) -> Self {
        Fault::Net(error)
    }
}

impl Fault {
    /// Nothing was sent, and may be later.
    pub fn into_outcome(self, host: &str) -> Outcome {
        match self {
            Fault::Net(_) | Fault::NoPasswords | Fault::AsksNobody => {
                let text = if let Fault::Net(error) = &self { error.to_string() } else { String::new() };
                Outcome::Retry(vec![hindered(self.to_wire(host), text)])
            }
            Fault::Lost(text) => lost(false, text),
            // A password that is wrong now may be right after the next sign-in.
            Fault::Said(error) | Fault::Login(error) => unwelcome(error),
        }
    }

    /// For whoever asked whether there is a way through this server.
    pub fn to_wire(&self, host: &str) -> wire::Error {
        match self {
            Fault::Net(error) => net_to_wire(error.clone()),
            Fault::Lost(text) => {
                tracing::info!(host, text, "A submission server failed us");
                wire::Error::Unreachable { host: host.to_owned() }
            }
            Fault::Login(error) => of_login(error, host),
            Fault::NoPasswords => wire::Error::NoPasswords { text: String::new() },
            Fault::AsksNobody => wire::Error::NoSenderCheck { host: host.to_owned() },
            Fault::Said(error) => said(error, host),
        }
    }
}

/// What a refusal of a command means.
pub fn said(error: &Error, host: &str) -> wire::Error {
    let text = describe(error);
    match error.status().map(u16::from) {
        None => Fault::Lost(text).to_wire(host),
        Some(400..500) => wire::Error::Unavailable { text },
        Some(_) => wire::Error::Refused { text },
    }
}

/// RFC 4954 §6. Who wants a password for programs says so in words.
fn of_login(error: &Error, host: &str) -> wire::Error {
    let text = describe(error);
    let wants_other = text.to_ascii_lowercase().contains("application-specific password");
    match error.status().map(u16::from) {
        Some(534 | 535) if wants_other => wire::Error::AppPassword { text },
        Some(530 | 534 | 535 | 538) => wire::Error::Credentials { text },
        _ => said(error, host),
    }
}
