//! VHD, the disk format of Virtual PC, Hyper-V and Azure (Microsoft, "Virtual Hard Disk
//! Image Format Specification").
//!
//! ```text
//! fixed                   the disk, then the footer
//! dynamic, differencing   copy of the footer, header, block allocation table (BAT),
//!                         blocks, each behind the bitmap of its sectors; the footer
//! ```
//!
//! ```text
//! bytes     format       what stands where, its sizes and its limits
//! meaning   footer       the footer checked and typed, wherever a good one is; the size
//!           header       the header of a disk with blocks
//!           table        the BAT read and held against the file
//!           blocks       guest offset -> sector, through the BAT and a bitmap
//!           geometry     cylinders, heads and sectors for a size
//!           parent       what the parent of a differencing disk is called
//! verbs     image        open, and read as a disk
//!           about        what it says of itself
//!           check        footers and blocks against the file, and a lost footer made again
//!           resize       another size, and sectors written
//!           write        write an image of any disk
//! ```
//!
//! Where QEMU reads a differencing disk as if it had no parent, this reader reads it over
//! its parent or not at all.

mod about;
mod blocks;
mod check;
mod footer;
mod format;
mod geometry;
mod header;
mod image;
mod parent;
mod resize;
mod table;
mod write;

pub use crate::disk::blocks::WriteSummary;
pub use about::About;
pub(in crate::disk) use about::about;
pub(in crate::disk) use check::{check, repair};
pub use footer::Variant;
pub use format::{MAGIC, limits};
pub use image::{Image, Parent};
pub(in crate::disk) use resize::resize;
pub use write::{Over, WriteOptions, create, write};

use crate::base::Result;
use crate::base::storage::Storage;
use crate::disk::blocks::Traits;

/// What errors say of the format.
const VHD: &Traits = &Traits {
    name: "VHD",
    help: "fetch or make the image again and compare its checksum with the publisher's; \
           `ovfkit disk check IMAGE` tells more",
    convert: "convert it with a program that reads it: qemu-img convert -f vpc -O qcow2 IMAGE NEW.qcow2",
};

/// Whether `storage` ends as a VHD does, which tells of a fixed one what its front cannot.
pub fn ends_as_one(storage: &dyn Storage) -> Result<bool> {
    footer::at_the_end(storage).map(|found| found.is_some())
}
