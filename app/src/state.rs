//! What the browser knows. [`State::apply`] is the only writer of what the server said; what is shown is that plus
//! [`Pending`], derived. The server builds the same state to render the first page from.
//!
//! Everything here is a signal or made of signals, and `Copy`: take what you need into a closure.

mod apply;
mod cache;
mod check;
mod composer;
mod folding;
mod list;
mod mailboxes;
mod pending;
mod selection;
mod toasts;
pub mod window;

use leptos::prelude::*;

pub use cache::Opened;
pub use check::Check;
pub use composer::{Composer, DraftStatus, File, FileState};
pub use folding::Folding;
pub use list::{Entry, List, Shown};
pub use mailboxes::{Folder, Mailboxes};
pub(crate) use pending::covers;
pub use pending::{Change, Pending, PendingId};
pub use selection::Chosen;
pub use toasts::{Notice, Toast, Toasts, Undo};

use crate::{
    i18n::Locale,
    route::Route,
    wire::{
        AccountId, Address, Connectivity, Draft, DraftId, Error, Flag, Identity, MailboxCounts, MessageRef, PageFrames,
        Quota, SavedSearch, Selection, Submission, Writer,
    },
};

/// The whole of it. In the context of every view.
#[derive(Clone, Copy)]
pub struct State {
    /// The line from here to Pismo.
    pub line: RwSignal<Line>,
    /// The line from Pismo to the mail server.
    pub connectivity: RwSignal<Connectivity>,
    /// The login is over: the only way on is the login page.
    pub signed_out: RwSignal<bool>,
    pub account: RwSignal<AccountId>,
    /// As whom the person may write, the one first with which a new message begins.
    pub identities: RwSignal<Vec<Identity>>,
    /// The largest file that may be attached, in bytes.
    pub upload_limit: RwSignal<u64>,
    /// How many bytes all files of a message may have together, where the servers have said so.
    pub files_limit: RwSignal<Option<u64>>,
    pub mailboxes: Mailboxes,
    /// Which folders the person has folded or unfolded.
    pub folding: Folding,
    /// Keywords of the labels that were seen, but for those of [`crate::label::KNOWN`].
    pub labels: RwSignal<Vec<String>>,
    /// Searches that are kept, by name.
    pub searches: RwSignal<Vec<SavedSearch>>,
    /// How full the person's space is.
    pub quota: RwSignal<Quota>,
    /// The open list of messages.
    pub list: List,
    /// The open message.
    pub opened: Opened,
    pub chosen: RwSignal<Chosen>,
    /// The row the keyboard is on.
    pub cursor: RwSignal<Option<MessageRef>>,
    /// What is being dragged.
    pub dragged: RwSignal<Option<Selection>>,
    /// The folders are in front of the list, where there is no room for both.
    pub drawer: RwSignal<bool>,
    /// The menu of folders to move to is open.
    pub moving: RwSignal<bool>,
    /// The menu of labels is open.
    pub labelling: RwSignal<bool>,
    /// What was asked for and is not confirmed yet.
    pub pending: Pending,
    pub composer: Composer,
    /// The outbox, oldest first.
    pub submissions: RwSignal<Vec<Submission>>,
    /// Drafts that are written on in other tabs.
    pub writers: RwSignal<Vec<Writer>>,
    pub toasts: Toasts,
    /// The question or sheet in front of everything.
    pub dialog: RwSignal<Option<Dialog>>,
    pub language: RwSignal<Locale>,
    pub theme: RwSignal<Theme>,
    pub threading: RwSignal<Threading>,
    pub writing: RwSignal<Writing>,
    /// Seconds that a message is held back after Send, so that it can be taken back; by the cookie [`HOLD`].
    pub hold: RwSignal<u32>,
    /// Lists show conversations in place of messages, by the cookie [`GROUPED`].
    pub grouped: RwSignal<bool>,
    /// Seconds that the person's clock is ahead of UTC, by the cookie that the browser left; none before that.
    pub clock: RwSignal<Option<i32>>,
    /// True once the browser has taken over the page the server rendered. Until then views show the same on both
    /// sides; what only the browser knows is filled in after.
    pub alive: RwSignal<bool>,
}

/// The websocket to Pismo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Live,
    Connecting,
    /// Cut; tried again by itself.
    Offline,
}

/// The whole way to the mail server, in one word.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    Live,
    Connecting,
    /// With the reason, when it is Pismo that cannot reach the mail server.
    Offline(Option<Error>),
}

