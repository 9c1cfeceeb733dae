//! VMware's products: settings, names and ids.

use super::vmware::vmx;
use super::{
    Document, Importer, Rule, Sink, VMWARE, guest_id, hardware, shown, system_ids, systems,
};
use crate::envelope::cim::preferences;
use crate::envelope::vmw::{FIRMWARE, SECURE_BOOT};
use crate::validate::document::{Hardware, attr, attr_anywhere, is_optional, member};
use crate::xml::Element;
use crate::xml::names::VMW;

/// vCenter and hosts by themselves.
const HOSTS: &[Importer] = &[Importer::Vsphere, Importer::Esxi];

/// The numbers of systems that stand for no guest of VMware without a version.
const WITHOUT_GUEST: [u16; 6] = [76, 77, 80, 95, 96, 104];
/// The first virtual hardware with virtualisation-based security.
const FIRST_WITH_VBS: u8 = 14;
const VBS: &str = "flags.vbsEnabled";
/// The longest text that could be meant for the id of a disk.
const LONGEST_RESOURCE: usize = 256;

pub(super) const RULES: &[Rule] = &[
    Rule::info("INT-ESX-10", "vSphere has to guess the guest or the firmware")
        .reference("documentation of VMware; practice of open-vmdk")
        .why("without them vSphere takes a guest by the number of CIM, and BIOS")
        .help("write `vmw:osType`, and a `vmw:Config` with the key `firmware` and `ovf:required=\"false\"`")
        .targets(VMWARE)
        .check(guesses),
    Rule::info("INT-ESX-13", "the number of the operating system stands for no guest of VMware")
        .reference("source of govmomi")
        .why("76, 77, 80, 95, 96 and 104 mean something only together with `ovf:version`")
        .help("write `vmw:osType`")
        .targets(VMWARE)
        .check(bare_number),
    Rule::warning("INT-ESX-16", "a setting of VMware is required")
        .reference("DSP0243 1.1 §7.3; reports of users of vSphere")
        .why("a host that is older than the key refuses the machine")
        .help("write `ovf:required=\"false\"` on it")
        .targets(VMWARE)
        .instead_of(&["EXT-004"])
        .check(|document, sink| required_settings(document, sink, "Config")),
    Rule::warning("INT-ESX-17", "a line for the `.vmx` file is required")
        .reference("documentation of VMware; reports of users of vSphere")
        .why("the host takes those on a list of its own, and answers \"extra configuration not allowed\" to others")
        .help("write `ovf:required=\"false\"` on it, or remove it")
        .targets(VMWARE)
        .instead_of(&["EXT-004"])
        .check(|document, sink| required_settings(document, sink, "ExtraConfig")),
    Rule::info("VHW-007", "the kind of machine is written in the way CIM advises")
        .reference("CIM_VirtualSystemSettingData; practice of VMware")
        .why("nobody reads `DMTF:VMware:vmx-08`")
        .help("write `vmx-08`")
        .targets(VMWARE)
        .check(registry_words),
    Rule::warning("VHW-070", "virtualisation-based security lacks what it needs")
        .reference("practice of VMware")
        .why("it runs on nested virtualisation, an IOMMU and Secure Boot under EFI, with hardware of `vmx-14` or later")
        .help("write the settings the label names, or remove `flags.vbsEnabled`")
        .targets(VMWARE)
        .check(security),
    Rule::info("SEC-004", "`vmw:osType` is no guest of VMware")
        .reference("practice of VMware")
        .why("it wins over `ovf:id`, so an unknown one makes the guest \"other\"")
        .help("write an id such as `debian12_64Guest`; `ovfkit os` lists some")
        .targets(VMWARE)
        .check(guests),
    Rule::info("DSK-022", "what backs a drive may be taken for another disk")
        .reference("source of govmomi")
        .why("without `/disk/` in front, the first disk whose id ends so is taken")
        .help("write `ovf:/disk/` and the whole id")
        .targets(HOSTS)
        .check(suffixes),
];

