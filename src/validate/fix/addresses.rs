//! Places on controllers.

use std::collections::{HashMap, HashSet};

use super::elements::is_item;
use super::scene::{Fix, Scene, Spot};
use super::{Attempt, ODD, Plan};
use crate::validate::document::{Hardware, ItemAt, member};
use crate::validate::rules::parents;
use crate::xml::Element;

/// How far a free place is looked for where a controller sets no bound.
const MOST: u64 = 255;
/// The places of an IDE controller all platforms agree on.
const IDE_PLACES: u64 = 2;
const IDE: u32 = 5;

/// Gives each device a free place on what it hangs on.
pub(super) fn free_places(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    if spots.is_empty() {
        return;
    }
    let mut items: HashMap<usize, (&Hardware<'_>, &ItemAt<'_>)> = HashMap::new();
    let mut taken = HashSet::new();
    let mut controllers = HashMap::new();
    for machine in scene.document.machines() {
        let here = machine.element.span.start;
        for item in &machine.items {
            items.insert(item.element.span.start, (machine, item));
            controllers.entry((here, item.id.as_str())).or_insert(item);
            if let (Some(parent), Some(address)) = (&item.parent, parents::address(item)) {
                taken.insert((here, parent.clone(), address));
            }
        }
    }
    for spot in spots {
        let found = spot.element.and_then(|place| {
            let item = if is_item(place) {
                Some(place)
            } else {
                scene.parent(place)
            };
            items.get(&item?.span.start)
        });
        let attempt = found.ok_or(ODD).and_then(|(machine, item)| {
            let controller = item.parent.as_deref();
            let here = machine.element.span.start;
            let controller = controller.and_then(|id| controllers.get(&(here, id)).copied());
            place(scene, here, item, controller, &mut taken)
        });
        plan.take(attempt);
    }
}

fn place<'d>(
    scene: &Scene<'d>,
    here: usize,
    item: &ItemAt<'d>,
    controller: Option<&ItemAt<'d>>,
    taken: &mut HashSet<(usize, String, u64)>,
) -> Attempt {
    let parent = item.parent.clone().ok_or("it hangs on nothing")?;
    let controller = controller.ok_or("what it hangs on is not there")?;
    let fits = |address: &u64| {
        parents::has_place(controller, *address)
            && !(controller.is(IDE) && *address >= IDE_PLACES)
            && !taken.contains(&(here, parent.clone(), *address))
    };
    let address = (0..=MOST)
        .find(fits)
        .ok_or("no place is free on the controller")?;
    taken.insert((here, parent.clone(), address));
    written(scene, item.element, address, &parent)
}

fn written<'d>(scene: &Scene<'d>, item: &'d Element, address: u64, parent: &str) -> Attempt {
    let text = address.to_string();
    let edits = match member(item, "AddressOnParent") {
        Some(member) => scene.set_text(member, &text).map(|edit| vec![edit]),
        None => scene.add_member(item, "AddressOnParent", &text),
    };
    let what = format!("the device is at {address} on device {parent}");
    Ok(Fix::new(item.span.start, edits.ok_or(ODD)?, what))
}
