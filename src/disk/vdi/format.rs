//! The bytes of a VDI. All numbers are little-endian.

use zerocopy::byteorder::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// What tells a VDI, behind a text for people.
pub const MAGIC: [u8; 4] = 0xBEDA_107F_u32.to_le_bytes();
/// Where it stands.
pub const MAGIC_AT: u64 = 0x40;
/// A map entry of a block that is not stored, and reads as the parent has it.
pub(super) const FREE: u32 = u32::MAX;
/// A map entry of a block of zeros.
pub(super) const ZERO: u32 = u32::MAX - 1;
/// Bytes of the header without what stands before it: all of it until version 1.1, and
/// what later ones have at least.
pub(super) const HEADER_BYTES: u32 = 0x180;

/// What the format, or this reader, can hold.
pub mod limits {
    /// Blocks of a disk: 64 TiB in the blocks of 1 MiB that VirtualBox makes. A bit is
    /// kept of each while the map is held against the file.
    pub const BLOCKS: u64 = 1 << 26;
    /// Files looked at to find a parent by its id.
    pub const SEARCHED_FILES: usize = 10_000;
}

/// What a disk is.
pub(super) mod kind {
    pub(crate) const DYNAMIC: u32 = 1;
    pub(crate) const FIXED: u32 = 2;
    pub(crate) const UNDO: u32 = 3;
    pub(crate) const DIFFERENCING: u32 = 4;
}

/// The header, of which later versions add to the end.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RawHeader {
    text: [u8; 64],
    pub(super) magic: [u8; 4],
    /// Major version above, minor version below.
    pub(super) version: U32,
    pub(super) header_bytes: U32,
    pub(super) kind: U32,
    flags: U32,
    comment: [u8; 256],
    pub(super) map_offset: U32,
    pub(super) data_offset: U32,
    geometry: [U32; 4],
    unused: U32,
    /// Bytes the guest sees.
    pub(super) disk_size: U64,
    pub(super) block_size: U32,
    /// Bytes in front of each block that are no part of the disk.
    pub(super) block_extra: U32,
    pub(super) blocks: U32,
    pub(super) blocks_allocated: U32,
    pub(super) id: [u8; 16],
    /// Made anew when the disk is first written to after it was opened.
    pub(super) modification: [u8; 16],
    pub(super) parent: [u8; 16],
    pub(super) parent_modification: [u8; 16],
}

const _: () = assert!(size_of::<RawHeader>() == 0x48 + HEADER_BYTES as usize);
