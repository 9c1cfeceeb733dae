//! Any section, wherever it stands.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::unknown;
use super::{
    AnnotationSection, DiskSection, EulaSection, NetworkSection, OperatingSystemSection,
    ProductSection, VirtualHardwareSection,
};

/// A section of an envelope or of a virtual system (DSP0243 1.1 §9).
///
/// The schema lets every section stand in either, any number of times. Serialised,
/// a section carries the name of its element as `element`, which is also the name
/// of the template that writes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
#[non_exhaustive]
pub enum Section {
    /// Virtual disks (§9.1).
    DiskSection(DiskSection),
    /// Logical networks (§9.2).
    NetworkSection(NetworkSection),
    /// A note to the user (§9.4).
    AnnotationSection(AnnotationSection),
    /// Product facts and properties (§9.5).
    ProductSection(ProductSection),
    /// A licence (§9.6).
    EulaSection(EulaSection),
    /// The guest operating system (§9.9).
    OperatingSystemSection(OperatingSystemSection),
    /// The virtual hardware (§8).
    VirtualHardwareSection(VirtualHardwareSection),
}

impl Section {
    /// Reads the section `element`, a child of `parent`.
    pub(super) fn read(element: Element, parent: &str) -> Result<Self> {
        if element.name.ns != ovf("").ns {
            return Err(unknown(&element, parent).into());
        }
        Ok(match &*element.name.local {
            "DiskSection" => Self::DiskSection(DiskSection::read(element)?),
            "NetworkSection" => Self::NetworkSection(NetworkSection::read(element)?),
            "AnnotationSection" => Self::AnnotationSection(AnnotationSection::read(element)?),
            "ProductSection" => Self::ProductSection(ProductSection::read(element)?),
            "EulaSection" => Self::EulaSection(EulaSection::read(element)?),
            "OperatingSystemSection" => {
                Self::OperatingSystemSection(OperatingSystemSection::read(element)?)
            }
            "VirtualHardwareSection" => {
                Self::VirtualHardwareSection(VirtualHardwareSection::read(element)?)
            }
            _ => return Err(unknown(&element, parent).into()),
        })
    }
}
