//! Refcounts of an image that grows from front to back: how often each of its
//! clusters is used.

use std::collections::VecDeque;
use std::ops::Range;

use crate::base::units::to_usize;

/// Counts for the clusters of a growing file. A refcount block counts the
/// clusters of one *region*; once the file has grown past a region its block is
/// complete and can be written, so that only a region or two are in memory.
#[derive(Debug)]
pub(super) struct Refcounts {
    cluster: u64,
    /// Bits of a count: a power of two up to 64.
    bits: u64,
    /// Regions whose blocks were taken.
    taken: u64,
    /// The blocks of the regions that follow.
    open: VecDeque<Vec<u8>>,
}

impl Refcounts {
    /// Counts of `bits` bits, a power of two up to 64, of clusters of `cluster` bytes, all
    /// unused.
    pub(super) fn new(cluster: u64, bits: u32) -> Self {
        Self {
            cluster,
            bits: bits.into(),
            taken: 0,
            open: VecDeque::new(),
        }
    }

    /// Clusters one block counts.
    pub(super) fn per_block(&self) -> u64 {
        self.cluster * 8 / self.bits
    }

    /// Counts every cluster that `bytes` of the file touch once more. None may be full.
    pub(super) fn count(&mut self, bytes: Range<u64>) {
        for cluster in bytes.start / self.cluster..bytes.end.div_ceil(self.cluster) {
            let region = to_usize(cluster / self.per_block() - self.taken);
            while self.open.len() <= region {
                self.open.push_back(self.unused());
            }
            let index = cluster % self.per_block();
            let bits = self.bits;
            add_one(&mut self.open[region], index, bits);
        }
    }

    /// Whether the cluster that `at` lies in cannot be counted once more.
    pub(super) fn full(&self, at: u64) -> bool {
        let cluster = at / self.cluster;
        let region = to_usize(cluster / self.per_block() - self.taken);
        let count = |block: &Vec<u8>| get(block, cluster % self.per_block(), self.bits);
        self.open.get(region).map_or(0, count) == u64::MAX >> (64 - self.bits)
    }

    /// The block of the first region not taken, if the file has grown to `end` and
    /// past it.
    pub(super) fn take_complete(&mut self, end: u64) -> Option<Vec<u8>> {
        let region = self.per_block() * self.cluster;
        (end >= (self.taken + 1) * region).then(|| self.take())
    }

    /// The block of the first region not taken.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.taken += 1;
        let block = self.open.pop_front();
        block.unwrap_or_else(|| self.unused())
    }

    fn unused(&self) -> Vec<u8> {
        vec![0; to_usize(self.cluster)]
    }
}

/// The bytes of a count of `bits` bits at `index`, and the place of its lowest bit in the
/// last of them. Counts of less than a byte begin at a byte's lowest bit, others are
/// big-endian.
fn place(index: u64, bits: u64) -> (Range<usize>, u32) {
    let first = to_usize(index * bits / 8);
    let shift = index * bits % 8;
    let bytes = first..first + to_usize(bits.div_ceil(8));
    // Less than 8.
    (bytes, u32::try_from(shift).unwrap_or_default())
}

fn get(block: &[u8], index: u64, bits: u64) -> u64 {
    let (bytes, shift) = place(index, bits);
    let number = block[bytes]
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    number >> shift & (u64::MAX >> (64 - bits))
}

fn add_one(block: &mut [u8], index: u64, bits: u64) {
    let (bytes, shift) = place(index, bits);
    let mut carried = 1 << shift;
    for byte in block[bytes].iter_mut().rev() {
        let (sum, over) = byte.overflowing_add(carried);
        *byte = sum;
        if !over {
            break;
        }
        carried = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_complete_when_the_file_has_passed_it() {
        let mut counts = Refcounts::new(512, 16);
        counts.count(0..1);
        // Two compressed clusters that share a host cluster.
        counts.count(512..700);
        counts.count(700..1100);
        let region = 256 * 512;
        counts.count(region - 512..region + 1);
        assert!(counts.take_complete(region - 1).is_none());
        let block = counts.take_complete(region).expect("complete");
        assert_eq!(block[..8], [0, 1, 0, 2, 0, 1, 0, 0]);
        assert_eq!((block.len(), get(&block, 255, 16)), (512, 1));
        assert!(counts.take_complete(region).is_none());
        assert_eq!(get(&counts.take(), 0, 16), 1);
    }

    #[test]
    fn counts_have_any_width_and_are_full_at_their_highest() {
        for (bits, uses, full) in [
            (1, 1, true),
            (2, 3, true),
            (2, 2, false),
            (4, 15, true),
            (8, 255, true),
            (16, 256, false),
            (16, 65_535, true),
            (32, 65_537, false),
            (64, 65_537, false),
        ] {
            let mut counts = Refcounts::new(512, bits);
            counts.count(512..513);
            for _ in 0..uses {
                counts.count(1024..1025);
            }
            counts.count(1536..2048);
            assert_eq!(counts.full(1100), full, "{uses} in {bits} bits");
            let (block, bits) = (counts.take(), bits.into());
            let counted: Vec<_> = (0..5).map(|index| get(&block, index, bits)).collect();
            assert_eq!(counted, [0, 1, uses, 1, 0], "{bits} bits");
        }
    }
}
