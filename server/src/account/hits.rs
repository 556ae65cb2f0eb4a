//! What a search found: which messages, in which order. Pure.

use std::{cmp::Ordering, collections::HashSet, sync::Arc};

use app::wire::{MAX_WINDOW, Sort, Uid, UidValidity};

use super::listing::Baseline;

/// The most messages that one search shows. What is beyond is left out at the bottom.
pub(super) const MAX_HITS: usize = 1_000_000;

/// One message that a search found. Small: there may be a million.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// Which of [`Hits::searched`] it is in.
    pub place: u16,
    pub uid: Uid,
    /// INTERNALDATE in seconds since 1970 where several mailboxes are searched; 0 where the order of one is enough.
    pub date: u32,
}

/// A mailbox that is searched.
#[derive(Debug, Clone)]
pub(super) struct Searched {
    pub mailbox: Arc<str>,
    /// Of what was found in it.
    pub uid_validity: UidValidity,
    /// How it was when what was found in it was last brought up to date.
    pub baseline: Baseline,
    /// During which selection that was ([`super::actor::Actor::selects`]): while it lasts, flags are told as they change.
    pub selects: Option<u64>,
}

/// What a search found, and where it looked.
#[derive(Debug, Clone)]
pub(super) struct Hits {
    pub sort: Sort,
    /// Whether hits have dates: those of one mailbox are in order by their UIDs.
    pub dated: bool,
    /// In the order of the screen.
    pub found: Vec<Hit>,
    pub searched: Vec<Searched>,
    /// Messages that stood for their conversations and are gone: others take their places.
    pub headless: Vec<Uid>,
}

/// Where new hits went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    Nowhere,
    OnTop,
    Below,
    Between,
}

impl Hits {
    pub fn new(sort: Sort, dated: bool) -> Self {
        Self { sort, dated, found: Vec::new(), searched: Vec::new(), headless: Vec::new() }
    }

    pub fn stretch(&self, from: u32, count: u32) -> Vec<Hit> {
        let count = count.min(MAX_WINDOW);
        self.found.iter().skip(from as usize).take(count as usize).copied().collect()
    }

    pub fn total(&self) -> u32 {
        u32::try_from(self.found.len()).unwrap_or(u32::MAX)
    }

    /// The mailbox that a hit is in.
    pub fn place_of(&self, hit: &Hit) -> Option<&Searched> {
        self.searched.get(usize::from(hit.place))
    }

    /// Which of `searched` a mailbox is.
    pub fn place_named(&self, mailbox: &str) -> Option<u16> {
        let at = self.searched.iter().position(|searched| *searched.mailbox == *mailbox)?;
        u16::try_from(at).ok()
    }

    /// Puts hits where they belong. Where the order is not by time, they belong at the bottom, in their own order.
    pub fn put(&mut self, mut added: Vec<Hit>) -> Placed {
        let order = order(self.sort);
        if self.sort.is_by_time() {
            added.sort_by(order);
        }
        let (Some(first), Some(last)) = (added.first().copied(), added.last().copied()) else { return Placed::Nowhere };
        let above = |one: &Hit, other: Option<&Hit>| other.is_none_or(|other| order(one, other) != Ordering::Greater);
        let placed = if !self.sort.is_by_time() || self.found.last().is_none_or(|lowest| above(lowest, Some(&first))) {
            self.found.append(&mut added);
            Placed::Below
        } else if above(&last, self.found.first()) {
            self.found.splice(0..0, added);
            Placed::OnTop
        } else {
            self.found.append(&mut added);
            self.found.sort_by(order);
            Placed::Between
        };
        self.found.truncate(MAX_HITS);
        placed
    }

    /// Takes out messages that others stand for, as far as these are there, or are to be replaced by the next of their conversations.
    /// Only one mailbox is listed by conversation. Whether there were any.
    pub fn supersede(&mut self, superseded: Vec<(Uid, Uid)>) -> bool {
        if superseded.is_empty() {
            return false;
        }
        let there: HashSet<Uid> = self.found.iter().map(|hit| hit.uid).chain(self.headless.iter().copied()).collect();
        let gone: HashSet<Uid> =
            superseded.into_iter().filter(|(_, by)| there.contains(by)).map(|(uid, _)| uid).collect();
        !self.drop(0, |uid| gone.contains(&uid)).is_empty()
    }

