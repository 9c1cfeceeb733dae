//! The footer and the header of a new image.

use zerocopy::FromZeros as _;
use zerocopy::byteorder::big_endian::{U32, U64};

use super::{BLOCK, Over, TABLE, WriteOptions};
use crate::base::{Error, Result};
use crate::disk::blocks::Uuid;
use crate::disk::vhd::footer::{set_creator, set_size};
use crate::disk::vhd::format::{
    FOOTER_BYTES, HEADER_MAGIC, MAGIC, NOWHERE, RawFooter, RawHeader, RawLocator, VERSION,
    features, kind,
};

/// The footer of a disk of `capacity` bytes, known by `id`.
pub(super) fn footer(options: &WriteOptions, capacity: u64, id: Uuid) -> RawFooter {
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
    set_creator(&mut footer);
    set_size(&mut footer, capacity);
    footer.kind = U32::new(kind);
    footer.id = id.to_bytes();
    footer.seal();
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
    header.seal();
    header
}

/// Has `header` tell of the disk the image is made on, whose path stands at `offset` in so many
/// `bytes`.
pub(super) fn name_parent(
    header: &mut RawHeader,
    over: &Over,
    bytes: usize,
    offset: u64,
) -> Result<()> {
    let last = over.path.rsplit('\\').next().unwrap_or_default();
    let room = header.parent_name.len() - 1;
    let units: Vec<_> = last.encode_utf16().collect();
    let bytes = u32::try_from(bytes).ok().filter(|_| units.len() <= room);
    let Some(bytes) = bytes else {
        return Err(
            Error::usage("the name of the parent is too long for a VHD").why(format!(
                "there is room for {room} characters of its file's name"
            )),
        );
    };
    header.parent_id = over.id.to_bytes();
    header.parent_time_stamp = U32::new(over.time_stamp);
    for (place, unit) in header.parent_name.iter_mut().zip(units) {
        place.set(unit);
    }
    header.locators[0] = RawLocator::new(*b"W2ru", bytes, offset);
    header.seal();
    Ok(())
}
