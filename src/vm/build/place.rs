//! Which disk and which drive goes where.

use std::collections::BTreeMap;

use super::At;
use super::decide::Chosen;
use super::problem::Problems;
use crate::vm::definition::{Address, Controller, List};
use crate::vm::{Contradiction, ControllerKind};

/// A kind of bus. The numbers of buses and the names of places count by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::vm) enum Bus {
    /// Two channels of two drives.
    Ide,
    /// SCSI of any model.
    Scsi,
    /// AHCI.
    Sata,
    /// NVM Express.
    Nvme,
}

impl Bus {
    const ALL: [Self; 4] = [Self::Ide, Self::Scsi, Self::Sata, Self::Nvme];

    pub(in crate::vm) fn name(self) -> &'static str {
        match self {
            Self::Ide => "ide",
            Self::Scsi => "scsi",
            Self::Sata => "sata",
            Self::Nvme => "nvme",
        }
    }

    /// How many controllers of the kind a machine can have.
    pub(in crate::vm) fn controllers(self) -> u32 {
        match self {
            Self::Ide => 2,
            Self::Scsi | Self::Sata | Self::Nvme => 4,
        }
    }

    /// How many addresses a controller has.
    pub(in crate::vm) fn units(self) -> u32 {
        match self {
            Self::Ide => 2,
            Self::Scsi => 16,
            Self::Sata => 30,
            Self::Nvme => 15,
        }
    }

    /// The address that is the adapter's own.
    pub(in crate::vm) fn own(self) -> Option<u32> {
        (self == Self::Scsi).then_some(7)
    }

    /// How many devices can be on one controller.
    pub(in crate::vm) fn places(self) -> u32 {
        self.units() - u32::from(self.own().is_some())
    }

    /// How many devices a machine can have on such buses.
    pub(in crate::vm) fn room(self) -> u32 {
        self.controllers() * self.places()
    }

    /// What is wrong with `number`, if no machine can have a controller with it.
    fn check_number(self, number: u32) -> Result<(), Contradiction> {
        if number < self.controllers() {
            return Ok(());
        }
        Err(Contradiction::NoSuchBus {
            bus: self.name(),
            number,
            last: self.controllers() - 1,
        })
    }
}

impl ControllerKind {
    /// The bus it is a controller of.
    pub(in crate::vm) fn bus(self) -> Bus {
        match self {
            Self::Ide => Bus::Ide,
            Self::Sata => Bus::Sata,
            Self::Nvme => Bus::Nvme,
            Self::LsiLogic | Self::LsiLogicSas | Self::Pvscsi | Self::BusLogic => Bus::Scsi,
        }
    }
}

/// A controller the machine has.
#[derive(Debug, Clone)]
pub(in crate::vm) struct Placed<'d> {
    /// Its kind, where ovfkit knows it.
    pub(in crate::vm) kind: Option<ControllerKind>,
    /// Its number among those of its bus.
    pub(in crate::vm) number: u32,
    /// What the definition says of it, if anything.
    pub(in crate::vm) declared: Option<&'d Controller>,
    /// The addresses taken, each with the deployment options of whatever is there; no options
    /// are all of them.
    taken: BTreeMap<u32, Vec<&'d [String]>>,
}

impl Placed<'_> {
    /// A controller of `kind` that the definition does not name.
    fn needed(kind: ControllerKind, number: u32) -> Self {
        Self {
            kind: Some(kind),
            number,
            declared: None,
            taken: BTreeMap::new(),
        }
    }

    /// What places on it are called by.
    pub(in crate::vm) fn name(&self) -> String {
        let own = self.declared.and_then(|declared| declared.id.clone());
        own.unwrap_or_else(|| {
            let bus = self.bus().map_or("controller", Bus::name);
            format!("{bus}{}", self.number)
        })
    }

    /// The bus it is a controller of, where ovfkit knows it.
    fn bus(&self) -> Option<Bus> {
        self.kind.map(ControllerKind::bus)
    }

    /// Whether it is number `number` on `bus`.
    fn is(&self, bus: Bus, number: u32) -> bool {
        self.bus() == Some(bus) && self.number == number
    }
}

