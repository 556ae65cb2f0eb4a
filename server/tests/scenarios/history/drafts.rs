//! Drafts that are saved again and again: each is there once, in the version that was acknowledged last.

use std::collections::BTreeSet;

use app::wire::{Command, Draft};

use super::{History, person::What};
use crate::draft::draft_to;

/// Drafts that are written on.
const DRAFTS: usize = 3;

pub struct Drafts {
    made: u32,
    writing: Vec<Writing>,
}

struct Writing {
    draft: Draft,
    version: u32,
    /// Whether it is in Drafts.
    kept: bool,
    /// What was asked last was not acknowledged: it has to be asked again.
    doubtful: bool,
    /// Something is under way.
    busy: bool,
}

impl Drafts {
    pub fn new() -> Drafts {
        let mut drafts = Drafts { made: 0, writing: Vec::new() };
        for _ in 0..DRAFTS {
            let writing = drafts.another();
            drafts.writing.push(writing);
        }
        drafts
    }

    fn another(&mut self) -> Writing {
        self.made += 1;
        let draft = draft_to(&["boris@pismo.test"], &format!("draft {} version 0", self.made));
        Writing { draft, version: 0, kept: false, doubtful: false, busy: false }
    }

    pub fn saved(&mut self, at: usize, done: bool) {
        let writing = &mut self.writing[at];
        (writing.busy, writing.doubtful) = (false, !done);
        writing.kept |= done;
    }

    /// A draft that is discarded is followed by another.
    pub fn discarded(&mut self, at: usize, done: bool) {
        if done {
            self.writing[at] = self.another();
        } else {
            (self.writing[at].busy, self.writing[at].doubtful) = (false, true);
        }
    }

    /// A draft of which nobody knows what became of it. Like a browser's, it is to be saved again.
    fn doubtful(&self) -> Option<usize> {
        self.writing.iter().position(|writing| writing.doubtful && !writing.busy)
    }

    /// The next version of a draft.
    fn next(&mut self, at: usize) -> Draft {
        let writing = &mut self.writing[at];
        writing.busy = true;
        writing.version += 1;
        let subject = &writing.draft.subject;
        let (name, _) = subject.rsplit_once(' ').expect("a version");
        writing.draft.subject = format!("{name} {}", writing.version);
        writing.draft.clone()
    }

    /// Compares with what Drafts has. Says what is wrong.
    pub fn settle(&self, mut subjects: Vec<String>) -> Vec<String> {
        let mut quarrels = Vec::new();
        let mut known = BTreeSet::new();
        for writing in self.writing.iter().filter(|writing| writing.kept) {
            let subject = &writing.draft.subject;
            known.insert(subject.clone());
            let before = subjects.len();
            subjects.retain(|found| found != subject);
            match before - subjects.len() {
                1 => {}
                0 => quarrels.push(format!("lost: {subject:?} was saved; there are {subjects:?}")),
                copies => quarrels.push(format!("doubled: {copies} times {subject:?}")),
            }
        }
        quarrels.extend(subjects.iter().map(|subject| format!("phantom: {subject:?} was replaced or discarded")));
        quarrels
    }
}

impl History {
    /// Writes on a draft that nobody is saving, or gives it up.
    pub async fn write_draft(&mut self, at: usize) {
        let draft = self.random.below(DRAFTS);
        if self.drafts.writing[draft].busy {
            return;
        }
        if self.drafts.writing[draft].kept && self.random.chance(15) {
            self.drafts.writing[draft].busy = true;
            let id = self.drafts.writing[draft].draft.id.clone();
            return self.say(at, Command::DiscardDraft { draft: id }, What::Discard { draft }).await;
        }
        self.save(at, draft).await;
    }

    async fn save(&mut self, at: usize, at_draft: usize) {
        let draft = self.drafts.next(at_draft);
        self.say(at, Command::SaveDraft { draft, base: None }, What::Save { draft: at_draft }).await;
    }

    /// Saves again what may not have been saved.
    pub async fn save_what_is_doubtful(&mut self) {
        while let Some(draft) = self.drafts.doubtful() {
            self.save(0, draft).await;
            self.wait_for_answers().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_drafts_is_found() {
        let mut drafts = Drafts::new();
        drafts.next(0);
        drafts.saved(0, true);
        for (found, quarrels) in [
            (vec!["draft 1 version 1"], 0),
            (vec![], 1),
            (vec!["draft 1 version 1", "draft 1 version 1"], 1),
            (vec!["draft 1 version 0", "draft 1 version 1"], 1),
        ] {
            let told = drafts.settle(found.iter().map(|subject| (*subject).to_owned()).collect());
            assert_eq!(told.len(), quarrels, "{found:?}: {told:?}");
        }
    }
}
