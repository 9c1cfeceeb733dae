//! From a definition to an envelope.

mod check;
mod decide;
pub(super) mod devices;
mod files;
pub(super) mod items;
pub(super) mod names;
mod outline;
mod place;
mod problem;
mod raw;
pub(super) mod sections;
mod system;
mod texts;
pub(super) mod titles;
pub(super) mod values;

pub use files::{Content, DiskContent, Planned};
pub use outline::{FileFacts, NicOutline, Outline};
pub use problem::{At, Problem};

pub(super) use check::{is_mac, networks};
pub(super) use decide::{Chosen, family_of};
pub(super) use place::{Bus, Placement, Slot, meet, place};
pub(super) use problem::Problems;
pub(super) use system::transport;

use std::collections::HashSet;

use files::Files;
use texts::Texts;

use super::definition::{Definition, Within};
use super::piece::Pieces;
use super::profile::CapacityUnit;
use super::{Contradiction, Profile};
use crate::envelope::{
    Configuration, DeploymentOptionSection, DiskSection, Envelope, Network, NetworkSection,
    References, Section, Strings, Text,
};

/// The name of a package whose machine has none.
const PACKAGE: &str = "machine";

/// A definition as it will be packed.
#[derive(Debug, Clone, PartialEq)]
pub struct Appliance {
    /// The name of the package, after which its files are named.
    pub name: String,
    /// The descriptor, in which the sizes of files and disk images are still missing.
    pub envelope: Envelope,
    /// What goes into each file, in the order of the references.
    pub files: Vec<Planned>,
    /// What the machines are, in the order of the definition.
    pub machines: Vec<Outline>,
    /// Which item of each machine is what of its definition.
    pub pieces: Vec<Pieces>,
    /// How the sizes of disks are written.
    capacity: CapacityUnit,
}

/// Translates `definition` into an envelope of OVF 1.1 for the target `profile`, with every
/// device in its place. What is wrong is told all at once.
pub fn build(definition: &Definition, profile: &Profile) -> Result<Appliance, Vec<Problem>> {
    let (appliance, problems) = draft(definition, profile);
    if problems.is_empty() {
        Ok(appliance)
    } else {
        Err(problems)
    }
}

/// What [`build`] makes, as far as that goes, whatever is wrong with the definition.
pub fn draft(definition: &Definition, profile: &Profile) -> (Appliance, Vec<Problem>) {
    let at = At::default();
    let package = definition
        .name
        .clone()
        .unwrap_or_else(|| PACKAGE.to_owned());
    let mut work = Work {
        profile,
        options: definition.configurations.keys().cloned().collect(),
        files: Files::new(&package, profile),
        package,
        texts: Texts::new(definition.lang.as_deref()),
        ids: HashSet::new(),
        machines: Vec::new(),
        pieces: Vec::new(),
        problems: Problems::default(),
    };
    check::texts(definition, &mut work.problems);
    check::package(definition, profile, &mut work.problems);
    let bundles = work.bundles(definition, &at);
    let content = system::content(&mut work, definition, &at);
    work.extra_files(definition, &at);
    let mut sections = work.disks();
    sections.extend(work.networks(definition, &at));
    sections.extend(work.deployment(definition, &at));
    sections.extend(work.raw(definition, &at, Within::Envelope));
    let (lang, strings) = work.texts.finish();
    let appliance = Appliance {
        name: work.package,
        envelope: Envelope {
            lang,
            references: References {
                files: work.files.references,
                ..References::default()
            },
            sections,
            contents: vec![content],
            strings: strings.into_iter().chain(bundles).collect(),
            ..Envelope::default()
        },
        files: work.files.planned,
        machines: work.machines,
        pieces: work.pieces,
        capacity: profile.capacity,
    };
    (appliance, work.problems.into_vec())
}

/// `text`, unless it is empty, by which a definition says that there shall be none.
fn written(text: Text) -> Option<Text> {
    Some(text).filter(|text| !text.text.is_empty())
}

