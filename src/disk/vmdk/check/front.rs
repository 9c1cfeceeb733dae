//! What stands before the grains: the descriptor, and the tables of writers
//! that put them in front.

use std::collections::BTreeMap;
use std::io::Read;

use super::super::description::Description;
use super::super::format::SECTOR;
use super::super::layout::Layout;
use super::input::Input;
use super::tables::{Tables, Which};
use super::{FindingKind, Findings, TablesAt};
use crate::base::Result;
use crate::base::units::to_usize;

/// Something to be read when its sector comes.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Descriptor,
    Directory(Which),
    Table,
}

/// Reads up to the first marker.
pub(super) fn read<R: Read>(
    input: &mut Input<R>,
    layout: &Layout,
    tables: &mut Tables,
    findings: &mut Findings,
) -> Result<()> {
    let end = layout.first_marker()? / SECTOR;
    let mut wanted = BTreeMap::new();
    if layout.descriptor.1 > 0 {
        wanted.insert(layout.descriptor.0 / SECTOR, Wanted::Descriptor);
    } else {
        let message = "the header tells of no descriptor".to_owned();
        findings.push(FindingKind::Descriptor, 28, None, message);
    }
    if layout.tables == TablesAt::Front {
        wanted.insert(layout.directory, Wanted::Directory(Which::Primary));
    }
    if let Some(redundant) = layout.redundant {
        wanted.insert(redundant, Wanted::Directory(Which::Redundant));
    }
    while let Some((sector, what)) = wanted.pop_first() {
        let bytes = match what {
            Wanted::Descriptor => layout.descriptor.1,
            Wanted::Directory(_) => layout.directory_entries() * 4,
            Wanted::Table => layout.table_bytes(),
        };
        let sectors = bytes.div_ceil(SECTOR);
        let here = input.next_sector();
        if sector < here || sector.saturating_add(sectors) > end {
            let (kind, name) = what.told();
            let message = format!("the {name} overlaps something else, or reaches into the grains");
            // What no file reaches is a fault of where the header tells of it.
            let at = sector.checked_mul(SECTOR).unwrap_or(what.told_at());
            findings.push(kind, at, None, message);
            continue;
        }
        if !input.skip(sector - here)? {
            break;
        }
        match what {
            Wanted::Descriptor => check_descriptor(input, layout, findings)?,
            Wanted::Directory(which) => {
                let mut entries = Vec::new();
                input.entries(sectors, &mut entries)?;
                entries.truncate(to_usize(layout.directory_entries()));
                let behind = input.next_sector();
                // One that stands elsewhere was not read, and is told as that.
                let here = entries.iter().map(|table| u64::from(*table));
                let here = here.filter(|table| (behind..end).contains(table));
                for table in here {
                    wanted.entry(table).or_insert(Wanted::Table);
                }
                tables.set_directory(which, sector, entries);
            }
            Wanted::Table => {
                let mut entries = Vec::new();
                input.entries(sectors, &mut entries)?;
                tables.add(layout, sector, &entries, findings);
            }
        }
    }
    input.skip(end.saturating_sub(input.next_sector()))?;
    Ok(())
}

impl Wanted {
    /// Where the header tells of it, in bytes; of tables it tells by the directory.
    fn told_at(self) -> u64 {
        match self {
            Self::Descriptor => 28,
            Self::Directory(Which::Redundant) => 48,
            Self::Directory(Which::Primary) | Self::Table => 56,
        }
    }

    fn told(self) -> (FindingKind, &'static str) {
        match self {
            Self::Descriptor => (FindingKind::Descriptor, "descriptor"),
            Self::Directory(Which::Primary) => (FindingKind::Directory, "grain directory"),
            Self::Directory(Which::Redundant) => {
                (FindingKind::Redundant, "redundant grain directory")
            }
            Self::Table => (FindingKind::Table, "grain table"),
        }
    }
}

fn check_descriptor<R: Read>(
    input: &mut Input<R>,
    layout: &Layout,
    findings: &mut Findings,
) -> Result<()> {
    let (at, bytes) = layout.descriptor;
    let mut text = vec![0; to_usize(bytes)];
    let count = input.read(&mut text)?;
    let mut find = |message| findings.push(FindingKind::Descriptor, at, None, message);
    let described = match Description::parse(&text[..count], at) {
        Ok(described) => described,
        Err(error) => {
            find(error.message().to_owned());
            return Ok(());
        }
    };
    let kind = described.create_type.as_deref().unwrap_or_default();
    if !kind.eq_ignore_ascii_case("streamOptimized") {
        find(format!("createType is `{kind}`, not streamOptimized"));
    }
    if let Err(error) = described.check_whole() {
        find(error.message().to_owned());
    }
    for extent in &described.extents {
        if extent.sectors != layout.capacity / SECTOR {
            find(format!(
                "it tells of an extent of {} sectors, the header of {}",
                extent.sectors,
                layout.capacity / SECTOR
            ));
        }
    }
    Ok(())
}
