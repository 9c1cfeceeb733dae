//! How a disk is divided: what its partition tables tell.
//!
//! ```text
//! mod    what is on a disk, as far as its size matters
//! mbr    tables of master boot records
//! table  one copy of a GUID partition table
//! gpt    ... whether both are whole, agree, and fit the disk
//! moved  ... the backup moved to the end of the disk
//! ```

pub(in crate::disk) mod gpt;
pub(in crate::disk) mod mbr;
mod moved;
#[cfg(test)]
mod scene;
mod table;

use crate::base::storage::Storage;
use crate::base::units::exactly;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::DiskSource;
use crate::disk::step::Edit;
use table::Table;

/// A disk as the guest sees it, read like a file.
struct Guest<'d>(&'d dyn DiskSource);

impl Storage for Guest<'_> {
    fn length(&self) -> u64 {
        self.0.capacity()
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let end = offset.checked_add(buf.len() as u64);
        if end.is_none_or(|end| end > self.length()) {
            return Err(
                Error::new(ErrorKind::Internal, "a read behind the end of the disk")
                    .at_offset(offset),
            );
        }
        self.0.read_at(offset, buf)
    }
}

/// How a disk is divided.
pub struct Layout {
    /// Where its last partition ends, in bytes; 0 if there is none that is known of.
    pub end: u64,
    /// Its GUID partition table.
    pub gpt: Gpt,
}

/// The GUID partition table of a disk.
pub enum Gpt {
    /// There is none.
    None,
    /// The copy in front is lost or damaged, in this way.
    Damaged(String),
    /// The copy in front is whole.
    Whole(Box<Front>),
}

/// Where the backup of a partition table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// At the end of the disk, where it belongs.
    AtEnd,
    /// Before the end: the disk was made larger.
    Inside,
    /// Nowhere: the disk was cut, or the backup is damaged.
    Lost,
}

/// The copy of a GUID partition table in front of its disk.
pub struct Front {
    /// Bytes of a sector.
    sector: u64,
    table: Table,
}

impl Layout {
    /// What `disk` tells.
    pub fn of(disk: &dyn DiskSource) -> Result<Self> {
        let guest = Guest(disk);
        let entries = mbr::Entry::table(&guest, 0)?.unwrap_or_default();
        for sector in table::SECTORS {
            if !table::starts(&guest, sector)? {
                continue;
            }
            return Ok(match table::read(&guest, sector, 1)? {
                Ok(table) => Self {
                    end: table.end().saturating_mul(sector),
                    gpt: Gpt::Whole(Box::new(Front { sector, table })),
                },
                Err(why) => Self {
                    end: 0,
                    gpt: Gpt::Damaged(why),
                },
            });
        }
        if entries.iter().any(|entry| entry.kind == mbr::PROTECTIVE) {
            return Ok(Self {
                end: 0,
                gpt: Gpt::Damaged("it is lost".to_owned()),
            });
        }
        let ends = entries.iter().map(|entry| entry.end() * mbr::SECTOR);
        Ok(Self {
            end: ends.max().unwrap_or(0),
            gpt: Gpt::None,
        })
    }
}

impl Front {
    /// Where the backup is on `disk`, whose table this is.
    pub fn backup(&self, disk: &dyn DiskSource) -> Result<Backup> {
        let last = (disk.capacity() / self.sector).saturating_sub(1);
        Ok(match self.other(&Guest(disk))? {
            Some(_) if self.table.other == last => Backup::AtEnd,
            Some(_) => Backup::Inside,
            None => Backup::Lost,
        })
    }

    /// The other copy, if it is whole.
    fn other(&self, disk: &dyn Storage) -> Result<Option<Table>> {
        let sectors = disk.length() / self.sector;
        if !(2..sectors).contains(&self.table.other) {
            return Ok(None);
        }
        let other = table::read(disk, self.sector, self.table.other)?;
        Ok(other.ok().filter(|other| {
            other.guid == self.table.guid && other.entries_sum == self.table.entries_sum
        }))
    }

    /// Refuses a disk of `capacity` bytes, if it has no room for the partitions and the backup.
    pub fn fits(&self, capacity: u64) -> Result<()> {
        let least = self.least_sectors();
        if capacity / self.sector >= least {
            return Ok(());
        }
        let least = exactly(least.saturating_mul(self.sector));
        Err(
            Error::usage("the backup of the partition table has no room behind the last partition")
                .help(format!("give the disk {least} or more")),
        )
    }

    /// What is to be written onto `disk`, whose table this is, so that the backup is at its end
    /// and partitions may reach up to that.
    pub fn moved(&self, disk: &dyn DiskSource) -> Result<Vec<Edit>> {
        moved::moved(self, &Guest(disk))
    }
}
