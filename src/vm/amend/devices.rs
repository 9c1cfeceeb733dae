//! Which device of a changed definition is which of the descriptor.

use std::collections::{HashMap, HashSet};

use super::{Ids, Original, machines};
use crate::base::align::align;
use crate::envelope::VirtualSystem;
use crate::vm::build::Appliance;
use crate::vm::definition::{Brief, Definition, Disk, Drive, Nic};
use crate::vm::piece::{Piece, Pieces, instance_of};

/// The `InstanceID`s of each machine, in order.
pub(super) struct Devices {
    pub(super) before: Vec<Ids>,
    pub(super) after: Vec<Ids>,
    /// For the pieces of each machine after the change, the machine they were in before, and
    /// what they were there.
    pub(super) was: Vec<Vec<Option<(usize, Piece)>>>,
}

pub(super) fn match_devices(
    original: &Original<'_>,
    before: &Appliance,
    changed: &Definition,
    after: &Appliance,
) -> Devices {
    let systems = original.envelope.systems();
    let nothing = Pieces::new();
    let own = |machine: usize| original.recovered.pieces.get(machine).unwrap_or(&nothing);
    let mut numbers: Vec<Numbers> = Vec::new();
    let mut ids_before: Vec<Ids> = Vec::new();
    for (machine, pieces) in before.pieces.iter().enumerate() {
        let mut free = Numbers::new(systems.get(machine).copied());
        let ids = pieces.iter().map(|(piece, id)| {
            let known = instance_of(own(machine), piece).map(str::to_owned);
            (id.clone(), known.unwrap_or_else(|| free.next()))
        });
        ids_before.push(ids.collect());
        numbers.push(free);
    }
    let old = machines(&original.recovered.definition);
    let new = machines(changed);
    let called = |machine: &&Definition| machine.id.clone().or_else(|| machine.name.clone());
    let matched = align(&old, &new, |one, other| called(one) == called(other));
    let (mut ids_after, mut was) = (Vec::new(), Vec::new());
    for (machine, pieces) in after.pieces.iter().enumerate() {
        let matched = matched.get(machine).copied().flatten();
        let Some(earlier) = matched.filter(|earlier| *earlier < ids_before.len()) else {
            // A machine that is new has its own.
            ids_after.push(
                pieces
                    .iter()
                    .map(|(_, id)| (id.clone(), id.clone()))
                    .collect(),
            );
            was.push(vec![None; pieces.len()]);
            continue;
        };
        let lists = Lists::new(old[earlier], new[machine]);
        let mut ids = Ids::new();
        let mut earlier_pieces = Vec::new();
        for (piece, id) in pieces {
            let old = lists.was(piece);
            let known = old.as_ref().and_then(|old| {
                let id = instance_of(&before.pieces[earlier], old)?;
                ids_before[earlier].get(id).cloned()
            });
            let known = known.unwrap_or_else(|| numbers[earlier].next());
            ids.insert(id.clone(), known);
            earlier_pieces.push(old.map(|old| (earlier, old)));
        }
        ids_after.push(ids);
        was.push(earlier_pieces);
    }
    Devices {
        before: ids_before,
        after: ids_after,
        was,
    }
}

/// Numbers no item of a machine has.
struct Numbers {
    taken: HashSet<String>,
    last: u64,
}

impl Numbers {
    fn new(system: Option<&VirtualSystem>) -> Self {
        let hardware = system.and_then(VirtualSystem::hardware);
        let items = hardware.map(|hardware| hardware.items.as_slice());
        let ids = items.unwrap_or_default().iter();
        let taken: HashSet<String> = ids.map(|item| item.instance_id.trim().to_owned()).collect();
        let numbers = taken.iter().filter_map(|id| id.parse::<u32>().ok());
        let last = numbers.max().unwrap_or_default().into();
        Self { taken, last }
    }

    fn next(&mut self) -> String {
        loop {
            self.last += 1;
            let id = self.last.to_string();
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

/// For each device under a key the index it had before.
struct Lists(HashMap<&'static str, Vec<Option<usize>>>);

impl Lists {
    fn new(old: &Definition, new: &Definition) -> Self {
        let one = [Brief(Nic::default())];
        let nics = |definition: &Definition| -> Vec<Brief<Nic>> {
            definition.nics.clone().unwrap_or_else(|| one.to_vec())
        };
        let lists = [
            ("disks", align(&old.disks, &new.disks, same_disk)),
            ("cdroms", align(&old.cdroms, &new.cdroms, same_drive)),
            ("floppies", align(&old.floppies, &new.floppies, same_drive)),
            ("nics", equal(&nics(old), &nics(new))),
            ("serial-ports", equal(&old.serial_ports, &new.serial_ports)),
            (
                "parallel-ports",
                equal(&old.parallel_ports, &new.parallel_ports),
            ),
            ("usb", equal(&old.usb, &new.usb)),
            ("pci", equal(&old.pci, &new.pci)),
            ("devices", equal(&old.devices, &new.devices)),
        ];
        Self(lists.into_iter().collect())
    }

    /// What `piece` was before.
    fn was(&self, piece: &Piece) -> Option<Piece> {
        let Piece::Device(list, index) = piece else {
            return Some(piece.clone());
        };
        match self.0.get(list) {
            Some(matched) => Some(Piece::Device(list, (*matched.get(*index)?)?)),
            // There is but one.
            None => Some(piece.clone()),
        }
    }
}

fn equal<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Option<usize>> {
    align(old, new, |one, other| one == other)
}

/// Whether two disks are one: those with the same image, whatever else is said of them.
fn same_disk(one: &Brief<Disk>, other: &Brief<Disk>) -> bool {
    one == other || (one.image.is_some() && one.image == other.image)
}

fn same_drive(one: &Brief<Drive>, other: &Brief<Drive>) -> bool {
    one == other || (one.image.is_some() && one.image == other.image)
}