impl Connection {
    /// For `data-state`.
    pub fn name(&self) -> &'static str {
        match self {
            Connection::Live => "live",
            Connection::Connecting => "connecting",
            Connection::Offline(_) => "offline",
        }
    }
}

/// Colours: the system's, or one or the other. The cookie `pismo_theme`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    pub const COOKIE: &'static str = "pismo_theme";

    /// For `data-theme` and the cookie.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    pub fn from_name(name: &str) -> Theme {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }
}

/// The cookie that says whether lists show conversations: `1` if they do.
pub const GROUPED: &str = "pismo_grouped";

/// How a message is shown among those that belong together with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Threading {
    /// All of them, in the order they were written.
    #[default]
    OldestFirst,
    /// All of them, the latest at the top.
    NewestFirst,
    /// By itself.
    Off,
}

impl Threading {
    pub const COOKIE: &'static str = "pismo_threading";
    pub const ALL: [Threading; 3] = [Threading::OldestFirst, Threading::NewestFirst, Threading::Off];

    /// For the cookie.
    pub fn name(self) -> &'static str {
        match self {
            Threading::OldestFirst => "oldest",
            Threading::NewestFirst => "newest",
            Threading::Off => "off",
        }
    }

    pub fn from_name(name: &str) -> Threading {
        Threading::ALL.into_iter().find(|threading| threading.name() == name).unwrap_or_default()
    }
}

/// How new text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    /// Formatted where what is quoted is, or when the person wants it.
    #[default]
    AsNeeded,
    Formatted,
    /// Plain, even where what is quoted is not.
    Plain,
}

impl Writing {
    pub const COOKIE: &'static str = "pismo_writing";
    pub const ALL: [Writing; 3] = [Writing::AsNeeded, Writing::Formatted, Writing::Plain];

    /// For the cookie.
    pub fn name(self) -> &'static str {
        match self {
            Writing::AsNeeded => "as_needed",
            Writing::Formatted => "formatted",
            Writing::Plain => "plain",
        }
    }

    pub fn from_name(name: &str) -> Writing {
        Writing::ALL.into_iter().find(|writing| writing.name() == name).unwrap_or_default()
    }
}

/// The cookie that says how long a message is held back after Send: in seconds, one of [`HOLDS`].
pub const HOLD: &str = "pismo_undo";

/// How long a message can be held back, in seconds; 0 for not at all.
pub const HOLDS: [u32; 6] = [0, 5, 10, 20, 30, 60];

/// Reads that cookie.
pub fn hold_of(cookie: &str) -> u32 {
    cookie.parse().ok().filter(|hold| HOLDS.contains(hold)).unwrap_or(5)
}

/// What is asked or shown in front of everything else.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Erase these messages for good? (They are in Trash, or there is no Trash.) Yes: [`crate::Client::erase`].
    Erase {
        selection: Selection,
        count: u32,
    },
    /// The name and place of a folder: of a new one, or of the one at this path.
    Folder {
        path: Option<String>,
        parent: Option<String>,
    },
    /// Delete this folder with all that is in it? Yes: [`crate::Client::delete_folder`].
    DeleteFolder {
        path: String,
    },
    /// The day to go to in the open list.
    Day,
    /// A search, field by field.
    Search,
    /// The name under which the open search is kept.
    KeepSearch,
    /// Throw away what was written? Yes: [`crate::Client::discard`].
    Discard,
    /// Send what may not be meant so, at this time?
    Check {
        check: Check,
        at: Option<i64>,
    },
    /// When to send what was written.
    Later,
    /// Go on with this draft, although somebody writes on it elsewhere? Yes: [`crate::Client::take_draft`].
    TakeDraft {
        message: MessageRef,
    },
    /// To whom a message goes on as it is; with why it did not, if that was tried.
    Redirect {
        draft: Box<Draft>,
        problem: Option<Error>,
    },
    /// Ask this host to send no more of what the message is? Yes: [`crate::Client::unsubscribe`].
    Unsubscribe {
        message: MessageRef,
        host: String,
    },
    /// The sheet of keyboard shortcuts.
    Help,
    /// The outbox.
    Outbox,
    Settings,
}

impl State {
    /// The identity to which an address belongs; without one, or where it belongs to none, the first. Not reactive.
    pub fn identity_of(&self, from: Option<&Address>) -> Option<Identity> {
        self.identities.with_untracked(|all| {
            let own = from.and_then(|from| Identity::of(all, &from.email));
            own.or(all.first()).cloned()
        })
    }

