//! The machine as it would be built: an envelope with its choices made.
//!
//! A descriptor spreads a machine over sections: items refer to disks, disks to
//! files, texts to translations, values to deployment options. [`resolve`] follows
//! the references for one deployment option and one language. What leads nowhere is
//! absent from the view; telling so is validation's part.

mod devices;
mod items;
mod view;

pub(super) use items::applies;
pub use view::{
    ConfigurationView, Controller, ControllerKind, DiskView, Drive, DriveKind, EulaView, FileView,
    MachineView, NetworkView, Nic, OsView, OtherDevice, ProductView, PropertyView, View,
};

use crate::base::{Error, Result};

use super::os_id::{self, Producer};
use super::translation::Translation;
use super::units::{capacity_in_bytes, memory_in_bytes};
use super::{
    Capacity, Configuration, Content, Entry, Envelope, OperatingSystemSection, ProductSection,
    Section, Strings, Text, VirtualSystem, cim, vbox, vmw,
};

use cim::ResourceType;

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
/// A deployment option the descriptor does not have is an error of kind `Usage`.
pub fn resolve(envelope: &Envelope, choices: &Choices) -> Result<View> {
    let configuration = chosen(envelope, choices.configuration.as_deref())?;
    let resolver = Resolver {
        envelope,
        configuration: configuration.map(|configuration| configuration.id.as_str()),
        translation: Translation::new(envelope, &choices.bundles, choices.locale.as_deref()),
        producer: producer(envelope),
    };
    Ok(View {
        version: envelope.version.to_string(),
        configuration: resolver.configuration.map(str::to_owned),
        configurations: configurations(envelope)
            .map(|one| resolver.configuration_view(one))
            .collect(),
        files: resolver.files(),
        disks: resolver.disks(),
        networks: resolver.networks(),
        machines: envelope
            .contents
            .iter()
            .flat_map(|content| resolver.machines(content, &[]))
            .collect(),
    })
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

/// Who made the descriptor, which decides what its numbers for operating systems
/// mean from 112 upward.
fn producer(envelope: &Envelope) -> Producer {
    let systems = envelope.systems();
    let mut types = systems
        .iter()
        .filter_map(|system| system.hardware()?.system.as_ref())
        .filter_map(|system| system.virtual_system_type.as_deref());
    let vbox = crate::xml::names::VBOX;
    let from_vbox = systems
        .iter()
        .flat_map(|system| &system.sections)
        .any(|section| matches!(section, Section::Other(kept) if kept.0.name.ns == vbox));
    if from_vbox || types.any(|name| name.contains("virtualbox")) {
        return Producer::VirtualBox;
    }
    let is_vmware = systems
        .iter()
        .filter_map(|system| system.operating_system())
        .any(|os| os.os_type.is_some());
    if is_vmware {
        Producer::VMware
    } else {
        Producer::Standard
    }
}

/// An envelope with the choices made.
struct Resolver<'e> {
    envelope: &'e Envelope,
    configuration: Option<&'e str>,
    translation: Translation<'e>,
    producer: Producer,
}

