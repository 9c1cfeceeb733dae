//! Virtual disks.

use std::collections::{HashMap, HashSet};

use super::{Document, Editions, Rule, Sink, repetitions, require, shown, wrong_values};
use crate::envelope::units::{BaseUnit, Unit};
use crate::validate::document::{attr, children, file_ref, standard};
use crate::xml::Element;

/// The formats that are known by their URI, in lower case, as a part of it.
const FORMATS: [&str; 5] = ["vmdk.html", "linkid=137171", "ecma-119", "qcow", "vhd"];

pub(super) const RULES: &[Rule] = &[
    Rule::error("DSK-001", "a disk has no id, or that of another")
        .reference("DSP0243 1.1 §9.1")
        .why("hardware refers to disks by id; importers take one of the two, or refuse both")
        .help("give each disk an `ovf:diskId` of its own")
        .fixable()
        .check(ids),
    Rule::error("DSK-002", "the capacity of a disk is missing or no positive number")
        .reference("DSP0243 1.1 §9.1")
        .why("no importer can make a disk without knowing its size")
        .help("write a number of `ovf:capacityAllocationUnits`, or `${key}` for a property")
        .fixable()
        .check(capacity),
    Rule::error("DSK-003", "the unit of a capacity is no number of bytes")
        .reference("DSP0243 1.1 §9.1; DSP0004 annex C")
        .why("importers that cannot read it take the number for bytes, and make a tiny disk")
        .help("write `byte`, or a multiple such as `byte * 2^30`")
        .check(unit),
    Rule::warning("DSK-003a", "the unit of a capacity is not spelled as the standard has it")
        .reference("DSP0243 1.1 §9.1; DSP0004 annex C")
        .why("not all importers read words such as `MegaBytes`, or blanks around `^`")
        .help("write `byte`, or a multiple such as `byte * 2^30`")
        .fixable()
        .check(unit_spelling),
    Rule::error("DSK-004", "the capacity of a disk names no property with a number")
        .reference("DSP0243 1.1 §9.1")
        .why("the disk has no size when the machine is deployed")
        .help("name a property by its key, and give it a whole number as default")
        .check(capacity_property),
    Rule::error("DSK-005", "a disk refers to a file that is not in References")
        .reference("DSP0243 1.1 §9.1")
        .why("the disk has no content; VirtualBox and vSphere refuse the package")
        .help("write the `ovf:id` of a `File`, or leave `ovf:fileRef` out for a blank disk")
        .check(file_refs),
    Rule::error("DSK-007", "two disks of one configuration share a file")
        .reference("DSP0243 1.1 §9.1")
        .why("each disk needs content of its own; OVF Tool refuses the package")
        .help("copy the file, or use one disk")
        .check(shared_file),
    Rule::warning("DSK-007a", "two disks refer to one file")
        .reference("DSP0243 1.1 §9.1")
        .why("only vSphere, which looks at configurations, keeps the two apart")
        .help("copy the file, or use one disk")
        .check(repeated_file),
    Rule::error("DSK-008", "a disk with content has no format")
        .reference("DSP0243 1.1 §9.1")
        .why("OVF Tool and VirtualBox refuse a disk whose format is not named")
        .help("name the format, such as http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized")
        .fixable()
        .check(format),
    Rule::info("DSK-008a", "a blank disk has no format")
        .reference("practice of VirtualBox")
        .why("the standard does not ask for it, but VirtualBox refuses any disk without one")
        .help("name the format the disk should be made in")
        .check(blank_format),
    Rule::error("DSK-009", "more of a disk is populated than it has room for")
        .reference("DSP0243 1.1 §9.1")
        .why("importers reserve space by `ovf:populatedSize`, and some overflow on it")
        .help("write the bytes in use, or leave the attribute out")
        .fixable()
        .check(populated),
    Rule::error("DSK-010", "the parent of a disk is missing, the disk itself, or of another size")
        .reference("DSP0243 1.1 §9.1")
        .why("a disk of differences means nothing without the disk they are to")
        .help("name the parent by its `ovf:diskId`, or ship the disk as a whole")
        .check(parents),
    Rule::warning("DSK-011", "a disk holds differences to another")
        .reference("practice of importers other than VMware's")
        .why("they take the differences for the whole disk")
        .help("ship the disk as a whole")
        .check(differences),
    Rule::info("DSK-012", "the format of a disk is not a known one")
        .reference("DSP0243 1.1 §5.2, §9.1")
        .why("importers guess by the name of the file, or refuse the disk")
        .help("name the format by the URI of its specification")
        .fixable()
        .check(known_format),
    Rule::warning("DSK-016", "the capacity of a disk comes from a property")
        .reference("practice of VirtualBox, oVirt, forklift and XenCenter")
        .why("only vSphere looks the property up")
        .help("write the number")
        .check(variable_capacity),
    Rule::warning("DSK-020", "no device uses a disk")
        .reference("DSP0243 1.1 §8.3, §9.1")
        .why("it is transferred and attached to nothing")
        .help("refer to it in the `rasd:HostResource` of a drive, or remove it")
        .check(unused),
    Rule::warning("DSK-021", "the id of a disk has unusual characters")
        .reference("practice of Proxmox VE")
        .why("Proxmox VE passes over a disk whose id has other than letters, digits and `-._~`")
        .help("rename the disk")
        .fixable()
        .check(unusual_id),
    Rule::error("DSK-024", "`ovf:readOnly` is no truth value")
        .reference("DSP0243 2.1 §9.13")
        .why("importers cannot tell whether machines may write to the shared disk")
        .help("write `true` or `false`")
        .only(Editions::V2)
        .check(read_only),
    Rule::info("DSK-025", "the capacity of a disk is no multiple of 1 MiB")
        .reference("practice of ESXi")
        .why("ESXi rounds it")
        .help("make the disk a multiple of 1 MiB")
        .strict()
        .check(|document, sink| multiple(document, sink, 1 << 20)),
    Rule::info("DSK-025a", "the capacity of a disk is no multiple of a sector")
        .reference("practice of all platforms")
        .why("disks have sectors of 512 bytes, so the last one is cut short")
        .help("make the disk a multiple of 512 bytes")
        .check(|document, sink| multiple(document, sink, 512)),
    Rule::error("DSK-027", "a disk stands before the one it holds differences to")
        .reference("DSP0243 1.1 §9.1")
        .why("importers make disks in the order of the section")
        .help("move the parent in front")
        .fixable()
        .check(parent_order),
    Rule::error("DSK-028", "a SharedDiskSection has no disk")
        .reference("DSP0243 2.1 §9.13")
        .why("the schema wants one at least")
        .help("remove the section")
        .only(Editions::V2)
        .strict()
        .fixable()
        .check(no_shared_disk),
    Rule::warning("DSK-029", "disks are not in the order of their files")
        .reference("practice of OVF Tool")
        .why("OVF Tool reads the files of a package one after the other and refuses to go back")
        .help("list disks and files in one order")
        .fixable()
        .check(file_order),
];

