//! Proxmox VE.

use super::{
    ADAPTER, Document, FIRST_AMBIGUOUS, IDE, Importer, MEMORY, PROCESSOR, Rule, SCSI, STORAGE,
    Sink, disk_files, efi, first_edition, is_chunked, is_compressed, memory_in_mebibytes, model_of,
    of_unknown_model, outermost_systems, parents, shown, system_ids, system_on_top,
};
use crate::validate::document::{ItemAt, attr, child, file_ref, member};
use crate::xml::Element;

const PROXMOX: &[Importer] = &[Importer::Proxmox];

/// The characters of hrefs besides letters and digits.
const HREF_MARKS: &str = " -.+=_";
/// The characters of ids of disks besides letters and digits.
const ID_MARKS: &str = "-._~";
/// The characters of references to files besides letters and digits.
const REFERENCE_MARKS: &str = "-._~/";
/// The endings of disks.
const ENDINGS: [&str; 3] = [".vmdk", ".qcow2", ".raw"];
/// The longest part of a name of a host (RFC 1123 §2.1).
const LONGEST_LABEL: usize = 63;

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-PVE-01", "Proxmox VE finds no machine")
        .reference("source of pve-storage")
        .why("it looks for a VirtualSystem directly below an envelope of OVF 1.x")
        .help("bring it down with `ovfkit rewrite --ovf-version 1.1`; ship machines one by one")
        .targets(PROXMOX)
        .instead_of(&["ENV-018", "COL-007"])
        .check(|document, sink| {
            first_edition(document, sink);
            system_on_top(document, sink);
        }),
    Rule::error("INT-PVE-02", "CPUs or memory are not given once, or memory not in MiB")
        .reference("source of pve-storage")
        .why("the unit is not looked at, and the numbers of several items are written one behind the other")
        .help("write one item of kind 3, and one of kind 4 with `byte * 2^20`")
        .targets(PROXMOX)
        .instead_of(&["VHW-028", "VHW-047", "VHW-048"])
        .check(shares),
    Rule::error("INT-PVE-03", "Proxmox VE passes over a disk")
        .reference("source of pve-storage")
        .why("a drive needs a disk with a plain id, a controller of kind 5, 6 or 20, and an address on it")
        .help("correct what the label names")
        .targets(PROXMOX)
        .instead_of(&[
            "VHW-019", "VHW-020a", "VHW-023", "VHW-033", "VHW-035", "VHW-035a", "VHW-036", "DSK-021",
        ])
        .check(drives),
    Rule::error("INT-PVE-04", "Proxmox VE refuses the name of a disk's file")
        .reference("source of pve-storage")
        .why("a name has no directories, only letters, digits, blanks and `-.+=_`, and ends in .vmdk, .qcow2 or .raw")
        .help("rename the file, in the descriptor and the manifest as well")
        .targets(PROXMOX)
        .instead_of(&["PKG-014", "PKG-014a"])
        .check(hrefs),
    Rule::warning("INT-PVE-05", "a disk is compressed or cut in chunks")
        .reference("source of pve-storage")
        .why("Proxmox VE reads neither, so the disk cannot be converted; nor does it look at the manifest")
        .help("store the disk as it is")
        .targets(PROXMOX)
        .instead_of(&["REF-012", "REF-014"])
        .check(packed),
    Rule::warning("INT-PVE-06", "the name of the machine is changed")
        .reference("source of pve-storage")
        .why("a machine is called like a host: blanks become `-`, other characters are left out")
        .help("use letters, digits and `-`")
        .targets(PROXMOX)
        .check(name),
    Rule::warning("INT-PVE-07", "a network card becomes an e1000")
        .reference("source of pve-storage")
        .why("e1000, e1000e and vmxnet3 alone are known")
        .help("name `E1000` or `VmxNet3`")
        .targets(PROXMOX)
        .check(cards),
    Rule::info("INT-PVE-08", "Proxmox VE makes an EFI machine without its variables")
        .reference("source of pve-storage")
        .why("what the firmware kept, such as boot entries, is lost; the first disk boots")
        .help("let the boot loader lie in `EFI/BOOT` too, where firmware looks without an entry")
        .targets(PROXMOX)
        .check(|document, sink| efi(document, sink, "")),
    Rule::info("INT-PVE-09", "Proxmox VE has a number of its own for this operating system")
        .reference("source of pve-storage")
        .why("from 112 upward its list is one off from CIM's, so the guest may be taken for another Windows")
        .help("check the type of the guest after the import")
        .targets(PROXMOX)
        .check(numbers_of_systems),
    Rule::warning("REF-018", "an id of a file has characters Proxmox VE does not read")
        .reference("source of pve-storage")
        .why("it finds no file for the disk, which is left out")
        .help("use letters, digits and `-._~/`")
        .targets(PROXMOX)
        .check(references),
    Rule::info("DSK-018", "Proxmox VE cannot tell the size of a disk")
        .reference("source of pve-storage")
        .why("it reads units such as `byte * 2^30`; without one the size is unknown until the disk is imported")
        .help("write `byte * 2^20` and the like into `ovf:capacityAllocationUnits`")
        .targets(PROXMOX)
        .check(units),
];

