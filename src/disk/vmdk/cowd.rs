//! COWD, the sparse extents of ESX (vmfsSparse): another header in front of tables and grains
//! as a hosted sparse extent has them.

use zerocopy::byteorder::little_endian::U32;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::entry::Entries;
use super::fault::Fault;
use super::format::{SECTOR, limits};
use super::layout::{Layout, TablesAt};
use crate::base::Result;
use crate::base::storage::Storage;

/// The first four bytes of a COWD extent.
pub const MAGIC: [u8; 4] = *b"COWD";
/// The one version there is.
const VERSION: u32 = 1;
/// Entries of a grain table, always.
const TABLE_ENTRIES: u64 = 4096;
const HEADER_BYTES: usize = 2048;
/// Where it says that it was not closed cleanly.
const UNCLEAN_AT: u64 = 1648;

/// `COWDisk_Header`.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Header {
    magic: [u8; 4],
    version: U32,
    flags: U32,
    /// Sectors of the disk.
    capacity: U32,
    /// Sectors of a grain.
    grain_size: U32,
    directory_offset: U32,
    directory_entries: U32,
    free_sector: U32,
    /// Geometry or the parent, generations, name and description.
    described: [u8; 1616],
    unclean_shutdown: U32,
    pad: [u8; 396],
}

const _: () = assert!(size_of::<Header>() == HEADER_BYTES);
const _: () = assert!(std::mem::offset_of!(Header, unclean_shutdown) as u64 == UNCLEAN_AT);

/// Reads the header of the extent in `storage`.
pub(super) fn read(storage: &dyn Storage) -> Result<Layout> {
    let length = storage.length();
    if length < HEADER_BYTES as u64 {
        return Err(Fault::ShortHeader { length }.into());
    }
    let mut bytes = [0; HEADER_BYTES];
    storage.read_exact_at(0, &mut bytes)?;
    let header: Header = zerocopy::transmute!(bytes);
    let version = header.version.get();
    if version != VERSION {
        let what = format!("its COWD header has version {version}; version 1 is known");
        return Err(Fault::Unsupported(what).into());
    }
    let field = |field, value: U32, offset, rule: &str| Fault::Field {
        field,
        value: value.get().into(),
        rule: rule.to_owned(),
        offset,
    };
    if header.capacity.get() == 0 {
        return Err(field("numSectors", header.capacity, 12, "it has to be 1 or more").into());
    }
    let grain = u64::from(header.grain_size.get());
    if !limits::GRAIN_SECTORS.contains(&grain) || !grain.is_power_of_two() {
        let rule = "it has to be a power of two, of 1 to 2097152 sectors";
        return Err(field("grainSize", header.grain_size, 16, rule).into());
    }
    let layout = Layout {
        version,
        capacity: u64::from(header.capacity.get()) * SECTOR,
        grain: grain * SECTOR,
        entries_per_table: TABLE_ENTRIES,
        entries: Entries::Sectors,
        compressed: false,
        zeroed_grains: false,
        tables: TablesAt::Front,
        directory: header.directory_offset.get().into(),
        redundant: None,
        header: HEADER_BYTES as u64,
        descriptor: (0, 0),
        overhead: 0,
        unclean: (header.unclean_shutdown.get() != 0).then_some(UNCLEAN_AT),
    };
    let needed = layout.directory_entries();
    if u64::from(header.directory_entries.get()) < needed {
        let rule = format!("this disk takes {needed}");
        return Err(field("numGDEntries", header.directory_entries, 24, &rule).into());
    }
    Ok(layout)
}
