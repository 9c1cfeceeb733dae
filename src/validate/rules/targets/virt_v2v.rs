//! virt-v2v.

use super::{
    Document, Importer, Rule, Sink, disk_drives, first_edition, hardware, memory_in_mebibytes,
    parents, shown, system_on_top,
};
use crate::envelope::vmw::FIRMWARE;
use crate::validate::document::{attr, file_ref, member};
use crate::xml::Element;

const VIRT_V2V: &[Importer] = &[Importer::VirtV2v];

/// The controllers it knows: IDE, SCSI and SATA.
const CONTROLLERS: [u32; 3] = [super::IDE, super::SCSI, super::STORAGE];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-V2V-01", "virt-v2v finds no machine")
        .reference("source of virt-v2v")
        .why("it looks for a VirtualSystem directly below an envelope of OVF 1.x")
        .help("bring it down with `ovfkit rewrite --ovf-version 1.1`; ship machines one by one")
        .targets(VIRT_V2V)
        .instead_of(&["ENV-018", "COL-007"])
        .check(|document, sink| {
            first_edition(document, sink);
            system_on_top(document, sink);
        }),
    Rule::error("INT-V2V-02", "what backs a disk drive does not lead to a file")
        .reference("source of virt-v2v")
        .why("it follows `ovf:/disk/` or `/disk/` to the disk and its file, and stops where one is missing")
        .help("write `ovf:/disk/` and the `ovf:diskId` into `rasd:HostResource`")
        .targets(VIRT_V2V)
        .instead_of(&["VHW-033", "VHW-035", "VHW-035a", "VHW-036", "DSK-005"])
        .check(chains),
    Rule::error("INT-V2V-03", "a compression or firmware is one virt-v2v does not know")
        .reference("source of virt-v2v")
        .why("it stops at compressions other than gzip, and at firmware other than `efi` and `bios`")
        .help("store the disk as it is; write `efi` or `bios`")
        .targets(VIRT_V2V)
        .instead_of(&["VHW-058", "REF-009"])
        .check(values),
    Rule::warning("INT-V2V-04", "memory is not in MiB, or a disk hangs on nothing virt-v2v knows")
        .reference("source of virt-v2v")
        .why("the unit is not looked at; a disk whose parent is no numbered controller of kind 5, 6 or 20 goes elsewhere")
        .help("write `byte * 2^20`, and the number of a controller into `rasd:Parent`")
        .targets(VIRT_V2V)
        .instead_of(&["VHW-017", "VHW-019", "VHW-020a", "VHW-028"])
        .check(amounts_and_parents),
];

/// Why virt-v2v does not get from what backs a drive to a file.
fn broken_at<'d>(
    document: &Document<'d>,
    resource: &str,
    place: &'d Element,
) -> Option<(&'d Element, String)> {
    let path = resource.strip_prefix("ovf:").unwrap_or(resource);
    let Some(id) = path.strip_prefix("/disk/") else {
        return Some((place, "is not `ovf:/disk/` and an id".to_owned()));
    };
    let Some(disk) = document.disk_of.get(id) else {
        return Some((place, format!("there is no disk `{}`", shown(id))));
    };
    let missing = file_ref(disk).filter(|_| document.file_behind(disk).is_none());
    missing.map(|id| (*disk, format!("there is no file `{}`", shown(id))))
}

fn chains(document: &Document<'_>, sink: &mut Sink<'_>) {
    for drive in disk_drives(document) {
        let place = member(drive.element, "HostResource").unwrap_or(drive.element);
        match drive.resources.first() {
            None => sink.at(place, "has no `rasd:HostResource`"),
            Some(resource) => {
                if let Some((place, label)) = broken_at(document, resource, place) {
                    sink.at(place, label);
                }
            }
        }
    }
}

fn values(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in document.files.iter().copied() {
        let compression = attr(file, "compression").unwrap_or_default().trim_ascii();
        if !matches!(compression, "" | "identity" | "gzip") {
            sink.on(file, "compression", format!("`{}`", shown(compression)));
        }
    }
    for machine in document.machines() {
        for setting in hardware::settings(machine.element, FIRMWARE) {
            let value = hardware::value(setting);
            if !["efi", "bios"].contains(&value) {
                sink.on(setting, "value", format!("`{}`", shown(value)));
            }
        }
    }
}

fn amounts_and_parents(document: &Document<'_>, sink: &mut Sink<'_>) {
    memory_in_mebibytes(document, sink);
    for machine in document.machines() {
        let known = parents::by_id(machine);
        for drive in parents::drives(machine).filter(|item| item.is(super::DISK)) {
            let label = match drive.parent.as_deref() {
                None => "has no `rasd:Parent`",
                Some(id) if id.parse::<u32>().is_err() => "is no number",
                Some(id) => match known.get(id).and_then(|parent| parent.kind) {
                    Some(kind) if CONTROLLERS.contains(&kind) => continue,
                    _ => "is no controller of kind 5, 6 or 20",
                },
            };
            sink.at(parents::parent_of(drive), label);
        }
    }
}
