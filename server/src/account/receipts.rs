//! Telling that a message was read to whoever would like to know: only if the person wants it, and once.

use app::{
    i18n::{self, Locale},
    page::receipt_words,
    wire::{Draft, DraftId, Error, Event, Flag, Identity, MessageRef, ReceiptAsked, Receipts, SpecialUse},
};
use sha2::{Digest, Sha256};

use super::{
    actor::{Actor, Failure},
    arrange::unless_refused,
    labels::keeps,
};
use crate::{
    identity::owns,
    imap::{FetchedMessage, Session, UidSet},
    mime::{
        Headers,
        build::Receipt,
        compose::{Writer, sender},
        receipt::{Asked, asked},
    },
};

impl Actor {
    /// Whom to tell that a message was read that nobody has read yet, as the person wants it. As long as that is not known,
    /// nobody.
    pub(super) async fn receipt_asked(
        &self,
        message: &MessageRef,
        headers: &Headers,
        fetched: &FetchedMessage,
    ) -> Option<ReceiptAsked> {
        let answered = [Flag::Seen, Flag::receipt_answered()].iter().any(|flag| fetched.flags.contains(flag));
        let asked = asked(headers, &fetched.structure).filter(|_| !answered)?;
        self.as_wanted(message, asked).await.unwrap_or_else(|error| {
            tracing::error!(
                error = format!("{error:#}"),
                "Whether somebody is told of what was read cannot be found out"
            );
            None
        })
    }

    async fn as_wanted(&self, message: &MessageRef, asked: Asked) -> anyhow::Result<Option<ReceiptAsked>> {
        let unwanted = [SpecialUse::Junk, SpecialUse::Trash, SpecialUse::Sent, SpecialUse::Drafts];
        let mailbox = self.mailboxes.iter().find(|mailbox| mailbox.path == message.mailbox);
        let elsewhere = mailbox.is_none_or(|mailbox| {
            mailbox.shared.is_some() || mailbox.special_use.is_some_and(|of| unwanted.contains(&of))
        });
        if elsewhere || owns(&self.own_identities().await?, &asked.to.email) {
            return Ok(None);
        }
        let unasked = match self.store.receipts(self.record.id).await? {
            Receipts::Never => return Ok(None),
            Receipts::Ask => false,
            Receipts::Always => asked.certain,
        };
        Ok(Some(ReceiptAsked { to: asked.to, unasked }))
    }

    /// Tells that a message was read, in this language, if nobody has told it or refused to: the outbox has it once, and the
    /// mailbox notes that it is done (RFC 3503).
    pub(super) async fn send_receipt(
        &mut self,
        session: &mut Session,
        message: &MessageRef,
        language: &str,
    ) -> Result<(), Failure> {
        let loaded = self.load(session, message).await?;
        self.select_for(session, message).await?;
        let now = session.fetch_rows_by_uid(&UidSet::one(message.uid)).await?;
        let flags = now.into_iter().next().ok_or(Error::Gone)?.row.flags;
        if flags.contains(&Flag::receipt_answered()) {
            return Ok(());
        }
        let asked = asked(&loaded.headers, &loaded.structure).ok_or(Error::Gone)?;
        let own = self.own_identities().await?;
        let from = sender(&loaded.headers, Writer { identities: &own, has_sent: false });
        let from = from.or_else(|| own.first().map(Identity::address)).ok_or(Error::SignedOut)?;
        let message_id = loaded.headers.message_ids("Message-ID").into_iter().next();
        let choice = self.store.receipts(self.record.id).await?;
        let receipt = Receipt {
            recipient: from.email.clone(),
            original_recipient: Some(loaded.headers.text("Original-Recipient")).filter(|text| !text.is_empty()),
            unasked: choice == Receipts::Always && asked.certain,
            message_id,
        };
        let language = i18n::locale(language).unwrap_or(Locale::en);
        let (subject, body) = receipt_words(language, &loaded.headers.text("Subject"), &from.email);
        let id = name(message, receipt.message_id.as_deref());
        let draft = Draft { from: Some(from), to: vec![asked.to], subject, body, ..Draft::new(id) };
        let (submission, changed) = self.store.add_receipt(self.record.id, &draft, &receipt).await?;
        if changed {
            self.tell_all(&Event::Submission { submission: submission.to_wire() });
        }
        let flag = Flag::receipt_answered();
        if session.selected().is_some_and(|selected| keeps(selected, &flag)) {
            unless_refused(session.store(&UidSet::one(message.uid), &[flag], true).await)?;
        }
        Ok(())
    }

    async fn own_identities(&self) -> anyhow::Result<Vec<Identity>> {
        Ok(self.store.identities(self.record.id).await?.into_iter().map(|one| one.identity).collect())
    }
}

/// Names the draft of a receipt: the same for one message, wherever it is, so that the outbox has it once.
fn name(message: &MessageRef, message_id: Option<&str>) -> DraftId {
    let MessageRef { account, mailbox, uid_validity, uid } = message;
    let of = match message_id {
        Some(id) => format!("receipt {} {id}", account.0),
        None => format!("receipt {} {} {} {mailbox}", account.0, uid_validity.0, uid.0),
    };
    let digest = Sha256::digest(of.as_bytes());
    DraftId(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, Uid, UidValidity};

    use super::*;
    use crate::letter::is_draft_id;

    #[test]
    fn one_message_has_one_receipt() {
        let message = |uid| MessageRef {
            account: AccountId(1),
            mailbox: "INBOX".to_owned(),
            uid_validity: UidValidity(7),
            uid: Uid(uid),
        };
        assert_eq!(name(&message(1), Some("a@b")), name(&message(2), Some("a@b")));
        assert_ne!(name(&message(1), Some("a@b")), name(&message(1), Some("c@b")));
        assert_ne!(name(&message(1), None), name(&message(2), None));
        assert!(is_draft_id(&name(&message(1), None).0));
    }
}
