//! Hardware sections, the kind of machine, and settings of VMware.

use std::collections::HashSet;

use super::{Document, Rule, Sink, repeated, shown, wrong_values};
use crate::envelope::cim::preferences;
use crate::envelope::vmw::{FIRMWARE, SECURE_BOOT};
use crate::validate::document::{Hardware, attr_anywhere, child, is_optional, standard};
use crate::xml::Element;
use crate::xml::names::{VMW, VSSD};

/// The members of the class of `System`, in every edition of CIM.
const MEMBERS: [&str; 27] = [
    "AutomaticRecoveryAction",
    "AutomaticShutdownAction",
    "AutomaticStartupAction",
    "AutomaticStartupActionDelay",
    "AutomaticStartupActionSequenceNumber",
    "Caption",
    "ChangeableType",
    "ComponentSetting",
    "ConfigurationDataRoot",
    "ConfigurationFile",
    "ConfigurationID",
    "ConfigurationName",
    "CreationTime",
    "Description",
    "ElementName",
    "Generation",
    "InstanceID",
    "LogDataRoot",
    "Notes",
    "RecoveryFile",
    "SnapshotDataRoot",
    "SoID",
    "SoOrgID",
    "SuspendDataRoot",
    "SwapFileDataRoot",
    "VirtualSystemIdentifier",
    "VirtualSystemType",
];

pub(super) const RULES: &[Rule] = &[
    Rule::error("VHW-001", "a virtual system has no hardware")
        .reference("DSP0243 1.1 §8.1")
        .why("there is no machine to make; vSphere says that `VirtualHardwareSection` is missing")
        .help("write a `VirtualHardwareSection` into the `VirtualSystem`")
        .check(none),
    Rule::error("VHW-002", "the parts of a hardware section are out of order")
        .reference("DSP0243 1.1 §8.1")
        .why("the order is Info, System, the items, elements of vendors")
        .help("move the element")
        .fixable()
        .check(order),
    Rule::warning("VHW-003", "a virtual system has several hardware sections")
        .reference("DSP0243 1.1 §8.1")
        .why("they are alternatives for different platforms, but importers take the first without looking")
        .help("keep the one for your platform, best first")
        .check(several),
    Rule::warning("VHW-004", "the System of the hardware lacks a name or an id")
        .reference("DSP0243 1.1 §8.1")
        .why("its class wants `vssd:ElementName` and `vssd:InstanceID`; VMware's products read it without")
        .help("write both; the id is 0 by custom")
        .fixable()
        .check(system),
    Rule::error("VHW-004a", "the System of the hardware holds what its class does not have")
        .reference("DSP0243 1.1 §8.1; CIM_VirtualSystemSettingData")
        .why("an unknown or repeated member makes a strict reader refuse the section")
        .help("remove the element")
        .check(unknown_members),
    Rule::error("VHW-004b", "the members of System are out of order")
        .reference("DSP0243 1.1 §8.1")
        .why("the schema has them in the order of the alphabet; importers do not mind")
        .help("sort them")
        .strict()
        .fixable()
        .check(system_order),
    Rule::warning("VHW-005", "the id of System is that of a device")
        .reference("DSP0243 1.1 §8.1")
        .why("a device that hangs on this id may be taken to hang on the machine")
        .help("write 0 into `vssd:InstanceID`")
        .fixable()
        .check(system_id),
    Rule::warning("VHW-006", "the kinds of machine are not separated by single blanks")
        .reference("DSP0243 1.1 §8.1")
        .why("importers split the list at blanks and then know none of its words")
        .help("write one blank between them, the best first")
        .fixable()
        .check(types),
    Rule::warning("VHW-008", "the kind of machine is none of VMware's")
        .reference("practice of VMware")
        .why("vSphere answers \"unsupported hardware family\" unless one of the words is `vmx-` and a number it knows")
        .help("add a word such as `vmx-13` to `vssd:VirtualSystemType`")
        .check(family),
    Rule::warning("VHW-009", "the transports are not separated by single blanks")
        .reference("DSP0243 1.1 §11.2")
        .why("importers split the list at blanks and then know none of its words")
        .help("write one blank between them")
        .fixable()
        .check(transports),
    Rule::warning("VHW-010", "properties go by a CD, but the machine has no drive for it")
        .reference("DSP0243 1.1 §11.2")
        .why("the environment is put into a CD drive; vSphere adds one, others do not")
        .help("add a CD drive, or leave `iso` out of `ovf:transport`")
        .check(no_drive),
    Rule::info("VHW-011", "a machine has properties but no transport, or the other way round")
        .reference("DSP0243 1.1 §9.5, §11.2")
        .why("without a transport the guest never sees the values")
        .help("write `ovf:transport=\"com.vmware.guestInfo\"` on the hardware section")
        .check(transport_and_properties),
    Rule::warning("VHW-058", "the firmware is neither `efi` nor `bios`")
        .reference("practice of VMware, virt-v2v and Proxmox VE")
        .why("virt-v2v stops at other values, others fall back to BIOS and the guest does not boot")
        .help("write `efi` or `bios`")
        .fixable()
        .check(firmware),
    Rule::warning("VHW-059", "Secure Boot is asked for without EFI")
        .reference("practice of VMware")
        .why("the machine does not start")
        .help("write the setting `firmware` with the value `efi`, or remove Secure Boot")
        .fixable()
        .check(secure_boot),
    Rule::error("VHW-063", "a time of System is plain text")
        .reference("CIM_VirtualSystemSettingData; CIM common schema")
        .why("the schema wants an element of CIM within; importers do not look")
        .help("wrap it, or remove the element")
        .strict()
        .check(times),
    Rule::warning("VHW-064", "a coded member is no number, or out of its range")
        .reference("CIM_ResourceAllocationSettingData; CIM_VirtualSystemSettingData")
        .why("its meaning is lost")
        .help("write the number of CIM, or leave the element out")
        .check(codes),
];

