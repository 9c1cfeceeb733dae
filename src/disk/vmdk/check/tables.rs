//! What directories and tables tell, against the grains there were.

use std::collections::BTreeMap;

use super::super::format::{SECTOR, ZEROED_GRAIN};
use super::super::layout::Layout;
use super::{FindingKind, Findings};
use crate::base::units::to_usize;

/// One of two directories.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Primary,
    Redundant,
}

/// A directory: the sector it stands at, and its entries.
type Directory = (u64, Vec<u32>);

/// Every table met, and the directories over them.
#[derive(Debug, Default)]
pub(super) struct Tables {
    primary: Option<Directory>,
    redundant: Option<Directory>,
    /// By the sector a table stands at: its entries that are not 0, as index
    /// and sector.
    by_sector: BTreeMap<u64, Vec<(u16, u32)>>,
}

impl Tables {
    /// Takes in a directory; answers with `false` when there was one.
    pub(super) fn set_directory(&mut self, which: Which, sector: u64, entries: Vec<u32>) -> bool {
        let place = match which {
            Which::Primary => &mut self.primary,
            Which::Redundant => &mut self.redundant,
        };
        place.replace((sector, entries)).is_none()
    }

    /// The sector of the grain directory, once it was met.
    pub(super) fn directory(&self) -> Option<u64> {
        self.primary.as_ref().map(|(sector, _)| *sector)
    }

    /// Takes in the table at `sector`.
    pub(super) fn add(
        &mut self,
        layout: &Layout,
        sector: u64,
        entries: &[u32],
        findings: &mut Findings,
    ) {
        let room = to_usize(layout.entries_per_table).min(entries.len());
        let (entries, padding) = entries.split_at(room);
        if padding.iter().any(|word| *word != 0) {
            let message = "a grain table is padded with other bytes than zeros".to_owned();
            findings.push(FindingKind::Padding, sector * SECTOR, None, message);
        }
        let stored = (0..)
            .zip(entries.iter().copied())
            .filter(|(_, entry)| *entry != 0 && !(*entry == ZEROED_GRAIN && layout.zeroed_grains));
        self.by_sector.insert(sector, stored.collect());
    }

    /// Compares everything told with `grains`, their numbers and sectors.
    pub(super) fn compare(
        mut self,
        layout: &Layout,
        mut grains: Vec<(u32, u32)>,
        findings: &mut Findings,
    ) {
        grains.sort_unstable();
        let mut repeated = grains.iter().zip(grains.iter().skip(1));
        while let Some((_, (number, sector))) = repeated.find(|(one, other)| one.0 == other.0) {
            findings.push(
                FindingKind::GrainRepeated,
                byte(*sector),
                Some(first_sector(layout, *number)),
                "the grain was there before".to_owned(),
            );
        }
        let (primary, redundant) = (self.primary.take(), self.redundant.take());
        let Some(primary) = primary else {
            let message = "there is no grain directory".to_owned();
            findings.push(FindingKind::Directory, 56, None, message);
            return;
        };
        let mut known = self.resolve(layout, &primary, FindingKind::Directory, findings);
        let told = known.told(layout, &self.by_sector);
        match_up(layout, &told, &grains, FindingKind::Table, findings);
        drop(told);
        if let Some(redundant) = redundant {
            let spare = self.resolve(layout, &redundant, FindingKind::Redundant, findings);
            let told = spare.told(layout, &self.by_sector);
            match_up(layout, &told, &grains, FindingKind::Redundant, findings);
            known.0.extend(spare.0);
        }
        let mut used: Vec<u64> = known.0.iter().map(|(_, sector)| *sector).collect();
        used.sort_unstable();
        for sector in self.by_sector.keys() {
            if used.binary_search(sector).is_err() {
                let message = "no directory entry leads to the grain table".to_owned();
                findings.push(FindingKind::Directory, sector * SECTOR, None, message);
            }
        }
    }

    /// The tables a directory leads to; entries that lead to none are told.
    fn resolve(
        &self,
        layout: &Layout,
        (start, entries): &Directory,
        kind: FindingKind,
        findings: &mut Findings,
    ) -> Resolved {
        let mut found = Vec::new();
        for (index, entry) in (0_u64..).zip(entries) {
            let sector = u64::from(*entry);
            if sector == 0 {
                continue;
            }
            if index < layout.directory_entries() && self.by_sector.contains_key(&sector) {
                found.push((index, sector));
            } else {
                let message =
                    format!("entry {index} leads to sector {sector}, where no grain table was met");
                findings.push(kind, start * SECTOR + index * 4, None, message);
            }
        }
        Resolved(found)
    }
}

/// Numbers and sectors of grain tables.
struct Resolved(Vec<(u64, u64)>);

impl Resolved {
    /// Numbers and sectors of the grains the tables tell of, in order.
    fn told(&self, layout: &Layout, tables: &BTreeMap<u64, Vec<(u16, u32)>>) -> Vec<(u64, u32)> {
        let mut told = Vec::new();
        for (index, sector) in &self.0 {
            let first = index * layout.entries_per_table;
            let entries = tables.get(sector).into_iter().flatten();
            told.extend(entries.map(|(index, sector)| (first + u64::from(*index), *sector)));
        }
        told
    }
}

/// Tells where `told` and `grains`, both in order, differ.
fn match_up(
    layout: &Layout,
    told: &[(u64, u32)],
    grains: &[(u32, u32)],
    kind: FindingKind,
    findings: &mut Findings,
) {
    let mut find = |number: u64, sector: u32, message: String| {
        let first = number * layout.grain / SECTOR;
        findings.push(kind, byte(sector), Some(first), message);
    };
    let mut grains = grains.iter().peekable();
    for (number, sector) in told {
        // Grains before this one have no entry.
        while let Some((missed, at)) = grains.next_if(|(grain, _)| u64::from(*grain) < *number) {
            find(
                u64::from(*missed),
                *at,
                "no table entry tells of the grain".to_owned(),
            );
        }
        let mut places = Vec::new();
        while let Some((_, at)) = grains.next_if(|(grain, _)| u64::from(*grain) == *number) {
            places.push(*at);
        }
        if !places.contains(sector) {
            let message = match *places {
                [] => "a table entry tells of a grain that is not there".to_owned(),
                [at, ..] => format!(
                    "a table entry tells of sector {sector} for a grain that stands at sector {at}"
                ),
            };
            find(*number, *sector, message);
        }
    }
    for (missed, at) in grains {
        find(
            u64::from(*missed),
            *at,
            "no table entry tells of the grain".to_owned(),
        );
    }
}

fn byte(sector: u32) -> u64 {
    u64::from(sector) * SECTOR
}

/// The disk's sector that the grain `number` starts at.
fn first_sector(layout: &Layout, number: u32) -> u64 {
    u64::from(number) * (layout.grain / SECTOR)
}
