//! From a draft to the message that is kept or sent.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use app::wire::{Address, Draft, DraftId, Error};

use crate::{
    blobs,
    bridge::internal,
    mime::{
        build::{Outgoing, OutgoingFile, build_to_vec},
        recipient,
    },
    store::{AccountRecord, Store},
};

/// What a message is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// With Bcc and the draft's name; recipients that are not addresses yet are left out.
    Drafts,
    /// To be relayed and filed.
    Sending,
}

/// The Message-ID of a draft's message, without angle brackets: the same through all retries. `address` is whose it is where
/// the draft does not say.
pub fn message_id(draft: &Draft, address: &str) -> String {
    let address = draft.from.as_ref().map_or(address, |from| &from.email);
    let domain = address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let name: String = draft.id.0.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    format!("{name}@{}", recipient::to_ascii(&format!("x@{domain}")).trim_start_matches("x@"))
}

/// The draft whose message has this Message-ID, if it is one of ours.
pub fn draft_of(message_id: &str) -> Option<DraftId> {
    let (name, _) = message_id.split_once('@')?;
    is_draft_id(name).then(|| DraftId(name.to_owned()))
}

/// Whether a text can be the name of a draft of ours.
pub fn is_draft_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Makes the message of a draft. `date` is in seconds since 1970 UTC.
pub async fn write(
    store: &Store,
    data: &Path,
    record: &AccountRecord,
    draft: &Draft,
    made_for: For,
    date: i64,
) -> Result<Vec<u8>, Error> {
    let mut files: Vec<(PathBuf, String, String)> = Vec::new();
    for attachment in &draft.attachments {
        let gone = || Error::BlobGone { name: attachment.name.clone() };
        let blob = store.blob(record.id, &attachment.blob).await.map_err(internal)?.ok_or_else(gone)?;
        let path = blobs::path(data, &blob.id).ok_or_else(gone)?;
        files.push((path, attachment.name.clone(), blob.content_type));
    }
    let mut draft = draft.clone();
    // What was handed over before it said as whom was from the account.
    if draft.from.is_none() && made_for == For::Drafts {
        let first = store.identities(record.id).await.map_err(internal)?.into_iter().next();
        draft.from = first.map(|first| first.identity.address());
    }
    let address = record.address.clone();
    let made = tokio::task::spawn_blocking(move || make(&draft, &address, &files, made_for, date));
    made.await.map_err(|error| internal(error.into()))?.map_err(internal)
}

fn make(
    draft: &Draft,
    address: &str,
    files: &[(PathBuf, String, String)],
    made_for: For,
    date: i64,
) -> Result<Vec<u8>> {
    let kept = |addresses: &[Address]| -> Vec<Address> {
        let unfinished = |address: &&Address| made_for == For::Drafts && recipient::check(&address.email).is_err();
        addresses.iter().filter(|address| !unfinished(address)).cloned().collect()
    };
    let (to, cc, bcc) = (kept(&draft.to), kept(&draft.cc), kept(&draft.bcc));
    let own = || Address { name: String::new(), email: address.to_owned() };
    let from = draft.from.clone().filter(|from| recipient::check(&from.email).is_ok()).unwrap_or_else(own);
    let attachments: Vec<OutgoingFile> =
        files.iter().map(|(path, name, content_type)| OutgoingFile { path, name, content_type }).collect();
    build_to_vec(&Outgoing {
        from: &from,
        reply_to: &kept(&draft.reply_to),
        to: &to,
        cc: &cc,
        bcc: &bcc,
        subject: &draft.subject,
        date,
        message_id: &message_id(draft, address),
        references: &draft.references,
        body: &draft.body,
        attachments: &attachments,
        draft: (made_for == For::Drafts).then_some(draft.id.0.as_str()),
    })
    .context("Cannot build a message")
}
