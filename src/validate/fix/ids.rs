//! Ids that are missing, taken, or no numbers.

use std::collections::{HashMap, HashSet};

use super::elements::is_item;
use super::scene::{Fix, Scene, Spot};
use super::values::{element, say};
use super::{Attempt, ODD, Plan};
use crate::envelope::HostResource;
use crate::validate::document::{Hardware, ItemAt, attr, attr_anywhere, member, members};
use crate::validate::rules::parents;
use crate::xml::Element;
use crate::xml::edit::Edit;

/// The numbers items of `section` have as their ids.
fn used(section: &Element) -> HashSet<u64> {
    let items = section.elements().filter(|one| is_item(one));
    items
        .filter_map(|item| member(item, "InstanceID")?.text().trim_ascii().parse().ok())
        .collect()
}

/// A number from `first` on that is not `used`.
fn free_of(used: &HashSet<u64>, first: u64) -> u64 {
    // Of more numbers than there are items one is free.
    (0..=used.len() as u64)
        .map(|step| first.saturating_add(step))
        .find(|number| !used.contains(number))
        .unwrap_or(first)
}

/// A number from 0 on that no item of `section` has as its id.
pub(super) fn free(section: &Element) -> u64 {
    free_of(&used(section), 0)
}

/// Numbers for the devices of sections, none of them twice.
#[derive(Default)]
struct Numbers {
    sections: HashMap<usize, (HashSet<u64>, u64)>,
}

impl Numbers {
    fn take(&mut self, section: &Element) -> u64 {
        let known = self.sections.entry(section.span.start);
        let (used, next) = known.or_insert_with(|| (used(section), 1));
        let number = free_of(used, *next);
        *next = number.saturating_add(1);
        number
    }
}

/// Numbers devices that have no id.
pub(super) fn missing(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut numbers = Numbers::default();
    for spot in spots {
        let mut attempt = || {
            let item = element(spot)?;
            let section = scene.parent(item).ok_or(ODD)?;
            let id = numbers.take(section).to_string();
            let edits = scene.add_member(item, "InstanceID", &id).ok_or(ODD)?;
            let what = format!("`InstanceID` added: {id}");
            Ok(Fix::new(item.span.start, edits, what))
        };
        plan.take(attempt());
    }
}

/// Renumbers devices whose id another has. What hangs on the id hangs on a controller.
pub(super) fn taken(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut numbers = Numbers::default();
    let wrong: HashSet<usize> = spots
        .iter()
        .filter_map(|spot| {
            let place = spot.element?;
            let item = if is_item(place) {
                Some(place)
            } else {
                scene.parent(place)
            };
            item.map(|item| item.span.start)
        })
        .collect();
    for hardware in &scene.document.hardware {
        let of_this = hardware.items.iter();
        let ids: HashSet<&str> = of_this
            .filter(|item| wrong.contains(&item.element.span.start))
            .map(|item| item.id.as_str())
            .collect();
        let mut ids: Vec<_> = ids.into_iter().collect();
        ids.sort_unstable();
        for id in ids {
            let group: Vec<_> = hardware.items.iter().filter(|item| item.id == id).collect();
            match keeper(hardware, &group, id) {
                Ok(keeper) => {
                    for item in group.iter().filter(|item| !std::ptr::eq(**item, keeper)) {
                        let number = numbers.take(hardware.element).to_string();
                        plan.take(renumber(scene, item, &number));
                    }
                }
                Err(why) => plan.take(Err(why.into())),
            }
        }
    }
}

/// Which of the devices of one id keeps it.
fn keeper<'a, 'd>(
    hardware: &'a Hardware<'d>,
    group: &[&'a ItemAt<'d>],
    id: &str,
) -> Result<&'a ItemAt<'d>, &'static str> {
    let varied = |item: &&ItemAt<'_>| !item.configurations.is_empty() || !item.bound.is_empty();
    if group.iter().any(varied) {
        return Err("the devices have shares in several configurations");
    }
    let first = *group.first().ok_or("there is none")?;
    let hanging = hardware.items.iter();
    if !hanging
        .clone()
        .any(|item| item.parent.as_deref() == Some(id))
    {
        return Ok(first);
    }
    let mut controllers = group.iter().filter(|item| parents::is_controller(item));
    match (controllers.next(), controllers.next()) {
        (Some(only), None) => Ok(only),
        (None, _) => Ok(first),
        _ => Err("which of the two other devices hang on cannot be told"),
    }
}

