//! Which blocks of a disk have a place in the file of a new image.

use crate::base::units::to_usize;
use crate::disk::runs::HOLE;

/// Which blocks are kept in the file.
#[derive(Debug, Clone, Copy)]
pub(in crate::disk) enum Kept {
    /// Those that hold data, each behind these bytes.
    Holding(&'static [u8]),
    /// All of them, one behind the other.
    All,
}

impl Kept {
    /// Blocks with nothing in front of them, all of a `fixed` disk.
    pub(in crate::disk) fn bare(fixed: bool) -> Self {
        if fixed { Self::All } else { Self::Holding(&[]) }
    }
}

/// How a disk is cut into blocks, and where they go.
#[derive(Debug, Clone, Copy)]
pub(in crate::disk) struct Plan {
    /// Bytes of the disk.
    pub(in crate::disk) capacity: u64,
    /// Bytes of a block.
    pub(in crate::disk) block: u64,
    /// Where in the file the first one is.
    pub(in crate::disk) start: u64,
    pub(in crate::disk) kept: Kept,
}

impl Plan {
    /// A disk of `capacity` bytes as it is, from the front of the file on.
    pub(in crate::disk) fn whole(capacity: u64) -> Self {
        Self {
            capacity,
            // Of one block, also where the disk has no bytes.
            block: capacity.max(HOLE as u64),
            start: 0,
            kept: Kept::All,
        }
    }

    /// Blocks the disk has.
    pub(in crate::disk) fn blocks(&self) -> u64 {
        self.capacity.div_ceil(self.block)
    }

    /// What stands in front of each block.
    fn front(&self) -> &'static [u8] {
        match self.kept {
            Kept::Holding(front) => front,
            Kept::All => &[],
        }
    }
}

/// Places for blocks, one behind the other, given in the guest's order.
///
/// That order is what lets a bit for each block tell where all of them are: 8 MiB for a
/// disk of 64 TiB in blocks of 1 MiB.
pub(in crate::disk) struct Slots {
    plan: Plan,
    /// A bit for each block that has a place; not where all have.
    taken: Vec<u64>,
    /// Places given.
    count: u64,
    /// The block that has the last one.
    last: Option<u64>,
}

/// Where a block goes.
pub(super) struct Place {
    /// Where its bytes begin.
    pub(super) at: u64,
    /// What has to be written in front of it now, since the place is new.
    pub(super) front: &'static [u8],
}

impl Slots {
    /// No places yet, or those of all blocks. The caller has held the number of blocks
    /// against a limit.
    pub(super) fn new(plan: Plan) -> Self {
        let (bits, count) = match plan.kept {
            Kept::Holding(_) => (plan.blocks(), 0),
            Kept::All => (0, plan.blocks()),
        };
        Self {
            plan,
            taken: vec![0; to_usize(bits.div_ceil(64))],
            count,
            last: None,
        }
    }

    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The place of `block`, which is not before one asked for earlier.
    pub(super) fn take(&mut self, block: u64) -> Place {
        let bare = |at| Place { at, front: &[] };
        let (slot, new) = match self.plan.kept {
            Kept::All => return bare(self.start(block)),
            Kept::Holding(_) if self.last == Some(block) => (self.count - 1, false),
            Kept::Holding(_) => (self.count, true),
        };
        let front = self.plan.front();
        let at = self.start(slot) + front.len() as u64;
        if !new {
            return bare(at);
        }
        self.taken[to_usize(block / 64)] |= 1 << (block % 64);
        self.last = Some(block);
        self.count += 1;
        Place { at, front }
    }

    /// Blocks that have a place.
    pub(in crate::disk) fn count(&self) -> u64 {
        self.count
    }

    /// Where in the file the place `slot` begins, with what stands in front of its block.
    pub(in crate::disk) fn start(&self, slot: u64) -> u64 {
        self.plan.start + slot * (self.plan.front().len() as u64 + self.plan.block)
    }

    /// Where the last place ends.
    pub(in crate::disk) fn end(&self) -> u64 {
        self.start(self.count)
    }

    /// The slot of each block, in the guest's order.
    pub(in crate::disk) fn of_blocks(&self) -> impl Iterator<Item = Option<u64>> {
        let mut next = 0;
        (0..self.plan.blocks()).map(move |block| {
            let taken = match self.plan.kept {
                Kept::All => true,
                Kept::Holding(_) => self.taken[to_usize(block / 64)] >> (block % 64) & 1 == 1,
            };
            let slot = taken.then_some(next);
            next += u64::from(taken);
            slot
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(kept: Kept) -> Plan {
        Plan {
            capacity: 70 * 4096 + 1,
            block: 4096,
            start: 1000,
            kept,
        }
    }

    #[test]
    fn blocks_have_places_in_the_order_they_are_taken() {
        let mut slots = Slots::new(plan(Kept::Holding(b"in front")));
        for (block, at, new) in [
            (3, 1008, true),
            (3, 1008, false),
            (64, 1008 + 4104, true),
            (70, 1008 + 2 * 4104, true),
        ] {
            let place = slots.take(block);
            assert_eq!((place.at, !place.front.is_empty()), (at, new), "{block}");
        }
        assert_eq!((slots.count(), slots.end()), (3, 1000 + 3 * 4104));
        let found: Vec<_> = slots.of_blocks().collect();
        assert_eq!(found.len(), 71);
        for (block, slot) in found.into_iter().enumerate() {
            let wanted = [3, 64, 70].iter().position(|taken| *taken == block);
            assert_eq!(slot, wanted.map(|slot| slot as u64), "{block}");
        }
    }

    #[test]
    fn all_blocks_lie_in_the_guests_order() {
        let mut slots = Slots::new(plan(Kept::All));
        assert_eq!(slots.take(70).at, 1000 + 70 * 4096);
        assert_eq!((slots.count(), slots.end()), (71, 1000 + 71 * 4096));
        assert!(slots.of_blocks().eq((0..71).map(Some)));
    }
}
