//! What is not given another size, told alike for all formats.

use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::Report;

/// What helps where an image cannot be changed where it lies.
pub(in crate::disk) const CONVERT: &str =
    "make a new image of the size it is to have: ovfkit convert";

/// A disk and the one it holds changes to.
pub(in crate::disk) fn overlay(name: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a {name} that holds changes to a parent disk is not resized"),
    )
    .why("what the parent has behind the end of the disk would show when the disk grows")
    .help("make an image of the two that stands alone, and resize that: ovfkit convert")
}

/// An image that is damaged.
pub(in crate::disk) fn damaged(why: impl Into<String>) -> Error {
    Error::new(
        ErrorKind::Invalid,
        "the image is damaged, or was not closed cleanly",
    )
    .why(why)
    .help("have it repaired first: ovfkit disk check --repair all IMAGE")
}

/// Refuses an image of which the check has told that it is damaged.
pub(in crate::disk) fn refuse_damaged(report: &Report) -> Result<()> {
    if !report.is_corrupt() {
        return Ok(());
    }
    let first = report.findings.first();
    Err(damaged(first.map_or_else(String::new, |finding| {
        finding.message.clone()
    })))
}

/// A size that is no multiple of the sectors of the disk.
pub(in crate::disk) fn refuse_uneven(name: &str, capacity: u64, sector: u64) -> Result<()> {
    if capacity.is_multiple_of(sector) {
        return Ok(());
    }
    let next = capacity.next_multiple_of(sector);
    Err(Error::usage(format!(
        "a {name} with sectors of {sector} bytes cannot have {capacity} bytes"
    ))
    .help(format!("choose a multiple of its sectors: {next}")))
}

/// The last unit of a disk, which is not all its own.
pub(in crate::disk) fn shared_tail(what: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("the last {what} of the disk cannot grow"),
    )
    .why("something else lies where the rest of it belongs")
    .help(CONVERT)
}
