//! One virtual device.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::xml::Name;
use crate::xml::names::{EPASD, RASD, SASD, ovf, rasd, vmw};

use super::Kept;
use super::cim::ResourceType;
use super::extra::OnChild;
use super::record::{children_in, record};
use super::take::Take;
use super::vmw::Config;

/// Which element an item is, and so which class of CIM its members are of; in the
/// order of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum ItemKind {
    /// `CIM_ResourceAllocationSettingData`, for any device.
    #[default]
    Item,
    /// `CIM_EthernetPortAllocationSettingData`, for adapters in OVF 2.x.
    EthernetPortItem,
    /// `CIM_StorageAllocationSettingData`, for drives in OVF 2.x.
    StorageItem,
}

/// The element and the prefix of its members.
impl Serialize for ItemKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The root declares `rasd`; the others are declared where they are used.
        let (element, prefix, namespace) = match self {
            Self::Item => ("Item", "rasd", None),
            Self::EthernetPortItem => ("EthernetPortItem", "epasd", Some(EPASD)),
            Self::StorageItem => ("StorageItem", "sasd", Some(SASD)),
        };
        let mut fields = serializer.serialize_struct("ItemKind", 3)?;
        fields.serialize_field("element", element)?;
        fields.serialize_field("prefix", prefix)?;
        fields.serialize_field("namespace", &namespace)?;
        fields.end()
    }
}

impl ItemKind {
    /// The names of the elements.
    pub(super) const NAMES: [Name; 3] = [ovf("Item"), ovf("EthernetPortItem"), ovf("StorageItem")];
}

record! {
/// A device or resource (DSP0243 1.1 §8.3, 2.1 §8.3).
///
/// After the attributes, fields are in the order of the schema, which is the byte
/// order of the members' names. The members of the three classes share one name
/// each; a [`StorageItem`](ItemKind::StorageItem) has some an
/// [`EthernetPortItem`](ItemKind::EthernetPortItem) has not, and the other way round.
pub struct Item {
    /// Which element it is.
    kind: ItemKind = kind();
    /// Whether deployment fails on a platform without such a device.
    required: bool = flag(&ovf("required"), true);
    /// The deployment options the item belongs to, separated by blanks; none means
    /// all of them (§9.8).
    configuration: Option<String> = attribute(&ovf("configuration"));
    /// `min` or `max` for the bounds of a range, `normal` for the value (§8.4).
    bound: Option<String> = attribute(&ovf("bound"));

