//! Whether the tables of an extent without markers agree, and lead to grains that lie within
//! the file and apart.

use std::collections::HashSet;

use super::cowd;
use super::description::Description;
use super::directory::{check_table, read_entries};
use super::entry::Place;
use super::fault::Fault;
use super::format::{SECTOR, limits};

use super::layout::Layout;
use super::run::Run;
use super::sesparse;
use super::sparse::check_embedded;
use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::check::Report;

/// Checks the hosted extent `layout` tells of: a whole disk, or one piece of the disk that is
/// `described` elsewhere.
pub(super) fn check(
    storage: &dyn Storage,
    layout: &Layout,
    described: Option<&Description>,
) -> Result<Report> {
    let mut check = Check::new(storage, layout, Report::default());
    check.look_at_descriptor(described)?;
    check.follow_directories()?;
    Ok(check.finish(true))
}

/// Checks the COWD extent in `storage`.
pub(super) fn check_cowd(storage: &dyn Storage) -> Result<(Layout, Report)> {
    let layout = cowd::read(storage)?;
    let mut check = Check::new(storage, &layout, Report::default());
    check.follow_directories()?;
    // ESX keeps room behind what is in use.
    let report = check.finish(false);
    Ok((layout, report))
}

/// Checks the seSparse extent in `storage`.
pub(super) fn check_se_sparse(storage: &dyn Storage) -> Result<(Layout, Report)> {
    let mut report = Report::default();
    let front = sesparse::read(storage, &mut |error| {
        report.follow::<()>(Err(error)).map(|_| ())
    })?;
    let layout = front.layout;
    let mut check = Check::new(storage, &layout, report);
    check.metadata.push((front.volatile, 1));
    check.push_directory(layout.directory);
    for (number, sector) in (0..).zip(&front.tables) {
        if let Some((at, entries)) = check.table(Some(sector))? {
            check.follow_table(number, at, &entries)?;
        }
    }
    // Grains that are free stand between others, and a bitmap tells of them.
    let report = check.finish(false);
    Ok((layout, report))
}

struct Check<'c> {
    storage: &'c dyn Storage,
    layout: &'c Layout,
    report: Report,
    /// First sector and sectors of all that is no grain.
    metadata: Vec<(u64, u64)>,
    /// Sectors of tables that were looked at.
    followed: HashSet<u32>,
    grains: Vec<Run>,
    /// How many grains those are.
    allocated: u64,
    fragmented: u64,
}

impl<'c> Check<'c> {
    fn new(storage: &'c dyn Storage, layout: &'c Layout, report: Report) -> Self {
        Self {
            storage,
            layout,
            report,
            metadata: vec![(0, layout.header / SECTOR)],
            followed: HashSet::new(),
            grains: Vec::new(),
            allocated: 0,
            fragmented: 0,
        }
    }

    /// What was found; with `unused`, also grains that no table leads to.
    fn finish(mut self, unused: bool) -> Report {
        if let Some(at) = self.layout.unclean {
            let what = "not closed by the program that wrote it, or in use by a running machine";
            self.report.note(at, what);
        }
        self.lay_out(unused);
        self.report.total_clusters = Some(self.layout.grains());
        self.report.allocated_clusters = Some(self.allocated);
        self.report.fragmented_clusters = Some(self.fragmented);
        self.report
    }

