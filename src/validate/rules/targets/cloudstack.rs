//! Apache CloudStack.

use std::collections::HashMap;

use super::{Document, Importer, Rule, Sink, shown};
use crate::validate::document::{attr, children};

const CLOUDSTACK: &[Importer] = &[Importer::CloudStack];

/// The units of capacities it knows.
const UNITS: [&str; 11] = [
    "",
    "byte",
    "byte * 2^10",
    "byte * 2^20",
    "byte * 2^30",
    "KB",
    "MB",
    "GB",
    "KiloBytes",
    "MegaBytes",
    "GigaBytes",
];

pub(super) const RULES: &[Rule] = &[
    Rule::warning("INT-CLS-01", "the ids of two disks differ in case alone")
        .reference("source of CloudStack")
        .why("it compares them whatever their case, and takes one for the other")
        .help("rename one of the two")
        .targets(CLOUDSTACK)
        .check(ids),
    Rule::warning("DSK-017", "the unit of a capacity is a text CloudStack does not know")
        .reference("source of CloudStack")
        .why("it compares `byte * 2^10`, `byte * 2^20`, `byte * 2^30` and words such as `GB` as text, and takes others for bytes")
        .help("write `byte * 2^30` with exactly these blanks, or the bytes")
        .targets(CLOUDSTACK)
        .instead_of(&["DSK-003a"])
        .check(units),
    Rule::info("PRD-015", "CloudStack does not ask for a property")
        .reference("source of CloudStack")
        .why("it shows those with `ovf:userConfigurable=\"true\"` alone")
        .help("write the attribute if users should set the value")
        .targets(CLOUDSTACK)
        .check(hidden),
];

fn ids(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known = HashMap::new();
    for disk in document.disks.iter().copied() {
        let id = attr(disk, "diskId").unwrap_or_default();
        let first = *known.entry(id.to_lowercase()).or_insert(id);
        // That two are equal is told by another rule.
        if first != id {
            sink.on(disk, "diskId", format!("another is `{}`", shown(first)));
        }
    }
}

fn units(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document.disks.iter().copied() {
        let unit = attr(disk, "capacityAllocationUnits").unwrap_or_default();
        if !UNITS.contains(&unit) {
            sink.on(
                disk,
                "capacityAllocationUnits",
                format!("`{}`", shown(unit)),
            );
        }
    }
}

fn hidden(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("ProductSection") {
        for property in children(section.element, "Property") {
            let value = attr(property, "userConfigurable").unwrap_or_default();
            if !value.trim_ascii().eq_ignore_ascii_case("true") {
                sink.at(property, "");
            }
        }
    }
}
