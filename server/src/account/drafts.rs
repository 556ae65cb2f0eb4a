//! Drafts: begun from a message, kept in Drafts, filed in Sent.

use std::collections::HashMap;

use anyhow::Context;
use app::wire::{
    Attachment, BlobId, Draft, DraftId, DraftKind, Error, Event, Flag, Identity, MAX_FRAME, MessageRef, Original, Part,
    SpecialUse, SubmissionId, TabId, Uid,
};
use tokio::{io::AsyncWriteExt, task::spawn_blocking};

use super::{
    Loaded,
    actor::{Actor, Failure},
};
use crate::{
    blobs,
    imap::{Session, UidSet, search::Key},
    letter::{self, For},
    mime::{
        PartDecoder,
        compose::{self, Writer},
        html::writing,
        shown::clean_name,
        structure::Encoding,
    },
    seal::random_hex,
    spool::Spooled,
    step::{Step, reached},
    store::{Blob, SavedDraft, StoredSubmission},
    submission::too_late,
};

/// A section of a message in the selected mailbox (RFC 9051 §6.4.5).
#[derive(Clone, Copy)]
struct Section<'a> {
    uid: Uid,
    /// Empty for the whole message.
    name: &'a str,
    encoding: Encoding,
}

/// How much of an attachment is fetched at a time, in bytes as transferred.
const CHUNK: u32 = 256 * 1024;

impl Actor {
    /// A draft that begins from a message.
    pub(super) async fn compose(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        message: &MessageRef,
        kind: DraftKind,
    ) -> Result<Draft, Failure> {
        let loaded = self.load(session, message).await?;
        // What is remembered tells nothing of the mailbox that is selected, and its parts are fetched from there.
        self.select_for(session, message).await?;
        let own: Vec<Identity> =
            self.store.identities(self.record.id).await?.into_iter().map(|one| one.identity).collect();
        if kind == DraftKind::Redirect && letter::redirect::has_come_back(&loaded.headers, &own) {
            return Err(Error::RedirectLoop.into());
        }
        let named = loaded.headers.message_ids("Message-ID").first().and_then(|id| letter::draft_of(id));
        let has_sent = match named {
            Some(draft) => self.store.has_submission(self.record.id, &draft).await?,
            None => false,
        };
        let writer = Writer { identities: &own, has_sent };
        let read = loaded.clone();
        let words = move || read.words(kind);
        let words = if loaded.is_html() { spawn_blocking(words).await.context("Cannot read a text")? } else { words() };
        let begun = compose::begin(&loaded.headers, &words, kind, writer);
        let mut attachments = match kind {
            DraftKind::Forward | DraftKind::Edit | DraftKind::Again => self.attachments_of(session, &loaded).await?,
            DraftKind::ForwardAsFile | DraftKind::Redirect => vec![self.copy_whole(session, &loaded).await?],
            DraftKind::Reply | DraftKind::ReplyAll => Vec::new(),
        };
        let html = self.formatted(session, &loaded, kind, &mut attachments).await?;
        let id = match begun.draft.filter(|id| letter::is_draft_id(id)) {
            Some(id) => DraftId(id),
            None => DraftId(random_hex(16)?),
        };
        let original = if kind == DraftKind::Again {
            None
        } else if kind == DraftKind::Edit {
            // The next save replaces the message it was opened from.
            self.store.set_saved_draft(&id, message, &self.login_of(tab)).await?;
            None
        } else {
            let from = loaded.headers.addresses("From");
            let others = match kind {
                DraftKind::Reply => compose::left_out(&loaded.headers, &begun.to, writer),
                _ => Vec::new(),
            };
            let list = ["List-Id", "List-Post"].iter().any(|name| !loaded.headers.text(name).is_empty());
            let head = (kind == DraftKind::Forward).then(|| compose::head(&loaded.headers));
            Some(Original { message: message.clone(), kind, from, date: loaded.date, others, list, head })
        };
        let mut draft = Draft {
            id,
            from: begun.from,
            reply_to: begun.reply_to,
            to: begun.to,
            cc: begun.cc,
            bcc: begun.bcc,
            subject: begun.subject,
            body: begun.body,
            html,
            attachments,
            original,
            references: begun.references,
            wishes: begun.wishes,
        };
        // As a frame a text may be much longer: what is in quotes counts twice.
        let too_long = serde_json::to_string(&draft).is_ok_and(|json| json.len() > MAX_FRAME - 8192);
        if too_long && draft.html.is_some() {
            if kind == DraftKind::Edit {
                return Err(Error::TextTooLong { limit: writing::MAX_WRITTEN as u64 }.into());
            }
            draft.html = None;
            for picture in draft.attachments.extract_if(.., |attachment| attachment.inline) {
                blobs::forget(&self.store, &self.data, self.record.id, &picture.blob).await?;
            }
        }
        Ok(draft)
    }

