//! Grain directories and grain tables as they lie in a file, and what they lead to.

use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::resize::Places;
use crate::disk::resize::refusal::CONVERT;
use crate::disk::step::{Batch, Edit};
use crate::disk::vmdk::directory::read_entries;
use crate::disk::vmdk::format::{SECTOR, ZEROED_GRAIN};
use crate::disk::vmdk::layout::Layout;

/// A directory, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) sector: u64,
    /// Sectors of its tables.
    pub(super) tables: Vec<u32>,
}

/// The tables of an extent that was checked: one directory, or two that lead to the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tables {
    pub(super) main: Directory,
    pub(super) redundant: Option<Directory>,
}

/// The sector of a table or a grain, for which the format has 32 bits.
pub(super) fn narrow(sector: u64) -> Result<u32> {
    u32::try_from(sector).map_err(|_| {
        let message = "the file would be too long for a sparse VMDK";
        Error::new(ErrorKind::LimitExceeded, message)
            .why("its 32-bit sector numbers reach 2 TiB")
            .help(CONVERT)
    })
}

/// Sectors of a directory of so many tables.
pub(super) fn directory_sectors(tables: u64) -> u64 {
    (tables * 4).div_ceil(SECTOR)
}

/// Sectors of a table.
pub(super) fn table_sectors(layout: &Layout) -> u64 {
    layout.table_bytes().div_ceil(SECTOR)
}

impl Tables {
    pub(super) fn read(storage: &dyn Storage, layout: &Layout) -> Result<Self> {
        let read = |what, sector| {
            let tables = read_entries(storage, layout, what, sector)?;
            if tables.contains(&0) {
                return Err(
                    Error::new(ErrorKind::Unsupported, "a grain table is missing")
                        .why("the format has all of them, whatever they hold")
                        .help(CONVERT),
                );
            }
            Ok(Directory { sector, tables })
        };
        let redundant = layout.redundant;
        Ok(Self {
            main: read("grain directory", layout.directory)?,
            redundant: redundant
                .map(|sector| read("redundant grain directory", sector))
                .transpose()?,
        })
    }

    /// Both directories, the redundant one first, as it lies in files.
    pub(super) fn all(&self) -> impl Iterator<Item = &Directory> {
        self.redundant.iter().chain([&self.main])
    }

    /// Hands each entry of a grain of the disk to `tell`, with the number of the grain.
    pub(super) fn each(
        &self,
        storage: &dyn Storage,
        layout: &Layout,
        tell: &mut dyn FnMut(u64, u32) -> Result<()>,
    ) -> Result<()> {
        let mut bytes = vec![0; to_usize(layout.table_bytes())];
        let grains = layout.grains();
        for (number, sector) in (0_u64..).zip(&self.main.tables) {
            storage.read_exact_at(u64::from(*sector) * SECTOR, &mut bytes)?;
            let (words, _) = bytes.as_chunks::<4>();
            let first = number * layout.entries_per_table;
            for (grain, word) in (first..grains).zip(words) {
                tell(grain, u32::from_le_bytes(*word))?;
            }
        }
        Ok(())
    }

    /// The same of grains that are stored.
    pub(super) fn each_stored(
        &self,
        storage: &dyn Storage,
        layout: &Layout,
        tell: &mut dyn FnMut(u64, u32) -> Result<()>,
    ) -> Result<()> {
        self.each(storage, layout, &mut |grain, entry| {
            if entry == 0 || (layout.zeroed_grains && entry == ZEROED_GRAIN) {
                return Ok(());
            }
            tell(grain, entry)
        })
    }

    /// Takes up the directories and the first `count` tables of each in `places`. What lies
    /// behind the sector `passing` can be written elsewhere.
    pub(super) fn take_places(
        &self,
        layout: &Layout,
        count: u64,
        passing: u64,
        places: &mut Places,
    ) {
        let mut take = |sector: u64, length| {
            if sector >= passing {
                places.passing(sector, length);
            } else {
                places.fixed(sector, length);
            }
        };
        for directory in self.all() {
            take(directory.sector, directory_sectors(count));
            for table in directory.tables.iter().take(to_usize(count)) {
                take((*table).into(), table_sectors(layout));
            }
        }
    }

    /// Edits that make the tables lead to `entry` for a grain.
    pub(super) fn edits(
        &self,
        layout: &Layout,
        grain: u64,
        entry: u32,
    ) -> impl Iterator<Item = Edit> {
        let (table, within) = (
            grain / layout.entries_per_table,
            grain % layout.entries_per_table,
        );
        self.all().filter_map(move |directory| {
            let sector = directory.tables.get(to_usize(table))?;
            Some(Edit {
                offset: u64::from(*sector) * SECTOR + within * 4,
                bytes: entry.to_le_bytes().to_vec(),
            })
        })
    }

    /// Frees the entries of the table of the grain `from`, from that one on to `to`.
    pub(super) fn blank(
        &self,
        storage: &dyn Storage,
        layout: &Layout,
        from: u64,
        to: u64,
        batch: &mut Batch<'_>,
    ) -> Result<()> {
        let (table, within) = (
            from / layout.entries_per_table,
            from % layout.entries_per_table,
        );
        let end = (within + (to - from)).min(layout.entries_per_table);
        for directory in self.all() {
            if let Some(sector) = directory.tables.get(to_usize(table)) {
                let at = u64::from(*sector) * SECTOR;
                batch.blank(storage, at + within * 4, at + end * 4)?;
            }
        }
        Ok(())
    }

    /// The tables of a larger disk, of which there are `count`, those that are new from the
    /// sector `end` on; and where they end then.
    pub(super) fn grown(&self, layout: &Layout, count: u64, end: u64) -> Result<(Self, u64)> {
        let mut at = end;
        let mut grow = |directory: &Directory| {
            let before = directory.tables.len() as u64;
            let mut grown = directory.clone();
            if directory_sectors(before) < directory_sectors(count) {
                grown.sector = at;
                at += directory_sectors(count);
            }
            for _ in before..count {
                grown.tables.push(narrow(at)?);
                at += table_sectors(layout);
            }
            Ok::<_, Error>(grown)
        };
        let redundant = self.redundant.as_ref().map(&mut grow).transpose()?;
        let main = grow(&self.main)?;
        Ok((Self { main, redundant }, at))
    }

    /// The same tables laid from the sector `start` on, `count` of them; and where they end.
    pub(super) fn moved(&self, layout: &Layout, count: u64, start: u64) -> Result<(Self, u64)> {
        let mut at = start;
        let mut lay = |_: &Directory| {
            let sector = at;
            at += directory_sectors(count);
            let mut tables = Vec::new();
            for _ in 0..count {
                tables.push(narrow(at)?);
                at += table_sectors(layout);
            }
            Ok::<_, Error>(Directory { sector, tables })
        };
        let redundant = self.redundant.as_ref().map(&mut lay).transpose()?;
        let main = lay(&self.main)?;
        Ok((Self { main, redundant }, at))
    }
}
