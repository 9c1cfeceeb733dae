//! The block allocation table (2.5): which entry is about which block, and what it says.

use super::fault::Fault;
use super::format::{BITMAP_SECTORS, UNIT};
use super::header::Stretch;
use super::metadata::Metadata;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;

/// Bytes of an entry.
pub(super) const ENTRY: u64 = 8;
/// Tables are read in pieces of at most this many bytes.
pub(super) const SLICE_BYTES: u64 = 64 << 10;

/// The states of a payload block (2.5.1.1); 6 is that of a sector bitmap, too.
mod state {
    pub(super) const NOT_PRESENT: u64 = 0;
    pub(super) const UNDEFINED: u64 = 1;
    pub(super) const ZERO: u64 = 2;
    pub(super) const UNMAPPED: u64 = 3;
    /// The same before version 1.0 of the specification.
    pub(super) const UNMAPPED_BEFORE: u64 = 5;
    pub(super) const FULLY_PRESENT: u64 = 6;
    pub(super) const PARTIALLY_PRESENT: u64 = 7;
}
/// Bits of the state, and those that mean nothing.
const STATE: u64 = 0b111;
const RESERVED: u64 = 0xF_FFF8;

/// What an entry says of a payload block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Payload {
    /// Not here: in the parent, or nowhere.
    Absent,
    /// Zeros, or whatever one likes.
    Zero,
    /// All of it, from this offset of the file on.
    Whole(u64),
    /// Those of its sectors that the sector bitmap tells.
    Partial(u64),
}

/// Reads the entry of a payload block.
pub(super) fn payload(entry: u64) -> Result<Payload, &'static str> {
    match entry & STATE {
        state::NOT_PRESENT => Ok(Payload::Absent),
        state::UNDEFINED | state::ZERO | state::UNMAPPED | state::UNMAPPED_BEFORE => {
            Ok(Payload::Zero)
        }
        state::FULLY_PRESENT => place(entry).map(Payload::Whole),
        state::PARTIALLY_PRESENT => place(entry).map(Payload::Partial),
        _ => Err("no payload block has this state"),
    }
}

/// The entry of a payload block that is whole at the offset `at`, or else zeros. Those have
/// no offset: Hyper-V does not open an image that gives them one.
pub(super) fn entry(at: Option<u64>) -> u64 {
    at.map_or(state::ZERO, |at| at | state::FULLY_PRESENT)
}

/// The entry of a sector bitmap block that is not there, or of a block that is in the parent.
pub(super) const ABSENT: u64 = state::NOT_PRESENT;

/// Reads the entry of a sector bitmap block: where it is, if it is.
pub(super) fn bitmap(entry: u64) -> Result<Option<u64>, &'static str> {
    match entry & STATE {
        state::NOT_PRESENT => Ok(None),
        state::FULLY_PRESENT => place(entry).map(Some),
        _ => Err("no sector bitmap block has this state"),
    }
}

fn place(entry: u64) -> Result<u64, &'static str> {
    if entry & RESERVED != 0 {
        return Err("bits that have to be zero are set");
    }
    let offset = entry & !(UNIT - 1);
    if offset == 0 {
        return Err("the block would lie over the file's header");
    }
    Ok(offset)
}

/// How the guest's disk is cut into blocks, and where the table tells of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    /// Where the table is.
    pub(super) table: u64,
    pub(super) capacity: u64,
    pub(super) block: u64,
    pub(super) sector: u64,
    /// Payload blocks a sector bitmap block is about.
    pub(super) ratio: u64,
    /// Whether there is a parent.
    pub(super) overlay: bool,
}

impl Geometry {
    /// That of the disk `metadata` describes, with its table in `region`.
    pub(super) fn new(metadata: &Metadata, region: Stretch) -> Result<Self> {
        let geometry = Self::of(metadata, region.offset);
        let needed = geometry.entries() * ENTRY;
        if region.length < needed {
            return Err(Fault::ShortBat {
                length: region.length,
                needed,
                at: region.offset,
            }
            .into());
        }
        Ok(geometry)
    }

    /// That of the disk `metadata` describes, with a table at `table` that has room.
    pub(super) fn of(metadata: &Metadata, table: u64) -> Self {
        Self {
            table,
            capacity: metadata.capacity,
            block: metadata.block,
            sector: metadata.logical_sector,
            ratio: BITMAP_SECTORS * metadata.logical_sector / metadata.block,
            overlay: metadata.parent.is_some(),
        }
    }

    pub(super) fn blocks(&self) -> u64 {
        self.capacity.div_ceil(self.block)
    }

    /// Entries of the table.
    pub(super) fn entries(&self) -> u64 {
        let blocks = self.blocks();
        if self.overlay {
            blocks.div_ceil(self.ratio) * (self.ratio + 1)
        } else {
            self.entry_of(blocks - 1) + 1
        }
    }

    /// The number of the entry of a payload block.
    pub(super) fn entry_of(&self, block: u64) -> u64 {
        block + block / self.ratio
    }