fn guesses(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in systems::systems(document) {
        if guest_id(section).is_none() {
            sink.at(section, "has no `vmw:osType`");
        }
    }
    for machine in document.machines() {
        if hardware::settings(machine.element, FIRMWARE)
            .next()
            .is_none()
        {
            sink.at(machine.element, "has no setting `firmware`");
        }
    }
}

fn bare_number(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, id) in system_ids(document) {
        let version = attr(section, "version").unwrap_or_default();
        if WITHOUT_GUEST.contains(&id) && guest_id(section).is_none() && version.is_empty() {
            sink.on(section, "id", "has no `ovf:version` beside it");
        }
    }
}

fn required_settings(document: &Document<'_>, sink: &mut Sink<'_>, local: &str) {
    let machines = document.machines();
    let around = machines.flat_map(|machine| {
        let items = machine.items.iter().map(|item| item.element);
        items.chain([machine.element])
    });
    for element in around.flat_map(Element::elements) {
        if element.name.ns == VMW && element.name.local == local && !is_optional(element) {
            let key = attr_anywhere(element, "key").unwrap_or_default();
            sink.at(element, format!("`{}`", shown(key)));
        }
    }
}

fn registry_words(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in hardware::written_types(document) {
        let is_long = |word: &str| word.to_ascii_lowercase().starts_with("dmtf:vmware:");
        if let Some(word) = preferences(&text).find(|word| is_long(word)) {
            sink.at(member, format!("`{}`", shown(word)));
        }
    }
}

/// Whether VMware's setting `key` is on.
fn is_on(machine: &Hardware<'_>, key: &'static str) -> bool {
    hardware::settings(machine.element, key)
        .any(|setting| hardware::value(setting).eq_ignore_ascii_case("true"))
}

fn security(document: &Document<'_>, sink: &mut Sink<'_>) {
    for machine in document.machines().filter(|machine| is_on(machine, VBS)) {
        let efi = hardware::settings(machine.element, FIRMWARE)
            .any(|setting| hardware::value(setting) == "efi");
        let newest = hardware::types_of(machine).and_then(|text| {
            let numbers = preferences(&text).filter_map(vmx);
            numbers.max()
        });
        let needed = [
            ("nestedHVEnabled", is_on(machine, "nestedHVEnabled")),
            ("flags.vvtdEnabled", is_on(machine, "flags.vvtdEnabled")),
            (SECURE_BOOT, is_on(machine, SECURE_BOOT)),
            ("firmware=efi", efi),
            (
                "vmx-14",
                newest.is_none_or(|newest| newest >= FIRST_WITH_VBS),
            ),
        ];
        let missing: Vec<_> = needed
            .iter()
            .filter(|(_, there)| !there)
            .map(|(name, _)| format!("`{name}`"))
            .collect();
        if missing.is_empty() {
            continue;
        }
        let label = format!("without {}", missing.join(", "));
        for setting in hardware::settings(machine.element, VBS).take(1) {
            sink.at(setting, label.as_str());
        }
    }
}

fn guests(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in systems::systems(document) {
        if let Some(name) = guest_id(section)
            && !name.ends_with("Guest")
            && !name.ends_with("Guest64")
        {
            sink.on(section, "osType", format!("`{}`", shown(name)));
        }
    }
}

fn suffixes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is_drive()) {
        let mut bare = item.resources.iter();
        let bare = bare.find(|text| !text.contains("/disk/") && text.len() <= LONGEST_RESOURCE);
        let Some(text) = bare else { continue };
        let ends = text.char_indices().map(|(at, _)| &text[at..]);
        let fitting = ends.filter(|end| document.disk_of.contains_key(end));
        if fitting.take(2).count() > 1 {
            let place = member(item.element, "HostResource").unwrap_or(item.element);
            sink.at(place, "several disks fit");
        }
    }
}
