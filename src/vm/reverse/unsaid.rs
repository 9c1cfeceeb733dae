//! What is said of hardware that a definition has no words for.

use serde_json::Value;

use super::Work;
use crate::envelope::cim::ResourceType;
use crate::envelope::{Item, System, VirtualHardwareSection};

/// The members of items that definitions have words for, or that say nothing to a platform.
const OF_ITEMS: [&str; 18] = [
    "address",
    "address_on_parent",
    "allocation_units",
    "automatic_allocation",
    "automatic_deallocation",
    "caption",
    "connection",
    "description",
    "element_name",
    "host_resource",
    "instance_id",
    "limit",
    "parent",
    "reservation",
    "resource_sub_type",
    "resource_type",
    "virtual_quantity",
    "weight",
];

/// The members of a system that definitions have words for, or that say nothing to a platform.
const OF_SYSTEMS: [&str; 6] = [
    "caption",
    "description",
    "element_name",
    "instance_id",
    "virtual_system_identifier",
    "virtual_system_type",
];

/// Tells what `hardware` says beyond what a definition can.
pub(super) fn tell(work: &mut Work<'_>, hardware: &VirtualHardwareSection) {
    if let Some(system) = &hardware.system {
        let value = serde_json::to_value(system).unwrap_or_default();
        for (field, name) in System::members() {
            if !OF_SYSTEMS.contains(&field) && is_said(&value[field]) {
                work.lose(format!("`vssd:{name}` of machines"));
            }
        }
    }
    for item in &hardware.items {
        let value = serde_json::to_value(item).unwrap_or_default();
        for (field, name) in Item::members() {
            if !OF_ITEMS.contains(&field) && is_said(&value[field]) {
                work.lose(format!("`rasd:{name}` of devices"));
            }
        }
        let sized = matches!(
            item.resource_type,
            Some(ResourceType::PROCESSOR | ResourceType::MEMORY)
        );
        let shared = item.limit.is_some() || item.reservation.is_some() || item.weight.is_some();
        if shared && !sized {
            work.lose("limits, reservations and shares of other devices than CPUs and memory");
        }
        if item.storage_group.is_some() {
            work.lose("`vmw:StorageGroup` of devices");
        }
        for element in &item.extra.elements {
            work.lose(format!("`{}` of devices", element.name.local));
        }
    }
}

/// Whether `value` says something.
fn is_said(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(list) => !list.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}
