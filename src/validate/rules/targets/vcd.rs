//! VMware Cloud Director.

use super::{Document, Editions, Importer, Rule, Sink, is_chunked, is_compressed};

/// The most bytes of a descriptor.
const LONGEST_DESCRIPTOR: usize = 12 << 20;
/// The most characters of the name of a machine.
const LONGEST_ID: usize = 13;

const VCD: &[Importer] = &[Importer::Vcd];

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "INT-VCD-01",
        "Cloud Director does not read descriptors of before the standard",
    )
    .reference("documentation of Cloud Director")
    .why("it takes OVF 1.0 and 1.1")
    .help("bring it up with `ovfkit rewrite --ovf-version 1.1`")
    .targets(VCD)
    .only(Editions::Before)
    .check(|document, sink| sink.at(document.written, "the namespace is that of 0.9")),
    Rule::error("INT-VCD-02", "the descriptor is longer than 12 MB")
        .reference("documentation of Cloud Director")
        .why("Cloud Director reads no longer one")
        .help("shorten licences and translations")
        .targets(VCD)
        .check(long),
    Rule::error("INT-VCD-03", "a file is compressed or cut in chunks")
        .reference("documentation of Cloud Director")
        .why("it takes files as they are alone")
        .help("store the disk as it is; a stream-optimised VMDK is compressed already")
        .targets(VCD)
        .instead_of(&["REF-012", "REF-014"])
        .check(packed),
    Rule::error("INT-VCD-04", "Cloud Director has no deployment options")
        .reference("documentation of Cloud Director")
        .why("it refuses a descriptor with a DeploymentOptionSection")
        .help("keep the devices of one configuration, and remove the section")
        .targets(VCD)
        .check(options),
    Rule::info(
        "INT-VCD-05",
        "the id of a machine is longer than 13 characters",
    )
    .reference("documentation of Cloud Director")
    .why("it is cut and made unique, so the machine gets another name")
    .help("shorten `ovf:id`")
    .targets(VCD)
    .check(long_id),
];

fn long(document: &Document<'_>, sink: &mut Sink<'_>) {
    if document.bytes.len() > LONGEST_DESCRIPTOR {
        let label = format!("there are {} bytes", document.bytes.len());
        sink.at(document.written, label);
    }
}

fn packed(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in document.files.iter().copied() {
        if is_compressed(file) {
            sink.on(file, "compression", "");
        } else if is_chunked(file) {
            sink.on(file, "chunkSize", "");
        }
    }
}

fn options(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("DeploymentOptionSection") {
        sink.at(section.element, "");
    }
}

fn long_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in document.contents.iter().filter(|one| one.is_system()) {
        if system.id().chars().count() > LONGEST_ID {
            sink.on(system.element, "id", "");
        }
    }
}
