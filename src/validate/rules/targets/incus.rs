//! Incus.

use super::{
    Document, Importer, Rule, Sink, disk_drives, disk_files, first_edition, is_chunked,
    is_compressed, memory_in_mebibytes, system_on_top,
};
use crate::validate::document::attr;

const INCUS: &[Importer] = &[Importer::Incus];

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "INT-KVM-02a",
        "Incus finds no machine, or a disk it does not read",
    )
    .reference("source of Incus")
    .why(
        "it reads one VirtualSystem below an envelope of OVF 1.x, with VMDKs beside the descriptor",
    )
    .help("ship machines one by one, each with VMDKs in no directory, not compressed")
    .targets(INCUS)
    .instead_of(&["ENV-018", "COL-007", "PKG-014a", "REF-012", "REF-014"])
    .check(unreadable),
    Rule::warning(
        "INT-KVM-02",
        "memory is not in MiB, or the first disk is not the one to boot from",
    )
    .reference("source of Incus")
    .why("it does not look at the unit, and boots from the first disk of the DiskSection")
    .help("write `byte * 2^20`, and list the disk to boot from first")
    .targets(INCUS)
    .instead_of(&["VHW-028"])
    .check(memory_and_order),
];

fn unreadable(document: &Document<'_>, sink: &mut Sink<'_>) {
    first_edition(document, sink);
    system_on_top(document, sink);
    for (_, file) in disk_files(document) {
        let href = attr(file, "href").unwrap_or_default();
        if is_compressed(file) {
            sink.on(file, "compression", "");
        } else if is_chunked(file) {
            sink.on(file, "chunkSize", "");
        } else if href.contains('/') {
            sink.on(file, "href", "has a directory");
        } else if !href.to_ascii_lowercase().ends_with(".vmdk") {
            sink.on(file, "href", "is no VMDK");
        }
    }
}

fn memory_and_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    memory_in_mebibytes(document, sink);
    let first = disk_drives(document).next();
    let booted = first.and_then(|drive| document.disk_behind(drive.resources.first()?));
    if let Some((booted, first)) = booted.zip(document.disks.first())
        && booted.span != first.span
    {
        sink.at(booted, "is that of the first drive");
    }
}
