//! Any section, wherever it stands.

use serde::Serialize;

use crate::xml::names::ENVELOPE_1;
use crate::xml::{Element, write_element};

use super::take::{Faults, FromElement, Misfit, Record};
use super::translation::Texts;
use super::{
    AnnotationSection, DeploymentOptionSection, DiskSection, EnvironmentFilesSection, EulaSection,
    InstallSection, NetworkSection, OperatingSystemSection, PlacementGroupSection,
    PlacementSection, ProductSection, ResourceAllocationSection, ScaleOutSection,
    SharedDiskSection, StartupSection, Text, VirtualHardwareSection,
};

/// A section of an envelope or of a virtual system (DSP0243 1.1 §9).
///
/// The schema lets every section stand in either, any number of times. Serialised,
/// a section carries the name of its element as `element`, which is also the name
/// of the template that writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
#[non_exhaustive]
pub enum Section {
    /// Virtual disks (§9.1).
    DiskSection(DiskSection),
    /// Disks that several machines share (2.1 §9.13).
    SharedDiskSection(SharedDiskSection),
    /// Logical networks (§9.2).
    NetworkSection(NetworkSection),
    /// What the members of a collection share (§9.3).
    ResourceAllocationSection(ResourceAllocationSection),
    /// A note to the user (§9.4).
    AnnotationSection(AnnotationSection),
    /// Product facts and properties (§9.5).
    ProductSection(Box<ProductSection>),
    /// A licence (§9.6).
    EulaSection(EulaSection),
    /// In what order the members of a collection start (§9.7).
    StartupSection(StartupSection),
    /// Choices whoever deploys the package has (§9.8).
    DeploymentOptionSection(DeploymentOptionSection),
    /// The guest operating system (§9.9).
    OperatingSystemSection(OperatingSystemSection),
    /// That the machine installs itself (§9.10).
    InstallSection(InstallSection),
    /// Files for the guest (2.1 §9.11).
    EnvironmentFilesSection(EnvironmentFilesSection),
    /// How many copies of a member there are (2.1 §9.14).
    ScaleOutSection(ScaleOutSection),
    /// A group of machines (2.1 §9.15).
    PlacementGroupSection(PlacementGroupSection),
    /// The group a machine belongs to (2.1 §9.15).
    PlacementSection(PlacementSection),
    /// The virtual hardware (§8).
    VirtualHardwareSection(Box<VirtualHardwareSection>),
    /// A section of a vendor, or one ovfkit keeps without looking into it.
    Other(Kept),
}

/// An element kept whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept(pub Element);

/// As text ready to stand in a descriptor.
impl Serialize for Kept {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Kept", 1)?;
        fields.serialize_field("xml", &write_element(&self.0))?;
        fields.end()
    }
}

/// Whatever it holds.
impl FromElement for Kept {
    fn from_element(element: Element, _: &Faults) -> Result<Self, Box<Misfit>> {
        Ok(Self(element))
    }
}

impl Record for Section {
    fn read(element: Element, faults: &Faults) -> Self {
        if element.name.ns != ENVELOPE_1 {
            return Self::Other(Kept(element));
        }
        match &*element.name.local {
            "DiskSection" => Self::DiskSection(DiskSection::read(element, faults)),
            "SharedDiskSection" => {
                Self::SharedDiskSection(SharedDiskSection::read(element, faults))
            }
            "NetworkSection" => Self::NetworkSection(NetworkSection::read(element, faults)),
            "ResourceAllocationSection" => {
                Self::ResourceAllocationSection(ResourceAllocationSection::read(element, faults))
            }
            "AnnotationSection" => {
                Self::AnnotationSection(AnnotationSection::read(element, faults))
            }
            "ProductSection" => {
                Self::ProductSection(Box::new(ProductSection::read(element, faults)))
            }
            "EulaSection" => Self::EulaSection(EulaSection::read(element, faults)),
            "StartupSection" => Self::StartupSection(StartupSection::read(element, faults)),
            "DeploymentOptionSection" => {
                Self::DeploymentOptionSection(DeploymentOptionSection::read(element, faults))
            }
            "OperatingSystemSection" => {
                Self::OperatingSystemSection(OperatingSystemSection::read(element, faults))
            }
            "InstallSection" => Self::InstallSection(InstallSection::read(element, faults)),
            "EnvironmentFilesSection" => {
                Self::EnvironmentFilesSection(EnvironmentFilesSection::read(element, faults))
            }
            "ScaleOutSection" => Self::ScaleOutSection(ScaleOutSection::read(element, faults)),
            "PlacementGroupSection" => {
                Self::PlacementGroupSection(PlacementGroupSection::read(element, faults))
            }
            "PlacementSection" => Self::PlacementSection(PlacementSection::read(element, faults)),
            "VirtualHardwareSection" => Self::VirtualHardwareSection(Box::new(
                VirtualHardwareSection::read(element, faults),
            )),
            _ => Self::Other(Kept(element)),
        }
    }
}

impl Texts for Section {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        match self {
            Self::DiskSection(section) => section.visit_texts(visit),
            Self::SharedDiskSection(section) => section.visit_texts(visit),
            Self::NetworkSection(section) => section.visit_texts(visit),
            Self::ResourceAllocationSection(section) => section.visit_texts(visit),
            Self::AnnotationSection(section) => section.visit_texts(visit),
            Self::ProductSection(section) => section.visit_texts(visit),
            Self::EulaSection(section) => section.visit_texts(visit),
            Self::StartupSection(section) => section.visit_texts(visit),
            Self::DeploymentOptionSection(section) => section.visit_texts(visit),
            Self::OperatingSystemSection(section) => section.visit_texts(visit),
            Self::InstallSection(section) => section.visit_texts(visit),
            Self::EnvironmentFilesSection(section) => section.visit_texts(visit),
            Self::ScaleOutSection(section) => section.visit_texts(visit),
            Self::PlacementGroupSection(section) => section.visit_texts(visit),
            Self::PlacementSection(section) => section.visit_texts(visit),
            Self::VirtualHardwareSection(section) => section.visit_texts(visit),
            Self::Other(section) => section.visit_texts(visit),
        }
    }
}

/// Whether `local` names a section of the standard.
pub(super) fn is_section(local: &str) -> bool {
    const KEPT: [&str; 2] = ["BootDeviceSection", "EncryptionSection"];
    const MODELLED: [&str; 16] = [
        "DiskSection",
        "SharedDiskSection",
        "NetworkSection",
        "ResourceAllocationSection",
        "AnnotationSection",
        "ProductSection",
        "EulaSection",
        "StartupSection",
        "DeploymentOptionSection",
        "OperatingSystemSection",
        "InstallSection",
        "EnvironmentFilesSection",
        "ScaleOutSection",
        "PlacementGroupSection",
        "PlacementSection",
        "VirtualHardwareSection",
    ];
    KEPT.contains(&local) || MODELLED.contains(&local)
}
