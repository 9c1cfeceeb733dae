//! The bytes of VHDX: magics, identifiers, structures, limits. All numbers are
//! little-endian.

use zerocopy::byteorder::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::guid::Guid;
use crate::base::units::{KIB, MIB, TIB};

/// The first eight bytes of an image.
pub const MAGIC: [u8; 8] = *b"vhdxfile";

/// The bounds an image has to keep.
pub mod limits {
    use crate::base::units::{GIB, MIB, TIB};

    /// The largest disk (2.6.2.2).
    pub const CAPACITY: u64 = 64 * TIB;
    /// Smallest and largest block (2.6.2.1).
    pub const BLOCK: std::ops::RangeInclusive<u64> = MIB..=256 * MIB;
    /// The longest file: every block of the largest disk, and as much around them.
    pub const FILE_BYTES: u64 = 128 * TIB;
    /// Entries of the region table and of the metadata table (2.2.3.1, 2.6.1.1).
    pub const TABLE_ENTRIES: u32 = 2047;
    /// Bytes of a metadata item (2.6.1.2).
    pub const ITEM_BYTES: u64 = MIB;
    /// The longest log that is replayed. Those there are have 1 MiB.
    pub const LOG_BYTES: u64 = GIB;
    /// Writes in a log that is replayed, which are kept in memory.
    pub const LOG_WRITES: usize = 1 << 18;
}

/// What every structure in the file is aligned to.
pub(super) const UNIT: u64 = MIB;
/// Bytes there are for the name of the program that made the image (2.2.1).
pub(super) const CREATOR_BYTES: usize = 512;
/// Where the two headers stand (2.2.2).
pub(super) const HEADERS_AT: [u64; 2] = [64 * KIB, 128 * KIB];
/// Bytes of a header that are summed.
pub(super) const HEADER_BYTES: usize = 4096;
/// Where the two region tables stand (2.2.3).
pub(super) const REGION_TABLES_AT: [u64; 2] = [192 * KIB, 256 * KIB];
/// Bytes of a region table, and of a metadata table.
pub(super) const TABLE_BYTES: usize = 64 << 10;
/// Sectors whose presence a sector bitmap block tells (2.4).
pub(super) const BITMAP_SECTORS: u64 = 1 << 23;
/// Bytes of a sector bitmap block.
pub(super) const BITMAP_BYTES: u64 = MIB;
/// What the log is cut in, and what it writes (2.3.1).
pub(super) const LOG_SECTOR: usize = 4096;
/// An entry may be padded to the sectors of the disk beneath, at most 64 KiB.
pub(super) const LOG_PADDING: u64 = 64 * KIB;

const _: () = assert!(limits::CAPACITY < limits::FILE_BYTES && limits::FILE_BYTES <= 1024 * TIB);

/// Identifiers of regions (2.2.3.2).
pub(super) mod region {
    use super::Guid;
    pub(crate) const BAT: Guid = Guid::new(0x2DC2_7766, 0xF623, 0x4200, 0x9D64_115E_9BFD_4A08);
    pub(crate) const METADATA: Guid = Guid::new(0x8B7C_A206, 0x4790, 0x4B9A, 0xB8FE_575F_050F_886E);
}

/// Identifiers of metadata items (2.6.2).
pub(super) mod item {
    use super::Guid;
    pub(crate) const FILE_PARAMETERS: Guid =
        Guid::new(0xCAA1_6737, 0xFA36, 0x4D43, 0xB3B6_33F0_AA44_E76B);
    pub(crate) const DISK_SIZE: Guid =
        Guid::new(0x2FA5_4224, 0xCD1B, 0x4876, 0xB211_5DBE_D83B_F4B8);
    pub(crate) const DISK_ID: Guid = Guid::new(0xBECA_12AB, 0xB2E6, 0x4523, 0x93EF_C309_E000_C746);
    pub(crate) const LOGICAL_SECTOR: Guid =
        Guid::new(0x8141_BF1D, 0xA96F, 0x4709, 0xBA47_F233_A8FA_AB5F);
    pub(crate) const PHYSICAL_SECTOR: Guid =
        Guid::new(0xCDA3_48C7, 0x445D, 0x4471, 0x9CC9_E988_5251_C556);
    pub(crate) const PARENT_LOCATOR: Guid =
        Guid::new(0xA8D3_5F2D, 0xB30B, 0x454D, 0xABF7_D3D8_4834_AB0C);
}

/// The kind of parent locator that leads to a VHDX (2.6.2.6.3).
pub(super) const VHDX_LOCATOR: Guid = Guid::new(0xB04A_EFB7, 0xD19E, 0x4A81, 0xB789_25B8_E944_5913);

