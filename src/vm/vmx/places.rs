//! Controllers, and the places on them.

use std::collections::{BTreeSet, HashSet};

use super::work::Work;
use crate::vm::ControllerKind;
use crate::vm::build::Bus;
use crate::vm::definition::{Address, Brief, Controller, Definition};

/// The buses, in the order in which their disks are taken.
pub(super) const BUSES: [Bus; 4] = [Bus::Scsi, Bus::Sata, Bus::Nvme, Bus::Ide];

/// What SCSI controllers are called.
const MODELS: [(&str, ControllerKind); 4] = [
    ("buslogic", ControllerKind::BusLogic),
    ("lsilogic", ControllerKind::LsiLogic),
    ("lsisas1068", ControllerKind::LsiLogicSas),
    ("pvscsi", ControllerKind::Pvscsi),
];

/// The controllers that are said not to be there, so that nothing is on them.
pub(super) struct Absent(HashSet<(Bus, u32)>);

impl Absent {
    /// Whether there is no controller `number` on `bus`.
    pub(super) fn has(&self, bus: Bus, number: u32) -> bool {
        self.0.contains(&(bus, number))
    }
}

/// Puts the controllers into `definition`.
pub(super) fn controllers(work: &mut Work<'_>, definition: &mut Definition) -> Absent {
    let mut absent = HashSet::new();
    // IDE is there without being said.
    for bus in BUSES.into_iter().filter(|bus| *bus != Bus::Ide) {
        let used = used(work, bus);
        let named = work.numbered(bus.name()).into_iter();
        let numbers: BTreeSet<u32> = named.chain(used.iter().copied()).collect();
        for number in numbers {
            let device = format!("{}{number}", bus.name());
            let present = work.truth(&format!("{device}.present"));
            if present == Some(false) {
                absent.insert((bus, number));
            }
            // One of which nothing is said may be left of what was taken away.
            if !present.unwrap_or_else(|| used.contains(&number)) {
                work.skip(&device);
                continue;
            }
            if number >= bus.controllers() {
                let key = format!("{device}.present");
                work.lose(&key, "a machine has no more than four such controllers");
                work.skip(&device);
                // What is on it is told where it is.
                continue;
            }
            let kind = match bus {
                Bus::Scsi => scsi(work, &device),
                Bus::Sata => ControllerKind::Sata,
                Bus::Nvme => ControllerKind::Nvme,
                Bus::Ide => ControllerKind::Ide,
            };
            definition.controllers.push(Brief(Controller {
                kind: Some(kind),
                bus: Some(number),
                ..Controller::default()
            }));
        }
    }
    Absent(absent)
}

/// The numbers of the controllers of `bus` that something is on.
fn used(work: &mut Work<'_>, bus: Bus) -> BTreeSet<u32> {
    let name = bus.name();
    let mut places = work.places(name);
    places.retain(|(number, unit)| work.is_on(&format!("{name}{number}:{unit}.present")));
    places.into_iter().map(|(number, _)| number).collect()
}

/// The kind of the SCSI controller `device`.
fn scsi(work: &mut Work<'_>, device: &str) -> ControllerKind {
    let shared = format!("{device}.sharedbus");
    let alone = ["none", "noSharing"];
    if let Some(how) = work.text(&shared)
        && !alone.iter().any(|none| none.eq_ignore_ascii_case(how))
    {
        work.lose(
            &shared,
            "a definition has no key for a controller that machines share",
        );
    }
    let key = format!("{device}.virtualdev");
    let Some(name) = work.text(&key) else {
        work.remark(format!(
            "the model of `{device}`, which the file leaves to VMware: it is taken for LSI Logic"
        ));
        return ControllerKind::LsiLogic;
    };
    let mut known = MODELS.iter();
    if let Some((_, kind)) = known.find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return *kind;
    }
    work.lose(&key, "is no SCSI controller; it is taken for LSI Logic");
    ControllerKind::LsiLogic
}

/// Place `unit` on controller `number` of `bus`, as far as a definition can name it. The device
/// there is on what `key` says.
pub(super) fn place(
    work: &mut Work<'_>,
    key: &str,
    bus: Bus,
    (number, unit): (u32, u32),
) -> Option<Address> {
    if number >= bus.controllers() {
        work.lose(key, "there is no such place: it gets one that is free");
        return None;
    }
    let there = unit < bus.units() && bus.own() != Some(unit);
    if !there {
        work.lose(key, "there is no such place: it gets one that is free");
    }
    Some(Address {
        controller: format!("{}{number}", bus.name()),
        unit: there.then_some(unit),
    })
}
