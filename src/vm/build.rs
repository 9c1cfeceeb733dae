//! From a machine to an envelope.

use crate::base::Result;
use crate::envelope::vmw::{self, Config};
use crate::envelope::{
    AnnotationSection, Capacity, Content, Disk, DiskSection, Entry, Envelope, EulaSection, File,
    Network, NetworkSection, OperatingSystemSection, ProductSection, Property, References,
    STREAM_OPTIMIZED, Section, System, Text, VirtualHardwareSection, VirtualSystem, cim,
};

use super::Machine;
use super::check::check;
use super::items::items;
use super::place::place;

/// Translates `machine` into an envelope of OVF 1.1, with every device in its place.
///
/// Fails with the first contradiction [`check`] finds.
pub fn build(machine: &Machine) -> Result<Envelope> {
    check(machine)?;
    Ok(Envelope {
        references: References {
            files: references(machine),
            ..References::default()
        },
        sections: disks(machine)
            .into_iter()
            .chain(networks(machine))
            .collect(),
        contents: vec![Content::VirtualSystem(virtual_system(machine)?)],
        ..Envelope::default()
    })
}

/// The id of the file behind disk `index`; CD images follow the disks.
pub(super) fn file_id(index: usize) -> String {
    format!("file{}", index + 1)
}

/// The id of disk `index`.
pub(super) fn disk_id(index: usize) -> String {
    format!("disk{}", index + 1)
}

fn references(machine: &Machine) -> Vec<File> {
    let disks = machine
        .disks
        .iter()
        .map(|disk| (&disk.href, disk.file_size));
    let isos = machine.isos.iter().map(|iso| (&iso.href, iso.size));
    let files = disks.chain(isos).enumerate();
    let files = files.map(|(index, (href, size))| File {
        id: file_id(index),
        href: href.clone(),
        size: Some(size),
        ..File::default()
    });
    files.collect()
}

fn disks(machine: &Machine) -> Option<Section> {
    let disks = machine.disks.iter().enumerate().map(|(index, disk)| Disk {
        disk_id: disk_id(index),
        file_ref: Some(file_id(index)),
        capacity: Capacity::Units(disk.capacity),
        capacity_allocation_units: Some(cim::BYTES.to_owned()),
        format: Some(STREAM_OPTIMIZED.to_owned()),
        populated_size: Some(disk.populated),
        ..Disk::default()
    });
    let section = DiskSection {
        info: "Virtual disks".into(),
        disks: disks.collect(),
        ..DiskSection::default()
    };
    (!section.disks.is_empty()).then_some(Section::DiskSection(section))
}

/// The networks of the adapters, each once, in the order of the adapters.
fn networks(machine: &Machine) -> Option<Section> {
    let mut networks: Vec<Network> = Vec::new();
    for nic in &machine.nics {
        if networks.iter().all(|network| network.name != nic.network) {
            networks.push(Network {
                name: nic.network.clone(),
                description: Some(format!("The {} network", nic.network).into()),
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

fn virtual_system(machine: &Machine) -> Result<VirtualSystem> {
    let mut sections = vec![operating_system(machine), hardware(machine)?];
    sections.extend(product(machine));
    sections.extend(machine.annotation.as_ref().map(|note| {
        let info = "A note about the machine".into();
        Section::AnnotationSection(AnnotationSection {
            info,
            annotation: unix_lines(note).into(),
            ..AnnotationSection::default()
        })
    }));
    sections.extend(machine.eula.as_ref().map(|license| {
        let info = "A licence to accept".into();
        Section::EulaSection(EulaSection {
            info,
            license: unix_lines(license).into(),
            ..EulaSection::default()
        })
    }));
    Ok(VirtualSystem {
        id: machine.name.clone(),
        info: "A virtual machine".into(),
        name: Some(machine.name.as_str().into()),
        sections,
        ..VirtualSystem::default()
    })
}

/// XML has one kind of line end, and a file from Windows has another.
fn unix_lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

fn operating_system(machine: &Machine) -> Section {
    Section::OperatingSystemSection(OperatingSystemSection {
        info: "The guest operating system".into(),
        id: Some(machine.os.cim_id),
        version: machine.os.version.clone(),
        os_type: Some(machine.os.os_type.to_owned()),
        description: Some(machine.os.description.as_str().into()),
        ..OperatingSystemSection::default()
    })
}

fn hardware(machine: &Machine) -> Result<Section> {
    // The `iso` transport would need a CD drive without an image in it
    // (DSP0243 1.1 §11.2); every drive here has one.
    let transport = if machine.properties.is_empty() {
        Vec::new()
    } else {
        vec![vmw::TRANSPORT_GUEST_INFO.to_owned()]
    };
    let mut configs = vec![Config::optional(
        vmw::FIRMWARE,
        machine.firmware.to_string(),
    )];
    if machine.secure_boot {
        configs.push(Config::optional(vmw::SECURE_BOOT, "true"));
    }
    Ok(Section::VirtualHardwareSection(Box::new(
        VirtualHardwareSection {
            info: "Virtual hardware requirements".into(),
            transport,
            system: Some(System {
                element_name: "Virtual Hardware Family".to_owned(),
                instance_id: "0".to_owned(),
                virtual_system_identifier: Some(machine.name.clone()),
                virtual_system_type: Some(machine.hardware.to_string()),
                ..System::default()
            }),
            items: items(machine, &place(machine)?),
            configs,
            ..VirtualHardwareSection::default()
        },
    )))
}

/// The product section, if there is anything to say in it.
fn product(machine: &Machine) -> Option<Section> {
    let properties = machine.properties.iter().map(|(key, value)| {
        Entry::Property(Box::new(Property {
            key: key.clone(),
            value_type: "string".to_owned(),
            user_configurable: true,
            value: Some(value.clone()),
            label: Some(key.as_str().into()),
            ..Property::default()
        }))
    });
    let nothing = ProductSection::default();
    let section = ProductSection {
        product: machine.product.as_deref().map(Text::from),
        vendor: machine.vendor.as_deref().map(Text::from),
        version: machine.version.clone(),
        entries: properties.collect(),
        ..nothing.clone()
    };
    let info = "Information about the installed software".into();
    (section != nothing)
        .then(|| Section::ProductSection(Box::new(ProductSection { info, ..section })))
}

#[cfg(test)]
#[path = "build_tests.rs"]
mod tests;
