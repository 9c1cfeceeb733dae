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
//! Read are disks in one sparse extent with its descriptor, and those whose
//! descriptor is a text that names the extents:
//!
//! ```text
//! bytes     format       what stands where, its sizes and its limits
//! meaning   layout       header and footer of a hosted extent, checked and typed
//!           cowd         header of an extent of ESX, for the same layout
//!           sesparse     headers and grain directory of one of ESXi
//!           description  the descriptor's text taken apart
//!           line         the line of it that tells of an extent
//!           lines        what such lines may not say
//!           entry        entries of grain tables, of both widths
//!           directory    where the grain tables are, by either directory
//!           scan         where the grains are, by their markers
//!           mapping      guest offset -> grain, through tables or a list
//!           grain        one compressed grain
//!           sparse       a sparse extent of any kind, read as a part of a disk
//!           extents      extents as one disk
//!           run          grains one behind the other, as they are remembered
//! verbs     image        open, and read as a disk
//!           described    a descriptor, before its extents are there
//!           summary      what an extent says of itself
//!           about        what a disk says of itself
//!           check        everything, front to back, strictly
//!           repair       what makes the end of a stream right again
//!           rebuild      ... and its tables, of the grains' markers
//!           stream       a stream written front to back
//!           trailer      ... what stands behind its grains
//!           tabled       the tables of an extent that is no stream against its file
//!           several      a descriptor and all its extents, checked
//!           remarks      whether the parts of a descriptor fit each other, and its parent
//!           resize       another size of such an extent, and sectors written to it
//!           whole        the same verbs for an extent of any kind
//! ```
//!
//! Where QEMU does not look at what grain a marker is for, this reader does,
//! and it verifies every grain's checksum.

mod about;
mod check;
mod content;
mod cowd;
mod described;
mod description;
mod descriptor;
mod directory;
mod encode;
mod entry;
mod extents;
mod fault;
mod format;
mod grain;
pub mod hosted;
mod image;
mod layout;
mod line;
mod lines;
mod mapping;
mod rebuild;
mod remarks;
mod repair;
mod resize;
mod run;
mod scan;
mod sesparse;
mod several;
mod sparse;
mod stream;
mod summary;
mod tabled;
mod trailer;
mod whole;

pub use crate::disk::Level;
pub(in crate::disk) use about::about;
pub use about::{About, ExtentAbout};
pub use check::{Finding, FindingKind, Report, check};
pub use content::{Content, capacity_of};
pub use cowd::MAGIC as COWD_MAGIC;
pub use described::{Described, ExtentFile};
pub use description::is_descriptor;
pub use descriptor::AdapterType;
pub use encode::{EncodeOptions, GrainBlock, encode};
pub use fault::Fault;
pub use format::{MAGIC, SECTOR_BYTES, limits};
pub use image::{Image, Parent};
pub use layout::{TablesAt, header_capacity};
pub use repair::{Repair, repair};
pub(in crate::disk) use resize::resize;
pub use sesparse::MAGIC as SE_SPARSE_MAGIC;
pub use sparse::is_one;
pub use stream::{StreamOptions, StreamSummary, StreamWriter, write};
pub use summary::{Summary, summary};
pub(in crate::disk) use whole::{check_image, repair_image};