fn none(document: &Document<'_>, sink: &mut Sink<'_>) {
    let with: HashSet<_> = document
        .machines()
        .filter_map(|hardware| hardware.content)
        .collect();
    for (index, content) in document.contents.iter().enumerate() {
        if content.is_system() && !with.contains(&index) {
            sink.at(content.element, "has no `VirtualHardwareSection`");
        }
    }
}

/// Where an element of a hardware section has to stand among the others.
pub(in crate::validate) fn rank(element: &Element) -> u8 {
    match standard(element) {
        Some("Info") => 0,
        Some("System") => 1,
        Some("Item" | "StorageItem" | "EthernetPortItem") => 2,
        _ => 3,
    }
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let mut highest = 0;
        for element in hardware.element.elements() {
            let own = rank(element);
            if own < highest && own < 2 {
                sink.at(element, "comes too late");
            }
            highest = highest.max(own);
        }
    }
}

fn several(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known = HashSet::new();
    for hardware in document.machines() {
        if !known.insert(hardware.content) {
            sink.at(hardware.element, "one more");
        }
    }
}

/// The System of each machine.
fn systems<'d>(document: &Document<'d>) -> impl Iterator<Item = &'d Element> {
    document
        .sections_named("VirtualHardwareSection")
        .map(|placed| placed.element)
        .filter_map(|section| child(section, "System"))
}

/// The member `local` of a System.
fn member<'d>(system: &'d Element, local: &str) -> Option<&'d Element> {
    let mut all = system.elements();
    all.find(|member| member.name.ns == VSSD && member.name.local == local)
}

fn system(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        for local in ["ElementName", "InstanceID"] {
            if member(system, local).is_none() {
                sink.at(system, format!("has no `vssd:{local}`"));
            }
        }
    }
}

fn unknown_members(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        for member in system.elements().filter(|member| member.name.ns == VSSD) {
            if !MEMBERS.contains(&&*member.name.local) && !is_optional(member) {
                sink.at(member, "is no member of the class");
            }
        }
    }
    repeated(document, sink, |parent, _| parent == "System");
}

fn system_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        super::devices::sorted(system, VSSD, sink);
    }
}

fn system_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let id = child(hardware.element, "System").and_then(|system| member(system, "InstanceID"));
        let Some(id) = id else { continue };
        let text = id.text();
        let text = text.trim_ascii();
        if !text.is_empty() && hardware.items.iter().any(|item| item.id == text) {
            sink.at(id, "a device has it too");
        }
    }
}

/// The kinds of machine, as they are written.
fn written_types<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, String)> {
    systems(document)
        .collect::<Vec<_>>()
        .into_iter()
        .filter_map(|system| member(system, "VirtualSystemType"))
        .map(|member| (member, member.text()))
}

