//! One authenticated IMAP connection: commands, and what the server says unasked.
//!
//! A session that returned an error which is no refusal is over: every later call returns [`Error::Closed`]. The same
//! holds when the future of a call is dropped before it is done.

mod acl;
mod append;
mod bring;
mod dates;
mod fetch;
mod links;
mod list;
mod mailbox;
mod moving;
mod news;
mod preview;
mod quota;
mod search;
mod sort;

use std::{collections::HashMap, time::Duration};

use app::wire::{AccountId, Flag, ModSeq, Uid, UidValidity};
use async_imap::imap_proto::Status as Answer;

pub use acl::Acl;
pub use bring::{Letter, Look, Names, Put};
pub use fetch::{FetchedMessage, FetchedRow};
pub use list::{Listed, Status};
pub use moving::{CopyUid, is_speakable};
pub use news::{Change, Woken};
pub use preview::TextPart;

use super::{
    Capabilities, Code, Error,
    command::Command,
    frame::Limits,
    line::{Line, SILENCE, refused},
    namespace::Namespaces,
    response::Response,
};
use news::Changes;

/// The selected mailbox. Kept up to date as the server says what changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// The decoded name.
    pub path: String,
    pub uid_validity: UidValidity,
    pub uid_next: Uid,
    /// Number of messages.
    pub exists: u32,
    pub highest_modseq: Option<ModSeq>,
    /// Flags that can be set for good.
    pub permanent_flags: Vec<Flag>,
    /// Whether keywords can be made up (`\*`).
    pub new_keywords: bool,
    pub read_only: bool,
}

/// See the module.
#[derive(Debug)]
pub struct Session {
    /// Goes into the references of the messages it tells about.
    pub account: AccountId,
    /// How long the server may be silent while an answer is due. Slow commands have a multiple of it.
    pub silence: Duration,
    line: Line,
    capabilities: Capabilities,
    selected: Option<Selected>,
    changes: Changes,
    /// Mailboxes whose name is no modified UTF-7: how they are called by the server, by what they are called here.
    odd_names: HashMap<String, Vec<u8>>,
    /// Whose mailboxes are whose; none until the server has said so.
    namespaces: Option<Namespaces>,
    /// There were more mailboxes than [`list`](Self::list) gave.
    partial: bool,
    /// NOTIFY is on.
    notified: bool,
    /// See [`count_labels`](Self::count_labels).
    labels: bool,
    tag: u32,
    over: bool,
}

/// The end of a command that the server did.
#[derive(Debug, Clone)]
struct Done {
    code: Option<Code>,
}

type Answers = Vec<Result<Done, Error>>;

/// How much is sent before the answers are waited for: both sides must be able to hold it, or they wait for each other.
const PIPELINE: usize = 16 * 1024;

/// The longest list of UIDs in one command.
const SET_LENGTH: usize = 7500;

impl Session {
    pub(super) fn new(line: Line, capabilities: Capabilities) -> Self {
        Self {
            account: AccountId(0),
            silence: SILENCE,
            line,
            capabilities,
            selected: None,
            changes: Changes::default(),
            odd_names: HashMap::new(),
            namespaces: None,
            partial: false,
            notified: false,
            labels: false,
            tag: 0,
            over: false,
        }
    }

    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub fn selected(&self) -> Option<&Selected> {
        self.selected.as_ref()
    }

    /// How the names of the person's own mailboxes begin, such as `INBOX.`, if the server has said so when it was asked to
    /// [`list`](Self::list).
    pub fn personal_prefix(&self) -> Option<&str> {
        self.namespaces.as_ref()?.own_prefix()
    }

    /// Whether there may be mailboxes of other people, by what the server has said when it was asked to [`list`](Self::list).
    pub fn knows_others(&self) -> bool {
        self.namespaces.as_ref().is_some_and(Namespaces::has_others)
    }

    /// Whether there were more mailboxes than [`list`](Self::list) gave when it was asked last.
    pub fn lists_in_part(&self) -> bool {
        self.partial
    }

    /// Whether the session is over and must be dropped.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// How many responses made no sense and were passed over.
    pub fn dropped_responses(&self) -> u64 {
        self.line.dropped()
    }

