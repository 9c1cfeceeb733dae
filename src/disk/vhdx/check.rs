//! Everything that is wrong with an image, where opening it ends with the first.

use std::sync::Arc;

use super::bat::Geometry;
use super::blocks;
use super::format::REGION_TABLES_AT;
use super::header::Header;
use super::log;
use super::metadata::Metadata;
use super::region::Regions;
use crate::base::storage::Storage;
use crate::base::{Error, Result};
use crate::disk::check::Report;

/// Checks the image in `storage` by itself.
pub(in crate::disk) fn check(storage: &Arc<dyn Storage>) -> Result<Report> {
    let header = Header::read(&**storage)?;
    let mut report = Report::default();
    if let Some(at) = header.damaged {
        report.corrupt(at, "this header is damaged; the other one is taken");
    }
    let storage = match header.log_id {
        None => Arc::clone(storage),
        Some(id) => {
            let replay = log::replay(&**storage, header.log, id);
            let Some(replay) = report.follow(replay)? else {
                return Ok(report);
            };
            let writes = replay.places().count();
            let what = "not closed cleanly, or in use by a running machine: its log holds writes \
                        that are not in their place";
            report.corrupt(header.log.offset, format!("{what} yet ({writes})"));
            Arc::new(replay.over(Arc::clone(storage)))
        }
    };
    let storage = &*storage;
    let Some(regions) = report.follow(Regions::read(storage))? else {
        return Ok(report);
    };
    if let Some(remark) = regions.remark {
        report.corrupt(REGION_TABLES_AT[0], remark);
    }
    let Some(metadata) = report.follow(Metadata::read(storage, regions.metadata))? else {
        return Ok(report);
    };
    let Some(geometry) = report.follow(Geometry::new(&metadata, regions.bat))? else {
        return Ok(report);
    };
    let tell = &mut |error: Error| report.fault(error);
    let taken = blocks::check(storage, &header, &regions, &geometry, tell)?;
    report.total_clusters = Some(geometry.blocks());
    report.allocated_clusters = Some(taken.blocks);
    let regions = [header.log, regions.bat, regions.metadata];
    let end = regions.into_iter().map(super::header::Stretch::end).max();
    report.image_end_offset = Some(taken.end.max(end.unwrap_or_default()).min(storage.length()));
    Ok(report)
}
