//! All mailboxes and their counts (RFC 9051 §6.3.9, RFC 5258, RFC 5819), and where new ones belong (RFC 2342).

use std::collections::{HashMap, HashSet};

use app::wire::{Right, Rights, Shared, SpecialUse};

use super::{Command, Error, Limits, Namespaces, Response, Session};
use crate::imap::{
    Code,
    response::List,
    special_use::{Look, View, assign, by_attributes, by_name},
};

/// A mailbox as LIST tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The decoded name.
    pub path: String,
    pub delimiter: Option<char>,
    pub special_use: Option<SpecialUse>,
    /// The same by the server's own word alone (RFC 6154), and not by its name.
    pub said_use: Option<SpecialUse>,
    /// Whether the server says that it only shows what is elsewhere.
    pub view: Option<View>,
    pub selectable: bool,
    pub subscribed: bool,
    /// Whose it is; nothing where it is the person's own.
    pub shared: Option<Shared>,
    /// Missing where the server was not asked, or refused to tell.
    pub rights: Option<Rights>,
    /// Missing where the server refused to tell.
    pub status: Option<Status>,
}

impl Listed {
    /// One of which nothing else is known: the person's own, with messages in it.
    pub fn of(path: &str, delimiter: Option<char>) -> Listed {
        Listed {
            path: path.to_owned(),
            delimiter,
            special_use: None,
            said_use: None,
            view: None,
            selectable: true,
            subscribed: true,
            shared: None,
            rights: None,
            status: None,
        }
    }

    /// Whether the person can give others rights there, as far as it is known, on a server that has ACL.
    pub fn is_shareable(&self) -> bool {
        let gives = self.rights.as_ref().map_or(self.shared.is_none(), |rights| rights.may(Right::Administer));
        self.selectable && gives
    }
}

/// The counts of a mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status {
    pub messages: u32,
    pub unseen: u32,
    pub uid_next: u32,
    pub uid_validity: u32,
    pub highest_modseq: Option<u64>,
}

impl Status {
    fn read(items: &[(String, u64)]) -> Self {
        let find = |name: &str| items.iter().find(|(item, _)| item == name).map(|(_, number)| *number);
        let number = |name: &str| find(name).map_or(0, |number| u32::try_from(number).unwrap_or(u32::MAX));
        Self {
            messages: number("MESSAGES"),
            unseen: number("UNSEEN"),
            uid_next: number("UIDNEXT"),
            uid_validity: number("UIDVALIDITY"),
            highest_modseq: find("HIGHESTMODSEQ").filter(|&modseq| modseq > 0),
        }
    }
}

/// The largest number of mailboxes anybody is shown.
const MAX_MAILBOXES: usize = 10_000;

/// Bytes of the names of all of them, as they travel.
const MAX_NAMES: usize = 1024 * 1024;

/// Mailboxes that seem to be for a use, of which so many are kept where others are left out.
const MAX_USED: usize = 100;

/// What STATUS told of some mailboxes.
#[derive(Default)]
struct Counted {
    counts: Vec<(String, Status)>,
    /// Those that are not there, by the server's word.
    missing: HashSet<String>,
}

/// What LIST and what comes with it told.
#[derive(Default)]
struct Told {
    lines: Kept<List>,
    subscribed: Kept<List>,
    statuses: Kept<(Vec<u8>, Status)>,
    rights: Kept<(Vec<u8>, Rights)>,
}

/// What one kind of answer tells of mailboxes, as much of it as is kept.
struct Kept<T> {
    list: Vec<T>,
    /// Bytes of the names in it.
    names: usize,
    /// There was more than is kept.
    partial: bool,
    /// What was kept beyond that.
    beyond: usize,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { list: Vec::new(), names: 0, partial: false, beyond: 0 }
    }
}