/// Whether words are separated by anything but single blanks.
fn is_loose(list: &str) -> bool {
    list.contains([',', ';', '\t', '\n']) || list.contains("  ")
}

fn types(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in written_types(document) {
        if is_loose(text.trim_ascii()) {
            sink.at(member, "");
        }
    }
}

fn family(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in written_types(document) {
        let is_vmx = |word: &str| {
            let number = word.strip_prefix("vmx-").unwrap_or_default();
            number
                .parse::<u8>()
                .is_ok_and(|number| (3..=30).contains(&number))
        };
        if !text.trim_ascii().is_empty() && !preferences(&text).any(is_vmx) {
            sink.at(member, "no `vmx-` and a number");
        }
    }
}

/// How properties reach the guest.
fn transport(hardware: &Hardware<'_>) -> Option<String> {
    let given = hardware.element.attributes.iter();
    let mut own = given.filter(|(name, _)| name.local == "transport");
    own.next().map(|(_, value)| value.clone())
}

fn transports(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        if transport(hardware).is_some_and(|list| is_loose(list.trim_ascii())) {
            sink.on(hardware.element, "transport", "");
        }
    }
}

fn no_drive(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let by_cd = transport(hardware).is_some_and(|list| preferences(&list).any(|w| w == "iso"));
        if by_cd && !hardware.items.iter().any(|item| item.is(15) || item.is(16)) {
            sink.on(hardware.element, "transport", "by CD");
        }
    }
}

fn transport_and_properties(document: &Document<'_>, sink: &mut Sink<'_>) {
    let products = document.sections_named("ProductSection");
    let with_properties: HashSet<_> = products
        .filter(|section| child(section.element, "Property").is_some())
        .map(|section| section.content)
        .collect();
    for hardware in document.machines() {
        let has_transport = transport(hardware).is_some_and(|list| !list.trim_ascii().is_empty());
        let around =
            |content: Option<usize>| content.and_then(|content| document.contents[content].parent);
        let mut content = hardware.content;
        let mut has_properties = false;
        while content.is_some() && !has_properties {
            has_properties = with_properties.contains(&content);
            content = around(content);
        }
        match (has_transport, has_properties) {
            (false, true) => sink.at(hardware.element, "has no `ovf:transport`"),
            (true, false) => sink.on(hardware.element, "transport", "there are no properties"),
            _ => {}
        }
    }
}

/// VMware's settings `key` of a machine, also as lines for its `.vmx` file.
fn settings<'d>(section: &'d Element, key: &'static str) -> impl Iterator<Item = &'d Element> {
    section.elements().filter(move |child| {
        let config = matches!(&*child.name.local, "Config" | "ExtraConfig");
        config && child.name.ns == VMW && attr_anywhere(child, "key") == Some(key)
    })
}

fn value(setting: &Element) -> &str {
    attr_anywhere(setting, "value").unwrap_or_default()
}

fn firmware(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        for setting in settings(hardware.element, FIRMWARE) {
            if !["efi", "bios"].contains(&value(setting)) {
                sink.on(setting, "value", format!("`{}`", shown(value(setting))));
            }
        }
    }
}

fn secure_boot(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        let efi = settings(hardware.element, FIRMWARE).any(|one| value(one) == "efi");
        let old = settings(hardware.element, "uefi.secureBoot.enabled");
        for setting in settings(hardware.element, SECURE_BOOT).chain(old) {
            if value(setting).eq_ignore_ascii_case("true") && !efi {
                sink.at(setting, "the firmware is not `efi`");
            }
        }
    }
}

fn times(document: &Document<'_>, sink: &mut Sink<'_>) {
    for system in systems(document) {
        for local in ["CreationTime", "AutomaticStartupActionDelay"] {
            if let Some(member) = member(system, local)
                && member.elements().next().is_none()
            {
                sink.at(member, "holds no element");
            }
        }
    }
}

fn codes(document: &Document<'_>, sink: &mut Sink<'_>) {
    const CODES: [&str; 7] = [
        "ConsumerVisibility",
        "MappingBehavior",
        "ChangeableType",
        "AutomaticStartupAction",
        "AutomaticShutdownAction",
        "AutomaticRecoveryAction",
        "AutomaticStartupActionSequenceNumber",
    ];
    wrong_values(document, sink, |_, local, value| {
        CODES.contains(&local) && !value.trim_ascii().is_empty()
    });
}
