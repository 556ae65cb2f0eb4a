//! What people do to messages, and how it is taken back.

use std::{collections::HashSet, time::Duration};

use app::wire::{Action, Error, Event, Flag, Selection, SpecialUse, TabId, Uid, UidValidity, UndoId};
use tokio::time::Instant;

use super::{
    actor::{Actor, Failure},
    arrange::unless_refused,
    labels::keeps,
    rights::permitted,
    selection::Group,
};
use crate::imap::{self, CopyUid, Session, UidSet, search::Key};

/// Actions that can be taken back, at most.
const UNDOABLE: usize = 32;

/// How long an action can be taken back. The screen offers it for ten seconds; whoever goes to another device gets more.
const PATIENCE: Duration = Duration::from_secs(300);

/// Messages erased with one command.
const ERASED_AT_ONCE: usize = 2000;

/// An action that can be taken back.
pub(super) struct Undoable {
    id: UndoId,
    since: Instant,
    steps: Vec<Inverse>,
    action: Action,
    count: u32,
    /// The browser in which it was done.
    login: Vec<u8>,
    /// The tabs of others that were told.
    known: Vec<TabId>,
}

impl Undoable {
    /// Whether it is worth telling to a person who did it elsewhere: single flags come and go.
    fn is_worth_telling(&self) -> bool {
        self.count > 1 || self.steps.iter().any(|step| matches!(step, Inverse::Move { .. }))
    }
}

/// One step of taking back.
enum Inverse {
    Flag { mailbox: String, uid_validity: UidValidity, uids: UidSet, flag: Flag, set: bool },
    Move { mailbox: String, uid_validity: UidValidity, uids: UidSet, to: String, unmark: Vec<Flag>, mark: Vec<Flag> },
}

/// Copies to be found in the mailbox they go to.
struct Copies {
    count: usize,
    /// Of that mailbox.
    uid_validity: u32,
    uid_next: u32,
}

/// What came of an action.
pub(super) struct Acted {
    /// How to take it back; none when there is nothing to take back, or no way to.
    pub undo: Option<UndoId>,
    /// How many messages it changed.
    pub count: u32,
    /// How many of these were drafts that were to go out.
    pub called_off: u32,
}

impl Actor {
    /// Does an action.
    pub(super) async fn act(
        &mut self,
        session: &mut Session,
        tab: &TabId,
        selection: Selection,
        action: Action,
    ) -> Result<Acted, Failure> {
        let mut groups = self.resolve(session, tab, selection).await?;
        for group in &groups {
            self.allowed(&group.mailbox, &action)?;
        }
        let mut steps = Vec::new();
        let mut count = 0u64;
        // With all of it done or nothing: refuse before the first step where that can be known.
        if matches!(action, Action::Delete) {
            let trash = self.special(SpecialUse::Trash).ok_or(Error::NoTrash)?;
            if groups.iter().any(|group| group.mailbox == trash) {
                return Err(Error::NoTrash.into());
            }
        }
        if groups.len() > 1 {
            for group in &groups {
                permitted(&self.select(session, &group.mailbox).await?, &action)?;
            }
        }
        let called_off = match action {
            Action::Delete => self.call_off_drafts(session, &mut groups, true).await?,
            Action::Erase => self.call_off_drafts(session, &mut groups, false).await?,
            _ => 0,
        };
        for group in groups {
            let selected = self.select(session, &group.mailbox).await?;
            if selected.uid_validity != group.uid_validity {
                return Err(Error::Gone.into());
            }
            self.settle(session).await?;
            permitted(&selected, &action)?;
            count += self.act_on(session, &group, &action, &mut steps).await?;
            self.want_counts(&group.mailbox);
        }
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let undo = (!steps.is_empty()).then(|| {
            self.undo_count += 1;
            let id = UndoId(self.undo_count);
            self.undoable.retain(|undoable| undoable.since.elapsed() < PATIENCE);
            if self.undoable.len() == UNDOABLE {
                self.undoable.pop_front();
            }
            let login = self.tabs.get(tab).map(|tab| tab.login.clone()).unwrap_or_default();
            let known = Vec::new();
            self.undoable.push_back(Undoable { id, since: Instant::now(), steps, action, count, login, known });
            id
        });
        if undo.is_some() {
            let in_front: Vec<TabId> =
                self.tabs.values().filter(|tab| tab.in_front).map(|tab| tab.id.clone()).collect();
            in_front.iter().for_each(|tab| self.tell_undoable(tab));
        }
        Ok(Acted { undo, count, called_off })
    }

    /// Tells a tab that a person looks at what was done last on another device, so that it can be taken back from here.
    pub(super) fn tell_undoable(&mut self, id: &TabId) {
        let Some(last) = self.undoable.back_mut().filter(|last| last.since.elapsed() < PATIENCE) else { return };
        if last.known.contains(id) || !last.is_worth_telling() {
            return;
        }
        if let Some(tab) = self.tabs.get_mut(id).filter(|tab| tab.login != last.login) {
            last.known.push(id.clone());
            tab.tell(Event::Acted { undo: last.id, action: last.action.clone(), count: last.count });
        }
    }

