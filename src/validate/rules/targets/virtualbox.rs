//! VirtualBox: devices, as its reader of hardware sections takes them.

use super::{
    ADAPTER, CD, DISK, Document, Editions, IDE, Importer, Rule, SCSI, STORAGE, Sink, model_of,
    models, of_unknown_model, parents, shown,
};
use crate::validate::document::{Hardware, ItemAt, is_optional, member};
use crate::validate::target::Target;

const VIRTUALBOX: &[Importer] = &[Importer::VirtualBox];

/// The version whose limits are known.
const OLD: &str = "6.1";
/// The kinds of devices its reader handles.
const KINDS: [u32; 11] = [3, 4, 5, 6, 10, 14, 15, 17, 20, 23, 35];
/// The models of SATA controllers, which 6.1 has alone of the kind.
const SATA: [&str; 2] = ["ahci", "vmware.sata.ahci"];
/// Further models of the kind.
const NEWER: [&str; 4] = [
    "virtioscsi",
    "virtio-scsi",
    "nvme",
    "vmware.nvme.controller",
];
/// The most IDE controllers 6.1 makes.
const MOST_IDE: usize = 2;

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-VBX-03", "a device is of a kind VirtualBox does not know")
        .reference("source of VirtualBox")
        .why("the import stops at it; among the unknown kinds are DVD drives (16), video cards (24) and serial ports (21)")
        .help("write `ovf:required=\"false\"` on the item, or 15 for a DVD drive")
        .targets(VIRTUALBOX)
        .check(kinds),
    Rule::error("INT-VBX-04", "a storage controller is of a model VirtualBox does not have")
        .reference("source of VirtualBox")
        .why("the import stops at it; 6.1 knows SATA alone, 7 also virtio and NVMe")
        .help("write `vmware.sata.ahci` into `rasd:ResourceSubType`, which VMware reads too")
        .targets(VIRTUALBOX)
        .check(storage),
    Rule::error("INT-VBX-05", "a disk or CD drive hangs on no controller")
        .reference("source of VirtualBox")
        .why("the import stops at it")
        .help("write the `rasd:InstanceID` of a controller into `rasd:Parent`")
        .targets(VIRTUALBOX)
        .instead_of(&["VHW-019", "VHW-020a"])
        .check(parent),
    Rule::warning("INT-VBX-06", "a SCSI controller becomes an LsiLogic")
        .reference("source of VirtualBox")
        .why("a guest that has drivers for the model named alone does not boot")
        .help("name `lsilogic` as well, or use SATA")
        .targets(VIRTUALBOX)
        .check(scsi),
    Rule::warning("INT-VBX-07", "VirtualBox 6.1 leaves controllers out")
        .reference("source of VirtualBox 6.1")
        .why("it keeps one SATA, one SCSI and two IDE controllers; drives on others are lost")
        .help("hang the drives on one controller, or import with version 7")
        .targets(VIRTUALBOX)
        .check(controllers),
    Rule::warning("INT-VBX-08", "a network card is replaced by the usual one of the guest")
        .reference("source of VirtualBox")
        .why("PCNet32 and E1000 alone are known; the guest may call the other card by another name")
        .help("name `E1000` as well")
        .targets(VIRTUALBOX)
        .check(cards),
    Rule::warning("VHW-053", "a drive tells its size, but not in which blocks")
        .reference("source of VirtualBox")
        .why("VirtualBox checks quantities of a `StorageItem` against the sizes of blocks, and stops")
        .help("write `VirtualQuantityUnits`, `VirtualResourceBlockSize` and `HostResourceBlockSize`, or no quantities")
        .targets(VIRTUALBOX)
        .only(Editions::V2)
        .check(blocks),
    Rule::warning("DSK-023", "two drives show one disk")
        .reference("source of VirtualBox")
        .why("VirtualBox keeps one drive for a disk, so the first of the two is empty")
        .help("give each drive a disk of its own")
        .targets(VIRTUALBOX)
        .check(shared_disk),
];

fn kinds(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices() {
        if let Some(kind) = item.kind
            && !KINDS.contains(&kind)
            && !is_optional(item.element)
        {
            let place = member(item.element, "ResourceType").unwrap_or(item.element);
            sink.at(place, format!("{kind} is unknown and required"));
        }
    }
}

