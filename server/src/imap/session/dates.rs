//! When messages arrived: for putting what was found in several mailboxes into one order.

use std::collections::{BTreeSet, HashMap};

use app::wire::Uid;

use super::{Command, Error, Limits, Response, SET_LENGTH, Session, all_done};
use crate::imap::UidSet;

/// The largest number of messages asked for by sequence number.
const MAX_NUMBERS: usize = 100;

impl Session {
    /// INTERNALDATE of the messages of these sequence numbers, at most [`MAX_NUMBERS`], in seconds since 1970 UTC. One round
    /// trip.
    pub async fn fetch_dates_by_sequence(&mut self, numbers: &[u32]) -> Result<HashMap<u32, i64>, Error> {
        let numbers: BTreeSet<u32> = numbers.iter().copied().take(MAX_NUMBERS).collect();
        let set = numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        if set.is_empty() {
            return Ok(HashMap::new());
        }
        let command = Command::new("FETCH").words(&set).words("(UID INTERNALDATE)");
        let mut dates = HashMap::new();
        self.run(command, Limits::SHORT, |response| match response {
            Response::Fetch(fetch) if numbers.contains(&fetch.seq) && fetch.date.is_some() => {
                dates.extend(fetch.date.map(|date| (fetch.seq, date)));
                None
            }
            other => Some(other),
        })
        .await?;
        Ok(dates)
    }

    /// INTERNALDATE of these messages, in seconds since 1970 UTC. One round trip.
    pub async fn fetch_dates(&mut self, uids: &UidSet) -> Result<Vec<(Uid, i64)>, Error> {
        let texts = uids.texts(SET_LENGTH);
        let commands =
            texts.iter().map(|text| Command::new("UID FETCH").words(text).words("(UID INTERNALDATE)")).collect();
        let limits = Limits { text: 64 * 1024, total: 1024 * 1024 + uids.len() * 1024, ..Limits::SHORT };
        let mut dates = Vec::new();
        let answers = self
            .run_all(commands, limits, 1, |response| match response {
                Response::Fetch(fetch)
                    if fetch.uid.is_some_and(|uid| uids.contains(Uid(uid))) && fetch.date.is_some() =>
                {
                    if let (Some(uid), Some(date)) = (fetch.uid, fetch.date) {
                        dates.push((Uid(uid), date));
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        Ok(dates)
    }
}
