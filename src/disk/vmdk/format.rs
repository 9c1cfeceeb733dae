//! The bytes of a sparse extent: header, markers, constants. All numbers are
//! little-endian.

use zerocopy::byteorder::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first four bytes of a sparse extent.
pub const MAGIC: [u8; 4] = *b"KDMV";
/// Bytes of a sector, the unit of every offset in the format.
pub(super) const SECTOR: u64 = SECTOR_BYTES as u64;
/// The same, as a length in memory.
pub const SECTOR_BYTES: usize = 512;
/// A sector's bytes.
pub(super) type Sector = [u8; SECTOR_BYTES];
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

/// What the format, or its readers, can hold. The bounds of what is read are
/// such that no number in a file decides an allocation.
pub mod limits {
    /// Largest capacity written, in bytes: 64 TiB. Larger disks exceed the
    /// grain directory other readers accept.
    pub const CAPACITY: u64 = 64 << 40;
    /// Largest capacity read, in sectors: 2^63 bytes.
    pub const CAPACITY_SECTORS: u64 = 1 << 54;
    /// Sectors of a grain, always a power of two: up to 1 GiB, as QEMU has it.
    pub const GRAIN_SECTORS: std::ops::RangeInclusive<u64> = 1..=1 << 21;
    /// Sectors of a compressed grain, which every thread inflates whole: up to
    /// 2 MiB. Every known writer makes 64 KiB.
    pub const COMPRESSED_GRAIN_SECTORS: u64 = 4096;
    /// Entries of a grain table, as QEMU has it.
    pub const TABLE_ENTRIES: std::ops::RangeInclusive<u32> = 1..=512;
    /// Bytes of a grain directory. With tables of 512 grains of 64 KiB they
    /// serve 256 TiB.
    pub const DIRECTORY_BYTES: u64 = 32 << 20;
    /// Bytes of the descriptor, embedded or by itself. Real ones have some hundreds.
    pub const DESCRIPTOR_BYTES: u64 = 1 << 20;
    /// Extents of a disk: 16 TiB in pieces of 2 GB, twice as much as Workstation makes.
    pub const EXTENTS: usize = 8192;
    /// Grains remembered one by one, where no tables tell of them: 2 TiB of
    /// data in grains of 64 KiB, 256 MiB of memory.
    pub const LISTED_GRAINS: usize = 1 << 25;
}

/// Flags of the header.
pub(super) mod flags {
    /// The bytes of the newline test are valid.
    pub(crate) const NEWLINE_TEST: u32 = 1;
    /// There is a redundant grain directory.
    pub(crate) const REDUNDANT: u32 = 1 << 1;
    /// A table entry of 1 is a grain of zeros.
    pub(crate) const ZEROED_GRAINS: u32 = 1 << 2;
    /// Grains are compressed.
    pub(crate) const COMPRESSED: u32 = 1 << 16;
    /// Grains and tables stand behind markers.
    pub(crate) const MARKERS: u32 = 1 << 17;
}
/// What is written.
const FLAGS: u32 = flags::NEWLINE_TEST | flags::COMPRESSED | flags::MARKERS;
/// Version 3, which ESXi requires.
const VERSION: u32 = 3;
/// Versions read: all there are.
pub(super) const VERSIONS: std::ops::RangeInclusive<u32> = 1..=3;
pub(super) const COMPRESS_DEFLATE: u16 = 1;
/// A transfer that rewrites line ends changes these.
pub(super) const NEWLINE_TEST: [u8; 4] = *b"\n \r\n";
/// A table entry that may mean a grain of zeros.
pub(super) const ZEROED_GRAIN: u32 = 1;

/// `SparseExtentHeader`, and the footer.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Header {
    pub(super) magic: [u8; 4],
    pub(super) version: U32,
    pub(super) flags: U32,
    /// Sectors of the disk.
    pub(super) capacity: U64,
    /// Sectors of a grain.
    pub(super) grain_size: U64,
    pub(super) descriptor_offset: U64,
    pub(super) descriptor_size: U64,
    pub(super) entries_per_table: U32,
    pub(super) redundant_directory_offset: U64,
    pub(super) directory_offset: U64,
    /// Sectors before the first grain.
    pub(super) overhead: U64,
    pub(super) unclean_shutdown: u8,
    pub(super) newline_test: [u8; 4],
    pub(super) compression: U16,
    pad: [u8; 433],
}

const _: () = assert!(size_of::<Header>() as u64 == SECTOR);

impl Header {
    /// The header of a disk of `capacity` sectors; `directory` is the sector of
    /// the grain directory, or [`DIRECTORY_AT_END`].
    pub(super) fn new(capacity: u64, directory: u64) -> Self {
        Self {
            magic: MAGIC,
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
            newline_test: NEWLINE_TEST,
            compression: COMPRESS_DEFLATE.into(),
            pad: [0; 433],
        }
    }
}

impl Header {
    /// The header of a hosted sparse extent of `capacity` sectors, with its directories,
    /// which are each other's copy, and its first grain at these sectors.
    pub(super) fn hosted(
        capacity: u64,
        descriptor: bool,
        redundant: u64,
        directory: u64,
        overhead: u64,
    ) -> Self {
        let (text, text_sectors) = if descriptor {
            (1, DESCRIPTOR_SECTORS)
        } else {
            (0, 0)
        };
        Self {
            version: 1.into(),
            flags: (flags::NEWLINE_TEST | flags::REDUNDANT).into(),
            descriptor_offset: text.into(),
            descriptor_size: text_sectors.into(),
            redundant_directory_offset: redundant.into(),
            overhead: overhead.into(),
            compression: 0.into(),
            ..Self::new(capacity, directory)
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
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
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

/// Bytes of a metadata marker that say something.
const METADATA_MARKER_BYTES: usize = 16;

impl MarkerKind {
    /// The kind with this number.
    fn of(number: u32) -> Option<Self> {
        [
            Self::EndOfStream,
            Self::GrainTable,
            Self::GrainDirectory,
            Self::Footer,
        ]
        .into_iter()
        .find(|kind| *kind as u32 == number)
    }
}

/// What a sector in a stream, where a marker belongs, says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    /// A grain's data begins behind these first bytes.
    Grain {
        /// First sector of the grain on the disk.
        lba: u64,
        /// Compressed bytes.
        size: u32,
    },
    /// So many sectors of something else follow.
    Metadata { kind: MarkerKind, sectors: u64 },
    /// A kind nobody knows.
    Unknown(u32),
}

impl Marker {
    pub(super) fn parse(sector: &Sector) -> Self {
        let marker: &MetadataMarker = zerocopy::transmute_ref!(sector);
        let (value, kind) = (marker.sectors.get(), marker.kind.get());
        match (marker.size.get(), MarkerKind::of(kind)) {
            (size @ 1.., _) => Self::Grain { lba: value, size },
            (0, Some(kind)) => Self::Metadata {
                kind,
                sectors: value,
            },
            (0, None) => Self::Unknown(kind),
        }
    }

    /// What follows a metadata marker in its sector.
    pub(super) fn padding(sector: &Sector) -> &[u8] {
        &sector[METADATA_MARKER_BYTES..]
    }
}

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
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct GrainMarker {
    /// First sector of the grain on the disk.
    pub(super) lba: U64,
    /// Compressed bytes, without marker and padding.
    pub(super) size: U32,
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
