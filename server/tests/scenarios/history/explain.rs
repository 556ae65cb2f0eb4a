//! Whether what became of a message can be explained by what was done to it.
//!
//! A message is a small machine: it is in a mailbox under a UID, and has marks. Each step of somebody's has a time in which
//! it was made: between its beginning and its answer. What is there at rest must come about by making the steps one after the
//! other, each within its time: all those that were acknowledged, and any of those that were not. That is what
//! Herlihy and Wing (1990) call linearizable; messages do not touch each other, so that each is looked at alone.

use std::collections::HashSet;

/// A mailbox by its path.
pub type Folder = &'static str;

/// A mailbox and a UID in it.
pub type Place = (Folder, u32);

/// Marks as a set of bits.
pub type Marks = u8;

pub const SEEN: Marks = 1;
pub const FLAGGED: Marks = 2;
pub const BLUE: Marks = 4;
pub const DELETED: Marks = 8;

/// A message at rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    pub place: Place,
    pub marks: Marks,
}

/// In which case a step does something to the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// It is still where somebody saw it.
    At(Place),
    /// It is in this mailbox.
    In(Folder),
    /// It is in this mailbox, under a UID below this one.
    Below(Folder, u32),
    /// It is where this act has moved it.
    MovedBy(u32),
    /// It is where it was when this act changed its marks.
    ChangedBy(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It is made. The UID, where it was told.
    Arrive {
        folder: Folder,
        uid: Option<u32>,
    },
    Mark {
        marks: Marks,
        set: bool,
    },
    Move {
        to: Folder,
    },
    /// It is erased if it is marked deleted.
    Expunge,
}

/// Something that was done, or may have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which act it belongs to.
    pub act: u32,
    pub whom: Whom,
    pub deed: Deed,
    pub begun: u64,
    /// When it was answered.
    pub ended: u64,
    /// Whether it was acknowledged.
    pub sure: bool,
    /// The step, by its position, that comes before it if that is made.
    pub after: Option<usize>,
}

/// Steps on one message between two rests, at most.
pub const MOST: usize = 60;

/// Where a message is or was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stay {
    folder: Folder,
    /// None as long as nobody has said it.
    uid: Option<u32>,
    /// The act that brought it there.
    by: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct State {
    stays: Vec<Stay>,
    /// None before the message is made and after it is erased.
    now: Option<usize>,
    marks: Marks,
    /// Acts that changed marks, and where the message was then.
    changed: Vec<(u32, usize)>,
}

/// Whether the steps can lead from one rest to the other.
pub fn explains(before: Option<Rest>, steps: &[Step], after: Option<Rest>) -> bool {
    assert!(steps.len() <= MOST, "too many steps at once");
    let mut state = State::default();
    if let Some(rest) = before {
        state.stays.push(Stay { folder: rest.place.0, uid: Some(rest.place.1), by: None });
        state.now = Some(0);
        state.marks = rest.marks;
    }
    Search { steps, after, known: HashSet::new() }.from(0, &state)
}

struct Search<'a> {
    steps: &'a [Step],
    after: Option<Rest>,
    /// What was tried already: which steps are made or left out, and the state after them.
    known: HashSet<(u64, State)>,
}

impl Search<'_> {
    fn from(&mut self, done: u64, state: &State) -> bool {
        if !self.known.insert((done, state.clone())) {
            return false;
        }
        let left = || self.steps.iter().enumerate().filter(|(at, _)| done & (1 << at) == 0);
        let due = left().filter(|(_, step)| step.sure).map(|(_, step)| step.ended).min();
        if due.is_none() && state.is(self.after) {
            return true;
        }
        let next: Vec<usize> = left()
            .filter(|(_, step)| due.is_none_or(|due| step.begun < due))
            .filter(|(_, step)| step.after.is_none_or(|before| done & (1 << before) != 0))
            .map(|(at, _)| at)
            .collect();
        next.into_iter().any(|at| {
            // What ended before this one began is not made any more.
            let begun = self.steps[at].begun;
            let late = |(_, step): &(usize, &Step)| !step.sure && step.ended < begun;
            let late = left().filter(late).fold(0, |bits, (at, _)| bits | 1 << at);
            state.after(&self.steps[at]).iter().any(|next| self.from(done | late | 1 << at, next))
        })
    }
}

impl State {
    fn is(&self, rest: Option<Rest>) -> bool {
        match (self.now.map(|now| self.stays[now]), rest) {
            (None, None) => true,
            (Some(stay), Some(rest)) => {
                stay.folder == rest.place.0
                    && stay.uid.is_none_or(|uid| uid == rest.place.1)
                    && self.marks == rest.marks
            }
            _ => false,
        }
    }

