//! The OVF envelope as plain owned data (DSP0243 1.1).
//!
//! An [`Envelope`] says what a descriptor says: fields are public, sections stand
//! in document order, and text is kept as written. [`parse`] reads one from a
//! descriptor; the templates write one. What the words mean across sections (which
//! disk hangs on which controller) is left to those who ask.

mod annotation;
pub mod cim;
mod disk;
mod error;
mod eula;
mod hardware;
mod host_resource;
mod item;
mod network;
mod operating_system;
pub mod os_id;
mod parse;
mod product;
mod references;
mod section;
mod system;
mod take;
pub mod units;
pub mod vmw;

pub use annotation::AnnotationSection;
pub use disk::{Capacity, Disk, DiskSection, STREAM_OPTIMIZED};
pub use error::EnvelopeError;
pub use eula::EulaSection;
pub use hardware::{System, VirtualHardwareSection};
pub use host_resource::HostResource;
pub use item::Item;
pub use network::{Network, NetworkSection};
pub use operating_system::OperatingSystemSection;
pub use parse::parse;
pub use product::{ProductSection, Property};
pub use references::File;
pub use section::Section;
pub use system::VirtualSystem;

use serde::Serialize;

/// A whole descriptor (DSP0243 1.1 §6, §7).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Envelope {
    /// The files beside the descriptor, in the order they are packed (§7.1).
    pub references: Vec<File>,
    /// The sections outside the virtual system, in document order.
    pub sections: Vec<Section>,
    /// The virtual machine (§7.2).
    pub virtual_system: VirtualSystem,
}

impl Envelope {
    /// The virtual disks of all disk sections.
    pub fn disks(&self) -> impl Iterator<Item = &Disk> {
        let sections = self.sections.iter().filter_map(|section| match section {
            Section::DiskSection(disks) => Some(disks),
            _ => None,
        });
        sections.flat_map(|section| &section.disks)
    }

    /// The logical networks of all network sections.
    pub fn networks(&self) -> impl Iterator<Item = &Network> {
        let sections = self.sections.iter().filter_map(|section| match section {
            Section::NetworkSection(networks) => Some(networks),
            _ => None,
        });
        sections.flat_map(|section| &section.networks)
    }
}
