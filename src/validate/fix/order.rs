//! Elements that are out of order.

use std::collections::{HashMap, HashSet};

use super::scene::{Fix, Scene, Spot};
use super::values::element;
use super::{Attempt, Plan};
use crate::validate::document::{attr, child, children, file_ref, standard};
use crate::validate::rules::{content, envelope, extensions, hardware, parents, product, strings};
use crate::xml::Element;
use crate::xml::edit::{Edit, Where, placed};
use crate::xml::names::{RASD, VSSD};

/// The element whose children are out of order: what the spot is in, or a property itself.
pub(super) fn around<'d>(scene: &Scene<'d>, spot: &Spot<'d>) -> Option<&'d Element> {
    let element = spot.element?;
    match standard(element) {
        Some("Property") => Some(element),
        _ => scene.parent(element),
    }
}

/// Sorts the children of what the spot is in by their ranks.
fn sorted<K: Ord>(scene: &Scene<'_>, spot: &Spot<'_>, rank: impl Fn(&Element) -> K) -> Attempt {
    let element = element(spot)?;
    let parent = scene.parent(element).unwrap_or(element);
    let edits = scene.sort(&placed(parent), rank);
    moved(element, edits)
}

fn moved(element: &Element, edits: Vec<Edit>) -> Attempt {
    if edits.is_empty() {
        return Err("which of the elements to keep has to be chosen".into());
    }
    let what = format!("`{}` moved to its place", element.name.local);
    Ok(Fix::new(element.span.start, edits, what))
}

pub(super) fn envelope(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, envelope::rank)
}

pub(super) fn content(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, content::rank)
}

pub(super) fn hardware(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, hardware::rank)
}

pub(super) fn product(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, product::rank)
}

/// `Info` in front of all else.
pub(super) fn info(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, |one| u8::from(standard(one) != Some("Info")))
}

pub(super) fn operating_system(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, |one| match standard(one) {
        Some("Info") => 0,
        Some("Description") => 1,
        _ => 2,
    })
}

pub(super) fn property(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let parent = around(scene, spot).unwrap_or(element);
    let edits = scene.sort(&placed(parent), |one| match standard(one) {
        Some("Label") => 0,
        Some("Description") => 1,
        Some("Value") => 2,
        _ => 3,
    });
    moved(element, edits)
}

/// What is of vendors behind what is of the standard.
pub(super) fn foreign(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    sorted(scene, spot, |one| {
        u8::from(standard(one).is_none() && !extensions::is_cim(one))
    })
}

fn by_name(scene: &Scene<'_>, spot: &Spot<'_>, ns: &str) -> Attempt {
    let element = element(spot)?;
    let parent = scene.parent(element).unwrap_or(element);
    let edits = scene.sort(&placed(parent), |one| {
        let own = one.name.ns == ns;
        (!own, if own { &*one.name.local } else { "" })
    });
    if edits.is_empty() {
        return Err(super::ODD);
    }
    let what = "the members put in order";
    Ok(Fix::new(parent.span.start, edits, what))
}

pub(super) fn members(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    by_name(scene, spot, RASD)
}

pub(super) fn system_members(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    by_name(scene, spot, VSSD)
}

/// Files of translations first.
pub(super) fn bundles(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let all = strings::bundles(scene.document).into_iter();
    let ids: HashSet<&str> = all.filter_map(file_ref).collect();
    let element = element(spot)?;
    let parent = scene.parent(element).unwrap_or(element);
    let files: Vec<_> = children(parent, "File").collect();
    let edits = scene.sort(&files, |file| {
        !ids.contains(attr(file, "id").unwrap_or_default())
    });
    moved(element, edits)
}

/// Disks behind those they hold differences to.
pub(super) fn parent_disks(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let section = scene.parent(element).unwrap_or(element);
    let disks: Vec<_> = children(section, "Disk").collect();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for (place, disk) in disks.iter().enumerate() {
        let id = attr(disk, "diskId").unwrap_or_default();
        places.entry(id).or_insert(place);
    }
    let mut wanted = Vec::new();
    let mut done = vec![false; disks.len()];
    for first in 0..disks.len() {
        let mut line = Vec::new();
        let mut at = Some(first);
        // A disk that leads back to itself ends the line too.
        while let Some(place) = at.filter(|place| !done[*place]) {
            done[place] = true;
            line.push(disks[place]);
            at = attr(disks[place], "parentRef").and_then(|id| places.get(id).copied());
        }
        wanted.extend(line.into_iter().rev());
    }
    moved(element, scene.arrange(&disks, &wanted))
}

/// Disks in the order of their files.
pub(super) fn disks(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let section = scene.parent(element).unwrap_or(element);
    let all = || children(section, "Disk");
    if all().any(|disk| attr(disk, "parentRef").is_some_and(|id| !id.is_empty())) {
        return Err("the disks hold differences to one another".into());
    }
    let place = |disk: &Element| scene.document.file_behind(disk).map(|file| file.span.start);
    let with_file: Vec<_> = all().filter(|disk| place(disk).is_some()).collect();
    let edits = scene.sort(&with_file, place);
    moved(element, edits)
}

/// Drives for disks in the order of their addresses, those of each controller among themselves.
pub(super) fn drives(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    if spots.is_empty() {
        return;
    }
    for machine in scene.document.machines() {
        let mut by_parent: HashMap<&str, Vec<(&Element, u64)>> = HashMap::new();
        for drive in parents::drives(machine).filter(|item| item.is(parents::DISK)) {
            if let (Some(parent), Some(address)) = (&drive.parent, parents::address(drive)) {
                let group = by_parent.entry(parent).or_default();
                group.push((drive.element, address));
            }
        }
        let mut groups: Vec<_> = by_parent.into_iter().collect();
        groups.sort_unstable_by_key(|(parent, _)| *parent);
        for (parent, drives) in groups {
            let addresses: HashMap<_, _> = drives
                .iter()
                .map(|(element, address)| (element.span.start, *address))
                .collect();
            let elements: Vec<_> = drives.iter().map(|(element, _)| *element).collect();
            let edits = scene.sort(&elements, |one| addresses.get(&one.span.start).copied());
            if let (Some(first), false) = (elements.first(), edits.is_empty()) {
                let what = format!("the disks on device {parent} put in the order of addresses");
                plan.take(Ok(Fix::new(first.span.start, edits, what)));
            }
        }
    }
}

/// The section `local` of the standard that stands in a machine, at the envelope.
pub(super) fn hoisted(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let element = element(spot)?;
    let root = scene.document.root;
    let local = match standard(element) {
        Some("DiskSection") => "DiskSection",
        Some("NetworkSection") => "NetworkSection",
        _ => return Err("where it belongs has to be decided".into()),
    };
    if child(root, local).is_some() || scene.document.sections_named(local).count() > 1 {
        return Err("there is another, and the two would have to be merged".into());
    }
    let parent = scene.parent(element).unwrap_or(root);
    let uses_own = scene.declares_between(parent);
    let before = scene
        .document
        .contents
        .first()
        .map(|content| content.element);
    let (Some(before), false) = (before, uses_own) else {
        return Err(super::ODD);
    };
    let section = scene.slice(&element.span);
    let put = scene.put(root, Where::Before(before), section);
    let edits = vec![scene.take_out(element), put.ok_or(super::ODD)?];
    let what = format!("`{local}` moved to the envelope");
    Ok(Fix::new(element.span.start, edits, what))
}
