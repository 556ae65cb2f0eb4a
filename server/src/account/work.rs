//! What is done with the work session: one match decides for each thing that waits for it, another for each command.

use app::wire::{ClientFrame, Command, Connectivity, DraftKind, Error, PageFrames, Reply, TabId};

use super::{
    act::Acted,
    actor::{Actor, Failure, Waiting},
    load::Loading,
    texts::Asker,
};
use crate::imap::{self, Session};

impl Actor {
    /// Does one thing with the session, tells the tabs what changed, and only then answers.
    pub(super) async fn work(&mut self, waiting: Waiting) {
        let Some(mut session) = self.take_session() else { return };
        let result = self.work_on(&mut session, waiting).await;
        self.put_back(session, result).await;
    }

    async fn work_on(&mut self, session: &mut Session, waiting: Waiting) -> Result<(), imap::Error> {
        match waiting {
            Waiting::Command { tab, frame, tried } => {
                let mut result = self.perform(session, &tab, &frame).await;
                if let (Command::Arrange { change }, Err(Failure::Told(error)), true) = (&frame.command, &result, tried)
                {
                    match self.arranged_before(session, change, error).await {
                        Ok(None) => {}
                        Ok(Some(reply)) => result = Ok(Some(reply)),
                        Err(error) => result = Err(Failure::Lost(error)),
                    }
                }
                if let (Command::Undo { undo }, Err(Failure::Told(Error::Gone)), true) =
                    (&frame.command, &result, tried)
                    && self.undone == Some(*undo)
                {
                    result = Ok(Some(Reply::Done));
                }
                // A snapshot precedes its changes: what came in while it was made is told after it.
                if let Ok(Some(reply @ Reply::Listing(_))) = result {
                    self.reply(&tab, frame.id, Ok(reply));
                    result = Ok(None);
                }
                let answered = matches!(result, Ok(None));
                if !matches!(result, Err(Failure::Lost(_)))
                    && let Err(error) = self.settle(session).await
                {
                    result = Err(Failure::Lost(error));
                }
                match result {
                    Ok(Some(reply)) => self.reply(&tab, frame.id, Ok(reply)),
                    // Answered already, or later.
                    Ok(None) => {}
                    Err(Failure::Told(error)) => self.reply(&tab, frame.id, Err(error)),
                    Err(Failure::Lost(error)) => {
                        if answered {
                            // It is not done again: a list that is opened anew would be one that the tab never hears of.
                        } else if tried {
                            self.reply(&tab, frame.id, Err(self.lost(&error)));
                        } else {
                            // Every command is safe to send twice; it gets one more session to try.
                            self.waiting.push_front(Waiting::Command { tab, frame, tried: true });
                        }
                        return Err(error);
                    }
                }
            }
            Waiting::Found { mut report, tried } => match self.found(session, &mut report).await {
                // What has come since the search opened a mailbox may have been told of before there was a list to put it into.
                Ok(()) => self.catch_up_hits(session).await?,
                Err(Failure::Told(error)) => self.fail_search(&report, error),
                Err(Failure::Lost(error)) => {
                    if tried {
                        self.fail_search(&report, self.lost(&error));
                    } else {
                        self.waiting.push_front(Waiting::Found { report, tried: true });
                    }
                    return Err(error);
                }
            },
            Waiting::Load { message, reply } => match self.load_unless_long(session, &message).await {
                Ok(Loading::Done(loaded)) => drop(reply.send(Ok(loaded))),
                Ok(Loading::Long(begun)) => self.fetch_aside(*begun, Asker::Elsewhere(reply)),
                Err(Failure::Told(error)) => drop(reply.send(Err(error))),
                Err(Failure::Lost(error)) => {
                    drop(reply.send(Err(self.no_line())));
                    return Err(error);
                }
            },
            Waiting::Texts(texts) => self.take_texts(session, *texts).await?,
            Waiting::Folders { choice, reply } => match self.folders(session, choice).await {
                Ok(folders) => drop(reply.send(Ok(folders))),
                Err(Failure::Told(error)) => drop(reply.send(Err(error))),
                Err(Failure::Lost(error)) => {
                    drop(reply.send(Err(self.no_line())));
                    return Err(error);
                }
            },
            Waiting::Sharing { mailbox, change, reply } => match self.sharing(session, &mailbox, change).await {
                Ok(people) => drop(reply.send(Ok(people))),
                Err(Failure::Told(error)) => drop(reply.send(Err(error))),
                Err(Failure::Lost(error)) => {
                    drop(reply.send(Err(self.no_line())));
                    return Err(error);
                }
            },
            Waiting::Page { query, count, login, reply } => {
                if reply.is_closed() {
                    return Ok(());
                }
                let Some(id) = self.new_tab(login) else { return Ok(()) };
                let listing = match self.open(session, &id, &query, 0, count).await {
                    Ok(listing) => Some(listing),
                    Err(Failure::Told(_)) => None,
                    Err(Failure::Lost(error)) => return Err(error),
                };
                let mut welcome = self.welcome(&id).await;
                // The page is rendered from a session that works; the field still says that it was taken out.
                welcome.connectivity = Connectivity::Live;
                if reply.send(PageFrames { welcome, listing }).is_err() {
                    self.tabs.remove(&id);
                }
            }
            Waiting::File { submission, message, reply } => match self.file(session, &submission, &message).await {
                Ok(()) => drop(reply.send(Ok(()))),
                Err(Failure::Told(error)) => drop(reply.send(Err(error))),
                Err(Failure::Lost(error)) => {
                    drop(reply.send(Err(self.no_line())));
                    return Err(error);
                }
            },
        }
        self.settle(session).await?;
        self.count(session).await?;
        self.aim_watch();
        Ok(())
    }

