//! Rows, flags, messages and parts (RFC 9051 §6.4.5, FETCH).

use std::{collections::HashSet, ops::RangeInclusive};

use app::wire::{Flag, ModSeq, Row, Uid};

use super::{Command, Error, Limits, Response, SET_LENGTH, Session, TextPart, all_done};
use crate::imap::{UidSet, response::Fetch, row::row};
use crate::mime::{shown::choose, structure::Node};

/// One message of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedRow {
    /// The sequence number it had in the answer.
    pub seq: u32,
    pub row: Row,
    /// Where the beginning of its text can be found, if the server did not give it: for [`Session::fetch_previews`].
    pub text: Option<TextPart>,
}

/// What is needed to show a message, apart from its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedMessage {
    pub flags: Vec<Flag>,
    /// INTERNALDATE in seconds since 1970 UTC.
    pub date: i64,
    /// RFC822.SIZE in bytes.
    pub size: u32,
    /// The header block as it is, at most [`MAX_HEADER`] bytes of it.
    pub header: Vec<u8>,
    pub structure: Node,
}

/// How much of a header block is fetched.
pub const MAX_HEADER: u32 = 256 * 1024;

/// The largest number of rows of one call. Callers ask for windows of some hundred.
pub const MAX_ROWS: usize = 2000;

/// How many messages are asked for one by one when the server stumbles.
const MAX_SINGLY: usize = 200;

impl Session {
    /// Rows by sequence number, ascending, at most [`MAX_ROWS`]. One round trip, unless the server stumbles over a message:
    /// then one more, and that message's row has what could be learned without it.
    pub async fn fetch_rows(&mut self, range: RangeInclusive<u32>) -> Result<Vec<FetchedRow>, Error> {
        let (first, last) = (*range.start(), *range.end());
        let exists = self.selected.as_ref().map_or(0, |selected| selected.exists);
        let last = last.min(exists).min(first.saturating_add(MAX_ROWS as u32 - 1));
        if first == 0 || first > last {
            return Ok(Vec::new());
        }
        let command = Command::new("FETCH").words(&format!("{first}:{last}")).words(&self.row_items());
        let count = (last - first + 1) as usize;
        let mut rows = Vec::with_capacity(count);
        let expunged = self.changes.expunged();
        let refused =
            self.rows(vec![command], count, &mut rows, |fetch| (first..=last).contains(&fetch.seq)).await.err();
        match refused {
            Some(error) if !error.is_refusal() => return Err(error),
            Some(error) if rows.is_empty() && count == 1 => return Err(error),
            _ => {}
        }
        rows.sort_by_key(|row| row.seq);
        rows.dedup_by_key(|row| row.seq);
        if rows.len() < count {
            self.fetch_the_rest(first..=last, refused, &mut rows).await?;
        }
        self.same_numbers_since(expunged)?;
        rows.sort_by_key(|row| row.seq);
        Ok(rows)
    }

    /// RFC 9051 §7.5.1 forbids EXPUNGE while a FETCH by sequence number is answered: with one in between nobody knows which
    /// message a number means, and a session that does it is not to be gone on with.
    fn same_numbers_since(&mut self, expunged: usize) -> Result<(), Error> {
        if self.changes.expunged() > expunged {
            self.over = true;
            return Err(Error::Protocol("EXPUNGE amid a FETCH by sequence number".to_owned()));
        }
        Ok(())
    }

    /// Rows by UID, ascending; messages that are gone are missing.
    pub async fn fetch_rows_by_uid(&mut self, uids: &UidSet) -> Result<Vec<FetchedRow>, Error> {
        if self.selected.is_none() || uids.is_empty() {
            return Ok(Vec::new());
        }
        let items = self.row_items();
        let texts = uids.texts(SET_LENGTH);
        let commands = texts.iter().map(|text| Command::new("UID FETCH").words(text).words(&items)).collect();
        let count = usize::try_from(uids.len()).unwrap_or(MAX_ROWS).min(MAX_ROWS);
        let mut rows = Vec::with_capacity(count);
        self.rows(commands, count, &mut rows, |fetch| fetch.uid.is_some_and(|uid| uids.contains(Uid(uid)))).await?;
        rows.sort_by_key(|row| row.row.message.uid);
        rows.dedup_by_key(|row| row.row.message.uid);
        Ok(rows)
    }

