//! GUID partition tables: whether both copies are whole, agree, and fit the disk.

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::check::Report;

const MAGIC: [u8; 8] = *b"EFI PART";
/// Sizes sectors can have; the header tells none.
const SECTORS: [u64; 2] = [512, 4096];
/// Bytes of the shortest header.
const HEADER_BYTES: u32 = 92;
/// Bytes of entries that are read: as many as any system makes, many times over.
const MOST_BYTES: u64 = 1 << 20;

static CRC32: crc::Crc<u32, crc::Table<16>> =
    crc::Crc::<u32, crc::Table<16>>::new(&crc::CRC_32_ISO_HDLC);

/// One of the two copies.
struct Table {
    other: u64,
    first_usable: u64,
    last_usable: u64,
    /// First and last sector of each partition, and where its entry stands.
    partitions: Vec<(u64, u64, u64)>,
    guid: [u8; 16],
    entries_sum: u32,
}

/// Checks the table of the disk in `storage`, where it has one; a `protective` entry of a master
/// boot record says that it has.
pub(super) fn check(storage: &dyn Storage, protective: bool, report: &mut Report) -> Result<()> {
    for sector in SECTORS {
        if starts(storage, sector)? {
            return check_table(storage, sector, report);
        }
    }
    // Where the one in front is lost, the one at the end may be there.
    for sector in SECTORS {
        let last = (storage.length() / sector).saturating_sub(1);
        if last > 1 && starts(storage, last * sector)? {
            let backup = match read(storage, sector, last)? {
                Ok(_) => "whole: `sgdisk -e` or `gdisk` writes it anew",
                Err(_) => "damaged, too",
            };
            let what =
                format!("the partition table in front is lost; the backup at the end is {backup}");
            report.corrupt(sector, what);
            return Ok(());
        }
    }
    if protective {
        let what = "a protective entry tells of a GUID partition table, and there is none";
        report.corrupt(512, what);
    }
    Ok(())
}

fn starts(storage: &dyn Storage, at: u64) -> Result<bool> {
    let mut magic = [0; MAGIC.len()];
    if at + u64::from(HEADER_BYTES) > storage.length() {
        return Ok(false);
    }
    storage.read_exact_at(at, &mut magic)?;
    Ok(magic == MAGIC)
}

fn check_table(storage: &dyn Storage, sector: u64, report: &mut Report) -> Result<()> {
    let last = (storage.length() / sector).saturating_sub(1);
    let table = match read(storage, sector, 1)? {
        Ok(table) => table,
        Err(why) => {
            report.corrupt(
                sector,
                format!("the partition table in front is damaged: {why}"),
            );
            return Ok(());
        }
    };
    check_partitions(&table, last, report);
    if table.other > last {
        let end = table.other.saturating_mul(sector);
        let what = "the backup of the partition table belongs at byte";
        report.corrupt(
            32 + sector,
            format!("{what} {end}, beyond the end of the disk: it was cut"),
        );
        return Ok(());
    }
    let at = table.other * sector;
    match read(storage, sector, table.other)? {
        Err(why) => {
            report.corrupt(
                at,
                format!("the backup of the partition table is damaged: {why}"),
            );
        }
        Ok(backup) if backup.guid != table.guid || backup.entries_sum != table.entries_sum => {
            report.corrupt(
                at,
                "the backup of the partition table tells of other partitions",
            );
        }
        Ok(_) if table.other < last => {
            let what = "the disk goes on behind the backup of its partition table: it was made \
                        larger; `sgdisk -e` moves the backup to its end";
            report.note(at, what);
        }
        Ok(_) => {}
    }
    Ok(())
}

/// Each partition has to lie where the table lets partitions be, and apart from the others.
fn check_partitions(table: &Table, last: u64, report: &mut Report) {
    let mut partitions = table.partitions.clone();
    partitions.sort_unstable();
    let mut end = None;
    for (first, last_of_it, at) in partitions {
        let bounds = table.first_usable..=table.last_usable;
        let fits = first <= last_of_it && bounds.contains(&first) && bounds.contains(&last_of_it);
        if !fits || last_of_it > last {
            let what = format!(
                "a partition takes the sectors {first} to {last_of_it}; those from {} to {} are for partitions",
                table.first_usable,
                table.last_usable.min(last)
            );
            report.corrupt(at, what);
        }
        if end.is_some_and(|end| first <= end) {
            report.corrupt(
                at,
                format!("the partition at sector {first} overlaps another"),
            );
        }
        end = end.max(Some(last_of_it));
    }
}

