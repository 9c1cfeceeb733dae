//! What a machine is in a few words, and the envelope once its files are measured.

use serde::Serialize;

use super::decide::Chosen;
use super::place::Placement;
use super::{Appliance, Content};
use crate::envelope::{Capacity, Envelope, Section};
use crate::vm::HardwareVersion;

/// What a machine is, for a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Outline {
    /// Its name.
    pub name: String,
    /// The guest operating system, for people.
    pub os: String,
    /// The guest operating system, as users type it.
    pub os_name: String,
    /// Virtual CPUs.
    pub cpus: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// `bios` or `efi`.
    pub firmware: String,
    /// Whether that starts signed boot loaders only.
    pub secure_boot: bool,
    /// The platforms it is for, such as `vmx-14`, the best first.
    pub hardware: String,
    /// The first product with that virtual hardware, where it is known.
    pub hardware_since: Option<&'static str>,
    /// The number of disks.
    pub disks: usize,
    /// The kinds of controller the disks are on, each once.
    pub controllers: Vec<String>,
    /// The network adapters.
    pub nics: Vec<NicOutline>,
}

/// What a network adapter is, for a summary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NicOutline {
    /// Its model.
    pub model: String,
    /// The network it is on, or several with commas between.
    pub network: String,
}

impl Outline {
    pub(super) fn new(chosen: &Chosen<'_>, placement: &Placement<'_>) -> Self {
        let mut controllers = Vec::new();
        for slot in placement.disks.iter().flatten() {
            let placed = &placement.controllers[slot.controller];
            let name = placed
                .kind
                .map_or_else(|| "other".to_owned(), |kind| kind.to_string());
            if !controllers.contains(&name) {
                controllers.push(name);
            }
        }
        let nics = chosen.nics.iter().map(|nic| {
            let model = nic.model.unwrap_or(chosen.nic).to_string();
            NicOutline {
                model: nic.subtype.clone().unwrap_or(model),
                network: nic.network.join(", "),
            }
        });
        Self {
            name: chosen.name.clone(),
            os: chosen.os.description.clone(),
            os_name: chosen.os.name.clone(),
            cpus: chosen.cpus,
            memory: chosen.memory,
            firmware: chosen.firmware.to_string(),
            secure_boot: chosen.definition.secure_boot == Some(true),
            hardware: chosen.hardware.join(" "),
            hardware_since: chosen.oldest.map(HardwareVersion::first_product),
            disks: chosen.definition.disks.len(),
            controllers,
            nics: nics.collect(),
        }
    }
}

/// What is known of a file once it is packed, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FileFacts {
    /// Its length.
    pub size: u64,
    /// The size of the disk in it as the guest sees it.
    pub capacity: Option<u64>,
    /// How much of that holds data.
    pub populated: Option<u64>,
}

impl Appliance {
    /// Puts the files in the order of `key`, which is given the number of each.
    pub fn reorder_by(&mut self, key: impl Fn(usize) -> usize) {
        let mut order: Vec<usize> = (0..self.files.len()).collect();
        order.sort_by_key(|index| key(*index));
        let files = &self.envelope.references.files;
        self.envelope.references.files = order.iter().map(|at| files[*at].clone()).collect();
        self.files = order.iter().map(|at| self.files[*at].clone()).collect();
    }

    /// The envelope with the sizes of its files, of which `facts` tells in their order.
    pub fn measured(&self, facts: &[FileFacts]) -> Envelope {
        let mut envelope = self.envelope.clone();
        for (file, facts) in envelope.references.files.iter_mut().zip(facts) {
            file.size = Some(facts.size);
        }
        let disks = envelope
            .sections
            .iter_mut()
            .find_map(|section| match section {
                Section::DiskSection(section) => Some(&mut section.disks),
                _ => None,
            });
        let Some(disks) = disks else {
            return envelope;
        };
        for (planned, facts) in self.files.iter().zip(facts) {
            let Content::Disk(content) = &planned.content else {
                continue;
            };
            if let Some(disk) = disks.get_mut(content.disk) {
                let (number, unit) = self.capacity.of(facts.capacity.unwrap_or_default());
                disk.capacity = Capacity::Units(number);
                disk.capacity_allocation_units = Some(unit);
                disk.populated_size = facts.populated;
            }
        }
        envelope
    }
}