/// The capacity in bytes, where it is a number.
pub(in crate::validate) fn bytes(disk: &Element) -> Option<u64> {
    let capacity = attr(disk, "capacity")?.trim_ascii().parse().ok()?;
    let unit = attr(disk, "capacityAllocationUnits").map(str::trim_ascii);
    match unit.filter(|unit| !unit.is_empty()) {
        Some(unit) => Unit::parse(unit)?.scale(capacity),
        None => Some(capacity),
    }
}

/// The key of the property that holds the capacity.
fn variable(disk: &Element) -> Option<&str> {
    attr(disk, "capacity")?
        .strip_prefix("${")?
        .strip_suffix('}')
}

fn parent_ref(disk: &Element) -> Option<&str> {
    attr(disk, "parentRef").filter(|id| !id.is_empty())
}

fn ids(document: &Document<'_>, sink: &mut Sink<'_>) {
    require(document.disks.iter().copied(), "diskId", sink);
    let id = |disk: &'_ Element| {
        attr(disk, "diskId")
            .filter(|id| !id.is_empty())
            .map(str::to_owned)
    };
    for disk in repetitions(document.disks.iter().copied(), id) {
        sink.on(disk, "diskId", "is taken");
    }
}

fn capacity(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document
        .disks
        .iter()
        .filter(|disk| variable(disk).is_none())
    {
        match attr(disk, "capacity") {
            None => sink.at(disk, "has no `ovf:capacity`"),
            Some(text) => match text.trim_ascii().parse::<i64>() {
                Ok(1..) => {}
                Ok(_) => sink.on(disk, "capacity", "is not above 0"),
                Err(_) => sink.on(disk, "capacity", "is no whole number"),
            },
        }
    }
}

