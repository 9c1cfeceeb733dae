//! VMDK, VMware's disk format ("Virtual Disk Format 5.0", technical note).
//!
//! Written is the streamOptimized variant, the one OVF packages carry:
//!
//! ```text
//! sector 0        header, gdOffset = "at the end"
//! sector 1..20    descriptor, text, padded with zeros
//! sector 128..    for every 32 MiB of disk that hold data:
//!                   grains (64 KiB each, zlib), each behind its marker
//!                   grain table marker, grain table
//!                 grain directory marker, grain directory
//!                 footer marker, footer (the header with the real gdOffset)
//!                 end-of-stream marker: the last sector of the file
//! ```
//!
//! [`hosted`] writes the variants that machines run from.
//!
//! Nothing is written for zeros in a stream, and nothing is ever written twice, so any
//! `Write` will do.
//!
//! Read are streamOptimized and monolithicSparse, with the descriptor in the
//! file itself, wherever their tables are:
//!
//! ```text
//! bytes     format       what stands where, its sizes and its limits
//! meaning   layout       header and footer checked and typed
//!           description  the descriptor's text taken apart
//!           directory    where the grain tables are, by either directory
//!           scan         where the grains are, by their markers
//!           mapping      guest offset -> grain, through tables or a list
//!           grain        one compressed grain
//! verbs     image        open, and read as a disk
//!           summary      what it says of itself
//!           check        everything, front to back, strictly
//!           repair       what makes the end of a stream right again
//!           sparse       the tables of an extent that is no stream against its file
//!           whole        the same verbs for an extent of either kind
//! ```
//!
//! Where QEMU does not look at what grain a marker is for, this reader does,
//! and it verifies every grain's checksum.

mod check;
mod content;
mod description;
mod descriptor;
mod directory;
mod encode;
mod fault;
mod format;
mod grain;
pub mod hosted;
mod image;
mod layout;
mod mapping;
mod repair;
mod scan;
mod sparse;
mod stream;
mod summary;
mod whole;

pub use crate::disk::Level;
pub use check::{Finding, FindingKind, Report, check};
pub use content::{Content, capacity_of};
pub use descriptor::AdapterType;
pub use encode::{EncodeOptions, GrainBlock, encode};
pub use fault::Fault;
pub use format::{MAGIC, SECTOR_BYTES, limits};
pub use image::{Image, Parent};
pub use layout::{TablesAt, header_capacity};
pub use repair::{Repair, repair};
pub use stream::{StreamOptions, StreamSummary, StreamWriter, write};
pub use summary::{Summary, summary};
pub(in crate::disk) use whole::{check_image, repair_image};
