//! Machines that belong together: starting, sharing, scaling, placing.

use std::collections::{HashMap, HashSet};

use super::{Document, Editions, Rule, Sink, repetitions, require, shown, wrong_values};
use crate::validate::document::{Around, Placed, attr, attr_anywhere, children, is_optional};
use crate::xml::Element;
use crate::xml::names::{BOOT_CONFIG, VMW};

/// The sections that came with 2.0.
const SECOND: [&str; 7] = [
    "EnvironmentFilesSection",
    "BootDeviceSection",
    "SharedDiskSection",
    "ScaleOutSection",
    "PlacementGroupSection",
    "PlacementSection",
    "EncryptionSection",
];

pub(super) const RULES: &[Rule] = &[
    Rule::error("COL-001", "an item of a StartupSection has no id, or no number for its order")
        .reference("DSP0243 1.1 §9.7")
        .why("what starts when cannot be told")
        .help("write `ovf:id` and `ovf:order`")
        .check(startup),
    Rule::error("COL-002", "an item of a StartupSection is for no member, or for one twice")
        .reference("DSP0243 1.1 §9.7")
        .why("each item is for one machine or collection right within; vCenter refuses others")
        .help("write the `ovf:id` of a member of the collection")
        .check(startup_members),
    Rule::error("COL-003", "a delay or `ovf:waitingForGuest` of a StartupSection cannot be read")
        .reference("DSP0243 1.1 §9.7")
        .why("how long to wait cannot be told")
        .help("write seconds from 0 to 65535, and `true` or `false`")
        .check(startup_values),
    Rule::warning("COL-003a", "the action of a StartupSection is unknown")
        .reference("DSP0243 1.1 §9.7")
        .why("the standard has `powerOn`, `powerOff`, `guestShutdown` and `none`; vCenter writes `suspend` too")
        .help("write one of them")
        .check(actions),
    Rule::warning("COL-006", "what a collection shares is a single device")
        .reference("DSP0243 1.1 §9.3")
        .why("CPU, memory and storage can be shared; a controller or what hangs on one cannot")
        .help("move the item to the machine it belongs to")
        .check(shared_devices),
    Rule::info("COL-007", "the package holds a collection of machines")
        .reference("practice of Proxmox VE, virt-v2v, Google's importer, forklift and Incus")
        .why("they take one machine alone; ESXi without vCenter refuses collections")
        .help("make a package for each machine")
        .check(collection),
    Rule::error("COL-008", "a ScaleOutSection is for no member, or its counts are wrong")
        .reference("DSP0243 2.1 §9.14")
        .why("how many machines to make cannot be told")
        .help("name a member, and write counts that rise from minimum over default to maximum")
        .only(Editions::V2)
        .check(scaling),
    Rule::error("COL-009", "a placement group has no id, that of another, or no policy")
        .reference("DSP0243 2.1 §9.15")
        .why("machines cannot join it, or nothing follows from it")
        .help("write an id of its own, and the policy `affinity` or `availability`")
        .only(Editions::V2)
        .check(groups),
    Rule::error("COL-010", "a machine is in a placement group that is not there")
        .reference("DSP0243 2.1 §9.15")
        .why("its rule cannot be kept")
        .help("write the id of a `PlacementGroupSection`")
        .only(Editions::V2)
        .check(placements),
    Rule::error("COL-011", "VMware's placement by tags is in the wrong place, repeated, or of no group")
        .reference("practice of VMware")
        .why("vCenter refuses the package")
        .help("put groups with ids of their own at the envelope, and name each once in a machine or collection")
        .check(tags),
    Rule::info("COL-011a", "a section of OVF 2.x is not marked as optional in a descriptor of 1.x")
        .reference("practice of VMware")
        .why("readers of 1.x do not know it and have to refuse the package")
        .help("write `ovf:required=\"false\"` on it")
        .only(Editions::V1)
        .fixable()
        .check(second_optional),
    Rule::warning("COL-012", "collections are nested more than two deep")
        .reference("practice of all importers")
        .why("hardly any importer keeps the structure")
        .help("put the machines into one collection")
        .check(depth),
    Rule::warning("COL-013", "two counts of a ScaleOutSection are for one configuration")
        .reference("DSP0243 2.1 §9.14")
        .why("which of the two holds cannot be told")
        .help("write one `InstanceCount` for each configuration")
        .only(Editions::V2)
        .check(repeated_counts),
    Rule::error("COL-101", "a BootDeviceSection has not exactly one configuration, or a device that is not there")
        .reference("DSP0243 2.1 §9.12")
        .why("what to boot from cannot be told")
        .help("write one `CIM_BootConfigSetting`, and the `InstanceID` of devices within")
        .only(Editions::V2)
        .check(boot),
    Rule::error("COL-103", "a file for the guest is not in References, or has no path")
        .reference("DSP0243 2.1 §9.11")
        .why("the guest does not get it")
        .help("write the id of a `File` into `ovf:fileRef`, and a relative path into `ovf:path`")
        .only(Editions::V2)
        .check(environment_files),
    Rule::error("COL-104", "an EncryptionSection has no key, or holds other than keys")
        .reference("DSP0243 2.1 §9.16")
        .why("what is encrypted by what cannot be told")
        .help("write `EncryptedKey` or `DerivedKey` behind `Info`, and nothing else")
        .only(Editions::V2)
        .check(keys),
    Rule::error("COL-107", "a key of an EncryptionSection is incomplete")
        .reference("DSP0243 2.1 §9.16; XML Encryption §3.5")
        .why("the key cannot be read, or it is not known what it opens")
        .help("write `CipherData`, and references that have a `URI`")
        .only(Editions::V2)
        .check(key_parts),
    Rule::error("COL-105", "a section of OVF 2.x is in the namespace of 1.x")
        .reference("DSP0243 1.1 §7.3, §9")
        .why("1.x does not have it, so importers refuse the package")
        .help("write it in the namespace of 2.x with `ovf:required=\"false\"`, as `ovfkit rewrite` does")
        .only(Editions::V1)
        .check(second_edition),
];

