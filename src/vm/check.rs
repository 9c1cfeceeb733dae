//! Finding what cannot go together, before anything is built.

use std::collections::HashSet;

use crate::base::{Error, Result};
use crate::xml::is_xml_char;

use super::contradiction::show;
use super::place::place;
use super::{
    Contradiction, ControllerKind, Firmware, HardwareVersion, Machine, NameFault, NicModel,
};

/// Hypervisors hand out memory in blocks of 4 MiB.
const MEMORY_BLOCK: u64 = 4 << 20;

/// Fails with the first contradiction in `machine`, if there is one.
pub fn check(machine: &Machine) -> Result<()> {
    match contradictions(machine).into_iter().next() {
        Some(contradiction) => Err(Error::from(contradiction)),
        None => Ok(()),
    }
}

/// All contradictions in `machine`.
pub fn contradictions(machine: &Machine) -> Vec<Contradiction> {
    let mut found = Vec::new();
    names(machine, &mut found);
    processor_and_memory(machine, &mut found);
    hardware_version(machine, &mut found);
    if let Err(contradiction) = place(machine) {
        found.push(contradiction);
    }
    disks(machine, &mut found);
    networks(machine, &mut found);
    properties(machine, &mut found);
    texts(machine, &mut found);
    found
}

fn processor_and_memory(machine: &Machine, found: &mut Vec<Contradiction>) {
    let cpus = machine.cpus;
    if cpus == 0 {
        found.push(Contradiction::NoCpu);
    }
    if let Some(cores) = machine.cores_per_socket
        && cpus.checked_rem(cores) != Some(0)
    {
        found.push(Contradiction::UnevenSockets { cpus, cores });
    }
    let memory = machine.memory;
    if memory == 0 || !memory.is_multiple_of(MEMORY_BLOCK) {
        found.push(Contradiction::UnevenMemory { memory });
    }
}

/// What the devices ask of the hardware version.
fn hardware_version(machine: &Machine, found: &mut Vec<Contradiction>) {
    let mut wishes: Vec<(String, HardwareVersion)> = Vec::new();
    if machine.firmware == Firmware::Efi {
        wishes.push(("efi firmware".to_owned(), HardwareVersion::V8));
    }
    if machine.secure_boot {
        wishes.push(("secure boot".to_owned(), HardwareVersion::V13));
        if machine.firmware != Firmware::Efi {
            found.push(Contradiction::SecureBootWithoutEfi);
        }
    }
    // A CD drive may need a controller nobody asked for.
    let placed = place(machine).map_or_else(|_| Vec::new(), |placement| placement.controllers);
    let placed = placed.iter().map(|controller| controller.kind);
    for kind in std::iter::once(machine.controller).chain(placed) {
        wishes.push((
            format!("the {kind} controller"),
            first_with_controller(kind),
        ));
    }
    for nic in &machine.nics {
        let model = nic.model;
        wishes.push((
            format!("the {model} network adapter"),
            first_with_adapter(model),
        ));
    }
    let mut seen = HashSet::new();
    for (what, needs) in wishes {
        if machine.hardware < needs && seen.insert(what.clone()) {
            found.push(Contradiction::HardwareTooOld {
                what,
                needs,
                has: machine.hardware,
            });
        }
    }
}

/// The first hardware version with such a controller.
fn first_with_controller(kind: ControllerKind) -> HardwareVersion {
    match kind {
        ControllerKind::Nvme => HardwareVersion::V13,
        ControllerKind::Sata => HardwareVersion::V10,
        ControllerKind::Pvscsi | ControllerKind::LsiLogicSas => HardwareVersion::V7,
        ControllerKind::LsiLogic | ControllerKind::BusLogic | ControllerKind::Ide => {
            HardwareVersion::OLDEST
        }
    }
}

/// The first hardware version with such an adapter.
fn first_with_adapter(model: NicModel) -> HardwareVersion {
    match model {
        NicModel::E1000e => HardwareVersion::V8,
        NicModel::VmxNet3 => HardwareVersion::V7,
        NicModel::E1000 | NicModel::PcNet32 => HardwareVersion::OLDEST,
    }
}