    /// The states in which a step can leave the message. None, if it cannot have been made now.
    fn after(&self, step: &Step) -> Vec<State> {
        if let Deed::Arrive { folder, uid } = step.deed {
            let mut next = self.clone();
            next.stays.push(Stay { folder, uid, by: None });
            next.now = Some(next.stays.len() - 1);
            return if self.stays.is_empty() { vec![next] } else { Vec::new() };
        }
        let now = self.now.map(|now| self.stays[now]);
        match step.whom {
            Whom::At((folder, uid)) => {
                let is_there = |stay: &Stay| stay.folder == folder && stay.uid == Some(uid);
                if let Some(at) = self.stays.iter().position(is_there) {
                    return vec![self.meant(self.now == Some(at), step)];
                }
                // Whoever named it has seen it there: one of the stays whose UID nobody has said.
                let may_be = |(_, stay): &(usize, &Stay)| stay.folder == folder && stay.uid.is_none();
                let candidates = self.stays.iter().enumerate().filter(may_be);
                let named = candidates.map(|(at, _)| {
                    let mut named = self.clone();
                    named.stays[at].uid = Some(uid);
                    named.meant(self.now == Some(at), step)
                });
                named.collect()
            }
            Whom::In(folder) => vec![self.meant(now.is_some_and(|stay| stay.folder == folder), step)],
            Whom::Below(folder, limit) => match now.filter(|stay| stay.folder == folder) {
                None => vec![self.meant(false, step)],
                Some(Stay { uid: Some(uid), .. }) => vec![self.meant(uid < limit, step)],
                Some(_) => vec![self.meant(true, step), self.meant(false, step)],
            },
            Whom::MovedBy(act) => vec![self.meant(now.is_some_and(|stay| stay.by == Some(act)), step)],
            Whom::ChangedBy(act) => {
                let changed = self.changed.iter().any(|(by, at)| *by == act && Some(*at) == self.now);
                vec![self.meant(changed, step)]
            }
        }
    }

