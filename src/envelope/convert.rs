//! From one version of the standard to another.
//!
//! The model has one name for each thing, so a higher version costs nothing. A lower
//! one has no place for some things; each of those is told as a [`Loss`].

mod boot;
mod items;

use std::collections::HashMap;
use std::mem;

use crate::xml::Name;
use crate::xml::names::{XSI, ovf};

use super::cim::ResourceType;
use super::{
    Content, DiskSection, Entry, Envelope, Extra, Network, ProductSection, Section,
    SharedDiskSection, Strings, Version, VirtualSystem, VirtualSystemCollection,
};

/// Something the version converted to cannot say as the envelope said it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// What it is, for people: the element with its id or name.
    pub what: String,
    /// Why it cannot stay as it is, or what it means that it stays.
    pub why: String,
    /// What became of it.
    pub fate: Fate,
}

/// What became of something the version converted to cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// It is gone.
    Dropped,
    /// Something else says it, or most of it.
    Changed,
    /// It is still there, and who does not know it may ignore it.
    KeptOptional,
}

/// Makes `envelope` one of the version `target`, and tells what that costs.
///
/// Only the way from 2.x to a lower version changes more than the version: what came
/// with 2.0 (DSP0243 2.1 §8, §9.2, §9.11 to §9.16, §10) is said in another way, made
/// optional, or dropped. Whatever the standard does not define stays.
pub fn to_version(mut envelope: Envelope, target: Version) -> (Envelope, Vec<Loss>) {
    let mut down = Down::default();
    if envelope.version == Version::V2 && target != Version::V2 {
        down.envelope(&mut envelope);
    }
    if envelope.version != target {
        // They speak of the edition it was: a note of it, and the place of its schema.
        let stale = [ovf("version"), Name::known(XSI, "schemaLocation")];
        let attributes = &mut envelope.extra.attributes;
        attributes.retain(|(name, _)| !stale.contains(name));
    }
    envelope.version = target;
    (envelope, down.losses)
}

/// The way down from 2.x.
#[derive(Default)]
struct Down {
    losses: Vec<Loss>,
    /// The sections of shared disks taken out so far.
    shared: Vec<SharedDiskSection>,
}

/// The devices a boot order may name, by their `InstanceID`: of several the first.
type Devices = HashMap<String, Option<ResourceType>>;

impl Down {
    fn tell(&mut self, fate: Fate, what: impl Into<String>, why: impl Into<String>) {
        let (what, why) = (what.into(), why.into());
        self.losses.push(Loss { what, why, fate });
    }

    fn dropped(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.tell(Fate::Dropped, what, why);
    }

    fn envelope(&mut self, envelope: &mut Envelope) {
        self.sections(&mut envelope.sections, &Devices::new());
        for content in &mut envelope.contents {
            self.content(content);
        }
        for strings in &mut envelope.strings {
            self.strings(strings);
        }
        for shared in mem::take(&mut self.shared) {
            self.shared_disks(shared, &mut envelope.sections);
        }
    }

    fn content(&mut self, content: &mut Content) {
        match content {
            Content::VirtualSystem(system) => self.system(system),
            Content::VirtualSystemCollection(collection) => self.collection(collection),
        }
    }

    fn collection(&mut self, collection: &mut VirtualSystemCollection) {
        self.sections(&mut collection.sections, &Devices::new());
        for content in &mut collection.contents {
            self.content(content);
        }
    }

    fn system(&mut self, system: &mut VirtualSystem) {
        let items = system
            .hardware()
            .into_iter()
            .flat_map(|hardware| &hardware.items);
        let mut devices = Devices::new();
        for item in items {
            let id = item.instance_id.trim().to_owned();
            devices.entry(id).or_insert(item.resource_type);
        }
        self.sections(&mut system.sections, &devices);
    }

    fn sections(&mut self, sections: &mut Vec<Section>, devices: &Devices) {
        let old = mem::take(sections);
        let new = old.into_iter();
        sections.extend(new.flat_map(|section| self.section(section, devices)));
    }

    /// What becomes of `section`: usually itself.
    fn section(&mut self, mut section: Section, devices: &Devices) -> Vec<Section> {
        match &mut section {
            Section::VirtualHardwareSection(hardware) => {
                if let Some(system) = &mut hardware.system {
                    self.system_members(system);
                }
                self.items(&mut hardware.items);
            }
            Section::ResourceAllocationSection(allocation) => self.items(&mut allocation.items),
            Section::NetworkSection(networks) => self.networks(&mut networks.networks),
            Section::ProductSection(product) => self.product(product),
            Section::SharedDiskSection(shared) => {
                self.shared.push(mem::take(shared));
                return Vec::new();
            }
            Section::BootDeviceSection(boot) => {
                let order = self.boot_order(boot, devices);
                if !order.is_empty() {
                    return order;
                }
                self.optional_section(&mut section);
            }
            _ => self.optional_section(&mut section),
        }
        vec![section]
    }

