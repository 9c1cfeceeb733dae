//! The sections of a machine besides its hardware.

use super::decide::Chosen;
use super::items::Items;
use super::names::{self, key_fault};
use super::problem::{At, Problems};
use super::texts::Texts;
use crate::envelope::vmw::{BootOrderSection, IpAssignmentSection};
use crate::envelope::{
    AnnotationSection, ConfiguredValue, Entry, EulaSection, Extra, OperatingSystemSection,
    ProductSection, Property, Section,
};
use crate::vm::Contradiction;
use crate::vm::definition::{self, Definition, LocalText};
use crate::vm::piece::{Piece, instance_of};
use crate::xml::names::{ovf, vmw};

/// What a licence is called that says nothing of itself.
pub(in crate::vm) const LICENCE: &str = "A licence to accept";

/// The guest operating system.
pub(super) fn operating_system(
    chosen: &Chosen<'_>,
    texts: &mut Texts,
    problems: &mut Problems,
) -> Section {
    let wanted = chosen.definition.os.as_ref();
    let described = wanted.and_then(|os| os.description.as_ref());
    let description = LocalText::from(chosen.os.description.as_str());
    let at = chosen.at.key("os").key("description");
    let description = texts.text(described.unwrap_or(&description), &at, problems);
    Section::OperatingSystemSection(OperatingSystemSection {
        info: "The guest operating system".into(),
        id: Some(chosen.os.cim_id),
        version: chosen.os.version.clone(),
        os_type: Some(chosen.os.os_type.clone()).filter(|guest| !guest.is_empty()),
        description: Some(description).filter(|text| !text.text.is_empty()),
        ..OperatingSystemSection::default()
    })
}

/// What a machine, or a collection of machines, is a product of; notes; licences.
pub(super) fn about(
    definition: &Definition,
    at: &At,
    texts: &mut Texts,
    problems: &mut Problems,
) -> Vec<Section> {
    let mut sections = products(definition, at, texts, problems);
    sections.extend(definition.annotation.as_ref().map(|note| {
        Section::AnnotationSection(AnnotationSection {
            info: "A note about the machine".into(),
            annotation: texts.text(note, &at.key("annotation"), problems),
            ..AnnotationSection::default()
        })
    }));
    for (index, eula) in definition.eula.iter().enumerate() {
        let at = at.key("eula").index(index);
        let Some(text) = &eula.text else {
            problems.add(at, Contradiction::EulaWithoutText);
            continue;
        };
        let info = texts.optional(eula.info.as_ref(), &at.key("info"), problems);
        sections.push(Section::EulaSection(EulaSection {
            info: info.unwrap_or_else(|| LICENCE.into()),
            license: texts.text(text, &at.key("text"), problems),
            ..EulaSection::default()
        }));
    }
    sections
}

/// The product sections. The machine's own properties are in the first.
fn products(
    definition: &Definition,
    at: &At,
    texts: &mut Texts,
    problems: &mut Problems,
) -> Vec<Section> {
    let mut products: Vec<(At, definition::Product)> = Vec::new();
    for (index, product) in definition.product.iter().enumerate() {
        products.push((at.key("product").index(index), product.0.clone()));
    }
    if products.is_empty() && !definition.properties.is_empty() {
        products.push((at.clone(), definition::Product::default()));
    }
    let mut sections = Vec::new();
    let mut names: Vec<(String, String)> = Vec::new();
    for (index, (at_product, product)) in products.into_iter().enumerate() {
        let name = |part: &Option<String>| part.clone().unwrap_or_default();
        let name = (name(&product.class), name(&product.instance));
        if names.contains(&name) {
            problems.add(at_product.clone(), Contradiction::SameProduct);
        }
        names.push(name);
        let mut entries = Entries::default();
        if index == 0 {
            let own = &definition.properties;
            let configured = Some(definition);
            entries.add(own, &at.key("properties"), configured, texts, problems);
        }
        let own = &product.properties;
        entries.add(own, &at_product.key("properties"), None, texts, problems);
        let text =
            |text: &Option<LocalText>, key: &str, texts: &mut Texts, problems: &mut Problems| {
                texts.optional(text.as_ref(), &at_product.key(key), problems)
            };
        sections.push(Section::ProductSection(Box::new(ProductSection {
            info: "Information about the installed software".into(),
            class: product.class.clone(),
            instance: product.instance.clone(),
            product: text(&product.name, "name", texts, problems),
            vendor: text(&product.vendor, "vendor", texts, problems),
            version: product.version.clone(),
            full_version: product.full_version.clone(),
            product_url: product.url.clone(),
            vendor_url: product.vendor_url.clone(),
            app_url: product.app_url.clone(),
            entries: entries.list,
            ..ProductSection::default()
        })));
    }
    sections
}

/// Properties under their headings.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    heading: Option<LocalText>,
    keys: Vec<String>,
}

