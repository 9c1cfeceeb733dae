//! AWS VM Import/Export.

use super::{Document, Importer, Rule, Sink, efi, guest_id, streams, system_ids};
use crate::validate::document::attr;

const AWS: &[Importer] = &[Importer::Aws];

/// The most disks of a machine.
const MOST_DISKS: usize = 21;
/// The numbers of Linux that stand for one of 32 bits.
const LINUX_32: [u16; 13] = [36, 79, 82, 84, 87, 89, 91, 93, 95, 97, 99, 106, 108];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-AWS-01", "a disk is no stream-optimised VMDK")
        .reference("user guide of AWS VM Import/Export")
        .why("an OVA is taken with stream-optimised VMDKs alone; other formats are imported disk by disk")
        .help("convert the disk, or unpack the package and import the disks")
        .targets(AWS)
        .instead_of(&["DSK-013a"])
        .check(streams::other_names)
        .around(streams::other_disks),
    Rule::error("INT-AWS-02", "the machine has more than 21 disks")
        .reference("user guide of AWS VM Import/Export")
        .why("an instance takes no more volumes on import")
        .help("import the others one by one and attach them")
        .targets(AWS)
        .check(number),
    Rule::warning("INT-AWS-03", "the guest is a Linux of 32 bits")
        .reference("user guide of AWS VM Import/Export")
        .why("of Linux only guests of 64 bits are supported")
        .help("correct the number of the operating system if the guest is of 64 bits")
        .targets(AWS)
        .check(guest),
    Rule::warning("INT-AWS-04", "there are several machines, or a disk of differences")
        .reference("user guide of AWS VM Import/Export")
        .why("one machine with whole disks is imported")
        .help("ship machines one by one, and disks as a whole")
        .targets(AWS)
        .instead_of(&["COL-007", "DSK-011"])
        .check(structure),
    Rule::info("INT-AWS-05", "the import has to be told of EFI")
        .reference("user guide of AWS VM Import/Export")
        .why("without, the machine boots as with BIOS")
        .help("add `--boot-mode uefi` to `aws ec2 import-image`")
        .targets(AWS)
        .check(|document, sink| efi(document, sink, "")),
];

fn number(document: &Document<'_>, sink: &mut Sink<'_>) {
    if let Some(disk) = document.disks.get(MOST_DISKS) {
        sink.at(disk, format!("there are {}", document.disks.len()));
    }
}

fn guest(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, id) in system_ids(document) {
        let wide = guest_id(section).is_some_and(|name| name.contains("64"));
        if LINUX_32.contains(&id) && !wide {
            sink.on(section, "id", "");
        }
    }
}

fn structure(document: &Document<'_>, sink: &mut Sink<'_>) {
    let systems = document.contents.iter().filter(|one| one.is_system());
    for system in systems.skip(1) {
        sink.at(system.element, "one more machine");
    }
    for disk in document.disks.iter().copied() {
        if attr(disk, "parentRef").is_some_and(|parent| !parent.is_empty()) {
            sink.on(disk, "parentRef", "holds differences");
        }
    }
}
