//! VMware's products: devices and their models.

use std::collections::HashMap;

use super::{
    ADAPTER, CD, DVD, Document, IDE, Importer, Rule, SCSI, STORAGE, Sink, USB, VMWARE, model_of,
    models, of_unknown_model, parents, shown,
};
use crate::validate::document::{is_optional, member};

/// Whose users can go on after a fault was told.
const RELAXED: &[Importer] = &[Importer::Workstation];

/// The SCSI controllers, in small letters.
const SCSI_MODELS: [&str; 6] = [
    "buslogic",
    "lsilogic",
    "lsilogicsas",
    "lsilogic-sas",
    "virtualscsi",
    "pvscsi",
];
/// The network cards, in small letters.
const ADAPTERS: [&str; 9] = [
    "e1000",
    "e1000e",
    "vmxnet3",
    "vmxnet",
    "vmxnet2",
    "pcnet32",
    "sriovethernetcard",
    "vmxnet3vrdma",
    // As old versions of vCenter wrote it.
    "e10000",
];
/// VirtualBox' names of IDE controllers, in small letters.
const VIRTUALBOX_IDE: [&str; 3] = ["piix3", "piix4", "ich6"];
/// The most SCSI controllers of a machine.
const MOST_SCSI: usize = 4;
/// The address of a SCSI controller on its own bus.
const OWN_UNIT: u64 = 7;
/// The kind VirtualBox gives to sound cards.
const SOUND: u32 = 35;

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-ESX-04", "a SCSI controller is of a model VMware does not have")
        .reference("practice of VMware; source of govmomi")
        .why("the import stops with \"unsupported value\"")
        .help("write `lsilogic`, `lsilogicsas` or `VirtualSCSI` into `rasd:ResourceSubType`")
        .targets(VMWARE)
        .check(|document, sink| {
            unknown_model(document, sink, SCSI, |model| SCSI_MODELS.contains(&model));
        }),
    Rule::error("INT-ESX-05", "a storage controller is of a model VMware does not have")
        .reference("practice of VMware; source of govmomi")
        .why("only SATA, NVMe and memory modules are known of this kind")
        .help("write `vmware.sata.ahci` or `vmware.nvme.controller` into `rasd:ResourceSubType`")
        .targets(VMWARE)
        .check(|document, sink| {
            unknown_model(document, sink, STORAGE, |model| {
                let named = ["ahci", "vmware.sata.ahci", "vmware.nvme.controller"];
                named.contains(&model) || model.starts_with("vmware.nvdimm.")
            });
        }),
    Rule::warning("INT-ESX-05a", "a SATA controller is named as VirtualBox names it")
        .reference("reports of users of vSphere")
        .why("older hosts answer \"unsupported value AHCI\", or know no device of kind 20")
        .help("write `vmware.sata.ahci`, which VirtualBox reads too")
        .targets(VMWARE)
        .fixable()
        .check(plain_ahci),
    Rule::error("INT-ESX-06", "a network card is of a model VMware does not have")
        .reference("practice of VMware; source of govmomi")
        .why("the import stops with \"unknown ethernet card type\"")
        .help("write `E1000` or `VmxNet3` into `rasd:ResourceSubType`, or leave it out")
        .targets(VMWARE)
        .check(|document, sink| {
            unknown_model(document, sink, ADAPTER, |model| ADAPTERS.contains(&model));
        }),
    Rule::warning("INT-ESX-07", "a USB controller does not tell its generation")
        .reference("practice of VMware; source of govmomi")
        .why("the machine is made without it")
        .help("write `vmware.usb.ehci` or `vmware.usb.xhci` into `rasd:ResourceSubType`")
        .targets(VMWARE)
        .check(usb),
    Rule::error("INT-ESX-08", "a sound card is of the kind VirtualBox made up")
        .reference("reports of users of vSphere")
        .why("35 is no kind of CIM, and the import stops at it; VMware's own are of kind 1")
        .help("remove the device, or write `ovf:required=\"false\"` on it")
        .targets(VMWARE)
        .milder_for(RELAXED)
        .instead_of(&["VHW-014a"])
        .fixable()
        .check(sound),
    Rule::warning("INT-ESX-12", "a drive or controller is beyond what a machine of VMware has")
        .reference("practice of VMware; source of govmomi")
        .why("there are four SCSI controllers, address 7 is the controller's own, and CD drives hang on IDE or SATA")
        .help("use other addresses, fewer controllers, or another controller for the CD")
        .targets(VMWARE)
        .instead_of(&["VHW-022"])
        .check(places),
    Rule::error("INT-ESX-14", "an IDE controller is of a model of VirtualBox")
        .reference("reports of users of vSphere")
        .why("the import stops with \"unsupported value PIIX4\"")
        .help("remove `rasd:ResourceSubType`, which IDE controllers do without")
        .targets(VMWARE)
        .milder_for(RELAXED)
        .check(virtualbox_ide),
    Rule::warning("VHW-071", "a memory module hangs on no controller for such")
        .reference("practice of VMware")
        .why("the parent of a `vmware.nvdimm.device` is a `vmware.nvdimm.controller`")
        .help("add the controller, and write its InstanceID into `rasd:Parent`")
        .targets(VMWARE)
        .check(memory_modules),
];