/// The units of capacities that are not empty.
fn units<'d>(document: &Document<'d>) -> impl Iterator<Item = (&'d Element, Option<Unit>)> {
    document.disks.iter().filter_map(|disk| {
        let unit = attr(disk, "capacityAllocationUnits")?;
        (!unit.trim_ascii().is_empty()).then(|| (*disk, Unit::parse(unit)))
    })
}

fn unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (disk, unit) in units(document) {
        if unit.is_none_or(|unit| unit.base() != BaseUnit::Byte) {
            sink.on(disk, "capacityAllocationUnits", "no multiple of `byte`");
        }
    }
}

fn unit_spelling(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (disk, unit) in units(document) {
        if let Some(unit) = unit
            && unit.base() == BaseUnit::Byte
            && !unit.is_strict()
        {
            sink.on(
                disk,
                "capacityAllocationUnits",
                format!("is spelled `{unit}`"),
            );
        }
    }
}

fn capacity_property(document: &Document<'_>, sink: &mut Sink<'_>) {
    if !document.disks.iter().any(|disk| variable(disk).is_some()) {
        return;
    }
    let properties = super::properties::by_key(document);
    for disk in &document.disks {
        let Some(key) = variable(disk) else { continue };
        let Some(property) = properties.get(key) else {
            sink.on(
                disk,
                "capacity",
                format!("there is no property `{}`", shown(key)),
            );
            continue;
        };
        let defaults = children(property, "Value").chain([*property]);
        let mut given = defaults.filter_map(|one| attr(one, "value"));
        let wrong = given.any(|value| value.trim_ascii().parse::<u64>().is_err());
        if wrong {
            sink.on(
                disk,
                "capacity",
                "the default of the property is no whole number",
            );
        }
    }
}

fn file_refs(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        if let Some(id) = file_ref(disk)
            && !document.file_of.contains_key(id)
        {
            sink.on(disk, "fileRef", format!("there is no file `{}`", shown(id)));
        }
    }
}

fn shared_file(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut used: HashMap<&str, Vec<&[&str]>> = HashMap::new();
    for item in document.devices() {
        for resource in &item.resources {
            if let Some(disk) = document.disk_behind(resource) {
                let id = attr(disk, "diskId").unwrap_or_default();
                used.entry(id).or_default().push(&item.configurations);
            }
        }
    }
    // For each file the configurations a disk of it is in; `None` is all of them.
    let mut taken: HashMap<&str, HashSet<Option<&str>>> = HashMap::new();
    for disk in &document.disks {
        let Some(file) = file_ref(disk) else { continue };
        let id = attr(disk, "diskId").unwrap_or_default();
        let mut own: HashSet<Option<&str>> = HashSet::new();
        // Of several disks with one id, devices use the first.
        let first = document
            .disk_of
            .get(id)
            .is_some_and(|one| std::ptr::eq(*one, *disk));
        let users = used.get(id).filter(|_| first);
        for configurations in users.into_iter().flatten() {
            own.extend(configurations.iter().map(|one| Some(*one)));
            own.extend(configurations.is_empty().then_some(None));
        }
        if own.is_empty() {
            own.insert(None);
        }
        let before = taken.entry(file).or_default();
        let always = own.contains(&None) && !before.is_empty() || before.contains(&None);
        if always || own.iter().any(|one| before.contains(one)) {
            sink.on(disk, "fileRef", "another disk has this file");
        }
        before.extend(own);
    }
}

fn repeated_file(document: &Document<'_>, sink: &mut Sink<'_>) {
    let file = |disk: &'_ Element| file_ref(disk).map(str::to_owned);
    for disk in repetitions(document.disks.iter().copied(), file) {
        sink.on(disk, "fileRef", "another disk has this file");
    }
}

fn format(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document
        .disks
        .iter()
        .filter(|disk| file_ref(disk).is_some())
    {
        if attr(disk, "format").unwrap_or_default().is_empty() {
            sink.at(disk, "has no `ovf:format`");
        }
    }
}

fn blank_format(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document
        .disks
        .iter()
        .filter(|disk| file_ref(disk).is_none())
    {
        if attr(disk, "format").unwrap_or_default().is_empty() {
            sink.at(disk, "has no `ovf:format`");
        }
    }
}

fn populated(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        let Some(text) = attr(disk, "populatedSize").filter(|text| !text.trim_ascii().is_empty())
        else {
            continue;
        };
        match text.trim_ascii().parse::<u64>() {
            Err(_) => sink.on(disk, "populatedSize", "is no number of bytes"),
            Ok(size) => {
                if let Some(capacity) = bytes(disk)
                    && size > capacity
                {
                    let label = format!("the disk has {capacity} bytes");
                    sink.on(disk, "populatedSize", label);
                }
            }
        }
    }
}

