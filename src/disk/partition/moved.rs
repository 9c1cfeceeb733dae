//! The backup of a GUID partition table moved to the end of its disk (UEFI 2.10, section 5.3).

use std::collections::BTreeMap;

use super::Front;
use super::mbr::{PROTECTIVE, TABLE_AT};
use super::table::{CRC32, Table};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::step::Edit;

/// Where the fields of a header stand that change.
const BYTES_AT: usize = 12;
const SUM_AT: usize = 16;
const OWN_AT: usize = 24;
const OTHER_AT: usize = 32;
const LAST_USABLE_AT: usize = 48;
const ENTRIES_AT: usize = 72;

/// Sectors to be written, by their number.
type Sectors = BTreeMap<u64, Vec<u8>>;

impl Front {
    /// Sectors of a copy's entries.
    fn entry_sectors(&self) -> u64 {
        (self.table.entries.len() as u64).div_ceil(self.sector)
    }

    /// The sector behind all that is in use in front of a backup: the copy in front, one sector
    /// for partitions at least, and the partitions there are.
    fn used(&self) -> u64 {
        let front = self.table.entries_at.saturating_add(self.entry_sectors());
        let front = front.max(self.table.first_usable);
        self.table.end().max(front.saturating_add(1))
    }

    /// The sectors of the shortest disk: what is in use, the backup's entries, and its header.
    pub(super) fn least_sectors(&self) -> u64 {
        self.used().saturating_add(self.entry_sectors() + 1)
    }
}

/// What is to be written onto `disk` so that the backup of its table, of which `front` is the
/// copy in front, is at its end.
///
/// Where the backup is now, nothing is left that could be taken for one.
pub(super) fn moved(front: &Front, disk: &dyn Storage) -> Result<Vec<Edit>> {
    let sector = front.sector;
    let sectors = disk.length() / sector;
    front.fits(disk.length())?;
    let last = sectors - 1;
    let entries_at = last - front.entry_sectors();
    let mut written = Sectors::new();
    if let Some(other) = front.other(disk)?
        && front.table.other != last
    {
        clear(front, &other, &mut written);
    }
    for (number, piece) in (entries_at..).zip(front.table.entries.chunks(to_usize(sector))) {
        let mut bytes = piece.to_vec();
        bytes.resize(to_usize(sector), 0);
        written.insert(number, bytes);
    }
    let last_usable = entries_at - 1;
    let header = &front.table.header;
    let backup = [
        (OWN_AT, last),
        (OTHER_AT, 1),
        (LAST_USABLE_AT, last_usable),
        (ENTRIES_AT, entries_at),
    ];
    written.insert(last, changed(header, &backup));
    let primary = [(OTHER_AT, last), (LAST_USABLE_AT, last_usable)];
    written.insert(1, changed(header, &primary));
    if let Some(record) = protective(disk, sector, last)? {
        written.insert(0, record);
    }
    Ok(edits(written, sector))
}

/// Puts zeros where the copy `other` is, as far as that is nothing else.
fn clear(front: &Front, other: &Table, written: &mut Sectors) {
    let entries = other.entries_at..other.entries_at.saturating_add(front.entry_sectors());
    let used = front.used();
    for number in entries.chain([front.table.other]) {
        if number >= used {
            written.insert(number, vec![0; to_usize(front.sector)]);
        }
    }
}

/// The `header` with other numbers at these places, and its sum.
fn changed(header: &[u8], numbers: &[(usize, u64)]) -> Vec<u8> {
    let mut header = header.to_vec();
    for (at, number) in numbers {
        header[*at..at + 8].copy_from_slice(&number.to_le_bytes());
    }
    let bytes = header[BYTES_AT..BYTES_AT + 4].iter().rev();
    let bytes = bytes.fold(0, |all, byte| all << 8 | usize::from(*byte));
    header[SUM_AT..SUM_AT + 4].fill(0);
    // It was read as a header, so its bytes are in the sector.
    let sum = CRC32.checksum(&header[..bytes]);
    header[SUM_AT..SUM_AT + 4].copy_from_slice(&sum.to_le_bytes());
    header
}

/// The first sector with a protective entry that covers the disk up to the `last` sector, unless
/// it does already, covers more than can be told, or is not alone: then it was made by hand.
fn protective(disk: &dyn Storage, sector: u64, last: u64) -> Result<Option<Vec<u8>>> {
    /// The end of a partition in cylinders, heads and sectors where those cannot tell it.
    const BEYOND: [u8; 3] = [0xFF; 3];
    let mut record = vec![0; to_usize(sector)];
    disk.read_exact_at(0, &mut record)?;
    if record[510..512] != [0x55, 0xAA] {
        return Ok(None);
    }
    let (entries, _) = record[TABLE_AT..510].as_chunks_mut::<16>();
    let mut used = entries.iter_mut().filter(|entry| entry[4] != 0);
    let (Some(entry), None) = (used.next(), used.next()) else {
        return Ok(None);
    };
    let sectors = u32::try_from(last).unwrap_or(u32::MAX).to_le_bytes();
    let starts = entry[8..12] == [1, 0, 0, 0];
    let is_fixed = entry[12..16] == [0xFF; 4] || entry[12..16] == sectors;
    if entry[4] != PROTECTIVE || !starts || is_fixed {
        return Ok(None);
    }
    entry[5..8].copy_from_slice(&BEYOND);
    entry[12..16].copy_from_slice(&sectors);
    Ok(Some(record))
}

