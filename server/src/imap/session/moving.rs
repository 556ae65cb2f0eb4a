//! Flags set, messages moved and erased (RFC 9051 §6.4.6-§6.4.8, RFC 6851, RFC 4315).

use app::wire::{Flag, Uid, UidValidity};

use super::{Code, Command, Error, Limits, Response, SET_LENGTH, Session, all_done};
use crate::imap::{UidSet, command::is_keyword};

/// Where messages went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyUid {
    /// Of the mailbox they are in now.
    pub uid_validity: UidValidity,
    pub source: UidSet,
    /// In the order of `source`.
    pub destination: UidSet,
}

impl CopyUid {
    /// Old and new UIDs.
    pub fn pairs(&self) -> impl Iterator<Item = (Uid, Uid)> + '_ {
        self.source.iter().zip(self.destination.iter())
    }
}

impl Session {
    /// Sets or takes away flags. What the server then says of them is in [`Session::take_changes`].
    pub async fn store(&mut self, uids: &UidSet, flags: &[Flag], set: bool) -> Result<(), Error> {
        if uids.is_empty() || flags.is_empty() {
            return Ok(());
        }
        let item = flags_item(if set { "+FLAGS" } else { "-FLAGS" }, flags)?;
        let commands = for_each_text(uids, |text| Ok(Command::new("UID STORE").words(text).words(&item)))?;
        let answers = self.run_all(commands, store_limits(uids), 1, Some).await?;
        all_done(answers).map(drop)
    }

    /// Moves messages to another mailbox. Tells where they went if the server does.
    ///
    /// Without MOVE they are copied, and erased as [`Session::erase`] does it.
    pub async fn move_to(&mut self, uids: &UidSet, path: &str) -> Result<Option<CopyUid>, Error> {
        if uids.is_empty() {
            return Ok(None);
        }
        if self.capabilities.r#move {
            return self.transfer("UID MOVE", uids, path).await;
        }
        let copied = self.transfer("UID COPY", uids, path).await?;
        self.erase(uids).await?;
        Ok(copied)
    }

    /// Copies messages to another mailbox.
    pub async fn copy_to(&mut self, uids: &UidSet, path: &str) -> Result<Option<CopyUid>, Error> {
        if uids.is_empty() { Ok(None) } else { self.transfer("UID COPY", uids, path).await }
    }

    async fn transfer(&mut self, words: &'static str, uids: &UidSet, path: &str) -> Result<Option<CopyUid>, Error> {
        let commands = for_each_text(uids, |text| self.with_mailbox(Command::new(words).words(text), path))?;
        let mut moved = None;
        // A MOVE of many takes a server its time, and it says nothing meanwhile.
        let answers = self
            .run_all(commands, store_limits(uids), 4, |response| {
                // RFC 6851 §4.3: MOVE tells it before the messages vanish, COPY at its end.
                if let Response::Status(status) = &response
                    && let Some(Code::CopyUid { uid_validity, source, destination }) = &status.code
                {
                    join(&mut moved, uids, *uid_validity, (source, destination));
                    return None;
                }
                Some(response)
            })
            .await?;
        for done in all_done(answers)? {
            if let Some(Code::CopyUid { uid_validity, source, destination }) = &done.code {
                join(&mut moved, uids, *uid_validity, (source, destination));
            }
        }
        Ok(moved)
    }

    /// Erases messages for good.
    ///
    /// Without UIDPLUS only a plain EXPUNGE is left, which erases whatever anybody has marked deleted. What else is marked
    /// loses its mark for that moment. A line that breaks then leaves it without: it stays, which does no harm.
    pub async fn erase(&mut self, uids: &UidSet) -> Result<(), Error> {
        if uids.is_empty() {
            return Ok(());
        }
        // Each is waited for, though RFC 9051 §5.5 lets them follow at once: Dovecot (2.3, 2026-11) then says OK to an
        // EXPUNGE that erased nothing, if another hand has erased something a moment before.
        self.mark_deleted(uids, true).await?;
        if self.capabilities.uidplus {
            let erase = for_each_text(uids, |text| Ok(Command::new("UID EXPUNGE").words(text)))?;
            let answers = self.run_all(erase, store_limits(uids), 4, Some).await?;
            return all_done(answers).map(drop);
        }
        let theirs = self.marked_beside(uids).await?;
        self.mark_deleted(&theirs, false).await?;
        let erased = self.run(Command::new("EXPUNGE"), store_limits(uids), Some).await;
        self.mark_deleted(&theirs, true).await?;
        erased.map(drop)
    }

    /// What is marked deleted beside these messages.
    async fn marked_beside(&mut self, uids: &UidSet) -> Result<UidSet, Error> {
        let marked = self.found(vec![Command::new("UID SEARCH DELETED")], None, 1).await?;
        let ours = uids.sorted();
        Ok(marked.into_iter().filter(|uid| !ours.has(*uid)).collect())
    }

    async fn mark_deleted(&mut self, uids: &UidSet, set: bool) -> Result<(), Error> {
        let sign = if set { '+' } else { '-' };
        let item = format!("{sign}FLAGS.SILENT (\\Deleted)");
        let mark = for_each_text(uids, |text| Ok(Command::new("UID STORE").words(text).words(&item)))?;
        if mark.is_empty() {
            return Ok(());
        }
        all_done(self.run_all(mark, store_limits(uids), 1, Some).await?).map(drop)
    }
}

