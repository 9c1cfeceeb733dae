//! Where a machine and its disks are to be.

use serde::Serialize;

use crate::envelope::Text;
use crate::envelope::record::record;
use crate::envelope::take::{Faults, Record};
use crate::envelope::translation::Texts;
use crate::xml::Element;
use crate::xml::names::{ovf, vmw};

record! {
/// A group of disks with a storage policy. A machine joins it by [`StorageSection`].
pub struct StorageGroupSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The name of the group in the envelope.
    id: Option<String> = attribute(&vmw("id"));
    /// The name of the policy.
    name: Option<String> = attribute(&vmw("name"));
    /// What it is for.
    description: Option<Text> = child(&vmw("Description"));
}
}

record! {
/// The storage group a machine belongs to.
pub struct StorageSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The `id` of the [`StorageGroupSection`].
    group: Option<String> = attribute(&vmw("group"));
}
}

record! {
/// A group of machines that are placed by tags of vSphere. A machine joins it by
/// [`TagBasedPlacementSection`].
pub struct TagBasedPlacementGroupSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The name of the group in the envelope.
    id: Option<String> = attribute(&vmw("id"));
    /// A name for people.
    name: Option<String> = attribute(&vmw("name"));
    /// Which group goes before others.
    priority: Option<u32> = attribute(&vmw("priority"));
    /// What it is for.
    description: Option<Text> = child(&vmw("Description"));
    /// The tags, each behind its category.
    tags: Vec<Tag> = mixed(&[vmw("TagCategory"), vmw("TagValue")]);
}
}

/// A part of a tag. Serialised it carries the name of its element as `element`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "element")]
pub enum Tag {
    /// The category of the tags that follow.
    TagCategory(TagName),
    /// A tag in the last category before it.
    TagValue(TagName),
}

record! {
/// The name of a tag or category.
pub struct TagName {
    /// The name people see.
    name: Option<String> = attribute(&vmw("name"));
    /// The name vSphere knows it by.
    id: Option<String> = attribute(&vmw("id"));
}
}

record! {
/// The group by tags that a machine belongs to.
pub struct TagBasedPlacementSection {
    /// What the section is about, for people.
    info: Option<Text> = child(&ovf("Info"));
    /// The `id` of the [`TagBasedPlacementGroupSection`].
    group: Option<String> = attribute(&vmw("group"));
    /// Which group goes before others.
    priority: Option<u32> = attribute(&vmw("priority"));
}
}

impl Record for Tag {
    fn read(element: Element, faults: &Faults) -> Self {
        let kind = if element.name == const { vmw("TagCategory") } {
            Self::TagCategory
        } else {
            Self::TagValue
        };
        kind(TagName::read(element, faults))
    }
}

impl Texts for Tag {
    fn visit_texts(&mut self, _: &mut dyn FnMut(&mut Text)) {}
}
