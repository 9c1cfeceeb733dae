//! From guest offsets to sectors of the file.

use super::footer::Found;
use super::format::{FREE, SECTOR};
use super::header::Header;
use super::table;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::{Kind, Places, Run};
use crate::disk::tables::TableCache;

/// Bitmaps are read in pieces of at most this many bytes.
const PIECE_BYTES: u64 = 64 << 10;
/// Entries of a gap told in one run. Over a parent with many extents the gap is looked at
/// for each of them.
const GAP_ENTRIES: usize = 4096;

/// Where the sectors of a disk are.
pub(super) enum Sectors {
    /// All of them, in order, from the front of the file.
    Fixed,
    /// In blocks.
    Blocks(Blocks),
}

impl Places for Sectors {
    fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        match self {
            Self::Fixed => Ok(Run {
                length: u64::MAX - guest,
                kind: Kind::Stored(guest),
            }),
            Self::Blocks(blocks) => blocks.run_at(storage, guest, enough),
        }
    }
}

/// The blocks of a dynamic or differencing disk.
pub(super) struct Blocks {
    /// Sectors of their bitmaps.
    table: Vec<u32>,
    block: u64,
    /// Bytes of a bitmap.
    bitmap: u64,
    cache: TableCache,
}

impl Blocks {
    pub(super) fn read(storage: &dyn Storage, found: &Found, header: &Header) -> Result<Self> {
        Ok(Self {
            table: table::read(storage, found, header)?,
            block: header.block,
            bitmap: header.bitmap(),
            cache: TableCache::new(header.bitmap().min(PIECE_BYTES)),
        })
    }

    fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        let (number, within) = (guest / self.block, guest % self.block);
        let rest = self.table.get(to_usize(number)..).unwrap_or_default();
        let start = match rest.first() {
            Some(sector) if *sector != FREE => u64::from(*sector) * SECTOR,
            _ => {
                let gap = rest.iter().take(GAP_ENTRIES);
                let gap = gap.take_while(|sector| **sector == FREE).count().max(1);
                return Ok(Run {
                    length: gap as u64 * self.block - within,
                    kind: Kind::Unallocated,
                });
            }
        };
        // A sector has one bit. What was never written has a zero: it reads as zeros, or
        // as the parent has it.
        let size = self.bitmap.min(PIECE_BYTES);
        let sector = within / SECTOR;
        let piece = sector / 8 / size;
        let pieces = self.bitmap / size;
        let at = start + piece * size;
        let bits = self.cache.get(number * pieces + piece, at, || {
            let mut bits = vec![0; to_usize(size)];
            storage.read_exact_at(at, &mut bits)?;
            Ok(bits)
        })?;
        let first = sector - piece * size * 8;
        let in_block = self.block / SECTOR - piece * size * 8;
        let last = (size * 8).min(in_block);
        let wanted = (within % SECTOR).saturating_add(enough).div_ceil(SECTOR);
        let (written, count) = equal_bits(&bits, first, last.min(first.saturating_add(wanted)));
        Ok(Run {
            length: count * SECTOR - within % SECTOR,
            kind: if written {
                Kind::Stored(start + self.bitmap + within)
            } else {
                Kind::Unallocated
            },
        })
    }
}

/// What the bit `first` is, and how many from there are, before `end`. The first bit of a
/// byte is its highest.
fn equal_bits(bits: &[u8], first: u64, end: u64) -> (bool, u64) {
    let bit = |at: u64| bits[to_usize(at / 8)] >> (7 - at % 8) & 1 == 1;
    let written = bit(first);
    let whole = if written { 0xFF } else { 0 };
    let mut at = first + 1;
    while at < end {
        if at.is_multiple_of(8) && bits[to_usize(at / 8)] == whole {
            at += 8;
        } else if bit(at) == written {
            at += 1;
        } else {
            break;
        }
    }
    (written, at.min(end) - first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_counted_from_the_highest() {
        let bits = [0b0001_1111, 0xFF, 0b1100_0000, 0];
        assert_eq!(equal_bits(&bits, 0, 32), (false, 3));
        assert_eq!(equal_bits(&bits, 2, 32), (false, 1));
        assert_eq!(equal_bits(&bits, 3, 32), (true, 15));
        assert_eq!(equal_bits(&bits, 3, 12), (true, 9));
        assert_eq!(equal_bits(&bits, 17, 32), (true, 1));
        assert_eq!(equal_bits(&bits, 18, 32), (false, 14));
        assert_eq!(equal_bits(&bits, 31, 32), (false, 1));
    }
}
