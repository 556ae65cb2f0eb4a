//! All mailboxes and their counts (RFC 9051 §6.3.9, RFC 5258, RFC 5819), and where new ones belong (RFC 2342).

use std::collections::{HashMap, HashSet};

use app::wire::SpecialUse;

use super::{Command, Error, Limits, Response, Session};
use crate::imap::{
    Code,
    response::List,
    special_use::{Look, assign, by_attributes, by_name, shows_all},
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
    pub selectable: bool,
    pub subscribed: bool,
    /// Missing where the server refused to tell.
    pub status: Option<Status>,
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

/// What STATUS told of some mailboxes.
#[derive(Default)]
struct Counted {
    counts: Vec<(String, Status)>,
    /// Those that are not there, by the server's word.
    missing: HashSet<String>,
}

impl Session {
    /// All mailboxes, in the server's order, with their counts: one round trip where the server has LIST-STATUS.
    pub async fn list(&mut self) -> Result<Vec<Listed>, Error> {
        let items = self.status_items();
        let at_once = self.capabilities.list_status;
        let mut commands = Vec::new();
        if at_once || self.capabilities.list_extended {
            let special_use = if self.capabilities.special_use { " SPECIAL-USE" } else { "" };
            let status = if at_once { format!(" STATUS {items}") } else { String::new() };
            let returned = format!("RETURN (SUBSCRIBED CHILDREN{special_use}{status})");
            commands.push(Command::new("LIST \"\" \"*\"").words(&returned));
        } else {
            commands.push(Command::new("LIST \"\" \"*\""));
            commands.push(Command::new("LSUB \"\" \"*\""));
        }
        if self.capabilities.namespace && self.personal.is_none() {
            commands.push(Command::new("NAMESPACE"));
        }
        let limits = Limits { total: 32 * 1024 * 1024, ..Limits::SHORT };
        let mut personal = None;
        let (mut lines, mut statuses): (Vec<List>, Vec<(Vec<u8>, Status)>) = (Vec::new(), Vec::new());
        let answers = self
            .run_all(commands, limits, 1, |response| {
                match response {
                    Response::List(line) if lines.len() < 2 * MAX_MAILBOXES => lines.push(line),
                    Response::StatusOf { name, items } if statuses.len() < MAX_MAILBOXES => {
                        statuses.push((name, Status::read(&items)));
                    }
                    Response::List(_) | Response::StatusOf { .. } => {}
                    Response::Namespace(prefix) => personal = prefix,
                    other => return Some(other),
                }
                None
            })
            .await?;
        self.personal = personal.map(|prefix| self.path_of(&prefix)).or(self.personal.take());
        // LSUB and NAMESPACE may be refused, LIST may not.
        answers.into_iter().next().unwrap_or(Err(Error::Closed))?;
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
        for mailbox in &mut mailboxes {
            mailbox.status = known.remove(&mailbox.path);
        }
        Ok(mailboxes)
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
                Response::StatusOf { name, items } => {
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

    fn mailboxes(&mut self, lines: Vec<List>) -> Vec<Listed> {
        let mut mailboxes: Vec<(Listed, Look)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut subscribed: Vec<String> = Vec::new();
        for line in lines {
            let path = self.path_of(&line.name);
            if line.subscribed_only {
                subscribed.push(path);
                continue;
            }
            if path.is_empty() || places.contains_key(&path) || mailboxes.len() >= MAX_MAILBOXES {
                continue;
            }
            if path != "INBOX" && app::utf7::encode(&path).as_bytes() != line.name {
                self.odd_names.insert(path.clone(), line.name.clone());
            }
            let has = |attribute: &str| line.attributes.iter().any(|other| other.eq_ignore_ascii_case(attribute));
            let listed = Listed {
                delimiter: line.delimiter,
                special_use: None,
                said_use: None,
                selectable: !has("\\Noselect") && !has("\\NonExistent"),
                subscribed: has("\\Subscribed"),
                status: None,
                path,
            };
            let attributes = || line.attributes.iter().map(String::as_str);
            let look = Look {
                // RFC 9051 §5.1: the name INBOX is reserved, whatever else is said of it.
                said: match listed.path.as_str() {
                    "INBOX" => Some(SpecialUse::Inbox),
                    _ => by_attributes(attributes()).filter(|said| *said != SpecialUse::Inbox),
                },
                usual: match listed.selectable {
                    true if shows_all(attributes()) => Some(SpecialUse::Archive),
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
        mailboxes.into_iter().map(|(listed, _)| listed).collect()
    }
}
