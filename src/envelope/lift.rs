//! The dialects of OVF, lifted to one set of names.
//!
//! The model knows the elements of OVF 1.x and 2.x by one name each, in the namespace
//! of 1.x. Before the time of the standard a section was `Section xsi:type="…"`, and
//! some producers have spellings of their own; here all become the standard's.

use std::borrow::Cow;

use crate::xml::names::{
    BOOT_CONFIG, BOOT_SOURCE, ENVELOPE_0_9, ENVELOPE_1, ENVELOPE_2, EPASD, RASD, SASD, VSSD, XMLNS,
    XSI, ovf, rasd,
};
use crate::xml::{Element, Name, Node};

use super::{EnvelopeError, Version};

/// The version the root element stands for, if it is an envelope at all.
pub(super) fn version(root: &Name) -> Option<Version> {
    if root.local != "Envelope" {
        return None;
    }
    match root.ns.trim_end_matches('/') {
        ENVELOPE_0_9 => Some(Version::V0_9),
        ENVELOPE_1 => Some(Version::V1),
        ENVELOPE_2 => Some(Version::V2),
        _ => None,
    }
}

/// Gives the document `root` and all in it the names of the model. An attribute that
/// is there in two spellings is an error, as one given twice is to XML.
pub(super) fn lift(root: &mut Element) -> Result<(), EnvelopeError> {
    let dialect = Dialect {
        old: version(&root.name) == Some(Version::V0_9),
        bare: root.elements().any(is_bare),
    };
    lift_within(root, dialect)
}

/// What the spelling of an element depends on.
#[derive(Clone, Copy)]
struct Dialect {
    /// Whether the document is of before the standard.
    old: bool,
    /// Whether elements in no namespace are the standard's.
    bare: bool,
}

/// Whether the child `element` of an envelope is one of the standard's, but in no
/// namespace. Before 1.0 the schema had only the root in one, and oVirt still writes
/// so.
fn is_bare(element: &Element) -> bool {
    let standard = [
        "References",
        "Section",
        "Content",
        "VirtualSystem",
        "VirtualSystemCollection",
    ];
    element.name.ns.is_empty() && standard.contains(&&*element.name.local)
}

fn lift_within(element: &mut Element, dialect: Dialect) -> Result<(), EnvelopeError> {
    if dialect.bare && element.name.ns.is_empty() {
        element.name.ns = Cow::Borrowed(ENVELOPE_1);
    }
    rename(&mut element.name);
    for index in 0..element.attributes.len() {
        let (before, from) = element.attributes.split_at_mut(index);
        let name = &mut from[0].0;
        rename(name);
        if before.iter().any(|(given, _)| given == name) {
            return Err(EnvelopeError::RepeatedAttribute {
                attribute: name.to_string(),
                element: element.name.to_string(),
                offset: element.span.start,
            });
        }
    }
    unfold(element, &[ovf("Section"), ovf("Content")], |plain| {
        super::section::is_section(plain) || super::Content::NAMES.iter().any(|n| n.local == plain)
    });
    let within = Dialect {
        // What is in an element of another namespace is its own.
        bare: dialect.bare && element.name.ns == ENVELOPE_1,
        ..dialect
    };
    for node in &mut element.children {
        if let Node::Element(child) = node {
            lift_within(child, within)?;
        }
    }
    if element.name == ovf("Item") {
        settle_item(element, dialect.old);
    }
    Ok(())
}

/// Says what an item says in the way of before the standard in that of 1.0: the number
/// of a controller is its address, and in an `old` document the caption is the name.
fn settle_item(item: &mut Element, old: bool) {
    let has = |item: &Element, name| item.elements().any(|child| child.name == name);
    let (bus, caption) = (rasd("BusNumber"), rasd("Caption"));
    if !has(item, rasd("Address")) {
        let mut children = item.children.iter_mut();
        let number = children.find_map(|node| match node {
            Node::Element(child) if child.name == bus => Some(child),
            _ => None,
        });
        if let Some(number) = number {
            number.name = rasd("Address");
        }
    }
    if old && !has(item, rasd("ElementName")) {
        let caption = item.elements().find(|child| child.name == caption);
        if let Some(mut name) = caption.cloned() {
            name.name = rasd("ElementName");
            item.children.push(Node::Element(name));
        }
    }
}

/// The namespace the model knows what is in `ns` by. Before 1.0 the namespaces of CIM
/// had other addresses; VirtualBox and COT end two with `.xsd`.
fn rename(name: &mut Name) {
    let trimmed = name.ns.trim_end_matches('/').trim_end_matches(".xsd");
    let known = match trimmed {
        ENVELOPE_0_9 | ENVELOPE_1 | ENVELOPE_2 => ENVELOPE_1,
        // VMware once had a namespace of its own for translations.
        "http://schemas.dmtf.org/ovf/strings/1" | "http://schema.dmtf.org/ovf/strings/1" => {
            ENVELOPE_1
        }
        // The members the classes share are one field of the model.
        RASD | SASD | EPASD => RASD,
        VSSD => VSSD,
        BOOT_CONFIG => BOOT_CONFIG,
        BOOT_SOURCE => BOOT_SOURCE,
        _ => return,
    };
    name.ns = Cow::Borrowed(known);
    // Until 1.0 the member had a small `d`.
    if known != ENVELOPE_1 && name.local == "InstanceId" {
        *name = Name::known(known, "InstanceID");
    }
}

/// Turns one of `heads` with an `xsi:type` into the element of that type, if that is
/// `known` by its local name.
pub(super) fn unfold(element: &mut Element, heads: &[Name], known: impl Fn(&str) -> bool) {
    if !heads.contains(&element.name) {
        return;
    }
    let xsi_type = Name::known(XSI, "type");
    let Some(index) = (element.attributes.iter()).position(|(name, _)| *name == xsi_type) else {
        return;
    };
    let written = &element.attributes[index].1;
    let (_, local) = written.rsplit_once(':').unwrap_or(("", written));
    let plain = local.trim_ascii().strip_suffix("_Type").unwrap_or_default();
    if known(plain) {
        element.name = Name::new(&element.name.ns, plain);
        element.attributes.remove(index);
        // Nothing else in the start tag needs the declaration of the type's prefix.
        element.attributes.retain(|(name, _)| name.ns != XMLNS);
    }
}
