//! The grain directory: where the grain tables are.

use super::fault::Fault;
use super::format::SECTOR;
use super::layout::{Layout, check_inside};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::tables::read_words;

/// The sectors of the grain tables, 0 for none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) tables: Vec<u32>,
    /// Tables the redundant directory had to tell.
    pub(super) mended: usize,
}

impl Directory {
    /// Reads the directory `layout` tells of. Where it, or a table it leads to,
    /// is outside the file or missing, the redundant one decides if it can.
    pub(super) fn read(storage: &dyn Storage, layout: &Layout) -> Result<Self> {
        let redundant = layout
            .redundant
            .map(|sector| read_entries(storage, layout, "redundant grain directory", sector))
            .and_then(Result::ok);
        let mut tables = match read_entries(storage, layout, "grain directory", layout.directory) {
            Ok(tables) => tables,
            Err(error) => {
                let tables = redundant.ok_or(error)?;
                return Ok(Self {
                    mended: tables.len(),
                    tables,
                });
            }
        };
        let usable = |sector| sector != 0 && check_table(storage, layout, sector).is_ok();
        let mut mended = 0;
        for (table, spare) in tables.iter_mut().zip(redundant.iter().flatten()) {
            if table != spare && !usable(*table) && usable(*spare) {
                *table = *spare;
                mended += 1;
            }
        }
        Ok(Self { tables, mended })
    }
}

/// The table at `sector` has to lie in the file, behind the header.
pub(super) fn check_table(storage: &dyn Storage, layout: &Layout, sector: u32) -> Result<u64> {
    let at = u64::from(sector) * SECTOR;
    check_place(storage, layout, "grain table", at, layout.table_bytes())?;
    Ok(at)
}

/// What starts at byte `at` may not be the header or the descriptor, and has to lie in the file.
pub(super) fn check_place(
    storage: &dyn Storage,
    layout: &Layout,
    what: &'static str,
    at: u64,
    bytes: u64,
) -> Result<()> {
    if layout.is_text(at) {
        return Err(Fault::Overlap { what, at }.into());
    }
    check_inside(what, at, bytes, storage.length())
}

/// The entries of the directory at `sector`.
pub(super) fn read_entries(
    storage: &dyn Storage,
    layout: &Layout,
    what: &'static str,
    sector: u64,
) -> Result<Vec<u32>> {
    let needed = layout.directory_entries();
    // What does not fit any file shall be told as beyond the end of this one.
    let start = sector.saturating_mul(SECTOR);
    check_place(storage, layout, what, start, needed * 4)?;
    read_words(storage, start, needed, u32::from_le_bytes)
}
