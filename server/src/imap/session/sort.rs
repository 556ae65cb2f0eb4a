//! Messages in another order than that of their arrival: by the server (RFC 5256), else by what is fetched of each.

use std::cmp::Reverse;

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

/// What tells the size of a message.
const SIZE: &str = "(UID RFC822.SIZE)";

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
        self.found(vec![command], None, SORTING).await
    }

    async fn sort_by_hand(&mut self, uids: Vec<Uid>, sort: Sort) -> Result<Vec<Uid>, Error> {
        let size = |fetch: &Fetch| fetch.size.unwrap_or(0);
        // UIDs ascend in the order of arrival.
        let age = |fetch: &Fetch| fetch.uid.unwrap_or(0);
        let envelope = "(UID ENVELOPE)";
        match sort {
            Sort::Newest => self.sorted_by(uids, SIZE, |fetch| Reverse(age(fetch))).await,
            Sort::Oldest => self.sorted_by(uids, SIZE, age).await,
            Sort::Largest => self.sorted_by(uids, SIZE, |fetch| Reverse(size(fetch))).await,
            Sort::Smallest => self.sorted_by(uids, SIZE, size).await,
            Sort::Subject => {
                let subject = |fetch: &Fetch| fetch.envelope.as_ref().map(|envelope| base_subject(&envelope.subject));
                self.sorted_by(uids, envelope, |fetch| subject(fetch).unwrap_or_default()).await
            }
            Sort::Sender => {
                let from = |fetch: &Fetch| Some(fetch.envelope.as_ref()?.from.first()?.display().to_lowercase());
                self.sorted_by(uids, envelope, |fetch| from(fetch).unwrap_or_default()).await
            }
        }
    }

    /// The messages by what is read of these items; among equals the newest first. There may be millions.
    async fn sorted_by<K: Ord>(
        &mut self,
        uids: Vec<Uid>,
        items: &str,
        key: impl Fn(&Fetch) -> K,
    ) -> Result<Vec<Uid>, Error> {
        let each = if items == SIZE { 256 } else { 64 * 1024 };
        let mut sorted: Vec<(K, Uid)> = Vec::new();
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
            sorted.reserve_exact(AT_ONCE);
            let answers = self
                .run_all(commands, limits, 1, |response| match response {
                    Response::Fetch(fetch) if fetch.size.is_some() || fetch.envelope.is_some() => {
                        let uid = fetch.uid.map(Uid).filter(|uid| sorted.len() < most && asked.has(*uid));
                        sorted.extend(uid.map(|uid| (key(&fetch), uid)));
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
