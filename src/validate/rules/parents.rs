//! What devices hang on, and what backs them.

use std::collections::{HashMap, HashSet};

use super::{Document, Rule, Sink, shown};
use crate::envelope::HostResource;
use crate::envelope::cim::ResourceType;
use crate::validate::document::{Hardware, ItemAt, attr, member};
use crate::xml::Element;

/// A disk, by CIM.
pub(in crate::validate) const DISK: u32 = 17;

pub(super) const RULES: &[Rule] = &[
    Rule::error("VHW-019", "a device hangs on one that is not there")
        .reference("DSP0243 1.1 §8.3")
        .why("VirtualBox stops, Proxmox VE passes over the disk")
        .help("write the `rasd:InstanceID` of a controller of the section")
        .check(unresolved),
    Rule::error("VHW-020", "a device hangs on one it cannot hang on")
        .reference("DSP0243 1.1 §8.3")
        .why("drives hang on controllers, and nothing on itself")
        .help("write the `rasd:InstanceID` of a controller for drives")
        .check(wrong_parent),
    Rule::warning("VHW-020a", "a drive hangs on nothing")
        .reference("practice of VirtualBox, Proxmox VE and virt-v2v")
        .why("the importer chooses a controller, or passes over the drive")
        .help("write the `rasd:InstanceID` of a controller into `rasd:Parent`")
        .check(no_parent),
    Rule::error(
        "VHW-021",
        "the address of a device on its parent is no number",
    )
    .reference("DSP0243 1.1 §8.3")
    .why("the place on the controller cannot be told")
    .help("write a whole number from 0")
    .fixable()
    .check(address_form),
    Rule::warning("VHW-021a", "two devices have one address on their parent")
        .reference("DSP0243 1.1 §8.3")
        .why("a place on a controller takes one drive; importers move the other, or refuse it")
        .help("renumber one of them")
        .fixable()
        .check(address_taken),
    Rule::warning(
        "VHW-022",
        "the address of a drive is out of the range of its controller",
    )
    .reference("practice of all platforms")
    .why("an IDE controller has 0 and 1, a SCSI controller 0 to 15 without its own 7, SATA 0 to 29")
    .help("use a free address in the range")
    .fixable()
    .check(address_range),
    Rule::warning("VHW-023", "a disk has no address on its parent")
        .reference("practice of Proxmox VE")
        .why("Proxmox VE names disks by it")
        .help("write a number from 0 into `rasd:AddressOnParent`")
        .fixable()
        .check(no_address),
    Rule::warning("VHW-024", "disks are not in the order of their addresses")
        .reference("practice of virt-v2v, Proxmox VE and Google's importer")
        .why("some importers boot from the first item, others from the lowest address")
        .help("list the disk to boot from first, and give it the lowest address")
        .fixable()
        .check(disk_order),
    Rule::error("VHW-033", "what backs a drive cannot be read")
        .reference("DSP0243 1.1 §8.3")
        .why("importers know `ovf:/disk/` and `ovf:/file/` with an id behind, and stop at others")
        .help("write `ovf:/disk/` and the `ovf:diskId`")
        .check(unreadable),
    Rule::info("VHW-033a", "what backs a drive is spelled in an old way")
        .reference("DSP0243 1.1 §8.3")
        .why("all importers read `/disk/`, but the standard has `ovf:/disk/`")
        .help("write `ovf:` in front")
        .fixable()
        .check(old_form),
    Rule::error(
        "VHW-035",
        "a drive is backed by a disk or file that is not there",
    )
    .reference("DSP0243 1.1 §8.3")
    .why("the machine has a drive without content; VirtualBox and vSphere stop")
    .help("write the id of a disk in the DiskSection, or of a file in References")
    .check(missing),
    Rule::warning("VHW-035a", "a disk drive is backed by nothing")
        .reference("DSP0243 1.1 §8.3")
        .why("importers pass over it, or stop")
        .help("write `ovf:/disk/` and the `ovf:diskId` into `rasd:HostResource`")
        .check(unbacked),
    Rule::warning("VHW-036", "what backs a drive has two slashes")
        .reference("practice of virt-v2v and Proxmox VE")
        .why("they read `ovf:/disk/` and `/disk/` alone")
        .help("write one slash behind `ovf:`")
        .fixable()
        .check(two_slashes),
    Rule::warning("VHW-037", "a CD drive is backed by a disk")
        .reference("DSP0243 1.1 §8.3; practice of VirtualBox")
        .why("only VirtualBox lists images of CDs among the disks")
        .help("write `ovf:/file/` and the id of the `File`")
        .check(cd_disk),
];

