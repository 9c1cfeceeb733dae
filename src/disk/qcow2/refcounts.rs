//! Refcounts of an image that grows from front to back: how often each of its
//! clusters is used.

use std::collections::VecDeque;
use std::ops::Range;

use zerocopy::byteorder::big_endian::U16;

use crate::base::units::to_usize;

/// Counts for the clusters of a growing file. A refcount block counts the
/// clusters of one *region*; once the file has grown past a region its block is
/// complete and can be written, so that only a region or two are in memory.
#[derive(Debug)]
pub(super) struct Refcounts {
    cluster: u64,
    /// Regions whose blocks were taken.
    taken: u64,
    /// The counts of the regions that follow.
    open: VecDeque<Vec<U16>>,
}

impl Refcounts {
    /// Of clusters of `cluster` bytes, all unused.
    pub(super) fn new(cluster: u64) -> Self {
        Self {
            cluster,
            taken: 0,
            open: VecDeque::new(),
        }
    }

    /// Clusters one block counts: 16 bits for each.
    pub(super) fn per_block(cluster: u64) -> u64 {
        cluster / 2
    }

    /// Counts every cluster that `bytes` of the file touch once more.
    pub(super) fn count(&mut self, bytes: Range<u64>) {
        let per_block = Self::per_block(self.cluster);
        for cluster in bytes.start / self.cluster..bytes.end.div_ceil(self.cluster) {
            let region = to_usize(cluster / per_block - self.taken);
            while self.open.len() <= region {
                self.open.push_back(vec![U16::ZERO; to_usize(per_block)]);
            }
            let count = &mut self.open[region][to_usize(cluster % per_block)];
            // Compressed clusters share one: at most 65,536 fit into 2 MiB, and
            // each takes more than a sector's worth of header.
            *count = U16::new(count.get().saturating_add(1));
        }
    }

    /// The block of the first region not taken, if the file has grown to `end` and
    /// past it.
    pub(super) fn take_complete(&mut self, end: u64) -> Option<Vec<U16>> {
        let region = Self::per_block(self.cluster) * self.cluster;
        (end >= (self.taken + 1) * region).then(|| self.take())
    }

    /// The block of the first region not taken.
    pub(super) fn take(&mut self) -> Vec<U16> {
        self.taken += 1;
        let unused = || vec![U16::ZERO; to_usize(Self::per_block(self.cluster))];
        self.open.pop_front().unwrap_or_else(unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_complete_when_the_file_has_passed_it() {
        let mut counts = Refcounts::new(512);
        counts.count(0..1);
        // Two compressed clusters that share a host cluster.
        counts.count(512..700);
        counts.count(700..1100);
        let region = 256 * 512;
        counts.count(region - 512..region + 1);
        assert!(counts.take_complete(region - 1).is_none());
        let block = counts.take_complete(region).expect("complete");
        let used: Vec<_> = block[..4].iter().map(|count| count.get()).collect();
        assert_eq!(used, [1, 2, 1, 0]);
        assert_eq!((block.len(), block[255].get()), (256, 1));
        assert!(counts.take_complete(region).is_none());
        assert_eq!(counts.take()[0].get(), 1);
    }
}
