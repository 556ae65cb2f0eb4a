//! What a tab asks, and what it is answered.

use serde::{Deserialize, Serialize};

use super::{
    AccountId, Address, BlobId, Connectivity, Conversation, Doubt, Draft, DraftId, DraftKind, Flag, Folds, Identity,
    Listing, Mailbox, Message, MessageRef, PicturesOf, Quota, Submission, SubmissionId, TabId, TemplateId, Uid,
    UidValidity, When, Writer,
};

/// Asked by a tab. Every command is safe to send twice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Command {
    /// The first frame on every socket: a new tab, or one that comes back. → [`Reply::Attached`]
    Attach { resume: Option<Resume> },
    /// Whether the person looks at this tab: then the news of its list are asked for more often. Holds for this socket.
    /// → [`Reply::Done`]
    Attend { front: bool },
    /// Show this list, from its top or from a position. The tab's earlier list is forgotten. → [`Reply::Listing`]
    Open { query: Query, from: u32, count: u32 },
    /// More rows of the open list. → [`Reply::Listing`]
    Window { list: u32, from: u32, count: u32 },
    /// Where in the open list the mail of this moment begins: of seconds since 1970 UTC. Only in an order by time.
    /// → [`Reply::Located`]
    Locate { list: u32, date: i64 },
    /// Go no further with the search whose results are this list. → [`Reply::Done`]
    StopSearch { list: u32 },
    /// Show this message. Marks nothing. → [`Reply::Message`]
    Read { message: MessageRef },
    /// The messages that belong together with this one. → [`Reply::Conversation`]
    Gather { message: MessageRef },
    /// Do this to these messages. → [`Reply::Acted`]
    Act { selection: Selection, action: Action },
    /// Make, rename, move or delete a mailbox. → [`Reply::Arranged`]
    Arrange { change: Arrangement },
    /// Leave what is inside of a mailbox out of the tree, or show it, on every device. → [`Reply::Done`]
    Fold { mailbox: String, folded: bool },
    /// Take an action back. → [`Reply::Done`]
    Undo { undo: UndoId },
    /// A draft prepared from a message: reply, forward, edit. Whoever edits has the draft from then on, and another tab that wrote
    /// on it has not. → [`Reply::Draft`]
    Compose { message: MessageRef, kind: DraftKind },
    /// Keep this draft in Drafts, in place of what was kept of it before: as far as the tab knows, `base`. Refused with
    /// [`super::Error::DraftChanged`] where another tab has the draft by now, or it was changed elsewhere. → [`Reply::Saved`]
    SaveDraft {
        draft: Draft,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        base: Option<MessageRef>,
    },
    /// The tab does not write on this draft any more; Drafts keeps it. → [`Reply::Done`]
    CloseDraft { draft: DraftId },
    /// Forget the draft and what Drafts holds of it. → [`Reply::Done`]
    DiscardDraft { draft: DraftId },
    /// Make HTML that was pasted or written fit to be written on: nothing in it does anything, or rules what is around it.
    /// → [`Reply::Tidied`]
    Tidy { html: String },
    /// Send this draft. The same draft is sent once; as long as it waits for its time, text and time are those that were said
    /// last. → [`Reply::Submitted`]
    Send {
        draft: Draft,
        #[serde(default, skip_serializing_if = "When::is_now")]
        when: When,
    },
    /// Try a submission now: again, or before its time. → [`Reply::Done`]
    RetrySubmission { submission: SubmissionId },
    /// How large the files of a message may be. → [`Reply::FilesLimit`]
    FilesLimit,
    /// Take a submission that has not been sent out of the outbox, to write on. Refused with [`super::Error::BeingSent`] or
    /// [`super::Error::AlreadySent`] when it is too late. → [`Reply::Draft`]
    EditSubmission { submission: SubmissionId },
    /// Take a submission out of the outbox. What was still to go out by itself is kept in Drafts. → [`Reply::Done`]
    DropSubmission { submission: SubmissionId },
    /// Tell whoever has asked for it that this message was read, once, in this language (RFC 5646). → [`Reply::Done`]
    SendReceipt { message: MessageRef, language: String },
    /// Show pictures on the net from now on: of this message, its sender or the sender's domain. → [`Reply::Done`]
    AllowPictures { message: MessageRef, of: PicturesOf },
    /// Have the sender asked to send no more of this, where the message offers [`super::Unsubscribe::OneClick`]. Refused with
    /// [`super::Error::NotUnsubscribed`] where they do not take it. → [`Reply::Done`]
    Unsubscribe { message: MessageRef },
    /// Forget an uploaded file. → [`Reply::Done`]
    DropBlob { blob: BlobId },
    /// Keep this search; `before` is what it was called until now. Refused with [`super::Error::SearchExists`] if another one is
    /// called so. → [`Reply::Done`]
    KeepSearch { search: SavedSearch, before: Option<String> },
    /// Forget the search of this name. → [`Reply::Done`]
    ForgetSearch { name: String },
    /// People who may be meant by what was typed of a name or an address. → [`Reply::People`]
    Suggest { words: String },
    /// Which of these addresses may be a slip or a trick. → [`Reply::Checked`]
    CheckRecipients { emails: Vec<String> },
    /// What templates there are. → [`Reply::Templates`]
    Templates,
    /// A template, filled in for this recipient, sender, subject and date, as HTML or as plain text. → [`Reply::Template`]
    UseTemplate {
        template: TemplateId,
        to: Option<Address>,
        /// None for the first of the identities.
        from: Option<Address>,
        subject: String,
        /// Today, in the person's words.
        date: String,
        formatted: bool,
    },
    /// Keep what was written as a template of this name. Refused with [`super::Error::TemplateExists`] if another one is called so.
    /// → [`Reply::Done`]
    KeepTemplate { name: String, subject: String, text: String, formatted: bool },
}