    /// The HTML of a message to write on, with the pictures that it shows among the attachments. None for plain text, and for
    /// what is too large to be written on: of that the words are there.
    async fn formatted(
        &mut self,
        session: &mut Session,
        loaded: &Loaded,
        kind: DraftKind,
        attachments: &mut Vec<Attachment>,
    ) -> Result<Option<String>, Failure> {
        let too_long = || Error::TextTooLong { limit: writing::MAX_WRITTEN as u64 };
        if kind == DraftKind::Edit && loaded.truncated {
            // The next save would take the rest away.
            return Err(too_long().into());
        }
        if matches!(kind, DraftKind::ForwardAsFile | DraftKind::Redirect) || !loaded.is_html() || loaded.truncated {
            return Ok(None);
        }
        let before = attachments.len();
        let mut pictures = HashMap::new();
        for related in &loaded.shown.related {
            match self.copy(session, loaded, &related.part).await {
                Ok(attachment) => {
                    pictures.insert(related.content_id.clone(), attachment.blob.0.clone());
                    attachments.push(Attachment { inline: true, ..attachment });
                }
                Err(Failure::Lost(error)) => return Err(Failure::Lost(error)),
                // A picture that is too large or gone keeps nobody from answering.
                Err(Failure::Told(_)) => {}
            }
        }
        let html = loaded.text.clone();
        let own = matches!(kind, DraftKind::Edit | DraftKind::Again);
        let made = spawn_blocking(move || {
            let picture = move |id: &str| pictures.get(id).cloned();
            if own { writing::tidy(&html, picture) } else { writing::quoted(&html, picture) }
        });
        let html = made.await.context("Cannot read HTML")?;
        if html.is_none() && kind == DraftKind::Edit {
            return Err(too_long().into());
        }
        if html.is_none() {
            for attachment in attachments.drain(before..) {
                blobs::forget(&self.store, &self.data, self.record.id, &attachment.blob).await?;
            }
        }
        Ok(html)
    }

    /// Copies a message's attachments into blobs.
    async fn attachments_of(&mut self, session: &mut Session, loaded: &Loaded) -> Result<Vec<Attachment>, Failure> {
        let mut attachments = Vec::new();
        for part in &loaded.shown.attachments {
            if loaded.structure.find(&part.section).is_some() {
                attachments.push(self.copy(session, loaded, part).await?);
            }
        }
        Ok(attachments)
    }

    /// Copies a part of a message into a blob, piece by piece.
    async fn copy(&mut self, session: &mut Session, loaded: &Loaded, part: &Part) -> Result<Attachment, Failure> {
        let node = loaded.structure.find(&part.section).ok_or(Error::Gone)?;
        let section = Section { uid: loaded.message.uid, name: &part.section, encoding: node.encoding };
        // A text is no text without its charset, and a calendar without its method is no invitation.
        let mut content_type = part.content_type.clone();
        let method = node.method.as_ref().map(|method| method.to_ascii_uppercase());
        for (name, value) in [("charset", node.charset.as_deref()), ("method", method.as_deref())] {
            if let Some(value) = value.filter(|_| part.content_type.starts_with("text/")) {
                content_type.push_str(&format!("; {name}={value}"));
            }
        }
        self.copy_section(session, section, &part.name, &content_type).await
    }

    /// Copies all of a message into a blob.
    async fn copy_whole(&mut self, session: &mut Session, loaded: &Loaded) -> Result<Attachment, Failure> {
        let subject = loaded.headers.text("Subject");
        let name = clean_name(&format!("{}.eml", if subject.is_empty() { "message" } else { &subject }));
        let section = Section { uid: loaded.message.uid, name: "", encoding: Encoding::Identity };
        self.copy_section(session, section, &name, "message/rfc822").await
    }

