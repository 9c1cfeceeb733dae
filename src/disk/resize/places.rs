//! Which units of an image move where, so that its file can be cut when the disk was.
//!
//! Units have one size and lie anywhere, counted in ticks: sectors, blocks, or whole MiB.

use crate::base::{Error, ErrorKind, Result};

/// Units of an image that are listed one by one: 256 MiB of memory.
const MOST_UNITS: usize = 1 << 26;

/// What stays of an image in its file.
pub(in crate::disk) struct Places {
    /// Ticks of a unit, with what stands in front of it.
    slot: u64,
    /// Where units may lie at first.
    first: u64,
    /// First ticks of units.
    units: Vec<u32>,
    /// First tick and end of all else.
    others: Vec<(u64, u64)>,
    /// Where that of it ends which stays where it is.
    barrier: u64,
}

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::disk) struct Plan {
    /// Units and where they go, by what they are now; none to where another one was.
    moves: Vec<(u32, u32)>,
    /// Where all that is used ends then.
    pub(in crate::disk) end: u64,
}

impl Plan {
    /// Where the unit at `tick` goes, if it does not stay.
    pub(in crate::disk) fn of(&self, tick: u32) -> Option<u32> {
        let found = self.moves.binary_search_by_key(&tick, |(from, _)| *from);
        found.ok().map(|number| self.moves[number].1)
    }

    /// Where the unit at `tick` is then.
    pub(in crate::disk) fn then(&self, tick: u32) -> u32 {
        self.of(tick).unwrap_or(tick)
    }
}

impl Places {
    /// Units of `slot` ticks, none of them before the tick `first`.
    pub(in crate::disk) fn new(slot: u64, first: u64) -> Self {
        Self {
            slot,
            first,
            units: Vec::new(),
            others: Vec::new(),
            barrier: 0,
        }
    }

    /// Takes up a unit.
    pub(in crate::disk) fn unit(&mut self, tick: u32) -> Result<()> {
        if self.units.len() >= MOST_UNITS {
            let message = format!("the image has more than {MOST_UNITS} blocks or grains");
            return Err(Error::new(ErrorKind::LimitExceeded, message)
                .why("each of them is listed before the file is changed")
                .help("convert it to a new image of the size it is to have: ovfkit convert"));
        }
        self.units.push(tick);
        Ok(())
    }

    /// Takes up `length` ticks of something else, which stays where it is.
    pub(in crate::disk) fn fixed(&mut self, tick: u64, length: u64) {
        self.passing(tick, length);
        self.barrier = self.barrier.max(tick.saturating_add(length));
    }

    /// Takes up `length` ticks of something that goes elsewhere once the units are at their
    /// places.
    pub(in crate::disk) fn passing(&mut self, tick: u64, length: u64) {
        self.others.push((tick, tick.saturating_add(length)));
    }

    /// Where units and what stays end.
    pub(in crate::disk) fn end(&self) -> u64 {
        let last = self.units.iter().max();
        let last = last.map(|tick| u64::from(*tick) + self.slot);
        last.unwrap_or(0).max(self.barrier)
    }

    /// Whether all ticks of the unit at `tick` are its own: of the last one of a disk others
    /// may have been laid over what the disk does not show.
    pub(in crate::disk) fn is_apart(&self, tick: u32) -> bool {
        let (start, end) = (u64::from(tick), u64::from(tick) + self.slot);
        let unit = |other: &u32| {
            let other = u64::from(*other);
            other != start && other < end && start < other + self.slot
        };
        let over = |(from, to): &(u64, u64)| *from < end && start < *to;
        !self.units.iter().any(unit) && !self.others.iter().any(over)
    }

    /// Fills what is free with the last units of the file, as far as that lets its end go.
    pub(in crate::disk) fn plan(mut self) -> Plan {
        self.units.sort_unstable();
        self.others.sort_unstable();
        let mut moves = Vec::new();
        let mut left = self.units.len();
        let mut gaps = Gaps::new(&self);
        while left > 0 {
            let from = self.units[left - 1];
            // What lies in front of something that stays would leave a gap as large.
            if u64::from(from) < self.barrier {
                break;
            }
            let Some(to) = gaps.next().filter(|to| *to < u64::from(from)) else {
                break;
            };
            let Ok(to) = u32::try_from(to) else { break };
            moves.push((from, to));
            left -= 1;
        }
        moves.sort_unstable();
        let stay = self.units[..left].last();
        let highest = moves.iter().map(|(_, to)| to).max();
        let last = stay.max(highest).map(|tick| u64::from(*tick) + self.slot);
        Plan {
            moves,
            end: last.unwrap_or(0).max(self.barrier),
        }
    }
}

