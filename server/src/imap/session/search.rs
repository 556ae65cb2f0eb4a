//! UID SEARCH (RFC 9051 §6.4.4).

use app::wire::Uid;

use super::{Command, Error, Limits, Response, SET_LENGTH, Session, all_done};
use crate::imap::{UidSet, search::Key};

/// How many times as long as usual a server may look through its messages without a word.
const SEARCHING: u32 = 4;

/// Characters of the longest answer: some two million UIDs.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// UIDs of the longest answer: no mailbox is known to hold more messages.
const MOST: usize = 5_000_000;

/// Characters of a UID and what stands before the next one.
const UID_LENGTH: usize = "4294967295 ".len();

/// Characters of what else there is in an answer, at most.
const AROUND: usize = 64 * 1024;

impl Session {
    /// UIDs of the messages to which all keys apply, ascending; only of those `within`, if given.
    pub async fn search(&mut self, keys: &[Key], within: Option<&UidSet>) -> Result<Vec<Uid>, Error> {
        let sets = match within {
            Some(uids) if uids.is_empty() => return Ok(Vec::new()),
            Some(uids) => uids.texts(SET_LENGTH),
            None => vec![String::new()],
        };
        let mut commands = Vec::new();
        for set in sets {
            let mut command = Command::new("UID SEARCH");
            if self.capabilities.esearch {
                // RFC 4731: neighbours come as a range.
                command = command.words("RETURN (ALL)");
            }
            if !keys.iter().all(Key::is_ascii) {
                command = command.words("CHARSET UTF-8");
            }
            if !set.is_empty() {
                command = command.words(&format!("UID {set}"));
            }
            if set.is_empty() && keys.is_empty() {
                command = command.words("ALL");
            }
            for key in keys {
                command = key.say(command)?;
            }
            commands.push(command);
        }
        let mut uids = self.found(commands, within.map(UidSet::len), SEARCHING).await?;
        uids.sort_unstable();
        uids.dedup();
        if let Some(asked) = within.map(UidSet::sorted) {
            // Others may have been found as well, and what is done then is done to them.
            uids.retain(|uid| asked.has(*uid));
        }
        Ok(uids)
    }

    /// What SEARCH or SORT commands find, in the order in which the server says it; they ask for so many at most. The server may be
    /// silent for `patience` times what is usual.
    pub(super) async fn found(
        &mut self,
        commands: Vec<Command>,
        asked: Option<u64>,
        patience: u32,
    ) -> Result<Vec<Uid>, Error> {
        // A range of ESEARCH can be as wide as the server pleases, but there are no more messages than there are.
        // How many there are is the server's word as well.
        let exists = self.selected.as_ref().map_or(0, |selected| selected.exists as usize);
        let asked = asked.map_or(MOST, |asked| usize::try_from(asked).unwrap_or(MOST));
        let most = exists.min(asked).saturating_mul(2).saturating_add(1000).min(MOST + 1);
        let text = most.saturating_mul(UID_LENGTH).saturating_add(AROUND).min(MAX_ANSWER);
        let limits = Limits { text, total: Limits::SHORT.total + 2 * text as u64, ..Limits::SHORT };
        let mut found: Vec<Uid> = Vec::new();
        let answers = self
            .run_all(commands, limits, patience, |response| match response {
                Response::Search(ranges) | Response::Sort(ranges) => {
                    let room = most - found.len();
                    let told: u64 = ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum();
                    found.reserve_exact(usize::try_from(told).map_or(room, |told| told.min(room)));
                    found.extend(ranges.into_iter().flat_map(|(first, last)| first..=last).take(room).map(Uid));
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        if found.len() > MOST { Err(Error::Limit("messages found")) } else { Ok(found) }
    }
}