/// A header (2.2.2); zeros follow.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct HeaderBytes {
    pub(super) signature: [u8; 4],
    pub(super) checksum: U32,
    pub(super) sequence: U64,
    pub(super) file_write: Guid,
    pub(super) data_write: Guid,
    /// Of the entries that count; none if there is nothing to replay.
    pub(super) log: Guid,
    pub(super) log_version: U16,
    pub(super) version: U16,
    pub(super) log_length: U32,
    pub(super) log_offset: U64,
}

/// What a region table begins with (2.2.3.1).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RegionHead {
    pub(super) signature: [u8; 4],
    pub(super) checksum: U32,
    pub(super) entries: U32,
    pub(super) reserved: U32,
}

/// A region (2.2.3.2).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct RegionEntry {
    pub(super) id: Guid,
    pub(super) offset: U64,
    pub(super) length: U32,
    /// 1 if nobody may read the image who does not know the region.
    pub(super) required: U32,
}

/// What an entry of the log begins with (2.3.1.1).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct LogHead {
    pub(super) signature: [u8; 4],
    pub(super) checksum: U32,
    pub(super) length: U32,
    /// Where in the log the oldest entry stands that counts with this one.
    pub(super) tail: U32,
    pub(super) sequence: U64,
    pub(super) descriptors: U32,
    pub(super) reserved: U32,
    pub(super) log: Guid,
    /// Bytes the file had at least.
    pub(super) flushed: U64,
    /// Bytes that hold all that is allocated.
    pub(super) last: U64,
}

/// One write of an entry (2.3.1.2, 2.3.1.3).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct Descriptor {
    /// `zero` or `desc`.
    pub(super) signature: [u8; 4],
    /// The last bytes of the sector; nothing of zeros.
    pub(super) trailing: [u8; 4],
    /// The first bytes of the sector; of zeros their count.
    pub(super) leading: [u8; 8],
    pub(super) offset: U64,
    pub(super) sequence: U64,
}

/// What the metadata table begins with (2.6.1.1).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct MetadataHead {
    pub(super) signature: [u8; 8],
    pub(super) reserved: U16,
    pub(super) entries: U16,
    pub(super) reserved2: [u8; 20],
}

/// A metadata item (2.6.1.2).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct MetadataEntry {
    pub(super) id: Guid,
    /// From the start of the region.
    pub(super) offset: U32,
    pub(super) length: U32,
    pub(super) flags: U32,
    pub(super) reserved: U32,
}

/// Flags of a metadata item.
pub(super) mod flags {
    pub(crate) const USER: u32 = 1 << 0;
    /// It is about the disk rather than the file.
    pub(crate) const VIRTUAL_DISK: u32 = 1 << 1;
    pub(crate) const REQUIRED: u32 = 1 << 2;
}

/// The file parameters (2.6.2.1).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct FileParameters {
    pub(super) block_size: U32,
    pub(super) flags: U32,
}

/// Flags of the file parameters.
pub(super) mod parameters {
    pub(crate) const LEAVE_ALLOCATED: u32 = 1 << 0;
    pub(crate) const HAS_PARENT: u32 = 1 << 1;
}

/// What a parent locator begins with (2.6.2.6.1).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct LocatorHead {
    pub(super) kind: Guid,
    pub(super) reserved: U16,
    pub(super) entries: U16,
}

/// A key and its value (2.6.2.6.2).
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct LocatorEntry {
    pub(super) key_offset: U32,
    pub(super) value_offset: U32,
    pub(super) key_length: U16,
    pub(super) value_length: U16,
}

const _: () = assert!(size_of::<HeaderBytes>() == 80);
const _: () = assert!(size_of::<RegionHead>() == 16 && size_of::<RegionEntry>() == 32);
const _: () = assert!(size_of::<LogHead>() == 64 && size_of::<Descriptor>() == 32);
const _: () = assert!(size_of::<MetadataHead>() == 32 && size_of::<MetadataEntry>() == 32);
const _: () = assert!(size_of::<LocatorHead>() == 20 && size_of::<LocatorEntry>() == 12);

/// The CRC-32C of `bytes` with the checksum at its place, bytes 4 to 8, taken as zero.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = summer();
    sum_first(&mut sum, bytes);
    sum.finalize()
}

/// Puts the checksum of `bytes`, a header or a region table, at its place.
pub(super) fn seal(bytes: &mut [u8]) {
    let sum = checksum(bytes);
    if let Some(place) = bytes.get_mut(4..8) {
        place.copy_from_slice(&sum.to_le_bytes());
    }
}

/// A CRC-32C of nothing yet.
pub(super) fn summer() -> Summer {
    CRC32C.digest()
}

/// Adds the first piece of what is summed, which holds the checksum.
pub(super) fn sum_first(sum: &mut Summer, bytes: &[u8]) {
    let (front, rest) = bytes.split_at(bytes.len().min(4));
    sum.update(front);
    sum.update(&[0; 4]);
    sum.update(rest.get(4..).unwrap_or_default());
}

pub(super) type Summer = crc::Digest<'static, u32, crc::Table<16>>;

static CRC32C: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISCSI);
