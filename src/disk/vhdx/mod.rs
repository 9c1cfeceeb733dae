//! VHDX, the image format of Hyper-V (Microsoft's MS-VHDX, whose sections the comments name).
//!
//! ```text
//! bytes     format        what stands where, its sizes and its limits
//!           guid          identifiers
//! meaning   header        which of the two headers counts
//!           entry, log    which entries of the log are whole and have to be replayed
//!           replay        the file as it would be with them written
//!           region        where the BAT and the metadata are
//!           metadata      sizes of the disk, its blocks and its sectors
//!           locator       where the parent of an overlay is
//!           bat           what an entry of the BAT is about, and says
//!           blocks        no block outside the file or over another
//!           mapping       guest offset -> place in the file
//! verbs     image         open, and read as a disk
//!           about         what it says of itself
//!           check         all of it against itself and its file
//!           renew         the headers written anew, before anything else of a file is changed
//!           repair        the log written into the file, and what was lost made again
//!           resize        another size, and sectors written
//!           write         write an image of any disk
//! ```
//!
//! A log that was not replayed is replayed in memory: all that is read of the file but
//! its headers is read through `replay`. Reading never writes to the file.
//!
//! Opening looks at the whole BAT, which is small, so that an image that was cut short or
//! whose blocks lie over each other is refused at once; the entries come in slices later,
//! as they are needed. A parent is only named here, and opened by [`crate::disk::open`]
//! through a gate.

mod about;
mod bat;
mod blocks;
mod check;
mod entry;
mod fault;
mod format;
mod guid;
mod header;
mod image;
mod locator;
mod log;
mod mapping;
mod metadata;
mod region;
mod renew;
mod repair;
mod replay;
mod resize;
mod write;

pub use crate::disk::blocks::WriteSummary;
pub use about::About;
pub(in crate::disk) use about::about;
pub(in crate::disk) use check::check;
pub use fault::Fault;
pub use format::{MAGIC, limits};
pub use guid::Guid;
pub use image::{Image, Summary};
pub(in crate::disk) use repair::repair;
pub(in crate::disk) use resize::resize;
pub use write::{Over, WriteOptions, create, write};
