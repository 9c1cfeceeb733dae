//! Writing a hosted sparse extent: version 1, its tables twice and in front.
//!
//! ```text
//! header | descriptor, perhaps | directory, grain tables: the redundant ones |
//!   directory, grain tables | grains, in the guest's order, from a multiple of 64 KiB on
//! ```
//!
//! Tables are there for all of the extent, as the format has it, and what is empty of
//! them is a hole of the file: one is in memory at a time.

use std::io::{Seek, SeekFrom, Write};

use zerocopy::IntoBytes as _;
use zerocopy::byteorder::little_endian::U32;

use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::vmdk::format::{
    DESCRIPTOR_SECTORS, GRAIN_SECTORS, Header, SECTOR, SECTOR_BYTES, TABLE_ENTRIES, TABLE_SECTORS,
};

/// Entries of a directory written at a time.
const DIRECTORY_PIECE: u64 = 16 << 10;

/// Where everything of an extent is, in sectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    /// Grain tables.
    tables: u64,
    redundant_directory: u64,
    redundant_tables: u64,
    directory: u64,
    grain_tables: u64,
    /// The first grain.
    overhead: u64,
}

impl Plan {
    /// That of an extent of so many `sectors`, with or without room for a descriptor.
    fn of(sectors: u64, descriptor: bool) -> Self {
        let tables = sectors.div_ceil(GRAIN_SECTORS).div_ceil(TABLE_ENTRIES);
        let directory_sectors = (tables * 4).div_ceil(SECTOR);
        let table_sectors = tables * TABLE_SECTORS;
        let text = if descriptor { DESCRIPTOR_SECTORS } else { 0 };
        let redundant_directory = 1 + text;
        let redundant_tables = redundant_directory + directory_sectors;
        let directory = redundant_tables + table_sectors;
        let grain_tables = directory + directory_sectors;
        let end = grain_tables + table_sectors;
        Self {
            tables,
            redundant_directory,
            redundant_tables,
            directory,
            grain_tables,
            overhead: end.next_multiple_of(GRAIN_SECTORS),
        }
    }
}

/// An extent being written, in order.
pub(super) struct SparseExtent<W> {
    output: W,
    plan: Plan,
    /// The table being filled: its number, and its entries.
    table: Option<(u64, Vec<U32>)>,
    grains: u64,
}

impl<W: Write + Seek> SparseExtent<W> {
    /// Begins an extent of so many `sectors` in `output`, an empty file, with the sectors
    /// of a `descriptor`, or none.
    pub(super) fn begin(output: W, sectors: u64, descriptor: Option<&[u8]>) -> Result<Self> {
        let plan = Plan::of(sectors, descriptor.is_some());
        let mut extent = Self {
            output,
            plan,
            table: None,
            grains: 0,
        };
        let header = Header::hosted(
            sectors,
            descriptor.is_some(),
            plan.redundant_directory,
            plan.directory,
            plan.overhead,
        );
        extent.write(header.as_bytes())?;
        extent.write(descriptor.unwrap_or_default())?;
        extent.write_directory(plan.redundant_directory, plan.redundant_tables)?;
        extent.write_directory(plan.directory, plan.grain_tables)?;
        // The file reaches to the first grain, be there one or not.
        extent.seek(plan.overhead - 1)?;
        extent.write(&[0; SECTOR_BYTES])?;
        Ok(extent)
    }

    /// Appends the grain `number` of the extent, which comes after all written before.
    pub(super) fn put(&mut self, number: u64, grain: &[u8]) -> Result<()> {
        let table = number / TABLE_ENTRIES;
        if self.table.as_ref().is_some_and(|(open, _)| *open != table) {
            self.close_table()?;
            self.seek(self.position())?;
        }
        let entry = entry(self.position())?;
        let room = || (table, vec![U32::ZERO; to_usize(TABLE_ENTRIES)]);
        let (_, entries) = self.table.get_or_insert_with(room);
        entries[to_usize(number % TABLE_ENTRIES)] = entry;
        self.write(grain)?;
        self.grains += 1;
        Ok(())
    }

    /// Writes what is left; answers how many grains there are, and the file's bytes.
    pub(super) fn finish(mut self) -> Result<(u64, u64)> {
        self.close_table()?;
        self.output.flush().map_err(Error::write)?;
        Ok((self.grains, self.position() * SECTOR))
    }

    /// The sector of the next grain.
    fn position(&self) -> u64 {
        self.plan.overhead + self.grains * GRAIN_SECTORS
    }

    /// Writes the directory at the sector `at`, of tables from the sector `first` on.
    fn write_directory(&mut self, at: u64, first: u64) -> Result<()> {
        self.seek(at)?;
        let mut number = 0;
        while number < self.plan.tables {
            let end = self.plan.tables.min(number + DIRECTORY_PIECE);
            let entries = (number..end).map(|table| entry(first + table * TABLE_SECTORS));
            let entries: Vec<U32> = entries.collect::<Result<_>>()?;
            self.write(entries.as_bytes())?;
            number = end;
        }
        Ok(())
    }

    /// Writes the open table to both its places.
    fn close_table(&mut self) -> Result<()> {
        let Some((number, entries)) = self.table.take() else {
            return Ok(());
        };
        for first in [self.plan.redundant_tables, self.plan.grain_tables] {
            self.seek(first + number * TABLE_SECTORS)?;
            self.write(entries.as_bytes())?;
        }
        Ok(())
    }

    fn seek(&mut self, sector: u64) -> Result<()> {
        let place = SeekFrom::Start(sector * SECTOR);
        self.output.seek(place).map_err(Error::write)?;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.output.write_all(bytes).map_err(Error::write)
    }
}

/// A table entry: the format has 32 bits for it.
fn entry(sector: u64) -> Result<U32> {
    u32::try_from(sector).map(U32::new).map_err(|_| {
        let message = "the disk holds too much for one VMDK file";
        Error::new(ErrorKind::LimitExceeded, message)
            .why("its 32-bit sector numbers reach 2 TiB")
            .help("choose twoGbMaxExtentSparse or monolithicFlat, which have no such limit")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_stand_one_behind_the_other() {
        // 1 GiB: 32 tables. The sectors are those other programs choose.
        let plan = Plan::of(1 << 21, true);
        assert_eq!(
            plan,
            Plan {
                tables: 32,
                redundant_directory: 21,
                redundant_tables: 22,
                directory: 150,
                grain_tables: 151,
                overhead: 384,
            }
        );
        // One sector, without a descriptor.
        let plan = Plan::of(1, false);
        assert_eq!((plan.tables, plan.redundant_directory), (1, 1));
        assert_eq!((plan.directory, plan.overhead), (6, 128));
    }

    #[test]
    fn sectors_beyond_32_bits_are_refused() {
        assert_eq!(entry(1 << 31).unwrap().get(), 1 << 31);
        let error = entry(1 << 32).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    }
}
