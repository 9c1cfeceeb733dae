//! The environment of a machine as it is deployed.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::base::{Error, Result};
use crate::envelope::copies::Copies;
use crate::envelope::resolve::{applies, chosen};
use crate::envelope::{self as descriptor, Content, Envelope, ProductSection, VirtualSystem};
use crate::xml::is_xml_char;

use super::misfit;
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
        let error = Error::usage(message);
        if systems.is_empty() {
            return error.help("give a descriptor with a machine in it");
        }
        let ids = systems.iter().map(|system| system.id.as_str());
        error.help(listed("choose one of", ids))
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
        copies: Copies::new(),
    };
    let (siblings, around) = members(&envelope.contents, &[], id).unwrap_or_default();
    let inherited = guests.told(around, &HashMap::new())?;
    let around = by_key(&inherited);
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
        let own = guests.told(sections, &around)?;
        let section = guests.section(&inherited, own);
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

/// What the keys of `told`, full or short, stand for. A full key goes before another's
/// short one, and of several of one name the first.
fn by_key(told: &[Told]) -> HashMap<&str, &str> {
    let full = told
        .iter()
        .map(|told| (&*told.property.key, &*told.property.value));
    let short = told
        .iter()
        .map(|told| (&*told.short, &*told.property.value));
    let mut values = HashMap::new();
    for (key, value) in full.chain(short) {
        values.entry(key).or_insert(value);
    }
    values
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
    /// Each member of a collection is told what the collection is, again.
    copies: Copies,
}

impl Guests<'_> {
    /// The properties of `sections` in the deployment option; `around` are those of the
    /// collection.
    fn told(
        &mut self,
        sections: &[descriptor::Section],
        around: &HashMap<&str, &str>,
    ) -> Result<Vec<Told>> {
        let mut told = Vec::new();
        for product in ProductSection::among(sections) {
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
        around: &HashMap<&str, &str>,
    ) -> Result<Told> {
        let key = self.copies.full_key(product, &property.key);
        let default = property.default_in(self.configuration);
        let value = if let Some(given) = self.values.get(&key) {
            if let Some(why) = refusal(property, default, given) {
                let message = format!("the property `{key}` cannot be {given:?}");
                let help = "give another value, or leave it to the descriptor";
                return Err(Error::usage(message).why(why).help(help));
            }
            given.clone()
        } else {
            let value = default.unwrap_or_default();
            let value = match referred(around, value) {
                Some(referred) => self.copies.copy(referred),
                None => value.to_owned(),
            };
            // A value that cannot be changed is the descriptor's own affair.
            let open = property.user_configurable || default.is_none();
            // Without a key nobody can name it to give it one.
            let open = open && !key.is_empty();
            if open && misfit(property, &value).is_some() {
                self.missing.insert(key.clone());
            }
            value
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

    /// The properties of a guest: those it inherits, unless its own are of the same key,
    /// and its own.
    fn section(&self, inherited: &[Told], own: Vec<Told>) -> Section {
        let keys: BTreeSet<&str> = own.iter().map(|told| told.property.key.as_str()).collect();
        let kept = inherited.iter().map(|told| &told.property);
        let kept = kept.filter(|property| !keys.contains(property.key.as_str()));
        let room = |property: &&Property| {
            let texts = property.key.len() + property.value.len();
            self.copies.take(size_of::<Property>() + texts)
        };
        let mut properties: Vec<Property> = kept.filter(room).cloned().collect();
        properties.extend(own.into_iter().map(|told| told.property));
        Section::PropertySection(PropertySection {
            properties,
            ..PropertySection::default()
        })
    }

    /// Whether each value had a property, and each property that needs one a value.
    fn check(&self) -> Result<()> {
        self.copies.check()?;
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
fn referred<'p>(around: &HashMap<&str, &'p str>, default: &str) -> Option<&'p str> {
    let wanted = default.strip_prefix("${")?.strip_suffix('}')?;
    around.get(wanted).copied()
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
