//! The copies of a draft in Drafts: one of them stays.

use app::wire::{DraftId, Flag, MessageRef, SpecialUse, Uid};

use super::actor::{Actor, Failure};
use crate::{
    imap::{self, Put, Session, UidSet, search::Key},
    mime::build,
    spool::Spooled,
};

impl Actor {
    /// Puts in order what a save left behind that died with Pismo: of the copies of a draft the newest alone stays. Each of them
    /// is whole.
    pub(super) async fn settle_drafts(&mut self, session: &mut Session) -> Result<(), Failure> {
        let unfinished = self.store.unfinished_drafts(self.record.id).await?;
        let Some(drafts) = self.special(SpecialUse::Drafts).filter(|_| !unfinished.is_empty()) else { return Ok(()) };
        for draft in unfinished {
            let uid_validity = self.select(session, &drafts).await?.uid_validity;
            let found = session.search(&[Key::Header(build::DRAFT_FIELD.to_owned(), draft.0.clone())], None).await?;
            let Some(newest) = found.iter().copied().max() else {
                self.store.forget_draft(self.record.id, &draft).await?;
                continue;
            };
            session.erase(&found.into_iter().filter(|uid| *uid != newest).collect()).await?;
            let place = MessageRef { account: self.record.id, mailbox: drafts.clone(), uid_validity, uid: newest };
            let writer =
                self.store.saved_draft(self.record.id, &draft).await?.map(|saved| saved.writer).unwrap_or_default();
            self.store.set_saved_draft(&draft, &place, &writer).await?;
            self.want_counts(&drafts);
        }
        Ok(())
    }

    /// Erases one message of ours if it is still there.
    pub(super) async fn erase_one(&mut self, session: &mut Session, message: &MessageRef) -> Result<(), Failure> {
        match self.select_for(session, message).await {
            // Gone with its mailbox, or of another UIDVALIDITY: nothing of ours is left to erase.
            Err(Failure::Told(_)) => return Ok(()),
            result => result?,
        }
        session.erase(&UidSet::one(message.uid)).await?;
        Ok(())
    }

    /// Erases the copies of a draft of which nobody has heard: the answer to their APPEND was lost with the line.
    pub(super) async fn erase_copies(
        &mut self,
        session: &mut Session,
        path: &str,
        draft: &DraftId,
        but: Option<Uid>,
    ) -> Result<(), Failure> {
        self.select(session, path).await?;
        session.noop().await?;
        let found = session.search(&[Key::Header(build::DRAFT_FIELD.to_owned(), draft.0.clone())], None).await?;
        session.erase(&found.into_iter().filter(|uid| Some(*uid) != but).collect()).await?;
        Ok(())
    }

    /// Appends a draft and says where it is now.
    pub(super) async fn append(
        &mut self,
        session: &mut Session,
        path: &str,
        flags: &[Flag],
        message: &Spooled,
        draft: &DraftId,
    ) -> Result<MessageRef, Failure> {
        let told = session.append(path, flags, message.size(), &mut message.reader()).await?;
        self.place_of(session, path, told, draft).await
    }

    /// Puts a draft in place of its old copy in one step, where the server can and that copy is there. None where it was not done.
    pub(super) async fn replace(
        &mut self,
        session: &mut Session,
        old: Option<&MessageRef>,
        path: &str,
        flags: &[Flag],
        message: &Spooled,
    ) -> Result<Option<Put>, Failure> {
        let Some(old) = old.filter(|_| session.capabilities().replace) else { return Ok(None) };
        match self.select_for(session, old).await {
            Err(Failure::Told(_)) => return Ok(None),
            result => result?,
        }
        match session.replace(old.uid, path, flags, message.size(), &mut message.reader()).await {
            // Whatever it is about, the usual way says it as well.
            Err(error) if error.is_refusal() => Ok(None),
            result => Ok(Some(result?)),
        }
    }

    /// Where a draft is that was just saved.
    pub(super) async fn place_of(
        &mut self,
        session: &mut Session,
        path: &str,
        told: Put,
        draft: &DraftId,
    ) -> Result<MessageRef, Failure> {
        let account = self.record.id;
        let reference = |uid_validity, uid| MessageRef { account, mailbox: path.to_owned(), uid_validity, uid };
        if let Some((uid_validity, uid)) = told {
            return Ok(reference(uid_validity, uid));
        }
        // Without UIDPLUS (RFC 4315) the server does not say; the newest with our mark is it.
        let selected = self.select(session, path).await?;
        session.noop().await?;
        let found = session.search(&[Key::Header(build::DRAFT_FIELD.to_owned(), draft.0.clone())], None).await?;
        let uid: Uid = found
            .into_iter()
            .max()
            .ok_or_else(|| imap::Error::Protocol("The mail server took a draft and does not have it".to_owned()))?;
        Ok(reference(selected.uid_validity, uid))
    }
}
