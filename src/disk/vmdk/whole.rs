//! An extent of either kind checked, and what is wrong told alike.

use std::sync::Arc;

use super::check::{FindingKind, check};
use super::layout::Layout;
use super::monolithic;
use super::repair::repair;
use crate::base::pipeline::available_threads;
use crate::base::sequential::Sequential;
use crate::base::storage::Storage;
use crate::base::{ErrorKind, Result};
use crate::disk::check::{MOST_FINDINGS, Report, Severity};
use crate::disk::step::Step;

/// Checks the extent in `storage` by itself.
pub(in crate::disk) fn check_image(storage: &Arc<dyn Storage>) -> Result<Report> {
    let layout = Layout::read(&**storage)?;
    if !layout.compressed {
        return monolithic::check(&**storage, &layout);
    }
    let input = Sequential::new(Arc::clone(storage));
    let found = check(input, MOST_FINDINGS, available_threads())?;
    let mut report = Report {
        image_end_offset: Some(found.length),
        total_clusters: Some(layout.grains()),
        allocated_clusters: Some(found.grains),
        compressed_clusters: Some(found.grains),
        ..Report::default()
    };
    let told = found.findings.len() as u64;
    for finding in found.findings {
        report.find(severity(finding.kind), finding.offset, finding.message);
    }
    // Of those that were not told the worst is to be feared.
    let untold = found.total_findings - told;
    report.corruptions += untold;
    report.findings_left_out += untold;
    Ok(report)
}

fn severity(kind: FindingKind) -> Severity {
    match kind {
        FindingKind::AfterEnd => Severity::Leak,
        // Importers mind these, and the content is what it is.
        FindingKind::Header | FindingKind::Padding | FindingKind::GrainOrder => Severity::Note,
        _ => Severity::Corruption,
    }
}

/// Hands the step that mends the end of a stream to `take`.
pub(in crate::disk) fn repair_image(
    storage: &dyn Storage,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    match repair(storage) {
        Ok(None) => Ok(()),
        Ok(Some(found)) => take(Step::Cut {
            keep: found.keep,
            append: found.append,
        }),
        // What is lost cannot be mended; the check has told of it.
        Err(error) if error.kind() == ErrorKind::Invalid => Ok(()),
        Err(error) => Err(error),
    }
}
