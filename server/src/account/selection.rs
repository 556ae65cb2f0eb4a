//! Which messages are meant by what a person has selected, and to which of them something applies.

use std::collections::{BTreeMap, HashSet};

use app::wire::{Error, MessageRef, Selection, TabId, Uid, UidValidity};

use super::{
    actor::{Actor, Failure},
    tab::Source,
};
use crate::imap::{Session, UidSet, search::Key};

/// How often messages are searched again because something has changed meanwhile.
const SEARCHES: usize = 4;

/// Messages of one mailbox.
pub(super) struct Group {
    pub mailbox: String,
    pub uid_validity: UidValidity,
    pub uids: UidSet,
}

impl Actor {
    /// Which messages a selection means, by mailbox.
    pub(super) async fn resolve(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        selection: Selection,
    ) -> Result<Vec<Group>, Failure> {
        match selection {
            Selection::Messages(messages) => self.these(messages),
            Selection::Threads(messages) => {
                let groups = self.these(messages)?;
                self.with_threads(session, groups).await
            }
            Selection::Mailbox { path, uid_validity, uid_next } => {
                self.select(session, &path).await?;
                // What has come since was not what the person looked at.
                let uids = session.search(&[Key::All], None).await?;
                let uids = uids.into_iter().filter(|uid| *uid < uid_next).collect();
                Ok(vec![Group { mailbox: path, uid_validity, uids }])
            }
            Selection::All { list, except } => {
                let view = self.view(tab).filter(|view| view.list == list).ok_or(Error::Gone)?;
                let mailbox = view.query.mailbox.clone();
                let left_out: HashSet<(&str, Uid)> =
                    except.iter().map(|message| (message.mailbox.as_str(), message.uid)).collect();
                match &view.source {
                    Source::Hits(hits) => {
                        let found = hits.found.iter().filter_map(|hit| Some((hits.place_of(hit)?, hit.uid)));
                        let groups = grouped(
                            found
                                .filter(|(place, uid)| !left_out.contains(&(&*place.mailbox, *uid)))
                                .map(|(place, uid)| (place.mailbox.to_string(), place.uid_validity, uid)),
                        );
                        if view.query.is_threaded() { self.with_threads(session, groups).await } else { Ok(groups) }
                    }
                    Source::Mailbox { uid_validity } => {
                        let uid_validity = *uid_validity;
                        self.select(session, &mailbox).await?;
                        // What arrives from now on was not in the list that the person selected.
                        let all = session.search(&[Key::All], None).await?;
                        let uids: UidSet =
                            all.into_iter().filter(|uid| !left_out.contains(&(mailbox.as_str(), *uid))).collect();
                        Ok(vec![Group { mailbox, uid_validity, uids }])
                    }
                }
            }
        }
    }

    fn these(&self, messages: Vec<MessageRef>) -> Result<Vec<Group>, Failure> {
        if messages.iter().any(|message| message.account != self.record.id) {
            return Err(Error::Gone.into());
        }
        Ok(grouped(messages.into_iter().map(|message| (message.mailbox, message.uid_validity, message.uid))))
    }

    /// To which of these messages the keys apply, other programs' latest changes included: Dovecot searches what it told last,
    /// and tells only then what has changed since (RFC 9051 §5.2).
    pub(super) async fn which(
        &mut self,
        session: &mut Session,
        keys: &[Key],
        uids: &UidSet,
    ) -> Result<UidSet, Failure> {
        let mut found = UidSet::default();
        for _ in 0..SEARCHES {
            found = session.search(keys, Some(uids)).await?.into_iter().collect();
            if !self.settle(session).await? {
                break;
            }
        }
        Ok(found)
    }
}

fn grouped(messages: impl Iterator<Item = (String, UidValidity, Uid)>) -> Vec<Group> {
    let mut groups: BTreeMap<(String, UidValidity), Vec<Uid>> = BTreeMap::new();
    for (mailbox, uid_validity, uid) in messages {
        groups.entry((mailbox, uid_validity)).or_default().push(uid);
    }
    groups
        .into_iter()
        .map(|((mailbox, uid_validity), uids)| Group { mailbox, uid_validity, uids: uids.into_iter().collect() })
        .collect()
}