/// The items of startup sections, each with its section.
fn startup_items<'a, 'd>(
    document: &'a Document<'d>,
) -> impl Iterator<Item = (&'a Placed<'d>, &'d Element)> {
    let sections = document.sections_named("StartupSection");
    sections.flat_map(|section| children(section.element, "Item").map(move |item| (section, item)))
}

fn startup(document: &Document<'_>, sink: &mut Sink<'_>) {
    require(startup_items(document).map(|(_, item)| item), "id", sink);
    for (_, item) in startup_items(document) {
        match attr(item, "order") {
            None => sink.at(item, "has no `ovf:order`"),
            Some(order) if order.trim_ascii().parse::<u16>().is_err() => {
                sink.on(item, "order", "is no number from 0 to 65535");
            }
            Some(_) => {}
        }
    }
}

/// The ids of the members of each content.
fn member_ids<'a>(document: &'a Document<'_>) -> HashSet<(Option<usize>, &'a str)> {
    document
        .contents
        .iter()
        .map(|content| (content.parent, content.id()))
        .collect()
}

fn startup_members(document: &Document<'_>, sink: &mut Sink<'_>) {
    let members = member_ids(document);
    let mut known = HashSet::new();
    for (section, item) in startup_items(document) {
        let Some(id) = attr(item, "id").filter(|id| !id.is_empty()) else {
            continue;
        };
        if section.around == Around::Collection && !members.contains(&(section.content, id)) {
            sink.on(item, "id", format!("the collection has no `{}`", shown(id)));
        } else if !known.insert((section.element.span.start, id)) {
            sink.on(item, "id", "one more for it");
        }
    }
}

fn startup_values(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        element.name.local == "Item"
            && matches!(local, "startDelay" | "stopDelay" | "waitingForGuest")
            && !value.is_empty()
    });
}

fn actions(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (_, item) in startup_items(document) {
        for (local, known) in [
            ("startAction", ["powerOn", "none", "none"]),
            ("stopAction", ["powerOff", "guestShutdown", "none"]),
        ] {
            let action = attr(item, local).filter(|action| !action.is_empty());
            if let Some(action) = action
                && !known.contains(&action)
            {
                sink.on(item, local, format!("`{}`", shown(action)));
            }
        }
    }
}

fn shared_devices(document: &Document<'_>, sink: &mut Sink<'_>) {
    let shares = document
        .hardware
        .iter()
        .filter(|hardware| !hardware.is_machine);
    for item in shares.flat_map(|hardware| &hardware.items) {
        let pool = matches!(item.kind, None | Some(3 | 4 | 17 | 19 | 31 | 32));
        if !pool || item.parent.is_some() || !item.resources.is_empty() {
            sink.at(item.element, "");
        }
    }
}

