//! What the model has no place for.

use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::xml::{Element, Name, write_attributes, write_element};

/// What an element holds besides what is modelled: vendors' attributes and
/// elements, and whatever does not have the type the standard gives it. It is
/// written again behind the standard's own children, where DSP0243 1.1 §7.3 wants
/// extensions.
///
/// Serialised, it is text ready to stand in a descriptor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Extra {
    /// Attributes, in document order.
    pub attributes: Vec<(Name, String)>,
    /// Child elements, in document order.
    pub elements: Vec<Element>,
    /// Attributes on children whose own value is modelled as plain text or number.
    pub on_children: Vec<OnChild>,
}

/// Attributes on a child whose own value is modelled without them.
#[derive(Debug, Clone, PartialEq)]
pub struct OnChild {
    /// The name of the child.
    pub name: Name,
    /// Which one of that name, counted from 0.
    pub nth: usize,
    /// The attributes, in document order.
    pub attributes: Vec<(Name, String)>,
}

impl OnChild {
    /// What a template finds it by: the name and the number.
    fn key(&self) -> String {
        format!("{} {}", self.name.local, self.nth)
    }
}

impl Extra {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.elements.is_empty() && self.on_children.is_empty()
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Extra", 3)?;
        fields.serialize_field("attributes", &write_attributes(&self.attributes))?;
        let elements: Vec<String> = self.elements.iter().map(write_element).collect();
        fields.serialize_field("elements", &elements)?;
        let on_children: BTreeMap<_, _> = self
            .on_children
            .iter()
            .map(|on| (on.key(), write_attributes(&on.attributes)))
            .collect();
        fields.serialize_field("on_children", &on_children)?;
        fields.end()
    }
}
