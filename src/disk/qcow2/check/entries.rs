//! What an L2 entry says, with what is wrong with it.

use std::ops::Range;

use super::super::format::{COPIED, L2_COMPRESSED, L2_RESERVED, L2_ZERO, OFFSET_MASK};
use super::super::header::Header;
use super::super::inflate::CompressedPlace;

/// An entry of an L2 table, with its subclusters' bits.
#[derive(Debug, Clone, Copy)]
pub(in crate::disk::qcow2) struct Entry {
    pub(in crate::disk::qcow2) word: u64,
    pub(in crate::disk::qcow2) bitmap: u64,
}

/// Where the cluster of an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk::qcow2) enum Cluster {
    /// Nowhere.
    None,
    /// Compressed, in sectors of the file.
    Compressed(CompressedPlace),
    /// At this offset of the file.
    At(u64),
}

impl Entry {
    /// The entries of an L2 table.
    pub(in crate::disk::qcow2) fn all(header: &Header, table: &[u8]) -> impl Iterator<Item = Self> {
        let (words, _) = table.as_chunks::<8>();
        let width = if header.extended_l2 { 2 } else { 1 };
        words.chunks_exact(width).map(|entry| Self {
            word: u64::from_be_bytes(entry[0]),
            bitmap: entry.get(1).map_or(0, |bits| u64::from_be_bytes(*bits)),
        })
    }

    pub(in crate::disk::qcow2) fn is_empty(self) -> bool {
        self.word == 0 && self.bitmap == 0
    }

    pub(in crate::disk::qcow2) fn is_copied(self) -> bool {
        self.word & COPIED != 0
    }

    /// Where its cluster is.
    pub(in crate::disk::qcow2) fn cluster(self, header: &Header) -> Cluster {
        let offset = self.word & OFFSET_MASK;
        if self.word & L2_COMPRESSED != 0 {
            Cluster::Compressed(CompressedPlace::from_entry(self.word, header.cluster_bits))
        } else if offset != 0 || header.data_file.is_some() && self.is_copied() {
            Cluster::At(offset)
        } else {
            Cluster::None
        }
    }

    /// The clusters of the file it leads to, those that hold compressed data among them.
    pub(in crate::disk::qcow2) fn clusters(self, header: &Header) -> Range<u64> {
        let size = header.cluster_size();
        match self.cluster(header) {
            Cluster::None => 0..0,
            Cluster::At(offset) => offset / size..offset / size + 1,
            Cluster::Compressed(place) => {
                place.offset / size..(place.offset + (place.window - 1)) / size + 1
            }
        }
    }

    /// Hands what is wrong with the entry by itself to `tell`; answers whether its cluster is
    /// nevertheless to be counted.
    pub(in crate::disk::qcow2) fn judge(
        self,
        header: &Header,
        mut tell: impl FnMut(&'static str),
    ) -> bool {
        if let Cluster::Compressed(_) = self.cluster(header) {
            if self.is_copied() {
                tell("compressed clusters have no COPIED bit");
            }
            if header.data_file.is_some() {
                tell("an image with a data file has no compressed clusters");
                return false;
            }
            if self.bitmap != 0 {
                tell("a compressed cluster has no subclusters");
                return false;
            }
            return true;
        }
        if self.word & L2_RESERVED != 0 || header.extended_l2 && self.word & L2_ZERO != 0 {
            tell("reserved bits are set");
        }
        if self.word & L2_ZERO != 0 && header.version < 3 {
            tell("version 2 has no zero clusters");
        }
        let (zero, stored) = (self.bitmap >> 32, self.bitmap & 0xFFFF_FFFF);
        match self.cluster(header) {
            Cluster::At(offset) => {
                if zero & stored != 0 {
                    tell("a subcluster is both stored and zero");
                }
                if offset & (header.cluster_size() - 1) != 0 {
                    tell("the cluster does not start at a multiple of the cluster size");
                }
                true
            }
            _ if stored != 0 => {
                tell("subclusters are stored in a cluster that is not");
                false
            }
            _ => false,
        }
    }
}