    async fn act_on(
        &mut self,
        session: &mut Session,
        group: &Group,
        action: &Action,
        steps: &mut Vec<Inverse>,
    ) -> Result<u64, Failure> {
        match action {
            Action::Flag { flag, set } => self.flag(session, group, flag, *set, steps).await,
            Action::Move { to } => self.move_group(session, group, to, &[], &[], steps).await,
            Action::Archive => {
                let to = self.special_or_new(session, SpecialUse::Archive, "Archive").await?;
                self.select(session, &group.mailbox).await?;
                self.move_group(session, group, &to, &[], &[], steps).await
            }
            Action::Delete => {
                let to = self.special(SpecialUse::Trash).ok_or(Error::NoTrash)?;
                self.move_group(session, group, &to, &[], &[], steps).await
            }
            Action::Junk => {
                let to = self.special_or_new(session, SpecialUse::Junk, "Junk").await?;
                self.select(session, &group.mailbox).await?;
                self.move_group(session, group, &to, &[Flag::Junk], &[Flag::NotJunk], steps).await
            }
            Action::NotJunk => self.move_group(session, group, "INBOX", &[Flag::NotJunk], &[Flag::Junk], steps).await,
            Action::Erase => {
                // In pieces, so that the tabs see it go on.
                let uids: Vec<Uid> = group.uids.iter().collect();
                for piece in uids.chunks(ERASED_AT_ONCE) {
                    session.erase(&piece.iter().copied().collect()).await?;
                    self.settle(session).await?;
                }
                self.gone(group);
                Ok(group.uids.len())
            }
        }
    }

    async fn flag(
        &mut self,
        session: &mut Session,
        group: &Group,
        flag: &Flag,
        set: bool,
        steps: &mut Vec<Inverse>,
    ) -> Result<u64, Failure> {
        if set && session.selected().is_some_and(|selected| !keeps(selected, flag)) {
            return Err(Error::NoLabel.into());
        }
        // Only what changes is changed back.
        let lacking = match (flag, set) {
            (Flag::Seen, true) => Some(Key::Unseen),
            (Flag::Seen, false) => Some(Key::Seen),
            (Flag::Flagged, true) => Some(Key::Unflagged),
            (Flag::Flagged, false) => Some(Key::Flagged),
            (Flag::Keyword(keyword), true) => Some(Key::Unkeyword(keyword.clone())),
            (Flag::Keyword(keyword), false) => Some(Key::Keyword(keyword.clone())),
            _ => None,
        };
        let uids = match lacking {
            Some(key) => self.which(session, &[key], &group.uids).await?,
            None => group.uids.clone(),
        };
        if uids.is_empty() {
            return Ok(0);
        }
        session.store(&uids, std::slice::from_ref(flag), set).await?;
        let count = uids.len();
        steps.push(Inverse::Flag {
            mailbox: group.mailbox.clone(),
            uid_validity: group.uid_validity,
            uids,
            flag: flag.clone(),
            set: !set,
        });
        Ok(count)
    }

    /// Marks and moves. Marks are a kindness to filters: a server that refuses them is not asked twice.
    async fn move_group(
        &mut self,
        session: &mut Session,
        group: &Group,
        to: &str,
        mark: &[Flag],
        unmark: &[Flag],
        steps: &mut Vec<Inverse>,
    ) -> Result<u64, Failure> {
        if group.mailbox == to {
            return Ok(0);
        }
        mark_all(session, &group.uids, mark, unmark).await?;
        let expected = self.expected_copies(session, &group.uids, to).await?;
        let mut copied = self.move_what_is_left(session, &group.uids, to).await?;
        if let (None, Some(expected)) = (&copied, expected) {
            copied = self.find_copies(session, group, to, expected).await?;
        }
        self.gone(group);
        self.want_counts(to);
        let Some(copied) = copied else { return Ok(group.uids.len()) };
        let count = copied.destination.len();
        steps.push(Inverse::Move {
            mailbox: to.to_owned(),
            uid_validity: copied.uid_validity,
            uids: copied.destination,
            to: group.mailbox.clone(),
            unmark: mark.to_vec(),
            mark: unmark.iter().filter(|flag| **flag == Flag::Junk).cloned().collect(),
        });
        Ok(count)
    }

    /// Moves messages. Some may have been erased by another hand a moment ago: they are no reason to leave the others.
    async fn move_what_is_left(
        &mut self,
        session: &mut Session,
        uids: &UidSet,
        to: &str,
    ) -> Result<Option<CopyUid>, Failure> {
        match session.move_to(uids, to).await {
            // RFC 5530 §3: after a NOOP the session knows that they are gone, and passes over them.
            Err(imap::Error::Refused { code: Some(imap::Code::ExpungeIssued), .. }) => {
                session.noop().await?;
                self.settle(session).await?;
                Ok(session.move_to(uids, to).await?)
            }
            result => Ok(result?),
        }
    }

