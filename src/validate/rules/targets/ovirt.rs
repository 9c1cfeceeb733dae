//! oVirt.

use super::{
    Document, Importer, Rule, Sink, capacity_is_number, disk_drives, first_edition,
    outermost_systems,
};
use crate::validate::document::{attr, child};
use crate::xml::declarations;

const OVIRT: &[Importer] = &[Importer::Ovirt];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-OVT-01", "oVirt finds a section or the prefix `ovf` missing")
        .reference("source of the oVirt engine")
        .why("it takes a VirtualSystem with an operating system and hardware, disks, and attributes written `ovf:…` for given, and fails without")
        .help("write the section the label names; bind `ovf` to the envelope's namespace")
        .targets(OVIRT)
        .instead_of(&["ENV-018", "COL-007", "SEC-010", "VHW-001"])
        .check(parts),
    Rule::error("INT-OVT-02", "the capacity of a disk is no plain number, or its unit has blanks")
        .reference("source of the oVirt engine")
        .why("it reads `byte * x * y^z`, with no blanks around `^`, and stops at others")
        .help("write the bytes, and `byte` as the unit")
        .targets(OVIRT)
        .instead_of(&["DSK-003a", "DSK-016"])
        .check(capacities),
    Rule::warning("INT-OVT-03", "a disk drive is backed by nothing")
        .reference("source of the oVirt engine")
        .why("the disk is found by what stands behind the last `/` of `rasd:HostResource`")
        .help("write `ovf:/disk/` and the `ovf:diskId`")
        .targets(OVIRT)
        .instead_of(&["VHW-035a"])
        .check(unbacked),
];

fn parts(document: &Document<'_>, sink: &mut Sink<'_>) {
    first_edition(document, sink);
    let declared = declarations(document.text, document.written);
    let envelope = &*document.written.name.ns;
    let bound = declared
        .iter()
        .any(|(prefix, uri)| prefix == "ovf" && uri == envelope);
    if !bound {
        sink.at(document.written, "the root does not bind `ovf`");
    }
    if document.sections_named("DiskSection").next().is_none() {
        sink.at(document.written, "has no `DiskSection`");
    }
    let mut systems = outermost_systems(document);
    let Some(system) = systems.next() else {
        sink.at(document.written, "has no `VirtualSystem`");
        return;
    };
    for local in ["OperatingSystemSection", "VirtualHardwareSection"] {
        if child(system.element, local).is_none() {
            sink.at(system.element, format!("has no `{local}`"));
        }
    }
}

fn capacities(document: &Document<'_>, sink: &mut Sink<'_>) {
    capacity_is_number(document, sink);
    for disk in document.disks.iter().copied() {
        let unit = attr(disk, "capacityAllocationUnits").unwrap_or_default();
        if unit.contains(" ^") || unit.contains("^ ") {
            sink.on(disk, "capacityAllocationUnits", "has a blank beside `^`");
        }
    }
}

fn unbacked(document: &Document<'_>, sink: &mut Sink<'_>) {
    for drive in disk_drives(document).filter(|drive| drive.resources.is_empty()) {
        sink.at(drive.element, "has no `rasd:HostResource`");
    }
}