fn renumber(scene: &Scene<'_>, item: &ItemAt<'_>, number: &str) -> Attempt {
    let own = member(item.element, "InstanceID").ok_or(ODD)?;
    let edit = scene.set_text(own, number).ok_or(ODD)?;
    let what = format!("the device of InstanceID {} is now {number}", item.id);
    Ok(Fix::new(own.span.start, vec![edit], what))
}

/// Numbers devices whose ids are no numbers, and what hangs on them.
pub(super) fn decimal(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    if spots.is_empty() {
        return;
    }
    let mut elsewhere = HashSet::new();
    refers_by_attribute(scene.document.root, &mut elsewhere);
    let mut numbers = Numbers::default();
    for hardware in scene.document.machines() {
        let mut places: HashMap<String, Vec<&Element>> = HashMap::new();
        for item in &hardware.items {
            for place in ["InstanceID", "Parent"].map(|local| members(item.element, local)) {
                for place in place {
                    let id = place.text().trim_ascii().to_owned();
                    places.entry(id).or_default().push(place);
                }
            }
        }
        let mut known = HashSet::new();
        for item in &hardware.items {
            let odd = !item.id.is_empty() && item.id.parse::<u64>().is_err();
            if odd && known.insert(item.id.as_str()) {
                let number = numbers.take(hardware.element).to_string();
                let places = places.get(&item.id).map(Vec::as_slice).unwrap_or_default();
                plan.take(if elsewhere.contains(item.id.as_str()) {
                    Err("a vendor's section refers to the device".into())
                } else {
                    renamed(scene, places, &item.id, &number)
                });
            }
        }
    }
}

fn renamed(scene: &Scene<'_>, places: &[&Element], id: &str, number: &str) -> Attempt {
    let edits = places.iter().map(|place| scene.set_text(place, number));
    let edits = edits.collect::<Option<Vec<Edit>>>().ok_or(ODD)?;
    let at = places.first().map_or(0, |place| place.span.start);
    Ok(Fix::new(
        at,
        edits,
        format!("device `{id}` is now {number}"),
    ))
}

/// The devices attributes somewhere name, as VMware's boot order does.
fn refers_by_attribute<'d>(element: &'d Element, found: &mut HashSet<&'d str>) {
    found.extend(attr_anywhere(element, "instanceId").map(str::trim_ascii));
    for child in element.elements() {
        refers_by_attribute(child, found);
    }
}

/// Gives the System an id no device has.
pub(super) fn system(scene: &Scene<'_>, spot: &Spot<'_>) -> Attempt {
    let id = element(spot)?;
    let section = scene.parent(id).and_then(|system| scene.parent(system));
    let free = free(section.ok_or(ODD)?).to_string();
    say(scene, id, &free)
}

/// What refers to an id.
enum Reference<'d> {
    Attribute(&'d Element, &'static str),
    Resource(&'d Element, fn(String) -> HostResource),
}

impl Reference<'_> {
    /// Makes it refer to `id`.
    fn lead(&self, scene: &Scene<'_>, id: &str) -> Option<Vec<Edit>> {
        match self {
            Self::Attribute(element, local) => scene.set(element, local, id),
            Self::Resource(element, make) => {
                let text = make(id.to_owned()).to_string();
                Some(vec![scene.set_text(element, &text)?])
            }
        }
    }
}

/// Renames files whose id another has, and what refers to them.
pub(super) fn files(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut references: HashMap<&str, Vec<Reference<'_>>> = HashMap::new();
    scene.document.each(&mut |element, _| {
        if let Some(id) = attr(element, "fileRef") {
            let own = Reference::Attribute(element, "fileRef");
            references.entry(id).or_default().push(own);
        }
    });
    let mut by_resource: Vec<(String, &Element)> = Vec::new();
    resources(scene, &mut |resource, place| {
        if let HostResource::File(id) = resource {
            by_resource.push((id, place));
        }
    });
    for (id, place) in &by_resource {
        let own = Reference::Resource(place, HostResource::File);
        references.entry(id).or_default().push(own);
    }
    distinguish(scene, spots, plan, "id", &scene.document.files, &references);
}

/// Renames disks whose id another has, and what refers to them.
pub(super) fn disks(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    let mut by_resource: Vec<(String, &Element)> = Vec::new();
    resources(scene, &mut |resource, place| {
        if let HostResource::Disk(id) = resource {
            by_resource.push((id, place));
        }
    });
    let mut references: HashMap<&str, Vec<Reference<'_>>> = HashMap::new();
    for (id, place) in &by_resource {
        let own = Reference::Resource(place, HostResource::Disk);
        references.entry(id).or_default().push(own);
    }
    for disk in &scene.document.disks {
        if let Some(id) = attr(disk, "parentRef").filter(|id| !id.is_empty()) {
            let own = Reference::Attribute(disk, "parentRef");
            references.entry(id).or_default().push(own);
        }
    }
    distinguish(
        scene,
        spots,
        plan,
        "diskId",
        &scene.document.disks,
        &references,
    );
}

