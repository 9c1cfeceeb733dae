//! What a check has to say of a descriptor that can be read: whether its parts fit each other,
//! and its parent.

use super::described::{Described, ExtentFile};
use super::description::{Description, NO_PARENT};
use super::descriptor::most_cylinders;
use super::fault::Fault;
use super::format::SECTOR;
use super::layout::Layout;
use super::line::{ExtentLine, LineKind};
use crate::base::Result;
use crate::disk::check::{Others, Report};

/// Which kind of extents the disks of each type have, and whether they have more than one.
const TYPES: [(&str, LineKind, bool); 10] = [
    ("monolithicSparse", LineKind::Sparse, false),
    ("streamOptimized", LineKind::Sparse, false),
    ("vmfsSparse", LineKind::Sparse, false),
    ("seSparse", LineKind::Sparse, false),
    ("twoGbMaxExtentSparse", LineKind::Sparse, true),
    ("monolithicFlat", LineKind::Flat, false),
    ("vmfs", LineKind::Flat, false),
    ("vmfsThin", LineKind::Flat, false),
    ("vmfsEagerZeroedThick", LineKind::Flat, false),
    ("twoGbMaxExtentFlat", LineKind::Flat, true),
];

/// Tells what is odd about `description`, of a disk of `capacity` bytes.
pub(super) fn remark(description: &Description, capacity: u64, report: &mut Report) {
    remark_type(description, report);
    match description.cid {
        None => {
            let what = "it has no CID, by which disks made on it tell that it is the one";
            report.note(None, what);
        }
        Some(NO_PARENT) => {
            let what = "its CID is ffffffff, which stands for no disk: one made on it would seem \
                        to stand alone";
            report.note(None, what);
        }
        Some(_) => {}
    }
    remark_geometry(description, capacity / SECTOR, report);
}

fn remark_type(description: &Description, report: &mut Report) {
    let Some(kind) = &description.create_type else {
        report.note(
            None,
            "it has no createType, without which other programs refuse it",
        );
        return;
    };
    let mut known = TYPES.iter();
    let Some((_, expected, many)) = known.find(|(name, ..)| name.eq_ignore_ascii_case(kind)) else {
        return;
    };
    let extents = &description.extents;
    let fits = |line: &ExtentLine| line.kind == LineKind::Zero || line.kind == *expected;
    if !extents.iter().all(fits) || (extents.len() > 1 && !many) {
        let what = "createType is";
        let what = format!("{what} {kind}, and its extents are not as those of such disks");
        report.note(None, what);
    }
}

/// The geometry tells of about as much as there is, or of all it can.
fn remark_geometry(description: &Description, sectors: u64, report: &mut Report) {
    let number = |name: &str| -> Option<u64> {
        let text = description.ddb(&format!("ddb.geometry.{name}"))?;
        text.trim().parse().ok().filter(|number| *number > 0)
    };
    let (Some(cylinders), Some(heads), Some(track)) =
        (number("cylinders"), number("heads"), number("sectors"))
    else {
        return;
    };
    let cylinder = heads.saturating_mul(track);
    let told = cylinders.saturating_mul(cylinder);
    let most = cylinders >= most_cylinders(heads) && told < sectors;
    if told.abs_diff(sectors) > cylinder && !most {
        let what = "its geometry tells of";
        let what = format!("{what} {told} sectors, and its extents of {sectors}");
        report.note(None, what);
    }
}

/// Tells whether the disk of `capacity` bytes that is described fits the parent it holds
/// changes to.
pub(super) fn compare_parent(
    description: &Description,
    capacity: u64,
    others: &mut dyn Others,
    report: &mut Report,
) -> Result<()> {
    let (Some(expected), Some(name)) = (description.parent_cid, &description.parent_hint) else {
        return Ok(());
    };
    let Some(file) = others.parent(name)? else {
        let what = "it holds changes to a parent disk that was not looked at";
        report.note(None, format!("{what}: `{}`", name.escape_debug()));
        return Ok(());
    };
    let mut own = Report::default();
    let parent = own.follow(parent_of(&file));
    let parent = parent.map_err(|error| error.at(&file.path))?;
    report.add(own, name);
    let Some((found, size)) = parent else {
        return Ok(());
    };
    if found != Some(expected) {
        let found = found.map_or_else(|| "none".to_owned(), |cid| format!("{cid:08x}"));
        report.fault(Fault::Parent { expected, found })?;
    }
    if size != capacity {
        let what = "its parent disk has";
        report.note(None, format!("{what} {size} bytes, and it has {capacity}"));
    }
    Ok(())
}

/// The content id of a disk that is a parent, and its bytes.
fn parent_of(file: &ExtentFile) -> Result<(Option<u32>, u64)> {
    let storage = &*file.storage;
    if let Some(described) = Described::read(storage, &file.path)? {
        let description = described.description();
        let sizes = description.extents.iter().map(ExtentLine::bytes);
        return Ok((description.cid, sizes.sum()));
    }
    let layout = Layout::read(storage)?;
    let description = Description::embedded(storage, &layout)?;
    Ok((description.cid, layout.capacity))
}