/// The first device of each id.
fn by_id<'a, 'd>(hardware: &'a Hardware<'d>) -> HashMap<&'a str, &'a ItemAt<'d>> {
    let mut known = HashMap::new();
    for item in hardware.items.iter().filter(|item| !item.id.is_empty()) {
        known.entry(item.id.as_str()).or_insert(item);
    }
    known
}

/// The element that names the parent.
fn parent_of<'d>(item: &ItemAt<'d>) -> &'d Element {
    member(item.element, "Parent").unwrap_or(item.element)
}

fn unresolved(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let known = by_id(hardware);
        for item in &hardware.items {
            if let Some(parent) = &item.parent
                && !known.contains_key(parent.as_str())
            {
                sink.at(
                    parent_of(item),
                    format!("there is no device `{}`", shown(parent)),
                );
            }
        }
    }
}

/// Whether drives hang on such a device.
pub(in crate::validate) fn is_controller(item: &ItemAt<'_>) -> bool {
    let kind = item.kind.and_then(|kind| u16::try_from(kind).ok());
    kind.is_some_and(|kind| ResourceType(kind).is_controller())
}

fn wrong_parent(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let known = by_id(hardware);
        // Devices whose ancestors were followed to an end without coming back.
        let mut settled: HashSet<&str> = HashSet::new();
        for item in &hardware.items {
            let Some(parent) = item.parent.as_deref().and_then(|id| known.get(id)) else {
                continue;
            };
            let mut path: HashSet<&str> = HashSet::new();
            let mut at = Some(item.id.as_str());
            let mut cyclic = false;
            while let Some(id) = at.filter(|id| !settled.contains(id)) {
                if !path.insert(id) {
                    cyclic = true;
                    break;
                }
                at = known.get(id).and_then(|item| item.parent.as_deref());
            }
            settled.extend(path);
            let drive = matches!(item.kind, Some(15..=17));
            if cyclic {
                sink.at(parent_of(item), "leads back to the device");
            } else if drive && parent.kind.is_some() && !is_controller(parent) {
                sink.at(parent_of(item), "is no controller for drives");
            }
        }
    }
}

/// The first share of each device that is a drive: the others may leave out what it says.
pub(in crate::validate) fn drives<'a, 'd>(
    hardware: &'a Hardware<'d>,
) -> impl Iterator<Item = &'a ItemAt<'d>> {
    let mut known = HashSet::new();
    let drives = hardware
        .items
        .iter()
        .filter(|item| item.is_drive() && item.bound.is_empty());
    drives.filter(move |item| item.id.is_empty() || known.insert(item.id.as_str()))
}

fn no_parent(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.machines().flat_map(drives) {
        if matches!(item.kind, Some(15..=17)) && item.parent.is_none() {
            sink.at(item.element, "has no `rasd:Parent`");
        }
    }
}

/// Where on its parent a device is.
pub(in crate::validate) fn address(item: &ItemAt<'_>) -> Option<u64> {
    item.number("AddressOnParent")
}

/// The element that has the address.
fn address_of<'d>(item: &ItemAt<'d>) -> &'d Element {
    member(item.element, "AddressOnParent").unwrap_or(item.element)
}

fn address_form(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices() {
        let text = item.text("AddressOnParent").unwrap_or_default();
        if !text.is_empty() && text.parse::<u64>().is_err() {
            sink.at(address_of(item), "");
        }
    }
}

fn address_taken(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let mut known: HashSet<(&str, u64, &[&str])> = HashSet::new();
        for item in drives(hardware) {
            if let (Some(parent), Some(address)) = (&item.parent, address(item))
                && !known.insert((parent, address, &item.configurations))
            {
                sink.at(address_of(item), "another device is there");
            }
        }
    }
}

