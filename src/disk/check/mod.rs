//! Checking images of any format, and mending what can be mended safely.
//!
//! Each format has a module of its own that does the work; a backing file or a data file of an
//! image is not looked at, and of a VMDK's parent its content id alone. A check reads, and a repair tells which bytes are to be
//! overwritten: how that is done without halves is the caller's to see to.

mod others;
mod report;

use std::path::Path;
use std::sync::Arc;

use others::Nobody;
pub use others::{Beside, Files, Others};
pub use report::{Finding, MOST_FINDINGS, Report, Severity};

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::detect::Format;
use crate::disk::step::Step;
use crate::disk::{qcow2, raw, vdi, vhd, vhdx, vmdk};

/// What may be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What nothing uses is freed.
    Leaks,
    /// That, and damage that can be mended without a doubt.
    All,
}

/// Checks the image of `format` in `storage`, called `path` in errors.
///
/// What makes it no image of that format is an error; all other damage is in the report.
pub fn check(storage: &Arc<dyn Storage>, format: Format, path: &Path) -> Result<Report> {
    check_among(storage, format, path, &mut Nobody)
}

/// The same, with the `others` that it names.
pub fn check_among(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &Path,
    others: &mut dyn Others,
) -> Result<Report> {
    let checked = match format {
        Format::Raw => raw::check(&**storage),
        Format::Qcow2 => qcow2::check(&**storage),
        Format::Vmdk => vmdk::check_image(storage, path, others),
        Format::Vhdx => vhdx::check(storage),
        Format::Vhd => vhd::check(&**storage),
        Format::Vdi => vdi::check(&**storage),
    };
    checked.map_err(|error| error.at(path))
}

/// Hands the steps that mend the image to `take`, one after the other. What `take` writes, the
/// steps behind it do not read again.
pub fn repair(
    storage: &Arc<dyn Storage>,
    format: Format,
    path: &Path,
    level: Level,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let done = match format {
        Format::Qcow2 => qcow2::repair(&**storage, level, take),
        Format::Vmdk if level == Level::All => vmdk::repair_image(storage, take),
        Format::Vhdx if level == Level::All => vhdx::repair(storage, take),
        Format::Vhd if level == Level::All => vhd::repair(&**storage, take),
        _ => Ok(()),
    };
    done.map_err(|error| error.at(path))
}