fn parents(document: &Document<'_>, sink: &mut Sink<'_>) {
    let parent_of = |disk: &Element| document.disk_of.get(parent_ref(disk)?).copied();
    // Disks whose ancestors were followed to an end without coming back.
    let mut settled: HashSet<usize> = HashSet::new();
    for disk in document
        .disks
        .iter()
        .filter(|disk| parent_ref(disk).is_some())
    {
        let Some(parent) = parent_of(disk) else {
            sink.on(disk, "parentRef", "there is no such disk");
            continue;
        };
        let mut path = HashSet::new();
        let mut at = Some(*disk);
        while let Some(one) = at.filter(|one| !settled.contains(&one.span.start)) {
            if !path.insert(one.span.start) {
                sink.on(disk, "parentRef", "leads back to the disk");
                break;
            }
            at = parent_of(one);
        }
        settled.extend(path);
        if let (Some(own), Some(theirs)) = (bytes(disk), bytes(parent))
            && own != theirs
        {
            sink.on(disk, "parentRef", "the parent has another capacity");
        }
    }
}

fn differences(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document
        .disks
        .iter()
        .filter(|disk| parent_ref(disk).is_some())
    {
        sink.on(disk, "parentRef", "");
    }
}

fn known_format(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        let format = attr(disk, "format")
            .unwrap_or_default()
            .to_ascii_lowercase();
        if !format.is_empty() && !FORMATS.iter().any(|known| format.contains(known)) {
            sink.on(disk, "format", "not in the list of known formats");
        }
    }
}

fn variable_capacity(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in document
        .disks
        .iter()
        .filter(|disk| variable(disk).is_some())
    {
        sink.on(disk, "capacity", "is no number");
    }
}

fn unused(document: &Document<'_>, sink: &mut Sink<'_>) {
    let mut used: HashSet<usize> = HashSet::new();
    let mut files: HashSet<&str> = HashSet::new();
    for resource in document.devices().flat_map(|item| &item.resources) {
        used.extend(document.disk_behind(resource).map(|disk| disk.span.start));
        files.insert(resource);
    }
    // A disk others hold differences to is used by them.
    let parents = document
        .disks
        .iter()
        .filter_map(|disk| document.disk_of.get(parent_ref(disk)?));
    used.extend(parents.map(|disk| disk.span.start));
    for disk in &document.disks {
        let by_file = file_ref(disk).is_some_and(|file| files.contains(file));
        if !used.contains(&disk.span.start) && !by_file {
            sink.on(disk, "diskId", "nothing refers to it");
        }
    }
}

fn unusual_id(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        let usual = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        let id = attr(disk, "diskId").unwrap_or_default();
        if let Some(other) = id.chars().find(|&c| !usual(c)) {
            sink.on(disk, "diskId", format!("has `{other}`"));
        }
    }
}

fn read_only(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, _| {
        element.name.local == "SharedDisk" && local == "readOnly"
    });
}

fn multiple(document: &Document<'_>, sink: &mut Sink<'_>, of: u64) {
    for disk in &document.disks {
        if bytes(disk).is_some_and(|bytes| bytes % of != 0) {
            sink.on(
                disk,
                "capacity",
                format!("{} bytes too many", bytes(disk).unwrap_or(0) % of),
            );
        }
    }
}

fn parent_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for disk in &document.disks {
        if let Some(parent) = parent_ref(disk).and_then(|id| document.disk_of.get(id))
            && parent.span.start > disk.span.start
        {
            sink.on(disk, "parentRef", "the parent comes later");
        }
    }
}

fn no_shared_disk(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in document.sections_named("SharedDiskSection") {
        if children(section.element, "SharedDisk").next().is_none() {
            sink.at(section.element, "has none");
        }
    }
}

fn file_order(document: &Document<'_>, sink: &mut Sink<'_>) {
    let disks = document
        .disks
        .iter()
        .filter(|disk| standard(disk) == Some("Disk"));
    let mut furthest = 0;
    for disk in disks {
        let Some(file) = document.file_behind(disk) else {
            continue;
        };
        if file.span.start < furthest {
            sink.on(
                disk,
                "fileRef",
                "the file comes before that of an earlier disk",
            );
        }
        furthest = furthest.max(file.span.start);
    }
}
