//! Items and their members: 1.x has one kind for all devices, and fewer members.

use std::collections::HashSet;
use std::mem;

use crate::envelope::{Extra, Item, ItemKind, System};
use crate::xml::Name;
use crate::xml::names::{rasd, vssd};

use super::{Down, Fate};

impl Down {
    pub(super) fn items(&mut self, items: &mut [Item]) {
        for item in items {
            let (element, prefix) = match mem::take(&mut item.kind) {
                ItemKind::Item => ("Item", "rasd"),
                ItemKind::EthernetPortItem => ("EthernetPortItem", "epasd"),
                ItemKind::StorageItem => ("StorageItem", "sasd"),
            };
            let mut item_named = format!("`{element}` {}", item.instance_id);
            if !item.name().is_empty() {
                item_named = format!("{item_named} {:?}", item.name());
            }
            if element != "Item" {
                self.tell(
                    Fate::Changed,
                    item_named.clone(),
                    "OVF 1.x has one kind of item for all devices; it becomes an `Item`",
                );
            }
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

    /// Clears the members of `system` that 1.1 does not have.
    pub(super) fn system_members(&mut self, system: &mut System) {
        let members = [
            cleared(&mut system.changeable_type),
            cleared(&mut system.component_setting),
            cleared(&mut system.configuration_name),
            cleared(&mut system.generation),
            cleared(&mut system.so_id),
            cleared(&mut system.so_org_id),
        ];
        for member in clear_extra(&mut system.extra, &late(members), vssd) {
            self.dropped(
                format!("`System`: `vssd:{member}`"),
                "the `System` of OVF 1.x has no such member",
            );
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
}

/// The members of every class of settings that the release of CIM under OVF 1.1 lacks.
const SETTINGS: [&str; 6] = [
    "ChangeableType",
    "ComponentSetting",
    "ConfigurationName",
    "Generation",
    "SoID",
    "SoOrgID",
];

/// The names of [`SETTINGS`], each with whether it was `given`.
fn late(given: [bool; 6]) -> [(&'static str, bool); 6] {
    std::array::from_fn(|index| (SETTINGS[index], given[index]))
}

/// Clears the members in [`SETTINGS`]; tells which were given.
fn settings(item: &mut Item) -> [(&'static str, bool); 6] {
    late([
        cleared(&mut item.changeable_type),
        cleared(&mut item.component_setting),
        cleared(&mut item.configuration_name),
        cleared(&mut item.generation),
        cleared(&mut item.so_id),
        cleared(&mut item.so_org_id),
    ])
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
    let members = storage(item).into_iter().chain(port(item));
    let members: Vec<_> = settings(item).into_iter().chain(members).collect();
    clear_extra(&mut item.extra, &members, rasd)
}

/// Clears what `extra` keeps for `members`, which have their names in the class `named`.
/// Tells the names of those that were given, there or in the model.
fn clear_extra(
    extra: &mut Extra,
    members: &[(&'static str, bool)],
    named: fn(&'static str) -> Name,
) -> Vec<&'static str> {
    let misfits: HashSet<Name> = extra.elements.iter().map(|e| e.name.clone()).collect();
    let is_member = |name: &Name| members.iter().any(|(member, _)| *name == named(member));
    extra.on_children.retain(|on| !is_member(&on.name));
    extra.elements.retain(|element| !is_member(&element.name));
    let given = |&(member, given): &(&'static str, bool)| {
        (given || misfits.contains(&named(member))).then_some(member)
    };
    members.iter().filter_map(given).collect()
}