    /// The number of the entry of the sector bitmap block about `chunk`.
    pub(super) fn entry_of_bitmap(&self, chunk: u64) -> u64 {
        chunk * (self.ratio + 1) + self.ratio
    }

    /// What the entry `number` is about.
    pub(super) fn about(&self, number: u64) -> About {
        let (chunk, within) = (number / (self.ratio + 1), number % (self.ratio + 1));
        if within == self.ratio {
            About::Bitmap(chunk)
        } else {
            About::Block(chunk * self.ratio + within)
        }
    }

    /// Bytes of `block` that belong to the disk; none of one behind its end.
    pub(super) fn visible(&self, block: u64) -> u64 {
        self.capacity
            .saturating_sub(block * self.block)
            .min(self.block)
    }

    /// Where the entry `number` stands in the file.
    pub(super) fn place_of(&self, number: u64) -> u64 {
        self.table + number * ENTRY
    }

    /// The fault that `entry`, the one with this number, has.
    pub(super) fn fault(&self, number: u64, entry: u64, rule: &'static str) -> Fault {
        let (what, block) = match self.about(number) {
            About::Block(block) => ("payload block", block),
            About::Bitmap(chunk) => ("sector bitmap block", chunk),
        };
        Fault::Entry {
            what,
            block,
            entry,
            rule,
            at: self.place_of(number),
        }
    }

    /// Reads the entries of the slice that begins with the entry `first`.
    pub(super) fn read_slice(&self, storage: &dyn Storage, first: u64) -> Result<Vec<u8>> {
        let count = (self.entries() - first).min(SLICE_BYTES / ENTRY);
        let mut bytes = vec![0; to_usize(count * ENTRY)];
        storage.read_exact_at(self.place_of(first), &mut bytes)?;
        Ok(bytes)
    }
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A payload block of this number.
    Block(u64),
    /// The sector bitmap block of this chunk.
    Bitmap(u64),
}

/// The entries of a slice.
pub(super) fn entries(slice: &[u8]) -> impl Iterator<Item = u64> {
    let (entries, _) = slice.as_chunks::<8>();
    entries.iter().map(|entry| u64::from_le_bytes(*entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::units::{GIB, MIB, TIB};

    fn geometry(capacity: u64, block: u64, sector: u64, overlay: bool) -> Geometry {
        Geometry {
            table: MIB,
            capacity,
            block,
            sector,
            ratio: BITMAP_SECTORS * sector / block,
            overlay,
        }
    }

    #[test]
    fn bitmaps_stand_behind_each_chunk() {
        let disk = geometry(9 * GIB, 256 * MIB, 512, false);
        assert_eq!((disk.ratio, disk.blocks(), disk.entries()), (16, 36, 38));
        assert_eq!(
            [0, 15, 16, 35].map(|block| disk.entry_of(block)),
            [0, 15, 17, 37]
        );
        assert_eq!(disk.entry_of_bitmap(1), 33);
        for number in 0..disk.entries() {
            match disk.about(number) {
                About::Block(block) => assert_eq!(disk.entry_of(block), number),
                About::Bitmap(chunk) => assert_eq!(disk.entry_of_bitmap(chunk), number),
            }
        }
        // An overlay has the bitmap of its last chunk, too.
        assert_eq!(geometry(9 * GIB, 256 * MIB, 512, true).entries(), 3 * 17);
        assert_eq!(geometry(4 * GIB, MIB, 512, false).entries(), 4096);
        assert_eq!(geometry(4 * GIB + 512, MIB, 512, false).entries(), 4098);
        assert_eq!(geometry(512, MIB, 4096, true).entries(), 32769);
        let largest = geometry(64 * TIB, MIB, 512, true);
        assert_eq!(largest.entries(), (64 << 20) + (64 << 20) / 4096);
    }

    #[test]
    fn states_are_told_apart() {
        assert_eq!(payload(0), Ok(Payload::Absent));
        for zero in [1, 2, 3, 5, 0x30_0003] {
            assert_eq!(payload(zero), Ok(Payload::Zero));
        }
        assert_eq!(payload(0x40_0006), Ok(Payload::Whole(0x40_0000)));
        assert_eq!(payload(0x40_0007), Ok(Payload::Partial(0x40_0000)));
        for wrong in [4, 6, 7, 0x40_000E, 0x48_0006] {
            payload(wrong).expect_err("wrong");
        }
        for at in [None, Some(0x40_0000)] {
            let wanted = at.map_or(Payload::Zero, Payload::Whole);
            assert_eq!(payload(entry(at)), Ok(wanted));
        }
        assert_eq!(entry(None), 2);
        assert_eq!(bitmap(0x40_0000), Ok(None));
        assert_eq!(bitmap(ABSENT), Ok(None));
        assert_eq!(bitmap(0x40_0006), Ok(Some(0x40_0000)));
        for wrong in [1, 2, 3, 4, 5, 7, 6] {
            bitmap(wrong).expect_err("wrong");
        }
    }
}
