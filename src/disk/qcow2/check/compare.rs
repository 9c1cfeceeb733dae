//! The uses that were counted against the refcounts that are stored.

use super::super::format::{REFCOUNT_BLOCK_MASK, REFCOUNT_RESERVED};
use super::Survey;
use super::cells::Use;
use crate::base::Result;
use crate::base::units::to_usize;

/// A refcount block, as the refcount table tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk::qcow2) enum Block {
    /// There is none: all its refcounts are 0.
    None,
    /// It is at this offset of the file.
    At(u64),
    /// The same, but the table tells so in a way it must not.
    Doubtful(u64),
    /// What the table tells leads nowhere.
    Lost,
    /// The same, and not even that it says nothing of any cluster is known.
    Unreadable,
}

/// Refcounts, packed as they are in a block.
#[derive(Debug, Clone, Copy)]
pub(in crate::disk::qcow2) struct Packing {
    /// Each has 2^this bits.
    pub(in crate::disk::qcow2) order: u32,
}

impl Packing {
    /// The largest refcount.
    pub(in crate::disk::qcow2) fn most(self) -> u64 {
        u64::MAX >> (64 - (1_u32 << self.order))
    }

    /// Refcounts in `bytes` bytes.
    pub(in crate::disk::qcow2) fn per(self, bytes: u64) -> u64 {
        (bytes * 8) >> self.order
    }

    /// Bytes that hold the refcount of this number, within a block.
    pub(super) fn bytes_of(self, number: u64) -> std::ops::Range<usize> {
        let first = to_usize((number << self.order) / 8);
        first..first + to_usize((1 << self.order) / 8).max(1)
    }

    /// The refcount `number` of `block`. Those that share a byte begin at its lowest bit.
    pub(in crate::disk::qcow2) fn get(self, block: &[u8], number: u64) -> u64 {
        let bytes = &block[self.bytes_of(number)];
        let value = bytes
            .iter()
            .fold(0, |value, byte| value << 8 | u64::from(*byte));
        value >> self.shift(number) & self.most()
    }

    /// Makes the refcount `number` of `block` this `value`.
    pub(in crate::disk::qcow2) fn put(self, block: &mut [u8], number: u64, value: u64) {
        let shift = self.shift(number);
        let bytes = &mut block[self.bytes_of(number)];
        if self.order < 3 {
            // A mask of fewer than eight bits.
            let mask = (self.most() << shift).to_le_bytes()[0];
            bytes[0] = bytes[0] & !mask | (value << shift).to_le_bytes()[0] & mask;
        } else {
            let value = value.to_be_bytes();
            bytes.copy_from_slice(&value[8 - bytes.len()..]);
        }
    }

    fn shift(self, number: u64) -> u64 {
        (number << self.order) % 8
    }
}