/// The copy whose header is the sector of this `number`, or what is wrong with it.
fn read(storage: &dyn Storage, sector: u64, number: u64) -> Result<Result<Table, String>> {
    let mut header = vec![0; to_usize(sector)];
    let at = number * sector;
    if at + sector > storage.length() {
        return Ok(Err("it is not there".to_owned()));
    }
    storage.read_exact_at(at, &mut header)?;
    if header[..8] != MAGIC {
        return Ok(Err("it does not start with `EFI PART`".to_owned()));
    }
    let word = |at: usize| u32_at(&header, at);
    let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
    let bytes = word(12);
    if !(HEADER_BYTES..=4096).contains(&bytes) || u64::from(bytes) > sector {
        return Ok(Err(format!("its header has {bytes} bytes")));
    }
    let mut summed = header[..bytes as usize].to_vec();
    summed[16..20].fill(0);
    if CRC32.checksum(&summed) != word(16) {
        return Ok(Err("its header has another checksum".to_owned()));
    }
    if long(24) != number {
        return Ok(Err(format!("it belongs to sector {}", long(24))));
    }
    let (start, count, size) = (long(72), u64::from(word(80)), u64::from(word(84)));
    let length = count * size;
    let at = start.checked_mul(sector).filter(|at| {
        let end = at.checked_add(length);
        size >= 128 && length <= MOST_BYTES && end.is_some_and(|end| end <= storage.length())
    });
    let Some(at) = at else {
        return Ok(Err("its entries are no place they can be".to_owned()));
    };
    let mut entries = vec![0; to_usize(length)];
    storage.read_exact_at(at, &mut entries)?;
    let entries_sum = CRC32.checksum(&entries);
    if entries_sum != word(88) {
        return Ok(Err("its entries have another checksum".to_owned()));
    }
    let entry = |(index, entry): (u64, &[u8])| {
        let long =
            |at: usize| u64::from(u32_at(entry, at)) | u64::from(u32_at(entry, at + 4)) << 32;
        let used = entry[..16].iter().any(|byte| *byte != 0);
        used.then(|| (long(32), long(40), at + index * size))
    };
    let partitions = (0_u64..).zip(entries.chunks_exact(to_usize(size)));
    let mut guid = [0; 16];
    guid.copy_from_slice(&header[56..72]);
    Ok(Ok(Table {
        other: long(32),
        first_usable: long(40),
        last_usable: long(48),
        partitions: partitions.filter_map(entry).collect(),
        guid,
        entries_sum,
    }))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let bytes = bytes[at..at + 4].iter().rev();
    bytes.fold(0, |all, byte| all << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTORS: usize = 200;

    /// A header at the sector `own`, whose copy is at `other`, with entries at `entries`.
    fn put(
        bytes: &mut [u8],
        sector: usize,
        (own, other, entries): (u64, u64, u64),
        parts: &[(u64, u64)],
    ) {
        let at = to_usize(entries) * sector;
        for (index, (first, last)) in parts.iter().enumerate() {
            let entry = &mut bytes[at + index * 128..][..128];
            entry[0] = 1;
            entry[32..40].copy_from_slice(&first.to_le_bytes());
            entry[40..48].copy_from_slice(&last.to_le_bytes());
        }
        let sum = CRC32.checksum(&bytes[at..at + 4 * 128]);
        let header = &mut bytes[to_usize(own) * sector..][..92];
        header[..8].copy_from_slice(&MAGIC);
        for (at, value) in [(12, 92), (80, 4), (84, 128), (88, sum)] {
            header[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        for (at, value) in [
            (24, own),
            (32, other),
            (40, 8),
            (48, SECTORS as u64 - 8),
            (72, entries),
        ] {
            header[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        // The sum is of a header without one.
        header[16..20].fill(0);
        let sum = CRC32.checksum(header);
        header[16..20].copy_from_slice(&sum.to_le_bytes());
    }

    fn disk(sector: usize, parts: &[(u64, u64)]) -> Vec<u8> {
        let mut bytes = vec![0; SECTORS * sector];
        let last = SECTORS as u64 - 1;
        put(&mut bytes, sector, (1, last, 2), parts);
        put(&mut bytes, sector, (last, 1, last - 4), parts);
        bytes
    }

    fn told(bytes: &[u8]) -> (u64, Vec<String>) {
        let mut report = Report::default();
        check(&bytes.to_vec(), true, &mut report).expect("memory");
        let messages = report.findings.into_iter().map(|finding| finding.message);
        (report.corruptions, messages.collect())
    }

    #[track_caller]
    fn tells(bytes: &[u8], corruptions: u64, part: &str) {
        let (found, messages) = told(bytes);
        assert_eq!(found, corruptions, "{messages:?}");
        assert!(
            messages.iter().any(|message| message.contains(part)),
            "{messages:?}"
        );
    }

    #[test]
    fn a_whole_table_is_whole() {
        for sector in [512, 4096] {
            assert_eq!(told(&disk(sector, &[(10, 20), (21, 192)])), (0, Vec::new()));
        }
    }

    #[test]
    fn what_does_not_fit_the_disk_is_told() {
        let good = disk(512, &[(10, 20), (21, 150)]);
        tells(&good[..190 * 512], 1, "it was cut");
        tells(&good[..100 * 512], 2, "it was cut");
        let mut longer = good.clone();
        longer.resize(300 * 512, 0);
        tells(&longer, 0, "made larger");
        tells(&disk(512, &[(10, 20), (20, 30)]), 1, "overlaps");
        tells(&disk(512, &[(1, 20)]), 1, "for partitions");
        tells(&[0; 4096], 1, "there is none");
    }

    #[test]
    fn both_copies_are_looked_at() {
        let good = disk(512, &[(10, 20)]);
        for (at, part) in [
            (512 + 40, "in front is damaged: its header"),
            (1024 + 32, "in front is damaged: its entries"),
            (512, "the backup at the end is whole"),
            (
                199 * 512 + 40,
                "backup of the partition table is damaged: its header",
            ),
            (
                195 * 512 + 32,
                "backup of the partition table is damaged: its entries",
            ),
        ] {
            let mut bytes = good.clone();
            bytes[at] ^= 4;
            tells(&bytes, 1, part);
        }
        let mut other = good;
        put(&mut other, 512, (199, 1, 195), &[(10, 21)]);
        tells(&other, 1, "other partitions");
    }
}