/// The sectors as edits, those that follow each other as one.
fn edits(written: Sectors, sector: u64) -> Vec<Edit> {
    let mut edits: Vec<Edit> = Vec::new();
    for (number, bytes) in written {
        let offset = number * sector;
        match edits.last_mut() {
            Some(edit) if edit.offset + edit.bytes.len() as u64 == offset => {
                edit.bytes.extend(bytes);
            }
            _ => edits.push(Edit { offset, bytes }),
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::super::scene::{SECTORS, disk};
    use super::super::{Backup, Gpt, Layout, gpt};
    use super::*;
    use crate::disk::check::Report;
    use crate::disk::raw::RawDisk;

    const LAST: u64 = SECTORS as u64 - 1;

    fn front(bytes: &[u8]) -> (RawDisk<Vec<u8>>, Box<Front>) {
        let disk = RawDisk::new(bytes.to_vec()).expect("a disk");
        match Layout::of(&disk).expect("memory").gpt {
            Gpt::Whole(front) => (disk, front),
            Gpt::None => panic!("no table"),
            Gpt::Damaged(why) => panic!("{why}"),
        }
    }

    fn written(bytes: &[u8]) -> Vec<u8> {
        let (disk, front) = front(bytes);
        let mut bytes = bytes.to_vec();
        for edit in front.moved(&disk).expect("room") {
            bytes[to_usize(edit.offset)..][..edit.bytes.len()].copy_from_slice(&edit.bytes);
        }
        bytes
    }

    /// A protective entry that begins at the first sector and has `sectors`.
    fn protect(bytes: &mut [u8], sectors: u32) {
        bytes[TABLE_AT + 4] = PROTECTIVE;
        bytes[TABLE_AT + 8] = 1;
        bytes[TABLE_AT + 12..TABLE_AT + 16].copy_from_slice(&sectors.to_le_bytes());
        bytes[510..512].copy_from_slice(&[0x55, 0xAA]);
    }

    fn protected(bytes: &[u8]) -> u32 {
        let bytes = bytes[TABLE_AT + 12..TABLE_AT + 16].iter().rev();
        bytes.fold(0, |all, byte| all << 8 | u32::from(*byte))
    }

    #[track_caller]
    fn is_whole(bytes: &Vec<u8>) {
        let mut report = Report::default();
        gpt::check(bytes, true, &mut report).expect("memory");
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        let (disk, front) = front(bytes);
        assert_eq!(front.backup(&disk).expect("memory"), Backup::AtEnd);
        // There is no other left.
        let headers = bytes.windows(8).filter(|bytes| bytes == b"EFI PART");
        assert_eq!(headers.count(), 2);
    }

    #[test]
    fn the_backup_goes_to_any_new_end() {
        for sector in [512, 4096] {
            // Also where it comes to lie over the place it had.
            for sectors in [SECTORS + 1, SECTORS + 2, SECTORS + 3, 300, 170] {
                let mut bytes = disk(sector, &[(10, 20), (21, 150)]);
                protect(&mut bytes, 199);
                bytes.resize(sectors * sector, 0);
                let (unmoved, table) = front(&bytes);
                let expected = if sectors > SECTORS {
                    Backup::Inside
                } else {
                    Backup::Lost
                };
                assert_eq!(table.backup(&unmoved).expect("memory"), expected);
                let moved = written(&bytes);
                is_whole(&moved);
                assert_eq!(u64::from(protected(&moved)), sectors as u64 - 1);
                assert!(moved[10 * sector..151 * sector] == bytes[10 * sector..151 * sector]);
            }
        }
    }

    #[test]
    fn partitions_are_not_written_over() {
        // With 512 bytes of entries: one sector for them, and one for the header.
        let bytes = disk(512, &[(10, 20), (21, 150)]);
        let (whole, table) = front(&bytes);
        assert!(table.fits(153 * 512).is_ok());
        let error = table.fits(153 * 512 - 1).expect_err("too small");
        assert!(
            error.advice().is_some_and(|help| help.contains("78336")),
            "{error}"
        );
        assert_eq!(Layout::of(&whole).expect("memory").end, 151 * 512);
        let mut cut = bytes.clone();
        cut.truncate(153 * 512);
        is_whole(&written(&cut));
        cut.truncate(152 * 512);
        let (disk, table) = front(&cut);
        assert!(table.moved(&disk).is_err());
    }

    #[test]
    fn a_backup_that_is_no_longer_one_is_let_be() {
        let mut bytes = disk(512, &[(10, 20)]);
        bytes[to_usize(LAST) * 512 + 60] ^= 1;
        let old = bytes[to_usize(LAST) * 512..].to_vec();
        bytes.resize(300 * 512, 0);
        let moved = written(&bytes);
        assert!(moved[to_usize(LAST) * 512..][..512] == old);
    }

    #[test]
    fn a_record_made_by_hand_stays() {
        for second in [None, Some(0x83)] {
            let mut bytes = disk(512, &[(10, 20)]);
            protect(&mut bytes, if second.is_some() { 9 } else { u32::MAX });
            bytes[TABLE_AT + 16 + 4] = second.unwrap_or(0);
            bytes.resize(300 * 512, 0);
            assert!(written(&bytes)[..512] == bytes[..512]);
        }
    }
}