fn is_old(sink: &Sink<'_>) -> bool {
    sink.target.and_then(Target::version) == Some(OLD)
}

fn storage(document: &Document<'_>, sink: &mut Sink<'_>) {
    let old = is_old(sink);
    let is_known = |model: &str| SATA.contains(&model) || !old && NEWER.contains(&model);
    for item in of_unknown_model(document, STORAGE, is_known) {
        sink.at(model_of(item), "is unknown");
    }
}

fn parent(document: &Document<'_>, sink: &mut Sink<'_>) {
    for machine in document.machines() {
        let known = parents::by_id(machine);
        let drives = parents::drives(machine).filter(|item| item.is(DISK) || item.is(CD));
        for drive in drives {
            match &drive.parent {
                None => sink.at(drive.element, "has no `rasd:Parent`"),
                Some(id) if !known.contains_key(id.as_str()) => {
                    let label = format!("there is no device `{}`", shown(id));
                    sink.at(parents::parent_of(drive), label);
                }
                Some(_) => {}
            }
        }
    }
}

fn scsi(document: &Document<'_>, sink: &mut Sink<'_>) {
    let known = ["lsilogic", "buslogic", "lsilogicsas"];
    for item in of_unknown_model(document, SCSI, |model| known.contains(&model)) {
        sink.at(model_of(item), "is unknown");
    }
}

fn controllers(document: &Document<'_>, sink: &mut Sink<'_>) {
    if !is_old(sink) {
        return;
    }
    for machine in document.machines() {
        let sata = |item: &ItemAt<'_>| {
            let models = models(item);
            item.is(STORAGE) && models.iter().any(|model| SATA.contains(&model.as_str()))
        };
        beyond(machine, 1, sata, sink);
        beyond(machine, 1, |item| item.is(SCSI), sink);
        beyond(machine, MOST_IDE, |item| item.is(IDE), sink);
    }
}

/// Tells of the controllers of one kind that are more than `most`.
fn beyond(
    machine: &Hardware<'_>,
    most: usize,
    is_of_kind: impl Fn(&ItemAt<'_>) -> bool,
    sink: &mut Sink<'_>,
) {
    let all = machine.items.iter().filter(|item| is_of_kind(item));
    for item in all.skip(most) {
        sink.at(item.element, format!("{most} of the kind are kept"));
    }
}

fn cards(document: &Document<'_>, sink: &mut Sink<'_>) {
    // Old versions of vCenter wrote one zero too many.
    let known = ["pcnet32", "e1000", "e10000"];
    for item in of_unknown_model(document, ADAPTER, |model| known.contains(&model)) {
        sink.at(model_of(item), "is unknown");
    }
}

fn blocks(document: &Document<'_>, sink: &mut Sink<'_>) {
    let drives = document.devices();
    for item in drives.filter(|item| &*item.element.name.local == "StorageItem") {
        let positive = |name| item.number(name).is_some_and(|number| number > 0);
        let lacks = |name| member(item.element, name).is_none();
        let units = item.text("VirtualQuantityUnits").unwrap_or_default();
        let label = if positive("VirtualQuantity") && lacks("VirtualQuantityUnits") {
            "has no `VirtualQuantityUnits`"
        } else if positive("VirtualQuantity") && lacks("VirtualResourceBlockSize") {
            "has no `VirtualResourceBlockSize`"
        } else if positive("Reservation") && lacks("HostResourceBlockSize") {
            "has no `HostResourceBlockSize`"
        } else if units == "count" && item.number("VirtualResourceBlockSize") == Some(1) {
            "blocks of one byte are not counted"
        } else {
            continue;
        };
        sink.at(item.element, label);
    }
}

fn shared_disk(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known = std::collections::HashSet::new();
    for item in super::disk_drives(document) {
        let disk = item.resources.first();
        let disk = disk.and_then(|resource| document.disk_behind(resource));
        if let Some(disk) = disk
            && !known.insert(disk.span.start)
        {
            let place = member(item.element, "HostResource").unwrap_or(item.element);
            sink.at(place, "another drive shows it");
        }
    }
}
