//! A disk of several files checked: its descriptor, each extent, and how they fit together.

use std::collections::HashSet;
use std::path::Path;

use super::described::{Described, ExtentFile, Stretch};
use super::fault::Fault;
use super::format::SECTOR;
use super::line::{ExtentLine, LineKind};
use super::remarks::{compare_parent, remark};
use super::whole::{Extent, check_extent};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::check::{Others, Report};

/// Checks the disk that the descriptor in `storage`, called `path`, describes; none if what is
/// there is no descriptor.
pub(super) fn check(
    storage: &dyn Storage,
    path: &Path,
    others: &mut dyn Others,
) -> Result<Option<Report>> {
    let mut report = Report::default();
    let read = Described::read_all(storage, path, &mut |error| report.fault(error));
    let Some(described) = read? else {
        return Ok(None);
    };
    let description = described.description();
    let sizes = description.extents.iter().map(ExtentLine::bytes);
    let capacity = sizes.fold(0, u64::saturating_add);
    remark(description, capacity, &mut report);
    let mut files = Vec::new();
    for name in described.files() {
        files.push(report.follow(others.extent(name))?);
    }
    let mut sparse = HashSet::new();
    for (line, place) in described.placed() {
        let Some(place) = place else { continue };
        let (Some(Some(file)), Some(name)) = (files.get(place.file), &line.file) else {
            continue;
        };
        let found = match line.kind {
            LineKind::Flat => flat(line, place, file)?,
            // Two lines of one file were told of already.
            LineKind::Sparse if sparse.insert(place.file) => {
                let found = look_at_sparse(line, file, &described);
                found.map_err(|error| error.at(&file.path))?
            }
            _ => continue,
        };
        report.add(found, name);
    }
    let lengths = files.iter();
    let lengths = lengths.map(|file| file.as_ref().map(|file| file.storage.length()));
    for (message, name) in described.behind(lengths).zip(described.files()) {
        if let Some(message) = message {
            let mut found = Report::default();
            found.note(None, message);
            report.add(found, name);
        }
    }
    compare_parent(description, capacity, others, &mut report)?;
    Ok(Some(report))
}

/// A flat extent has all its bytes.
fn flat(line: &ExtentLine, place: &Stretch, file: &ExtentFile) -> Result<Report> {
    let mut report = Report::default();
    let length = file.storage.length();
    let has = length.saturating_sub(place.start);
    let needed = line.bytes();
    if has < needed {
        let short = crate::base::Error::from(Fault::ShortExtent { has, needed });
        report.fault(short.at_offset(length))?;
    }
    Ok(report)
}

/// A sparse extent is whole, and has the size it is to have.
fn look_at_sparse(line: &ExtentLine, file: &ExtentFile, described: &Described) -> Result<Report> {
    let mut report = Report::default();
    let looked = check_extent(&file.storage, Some(described.description()));
    let Some(Extent {
        layout,
        report: own,
    }) = report.follow(looked)?
    else {
        return Ok(report);
    };
    let (mut report, has, needed) = (own, layout.capacity, line.bytes());
    if has < needed {
        report.fault(Fault::ShortExtent { has, needed })?;
    } else if has - needed >= layout.grain {
        let what = "its header tells of";
        let (has, needed) = (has / SECTOR, line.sectors);
        let what = format!("{what} {has} sectors and the descriptor of {needed}");
        report.note(None, what);
    }
    Ok(report)
}
