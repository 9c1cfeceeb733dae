//! What devices are called where the definition gives them no title.

use crate::vm::ControllerKind;

/// The kind of a controller, in words.
pub(in crate::vm) fn controller_word(kind: Option<ControllerKind>) -> &'static str {
    match kind {
        Some(
            ControllerKind::LsiLogic
            | ControllerKind::LsiLogicSas
            | ControllerKind::Pvscsi
            | ControllerKind::BusLogic,
        ) => "SCSI",
        Some(ControllerKind::Sata) => "SATA",
        Some(ControllerKind::Nvme) => "NVMe",
        Some(ControllerKind::Ide) => "IDE",
        None => "Storage",
    }
}

/// A controller with its number.
pub(in crate::vm) fn controller(kind: Option<ControllerKind>, number: u32) -> String {
    format!("{} controller {number}", controller_word(kind))
}

/// Hard disk `index` of a machine, from 0.
pub(in crate::vm) fn disk(index: usize) -> String {
    format!("Hard disk {}", index + 1)
}

/// CD drive `index` of a machine, from 0.
pub(in crate::vm) fn cdrom(index: usize) -> String {
    format!("CD drive {}", index + 1)
}

/// Floppy drive `index` of a machine, from 0.
pub(in crate::vm) fn floppy(index: usize) -> String {
    format!("Floppy drive {}", index + 1)
}

/// Network adapter `index` of a machine, from 0.
pub(in crate::vm) fn nic(index: usize) -> String {
    format!("Network adapter {}", index + 1)
}

/// What a network is, of which nothing else is said.
pub(in crate::vm) fn network(name: &str) -> String {
    format!("The {name} network")
}
