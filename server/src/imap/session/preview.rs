//! The beginnings of texts: from the server where it makes them (RFC 8970), else from the first bytes of the text.

use std::collections::{HashMap, HashSet};

use app::wire::Uid;

use super::{Command, Error, Limits, Response, Session, all_done};
use crate::imap::{UidSet, row::one_line};
use crate::mime::{decode_body, html_to_preview, preview};

/// Where the text of a message is.
pub use crate::mime::shown::Leaf as TextPart;

/// How much of a text is fetched for its beginning. HTML begins with what nobody reads.
const PLAIN: u32 = 2048;
const HTML: u32 = 16 * 1024;

/// The largest number of previews of one call.
const MAX_PREVIEWS: usize = 500;

impl Session {
    /// The beginnings of the texts of some messages, one line of at most 200 characters each. One round trip.
    pub async fn fetch_previews(&mut self, wanted: &[(Uid, TextPart)]) -> Result<Vec<(Uid, String)>, Error> {
        let wanted = wanted.get(..wanted.len().min(MAX_PREVIEWS)).unwrap_or_default();
        if wanted.is_empty() || self.selected.is_none() {
            return Ok(Vec::new());
        }
        if !self.capabilities.preview {
            return self.own_previews(wanted).await;
        }
        let mut previews = self.made_previews(wanted).await?;
        // RFC 8970 §3.1: NIL where the server has none. Cyrus IMAP (3.6, 2026-11) has none that it was not given by others.
        let made: HashSet<Uid> = previews.iter().map(|(uid, _)| *uid).collect();
        let missing: Vec<(Uid, TextPart)> = wanted.iter().filter(|(uid, _)| !made.contains(uid)).cloned().collect();
        if !missing.is_empty() {
            previews.extend(self.own_previews(&missing).await?);
        }
        Ok(previews)
    }

    async fn made_previews(&mut self, wanted: &[(Uid, TextPart)]) -> Result<Vec<(Uid, String)>, Error> {
        let uids: UidSet = wanted.iter().map(|(uid, _)| *uid).collect();
        let texts = uids.texts(super::SET_LENGTH);
        let commands = texts.iter().map(|text| Command::new("UID FETCH").words(text).words("(UID PREVIEW)")).collect();
        let mut previews = Vec::new();
        let answers = self
            .run_all(commands, Limits::SHORT, 1, |response| match response {
                Response::Fetch(mut fetch) if fetch.uid.is_some_and(|uid| uids.contains(Uid(uid))) => {
                    if let (Some(uid), Some(text)) = (fetch.uid, fetch.preview.take()) {
                        previews.push((Uid(uid), text));
                        previews.truncate(2 * MAX_PREVIEWS);
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        Ok(previews)
    }

    async fn own_previews(&mut self, wanted: &[(Uid, TextPart)]) -> Result<Vec<(Uid, String)>, Error> {
        let parts: HashMap<u32, &TextPart> = wanted.iter().map(|(uid, part)| (uid.0, part)).collect();
        let mut by_section: HashMap<(&str, bool), Vec<Uid>> = HashMap::new();
        for (uid, part) in wanted {
            by_section.entry((part.section.as_str(), part.html)).or_default().push(*uid);
        }
        let mut commands = Vec::new();
        for ((section, html), uids) in by_section {
            let uids: UidSet = uids.into_iter().collect();
            let length = if html { HTML } else { PLAIN };
            let item = super::fetch::section_item(section, Some((0, length)))?;
            for text in uids.texts(super::SET_LENGTH) {
                commands.push(Command::new("UID FETCH").words(&text).words(&format!("(UID {item})")));
            }
        }
        let limits = Limits { total: 1024 * 1024 + wanted.len() as u64 * u64::from(2 * HTML), ..Limits::SHORT };
        let mut previews = HashMap::new();
        let answers = self
            .run_all(commands, limits, 1, |response| match response {
                Response::Fetch(mut fetch) if !fetch.sections.is_empty() => {
                    if let Some((uid, part)) = fetch.uid.and_then(|uid| Some((uid, parts.get(&uid)?)))
                        && let Some((_, bytes)) = fetch.sections.pop()
                    {
                        let text = decode_body(&bytes, part.encoding, part.charset.as_deref());
                        let text = if part.html { html_to_preview(&text) } else { preview(&text) };
                        previews.insert(Uid(uid), one_line(&text));
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        Ok(previews.into_iter().collect())
    }
}
