//! Messages in another order than that of their arrival: by the server (RFC 5256), else by what is fetched of each.

use app::wire::{Sort, Uid};

use super::{Command, Error, Limits, Response, SET_LENGTH, Session, all_done};
use crate::{
    imap::{UidSet, response::Fetch, search::Key},
    mime::base_subject,
};

/// How many times as long as usual a server may sort without a word.
const SORTING: u32 = 8;

/// Messages asked at once for what they are sorted by.
const AT_ONCE: usize = 2000;

/// What a message is sorted by where the server does not do it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum By {
    Text(String),
    Number(i64),
}

impl By {
    fn of(fetch: &Fetch, sort: Sort) -> By {
        let size = i64::from(fetch.size.unwrap_or(0));
        // UIDs ascend in the order of arrival.
        let age = i64::from(fetch.uid.unwrap_or(0));
        match sort {
            Sort::Newest => By::Number(-age),
            Sort::Oldest => By::Number(age),
            Sort::Largest => By::Number(-size),
            Sort::Smallest => By::Number(size),
            Sort::Subject => By::Text(base_subject(fetch.envelope.as_ref().map_or("", |envelope| &envelope.subject))),
            Sort::Sender => {
                let from = fetch.envelope.as_ref().and_then(|envelope| envelope.from.first());
                By::Text(from.map(|from| from.display().to_lowercase()).unwrap_or_default())
            }
        }
    }
}

impl Session {
    /// UIDs of the messages to which all keys apply, in this order; among equals the newest first.
    pub async fn sort(&mut self, keys: &[Key], sort: Sort) -> Result<Vec<Uid>, Error> {
        if !self.capabilities.sort {
            let uids = self.search(keys, None).await?;
            return self.sort_by_hand(uids, sort).await;
        }
        let by = match sort {
            Sort::Newest => "REVERSE ARRIVAL",
            Sort::Oldest => "ARRIVAL",
            // RFC 5957: by what is shown of a sender, and not by the address alone.
            Sort::Sender if self.capabilities.sort_display => "DISPLAYFROM REVERSE ARRIVAL",
            Sort::Sender => "FROM REVERSE ARRIVAL",
            Sort::Subject => "SUBJECT REVERSE ARRIVAL",
            Sort::Largest => "REVERSE SIZE REVERSE ARRIVAL",
            Sort::Smallest => "SIZE REVERSE ARRIVAL",
        };
        let mut command = Command::new("UID SORT").words(&format!("({by}) UTF-8"));
        if keys.is_empty() {
            command = command.words("ALL");
        }
        for key in keys {
            command = key.say(command)?;
        }
        self.found(vec![command], SORTING).await
    }

    async fn sort_by_hand(&mut self, uids: Vec<Uid>, sort: Sort) -> Result<Vec<Uid>, Error> {
        let items = match sort {
            Sort::Sender | Sort::Subject => "(UID ENVELOPE)",
            _ => "(UID RFC822.SIZE)",
        };
        let each = if items.contains("ENVELOPE") { 64 * 1024 } else { 256 };
        let mut sorted: Vec<(By, Uid)> = Vec::new();
        for piece in uids.chunks(AT_ONCE) {
            let piece: UidSet = piece.iter().copied().collect();
            let commands =
                piece.texts(SET_LENGTH).iter().map(|text| Command::new("UID FETCH").words(text).words(items)).collect();
            let limits = Limits {
                text: 256 * 1024,
                literal: 64 * 1024,
                response: 512 * 1024,
                total: 8 * 1024 * 1024 + piece.len() * each,
            };
            // A server may say something of a message twice, and that of others, too.
            let (asked, most) = (piece.sorted(), sorted.len() + 2 * AT_ONCE);
            let answers = self
                .run_all(commands, limits, 1, |response| match response {
                    Response::Fetch(fetch) if fetch.size.is_some() || fetch.envelope.is_some() => {
                        let uid = fetch.uid.map(Uid).filter(|uid| sorted.len() < most && asked.has(*uid));
                        sorted.extend(uid.map(|uid| (By::of(&fetch, sort), uid)));
                        None
                    }
                    other => Some(other),
                })
                .await?;
            all_done(answers)?;
        }
        sorted.sort_by(|(one, uid), (other, of_other)| (one, of_other).cmp(&(other, uid)));
        sorted.dedup_by_key(|(_, uid)| *uid);
        Ok(sorted.into_iter().map(|(_, uid)| uid).collect())
    }
}
