//! Whether the partition tables of a raw disk fit its size.

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::check::Report;
use crate::disk::partition::gpt;
use crate::disk::partition::mbr::{EXTENDED, Entry, PROTECTIVE, SECTOR};

/// Logical partitions looked at. More than these no system numbers.
const MOST_LOGICAL: usize = 128;

/// Checks the disk in `storage`.
pub(in crate::disk) fn check(storage: &dyn Storage) -> Result<Report> {
    let mut report = Report::default();
    let length = storage.length();
    let rest = length % SECTOR;
    if rest != 0 {
        report.corrupt(
            length - rest,
            format!("the last sector has {rest} bytes of 512: the file was cut, or is no disk"),
        );
    }
    let Some(entries) = Entry::table(storage, 0)? else {
        gpt::check(storage, false, &mut report)?;
        return Ok(report);
    };
    let is_protective = entries.iter().any(|entry| entry.kind == PROTECTIVE);
    if !is_protective {
        let sectors = length / SECTOR;
        judge(&entries, sectors, &mut report);
        let extended = entries.iter().find(|entry| EXTENDED.contains(&entry.kind));
        if let Some(extended) = extended {
            follow(storage, extended.start, &mut report)?;
        }
    }
    gpt::check(storage, is_protective, &mut report)?;
    Ok(report)
}

/// Each partition has to lie within the disk and apart from the others.
fn judge(entries: &[Entry], sectors: u64, report: &mut Report) {
    for (number, entry) in entries.iter().enumerate() {
        if entry.end() > sectors {
            let end = entry.end();
            report.corrupt(
                entry.at,
                format!("a partition ends at sector {end}, and the disk at sector {sectors}"),
            );
        }
        let over = |other: &&Entry| entry.start < other.end() && other.start < entry.end();
        if entries[..number].iter().any(|other| over(&other)) {
            let start = entry.start;
            report.corrupt(
                entry.at,
                format!("the partition at sector {start} overlaps another"),
            );
        }
    }
}

/// Follows the chain of logical partitions in the extended one at sector `first`.
fn follow(storage: &dyn Storage, first: u64, report: &mut Report) -> Result<()> {
    let sectors = storage.length() / SECTOR;
    let mut table = first;
    for _ in 0..MOST_LOGICAL {
        let Some(entries) = Entry::table(storage, table)? else {
            return Ok(());
        };
        let (links, own): (Vec<_>, Vec<_>) =
            (entries.into_iter()).partition(|entry| EXTENDED.contains(&entry.kind));
        for entry in own {
            let end = table + entry.end();
            if end > sectors {
                let what = "a logical partition ends at sector";
                let what = format!("{what} {end}, and the disk at sector {sectors}");
                report.corrupt(entry.at, what);
            }
        }
        match links.first() {
            // The chain leads forwards, whoever wrote it.
            Some(link) if first + link.start > table => table = first + link.start,
            _ => return Ok(()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::partition::mbr::TABLE_AT;

    fn disk(sectors: usize, entries: &[(u8, u32, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; sectors * 512];
        put_table(&mut bytes, 0, entries);
        bytes
    }

    fn put_table(bytes: &mut [u8], sector: usize, entries: &[(u8, u32, u32)]) {
        let table = &mut bytes[sector * 512..][..512];
        for ((kind, start, sectors), entry) in entries.iter().zip(table[TABLE_AT..].chunks_mut(16))
        {
            entry[4] = *kind;
            entry[8..12].copy_from_slice(&start.to_le_bytes());
            entry[12..16].copy_from_slice(&sectors.to_le_bytes());
        }
        table[510..].copy_from_slice(&[0x55, 0xAA]);
    }

    fn told(bytes: &[u8]) -> Vec<String> {
        let report = check(&bytes.to_vec()).expect("memory");
        report
            .findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn partitions_lie_within_the_disk_and_apart() {
        assert!(told(&disk(100, &[(0x83, 1, 50), (0x82, 51, 49)])).is_empty());
        let cut = told(&disk(100, &[(0x83, 1, 50), (0x82, 51, 50)]));
        assert!(cut.len() == 1 && cut[0].contains("sector 101"), "{cut:?}");
        let over = told(&disk(100, &[(0x83, 1, 50), (0x82, 50, 10)]));
        assert!(over.len() == 1 && over[0].contains("overlaps"), "{over:?}");
        // A boot sector of a file system, and nothing.
        let mut boot = disk(100, &[(0x83, 1, 500)]);
        boot[TABLE_AT] = 0x33;
        assert!(told(&boot).is_empty() && told(&[0; 512]).is_empty());
    }

    #[test]
    fn logical_partitions_are_followed_and_no_loop_is() {
        let mut bytes = disk(100, &[(0x05, 10, 90)]);
        put_table(&mut bytes, 10, &[(0x83, 1, 9), (0x05, 10, 10)]);
        put_table(&mut bytes, 20, &[(0x83, 1, 100), (0x05, 0, 10)]);
        let found = told(&bytes);
        assert!(
            found.len() == 1 && found[0].contains("sector 121"),
            "{found:?}"
        );
    }

    #[test]
    fn a_part_of_a_sector_is_told() {
        let found = told(&[0; 1000]);
        assert!(
            found.len() == 1 && found[0].contains("488 bytes"),
            "{found:?}"
        );
    }
}
