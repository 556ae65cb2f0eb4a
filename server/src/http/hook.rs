//! The operator's mail server says that somebody's mailboxes have changed: sooner than IDLE does, which Dovecot (2.3) holds back
//! for half a second. What it says only makes the account look, as the watch does. `hook.lua` is the mail server's half.

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, header, request::Parts},
};
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::bridge::Bridge;

/// The longest name of a user, in bytes; an address has 254 at most (RFC 5321 §4.5.3.1).
pub const MAX_NAME: usize = 1024;

/// The request comes from whoever knows the secret (RFC 6750 §2.1). Where there is none, there is no hook.
pub struct FromServer;

impl FromRequestParts<Bridge> for FromServer {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, bridge: &Bridge) -> Result<Self, StatusCode> {
        let Some(secret) = &bridge.config.hook_secret else { return Err(StatusCode::NOT_FOUND) };
        let said = parts.headers.get(header::AUTHORIZATION).map(|value| value.as_bytes());
        let said = said.and_then(|said| said.strip_prefix(b"Bearer ")).unwrap_or_default();
        // Digests are of one length, so that not even the secret's length shows in the time it takes.
        let same = Sha256::digest(said).ct_eq(&Sha256::digest(secret.expose_secret().as_bytes()));
        if bool::from(same) { Ok(Self) } else { Err(StatusCode::UNAUTHORIZED) }
    }
}

/// The body is the user's name at the mail server. The answer does not say whether anybody of that name is here.
pub async fn changed(_: FromServer, State(bridge): State<Bridge>, user: String) -> StatusCode {
    if let Some(imap) = &bridge.config.imap {
        bridge.accounts.changed(imap, user.trim());
    }
    StatusCode::NO_CONTENT
}
