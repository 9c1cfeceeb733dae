//! Which places of disks and drives need saying.

use crate::vm::build::{self, At, Chosen, Problems, place};
use crate::vm::definition::{Brief, Controller, Definition};
use crate::vm::{ControllerKind, Profile};

/// The most devices for which each place is looked at by itself.
const MAX_TRIED: usize = 64;

/// Leaves out of `definition`, which says all places, what comes out the same without.
pub(in crate::vm) fn shorten(definition: &mut Definition, profile: &Profile) {
    let wanted = Layout::of(definition, profile);
    let first = definition.disks.first().and_then(|disk| {
        let at = disk.at.as_ref()?;
        let named =
            |controller: &&Brief<Controller>| name(controller).as_ref() == Some(&at.controller);
        definition.controllers.iter().find(named)?.kind
    });
    // Without any places, on whatever controller is usual or on that of the first disk.
    for controller in [None, first] {
        let mut short = bare(definition);
        short.controller = controller;
        if Layout::of(&short, profile) == wanted {
            *definition = short;
            return;
        }
    }
    let devices = definition.disks.len() + definition.cdroms.len() + definition.controllers.len();
    if devices > MAX_TRIED {
        return;
    }
    let mut best = one_by_one(definition.clone(), &wanted, profile);
    let other = Definition {
        controller: first,
        ..definition.clone()
    };
    if Layout::of(&other, profile) == wanted {
        let other = one_by_one(other, &wanted, profile);
        if said(&other) < said(&best) {
            best = other;
        }
    }
    *definition = best;
}

/// How much `definition` says of places.
fn said(definition: &Definition) -> usize {
    let disks = definition.disks.iter().filter(|disk| disk.at.is_some());
    let cdroms = definition.cdroms.iter().filter(|drive| drive.at.is_some());
    let buses = definition
        .controllers
        .iter()
        .filter(|controller| controller.bus.is_some());
    disks.count()
        + cdroms.count()
        + buses.count()
        + definition.controllers.len()
        + usize::from(definition.controller.is_some())
}

/// What a controller is called by in places.
fn name(controller: &Controller) -> Option<String> {
    Some(format!(
        "{}{}",
        controller.kind?.bus().name(),
        controller.bus?
    ))
}

/// Whether nothing is said of `controller` but that it is there.
fn is_plain(controller: &Controller) -> bool {
    let plain = Controller {
        kind: controller.kind,
        bus: controller.bus,
        ..Controller::default()
    };
    *controller == plain
}

/// `definition` without any place that a controller of a known kind has.
fn bare(definition: &Definition) -> Definition {
    let mut bare = definition.clone();
    for disk in &mut bare.disks {
        disk.at = None;
    }
    for drive in &mut bare.cdroms {
        drive.at = None;
    }
    bare.controllers.retain(|controller| !is_plain(controller));
    for controller in &mut bare.controllers {
        controller.bus = None;
    }
    bare
}

/// `definition` without the places and controllers it can do without, tried one after the
/// other.
fn one_by_one(definition: Definition, wanted: &Layout, profile: &Profile) -> Definition {
    let mut short = definition;
    let keep = |short: &mut Definition, tried: Definition| {
        let same = Layout::of(&tried, profile) == *wanted;
        if same {
            *short = tried;
        }
        same
    };
    for index in (0..short.controllers.len()).rev() {
        let mut tried = short.clone();
        if is_plain(&tried.controllers[index]) {
            tried.controllers.remove(index);
            if keep(&mut short, tried) {
                continue;
            }
        }
        let mut tried = short.clone();
        tried.controllers[index].bus = None;
        keep(&mut short, tried);
    }
    for index in (0..short.disks.len()).rev() {
        let mut tried = short.clone();
        tried.disks[index].at = None;
        keep(&mut short, tried);
    }
    for index in (0..short.cdroms.len()).rev() {
        let mut tried = short.clone();
        tried.cdroms[index].at = None;
        keep(&mut short, tried);
    }
    short
}

/// A place: the number of a controller among all, and the address on it.
type Slot = Option<(usize, u32)>;

/// Where everything goes.
#[derive(Debug, PartialEq)]
struct Layout {
    /// The controllers by kind and number, with what is said of each.
    controllers: Vec<(Option<ControllerKind>, u32, Option<Controller>)>,
    disks: Vec<Slot>,
    cdroms: Vec<Slot>,
    devices: Vec<Slot>,
    /// How much is wrong with it.
    problems: usize,
}

impl Layout {
    fn of(definition: &Definition, profile: &Profile) -> Self {
        let mut problems = Problems::default();
        let chosen = Chosen::new(definition, At::default(), profile, &mut problems);
        let placement = place(&chosen, &mut problems);
        let controllers = placement.controllers.iter().map(|placed| {
            let declared = placed.declared.map(|declared| Controller {
                bus: None,
                ..declared.clone()
            });
            let declared = declared.filter(|declared| !is_plain(declared));
            (placed.kind, placed.number, declared)
        });
        let controllers: Vec<_> = controllers.collect();
        // The order in which they are named means nothing.
        let mut order: Vec<usize> = (0..controllers.len()).collect();
        order.sort_by_key(|index| {
            (
                controllers[*index].0.map(ControllerKind::bus),
                controllers[*index].1,
            )
        });
        let places = |slots: &[Option<build::Slot>]| -> Vec<Slot> {
            let place = |slot: &Option<build::Slot>| {
                let slot = (*slot)?;
                let rank = order.iter().position(|index| *index == slot.controller)?;
                Some((rank, slot.unit))
            };
            slots.iter().map(place).collect()
        };
        Self {
            disks: places(&placement.disks),
            cdroms: places(&placement.cdroms),
            devices: places(&placement.devices),
            controllers: order
                .iter()
                .map(|index| controllers[*index].clone())
                .collect(),
            problems: problems.into_vec().len(),
        }
    }
}
