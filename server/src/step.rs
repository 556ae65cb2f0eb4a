//! The durable steps of what must be neither lost nor doubled: between one and the next it makes no difference when Pismo dies.
//! Tests have it die at each of them.

use std::sync::OnceLock;

/// What was just done, for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// It is noted that a draft is about to be put into Drafts.
    DraftBegun,
    /// The draft is in Drafts.
    DraftPut,
    /// The copy of before is not.
    DraftBeforeErased,
    /// It is noted where the draft is.
    DraftKept,
    /// A draft is in the outbox; nobody has been told so yet.
    SubmissionStored,
    /// Somebody is about to send it.
    SubmissionClaimed,
    /// It is noted that the submission server is about to get the message.
    SubmissionAnnounced,
    /// The submission server has it, and it was not noted yet.
    SubmissionTaken,
    /// It is noted what became of it.
    OutcomeKept,
    /// It is in Sent.
    SentPut,
    /// The message it answers is marked.
    OriginalMarked,
    /// Its draft is gone.
    DraftErased,
    /// It is noted that it is in Sent.
    SentKept,
    /// Its files are gone.
    FilesForgotten,
}

pub const STEPS: [Step; 14] = [
    Step::DraftBegun,
    Step::DraftPut,
    Step::DraftBeforeErased,
    Step::DraftKept,
    Step::SubmissionStored,
    Step::SubmissionClaimed,
    Step::SubmissionAnnounced,
    Step::SubmissionTaken,
    Step::OutcomeKept,
    Step::SentPut,
    Step::OriginalMarked,
    Step::DraftErased,
    Step::SentKept,
    Step::FilesForgotten,
];

/// Hears of each step.
type Watch = Box<dyn Fn(Step) + Send + Sync>;

static WATCH: OnceLock<Watch> = OnceLock::new();

/// From now on has every step of this process told; only the first who asks for it hears of them.
pub fn watch(watch: impl Fn(Step) + Send + Sync + 'static) {
    let _ = WATCH.set(Box::new(watch));
}

/// Says that a step was done.
pub(crate) fn reached(step: Step) {
    if let Some(watch) = WATCH.get() {
        watch(step);
    }
}
