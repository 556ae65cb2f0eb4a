//! The part of a long list that is here: some positions filled, the others known only to exist. Pure.

use std::{collections::BTreeMap, ops::Range};

/// A list of `total` items of which some are here. Position 0 is the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window<T> {
    total: u32,
    filled: BTreeMap<u32, T>,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Window { total: 0, filled: BTreeMap::new() }
    }
}

impl<T> Window<T> {
    /// A list of which nothing is here yet.
    pub fn of(total: u32) -> Window<T> {
        Window { total, filled: BTreeMap::new() }
    }

    pub fn total(&self) -> u32 {
        self.total
    }

    pub fn get(&self, position: u32) -> Option<&T> {
        self.filled.get(&position)
    }

    pub fn len(&self) -> usize {
        self.filled.len()
    }

    pub fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// What is here, from the top.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        self.filled.iter().map(|(position, item)| (*position, item))
    }

    /// The list has `total` items, and these are the ones from `from` on.
    pub fn fill(&mut self, total: u32, from: u32, items: impl IntoIterator<Item = T>) {
        self.total = total;
        self.filled.split_off(&total);
        self.filled.extend((from..total).zip(items));
    }

    /// `count` items came in at the top; `items` are the first of them. What would be below the last that can be counted is not here.
    pub fn added(&mut self, count: u32, items: impl IntoIterator<Item = T>) {
        self.total = self.total.saturating_add(count);
        let filled = std::mem::take(&mut self.filled);
        let below = |position: u32| position.checked_add(count).filter(|moved| *moved < self.total);
        let moved = filled.into_iter().filter_map(|(position, item)| Some((below(position)?, item)));
        self.filled = (0..count).zip(items).chain(moved).collect();
    }

    /// The items at these positions are gone. Returns those of them that were here.
    pub fn vanished(&mut self, positions: &[u32]) -> Vec<T> {
        let mut gone: Vec<u32> = positions.iter().copied().filter(|position| *position < self.total).collect();
        gone.sort_unstable();
        gone.dedup();
        let mut removed = Vec::new();
        for (position, item) in std::mem::take(&mut self.filled) {
            let before = gone.partition_point(|other| *other < position);
            if gone.get(before) == Some(&position) {
                removed.push(item);
            } else {
                self.filled.insert(position - clamp(before), item);
            }
        }
        self.total -= clamp(gone.len());
        removed
    }

    /// The smallest stretch within `range` that holds all of it that is not here.
    pub fn missing(&self, range: Range<u32>) -> Option<Range<u32>> {
        let range = range.start..range.end.min(self.total);
        let first = range.clone().find(|position| !self.filled.contains_key(position))?;
        let last = range.rev().find(|position| !self.filled.contains_key(position))?;
        Some(first..last + 1)
    }

    /// Forgets what is farthest from `around`, down to `most` items.
    pub fn forget_far(&mut self, around: &Range<u32>, most: usize) {
        while self.filled.len() > most {
            let above = self.filled.first_key_value().map_or(0, |(first, _)| around.start.saturating_sub(*first));
            let below = self.filled.last_key_value().map_or(0, |(last, _)| last.saturating_sub(around.end));
            if above > below {
                self.filled.pop_first();
            } else {
                self.filled.pop_last();
            }
        }
    }
}

/// Lists are counted in 32 bits, like UIDs.
fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
