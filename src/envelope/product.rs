//! What the machine is a product of, and what can be set in it.

use serde::Serialize;

use crate::xml::Element;
use crate::xml::names::ovf;

use super::record::record;
use super::take::{Faults, FromElement, Record};
use super::translation::Texts;
use super::{Kept, Section, Text};

record! {
/// Product facts and properties (DSP0243 1.1 §9.5).
pub struct ProductSection {
    /// What the section is about, for people.
    info: Text = required(&ovf("Info"));
    /// The first part of each property's full key, `class.key.instance`.
    class: Option<String> = attribute(&ovf("class"));
    /// The last part of each property's full key.
    instance: Option<String> = attribute(&ovf("instance"));
    /// The name of the product.
    product: Option<Text> = child(&ovf("Product"));
    /// Who makes it.
    vendor: Option<Text> = child(&ovf("Vendor"));
    /// A short version.
    version: Option<String> = child(&ovf("Version"));
    /// A version with all there is to say.
    full_version: Option<String> = child(&ovf("FullVersion"));
    /// Where to read about the product.
    product_url: Option<String> = child(&ovf("ProductUrl"));
    /// Where to read about the vendor.
    vendor_url: Option<String> = child(&ovf("VendorUrl"));
    /// Where the running application is reached.
    app_url: Option<String> = child(&ovf("AppUrl"));
    /// Pictures of the product.
    icons: Vec<Icon> = child(&ovf("Icon"));
    /// What can be set in the guest, under headings.
    entries: Vec<Entry> = mixed(&[ovf("Category"), ovf("Property")]);
}
}

/// A heading, or a property under the last heading before it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "entry")]
pub enum Entry {
    /// A heading for the properties that follow.
    Category(Text),
    /// What can be set.
    Property(Box<Property>),
    /// A heading that holds more than text.
    Other(Kept),
}

record! {
/// A picture of the product.
pub struct Icon {
    /// The [`File`](super::File) that holds it.
    file_ref: String = attribute(&ovf("fileRef"));
    /// Its height in pixels.
    height: Option<u16> = attribute(&ovf("height"));
    /// Its width in pixels.
    width: Option<u16> = attribute(&ovf("width"));
    /// Its media type, such as `image/png`.
    mime_type: Option<String> = attribute(&ovf("mimeType"));
}
}

record! {
/// A value the guest is given when the machine is deployed (DSP0243 1.1 §9.5.1).
pub struct Property {
    /// Its name in the section.
    key: String = attribute(&ovf("key"));
    /// Its type, such as `string`, `boolean` or `uint16`.
    value_type: String = attribute(&ovf("type"));
    /// What values are allowed, such as `MinLen(1)`.
    qualifiers: Option<String> = attribute(&ovf("qualifiers"));
    /// Whether whoever deploys the machine is asked for it.
    user_configurable: bool = flag(&ovf("userConfigurable"), false);
    /// The default.
    value: Option<String> = attribute(&ovf("value"));
    /// Whether the value is hidden while it is typed.
    password: bool = flag(&ovf("password"), false);
    /// The deployment options it belongs to (OVF 2.x; VMware writes it in 1.x too).
    configuration: Option<String> = attribute(&ovf("configuration"));
    /// What to call it in a dialog.
    label: Option<Text> = child(&ovf("Label"));
    /// What it is for.
    description: Option<Text> = child(&ovf("Description"));
    /// Defaults for single deployment options.
    values: Vec<ConfiguredValue> = child(&ovf("Value"));
}
}

record! {
/// The default of a property in one deployment option.
pub struct ConfiguredValue {
    /// The default.
    value: String = attribute(&ovf("value"));
    /// The deployment option.
    configuration: Option<String> = attribute(&ovf("configuration"));
}
}

impl ProductSection {
    /// Those among `sections`.
    pub fn among(sections: &[Section]) -> impl Iterator<Item = &Self> {
        sections.iter().filter_map(|section| match section {
            Section::ProductSection(product) => Some(&**product),
            _ => None,
        })
    }

    /// The key its property `key` is exported by: `class.key.instance` (DSP0243 1.1
    /// §9.5.1).
    pub fn full_key(&self, key: &str) -> String {
        let parts = [self.class.as_deref(), Some(key), self.instance.as_deref()];
        let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(".")
    }

    /// The properties, in document order.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Property(property) => Some(&**property),
            Entry::Category(_) | Entry::Other(_) => None,
        })
    }
}

impl Property {
    /// Why `value` cannot be its value, by its type and the standard's qualifiers; nothing
    /// if it can.
    pub fn misfit(&self, value: &str) -> Option<String> {
        super::environment::misfit(self, value)
    }

    /// The default in the deployment option `configuration` (DSP0243 1.1 §9.5.1, §9.8).
    pub fn default_in(&self, configuration: Option<&str>) -> Option<&str> {
        let find = |wanted: Option<&str>| {
            let mut values = self.values.iter();
            values.find(|value| value.configuration.as_deref() == wanted)
        };
        let own = configuration.and_then(|configuration| find(Some(configuration)));
        let value = own.map(|value| value.value.as_str());
        let value = value.or(self.value.as_deref());
        value.or_else(|| find(None).map(|value| value.value.as_str()))
    }
}

impl Record for Entry {
    fn read(element: Element, faults: &Faults) -> Self {
        if element.name == ovf("Property") {
            return Self::Property(Box::new(Property::read(element, faults)));
        }
        match Text::from_element(element, faults) {
            Ok(text) => Self::Category(text),
            Err(misfit) => Self::Other(Kept(misfit.element)),
        }
    }
}

impl Texts for Entry {
    fn visit_texts(&mut self, visit: &mut dyn FnMut(&mut Text)) {
        match self {
            Self::Category(text) => visit(text),
            Self::Property(property) => property.visit_texts(visit),
            Self::Other(_) => {}
        }
    }
}
