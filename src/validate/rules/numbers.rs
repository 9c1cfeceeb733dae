//! How much of a thing a machine has: quantities, units and ranges.

use std::collections::{BTreeMap, HashMap};

use super::{Document, Editions, Rule, Sink, wrong_values};
use crate::envelope::units::{BaseUnit, Unit};
use crate::validate::document::{ItemAt, member};
use crate::xml::Element;
use crate::xml::names::VMW;

const PROCESSOR: u32 = 3;
const MEMORY: u32 = 4;

/// The spellings of the unit of memory VirtualBox knows.
const VIRTUALBOX_UNITS: [&str; 6] = [
    "MegaBytes",
    "MB",
    "byte * 2^20",
    "GigaBytes",
    "GB",
    "byte * 2^30",
];

pub(super) const RULES: &[Rule] = &[
    Rule::error(
        "VHW-025",
        "the number of CPUs is missing or no positive number",
    )
    .reference("DSP0243 1.1 §8.3")
    .why("no importer can make a machine without knowing it")
    .help("write a whole number from 1 into `rasd:VirtualQuantity`")
    .check(|document, sink| quantity(document, sink, PROCESSOR)),
    Rule::error(
        "VHW-027",
        "the amount of memory is missing or no positive number",
    )
    .reference("DSP0243 1.1 §8.3")
    .why("no importer can make a machine without knowing it")
    .help("write a whole number from 1 into `rasd:VirtualQuantity`")
    .check(|document, sink| quantity(document, sink, MEMORY)),
    Rule::error("VHW-027a", "the amount of memory has no unit in bytes")
        .reference("DSP0243 1.1 §8.3; DSP0004 annex C")
        .why("some importers take it for MiB, others refuse it")
        .help("write `byte * 2^20` into `rasd:AllocationUnits`, and the amount in MiB")
        .fixable()
        .check(memory_unit),
    Rule::warning("VHW-028", "the amount of memory is not in MiB")
        .reference("practice of Proxmox VE, virt-v2v, oVirt, forklift, Incus and govc")
        .why("those importers do not look at the unit and take the number for MiB")
        .help("write `byte * 2^20` into `rasd:AllocationUnits`, and the amount in MiB")
        .fixable()
        .check(not_mebibytes),
    Rule::warning(
        "VHW-029",
        "the unit of memory is in a spelling VirtualBox does not know",
    )
    .reference("practice of VirtualBox")
    .why("VirtualBox compares the text and stops the import")
    .help("write `byte * 2^20` with exactly these blanks")
    .fixable()
    .check(virtualbox_unit),
    Rule::error("VHW-030", "the unit of a device is none")
        .reference("DSP0004 annex C")
        .why("what the numbers count cannot be told")
        .help("write a unit such as `byte * 2^20`, `hertz * 10^6` or `count`")
        .check(no_unit),
    Rule::warning(
        "VHW-030a",
        "the unit of a device is not spelled as the standard has it",
    )
    .reference("DSP0004 annex C")
    .why("blanks around `^` and capitals are in no grammar, and importers compare texts")
    .help("write it as the label has it")
    .fixable()
    .check(loose_unit),
    Rule::info(
        "VHW-030b",
        "the unit of a device is a word of the older qualifier",
    )
    .reference("DSP0004 annex C")
    .why("nearly all importers read `MegaBytes`, but the standard has `byte * 2^20`")
    .help("write it as the label has it")
    .fixable()
    .check(old_unit),
    Rule::error("VHW-031", "a reservation is above the limit")
        .reference("CIM_ResourceAllocationSettingData")
        .why("no host can keep both")
        .help("lower the reservation, or raise the limit")
        .check(reservation_and_limit),
    Rule::warning("VHW-031a", "more memory is reserved than there is")
        .reference("CIM_ResourceAllocationSettingData")
        .why("vSphere lowers the reservation, or refuses to start the machine")
        .help("lower `rasd:Reservation`")
        .check(reserved_memory),
    Rule::error("VHW-043", "a range has bounds but no value")
        .reference("DSP0243 1.1 §8.4")
        .why("the bounds are for the value of an item with the same InstanceID, which is missing")
        .help("add an item of this InstanceID without `ovf:bound`")
        .check(no_value),
    Rule::error("VHW-044", "a range has a bound twice")
        .reference("DSP0243 1.1 §8.4")
        .why("which of the two counts is up to the importer")
        .help("keep one `min` and one `max` for each device")
        .check(twice),
    Rule::error(
        "VHW-045",
        "a value is out of its range, or one of them is no number",
    )
    .reference("DSP0243 1.1 §8.4")
    .why("the lower bound, the value and the upper bound have to rise")
    .help("correct the three")
    .check(range),
    Rule::warning("VHW-048", "a machine has no CPU or no memory")
        .reference("DSP0243 1.1 §8.3")
        .why("importers make up a number, or stop")
        .help("write an item of kind 3 and one of kind 4")
        .check(incomplete),
    Rule::warning(
        "VHW-057",
        "the cores of a socket do not divide the number of CPUs",
    )
    .reference("practice of VMware and virt-v2v")
    .why("vSphere refuses the machine, virt-v2v ignores the setting")
    .help("write a divisor of the number of CPUs into `vmw:CoresPerSocket`")
    .check(sockets),
    Rule::warning("VHW-065", "the two units of an amount of memory disagree")
        .reference("CIM_ResourceAllocationSettingData")
        .why("importers read `rasd:AllocationUnits`, CIM means `rasd:VirtualQuantityUnits`")
        .help("leave `rasd:VirtualQuantityUnits` out")
        .fixable()
        .check(two_units),
    Rule::error(
        "VHW-069",
        "a quantity, reservation or limit is no whole number",
    )
    .reference("CIM_ResourceAllocationSettingData")
    .why("importers stop, or read a part of it")
    .help("write a whole number from 0")
    .check(numbers),
    Rule::warning(
        "VHW-067",
        "a number of an adapter or drive is none, or out of its range",
    )
    .reference("CIM_EthernetPortAllocationSettingData; CIM_StorageAllocationSettingData")
    .why("its meaning is lost")
    .help("write a number in range, or leave the element out")
    .only(Editions::V2)
    .check(class_numbers),
];

