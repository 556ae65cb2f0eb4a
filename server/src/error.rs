//! From our errors to what a person is told.

use std::time::Duration;

use app::wire;
use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{imap, net, pop3};

/// What an error of the mail server means for whoever asked.
pub fn to_wire(error: imap::Error) -> wire::Error {
    use imap::Error;
    match error {
        Error::Net(error) => net_to_wire(error),
        Error::Credentials { text } => wire::Error::Credentials { text },
        Error::ImapDisabled { text } => wire::Error::ImapDisabled { text },
        Error::AppPassword { text } => wire::Error::AppPassword { text },
        Error::NoPasswords { text } => wire::Error::NoPasswords { text },
        Error::TooManyConnections { text } => wire::Error::TooManyConnections { text },
        Error::Throttled { wait, text } => throttled(wait, text),
        Error::Unavailable { text } => wire::Error::Unavailable { text },
        Error::Refused { code: Some(imap::Code::OverQuota), text } => wire::Error::OverQuota { text },
        Error::Refused { code: Some(imap::Code::NonExistent), .. } => wire::Error::Gone,
        Error::Refused { code: Some(imap::Code::NoPerm), text } => wire::Error::NoRight { right: None, text },
        Error::Refused { code: Some(imap::Code::AlreadyExists), .. } => wire::Error::MailboxExists,
        Error::Refused { text, .. } => wire::Error::Refused { text },
        Error::TooBig { limit } => wire::Error::MessageTooLarge { limit },
        Error::Unspeakable => unspeakable(),
        // In our own words, and not the server's, which is all that `text` may hold; the log has them.
        Error::Timeout | Error::Closed | Error::Protocol(_) | Error::Limit(_) => {
            tracing::info!(%error, "The mail server failed us");
            wire::Error::Unavailable { text: String::new() }
        }
    }
}

/// What an error of a POP3 server means for whoever asked.
pub fn pop3_to_wire(error: pop3::Error) -> wire::Error {
    use pop3::Error;
    match error {
        Error::Net(error) => net_to_wire(error),
        Error::Credentials { text } => wire::Error::Credentials { text },
        Error::AppPassword { text } => wire::Error::AppPassword { text },
        Error::NoPasswords { text } => wire::Error::NoPasswords { text },
        Error::Disabled { text } => wire::Error::Pop3Disabled { text },
        Error::InUse { text } => wire::Error::MailboxInUse { text },
        Error::TooManyConnections { text } => wire::Error::TooManyConnections { text },
        Error::Throttled { wait, text } => throttled(wait, text),
        Error::Unavailable { text } => wire::Error::Unavailable { text },
        Error::Refused { text, .. } => wire::Error::Refused { text },
        Error::Unspeakable => unspeakable(),
        Error::Timeout | Error::Closed | Error::Protocol(_) | Error::Limit(_) => {
            tracing::info!(%error, "The mail server failed us");
            wire::Error::Unavailable { text: String::new() }
        }
    }
}

fn throttled(wait: Duration, text: String) -> wire::Error {
    let minutes = u32::try_from(wait.as_secs().div_ceil(60)).unwrap_or(u32::MAX);
    wire::Error::Throttled { minutes, text }
}

fn unspeakable() -> wire::Error {
    wire::Error::BadRequest { text: "A line end or a NUL cannot be part of this".to_owned() }
}

/// What the way to a server ended at, for whoever asked.
pub fn net_to_wire(error: net::Error) -> wire::Error {
    use net::Error;
    match error {
        Error::UnknownHost { host } => wire::Error::UnknownHost { host },
        Error::Private { host } => wire::Error::PrivateHost { host },
        Error::Port { host, port } => wire::Error::PortNotAllowed { host, port },
        Error::Unreachable { host, .. } => wire::Error::Unreachable { host },
        Error::NoTls { host, .. } => wire::Error::NoEncryption { host },
        Error::Certificate { host, fault } => wire::Error::Certificate { host, fault },
    }
}

/// An error on its way out over HTTP.
#[derive(Debug)]
pub struct HttpError(pub wire::Error);

impl From<wire::Error> for HttpError {
    fn from(error: wire::Error) -> Self {
        Self(error)
    }
}

impl From<anyhow::Error> for HttpError {
    fn from(error: anyhow::Error) -> Self {
        tracing::error!(error = format!("{error:#}"), "A request failed by our own fault");
        Self(wire::Error::Internal)
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        (status(&self.0), Json(self.0)).into_response()
    }
}

/// The HTTP status (RFC 9110 §15) that goes with an error.
pub fn status(error: &wire::Error) -> StatusCode {
    use wire::Error;
    match error {
        Error::Credentials { .. }
        | Error::AppPassword { .. }
        | Error::NoPasswords { .. }
        | Error::WayOutPassword { .. }
        | Error::PasswordForServer { .. }
        | Error::SignedOut => StatusCode::UNAUTHORIZED,
        Error::UnknownHost { .. }
        | Error::Unreachable { .. }
        | Error::NoEncryption { .. }
        | Error::Certificate { .. }
        | Error::ImapDisabled { .. }
        | Error::Pop3Disabled { .. }
        | Error::NoLabel
        | Error::NotUnsubscribed { .. }
        | Error::SenderRefused { .. }
        | Error::NoSenderCheck { .. }
        | Error::Refused { .. } => StatusCode::BAD_GATEWAY,
        Error::TooManyConnections { .. }
        | Error::MailboxInUse { .. }
        | Error::Throttled { .. }
        | Error::Unavailable { .. }
        | Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Error::NoRight { .. } | Error::NotYourAddress { .. } => StatusCode::FORBIDDEN,
        Error::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::OverQuota { .. } => StatusCode::INSUFFICIENT_STORAGE,
        Error::Gone | Error::NoTrash | Error::BlobGone { .. } => StatusCode::NOT_FOUND,
        Error::MailboxExists
        | Error::CollectorExists
        | Error::CollectorLoop
        | Error::SearchExists
        | Error::TemplateExists
        | Error::BeingSent
        | Error::AlreadySent
        | Error::NoDeliveryReports
        | Error::DraftChanged
        | Error::RedirectLoop
        | Error::IdentityExists => StatusCode::CONFLICT,
        Error::BadRequest { .. }
        | Error::NoMail
        | Error::NoContacts
        | Error::TooManyContacts { .. }
        | Error::BadFile { .. }
        | Error::PrivateHost { .. }
        | Error::PortNotAllowed { .. }
        | Error::MailboxName
        | Error::ServerNotKnown
        | Error::BadServer { .. }
        | Error::ClearText { .. }
        | Error::BadAddress { .. }
        | Error::NoRecipient
        | Error::TooFarAhead
        | Error::ConfirmServer { .. }
        | Error::NoWayOut
        | Error::PasswordMissing
        | Error::TooManyIdentities { .. }
        | Error::TooManySearches { .. }
        | Error::TooManyTemplates { .. }
        | Error::TooManyCollectors { .. }
        | Error::TooManyRecipients { .. } => StatusCode::BAD_REQUEST,
        Error::TextTooLong { .. }
        | Error::TooLarge { .. }
        | Error::FilesTooLarge { .. }
        | Error::MessageTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
