//! XenCenter, for XenServer and XCP-ng.

use super::{Document, Importer, PROCESSOR, Rule, Sink, hardware, shown};
use crate::envelope::cim::preferences;
use crate::validate::document::{attr, is_optional, member};

const XEN: &[Importer] = &[Importer::Xen];

/// The kinds of machine it knows, in small letters.
const TYPES: [&str; 11] = [
    "301",
    "vmx-4",
    "vmx-04",
    "vmx-5",
    "vmx-05",
    "vmx-6",
    "vmx-06",
    "vmx-7",
    "vmx-07",
    "virtualbox-2.2",
    "dmtf:xen:pv",
];
/// The endings of files it knows.
const ENDINGS: [&str; 12] = [
    "vhd", "pvp", "vmdk", "mf", "cert", "xva", "ovf", "wim", "vdi", "sdi", "iso", "gz",
];

pub(super) const RULES: &[Rule] = &[
    Rule::warning("INT-XEN-01", "XenCenter does not know the kind of machine")
        .reference("source of XenCenter")
        .why("it warns before the import of any but Xen's own, `vmx-4` to `vmx-07` and `virtualbox-2.2`")
        .help("go on with the import, or name `vmx-07` as well")
        .targets(XEN)
        .check(types),
    Rule::warning("INT-XEN-02", "XenCenter does not know the kind of a device")
        .reference("source of XenCenter")
        .why("it reports a required device of a kind other than 3 to 10, 15 to 17 and 19 to 21")
        .help("write `ovf:required=\"false\"` on the item")
        .targets(XEN)
        .instead_of(&["VHW-014a"])
        .check(kinds),
    Rule::info("REF-019", "XenCenter does not know the ending of a file")
        .reference("source of XenCenter")
        .why("it warns of files that are neither disks nor parts of a package")
        .help("go on with the import")
        .targets(XEN)
        .check(endings),
    Rule::info("VHW-032", "a machine has more CPUs than their limit")
        .reference("source of XenCenter")
        .why("XenCenter takes the limit for a number of CPUs, and warns")
        .help("leave `rasd:Limit` out")
        .targets(XEN)
        .check(limits),
];

fn is_known(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let own = ["xen-3.0-", "hvm-3.0-"];
    TYPES.contains(&word.as_str())
        || word == "dmtf:xen:hvm"
        || own.iter().any(|start| word.starts_with(start))
}

fn types(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in hardware::written_types(document) {
        if !text.trim_ascii().is_empty() && !preferences(&text).any(is_known) {
            sink.at(member, format!("`{}`", shown(text.trim_ascii())));
        }
    }
}

fn kinds(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices() {
        if let Some(kind) = item.kind
            && !matches!(kind, 3..=10 | 15..=17 | 19..=21)
            && !is_optional(item.element)
        {
            let place = member(item.element, "ResourceType").unwrap_or(item.element);
            sink.at(place, format!("{kind} is unknown and required"));
        }
    }
}

fn endings(document: &Document<'_>, sink: &mut Sink<'_>) {
    for file in document.files.iter().copied() {
        let href = attr(file, "href").unwrap_or_default();
        let ending = href.rsplit_once('.').map_or("", |(_, ending)| ending);
        if !ENDINGS.contains(&ending.to_ascii_lowercase().as_str()) {
            sink.on(file, "href", "");
        }
    }
}

fn limits(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(PROCESSOR)) {
        if let (Some(there), Some(limit)) = (item.number("VirtualQuantity"), item.number("Limit"))
            && there > limit
        {
            let place = member(item.element, "Limit").unwrap_or(item.element);
            sink.at(place, format!("there are {there}"));
        }
    }
}
