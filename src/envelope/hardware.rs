//! The virtual hardware.

use crate::xml::names::{VSSD, ovf, vmw, vssd};

use super::record::{children_in, record};
use super::vmw::Config;
use super::{Item, Kept, Text};

record! {
/// The hardware a machine needs (DSP0243 1.1 §8).
pub struct VirtualHardwareSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// Tells alternative hardware sections of one machine apart.
    id: Option<String> = attribute(&ovf("id"));
    /// How properties reach the guest: `iso`, `com.vmware.guestInfo` (§11.2).
    transport: Vec<String> = attribute(&ovf("transport"));
    /// The kind of machine (§8.2).
    system: Option<System> = child(&ovf("System"));
    /// The devices (§8.3).
    items: Vec<Item> = items();
    /// VMware's settings for the whole machine.
    configs: Vec<Config> = child(&vmw("Config"));
    /// Lines for the `.vmx` file of the machine, which only VMware reads.
    extra_configs: Vec<Config> = child(&vmw("ExtraConfig"));
}
}

record! {
/// The kind of machine, from `CIM_VirtualSystemSettingData` (DSP0243 1.1 §8.1).
/// Fields are in the order of the schema.
pub struct System {
    /// What to do when the machine fails, coded by CIM.
    automatic_recovery_action: Option<u16> = child(&vssd("AutomaticRecoveryAction"));
    /// What to do with the machine when the host stops, coded by CIM.
    automatic_shutdown_action: Option<u16> = child(&vssd("AutomaticShutdownAction"));
    /// Whether the machine starts with the host, coded by CIM.
    automatic_startup_action: Option<u16> = child(&vssd("AutomaticStartupAction"));
    /// How long the host waits before it starts the machine, an interval of CIM.
    automatic_startup_action_delay: Option<Kept> = child(&vssd("AutomaticStartupActionDelay"));
    /// The machine's place in the order of starting.
    automatic_startup_action_sequence_number: Option<u16> =
        child(&vssd("AutomaticStartupActionSequenceNumber"));
    /// A short text, 64 characters at most.
    caption: Option<String> = child(&vssd("Caption"));
    /// Whether and how the setting can change, coded by CIM.
    changeable_type: Option<u16> = child(&vssd("ChangeableType"));
    /// Settings this one is made of.
    component_setting: Vec<Kept> = child(&vssd("ComponentSetting"));
    /// The directory of the machine's configuration.
    configuration_data_root: Option<String> = child(&vssd("ConfigurationDataRoot"));
    /// The file of the machine's configuration.
    configuration_file: Option<String> = child(&vssd("ConfigurationFile"));
    /// The id of the machine's configuration.
    configuration_id: Option<String> = child(&vssd("ConfigurationID"));
    /// The name of the set of settings this one belongs to.
    configuration_name: Option<String> = child(&vssd("ConfigurationName"));
    /// When the configuration was made, a date of CIM.
    creation_time: Option<Kept> = child(&vssd("CreationTime"));
    /// A longer text.
    description: Option<String> = child(&vssd("Description"));
    /// A name for people.
    element_name: String = required(&vssd("ElementName"));
    /// How often the setting was changed.
    generation: Option<u64> = child(&vssd("Generation"));
    /// By custom `0`.
    instance_id: String = required(&vssd("InstanceID"));
    /// The directory of the machine's logs.
    log_data_root: Option<String> = child(&vssd("LogDataRoot"));
    /// Notes.
    notes: Vec<String> = child(&vssd("Notes"));
    /// The file to recover the machine from.
    recovery_file: Option<String> = child(&vssd("RecoveryFile"));
    /// The directory of the machine's snapshots.
    snapshot_data_root: Option<String> = child(&vssd("SnapshotDataRoot"));
    /// The setting's id in its organisation's naming.
    so_id: Option<String> = child(&vssd("SoID"));
    /// The organisation that names `so_id`.
    so_org_id: Option<String> = child(&vssd("SoOrgID"));
    /// The directory of the machine's state when suspended.
    suspend_data_root: Option<String> = child(&vssd("SuspendDataRoot"));
    /// The directory of the machine's swap files.
    swap_file_data_root: Option<String> = child(&vssd("SwapFileDataRoot"));
    /// The name of the machine.
    virtual_system_identifier: Option<String> = child(&vssd("VirtualSystemIdentifier"));
    /// The platforms it can run on, best first, separated by blanks, such as `vmx-14`.
    virtual_system_type: Option<String> = child(&vssd("VirtualSystemType"));
}
}

impl VirtualHardwareSection {
    /// The value of VMware's setting `key`, if given.
    pub fn config(&self, key: &str) -> Option<&str> {
        let config = self.configs.iter().find(|config| config.key == key)?;
        Some(&config.value)
    }
}

impl System {
    /// The fields that are members of its class of CIM, with the members' names, in the
    /// order of the schema.
    pub fn members() -> impl Iterator<Item = (&'static str, &'static str)> {
        children_in::<Self>(VSSD)
    }
}
