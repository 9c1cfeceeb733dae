//! Whether the tables of an extent without markers agree, and lead to grains that lie within
//! the file and apart.

use std::collections::HashSet;

use super::description::Description;
use super::directory::{check_table, read_entries};
use super::fault::Fault;
use super::format::{SECTOR, ZEROED_GRAIN, limits};
use super::layout::Layout;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::check::Report;

/// Checks the extent `layout` tells of.
pub(super) fn check(storage: &dyn Storage, layout: &Layout) -> Result<Report> {
    let mut check = Check {
        storage,
        layout,
        report: Report::default(),
        metadata: vec![(0, 1)],
        followed: HashSet::new(),
        grains: Vec::new(),
        fragmented: 0,
    };
    check.look_at_descriptor()?;
    if layout.unclean {
        let what = "not closed by the program that wrote it, or in use by a running machine";
        check.report.note(72, what);
    }
    check.follow_directories()?;
    check.lay_out();
    let mut report = check.report;
    report.total_clusters = Some(layout.grains());
    report.allocated_clusters = Some(check.grains.len() as u64);
    report.fragmented_clusters = Some(check.fragmented);
    Ok(report)
}

struct Check<'c> {
    storage: &'c dyn Storage,
    layout: &'c Layout,
    report: Report,
    /// First sector and sectors of all that is no grain.
    metadata: Vec<(u64, u64)>,
    /// Sectors of tables that were looked at.
    followed: HashSet<u32>,
    /// First sectors of grains.
    grains: Vec<u32>,
    fragmented: u64,
}