    /// Whether storage is readable, writeable or both, coded by CIM.
    access: Option<u16> = child(&rasd("Access"));
    /// Bus number of a controller, or MAC address of an adapter.
    address: Option<String> = child(&rasd("Address"));
    /// Position on the parent, such as the SCSI unit.
    address_on_parent: Option<String> = child(&rasd("AddressOnParent"));
    /// The unit of the quantity, a programmatic unit (DSP0004 annex C).
    allocation_units: Option<String> = child(&rasd("AllocationUnits"));
    /// The priorities frames may have.
    allowed_priorities: Vec<u16> = child(&rasd("AllowedPriorities"));
    /// The addresses frames may be received for.
    allowed_to_receive_mac_addresses: Vec<String> = child(&rasd("AllowedToReceiveMACAddresses"));
    /// The VLANs frames may be received from.
    allowed_to_receive_vlans: Vec<u16> = child(&rasd("AllowedToReceiveVLANs"));
    /// The addresses frames may be sent from.
    allowed_to_transmit_mac_addresses: Vec<String> = child(&rasd("AllowedToTransmitMACAddresses"));
    /// The VLANs frames may be sent to.
    allowed_to_transmit_vlans: Vec<u16> = child(&rasd("AllowedToTransmitVLANs"));
    /// Whether a removable device is connected at power-on.
    automatic_allocation: Option<bool> = child(&rasd("AutomaticAllocation"));
    /// Whether the resource is given back at power-off.
    automatic_deallocation: Option<bool> = child(&rasd("AutomaticDeallocation"));
    /// A short text, 64 characters at most.
    caption: Option<String> = child(&rasd("Caption"));
    /// Whether and how the setting can change, coded by CIM.
    changeable_type: Option<u16> = child(&rasd("ChangeableType"));
    /// Settings this one is made of.
    component_setting: Vec<Kept> = child(&rasd("ComponentSetting"));
    /// The name of the set of settings this one belongs to.
    configuration_name: Option<String> = child(&rasd("ConfigurationName"));
    /// The networks of an adapter.
    connection: Vec<String> = child(&rasd("Connection"));
    /// How the guest sees the device, coded by CIM.
    consumer_visibility: Option<u16> = child(&rasd("ConsumerVisibility"));
    /// The VLAN of untagged frames.
    default_port_vid: Option<u16> = child(&rasd("DefaultPortVID"));
    /// The priority of untagged frames.
    default_priority: Option<u16> = child(&rasd("DefaultPriority"));
    /// What the device is.
    description: Option<String> = child(&rasd("Description"));
    /// How the port takes part in VLANs, coded by CIM.
    desired_vlan_endpoint_mode: Option<u16> = child(&rasd("DesiredVLANEndpointMode"));
    /// A name for people.
    element_name: String = required(&rasd("ElementName"));
    /// How often the setting was changed.
    generation: Option<u64> = child(&rasd("Generation"));
    /// The group of ports, as IEEE 802.1Qbg has it.
    group_id: Option<u32> = child(&rasd("GroupID"));
    /// The extent of the host that holds the storage.
    host_extent_name: Option<String> = child(&rasd("HostExtentName"));
    /// The format of `host_extent_name`, coded by CIM.
    host_extent_name_format: Option<u16> = child(&rasd("HostExtentNameFormat"));
    /// The namespace of `host_extent_name`, coded by CIM.
    host_extent_name_namespace: Option<u16> = child(&rasd("HostExtentNameNamespace"));
    /// Where in the extent the storage begins, in blocks.
    host_extent_starting_address: Option<u64> = child(&rasd("HostExtentStartingAddress"));
    /// What backs the device: `ovf:/disk/<id>` or `ovf:/file/<id>`.
    host_resource: Vec<String> = child(&rasd("HostResource"));
    /// The block size of the host, in bytes.
    host_resource_block_size: Option<u64> = child(&rasd("HostResourceBlockSize"));
    /// The name of the device in the section, which children give as `parent`.
    instance_id: String = required(&rasd("InstanceID"));
    /// The most the device may use of the host, in `allocation_units`.
    limit: Option<u64> = child(&rasd("Limit"));
    /// The manager of the port's profile, as IEEE 802.1Qbg has it.
    manager_id: Option<u32> = child(&rasd("ManagerID"));
    /// How the device maps to the host, coded by CIM.
    mapping_behavior: Option<u16> = child(&rasd("MappingBehavior"));
    /// The profile of the port.
    network_port_profile_id: Option<String> = child(&rasd("NetworkPortProfileID"));
    /// The kind of `network_port_profile_id`, coded by CIM.
    network_port_profile_id_type: Option<u16> = child(&rasd("NetworkPortProfileIDType"));
    /// A mode that CIM has no code for.
    other_endpoint_mode: Option<String> = child(&rasd("OtherEndpointMode"));
    /// A format of `host_extent_name` that CIM has no code for.
    other_host_extent_name_format: Option<String> = child(&rasd("OtherHostExtentNameFormat"));
    /// A namespace of `host_extent_name` that CIM has no code for.
    other_host_extent_name_namespace: Option<String> = child(&rasd("OtherHostExtentNameNamespace"));
    /// A kind of profile id that CIM has no code for.
    other_network_port_profile_id_type_info: Option<String> = child(&rasd("OtherNetworkPortProfileIDTypeInfo"));
    /// Says what a device of type "other" is.
    other_resource_type: Option<String> = child(&rasd("OtherResourceType"));
    /// The `instance_id` of the controller.
    parent: Option<String> = child(&rasd("Parent"));
    /// The resource pool to take the device from.
    pool_id: Option<String> = child(&rasd("PoolID"));
    /// Relates the port to its peer.
    port_correlation_id: Option<String> = child(&rasd("PortCorrelationID"));
    /// The VLAN of the port.
    port_vid: Option<u16> = child(&rasd("PortVID"));
    /// Whether the port receives all frames.
    promiscuous: Option<bool> = child(&rasd("Promiscuous"));
    /// The most the port receives, in `allocation_units`.
    receive_bandwidth_limit: Option<u64> = child(&rasd("ReceiveBandwidthLimit"));
    /// What the port can count on receiving, in `allocation_units`.
    receive_bandwidth_reservation: Option<u64> = child(&rasd("ReceiveBandwidthReservation"));
    /// What the host has to set aside, in `allocation_units`.
    reservation: Option<u64> = child(&rasd("Reservation"));
    /// The models of the device, best first, separated by blanks.
    resource_sub_type: Option<String> = child(&rasd("ResourceSubType"));
    /// The kind of device.
    resource_type: Option<ResourceType> = child(&rasd("ResourceType"));
    /// The setting's id in its organisation's naming.
    so_id: Option<String> = child(&rasd("SoID"));
    /// The organisation that names `so_id`.
    so_org_id: Option<String> = child(&rasd("SoOrgID"));
    /// Whether frames from foreign addresses are dropped.
    source_mac_filtering_enabled: Option<bool> = child(&rasd("SourceMACFilteringEnabled"));
    /// The type of the virtual station interface (IEEE 802.1Qbg).
    vsi_type_id: Option<u32> = child(&rasd("VSITypeID"));
    /// The version of that type.
    vsi_type_id_version: Option<u8> = child(&rasd("VSITypeIDVersion"));
    /// How much of it: CPUs, or memory in `allocation_units`.
    virtual_quantity: Option<u64> = child(&rasd("VirtualQuantity"));
    /// The unit of `virtual_quantity` by newer editions of CIM.
    virtual_quantity_units: Option<String> = child(&rasd("VirtualQuantityUnits"));
    /// The block size the guest sees, in bytes.
    virtual_resource_block_size: Option<u64> = child(&rasd("VirtualResourceBlockSize"));
    /// Share of the host in relation to others.
    weight: Option<u32> = child(&rasd("Weight"));

