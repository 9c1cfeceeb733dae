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
/// The [`Config`] key that lets CPUs be added to a machine that runs; `true` or `false`.
pub const CPU_HOT_ADD: &str = "cpuHotAddEnabled";
/// The [`Config`] key that lets CPUs be taken from a machine that runs; `true` or `false`.
pub const CPU_HOT_REMOVE: &str = "cpuHotRemoveEnabled";
/// The [`Config`] key that lets memory be added to a machine that runs; `true` or `false`.
pub const MEMORY_HOT_ADD: &str = "memoryHotAddEnabled";
/// The [`Config`] key of who may use a disk.
pub const DISK_SHARING: &str = "backing.sharing";
/// The value of [`DISK_SHARING`] for a disk several machines write to.
pub const MULTI_WRITER: &str = "sharingMultiWriter";
/// The [`Config`] key of what becomes of what is written to a disk.
pub const DISK_MODE: &str = "backing.diskMode";
/// The value of [`DISK_MODE`] for a disk that forgets what is written, and is in no snapshot.
pub const NONPERSISTENT: &str = "independent_nonpersistent";
/// The [`Config`] key of a graphics card's memory in KiB.
pub const VIDEO_MEMORY: &str = "videoRamSizeInKB";
/// The [`Config`] key of the number of displays.
pub const DISPLAYS: &str = "numDisplays";
/// The [`Config`] key that turns 3D graphics on; `true` or `false`.
pub const ACCELERATED: &str = "enable3DSupport";
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
