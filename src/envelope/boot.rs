//! What a machine boots from.

use crate::xml::names::{bootc, boots, ovf};

use super::record::record;
use super::{Kept, Text};

record! {
/// The devices a machine boots from (DSP0243 2.1 §9.12).
pub struct BootDeviceSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The configuration; the standard wants exactly one.
    config: Option<BootConfig> = child(&bootc("CIM_BootConfigSetting"));
}
}

record! {
/// A boot configuration, from `CIM_BootConfigSetting`. Fields are in the order of the
/// schema.
pub struct BootConfig {
    /// A short text, 64 characters at most.
    caption: Option<String> = child(&bootc("Caption"));
    /// Whether and how the setting can change, coded by CIM.
    changeable_type: Option<u16> = child(&bootc("ChangeableType"));
    /// Settings this one is made of.
    component_setting: Vec<Kept> = child(&bootc("ComponentSetting"));
    /// The name of the set of settings this one belongs to.
    configuration_name: Option<String> = child(&bootc("ConfigurationName"));
    /// A longer text.
    description: Option<String> = child(&bootc("Description"));
    /// A name for people.
    element_name: String = required(&bootc("ElementName"));
    /// How often the setting was changed.
    generation: Option<u64> = child(&bootc("Generation"));
    /// The name of the configuration among others.
    instance_id: String = required(&bootc("InstanceID"));
    /// The setting's id in its organisation's naming.
    so_id: Option<String> = child(&bootc("SoID"));
    /// The organisation that names `so_id`.
    so_org_id: Option<String> = child(&bootc("SoOrgID"));
    /// The devices to boot from, the first one first.
    sources: Vec<BootSource> = child(&boots("CIM_BootSourceSetting"));
}
}

record! {
/// A device to boot from, from `CIM_BootSourceSetting`. Fields are in the order of the
/// schema.
pub struct BootSource {
    /// The name the BIOS knows the device by.
    bios_boot_string: Option<String> = child(&boots("BIOSBootString"));
    /// The name the boot loader knows the device by.
    boot_string: Option<String> = child(&boots("BootString"));
    /// A short text, 64 characters at most.
    caption: Option<String> = child(&boots("Caption"));
    /// Whether and how the setting can change, coded by CIM.
    changeable_type: Option<u16> = child(&boots("ChangeableType"));
    /// Settings this one is made of.
    component_setting: Vec<Kept> = child(&boots("ComponentSetting"));
    /// The name of the set of settings this one belongs to.
    configuration_name: Option<String> = child(&boots("ConfigurationName"));
    /// A longer text.
    description: Option<String> = child(&boots("Description"));
    /// A name for people.
    element_name: String = required(&boots("ElementName"));
    /// Whether the next device is tried if this one fails, coded by CIM.
    fail_through_supported: Option<u16> = child(&boots("FailThroughSupported"));
    /// How often the setting was changed.
    generation: Option<u64> = child(&boots("Generation"));
    /// The `InstanceID` of the device in the virtual hardware.
    instance_id: String = required(&boots("InstanceID"));
    /// The setting's id in its organisation's naming.
    so_id: Option<String> = child(&boots("SoID"));
    /// The organisation that names `so_id`.
    so_org_id: Option<String> = child(&boots("SoOrgID"));
    /// The boot string by the naming of SMI-S.
    structured_boot_string: Option<String> = child(&boots("StructuredBootString"));
}
}

impl BootDeviceSection {
    /// The devices to boot from, the first one first.
    pub fn sources(&self) -> &[BootSource] {
        match &self.config {
            Some(config) => &config.sources,
            None => &[],
        }
    }
}
