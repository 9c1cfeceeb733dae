//! The environment of a machine as it is deployed.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Error, Result};
use crate::envelope::resolve::{applies, chosen, full_key};
use crate::envelope::{self as descriptor, Content, Envelope, ProductSection, VirtualSystem};
use crate::xml::is_xml_char;

use super::value::misfit;
use super::{Entity, Environment, PlatformSection, Property, PropertySection, Section};

/// What is decided when a machine is deployed.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// The deployment option; the descriptor's default if not given.
    pub configuration: Option<String>,
    /// Values of properties by their full key, `class.key.instance`, in the place of
    /// the descriptor's defaults.
    pub values: BTreeMap<String, String>,
    /// The platform. Without any member it is not told.
    pub platform: PlatformSection,
}

/// The machine `wanted` of `envelope`, or its only one.
///
/// One that is not there, and none named where there are several, are errors of kind
/// `Usage` that name those there are.
pub fn machine<'e>(envelope: &'e Envelope, wanted: Option<&str>) -> Result<&'e VirtualSystem> {
    let systems = envelope.systems();
    let found = match (wanted, systems.as_slice()) {
        (Some(wanted), systems) => systems.iter().find(|system| system.id == wanted),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    found.copied().ok_or_else(|| {
        let message = match wanted {
            Some(wanted) => format!("the descriptor has no virtual system `{wanted}`"),
            None if systems.is_empty() => "the descriptor has no virtual system".to_owned(),
            None => "the descriptor has several virtual systems".to_owned(),
        };
        let ids = systems.iter().map(|system| system.id.as_str());
        Error::usage(message).help(listed("choose one of", ids))
    })
}

/// The document the machine `system` of `envelope` is given.
///
/// It has the properties of the machine and of the collection it is in, the machine's
/// in the place of the collection's of the same full key, and an [`Entity`] for each
/// other member of the collection with the properties that one sees (DSP0243 1.1
/// §11.1). `${key}` as a default stands for the value of that property of the collection.
///
/// A machine, a deployment option or a key that is not there, a value that is not of
/// its property's type, and a property that has no value although it needs one are
/// errors of kind `Usage`.
pub fn of(envelope: &Envelope, system: &str, deployment: &Deployment) -> Result<Environment> {
    let id = &machine(envelope, Some(system))?.id;
    let configuration = chosen(envelope, deployment.configuration.as_deref())?;
    let mut guests = Guests {
        configuration: configuration.map(|configuration| configuration.id.as_str()),
        values: &deployment.values,
        known: BTreeSet::new(),
        missing: BTreeSet::new(),
    };
    let (siblings, around) = members(&envelope.contents, &[], id).unwrap_or_default();
    let inherited = guests.told(around, &[])?;
    let mut environment = Environment {
        id: Some(id.clone()),
        ..Environment::default()
    };
    if deployment.platform != PlatformSection::default() {
        let platform = deployment.platform.clone();
        environment
            .sections
            .push(Section::PlatformSection(platform));
    }
    for sibling in siblings {
        let (sibling_id, sections) = parts(sibling);
        let own = guests.told(sections, &inherited)?;
        let section = section(&inherited, own);
        if sibling_id == id {
            environment.sections.push(section);
        } else {
            environment.entities.push(Entity {
                id: sibling_id.to_owned(),
                sections: vec![section],
                ..Entity::default()
            });
        }
    }
    guests.check()?;
    Ok(environment)
}

/// The contents the machine `id` is among, and the sections of the collection these
/// are in, which is itself described by `sections`.
fn members<'e>(
    contents: &'e [Content],
    sections: &'e [descriptor::Section],
    id: &str,
) -> Option<(&'e [Content], &'e [descriptor::Section])> {
    let is_it =
        |content: &Content| matches!(content, Content::VirtualSystem(system) if system.id == id);
    if contents.iter().any(is_it) {
        return Some((contents, sections));
    }
    contents.iter().find_map(|content| match content {
        Content::VirtualSystem(_) => None,
        Content::VirtualSystemCollection(inner) => members(&inner.contents, &inner.sections, id),
    })
}

fn parts(content: &Content) -> (&str, &[descriptor::Section]) {
    match content {
        Content::VirtualSystem(system) => (&system.id, &system.sections),
        Content::VirtualSystemCollection(collection) => (&collection.id, &collection.sections),
    }
}

