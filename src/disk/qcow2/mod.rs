//! qcow2, the image format of QEMU, versions 2 and 3 (QEMU documentation,
//! "Qcow2 Image File Format").
//!
//! ```text
//! bytes     format        what stands where, its sizes and its limits
//! meaning   header        the header checked and typed, with its extensions
//!           snapshot      the table of internal snapshots
//!           bitmap        the directory of bitmaps
//!           mapping       guest offset -> cluster, through L1 and L2 tables
//!           inflate       one compressed cluster
//!           encryption    data of encrypted images
//! verbs     image         open, and read as a disk
//!           about         what it says of itself
//!           write         a new image, front to back, of what `options` tells
//!           check         whether tables and refcounts agree, and mending them
//!           resize        another size, and content, where the image lies
//!           snapshots     internal snapshots made, gone back to, and deleted
//!           change        what changes of images where they lie have in common
//! ```
//!
//! Opening reads the header, the extensions and the L1 table, and nothing
//! else; L2 tables come as they are needed. An image names other files (its
//! backing file, its data file); they are only told here, and opened by
//! [`crate::disk::open`] through a gate. An encrypted image opens without its
//! secret, and is read once a secret unlocked it.
//!
//! Where QEMU reads zeros for clusters and tables beyond the end of the file,
//! this reader reports an error: such an image was cut short.

mod about;
mod bitmap;
mod change;
mod check;
mod encode;
mod encryption;
mod fault;
mod format;
mod head;
mod header;
mod image;
mod inflate;
mod mapping;
mod options;
mod refcounts;
mod resize;
mod snapshot;
pub mod snapshots;
mod write;

pub(in crate::disk) use about::about;
pub use about::{About, Bitmap, Encrypt, SnapshotAbout};
pub(in crate::disk) use check::{check, repair};
pub use encode::Packing;
pub use fault::Fault;
pub use format::{MAGIC, limits};
pub use header::Header;
pub use image::Image;
pub use options::{Backing, Preallocation, Version, WriteOptions};
pub(in crate::disk) use resize::{admit, resize, unit};
pub use snapshot::Snapshot;
pub use write::{WriteSummary, create, write};
