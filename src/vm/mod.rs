//! The virtual machine a user asks for, and its translation into an envelope.
//!
//! A [`Definition`] says what is wanted in a user's words: an operating system, CPUs, disks.
//! A [`Profile`] says what a platform wants and takes. [`build`] fills in what suits both,
//! finds what cannot go together, places the devices, and makes an envelope.

pub mod amend;
mod build;
pub mod compose;
mod contradiction;
pub mod definition;
mod feature;
mod hardware_version;
mod kinds;
pub mod os;
mod piece;
pub mod profile;
pub mod reverse;
pub mod seed;
mod text;
pub mod vmx;

pub use build::{
    Appliance, At, Content, DiskContent, FileFacts, NicOutline, Outline, Planned, Problem, build,
    draft,
};
pub use contradiction::{Contradiction, NameFault};
pub use definition::Definition;
pub use feature::Feature;
pub use hardware_version::HardwareVersion;
pub use kinds::{ControllerKind, Firmware, NicModel};
pub use os::{Family, GuestOs};
pub use piece::{Piece, Pieces, instance_of};
pub use profile::Profile;
