//! VMware's extensions, which other products read too.

mod placement;
mod section;

pub use placement::{
    StorageGroupSection, StorageSection, Tag, TagBasedPlacementGroupSection,
    TagBasedPlacementSection, TagName,
};
pub use section::{
    BootOrderSection, CpuCompatibilitySection, CpuLevel, DeviceGroup, IpAssignmentSection,
    MigrationUpgradeRequisitesSection, Requisite, ServiceDependencySection,
    VirtualDeviceGroupSection,
};

use crate::xml::names::{ovf, vmw};

use super::record::record;

/// The [`Config`] key of the firmware; the value is `bios` or `efi`.
pub const FIRMWARE: &str = "firmware";
/// The [`Config`] key that turns UEFI Secure Boot on; the value is `true` or `false`.
pub const SECURE_BOOT: &str = "bootOptions.efiSecureBootEnabled";
/// The transport that hands properties to the guest through VMware Tools.
pub const TRANSPORT_GUEST_INFO: &str = "com.vmware.guestInfo";

record! {
/// A setting without a place in the standard: `vmw:Config` or `vmw:ExtraConfig`.
pub struct Config {
    /// What is set.
    key: String = attribute(&vmw("key"));
    /// What it is set to.
    value: String = attribute(&vmw("value"));
    /// Whether a platform that does not know the key has to refuse the machine.
    required: bool = flag(&ovf("required"), true);
}
}

impl Config {
    /// The setting `key`, which other platforms may ignore.
    pub fn optional(key: &str, value: impl Into<String>) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
            ..Self::default()
        }
    }
}