/// The items of a machine that are one device in all configurations, the bounds of ranges
/// left out: what an earlier item of the same id says holds for a later one too.
fn inherited<'d>(
    document: &Document<'d>,
    kind: u32,
    name: &str,
) -> Vec<(&'d Element, Option<String>)> {
    let mut all = Vec::new();
    for hardware in document.machines() {
        let mut known: HashMap<&str, String> = HashMap::new();
        let items = hardware.items.iter();
        for item in items.filter(|item| item.is(kind) && item.bound.is_empty()) {
            let own = item.text(name);
            let value = own.or_else(|| known.get(item.id.as_str()).cloned());
            if let Some(value) = &value {
                known.entry(&item.id).or_insert_with(|| value.clone());
            }
            all.push((item.element, value));
        }
    }
    all
}

fn quantity(document: &Document<'_>, sink: &mut Sink<'_>, kind: u32) {
    for (element, value) in inherited(document, kind, "VirtualQuantity") {
        let place = member(element, "VirtualQuantity").unwrap_or(element);
        match value.as_deref().map(str::parse::<u64>) {
            None => sink.at(place, "has no `rasd:VirtualQuantity`"),
            Some(Ok(0)) => sink.at(place, "none at all"),
            // That it is no number is told by another rule.
            Some(_) => {}
        }
    }
}

fn memory_unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (element, unit) in inherited(document, MEMORY, "AllocationUnits") {
        match unit.as_deref() {
            None | Some("") => sink.at(element, "has no `rasd:AllocationUnits`"),
            Some(unit) => {
                if Unit::parse(unit).is_some_and(|unit| unit.base() != BaseUnit::Byte) {
                    sink.at(
                        member(element, "AllocationUnits").unwrap_or(element),
                        "no bytes",
                    );
                }
            }
        }
    }
}

/// The units of memory that are given, with the elements that give them.
fn memory_units<'d>(document: &Document<'d>) -> Vec<(&'d Element, String)> {
    let memory = document.devices().filter(|item| item.is(MEMORY));
    let given = memory.filter_map(|item| member(item.element, "AllocationUnits"));
    given
        .map(|member| (member, member.text().trim_ascii().to_owned()))
        .collect()
}

