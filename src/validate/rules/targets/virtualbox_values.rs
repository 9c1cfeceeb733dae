//! VirtualBox: disks, amounts, names and what it passes over.

use super::{
    Document, FIRST_AMBIGUOUS, Importer, MEMORY, Rule, Sink, capacity_is_number, is_blank, numbers,
    shown, system_ids,
};
use crate::validate::document::{attr, member, members};
use crate::xml::Element;
use crate::xml::names::VBOX;

const VIRTUALBOX: &[Importer] = &[Importer::VirtualBox];

/// The formats in its table, in small letters.
const FORMATS: [&str; 7] = [
    "http://www.vmware.com/interfaces/specifications/vmdk.html#streamoptimized",
    "http://www.vmware.com/interfaces/specifications/vmdk.html#compressed",
    "http://www.vmware.com/interfaces/specifications/vmdk.html#sparse",
    "http://www.vmware.com/specifications/vmdk.html#compressed",
    "http://www.vmware.com/specifications/vmdk.html#sparse",
    "http://go.microsoft.com/fwlink/?linkid=137171",
    "http://www.ecma-international.org/publications/standards/ecma-119.htm",
];
/// Names of networks that choose how a card is attached, in small letters.
const NETWORKS: [&str; 6] = ["null", "nat", "bridged", "internal", "hostonly", "generic"];
/// The numbers of systems whose names VirtualBox looks for in the description.
const BY_DESCRIPTION: [u16; 2] = [1, 102];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-VBX-01", "a disk lacks its id, its format or a plain capacity")
        .reference("source of VirtualBox")
        .why("the import stops at the first disk that has not all three, blank ones included")
        .help("write `ovf:diskId`, `ovf:format`, and the bytes into `ovf:capacity`")
        .targets(VIRTUALBOX)
        .instead_of(&["DSK-001", "DSK-002", "DSK-008", "DSK-008a", "DSK-016"])
        .check(disks),
    Rule::error("INT-VBX-02", "the unit of memory is none of the six texts VirtualBox knows")
        .reference("source of VirtualBox")
        .why("it compares `MegaBytes`, `MB`, `byte * 2^20`, `GigaBytes`, `GB` and `byte * 2^30` as text, and stops the import at others")
        .help("write `byte * 2^20` with exactly these blanks")
        .targets(VIRTUALBOX)
        .instead_of(&["VHW-027a", "VHW-029"])
        .check(memory),
    Rule::warning("INT-VBX-09", "the format of a disk is not in VirtualBox' table")
        .reference("source of VirtualBox")
        .why("it goes by the ending of the file's name then")
        .help("name the format by a URI it knows, such as that of stream-optimised VMDKs")
        .targets(VIRTUALBOX)
        .check(formats),
    Rule::info("INT-VBX-12", "VirtualBox has a number of its own for this operating system")
        .reference("source of VirtualBox")
        .why("from 112 upward its list differs from CIM's, so the guest may be taken for another Windows")
        .help("write `vbox:OSType` with `ovf:required=\"false\"` into the section")
        .targets(VIRTUALBOX)
        .check(numbers_of_systems),
    Rule::info("INT-VBX-13", "VirtualBox passes over this section")
        .reference("source of VirtualBox")
        .why("it makes the machines of a collection one by one, in no order, and shares nothing among them")
        .help("ship the machines one by one if that matters")
        .targets(VIRTUALBOX)
        .check(sections),
    Rule::info("NET-007", "an adapter will be bridged")
        .reference("source of VirtualBox")
        .why("the names Null, NAT, Bridged, Internal, HostOnly and Generic choose how a card is attached, any other means bridged")
        .help("name the network `NAT` if the guest should not be seen outside")
        .targets(VIRTUALBOX)
        .check(networks),
    Rule::warning("DSK-015", "the unit of the capacity of a blank disk is not looked at")
        .reference("source of VirtualBox")
        .why("the number is taken for bytes, which makes a tiny disk")
        .help("write the capacity in bytes")
        .targets(VIRTUALBOX)
        .check(units),
    Rule::info("SEC-005", "VirtualBox goes by the description of the operating system")
        .reference("source of VirtualBox")
        .why("for \"other\" it looks for words such as \"Ubuntu\" or \"Windows 10\" in the text")
        .help("write `vbox:OSType` with `ovf:required=\"false\"` into the section")
        .targets(VIRTUALBOX)
        .check(description),
];

fn disks(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().copied() {
        for local in ["diskId", "format", "capacity"] {
            if attr(disk, local).is_none_or(|text| text.trim_ascii().is_empty()) {
                sink.at(disk, format!("has no `ovf:{local}`"));
            }
        }
    }
    capacity_is_number(document, sink);
}

fn memory(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, unit) in numbers::inherited(document, MEMORY, "AllocationUnits") {
        let unit = unit.unwrap_or_default();
        if !numbers::VIRTUALBOX_UNITS.contains(&unit.as_str()) {
            let place = member(element, "AllocationUnits").unwrap_or(element);
            sink.at(place, format!("`{}` is unknown", shown(&unit)));
        }
    }
}

fn formats(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        let format = attr(disk, "format").unwrap_or_default().trim_ascii();
        if !format.is_empty() && !FORMATS.contains(&format.to_ascii_lowercase().as_str()) {
            sink.on(disk, "format", "is unknown");
        }
    }
}

/// VirtualBox' own name of the system.
fn has_type(section: &Element) -> bool {
    let mut children = section.elements();
    children.any(|child| child.name.ns == VBOX && child.name.local == "OSType")
}

fn numbers_of_systems(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, id) in system_ids(document) {
        if id >= FIRST_AMBIGUOUS && !has_type(section) {
            sink.on(section, "id", "has no `vbox:OSType` beside it");
        }
    }
}

fn sections(document: &Document<'_>, sink: &mut Sink<'_>) {
    for local in ["StartupSection", "ResourceAllocationSection"] {
        for section in document.sections_named(local) {
            sink.at(section.element, "");
        }
    }
}

fn networks(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(super::ADAPTER)) {
        for connection in members(item.element, "Connection") {
            let name = connection.text().trim_ascii().to_ascii_lowercase();
            if !name.is_empty() && !NETWORKS.contains(&name.as_str()) {
                sink.at(connection, "");
            }
        }
    }
}

fn units(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().filter(|disk| is_blank(disk)) {
        let unit = attr(disk, "capacityAllocationUnits").unwrap_or_default();
        if !matches!(unit.trim_ascii(), "" | "byte") {
            sink.on(disk, "capacityAllocationUnits", "");
        }
    }
}

fn description(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, id) in system_ids(document) {
        if BY_DESCRIPTION.contains(&id) && !has_type(section) {
            sink.on(section, "id", "means \"other\"");
        }
    }
}
