//! What was handed over for sending, and taking it back.

use std::time::Duration;

use leptos::prelude::*;

use super::Client;
use crate::{
    state::{DraftStatus, Notice, Undo},
    wire::{Command, Error, Reply, SubmissionId, SubmissionState, When},
};

/// How long to wait for room in the composer before it is looked at again.
const PAUSE: Duration = Duration::from_secs(1);

impl Client {
    /// When a message goes out: at this moment, in seconds since 1970 UTC, or as soon as it cannot be taken back any more.
    pub(super) fn when(&self, at: Option<i64>) -> When {
        match (at, self.state.hold.get_untracked()) {
            (Some(at), _) => When::At(at),
            (None, 0) => When::Now,
            (None, hold) => When::In(hold),
        }
    }

    /// Tells what becomes of what was handed over, and offers to take it back as long as it waits.
    pub(super) fn handed_over(&self, reply: &Reply, when: When) {
        let Reply::Submitted { submission } = reply else { return };
        // A time that has passed meanwhile was now.
        let waits = |one: &SubmissionState| *one == SubmissionState::Waiting;
        let waits = self.state.submissions.with_untracked(|all| {
            all.iter().find(|other| other.id == *submission).is_none_or(|other| waits(&other.state))
        });
        let notice = match when {
            When::In(seconds) if waits => Notice::Held(seconds),
            When::At(time) if waits => Notice::Scheduled(time),
            _ => return self.notify(Notice::Sending, None),
        };
        self.notify(notice, Some(Undo::Submission(*submission)));
    }

    /// Tries a submission now: again, or before its time.
    pub fn retry_submission(&self, submission: SubmissionId) {
        let (client, reply) = (*self, self.send(Command::RetrySubmission { submission }));
        self.spawn(async move {
            if let Err(error) = reply.await {
                client.complain(error);
            }
        });
    }

    /// Takes a submission that was not sent out of the outbox, and opens it to write on.
    pub fn edit_submission(&self, submission: SubmissionId) {
        // At once: it may be about to go out.
        let (client, reply) = (*self, self.send(Command::EditSubmission { submission }));
        self.spawn(async move {
            match reply.await {
                Ok(Reply::Draft(draft)) if draft.is_redirect() => client.ask_redirect(draft, None),
                Ok(Reply::Draft(draft)) => {
                    // It is nowhere else now: it waits until what is being written is away or kept.
                    while !client.make_room().await {
                        client.pause(PAUSE).await;
                    }
                    client.open_draft(*draft);
                    client.edited();
                }
                Ok(_) => client.complain(Error::Internal),
                Err(error) => client.complain(error),
            }
        });
    }

    /// Saves what is being written, so that something else can be. False as long as it is on its way out or not all in Drafts.
    async fn make_room(&self) -> bool {
        let composer = self.state.composer;
        self.flush().await;
        let saved = self.save_if_dirty().await;
        let busy = matches!(composer.status.get_untracked(), DraftStatus::Dirty | DraftStatus::Saving);
        composer.id.with_untracked(Option::is_none) || saved && !busy && !composer.sending.get_untracked()
    }

    /// Takes a submission out of the outbox that is still to go out; Drafts keeps it, unless it is a message that was to go on.
    pub fn call_off(&self, submission: SubmissionId, redirect: bool) {
        self.drop_and_tell(submission, Some(if redirect { Notice::NotGoingOut } else { Notice::CalledOff }));
    }

    /// Takes a submission out of the outbox.
    pub fn drop_submission(&self, submission: SubmissionId) {
        self.drop_and_tell(submission, None);
    }

    fn drop_and_tell(&self, submission: SubmissionId, notice: Option<Notice>) {
        let (client, reply) = (*self, self.send(Command::DropSubmission { submission }));
        self.spawn(async move {
            match (reply.await, notice) {
                (Ok(_), Some(notice)) => client.notify(notice, None),
                (Ok(_), None) => {}
                (Err(error), _) => client.complain(error),
            }
        });
    }
}
