//! A message that goes on as it is: not written, but sent again with what says so above it.

use std::{fs::File, io::BufReader, path::Path};

use anyhow::Context;
use app::wire::{Address, Draft, Error, Identity};

use super::{draft_of, message_id};
use crate::{
    blobs,
    bridge::internal,
    identity::owns,
    mime::{
        Headers,
        header::message_ids,
        resent::{self, Resent},
    },
    spool::Spooled,
    store::{AccountRecord, Store},
};

/// Makes the message that is sent on: the one attachment of the draft, below fields that say who sent it on, to whom and when.
/// `date` is in seconds since 1970 UTC.
pub async fn write(
    store: &Store,
    data: &Path,
    record: &AccountRecord,
    draft: &Draft,
    date: i64,
) -> Result<Spooled, Error> {
    let [attachment] = draft.attachments.as_slice() else {
        return Err(Error::BadRequest { text: "One message is sent on".to_owned() });
    };
    let gone = || Error::BlobGone { name: attachment.name.clone() };
    let blob = store.blob(record.id, &attachment.blob).await.map_err(internal)?.ok_or_else(gone)?;
    let path = blobs::path(data, &blob.id).ok_or_else(gone)?;
    let (draft, folder) = (draft.clone(), data.to_owned());
    let address = record.address.clone();
    let made = tokio::task::spawn_blocking(move || {
        let own = Address { name: String::new(), email: address };
        let from = draft.from.as_ref().unwrap_or(&own);
        let message_id = message_id(&draft, &own.email);
        let resent = Resent { from, to: &draft.to, cc: &draft.cc, date, message_id: &message_id };
        let mut message = BufReader::new(File::open(path).context("Cannot read a message to send on")?);
        Spooled::write(&folder, |out| resent::write(&resent, &mut message, out)).context("Cannot send a message on")
    });
    made.await.map_err(|error| internal(error.into()))?.map_err(internal)
}

/// Whether one of these people has sent this message on from here before: it has come back, and would do so without end.
pub fn has_come_back(headers: &Headers, own: &[Identity]) -> bool {
    let is_ours = |id: &String| draft_of(id).is_some();
    headers.all("Resent-Message-ID").flat_map(message_ids).any(|id| is_ours(&id))
        && headers.addresses("Resent-From").iter().any(|from| owns(own, &from.email))
}

#[cfg(test)]
mod tests {
    use app::wire::{IdentityChoices, IdentityId};

    use super::*;

    #[test]
    fn what_comes_back_is_known() {
        let own = [Identity { id: IdentityId(1), email: "me@x".to_owned(), choices: IdentityChoices::default() }];
        let ours = "0123456789abcdef0123456789abcdef@x";
        for (header, expected) in [
            (format!("Resent-From: me@x\nResent-Message-ID: <{ours}>"), true),
            (
                format!("Resent-From: b@y\nResent-Message-ID: <2@y>\nResent-From: me@x\nResent-Message-ID: <{ours}>"),
                true,
            ),
            (format!("Resent-From: b@x\nResent-Message-ID: <{ours}>"), false),
            ("Resent-From: me@x\nResent-Message-ID: <2@x>".to_owned(), false),
            (format!("From: me@x\nMessage-ID: <{ours}>"), false),
        ] {
            assert_eq!(has_come_back(&Headers::parse(header.as_bytes()), &own), expected, "{header}");
        }
    }
}
