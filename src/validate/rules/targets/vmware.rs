//! VMware's products: the document, its sections and the kind of machine.

use std::collections::HashSet;

use super::{
    Document, Editions, Importer, Rule, Sink, VMWARE, disk_files, hardware, is_blank,
    is_compressed, shown, streams,
};
use crate::envelope::cim::preferences;
use crate::validate::document::{attr, attr_anywhere, child, is_optional};
use crate::validate::rules::extensions;
use crate::xml::names::VMW;

/// vCenter and hosts by themselves.
const HOSTS: &[Importer] = &[Importer::Vsphere, Importer::Esxi];
/// VMware's products that do not have vApps of their own.
const NOT_VCD: &[Importer] = &[Importer::Vsphere, Importer::Esxi, Importer::Workstation];
/// Whose users can go on after a fault was told.
const RELAXED: &[Importer] = &[Importer::Workstation];

/// The virtual hardware of releases of ESX, of which Workstation has more.
const ESX_HARDWARE: [u8; 16] = [3, 4, 7, 8, 9, 10, 11, 13, 14, 15, 17, 18, 19, 20, 21, 22];

/// The sections of VMware's own.
const SECTIONS: [&str; 11] = [
    "IpAssignmentSection",
    "BootOrderSection",
    "StorageSection",
    "StorageGroupSection",
    "vServiceDependencySection",
    "CpuCompatibilitySection",
    "TagBasedPlacementSection",
    "TagBasedPlacementGroupSection",
    "VirtualDeviceGroupSection",
    "MigrationUpgradeRequisitesSection",
    "OvfInfo",
];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-ESX-01", "VMware's products read OVF 1.x alone")
        .reference("practice of VMware")
        .why("they do not know the namespace of 2.x, nor its items for disks and adapters")
        .help("bring it down with `ovfkit rewrite --ovf-version 1.1`")
        .targets(VMWARE)
        .instead_of(&["ENV-018"])
        .only(Editions::V2)
        .check(second_edition),
    Rule::error("INT-ESX-02", "the virtual hardware is none the host has")
        .reference("practice of VMware: releases of ESXi and their virtual hardware")
        .why("the host answers \"unsupported hardware family\"; each release runs its own and older ones")
        .help("name an older one such as `vmx-13` as well, and leave out devices that came later")
        .targets(VMWARE)
        .milder_for(RELAXED)
        .instead_of(&["VHW-008"])
        .fixable()
        .check(family),
    Rule::warning("INT-ESX-09", "a disk is no stream-optimised VMDK")
        .reference("practice of VMware")
        .why("disks in another format cannot be uploaded as they are")
        .help("convert it, or correct `ovf:format`")
        .targets(VMWARE)
        .instead_of(&["DSK-013a"])
        .check(streams::other_names)
        .around(streams::other_disks),
    Rule::warning("INT-ESX-11", "a host by itself has no vApps and no properties")
        .reference("practice of the ESXi host client")
        .why("collections, and properties handed to the guest, need vCenter")
        .help("import through vCenter, or ship one machine that does without properties")
        .targets(&[Importer::Esxi])
        .instead_of(&["COL-007"])
        .check(needs_vcenter),
    Rule::error("INT-ESX-15", "a section of another vendor is required")
        .reference("DSP0243 1.1 §7.3; practice of OVF Tool")
        .why("what is unknown and not optional makes VMware's products refuse the package")
        .help("write `ovf:required=\"false\"` on it, or remove it")
        .targets(VMWARE)
        .milder_for(RELAXED)
        .instead_of(&["EXT-002a", "EXT-009"])
        .check(other_sections),
    Rule::warning("INT-ESX-18", "a file is compressed with gzip")
        .reference("reports of users of the vSphere client")
        .why("OVF Tool unpacks it, the clients of vCenter and ESXi may not")
        .help("store the disk as it is; a stream-optimised VMDK is compressed already")
        .targets(HOSTS)
        .instead_of(&["REF-012"])
        .check(compressed),
    Rule::warning("INT-ESX-19", "a blank disk has what only one with content may have")
        .reference("documentation of VMware")
        .why("a disk without a file carries no format, no parent and no populated size")
        .help("leave the attribute out; VirtualBox wants a format all the same")
        .targets(&[Importer::Vsphere, Importer::Esxi, Importer::Vcd])
        .check(blank),
    Rule::info("EXT-008", "a section of VMware's namespace is none of its own")
        .reference("practice of VMware")
        .why("vSphere passes over it, or refuses it where it is required")
        .help("correct the name, or use a namespace of your own")
        .targets(VMWARE)
        .check(unknown_sections),
    Rule::warning("EXT-010", "a section of Cloud Director is required")
        .reference("practice of VMware")
        .why("only Cloud Director knows it, and others have to refuse what they do not know")
        .help("write `ovf:required=\"false\"` on it")
        .targets(NOT_VCD)
        .check(vcloud_sections),
    Rule::info("COL-102", "the order of booting names no device, or cannot be read")
        .reference("practice of VMware")
        .why("`vmw:BootOrderSection` names a device by its InstanceID and the kind `disk`, `cdrom` or `net`; others are passed over")
        .help("correct `vmw:instanceId` and `vmw:type`; in 1.x a `BootDeviceSection` is not read")
        .targets(VMWARE)
        .check(boot_order),
];