    /// Makes the sections optional that 1.x does not have. They are written in the
    /// namespace of 2.x, as VMware writes some of them in envelopes of 1.x.
    fn optional_section(&mut self, section: &mut Section) {
        const READ: &str = "OVF 1.x has no such section; VMware reads it there if it is optional";
        const IGNORED: &str = "OVF 1.x has no such section; who does not know it ignores it";
        let (element, id, extra, why) = match section {
            Section::ScaleOutSection(scale) => (
                "ScaleOutSection",
                scale.id.as_deref(),
                &mut scale.extra,
                READ,
            ),
            Section::PlacementGroupSection(group) => {
                let extra = &mut group.extra;
                ("PlacementGroupSection", group.id.as_deref(), extra, READ)
            }
            Section::PlacementSection(placement) => {
                let extra = &mut placement.extra;
                ("PlacementSection", placement.group.as_deref(), extra, READ)
            }
            Section::BootDeviceSection(boot) => {
                ("BootDeviceSection", None, &mut boot.extra, IGNORED)
            }
            Section::EnvironmentFilesSection(files) => {
                ("EnvironmentFilesSection", None, &mut files.extra, IGNORED)
            }
            Section::EncryptionSection(encryption) => {
                let why = "OVF 1.x knows no encryption; who ignores the section cannot read \
                           the content it describes";
                ("EncryptionSection", None, &mut encryption.extra, why)
            }
            _ => return,
        };
        set_optional(extra);
        self.tell(Fate::KeptOptional, named(element, id), why);
    }

    fn networks(&mut self, networks: &mut [Network]) {
        let profiles = [ovf("NetworkPortProfile"), ovf("NetworkPortProfileURI")];
        for network in networks {
            let elements = &mut network.extra.elements;
            for profile in elements.extract_if(.., |element| profiles.contains(&element.name)) {
                self.dropped(
                    format!("`Network` {:?}: `{}`", network.name, profile.name.local),
                    "a network of OVF 1.x has no port profiles",
                );
            }
        }
    }

    fn product(&mut self, product: &ProductSection) {
        for entry in &product.entries {
            let Entry::Property(property) = entry else {
                continue;
            };
            if property.configuration.is_some() {
                self.tell(
                    Fate::KeptOptional,
                    format!("`Property` {:?}: `ovf:configuration`", property.key),
                    "OVF 1.x does not define it; VMware reads it there, others offer the \
                     property in every deployment option",
                );
            }
        }
    }

    fn strings(&mut self, strings: &mut Strings) {
        let lang = strings.lang.as_deref().unwrap_or_default();
        for message in &mut strings.messages {
            let id = message.msgid.as_deref().unwrap_or_default();
            if remove(&mut message.attributes, &ovf("fileRef")).is_some() {
                self.dropped(
                    format!("`Strings` {lang:?}: `Msg` {id:?}: `ovf:fileRef`"),
                    "a text of OVF 1.x cannot be in a file",
                );
            }
        }
    }

    /// Moves the disks of `shared` to the first disk section among `sections`.
    fn shared_disks(&mut self, mut shared: SharedDiskSection, sections: &mut Vec<Section>) {
        for disk in &mut shared.disks {
            let disk_named = format!("`SharedDisk` {:?}", disk.disk_id);
            self.tell(
                Fate::Changed,
                disk_named.clone(),
                "OVF 1.x cannot say that machines share a disk; it becomes a `Disk`",
            );
            if disk.read_only.take().is_some() {
                let what = format!("{disk_named}: `ovf:readOnly`");
                self.dropped(what, "a disk of OVF 1.x has no such attribute");
            }
        }
        let first = sections.iter_mut().find_map(|section| match section {
            Section::DiskSection(disks) => Some(disks),
            _ => None,
        });
        let Some(disks) = first else {
            let (info, disks, extra) = (shared.info, shared.disks, shared.extra);
            let section = DiskSection { info, disks, extra };
            sections.insert(0, Section::DiskSection(section));
            return;
        };
        disks.disks.append(&mut shared.disks);
        disks.extra.elements.append(&mut shared.extra.elements);
        for (name, _) in shared.extra.attributes {
            self.dropped(
                format!("`SharedDiskSection`: `{name}`"),
                "its disks are now in the `DiskSection`",
            );
        }
    }
}

/// `element` with its id, if it has one.
fn named(element: &str, id: Option<&str>) -> String {
    match id {
        Some(id) => format!("`{element}` {id:?}"),
        None => format!("`{element}`"),
    }
}

/// Sets `ovf:required` to false (DSP0243 1.1 §7.3).
fn set_optional(extra: &mut Extra) {
    // Without a prefix it would be read as the same attribute.
    remove(&mut extra.attributes, &Name::known("", "required"));
    remove(&mut extra.attributes, &ovf("required"));
    let attribute = (ovf("required"), "false".to_owned());
    extra.attributes.push(attribute);
}

fn remove(attributes: &mut Vec<(Name, String)>, name: &Name) -> Option<String> {
    let index = attributes.iter().position(|(given, _)| given == name)?;
    Some(attributes.remove(index).1)
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
