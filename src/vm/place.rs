//! Which disk and which CD goes where.

use super::{Contradiction, ControllerKind, Machine};

/// A controller the machine needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Controller {
    /// Its kind.
    pub(super) kind: ControllerKind,
    /// Its number among those of its kind, from 0.
    pub(super) bus: usize,
}

/// A place on a controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    /// Index of the controller in [`Placement::controllers`].
    pub(super) controller: usize,
    /// The address on it.
    pub(super) unit: usize,
}

/// Where everything goes.
#[derive(Debug, Default)]
pub(super) struct Placement {
    /// The controllers needed, and no others.
    pub(super) controllers: Vec<Controller>,
    /// The places of the disks.
    pub(super) disks: Vec<Slot>,
    /// The places of the CD drives.
    pub(super) isos: Vec<Slot>,
}

impl ControllerKind {
    /// How many controllers of the kind a machine can have, and how many devices
    /// hang on each.
    fn capacity(self) -> (usize, usize) {
        match self {
            Self::Ide => (2, 2),
            Self::Sata => (4, 30),
            // SCSI has 16 addresses, one of which is the adapter's own.
            Self::LsiLogic | Self::LsiLogicSas | Self::Pvscsi | Self::BusLogic | Self::Nvme => {
                (4, 15)
            }
        }
    }

    /// How many devices of the kind a machine can have.
    pub(super) fn room(self) -> usize {
        let (controllers, devices) = self.capacity();
        controllers * devices
    }

    /// The address of device `index` on its controller.
    fn unit(self, index: usize) -> usize {
        match self {
            // 7 is the adapter itself.
            Self::LsiLogic | Self::LsiLogicSas | Self::Pvscsi | Self::BusLogic if index >= 7 => {
                index + 1
            }
            _ => index,
        }
    }
}

/// Finds places for the disks and CD drives of `machine`.
///
/// CD drives go on IDE, the one place every guest starts from; on SATA with disks
/// that are there already, and when IDE is full.
pub(super) fn place(machine: &Machine) -> Result<Placement, Contradiction> {
    let (kind, disks, isos) = (machine.controller, machine.disks.len(), machine.isos.len());
    if disks > kind.room() {
        return Err(Contradiction::TooManyDisks {
            controller: kind,
            disks,
            room: kind.room(),
        });
    }
    let ide = match kind {
        ControllerKind::Sata => 0,
        ControllerKind::Ide => kind.room() - disks,
        _ => ControllerKind::Ide.room(),
    };
    let sata = ControllerKind::Sata.room()
        - if kind == ControllerKind::Sata {
            disks
        } else {
            0
        };
    if isos > ide + sata {
        return Err(Contradiction::TooManyIsos {
            isos,
            room: ide + sata,
        });
    }
    let mut placement = Placement::default();
    for index in 0..disks {
        let slot = placement.slot(kind, index);
        placement.disks.push(slot);
    }
    for index in 0..isos {
        let (kind, index) = match (kind, index.checked_sub(ide)) {
            (ControllerKind::Ide, None) => (kind, disks + index),
            (_, None) => (ControllerKind::Ide, index),
            (ControllerKind::Sata, Some(index)) => (kind, disks + index),
            (_, Some(index)) => (ControllerKind::Sata, index),
        };
        let slot = placement.slot(kind, index);
        placement.isos.push(slot);
    }
    Ok(placement)
}

impl Placement {
    /// The place of device `index` among those on controllers of `kind`.
    fn slot(&mut self, kind: ControllerKind, index: usize) -> Slot {
        let (_, devices) = kind.capacity();
        let wanted = Controller {
            kind,
            bus: index / devices,
        };
        let known = self
            .controllers
            .iter()
            .position(|controller| *controller == wanted);
        let controller = known.unwrap_or_else(|| {
            self.controllers.push(wanted);
            self.controllers.len() - 1
        });
        Slot {
            controller,
            unit: kind.unit(index % devices),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::vm::{DiskImage, GuestOs, IsoImage};

    fn machine(controller: ControllerKind, disks: usize, isos: usize) -> Machine {
        let disk = DiskImage {
            href: String::new(),
            capacity: 1,
            file_size: 1,
            populated: 0,
        };
        let iso = IsoImage {
            href: String::new(),
            size: 1,
        };
        Machine {
            controller,
            disks: vec![disk; disks],
            isos: vec![iso; isos],
            ..Machine::new("m", GuestOs::default())
        }
    }

    fn controllers(placement: &Placement) -> Vec<(ControllerKind, usize)> {
        placement
            .controllers
            .iter()
            .map(|controller| (controller.kind, controller.bus))
            .collect()
    }

    #[test]
    fn the_adapter_keeps_its_own_address() {
        let placement = place(&machine(ControllerKind::Pvscsi, 16, 0)).expect("room");
        let units: Vec<usize> = placement.disks.iter().map(|slot| slot.unit).collect();
        assert_eq!(
            units,
            [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 0]
        );
        let buses = [(ControllerKind::Pvscsi, 0), (ControllerKind::Pvscsi, 1)];
        assert_eq!(controllers(&placement), buses);
    }

    #[test]
    fn a_cd_goes_on_ide_or_beside_sata_disks() {
        let scsi = place(&machine(ControllerKind::LsiLogic, 1, 1)).expect("room");
        assert_eq!(
            controllers(&scsi),
            [(ControllerKind::LsiLogic, 0), (ControllerKind::Ide, 0)]
        );
        let sata = place(&machine(ControllerKind::Sata, 1, 1)).expect("room");
        assert_eq!(
            sata.isos,
            [Slot {
                controller: 0,
                unit: 1
            }]
        );
        let ide = place(&machine(ControllerKind::Ide, 3, 2)).expect("room");
        assert_eq!(
            ide.isos,
            [
                Slot {
                    controller: 1,
                    unit: 1
                },
                Slot {
                    controller: 2,
                    unit: 0
                }
            ]
        );
        assert_eq!(
            ide.controllers[2],
            Controller {
                kind: ControllerKind::Sata,
                bus: 0
            }
        );
    }

    #[test]
    fn every_controller_fills_up_without_sharing_a_place() {
        for kind in ControllerKind::ALL {
            let room = kind.room();
            let placement = place(&machine(kind, room, 5)).map(|placement| placement.disks.len());
            match kind {
                ControllerKind::Sata => assert!(placement.is_err()),
                _ => assert_eq!(placement.expect("room"), room),
            }
            let full = place(&machine(kind, room, 0)).expect("room");
            let places: HashSet<_> = full
                .disks
                .iter()
                .map(|slot| (slot.controller, slot.unit))
                .collect();
            assert_eq!(places.len(), room, "{kind}");
            let error = place(&machine(kind, room + 1, 0)).expect_err("no room");
            assert!(matches!(error, Contradiction::TooManyDisks { .. }));
        }
    }
}
