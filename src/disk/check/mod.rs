//! Checking images of any format, and mending what can be mended safely.
//!
//! Each format has a module of its own that does the work; a parent or a data file of an
//! image is not looked at. A check reads, and a repair tells which bytes are to be
//! overwritten: how that is done without halves is the caller's to see to.

mod report;

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

pub use report::{Finding, MOST_FINDINGS, Report, Severity};

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::detect::Format;
use crate::disk::{qcow2, raw, vdi, vhd, vhdx, vmdk};

/// What may be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What nothing uses is freed.
    Leaks,
    /// That, and damage that can be mended without a doubt.
    All,
}

/// Bytes that take the place of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Where they go.
    pub offset: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A step of a repair. After each the image is no worse than before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The file gets longer, by zeros.
    Extend {
        /// Its length then.
        length: u64,
    },
    /// Edits within the file that have to be made all or none, in order of their place and none
    /// over another.
    Overwrite(Vec<Edit>),
    /// The file is made anew of these pieces, one behind the other.
    Anew(Vec<Piece>),
}

/// A piece of a file that is made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// These bytes of the old file.
    Kept(Range<u64>),
    /// Bytes it did not have.
    New(Vec<u8>),
    /// So many zeros.
    Zeros(u64),
}

impl Piece {
    /// Its bytes.
    pub fn length(&self) -> u64 {
        match self {
            Self::Kept(range) => range.end - range.start,
            Self::New(bytes) => bytes.len() as u64,
            Self::Zeros(length) => *length,
        }
    }
}

/// Checks the image of `format` in `storage`, called `path` in errors.
///
/// What makes it no image of that format is an error; all other damage is in the report.
pub fn check(storage: &Arc<dyn Storage>, format: Format, path: &Path) -> Result<Report> {
    let checked = match format {
        Format::Raw => raw::check(&**storage),
        Format::Qcow2 => qcow2::check(&**storage),
        Format::Vmdk => vmdk::check_image(storage),
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