fn not_mebibytes(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in memory_units(document) {
        if Unit::parse(&text).is_some_and(|unit| unit != Unit::MEBIBYTE) {
            sink.at(member, "");
        }
    }
}

fn virtualbox_unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in memory_units(document) {
        if !text.is_empty() && !VIRTUALBOX_UNITS.contains(&text.as_str()) {
            sink.at(member, "");
        }
    }
}

/// The units of all items, with the elements that give them.
fn units<'d>(document: &Document<'d>) -> Vec<(&'d Element, String)> {
    let items = document.items().flat_map(|item| {
        ["AllocationUnits", "VirtualQuantityUnits"].map(|name| member(item.element, name))
    });
    let given = items
        .flatten()
        .map(|member| (member, member.text().trim_ascii().to_owned()));
    given.filter(|(_, text)| !text.is_empty()).collect()
}

fn no_unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in units(document) {
        // A rate is a unit too, of which nothing is calculated.
        if Unit::parse(&text).is_none() && !text.contains('/') && !text.contains("bit") {
            sink.at(member, "");
        }
    }
}

/// Whether the unit is a word of the qualifier that came before.
fn is_word(text: &str) -> bool {
    !text.contains('*')
        && !["byte", "hertz", "count", "percent"]
            .iter()
            .any(|base| text.eq_ignore_ascii_case(base))
}

fn loose_unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in units(document) {
        if let Some(unit) = Unit::parse(&text)
            && !unit.is_strict()
            && !is_word(&text)
        {
            sink.at(member, format!("should be `{unit}`"));
        }
    }
}

fn old_unit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for (member, text) in units(document) {
        if let Some(unit) = Unit::parse(&text)
            && !unit.is_strict()
            && is_word(&text)
        {
            sink.at(member, format!("should be `{unit}`"));
        }
    }
}

fn reservation_and_limit(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.items() {
        if let (Some(reservation), Some(limit)) = (item.number("Reservation"), item.number("Limit"))
            && reservation > limit
        {
            let place = member(item.element, "Reservation").unwrap_or(item.element);
            sink.at(place, format!("the limit is {limit}"));
        }
    }
}

fn reserved_memory(document: &Document<'_>, sink: &mut Sink<'_>) {
    let values = document
        .devices()
        .filter(|item| item.is(MEMORY) && item.bound.is_empty());
    for item in values {
        if let (Some(reserved), Some(there)) =
            (item.number("Reservation"), item.number("VirtualQuantity"))
            && reserved > there
        {
            let place = member(item.element, "Reservation").unwrap_or(item.element);
            sink.at(place, format!("there is {there}"));
        }
    }
}

/// One device in one list of configurations, with its bounds.
#[derive(Default)]
struct Range<'a, 'd> {
    value: Option<&'a ItemAt<'d>>,
    lower: Vec<&'a ItemAt<'d>>,
    upper: Vec<&'a ItemAt<'d>>,
}

/// The devices that are given with bounds.
fn ranges<'a, 'd>(document: &'a Document<'d>) -> Vec<Range<'a, 'd>> {
    let mut all = Vec::new();
    for hardware in &document.hardware {
        let mut known: BTreeMap<(&str, &[&str]), Range<'a, 'd>> = BTreeMap::new();
        let mut values: HashMap<&str, &'a ItemAt<'d>> = HashMap::new();
        for item in &hardware.items {
            let key = (item.id.as_str(), item.configurations.as_slice());
            match item.bound {
                "min" => known.entry(key).or_default().lower.push(item),
                "max" => known.entry(key).or_default().upper.push(item),
                _ => {
                    known.entry(key).or_default().value = Some(item);
                    values.insert(&item.id, item);
                }
            }
        }
        let mut found: Vec<_> = known.into_iter().collect();
        found.retain(|(_, range)| !(range.lower.is_empty() && range.upper.is_empty()));
        // Bounds for all configurations go with the value of any.
        for ((id, _), range) in &mut found {
            range.value = range.value.or_else(|| values.get(id).copied());
        }
        all.extend(found.into_iter().map(|(_, range)| range));
    }
    all
}

fn no_value(document: &Document<'_>, sink: &mut Sink<'_>) {
    for range in ranges(document)
        .iter()
        .filter(|range| range.value.is_none())
    {
        if let Some(bound) = range.lower.iter().chain(&range.upper).next() {
            sink.on(bound.element, "bound", "of no value");
        }
    }
}

