//! Whose pictures on the net are shown without asking.

use app::wire::{Address, Error, MessageRef, PicturesOf, Suspicion};
use sha2::{Digest, Sha256};

use super::{
    Loaded,
    actor::{Actor, Failure},
};
use crate::{imap::Session, seal::hex};

impl Actor {
    /// Whether the person has said that pictures of this message, its sender or the sender's domain are to be shown. As long as
    /// that is not known, they are not.
    pub(super) async fn shows_pictures(&self, loaded: &Loaded) -> bool {
        self.store.are_pictures_allowed(self.record.id, &names(loaded)).await.unwrap_or_else(|error| {
            tracing::error!(error = format!("{error:#}"), "Whether pictures are to be shown cannot be found out");
            false
        })
    }

    /// Notes that pictures of a message, its sender or the sender's domain are to be shown.
    pub(super) async fn allow_pictures(
        &mut self,
        session: &mut Session,
        message: &MessageRef,
        of: PicturesOf,
    ) -> Result<(), Failure> {
        let loaded = self.load(session, message).await?;
        let name =
            name(&loaded, of).ok_or_else(|| Error::BadRequest { text: "It has no sender that is known".to_owned() })?;
        self.store.allow_pictures(self.record.id, of, &name).await?;
        Ok(())
    }
}

/// The longest address that is kept, in octets (RFC 5321 §4.5.3.1: 64, 1 and 255).
const LONGEST: usize = 320;

fn is_unproven(loaded: &Loaded) -> bool {
    loaded.suspicions.iter().any(|suspicion| matches!(suspicion, Suspicion::Unproven { .. }))
}

/// By what a message, its sender and the sender's domain are known again; empty where they are not.
pub fn names(loaded: &Loaded) -> [String; 3] {
    PicturesOf::ALL.map(|of| name(loaded, of).unwrap_or_default())
}

/// By what a message, its sender or the sender's domain is known again. None where it has no sender that
/// is known, or more than one.
fn name(loaded: &Loaded, of: PicturesOf) -> Option<String> {
    let from = loaded.headers.addresses("From");
    let [Address { email, .. }] = from.as_slice() else { return None };
    let email = email.to_lowercase();
    if email.len() > LONGEST {
        return None;
    }
    let (local, domain) = email.rsplit_once('@')?;
    match of {
        // Wherever it is moved. Whoever writes chooses the names and may choose those of a message that was allowed before, or
        // none: what it says belongs to it, and with that the pictures it asks for.
        PicturesOf::Message => {
            let (id, date) = (loaded.headers.text("Message-ID"), loaded.headers.text("Date"));
            let digest = Sha256::digest(format!("{id}\n{email}\n{date}\n{}", loaded.text));
            Some(hex(&digest))
        }
        // What may be by anybody is not by them.
        PicturesOf::Sender | PicturesOf::Domain if is_unproven(loaded) => None,
        PicturesOf::Sender => (!local.is_empty()).then_some(email),
        PicturesOf::Domain => (!domain.is_empty()).then(|| domain.to_owned()),
    }
}