/// An envelope in the making.
struct Work<'p> {
    profile: &'p Profile,
    /// The name of the package.
    package: String,
    /// The names of the deployment options.
    options: Vec<String>,
    files: Files,
    texts: Texts,
    /// The ids of machines and collections.
    ids: HashSet<String>,
    machines: Vec<Outline>,
    pieces: Vec<Pieces>,
    problems: Problems,
}

impl Work<'_> {
    /// Translations in files of their own, which stand first among the files (DSP0243 1.1
    /// §10).
    fn bundles(&mut self, definition: &Definition, at: &At) -> Vec<Strings> {
        let list = at.key("strings");
        let bundles = definition.strings.iter().enumerate();
        let bundles = bundles.map(|(index, bundle)| {
            let at = list.index(index).key("file");
            let id = self
                .files
                .add_file(None, None, &bundle.file, at, &mut self.problems);
            Strings {
                lang: Some(bundle.lang.clone()),
                file_ref: Some(id),
                ..Strings::default()
            }
        });
        bundles.collect()
    }

    /// Files packed as they are.
    fn extra_files(&mut self, definition: &Definition, at: &At) {
        let list = at.key("files");
        for (index, file) in definition.files.iter().enumerate() {
            let at = list.index(index);
            let (id, href) = (file.id.as_deref(), file.href.as_deref());
            self.files
                .add_file(id, href, &file.path, at, &mut self.problems);
        }
    }

    fn disks(&mut self) -> Vec<Section> {
        let section = DiskSection {
            info: "Virtual disks".into(),
            disks: std::mem::take(&mut self.files.disks),
            ..DiskSection::default()
        };
        if section.disks.is_empty() {
            return Vec::new();
        }
        vec![Section::DiskSection(section)]
    }

    /// The networks described, and those of the adapters, each once.
    fn networks(&mut self, definition: &Definition, at: &At) -> Option<Section> {
        let mut networks: Vec<Network> = Vec::new();
        let list = at.key("networks");
        for (name, network) in definition.networks.iter().flatten() {
            let at = list.key(name);
            if name.is_empty() || name.trim() != name {
                let name = name.clone();
                self.problems
                    .add(at.clone(), Contradiction::BadNetwork { name });
            }
            let description = &network.description;
            let at = at.key("description");
            networks.push(Network {
                name: name.clone(),
                description: written(self.texts.text(description, &at, &mut self.problems)),
                ..Network::default()
            });
        }
        for name in check::networks(definition, &self.profile.network) {
            if networks.iter().all(|network| network.name != name) {
                networks.push(Network {
                    description: Some(Text::from(titles::network(&name))),
                    name,
                    ..Network::default()
                });
            }
        }
        let section = NetworkSection {
            info: "Logical networks".into(),
            networks,
            ..NetworkSection::default()
        };
        (!section.networks.is_empty()).then_some(Section::NetworkSection(section))
    }

    /// The deployment options.
    fn deployment(&mut self, definition: &Definition, at: &At) -> Option<Section> {
        let list = at.key("configurations");
        let problems = &mut self.problems;
        let mut configurations = Vec::new();
        for (id, option) in &definition.configurations {
            let at = list.key(id);
            let label = option.label.clone().unwrap_or_else(|| id.as_str().into());
            let description = option.description.as_ref().unwrap_or(&label);
            configurations.push(Configuration {
                id: id.clone(),
                default: option.default,
                label: written(self.texts.text(&label, &at.key("label"), problems)),
                description: written(self.texts.text(
                    description,
                    &at.key("description"),
                    problems,
                )),
                ..Configuration::default()
            });
        }
        let section = DeploymentOptionSection {
            info: "Sizes and kinds of machine to choose from".into(),
            configurations,
            ..DeploymentOptionSection::default()
        };
        (!section.configurations.is_empty()).then_some(Section::DeploymentOptionSection(section))
    }

    /// The vendors' sections of `definition` that stand within `within`.
    fn raw(&mut self, definition: &Definition, at: &At, within: Within) -> Vec<Section> {
        raw::sections(definition, at, within, &mut self.problems)
    }
}

#[cfg(test)]
mod tests;
