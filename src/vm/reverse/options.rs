//! Devices and quantities in deployment options.

use std::collections::HashMap;

use crate::envelope::Item;
use crate::envelope::resolve::effective;

/// A device as it is in some deployment options.
#[derive(Debug, Clone)]
pub(super) struct Device {
    /// What it is there.
    pub(super) item: Item,
    /// The options; all if there are none.
    pub(super) options: Vec<String>,
}

/// The devices `items` make in each of `options`, or without any.
pub(super) fn in_each(items: &[Item], options: &[String]) -> Vec<Vec<Item>> {
    match options {
        [] => vec![effective(items, None)],
        options => options
            .iter()
            .map(|option| effective(items, Some(option)))
            .collect(),
    }
}

/// The devices that are in `each` of `options`: one that is the same in several stands once,
/// in the order of the document, which `items` has.
pub(super) fn devices(items: &[Item], each: &[Vec<Item>], options: &[String]) -> Vec<Device> {
    let mut order: HashMap<(String, Option<u16>), usize> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        order.entry(name(item)).or_insert(place);
    }
    // By name, and among those of one name by their number.
    let mut found: Vec<((usize, usize), Vec<Device>)> = Vec::new();
    let mut places: HashMap<(String, Option<u16>, usize), usize> = HashMap::new();
    for (index, list) in each.iter().enumerate() {
        let mut met: HashMap<(String, Option<u16>), usize> = HashMap::new();
        for item in list {
            let name = name(item);
            let number = met.entry(name.clone()).or_default();
            let key = (name.0.clone(), name.1, *number);
            let rank = (order.get(&name).copied().unwrap_or(usize::MAX), *number);
            *number += 1;
            let place = *places.entry(key).or_insert_with(|| {
                found.push((rank, Vec::new()));
                found.len() - 1
            });
            let item = Item {
                configuration: None,
                bound: None,
                ..item.clone()
            };
            let option = options.get(index).cloned();
            let variants = &mut found[place].1;
            match variants.iter_mut().find(|variant| variant.item == item) {
                Some(variant) => variant.options.extend(option),
                None => variants.push(Device {
                    item,
                    options: option.into_iter().collect(),
                }),
            }
        }
    }
    // Devices without a name of their own stand where they stand.
    let unnamed = |rank: &(usize, usize)| rank.0;
    found.sort_by_key(|(rank, _)| unnamed(rank));
    let mut devices: Vec<Device> = found.into_iter().flat_map(|(_, devices)| devices).collect();
    for device in &mut devices {
        if device.options.len() == options.len() {
            device.options.clear();
        }
    }
    devices
}

/// What tells items of one device from others.
fn name(item: &Item) -> (String, Option<u16>) {
    (
        item.instance_id.clone(),
        item.resource_type.map(|kind| kind.0),
    )
}

/// What is the same in all of `each`, or usual, and what is different there.
///
/// A deployment option can say something else than is usual, but not that nothing is said, so
/// what is not said in one of them is not usual.
pub(super) fn usual<T: Clone + PartialEq>(
    each: &[Option<T>],
    default: usize,
) -> (Option<T>, Vec<Option<T>>) {
    let usual = if each.iter().all(Option::is_some) {
        each.get(default).cloned().flatten()
    } else {
        None
    };
    let different = each
        .iter()
        .map(|one| one.clone().filter(|one| Some(one) != usual.as_ref()));
    let different = different.collect();
    (usual, different)
}