impl Check<'_> {
    fn look_at_descriptor(&mut self) -> Result<()> {
        let (at, bytes) = self.layout.descriptor;
        if bytes == 0 {
            return Ok(());
        }
        self.metadata.push((at / SECTOR, bytes / SECTOR));
        let read = Description::read(self.storage, self.layout);
        let Some(description) = self.report.follow(read)?.flatten() else {
            return Ok(());
        };
        description.check_whole()?;
        let sectors = self.layout.capacity / SECTOR;
        for extent in description
            .extents
            .iter()
            .filter(|extent| extent.sectors != sectors)
        {
            let what = "sectors, and the header of";
            let what = format!(
                "the descriptor tells of {} {what} {sectors}",
                extent.sectors
            );
            self.report.corrupt(at, what);
        }
        Ok(())
    }

    fn follow_directories(&mut self) -> Result<()> {
        let main = self.directory("grain directory", self.layout.directory)?;
        let spare = match self.layout.redundant {
            None => None,
            Some(sector) => self.directory("redundant grain directory", sector)?,
        };
        let Some(first) = main.as_ref().or(spare.as_ref()) else {
            return Ok(());
        };
        for number in 0..first.len() {
            let main = self.table(main.as_ref().and_then(|main| main.get(number)))?;
            let copy = self.table(spare.as_ref().and_then(|spare| spare.get(number)))?;
            if self.layout.redundant.is_some() {
                self.compare(number, main.as_ref(), copy.as_ref());
            }
            if let Some((at, entries)) = main.or(copy) {
                self.follow_table(number as u64, at, &entries)?;
            }
        }
        Ok(())
    }

    fn directory(&mut self, what: &'static str, sector: u64) -> Result<Option<Vec<u32>>> {
        let read = read_entries(self.storage, self.layout, what, sector);
        let found = self.report.follow(read)?;
        if found.is_some() {
            let sectors = (self.layout.directory_entries() * 4).div_ceil(SECTOR);
            self.metadata.push((sector, sectors));
        }
        Ok(found)
    }

    /// The table at the sector an entry of a directory tells, if it tells one, and its place.
    fn table(&mut self, sector: Option<&u32>) -> Result<Option<(u64, Vec<u32>)>> {
        let Some(sector) = sector.copied().filter(|sector| *sector != 0) else {
            return Ok(None);
        };
        let place = check_table(self.storage, self.layout, sector);
        let Some(at) = self.report.follow(place)? else {
            return Ok(None);
        };
        if !self.followed.insert(sector) {
            self.report.corrupt(
                at,
                "two entries of the grain directories lead to this grain table",
            );
            self.report.check_errors += 1;
            return Ok(None);
        }
        let bytes = self.layout.table_bytes();
        self.metadata.push((sector.into(), bytes.div_ceil(SECTOR)));
        let mut table = vec![0; to_usize(bytes)];
        self.storage.read_exact_at(at, &mut table)?;
        let (words, _) = table.as_chunks::<4>();
        let entries = words.iter().map(|word| u32::from_le_bytes(*word));
        Ok(Some((at, entries.collect())))
    }

    /// Tells where a table and its copy differ.
    fn compare(
        &mut self,
        number: usize,
        main: Option<&(u64, Vec<u32>)>,
        copy: Option<&(u64, Vec<u32>)>,
    ) {
        match (main, copy) {
            (Some((at, main)), Some((_, copy))) => {
                let differ = main.iter().zip(copy).filter(|(main, copy)| main != copy);
                let count = differ.count();
                if count > 0 {
                    let what =
                        format!("grain table {number} and its copy differ in {count} entries");
                    self.report.corrupt(*at, what);
                }
            }
            (Some((at, _)), None) | (None, Some((at, _))) => {
                let what = format!("only one of the two directories leads to grain table {number}");
                self.report.corrupt(*at, what);
            }
            (None, None) => {}
        }
    }

    fn follow_table(&mut self, number: u64, at: u64, entries: &[u32]) -> Result<()> {
        let (grain, length) = (self.layout.grain, self.storage.length());
        let first = number * self.layout.entries_per_table;
        let mut expected = None;
        for (within, entry) in (0_u64..).zip(entries) {
            let guest = (first + within) * grain;
            let is_zero = *entry == ZEROED_GRAIN && self.layout.zeroed_grains;
            if *entry == 0 || is_zero || guest >= self.layout.capacity {
                continue;
            }
            let place = u64::from(*entry) * SECTOR;
            let entry_at = at + within * 4;
            if place + self.layout.visible(guest) > length {
                let what =
                    format!("the grain for guest offset {guest} lies beyond the end of the file");
                self.report.corrupt(entry_at, what);
                continue;
            }
            if self.grains.len() >= limits::LISTED_GRAINS {
                return Err(Fault::TooLarge {
                    what: "list of grains",
                    bytes: (self.grains.len() as u64 + 1) * 4,
                    limit: limits::LISTED_GRAINS as u64 * 4,
                    offset: entry_at,
                }
                .into());
            }
            self.grains.push(*entry);
            self.fragmented += u64::from(expected.is_some_and(|next| next != place));
            expected = Some(place + grain);
        }
        Ok(())
    }

    /// Looks at what lies where, in the order of the file.
    fn lay_out(&mut self) {
        self.grains.sort_unstable();
        self.metadata.sort_unstable();
        let sectors = self.layout.grain / SECTOR;
        let mut metadata = std::mem::take(&mut self.metadata).into_iter().peekable();
        let grains = std::mem::take(&mut self.grains);
        let mut listed = grains.iter().map(|sector| u64::from(*sector)).peekable();
        let mut end = 0;
        loop {
            let next = match (metadata.peek(), listed.peek()) {
                (None, None) => break,
                (Some((at, _)), Some(grain)) if at <= grain => metadata.next(),
                (Some(_), None) => metadata.next(),
                (_, Some(_)) => listed.next().map(|sector| (sector, sectors)),
            };
            let Some((start, length)) = next else { break };
            if start < end {
                let what = "a grain or a table lies over what is in front of it";
                self.report.corrupt(start * SECTOR, what);
            }
            self.tell_unused(end, start, sectors);
            end = end.max(start.saturating_add(length));
        }
        let last = self.storage.length() / SECTOR;
        self.tell_unused(end, last, sectors);
        self.report.image_end_offset = Some((end * SECTOR).min(self.storage.length()));
        self.grains = grains;
    }

    /// Tells of grains that fit between two sectors, where nothing is.
    fn tell_unused(&mut self, from: u64, to: u64, sectors: u64) {
        // What is in front of the first grain may be room for tables.
        let from = from.max(self.layout.overhead);
        let count = to.saturating_sub(from) / sectors;
        let what = match count {
            0 => return,
            1 => "a grain that no table leads to".to_owned(),
            more => format!("{more} grains that no table leads to"),
        };
        self.report.leak(from * SECTOR, count, what);
    }
}