    /// Knows nothing yet.
    pub fn new(language: Locale, theme: Theme) -> State {
        State {
            line: RwSignal::new(Line::Connecting),
            connectivity: RwSignal::new(Connectivity::Connecting),
            signed_out: RwSignal::new(false),
            account: RwSignal::new(AccountId(0)),
            identities: RwSignal::new(Vec::new()),
            upload_limit: RwSignal::new(0),
            files_limit: RwSignal::new(None),
            mailboxes: Mailboxes::new(),
            folding: Folding::new(),
            labels: RwSignal::new(Vec::new()),
            searches: RwSignal::new(Vec::new()),
            quota: RwSignal::new(Quota::default()),
            list: List::new(),
            opened: Opened::new(),
            chosen: RwSignal::new(Chosen::default()),
            cursor: RwSignal::new(None),
            dragged: RwSignal::new(None),
            drawer: RwSignal::new(false),
            moving: RwSignal::new(false),
            labelling: RwSignal::new(false),
            pending: Pending::new(),
            composer: Composer::new(),
            submissions: RwSignal::new(Vec::new()),
            writers: RwSignal::new(Vec::new()),
            toasts: Toasts::new(),
            dialog: RwSignal::new(None),
            language: RwSignal::new(language),
            theme: RwSignal::new(theme),
            threading: RwSignal::new(Threading::default()),
            writing: RwSignal::new(Writing::default()),
            hold: RwSignal::new(hold_of("")),
            grouped: RwSignal::new(false),
            clock: RwSignal::new(None),
            alive: RwSignal::new(false),
        }
    }

    /// What the page carried, at this address. The server renders from it, the browser takes over from it.
    pub fn from_page(language: Locale, theme: Theme, route: &Route, page: Option<&PageFrames>) -> State {
        let state = State::new(language, theme);
        state.list.query.set(route.query.clone());
        if let Some(page) = page {
            state.line.set(Line::Live);
            state.apply_welcome(&page.welcome);
            if let Some(listing) = &page.listing {
                // An address without a mailbox shows the one the server chose.
                state.list.query.set(listing.query.clone());
                state.apply_listing(listing);
            }
        }
        let query = state.list.query.get_untracked();
        let message = Route { query, ..route.clone() }.message(state.account.get_untracked());
        state.cursor.set(message.clone());
        state.opened.show(message);
        state
    }

    /// The state of the whole line, for the person.
    pub fn connection(&self) -> Connection {
        match (self.line.get(), self.connectivity.get()) {
            (Line::Offline, _) => Connection::Offline(None),
            (Line::Connecting, _) => Connection::Connecting,
            (Line::Live, Connectivity::Live) => Connection::Live,
            (Line::Live, Connectivity::Connecting) => Connection::Connecting,
            (Line::Live, Connectivity::Offline { error }) => Connection::Offline(Some(error)),
        }
    }

    /// The flags to show for a message whose flags are `flags` by the server: those, with what is pending. Reactive.
    pub fn flags(&self, message: &MessageRef, flags: &[Flag]) -> Vec<Flag> {
        self.pending.flags(message, flags)
    }

    /// The flags to show for the open message. Reactive.
    pub fn opened_flags(&self) -> Vec<Flag> {
        self.opened.message.with(|message| match message {
            Some(message) => self.flags(&message.message, &message.flags),
            None => Vec::new(),
        })
    }

    /// The counts to show for a folder. Reactive.
    pub fn counts(&self, folder: &Folder) -> MailboxCounts {
        self.pending.counts(folder.counts.get())
    }

    /// What is being written, if anything is.
    pub fn draft(&self) -> Option<Draft> {
        self.composer.draft()
    }

    /// Who else writes on a draft. Not reactive.
    pub(crate) fn writer_of(&self, draft: &DraftId) -> Option<Writer> {
        self.writers.with_untracked(|all| all.iter().find(|writer| writer.draft == *draft).cloned())
    }

    /// Who else writes on the draft that Drafts has or had here. Reactive.
    pub fn writer_at(&self, message: &MessageRef) -> Option<Writer> {
        self.writers.with(|all| all.iter().find(|writer| writer.messages.contains(message)).cloned())
    }

    /// The submission of a draft, once it was handed over. Reactive.
    pub fn submission_of(&self, draft: &DraftId) -> Option<Submission> {
        self.submissions.with(|all| all.iter().find(|submission| submission.draft == *draft).cloned())
    }
}
