//! An L2 table in the making.

use super::super::check::entries::Entry;
use super::super::format::{L2_ZERO, SUBCLUSTERS};
use super::super::header::Header;
use crate::base::units::to_usize;

/// One bit for each subcluster.
const ALL: u64 = (1 << SUBCLUSTERS) - 1;

/// A table as it is, and as it is to be.
pub(super) struct Table {
    /// Where it stands; 0 if there is none yet.
    pub(super) at: u64,
    /// Whether a snapshot has it, too.
    pub(super) shared: bool,
    pub(super) old: Vec<u8>,
    pub(super) new: Vec<u8>,
    /// Bytes of an entry.
    pub(super) width: u64,
}

impl Table {
    /// The bytes of a table that has the same `entry`, of `width` bytes, for all clusters.
    pub(super) fn filled(size: u64, width: u64, entry: Entry) -> Vec<u8> {
        let mut table = Self {
            at: 0,
            shared: false,
            old: Vec::new(),
            new: vec![0; to_usize(size)],
            width,
        };
        for number in 0..size / width {
            table.put(number, entry);
        }
        table.new
    }

    pub(super) fn is_changed(&self) -> bool {
        self.old != self.new
    }

    /// The entry of this `number`, as it is to be.
    pub(super) fn entry(&self, number: u64) -> Entry {
        let at = to_usize(number * self.width);
        let word = |at: usize| {
            let bytes = self.new[at..at + 8].iter();
            bytes.fold(0, |word, byte| word << 8 | u64::from(*byte))
        };
        Entry {
            word: word(at),
            bitmap: if self.width > 8 { word(at + 8) } else { 0 },
        }
    }

    /// Makes the entry of this `number` another.
    pub(super) fn put(&mut self, number: u64, entry: Entry) {
        let at = to_usize(number * self.width);
        self.new[at..at + 8].copy_from_slice(&entry.word.to_be_bytes());
        if self.width > 8 {
            self.new[at + 8..at + 16].copy_from_slice(&entry.bitmap.to_be_bytes());
        }
    }
}

/// The entry of a cluster that is not there.
pub(super) const NONE: Entry = Entry { word: 0, bitmap: 0 };

/// The entry of a cluster of zeros, in version 3.
pub(super) fn zero(header: &Header) -> Entry {
    if header.extended_l2 {
        Entry {
            word: 0,
            bitmap: ALL << SUBCLUSTERS,
        }
    } else {
        Entry {
            word: L2_ZERO,
            bitmap: 0,
        }
    }
}

/// The entry of a cluster that `word` leads to, stored as a whole.
pub(super) fn stored(header: &Header, word: u64) -> Entry {
    Entry {
        word,
        bitmap: if header.extended_l2 { ALL } else { 0 },
    }
}
