//! What was done in a history, by message: what had to become of it is worked out from this at each rest.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use app::wire::{Flag, MessageRef, Row};

use super::explain::{BLUE, DELETED, Deed, FLAGGED, Folder, MOST, Marks, Rest, SEEN, Step, Whom, explains};

/// Mailboxes whose messages are moved about.
pub const FOLDERS: [Folder; 3] = ["INBOX", "Archive", "Trash"];

/// What the server has, by mailbox, from the lowest UID.
pub type Truth = BTreeMap<String, Vec<Found>>;

/// A message as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub uid: u32,
    pub subject: String,
    pub flags: BTreeSet<Flag>,
}

/// A message of a history. Its subject is its name.
#[derive(Default)]
struct Letter {
    /// Where it was at the last rest.
    rest: Option<Rest>,
    /// What may have been done to it since.
    steps: Vec<Step>,
}

#[derive(Default)]
pub struct Ledger {
    clock: u64,
    acts: u32,
    /// The number of the last message that was made.
    made: u32,
    /// Those that are not erased.
    letters: BTreeMap<u32, Letter>,
    /// Which message was seen under which name of the server's.
    seen: HashMap<(String, u32, u32), u32>,
}

pub fn subject(letter: u32) -> String {
    format!("letter {letter}")
}

/// The message of this subject, if it is one of a history's.
pub fn letter_of(subject: &str) -> Option<u32> {
    subject.strip_prefix("letter ")?.parse().ok()
}

pub fn marks_of<'a>(flags: impl IntoIterator<Item = &'a Flag>) -> Marks {
    let mark = |flag: &Flag| match flag {
        Flag::Seen => SEEN,
        Flag::Flagged => FLAGGED,
        Flag::Deleted => DELETED,
        Flag::Keyword(keyword) if keyword == "blue" => BLUE,
        other => panic!("nobody set {other:?}"),
    };
    flags.into_iter().map(mark).fold(0, |all, mark| all | mark)
}

