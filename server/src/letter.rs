//! From a draft to the message that is kept or sent.

pub mod redirect;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use app::wire::{Address, Attachment, Draft, DraftId, Error};

use crate::{
    blobs,
    bridge::internal,
    mime::{
        build::{self, Outgoing, OutgoingFile, OutgoingReceipt, Receipt},
        html::writing,
        recipient,
    },
    spool::Spooled,
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

/// Whether a text can be the name of a draft of ours, or of a blob.
pub fn is_draft_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a file goes with a draft: a picture that the person has taken out of the text again does not.
pub fn is_in_use(draft: &Draft, attachment: &Attachment) -> bool {
    let is_shown = |html: &String| html.contains(&format!("cid:{}", attachment.blob.0));
    !attachment.inline || draft.html.as_ref().is_some_and(is_shown)
}

/// Makes the message of a draft, however large its files are without them in memory. `date` is in seconds since 1970 UTC.
pub async fn write(
    store: &Store,
    data: &Path,
    record: &AccountRecord,
    draft: &Draft,
    made_for: For,
    date: i64,
) -> Result<Spooled, Error> {
    if draft.is_redirect() {
        return redirect::write(store, data, record, draft, date).await;
    }
    let mut files: Vec<Enclosed> = Vec::new();
    for attachment in draft.attachments.iter().filter(|attachment| is_in_use(draft, attachment)) {
        let gone = || Error::BlobGone { name: attachment.name.clone() };
        let blob = match store.blob(record.id, &attachment.blob).await.map_err(internal)? {
            Some(blob) => blob,
            // What is written is worth keeping without it.
            None if attachment.inline && made_for == For::Drafts => continue,
            None => return Err(gone()),
        };
        let path = blobs::path(data, &blob.id).ok_or_else(gone)?;
        files.push(Enclosed {
            path,
            name: attachment.name.clone(),
            content_type: blob.content_type,
            blob: attachment.inline.then_some(blob.id.0),
        });
    }
    let mut draft = draft.clone();
    // What was handed over before it said as whom was from the account.
    if draft.from.is_none() && made_for == For::Drafts {
        let first = store.identities(record.id).await.map_err(internal)?.into_iter().next();
        draft.from = first.map(|first| first.identity.address());
    }
    let (address, folder) = (record.address.clone(), data.to_owned());
    let made = tokio::task::spawn_blocking(move || make(&draft, &address, &files, made_for, date, &folder));
    made.await.map_err(|error| internal(error.into()))?
}

/// Makes the message that tells that another was read. `date` is in seconds since 1970 UTC.
pub fn write_receipt(
    data: &Path,
    record: &AccountRecord,
    draft: &Draft,
    receipt: &Receipt,
    date: i64,
) -> Result<Spooled, Error> {
    let own = Address { name: String::new(), email: record.address.clone() };
    let outgoing = OutgoingReceipt {
        from: draft.from.as_ref().unwrap_or(&own),
        to: &draft.to,
        subject: &draft.subject,
        body: &draft.body,
        date,
        message_id: &message_id(draft, &record.address),
        receipt,
    };
    Spooled::write(data, |out| build::receipt(&outgoing, out)).context("Cannot build a receipt").map_err(internal)
}

/// A file that goes with a message.
struct Enclosed {
    path: PathBuf,
    name: String,
    content_type: String,
    /// The blob's name, if it is a picture within the text.
    blob: Option<String>,
}

fn make(
    draft: &Draft,
    address: &str,
    files: &[Enclosed],
    made_for: For,
    date: i64,
    folder: &Path,
) -> Result<Spooled, Error> {
    let kept = |addresses: &[Address]| -> Vec<Address> {
        let unfinished = |address: &&Address| made_for == For::Drafts && recipient::check(&address.email).is_err();
        addresses.iter().filter(|address| !unfinished(address)).cloned().collect()
    };
    let (to, cc, bcc) = (kept(&draft.to), kept(&draft.cc), kept(&draft.bcc));
    let own = || Address { name: String::new(), email: address.to_owned() };
    let from = draft.from.clone().filter(|from| recipient::check(&from.email).is_ok()).unwrap_or_else(own);
    let message_id = message_id(draft, address);
    let domain = message_id.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let html = draft.html.as_ref().map(|html| formatted(html, files, domain)).transpose()?;
    let ids: Vec<Option<String>> =
        files.iter().map(|file| file.blob.as_ref().map(|blob| format!("{blob}@{domain}"))).collect();
    let attachments: Vec<OutgoingFile> = files
        .iter()
        .zip(&ids)
        .map(|(Enclosed { path, name, content_type, .. }, id)| OutgoingFile {
            path,
            name,
            content_type,
            content_id: id.as_deref(),
        })
        .collect();
    let body = html.as_ref().map_or_else(|| draft.body.clone(), |html| writing::plain(html));
    let html = html.map(|html| writing::document(&html));
    let outgoing = Outgoing {
        from: &from,
        reply_to: &kept(&draft.reply_to),
        to: &to,
        cc: &cc,
        bcc: &bcc,
        subject: &draft.subject,
        date,
        message_id: &message_id,
        references: &draft.references,
        body: &body,
        html: html.as_deref(),
        attachments: &attachments,
        draft: (made_for == For::Drafts).then_some(draft.id.0.as_str()),
        wishes: draft.wishes,
    };
    Spooled::write(folder, |out| build::build(&outgoing, out)).context("Cannot build a message").map_err(internal)
}

/// What was written, fit to be sent: whatever the browser says of it. Pictures are named by Content-IDs.
fn formatted(html: &str, files: &[Enclosed], domain: &str) -> Result<String, Error> {
    let here: HashSet<String> = files.iter().filter_map(|file| file.blob.clone()).collect();
    let domain = domain.to_owned();
    writing::tidy(html, move |blob| here.contains(blob).then(|| format!("{blob}@{domain}")))
        .ok_or(Error::TextTooLong { limit: writing::MAX_WRITTEN as u64 })
}
