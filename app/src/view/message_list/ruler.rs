//! Places in a list that is longer than a browser can lay out: Firefox ends near 17.8 million pixels, Chromium near 33.5
//! (2026-11), and a million rows are 64. Such a list has a shorter space to scroll in, over which it is shifted.

use super::ROW_HEIGHT;

/// The longest space to scroll in, in pixels.
const TALLEST: u32 = 15_000_000;

/// A scroll by more than this many times what is in sight is a jump: a scroll bar was dragged, or End was pressed.
const JUMP: u32 = 4;

/// How long a list is, and how much of it is in sight, in pixels.
#[derive(Clone, Copy)]
pub(super) struct Ruler {
    whole: u32,
    sight: u32,
}

/// Where one is in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// How far the space is scrolled.
    pub scrolled: u32,
    /// How much of the list is above the space.
    pub shift: u32,
}

impl Place {
    /// Pixels of the list above what is in sight.
    pub fn top(self) -> u32 {
        self.scrolled + self.shift
    }
}

impl Ruler {
    /// For a list of so many rows.
    pub fn new(rows: u32, sight: u32) -> Self {
        Self { whole: rows.saturating_mul(ROW_HEIGHT), sight }
    }

    /// The height of the space to scroll in.
    pub fn space(self) -> u32 {
        self.whole.min(TALLEST)
    }

    /// The person scrolled to here: by a little, which moves what is in sight by as much, or by a jump, which goes to the same
    /// share of the list as of the space. The ends of the one are those of the other.
    pub fn moved(self, before: Place, scrolled: u32) -> Place {
        let last = self.space().saturating_sub(self.sight);
        let near = scrolled.abs_diff(before.scrolled) <= JUMP.saturating_mul(self.sight);
        if near && scrolled > 0 && scrolled < last {
            return Place { scrolled, shift: before.shift.min(self.most()) };
        }
        Place { scrolled, shift: share(self.most(), scrolled.min(last), last) }
    }

    /// The place at which so many pixels are above what is in sight, without another shift if it can be.
    pub fn at(self, top: u32, before: Place) -> Place {
        let last = self.space().saturating_sub(self.sight);
        let top = top.min(self.whole.saturating_sub(self.sight));
        let shift = before.shift.min(self.most());
        match top.checked_sub(shift) {
            Some(scrolled) if scrolled <= last => Place { scrolled, shift },
            _ => {
                let shift = share(self.most(), top, self.whole.saturating_sub(self.sight));
                Place { scrolled: top.saturating_sub(shift), shift }
            }
        }
    }

    /// The farthest that the list is shifted.
    fn most(self) -> u32 {
        self.whole - self.space()
    }
}

/// As much of `whole` as `part` is of `of`.
fn share(whole: u32, part: u32, of: u32) -> u32 {
    let share = u64::from(whole) * u64::from(part) / u64::from(of.max(1));
    u32::try_from(share).unwrap_or(whole).min(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_fits_is_never_shifted() {
        let ruler = Ruler::new(100_000, 900);
        assert_eq!(ruler.space(), 6_400_000);
        for scrolled in [0, 5, 64_000, 6_399_100] {
            let place = Place { scrolled, shift: 0 };
            assert_eq!(ruler.moved(Place::default(), scrolled), place);
            assert_eq!(ruler.at(scrolled, Place::default()), place);
        }
    }

    #[test]
    fn every_row_of_a_very_long_list_can_be_reached() {
        let ruler = Ruler::new(1_000_000, 900);
        assert_eq!(ruler.space(), TALLEST);
        let last = TALLEST - 900;
        assert_eq!(ruler.moved(Place::default(), last).top(), 64_000_000 - 900);
        assert_eq!(ruler.moved(Place { scrolled: last, shift: 49_000_000 }, 0).top(), 0);
        let middle = ruler.moved(Place::default(), last / 2);
        assert!(middle.top().abs_diff(32_000_000) < 1000);
        // From there on by the wheel.
        let next = ruler.moved(middle, middle.scrolled + 100);
        assert_eq!(next.top(), middle.top() + 100);
        for top in [0, 1, 20_000_000, 63_999_100] {
            for before in [Place::default(), middle, Place { scrolled: last, shift: 49_000_000 }] {
                let place = ruler.at(top, before);
                assert_eq!(place.top(), top);
                assert!(place.scrolled <= last && place.shift <= 49_000_000);
            }
        }
        assert_eq!(ruler.at(middle.top() + 64, middle).shift, middle.shift);
    }

    #[test]
    fn a_list_that_became_short_is_not_shifted_any_more() {
        let far = Ruler::new(1_000_000, 900).moved(Place::default(), 7_000_000);
        assert_eq!(Ruler::new(10, 900).at(0, far), Place::default());
        assert_eq!(Ruler::new(100_000, 900).moved(far, 6_000_000).shift, 0);
    }
}