impl Resolver<'_> {
    fn text(&self, text: &Text) -> String {
        self.translation.resolve(text)
    }

    fn optional(&self, text: Option<&Text>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    fn configuration_view(&self, one: &Configuration) -> ConfigurationView {
        ConfigurationView {
            id: one.id.clone(),
            label: self.optional(one.label.as_ref()),
            description: self.optional(one.description.as_ref()),
        }
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

    fn disks(&self) -> Vec<DiskView> {
        self.envelope.disks().map(|disk| self.disk(disk)).collect()
    }

    fn disk(&self, disk: &super::Disk) -> DiskView {
        let units = disk.capacity_allocation_units.as_deref();
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let capacity = match &disk.capacity {
            Capacity::Units(capacity) => Some(*capacity),
            Capacity::Property(key) => self.property_number(key),
            Capacity::Other(_) => None,
        };
        let file_ref = given(&disk.file_ref);
        let mut files = self.envelope.references.files.iter();
        let file = file_ref.and_then(|id| files.find(|file| file.id == id));
        DiskView {
            id: disk.disk_id.clone(),
            file: file.map(|file| file.href.clone()),
            capacity: capacity.and_then(|capacity| capacity_in_bytes(capacity, units)),
            populated: disk.populated_size,
            format: given(&disk.format),
            parent: given(&disk.parent_ref),
        }
    }

    /// The value of the property `key`, wherever it is, as a number.
    fn property_number(&self, key: &str) -> Option<u64> {
        let contents = self.envelope.contents.iter();
        let products = contents.flat_map(products_within);
        let mut properties = products.flat_map(|product| {
            let keyed = product.properties();
            keyed.map(move |property| (full_key(product, &property.key), property))
        });
        let (_, property) =
            properties.find(|(full, property)| full == key || property.key == key)?;
        property.default_in(self.configuration)?.trim().parse().ok()
    }

    fn networks(&self) -> Vec<NetworkView> {
        let networks = self.envelope.networks();
        let views = networks.map(|network| NetworkView {
            name: network.name.clone(),
            description: self.optional(network.description.as_ref()),
        });
        views.collect()
    }

    /// The machines of `content`, inside collections named `path`.
    fn machines(&self, content: &Content, path: &[String]) -> Vec<MachineView> {
        match content {
            Content::VirtualSystem(system) => vec![self.machine(system, path)],
            Content::VirtualSystemCollection(collection) => {
                let path: Vec<_> = path.iter().chain([&collection.id]).cloned().collect();
                let contents = collection.contents.iter();
                contents
                    .flat_map(|inner| self.machines(inner, &path))
                    .collect()
            }
        }
    }

    fn machine(&self, system: &VirtualSystem, path: &[String]) -> MachineView {
        let hardware = system.hardware();
        let items = hardware.map_or_else(Vec::new, |hardware| {
            items::effective(&hardware.items, self.configuration)
        });
        let first = |kind| items.iter().find(|item| item.resource_type == Some(kind));
        let processor = first(ResourceType::PROCESSOR);
        let memory = first(ResourceType::MEMORY);
        let devices = devices::arrange(self, &items);
        let listed = |list: Option<&String>| {
            let list = list.map(String::as_str).unwrap_or_default();
            cim::preferences(list).map(str::to_owned).collect()
        };
        let family = hardware.and_then(|hardware| hardware.system.as_ref());
        MachineView {
            id: system.id.clone(),
            collection: path.to_vec(),
            name: self.optional(system.name.as_ref()),
            os: system.operating_system().map(|os| self.os(os)),
            products: system.products().map(|one| self.product(one)).collect(),
            hardware: listed(family.and_then(|family| family.virtual_system_type.as_ref())),
            cpus: processor.and_then(|item| item.virtual_quantity),
            cores_per_socket: processor.and_then(|item| item.cores_per_socket),
            memory: memory.and_then(|item| {
                memory_in_bytes(item.virtual_quantity?, item.allocation_units.as_deref())
            }),
            firmware: firmware(system),
            secure_boot: hardware
                .and_then(|hardware| hardware.config(vmw::SECURE_BOOT))
                .is_some_and(|value| value.eq_ignore_ascii_case("true")),
            transport: hardware.map_or_else(Vec::new, |hardware| hardware.transport.clone()),
            controllers: devices.controllers,
            unattached: devices.unattached,
            nics: devices.nics,
            others: devices.others,
            properties: system
                .products()
                .flat_map(|product| self.properties(product))
                .collect(),
            eulas: self.eulas(system),
            annotation: self.annotation(system),
        }
    }

    fn os(&self, os: &OperatingSystemSection) -> OsView {
        let guest = os.os_type.as_deref().and_then(os_id::guest_title);
        let named = os.id.and_then(|id| os_id::name(id, self.producer));
        OsView {
            id: os.id,
            os_type: os.os_type.clone(),
            version: os.version.clone(),
            name: guest.or_else(|| named.map(str::to_owned)),
            description: self.optional(os.description.as_ref()),
        }
    }

    fn product(&self, product: &ProductSection) -> ProductView {
        ProductView {
            class: product.class.clone(),
            instance: product.instance.clone(),
            product: self.optional(product.product.as_ref()),
            vendor: self.optional(product.vendor.as_ref()),
            version: product.version.clone(),
            full_version: product.full_version.clone(),
            product_url: product.product_url.clone(),
            vendor_url: product.vendor_url.clone(),
            app_url: product.app_url.clone(),
        }
    }

    /// The properties of `product` that the deployment option has, under headings.
    fn properties(&self, product: &ProductSection) -> Vec<PropertyView> {
        let (mut views, mut category) = (Vec::new(), None);
        for entry in &product.entries {
            match entry {
                Entry::Category(text) => category = Some(self.text(text)),
                Entry::Other(_) => category = None,
                Entry::Property(property)
                    if items::applies(property.configuration.as_deref(), self.configuration) =>
                {
                    views.push(PropertyView {
                        key: full_key(product, &property.key),
                        value_type: property.value_type.clone(),
                        value: property.default_in(self.configuration).map(str::to_owned),
                        qualifiers: property.qualifiers.clone(),
                        user_configurable: property.user_configurable,
                        password: property.password,
                        category: category.clone(),
                        label: self.optional(property.label.as_ref()),
                        description: self.optional(property.description.as_ref()),
                    });
                }
                Entry::Property(_) => {}
            }
        }
        views
    }

    fn eulas(&self, system: &VirtualSystem) -> Vec<EulaView> {
        let sections = system.sections.iter();
        let views = sections.filter_map(|section| match section {
            Section::EulaSection(eula) => Some(EulaView {
                info: self.text(&eula.info),
                license: self.text(&eula.license),
            }),
            _ => None,
        });
        views.collect()
    }

    fn annotation(&self, system: &VirtualSystem) -> Option<String> {
        system.sections.iter().find_map(|section| match section {
            Section::AnnotationSection(note) => Some(self.text(&note.annotation)),
            _ => None,
        })
    }
}

/// The firmware, where VMware's setting, its older line for the `.vmx`, or VirtualBox'
/// account of the machine names one.
fn firmware(system: &VirtualSystem) -> Option<String> {
    let settings = system.hardware().into_iter().flat_map(|hardware| {
        let configs = hardware.configs.iter();
        configs.chain(&hardware.extra_configs)
    });
    let mut named = settings.filter(|config| config.key == vmw::FIRMWARE);
    let from_vmware = named.next().map(|config| config.value.clone());
    from_vmware.or_else(|| {
        let efi = vbox::Machine::in_system(system)?.is_efi()?;
        Some(if efi { "efi" } else { "bios" }.to_owned())
    })
}

/// The key a property is exported by: `class.key.instance` (DSP0243 1.1 §9.5.1).
pub(super) fn full_key(product: &ProductSection, key: &str) -> String {
    let given = |part: &Option<String>| part.clone().filter(|part| !part.is_empty());
    let parts = [
        given(&product.class),
        Some(key.to_owned()),
        given(&product.instance),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(".")
}

/// The product sections in `content`, those of collections before their members'.
fn products_within(content: &Content) -> Vec<&ProductSection> {
    let (sections, inner) = match content {
        Content::VirtualSystem(system) => (&system.sections, [].as_slice()),
        Content::VirtualSystemCollection(one) => (&one.sections, one.contents.as_slice()),
    };
    let own = sections.iter().filter_map(|section| match section {
        Section::ProductSection(product) => Some(&**product),
        _ => None,
    });
    own.chain(inner.iter().flat_map(products_within)).collect()
}

#[cfg(test)]
#[path = "resolve/tests.rs"]
mod tests;
