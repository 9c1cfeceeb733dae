//! The virtual machine a user asks for, and its translation into an envelope.
//!
//! A [`Machine`] says what is wanted in a user's words: an operating system, CPUs,
//! disks. [`Machine::new`] fills in what suits the operating system, [`check`] finds
//! what cannot go together, and [`build`] places the devices.

mod build;
mod check;
mod contradiction;
mod defaults;
mod hardware_version;
mod items;
mod machine;
pub mod os;
mod place;
pub mod seed;
mod suggest;
mod text;

pub use build::build;
pub use check::{check, contradictions};
pub use contradiction::{Contradiction, NameFault};
pub use hardware_version::HardwareVersion;
pub use machine::{ControllerKind, DiskImage, Firmware, IsoImage, Machine, Nic, NicModel};
pub use os::{Family, GuestOs};
