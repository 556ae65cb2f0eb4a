//! Sets of UIDs, kept as ranges (RFC 9051 §9, sequence-set).

use std::fmt;

use app::wire::Uid;

/// The largest number of ranges read from a server: every other message of a mailbox of some millions.
const MAX_RANGES: usize = 2_000_000;

/// UIDs in an order. A range that a server announces stays a range, however wide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UidSet {
    /// First and last of each range, both part of it; never empty, never containing 0.
    ranges: Vec<(u32, u32)>,
}

impl UidSet {
    pub fn one(uid: Uid) -> Self {
        [uid].into_iter().collect()
    }

    /// All from `first` to `last`.
    pub fn range(first: Uid, last: Uid) -> Self {
        let ranges = if first.0 > 0 && first <= last { vec![(first.0, last.0)] } else { Vec::new() };
        Self { ranges }
    }

    /// Reads `4,7:9,12`, keeping the order it is in: the two sets of COPYUID correspond by it (RFC 4315 §3).
    pub fn parse(text: &str) -> Option<Self> {
        let mut ranges = Vec::new();
        for part in text.split(',').take(MAX_RANGES) {
            let (first, last) = part.split_once(':').unwrap_or((part, part));
            let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
            if first == 0 || last == 0 {
                return None;
            }
            ranges.push((first.min(last), first.max(last)));
        }
        Some(Self { ranges })
    }

    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// How many UIDs there are.
    pub fn len(&self) -> u64 {
        self.ranges.iter().map(|(first, last)| u64::from(last - first) + 1).sum()
    }

    pub fn contains(&self, uid: Uid) -> bool {
        self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&uid.0))
    }

    /// The same in ascending order, to be asked for many UIDs.
    pub fn sorted(&self) -> Sorted {
        let mut ranges = self.ranges.clone();
        ranges.sort_unstable();
        let mut apart: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match apart.last_mut() {
                Some((_, end)) if first <= *end => *end = last.max(*end),
                _ => apart.push((first, last)),
            }
        }
        Sorted(apart)
    }

    /// The UIDs one by one. A set from a server can be as large as all numbers: take no more than you expect.
    pub fn iter(&self) -> impl Iterator<Item = Uid> + '_ {
        self.ranges.iter().flat_map(|(first, last)| (*first..=*last).map(Uid))
    }

    /// Puts another set behind this one, keeping both orders.
    pub(super) fn append(&mut self, other: &UidSet) {
        let room = MAX_RANGES.saturating_sub(self.ranges.len());
        self.ranges.extend(other.ranges.iter().take(room));
    }

    pub(super) fn into_ranges(self) -> Vec<(u32, u32)> {
        self.ranges
    }

    /// The text form in pieces of at most about `length` characters, one for each command.
    pub fn texts(&self, length: usize) -> Vec<String> {
        let mut texts = Vec::new();
        let mut text = String::new();
        for range in &self.ranges {
            let part = Part(range).to_string();
            if !text.is_empty() && text.len() + 1 + part.len() > length {
                texts.push(std::mem::take(&mut text));
            }
            if !text.is_empty() {
                text.push(',');
            }
            text.push_str(&part);
        }
        if !text.is_empty() {
            texts.push(text);
        }
        texts
    }
}

/// Ranges in ascending order, none of which is in another.
#[derive(Debug, Clone)]
pub struct Sorted(Vec<(u32, u32)>);

impl Sorted {
    pub fn has(&self, uid: Uid) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < uid.0);
        self.0.get(at).is_some_and(|(first, _)| *first <= uid.0)
    }
}

impl FromIterator<Uid> for UidSet {
    /// Sorts, and joins neighbours. UID 0 does not exist and is left out.
    fn from_iter<I: IntoIterator<Item = Uid>>(uids: I) -> Self {
        let mut uids: Vec<u32> = uids.into_iter().map(|uid| uid.0).filter(|&uid| uid > 0).collect();
        uids.sort_unstable();
        uids.dedup();
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for uid in uids {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == uid => *last = uid,
                _ => ranges.push((uid, uid)),
            }
        }
        Self { ranges }
    }
}

impl fmt::Display for UidSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.ranges.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(formatter, "{comma}{}", Part(range))?;
        }
        Ok(())
    }
}

struct Part<'a>(&'a (u32, u32));

impl fmt::Display for Part<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, last) = self.0;
        if first == last { write!(formatter, "{first}") } else { write!(formatter, "{first}:{last}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(uids: &[u32]) -> UidSet {
        uids.iter().copied().map(Uid).collect()
    }

    #[test]
    fn neighbours_become_ranges() {
        assert_eq!(set(&[9, 3, 1, 2, 3, 0, 8, 5]).to_string(), "1:3,5,8:9");
        assert_eq!(set(&[u32::MAX, u32::MAX - 1]).len(), 2);
        assert!(set(&[0]).is_empty());
    }

    #[test]
    fn a_set_from_a_server_keeps_its_order_and_stays_small() {
        let set = UidSet::parse("304,319:320,5").unwrap();
        assert_eq!(set.iter().map(|uid| uid.0).collect::<Vec<_>>(), [304, 319, 320, 5]);
        assert_eq!(UidSet::parse("1:4294967295").unwrap().len(), 4_294_967_295);
        for text in ["", "0", "1:*", "a", "1,,2", "4294967296"] {
            assert_eq!(UidSet::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_set_and_its_texts_are_the_same(uids in proptest::collection::vec(1u32.., 0..300), length in 1usize..100) {
            let set: UidSet = uids.iter().copied().map(Uid).collect();
            let mut expected = uids;
            expected.sort_unstable();
            expected.dedup();
            let texts = set.texts(length);
            prop_assert!(texts.iter().all(|text| text.len() <= length.max(21)));
            let read: Vec<u32> =
                texts.iter().flat_map(|text| UidSet::parse(text).unwrap().iter().collect::<Vec<_>>()).map(|uid| uid.0).collect();
            prop_assert_eq!(read, expected);
            prop_assert_eq!(texts.join(","), set.to_string());
        }
    }
}