/// Where a tab that comes back left off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resume {
    pub tab: TabId,
    /// The number of the last event it has applied; 0 for none.
    pub seq: u64,
}

/// Which messages a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Query {
    /// The decoded path of the open mailbox.
    pub mailbox: String,
    /// What was typed into the search box; empty for the whole mailbox.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub search: String,
    /// Search all mailboxes instead of the open one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everywhere: bool,
    /// Of all mailboxes at once the two orders by time only; another one counts as the first.
    #[serde(default, skip_serializing_if = "Sort::is_default")]
    pub sort: Sort,
    /// Of each conversation only the newest message of the list. In one mailbox, the newest first: else it means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub threaded: bool,
}

/// A search that a person has kept. The name tells it from others of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    pub name: String,
    pub query: Query,
}

impl SavedSearch {
    /// The longest name, in characters.
    pub const MAX_NAME: usize = 100;
    /// The longest search, and the longest path of a mailbox, in bytes.
    pub const MAX_QUERY: usize = 2000;
    /// Searches that one account may keep.
    pub const MOST: usize = 100;
}

/// The order of a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By arrival, the newest at the top.
    #[default]
    Newest,
    Oldest,
    /// By who sent it.
    Sender,
    /// By subject, without `Re:` and the like (RFC 5256 §2.1).
    Subject,
    Largest,
    Smallest,
}

impl Sort {
    pub const ALL: [Sort; 6] = [Sort::Newest, Sort::Oldest, Sort::Sender, Sort::Subject, Sort::Largest, Sort::Smallest];

    pub fn is_default(&self) -> bool {
        *self == Sort::Newest
    }

    /// Whether it is an order by arrival.
    pub fn is_by_time(self) -> bool {
        matches!(self, Sort::Newest | Sort::Oldest)
    }

    /// In addresses, and for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Newest => "newest",
            Sort::Oldest => "oldest",
            Sort::Sender => "sender",
            Sort::Subject => "subject",
            Sort::Largest => "largest",
            Sort::Smallest => "smallest",
        }
    }

    pub fn from_name(name: &str) -> Option<Sort> {
        Sort::ALL.into_iter().find(|sort| sort.name() == name)
    }
}

impl Query {
    /// Whether the list is a mailbox as it is, and no search.
    pub fn is_whole(&self) -> bool {
        self.search.is_empty() && self.sort.is_default() && !self.threaded
    }

    /// Whether a row of the list stands for a conversation.
    pub fn is_threaded(&self) -> bool {
        self.threaded && self.sort.is_default() && !self.everywhere
    }
}