/// The names that become file names.
fn names(machine: &Machine, found: &mut Vec<Contradiction>) {
    let disks = machine
        .disks
        .iter()
        .map(|disk| ("the disk file", &disk.href));
    let isos = machine.isos.iter().map(|iso| ("the CD image", &iso.href));
    let files: Vec<_> = disks.chain(isos).collect();
    let machine = ("the machine name", &machine.name);
    for (what, name) in std::iter::once(machine).chain(files.iter().copied()) {
        if let Some(fault) = name_fault(name) {
            let name = name.escape_debug().to_string();
            found.push(Contradiction::BadName { what, name, fault });
        }
    }
    let mut seen = HashSet::new();
    for (_, href) in files {
        if !seen.insert(href.to_lowercase()) {
            found.push(Contradiction::DuplicateFile { href: href.clone() });
        }
    }
}

/// What keeps `name` from being a file name on every system. The characters are
/// those all importers take.
fn name_fault(name: &str) -> Option<NameFault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._+= -".contains(c);
    if name.is_empty() {
        return Some(NameFault::Empty);
    }
    if let Some(c) = name.chars().find(|&c| !allowed(c)) {
        return Some(NameFault::Character(c));
    }
    let edge = [' ', '.'];
    (name.starts_with(edge) || name.ends_with(edge)).then_some(NameFault::Edge)
}

fn disks(machine: &Machine, found: &mut Vec<Contradiction>) {
    for disk in &machine.disks {
        let (href, capacity, populated) = (disk.href.clone(), disk.capacity, disk.populated);
        if capacity == 0 {
            found.push(Contradiction::EmptyDisk { href });
        } else if i64::try_from(capacity).is_err() {
            found.push(Contradiction::HugeDisk { href, capacity });
        } else if populated > capacity {
            found.push(Contradiction::OverfullDisk {
                href,
                populated,
                capacity,
            });
        }
    }
}

fn networks(machine: &Machine, found: &mut Vec<Contradiction>) {
    for nic in &machine.nics {
        if nic.network.is_empty() || nic.network.trim() != nic.network {
            found.push(Contradiction::BadNetwork {
                name: nic.network.clone(),
            });
        }
    }
}

fn properties(machine: &Machine, found: &mut Vec<Contradiction>) {
    let mut seen = HashSet::new();
    for (key, _) in &machine.properties {
        // The standard forbids dots too (DSP0243 1.1 §9.5), but vSphere takes
        // them and guests depend on keys such as
        // `guestinfo.ignition.config.data`.
        let separator = |c: char| c == ':' || c.is_whitespace() || c.is_control();
        let fault = match key.chars().find(|&c| separator(c)) {
            _ if key.is_empty() => Some(NameFault::Empty),
            Some(c) => Some(NameFault::Character(c)),
            None => None,
        };
        if let Some(fault) = fault {
            found.push(Contradiction::BadPropertyKey {
                key: key.escape_debug().to_string(),
                fault,
            });
        } else if !seen.insert(key) {
            found.push(Contradiction::DuplicateProperty { key: key.clone() });
        }
    }
}

/// Texts that go into the descriptor as they are.
fn texts(machine: &Machine, found: &mut Vec<Contradiction>) {
    let fixed = [
        ("the product", &machine.product),
        ("the vendor", &machine.vendor),
        ("the version", &machine.version),
        ("the annotation", &machine.annotation),
        ("the licence", &machine.eula),
        ("the version of the operating system", &machine.os.version),
    ];
    let fixed = fixed
        .iter()
        .filter_map(|(what, text)| Some(((*what).to_owned(), text.as_ref()?)));
    let os = (
        "the description of the operating system".to_owned(),
        &machine.os.description,
    );
    let networks = machine
        .nics
        .iter()
        .map(|nic| ("a network name".to_owned(), &nic.network));
    let properties = machine.properties.iter();
    let keys = properties
        .clone()
        .map(|(key, _)| ("a property key".to_owned(), key));
    let values = properties.map(|(key, value)| (format!("the property `{key}`"), value));
    for (what, text) in fixed.chain([os]).chain(networks).chain(keys).chain(values) {
        if let Some(c) = text.chars().find(|&c| !is_xml_char(c)) {
            found.push(Contradiction::ForbiddenText {
                what,
                character: show(c),
            });
        }
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