/// Places for units where nothing lies, from the front on.
struct Gaps<'p> {
    slot: u64,
    /// What was looked at ends here.
    at: u64,
    units: std::iter::Peekable<std::slice::Iter<'p, u32>>,
    others: std::iter::Peekable<std::slice::Iter<'p, (u64, u64)>>,
}

impl<'p> Gaps<'p> {
    fn new(places: &'p Places) -> Self {
        Self {
            slot: places.slot,
            at: places.first,
            units: places.units.iter().peekable(),
            others: places.others.iter().peekable(),
        }
    }
}

impl Iterator for Gaps<'_> {
    type Item = u64;

    /// None behind the last unit, where there is nothing to be filled.
    fn next(&mut self) -> Option<u64> {
        loop {
            let unit = u64::from(**self.units.peek()?);
            let other = self.others.peek().copied().copied();
            let other = other.filter(|(start, _)| *start <= unit);
            let (start, end) = other.unwrap_or((unit, unit + self.slot));
            if self.at + self.slot <= start {
                self.at += self.slot;
                return Some(self.at - self.slot);
            }
            self.at = self.at.max(end);
            if other.is_some() {
                self.others.next();
            } else {
                self.units.next();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(slot: u64, first: u64, units: &[u32], fixed: &[(u64, u64)]) -> Places {
        let mut places = Places::new(slot, first);
        for unit in units {
            places.unit(*unit).expect("few");
        }
        for (tick, length) in fixed {
            places.fixed(*tick, *length);
        }
        places
    }

    #[test]
    fn the_last_units_go_to_the_first_gaps() {
        for (slot, units, fixed, moves, end) in [
            // Nothing to do.
            (1, &[0, 1, 2][..], &[][..], &[][..], 3),
            (1, &[], &[], &[], 0),
            // Two gaps, and units out of order.
            (1, &[5, 1, 3, 0], &[], &[(5, 2)], 4),
            (1, &[9, 8, 7], &[], &[(7, 2), (8, 1), (9, 0)], 3),
            // Two ticks do not fit one.
            (2, &[1, 4, 6], &[], &[], 8),
            (2, &[0, 3, 7], &[], &[(7, 5)], 7),
            // What stays, and what lies in front of it.
            (2, &[2, 10], &[(0, 2), (4, 1)], &[(10, 5)], 7),
            (1, &[1, 3, 9], &[(5, 1)], &[(9, 0)], 6),
        ] {
            let plan = places(slot, 0, units, fixed).plan();
            assert_eq!((&*plan.moves, plan.end), (moves, end), "{units:?}");
        }
        let mut passed = places(1, 0, &[0, 2, 7, 9], &[]);
        passed.passing(1, 1);
        passed.passing(8, 1);
        let plan = passed.plan();
        assert_eq!((&*plan.moves, plan.end), (&[(7, 4), (9, 3)][..], 5));
        let plan = places(1, 4, &[9, 5], &[]).plan();
        assert_eq!((&*plan.moves, plan.end), (&[(9, 4)][..], 6));
        assert_eq!((plan.of(9), plan.of(5), plan.then(5)), (Some(4), None, 5));
    }

    #[test]
    fn units_that_share_ticks_are_told() {
        let places = places(4, 0, &[10, 13, 20], &[(23, 1), (40, 2)]);
        assert!(!places.is_apart(10) && !places.is_apart(13) && !places.is_apart(20));
        assert_eq!(places.end(), 42);
        let apart = self::places(4, 0, &[10, 14, 20], &[(24, 1)]);
        assert!(apart.is_apart(10) && apart.is_apart(14) && apart.is_apart(20));
        assert_eq!(apart.end(), 25);
    }
}
