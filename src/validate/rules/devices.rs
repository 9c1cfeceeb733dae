//! What every device has to say of itself.

use std::collections::{HashMap, HashSet};

use super::{Document, Editions, Rule, Sink, repeated, shown, wrong_values};
use crate::envelope::{Item, Version};
use crate::validate::document::{ItemAt, is_member, is_optional, member, members};
use crate::xml::Element;
use crate::xml::names::{EPASD, SASD};

/// The most characters of a caption.
pub(in crate::validate) const MAX_CAPTION: usize = 64;

pub(super) const RULES: &[Rule] = &[
    Rule::error("VHW-042", "`ovf:bound` is none of `min`, `normal` and `max`")
        .reference("DSP0243 1.1 §8.4")
        .why("the item is taken for a second device")
        .help("write one of the three, or leave the attribute out")
        .check(bounds),
    Rule::warning("VHW-012", "the members of an item are out of order")
        .reference("DSP0243 1.1 §8.3")
        .why("the schema has them in the order of the alphabet, those of vendors last; importers do not mind")
        .help("sort them")
        .strict()
        .fixable()
        .check(order),
    Rule::error("VHW-013", "a device has no InstanceID")
        .reference("DSP0243 1.1 §8.3")
        .why("nothing can hang on it, and OVF Tool refuses the section")
        .help("give it a number no other device of the section has")
        .fixable()
        .check(instance_id),
    Rule::warning("VHW-013a", "a device has no ElementName")
        .reference("DSP0243 1.1 §8.3")
        .why("its class wants one; importers make up a name, and some fail")
        .help("write what people should call the device")
        .fixable()
        .check(element_name),
    Rule::error("VHW-014", "the kind of a device is missing or no number")
        .reference("DSP0243 1.1 §8.3")
        .why("importers cannot tell what to make, and stop")
        .help("write the number CIM has for the kind into `rasd:ResourceType`")
        .check(resource_type),
    Rule::warning("VHW-014a", "the kind of a device is not one of CIM's")
        .reference("DSP0243 1.1 §8.3; CIM_ResourceAllocationSettingData")
        .why("numbers from 34 to 32767 mean nothing to others; VirtualBox writes 35 for sound, and vSphere refuses it")
        .help("write `ovf:required=\"false\"` on the item, or remove it")
        .check(unknown_type),
    Rule::error("VHW-015", "two devices have one InstanceID")
        .reference("DSP0243 1.1 §8.3")
        .why("what hangs on the id hangs on either; importers refuse the section or drop a device")
        .help("renumber one of them and what hangs on it")
        .fixable()
        .check(unique),
    Rule::error("VHW-016", "the shares of one device are of different kinds")
        .reference("DSP0243 1.1 §8.3, §9.8")
        .why("items of one InstanceID are one device in several configurations, so their kind is the same")
        .help("give the other device an InstanceID of its own")
        .check(one_kind),
    Rule::warning("VHW-017", "an InstanceID is no decimal number")
        .reference("practice of virt-v2v")
        .why("virt-v2v reads ids as numbers and takes the device for unattached")
        .help("number the devices")
        .fixable()
        .check(decimal),
    Rule::warning("VHW-018", "the id of a device is spelled `InstanceId`")
        .reference("DSP0243 1.1 §8.3; practice of OVF 0.9")
        .why("since 1.0 it is `InstanceID`; strict readers find no id")
        .help("write `rasd:InstanceID`")
        .only(Editions::Standard)
        .fixable()
        .check(old_spelling),
    Rule::error("VHW-034", "a device is backed by several resources")
        .reference("DSP0243 1.1 §8.3")
        .why("a drive shows one disk; importers stop or take the first")
        .help("make a device for each")
        .check(resources),
    Rule::error("VHW-038", "`rasd:AutomaticAllocation` is no truth value")
        .reference("CIM_ResourceAllocationSettingData")
        .why("whether the device is connected at power-on cannot be told")
        .help("write `true` or `false`")
        .fixable()
        .check(allocation),
    Rule::warning("VHW-041", "a device of the kind \"other\" does not say what it is")
        .reference("CIM_ResourceAllocationSettingData")
        .why("CIM wants `rasd:OtherResourceType`; hardly anybody writes it")
        .help("name the kind in `rasd:OtherResourceType`")
        .strict()
        .check(other_type),
    Rule::warning("VHW-047", "a machine has several items for its CPUs or its memory")
        .reference("practice of Proxmox VE, VirtualBox and Google's importer")
        .why("simple importers take the first, the last, or write the numbers one behind the other")
        .help("keep one of each, and choose a configuration beforehand")
        .check(several_shares),
    Rule::error("VHW-050", "a device has a member its class does not have")
        .reference("DSP0243 1.1 §7.3, §8.3")
        .why("what is unknown has to be understood unless it says otherwise, so VMware refuses the device")
        .help("remove the element, or write `ovf:required=\"false\"` on it")
        .fixable()
        .check(unknown_member),
    Rule::error("VHW-052", "a member of a device is of another class")
        .reference("DSP0243 2.1 §8.3")
        .why("the members of a `StorageItem` and of an `EthernetPortItem` have namespaces of their own; others are not found")
        .help("use the prefix of the item's own class")
        .only(Editions::V2)
        .check(other_class),
    Rule::warning("VHW-054", "an item of OVF 2.x is in a descriptor of 1.x")
        .reference("DSP0243 1.1 §8.3")
        .why("importers of 1.x do not know the element, and refuse it or lose the device")
        .help("write a plain `Item`")
        .only(Editions::V1)
        .fixable()
        .check(second_edition),
    Rule::error("VHW-060", "a caption is longer than 64 characters")
        .reference("CIM_ManagedElement")
        .why("the schema cuts it off there; importers do not mind")
        .help("shorten it, or use `Description`")
        .strict()
        .fixable()
        .check(caption),
    Rule::warning("VHW-061", "a member with a type is empty")
        .reference("CIM_ResourceAllocationSettingData")
        .why("it cannot be read as a number; some importers stop, others take 0")
        .help("leave the element out")
        .fixable()
        .check(empty_member),
    Rule::error("VHW-062", "a device says something twice")
        .reference("CIM_ResourceAllocationSettingData")
        .why("which of the two counts is up to the importer")
        .help("keep one of the two")
        .check(twice),
    Rule::info("VHW-068", "two items of one device share some of their configurations")
        .reference("DSP0243 1.1 §9.8")
        .why("in the configurations they share the later one wins")
        .help("list each configuration once for a device")
        .check(overlapping),
];

