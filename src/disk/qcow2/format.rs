//! The bytes of qcow2: magics, structures, bits, limits. All numbers are
//! big-endian.

use zerocopy::byteorder::big_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The first four bytes of an image.
pub const MAGIC: [u8; 4] = *b"QFI\xfb";

/// The bounds an image has to keep, most of them QEMU's own, so that every
/// image QEMU opens is read and no number in a file decides an allocation.
pub mod limits {
    /// Smallest and largest `cluster_bits`: clusters of 512 bytes to 2 MiB.
    pub const CLUSTER_BITS: std::ops::RangeInclusive<u32> = 9..=21;
    /// Bytes of an L1 table.
    pub const L1_TABLE_BYTES: u64 = 32 << 20;
    /// Bytes of the refcount table.
    pub const REFCOUNT_TABLE_BYTES: u64 = 8 << 20;
    /// Largest `refcount_order`: refcounts of 64 bits.
    pub const REFCOUNT_ORDER: u32 = 6;
    /// Internal snapshots.
    pub const SNAPSHOTS: u32 = 65_536;
    /// Bytes of the snapshot table.
    pub const SNAPSHOT_TABLE_BYTES: u64 = 64 << 20;
    /// Bytes of a snapshot's name that QEMU keeps.
    pub const SNAPSHOT_NAME_BYTES: usize = 255;
    /// Bytes of extra data in one snapshot table entry.
    pub const SNAPSHOT_EXTRA_BYTES: u32 = 1024;
    /// Bytes of a backing file's name.
    pub const BACKING_NAME_BYTES: u32 = 1023;
    /// Bytes of a backing file's format name.
    pub const BACKING_FORMAT_BYTES: usize = 15;
    /// Bitmaps.
    pub const BITMAPS: u32 = 65_535;
    /// Bytes of the bitmap directory.
    pub const BITMAP_DIRECTORY_BYTES: u64 = 64 << 20;
    /// Bytes of a bitmap's table.
    pub const BITMAP_TABLE_BYTES: u64 = 1 << 30;
    /// Clusters of a file that is checked: 32 TiB in clusters of 64 KiB. Two bytes are kept of
    /// each that is used.
    pub const CHECKED_CLUSTERS: u64 = 1 << 29;
    /// Smallest cluster for extended L2 entries, which split it in 32.
    pub const EXTENDED_L2_CLUSTER: u64 = 16 << 10;
}

/// The header as both versions have it.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct HeaderV2 {
    pub(super) magic: [u8; 4],
    /// 2 or 3.
    pub(super) version: U32,
    /// Where the backing file's name stands; 0 without one.
    pub(super) backing_name_offset: U64,
    /// Bytes of that name, which no NUL ends.
    pub(super) backing_name_length: U32,
    pub(super) cluster_bits: U32,
    /// Bytes the guest sees.
    pub(super) size: U64,
    /// 0 none, 1 AES, 2 LUKS.
    pub(super) crypt_method: U32,
    /// Entries of the active L1 table.
    pub(super) l1_entries: U32,
    pub(super) l1_offset: U64,
    pub(super) refcount_table_offset: U64,
    pub(super) refcount_table_clusters: U32,
    pub(super) snapshots: U32,
    pub(super) snapshots_offset: U64,
}

/// What version 3 adds.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct HeaderV3 {
    pub(super) incompatible_features: U64,
    pub(super) compatible_features: U64,
    pub(super) autoclear_features: U64,
    /// Refcounts have 2^order bits.
    pub(super) refcount_order: U32,
    /// Bytes of the whole header; extensions follow.
    pub(super) header_length: U32,
}

/// The head of a header extension.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct ExtensionHead {
    pub(super) kind: U32,
    /// Bytes of data; padding to a multiple of 8 follows them.
    pub(super) length: U32,
}

/// The fixed part of a snapshot table entry; extra data, id and name follow.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct SnapshotHead {
    pub(super) l1_offset: U64,
    pub(super) l1_entries: U32,
    pub(super) id_length: U16,
    pub(super) name_length: U16,
    /// Seconds since 1970, UTC.
    pub(super) date_seconds: U32,
    pub(super) date_nanoseconds: U32,
    /// Guest clock in nanoseconds.
    pub(super) vm_clock: U64,
    pub(super) vm_state_bytes: U32,
    pub(super) extra_bytes: U32,
}

/// Extra data of a snapshot table entry, as far as it is known.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct SnapshotExtra {
    pub(super) vm_state_bytes: U64,
    /// Bytes the guest saw.
    pub(super) disk_size: U64,
    /// Instructions of a machine that was recorded; -1 of none.
    pub(super) instructions: U64,
}

/// The extension that tells where the LUKS header stands.
#[derive(Debug, Clone, FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct CryptoHead {
    pub(super) offset: U64,
    pub(super) length: U64,
}