    fn look_at_descriptor(&mut self, described: Option<&Description>) -> Result<()> {
        let (at, bytes) = self.layout.descriptor;
        if bytes == 0 {
            return Ok(());
        }
        self.metadata.push((at / SECTOR, bytes / SECTOR));
        if let Some(disk) = described {
            let fits = check_embedded(self.storage, self.layout, disk);
            return self.report.follow(fits).map(|_| ());
        }
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
            self.push_directory(sector);
        }
        Ok(found)
    }

    fn push_directory(&mut self, sector: u64) {
        let bytes = self.layout.directory_entries() * self.layout.entries.width();
        self.metadata.push((sector, bytes.div_ceil(SECTOR)));
    }

    /// The entries of the table at the sector an entry of a directory tells, if it tells one, and
    /// its place.
    fn table(&mut self, sector: Option<&u32>) -> Result<Option<(u64, Vec<u64>)>> {
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
        let numbers = 0..to_usize(self.layout.entries_per_table);
        let entries = numbers.map(|number| self.layout.entries.nth(&table, number));
        Ok(Some((at, entries.collect())))
    }

    /// Tells where a table and its copy differ.
    fn compare(
        &mut self,
        number: usize,
        main: Option<&(u64, Vec<u64>)>,
        copy: Option<&(u64, Vec<u64>)>,
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

    fn follow_table(&mut self, number: u64, at: u64, entries: &[u64]) -> Result<()> {
        let (grain, length) = (self.layout.grain, self.storage.length());
        let first = number * self.layout.entries_per_table;
        let mut expected = None;
        for (within, entry) in (0_u64..).zip(entries) {
            let guest = (first + within) * grain;
            if guest >= self.layout.capacity {
                break;
            }
            let entry_at = at + within * self.layout.entries.width();
            let place = match self.layout.place(*entry) {
                Ok(Place::At(place)) => place,
                Ok(Place::Nowhere | Place::Zero) => continue,
                Err(rule) => {
                    let what = "is invalid";
                    let what = format!("the entry for guest offset {guest} {what}: {rule}");
                    self.report.corrupt(entry_at, what);
                    continue;
                }
            };
            let end = place.checked_add(self.layout.visible(guest));
            if end.is_none_or(|end| end > length) {
                let what =
                    format!("the grain for guest offset {guest} lies beyond the end of the file");
                self.report.corrupt(entry_at, what);
                continue;
            }
            self.allocated += 1;
            let follows = expected == Some(place);
            self.fragmented += u64::from(expected.is_some() && !follows);
            expected = Some(place + grain);
            let joined = follows && self.grains.last_mut().is_some_and(Run::grow);
            if !joined {
                self.remember(place, entry_at)?;
            }
        }
        Ok(())
    }

    /// Remembers the grain at byte `place`, of which the entry at `entry_at` tells.
    fn remember(&mut self, place: u64, entry_at: u64) -> Result<()> {
        let run = Run::of(place / SECTOR);
        match run.filter(|_| self.grains.len() < limits::LISTED_GRAINS) {
            Some(run) => {
                self.grains.push(run);
                Ok(())
            }
            None => Err(Fault::TooManyGrains { at: entry_at }.into()),
        }
    }

    /// Looks at what lies where, in the order of the file.
    fn lay_out(&mut self, unused: bool) {
        self.grains.sort_unstable();
        self.metadata.sort_unstable();
        let sectors = self.layout.grain / SECTOR;
        let mut metadata = std::mem::take(&mut self.metadata).into_iter().peekable();
        let grains = std::mem::take(&mut self.grains);
        let mut listed = grains.iter().map(|run| run.stretch(sectors)).peekable();
        let mut end = 0;
        loop {
            let next = match (metadata.peek(), listed.peek()) {
                (None, None) => break,
                (Some((at, _)), Some((grain, _))) if at <= grain => metadata.next(),
                (Some(_), None) => metadata.next(),
                (_, Some(_)) => listed.next(),
            };
            let Some((start, length)) = next else { break };
            if start < end {
                let what = "a grain or a table lies over what is in front of it";
                self.report.corrupt(start * SECTOR, what);
            }
            if unused {
                self.tell_unused(end, start, sectors);
            }
            end = end.max(start.saturating_add(length));
        }
        if unused {
            let last = self.storage.length() / SECTOR;
            self.tell_unused(end, last, sectors);
        }
        let end = end.saturating_mul(SECTOR).min(self.storage.length());
        self.report.image_end_offset = Some(end);
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