fn bounds(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if !["", "min", "max"].contains(&item.bound) {
            sink.on(item.element, "bound", "");
        }
    }
}

/// Tells of the first child in the namespace `ns` that comes before its place in the
/// alphabet, or behind elements of other namespaces.
pub(super) fn sorted(element: &Element, ns: &str, sink: &mut Sink<'_>) {
    let (mut last, mut foreign) = ("", false);
    for child in element.elements() {
        if child.name.ns != ns {
            foreign = true;
        } else if foreign || *child.name.local < *last {
            sink.at(child, "comes too late");
            return;
        } else {
            last = &child.name.local;
        }
    }
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        let class = item.element.elements().find(|child| is_member(child));
        if let Some(first) = class {
            sorted(item.element, &first.name.ns, sink);
        }
    }
}

fn instance_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if member(item.element, "InstanceID").is_none() {
            sink.at(item.element, "has no `rasd:InstanceID`");
        }
    }
}

fn element_name(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if member(item.element, "ElementName").is_none() {
            sink.at(item.element, "has no `rasd:ElementName`");
        }
    }
}

fn resource_type(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        match member(item.element, "ResourceType") {
            None => sink.at(item.element, "has no `rasd:ResourceType`"),
            Some(member) if item.kind.is_none_or(|kind| kind > 0xFFFF) => sink.at(member, ""),
            Some(_) => {}
        }
    }
}

fn unknown_type(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if let Some(kind) = item.kind
            && matches!(kind, 0 | 34..=0x7FFF)
            && let Some(member) = member(item.element, "ResourceType")
        {
            sink.at(member, format!("CIM has no {kind}"));
        }
    }
}

/// The devices of each section by their ids, those without an id left out.
fn by_id<'a, 'd>(document: &'a Document<'d>) -> Vec<Vec<&'a ItemAt<'d>>> {
    let mut all = Vec::new();
    for hardware in &document.hardware {
        let mut groups: HashMap<&str, usize> = HashMap::new();
        for item in hardware.items.iter().filter(|item| !item.id.is_empty()) {
            let group = *groups.entry(&item.id).or_insert_with(|| {
                all.push(Vec::new());
                all.len() - 1
            });
            all[group].push(item);
        }
    }
    all
}

fn unique(document: &Document<'_>, sink: &mut Sink<'_>) {
    for group in by_id(document) {
        let mut known = HashSet::new();
        for item in group {
            let mut configurations = item.configurations.clone();
            configurations.sort_unstable();
            // Bounds of a range have a rule of their own.
            if item.bound.is_empty() && !known.insert(configurations) {
                let place = member(item.element, "InstanceID").unwrap_or(item.element);
                sink.at(place, "another device has it");
            }
        }
    }
}

