//! ovfkit packages virtual machines: from disk images to OVF and OVA.
//!
//! The rooms, from the ground up; each imports only those below it:
//!
//! | room | what it knows |
//! |---|---|
//! | [`base`] | errors, storage, output, threads, deflate, digests; no format |
//! | [`xml`] | namespaced elements with their place in the text |
//! | [`data`] | files in YAML, TOML or JSON, included, merged, filled in, and read into types |
//! | [`disk`] | virtual disks: qcow2, VMDK, VHDX, VHD, VDI and raw in, streamOptimized VMDK, qcow2 and raw out |
//! | [`ova`] | packages, written and read: archive, directory, manifest, signature |
//! | [`envelope`] | the OVF descriptor, typed |
//! | [`schema`] | documents against the project's schemas |
//! | [`template`] | the descriptor as text |
//! | [`vm`] | the machine a user asks for, and its devices |
//! | [`validate`] | whether a descriptor keeps the rules of the standard and of importers |
//! | [`ops`] | what ovfkit does: [`ops::pack`], [`ops::unpack`], [`ops::info`], [`ops::rewrite`], [`ops::validate`], [`ops::edit`], [`ops::sign`], [`ops::verify`] |
//!
//! Every failure is an [`Error`] that says what, where, why and what to do.
//!
//! ```no_run
//! use ovfkit::disk::open::{OpenOptions, open};
//!
//! let disk = open("image.qcow2".as_ref(), &OpenOptions::default())?;
//! let mut boot_sector = [0; 512];
//! disk.source.read_at(0, &mut boot_sector)?;
//! # Ok::<(), ovfkit::Error>(())
//! ```

pub mod base;
#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod disk;
pub mod envelope;
pub mod ops;
pub mod ova;
pub mod schema;
pub mod template;
pub mod validate;
pub mod vm;
pub mod xml;

pub use base::{Error, ErrorKind, Result};
