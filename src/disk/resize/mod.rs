//! Giving an image another size, where it lies.
//!
//! ```text
//! mod      what is to become of an image, and which format does it
//! units    what is to be written, filled up to whole units of the image
//! places   which units move where, so that the file can be cut when the disk was
//! refusal  what is not given another size
//! ```
//!
//! Each format has a module of its own that tells the steps; how they are made without halves
//! is the caller's to see to. A change of the size and one of the content are best made one
//! after the other: what is written is chosen by what the disk of the new size holds, and an
//! image that lost its end has room there. After each step the disk is as it was or as it is to
//! be, and what a larger disk has more reads as zeros.

mod places;
pub(in crate::disk) mod refusal;
mod units;

use std::path::Path;

pub(in crate::disk) use places::Places;

use crate::base::Result;
use crate::base::storage::Storage;
use crate::base::units::to_usize;
use crate::disk::detect::Format;
use crate::disk::secret::Secrets;
use crate::disk::step::{Edit, Step};
use crate::disk::{DiskSource, qcow2, raw, vdi, vhd, vhdx, vmdk};

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
    /// Who knows the secret of an encrypted image.
    pub secrets: &'i Secrets,
}

/// Refuses an image that has to stay as it is, by what its header tells: before it is opened
/// with all it rests on.
pub fn admit(storage: &dyn Storage, format: Format, path: &Path) -> Result<()> {
    let admitted = match format {
        Format::Qcow2 => qcow2::admit(storage),
        _ => Ok(()),
    };
    admitted.map_err(|error| error.at(path))
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
        Format::Raw => raw::resize(storage, change, take),
        Format::Qcow2 => {
            let unit = qcow2::unit(storage)?;
            let change = units::fill(image.disk, change, unit)?;
            qcow2::resize(image, &change, take)
        }
        Format::Vhdx => vhdx::resize(storage, change, take),
        Format::Vhd => vhd::resize(storage, change, take),
        Format::Vdi => vdi::resize(storage, change, take),
        Format::Vmdk => vmdk::resize(storage, change, take),
    };
    done.map_err(|error| error.at(image.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_cut_at_units() {
        let write = |offset, bytes: &[u8]| Edit {
            offset,
            bytes: bytes.to_vec(),
        };
        let change = Change {
            capacity: 100,
            writes: vec![write(3, b"abcdefg"), write(12, b"h")],
        };
        let pieces: Vec<_> = change.pieces(4).collect();
        let pieces: Vec<_> = (pieces.iter())
            .map(|piece| (piece.unit, piece.within, piece.bytes))
            .collect();
        let expected: [(u64, u64, &[u8]); 4] =
            [(0, 3, b"a"), (1, 0, b"bcde"), (2, 0, b"fg"), (3, 0, b"h")];
        assert_eq!(pieces, expected);
    }
}
