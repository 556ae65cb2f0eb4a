//! Whole messages, read from one server and put into another: in bundles, or as streams where one is large.

use std::{collections::HashMap, io};

use app::wire::{Flag, Uid, UidValidity};
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{
    Code, Command, Done, Error, Limits, Open, Response, SET_LENGTH, Session, all_done, moving::flags_item, tag,
};
use crate::imap::{Namespaces, UidSet, command::announcement, date::date_time};

/// What a message is like, without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub uid: Uid,
    /// RFC822.SIZE in bytes, which some servers only guess.
    pub size: Option<u32>,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: Option<i64>,
    pub flags: Vec<Flag>,
    /// Which message it is, in whatever mailbox, where labels count.
    pub email: Option<u64>,
}

impl Look {
    /// Of one of which nothing else is known.
    pub fn of(uid: Uid) -> Look {
        Look { uid, size: None, date: None, flags: Vec::new(), email: None }
    }
}

/// A message to be put into a mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Letter<'a> {
    pub flags: &'a [Flag],
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: Option<i64>,
    pub message: &'a [u8],
}

/// Where a message went, if the server tells (RFC 4315).
pub type Put = Option<(UidValidity, Uid)>;

/// Messages whose sizes are asked for at once.
const COUNTED: u32 = 10_000;

/// How much is gathered before it is sent.
const GATHERED: usize = 64 * 1024;

/// How many times as long as usual a server may be silent that takes messages in: it checks and indexes them.
const TAKING_IN: u32 = 4;

impl Session {
    /// From now on what is told of messages here has their labels among the flags, as keywords of the same names, and which
    /// message each is. Says whether the server has labels: only Gmail does.
    pub fn count_labels(&mut self) -> bool {
        self.labels = self.capabilities.gmail;
        self.labels
    }

    /// What these messages of the selected mailbox are like, by UID; those that are gone are missing. Callers ask for some
    /// thousand.
    pub async fn fetch_looks(&mut self, uids: &UidSet) -> Result<Vec<Look>, Error> {
        let more = if self.labels { " X-GM-MSGID X-GM-LABELS" } else { "" };
        self.looks(uids, &format!("(UID FLAGS INTERNALDATE RFC822.SIZE{more})")).await
    }

    /// The flags alone of the same.
    pub async fn fetch_flags_by_uid(&mut self, uids: &UidSet) -> Result<Vec<(Uid, Vec<Flag>)>, Error> {
        let looks = self.looks(uids, &format!("(UID {})", self.flag_items())).await?;
        Ok(looks.into_iter().map(|look| (look.uid, look.flags)).collect())
    }

    /// How many bytes the messages of the selected mailbox have together, by their RFC822.SIZE.
    pub async fn fetch_octets(&mut self) -> Result<u64, Error> {
        let exists = self.selected.as_ref().map_or(0, |selected| selected.exists);
        let mut octets = 0;
        let mut first = 1;
        while first <= exists {
            let last = exists.min(first.saturating_add(COUNTED - 1));
            let command = Command::new("FETCH").words(&format!("{first}:{last}")).words("(RFC822.SIZE)");
            let limits = Limits { total: u64::from(COUNTED) * 512, ..Limits::SHORT };
            let answers = self
                .run_all(vec![command], limits, TAKING_IN, |response| match response {
                    Response::Fetch(fetch) if fetch.size.is_some() => {
                        octets += u64::from(fetch.size.unwrap_or(0));
                        None
                    }
                    other => Some(other),
                })
                .await?;
            all_done(answers)?;
            first = last + 1;
        }
        Ok(octets)
    }