/// Puts together what a server says of where messages went. What does not fit to those that were asked for is not believed.
fn join(
    moved: &mut Option<CopyUid>,
    asked: &UidSet,
    uid_validity: UidValidity,
    (source, destination): (&UidSet, &UidSet),
) {
    let before =
        moved.as_ref().filter(|moved| moved.uid_validity == uid_validity).map_or(0, |moved| moved.source.len());
    if source.len() != destination.len() || before + source.len() > asked.len() {
        return;
    }
    match moved {
        Some(moved) if moved.uid_validity == uid_validity => {
            moved.source.append(source);
            moved.destination.append(destination);
        }
        _ => *moved = Some(CopyUid { uid_validity, source: source.clone(), destination: destination.clone() }),
    }
}

fn for_each_text(
    uids: &UidSet,
    mut command: impl FnMut(&str) -> Result<Command, Error>,
) -> Result<Vec<Command>, Error> {
    uids.texts(SET_LENGTH).iter().map(|text| command(text)).collect()
}

fn store_limits(uids: &UidSet) -> Limits {
    Limits { total: 16 * 1024 * 1024 + uids.len() * 512, ..Limits::SHORT }
}

/// Whether a flag can be said to a server: one that came from another server need not.
pub fn is_speakable(flag: &Flag) -> bool {
    flags_item("", std::slice::from_ref(flag)).is_ok()
}

/// `+FLAGS (\Seen urgent)`. A keyword must be an atom (RFC 9051 §9, flag-keyword).
pub(super) fn flags_item(item: &str, flags: &[Flag]) -> Result<String, Error> {
    let mut words = Vec::new();
    for flag in flags {
        let word = flag.as_str();
        let name = word.strip_prefix('\\').unwrap_or(word);
        if !is_keyword(name) {
            return Err(Error::Unspeakable);
        }
        words.push(word);
    }
    Ok(format!("{item} ({})", words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_flags_are_said_as_flags() {
        let keyword = |word: &str| Flag::Keyword(word.to_owned());
        assert_eq!(flags_item("+FLAGS", &[Flag::Seen, keyword("a-b")]), Ok("+FLAGS (\\Seen a-b)".to_owned()));
        for word in ["", "a b", "a)", "\\", "\\*", "ё", "a\r\nb", "{3}"] {
            assert_eq!(flags_item("+FLAGS", &[keyword(word)]), Err(Error::Unspeakable), "{word}");
        }
    }
}
