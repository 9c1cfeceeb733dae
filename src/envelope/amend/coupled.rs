//! What is only right together: a number and its unit.
//!
//! The original may say a size in megabytes and the change in gigabytes, so both are
//! written when one of them changes.

use crate::xml::names::{RASD, ovf};
use crate::xml::{Element, Name};

/// The attributes of a disk.
const CAPACITY: [&str; 2] = ["capacity", "capacityAllocationUnits"];
/// The members of an item.
const QUANTITY: [&str; 5] = [
    "AllocationUnits",
    "Limit",
    "Reservation",
    "VirtualQuantity",
    "VirtualQuantityUnits",
];

/// The attributes of `element` that go with others of it.
pub(super) fn attributes(element: &Element) -> &'static [&'static str] {
    if element.name == ovf("Disk") {
        &CAPACITY
    } else {
        &[]
    }
}

/// Whether the member `name` of an item goes with others.
pub(super) fn is_quantity(name: &Name) -> bool {
    name.ns == RASD && QUANTITY.contains(&&*name.local)
}

/// Whether the members of `before` and `after` that go together differ.
pub(super) fn quantity_differs(before: &Element, after: &Element) -> bool {
    let members = |element: &Element| {
        let own = element.elements().filter(|one| is_quantity(&one.name));
        own.map(|one| (one.name.local.to_string(), one.text()))
            .collect::<Vec<_>>()
    };
    members(before) != members(after)
}