/// A place on a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::vm) struct Slot {
    /// Index of the controller in [`Placement::controllers`].
    pub(in crate::vm) controller: usize,
    /// The address on it.
    pub(in crate::vm) unit: u32,
}

/// Where everything goes. A device there is no place for has `None`, and a problem tells of
/// it.
#[derive(Debug, Default)]
pub(in crate::vm) struct Placement<'d> {
    /// The controllers, those the definition names before those that are needed.
    pub(in crate::vm) controllers: Vec<Placed<'d>>,
    /// The places of the disks.
    pub(in crate::vm) disks: Vec<Option<Slot>>,
    /// The places of the CD drives.
    pub(in crate::vm) cdroms: Vec<Option<Slot>>,
    /// The places of devices of any kind that name one.
    pub(in crate::vm) devices: Vec<Option<Slot>>,
}

/// A device that wants a place.
struct Wish<'d> {
    at: At,
    address: Option<&'d Address>,
    /// The deployment options it is for.
    options: &'d [String],
    place: Option<Slot>,
}

/// Finds places for the disks and drives of the machine: first for those that name one, then
/// for disks, then for CD drives.
pub(in crate::vm) fn place<'d>(chosen: &Chosen<'d>, problems: &mut Problems) -> Placement<'d> {
    let definition = chosen.definition;
    let mut placement = Placement {
        controllers: declared(chosen, problems),
        ..Placement::default()
    };
    let wishes = |key: &str, wanted: Vec<(Option<&'d Address>, &'d List<String>)>| {
        let list = chosen.at.key(key);
        let numbered = wanted.into_iter().enumerate();
        let wish =
            |(index, (address, options)): (usize, (Option<&'d Address>, &'d List<String>))| Wish {
                at: list.index(index),
                address,
                options,
                place: None,
            };
        numbered.map(wish).collect::<Vec<Wish<'d>>>()
    };
    let disks = definition.disks.iter();
    let disks = disks.map(|disk| (disk.at.as_ref(), &disk.configurations));
    let mut disks = wishes("disks", disks.collect());
    let cdroms = definition.cdroms.iter();
    let cdroms = cdroms.map(|drive| (drive.at.as_ref(), &drive.configurations));
    let mut cdroms = wishes("cdroms", cdroms.collect());
    let devices = definition.devices.iter();
    let devices = devices.map(|device| (device.at.as_ref(), &device.configurations));
    let mut devices = wishes("devices", devices.collect());
    for wish in disks.iter_mut().chain(&mut cdroms).chain(&mut devices) {
        if let Some(address) = wish.address.filter(|address| address.unit.is_some()) {
            let wanted = (address, wish.options);
            wish.place = placement.fixed(chosen, &wish.at, wanted, problems);
        }
    }
    let open = |wish: &&mut Wish<'d>| {
        wish.place.is_none() && wish.address.is_none_or(|address| address.unit.is_none())
    };
    for wish in disks.iter_mut().filter(open) {
        let found = match wish.address {
            Some(address) => placement.anywhere_on(chosen, &wish.at, address, problems),
            None => placement.free(chosen.controller).or_else(|| {
                problems.add(
                    wish.at.clone(),
                    Contradiction::NoRoom {
                        what: "disk",
                        bus: chosen.controller.bus().name(),
                        room: chosen.controller.bus().room(),
                    },
                );
                None
            }),
        };
        wish.place = found;
    }
    for wish in cdroms.iter_mut().filter(open) {
        let found = match wish.address {
            Some(address) => placement.anywhere_on(chosen, &wish.at, address, problems),
            None => placement.cdrom(chosen).or_else(|| {
                problems.add(
                    wish.at.clone(),
                    Contradiction::NoRoom {
                        what: "CD drive",
                        bus: "ide and sata",
                        room: Bus::Ide.room() + Bus::Sata.room(),
                    },
                );
                None
            }),
        };
        wish.place = found;
    }
    for wish in devices.iter_mut().filter(open) {
        if let Some(address) = wish.address {
            wish.place = placement.anywhere_on(chosen, &wish.at, address, problems);
        }
    }
    let places = |wishes: Vec<Wish<'d>>| wishes.into_iter().map(|wish| wish.place).collect();
    placement.disks = places(disks);
    placement.cdroms = places(cdroms);
    placement.devices = places(devices);
    placement
}

