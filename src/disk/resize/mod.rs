//! Giving an image another size, where it lies.
//!
//! ```text
//! mod      what is to become of an image, and which format does it
//! batch    edits gathered to steps
//! places   which units move where, so that the file can be cut when the disk was
//! refusal  what is not given another size
//! ```
//!
//! Each format has a module of its own that tells the steps; how they are made without halves
//! is the caller's to see to. A change of the size and one of the content are best made one
//! after the other: what is written is chosen by what the disk of the new size holds, and an
//! image that lost its end has room there. After each step the disk is as it was or as it is to
//! be, and what a larger disk has more reads as zeros.

mod batch;
mod places;
pub(in crate::disk) mod refusal;

use std::path::Path;

pub(in crate::disk) use batch::Batch;
pub(in crate::disk) use places::Places;

use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::detect::Format;
use crate::disk::step::{Edit, Step};
use crate::disk::{DiskSource, vdi, vhd, vhdx, vmdk};

/// What is to become of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The size the guest is to see, in bytes.
    pub capacity: u64,
    /// What is to be overwritten on the disk, by offsets the guest sees, within its new size:
    /// runs of whole sectors, in order, and none over another; a few MiB at most, as they are
    /// written together.
    pub writes: Vec<Edit>,
}

/// A part of what is to be written that lies in one unit of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::disk) struct Piece<'p> {
    /// The number of the unit on the disk.
    pub(in crate::disk) unit: u64,
    /// Where in it the bytes begin.
    pub(in crate::disk) within: u64,
    /// The bytes, which end where the unit does or before.
    pub(in crate::disk) bytes: &'p [u8],
}

impl Change {
    /// What is to be written, cut where units of `unit` bytes end.
    pub(in crate::disk) fn pieces(&self, unit: u64) -> impl Iterator<Item = Piece<'_>> {
        self.writes.iter().flat_map(move |write| {
            let mut rest = write.bytes.as_slice();
            let mut at = write.offset;
            std::iter::from_fn(move || {
                if rest.is_empty() {
                    return None;
                }
                let within = at % unit;
                let now = (unit - within).min(rest.len() as u64);
                let (bytes, later) = rest.split_at(to_usize(now));
                let piece = Piece {
                    unit: at / unit,
                    within,
                    bytes,
                };
                rest = later;
                at += now;
                Some(piece)
            })
        })
    }
}

/// An image that is to be changed.
#[derive(Clone, Copy)]
pub struct Image<'i> {
    /// The file.
    pub storage: &'i dyn Storage,
    /// Its format.
    pub format: Format,
    /// What it is called in errors.
    pub path: &'i Path,
    /// The disk in it.
    pub disk: &'i dyn DiskSource,
    /// The size of the disk that shows where the image holds nothing, if there is one.
    pub beneath: Option<u64>,
}

/// Hands the steps that make `change` of an image to `take`, one after the other. What `take`
/// writes, the steps behind it do not read again.
pub fn resize(
    image: &Image<'_>,
    change: &Change,
    take: &mut dyn FnMut(Step) -> Result<()>,
) -> Result<()> {
    let storage = image.storage;
    let done = match image.format {
        Format::Vhdx => vhdx::resize(storage, change, take),
        Format::Vhd => vhd::resize(storage, change, take),
        Format::Vdi => vdi::resize(storage, change, take),
        Format::Vmdk => vmdk::resize(storage, change, take),
        other => Err(fixed(other)),
    };
    done.map_err(|error| error.at(image.path))
}

/// The size of an image of `format` is not changed where it lies.
fn fixed(format: Format) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("a {format} image is not given another size where it lies"),
    )
    .help(refusal::CONVERT)
}