impl Entries {
    fn add(
        &mut self,
        properties: &indexmap::IndexMap<String, definition::Brief<definition::Property>>,
        at: &At,
        configured: Option<&Definition>,
        texts: &mut Texts,
        problems: &mut Problems,
    ) {
        for (key, property) in properties {
            let at = at.key(key);
            if let Some(fault) = key_fault(key) {
                let key = key.escape_debug().to_string();
                problems.add(at.clone(), Contradiction::BadPropertyKey { key, fault });
            }
            if self.keys.contains(key) {
                problems.add(
                    at.clone(),
                    Contradiction::DuplicateProperty { key: key.clone() },
                );
            }
            self.keys.push(key.clone());
            if property.category != self.heading
                && let Some(category) = &property.category
            {
                let heading = texts.text(category, &at.key("category"), problems);
                self.list.push(Entry::Category(heading));
                self.heading = Some(category.clone());
            }
            let made = self::property(key, property, &at, configured, texts, problems);
            self.list.push(Entry::Property(Box::new(made)));
        }
    }
}

/// One property.
fn property(
    key: &str,
    property: &definition::Property,
    at: &At,
    configured: Option<&Definition>,
    texts: &mut Texts,
    problems: &mut Problems,
) -> Property {
    let label = LocalText::from(key);
    let label = property.label.as_ref().unwrap_or(&label);
    let mut values: Vec<ConfiguredValue> = Vec::new();
    let own = property.values.iter();
    let elsewhere = configured.into_iter().flat_map(|definition| {
        let configurations = definition.configurations.iter();
        configurations.filter_map(|(name, one)| Some((name, one.properties.get(key)?)))
    });
    for (name, value) in own.chain(elsewhere) {
        values.push(ConfiguredValue {
            value: value.0.clone(),
            configuration: Some(name.clone()),
            ..ConfiguredValue::default()
        });
    }
    let mut extra = Extra::default();
    if let Some(qualifiers) = &property.vmware_qualifiers {
        extra
            .attributes
            .push((vmw("qualifiers"), qualifiers.clone()));
    }
    let configurations = property.configurations.join(" ");
    let made = Property {
        key: key.to_owned(),
        value_type: property
            .value_type
            .clone()
            .unwrap_or_else(|| "string".to_owned()),
        qualifiers: super::values::qualifiers(property),
        user_configurable: property.user_configurable.unwrap_or(true),
        value: property.default.as_ref().map(|value| value.0.clone()),
        password: property.password,
        configuration: Some(configurations).filter(|list| !list.is_empty()),
        label: Some(texts.text(label, &at.key("label"), problems))
            .filter(|label| !label.text.is_empty()),
        description: texts.optional(
            property.description.as_ref(),
            &at.key("description"),
            problems,
        ),
        values,
        extra,
    };
    super::values::check(&made, property, at, problems);
    made
}

/// What the machine tries to start from, a section for each (`vmw:BootOrderSection`).
pub(super) fn boot_order(
    chosen: &Chosen<'_>,
    items: &Items,
    problems: &mut Problems,
) -> Vec<Section> {
    let list = chosen.at.key("boot-order");
    let mut sections = Vec::new();
    for (index, name) in chosen.definition.boot_order.iter().enumerate() {
        let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
        let kind = &name[..name.len() - digits.len()];
        let number = if digits.is_empty() {
            Some(1)
        } else {
            digits.parse::<usize>().ok()
        };
        let devices = match kind {
            "disk" => Some(("disk", "disks")),
            "cdrom" | "cd" => Some(("cdrom", "cdroms")),
            "floppy" => Some(("floppy", "floppies")),
            "nic" | "net" => Some(("net", "nics")),
            _ => None,
        };
        let found = devices.zip(number).and_then(|((kind, list), number)| {
            let piece = Piece::Device(list, number.checked_sub(1)?);
            Some((kind, instance_of(&items.pieces, &piece)?))
        });
        let Some((kind, id)) = found else {
            problems.add(
                list.index(index),
                Contradiction::NoBootDevice { name: name.clone() },
            );
            continue;
        };
        sections.push(Section::BootOrderSection(BootOrderSection {
            info: Some("What the machine starts from".into()),
            instance_id: Some(id.to_owned()),
            kind: Some(kind.to_owned()),
            extra: optional(),
        }));
    }
    sections
}

/// How the guest can be given IP addresses (`vmw:IpAssignmentSection`).
pub(super) fn ip_assignment(definition: &Definition) -> Option<Section> {
    let wanted = definition.ip_assignment.as_ref()?;
    let list = |list: &[String]| Some(list.join(",")).filter(|list| !list.is_empty());
    Some(Section::IpAssignmentSection(IpAssignmentSection {
        info: Some("How the guest can be given IP addresses".into()),
        protocols: list(&wanted.protocols),
        schemes: list(&wanted.schemes),
        extra: optional(),
    }))
}

/// That a platform may ignore the section.
pub(super) fn optional() -> Extra {
    Extra {
        attributes: vec![(ovf("required"), "false".to_owned())],
        ..Extra::default()
    }
}

/// That `name`, of `what`, cannot be in a descriptor of any system.
pub(super) fn check_id(what: &'static str, name: &str, at: &At, problems: &mut Problems) {
    if let Some(fault) = names::name_fault(name) {
        problems.add(at.clone(), names::bad(what, name, fault));
    }
}
