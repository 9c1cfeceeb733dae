//! An extent of any kind checked, and what is wrong told alike.

use std::path::Path;
use std::sync::Arc;

use super::check::{self as stream, FindingKind, check};
use super::description::Description;
use super::image::Image;
use super::layout::Layout;
use super::rebuild::rebuild;
use super::remarks::compare_parent;
use super::repair::repair;
use super::several;
use super::sparse::{OfEsx, check_embedded, front};
use super::tabled;
use crate::base::joined::Joined;
use crate::base::pipeline::available_threads;
use crate::base::sequential::Sequential;
use crate::base::slice::Slice;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{ErrorKind, Result};
use crate::disk::check::{MOST_FINDINGS, Others, Report, Severity};
use crate::disk::step::{Piece, Step};

/// An extent that was checked.
pub(super) struct Extent {
    pub(super) layout: Layout,
    pub(super) report: Report,
}

/// Checks the disk that begins with `storage`, called `path`, or one extent of it alone.
pub(in crate::disk) fn check_image(
    storage: &Arc<dyn Storage>,
    path: &Path,
    others: &mut dyn Others,
) -> Result<Report> {
    if let Some(report) = several::check(&**storage, path, others)? {
        return Ok(report);
    }
    let Extent { layout, mut report } = check_extent(storage, None)?;
    // What is wrong with the descriptor was told.
    if let Ok(Some(description)) = Description::read(&**storage, &layout) {
        compare_parent(&description, layout.capacity, others, &mut report)?;
    }
    Ok(report)
}

/// Checks the extent in `storage` by itself, or as a piece of the disk that is `described`.
pub(super) fn check_extent(
    storage: &Arc<dyn Storage>,
    described: Option<&Description>,
) -> Result<Extent> {
    let (layout, report) = match OfEsx::of(&front(&**storage)?) {
        Some(OfEsx::Cowd) => tabled::check_cowd(&**storage)?,
        Some(OfEsx::SeSparse) => tabled::check_se_sparse(&**storage)?,
        None => {
            // Of a stream the header counts alone: its footer may be what is wrong.
            let layout = Layout::front(&**storage)?;
            let report = if layout.compressed {
                check_stream(storage, &layout, described)?
            } else {
                tabled::check(&**storage, &layout, described)?
            };
            (layout, report)
        }
    };
    Ok(Extent { layout, report })
}

fn check_stream(
    storage: &Arc<dyn Storage>,
    front: &Layout,
    described: Option<&Description>,
) -> Result<Report> {
    let mut report = told(found(storage)?, front, described.is_some());
    if let Some(disk) = described {
        report.follow(check_embedded(&**storage, front, disk))?;
    }
    Ok(report)
}

fn found(storage: &Arc<dyn Storage>) -> Result<stream::Report> {
    let input = Sequential::new(Arc::clone(storage));
    check(input, MOST_FINDINGS, available_threads())
}

/// What was `found` in the stream that begins as `front` tells, as it is told of any image.
fn told(found: stream::Report, front: &Layout, described: bool) -> Report {
    let mut report = Report {
        image_end_offset: Some(found.length),
        total_clusters: Some(front.grains()),
        allocated_clusters: Some(found.grains),
        compressed_clusters: Some(found.grains),
        ..Report::default()
    };
    let told = found.findings.len() as u64;
    for finding in found.findings {
        // A piece is described elsewhere.
        if !described || finding.kind != FindingKind::Descriptor {
            report.find(severity(finding.kind), finding.offset, finding.message);
        }
    }
    // Of those that were not told the worst is to be feared.
    let untold = found.total_findings - told;
    report.corruptions += untold;
    report.findings_left_out += untold;
    report
}

fn severity(kind: FindingKind) -> Severity {
    match kind {
        FindingKind::AfterEnd => Severity::Leak,
        // Importers mind these, and the content is what it is.
        FindingKind::Header | FindingKind::Padding | FindingKind::GrainOrder => Severity::Note,
        _ => Severity::Corruption,
    }
}

/// Hands the step that mends the tables or the end of a stream to `take`.
pub(in crate::disk) fn repair_image(
    storage: &Arc<dyn Storage>,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let layout = Layout::front(&**storage)?;
    if !layout.compressed {
        return Ok(());
    }
    let before = found(storage)?;
    let broken = before.broken.clone();
    let tables = broken.iter().any(|kind| {
        matches!(
            kind,
            FindingKind::Table
                | FindingKind::Directory
                | FindingKind::Redundant
                | FindingKind::Footer
        )
    });
    // The end alone is mended without touching more.
    let ended = if tables { None } else { end(&**storage)? };
    let pieces = match ended {
        None => rebuild(&**storage, &layout, &broken)?
            .map_or_else(|| end(&**storage), |made| Ok(Some(made)))?,
        ended => ended,
    };
    let Some(pieces) = pieces else {
        return Ok(());
    };
    let mended = made(storage, &pieces)?;
    // What is read by its markers alone may not be by tables that become readable, or those may
    // be worse than none.
    let wrong = |found| told(found, &layout, false).corruptions;
    if (is_read(&mended) || !is_read(storage)) && wrong(found(&mended)?) <= wrong(before) {
        take(Step::Anew(pieces))?;
    }
    Ok(())
}

fn is_read(storage: &Arc<dyn Storage>) -> bool {
    Image::open(Arc::clone(storage), Path::new(""), false).is_ok()
}

/// What is made of `pieces` of the file.
fn made(storage: &Arc<dyn Storage>, pieces: &[Piece]) -> Result<Arc<dyn Storage>> {
    let parts = pieces.iter().map(|piece| -> Result<Arc<dyn Storage>> {
        Ok(match piece {
            Piece::Kept(range) => Arc::new(Slice::new(
                Arc::clone(storage),
                range.start,
                piece.length(),
            )?),
            Piece::New(bytes) => Arc::new(bytes.clone()),
            // A sector or two.
            Piece::Zeros(length) => Arc::new(vec![0; to_usize(*length)]),
        })
    });
    Ok(Arc::new(Joined::new(parts.collect::<Result<Vec<_>>>()?)?))
}

/// The stream with its end mended; `None` if that is as it has to be, or cannot be.
fn end(storage: &dyn Storage) -> Result<Option<Vec<Piece>>> {
    match repair(storage) {
        Ok(found) => Ok(found.map(|found| {
            let (kept, zeros) = (Piece::Kept(0..found.keep), Piece::Zeros(found.append));
            vec![kept, zeros]
        })),
        // What is lost cannot be mended; the check has told of it.
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(None),
        Err(error) => Err(error),
    }
}