/// The controllers the definition names, numbered.
fn declared<'d>(chosen: &Chosen<'d>, problems: &mut Problems) -> Vec<Placed<'d>> {
    let list = chosen.at.key("controllers");
    let controllers = &chosen.definition.controllers;
    let mut numbers: Vec<(Option<Bus>, Option<u32>)> = Vec::new();
    for (index, controller) in controllers.iter().enumerate() {
        let at = list.index(index);
        let bus = controller.kind.map(ControllerKind::bus);
        if bus.is_none() && controller.resource_type.is_none() {
            problems.add(at.clone(), Contradiction::ControllerWithoutKind);
        }
        if let (Some(bus), Some(number)) = (bus, controller.bus) {
            if let Err(fault) = bus.check_number(number) {
                problems.add(at.key("bus"), fault);
            } else if numbers.contains(&(Some(bus), Some(number))) {
                problems.add(
                    at.key("bus"),
                    Contradiction::SameBus {
                        bus: bus.name(),
                        number,
                    },
                );
            }
        }
        numbers.push((bus, controller.bus));
    }
    let mut placed = Vec::new();
    for (index, controller) in controllers.iter().enumerate() {
        let (bus, number) = numbers[index];
        let number = number.unwrap_or_else(|| {
            let taken = |number: &u32| numbers.contains(&(bus, Some(*number)));
            // Of as many numbers as there are controllers, and one, one is free.
            let all = 0..=u32::try_from(controllers.len()).unwrap_or(u32::MAX);
            all.clone()
                .find(|number| !taken(number))
                .unwrap_or(*all.end())
        });
        numbers[index] = (bus, Some(number));
        if let Some(bus) = bus
            && controller.bus.is_none()
            && let Err(fault) = bus.check_number(number)
        {
            problems.add(list.index(index), fault);
        }
        placed.push(Placed {
            kind: controller.kind,
            number,
            declared: Some(&**controller),
            taken: BTreeMap::new(),
        });
    }
    placed
}

/// Whether devices for the deployment options `one` and `other` can be in a machine together.
pub(in crate::vm) fn meet(one: &[String], other: &[String]) -> bool {
    one.is_empty() || other.is_empty() || one.iter().any(|option| other.contains(option))
}

/// The bus and the number in a name such as `scsi0`, or `scsi`.
fn bus_of(name: &str) -> Option<(Bus, Option<u32>)> {
    let bus = Bus::ALL
        .into_iter()
        .find(|bus| name.starts_with(bus.name()))?;
    match &name[bus.name().len()..] {
        "" => Some((bus, None)),
        number => Some((bus, Some(number.parse().ok()?))),
    }
}

impl<'d> Placement<'d> {
    /// The controller with the number `number` on `bus`, made if there is none.
    fn numbered(&mut self, chosen: &Chosen<'d>, bus: Bus, number: u32) -> usize {
        let mut all = self.controllers.iter();
        if let Some(known) = all.position(|placed| placed.is(bus, number)) {
            return known;
        }
        let kind = chosen.kind_on(bus);
        self.controllers.push(Placed::needed(kind, number));
        self.controllers.len() - 1
    }