/// The properties of a guest: those it inherits, unless its own are of the same key,
/// and its own.
fn section(inherited: &[Told], own: Vec<Told>) -> Section {
    let keys: BTreeSet<&str> = own.iter().map(|told| told.property.key.as_str()).collect();
    let kept = inherited.iter().map(|told| &told.property);
    let kept = kept.filter(|property| !keys.contains(property.key.as_str()));
    let mut properties: Vec<Property> = kept.cloned().collect();
    properties.extend(own.into_iter().map(|told| told.property));
    Section::PropertySection(PropertySection {
        properties,
        ..PropertySection::default()
    })
}

/// A property as a guest is told it.
struct Told {
    /// Its key within its product section.
    short: String,
    property: Property,
}

/// The values of a deployment, and what was met on the way to the guests' properties.
struct Guests<'d> {
    configuration: Option<&'d str>,
    values: &'d BTreeMap<String, String>,
    /// The full keys of all properties.
    known: BTreeSet<String>,
    /// Those that need a value and have none.
    missing: BTreeSet<String>,
}

impl Guests<'_> {
    /// The properties of `sections` in the deployment option; `around` are those of the
    /// collection.
    fn told(&mut self, sections: &[descriptor::Section], around: &[Told]) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for section in sections {
            let descriptor::Section::ProductSection(product) = section else {
                continue;
            };
            for property in product.properties() {
                if applies(property.configuration.as_deref(), self.configuration) {
                    told.push(self.property(product, property, around)?);
                }
            }
        }
        Ok(told)
    }

    fn property(
        &mut self,
        product: &ProductSection,
        property: &descriptor::Property,
        around: &[Told],
    ) -> Result<Told> {
        let key = full_key(product, &property.key);
        let default = property.default_in(self.configuration);
        let value = if let Some(given) = self.values.get(&key) {
            if let Some(why) = refusal(property, default, given) {
                let message = format!("the property `{key}` cannot be {given:?}");
                let help = "give another value, or leave it to the descriptor";
                return Err(Error::usage(message).why(why).help(help));
            }
            given.clone()
        } else {
            let default = default.map(|default| referred(around, default).unwrap_or(default));
            let value = default.unwrap_or_default();
            // A value that cannot be changed is the descriptor's own affair.
            let open = property.user_configurable || default.is_none();
            if open && misfit(property, value).is_some() {
                self.missing.insert(key.clone());
            }
            value.to_owned()
        };
        self.known.insert(key.clone());
        Ok(Told {
            short: property.key.clone(),
            property: Property {
                key,
                value,
                ..Property::default()
            },
        })
    }

    /// Whether each value had a property, and each property that needs one a value.
    fn check(&self) -> Result<()> {
        let stray = self.values.keys().find(|key| !self.known.contains(*key));
        let known = self.known.iter().map(String::as_str);
        if let Some(key) = stray {
            let error = Error::usage(format!("there is no property `{key}`"));
            return Err(error.help(listed("the properties are", known)));
        }
        if self.missing.is_empty() {
            return Ok(());
        }
        let missing = self.missing.iter().map(String::as_str);
        Err(Error::usage(listed("no value is given for", missing))
            .why("the descriptor has no default for it that its type and qualifiers allow")
            .help("give each of them a value"))
    }
}

/// What the default `${key}` stands for: the value of the property of that key, full or
/// short, in the collection around.
fn referred<'p>(around: &'p [Told], default: &str) -> Option<&'p str> {
    let wanted = default.strip_prefix("${")?.strip_suffix('}')?;
    let full = around.iter().find(|told| told.property.key == wanted);
    let found = full.or_else(|| around.iter().find(|told| told.short == wanted))?;
    Some(&found.property.value)
}

/// Why the value of `property` cannot be `given`; nothing if it can.
fn refusal(property: &descriptor::Property, default: Option<&str>, given: &str) -> Option<String> {
    if let Some(c) = given.chars().find(|c| !is_xml_char(*c)) {
        return Some(format!("no document can hold the character {c:?}"));
    }
    let fixed = default.filter(|fixed| !property.user_configurable && *fixed != given);
    match fixed {
        Some(fixed) => Some(format!("the descriptor fixes it to {fixed:?}")),
        None => misfit(property, given),
    }
}

/// `before` and the names there are.
fn listed<'n>(before: &str, names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    if names.is_empty() {
        return "the descriptor has none".to_owned();
    }
    format!("{before} {}", names.join(", "))
}
