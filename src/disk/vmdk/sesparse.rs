//! seSparse, the space-efficient sparse extents of ESXi 5.1 and later: 64-bit tables of grains
//! of 4 KiB.
//!
//! VMware has not published the format; this is what QEMU's reader knows of it. What is beyond
//! that is refused, as it could mean anything.

use zerocopy::byteorder::little_endian::U64;
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use super::directory::check_place;
use super::entry::Entries;
use super::fault::Fault;
use super::format::{SECTOR, limits};
use super::layout::{Layout, TablesAt, check_inside, read_sector};
use crate::base::storage::Storage;
use crate::base::{Error, Result};
use crate::disk::is_zero;
use crate::disk::tables::read_words;

/// The first eight bytes of a seSparse extent.
pub const MAGIC: [u8; 8] = *b"\xbe\xba\xfe\xca\0\0\0\0";
/// Those of its volatile header.
const VOLATILE_MAGIC: [u8; 8] = *b"\xfe\xca\xfe\xca\0\0\0\0";
/// 2.1.
const VERSION: u64 = 0x2_0000_0001;
/// Sectors of a grain and of a grain table, always.
const GRAIN_SECTORS: u64 = 8;
const TABLE_SECTORS: u64 = 64;
const TABLE_ENTRIES: u64 = TABLE_SECTORS * SECTOR / 8;

/// The header that stays as it is. Offsets and sizes are sectors.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Constant {
    magic: [u8; 8],
    version: U64,
    capacity: U64,
    grain_size: U64,
    grain_table_size: U64,
    flags: U64,
    reserved: [U64; 4],
    /// Where it is, and its size; so the others.
    volatile: [U64; 2],
    journal_header: [U64; 2],
    journal: [U64; 2],
    directory: [U64; 2],
    tables: [U64; 2],
    free_bitmap: [U64; 2],
    back_map: [U64; 2],
    grains: [U64; 2],
    pad: [u8; 304],
}

/// The header that changes with the disk.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Volatile {
    magic: [u8; 8],
    free_table: U64,
    next_transaction: U64,
    replay_journal: U64,
    pad: [u8; 480],
}

const _: () = assert!(size_of::<Constant>() as u64 == SECTOR);
const _: () = assert!(size_of::<Volatile>() as u64 == SECTOR);

/// An extent as its headers and its grain directory tell of it.
pub(super) struct Front {
    pub(super) layout: Layout,
    /// Sectors of the grain tables, 0 for none.
    pub(super) tables: Vec<u32>,
    /// Sector of the volatile header.
    pub(super) volatile: u64,
}

/// Reads the headers and the grain directory of the extent in `storage`, and hands what is wrong
/// with an entry to `tell`.
pub(super) fn read(
    storage: &dyn Storage,
    tell: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<Front> {
    let length = storage.length();
    if length < SECTOR {
        return Err(Fault::ShortHeader { length }.into());
    }
    let header: Constant = zerocopy::transmute!(read_sector(storage, 0)?);
    check_known(&header)?;
    check_volatile(storage, &header)?;
    let capacity = header.capacity.get();
    let field = |field, value: u64, offset, rule: String| Fault::Field {
        field,
        value,
        rule,
        offset,
    };
    if !(1..=limits::CAPACITY_SECTORS).contains(&capacity) {
        let rule = "it has to be 1 to 2^54 sectors".to_owned();
        return Err(field("capacity", capacity, 16, rule).into());
    }
    let [grains, _] = header.grains;
    let Some(first) = grains.get().checked_mul(SECTOR) else {
        let rule = "no file is as long".to_owned();
        return Err(field("grainsOffset", grains.get(), 192, rule).into());
    };
    let [directory, directory_size] = header.directory;
    let layout = Layout {
        version: 2,
        capacity: capacity * SECTOR,
        grain: GRAIN_SECTORS * SECTOR,
        entries_per_table: TABLE_ENTRIES,
        entries: Entries::Grains(first),
        compressed: false,
        zeroed_grains: true,
        tables: TablesAt::Front,
        directory: directory.get(),
        redundant: None,
        header: SECTOR,
        descriptor: (0, 0),
        overhead: 0,
        unclean: None,
    };
    let needed = layout.directory_bytes(16)?;
    if directory_size.get().saturating_mul(SECTOR) < needed {
        let rule = format!("the directory of this disk has {needed} bytes");
        return Err(field("grainDirectorySize", directory_size.get(), 136, rule).into());
    }
    let tables = read_directory(storage, &layout, header.tables[0].get(), tell)?;
    Ok(Front {
        layout,
        tables,
        volatile: header.volatile[0].get(),
    })
}

fn check_known(header: &Constant) -> Result<()> {
    let (version, flags) = (header.version.get(), header.flags.get());
    let (grain, table) = (header.grain_size.get(), header.grain_table_size.get());
    let what = if version != VERSION {
        format!("its seSparse header has version {version:#x}; {VERSION:#x} is known")
    } else if (grain, table) != (GRAIN_SECTORS, TABLE_SECTORS) {
        format!("its grains have {grain} sectors and its grain tables {table}; 8 and 64 are known")
    } else if flags != 0 {
        format!("its flags are {flags:#x}; none is known")
    } else if header.reserved.iter().any(|field| field.get() != 0) || !is_zero(&header.pad) {
        "it has something in fields nothing is known of".to_owned()
    } else {
        return Ok(());
    };
    Err(Fault::Unsupported(what).into())
}

fn check_volatile(storage: &dyn Storage, header: &Constant) -> Result<()> {
    let [sector, _] = header.volatile;
    // What does not fit any file shall be told as beyond the end of this one.
    let at = sector.get().saturating_mul(SECTOR);
    check_inside("volatile header", at, SECTOR, storage.length())?;
    let found: Volatile = zerocopy::transmute!(read_sector(storage, at)?);
    if found.magic != VOLATILE_MAGIC {
        return Err(Fault::Field {
            field: "volatile header's magic",
            value: u64::from_le_bytes(found.magic),
            rule: "it has to be 0xcafecafe".to_owned(),
            offset: at,
        }
        .into());
    }
    if found.replay_journal.get() != 0 {
        return Err(Fault::Journal.into());
    }
    Ok(())
}

fn read_directory(
    storage: &dyn Storage,
    layout: &Layout,
    tables: u64,
    tell: &mut dyn FnMut(Error) -> Result<()>,
) -> Result<Vec<u32>> {
    let count = layout.directory_entries();
    let at = layout.directory.saturating_mul(SECTOR);
    check_place(storage, layout, "grain directory", at, count * 8)?;
    let entries = read_words(storage, at, count, u64::from_le_bytes)?;
    let sector_of = |(number, entry): (u64, u64)| {
        let sector = match entry >> 32 {
            0 if entry == 0 => Some(0),
            // A kind, and the number of the table.
            0x1000_0000 => ((entry & 0xFFFF_FFFF) * TABLE_SECTORS)
                .checked_add(tables)
                .and_then(|sector| u32::try_from(sector).ok()),
            _ => None,
        };
        if let Some(sector) = sector {
            return Ok(sector);
        }
        let fault = Fault::Entry {
            table: "grain directory",
            entry,
            guest: number * TABLE_ENTRIES * layout.grain,
            rule: "it leads to no grain table",
            at: at + number * 8,
        };
        tell(fault.into()).map(|()| 0)
    };
    (0..).zip(entries).map(sector_of).collect()
}
