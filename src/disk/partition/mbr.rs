//! Partition tables of master boot records.

use crate::base::Result;
use crate::base::storage::Storage;

pub(in crate::disk) const SECTOR: u64 = 512;
const SECTOR_BYTES: usize = 512;
/// Where the partition table of a master boot record stands, and how often an entry is in it.
pub(in crate::disk) const TABLE_AT: usize = 446;
const ENTRIES: usize = 4;
/// Types of partition.
pub(in crate::disk) const PROTECTIVE: u8 = 0xEE;
pub(in crate::disk) const EXTENDED: [u8; 3] = [0x05, 0x0F, 0x85];

/// An entry of a partition table.
#[derive(Debug, Clone, Copy)]
pub(in crate::disk) struct Entry {
    /// Where it stands in the file.
    pub(in crate::disk) at: u64,
    pub(in crate::disk) kind: u8,
    pub(in crate::disk) start: u64,
    pub(in crate::disk) sectors: u64,
}

impl Entry {
    /// The entries in use of the table in `sector`, if there is one: a boot sector of a file
    /// system has code in its place.
    pub(in crate::disk) fn table(storage: &dyn Storage, sector: u64) -> Result<Option<Vec<Self>>> {
        let at = sector * SECTOR;
        let mut bytes = [0; SECTOR_BYTES];
        if at + SECTOR > storage.length() {
            return Ok(None);
        }
        storage.read_exact_at(at, &mut bytes)?;
        let (entries, _) = bytes[TABLE_AT..].as_chunks::<16>();
        let entries = &entries[..ENTRIES];
        let is_table = bytes[510..] == [0x55, 0xAA]
            && entries.iter().all(|entry| matches!(entry[0], 0 | 0x80))
            && entries.iter().any(|entry| entry[4] != 0);
        if !is_table {
            return Ok(None);
        }
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .rev()
                .fold(0, |all, byte| all << 8 | u64::from(*byte))
        };
        let used = (0_u64..).zip(entries).filter(|(_, entry)| entry[4] != 0);
        let entries = used.map(|(index, entry)| Self {
            at: at + TABLE_AT as u64 + index * 16,
            kind: entry[4],
            start: number(&entry[8..12]),
            sectors: number(&entry[12..16]),
        });
        Ok(Some(entries.collect()))
    }

    /// The sector behind its last one.
    pub(in crate::disk) fn end(self) -> u64 {
        self.start + self.sectors
    }
}