    /// The controller `address` names.
    fn controller(
        &mut self,
        chosen: &Chosen<'d>,
        at: &At,
        address: &Address,
        problems: &mut Problems,
    ) -> Option<usize> {
        let name = &address.controller;
        let called = |placed: &Placed<'d>| {
            placed.declared.and_then(|declared| declared.id.as_deref()) == Some(name)
        };
        if let Some(known) = self.controllers.iter().position(called) {
            return Some(known);
        }
        let Some((bus, number)) = bus_of(name) else {
            problems.add(
                at.key("at"),
                Contradiction::NoController { name: name.clone() },
            );
            return None;
        };
        let number = number.unwrap_or(0);
        problems.take(&at.key("at"), bus.check_number(number))?;
        Some(self.numbered(chosen, bus, number))
    }

    /// The place `address` names in full.
    fn fixed(
        &mut self,
        chosen: &Chosen<'d>,
        at: &At,
        (address, options): (&Address, &'d [String]),
        problems: &mut Problems,
    ) -> Option<Slot> {
        let controller = self.controller(chosen, at, address, problems)?;
        let unit = address.unit?;
        if let Some(bus) = self.controllers[controller].bus() {
            if bus.own() == Some(unit) {
                problems.add(at.key("at"), Contradiction::AdaptersOwnUnit { unit });
                return None;
            }
            if unit >= bus.units() {
                problems.add(
                    at.key("at"),
                    Contradiction::NoSuchUnit {
                        bus: bus.name(),
                        unit,
                        last: bus.units() - 1,
                    },
                );
                return None;
            }
        }
        let taken = self.controllers[controller].taken.entry(unit).or_default();
        if taken.iter().any(|other| meet(other, options)) {
            problems.add(
                at.key("at"),
                Contradiction::PlaceTaken {
                    place: address.to_string(),
                },
            );
            return None;
        }
        taken.push(options);
        Some(Slot { controller, unit })
    }

    /// Any place on the controller, or the kind of controller, that `address` names.
    fn anywhere_on(
        &mut self,
        chosen: &Chosen<'d>,
        at: &At,
        address: &Address,
        problems: &mut Problems,
    ) -> Option<Slot> {
        let found = if let Some((bus, None)) = bus_of(&address.controller) {
            self.free(chosen.kind_on(bus))
        } else {
            let controller = self.controller(chosen, at, address, problems)?;
            self.free_on(controller)
        };
        if found.is_none() {
            problems.add(
                at.key("at"),
                Contradiction::Full {
                    controller: address.controller.clone(),
                },
            );
        }
        found
    }

    /// The first free place on the controller `index`.
    fn free_on(&mut self, index: usize) -> Option<Slot> {
        let placed = &mut self.controllers[index];
        // Controllers of kinds ovfkit does not know have as many places as are asked for.
        let bus = placed.bus();
        let units = bus.map_or(u32::MAX, Bus::units);
        let own = bus.and_then(Bus::own);
        let unit =
            (0..units).find(|unit| Some(*unit) != own && !placed.taken.contains_key(unit))?;
        placed.taken.insert(unit, vec![&[]]);
        Some(Slot {
            controller: index,
            unit,
        })
    }

    /// The first free place on controllers of `kind`, one of which is made if needed.
    fn free(&mut self, kind: ControllerKind) -> Option<Slot> {
        for index in 0..self.controllers.len() {
            if self.controllers[index].kind == Some(kind)
                && let Some(slot) = self.free_on(index)
            {
                return Some(slot);
            }
        }
        let bus = kind.bus();
        let is_taken = |number: &u32| {
            let mut all = self.controllers.iter();
            all.any(|placed| placed.is(bus, *number))
        };
        let number = (0..bus.controllers()).find(|number| !is_taken(number))?;
        self.controllers.push(Placed::needed(kind, number));
        self.free_on(self.controllers.len() - 1)
    }

    /// A place for a CD drive: on IDE, the one every guest starts from; on SATA where disks
    /// are on it already, where the target says so, and when IDE is full.
    fn cdrom(&mut self, chosen: &Chosen<'d>) -> Option<Slot> {
        let mut order = [ControllerKind::Ide, ControllerKind::Sata];
        if chosen.controller == ControllerKind::Sata || chosen.cdrom == ControllerKind::Sata {
            order.reverse();
        }
        order.into_iter().find_map(|kind| self.free(kind))
    }
}