/// Tells of the required devices of the `kind` that name no model that `is_known`.
fn unknown_model(
    document: &Document<'_>,
    sink: &mut Sink<'_>,
    kind: u32,
    is_known: impl Fn(&str) -> bool,
) {
    for item in of_unknown_model(document, kind, is_known) {
        if !is_optional(item.element) {
            sink.at(model_of(item), "is unknown");
        }
    }
}

fn plain_ahci(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(STORAGE)) {
        let models = models(item);
        if models.iter().any(|model| model == "ahci")
            && !models.iter().any(|model| model == "vmware.sata.ahci")
            && !is_optional(item.element)
        {
            sink.at(model_of(item), "should be `vmware.sata.ahci`");
        }
    }
}

fn usb(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(USB)) {
        let known = ["vmware.usb.ehci", "vmware.usb.xhci"];
        let named = models(item)
            .iter()
            .any(|model| known.contains(&model.as_str()));
        if !named && !is_optional(item.element) {
            sink.at(model_of(item), "neither `ehci` nor `xhci`");
        }
    }
}

fn sound(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(SOUND)) {
        if !is_optional(item.element) {
            let place = member(item.element, "ResourceType").unwrap_or(item.element);
            sink.at(place, "is VirtualBox' own");
        }
    }
}

fn places(document: &Document<'_>, sink: &mut Sink<'_>) {
    for machine in document.machines() {
        let known = parents::by_id(machine);
        let controllers = known.values().filter(|item| item.is(SCSI)).count();
        let mut controllers_told = controllers <= MOST_SCSI;
        for item in &machine.items {
            if item.is(SCSI) && !controllers_told {
                controllers_told = true;
                sink.at(item.element, format!("one of {controllers} controllers"));
            }
        }
        for drive in parents::drives(machine) {
            let parent = drive.parent.as_deref().and_then(|id| known.get(id));
            let on_scsi = parent.is_some_and(|parent| parent.is(SCSI));
            let address = drive.number("AddressOnParent");
            if on_scsi && address == Some(OWN_UNIT) {
                sink.at(parents::address_of(drive), "is that of the controller");
            }
            let cd = drive.is(CD) || drive.is(DVD);
            if cd && !parent.is_some_and(|parent| parent.is(IDE) || parent.is(STORAGE)) {
                sink.at(drive.element, "a CD drive hangs on neither IDE nor SATA");
            }
        }
    }
}

fn virtualbox_ide(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(IDE)) {
        let models = models(item);
        let own = models
            .iter()
            .find(|model| VIRTUALBOX_IDE.contains(&model.as_str()));
        if let Some(model) = own
            && !is_optional(item.element)
        {
            sink.at(model_of(item), format!("`{}`", shown(model)));
        }
    }
}

fn memory_modules(document: &Document<'_>, sink: &mut Sink<'_>) {
    let is = |item: &_, wanted: &str| models(item).iter().any(|model| model == wanted);
    for machine in document.machines() {
        let known: HashMap<_, _> = parents::by_id(machine);
        for item in &machine.items {
            if !is(item, "vmware.nvdimm.device") {
                continue;
            }
            let parent = item.parent.as_deref().and_then(|id| known.get(id));
            if !parent.is_some_and(|parent| is(parent, "vmware.nvdimm.controller")) {
                sink.at(parents::parent_of(item), "no `vmware.nvdimm.controller`");
            }
        }
    }
}
