//! From one version of the standard to another.
//!
//! The model has one name for each thing, so a higher version costs nothing. A lower
//! one has no place for some things; each of those is told as a [`Loss`].

use std::collections::HashSet;
use std::mem;

use crate::xml::names::{XSI, ovf, rasd, vmw};
use crate::xml::{Element, Name, Node};

use super::cim::ResourceType;
use super::{
    Content, DiskSection, Entry, Envelope, Extra, Item, ItemKind, Kept, Network, ProductSection,
    Section, SharedDiskSection, Strings, Version, VirtualSystem, VirtualSystemCollection,
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

/// The devices a boot order may name, each by its `InstanceID`.
type Devices = [(String, Option<ResourceType>)];

impl Down {
    fn tell(&mut self, fate: Fate, what: impl Into<String>, why: impl Into<String>) {
        let (what, why) = (what.into(), why.into());
        self.losses.push(Loss { what, why, fate });
    }

    fn dropped(&mut self, what: impl Into<String>, why: impl Into<String>) {
        self.tell(Fate::Dropped, what, why);
    }

    fn envelope(&mut self, envelope: &mut Envelope) {
        self.sections(&mut envelope.sections, &[]);
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
        self.sections(&mut collection.sections, &[]);
        for content in &mut collection.contents {
            self.content(content);
        }
    }

    fn system(&mut self, system: &mut VirtualSystem) {
        let items = system
            .hardware()
            .into_iter()
            .flat_map(|hardware| &hardware.items);
        let device = |item: &Item| (item.instance_id.clone(), item.resource_type);
        let devices: Vec<_> = items.map(device).collect();
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
            Section::VirtualHardwareSection(hardware) => self.items(&mut hardware.items),
            Section::ResourceAllocationSection(allocation) => self.items(&mut allocation.items),
            Section::NetworkSection(networks) => self.networks(&mut networks.networks),
            Section::ProductSection(product) => self.product(product),
            Section::SharedDiskSection(shared) => {
                self.shared.push(mem::take(shared));
                return Vec::new();
            }
            Section::EnvironmentFilesSection(_) => {
                self.dropped(
                    "`EnvironmentFilesSection`",
                    "OVF 1.x cannot put files into the environment of the guest",
                );
                return Vec::new();
            }
            Section::Other(kept) => return self.other(kept, devices).unwrap_or(vec![section]),
            _ => self.optional_section(&mut section),
        }
        vec![section]
    }

    /// Makes the sections optional that VMware writes in envelopes of 1.x.
    fn optional_section(&mut self, section: &mut Section) {
        let (element, id, extra) = match section {
            Section::ScaleOutSection(scale) => ("ScaleOutSection", &scale.id, &mut scale.extra),
            Section::PlacementGroupSection(group) => {
                ("PlacementGroupSection", &group.id, &mut group.extra)
            }
            Section::PlacementSection(placement) => {
                ("PlacementSection", &placement.group, &mut placement.extra)
            }
            _ => return,
        };
        set_optional(extra);
        self.tell(
            Fate::KeptOptional,
            named(element, id.as_deref()),
            "OVF 1.x has no such section; VMware reads it there if it is optional",
        );
    }

    /// What a section of the standard that is kept whole becomes; `None` for others.
    fn other(&mut self, kept: &Kept, devices: &Devices) -> Option<Vec<Section>> {
        if kept.0.name == ovf("BootDeviceSection") {
            return Some(self.boot_devices(&kept.0, devices));
        }
        if kept.0.name == ovf("EncryptionSection") {
            self.dropped(
                "`EncryptionSection`",
                "OVF 1.x knows no encryption; without the keys described here the \
                 content they encrypt cannot be read",
            );
            return Some(Vec::new());
        }
        None
    }

    /// VMware's way to say the boot order, one section for each device.
    fn boot_devices(&mut self, section: &Element, devices: &Devices) -> Vec<Section> {
        let (mut ids, mut order) = (Vec::new(), Vec::new());
        boot_sources(section, &mut ids);
        for id in ids {
            let found = devices.iter().find(|(device, _)| *device == id);
            if let Some(kind) = found.and_then(|(_, kind)| boot_type(*kind)) {
                order.push(boot_order(&id, kind));
            } else {
                self.dropped(
                    format!("`BootDeviceSection`: boot source {id:?}"),
                    "it names no disk, CD drive or network adapter of the machine",
                );
            }
        }
        if order.is_empty() {
            let why = "OVF 1.x has no such section, and no boot source names a device";
            self.dropped("`BootDeviceSection`", why);
        } else {
            self.tell(
                Fate::Changed,
                "`BootDeviceSection`",
                "OVF 1.x has no such section; the order of the devices is kept as \
                 `vmw:BootOrderSection`, other boot settings are not",
            );
        }
        order
    }

    fn items(&mut self, items: &mut [Item]) {
        for item in items {
            let (element, prefix) = match mem::take(&mut item.kind) {
                ItemKind::Item => continue,
                ItemKind::EthernetPortItem => ("EthernetPortItem", "epasd"),
                ItemKind::StorageItem => ("StorageItem", "sasd"),
            };
            let item_named = format!("`{element}` {} {:?}", item.instance_id, item.element_name);
            self.tell(
                Fate::Changed,
                item_named.clone(),
                "OVF 1.x has one kind of item for all devices; it becomes an `Item`",
            );
            if element == "StorageItem" {
                self.quantity(item, &item_named);
            }
            for member in clear_members(item) {
                self.dropped(
                    format!("{item_named}: `{prefix}:{member}`"),
                    "an `Item` of OVF 1.x has no such member",
                );
            }
        }
    }

    /// Tells of a quantity in blocks, whose size is about to go.
    fn quantity(&mut self, item: &Item, item_named: &str) {
        let in_blocks = item.virtual_resource_block_size.is_some()
            || item.host_resource_block_size.is_some()
            || item.allocation_units.as_deref() == Some("count")
            || item.virtual_quantity_units.as_deref() == Some("count");
        if !in_blocks || item.virtual_quantity.is_none() && item.allocation_units.is_none() {
            return;
        }
        self.tell(
            Fate::KeptOptional,
            format!("{item_named}: `sasd:VirtualQuantity`, `sasd:AllocationUnits`"),
            "OVF 1.x cannot say how large a block is, and takes the size of a disk from \
             its `Disk`; here they mean nothing",
        );
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

/// Clears the members only `CIM_StorageAllocationSettingData` has; tells which were given.
fn storage(item: &mut Item) -> [(&'static str, bool); 9] {
    [
        ("Access", cleared(&mut item.access)),
        ("HostExtentName", cleared(&mut item.host_extent_name)),
        (
            "HostExtentNameFormat",
            cleared(&mut item.host_extent_name_format),
        ),
        (
            "HostExtentNameNamespace",
            cleared(&mut item.host_extent_name_namespace),
        ),
        (
            "HostExtentStartingAddress",
            cleared(&mut item.host_extent_starting_address),
        ),
        (
            "HostResourceBlockSize",
            cleared(&mut item.host_resource_block_size),
        ),
        (
            "OtherHostExtentNameFormat",
            cleared(&mut item.other_host_extent_name_format),
        ),
        (
            "OtherHostExtentNameNamespace",
            cleared(&mut item.other_host_extent_name_namespace),
        ),
        (
            "VirtualResourceBlockSize",
            cleared(&mut item.virtual_resource_block_size),
        ),
    ]
}

/// Clears the members only `CIM_EthernetPortAllocationSettingData` has; tells which were
/// given.
fn port(item: &mut Item) -> [(&'static str, bool); 22] {
    [
        ("AllowedPriorities", cleared(&mut item.allowed_priorities)),
        (
            "AllowedToReceiveMACAddresses",
            cleared(&mut item.allowed_to_receive_mac_addresses),
        ),
        (
            "AllowedToReceiveVLANs",
            cleared(&mut item.allowed_to_receive_vlans),
        ),
        (
            "AllowedToTransmitMACAddresses",
            cleared(&mut item.allowed_to_transmit_mac_addresses),
        ),
        (
            "AllowedToTransmitVLANs",
            cleared(&mut item.allowed_to_transmit_vlans),
        ),
        ("DefaultPortVID", cleared(&mut item.default_port_vid)),
        ("DefaultPriority", cleared(&mut item.default_priority)),
        (
            "DesiredVLANEndpointMode",
            cleared(&mut item.desired_vlan_endpoint_mode),
        ),
        ("GroupID", cleared(&mut item.group_id)),
        ("ManagerID", cleared(&mut item.manager_id)),
        (
            "NetworkPortProfileID",
            cleared(&mut item.network_port_profile_id),
        ),
        (
            "NetworkPortProfileIDType",
            cleared(&mut item.network_port_profile_id_type),
        ),
        ("OtherEndpointMode", cleared(&mut item.other_endpoint_mode)),
        (
            "OtherNetworkPortProfileIDTypeInfo",
            cleared(&mut item.other_network_port_profile_id_type_info),
        ),
        ("PortCorrelationID", cleared(&mut item.port_correlation_id)),
        ("PortVID", cleared(&mut item.port_vid)),
        ("Promiscuous", cleared(&mut item.promiscuous)),
        (
            "ReceiveBandwidthLimit",
            cleared(&mut item.receive_bandwidth_limit),
        ),
        (
            "ReceiveBandwidthReservation",
            cleared(&mut item.receive_bandwidth_reservation),
        ),
        (
            "SourceMACFilteringEnabled",
            cleared(&mut item.source_mac_filtering_enabled),
        ),
        ("VSITypeID", cleared(&mut item.vsi_type_id)),
        ("VSITypeIDVersion", cleared(&mut item.vsi_type_id_version)),
    ]
}

/// Clears `member`; whether there was something.
fn cleared<T: Default + PartialEq>(member: &mut T) -> bool {
    mem::take(member) != T::default()
}

/// Clears the members of `item` that `CIM_ResourceAllocationSettingData` has not, with
/// what is kept beside the model for them. Tells the names of those that were given.
fn clear_members(item: &mut Item) -> Vec<&'static str> {
    let members: Vec<_> = storage(item).into_iter().chain(port(item)).collect();
    let extra = &mut item.extra;
    let misfits: HashSet<Name> = extra.elements.iter().map(|e| e.name.clone()).collect();
    let is_member = |name: &Name| members.iter().any(|(member, _)| *name == rasd(member));
    extra.on_children.retain(|on| !is_member(&on.name));
    extra.elements.retain(|element| !is_member(&element.name));
    let given = |&(member, given): &(&'static str, bool)| {
        (given || misfits.contains(&rasd(member))).then_some(member)
    };
    members.iter().filter_map(given).collect()
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

/// The `InstanceID` of each boot source in `element`, in document order.
fn boot_sources(element: &Element, ids: &mut Vec<String>) {
    for child in element.elements() {
        if child.name.local != "CIM_BootSourceSetting" {
            boot_sources(child, ids);
            continue;
        }
        let mut members = child.elements();
        if let Some(id) = members.find(|member| member.name.local == "InstanceID") {
            ids.push(id.text().trim_ascii().to_owned());
        }
    }
}

/// What VMware calls a device of this kind in a boot order.
fn boot_type(kind: Option<ResourceType>) -> Option<&'static str> {
    match kind? {
        ResourceType::DISK | ResourceType::STORAGE_EXTENT | ResourceType::LOGICAL_DISK => {
            Some("disk")
        }
        ResourceType::CD_DRIVE | ResourceType::DVD_DRIVE => Some("cdrom"),
        ResourceType::ETHERNET_ADAPTER | ResourceType::OTHER_NETWORK_ADAPTER => Some("net"),
        _ => None,
    }
}

/// A section of VMware's that says the machine boots from the device `id`.
fn boot_order(id: &str, kind: &str) -> Section {
    let info = Element {
        name: ovf("Info"),
        attributes: Vec::new(),
        children: vec![Node::Text("The boot order".to_owned())],
        span: 0..0,
    };
    Section::Other(Kept(Element {
        name: vmw("BootOrderSection"),
        attributes: vec![
            (ovf("required"), "false".to_owned()),
            (vmw("instanceId"), id.to_owned()),
            (vmw("type"), kind.to_owned()),
        ],
        children: vec![Node::Element(info)],
        span: 0..0,
    }))
}

#[cfg(test)]
#[path = "convert_tests.rs"]
mod tests;
