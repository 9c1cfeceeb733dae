//! The virtual machine itself, and collections of them.

use serde::Serialize;

use crate::xml::names::ovf;
use crate::xml::{Element, Name};

use super::record::record;
use super::take::{Faults, Record};
use super::translation::Texts;
use super::{OperatingSystemSection, ProductSection, Section, Text, VirtualHardwareSection};

/// What an envelope describes. Serialised it carries the name of its element as
/// `element`, which is also the name of its template.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
pub enum Content {
    /// One machine.
    VirtualSystem(VirtualSystem),
    /// Several that belong together.
    VirtualSystemCollection(VirtualSystemCollection),
}

record! {
/// A virtual machine (DSP0243 1.1 §7.2).
pub struct VirtualSystem {
    /// Its identifier, unique in the envelope.
    id: String = attribute(&ovf("id"));
    /// What it is, for people.
    info: Text = required(&ovf("Info"));
    /// Its name, for people.
    name: Option<Text> = child(&ovf("Name"));
    /// Its sections, in document order.
    sections: Vec<Section> = sections();
}
}

record! {
/// Virtual machines that belong together (DSP0243 1.1 §7.2).
pub struct VirtualSystemCollection {
    /// Its identifier, unique in the envelope.
    id: String = attribute(&ovf("id"));
    /// What it is, for people.
    info: Text = required(&ovf("Info"));
    /// Its name, for people.
    name: Option<Text> = child(&ovf("Name"));
    /// The machines and collections in it, in document order.
    contents: Vec<Content> = contents();
    /// Its sections, in document order.
    sections: Vec<Section> = sections();
}
}

impl Content {
    /// The names of the elements.
    pub(super) const NAMES: [Name; 2] = [ovf("VirtualSystem"), ovf("VirtualSystemCollection")];

    /// All machines in it, in document order.
    pub fn systems(&self) -> Vec<&VirtualSystem> {
        match self {
            Self::VirtualSystem(system) => vec![system],
            Self::VirtualSystemCollection(collection) => {
                collection.contents.iter().flat_map(Self::systems).collect()
            }
        }
    }
}

impl Texts for Content {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        match self {
            Self::VirtualSystem(system) => system.visit_texts(visit),
            Self::VirtualSystemCollection(collection) => collection.visit_texts(visit),
        }
    }
}

impl Record for Content {
    fn read(element: Element, faults: &Faults) -> Self {
        if element.name == const { ovf("VirtualSystem") } {
            Self::VirtualSystem(VirtualSystem::read(element, faults))
        } else {
            Self::VirtualSystemCollection(VirtualSystemCollection::read(element, faults))
        }
    }
}

impl VirtualSystem {
    /// The guest operating system, if one is named.
    pub fn operating_system(&self) -> Option<&OperatingSystemSection> {
        self.sections.iter().find_map(|section| match section {
            Section::OperatingSystemSection(os) => Some(os),
            _ => None,
        })
    }

    /// The virtual hardware. Of several alternatives it is the first, which is the
    /// one importers take.
    pub fn hardware(&self) -> Option<&VirtualHardwareSection> {
        self.sections.iter().find_map(|section| match section {
            Section::VirtualHardwareSection(hardware) => Some(&**hardware),
            _ => None,
        })
    }

    /// The product sections; each may hold properties.
    pub fn products(&self) -> impl Iterator<Item = &ProductSection> {
        ProductSection::among(&self.sections)
    }
}