    async fn copy_section(
        &mut self,
        session: &mut Session,
        section: Section<'_>,
        name: &str,
        content_type: &str,
    ) -> Result<Attachment, Failure> {
        let id = BlobId(random_hex(16)?);
        let mut file = blobs::create(&self.data, &id).await?;
        let mut decoder = PartDecoder::new(section.encoding);
        let mut size = 0u64;
        let mut offset = 0u32;
        loop {
            let chunk =
                session.fetch_section(section.uid, section.name, Some((offset, CHUNK))).await?.ok_or(Error::Gone)?;
            let length = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
            let last = length < CHUNK;
            let mut bytes = decoder.push(&chunk);
            if last {
                bytes.extend(decoder.finish());
            }
            size += bytes.len() as u64;
            if size > self.upload_limit {
                return Err(Error::TooLarge { limit: self.upload_limit }.into());
            }
            file.write_all(&bytes).await.context("Cannot write a blob")?;
            if last {
                break;
            }
            offset += length;
        }
        file.flush().await.context("Cannot write a blob")?;
        let blob = Blob { id: id.clone(), name: name.to_owned(), content_type: content_type.to_owned(), size };
        self.store.add_blob(self.record.id, &blob).await?;
        Ok(Attachment { blob: id, name: blob.name, content_type: blob.content_type, size, inline: false })
    }

    /// Keeps a draft in Drafts, in place of what was kept of it before. `writer` is the login that has it.
    pub(super) async fn save_draft(
        &mut self,
        session: &mut Session,
        draft: &Draft,
        writer: &str,
    ) -> Result<MessageRef, Failure> {
        if draft.is_redirect() {
            return Err(Error::BadRequest { text: "A message that is sent on is no draft".to_owned() }.into());
        }
        let now = crate::store::now();
        let message = letter::write(&self.store, &self.data, &self.record, draft, For::Drafts, now).await?;
        let drafts = self.special_or_new(session, SpecialUse::Drafts, "Drafts").await?;
        let before = self.store.saved_draft(self.record.id, &draft.id).await?;
        self.store.begin_saving_draft(self.record.id, &draft.id).await?;
        reached(Step::DraftBegun);
        let flags = [Flag::Draft, Flag::Seen];
        let old = before.as_ref().and_then(|before| before.place.as_ref());
        let replaced = self.replace(session, old, &drafts, &flags, &message).await?;
        let saved = match replaced {
            Some(told) => self.place_of(session, &drafts, told, &draft.id).await?,
            None => self.append(session, &drafts, &flags, &message, &draft.id).await?,
        };
        reached(Step::DraftPut);
        // Only now are earlier copies of no use.
        if let Some(SavedDraft { place, unfinished, .. }) = before {
            if let Some(place) = place.filter(|place| *place != saved && replaced.is_none()) {
                self.erase_one(session, &place).await?;
            }
            if unfinished {
                self.erase_copies(session, &drafts, &draft.id, Some(saved.uid)).await?;
            }
            reached(Step::DraftBeforeErased);
        }
        self.store.set_saved_draft(&draft.id, &saved, writer).await?;
        reached(Step::DraftKept);
        self.want_counts(&drafts);
        Ok(saved)
    }

    /// Takes a draft out of the outbox that has not gone out, and says so: whoever has it then has the only copy of what was
    /// handed over.
    pub(super) async fn take_unsent(&mut self, draft: &DraftId) -> Result<Option<Draft>, Failure> {
        let Some(id) = self.store.unsent_submission(self.record.id, draft).await? else { return Ok(None) };
        self.take_out(id).await.map(Some)
    }

    /// Takes out of the outbox what is still to go out. Drafts has it before that, unless it is a message that was to go on: that
    /// one is where it is.
    pub(super) async fn call_off(&mut self, session: &mut Session, id: SubmissionId) -> Result<(), Failure> {
        let submission = self.store.submission(self.record.id, id).await?.filter(StoredSubmission::is_to_go_out);
        // Nobody has written a receipt.
        let is_written = |one: &StoredSubmission| !one.draft.is_redirect() && one.receipt.is_none();
        if let Some(submission) = submission.filter(is_written) {
            self.save_draft(session, &submission.draft, "").await?;
        }
        let taken = self.take_out(id).await?;
        if taken.is_redirect() {
            self.forget_files(&taken).await?;
        }
        Ok(())
    }

    /// Takes a submission out of the outbox, and says so.
    pub(super) async fn take_out(&mut self, id: SubmissionId) -> Result<Draft, Failure> {
        let Some(taken) = self.store.take_submission(self.record.id, id).await? else {
            return Err(too_late(&self.store, self.record.id, id).await?.into());
        };
        self.tell_all(&Event::Unsubmitted { submission: id });
        Ok(taken)
    }

