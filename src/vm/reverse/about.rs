//! What machines and collections are products of; properties, notes, licences.

use indexmap::IndexMap;

use super::Work;
use crate::envelope::vmw::IpAssignmentSection;
use crate::envelope::{self, Entry, ProductSection, Section};
use crate::vm::build::sections::LICENCE;
use crate::vm::build::values::qualifiers;
use crate::vm::definition::{
    Brief, Definition, Eula, IpAssignment, LocalText, Product, Property, Scalar,
};
use crate::xml::names::vmw;

type Properties = IndexMap<String, Brief<Property>>;

/// Puts into `definition` what `sections` say of the product, and notes and licences.
pub(super) fn about(work: &mut Work<'_>, sections: &[Section], definition: &mut Definition) {
    products(work, sections, definition);
    for section in sections {
        match section {
            Section::AnnotationSection(note) => {
                if definition.annotation.is_some() {
                    work.lose("a second annotation");
                } else {
                    definition.annotation = Some(work.texts.text(&note.annotation));
                }
            }
            Section::EulaSection(eula) => {
                let info = work.texts.text(&eula.info);
                definition.eula.push(Brief(Eula {
                    text: Some(work.texts.text(&eula.license)),
                    info: (info != LocalText::from(LICENCE)).then_some(info),
                    ..Eula::default()
                }));
            }
            Section::IpAssignmentSection(section) => {
                if definition.ip_assignment.is_some() {
                    work.lose("a second assignment of IP addresses");
                } else {
                    definition.ip_assignment = Some(ip_assignment(section));
                }
            }
            _ => {}
        }
    }
}

fn ip_assignment(section: &IpAssignmentSection) -> IpAssignment {
    let list = |text: &Option<String>| -> Vec<String> {
        let words = text.iter().flat_map(|text| text.split(','));
        let words = words.map(str::trim).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    IpAssignment {
        protocols: list(&section.protocols).into(),
        schemes: list(&section.schemes).into(),
    }
}

/// The products. What can be set in the first stands in the definition itself.
fn products(work: &mut Work<'_>, sections: &[Section], definition: &mut Definition) {
    let mut products: Vec<Brief<Product>> = Vec::new();
    for section in ProductSection::among(sections) {
        let properties = properties(work, section);
        if !section.icons.is_empty() {
            work.lose("pictures of products");
        }
        let mut product = Product {
            name: work.texts.optional(section.product.as_ref()),
            vendor: work.texts.optional(section.vendor.as_ref()),
            version: section.version.clone(),
            full_version: section.full_version.clone(),
            url: section.product_url.clone(),
            vendor_url: section.vendor_url.clone(),
            app_url: section.app_url.clone(),
            class: section.class.clone(),
            instance: section.instance.clone(),
            properties: IndexMap::new(),
        };
        if products.is_empty() {
            definition.properties = properties;
        } else {
            product.properties = properties;
        }
        products.push(Brief(product));
    }
    // Properties alone make a section of themselves.
    let bare = |product: &Brief<Product>| **product == Product::default();
    if products.len() == 1 && products.iter().all(bare) && !definition.properties.is_empty() {
        products.clear();
    }
    definition.product = products.into();
}

fn properties(work: &mut Work<'_>, section: &ProductSection) -> Properties {
    let mut heading = None;
    let mut properties = Properties::new();
    for entry in &section.entries {
        match entry {
            Entry::Category(text) => heading = Some(work.texts.text(text)),
            Entry::Other(_) => work.lose("a heading of properties that is no text"),
            Entry::Property(property) => {
                let made = self::property(work, property, heading.clone());
                if properties
                    .insert(property.key.clone(), Brief(made))
                    .is_some()
                {
                    work.lose(format!("a second property `{}`", property.key));
                }
            }
        }
    }
    properties
}

fn property(
    work: &mut Work<'_>,
    property: &envelope::Property,
    heading: Option<LocalText>,
) -> Property {
    let label = work.texts.or_empty(property.label.as_ref());
    let mut default = property.value.clone();
    let mut values = IndexMap::new();
    for value in &property.values {
        match &value.configuration {
            Some(name) => {
                values
                    .entry(name.clone())
                    .or_insert_with(|| Scalar(value.value.clone()));
            }
            None if default.is_none() => default = Some(value.value.clone()),
            None => {}
        }
    }
    let configurations = property.configuration.as_deref().unwrap_or_default();
    let configurations: Vec<String> = configurations
        .split_ascii_whitespace()
        .map(str::to_owned)
        .collect();
    let mut made = Property {
        value_type: Some(property.value_type.clone()).filter(|kind| kind != "string"),
        default: default.map(Scalar),
        label: (label != LocalText::from(property.key.as_str())).then_some(label),
        description: work.texts.optional(property.description.as_ref()),
        category: heading,
        user_configurable: (!property.user_configurable).then_some(false),
        password: property.password,
        values,
        configurations: configurations.into(),
        ..Property::default()
    };
    for (name, value) in &property.extra.attributes {
        if *name == const { vmw("qualifiers") } {
            made.vmware_qualifiers = Some(value.clone());
        } else {
            work.lose(format!("`{}` of property `{}`", name.local, property.key));
        }
    }
    if let Some(text) = &property.qualifiers {
        in_words(text, &mut made);
        if qualifiers(&made).as_ref() != Some(text) {
            (made.min_length, made.max_length) = (None, None);
            made.choices.clear();
            made.qualifiers = Some(text.clone());
        }
    }
    made
}

/// Reads the qualifiers `text` into the fields there are for them, as far as it goes.
fn in_words(text: &str, property: &mut Property) {
    let number = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        rest.split(')').next()?.parse().ok()
    };
    property.min_length = number("MinLen(");
    property.max_length = number("MaxLen(");
    let list = text
        .split_once("ValueMap{\"")
        .and_then(|(_, rest)| rest.strip_suffix("\"}"));
    if let Some(list) = list {
        let choices = list.split("\",\"");
        let plain = |choice: &str| choice.replace("\\\"", "\"").replace("\\\\", "\\");
        property.choices = choices.map(|choice| Scalar(plain(choice))).collect();
    }
}