fn one_kind(document: &Document<'_>, sink: &mut Sink<'_>) {
    for group in by_id(document) {
        let first = group.iter().find_map(|item| item.kind);
        for item in group {
            if item.kind.is_some() && item.kind != first {
                let place = member(item.element, "ResourceType").unwrap_or(item.element);
                sink.at(place, "an item of the same InstanceID has another");
            }
        }
    }
}

fn overlapping(document: &Document<'_>, sink: &mut Sink<'_>) {
    for group in by_id(document) {
        let mut lists: HashMap<&str, usize> = HashMap::new();
        for item in group.iter().filter(|item| item.bound.is_empty()) {
            let shared = item.configurations.iter().find_map(|one| {
                let before = lists.insert(one, item.configurations.len())?;
                (before != item.configurations.len()).then_some(one)
            });
            if let Some(shared) = shared {
                sink.on(
                    item.element,
                    "configuration",
                    format!("`{}` again", shown(shared)),
                );
            }
        }
    }
}

fn decimal(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices() {
        if !item.id.is_empty() && item.id.parse::<u64>().is_err() {
            let place = member(item.element, "InstanceID").unwrap_or(item.element);
            sink.at(place, "");
        }
    }
}

fn old_spelling(document: &Document<'_>, sink: &mut Sink<'_>) {
    fn within(parent: &Element, sink: &mut Sink<'_>) {
        for child in parent.elements() {
            if child.name.local == "InstanceId" && child.name.ns.ends_with("SettingData") {
                sink.at(child, "");
            } else if child.name.ns == parent.name.ns {
                within(child, sink);
            }
        }
    }
    within(document.written, sink);
}

fn resources(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices() {
        if let Some(second) = members(item.element, "HostResource").nth(1) {
            sink.at(second, "one more");
        }
    }
}

fn allocation(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if let Some(member) = member(item.element, "AutomaticAllocation")
            && !matches!(
                member.text().trim_ascii().to_ascii_lowercase().as_str(),
                "true" | "false" | "1" | "0" | ""
            )
        {
            sink.at(member, "");
        }
    }
}

fn other_type(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if item.is(1) && member(item.element, "OtherResourceType").is_none() {
            sink.at(item.element, "has no `rasd:OtherResourceType`");
        }
    }
}

fn several_shares(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document.machines() {
        for kind in [3, 4] {
            if let Some(second) = hardware.items.iter().filter(|item| item.is(kind)).nth(1) {
                sink.at(
                    second.element,
                    if kind == 3 {
                        "CPUs again"
                    } else {
                        "memory again"
                    },
                );
            }
        }
    }
}

fn unknown_member(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut known: HashSet<&str> = Item::members().map(|(_, name)| name).collect();
    if document.version == Version::V0_9 {
        // The number of a controller, before it became its address.
        known.insert("BusNumber");
    }
    for item in document.items() {
        for member in item.element.elements().filter(|one| is_member(one)) {
            if !known.contains(&*member.name.local) && !is_optional(member) {
                sink.at(member, "is no member of the class");
            }
        }
    }
}

fn other_class(document: &Document<'_>, sink: &mut Sink<'_>) {
    fn within(parent: &Element, sink: &mut Sink<'_>) {
        for child in parent
            .elements()
            .filter(|child| child.name.ns == parent.name.ns)
        {
            let class = match &*child.name.local {
                "StorageItem" => SASD,
                "EthernetPortItem" => EPASD,
                _ => {
                    within(child, sink);
                    continue;
                }
            };
            let stray = child.elements().find(|member| {
                let ns = member.name.ns.trim_end_matches(".xsd");
                ns.contains("/cim-schema/") && ns != class
            });
            if let Some(stray) = stray {
                sink.at(stray, "is in another namespace");
            }
        }
    }
    within(document.written, sink);
}

fn second_edition(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document
        .items()
        .filter(|item| item.element.name.local != "Item")
    {
        sink.at(item.element, "is of OVF 2.x");
    }
}

fn caption(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if let Some(member) = member(item.element, "Caption")
            && member.text().chars().count() > MAX_CAPTION
        {
            sink.at(member, "");
        }
    }
}

fn empty_member(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        value.trim_ascii().is_empty()
            && element.name.local == local
            && element.name.ns.contains("SettingData")
    });
}

fn twice(document: &Document<'_>, sink: &mut Sink<'_>) {
    repeated(document, sink, |parent, _| {
        matches!(parent, "Item" | "StorageItem" | "EthernetPortItem")
    });
}