const _: () = assert!(size_of::<HeaderV2>() == 72);
const _: () = assert!(size_of::<HeaderV2>() + size_of::<HeaderV3>() == 104);
const _: () = assert!(size_of::<ExtensionHead>() == 8);
const _: () = assert!(size_of::<SnapshotHead>() == 40);
const _: () = assert!(size_of::<SnapshotExtra>() == 24);
const _: () = assert!(size_of::<BitmapsExtension>() == 24);
const _: () = assert!(size_of::<CryptoHead>() == 16);
const _: () = assert!(size_of::<BitmapHead>() == 24);

/// Bytes of a version 2 header.
pub(super) const HEADER_V2_BYTES: u64 = 72;
/// Bytes of the shortest version 3 header.
pub(super) const HEADER_V3_BYTES: u64 = 104;

/// Incompatible features: a reader has to know each of them.
pub(super) mod incompatible {
    pub(crate) const DIRTY: u64 = 1 << 0;
    pub(crate) const CORRUPT: u64 = 1 << 1;
    pub(crate) const EXTERNAL_DATA_FILE: u64 = 1 << 2;
    pub(crate) const COMPRESSION_TYPE: u64 = 1 << 3;
    pub(crate) const EXTENDED_L2: u64 = 1 << 4;
    pub(crate) const KNOWN: u64 =
        DIRTY | CORRUPT | EXTERNAL_DATA_FILE | COMPRESSION_TYPE | EXTENDED_L2;
}

/// Compatible features: a reader may do without knowing them.
pub(super) mod compatible {
    pub(crate) const LAZY_REFCOUNTS: u64 = 1 << 0;
}

/// Kinds of header extension that matter to a reader.
pub(super) mod extension {
    pub(crate) const END: u32 = 0;
    pub(crate) const BACKING_FORMAT: u32 = 0xE279_2ACA;
    pub(crate) const FEATURE_NAMES: u32 = 0x6803_F857;
    pub(crate) const DATA_FILE: u32 = 0x4441_5441;
    pub(crate) const BITMAPS: u32 = 0x2385_2875;
    pub(crate) const CRYPTO_HEADER: u32 = 0x0537_BE77;
}

/// Autoclear feature: the bitmaps fit the content.
pub(super) const BITMAPS_CONSISTENT: u64 = 1 << 0;
/// Autoclear feature: the data file by itself is the disk.
pub(super) const DATA_FILE_RAW: u64 = 1 << 1;

/// The extension that tells where bitmaps are.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct BitmapsExtension {
    pub(super) count: U32,
    reserved: U32,
    pub(super) directory_bytes: U64,
    pub(super) directory_offset: U64,
}

/// The fixed part of an entry of the bitmap directory; extra data and the name follow.
#[derive(Debug, Clone, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(super) struct BitmapHead {
    pub(super) table_offset: U64,
    pub(super) table_entries: U32,
    pub(super) flags: U32,
    kind: u8,
    /// Bytes that a bit stands for are 2^this.
    pub(super) granularity_bits: u8,
    pub(super) name_length: U16,
    pub(super) extra_bytes: U32,
}

/// Flags of a bitmap.
pub(super) mod bitmap {
    pub(crate) const IN_USE: u32 = 1 << 0;
    pub(crate) const AUTO: u32 = 1 << 1;
}

/// A record of the feature name table: type, bit, name.
pub(super) const FEATURE_NAME_BYTES: usize = 48;

/// Offsets in L1 and L2 entries: bits 9 to 55.
pub(super) const OFFSET_MASK: u64 = 0x00FF_FFFF_FFFF_FE00;
/// L2: the cluster is compressed.
pub(super) const L2_COMPRESSED: u64 = 1 << 62;
/// L1: bits that have to be zero.
pub(super) const L1_RESERVED: u64 = 0x7F00_0000_0000_01FF;
/// L2: bits that have to be zero where the cluster is not compressed.
pub(super) const L2_RESERVED: u64 = 0x3F00_0000_0000_01FE;
/// Refcount table: the block's offset, and bits that have to be zero.
pub(super) const REFCOUNT_BLOCK_MASK: u64 = !REFCOUNT_RESERVED;
pub(super) const REFCOUNT_RESERVED: u64 = 0x1FF;
/// Bitmap table: bits that have to be zero.
pub(super) const BITMAP_RESERVED: u64 = 0xFF00_0000_0000_01FE;
/// L1 and L2: the refcount is exactly one.
pub(super) const COPIED: u64 = 1 << 63;
/// L2, version 3, without extended entries: the cluster reads as zeros.
pub(super) const L2_ZERO: u64 = 1;
/// Subclusters of a cluster with extended L2 entries.
pub(super) const SUBCLUSTERS: u32 = 32;
/// Unit of a compressed cluster's length.
pub(super) const COMPRESSED_SECTOR: u64 = 512;
/// The window readers inflate clusters with, as the power of two zlib counts in.
pub(super) const DEFLATE_WINDOW_BITS: u8 = 12;
/// The same in bytes. A stream with longer distances was readable to nobody but those
/// who do not mind.
pub(super) const DEFLATE_WINDOW: u32 = 1 << DEFLATE_WINDOW_BITS;
