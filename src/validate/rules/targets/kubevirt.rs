//! KubeVirt, by forklift.

use super::{
    Importer, Rule, capacity_is_number, first_edition, memory_in_mebibytes, system_on_top,
};

const KUBEVIRT: &[Importer] = &[Importer::KubeVirt];

pub(super) const RULES: &[Rule] = &[
    Rule::error("INT-KVM-01a", "forklift finds no machine")
        .reference("source of forklift")
        .why("it reads the VirtualSystems directly below an envelope of OVF 1.x")
        .help("bring it down with `ovfkit rewrite --ovf-version 1.1`; ship machines one by one")
        .targets(KUBEVIRT)
        .instead_of(&["ENV-018", "COL-007"])
        .check(|document, sink| {
            first_edition(document, sink);
            system_on_top(document, sink);
        }),
    Rule::warning(
        "INT-KVM-01",
        "a capacity is no plain number, or memory is not in MiB",
    )
    .reference("source of forklift")
    .why("it reads capacities as numbers alone, and takes memory for MiB whatever the unit")
    .help("write the bytes of a disk, and memory in `byte * 2^20`")
    .targets(KUBEVIRT)
    .instead_of(&["DSK-016", "VHW-028"])
    .check(|document, sink| {
        capacity_is_number(document, sink);
        memory_in_mebibytes(document, sink);
    }),
];