fn collection(document: &Document<'_>, sink: &mut Sink<'_>) {
    let outermost = document
        .contents
        .iter()
        .find(|content| content.parent.is_none());
    if let Some(content) = outermost.filter(|content| !content.is_system()) {
        sink.at(content.element, "");
    }
}

fn counts<'d>(section: &Placed<'d>) -> impl Iterator<Item = &'d Element> + use<'d> {
    children(section.element, "InstanceCount")
}

fn scaling(document: &Document<'_>, sink: &mut Sink<'_>) {
    let members = member_ids(document);
    for section in document.sections_named("ScaleOutSection") {
        match attr(section.element, "id") {
            None => sink.at(section.element, "has no `ovf:id`"),
            Some(id) if !members.contains(&(section.content, id)) => {
                sink.on(
                    section.element,
                    "id",
                    format!("there is no `{}`", shown(id)),
                );
            }
            Some(_) => {}
        }
        if counts(section).next().is_none() {
            sink.at(section.element, "has no `InstanceCount`");
        }
        for count in counts(section) {
            let number = |local| attr(count, local).map(|text| text.trim_ascii().parse::<u32>());
            let (least, most) = (number("minimum"), number("maximum"));
            match number("default") {
                None => sink.at(count, "has no `ovf:default`"),
                Some(Err(_)) => sink.on(count, "default", "is no number"),
                Some(Ok(default)) => {
                    let wrong = |bound: Option<Result<u32, _>>, beyond: fn(u32, u32) -> bool| {
                        bound.is_some_and(|bound| bound.map_or(true, |b| beyond(default, b)))
                    };
                    if wrong(least, |default, least| default < least) {
                        sink.on(count, "minimum", "is above the default, or no number");
                    }
                    if wrong(most, |default, most| default > most) {
                        sink.on(count, "maximum", "is below the default, or no number");
                    }
                }
            }
        }
    }
}

fn groups(document: &Document<'_>, sink: &mut Sink<'_>) {
    let sections: Vec<_> = document
        .sections_named("PlacementGroupSection")
        .map(|section| section.element)
        .collect();
    require(sections.iter().copied(), "id", sink);
    require(sections.iter().copied(), "policy", sink);
    for section in repetitions(sections.iter().copied(), |one| attr(one, "id")) {
        sink.on(section, "id", "is taken");
    }
}

fn placements(document: &Document<'_>, sink: &mut Sink<'_>) {
    let groups = document.sections_named("PlacementGroupSection");
    let ids: HashSet<_> = groups
        .filter_map(|group| attr(group.element, "id"))
        .collect();
    for section in document.sections_named("PlacementSection") {
        match attr(section.element, "group") {
            None => sink.at(section.element, "has no `ovf:group`"),
            Some(group) if !ids.contains(group) => {
                sink.on(
                    section.element,
                    "group",
                    format!("there is no `{}`", shown(group)),
                );
            }
            Some(_) => {}
        }
    }
}

fn tags(document: &Document<'_>, sink: &mut Sink<'_>) {
    let named = |local: &'static str| {
        let all = document.sections.iter();
        all.filter(move |one| one.element.name.ns == VMW && one.element.name.local == local)
    };
    let mut ids: HashMap<&str, usize> = HashMap::new();
    for group in named("TagBasedPlacementGroupSection") {
        let id = attr_anywhere(group.element, "id").unwrap_or_default();
        if group.around != Around::Envelope {
            sink.at(group.element, "belongs into `Envelope`");
        } else if ids.insert(id, group.element.span.start).is_some() {
            sink.on(group.element, "id", "is taken");
        }
    }
    let mut known = HashSet::new();
    for section in named("TagBasedPlacementSection") {
        let group = attr_anywhere(section.element, "group").unwrap_or_default();
        if section.around == Around::Envelope {
            sink.at(section.element, "belongs into a machine or collection");
        } else if !ids.contains_key(group) {
            sink.on(
                section.element,
                "group",
                format!("there is no group `{}`", shown(group)),
            );
        } else if !known.insert((section.content, group)) {
            sink.on(section.element, "group", "one more");
        }
    }
}

/// The sections of 2.x, with whether each is written in the namespace of 2.x.
fn second<'d>(document: &Document<'d>) -> Vec<(&'d Element, bool)> {
    fn within<'d>(parent: &'d Element, root: &Element, found: &mut Vec<(&'d Element, bool)>) {
        for child in parent.elements() {
            let own = child.name.ns == root.name.ns;
            if SECOND.contains(&&*child.name.local) {
                let other = child
                    .name
                    .ns
                    .starts_with("http://schemas.dmtf.org/ovf/envelope/");
                if own || other {
                    found.push((child, !own));
                }
            } else if own && child.name.local.starts_with("VirtualSystem") {
                within(child, root, found);
            }
        }
    }
    let mut found = Vec::new();
    within(document.written, document.written, &mut found);
    found
}

