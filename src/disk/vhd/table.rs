//! The block allocation table: where the blocks are, held against the file and each other.

use super::VHD;
use super::footer::Found;
use super::format::{FOOTER_BYTES, FREE, HEADER_BYTES, SECTOR, limits};
use super::header::Header;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::blocks::{Fault, check_inside};
use crate::disk::tables::read_words;

/// The sectors of the blocks' bitmaps, [`FREE`] for none: as many as the disk needs. All of
/// them were looked at.
pub(super) fn read(storage: &dyn Storage, found: &Found, header: &Header) -> Result<Vec<u32>> {
    let table = load(storage, found, header)?;
    Checked {
        table: &table,
        header,
        found,
    }
    .check()?;
    Ok(table)
}

/// The same, of which nothing was looked at.
pub(super) fn load(storage: &dyn Storage, found: &Found, header: &Header) -> Result<Vec<u32>> {
    let needed = found.footer.capacity().div_ceil(header.block);
    let entries = u64::from(header.raw.table_entries.get());
    if entries < needed {
        return Err(Fault::Field {
            of: VHD,
            field: "number of entries in the block allocation table",
            value: entries,
            rule: format!("the disk has {needed} blocks"),
            at: header.at + 28,
        }
        .into());
    }
    let bytes = needed * 4;
    if bytes > limits::TABLE_BYTES {
        return Err(Fault::TooLarge {
            of: VHD,
            what: "block allocation table",
            bytes,
            limit: limits::TABLE_BYTES,
            at: header.at + 28,
        }
        .into());
    }
    check_inside(
        VHD,
        "block allocation table",
        header.table,
        bytes,
        found.end,
    )?;
    read_words(storage, header.table, needed, u32::from_be_bytes)
}

/// A table that is looked at.
pub(super) struct Checked<'a> {
    pub(super) table: &'a [u32],
    pub(super) header: &'a Header,
    pub(super) found: &'a Found,
}

impl Checked<'_> {
    fn check(&self) -> Result<()> {
        let mut starts = Vec::new();
        for (number, sector) in (0_u64..).zip(self.table) {
            if *sector != FREE {
                self.place(number, *sector)?;
                starts.push(*sector);
            }
        }
        starts.sort_unstable();
        let size = (self.header.bitmap() + self.header.block) / SECTOR;
        for pair in starts.windows(2) {
            if u64::from(pair[1] - pair[0]) < size {
                return Err(self.shared(pair[0], pair[1]).into());
            }
        }
        Ok(())
    }

    /// The block `number` has to lie in the file, away from what else is there.
    pub(super) fn place(&self, number: u64, sector: u32) -> Result<()> {
        let guest = number * self.header.block;
        let start = u64::from(sector) * SECTOR;
        let shown = self.header.block.min(self.found.footer.capacity() - guest);
        let bytes = self.header.bitmap() + shown;
        let what = || format!("block for guest offset {guest}");
        check_inside(VHD, what(), start, bytes, self.found.end)?;
        let table_bytes = self.table.len() as u64 * 4;
        for (other, at, length) in [
            ("the copy of the footer", 0, FOOTER_BYTES),
            ("the header", self.header.at, HEADER_BYTES),
            ("the block allocation table", self.header.table, table_bytes),
        ] {
            if start < at + length && at < start + bytes {
                return Err(Fault::Overlap {
                    of: VHD,
                    what: what(),
                    other: other.to_owned(),
                    at: start,
                }
                .into());
            }
        }
        Ok(())
    }

    /// What is wrong with the blocks at two sectors, which may be the same.
    fn shared(&self, first: u32, second: u32) -> Fault {
        let guest = |sector: u32, last: bool| {
            let mut numbers = (0_u64..)
                .zip(self.table)
                .filter(|(_, found)| **found == sector);
            let number = if last { numbers.last() } else { numbers.next() };
            number.map_or(0, |(number, _)| number) * self.header.block
        };
        Fault::Overlap {
            of: VHD,
            what: format!("block for guest offset {}", guest(second, true)),
            other: format!("the block for guest offset {}", guest(first, false)),
            at: u64::from(second) * SECTOR,
        }
    }
}