fn twice(document: &Document<'_>, sink: &mut Sink<'_>) {
    for range in ranges(document) {
        for again in range.lower.iter().skip(1).chain(range.upper.iter().skip(1)) {
            sink.on(again.element, "bound", "one more");
        }
    }
}

fn range(document: &Document<'_>, sink: &mut Sink<'_>) {
    let amount = |item: &ItemAt<'_>| -> Option<u64> {
        let number = item.number("VirtualQuantity")?;
        match item
            .text("AllocationUnits")
            .and_then(|unit| Unit::parse(&unit))
        {
            Some(unit) => unit.scale(number),
            None => Some(number),
        }
    };
    for range in ranges(document) {
        let bounds = range.lower.iter().chain(&range.upper);
        for item in bounds.clone().chain(range.value.iter()) {
            if let Some(member) = member(item.element, "VirtualQuantity")
                && member.text().trim_ascii().parse::<u64>().is_err()
            {
                sink.at(member, "no whole number");
            }
        }
        let Some(value) = range.value else { continue };
        let Some(normal) = amount(value) else {
            continue;
        };
        let low = range
            .lower
            .iter()
            .filter(|item| amount(item).is_some_and(|low| low > normal));
        let high = range
            .upper
            .iter()
            .filter(|item| amount(item).is_some_and(|high| high < normal));
        for item in low.chain(high) {
            let place = member(item.element, "VirtualQuantity").unwrap_or(item.element);
            sink.at(place, "the value is beyond it");
        }
    }
}

fn incomplete(document: &Document<'_>, sink: &mut Sink<'_>) {
    for hardware in document
        .machines()
        .filter(|hardware| !hardware.items.is_empty())
    {
        let missing = |kind| !hardware.items.iter().any(|item| item.is(kind));
        let label = match (missing(PROCESSOR), missing(MEMORY)) {
            (true, true) => "neither CPU nor memory",
            (true, false) => "no CPU",
            (false, true) => "no memory",
            (false, false) => continue,
        };
        sink.at(hardware.element, label);
    }
}

fn sockets(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(PROCESSOR)) {
        let mut children = item.element.elements();
        let cores =
            children.find(|child| child.name.ns == VMW && child.name.local == "CoresPerSocket");
        let (Some(cores), Some(cpus)) = (cores, item.number("VirtualQuantity")) else {
            continue;
        };
        let count = cores.text().trim_ascii().parse::<u64>().unwrap_or_default();
        if count == 0 || cpus % count != 0 {
            sink.at(cores, format!("there are {cpus} CPUs"));
        }
    }
}

fn two_units(document: &Document<'_>, sink: &mut Sink<'_>) {
    for item in document.devices().filter(|item| item.is(MEMORY)) {
        let unit = |name| item.text(name).and_then(|text| Unit::parse(&text));
        if let (Some(ours), Some(other)) = (unit("AllocationUnits"), unit("VirtualQuantityUnits"))
            && ours != other
        {
            let place = member(item.element, "VirtualQuantityUnits").unwrap_or(item.element);
            sink.at(place, format!("the other is `{ours}`"));
        }
    }
}

fn numbers(document: &Document<'_>, sink: &mut Sink<'_>) {
    wrong_values(document, sink, |element, local, value| {
        let quantity = matches!(
            local,
            "VirtualQuantity" | "Reservation" | "Limit" | "Weight"
        );
        let own = element.name.local == local && element.name.ns != VMW;
        quantity && own && !value.trim_ascii().is_empty()
    });
}

fn class_numbers(document: &Document<'_>, sink: &mut Sink<'_>) {
    const OTHERS: [&str; 9] = [
        "VirtualQuantity",
        "Reservation",
        "Limit",
        "Weight",
        "ResourceType",
        "AutomaticAllocation",
        "ConsumerVisibility",
        "MappingBehavior",
        "ChangeableType",
    ];
    wrong_values(document, sink, |element, local, value| {
        let own = element.name.local == local && element.name.ns.contains("AllocationSettingData");
        own && !OTHERS.contains(&local) && !value.trim_ascii().is_empty()
    });
}