    /// One match decides what a command is.
    async fn perform(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        frame: &ClientFrame,
    ) -> Result<Option<Reply>, Failure> {
        match frame.command.clone() {
            Command::Open { query, from, count } if query.is_whole() => {
                Ok(Some(Reply::Listing(self.open(session, tab, &query, from, count).await?)))
            }
            Command::Open { query, from, count } => {
                self.search(tab, frame.id, query, from, count);
                Ok(None)
            }
            Command::Window { list, from, count } => {
                Ok(Some(Reply::Listing(self.window(session, tab, list, from, count).await?)))
            }
            Command::Locate { list, date } => {
                Ok(Some(Reply::Located { position: self.locate(session, tab, list, date).await? }))
            }
            Command::Read { message } => {
                self.cache.forget_unwatched(&message, self.selects);
                match self.load_unless_long(session, &message).await? {
                    Loading::Done(loaded) => Ok(Some(self.message(&loaded).await)),
                    Loading::Long(begun) => {
                        self.fetch_aside(*begun, Asker::Tab { tab: tab.clone(), id: frame.id });
                        Ok(None)
                    }
                }
            }
            Command::Act { selection, action } => {
                self.settle(session).await?;
                let Acted { undo, count, called_off } = self.act(session, tab, selection, action).await?;
                Ok(Some(Reply::Acted { undo, count, called_off }))
            }
            Command::Arrange { change } => self.arrange(session, change).await.map(Some),
            Command::Undo { undo } => self.undo(session, undo).await.map(|()| Some(Reply::Done)),
            Command::Compose { message, kind } => {
                let message = if kind == DraftKind::Edit { self.writers.latest(message) } else { message };
                let draft = self.compose(session, tab, &message, kind).await?;
                if kind == DraftKind::Edit {
                    self.take_draft(tab, &draft.id, &message);
                }
                // Whoever writes on does not want it to go out as it was; and what was handed over may be newer than what
                // Drafts has. It is answered at once: tried again, it would not be there any more.
                if kind == DraftKind::Edit
                    && let Some(taken) = self.take_unsent(&draft.id).await?
                {
                    self.reply(tab, frame.id, Ok(Reply::Draft(Box::new(taken))));
                    self.forget_files(&draft).await?;
                    return Ok(None);
                }
                Ok(Some(Reply::Draft(Box::new(draft))))
            }
            Command::SendReceipt { message, language } => {
                self.send_receipt(session, &message, &language).await?;
                Ok(Some(Reply::Done))
            }
            Command::AllowPictures { message, of } => {
                self.allow_pictures(session, &message, of).await?;
                Ok(Some(Reply::Done))
            }
            Command::Fold { mailbox, folded } => {
                self.fold(&mailbox, folded).await?;
                Ok(Some(Reply::Done))
            }
            Command::SaveDraft { draft, base } => {
                Ok(Some(Reply::Saved { message: self.save_from(session, tab, &draft, base).await? }))
            }
            Command::DiscardDraft { draft } => {
                self.give_up_draft(session, &draft).await?;
                Ok(Some(Reply::Done))
            }
            Command::DropSubmission { submission } => {
                self.call_off(session, submission).await?;
                // At once: tried again, it would be gone.
                self.reply(tab, frame.id, Ok(Reply::Done));
                Ok(None)
            }
            Command::Attach { .. }
            | Command::Attend { .. }
            | Command::StopSearch { .. }
            | Command::Gather { .. }
            | Command::CloseDraft { .. }
            | Command::Tidy { .. }
            | Command::Send { .. }
            | Command::FilesLimit
            | Command::RetrySubmission { .. }
            | Command::EditSubmission { .. }
            | Command::DropBlob { .. }
            | Command::Unsubscribe { .. }
            | Command::KeepSearch { .. }
            | Command::ForgetSearch { .. }
            | Command::Suggest { .. }
            | Command::CheckRecipients { .. }
            | Command::Templates
            | Command::UseTemplate { .. }
            | Command::KeepTemplate { .. } => {
                Err(Error::BadRequest { text: "This command is not for the account".to_owned() }.into())
            }
        }
    }
}