    /// Forgets a draft because the person wants to have nothing more of it: it does not go out either.
    pub(super) async fn give_up_draft(&mut self, session: &mut Session, draft: &DraftId) -> Result<(), Failure> {
        if let Some(taken) = self.take_unsent(draft).await? {
            self.forget_files(&taken).await?;
        }
        self.discard_draft(session, draft).await
    }

    /// Forgets the files of a draft that nobody writes on.
    pub(super) async fn forget_files(&self, draft: &Draft) -> Result<(), Failure> {
        for attachment in &draft.attachments {
            blobs::forget(&self.store, &self.data, self.record.id, &attachment.blob).await?;
        }
        Ok(())
    }

    /// Forgets a draft, here and in Drafts.
    pub(super) async fn discard_draft(&mut self, session: &mut Session, draft: &DraftId) -> Result<(), Failure> {
        if let Some(SavedDraft { place, unfinished, .. }) = self.store.saved_draft(self.record.id, draft).await? {
            if let Some(place) = place {
                self.erase_one(session, &place).await?;
                self.want_counts(&place.mailbox);
            }
            if unfinished && let Some(drafts) = self.special(SpecialUse::Drafts) {
                self.erase_copies(session, &drafts, draft, None).await?;
                self.want_counts(&drafts);
            }
        }
        self.store.forget_draft(self.record.id, draft).await?;
        self.nobody_writes(draft);
        Ok(())
    }

    /// Files what was sent: a copy in Sent (once), the original marked, the draft gone.
    pub(super) async fn file(
        &mut self,
        session: &mut Session,
        submission: &StoredSubmission,
        message: &Spooled,
    ) -> Result<(), Failure> {
        let draft = &submission.draft;
        let sent = match self.own_sent(draft).await? {
            Some(path) => path,
            None => self.special_or_new(session, SpecialUse::Sent, "Sent").await?,
        };
        self.select(session, &sent).await?;
        // An earlier try may have filed it and died before it could say so; some servers file by themselves.
        let field = if draft.is_redirect() { "Resent-Message-ID" } else { "Message-ID" };
        let named = [Key::Header(field.into(), letter::message_id(draft, &self.record.address))];
        let mut is_there = !session.search(&named, None).await?.is_empty();
        if let Some(usual) = self.special(SpecialUse::Sent).filter(|usual| !is_there && *usual != sent) {
            self.select(session, &usual).await?;
            is_there = !session.search(&named, None).await?.is_empty();
        }
        if !is_there {
            session.append(&sent, &[Flag::Seen], message.size(), &mut message.reader()).await?;
        }
        reached(Step::SentPut);
        self.want_counts(&sent);
        if let Some(original) = &draft.original {
            let flag = match original.kind {
                DraftKind::Reply | DraftKind::ReplyAll => Flag::Answered,
                DraftKind::Forward
                | DraftKind::ForwardAsFile
                | DraftKind::Redirect
                | DraftKind::Edit
                | DraftKind::Again => Flag::Forwarded,
            };
            // The original may be gone or moved by now, and a server may refuse the keyword: no harm.
            match self.mark_one(session, &original.message, flag).await {
                Err(Failure::Lost(error)) => return Err(Failure::Lost(error)),
                Err(Failure::Told(_)) | Ok(()) => reached(Step::OriginalMarked),
            }
        }
        self.discard_draft(session, &draft.id).await?;
        reached(Step::DraftErased);
        Ok(())
    }

    /// The mailbox that is wanted for what was sent from this address, if there is one, and if it is still there.
    pub(super) async fn own_sent(&self, draft: &Draft) -> Result<Option<String>, Failure> {
        let Some(from) = &draft.from else { return Ok(None) };
        let identity = self.store.identity_for(self.record.id, &from.email).await?;
        let path = identity.and_then(|one| one.identity.choices.sent);
        let is_there = |path: &String| self.mailboxes.iter().any(|mailbox| mailbox.path == *path && mailbox.selectable);
        Ok(path.filter(is_there))
    }

    async fn mark_one(&mut self, session: &mut Session, message: &MessageRef, flag: Flag) -> Result<(), Failure> {
        self.select_for(session, message).await?;
        session.store(&UidSet::one(message.uid), &[flag], true).await?;
        Ok(())
    }
}