impl<T> Kept<T> {
    /// Takes in what is told of a mailbox with a name of so many bytes; each may be told of for two patterns. Where there is no
    /// room left, what is `wanted` above all is taken in all the same.
    fn push(&mut self, name: usize, told: T, wanted: impl FnOnce(&T) -> bool) {
        if self.list.len() < 2 * MAX_MAILBOXES && self.names + name <= MAX_NAMES {
            self.names += name;
            self.list.push(told);
        } else if self.beyond < MAX_USED && wanted(&told) {
            self.beyond += 1;
            self.list.push(told);
        } else {
            self.partial = true;
        }
    }
}

impl Session {
    /// All mailboxes, in the server's order, with their counts: one round trip where the server has LIST-STATUS and nothing is
    /// shared with the person. What is shared comes last, and each person who shares something has a mailbox of their own.
    pub async fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let mut told = Told::default();
        let known = self.namespaces.is_some();
        let patterns = |session: &Self| session.namespaces.as_ref().map(Namespaces::patterns).unwrap_or_default();
        let everything = [vec!["*".to_owned()], patterns(self)].concat();
        let together = match self.list_by(&everything, &mut told).await {
            // What is the person's own has to be there, whatever the server thinks of the rest.
            Err(error) if error.is_refusal() && everything.len() > 1 => {
                told = Told::default();
                self.list_by(&["*".to_owned()], &mut told).await?;
                false
            }
            // That there are others may be learnt only by this.
            result => result.map(|()| known)?,
        };
        if !together {
            for pattern in patterns(self) {
                match self.list_by(&[pattern], &mut told).await {
                    Err(error) if error.is_refusal() => {}
                    result => result?,
                }
            }
        }
        let Told {
            lines: Kept { list: mut lines, partial, .. },
            subscribed: Kept { list: subscribed, .. },
            statuses: Kept { list: statuses, .. },
            rights: Kept { list: rights, .. },
        } = told;
        self.partial = partial;
        lines.extend(subscribed);
        let mut mailboxes = self.mailboxes(lines);
        let mut known: HashMap<String, Status> =
            statuses.into_iter().map(|(name, status)| (self.path_of(&name), status)).collect();
        // With LIST-STATUS none are left but those the server stumbled over. Dovecot (2.3) goes on listing a mailbox that
        // was renamed and then deleted, to a session that had it listed before (2026-11); STATUS tells that it is gone.
        let untold: Vec<&str> = mailboxes
            .iter()
            .filter(|mailbox| mailbox.selectable && !known.contains_key(&mailbox.path))
            .map(|mailbox| mailbox.path.as_str())
            .collect();
        let Counted { counts, missing } = self.count(&untold).await?;
        known.extend(counts);
        mailboxes.retain(|mailbox| !missing.contains(&mailbox.path));
        let mut allowed: HashMap<String, Rights> =
            rights.into_iter().map(|(name, rights)| (self.path_of(&name), rights)).collect();
        if self.capabilities.acl && !self.capabilities.list_myrights {
            let shared = mailboxes.iter().filter(|mailbox| mailbox.shared.is_some() && mailbox.selectable);
            let paths: Vec<String> = shared.map(|mailbox| mailbox.path.clone()).collect();
            allowed.extend(self.rights(&paths).await?);
        }
        for mailbox in &mut mailboxes {
            mailbox.status = known.remove(&mailbox.path);
            mailbox.rights = allowed.remove(&mailbox.path);
        }
        Ok(mailboxes)
    }

    /// What these patterns give, each mailbox once where the server has LIST-EXTENDED (RFC 5258 §3). Asks for the namespaces
    /// as well, until the server has told them.
    async fn list_by(&mut self, patterns: &[String], told: &mut Told) -> Result<(), Error> {
        let mut commands = Vec::new();
        let capabilities = self.capabilities.clone();
        if capabilities.list_status || capabilities.list_extended {
            let special_use = if capabilities.special_use { " SPECIAL-USE" } else { "" };
            let rights = if capabilities.list_myrights { " MYRIGHTS" } else { "" };
            let status =
                if capabilities.list_status { format!(" STATUS {}", self.status_items()) } else { String::new() };
            let returned = format!("RETURN (SUBSCRIBED CHILDREN{special_use}{rights}{status})");
            let command = Command::new("LIST \"\"");
            let command = match patterns {
                [pattern] => command.mailbox(pattern)?,
                several => command.mailboxes(several)?,
            };
            commands.push(command.words(&returned));
        } else {
            for words in ["LIST \"\"", "LSUB \"\""] {
                for pattern in patterns {
                    commands.push(Command::new(words).mailbox(pattern)?);
                }
            }
        }
        if capabilities.namespace && self.namespaces.is_none() {
            commands.push(Command::new("NAMESPACE"));
        }
        let limits = Limits { total: 32 * 1024 * 1024, ..Limits::SHORT };
        let mut namespaces = None;
        let answers = self
            .run_all(commands, limits, 1, |response| {
                match response {
                    Response::List(line) => {
                        let kept = if line.subscribed_only { &mut told.subscribed } else { &mut told.lines };
                        kept.push(line.name.len(), line, seems_used);
                    }
                    Response::StatusOf { name, items, .. } => {
                        told.statuses.push(name.len(), (name, Status::read(&items)), |_| false);
                    }
                    Response::MyRights { name, rights } => told.rights.push(name.len(), (name, rights), |_| false),
                    Response::Namespace(read) => namespaces = Some(read),
                    other => return Some(other),
                }
                None
            })
            .await?;
        self.namespaces = namespaces.or(self.namespaces.take());
        // LSUB, NAMESPACE and further patterns may be refused, the first may not.
        answers.into_iter().next().unwrap_or(Err(Error::Closed)).map(drop)
    }

    /// The counts of some mailboxes, in one round trip. A mailbox of which the server refuses to tell is left out.
    pub async fn status(&mut self, paths: &[&str]) -> Result<Vec<(String, Status)>, Error> {
        Ok(self.count(paths).await?.counts)
    }

    async fn count(&mut self, paths: &[&str]) -> Result<Counted, Error> {
        let items = self.status_items();
        let (mut commands, mut asked) = (Vec::new(), Vec::new());
        for path in paths.iter().take(MAX_MAILBOXES) {
            // A name that cannot be said is none of the server's.
            if let Ok(command) = self.mailbox_command("STATUS", path) {
                commands.push(command.words(&items));
                asked.push(*path);
            }
        }
        if commands.is_empty() {
            return Ok(Counted::default());
        }
        let mut found: Vec<(Vec<u8>, Status)> = Vec::new();
        let limits = Limits { total: 32 * 1024 * 1024, ..Limits::SHORT };
        let answers = self
            .run_all(commands, limits, 1, |response| match response {
                Response::StatusOf { name, items, .. } => {
                    if found.len() < 2 * MAX_MAILBOXES {
                        found.push((name, Status::read(&items)));
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        // With NOTIFY on, a mailbox nobody asked for may be among them: it changed.
        let wanted: HashSet<&str> = paths.iter().copied().collect();
        let named = found.into_iter().map(|(name, status)| (self.path_of(&name), status));
        let counts = named.filter(|(path, _)| wanted.contains(path.as_str())).collect();
        let is_missing =
            |error: Error| matches!(error.of_missing(), Error::Refused { code: Some(Code::NonExistent), .. });
        let missing = asked
            .into_iter()
            .zip(answers)
            .filter(|(_, answer)| answer.as_ref().is_err_and(|error| is_missing(error.clone())))
            .map(|(path, _)| path.to_owned())
            .collect();
        Ok(Counted { counts, missing })
    }

    fn status_items(&self) -> String {
        let modseq = if self.capabilities.condstore { " HIGHESTMODSEQ" } else { "" };
        format!("(MESSAGES UNSEEN UIDNEXT UIDVALIDITY{modseq})")
    }

    fn mailboxes(&mut self, mut lines: Vec<List>) -> Vec<Listed> {
        if lines.len() > MAX_MAILBOXES {
            // Of those that are left out none is the inbox, wherever the server has it.
            lines.sort_by_cached_key(|line| !seems_used(line));
        }
        let mut mailboxes: Vec<(Listed, Look)> = Vec::new();
        // Those that are listed no more are nobody's any more.
        self.odd_names.clear();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut subscribed: Vec<String> = Vec::new();
        for line in lines {
            let path = self.path_of(&line.name);
            if line.subscribed_only {
                subscribed.push(path);
                continue;
            }
            if path.is_empty() || places.contains_key(&path) {
                continue;
            }
            if mailboxes.len() >= MAX_MAILBOXES {
                self.partial = true;
                continue;
            }
            if path != "INBOX" && app::utf7::encode(&path).as_bytes() != line.name {
                self.odd_names.insert(path.clone(), line.name.clone());
            }
            let has = |attribute: &str| line.attributes.iter().any(|other| other.eq_ignore_ascii_case(attribute));
            let shared = self.namespaces.as_ref().and_then(|namespaces| namespaces.whose(&path));
            let listed = Listed {
                delimiter: line.delimiter,
                special_use: None,
                said_use: None,
                view: View::by_attributes(line.attributes.iter().map(String::as_str)),
                selectable: !has("\\Noselect") && !has("\\NonExistent"),
                subscribed: has("\\Subscribed"),
                shared,
                rights: None,
                status: None,
                path,
            };
            let attributes = || line.attributes.iter().map(String::as_str);
            let look = Look {
                // RFC 9051 §5.1: the name INBOX is reserved, whatever else is said of it.
                said: match listed.path.as_str() {
                    "INBOX" => Some(SpecialUse::Inbox),
                    // What others use a mailbox for, this person does not.
                    _ if listed.shared.is_some() => None,
                    _ => by_attributes(attributes()).filter(|said| *said != SpecialUse::Inbox),
                },
                usual: match listed.selectable && listed.shared.is_none() {
                    true if listed.view == Some(View::All) => Some(SpecialUse::Archive),
                    true => by_name(&listed.path, listed.delimiter),
                    false => None,
                },
            };
            places.insert(listed.path.clone(), mailboxes.len());
            mailboxes.push((Listed { said_use: look.said, ..listed }, look));
        }
        for path in subscribed {
            if let Some((listed, _)) = places.get(&path).and_then(|&place| mailboxes.get_mut(place)) {
                listed.subscribed = true;
            }
        }
        assign(&mut mailboxes, |(_, look)| *look, |(listed, _), special_use| listed.special_use = Some(special_use));
        let mut mailboxes: Vec<Listed> = mailboxes.into_iter().map(|(listed, _)| listed).collect();
        if let Some(namespaces) = &self.namespaces {
            mailboxes.retain(|mailbox| mailbox.selectable || !namespaces.is_prefix(&mailbox.path));
            for place in owners(&mailboxes, namespaces) {
                mailboxes.push(place);
            }
        }
        mailboxes
    }
}

/// Whether a mailbox seems to be for a use: then it is the last to be left out.
fn seems_used(line: &List) -> bool {
    let named = || by_name(&app::utf7::decode(&line.name)?, line.delimiter);
    by_attributes(line.attributes.iter().map(String::as_str)).or_else(named).is_some()
}

/// The mailboxes that stand for people, where the server lists only what is inside.
fn owners(mailboxes: &[Listed], namespaces: &Namespaces) -> Vec<Listed> {
    let mut known: HashSet<String> = mailboxes.iter().map(|mailbox| mailbox.path.clone()).collect();
    let shared = mailboxes.iter().filter_map(|mailbox| Some((mailbox, mailbox.shared.as_ref()?)));
    let places = shared.filter_map(|(mailbox, shared)| {
        let (path, delimiter) = namespaces.above(&mailbox.path, shared)?;
        let (shared, status) = (Some(shared.clone()), None);
        let listed = Listed {
            path,
            delimiter,
            special_use: None,
            said_use: None,
            view: None,
            selectable: false,
            subscribed: false,
            shared,
            rights: None,
            status,
        };
        known.insert(listed.path.clone()).then_some(listed)
    });
    places.collect()
}