/// Which messages an action is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    Messages(Vec<MessageRef>),
    /// These, and what belongs together with them in the same mailboxes.
    Threads(Vec<MessageRef>),
    /// Every message of the open list but these, listed in the browser or not.
    All {
        list: u32,
        except: Vec<MessageRef>,
    },
    /// Every message that a mailbox had when the person looked at it: those with UIDs below `uid_next`.
    Mailbox {
        path: String,
        uid_validity: UidValidity,
        uid_next: Uid,
    },
}

/// What to do to a mailbox. Names are decoded, and hold no delimiter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "arrange", rename_all = "snake_case")]
pub enum Arrangement {
    /// A new one, inside another or at the top.
    Create { parent: Option<String>, name: String },
    /// Another name, another place, or both; what is inside goes along. Not for mailboxes with a use of their own.
    Rename { path: String, parent: Option<String>, name: String },
    /// Delete it with its messages and all that is inside. Only ever sent after the person said so. Not for mailboxes with
    /// a use of their own.
    Delete { path: String },
}

/// What to do to messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Add or remove a flag.
    Flag { flag: Flag, set: bool },
    /// Move to the mailbox of this path.
    Move { to: String },
    /// Move to Archive (made if there is none).
    Archive,
    /// Move to Trash. Refused with [`super::Error::NoTrash`] where there is none.
    Delete,
    /// Erase for good. Only ever sent after the person said so.
    Erase,
    /// Move to Junk (made if there is none) and mark as junk.
    Junk,
    /// Move to Inbox and mark as not junk.
    NotJunk,
}

/// Names an action that can be taken back for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UndoId(pub u64);

/// Answers to [`Command`]s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// `welcome` is absent when the tab was resumed: the events it missed follow.
    Attached {
        welcome: Option<Box<Welcome>>,
    },
    Listing(Listing),
    /// A position in the open list.
    Located {
        position: u32,
    },
    Message(Box<Message>),
    Conversation(Conversation),
    /// `undo` is absent when there is nothing to take back, or no way to. `count` messages were changed. `called_off` of them
    /// were drafts that were to go out, and do not any more.
    Acted {
        undo: Option<UndoId>,
        count: u32,
        #[serde(default, skip_serializing_if = "is_zero")]
        called_off: u32,
    },
    /// Where the mailbox is now; none when it was deleted.
    Arranged {
        path: Option<String>,
    },
    Draft(Box<Draft>),
    /// Where the draft is kept now.
    Saved {
        message: MessageRef,
    },
    /// The HTML, and its words as plain text.
    Tidied {
        html: String,
        text: String,
    },
    Submitted {
        submission: SubmissionId,
    },
    /// How many bytes of files a message may have altogether, as far as the servers say.
    FilesLimit {
        limit: Option<u64>,
    },
    /// The likeliest first.
    People {
        people: Vec<Address>,
    },
    /// `inside` are those of the person's own domains, where people know each other.
    Checked {
        doubts: Vec<Doubt>,
        inside: Vec<String>,
    },
    /// With their names, by which they are in order.
    Templates {
        templates: Vec<(TemplateId, String)>,
    },
    /// `open` are the names of placeholders for which there was nothing to fill in.
    Template {
        subject: String,
        to: Vec<Address>,
        text: String,
        open: Vec<String>,
    },
    Done,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// All that a new tab needs to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    pub tab: TabId,
    pub account: AccountId,
    /// As whom the person may write, the one first with which a new message begins.
    pub identities: Vec<Identity>,
    pub connectivity: Connectivity,
    /// In the order of the screen: special ones first, then by name, children after their parent.
    pub mailboxes: Vec<Mailbox>,
    /// As in [`super::Event::Mailboxes`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// As in [`super::Event::Folds`].
    #[serde(default, skip_serializing_if = "Folds::is_empty")]
    pub folds: Folds,
    /// As in [`super::Event::Labels`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// As in [`super::Event::Searches`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searches: Vec<SavedSearch>,
    #[serde(default)]
    pub quota: Quota,
    /// What is in the outbox.
    pub submissions: Vec<Submission>,
    /// As in [`super::Event::Writers`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<Writer>,
    /// The largest file that may be uploaded, in bytes.
    pub upload_limit: u64,
}