    /// What will tell the copies from what is in a mailbox before, where the server does not say where they go: without
    /// UIDPLUS (RFC 4315).
    async fn expected_copies(
        &mut self,
        session: &mut Session,
        uids: &UidSet,
        to: &str,
    ) -> Result<Option<Copies>, Failure> {
        if session.capabilities().uidplus {
            return Ok(None);
        }
        let count = session.search(&[Key::All], Some(uids)).await?.len();
        let status = session.status(&[to]).await?.pop();
        Ok(status.map(|(_, status)| Copies { count, uid_validity: status.uid_validity, uid_next: status.uid_next }))
    }

    /// Where messages went by what is new there. If others have come there at the same time nobody can tell: none.
    async fn find_copies(
        &mut self,
        session: &mut Session,
        group: &Group,
        to: &str,
        expected: Copies,
    ) -> Result<Option<CopyUid>, Failure> {
        let uid_validity = match self.select(session, to).await {
            // They have been moved all the same; they cannot be moved back.
            Err(Failure::Told(_)) => return Ok(None),
            selected => selected?.uid_validity,
        };
        let new = |uid: &Uid| uid.0 >= expected.uid_next;
        let uids: Vec<Uid> = session.search(&[Key::All], None).await?.into_iter().filter(new).collect();
        self.select(session, &group.mailbox).await?;
        let known = uids.len() == expected.count && uid_validity.0 == expected.uid_validity;
        let destination = uids.into_iter().collect();
        Ok(known.then(|| CopyUid { uid_validity, source: group.uids.clone(), destination }))
    }

    /// Takes an action back.
    pub(super) async fn undo(&mut self, session: &mut Session, undo: UndoId) -> Result<(), Failure> {
        let at = self.undoable.iter().position(|undoable| undoable.id == undo).ok_or(Error::Gone)?;
        let undoable = self.undoable.remove(at).ok_or(Error::Gone)?;
        let result = self.take_back(session, &undoable.steps).await;
        if matches!(result, Err(Failure::Lost(_))) {
            // It is tried once more over a new line; what was done of it already is then done twice, which changes nothing.
            self.undoable.insert(at, undoable);
        } else if result.is_ok() {
            self.undone = Some(undo);
            self.tell_all(&Event::Undone { undo });
        }
        result
    }

    async fn take_back(&mut self, session: &mut Session, steps: &[Inverse]) -> Result<(), Failure> {
        for step in steps {
            match step {
                Inverse::Flag { mailbox, uid_validity, uids, flag, set } => {
                    if self.select(session, mailbox).await?.uid_validity != *uid_validity {
                        return Err(Error::Gone.into());
                    }
                    session.store(uids, std::slice::from_ref(flag), *set).await?;
                    self.want_counts(mailbox);
                }
                Inverse::Move { mailbox, uid_validity, uids, to, unmark, mark } => {
                    if self.select(session, mailbox).await?.uid_validity != *uid_validity {
                        return Err(Error::Gone.into());
                    }
                    self.settle(session).await?;
                    mark_all(session, uids, mark, unmark).await?;
                    self.move_what_is_left(session, uids, to).await?;
                    self.gone(&Group { mailbox: mailbox.clone(), uid_validity: *uid_validity, uids: uids.clone() });
                    self.want_counts(mailbox);
                    self.want_counts(to);
                    // Whoever shows the mailbox it went back to sees it at once.
                    self.settle(session).await?;
                    self.select(session, to).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes messages that were moved or erased out of all search results.
    fn gone(&mut self, group: &Group) {
        let gone: HashSet<Uid> = group.uids.iter().collect();
        self.drop_hits(&group.mailbox, group.uid_validity, |uid| gone.contains(&uid));
    }

    /// The mailbox for this use.
    pub(super) fn special(&self, special_use: SpecialUse) -> Option<String> {
        self.mailboxes
            .iter()
            .find(|mailbox| mailbox.special_use == Some(special_use))
            .map(|mailbox| mailbox.path.clone())
    }

    /// The mailbox for this use, made if there is none.
    pub(super) async fn special_or_new(
        &mut self,
        session: &mut Session,
        special_use: SpecialUse,
        name: &str,
    ) -> Result<String, Failure> {
        if let Some(path) = self.special(special_use) {
            return Ok(path);
        }
        let path = self.make(session, self.at_the_top(name)).await?;
        self.learn_mailboxes(session).await?;
        Ok(path)
    }
}

/// Adds and removes marks. A server that refuses keywords is not asked twice, and the move goes on without them.
async fn mark_all(session: &mut Session, uids: &UidSet, mark: &[Flag], unmark: &[Flag]) -> Result<(), Failure> {
    for (flags, set) in [(mark, true), (unmark, false)] {
        if flags.is_empty() {
            continue;
        }
        unless_refused(session.store(uids, flags, set).await)?;
    }
    Ok(())
}