    /// Some servers refuse, or leave out, what stands beside a message they cannot read. So each of the missing is asked for
    /// by itself, and without what needs reading. A FETCH by sequence number never races an EXPUNGE (RFC 9051 §7.5.1).
    async fn fetch_the_rest(
        &mut self,
        range: RangeInclusive<u32>,
        refused: Option<Error>,
        rows: &mut Vec<FetchedRow>,
    ) -> Result<(), Error> {
        let known: HashSet<u32> = rows.iter().map(|row| row.seq).collect();
        let missing: Vec<u32> = range.filter(|seq| !known.contains(seq)).take(MAX_SINGLY).collect();
        let whole = self.row_items();
        let mut commands = Vec::new();
        for seq in &missing {
            if refused.is_some() {
                commands.push(Command::new("FETCH").words(&seq.to_string()).words(&whole));
            }
            commands.push(Command::new("FETCH").words(&seq.to_string()).words("(UID FLAGS INTERNALDATE RFC822.SIZE)"));
        }
        let mut found = Vec::new();
        let result = self.rows(commands, missing.len(), &mut found, |fetch| missing.contains(&fetch.seq)).await;
        match result {
            Err(error) if !error.is_refusal() => return Err(error),
            _ => {}
        }
        // What came whole stands before what came bare.
        found.sort_by_key(|row| row.seq);
        found.dedup_by_key(|row| row.seq);
        rows.append(&mut found);
        match refused {
            Some(error) if rows.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    fn row_items(&self) -> String {
        // RFC 8970 §3.1: LAZY gives the previews that are there already and does not make us wait for the others.
        let preview = if self.capabilities.preview { " PREVIEW (LAZY)" } else { "" };
        format!("(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE{preview})")
    }

    async fn rows(
        &mut self,
        commands: Vec<Command>,
        count: usize,
        rows: &mut Vec<FetchedRow>,
        wanted: impl Fn(&Fetch) -> bool,
    ) -> Result<(), Error> {
        let limits = Limits {
            text: 1024 * 1024,
            literal: 64 * 1024,
            response: 512 * 1024,
            total: 8 * 1024 * 1024 + count as u64 * 64 * 1024,
        };
        let (account, selected) = (self.account, self.selected.clone());
        let answers = self
            .run_all(commands, limits, 1, |response| match response {
                Response::Fetch(mut fetch) if fetch.is_row() && rows.len() < 2 * count && wanted(&fetch) => {
                    let shown = fetch.structure.as_ref().map(choose);
                    let attachment = shown.as_ref().is_some_and(|shown| !shown.attachments.is_empty());
                    let row = selected.as_ref().and_then(|selected| row(account, selected, &mut fetch, attachment))?;
                    let text = shown.and_then(|shown| shown.text_alternative.or(shown.body));
                    let text = text.filter(|_| row.preview.is_empty());
                    rows.push(FetchedRow { seq: fetch.seq, row, text });
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers).map(drop)
    }

    /// UIDs and flags by sequence number, ascending.
    pub async fn fetch_flags(&mut self, range: RangeInclusive<u32>) -> Result<Vec<(u32, Uid, Vec<Flag>)>, Error> {
        let (first, last) = (*range.start(), *range.end());
        let exists = self.selected.as_ref().map_or(0, |selected| selected.exists);
        let last = last.min(exists);
        if first == 0 || first > last {
            return Ok(Vec::new());
        }
        let count = (last - first + 1) as usize;
        let limits = Limits { text: 64 * 1024, total: 1024 * 1024 + count as u64 * 1024, ..Limits::SHORT };
        let command = Command::new("FETCH").words(&format!("{first}:{last} (UID FLAGS)"));
        let mut found = Vec::new();
        let expunged = self.changes.expunged();
        self.run(command, limits, |response| match response {
            Response::Fetch(fetch) if (first..=last).contains(&fetch.seq) && found.len() < 2 * count => {
                match (fetch.uid, fetch.flags) {
                    (Some(uid), Some(flags)) => {
                        found.push((fetch.seq, Uid(uid), flags));
                        None
                    }
                    (uid, flags) => {
                        Some(Response::Fetch(Box::new(Fetch { seq: fetch.seq, uid, flags, ..Fetch::default() })))
                    }
                }
            }
            other => Some(other),
        })
        .await?;
        self.same_numbers_since(expunged)?;
        // Said twice, what was said last holds.
        found.reverse();
        found.sort_by_key(|(seq, ..)| *seq);
        found.dedup_by_key(|(seq, ..)| *seq);
        Ok(found)
    }

    /// The flags, by UID, of those of these messages that have changed since (RFC 7162 §3.1.4.1); none when there are more
    /// than `most`. Only where the server has CONDSTORE.
    pub async fn fetch_changed_flags(
        &mut self,
        uids: &UidSet,
        since: ModSeq,
        most: usize,
    ) -> Result<Option<Vec<(Uid, Vec<Flag>)>>, Error> {
        let changed = format!("({}) (CHANGEDSINCE {})", self.flag_items(), since.0);
        let labels = self.labels;
        let texts = uids.texts(SET_LENGTH);
        let commands = texts.iter().map(|text| Command::new("UID FETCH").words(text).words(&changed)).collect();
        let limits = Limits { text: 64 * 1024, total: 64 * 1024 * 1024, ..Limits::SHORT };
        let mut found: Vec<(Uid, Vec<Flag>)> = Vec::new();
        let mut count = 0usize;
        let answers = self
            .run_all(commands, limits, 1, |response| match response {
                Response::Fetch(mut fetch) if fetch.modseq.is_some_and(|modseq| modseq > since) => {
                    count += 1;
                    if let (Some(uid), Some(flags)) = (fetch.uid, Self::flags_in(labels, &mut fetch))
                        && count <= most
                    {
                        found.push((Uid(uid), flags));
                    }
                    None
                }
                other => Some(other),
            })
            .await?;
        all_done(answers)?;
        Ok((count <= most).then_some(found))
    }

    /// Header, structure and flags of one message; nothing if it is gone.
    pub async fn fetch_message(&mut self, uid: Uid) -> Result<Option<FetchedMessage>, Error> {
        let items = format!("(UID FLAGS INTERNALDATE RFC822.SIZE BODYSTRUCTURE BODY.PEEK[HEADER]<0.{MAX_HEADER}>)");
        let limits =
            Limits { text: 1024 * 1024, literal: MAX_HEADER as usize, response: 1024 * 1024, total: 16 * 1024 * 1024 };
        let Some(mut fetch) = self.fetch_one(uid, &items, limits).await? else { return Ok(None) };
        Ok(Some(FetchedMessage {
            flags: fetch.flags.unwrap_or_default(),
            date: fetch.date.unwrap_or(0),
            size: fetch.size.unwrap_or(0),
            header: fetch.sections.pop().map(|(_, bytes)| bytes).unwrap_or_default(),
            structure: fetch.structure.unwrap_or_default(),
        }))
    }

    /// One section of a message: `1.2`, `HEADER`, or all of it by the empty name. With a range only so much from an offset;
    /// what lies behind the end is empty. Nothing if the message is gone.
    pub async fn fetch_section(
        &mut self,
        uid: Uid,
        section: &str,
        range: Option<(u32, u32)>,
    ) -> Result<Option<Vec<u8>>, Error> {
        let limit = range.map_or(Limits::MAX_LITERAL, |(_, length)| length as usize);
        let item = section_item(section, range)?;
        let limits = section_limits(limit.min(Limits::MAX_LITERAL));
        let Some(mut fetch) = self.fetch_one(uid, &format!("(UID {item})"), limits).await? else { return Ok(None) };
        if fetch.cut {
            return Err(Error::Refused { code: None, text: "the section is too large".to_owned() });
        }
        let mut bytes = fetch.sections.pop().map(|(_, bytes)| bytes).unwrap_or_default();
        bytes.truncate(limit);
        Ok(Some(bytes))
    }

    /// The beginnings of several sections, in the order asked for; a section that is not there is empty. Nothing if the
    /// message is gone. One round trip.
    pub async fn fetch_sections(&mut self, uid: Uid, wanted: &[(&str, u32)]) -> Result<Option<Vec<Vec<u8>>>, Error> {
        let mut items = Vec::new();
        for (section, limit) in wanted {
            items.push(section_item(section, Some((0, *limit)))?);
        }
        let limit = wanted.iter().map(|(_, limit)| *limit as usize).sum::<usize>().min(Limits::MAX_LITERAL);
        let items = format!("(UID {})", items.join(" "));
        let Some(fetch) = self.fetch_one(uid, &items, section_limits(limit)).await? else { return Ok(None) };
        let mut sections = fetch.sections;
        let taken = wanted.iter().map(|(section, limit)| {
            let place = sections.iter().position(|(found, _)| found.eq_ignore_ascii_case(section));
            let mut bytes = place.map(|place| sections.swap_remove(place).1).unwrap_or_default();
            bytes.truncate(*limit as usize);
            bytes
        });
        Ok(Some(taken.collect()))
    }

    /// What the server tells about one message. It may do so in several responses (RFC 9051 §7.5.2).
    async fn fetch_one(&mut self, uid: Uid, items: &str, limits: Limits) -> Result<Option<Fetch>, Error> {
        let command = Command::new("UID FETCH").words(&uid.0.to_string()).words(items);
        let mut found: Option<Fetch> = None;
        self.run(command, limits, |response| match response {
            Response::Fetch(fetch) if fetch.uid == Some(uid.0) => {
                match &mut found {
                    None => found = Some(*fetch),
                    Some(found) => {
                        let Fetch { flags, date, size, structure, sections, cut, .. } = *fetch;
                        found.flags = flags.or(found.flags.take());
                        found.date = date.or(found.date);
                        found.size = size.or(found.size);
                        found.structure = structure.or(found.structure.take());
                        found.cut |= cut;
                        if found.sections.len() < 1000 {
                            found.sections.extend(sections);
                        }
                    }
                }
                None
            }
            other => Some(other),
        })
        .await?;
        Ok(found)
    }
}

fn section_limits(limit: usize) -> Limits {
    Limits { text: 256 * 1024, literal: limit, response: limit, total: limit as u64 + 1024 * 1024 }
}

pub(super) fn section_item(section: &str, range: Option<(u32, u32)>) -> Result<String, Error> {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    if section.len() > 300 || !section.bytes().all(sound) {
        return Err(Error::Unspeakable);
    }
    let range = range.map(|(offset, length)| format!("<{offset}.{}>", length.max(1))).unwrap_or_default();
    Ok(format!("BODY.PEEK[{section}]{range}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sections_are_asked_for() {
        assert_eq!(section_item("1.2.MIME", Some((5, 9))), Ok("BODY.PEEK[1.2.MIME]<5.9>".to_owned()));
        assert_eq!(section_item("", None), Ok("BODY.PEEK[]".to_owned()));
        for section in ["1]", "1 2", "HEADER.FIELDS (A)", "1\r\n", "ü"] {
            assert_eq!(section_item(section, None), Err(Error::Unspeakable), "{section}");
        }
    }
}
