//! Long texts come over the session for parts: on a slow line, whatever else is asked or happens does not wait for them.

use std::sync::Arc;

use app::wire::{ClientFrame, Command, Error, Flag, Reply, TabId};
use tokio::sync::oneshot;

use super::{
    Input,
    actor::{Actor, Failure, Waiting},
    load::{Begun, Loaded},
};
use crate::imap::{self, Session, UidSet};

/// Texts that are fetched on the side at once, those that wait for their turn included; more are fetched where they are asked
/// for, so that whoever asks waits.
pub(super) const ASIDE: usize = 8;

/// Who waits for a message.
pub(super) enum Asker {
    Tab { tab: TabId, id: u32 },
    Elsewhere(oneshot::Sender<Result<Arc<Loaded>, Error>>),
}

/// A message whose long text has come, or could not be fetched that way.
pub(super) struct Texts {
    begun: Begun,
    asker: Asker,
    sections: Result<Vec<Vec<u8>>, Error>,
}

impl Texts {
    /// Nobody will finish it.
    pub fn into_asker(self) -> Asker {
        self.asker
    }
}

impl Actor {
    /// Has the text of a message fetched; it comes back as [`Input::Texts`].
    pub(super) fn fetch_aside(&mut self, begun: Begun, asker: Asker) {
        self.aside += 1;
        let (parts, inputs, stop) = (self.parts.clone(), self.myself(), self.stop.clone());
        self.tasks.spawn(stop.run_until_cancelled_owned(async move {
            let mut sections = Ok(Vec::new());
            for (section, length) in begun.wanted() {
                let bytes = parts.section(begun.message.clone(), section, Some((0, length))).await;
                sections = sections.and_then(|mut sections: Vec<_>| {
                    sections.push(bytes?);
                    Ok(sections)
                });
            }
            if let Some(inputs) = inputs.upgrade() {
                // An actor that has stopped has nobody to answer.
                let _ = inputs.send(Input::Texts(Box::new(Texts { begun, asker, sections }))).await;
            }
        }));
    }

    /// Answers whoever waits for a message, now that its text is here.
    pub(super) async fn take_texts(&mut self, session: &mut Session, texts: Texts) -> Result<(), imap::Error> {
        let Texts { begun, asker, sections } = texts;
        let message = begun.message.clone();
        let mut result = self.finish_aside(session, begun, sections).await;
        if !matches!(result, Err(Failure::Lost(_)))
            && let Err(error) = self.settle(session).await
        {
            result = Err(Failure::Lost(error));
        }
        match (result, asker) {
            (Ok(loaded), asker) => self.answer(asker, loaded).await,
            (Err(Failure::Told(error)), asker) => self.refuse_asker(asker, error),
            (Err(Failure::Lost(error)), Asker::Tab { tab, id }) => {
                // Asked once more, from the beginning, over a new line.
                let frame = Box::new(ClientFrame { id, command: Command::Read { message } });
                self.waiting.push_front(Waiting::Command { tab, frame, tried: true });
                return Err(error);
            }
            (Err(Failure::Lost(error)), asker) => {
                self.refuse_asker(asker, self.no_line());
                return Err(error);
            }
        }
        Ok(())
    }

    /// What was true of the message when its text was asked for may not be true now: its mailbox is selected again, and
    /// its flags are asked for again. A text that could not be fetched on the side is fetched here.
    async fn finish_aside(
        &mut self,
        session: &mut Session,
        mut begun: Begun,
        sections: Result<Vec<Vec<u8>>, Error>,
    ) -> Result<Arc<Loaded>, Failure> {
        self.select_for(session, &begun.message).await?;
        let rows = session.fetch_rows_by_uid(&UidSet::one(begun.message.uid)).await?;
        let flags = rows.into_iter().next().ok_or(Error::Gone)?.row.flags;
        self.tell_flags(&begun.message.mailbox, vec![(begun.message.uid, flags.clone())]);
        begun.set_flags(flags);
        match sections {
            Ok(sections) => self.finish_loading(session, begun, sections).await,
            Err(_) => self.load_rest(session, begun).await,
        }
    }

    async fn answer(&mut self, asker: Asker, loaded: Arc<Loaded>) {
        match asker {
            Asker::Tab { tab, id } => {
                let message = self.message(&loaded).await;
                self.reply(&tab, id, Ok(message));
            }
            // Whoever asked may have gone.
            Asker::Elsewhere(reply) => drop(reply.send(Ok(loaded))),
        }
    }

    pub(super) fn refuse_asker(&mut self, asker: Asker, error: Error) {
        match asker {
            Asker::Tab { tab, id } => self.reply(&tab, id, Err(error)),
            // Whoever asked may have gone.
            Asker::Elsewhere(reply) => drop(reply.send(Err(error))),
        }
    }

    /// A message with the flags it has now.
    pub(super) async fn message(&mut self, loaded: &Loaded) -> Reply {
        self.note_heard(loaded);
        let flags = self.cache.flags(&loaded.message).unwrap_or(&loaded.flags).to_vec();
        let allowed = loaded.remote.pictures && self.shows_pictures(loaded).await;
        // Another device may have answered meanwhile.
        let receipt = loaded.receipt.clone().filter(|_| !flags.contains(&Flag::receipt_answered()));
        Reply::Message(Box::new(app::wire::Message { flags, receipt, ..loaded.to_wire(allowed) }))
    }
}