/// Whether the controller `parent` has the place `address`.
pub(in crate::validate) fn has_place(parent: &ItemAt<'_>, address: u64) -> bool {
    let model = parent
        .text("ResourceSubType")
        .unwrap_or_default()
        .to_ascii_lowercase();
    match parent.kind {
        Some(5) => address <= 3,
        Some(6) if model.contains("virtualscsi") => address <= 64 && address != 7,
        Some(6) => address <= 15 && address != 7,
        Some(20) if model.contains("ahci") => address <= 29,
        _ => true,
    }
}

fn address_range(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let known = by_id(hardware);
        for item in drives(hardware) {
            let parent = item.parent.as_deref().and_then(|parent| known.get(parent));
            let (Some(parent), Some(address)) = (parent, address(item)) else {
                continue;
            };
            if !has_place(parent, address) {
                sink.at(address_of(item), "the controller has no such place");
            }
        }
    }
}

fn no_address(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document
        .machines()
        .flat_map(drives)
        .filter(|item| item.is(DISK))
    {
        if item.text("AddressOnParent").unwrap_or_default().is_empty() {
            sink.at(item.element, "has no `rasd:AddressOnParent`");
        }
    }
}

fn disk_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let mut last: HashMap<&str, u64> = HashMap::new();
        for item in drives(hardware).filter(|item| item.is(DISK)) {
            let (Some(parent), Some(address)) = (&item.parent, address(item)) else {
                continue;
            };
            if last
                .insert(parent, address)
                .is_some_and(|before| before > address)
            {
                sink.at(address_of(item), "is lower than that of the disk before");
            }
        }
    }
}

/// What backs drives, with the drive and the element that says so.
fn backings<'a, 'd>(
    document: &'a Document<'d>,
) -> impl Iterator<Item = (&'a ItemAt<'d>, &'a str, &'d Element)> {
    let drives = document.devices().filter(|item| item.is_drive());
    drives.filter_map(|item| {
        let first = item.resources.first()?;
        Some((item, first.as_str(), member(item.element, "HostResource")?))
    })
}

fn unreadable(document: &Document<'_>, sink: &mut Sink<'_>) {
    // oVirt repeats the reference of the disk to its file, or the name of that.
    let attributes = |local| {
        document
            .files
            .iter()
            .filter_map(move |file| attr(file, local))
    };
    let files: HashSet<&str> = attributes("id").chain(attributes("href")).collect();
    for (_, text, place) in backings(document).filter(|(item, ..)| item.is(DISK)) {
        if HostResource::parse(text).is_none() && !files.contains(text) {
            sink.at(place, "neither `ovf:/disk/…` nor `ovf:/file/…`");
        }
    }
}

fn old_form(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, text, place) in backings(document) {
        if let Some(resource) = HostResource::parse(text)
            && !text.contains("://")
            && resource.to_string() != text
        {
            sink.at(
                place,
                format!("should be `{}`", shown(&resource.to_string())),
            );
        }
    }
}

fn missing(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, text, place) in backings(document) {
        match HostResource::parse(text) {
            Some(HostResource::Disk(id)) if !document.disk_of.contains_key(id.as_str()) => {
                sink.at(place, format!("there is no disk `{}`", shown(&id)));
            }
            Some(HostResource::File(id)) if !document.file_of.contains_key(id.as_str()) => {
                sink.at(place, format!("there is no file `{}`", shown(&id)));
            }
            _ => {}
        }
    }
}

fn unbacked(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document
        .machines()
        .flat_map(drives)
        .filter(|item| item.is(DISK))
    {
        if item.resources.is_empty() {
            sink.at(item.element, "has no `rasd:HostResource`");
        }
    }
}

fn two_slashes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, text, place) in backings(document).filter(|(_, text, _)| text.contains("://")) {
        if let Some(resource) = HostResource::parse(text) {
            sink.at(
                place,
                format!("should be `{}`", shown(&resource.to_string())),
            );
        }
    }
}

fn cd_disk(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (item, text, place) in backings(document) {
        let cd = item.is(15) || item.is(16);
        if cd && matches!(HostResource::parse(text), Some(HostResource::Disk(_))) {
            sink.at(place, "names a disk");
        }
    }
}