    /// Takes out what is gone of one mailbox. Returns the positions, in descending order.
    pub fn drop(&mut self, place: u16, gone: impl Fn(Uid) -> bool) -> Vec<u32> {
        let is_gone = |hit: &Hit| hit.place == place && gone(hit.uid);
        let mut positions: Vec<u32> =
            (0u32..).zip(&self.found).filter(|(_, hit)| is_gone(hit)).map(|(at, _)| at).collect();
        positions.reverse();
        if !positions.is_empty() {
            self.found.retain(|hit| !is_gone(hit));
        }
        positions
    }
}

/// The order of hits by time.
fn order(sort: Sort) -> impl Fn(&Hit, &Hit) -> Ordering + Copy {
    move |one, other| {
        let by_age = (one.date, one.uid, one.place).cmp(&(other.date, other.uid, other.place));
        if sort == Sort::Oldest { by_age } else { by_age.reverse() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hit(date: u32, uid: u32) -> Hit {
        Hit { place: 0, uid: Uid(uid), date }
    }

    fn uids(hits: &Hits) -> Vec<u32> {
        hits.found.iter().map(|hit| hit.uid.0).collect()
    }

    #[test]
    fn hits_go_where_they_belong() {
        let mut hits = Hits::new(Sort::Newest, false);
        assert_eq!(hits.put(Vec::new()), Placed::Nowhere);
        assert_eq!(hits.put(vec![hit(0, 7), hit(0, 9)]), Placed::Below);
        assert_eq!(hits.put(vec![hit(0, 3), hit(0, 5)]), Placed::Below);
        assert_eq!(hits.put(vec![hit(0, 10), hit(0, 11)]), Placed::OnTop);
        assert_eq!(hits.put(vec![hit(0, 4), hit(0, 8)]), Placed::Between);
        assert_eq!(uids(&hits), [11, 10, 9, 8, 7, 5, 4, 3]);
        assert_eq!(hits.drop(0, |uid| uid.0 % 2 == 1), [7, 5, 4, 2, 0]);
        assert_eq!(uids(&hits), [10, 8, 4]);
        assert_eq!(hits.drop(1, |_| true), [0; 0]);
    }

    #[test]
    fn what_others_stand_for_goes_only_while_these_are_there() {
        let mut hits = Hits::new(Sort::Newest, false);
        hits.put(vec![hit(0, 9), hit(0, 7), hit(0, 5), hit(0, 3)]);
        hits.headless = vec![Uid(8)];
        let pairs = [(7, 9), (5, 8), (3, 6)].map(|(uid, by)| (Uid(uid), Uid(by)));
        assert!(hits.supersede(pairs.to_vec()) && !hits.supersede(Vec::new()));
        assert_eq!(uids(&hits), [9, 3], "6 has gone, and nobody else would stand for it");
    }

    #[test]
    fn the_oldest_on_top_grows_at_the_bottom() {
        let mut hits = Hits::new(Sort::Oldest, true);
        assert_eq!(hits.put(vec![hit(5, 2), hit(1, 9)]), Placed::Below);
        assert_eq!(hits.put(vec![hit(6, 1)]), Placed::Below);
        assert_eq!(hits.put(vec![hit(0, 1)]), Placed::OnTop);
        assert_eq!(uids(&hits), [1, 9, 2, 1]);
    }

    #[test]
    fn what_the_server_sorted_stays_as_it_came() {
        let mut hits = Hits::new(Sort::Sender, false);
        hits.put(vec![hit(0, 3), hit(0, 9)]);
        assert_eq!(hits.put(vec![hit(0, 1), hit(0, 4)]), Placed::Below);
        assert_eq!(uids(&hits), [3, 9, 1, 4]);
    }
}
