//! When messages arrived: for putting what was found in several mailboxes into one order.

use app::wire::Uid;

use super::{Command, Error, Limits, Response, SET_LENGTH, Session, all_done};
use crate::imap::UidSet;

impl Session {
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
