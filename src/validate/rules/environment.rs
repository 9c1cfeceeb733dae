//! Environment documents: what a platform tells a guest of its deployment.

use std::collections::HashSet;

use super::{Rule, Sink, shown};
use crate::xml::names::{ENVIRONMENT, ENVIRONMENT_0_9};
use crate::xml::{Element, Node};

/// The parts of a section on the platform, in order.
const PLATFORM: [&str; 5] = ["Kind", "Version", "Vendor", "Locale", "Timezone"];

pub(super) const RULES: &[Rule] = &[
    Rule::error("OVE-001", "the root of the environment document is in another namespace")
        .reference("DSP0243 1.1 §11.1; DSP8027")
        .why("guests look for `Environment` in the namespace of the standard, and are told nothing")
        .help("write it in the namespace http://schemas.dmtf.org/ovf/environment/1")
        .environment(namespace),
    Rule::error("OVE-003", "the parts of the environment document are out of order")
        .reference("DSP8027")
        .why("the order is sections, siblings, elements of vendors; a reader by the schema stops")
        .help("move the element")
        .environment(order),
    Rule::error("OVE-004", "a sibling has no id, or that of another")
        .reference("DSP0243 1.1 §11.1; DSP8027")
        .why("the guest cannot tell which machine of its collection is meant")
        .help("write the `ovf:id` of the other machine into `oe:id`")
        .environment(entities),
    Rule::info("OVE-005", "a section on the platform is out of order, repeats a part, or has no number for its time zone")
        .reference("DSP8027")
        .why("the parts are Kind, Version, Vendor, Locale and Timezone, each once; the last is in minutes from UTC")
        .help("sort them, and keep one of each")
        .environment(platform),
    Rule::error("OVE-006", "a property has no key or no value")
        .reference("DSP0243 1.1 §11.1; DSP8027")
        .why("the guest cannot look it up")
        .help("write both `oe:key` and `oe:value`; the value may be empty")
        .environment(properties),
    Rule::error("OVE-011", "an attribute of the environment document has no prefix")
        .reference("DSP8027")
        .why("attributes have to be in the namespace of the document; strict readers take this one for missing")
        .help("write it with a prefix bound to the namespace, such as `oe:key`")
        .environment(bare),
    Rule::error("OVE-012", "the environment document holds an element where none may be")
        .reference("DSP8027")
        .why("sections have no Info here, properties are empty, and elements of vendors come last")
        .help("remove the element, or move it to the end")
        .environment(strays),
];

/// The local name of an element of the standard, or of before it.
fn standard(element: &Element) -> Option<&str> {
    let own = [ENVIRONMENT, ENVIRONMENT_0_9].contains(&&*element.name.ns);
    own.then_some(&*element.name.local)
}

/// The attribute `local`, also without a prefix.
fn attr<'e>(element: &'e Element, local: &str) -> Option<&'e str> {
    let named = |ns: &str| ["", ENVIRONMENT, ENVIRONMENT_0_9].contains(&ns);
    let mut given = element.attributes.iter();
    let found = given.find(|(name, _)| name.local == local && named(&name.ns));
    found.map(|(_, value)| value.as_str())
}

/// The root and the siblings in it.
fn tellers(root: &Element) -> impl Iterator<Item = &Element> {
    let siblings = root
        .elements()
        .filter(|child| standard(child) == Some("Entity"));
    std::iter::once(root).chain(siblings)
}

/// The sections `local` of the guest and its siblings.
fn sections<'e>(root: &'e Element, local: &'static str) -> impl Iterator<Item = &'e Element> {
    let inside = tellers(root).flat_map(Element::elements);
    inside.filter(move |child| standard(child) == Some(local))
}

fn namespace(root: &Element, sink: &mut Sink<'_>) {
    if standard(root).is_none() {
        sink.at(root, format!("is in `{}`", shown(&root.name.ns)));
    }
}

fn order(root: &Element, sink: &mut Sink<'_>) {
    for teller in tellers(root) {
        let mut highest = 0;
        for child in teller.elements() {
            let own = match standard(child) {
                Some("Entity") => 1,
                Some(_) => 0,
                None => 2,
            };
            // Elements of vendors have a rule of their own.
            if own < highest && highest == 1 {
                sink.at(child, "comes too late");
            }
            highest = highest.max(own);
        }
    }
}

fn entities(root: &Element, sink: &mut Sink<'_>) {
    let mut known = HashSet::new();
    for entity in tellers(root).skip(1) {
        match attr(entity, "id") {
            None | Some("") => sink.at(entity, "has no `oe:id`"),
            Some(id) if !known.insert(id) => sink.on(entity, "id", "is taken"),
            Some(_) => {}
        }
    }
}

fn platform(root: &Element, sink: &mut Sink<'_>) {
    for section in sections(root, "PlatformSection") {
        let mut last = None;
        for part in section.elements() {
            let local = standard(part).unwrap_or_default();
            let Some(own) = PLATFORM.iter().position(|known| *known == local) else {
                continue;
            };
            if last == Some(own) {
                sink.at(part, "one more");
            } else if last.is_some_and(|last| own < last) {
                sink.at(part, "comes too late");
            }
            if local == "Timezone" && part.text().trim_ascii().parse::<i32>().is_err() {
                sink.at(part, "no number of minutes");
            }
            last = last.max(Some(own));
        }
    }
}

/// The properties of the guest and its siblings.
fn all_properties(root: &Element) -> impl Iterator<Item = &Element> {
    let inside = sections(root, "PropertySection").flat_map(Element::elements);
    inside.filter(|child| standard(child) == Some("Property"))
}

fn properties(root: &Element, sink: &mut Sink<'_>) {
    for property in all_properties(root) {
        for local in ["key", "value"] {
            match attr(property, local) {
                None => sink.at(property, format!("has no `oe:{local}`")),
                Some("") if local == "key" => sink.on(property, local, "is empty"),
                Some(_) => {}
            }
        }
    }
}

fn bare(root: &Element, sink: &mut Sink<'_>) {
    let with_id = tellers(root).map(|teller| (teller, &["id"][..]));
    let with_both = all_properties(root).map(|property| (property, &["key", "value"][..]));
    for (element, names) in with_id.chain(with_both) {
        for (name, _) in &element.attributes {
            if name.ns.is_empty() && names.contains(&&*name.local) {
                sink.on(
                    element,
                    &name.local,
                    format!("should be `oe:{}`", name.local),
                );
            }
        }
    }
}

fn strays(root: &Element, sink: &mut Sink<'_>) {
    for teller in tellers(root) {
        last(teller, sink);
        for section in teller
            .elements()
            .filter(|one| standard(one) != Some("Entity"))
        {
            let info = section
                .elements()
                .find(|child| child.name.local == "Info" && standard(section).is_some());
            match info {
                Some(info) => sink.at(info, "sections have none here"),
                None if standard(section).is_some() => last(section, sink),
                None => {}
            }
        }
    }
    for property in all_properties(root) {
        let text = |node: &Node| matches!(node, Node::Text(text) if !text.trim_ascii().is_empty());
        if property.elements().next().is_some() || property.children.iter().any(text) {
            sink.at(property, "is not empty");
        }
    }
}

/// Tells of the first element of a vendor in `parent` that stands before one of the standard.
fn last(parent: &Element, sink: &mut Sink<'_>) {
    let mut stray = None;
    for child in parent.elements() {
        if standard(child).is_none() {
            stray = stray.or(Some(child));
        } else if let Some(stray) = stray {
            sink.at(stray, "comes too early");
            return;
        }
    }
}