    /// The state after a step that means this message or does not.
    fn meant(&self, meant: bool, step: &Step) -> State {
        let mut next = self.clone();
        let (true, Some(now)) = (meant, self.now) else { return next };
        match step.deed {
            Deed::Arrive { .. } => {}
            Deed::Mark { marks, set } => {
                next.marks = if set { self.marks | marks } else { self.marks & !marks };
                if next.marks != self.marks {
                    next.changed.push((step.act, now));
                }
            }
            Deed::Move { to } if to == self.stays[now].folder => {}
            Deed::Move { to } => {
                next.stays.push(Stay { folder: to, uid: None, by: Some(step.act) });
                next.now = Some(next.stays.len() - 1);
            }
            Deed::Expunge if self.marks & DELETED != 0 => next.now = None,
            Deed::Expunge => {}
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place = ("INBOX", 1);

    fn step(act: u32, whom: Whom, deed: Deed, (begun, ended): (u64, u64)) -> Step {
        Step { act, whom, deed, begun, ended, sure: true, after: None }
    }

    fn perhaps(step: Step) -> Step {
        Step { sure: false, ..step }
    }

    fn at(folder: Folder, uid: u32, marks: Marks) -> Option<Rest> {
        Some(Rest { place: (folder, uid), marks })
    }

    #[test]
    fn what_was_acknowledged_has_to_be_there() {
        let star = step(1, Whom::At(HERE), Deed::Mark { marks: FLAGGED, set: true }, (1, 2));
        assert!(explains(at("INBOX", 1, 0), &[star], at("INBOX", 1, FLAGGED)));
        assert!(!explains(at("INBOX", 1, 0), &[star], at("INBOX", 1, 0)), "lost");
        assert!(explains(at("INBOX", 1, 0), &[perhaps(star)], at("INBOX", 1, 0)), "nobody said that it was done");
        let unstar = step(2, Whom::At(HERE), Deed::Mark { marks: FLAGGED, set: false }, (3, 4));
        assert!(explains(at("INBOX", 1, 0), &[star, unstar], at("INBOX", 1, 0)));
        assert!(!explains(at("INBOX", 1, 0), &[star, unstar], at("INBOX", 1, FLAGGED)), "in the wrong order");
        assert!(explains(at("INBOX", 1, 0), &[star, perhaps(unstar)], at("INBOX", 1, FLAGGED)));
        let meanwhile = Step { begun: 1, ended: 4, ..unstar };
        assert!(explains(at("INBOX", 1, 0), &[star, meanwhile], at("INBOX", 1, FLAGGED)), "in either order");
    }

    #[test]
    fn what_was_not_acknowledged_is_not_done_late() {
        let star = step(1, Whom::At(HERE), Deed::Mark { marks: FLAGGED, set: true }, (1, 2));
        let unstar = step(2, Whom::At(HERE), Deed::Mark { marks: FLAGGED, set: false }, (3, 4));
        assert!(explains(at("INBOX", 1, 0), &[perhaps(star), unstar], at("INBOX", 1, 0)));
        assert!(!explains(at("INBOX", 1, 0), &[perhaps(star), unstar], at("INBOX", 1, FLAGGED)));
    }

    #[test]
    fn a_message_moves_once() {
        let archive = step(1, Whom::At(HERE), Deed::Move { to: "Archive" }, (1, 4));
        let trash = step(2, Whom::At(HERE), Deed::Move { to: "Trash" }, (2, 3));
        for (steps, folder, explained) in [
            (vec![archive], "Archive", true),
            (vec![archive], "INBOX", false),
            (vec![archive], "Trash", false),
            (vec![archive, trash], "Trash", true),
            (vec![archive, trash], "Archive", true),
            (vec![archive, trash], "INBOX", false),
            (vec![archive, Step { begun: 5, ended: 6, ..trash }], "Trash", false),
        ] {
            assert_eq!(explains(at("INBOX", 1, 0), &steps, at(folder, 9, 0)), explained, "{folder} {steps:?}");
        }
        assert!(!explains(at("INBOX", 1, 0), &[archive], None), "it is gone");
    }

    #[test]
    fn a_message_is_followed_by_the_numbers_it_was_seen_under() {
        let away = step(1, Whom::At(HERE), Deed::Move { to: "Archive" }, (1, 2));
        let back = step(2, Whom::At(("Archive", 5)), Deed::Move { to: "INBOX" }, (3, 4));
        let star = step(3, Whom::At(("INBOX", 2)), Deed::Mark { marks: FLAGGED, set: true }, (5, 6));
        assert!(explains(at("INBOX", 1, 0), &[away, back, star], at("INBOX", 2, FLAGGED)));
        assert!(!explains(at("INBOX", 1, 0), &[away, back, star], at("INBOX", 3, FLAGGED)), "another number");
        assert!(!explains(at("INBOX", 1, 0), &[star], at("INBOX", 1, 0)), "it was never there under that number");
    }

    #[test]
    fn what_came_after_the_question_is_spared() {
        let empty = |limit| step(1, Whom::Below("INBOX", limit), Deed::Move { to: "Trash" }, (1, 2));
        assert!(explains(at("INBOX", 1, 0), &[empty(2)], at("Trash", 1, 0)));
        assert!(!explains(at("INBOX", 2, 0), &[empty(2)], at("Trash", 1, 0)));
        assert!(!explains(at("INBOX", 1, 0), &[empty(2)], at("INBOX", 1, 0)));
        assert!(explains(at("INBOX", 2, 0), &[empty(2)], at("INBOX", 2, 0)));
    }

    #[test]
    fn an_undo_undoes_what_the_act_did_and_no_more() {
        let star = step(1, Whom::At(HERE), Deed::Mark { marks: FLAGGED, set: true }, (1, 2));
        let undo = step(2, Whom::ChangedBy(1), Deed::Mark { marks: FLAGGED, set: false }, (3, 4));
        assert!(explains(at("INBOX", 1, 0), &[star, undo], at("INBOX", 1, 0)));
        assert!(!explains(at("INBOX", 1, 0), &[star, undo], at("INBOX", 1, FLAGGED)), "not undone");
        assert!(explains(at("INBOX", 1, FLAGGED), &[star, undo], at("INBOX", 1, FLAGGED)), "it had it before");
        assert!(!explains(at("INBOX", 1, FLAGGED), &[star, undo], at("INBOX", 1, 0)));
        let archive = step(1, Whom::At(HERE), Deed::Move { to: "Archive" }, (1, 2));
        let undo = step(2, Whom::MovedBy(1), Deed::Move { to: "INBOX" }, (3, 4));
        assert!(explains(at("INBOX", 1, 0), &[archive, undo], at("INBOX", 2, 0)));
        assert!(!explains(at("INBOX", 1, 0), &[archive, undo], at("Archive", 2, 0)));
        let on = step(3, Whom::In("Archive"), Deed::Move { to: "Trash" }, (2, 3));
        assert!(explains(at("INBOX", 1, 0), &[archive, on, undo], at("Trash", 2, 0)), "somebody has taken it on");
    }

    #[test]
    fn erasing_is_marking_and_then_erasing() {
        let mark = step(1, Whom::At(HERE), Deed::Mark { marks: DELETED, set: true }, (1, 2));
        let erase = Step { after: Some(0), ..step(1, Whom::At(HERE), Deed::Expunge, (1, 2)) };
        assert!(explains(at("INBOX", 1, 0), &[mark, erase], None));
        assert!(!explains(at("INBOX", 1, 0), &[mark, erase], at("INBOX", 1, DELETED)));
        assert!(explains(at("INBOX", 1, 0), &[perhaps(mark), perhaps(erase)], at("INBOX", 1, DELETED)));
        assert!(!explains(at("INBOX", 1, 0), &[], None), "nobody erased it");
    }

    #[test]
    fn mail_comes_from_somebody() {
        let arrive = step(1, Whom::In("INBOX"), Deed::Arrive { folder: "INBOX", uid: Some(3) }, (1, 2));
        assert!(explains(None, &[arrive], at("INBOX", 3, 0)));
        assert!(!explains(None, &[arrive], None), "lost");
        assert!(!explains(None, &[], at("INBOX", 3, 0)), "nobody made it");
        let star = step(2, Whom::At(("INBOX", 3)), Deed::Mark { marks: SEEN, set: true }, (3, 4));
        assert!(explains(None, &[arrive, star], at("INBOX", 3, SEEN)));
    }
}
