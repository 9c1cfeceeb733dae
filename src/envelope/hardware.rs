//! The virtual hardware.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::{ovf, vmw, vssd};

use super::Item;
use super::take::{Take, Value};
use super::vmw::Config;

/// The hardware a machine needs (DSP0243 1.1 §8).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VirtualHardwareSection {
    /// What the section is about, for people.
    pub info: String,
    /// Tells alternative hardware sections of one machine apart.
    pub id: Option<String>,
    /// How properties reach the guest: `iso`, `com.vmware.guestInfo` (§11.2).
    pub transport: Vec<String>,
    /// The kind of machine (§8.2).
    pub system: Option<System>,
    /// The devices (§8.3).
    pub items: Vec<Item>,
    /// VMware's settings for the whole machine.
    pub configs: Vec<Config>,
}

/// The kind of machine, from `CIM_VirtualSystemSettingData` (DSP0243 1.1 §8.1).
/// Fields are in the order of the schema.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct System {
    /// A short text, 64 characters at most.
    pub caption: Option<String>,
    /// A longer text.
    pub description: Option<String>,
    /// A name for people.
    pub element_name: String,
    /// By custom `0`.
    pub instance_id: String,
    /// The name of the machine.
    pub virtual_system_identifier: Option<String>,
    /// The platforms it can run on, best first, separated by blanks, such as `vmx-14`.
    pub virtual_system_type: Option<String>,
}

impl VirtualHardwareSection {
    /// The value of VMware's setting `key`, if given.
    pub fn config(&self, key: &str) -> Option<&str> {
        let config = self.configs.iter().find(|config| config.key == key)?;
        Some(&config.value)
    }

    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let transport = take
            .attribute(&ovf("transport"))
            .map(Value::string)
            .unwrap_or_default();
        let items = take.children(&ovf("Item")).into_iter().map(Item::read);
        let section = Self {
            items: items.collect::<Result<_>>()?,
            info: take.required_string(&ovf("Info"))?,
            id: take.attribute(&ovf("id")).map(Value::string),
            transport: transport
                .split_ascii_whitespace()
                .map(str::to_owned)
                .collect(),
            system: take.child(&ovf("System")).map(System::read).transpose()?,
            configs: Config::read_all(take.children(&vmw("Config")))?,
        };
        take.finish()?;
        Ok(section)
    }
}

impl System {
    fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let system = Self {
            caption: take.string(&vssd("Caption"))?,
            description: take.string(&vssd("Description"))?,
            element_name: take.required_string(&vssd("ElementName"))?,
            instance_id: take.required_string(&vssd("InstanceID"))?,
            virtual_system_identifier: take.string(&vssd("VirtualSystemIdentifier"))?,
            virtual_system_type: take.string(&vssd("VirtualSystemType"))?,
        };
        take.finish()?;
        Ok(system)
    }
}
