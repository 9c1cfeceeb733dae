//! Controllers.

use std::collections::HashMap;

use super::Work;
use super::drives;
use super::machine::settings;
use super::options::Device;
use crate::envelope::resolve::{self, controller_kind};
use crate::envelope::{Item, cim};
use crate::vm::ControllerKind;
use crate::vm::build::items::model_of;
use crate::vm::build::{Bus, meet, titles};
use crate::vm::definition::{Address, Brief, Controller, Definition};
use crate::vm::piece::{Piece, Pieces};

/// What became of the storage of a machine.
pub(super) struct Storage {
    /// Which item is what of the definition.
    pub(super) pieces: Pieces,
    /// The controllers by their instance ids: what places on them are called by, and their bus
    /// if it is known.
    controllers: HashMap<String, (String, Option<Bus>)>,
    /// How many devices are on each controller, by what places on it are called by.
    on: HashMap<String, usize>,
    /// The places that are taken, with the deployment options of what is there.
    taken: HashMap<Address, Vec<Vec<String>>>,
}

impl Storage {
    /// Takes the place of `device` on its controller, if it is on one: any place there, if it
    /// names one that is not there, or that another device has.
    pub(super) fn take(&mut self, device: &Device) -> Option<Address> {
        let parent = device.item.parent.as_deref()?.trim();
        let (controller, bus) = self.controllers.get(parent)?.clone();
        let unit = device.item.address_on_parent.as_deref();
        let unit: Option<u32> = unit.and_then(|unit| unit.trim().parse().ok());
        let there =
            |unit: &u32| bus.is_none_or(|bus| *unit < bus.units() && bus.own() != Some(*unit));
        let mut place = Address {
            controller,
            unit: unit.filter(there),
        };
        // Those that are nowhere in particular need room, too.
        let room = bus.map_or(usize::MAX, |bus| {
            usize::try_from(bus.places()).unwrap_or(usize::MAX)
        });
        let on = self.on.entry(place.controller.clone()).or_default();
        *on += 1;
        if *on > room && device.options.is_empty() {
            return None;
        }
        if place.unit.is_some() {
            let taken = self.taken.entry(place.clone()).or_default();
            if taken.iter().any(|other| meet(other, &device.options)) {
                place.unit = None;
            } else {
                taken.push(device.options.clone());
            }
        }
        Some(place)
    }
}

/// Puts the controllers and drives among `devices` into `definition`, and tells which is which.
pub(super) fn storage(
    work: &mut Work<'_>,
    devices: &[Device],
    definition: &mut Definition,
) -> Pieces {
    let mut storage = Storage {
        pieces: Pieces::new(),
        controllers: HashMap::new(),
        on: HashMap::new(),
        taken: HashMap::new(),
    };
    let found: Vec<(&Device, resolve::ControllerKind)> = devices
        .iter()
        .filter_map(|device| Some((device, controller_kind(&device.item)?)))
        .collect();
    let mut numbers = Numbers::default();
    for (device, kind) in &found {
        let kind = model_kind(&device.item, *kind);
        numbers.reserve(kind, address(&device.item));
    }
    for (device, kind) in found {
        let kind = model_kind(&device.item, kind);
        let (controller, name) = controller(work, device, kind, &mut numbers);
        let id = device.item.instance_id.trim().to_owned();
        let bus = kind.map(ControllerKind::bus);
        let piece = Piece::Controller(name.clone());
        storage
            .pieces
            .push((piece, device.item.instance_id.clone()));
        storage.controllers.entry(id).or_insert((name, bus));
        definition.controllers.push(Brief(controller));
    }
    drives::drives(work, devices, &mut storage, definition);
    storage.pieces
}

fn address(item: &Item) -> Option<u32> {
    item.address.as_deref()?.trim().parse().ok()
}

/// The numbers of controllers by the bus; those ovfkit does not know count together.
#[derive(Default)]
struct Numbers {
    /// Those the descriptor gives, each to the first that has it.
    reserved: Vec<(Option<Bus>, u32)>,
    /// Those that are given.
    given: Vec<(Option<Bus>, u32)>,
}

impl Numbers {
    fn is_fit(bus: Option<Bus>, number: u32) -> bool {
        bus.is_none_or(|bus| number < bus.controllers())
    }

    fn reserve(&mut self, kind: Option<ControllerKind>, number: Option<u32>) {
        let bus = kind.map(ControllerKind::bus);
        if let Some(number) = number.filter(|number| Self::is_fit(bus, *number)) {
            self.reserved.push((bus, number));
        }
    }

    /// The number of the next controller of `kind`, which has `wanted` in the descriptor.
    fn give(&mut self, kind: Option<ControllerKind>, wanted: Option<u32>) -> u32 {
        let bus = kind.map(ControllerKind::bus);
        let free = |number: &u32, list: &[(Option<Bus>, u32)]| !list.contains(&(bus, *number));
        let own = wanted.filter(|number| Self::is_fit(bus, *number));
        let own = own.filter(|number| free(number, &self.given));
        let number = own.unwrap_or_else(|| {
            let mut numbers = 0..;
            let next =
                numbers.find(|number| free(number, &self.given) && free(number, &self.reserved));
            next.unwrap_or_default()
        });
        self.given.push((bus, number));
        number
    }
}

/// The controller `device` is, and what places on it are called by.
fn controller(
    work: &mut Work<'_>,
    device: &Device,
    kind: Option<ControllerKind>,
    numbers: &mut Numbers,
) -> (Controller, String) {
    let item = &device.item;
    let number = numbers.give(kind, address(item));
    let (resource_type, usual) = model_of(kind);
    let model = item.resource_sub_type.as_deref().unwrap_or_default();
    let id = kind
        .is_none()
        .then(|| format!("controller{}", numbers.given.len()));
    let name = match (&id, kind) {
        (None, Some(kind)) => format!("{}{number}", kind.bus().name()),
        (Some(id), _) => id.clone(),
        (None, None) => String::new(),
    };
    let title = item.name();
    let controller = Controller {
        kind,
        bus: Some(number),
        id,
        subtype: (model != usual.unwrap_or_default()).then(|| model.to_owned()),
        resource_type: item
            .resource_type
            .filter(|number| kind.is_none() || *number != resource_type)
            .map(|number| number.0),
        title: (title != titles::controller(kind, number)).then(|| title.to_owned()),
        required: (!item.required).then_some(false),
        configurations: device.options.clone().into(),
        config: settings(work, &item.configs),
    };
    (controller, name)
}

/// The kind of controller a definition calls `item`, of which the view says `kind`.
fn model_kind(item: &Item, kind: resolve::ControllerKind) -> Option<ControllerKind> {
    let listed = item.resource_sub_type.as_deref().unwrap_or_default();
    let model = cim::preferences(listed)
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    match kind {
        resolve::ControllerKind::Ide => Some(ControllerKind::Ide),
        resolve::ControllerKind::Sata => Some(ControllerKind::Sata),
        resolve::ControllerKind::Nvme => Some(ControllerKind::Nvme),
        resolve::ControllerKind::Scsi => match &*model {
            // Whatever it is, it was made for what everybody knows.
            "" | "lsilogic" => Some(ControllerKind::LsiLogic),
            "lsilogicsas" => Some(ControllerKind::LsiLogicSas),
            "virtualscsi" | "pvscsi" => Some(ControllerKind::Pvscsi),
            "buslogic" => Some(ControllerKind::BusLogic),
            _ => None,
        },
        resolve::ControllerKind::Nvdimm | resolve::ControllerKind::Other => None,
    }
}
