//! A sequence that a seed decides, so that what went wrong once can be seen again.
#![allow(dead_code, reason = "each test program uses a part of it")]

/// xorshift64 (Marsaglia 2003); its beginning is mixed by splitmix64, so that seeds in a row have nothing in common.
pub struct Random(u64);

impl Random {
    /// The sequence of these numbers: always the same for the same ones.
    pub fn of(numbers: &[u64]) -> Random {
        let mixed = numbers.iter().fold(0, |state, number| mix(state ^ mix(*number)));
        Random(mixed | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to the number before `limit`; 0 where there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).expect("31 bits") % limit.max(1)
    }

    /// True so many times of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub fn one_of<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        (!items.is_empty()).then(|| items[self.below(items.len())].clone())
    }

    /// From `least` (at least 1) to about twice `most`, as often small as large: each doubling is as likely as any other.
    pub fn of_any_size(&mut self, least: u64, most: u64) -> u64 {
        let doublings = usize::try_from((most / least).max(1).ilog2()).expect("a small number");
        let low = least << self.below(doublings + 1);
        low + u64::try_from(self.below(usize::try_from(low).expect("a size"))).expect("a size")
    }
}

fn mix(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
