//! Folders folded and unfolded: as the server has told, and what it has been asked for and not answered yet.

use leptos::prelude::*;

use crate::wire::Folds;

#[derive(Clone, Copy)]
pub struct Folding {
    told: RwSignal<Folds>,
    /// The number of each, its path, and whether it is to be folded.
    pending: RwSignal<Vec<(u32, String, bool)>>,
}

impl Folding {
    pub(super) fn new() -> Folding {
        Folding { told: RwSignal::new(Folds::default()), pending: RwSignal::new(Vec::new()) }
    }

    /// Whether a folder is folded, of so many. Reactive.
    pub fn is_folded(&self, path: &str, of: usize) -> bool {
        let asked = self.pending.with(|all| all.iter().rev().find(|(_, other, _)| other == path).map(|asked| asked.2));
        asked.unwrap_or_else(|| self.told.with(|folds| folds.is_folded(path, of)))
    }

    pub(super) fn set(&self, folds: &Folds) {
        if self.told.with_untracked(|told| told != folds) {
            self.told.set(folds.clone());
        }
    }

    /// The server is asked for this. Returns its number for [`settle`](Self::settle).
    pub(crate) fn ask(&self, path: &str, folded: bool) -> u32 {
        let number = self.pending.with_untracked(|all| all.last().map_or(0, |(last, ..)| last.wrapping_add(1)));
        self.pending.update(|all| all.push((number, path.to_owned(), folded)));
        number
    }

    /// It has answered; what it has done it has told before.
    pub(crate) fn settle(&self, number: u32) {
        self.pending.update(|all| all.retain(|(other, ..)| *other != number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_holds_until_it_is_answered() {
        Owner::new().with(|| {
            let folding = Folding::new();
            let is_folded = |path| untrack(|| folding.is_folded(path, 2));
            let (one, two) = (folding.ask("a", true), folding.ask("b", true));
            let mut told = Folds::default();
            told.set("a", true);
            folding.set(&told);
            folding.settle(one);
            assert!(is_folded("a") && is_folded("b"), "an echo of the first does not undo the second");
            // It was refused.
            folding.settle(two);
            assert!(is_folded("a") && !is_folded("b"));
            let (shut, open) = (folding.ask("a", true), folding.ask("a", false));
            folding.settle(shut);
            assert!(!is_folded("a"));
            folding.settle(open);
            assert!(is_folded("a"));
        });
    }
}