    pub(super) fn flag_items(&self) -> &'static str {
        if self.labels { "FLAGS X-GM-LABELS" } else { "FLAGS" }
    }

    /// The flags that were told, with labels where these count. None where they were not asked for: news of flags comes without
    /// labels.
    pub(super) fn flags_in(labels: bool, fetch: &mut crate::imap::response::Fetch) -> Option<Vec<Flag>> {
        let mut flags = fetch.flags.take()?;
        if labels {
            let names = fetch.labels.take()?;
            let system = |name: &&String| name.starts_with('\\');
            let keywords = names.iter().filter(|name| !system(name)).filter_map(|name| app::label::keyword(name));
            flags.extend(keywords.map(Flag::from));
        }
        Some(flags)
    }

    async fn looks(&mut self, uids: &UidSet, items: &str) -> Result<Vec<Look>, Error> {
        let labels = self.labels;
        let texts = uids.texts(SET_LENGTH);
        let commands = texts.iter().map(|text| Command::new("UID FETCH").words(text).words(items)).collect();
        let limits = Limits { text: 64 * 1024, total: 1024 * 1024 + uids.len() * 2048, ..Limits::SHORT };
        let mut found: HashMap<u32, Look> = HashMap::new();
        let answers = self
            .run_all(commands, limits, TAKING_IN, |response| match response {
                // A server may tell about one message in several responses (RFC 9051 §7.5.2).
                Response::Fetch(mut fetch) if fetch.uid.is_some_and(|uid| uids.contains(Uid(uid))) => {
                    let uid = fetch.uid.unwrap_or(0);
                    let look = found.entry(uid).or_insert(Look::of(Uid(uid)));
                    look.email = fetch.email.or(look.email);
                    look.size = fetch.size.or(look.size);
                    look.date = fetch.date.or(look.date);
                    if let Some(flags) = Self::flags_in(labels, &mut fetch) {
                        look.flags = flags;
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        let mut looks: Vec<Look> = found.into_values().collect();
        looks.sort_unstable_by_key(|look| look.uid);
        Ok(looks)
    }

    /// The whole text of messages of the selected mailbox, by UID, of `expected` bytes together. One is there only if it
    /// was said to its end; it is missing where it is gone, much larger than expected, or not given out.
    pub async fn fetch_whole(&mut self, uids: &UidSet, expected: u64) -> Result<Vec<(Uid, Vec<u8>)>, Error> {
        let texts = uids.texts(SET_LENGTH);
        let commands =
            texts.iter().map(|text| Command::new("UID FETCH").words(text).words("(UID BODY.PEEK[])")).collect();
        let literal = usize::try_from(expected).unwrap_or(usize::MAX).saturating_mul(2);
        let literal = literal.clamp(64 * 1024, Limits::MAX_LITERAL);
        // What is larger than that is passed over as it comes, and has to come to its end.
        let total = expected.saturating_mul(2).saturating_add(64 * 1024 * 1024);
        let limits = Limits { text: 64 * 1024, literal, response: literal, total };
        let mut found: Vec<(Uid, Vec<u8>)> = Vec::new();
        let mut kept = 0;
        let answers = self
            .run_all(commands, limits, TAKING_IN, |response| match response {
                Response::Fetch(mut fetch) if fetch.sections.iter().any(|(section, _)| section.is_empty()) => {
                    let uid = Uid(fetch.uid.unwrap_or(0));
                    let bytes = fetch.sections.pop().map(|(_, bytes)| bytes).unwrap_or_default();
                    let fits = kept + bytes.len() <= literal && found.len() as u64 <= uids.len();
                    if !fetch.cut && fits && uids.contains(uid) {
                        kept += bytes.len();
                        found.push((uid, bytes));
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        found.sort_unstable_by_key(|(uid, _)| *uid);
        found.dedup_by_key(|(uid, _)| *uid);
        Ok(found)
    }

    /// Puts messages into a mailbox, all of them or none (RFC 3502), and tells where they went, in their order, if the server
    /// does. Only where the server has MULTIAPPEND, or for one message. A message of no bytes cannot be among several.
    pub async fn append_together(&mut self, path: &str, letters: &[Letter<'_>]) -> Result<Vec<Put>, Error> {
        let mut open = self.begin_appending();
        let answered = self.send_together(&mut open, path, letters).await;
        let mut answers = self.end_appending(open, answered).await?;
        let done = answers.pop().unwrap_or(Err(Error::Closed))?;
        Ok(places(done, letters.len()))
    }

    /// Puts messages into a mailbox, each by a command of its own, without waiting in between where the server allows it.
    /// Tells of each what became of it; where the line broke amid them, of those that were not answered just that.
    pub async fn append_each(&mut self, path: &str, letters: &[Letter<'_>]) -> Result<Vec<Result<Put, Error>>, Error> {
        let mut open = self.begin_appending();
        let answered = self.send_each(&mut open, path, letters).await;
        let heard = open.answers.clone();
        let answers = match self.end_appending(open, answered).await {
            Err(error) if heard.iter().any(Option::is_some) => {
                let unheard = vec![None; letters.len().saturating_sub(heard.len())];
                heard.into_iter().chain(unheard).map(|answer| answer.unwrap_or(Err(error.clone()))).collect()
            }
            answers => answers?,
        };
        let of_each = |answer: Result<Done, Error>| answer.map(|done| places(done, 1).into_iter().next().flatten());
        Ok(answers.into_iter().map(of_each).collect())
    }

    /// Puts a message of `size` bytes into a mailbox while it is read. If it ends early, nothing is put there, and the
    /// session is over.
    pub async fn append_stream(
        &mut self,
        path: &str,
        letter: Letter<'_>,
        size: u64,
        message: &mut (dyn AsyncRead + Send + Unpin),
    ) -> Result<Put, Error> {
        let command = self.mailbox_command("APPEND", path)?;
        self.put_stream(command, letter, size, message, Some).await
    }

    /// The same by whatever command ends with a message.
    pub(super) async fn put_stream(
        &mut self,
        command: Command,
        letter: Letter<'_>,
        size: u64,
        message: &mut (dyn AsyncRead + Send + Unpin),
        mut collect: impl FnMut(Response) -> Option<Response>,
    ) -> Result<Put, Error> {
        let mut open = self.begin_appending();
        let answered = self.send_stream(&mut open, command, letter, size, message, &mut collect).await;
        let mut answers = self.end_appending(open, answered).await?;
        let done = answers.pop().unwrap_or(Err(Error::Closed))?;
        Ok(places(done, 1).into_iter().next().flatten())
    }

    fn begin_appending(&mut self) -> Open {
        self.line.restart(Limits::SHORT, TAKING_IN * self.silence);
        Open { first: self.tag.wrapping_add(1), answers: Vec::new(), waiting: 0 }
    }

    async fn end_appending(&mut self, open: Open, answered: Result<(), Error>) -> Result<super::Answers, Error> {
        match answered {
            Err(Error::Closed) => Err(match self.line.last_words().await {
                Some(status) => Error::of_login(status.code.as_ref(), status.text, true),
                None => Error::Closed,
            }),
            // Nothing was sent, and the session is as it was.
            Err(Error::Unspeakable) if open.waiting == 0 => {
                self.over = false;
                Err(Error::Unspeakable)
            }
            Err(error) => Err(error),
            Ok(()) => {
                self.over = false;
                Ok(open.answers.into_iter().map(|answer| answer.unwrap_or(Err(Error::Closed))).collect())
            }
        }
    }

    async fn send_together(&mut self, open: &mut Open, path: &str, letters: &[Letter<'_>]) -> Result<(), Error> {
        let heads = letters.iter().map(head).collect::<Result<Vec<_>, _>>()?;
        let mut out = Vec::with_capacity(GATHERED);
        self.begin_command(open, &mut out, self.mailbox_command("APPEND", path)?).await?;
        for (letter, head) in letters.iter().zip(heads) {
            if !self.begin_literal(open, &mut out, &head, letter.message.len() as u64).await? {
                return self.hear_all(open, &mut Some).await;
            }
            self.gather(&mut out, letter.message).await?;
        }
        self.gather(&mut out, b"\r\n").await?;
        self.line.send(&out).await?;
        self.hear_all(open, &mut Some).await
    }

    async fn send_each(&mut self, open: &mut Open, path: &str, letters: &[Letter<'_>]) -> Result<(), Error> {
        let heads = letters.iter().map(head).collect::<Result<Vec<_>, _>>()?;
        let mut out = Vec::with_capacity(GATHERED);
        for (letter, head) in letters.iter().zip(heads) {
            self.begin_command(open, &mut out, self.mailbox_command("APPEND", path)?).await?;
            if self.begin_literal(open, &mut out, &head, letter.message.len() as u64).await? {
                self.gather(&mut out, letter.message).await?;
                self.gather(&mut out, b"\r\n").await?;
            }
        }
        self.line.send(&out).await?;
        self.hear_all(open, &mut Some).await
    }

    async fn send_stream(
        &mut self,
        open: &mut Open,
        command: Command,
        letter: Letter<'_>,
        size: u64,
        message: &mut (dyn AsyncRead + Send + Unpin),
        collect: &mut impl FnMut(Response) -> Option<Response>,
    ) -> Result<(), Error> {
        let head = head(&letter)?;
        let mut out = Vec::new();
        self.begin_command(open, &mut out, command).await?;
        if self.begin_literal(open, &mut out, &head, size).await? {
            self.line.send(&out).await?;
            out.clear();
            let mut rest = size;
            let mut piece = vec![0; GATHERED];
            while rest > 0 {
                let wanted = usize::try_from(rest).unwrap_or(GATHERED).min(GATHERED);
                let ended = |error: io::Error| Error::Protocol(format!("a message could not be read: {error}"));
                let read = message.read(piece.get_mut(..wanted).unwrap_or_default()).await.map_err(ended)?;
                if read == 0 {
                    return Err(Error::Protocol("a message ended early".to_owned()));
                }
                self.line.send(piece.get(..read).unwrap_or_default()).await?;
                rest -= read as u64;
            }
            out.extend_from_slice(b"\r\n");
        }
        self.line.send(&out).await?;
        self.hear_all(open, collect).await
    }

    /// Says the beginning of a command that ends with messages.
    async fn begin_command(&mut self, open: &mut Open, out: &mut Vec<u8>, command: Command) -> Result<(), Error> {
        if self.over && open.answers.is_empty() {
            return Err(Error::Closed);
        }
        self.over = true;
        self.tag = self.tag.wrapping_add(1);
        open.answers.push(None);
        open.waiting += 1;
        for write in command.into_beginning(&tag(self.tag), &self.capabilities) {
            if write.after_go_ahead {
                self.line.send(out).await?;
                out.clear();
                // A server that refuses a name refuses the command, and whatever is sent then makes no sense to it.
                if !self.go_ahead(open, &mut Some).await? {
                    return Err(Error::Protocol("it does not take the name of the mailbox".to_owned()));
                }
            }
            self.gather(out, &write.bytes).await?;
        }
        Ok(())
    }

    /// Says what stands before a message. Says whether the server takes it.
    async fn begin_literal(
        &mut self,
        open: &mut Open,
        out: &mut Vec<u8>,
        head: &str,
        size: u64,
    ) -> Result<bool, Error> {
        let at_once = self.capabilities.takes_at_once(size);
        self.gather(out, format!("{head} {}", announcement(size, at_once)).as_bytes()).await?;
        if at_once {
            return Ok(true);
        }
        self.line.send(out).await?;
        out.clear();
        self.go_ahead(open, &mut Some).await
    }

    /// Puts bytes behind those that wait to be sent, and sends them when they are many.
    async fn gather(&mut self, out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Error> {
        if out.len() + bytes.len() > GATHERED {
            self.line.send(out).await?;
            out.clear();
        }
        if bytes.len() > GATHERED {
            return self.line.send(bytes).await;
        }
        out.extend_from_slice(bytes);
        Ok(())
    }

    /// How mailboxes are called, as far as [`list`](Self::list) has told.
    pub fn names(&self) -> Names {
        Names { odd: self.odd_names.clone(), namespaces: self.namespaces.clone() }
    }

    /// Has this session call mailboxes as another one of the same account has learnt it, without a list of its own.
    pub fn learn_names(&mut self, names: &Names) {
        self.odd_names.clone_from(&names.odd);
        self.namespaces.clone_from(&names.namespaces);
    }
}

/// How mailboxes are called by their server.
#[derive(Debug, Clone)]
pub struct Names {
    odd: HashMap<String, Vec<u8>>,
    namespaces: Option<Namespaces>,
}

/// What APPEND says of a message before it.
fn head(letter: &Letter<'_>) -> Result<String, Error> {
    let mut head = if letter.flags.is_empty() { String::new() } else { flags_item("", letter.flags)? };
    if let Some(date) = letter.date {
        head.push_str(&format!(" \"{}\"", date_time(date)));
    }
    Ok(head)
}

/// Where the messages of one command went.
fn places(done: Done, count: usize) -> Vec<Put> {
    match done.code {
        Some(Code::AppendUid(validity, uids)) if uids.len() == count as u64 => {
            uids.iter().map(|uid| Some((validity, uid))).collect()
        }
        _ => vec![None; count],
    }
}
