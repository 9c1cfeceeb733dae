//! One virtual device.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::{ovf, rasd, vmw};

use super::cim::ResourceType;
use super::take::{Take, Value, text_of};
use super::vmw::Config;

/// A device or resource, from `CIM_ResourceAllocationSettingData` (DSP0243 1.1 §8.3).
///
/// After the attributes, fields are in the order of the schema, which is the byte
/// order of their names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    /// Whether deployment fails on a platform without such a device.
    pub required: bool,
    /// The deployment option the item belongs to; none means all of them (§9.8).
    pub configuration: Option<String>,
    /// `min` or `max` for the bounds of a range, `normal` for the value (§8.4).
    pub bound: Option<String>,

    /// Bus number of a controller, or MAC address of an adapter.
    pub address: Option<String>,
    /// Position on the parent, such as the SCSI unit.
    pub address_on_parent: Option<String>,
    /// The unit of the quantity, a programmatic unit (DSP0004 annex C).
    pub allocation_units: Option<String>,
    /// Whether a removable device is connected at power-on.
    pub automatic_allocation: Option<bool>,
    /// Whether the resource is given back at power-off.
    pub automatic_deallocation: Option<bool>,
    /// A short text, 64 characters at most.
    pub caption: Option<String>,
    /// The networks of an adapter.
    pub connection: Vec<String>,
    /// How the guest sees the device, coded by CIM.
    pub consumer_visibility: Option<u16>,
    /// What the device is.
    pub description: Option<String>,
    /// A name for people.
    pub element_name: String,
    /// What backs the device: `ovf:/disk/<id>` or `ovf:/file/<id>`.
    pub host_resource: Vec<String>,
    /// The name of the device in the section, which children give as `parent`.
    pub instance_id: String,
    /// The most the device may use of the host, in `allocation_units`.
    pub limit: Option<u64>,
    /// How the device maps to the host, coded by CIM.
    pub mapping_behavior: Option<u16>,
    /// Says what a device of type "other" is.
    pub other_resource_type: Option<String>,
    /// The `instance_id` of the controller.
    pub parent: Option<String>,
    /// The resource pool to take the device from.
    pub pool_id: Option<String>,
    /// What the host has to set aside, in `allocation_units`.
    pub reservation: Option<u64>,
    /// The models of the device, best first, separated by blanks.
    pub resource_sub_type: Option<String>,
    /// The kind of device.
    pub resource_type: Option<ResourceType>,
    /// How much of it: CPUs, or memory in `allocation_units`.
    pub virtual_quantity: Option<u64>,
    /// The unit of `virtual_quantity` by newer editions of CIM.
    pub virtual_quantity_units: Option<String>,
    /// Share of the host in relation to others.
    pub weight: Option<u32>,

    /// How many of the CPUs make a socket (`vmw:CoresPerSocket`).
    pub cores_per_socket: Option<u32>,
    /// VMware's settings for the device.
    pub configs: Vec<Config>,
}

impl Item {
    /// A required device of the kind `resource_type`, with nothing else said.
    pub fn new(instance_id: String, resource_type: ResourceType, element_name: String) -> Self {
        Self {
            required: true,
            configuration: None,
            bound: None,
            address: None,
            address_on_parent: None,
            allocation_units: None,
            automatic_allocation: None,
            automatic_deallocation: None,
            caption: None,
            connection: Vec::new(),
            consumer_visibility: None,
            description: None,
            element_name,
            host_resource: Vec::new(),
            instance_id,
            limit: None,
            mapping_behavior: None,
            other_resource_type: None,
            parent: None,
            pool_id: None,
            reservation: None,
            resource_sub_type: None,
            resource_type: Some(resource_type),
            virtual_quantity: None,
            virtual_quantity_units: None,
            weight: None,
            cores_per_socket: None,
            configs: Vec::new(),
        }
    }

    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let required = take
            .attribute(&ovf("required"))
            .map_or(Ok(true), Value::boolean)?;
        let item = Self {
            required,
            configuration: take.attribute(&ovf("configuration")).map(Value::string),
            bound: take.attribute(&ovf("bound")).map(Value::string),
            address: take.string(&rasd("Address"))?,
            address_on_parent: take.string(&rasd("AddressOnParent"))?,
            allocation_units: take.string(&rasd("AllocationUnits"))?,
            automatic_allocation: boolean(&mut take, "AutomaticAllocation")?,
            automatic_deallocation: boolean(&mut take, "AutomaticDeallocation")?,
            caption: take.string(&rasd("Caption"))?,
            connection: take.strings(&rasd("Connection"))?,
            consumer_visibility: number(&mut take, "ConsumerVisibility")?,
            description: take.string(&rasd("Description"))?,
            element_name: take.required_string(&rasd("ElementName"))?,
            host_resource: take.strings(&rasd("HostResource"))?,
            instance_id: take.required_string(&rasd("InstanceID"))?,
            limit: number(&mut take, "Limit")?,
            mapping_behavior: number(&mut take, "MappingBehavior")?,
            other_resource_type: take.string(&rasd("OtherResourceType"))?,
            parent: take.string(&rasd("Parent"))?,
            pool_id: take.string(&rasd("PoolID"))?,
            reservation: number(&mut take, "Reservation")?,
            resource_sub_type: take.string(&rasd("ResourceSubType"))?,
            resource_type: number(&mut take, "ResourceType")?.map(ResourceType),
            virtual_quantity: number(&mut take, "VirtualQuantity")?,
            virtual_quantity_units: take.string(&rasd("VirtualQuantityUnits"))?,
            weight: number(&mut take, "Weight")?,
            cores_per_socket: cores_per_socket(&mut take)?,
            configs: Config::read_all(take.children(&vmw("Config")))?,
        };
        take.finish()?;
        Ok(item)
    }
}

/// The number in the child `rasd:<local>`.
fn number<T: std::str::FromStr>(take: &mut Take, local: &'static str) -> Result<Option<T>> {
    take.text(&rasd(local))?.map(Value::number).transpose()
}

/// The truth value in the child `rasd:<local>`.
fn boolean(take: &mut Take, local: &'static str) -> Result<Option<bool>> {
    take.text(&rasd(local))?.map(Value::boolean).transpose()
}

/// `vmw:CoresPerSocket`. Whether a reader has to understand it is not kept: it is
/// always written as optional.
fn cores_per_socket(take: &mut Take) -> Result<Option<u32>> {
    let Some(mut element) = take.child(&vmw("CoresPerSocket")) else {
        return Ok(None);
    };
    element
        .attributes
        .retain(|(name, _)| *name != ovf("required"));
    text_of(element)?.number().map(Some)
}