/// Whether `text` holds letters and digits of ASCII and `marks` alone.
fn is_plain(text: &str, marks: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

fn shares(document: &Document<'_>, sink: &mut Sink<'_>) {
    for machine in document.machines() {
        for (kind, what) in [(PROCESSOR, "CPUs"), (MEMORY, "memory")] {
            let mut all = machine.items.iter().filter(|item| item.is(kind));
            match (all.next(), all.next()) {
                (None, _) => sink.at(machine.element, format!("no item for {what}")),
                (_, Some(second)) => sink.at(second.element, format!("{what} again")),
                _ => {}
            }
        }
    }
    memory_in_mebibytes(document, sink);
}

/// Why Proxmox VE passes over the drive, and where that is.
fn fault<'d>(
    document: &Document<'d>,
    drive: &ItemAt<'d>,
    parent: Option<&ItemAt<'d>>,
) -> Option<(&'d Element, String)> {
    let resource = member(drive.element, "HostResource").unwrap_or(drive.element);
    let Some(text) = drive.resources.first() else {
        return Some((drive.element, "has no `rasd:HostResource`".to_owned()));
    };
    let path = text.strip_prefix("ovf:").unwrap_or(text);
    let Some(id) = path.strip_prefix("/disk/") else {
        return Some((resource, "is not `ovf:/disk/` and an id".to_owned()));
    };
    if !is_plain(id, ID_MARKS) {
        return Some((resource, "the id has unusual characters".to_owned()));
    }
    let Some(disk) = document.disk_of.get(id) else {
        return Some((resource, format!("there is no disk `{}`", shown(id))));
    };
    if file_ref(disk).is_some() && document.file_behind(disk).is_none() {
        return Some((disk, "its file is not in References".to_owned()));
    }
    let controller = parent.is_some_and(|one| one.is(IDE) || one.is(SCSI) || one.is(STORAGE));
    if !controller {
        return Some((
            parents::parent_of(drive),
            "hangs on no controller".to_owned(),
        ));
    }
    let address = drive.text("AddressOnParent").unwrap_or_default();
    address
        .is_empty()
        .then(|| (drive.element, "has no `rasd:AddressOnParent`".to_owned()))
}

fn drives(document: &Document<'_>, sink: &mut Sink<'_>) {
    for machine in document.machines() {
        let known = parents::by_id(machine);
        for drive in parents::drives(machine).filter(|item| item.is(super::DISK)) {
            let parent = drive.parent.as_deref().and_then(|id| known.get(id));
            if let Some((place, label)) = fault(document, drive, parent.copied()) {
                sink.at(place, label);
            }
        }
    }
}

fn hrefs(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, file) in disk_files(document) {
        let href = attr(file, "href").unwrap_or_default();
        let lower = href.to_ascii_lowercase();
        let label = if href.contains(['/', '\\']) {
            "has a directory"
        } else if !is_plain(href, HREF_MARKS) {
            "has unusual characters"
        } else if !ENDINGS.iter().any(|ending| lower.ends_with(ending)) {
            "has another ending"
        } else {
            continue;
        };
        sink.on(file, "href", label);
    }
}

fn packed(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, file) in disk_files(document) {
        if is_compressed(file) {
            sink.on(file, "compression", "");
        } else if is_chunked(file) {
            sink.on(file, "chunkSize", "");
        }
    }
}

fn name(document: &Document<'_>, sink: &mut Sink<'_>) {
    let is_label = |text: &str| {
        let edges = text.starts_with('-') || text.ends_with('-');
        (1..=LONGEST_LABEL).contains(&text.len()) && is_plain(text, "-") && !edges
    };
    for system in outermost_systems(document) {
        match child(system.element, "Name") {
            Some(name) if !is_label(name.text().trim_ascii()) => sink.at(name, "no name of a host"),
            None if !is_label(system.id()) => sink.on(system.element, "id", "no name of a host"),
            _ => {}
        }
    }
}

fn cards(document: &Document<'_>, sink: &mut Sink<'_>) {
    let known = ["e1000", "e1000e", "vmxnet3"];
    for item in of_unknown_model(document, ADAPTER, |model| known.contains(&model)) {
        sink.at(model_of(item), "is unknown");
    }
}

fn numbers_of_systems(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, id) in system_ids(document) {
        if id >= FIRST_AMBIGUOUS {
            sink.on(section, "id", "");
        }
    }
}

fn references(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, file) in disk_files(document) {
        if let Some(id) = attr(file, "id").filter(|id| !is_plain(id, REFERENCE_MARKS)) {
            sink.on(file, "id", format!("`{}`", shown(id)));
        }
    }
}

/// Whether the unit is a power of bytes in the one form Proxmox VE reads.
fn is_power(unit: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
    let factor = unit.trim_ascii().strip_prefix("byte");
    let factor = factor.and_then(|rest| rest.trim_ascii_start().strip_prefix('*'));
    let parts = factor.and_then(|factor| factor.split_once('^'));
    parts.is_some_and(|(base, power)| is_number(base.trim_ascii()) && is_number(power.trim_ascii()))
}

fn units(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().copied() {
        match attr(disk, "capacityAllocationUnits") {
            None => sink.at(disk, "has no unit"),
            Some(unit) if !is_power(unit) => sink.on(disk, "capacityAllocationUnits", ""),
            Some(_) => {}
        }
    }
}