fn second_optional(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, foreign) in second(document) {
        let given = section.attributes.iter().any(|(name, value)| {
            name.local == "required" && matches!(value.trim_ascii(), "false" | "0")
        });
        if foreign && !given {
            sink.at(section, "");
        }
    }
}

fn second_edition(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (section, foreign) in second(document) {
        if !foreign && !is_optional(section) {
            sink.at(section, "is of OVF 2.x");
        }
    }
}

fn depth(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in document
        .contents
        .iter()
        .filter(|content| !content.is_system())
    {
        if content.depth >= 2 {
            sink.at(content.element, "");
        }
    }
}

fn repeated_counts(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("ScaleOutSection") {
        for count in repetitions(counts(section), |one| Some(attr(one, "configuration"))) {
            sink.at(count, "");
        }
    }
}

fn boot(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut devices: HashMap<Option<usize>, HashSet<&str>> = HashMap::new();
    for hardware in document.machines() {
        let ids = hardware.items.iter().map(|item| item.id.as_str());
        devices.entry(hardware.content).or_default().extend(ids);
    }
    for section in document.sections_named("BootDeviceSection") {
        let is_config = |child: &&Element| {
            child.name.ns == BOOT_CONFIG && child.name.local == "CIM_BootConfigSetting"
        };
        let mut configs = section.element.elements().filter(is_config);
        let Some(config) = configs.next() else {
            sink.at(section.element, "has no `CIM_BootConfigSetting`");
            continue;
        };
        for another in configs {
            sink.at(another, "one more");
        }
        for source in config
            .elements()
            .filter(|one| one.name.local == "CIM_BootSourceSetting")
        {
            let id = source
                .elements()
                .find(|member| member.name.local == "InstanceID");
            let text = id.map(Element::text).unwrap_or_default();
            let known = devices.get(&section.content);
            if !known.is_some_and(|known| known.contains(text.trim_ascii())) {
                sink.at(id.unwrap_or(source), "names no device");
            }
        }
    }
}

fn environment_files(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("EnvironmentFilesSection") {
        for file in children(section.element, "File") {
            match attr(file, "fileRef") {
                None => sink.at(file, "has no `ovf:fileRef`"),
                Some(id) if !document.file_of.contains_key(id) => {
                    sink.on(file, "fileRef", format!("there is no file `{}`", shown(id)));
                }
                Some(_) => {}
            }
            match attr(file, "path") {
                None => sink.at(file, "has no `ovf:path`"),
                Some(path) if path.starts_with('/') || path.split('/').any(|s| s == "..") => {
                    sink.on(file, "path", "leads out of the place for such files");
                }
                Some(_) => {}
            }
        }
    }
}

/// The children of encryption sections besides what they are about.
fn key_elements<'d>(section: &Placed<'d>) -> impl Iterator<Item = &'d Element> + use<'d> {
    section
        .element
        .elements()
        .filter(|child| child.name.local != "Info")
}

fn keys(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("EncryptionSection") {
        if key_elements(section).next().is_none() {
            sink.at(section.element, "has no key");
        }
        let is_key = |one: &&Element| matches!(&*one.name.local, "EncryptedKey" | "DerivedKey");
        for other in key_elements(section).filter(|one| !is_key(one)) {
            sink.at(other, "is no key");
        }
    }
}

fn key_parts(document: &Document<'_>, sink: &mut Sink<'_>) {
    let sections = document.sections_named("EncryptionSection");
    for key in sections
        .flat_map(key_elements)
        .filter(|key| key.name.local == "EncryptedKey")
    {
        let part = |local: &str| key.elements().find(|part| part.name.local == local);
        if part("CipherData").is_none_or(|data| data.elements().next().is_none()) {
            sink.at(key, "has no `CipherData`, or an empty one");
        }
        if let Some(list) = part("ReferenceList") {
            let has_uri = |one: &Element| attr_anywhere(one, "URI").is_some();
            if list.elements().next().is_none() || !list.elements().all(has_uri) {
                sink.at(list, "has no reference, or one without `URI`");
            }
        }
    }
}
