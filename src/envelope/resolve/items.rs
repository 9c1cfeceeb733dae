//! The items of one deployment option, merged (DSP0243 1.1 §8.3, §9.8).

use std::collections::HashMap;

use crate::envelope::Item;

/// Whether what is limited to the options in `listed`, separated by blanks, is there
/// in the option `chosen`. Without a limit it is there in all.
pub(in crate::envelope) fn applies(listed: Option<&str>, chosen: Option<&str>) -> bool {
    let mut listed = listed.unwrap_or_default().split_ascii_whitespace();
    match listed.next() {
        None => true,
        Some(first) => {
            chosen.is_some_and(|chosen| first == chosen || listed.any(|one| one == chosen))
        }
    }
}

/// The devices there are in the option `chosen`. Items of one `InstanceID` are one
/// device, a later one overriding what an earlier one says; the bounds of a range
/// are none.
pub fn effective(items: &[Item], chosen: Option<&str>) -> Vec<Item> {
    let mut devices: Vec<Item> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let there = items.iter().filter(|item| {
        !matches!(item.bound.as_deref(), Some("min" | "max"))
            && applies(item.configuration.as_deref(), chosen)
    });
    for item in there {
        // An id is missing in many items of before the standard.
        let known = places.get(item.instance_id.as_str()).copied();
        match known.map(|place| &mut devices[place]) {
            Some(device) if device.resource_type == item.resource_type => merge(device, item),
            _ => {
                if known.is_none() && !item.instance_id.is_empty() {
                    places.insert(&item.instance_id, devices.len());
                }
                devices.push(item.clone());
            }
        }
    }
    devices
}

/// Lets `later` override what it says of `device`.
fn merge(device: &mut Item, later: &Item) {
    macro_rules! override_given {
        ($($field:ident)*) => { $(
            if later.$field.is_some() {
                device.$field.clone_from(&later.$field);
            }
        )* };
    }
    override_given!(
        address address_on_parent allocation_units automatic_allocation
        automatic_deallocation caption description limit other_resource_type parent pool_id
        reservation resource_sub_type virtual_quantity virtual_quantity_units weight
        cores_per_socket storage_group
    );
    for (ours, theirs) in [
        (&mut device.connection, &later.connection),
        (&mut device.host_resource, &later.host_resource),
    ] {
        if !theirs.is_empty() {
            ours.clone_from(theirs);
        }
    }
    if !later.element_name.is_empty() {
        device.element_name.clone_from(&later.element_name);
    }
    device.configs.extend(later.configs.iter().cloned());
}
