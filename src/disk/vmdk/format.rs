//! The bytes of a sparse extent: header, markers, constants. All numbers are
//! little-endian.

use zerocopy::byteorder::little_endian::{U16, U32, U64};
use zerocopy::{Immutable, IntoBytes, KnownLayout, Unaligned};

/// Bytes of a sector, the unit of every offset in the format.
pub(super) const SECTOR: u64 = 512;
/// Sectors of a grain: 64 KiB, what VMware's exporters write.
pub(super) const GRAIN_SECTORS: u64 = 128;
/// Bytes of a grain.
pub(super) const GRAIN: u64 = GRAIN_SECTORS * SECTOR;
/// Entries of a grain table.
pub(super) const TABLE_ENTRIES: u64 = 512;
/// Sectors of a grain table.
pub(super) const TABLE_SECTORS: u64 = TABLE_ENTRIES * 4 / SECTOR;
/// Sectors kept for the descriptor. VMware's tools keep as many, and some
/// programs rewrite the text in place and need the room.
pub(super) const DESCRIPTOR_SECTORS: u64 = 20;
/// First sector behind the header and the descriptor, at a whole grain as in
/// VMware's own exports.
pub(super) const OVERHEAD_SECTORS: u64 = 128;
/// `gdOffset` of a header whose grain directory stands at the end.
pub(super) const DIRECTORY_AT_END: u64 = u64::MAX;

/// What the format, or its readers, can hold.
pub mod limits {
    /// Largest capacity in bytes: 64 TiB. Larger disks exceed the grain
    /// directory other readers accept.
    pub const CAPACITY: u64 = 64 << 40;
}

/// Flags: newline test valid (bit 0), grains compressed (16), markers (17).
const FLAGS: u32 = 1 | 1 << 16 | 1 << 17;
/// Version 3, which ESXi requires.
const VERSION: u32 = 3;
const COMPRESS_DEFLATE: u16 = 1;

/// `SparseExtentHeader`, and the footer.
#[derive(Debug, Clone, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    magic: [u8; 4],
    version: U32,
    flags: U32,
    /// Sectors of the disk.
    capacity: U64,
    /// Sectors of a grain.
    grain_size: U64,
    descriptor_offset: U64,
    descriptor_size: U64,
    entries_per_table: U32,
    redundant_directory_offset: U64,
    directory_offset: U64,
    /// Sectors before the first grain.
    overhead: U64,
    unclean_shutdown: u8,
    /// A transfer that rewrites line ends shows here.
    newline_test: [u8; 4],
    compression: U16,
    pad: [u8; 433],
}

const _: () = assert!(size_of::<Header>() as u64 == SECTOR);

impl Header {
    /// The header of a disk of `capacity` sectors; `directory` is the sector of
    /// the grain directory, or [`DIRECTORY_AT_END`].
    pub(super) fn new(capacity: u64, directory: u64) -> Self {
        Self {
            magic: *b"KDMV",
            version: VERSION.into(),
            flags: FLAGS.into(),
            capacity: capacity.into(),
            grain_size: GRAIN_SECTORS.into(),
            descriptor_offset: 1.into(),
            descriptor_size: DESCRIPTOR_SECTORS.into(),
            // 512 fits any width.
            entries_per_table: U32::new(512),
            redundant_directory_offset: 0.into(),
            directory_offset: directory.into(),
            overhead: OVERHEAD_SECTORS.into(),
            unclean_shutdown: 0,
            newline_test: *b"\n \r\n",
            compression: COMPRESS_DEFLATE.into(),
            pad: [0; 433],
        }
    }
}

/// Kinds of metadata marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum MarkerKind {
    EndOfStream = 0,
    GrainTable = 1,
    GrainDirectory = 2,
    Footer = 3,
}

/// A metadata marker: the sector before a table, a footer, or the end.
#[derive(Debug, Clone, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct MetadataMarker {
    /// Sectors of what follows.
    sectors: U64,
    /// 0 tells a metadata marker from a grain's.
    size: U32,
    kind: U32,
    pad: [u8; 496],
}

const _: () = assert!(size_of::<MetadataMarker>() as u64 == SECTOR);

impl MetadataMarker {
    pub(super) fn new(kind: MarkerKind, sectors: u64) -> Self {
        Self {
            sectors: sectors.into(),
            size: 0.into(),
            kind: (kind as u32).into(),
            pad: [0; 496],
        }
    }
}

/// A grain's marker; its compressed bytes follow directly.
#[derive(Debug, Clone, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct GrainMarker {
    /// First sector of the grain on the disk.
    lba: U64,
    /// Compressed bytes, without marker and padding.
    size: U32,
}

/// Bytes of a grain marker.
pub(super) const GRAIN_MARKER_BYTES: usize = size_of::<GrainMarker>();
const _: () = assert!(GRAIN_MARKER_BYTES == 12);

impl GrainMarker {
    pub(super) fn new(grain: u64, size: u32) -> Self {
        Self {
            lba: (grain * GRAIN_SECTORS).into(),
            size: size.into(),
        }
    }
}
