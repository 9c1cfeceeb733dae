//! The machine as it would be built: an envelope with its choices made.
//!
//! A descriptor spreads a machine over sections: items refer to disks, disks to
//! files, texts to translations, values to deployment options. [`resolve`] follows
//! the references for one deployment option and one language. What leads nowhere is
//! absent from the view; telling so is validation's part.

mod devices;
mod index;
mod items;
mod machine;
mod sections;
mod view;

pub use devices::{controller_kind, drive_kind};
pub(super) use items::applies;
pub use items::effective;
pub use view::{
    CollectionView, ConfigurationView, Controller, ControllerKind, DiskView, Drive, DriveKind,
    EulaView, FileView, MachineView, NetworkView, Nic, OsView, OtherDevice, ProductView,
    PropertyView, View,
};

use crate::base::{Error, Result};

use super::copies::Copies;
use super::os_id::Producer;
use super::translation::{Translation, own_language};
use super::units::capacity_in_bytes;
use super::{
    Capacity, Configuration, Content, Disk, Envelope, File, Section, Strings, Text,
    VirtualSystemCollection,
};

use index::Index;

/// What is chosen.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// The deployment option; the descriptor's default if not given.
    pub configuration: Option<String>,
    /// The language, such as `de` or `de-DE`; the descriptor's own if not given.
    pub locale: Option<String>,
    /// Translations from files beside the descriptor.
    pub bundles: Vec<Strings>,
}

/// Looks at `envelope` as it is with `choices`.
///
/// A deployment option or language the descriptor does not have is an error of kind
/// `Usage`.
pub fn resolve(envelope: &Envelope, choices: &Choices) -> Result<View> {
    let configuration = chosen(envelope, choices.configuration.as_deref())?;
    let configuration = configuration.map(|configuration| configuration.id.as_str());
    let copies = Copies::new();
    let resolver = Resolver {
        envelope,
        index: Index::new(envelope, configuration, &copies),
        configuration,
        copies,
        translation: Translation::new(envelope, &choices.bundles, choices.locale.as_deref())?,
        producer: machine::producer(envelope),
    };
    let mut view = View {
        version: envelope.version.to_string(),
        locale: (choices.locale.as_deref())
            .unwrap_or_else(|| own_language(envelope))
            .to_owned(),
        configuration: resolver.configuration.map(str::to_owned),
        configurations: resolver.configurations()?,
        files: resolver.files(),
        disks: envelope.disks().map(|disk| resolver.disk(disk)).collect(),
        networks: resolver.networks(),
        collections: Vec::new(),
        machines: Vec::new(),
    };
    resolver.contents(&envelope.contents, &[], &mut view);
    resolver.copies.check()?;
    resolver.translation.check()?;
    Ok(view)
}

fn configurations(envelope: &Envelope) -> impl Iterator<Item = &Configuration> {
    envelope.sections.iter().flat_map(|section| match section {
        Section::DeploymentOptionSection(options) => options.configurations.as_slice(),
        _ => &[],
    })
}

/// The deployment option asked for, or the default: the one marked so, or the first
/// (DSP0243 1.1 §9.8).
///
/// One the descriptor does not have is an error of kind `Usage` that names those it has.
pub fn chosen<'e>(
    envelope: &'e Envelope,
    wanted: Option<&str>,
) -> Result<Option<&'e Configuration>> {
    let Some(wanted) = wanted else {
        let marked = configurations(envelope).find(|one| one.default);
        return Ok(marked.or_else(|| configurations(envelope).next()));
    };
    let found = configurations(envelope).find(|one| one.id == wanted);
    found.map(Some).ok_or_else(|| {
        let ids: Vec<_> = configurations(envelope).map(|one| &*one.id).collect();
        let help = if ids.is_empty() {
            "the descriptor has no deployment options".to_owned()
        } else {
            format!("the descriptor has: {}", ids.join(", "))
        };
        Error::usage(format!("there is no deployment option `{wanted}`")).help(help)
    })
}

/// An envelope with the choices made.
struct Resolver<'e> {
    envelope: &'e Envelope,
    index: Index<'e>,
    configuration: Option<&'e str>,
    translation: Translation<'e>,
    /// What is copied to where it is referred to.
    copies: Copies,
    producer: Producer,
}

impl<'e> Resolver<'e> {
    fn text(&self, text: &Text) -> String {
        self.translation.resolve(text)
    }

    fn optional(&self, text: Option<&Text>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    fn copy_all(&self, texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| self.copies.copy(text)).collect()
    }

    fn configurations(&self) -> Result<Vec<ConfigurationView>> {
        let default = chosen(self.envelope, None)?.map(|one| one.id.as_str());
        let views = configurations(self.envelope).map(|one| ConfigurationView {
            id: one.id.clone(),
            default: default == Some(one.id.as_str()),
            label: self.optional(one.label.as_ref()),
            description: self.optional(one.description.as_ref()),
        });
        Ok(views.collect())
    }

    fn files(&self) -> Vec<FileView> {
        let files = self.envelope.references.files.iter();
        let views = files.map(|file| FileView {
            id: file.id.clone(),
            href: file.href.clone(),
            size: file.size,
            compression: file
                .compression
                .clone()
                .filter(|method| !method.is_empty() && method != "identity"),
            chunk_size: file.chunk_size,
        });
        views.collect()
    }

    fn disk(&self, disk: &Disk) -> DiskView {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        DiskView {
            id: disk.disk_id.clone(),
            file: (self.file_of(disk)).map(|file| self.copies.copy(&file.href)),
            capacity: self.capacity(disk),
            populated: disk.populated_size,
            format: given(&disk.format),
            parent: given(&disk.parent_ref),
        }
    }

    fn file_of(&self, disk: &Disk) -> Option<&'e File> {
        let id = disk.file_ref.as_deref().filter(|id| !id.is_empty())?;
        self.index.file(id).or_else(|| self.index.file_at(id))
    }

    /// The capacity in bytes.
    fn capacity(&self, disk: &Disk) -> Option<u64> {
        let number = match &disk.capacity {
            Capacity::Units(number) => Some(*number),
            Capacity::Property(key) => self.index.property_value(key)?.trim().parse().ok(),
            Capacity::Other(_) => None,
        };
        capacity_in_bytes(number?, disk.capacity_allocation_units.as_deref())
    }

    fn networks(&self) -> Vec<NetworkView> {
        let networks = self.envelope.networks();
        let views = networks.map(|network| NetworkView {
            name: network.name.clone(),
            description: self.optional(network.description.as_ref()),
        });
        views.collect()
    }

    /// Adds the machines and collections of `contents`, which are inside collections
    /// named `path`, to `view`.
    fn contents(&self, contents: &[Content], path: &[&str], view: &mut View) {
        for content in contents {
            match content {
                Content::VirtualSystem(system) => view.machines.push(self.machine(system, path)),
                Content::VirtualSystemCollection(collection) => {
                    view.collections.push(self.collection(collection, path));
                    let path: Vec<_> = path.iter().copied().chain([&*collection.id]).collect();
                    self.contents(&collection.contents, &path, view);
                }
            }
        }
    }

    fn collection(&self, collection: &VirtualSystemCollection, path: &[&str]) -> CollectionView {
        CollectionView {
            id: collection.id.clone(),
            collection: self.copy_all(path),
            name: self.optional(collection.name.as_ref()),
            products: self.products(&collection.sections),
            properties: self.properties(&collection.sections),
            eulas: self.eulas(&collection.sections),
            annotation: self.annotation(&collection.sections),
        }
    }
}

#[cfg(test)]
#[path = "resolve/tests.rs"]
mod tests;
