//! The rules of importers, a file each.
//!
//! They are looked for only when the importer is a target. What holds for all who read
//! descriptors is a rule of everybody, and `validate::mind` tells who minds it.

mod aws;
mod cloudstack;
mod disks_alone;
mod gcp;
mod incus;
mod kubevirt;
mod manifests;
mod ovirt;
mod proxmox;
mod several;
mod streams;
mod vcd;
mod virt_v2v;
mod virtualbox;
mod virtualbox_values;
mod vmware;
mod vmware_devices;
mod vmware_values;
mod xen;

use super::{Document, Editions, Rule, Sink, hardware, numbers, parents, shown, systems};
use crate::envelope::Version;
use crate::envelope::cim::preferences;
use crate::envelope::units::Unit;
use crate::validate::document::{ContentAt, ItemAt, attr, attr_anywhere, file_ref, member};
use crate::validate::target::{Importer, VMWARE};
use crate::xml::Element;

/// The table.
pub(in crate::validate) const FAMILIES: &[&[Rule]] = &[
    several::RULES,
    manifests::RULES,
    vmware::RULES,
    vmware_devices::RULES,
    vmware_values::RULES,
    vcd::RULES,
    virtualbox::RULES,
    virtualbox_values::RULES,
    proxmox::RULES,
    virt_v2v::RULES,
    ovirt::RULES,
    kubevirt::RULES,
    incus::RULES,
    cloudstack::RULES,
    xen::RULES,
    aws::RULES,
    gcp::RULES,
    disks_alone::RULES,
];

// The kinds of devices, by CIM.
const PROCESSOR: u32 = 3;
const MEMORY: u32 = 4;
const IDE: u32 = 5;
const SCSI: u32 = 6;
const ADAPTER: u32 = 10;
const CD: u32 = 15;
const DVD: u32 = 16;
const DISK: u32 = 17;
/// SATA, NVMe and others, by the subtype.
const STORAGE: u32 = 20;
const USB: u32 = 23;

/// The first number of an operating system the vendors disagree about.
const FIRST_AMBIGUOUS: u16 = 112;

/// The models of a device, best first and in small letters, as importers compare them.
fn models(item: &ItemAt<'_>) -> Vec<String> {
    let list = item.text("ResourceSubType").unwrap_or_default();
    preferences(&list).map(str::to_ascii_lowercase).collect()
}

/// The element that tells the model of a device.
fn model_of<'d>(item: &ItemAt<'d>) -> &'d Element {
    member(item.element, "ResourceSubType").unwrap_or(item.element)
}

/// The devices of the `kind` that name models of which none `is_known`. A device without a
/// model gets the importer's usual one.
fn of_unknown_model<'a, 'd>(
    document: &'a Document<'d>,
    kind: u32,
    is_known: impl Fn(&str) -> bool,
) -> impl Iterator<Item = &'a ItemAt<'d>> {
    let devices = document.devices().filter(move |item| item.is(kind));
    devices.filter(move |item| {
        let models = models(item);
        !models.is_empty() && !models.iter().any(|model| is_known(model))
    })
}

/// The disk drives, each once.
fn disk_drives<'a, 'd>(document: &'a Document<'d>) -> impl Iterator<Item = &'a ItemAt<'d>> {
    let drives = document.machines().flat_map(parents::drives);
    drives.filter(|item| item.is(DISK))
}

/// The file of each disk that has one, with the disk.
fn disk_files<'d>(document: &Document<'d>) -> Vec<(&'d Element, &'d Element)> {
    let disks = document.disks.iter().copied();
    disks
        .filter_map(|disk| Some((disk, document.file_behind(disk)?)))
        .collect()
}

/// Whether the disk comes without content.
fn is_blank(disk: &Element) -> bool {
    file_ref(disk).is_none()
}

/// The format of a disk that has content and names one.
fn format_of_content(disk: &Element) -> Option<&str> {
    let format = attr(disk, "format").filter(|_| !is_blank(disk));
    format
        .map(str::trim_ascii)
        .filter(|format| !format.is_empty())
}

/// Whether the URI is that of a stream-optimised VMDK, also by its older name.
fn is_stream_optimised(format: &str) -> bool {
    let format = format.to_ascii_lowercase();
    format.contains("vmdk.html")
        && (format.ends_with("#streamoptimized") || format.ends_with("#compressed"))
}

/// Whether a file has to be unpacked by who reads it.
fn is_compressed(file: &Element) -> bool {
    let compression = attr(file, "compression").unwrap_or_default();
    !matches!(compression.trim_ascii(), "" | "identity")
}

/// Whether a file is cut in chunks.
fn is_chunked(file: &Element) -> bool {
    attr(file, "chunkSize").is_some_and(|size| !size.trim_ascii().is_empty())
}

/// Tells of capacities that are no plain number, which only vSphere looks up.
fn capacity_is_number(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        if let Some(capacity) = attr(disk, "capacity")
            && capacity.trim_ascii().parse::<i64>().is_err()
        {
            let label = format!("`{}` is no whole number", shown(capacity));
            sink.on(disk, "capacity", label);
        }
    }
}

/// The virtual systems directly below the envelope.
fn outermost_systems<'a, 'd>(
    document: &'a Document<'d>,
) -> impl Iterator<Item = &'a ContentAt<'d>> {
    let contents = document.contents.iter();
    contents.filter(|content| content.parent.is_none() && content.is_system())
}

/// Tells that no virtual system stands directly below the envelope.
fn system_on_top(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut others = document.contents.iter();
    if outermost_systems(document).next().is_none() {
        match others.find(|content| content.parent.is_none()) {
            Some(collection) => sink.at(collection.element, "the machines are in a collection"),
            None => sink.at(document.written, "there is no `VirtualSystem`"),
        }
    }
}

/// Tells that the envelope is not of 1.x.
fn first_edition(document: &Document<'_>, sink: &mut Sink<'_>) {
    if document.version != Version::V1 {
        let label = format!("the namespace is that of {}", document.version);
        sink.at(document.written, label);
    }
}

/// Tells of amounts of memory whose unit is another than MiB, for those who do not look at
/// it.
fn memory_in_mebibytes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, unit) in numbers::inherited(document, MEMORY, "AllocationUnits") {
        let Some(unit) = unit.as_deref().filter(|unit| !unit.is_empty()) else {
            continue;
        };
        if Unit::parse(unit) != Some(Unit::MEBIBYTE) {
            let place = member(element, "AllocationUnits").unwrap_or(element);
            sink.at(place, format!("`{}` is not MiB", shown(unit)));
        }
    }
}

/// What the numbers of operating systems are, with their sections.
fn system_ids<'d>(document: &Document<'d>) -> Vec<(&'d Element, u16)> {
    let id = |section| attr(section, "id")?.trim_ascii().parse().ok();
    let sections = systems::systems(document).into_iter();
    sections
        .filter_map(|section| Some((section, id(section)?)))
        .collect()
}

/// VMware's name of an operating system.
fn guest_id(section: &Element) -> Option<&str> {
    attr_anywhere(section, "osType")
        .map(str::trim_ascii)
        .filter(|name| !name.is_empty())
}

/// Tells of settings that choose EFI.
fn efi(document: &Document<'_>, sink: &mut Sink<'_>, label: &str) {
    use crate::envelope::vmw::FIRMWARE;
    for machine in document.machines() {
        for setting in hardware::settings(machine.element, FIRMWARE) {
            if hardware::value(setting) == "efi" {
                sink.at(setting, label);
            }
        }
    }
}
