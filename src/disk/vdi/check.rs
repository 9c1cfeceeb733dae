//! Whether the block map of an image fits its file.

use super::header::Header;
use super::map::{Map, Wrong};
use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::check::Report;

/// Where the header tells how many blocks the file has.
const ALLOCATED_AT: u64 = 0x184;

/// Checks the image in `storage` by itself.
pub(in crate::disk) fn check(storage: &dyn Storage) -> Result<Report> {
    let header = Header::read(storage)?;
    let mut report = Report::default();
    let places = Map::look_over(storage, header.clone(), &mut |wrong| match wrong {
        Wrong::Place(error) => report.fault(error),
        Wrong::Shared { block, entry } => {
            let guest = block * header.block;
            let what = "lies where another one does";
            let what =
                format!("the block for guest offset {guest} {what}, in block {entry} of the file");
            report.corrupt(header.map + block * 4, what);
            Ok(())
        }
    })?;
    if places.allocated != header.allocated {
        let (tells, has) = (header.allocated, places.allocated);
        let what = format!("the header tells of {tells} stored blocks, and the map of {has}");
        report.corrupt(ALLOCATED_AT, what);
    }
    let size = header.extra + header.block;
    let stored = storage.length().saturating_sub(header.data) / size;
    // The map can lead to no more blocks than it has entries, so what is behind is no block.
    let (mut end, mut unused) = (0, 0);
    for block in 0..stored.min(header.entries) {
        if places.has(block) {
            if unused > 0 {
                tell_unused(&mut report, &header, block - unused, unused);
            }
            (end, unused) = (block + 1, 0);
        } else {
            unused += 1;
        }
    }
    if unused > 0 {
        tell_unused(
            &mut report,
            &header,
            stored.min(header.entries) - unused,
            unused,
        );
    }
    report.total_clusters = Some(header.blocks);
    report.allocated_clusters = Some(places.allocated);
    report.image_end_offset = Some(header.data + end * size);
    Ok(report)
}

/// Tells of `count` blocks of the file from `first` on that no entry leads to.
fn tell_unused(report: &mut Report, header: &Header, first: u64, count: u64) {
    let at = header.data + first * (header.extra + header.block);
    let what = match count {
        1 => "a block that no entry of the map leads to".to_owned(),
        more => format!("{more} blocks that no entry of the map leads to"),
    };
    report.leak(at, count, what);
}