fn second_edition(document: &Document<'_>, sink: &mut Sink<'_>) {
    sink.at(document.written, "the namespace is that of 2.x");
}

/// The number of a kind of machine such as `vmx-13`.
pub(super) fn vmx(word: &str) -> Option<u8> {
    let number = word
        .get(..4)
        .filter(|start| start.eq_ignore_ascii_case("vmx-"));
    number.and_then(|_| word[4..].parse().ok())
}

fn family(document: &Document<'_>, sink: &mut Sink<'_>) {
    let Some(target) = sink.target else { return };
    let newest = target
        .hardware()
        .unwrap_or(ESX_HARDWARE[ESX_HARDWARE.len() - 1]);
    let desktop = target.importer() == Importer::Workstation;
    let runs = |number: u8| {
        let known = desktop && number >= ESX_HARDWARE[0] || ESX_HARDWARE.contains(&number);
        known && number <= newest
    };
    for (member, text) in hardware::written_types(document) {
        let words: Vec<_> = preferences(&text).collect();
        if words.is_empty() || words.iter().filter_map(|word| vmx(word)).any(runs) {
            continue;
        }
        let label = match words.iter().find_map(|word| vmx(word)) {
            None => "no `vmx-` and a number".to_owned(),
            Some(number) if number > newest => format!("`vmx-{newest}` is the newest"),
            Some(_) => "no release of ESXi has it".to_owned(),
        };
        sink.at(member, label);
    }
}

fn needs_vcenter(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in document.contents.iter().filter(|one| !one.is_system()) {
        sink.at(content.element, "is a vApp");
    }
    for section in document.sections_named("ProductSection") {
        if let Some(property) = child(section.element, "Property") {
            sink.at(property, "is a property");
        }
    }
}

fn other_sections(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in extensions::sections(document) {
        let ns = &section.name.ns;
        let known = ns.contains("vmware.com") || ns.contains("dmtf.org");
        if !known && !is_optional(section) {
            sink.at(section, "");
        }
    }
}

fn compressed(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, file) in disk_files(document) {
        if is_compressed(file) {
            sink.on(file, "compression", "");
        }
    }
}

fn blank(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().filter(|disk| is_blank(disk)) {
        let given = ["format", "parentRef", "populatedSize"].into_iter();
        let mut given =
            given.filter(|local| attr(disk, local).is_some_and(|text| !text.is_empty()));
        if let Some(local) = given.next() {
            sink.on(disk, local, "but no `ovf:fileRef`");
        }
    }
}

fn unknown_sections(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in extensions::sections(document) {
        if section.name.ns == VMW && !SECTIONS.contains(&&*section.name.local) {
            let label = format!("`vmw:{}` is unknown", shown(&section.name.local));
            sink.at(section, label);
        }
    }
}

fn vcloud_sections(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in extensions::sections(document) {
        if section.name.ns.contains("vmware.com/vcloud") && !is_optional(section) {
            sink.at(section, "");
        }
    }
}

fn boot_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    let ids: HashSet<&str> = document.devices().map(|item| item.id.as_str()).collect();
    for section in &document.sections {
        let element = section.element;
        if &*element.name.local != "BootOrderSection" || element.name.ns != VMW {
            continue;
        }
        let id = attr_anywhere(element, "instanceId").unwrap_or_default();
        let kind = attr_anywhere(element, "type").unwrap_or_default();
        if !ids.contains(id.trim_ascii()) {
            let label = format!("there is no device `{}`", shown(id));
            sink.on(element, "instanceId", label);
        } else if !["disk", "cdrom", "net"].contains(&kind) {
            sink.on(element, "type", format!("`{}` is no kind", shown(kind)));
        }
    }
}