    /// How many of the CPUs make a socket (`vmw:CoresPerSocket`).
    cores_per_socket: Option<u32> = child(&vmw("CoresPerSocket"));
    /// The storage group of a disk (`vmw:StorageGroup`).
    storage_group: Option<String> = child(&vmw("StorageGroup"));
    /// VMware's settings for the device.
    configs: Vec<Config> = child(&vmw("Config"));
}
}

impl Item {
    /// A required device of the kind `resource_type`, with nothing else said.
    pub fn new(instance_id: String, resource_type: ResourceType, element_name: String) -> Self {
        Self {
            required: true,
            instance_id,
            resource_type: Some(resource_type),
            element_name,
            ..Self::default()
        }
    }

    /// Says how many CPUs make a socket, which platforms other than VMware's may ignore.
    #[must_use]
    pub fn with_cores_per_socket(mut self, cores: u32) -> Self {
        self.cores_per_socket = Some(cores);
        self.extra.on_children.push(OnChild {
            name: vmw("CoresPerSocket"),
            nth: 0,
            attributes: vec![(ovf("required"), "false".to_owned())],
        });
        self
    }

    /// The name, for which there was no element of its own before 1.0.
    pub fn name(&self) -> &str {
        match (&*self.element_name, &self.caption) {
            ("", Some(caption)) => caption,
            (name, _) => name,
        }
    }

    /// What a producer says in a member of its own, among those of CIM's classes: CIM
    /// has none called `name`, so it is kept beside them.
    pub fn own_member(&self, name: &'static str) -> Option<String> {
        let name = rasd(name);
        let mut kept = self.extra.elements.iter();
        let member = kept.find(|element| element.name == name)?;
        Some(member.text().trim().to_owned())
    }

    /// The MAC address of a network adapter. oVirt gives it in a member of its own.
    pub fn mac(&self) -> Option<String> {
        let is_mac = |address: &String| address.contains(':');
        let address = self.address.clone().filter(is_mac);
        address.or_else(|| self.own_member("MACAddress").filter(is_mac))
    }

    /// The fields that are members of its class of CIM, with the members' names, in the
    /// order of the schema.
    pub fn members() -> impl Iterator<Item = (&'static str, &'static str)> {
        children_in::<Self>(RASD)
    }
}

impl Take<'_> {
    /// Which of the item elements this is.
    fn kind(&mut self) -> ItemKind {
        match self.local_name() {
            "EthernetPortItem" => ItemKind::EthernetPortItem,
            "StorageItem" => ItemKind::StorageItem,
            _ => ItemKind::Item,
        }
    }
}