/// What backs devices, with the element that says so.
fn resources<'d>(scene: &Scene<'d>, each: &mut dyn FnMut(HostResource, &'d Element)) {
    for item in scene.document.items() {
        for one in members(item.element, "HostResource") {
            if let Some(resource) = HostResource::parse(&one.text()) {
                each(resource, one);
            }
        }
    }
}

/// Gives each of the `elements` of one id an id of its own, where it can be told what refers to
/// which: nothing refers to them, or as many places as there are.
fn distinguish(
    scene: &Scene<'_>,
    spots: &[Spot<'_>],
    plan: &mut Plan,
    local: &'static str,
    elements: &[&Element],
    references: &HashMap<&str, Vec<Reference<'_>>>,
) {
    let mut taken: HashSet<String> = elements
        .iter()
        .filter_map(|one| attr(one, local))
        .map(str::to_owned)
        .collect();
    let mut groups: HashMap<&str, Vec<&Element>> = HashMap::new();
    for element in elements {
        let id = attr(element, local).unwrap_or_default();
        groups.entry(id).or_default().push(element);
    }
    let mut known = HashSet::new();
    for spot in spots {
        let id = spot.element.and_then(|element| attr(element, local));
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            plan.take(Err("an id has to be chosen, and what refers to it".into()));
            continue;
        };
        if !known.insert(id) {
            continue;
        }
        let group = groups.get(id).map(Vec::as_slice).unwrap_or_default();
        let referring = references.get(id).map(Vec::as_slice).unwrap_or_default();
        if !referring.is_empty() && referring.len() != group.len() {
            plan.take(Err("which of the two is meant where cannot be told".into()));
            continue;
        }
        for (place, one) in group.iter().enumerate().skip(1) {
            let mut others = (2..).map(|number: u32| format!("{id}-{number}"));
            let new = others.find(|new| !taken.contains(new)).unwrap_or_default();
            taken.insert(new.clone());
            let edits = || {
                let mut edits = scene.set(one, local, &new)?;
                if let Some(reference) = referring.get(place) {
                    edits.extend(reference.lead(scene, &new)?);
                }
                Some(edits)
            };
            let what = if referring.is_empty() {
                format!("the other `{id}` is now `{new}`")
            } else {
                format!(
                    "the other `{id}` is now `{new}`, and what refers to them is taken in order"
                )
            };
            plan.take(
                edits()
                    .map(|edits| Fix::new(one.span.start, edits, what))
                    .ok_or(ODD),
            );
        }
    }
}

/// Renames disks whose ids have characters some importers do not take.
pub(super) fn unusual_disks(scene: &Scene<'_>, spots: &[Spot<'_>], plan: &mut Plan) {
    if spots.is_empty() {
        return;
    }
    let mut places: HashMap<String, Vec<&Element>> = HashMap::new();
    resources(scene, &mut |resource, place| {
        if let HostResource::Disk(id) = resource {
            places.entry(id).or_default().push(place);
        }
    });
    let mut children: HashMap<&str, Vec<&Element>> = HashMap::new();
    for disk in &scene.document.disks {
        if let Some(parent) = attr(disk, "parentRef") {
            children.entry(parent).or_default().push(disk);
        }
    }
    let mut taken = HashSet::new();
    for spot in spots {
        let attempt = element(spot).and_then(|disk| {
            let id = attr(disk, "diskId").unwrap_or_default();
            let usual = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
            let usual_id: String = id.chars().map(|c| if usual(c) { c } else { '_' }).collect();
            let known = scene.document.disk_of.contains_key(usual_id.as_str());
            if known || !taken.insert(usual_id.clone()) {
                return Err("another disk has the id it would get".into());
            }
            let text = HostResource::Disk(usual_id.clone()).to_string();
            let mut edits = scene.set(disk, "diskId", &usual_id).ok_or(ODD)?;
            for child in children.get(id).into_iter().flatten() {
                edits.extend(scene.set(child, "parentRef", &usual_id).ok_or(ODD)?);
            }
            for place in places.get(id).into_iter().flatten() {
                edits.push(scene.set_text(place, &text).ok_or(ODD)?);
            }
            let what = format!("disk `{id}` is now `{usual_id}`");
            Ok(Fix::new(disk.span.start, edits, what))
        });
        plan.take(attempt);
    }
}
