//! Google Compute Engine.

use super::{
    Document, Importer, MEMORY, Rule, Sink, capacity_is_number, disk_drives, guest_id, numbers,
    outermost_systems, system_ids,
};
use crate::validate::document::{child, member};

const GCP: &[Importer] = &[Importer::Gcp];

/// What it takes for a controller of disks.
const CONTROLLERS: [u32; 5] = [5, 6, 8, 20, 23];
/// The numbers of systems that do not tell which image to prepare.
const AMBIGUOUS: [u16; 9] = [0, 1, 36, 97, 98, 99, 100, 101, 102];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-GCE-01", "there is not one machine with a disk and a controller")
        .reference("source of Google's importer")
        .why("it takes a single VirtualSystem, its first hardware section, and stops without disks or controllers")
        .help("ship machines one by one")
        .targets(GCP)
        .instead_of(&["COL-007", "ENV-005"])
        .check(structure),
    Rule::error("INT-GCE-02", "a disk drive lacks its controller, address or disk, or its capacity is no number")
        .reference("source of Google's importer")
        .why("it takes `rasd:Parent`, `rasd:AddressOnParent`, `rasd:HostResource` and a plain capacity for given")
        .help("write what the label names")
        .targets(GCP)
        .instead_of(&["VHW-020a", "VHW-023", "VHW-035a", "DSK-016"])
        .check(drives),
    Rule::error("INT-GCE-03", "the amount of memory has no unit")
        .reference("source of Google's importer")
        .why("it calculates with the unit, and stops without one")
        .help("write `byte * 2^20` into `rasd:AllocationUnits`")
        .targets(GCP)
        .instead_of(&["VHW-027a"])
        .check(memory),
    Rule::warning("INT-GCE-04", "the import has to be told the operating system")
        .reference("source of Google's importer")
        .why("the guest is prepared for the platform, and what kind it is cannot be told from the descriptor")
        .help("name the system to the import, or write `vmw:osType`")
        .targets(GCP)
        .instead_of(&["SEC-010"])
        .check(system),
];

fn structure(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut systems = outermost_systems(document);
    let Some(system) = systems.next() else {
        sink.at(document.written, "has no `VirtualSystem` of its own");
        return;
    };
    if let Some(second) = systems.next() {
        sink.at(second.element, "one more machine");
    }
    if document.disks.is_empty() {
        sink.at(document.written, "has no disk");
    }
    let mut devices = document.devices();
    if !devices.any(|item| item.kind.is_some_and(|kind| CONTROLLERS.contains(&kind))) {
        sink.at(system.element, "has no controller");
    }
}

fn drives(document: &Document<'_>, sink: &mut Sink<'_>) {
    for drive in disk_drives(document) {
        for name in ["Parent", "AddressOnParent", "HostResource"] {
            if drive.text(name).unwrap_or_default().is_empty() {
                sink.at(drive.element, format!("has no `rasd:{name}`"));
            }
        }
    }
    capacity_is_number(document, sink);
}

fn memory(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, unit) in numbers::inherited(document, MEMORY, "AllocationUnits") {
        if unit.unwrap_or_default().is_empty() {
            let place = member(element, "AllocationUnits").unwrap_or(element);
            sink.at(place, "has no `rasd:AllocationUnits`");
        }
    }
}

fn system(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in outermost_systems(document) {
        if child(system.element, "OperatingSystemSection").is_none() {
            sink.at(system.element, "has no `OperatingSystemSection`");
        }
    }
    for (section, id) in system_ids(document) {
        if AMBIGUOUS.contains(&id) && guest_id(section).is_none() {
            sink.on(section, "id", "has no `vmw:osType` beside it");
        }
    }
}
