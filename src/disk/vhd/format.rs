//! The bytes of a VHD: footer, header, constants. All numbers are big-endian.

use zerocopy::byteorder::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first eight bytes of a footer and of its copy at the front.
pub const MAGIC: [u8; 8] = *b"conectix";
/// The first eight bytes of a header.
pub(super) const HEADER_MAGIC: [u8; 8] = *b"cxsparse";
/// Bytes of a sector, the unit of the BAT and of bitmaps.
pub(super) const SECTOR: u64 = 512;
/// A BAT entry of a block that is not stored.
pub(super) const FREE: u32 = u32::MAX;
/// An offset of something that is not there.
pub(super) const NOWHERE: u64 = u64::MAX;
/// Major and minor version of footer and header.
pub(super) const VERSION: u32 = 0x0001_0000;

/// What the format, or this reader, can hold.
pub mod limits {
    /// Largest disk of blocks, in bytes: sectors have numbers of 32 bits.
    pub const CAPACITY: u64 = 2 << 40;
    /// Largest disk of blocks that Microsoft's programs make, and QEMU reads, in bytes.
    pub const MADE_CAPACITY: u64 = 2040 << 30;
    /// Largest fixed disk, in bytes. Azure has some of 32 TiB.
    pub const FIXED_CAPACITY: u64 = 1 << 62;
    /// Bytes of the BAT: 2 TiB in blocks of 512 KiB, the smallest Microsoft's programs make.
    pub const TABLE_BYTES: u64 = 16 << 20;
    /// Bytes of a parent's name, the longest path Windows has.
    pub const NAME_BYTES: u64 = 64 << 10;
}

/// Bits of a footer's features.
pub(super) mod features {
    /// Always set.
    pub(crate) const RESERVED: u32 = 1 << 1;
}

/// What a disk is.
pub(super) mod kind {
    pub(crate) const FIXED: u32 = 2;
    pub(crate) const DYNAMIC: u32 = 3;
    pub(crate) const DIFFERENCING: u32 = 4;
}

/// The footer.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RawFooter {
    pub(super) magic: [u8; 8],
    pub(super) features: U32,
    pub(super) version: U32,
    /// Where the header stands; all ones in a fixed disk.
    pub(super) data_offset: U64,
    /// Seconds since 2000, UTC.
    pub(super) time_stamp: U32,
    pub(super) creator: [u8; 4],
    pub(super) creator_version: U32,
    pub(super) creator_system: [u8; 4],
    pub(super) original_size: U64,
    pub(super) current_size: U64,
    pub(super) cylinders: U16,
    pub(super) heads: u8,
    pub(super) sectors_per_track: u8,
    pub(super) kind: U32,
    pub(super) checksum: U32,
    pub(super) id: [u8; 16],
    /// 1 while the machine is suspended.
    pub(super) saved_state: u8,
    reserved: [u8; 427],
}

/// Where some other thing stands that tells the parent's name.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RawLocator {
    /// How the name is written; zeros in one that is not used.
    pub(super) platform: [u8; 4],
    /// Room for the name: in sectors, or in bytes, as writers disagree.
    space: U32,
    /// Bytes of the name.
    pub(super) length: U32,
    reserved: U32,
    pub(super) offset: U64,
}

impl RawLocator {
    /// A name of `length` bytes at `offset`, written as `platform` does.
    pub(super) fn new(platform: [u8; 4], length: u32, offset: u64) -> Self {
        Self {
            platform,
            // In bytes, as Microsoft's programs have it: no reader takes that for too little.
            space: U32::new(length.next_multiple_of(512)),
            length: U32::new(length),
            reserved: U32::ZERO,
            offset: U64::new(offset),
        }
    }
}

/// The header of a dynamic or differencing disk.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RawHeader {
    pub(super) magic: [u8; 8],
    /// Nowhere, in all 64 bits.
    pub(super) data_offset: U64,
    pub(super) table_offset: U64,
    pub(super) version: U32,
    pub(super) table_entries: U32,
    pub(super) block_size: U32,
    pub(super) checksum: U32,
    pub(super) parent_id: [u8; 16],
    pub(super) parent_time_stamp: U32,
    reserved: U32,
    /// UTF-16, big-endian; the name alone.
    pub(super) parent_name: [U16; 256],
    pub(super) locators: [RawLocator; 8],
    reserved_too: [u8; 256],
}

pub(super) const FOOTER_BYTES: u64 = 512;
pub(super) const HEADER_BYTES: u64 = 1024;
const _: () = assert!(size_of::<RawFooter>() as u64 == FOOTER_BYTES);
const _: () = assert!(size_of::<RawHeader>() as u64 == HEADER_BYTES);

impl RawFooter {
    /// Makes the checksum that of what else it holds.
    pub(super) fn seal(&mut self) {
        self.checksum = U32::new(checksum(self.as_bytes(), self.checksum));
    }
}

impl RawHeader {
    /// Makes the checksum that of what else it holds.
    pub(super) fn seal(&mut self) {
        self.checksum = U32::new(checksum(self.as_bytes(), self.checksum));
    }
}

/// The checksum of a structure whose field for it holds `stored`: the ones' complement of
/// the sum of all other bytes.
pub(super) fn checksum(bytes: &[u8], stored: U32) -> u32 {
    let sum = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u32, |sum, byte| sum.wrapping_add((*byte).into()))
    };
    !sum(bytes).wrapping_sub(sum(stored.as_bytes()))
}
