//! Virtual systems, collections, and what every section has.

use std::collections::HashSet;

use super::{Document, Rule, Sink, repeated, repetitions, require, shown};
use crate::validate::document::{ContentAt, attr, child, children, standard};
use crate::xml::Element;

pub(super) const RULES: &[Rule] = &[
    Rule::error("ENV-012", "a virtual system has no id or no Info")
        .reference("DSP0243 1.1 §7.2")
        .why("importers name the machine by its id, and OVF Tool refuses one without either")
        .help("give it an `ovf:id` and an `Info` as its first element")
        .fixable()
        .check(identity),
    Rule::error("ENV-013", "the parts of a virtual system are out of order")
        .reference("DSP0243 1.1 §7.2")
        .why("the order is Info, Name, sections, and in a collection its members")
        .help("move the element")
        .fixable()
        .check(order),
    Rule::error("ENV-014", "two virtual systems have one id")
        .reference("DSP0243 1.1 §7.2")
        .why("what refers to the id means one of the two, and importers may overwrite a machine with its namesake")
        .help("give each an id of its own")
        .check(ids_of_a_kind),
    Rule::warning("ENV-014a", "a collection and a virtual system have one id")
        .reference("DSP0243 1.1 §7.2")
        .why("ids have to be unique in the envelope; vCenter exports such descriptors and reads them")
        .help("give each an id of its own")
        .check(ids_of_all),
    Rule::error("ENV-015", "a section has not exactly one Info as its first element")
        .reference("DSP0243 1.1 §7.2")
        .why("it tells people what the section is for; OVF Tool refuses a section without it")
        .help("write one `Info` as the first element; it may be empty")
        .fixable()
        .check(infos),
    Rule::warning("ENV-016", "a collection is empty")
        .reference("DSP0243 1.1 §7.2")
        .why("there is nothing to deploy")
        .help("put the machines into it")
        .check(empty_collection),
    Rule::error("ENV-024", "a virtual system is within another")
        .reference("DSP0243 1.1 §7.2")
        .why("only collections have members")
        .help("make the outer one a `VirtualSystemCollection`, or put them side by side")
        .check(nested_systems),
    Rule::info("ENV-028", "a name is empty")
        .reference("DSP0243 1.1 §7.2")
        .why("importers fall back to the id, or make up a name")
        .help("write a name, or leave `Name` out")
        .check(empty_name),
];

fn identity(document: &Document<'_>, sink: &mut Sink<'_>) {
    let elements = document.contents.iter().map(|content| content.element);
    require(elements.clone(), "id", sink);
    for element in elements {
        if child(element, "Info").is_none() {
            sink.at(element, "has no `Info`");
        }
    }
}

/// Where an element of a virtual system has to stand among the others.
pub(in crate::validate) fn rank(element: &Element) -> u8 {
    match standard(element) {
        Some("Info") => 0,
        Some("Name") => 1,
        Some("VirtualSystem" | "VirtualSystemCollection") => 3,
        _ => 2,
    }
}

fn order(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in &document.contents {
        let mut highest = 0;
        for element in content.element.elements() {
            let own = rank(element);
            if own < highest {
                sink.at(element, "comes too late");
            }
            highest = highest.max(own);
        }
    }
    repeated(document, sink, |parent, element| {
        parent.starts_with("VirtualSystem") && element == "Name"
    });
}

fn ids_of_a_kind(document: &Document<'_>, sink: &mut Sink<'_>) {
    // Collections may have one id in different places, machines may not.
    let again = repetitions(&document.contents, |content| {
        let id = attr(content.element, "id").filter(|id| !id.is_empty())?;
        Some(if content.is_system() {
            (None, id)
        } else {
            (Some(content.parent), id)
        })
    });
    for content in again {
        sink.on(
            content.element,
            "id",
            format!("`{}` is taken", shown(content.id())),
        );
    }
}

fn ids_of_all(document: &Document<'_>, sink: &mut Sink<'_>) {
    let id = |content: &&ContentAt<'_>| content.id().to_owned();
    let (systems, collections): (Vec<_>, Vec<_>) = document
        .contents
        .iter()
        .partition(|content| content.is_system());
    let names: HashSet<_> = systems.iter().map(id).collect();
    for collection in collections {
        if !collection.id().is_empty() && names.contains(collection.id()) {
            let label = format!("a machine is `{}` too", shown(collection.id()));
            sink.on(collection.element, "id", label);
        }
    }
}

fn infos(document: &Document<'_>, sink: &mut Sink<'_>) {
    for section in &document.sections {
        let element = section.element;
        if !standard(element).is_some_and(|local| local.ends_with("Section")) {
            continue;
        }
        match child(element, "Info") {
            None => sink.at(element, "has no `Info`"),
            Some(info) => {
                let first = element
                    .elements()
                    .next()
                    .is_some_and(|first| std::ptr::eq(first, info));
                if !first {
                    sink.at(info, "is not the first element");
                }
                for another in children(element, "Info").skip(1) {
                    sink.at(another, "one more");
                }
            }
        }
    }
}

fn empty_collection(document: &Document<'_>, sink: &mut Sink<'_>) {
    let parents: HashSet<_> = document
        .contents
        .iter()
        .filter_map(|content| content.parent)
        .collect();
    for (index, content) in document.contents.iter().enumerate() {
        if !content.is_system() && !parents.contains(&index) {
            sink.at(content.element, "has no members");
        }
    }
}

fn nested_systems(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in &document.contents {
        let around = content.parent.map(|parent| &document.contents[parent]);
        if around.is_some_and(ContentAt::is_system) {
            sink.at(content.element, "within a `VirtualSystem`");
        }
    }
}

fn empty_name(document: &Document<'_>, sink: &mut Sink<'_>) {
    for content in &document.contents {
        if let Some(name) = child(content.element, "Name")
            && name.text().trim_ascii().is_empty()
        {
            sink.at(name, "says nothing");
        }
    }
}
