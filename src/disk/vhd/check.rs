//! Whether footer, copy, header and block allocation table of a VHD are right and agree.

use super::VHD;
use super::footer::{Footer, Found, Variant, at_the_end, starts};
use super::format::{FOOTER_BYTES, FREE, HEADER_BYTES, SECTOR};
use super::header::Header;
use super::table::{self, Checked};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::blocks::check_inside;
use crate::disk::check::Report;
use crate::disk::step::{Edit, Step};

/// Checks the image in `storage` by itself.
pub(in crate::disk) fn check(storage: &dyn Storage) -> Result<Report> {
    let found = Footer::find(storage)?;
    let mut report = Report::default();
    tell_footers(storage, &found, &mut report)?;
    if found.footer.saved_state {
        let what = "its machine was suspended; what it held in memory is missing";
        report.note(found.end, what);
    }
    let capacity = found.footer.capacity();
    if found.footer.variant == Variant::Fixed {
        let inside = check_inside(VHD, "disk", 0, capacity, found.end);
        report.follow(inside)?;
        report.image_end_offset = Some(storage.length());
        return Ok(report);
    }
    let header = Header::read(storage, &found);
    let Some(header) = report.follow(header)? else {
        return Ok(report);
    };
    let table = table::load(storage, &found, &header);
    let Some(table) = report.follow(table)? else {
        return Ok(report);
    };
    report.total_clusters = Some(capacity.div_ceil(header.block));
    check_blocks(&table, &header, &found, &mut report)?;
    Ok(report)
}

/// What is wrong with the footer at the end or its copy in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    /// The one at the end, which should begin here.
    Last(u64),
    /// The copy.
    First,
}

/// Which of the two is not as the other, which is the one that counts.
fn lost(storage: &dyn Storage, found: &Found) -> Result<Option<Lost>> {
    if found.footer.variant == Variant::Fixed {
        return Ok(None);
    }
    let Some(last) = at_the_end(storage)? else {
        return Ok(Some(Lost::Last(storage.length())));
    };
    if Footer::read(storage, last).is_err() {
        return Ok(Some(Lost::Last(last)));
    }
    let same =
        starts(storage, 0)? && Footer::read(storage, 0).is_ok_and(|first| first == found.footer);
    Ok((!same).then_some(Lost::First))
}

fn tell_footers(storage: &dyn Storage, found: &Found, report: &mut Report) -> Result<()> {
    match lost(storage, found)? {
        None => {}
        Some(Lost::First) => {
            report.corrupt(
                0,
                "the copy of the footer at the front is damaged, or tells something else",
            );
        }
        Some(Lost::Last(at)) if at == storage.length() => {
            report.corrupt(
                at,
                "the footer at the end is missing: the file was cut, or not closed",
            );
        }
        Some(Lost::Last(at)) => report.corrupt(at, "the footer at the end is damaged"),
    }
    Ok(())
}

fn check_blocks(table: &[u32], header: &Header, found: &Found, report: &mut Report) -> Result<()> {
    let checked = Checked {
        table,
        header,
        found,
    };
    let size = (header.bitmap() + header.block) / SECTOR;
    let (mut starts, mut stored) = (Vec::new(), 0);
    for (number, sector) in (0_u64..).zip(table) {
        if *sector != FREE {
            stored += 1;
            match checked.place(number, *sector) {
                Ok(()) => starts.push(*sector),
                Err(error) => report.fault(error)?,
            }
        }
    }
    starts.sort_unstable();
    report.allocated_clusters = Some(stored);
    for pair in starts.windows(2) {
        let (before, start) = (u64::from(pair[0]), u64::from(pair[1]));
        if start < before + size {
            let what = format!("the block overlaps the one at offset {}", before * SECTOR);
            report.corrupt(start * SECTOR, what);
        }
    }
    // The table stands in front, or behind the blocks it had no room before.
    let entries = u64::from(header.raw.table_entries.get());
    let mut all: Vec<_> = starts
        .into_iter()
        .map(|start| (u64::from(start), size))
        .chain([
            (header.at / SECTOR, HEADER_BYTES / SECTOR),
            (header.table / SECTOR, (entries * 4).div_ceil(SECTOR)),
        ])
        .collect();
    all.sort_unstable();
    let mut end = FOOTER_BYTES / SECTOR;
    for (start, length) in all {
        tell_unused(report, end, start, size);
        end = end.max(start + length);
    }
    tell_unused(report, end, found.end / SECTOR, size);
    let end = (end * SECTOR).min(found.end);
    report.image_end_offset = Some(end + FOOTER_BYTES);
    Ok(())
}

/// Tells of the blocks of `size` sectors that fit between two sectors, where nothing is.
fn tell_unused(report: &mut Report, from: u64, to: u64, size: u64) {
    let count = to.saturating_sub(from) / size;
    let what = match count {
        0 => return,
        1 => "a block that the table does not lead to".to_owned(),
        more => format!("{more} blocks that the table does not lead to"),
    };
    report.leak(from * SECTOR, count, what);
}

/// Hands the steps to `take` that make the footer and its copy equal.
pub(in crate::disk) fn repair(
    storage: &dyn Storage,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let found = Footer::find(storage)?;
    let (from, to) = match lost(storage, &found)? {
        None => return Ok(()),
        // The copy belongs where no header is.
        Some(Lost::First) if found.footer.header < FOOTER_BYTES => return Ok(()),
        Some(Lost::First) => (found.end, 0),
        Some(Lost::Last(at)) => (0, at),
    };
    let mut bytes = vec![0; to_usize(FOOTER_BYTES)];
    let there = to_usize((storage.length() - from).min(FOOTER_BYTES));
    storage.read_exact_at(from, &mut bytes[..there])?;
    // Behind a file that ends within a sector.
    let to = to.next_multiple_of(SECTOR);
    if to + FOOTER_BYTES > storage.length() {
        let length = to + FOOTER_BYTES;
        take(Step::Extend { length })?;
    }
    take(Step::Overwrite(vec![Edit { offset: to, bytes }]))
}