impl Ledger {
    /// A moment after all others.
    pub fn now(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    pub fn new_act(&mut self) -> u32 {
        self.acts += 1;
        self.acts
    }

    /// A message that was never there before.
    pub fn new_letter(&mut self) -> u32 {
        self.made += 1;
        self.letters.insert(self.made, Letter::default());
        self.made
    }

    /// Messages that may be somewhere.
    pub fn letters(&self) -> Vec<u32> {
        self.letters.keys().copied().collect()
    }

    /// How many steps the message with the most of them has: a rest is due before there are too many.
    pub fn is_full(&self) -> bool {
        self.letters.values().any(|letter| letter.steps.len() > MOST - 10)
    }

    /// Notes what is begun: whether it was done is not known yet.
    pub fn begin(&mut self, letter: u32, act: u32, whom: Whom, deeds: &[Deed]) {
        let begun = self.now();
        let steps = &mut self.letters.get_mut(&letter).expect("a message").steps;
        let mut after = None;
        for deed in deeds {
            steps.push(Step { act, whom, deed: *deed, begun, ended: u64::MAX, sure: false, after });
            after = Some(steps.len() - 1);
        }
    }

    /// Notes what was answered: `sure` says of which steps that they were done.
    pub fn end(&mut self, act: u32, sure: impl Fn(u32, &Step) -> bool) {
        let ended = self.now();
        for (number, letter) in &mut self.letters {
            for step in letter.steps.iter_mut().filter(|step| step.act == act) {
                step.ended = ended;
                step.sure = sure(*number, step);
            }
        }
    }

    /// Notes that an act cannot have been made.
    pub fn retract(&mut self, act: u32) {
        for step in self.letters.values_mut().flat_map(|letter| &mut letter.steps).filter(|step| step.act == act) {
            step.deed = Deed::Mark { marks: 0, set: true };
        }
    }

    /// The steps of an act, by message.
    pub fn steps_of(&self, act: u32) -> Vec<(u32, Step)> {
        let steps = |(number, letter): (&u32, &Letter)| {
            letter.steps.iter().filter(|step| step.act == act).map(|step| (*number, *step)).collect::<Vec<_>>()
        };
        self.letters.iter().flat_map(steps).collect()
    }

    /// Takes note of a row that is shown: the message must be one that somebody made, and never another's of before.
    pub fn see(&mut self, row: &Row) -> Result<(), String> {
        // Of a message that another hand erases just then the server tells its UID and its flags, and no more.
        if row.subject.is_empty() {
            return Ok(());
        }
        let Some(letter) = letter_of(&row.subject).filter(|letter| self.letters.contains_key(letter)) else {
            return Err(format!("phantom: nobody made what is shown as {:?} in {}", row.subject, row.message.mailbox));
        };
        let MessageRef { mailbox, uid_validity, uid, .. } = &row.message;
        let known = *self.seen.entry((mailbox.clone(), uid_validity.0, uid.0)).or_insert(letter);
        if known != letter {
            return Err(format!(
                "wrong row: {uid:?} of {mailbox} is shown as {:?} and was {}",
                row.subject,
                subject(known)
            ));
        }
        Ok(())
    }

    /// Compares with what the server has at rest, and begins anew from there. Says what cannot be explained.
    pub fn settle(&mut self, truth: &Truth) -> Vec<String> {
        let mut quarrels = Vec::new();
        let mut there: BTreeMap<u32, Vec<Rest>> = BTreeMap::new();
        for (path, found) in truth {
            for found in found {
                let folder = FOLDERS.into_iter().find(|folder| folder == path);
                match (folder, letter_of(&found.subject).filter(|letter| self.letters.contains_key(letter))) {
                    (Some(folder), Some(letter)) => {
                        let rest = Rest { place: (folder, found.uid), marks: marks_of(&found.flags) };
                        there.entry(letter).or_default().push(rest);
                    }
                    _ => quarrels.push(format!("phantom: nobody made {found:?} in {path}")),
                }
            }
        }
        for (number, letter) in &mut self.letters {
            let found = there.remove(number).unwrap_or_default();
            let steps = std::mem::take(&mut letter.steps);
            let (before, after) = (letter.rest, found.first().copied());
            letter.rest = after;
            if found.len() > 1 {
                quarrels.push(format!(
                    "doubled: {} is {found:?}, was {before:?}, after {}",
                    subject(*number),
                    told(&steps)
                ));
            } else if !explains(before, &steps, after) {
                quarrels.push(format!(
                    "lost: {} was {before:?} and is {after:?}, after {}",
                    subject(*number),
                    told(&steps)
                ));
            }
        }
        self.letters.retain(|_, letter| letter.rest.is_some());
        quarrels
    }
}

fn told(steps: &[Step]) -> String {
    steps.iter().map(|step| format!("\n    {step:?}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn truth(found: &[(&str, u32, u32)]) -> Truth {
        let mut truth = Truth::new();
        for (path, uid, letter) in found {
            let found = Found { uid: *uid, subject: subject(*letter), flags: BTreeSet::new() };
            truth.entry((*path).to_owned()).or_default().push(found);
        }
        truth
    }

    /// A ledger with two messages in the inbox.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        for uid in 1..=2 {
            let (letter, act) = (ledger.new_letter(), ledger.new_act());
            ledger.begin(letter, act, Whom::In("INBOX"), &[Deed::Arrive { folder: "INBOX", uid: Some(uid) }]);
            ledger.end(act, |_, _| true);
        }
        assert_eq!(ledger.settle(&truth(&[("INBOX", 1, 1), ("INBOX", 2, 2)])), Vec::<String>::new());
        ledger
    }

    #[test]
    fn what_is_wrong_at_rest_is_found() {
        for (found, complaint) in [
            (vec![("INBOX", 1, 1)], "lost"),
            (vec![("INBOX", 1, 1), ("INBOX", 2, 2), ("Archive", 1, 2)], "doubled"),
            (vec![("INBOX", 1, 1), ("INBOX", 2, 2), ("INBOX", 3, 3)], "phantom"),
            (vec![("INBOX", 1, 1), ("Sent", 1, 2)], "phantom"),
            (vec![("INBOX", 1, 2), ("INBOX", 2, 1)], "lost"),
        ] {
            let quarrels = ledger().settle(&truth(&found));
            assert!(quarrels.first().is_some_and(|quarrel| quarrel.starts_with(complaint)), "{found:?}: {quarrels:?}");
        }
    }

    #[test]
    fn an_acknowledged_move_is_expected() {
        let mut ledger = ledger();
        let act = ledger.new_act();
        ledger.begin(1, act, Whom::At(("INBOX", 1)), &[Deed::Move { to: "Trash" }]);
        ledger.end(act, |_, _| true);
        let quarrels = ledger.settle(&truth(&[("INBOX", 1, 1), ("INBOX", 2, 2)]));
        assert!(quarrels.len() == 1 && quarrels[0].starts_with("lost"), "{quarrels:?}");
    }
}