impl Survey<'_> {
    pub(in crate::disk::qcow2) fn packing(&self) -> Packing {
        Packing {
            order: self.header.refcount_order,
        }
    }

    /// Counts the refcount block that the table's `entry` at `at` leads to.
    pub(super) fn refcount_block(&mut self, at: u64, entry: u64) -> Block {
        let offset = entry & REFCOUNT_BLOCK_MASK;
        let beyond = offset / self.header.cluster_size() >= self.clusters;
        let (wrong, block) = if !self.is_aligned(offset) {
            (
                "leads to no multiple of the cluster size",
                Block::Unreadable,
            )
        } else if beyond {
            ("leads beyond the end of the file", Block::Lost)
        } else if entry & REFCOUNT_RESERVED != 0 {
            ("has reserved bits set", Block::Doubtful(offset))
        } else if offset == 0 {
            return Block::None;
        } else {
            let size = self.header.cluster_size();
            self.count("refcount block", offset, size, Use::Sole, 1);
            return Block::At(offset);
        };
        let what = format!("the refcount table entry {entry:#018x} {wrong}");
        self.report.corrupt(at, what);
        self.refcounts_wrong += 1;
        block
    }

    /// The refcount stored for a `cluster` behind the end of the file.
    pub(super) fn stored_beyond(&self, cluster: u64) -> Result<u64> {
        let packing = self.packing();
        let per_block = packing.per(self.header.cluster_size());
        let block = self.blocks.get(to_usize(cluster / per_block));
        let Some(Block::At(at) | Block::Doubtful(at)) = block else {
            return Ok(0);
        };
        let within = cluster % per_block;
        let bytes = packing.bytes_of(within);
        let mut stored = vec![0; bytes.len()];
        self.read(at + bytes.start as u64, &mut stored)?;
        // Those that share a byte keep their place in it.
        Ok(packing.get(&stored, within % packing.per(stored.len() as u64)))
    }

    /// The use that the refcount of `cluster` is to tell of, as far as one can.
    pub(in crate::disk::qcow2) fn wanted(&self, cluster: u64) -> u64 {
        self.cells.uses(cluster).min(self.packing().most())
    }

    /// Compares the refcount of each cluster of the file.
    pub(super) fn compare(&mut self) -> Result<()> {
        let size = self.header.cluster_size();
        let packing = self.packing();
        let per_block = packing.per(size);
        let mut highest = 0;
        let mut block = vec![0; to_usize(size)];
        // A compressed cluster may reach behind the file's end.
        let end = self.clusters + u64::from(self.cells.uses(self.clusters) > 0);
        let mut next = 0;
        while next < end {
            let number = next / per_block;
            let last = ((number + 1) * per_block).min(end);
            let found = self
                .blocks
                .get(to_usize(number))
                .copied()
                .unwrap_or(Block::None);
            match found {
                Block::At(at) => {
                    if self.cells.uses(at / size) != 1 {
                        let what = "the refcount block is something else, too";
                        self.report.corrupt(at, what);
                        self.refcounts_wrong += 1;
                    }
                    self.read(at, &mut block)?;
                }
                Block::Doubtful(at) => self.read(at, &mut block)?,
                Block::None | Block::Lost => {
                    // Where nothing is used, nothing is to be compared.
                    // Behind the last block of the table that is so to the end.
                    let behind = number >= self.blocks.len() as u64;
                    let until = if behind { end } else { last };
                    let Some(used) = self.cells.next_used(next, until) else {
                        next = until;
                        continue;
                    };
                    if used >= last {
                        next = used;
                        continue;
                    }
                    next = used;
                    block.fill(0);
                }
                Block::Unreadable => {
                    next = last;
                    continue;
                }
            }
            for cluster in next..last {
                let stored = packing.get(&block, cluster % per_block);
                let uses = self.cells.uses(cluster);
                if stored > 0 || uses > 0 {
                    highest = cluster;
                    self.compare_one(cluster, stored, uses);
                }
            }
            next = last;
        }
        self.report.image_end_offset = Some((highest + 1) * size);
        Ok(())
    }

    fn compare_one(&mut self, cluster: u64, stored: u64, uses: u64) {
        let at = cluster * self.header.cluster_size();
        let most = self.packing().most();
        if uses > 0 {
            self.cells.note_stored(cluster, stored == 1);
        }
        if uses > most {
            // No refcount can tell, so each use too many is a fault of its own.
            let what = format!("it is used {uses} times; refcounts of the image end at {most}");
            self.report.corrupt(at, what);
            self.report.corruptions += uses - most - 1;
        }
        let wanted = uses.min(most);
        let both = if self.cells.clashes(cluster) {
            ", by things that cannot share it"
        } else {
            ""
        };
        let times = if uses == 1 { "time" } else { "times" };
        if stored > wanted {
            let what = format!("refcount {stored}, but it is used {uses} {times}{both}");
            self.report.leak(at, 1, what);
        } else if stored < wanted {
            let what = format!("refcount {stored}, but it is used {uses} {times}{both}");
            self.report.corrupt(at, what);
            // A refcount that is right does not make what overlaps right.
            self.refcounts_wrong += u64::from(both.is_empty());
        } else if !both.is_empty() {
            let what = format!("the cluster is used {uses} {times}{both}");
            self.report.corrupt(at, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refcount_is_found_in_its_bytes_alone() {
        for order in 0..=6 {
            let packing = Packing { order };
            let block: Vec<u8> = (0..64).map(|byte| byte ^ 0x5A).collect();
            for number in 0..packing.per(64) {
                let alone = &block[packing.bytes_of(number)];
                let within = number % packing.per(alone.len() as u64);
                assert_eq!(packing.get(alone, within), packing.get(&block, number));
            }
        }
    }

    #[test]
    fn refcounts_of_every_width_keep_their_neighbours() {
        for order in 0..=6 {
            let packing = Packing { order };
            let mut block = vec![0xFF; 64];
            assert_eq!(packing.per(64), 512 >> order);
            for number in 0..packing.per(64) {
                assert_eq!(packing.get(&block, number), packing.most());
            }
            packing.put(&mut block, 3, 0);
            for number in 0..packing.per(64) {
                let expected = if number == 3 { 0 } else { packing.most() };
                assert_eq!(packing.get(&block, number), expected, "{order} {number}");
            }
            packing.put(&mut block, 3, 1);
            assert_eq!(packing.get(&block, 3), 1);
        }
        // As the specification has it: the first refcount in the lowest bits.
        let mut block = vec![0];
        Packing { order: 1 }.put(&mut block, 1, 2);
        assert_eq!(block, [0b1000]);
    }
}
