//! GUID partition tables: whether both copies are whole, agree, and fit the disk.

use super::table::{SECTORS, Table, read, starts};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::check::Report;

/// Checks the table of the disk in `storage`, where it has one; a `protective` entry of a master
/// boot record says that it has.
pub(in crate::disk) fn check(
    storage: &dyn Storage,
    protective: bool,
    report: &mut Report,
) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::super::scene::{disk, put};
    use super::*;

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
