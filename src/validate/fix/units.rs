//! Units in the spelling of the standard, and memory in MiB.

use super::scene::{Fix, Scene, Spot};
use super::values::{element, say, set};
use super::{Attempt, ODD};
use crate::envelope::units::{BaseUnit, Unit};
use crate::validate::document::{ItemAt, attr, member, members};
use crate::xml::Element;

/// As many MiB or more as this are bytes by mistake: no machine has a TiB of memory per MiB.
const NO_MEBIBYTES: u64 = 1 << 20;

/// The unit of a capacity.
pub(super) fn capacity(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let unit = Unit::parse(attr(element, "capacityAllocationUnits").unwrap_or_default());
    let unit = unit.ok_or(ODD)?.to_string();
    set(scene, element, "capacityAllocationUnits", &unit)
}

/// The unit of a device.
pub(super) fn device(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let unit = Unit::parse(element.text().trim_ascii()).ok_or(ODD)?;
    say(scene, element, &unit.to_string())
}

/// The unit nearly all importers take an amount of memory for that names none.
pub(super) fn missing(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let item = element(spot)?;
    if item.name.local == "AllocationUnits" {
        return Err("the amount is not in bytes, so what is meant cannot be told".into());
    }
    let amount = member(item, "VirtualQuantity").and_then(number);
    match amount {
        Some(amount) if amount < NO_MEBIBYTES => {}
        _ => return Err("the amount is none in MiB".into()),
    }
    let unit = Unit::MEBIBYTE.to_string();
    if let Some(empty) = member(item, "AllocationUnits") {
        return say(scene, empty, &unit);
    }
    let edits = scene
        .add_member(item, "AllocationUnits", &unit)
        .ok_or(ODD)?;
    let what = format!("`AllocationUnits` is now `{unit}`, as importers take it");
    Ok(Fix::new(item.span.start, edits, what))
}

fn number(element: &Element) -> Option<u64> {
    element.text().trim_ascii().parse().ok()
}

/// An amount of memory in MiB, with what else of the item counts in its unit.
pub(super) fn mebibytes(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let written = element(spot)?;
    let item = scene.parent(written).ok_or(ODD)?;
    let unit = Unit::parse(written.text().trim_ascii()).ok_or(ODD)?;
    if unit.base() != BaseUnit::Byte {
        return Err("the amount is not in bytes, so what is meant cannot be told".into());
    }
    let of_item = |one: &&ItemAt<'_>| one.element.span == item.span;
    let hardware = scene.document.hardware.iter();
    let mut around = hardware.map(|hardware| &hardware.items);
    let (items, own) = around
        .find_map(|items| Some((items, items.iter().find(of_item)?)))
        .ok_or(ODD)?;
    let mut shares = items.iter().filter(|one| one.id == own.id);
    if shares.any(|one| member(one.element, "AllocationUnits").is_none()) {
        return Err("other items of the device count in this unit".into());
    }
    if members(item, "VirtualQuantityUnits").next().is_some() {
        return Err("there are two units".into());
    }
    let mut edits = Vec::new();
    for local in ["VirtualQuantity", "Reservation", "Limit"] {
        let Some(counted) = member(item, local) else {
            continue;
        };
        let amount = number(counted).ok_or(ODD)?;
        let mebibytes = unit
            .factor()
            .checked_mul(u128::from(amount))
            .filter(|bytes| bytes % (1 << 20) == 0)
            .map(|bytes| (bytes >> 20).to_string())
            .ok_or("the amount is no whole number of MiB")?;
        edits.push(scene.set_text(counted, &mebibytes).ok_or(ODD)?);
    }
    edits.push(
        scene
            .set_text(written, &Unit::MEBIBYTE.to_string())
            .ok_or(ODD)?,
    );
    let what = format!("memory in `{}`", Unit::MEBIBYTE);
    Ok(Fix::new(item.span.start, edits, what))
}

/// The spelling of the unit of memory VirtualBox knows.
pub(super) fn virtualbox(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let written = element(spot)?;
    let unit = Unit::parse(written.text().trim_ascii()).ok_or(ODD)?;
    if unit != Unit::MEBIBYTE {
        return mebibytes(scene, spot);
    }
    say(scene, written, &unit.to_string())
}
