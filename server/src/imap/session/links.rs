//! What messages say of which others they belong with: the fields that bind conversations.

use app::wire::{MessageRef, Uid};

use super::{Command, Error, Limits, Response, Session, all_done};
use crate::{
    conversation::{Entry, Links},
    imap::UidSet,
    mime::Headers,
};

/// The longest header of one message that is read: References of a long exchange.
const MAX_FIELDS: usize = 64 * 1024;

impl Session {
    /// What binds the messages with these UIDs in the selected mailbox, by UID; those that are gone are missing. Callers ask
    /// for some hundred messages. One round trip.
    pub async fn fetch_links(&mut self, first: Uid, last: Uid) -> Result<Vec<Entry>, Error> {
        let Some(selected) = self.selected.clone() else { return Ok(Vec::new()) };
        let uids = UidSet::range(first, last);
        let set = uids.texts(super::SET_LENGTH).concat();
        if set.is_empty() {
            return Ok(Vec::new());
        }
        let items = "(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS (MESSAGE-ID IN-REPLY-TO REFERENCES SUBJECT)])";
        let command = Command::new("UID FETCH").words(&set).words(items);
        let limits = Limits {
            text: 64 * 1024,
            literal: MAX_FIELDS,
            response: 2 * MAX_FIELDS,
            total: 8 * 1024 * 1024 + uids.len().min(u64::from(selected.exists)) * MAX_FIELDS as u64,
        };
        let account = self.account;
        let mut entries: Vec<Entry> = Vec::new();
        let answers = self
            .run_all(vec![command], limits, 1, |response| match response {
                Response::Fetch(mut fetch)
                    if fetch.uid.is_some_and(|uid| uids.contains(Uid(uid))) && fetch.has_header() =>
                {
                    let uid = Uid(fetch.uid.unwrap_or(0));
                    let header = fetch.sections.pop().map(|(_, bytes)| bytes).unwrap_or_default();
                    let message = MessageRef {
                        account,
                        mailbox: selected.path.clone(),
                        uid_validity: selected.uid_validity,
                        uid,
                    };
                    let links = Links::read(&message, &Headers::parse(&header));
                    entries.push(Entry { uid, date: fetch.date.unwrap_or(0), links });
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        entries.sort_by_key(|entry| entry.uid);
        entries.dedup_by_key(|entry| entry.uid);
        Ok(entries)
    }
}
