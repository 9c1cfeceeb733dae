//! The virtual machine itself.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::parse::sections;
use super::take::Take;
use super::{OperatingSystemSection, ProductSection, Section, VirtualHardwareSection};

/// A virtual machine (DSP0243 1.1 §7.2).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VirtualSystem {
    /// Its identifier, unique in the envelope.
    pub id: String,
    /// What it is, for people.
    pub info: String,
    /// Its name, for people.
    pub name: Option<String>,
    /// Its sections, in document order.
    pub sections: Vec<Section>,
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
            Section::VirtualHardwareSection(hardware) => Some(hardware),
            _ => None,
        })
    }

    /// The product sections; each may hold properties.
    pub fn products(&self) -> impl Iterator<Item = &ProductSection> {
        self.sections.iter().filter_map(|section| match section {
            Section::ProductSection(product) => Some(product),
            _ => None,
        })
    }

    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let system = Self {
            id: take.required_attribute(&ovf("id"))?.string(),
            info: take.required_string(&ovf("Info"))?,
            name: take.string(&ovf("Name"))?,
            sections: sections(&mut take, "ovf:VirtualSystem")?,
        };
        take.finish()?;
        Ok(system)
    }
}
