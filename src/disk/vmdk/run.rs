//! Grains that lie one behind the other in the file, in eight bytes.

/// Bits that count the grains behind the first one.
const COUNT_BITS: u32 = 24;
const MOST: u64 = (1 << COUNT_BITS) - 1;

/// The sector of the first grain, and how many follow it; in the order of their sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Run(u64);

impl Run {
    /// The one grain at `sector`, if no file has too many sectors.
    pub(super) fn of(sector: u64) -> Option<Self> {
        (sector <= u64::MAX >> COUNT_BITS).then_some(Self(sector << COUNT_BITS))
    }

    /// Adds the grain behind the last one; answers whether there was room for it.
    pub(super) fn grow(&mut self) -> bool {
        let has_room = self.0 & MOST < MOST;
        self.0 += u64::from(has_room);
        has_room
    }

    /// Its first sector, and its sectors, of grains of `sectors`.
    pub(super) fn stretch(self, sectors: u64) -> (u64, u64) {
        let count = (self.0 & MOST) + 1;
        (self.0 >> COUNT_BITS, count.saturating_mul(sectors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_grow_up_to_a_bound() {
        let mut run = Run::of(128).unwrap();
        assert_eq!(run.stretch(8), (128, 8));
        assert!(run.grow() && run.grow());
        assert_eq!(run.stretch(8), (128, 24));
        let mut full = Run(7 << COUNT_BITS | MOST);
        assert!(!full.grow());
        assert_eq!(full.stretch(1), (7, 1 << 24));
        assert_eq!(Run::of(1 << 40), None);
        assert!(Run::of(1).unwrap() > full.min(Run::of(0).unwrap()));
    }
}
