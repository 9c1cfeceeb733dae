//! Any section, wherever it stands.

use serde::Serialize;

use crate::xml::names::{ENVELOPE_1, ovf, vmw};
use crate::xml::{Element, Name, write_element};

use super::take::{Faults, FromElement, Misfit, Record};
use super::translation::Texts;
use super::vmw::{
    BootOrderSection, CpuCompatibilitySection, IpAssignmentSection,
    MigrationUpgradeRequisitesSection, ServiceDependencySection, StorageGroupSection,
    StorageSection, TagBasedPlacementGroupSection, TagBasedPlacementSection,
    VirtualDeviceGroupSection,
};
use super::{
    AnnotationSection, BootDeviceSection, DeploymentOptionSection, DiskSection, EncryptionSection,
    EnvironmentFilesSection, EulaSection, InstallSection, NetworkSection, OperatingSystemSection,
    PlacementGroupSection, PlacementSection, ProductSection, ResourceAllocationSection,
    ScaleOutSection, SharedDiskSection, StartupSection, Text, VirtualHardwareSection,
};

/// Declares [`Section`]: each kind with its record and the name of its element.
macro_rules! sections {
    ($(
        $(#[$about:meta])*
        $kind:ident($record:ty) = $name:expr;
    )*) => {
        /// A section of an envelope or of a virtual system (DSP0243 1.1 §9).
        ///
        /// The schema lets every section stand in either, any number of times. Serialised,
        /// a section carries the name of its element as `element`, which is also the name
        /// of the template that writes it.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "element")]
        #[non_exhaustive]
        pub enum Section {
            $(
                $(#[$about])*
                $kind($record),
            )*
            /// A section ovfkit keeps without looking into it.
            Other(Kept),
        }

        /// The names of the sections the model has records for.
        const NAMES: &[Name] = &[$($name),*];

        impl Record for Section {
            fn read(element: Element, faults: &Faults) -> Self {
                $(
                    if element.name == const { $name } {
                        return Self::$kind(Record::read(element, faults));
                    }
                )*
                Self::Other(Kept(element))
            }
        }

        impl Texts for Section {
            fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
                match self {
                    $(Self::$kind(section) => section.visit_texts(visit),)*
                    Self::Other(section) => section.visit_texts(visit),
                }
            }
        }
    };
}

sections! {
    /// Virtual disks (§9.1).
    DiskSection(DiskSection) = ovf("DiskSection");
    /// Disks that several machines share (2.1 §9.13).
    SharedDiskSection(SharedDiskSection) = ovf("SharedDiskSection");
    /// Logical networks (§9.2).
    NetworkSection(NetworkSection) = ovf("NetworkSection");
    /// What the members of a collection share (§9.3).
    ResourceAllocationSection(ResourceAllocationSection) = ovf("ResourceAllocationSection");
    /// A note to the user (§9.4).
    AnnotationSection(AnnotationSection) = ovf("AnnotationSection");
    /// Product facts and properties (§9.5).
    ProductSection(Box<ProductSection>) = ovf("ProductSection");
    /// A licence (§9.6).
    EulaSection(EulaSection) = ovf("EulaSection");
    /// In what order the members of a collection start (§9.7).
    StartupSection(StartupSection) = ovf("StartupSection");
    /// Choices whoever deploys the package has (§9.8).
    DeploymentOptionSection(DeploymentOptionSection) = ovf("DeploymentOptionSection");
    /// The guest operating system (§9.9).
    OperatingSystemSection(OperatingSystemSection) = ovf("OperatingSystemSection");
    /// That the machine installs itself (§9.10).
    InstallSection(InstallSection) = ovf("InstallSection");
    /// Files for the guest (2.1 §9.11).
    EnvironmentFilesSection(EnvironmentFilesSection) = ovf("EnvironmentFilesSection");
    /// What the machine boots from (2.1 §9.12).
    BootDeviceSection(Box<BootDeviceSection>) = ovf("BootDeviceSection");
    /// How many copies of a member there are (2.1 §9.14).
    ScaleOutSection(ScaleOutSection) = ovf("ScaleOutSection");
    /// A group of machines (2.1 §9.15).
    PlacementGroupSection(PlacementGroupSection) = ovf("PlacementGroupSection");
    /// The group a machine belongs to (2.1 §9.15).
    PlacementSection(PlacementSection) = ovf("PlacementSection");
    /// How parts of the package are encrypted (2.1 §9.16).
    EncryptionSection(EncryptionSection) = ovf("EncryptionSection");
    /// The virtual hardware (§8).
    VirtualHardwareSection(Box<VirtualHardwareSection>) = ovf("VirtualHardwareSection");
    /// VMware's place of a device in the boot order.
    BootOrderSection(BootOrderSection) = vmw("BootOrderSection");
    /// VMware's demands on the CPU.
    CpuCompatibilitySection(CpuCompatibilitySection) = vmw("CpuCompatibilitySection");
    /// VMware's ways to give addresses.
    IpAssignmentSection(IpAssignmentSection) = vmw("IpAssignmentSection");
    /// VMware's files for an upgrade.
    MigrationUpgradeRequisitesSection(MigrationUpgradeRequisitesSection) =
        vmw("MigrationUpgradeRequisitesSection");
    /// VMware's services a machine depends on.
    #[serde(rename = "vServiceDependencySection")]
    ServiceDependencySection(ServiceDependencySection) = vmw("vServiceDependencySection");
    /// VMware's group of disks with a storage policy.
    StorageGroupSection(StorageGroupSection) = vmw("StorageGroupSection");
    /// VMware's storage group a machine belongs to.
    StorageSection(StorageSection) = vmw("StorageSection");
    /// VMware's group of machines placed by tags.
    TagBasedPlacementGroupSection(TagBasedPlacementGroupSection) =
        vmw("TagBasedPlacementGroupSection");
    /// VMware's group by tags that a machine belongs to.
    TagBasedPlacementSection(TagBasedPlacementSection) = vmw("TagBasedPlacementSection");
    /// VMware's groups of devices.
    VirtualDeviceGroupSection(VirtualDeviceGroupSection) = vmw("VirtualDeviceGroupSection");
}

/// An element kept whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept(pub Element);

impl FromElement for Kept {
    fn from_element(element: Element, _: &Faults) -> Result<Self, Box<Misfit>> {
        Ok(Self(element))
    }
}

/// As text ready to stand in a descriptor.
impl Serialize for Kept {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut fields = serializer.serialize_struct("Kept", 1)?;
        fields.serialize_field("xml", &write_element(&self.0))?;
        fields.end()
    }
}

/// Whether `local` names a section of the standard.
pub(super) fn is_section(local: &str) -> bool {
    let mut standard = NAMES.iter().filter(|name| name.ns == ENVELOPE_1);
    standard.any(|name| name.local == local)
}
