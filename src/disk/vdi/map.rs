//! The block map: where the blocks are, held against the file and each other.

use std::sync::Arc;

use super::VDI;
use super::format::{FREE, ZERO};
use super::header::Header;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, Result};
use crate::disk::blocks::{Fault, Kind, Run, check_inside};
use crate::disk::tables::TableCache;

/// The map is read in pieces of this many bytes.
const PIECE_BYTES: u64 = 64 << 10;
const PIECE_ENTRIES: u64 = PIECE_BYTES / 4;

/// What is wrong with an entry.
pub(super) enum Wrong {
    /// It leads out of the file, or behind all blocks there can be.
    Place(Error),
    /// An earlier one leads to the same place.
    Shared { block: u64, entry: u32 },
}

/// What of the file a map leads to.
pub(super) struct Places {
    /// Entries that lead to a block.
    pub(super) allocated: u64,
    /// A bit for each block of the file.
    taken: Vec<u64>,
}

impl Places {
    /// Whether an entry leads to this block of the file.
    pub(super) fn has(&self, block: u64) -> bool {
        let word = self.taken.get(to_usize(block / 64)).copied();
        word.unwrap_or_default() >> (block % 64) & 1 == 1
    }
}

/// The blocks of a disk.
pub(super) struct Map {
    header: Header,
    cache: TableCache,
}

impl Map {
    /// The map `header` tells of, all of which is looked at once.
    pub(super) fn read(storage: &dyn Storage, header: Header) -> Result<Self> {
        let map = Self::new(header);
        map.examine(storage, &mut |wrong| {
            Err(match wrong {
                Wrong::Place(error) => error,
                Wrong::Shared { block, entry } => map.shared(storage, block, entry)?.into(),
            })
        })?;
        Ok(map)
    }

    /// Holds all of the map that `header` tells of against the file, and hands what is wrong
    /// to `tell`.
    pub(super) fn look_over(
        storage: &dyn Storage,
        header: Header,
        tell: &mut dyn FnMut(Wrong) -> Result<()>,
    ) -> Result<Places> {
        Self::new(header).examine(storage, tell)
    }

    /// The map `header` tells of, of which nothing was looked at.
    pub(super) fn new(header: Header) -> Self {
        let cache = TableCache::new(PIECE_BYTES);
        Self { header, cache }
    }

    /// Hands the number of each block of the disk to `tell`, and its entry.
    pub(super) fn each(
        &self,
        storage: &dyn Storage,
        tell: &mut dyn FnMut(u64, u32) -> Result<()>,
    ) -> Result<()> {
        for piece in 0..self.header.blocks.div_ceil(PIECE_ENTRIES) {
            let bytes = self.read_piece(storage, piece)?;
            for (block, entry) in (piece * PIECE_ENTRIES..).zip(entries(&bytes)) {
                tell(block, entry)?;
            }
        }
        Ok(())
    }

    fn examine(
        &self,
        storage: &dyn Storage,
        tell: &mut dyn FnMut(Wrong) -> Result<()>,
    ) -> Result<Places> {
        let mut places = Places {
            allocated: 0,
            taken: vec![0_u64; to_usize(self.header.entries.div_ceil(64))],
        };
        self.each(storage, &mut |block, entry| {
            if entry == FREE || entry == ZERO {
                return Ok(());
            }
            places.allocated += 1;
            if let Err(error) = self.check_place(storage, block, entry) {
                tell(Wrong::Place(error))?;
            }
            let Some(word) = places.taken.get_mut(to_usize(u64::from(entry) / 64)) else {
                return Ok(());
            };
            let bit = 1 << (entry % 64);
            if *word & bit != 0 {
                tell(Wrong::Shared { block, entry })?;
            }
            *word |= bit;
            Ok(())
        })?;
        Ok(places)
    }

    /// Where the entry of `block` stands.
    fn entry_at(&self, block: u64) -> u64 {
        self.header.map + block * 4
    }

    /// The entries from `piece` times [`PIECE_ENTRIES`] on.
    fn read_piece(&self, storage: &dyn Storage, piece: u64) -> Result<Vec<u8>> {
        let first = piece * PIECE_ENTRIES;
        let count = PIECE_ENTRIES.min(self.header.blocks - first);
        let mut bytes = vec![0; to_usize(count * 4)];
        storage.read_exact_at(self.entry_at(first), &mut bytes)?;
        Ok(bytes)
    }

    fn piece(&self, storage: &dyn Storage, piece: u64) -> Result<Arc<[u8]>> {
        let at = self.entry_at(piece * PIECE_ENTRIES);
        self.cache
            .get(piece, at, || self.read_piece(storage, piece))
    }

    /// Where the bytes of the block that `entry` tells of begin.
    fn start(&self, entry: u32) -> u64 {
        let header = &self.header;
        header.data + u64::from(entry) * (header.extra + header.block) + header.extra
    }

    /// What the disk shows of a block has to lie in the file, which has no more blocks
    /// than the disk.
    fn check_place(&self, storage: &dyn Storage, block: u64, entry: u32) -> Result<()> {
        let guest = block * self.header.block;
        if u64::from(entry) >= self.header.entries {
            return Err(Fault::Field {
                of: VDI,
                field: "block map entry",
                value: entry.into(),
                rule: format!(
                    "for guest offset {guest} it leads behind all {} blocks there can be",
                    self.header.entries
                ),
                at: self.entry_at(block),
            }
            .into());
        }
        let shown = self.header.block.min(self.header.disk_size - guest);
        let what = format!("block for guest offset {guest}");
        check_inside(VDI, what, self.start(entry), shown, storage.length())
    }

    /// What is wrong with `block`, whose `entry` an earlier block has, too.
    fn shared(&self, storage: &dyn Storage, block: u64, entry: u32) -> Result<Fault> {
        let mut other = 0;
        for piece in 0..=block / PIECE_ENTRIES {
            let bytes = self.read_piece(storage, piece)?;
            if let Some(number) = entries(&bytes).position(|found| found == entry) {
                other = piece * PIECE_ENTRIES + number as u64;
                break;
            }
        }
        Ok(Fault::Overlap {
            of: VDI,
            what: format!("block for guest offset {}", block * self.header.block),
            other: format!("the block for guest offset {}", other * self.header.block),
            at: self.start(entry),
        })
    }

    fn kind(&self, entry: u32) -> Kind {
        match entry {
            FREE => Kind::Unallocated,
            ZERO => Kind::Zero,
            stored => Kind::Stored(self.start(stored)),
        }
    }
}

impl crate::disk::blocks::Places for Map {
    fn run_at(&self, storage: &dyn Storage, guest: u64, enough: u64) -> Result<Run> {
        let size = self.header.block;
        let (block, within) = (guest / size, guest % size);
        let bytes = self.piece(storage, block / PIECE_ENTRIES)?;
        let mut kinds = entries(&bytes)
            .skip(to_usize(block % PIECE_ENTRIES))
            .map(|entry| self.kind(entry));
        // The disk has a block here, since the offset is below its size.
        let first = kinds.next().unwrap_or(Kind::Unallocated);
        let mut length = size - within;
        for kind in kinds {
            let goes_on = match (first, kind) {
                // What is in front of the next block is no part of the disk.
                (Kind::Stored(start), Kind::Stored(next)) => next == start + within + length,
                (first, kind) => first == kind,
            };
            if length >= enough || !goes_on {
                break;
            }
            length += size;
        }
        Ok(Run {
            length,
            kind: match first {
                Kind::Stored(start) => Kind::Stored(start + within),
                kind => kind,
            },
        })
    }
}

fn entries(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| u32::from_le_bytes(*word))
}