    /// What the server said unasked since the last time, in order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.changes.take()
    }

    /// NOOP: lets the server say what it has to say.
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.run(Command::new("NOOP"), Limits::SHORT, Some).await.map(drop)
    }

    /// LOGOUT. Whatever comes of it, the line is closed.
    pub async fn logout(mut self) {
        let farewell = async {
            self.line.restart(Limits::SHORT, Duration::from_secs(5));
            self.line.send(b"bye LOGOUT\r\n").await?;
            while !matches!(self.line.hear().await?, Response::Tagged { tag, .. } if tag == "bye") {}
            Ok::<(), Error>(())
        };
        if !self.over {
            let _ = tokio::time::timeout(Duration::from_secs(5), farewell).await;
        }
    }

    /// Runs one command. `collect` gets every untagged response and gives back what is not its business.
    async fn run(
        &mut self,
        command: Command,
        limits: Limits,
        collect: impl FnMut(Response) -> Option<Response>,
    ) -> Result<Done, Error> {
        let mut answers = self.run_all(vec![command], limits, 1, collect).await?;
        answers.pop().unwrap_or(Err(Error::Closed))
    }

    /// Runs commands that do not depend on each other, in one go. Each has its own answer. The server may be silent for
    /// `patience` times what is usual.
    async fn run_all(
        &mut self,
        commands: Vec<Command>,
        limits: Limits,
        patience: u32,
        collect: impl FnMut(Response) -> Option<Response>,
    ) -> Result<Answers, Error> {
        if self.over {
            return Err(Error::Closed);
        }
        // Taken back at the end: a future that is dropped on the way leaves a session that is over.
        self.over = true;
        self.line.restart(limits, patience * self.silence);
        let answers = match self.exchange(commands, collect).await {
            Err(Error::Closed) => match self.line.last_words().await {
                Some(status) => Err(Error::of_login(status.code.as_ref(), status.text, true)),
                None => Err(Error::Closed),
            },
            answers => answers,
        }?;
        self.over = false;
        Ok(answers)
    }

    async fn exchange(
        &mut self,
        commands: Vec<Command>,
        mut collect: impl FnMut(Response) -> Option<Response>,
    ) -> Result<Answers, Error> {
        let mut open = Open { first: self.tag.wrapping_add(1), answers: Vec::new(), waiting: 0 };
        let mut outgoing = Vec::new();
        for command in commands {
            self.tag = self.tag.wrapping_add(1);
            open.answers.push(None);
            open.waiting += 1;
            for write in command.into_writes(&tag(self.tag), &self.capabilities) {
                if write.after_go_ahead || write.bytes.len() > PIPELINE {
                    self.line.send(&outgoing).await?;
                    outgoing.clear();
                }
                if write.after_go_ahead && !self.go_ahead(&mut open, &mut collect).await? {
                    break;
                }
                if write.bytes.len() > PIPELINE {
                    self.line.send(&write.bytes).await?;
                } else {
                    outgoing.extend_from_slice(&write.bytes);
                }
            }
            if outgoing.len() > PIPELINE {
                self.line.send(&outgoing).await?;
                outgoing = Vec::new();
                self.hear_all(&mut open, &mut collect).await?;
            }
        }
        if !outgoing.is_empty() {
            self.line.send(&outgoing).await?;
            drop(outgoing);
        }
        self.hear_all(&mut open, &mut collect).await?;
        Ok(open.answers.into_iter().map(|answer| answer.unwrap_or(Err(Error::Closed))).collect())
    }

    /// Waits until the server wants the literal of the last command (RFC 9051 §7.6), or refuses it.
    async fn go_ahead(
        &mut self,
        open: &mut Open,
        collect: &mut impl FnMut(Response) -> Option<Response>,
    ) -> Result<bool, Error> {
        loop {
            match self.line.hear().await? {
                Response::Continue => return Ok(true),
                response => self.take_in(response, open, collect)?,
            }
            if matches!(open.answers.last(), Some(Some(_))) {
                return Ok(false);
            }
        }
    }

    async fn hear_all(
        &mut self,
        open: &mut Open,
        collect: &mut impl FnMut(Response) -> Option<Response>,
    ) -> Result<(), Error> {
        while open.waiting > 0 {
            let response = self.line.hear().await?;
            self.take_in(response, open, collect)?;
        }
        Ok(())
    }

    fn take_in(
        &mut self,
        response: Response,
        open: &mut Open,
        collect: &mut impl FnMut(Response) -> Option<Response>,
    ) -> Result<(), Error> {
        match response {
            Response::Tagged { tag, status } => {
                if let Some(answer) = open.of(&tag) {
                    *answer = Some(match status.answer {
                        Answer::Ok => Ok(Done { code: status.code }),
                        _ => Err(refused(status)),
                    });
                    open.waiting -= 1;
                }
            }
            Response::Status(status) if status.answer == Answer::Bye => {
                return Err(Error::of_login(status.code.as_ref(), status.text, true));
            }
            response => {
                if let Some(response) = collect(response) {
                    self.note(response);
                }
            }
        }
        Ok(())
    }
}

/// Commands that are under way.
#[derive(Debug)]
struct Open {
    /// The number of the first one's tag.
    first: u32,
    answers: Vec<Option<Result<Done, Error>>>,
    waiting: usize,
}

impl Open {
    /// Where the answer to the command of a tag belongs, if it is one of these and has none yet.
    fn of(&mut self, tag: &str) -> Option<&mut Option<Result<Done, Error>>> {
        let number: u32 = tag.strip_prefix('p')?.parse().ok()?;
        let index = usize::try_from(number.wrapping_sub(self.first)).ok()?;
        self.answers.get_mut(index).filter(|answer| answer.is_none())
    }
}

fn tag(number: u32) -> String {
    format!("p{number}")
}

/// The first refusal among answers, or what the last one said.
fn all_done(answers: Answers) -> Result<Vec<Done>, Error> {
    answers.into_iter().collect()
}
