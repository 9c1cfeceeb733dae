//! The OVF envelope as plain owned data (DSP0243 1.1 and 2.1).
//!
//! An [`Envelope`] says what a descriptor says: fields are public, sections stand
//! in document order, and text is kept as written. [`parse`] reads one from a
//! descriptor of any version; the templates write one. Nothing is lost between the
//! two: what the model does not know is kept as [`Extra`] where it stood, or as
//! [`Section::Other`]. What the words mean across sections (which disk hangs on which
//! controller) is left to those who ask.

mod amend;
mod annotation;
mod attribute;
mod boot;
pub mod cim;
mod collection;
mod convert;
mod copies;
mod deployment;
mod disk;
mod encryption;
pub mod environment;
mod error;
mod eula;
mod extra;
mod hardware;
mod host_resource;
mod item;
mod lift;
mod network;
mod operating_system;
pub mod os_id;
mod parse;
mod product;
mod record;
mod references;
pub mod resolve;
mod scalar;
mod section;
mod strings;
mod system;
mod take;
mod text;
mod translation;
pub mod units;
pub mod vbox;
pub mod vmw;

pub use amend::{amend, check_amendable};
pub use annotation::AnnotationSection;
pub(crate) use attribute::attr;
pub use boot::{BootConfig, BootDeviceSection, BootSource};
pub use collection::{
    EnvironmentFile, EnvironmentFilesSection, InstallSection, InstanceCount, PlacementGroupSection,
    PlacementSection, ResourceAllocationSection, ScaleOutSection, StartupItem, StartupSection,
};
pub use convert::{Fate, Loss, to_version};
pub use copies::MAX_COPIED_BYTES;
pub use deployment::{Configuration, DeploymentOptionSection};
pub use disk::{Capacity, Disk, DiskSection, STREAM_OPTIMIZED, SharedDiskSection};
pub use encryption::EncryptionSection;
pub use error::EnvelopeError;
pub use eula::EulaSection;
pub use extra::{Extra, OnChild};
pub use hardware::{System, VirtualHardwareSection};
pub use host_resource::HostResource;
pub use item::{Item, ItemKind};
pub use network::{Network, NetworkSection};
pub use operating_system::OperatingSystemSection;
pub use parse::{Reading, from_tree, normalise, parse, read, read_strings};
pub use product::{ConfiguredValue, Entry, Icon, ProductSection, Property};
pub use references::{File, References};
pub use section::{Kept, Section};
pub use strings::Strings;
pub use system::{Content, VirtualSystem, VirtualSystemCollection};
pub use text::Text;
pub use translation::{Translation, localise, own_language};

use std::fmt;

use serde::Serialize;

use crate::xml::Name;
use crate::xml::names::{XML, ovf};

use record::record;

/// The editions of the standard an envelope can be of, as far as namespaces tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
pub enum Version {
    /// Before the standard: sections are typed by `xsi:type`.
    #[serde(rename = "0.9")]
    V0_9,
    /// DSP0243 1.0 and 1.1, which share a namespace.
    #[default]
    #[serde(rename = "1.x")]
    V1,
    /// DSP0243 2.0 and 2.1, which share a namespace.
    #[serde(rename = "2.x")]
    V2,
}

/// As people write it.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V0_9 => "0.9",
            Self::V1 => "1.x",
            Self::V2 => "2.x",
        })
    }
}

record! {
/// A whole descriptor (DSP0243 1.1 §6, §7).
pub struct Envelope {
    /// The edition it was written in.
    version: Version = version();
    /// The language of its texts (`xml:lang`); `en-US` if absent.
    lang: Option<String> = attribute(&Name::known(XML, "lang"));
    /// The files beside the descriptor.
    references: References = required(&ovf("References"));
    /// What it describes. The standard allows exactly one.
    contents: Vec<Content> = contents();
    /// Translations of its texts.
    strings: Vec<Strings> = child(&ovf("Strings"));
    /// The sections outside the virtual system, in document order.
    sections: Vec<Section> = sections();
}
}

impl Envelope {
    /// The virtual disks of all disk sections, shared ones too.
    pub fn disks(&self) -> impl Iterator<Item = &Disk> {
        self.sections.iter().flat_map(|section| match section {
            Section::DiskSection(own) => own.disks.as_slice(),
            Section::SharedDiskSection(shared) => shared.disks.as_slice(),
            _ => &[],
        })
    }

    /// The logical networks of all network sections.
    pub fn networks(&self) -> impl Iterator<Item = &Network> {
        let sections = self.sections.iter().filter_map(|section| match section {
            Section::NetworkSection(networks) => Some(networks),
            _ => None,
        });
        sections.flat_map(|section| &section.networks)
    }

    /// All virtual machines, in document order.
    pub fn systems(&self) -> Vec<&VirtualSystem> {
        self.contents.iter().flat_map(Content::systems).collect()
    }
}
