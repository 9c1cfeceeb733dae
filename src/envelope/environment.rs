//! The OVF environment document: what a platform tells a guest about its deployment
//! (DSP8027; DSP0243 1.1 §11).
//!
//! [`parse`] reads one, [`of`] makes the one a machine is given, and the templates
//! write it. What the model does not know is kept.

mod deploy;
mod value;

pub(super) use value::misfit;

pub use deploy::{Deployment, machine, of};

use serde::Serialize;

use crate::base::Result;
use crate::xml::names::{ENVIRONMENT, ENVIRONMENT_0_9, oe};
use crate::xml::{self, Element, Name, Node};

use super::lift::unfold;
use super::parse::shown;
use super::record::record;
use super::take::{Faults, Record};
use super::{EnvelopeError, Kept, Version};

record! {
/// What one guest is told.
pub struct Environment {
    /// The identifier of its machine in the envelope; vSphere leaves it empty.
    id: Option<String> = attribute(&oe("id"));
    /// What it is told about itself, in document order.
    sections: Vec<Section> = mixed(&Section::NAMES);
    /// The siblings of the machine.
    entities: Vec<Entity> = child(&oe("Entity"));
}
}

record! {
/// What a guest is told about a sibling: another member of its collection.
pub struct Entity {
    /// The identifier of the sibling in the envelope.
    id: String = attribute(&oe("id"));
    /// What there is to know about it, in document order.
    sections: Vec<Section> = mixed(&Section::NAMES);
}
}

/// A section of the document. Serialised it carries the name of its element as
/// `element`, which is also the name of its template.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
#[non_exhaustive]
pub enum Section {
    /// The platform.
    PlatformSection(PlatformSection),
    /// The properties.
    PropertySection(PropertySection),
    /// A `Section` of a type the standard does not have.
    Other(Kept),
}

record! {
/// The platform a guest runs on.
pub struct PlatformSection {
    /// What it is.
    kind: Option<String> = child(&oe("Kind"));
    /// Its version.
    version: Option<String> = child(&oe("Version"));
    /// Who makes it.
    vendor: Option<String> = child(&oe("Vendor"));
    /// The language of the place, such as `en`.
    locale: Option<String> = child(&oe("Locale"));
    /// The time zone of the place, in minutes from UTC.
    timezone: Option<i32> = child(&oe("Timezone"));
}
}

record! {
/// The properties of the descriptor with the values that were chosen.
pub struct PropertySection {
    /// The properties.
    properties: Vec<Property> = child(&oe("Property"));
}
}

record! {
/// A property and its value.
pub struct Property {
    /// Its full key, `class.key.instance`.
    key: String = attribute(&oe("key"));
    /// Its value.
    value: String = attribute(&oe("value"));
}
}

impl Section {
    /// The names of the elements.
    const NAMES: [Name; 3] = [oe("PlatformSection"), oe("PropertySection"), oe("Section")];
}

impl Record for Section {
    fn read(element: Element, faults: &Faults) -> Self {
        match &*element.name.local {
            "PlatformSection" => Self::PlatformSection(PlatformSection::read(element, faults)),
            "PropertySection" => Self::PropertySection(PropertySection::read(element, faults)),
            _ => Self::Other(Kept(element)),
        }
    }
}

impl Environment {
    /// The platform, if the document tells it.
    pub fn platform(&self) -> Option<&PlatformSection> {
        self.sections.iter().find_map(|section| match section {
            Section::PlatformSection(platform) => Some(platform),
            _ => None,
        })
    }

    /// The properties of the guest itself.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        properties(&self.sections)
    }
}

impl Entity {
    /// The properties of the sibling.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        properties(&self.sections)
    }
}

fn properties(sections: &[Section]) -> impl Iterator<Item = &Property> {
    sections.iter().flat_map(|section| match section {
        Section::PropertySection(section) => section.properties.as_slice(),
        _ => &[],
    })
}

/// Reads the environment document `text`.
///
/// Attributes without a prefix and the sections of OVF 0.9 are understood, and
/// sections and siblings in any order. Errors carry line and column.
pub fn parse(text: &str) -> Result<Environment> {
    let mut root = xml::read(text)?;
    lift(&mut root);
    if root.name != oe("Environment") {
        let (found, offset) = (shown(&root.name, "Environment"), root.span.start);
        let fault = EnvelopeError::NotAnEnvironment { found, offset };
        return Err(xml::locate(fault.into(), text));
    }
    Ok(Environment::read(root, &Faults::new(Version::default())))
}

/// Gives `element` and all in it the names of the standard.
fn lift(element: &mut Element) {
    let attributes = element.attributes.iter_mut().map(|(name, _)| name);
    for name in attributes.chain([&mut element.name]) {
        if name.ns == ENVIRONMENT_0_9 {
            name.ns = ENVIRONMENT.into();
        }
    }
    unfold(element, &[oe("Section")], |plain| {
        Section::NAMES.iter().any(|name| name.local == plain)
    });
    for node in &mut element.children {
        if let Node::Element(child) = node {
            lift(child);
        }
    }
}

#[cfg(test)]
#[path = "environment/tests.rs"]
mod tests;
