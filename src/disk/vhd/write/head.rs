//! The footer and the header of a new image.

use zerocopy::byteorder::big_endian::{U16, U32, U64};
use zerocopy::{FromZeros as _, IntoBytes as _};

use super::geometry::Geometry;
use super::{BLOCK, TABLE, WriteOptions};
use crate::disk::blocks::Uuid;
use crate::disk::vhd::format::{
    FOOTER_BYTES, HEADER_MAGIC, MAGIC, NOWHERE, RawFooter, RawHeader, VERSION, checksum, features,
    kind,
};

/// Who made the image, which decides what size it has: QEMU takes the geometry's, which is
/// less, unless it knows the program, and until 10.0 it knew few. This is Hyper-V's, and
/// what is written here is what Hyper-V writes.
const CREATOR: [u8; 4] = *b"win ";
const CREATOR_VERSION: u32 = 0x0006_0003;
const CREATOR_SYSTEM: [u8; 4] = *b"Wi2k";

/// The footer of a disk of `capacity` bytes, known by `id`.
pub(super) fn footer(options: &WriteOptions, capacity: u64, id: Uuid) -> RawFooter {
    let geometry = Geometry::of(capacity);
    let (data_offset, kind) = if options.fixed {
        (NOWHERE, kind::FIXED)
    } else {
        (FOOTER_BYTES, kind::DYNAMIC)
    };
    let mut footer = RawFooter::new_zeroed();
    footer.magic = MAGIC;
    footer.features = U32::new(features::RESERVED);
    footer.version = U32::new(VERSION);
    footer.data_offset = U64::new(data_offset);
    footer.time_stamp = U32::new(options.time_stamp);
    footer.creator = CREATOR;
    footer.creator_version = U32::new(CREATOR_VERSION);
    footer.creator_system = CREATOR_SYSTEM;
    footer.original_size = U64::new(capacity);
    footer.current_size = U64::new(capacity);
    footer.cylinders = U16::new(geometry.cylinders);
    footer.heads = geometry.heads;
    footer.sectors_per_track = geometry.sectors_per_track;
    footer.kind = U32::new(kind);
    footer.id = id.to_bytes();
    footer.checksum = U32::new(checksum(footer.as_bytes(), U32::ZERO));
    footer
}

/// The header of a disk of so many blocks.
pub(super) fn header(blocks: u64) -> RawHeader {
    // All were checked against limits that fit.
    let narrow = |number: u64| U32::new(u32::try_from(number).unwrap_or(u32::MAX));
    let mut header = RawHeader::new_zeroed();
    header.magic = HEADER_MAGIC;
    header.data_offset = U64::new(NOWHERE);
    header.table_offset = U64::new(TABLE);
    header.version = U32::new(VERSION);
    header.table_entries = narrow(blocks);
    header.block_size = narrow(BLOCK);
    header.checksum = U32::new(checksum(header.as_bytes(), U32::ZERO));
    header
}
