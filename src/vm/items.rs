//! The devices of a machine, as items of the hardware section.

use crate::envelope::Item;
use crate::envelope::cim::{self, ResourceType};

use super::build::{disk_id, file_id};
use super::place::{Controller, Placement, Slot};
use super::{ControllerKind, Machine, Nic};

/// The first address on the (unnamed) bus of network adapters, as VMware counts.
const FIRST_NIC_ADDRESS: usize = 7;

/// The devices of `machine`, controllers before what hangs on them. Readers take
/// disks in this order as the order to start from.
pub(super) fn items(machine: &Machine, placement: &Placement) -> Vec<Item> {
    let mut list = List::default();
    list.add(|id| processor(machine, id));
    list.add(|id| memory(machine, id));
    let controllers: Vec<String> = placement
        .controllers
        .iter()
        .map(|one| list.add(|id| controller(*one, id)))
        .collect();
    for (index, slot) in placement.disks.iter().enumerate() {
        list.add(|id| disk(index, *slot, &controllers, id));
    }
    for (index, slot) in placement.isos.iter().enumerate() {
        list.add(|id| cd(index, machine.disks.len(), *slot, &controllers, id));
    }
    for (index, nic) in machine.nics.iter().enumerate() {
        list.add(|id| ethernet(index, nic, id));
    }
    list.items
}

/// Items numbered from 1 as they are added.
#[derive(Default)]
struct List {
    items: Vec<Item>,
}

impl List {
    /// Adds what `make` makes of the next `InstanceID`, and returns that.
    fn add(&mut self, make: impl FnOnce(String) -> Item) -> String {
        let id = (self.items.len() + 1).to_string();
        self.items.push(make(id.clone()));
        id
    }
}

fn processor(machine: &Machine, id: String) -> Item {
    let item = Item {
        allocation_units: Some(cim::MEGAHERTZ.to_owned()),
        description: Some("Number of virtual CPUs".to_owned()),
        virtual_quantity: Some(machine.cpus.into()),
        ..Item::new(
            id,
            ResourceType::PROCESSOR,
            format!("{} virtual CPU(s)", machine.cpus),
        )
    };
    match machine.cores_per_socket {
        Some(cores) => item.with_cores_per_socket(cores),
        None => item,
    }
}

fn memory(machine: &Machine, id: String) -> Item {
    let mebibytes = machine.memory >> 20;
    Item {
        allocation_units: Some(cim::MEBIBYTES.to_owned()),
        description: Some("Memory size".to_owned()),
        virtual_quantity: Some(mebibytes),
        ..Item::new(
            id,
            ResourceType::MEMORY,
            format!("{mebibytes} MiB of memory"),
        )
    }
}

fn controller(controller: Controller, id: String) -> Item {
    let (resource_type, sub_type, title) = match controller.kind {
        ControllerKind::LsiLogic => scsi(cim::LSI_LOGIC),
        ControllerKind::LsiLogicSas => scsi(cim::LSI_LOGIC_SAS),
        ControllerKind::Pvscsi => scsi(cim::PARAVIRTUAL),
        ControllerKind::BusLogic => scsi(cim::BUS_LOGIC),
        ControllerKind::Sata => (ResourceType::OTHER_STORAGE, Some(cim::SATA_AHCI), "SATA"),
        ControllerKind::Nvme => (ResourceType::OTHER_STORAGE, Some(cim::NVME), "NVMe"),
        // Readers disagree about the models of IDE, and all know it without one.
        ControllerKind::Ide => (ResourceType::IDE_CONTROLLER, None, "IDE"),
    };
    Item {
        address: Some(controller.bus.to_string()),
        description: Some(format!("{title} controller")),
        resource_sub_type: sub_type.map(str::to_owned),
        ..Item::new(
            id,
            resource_type,
            format!("{title} controller {}", controller.bus),
        )
    }
}

/// A SCSI controller of the model `sub_type`.
fn scsi(sub_type: &'static str) -> (ResourceType, Option<&'static str>, &'static str) {
    (ResourceType::SCSI_CONTROLLER, Some(sub_type), "SCSI")
}

fn disk(index: usize, slot: Slot, controllers: &[String], id: String) -> Item {
    Item {
        address_on_parent: Some(slot.unit.to_string()),
        host_resource: vec![format!("ovf:/disk/{}", disk_id(index))],
        parent: controllers.get(slot.controller).cloned(),
        ..Item::new(id, ResourceType::DISK, format!("Hard disk {}", index + 1))
    }
}

/// A CD drive with an image in it. A platform without one may go without.
fn cd(index: usize, disks: usize, slot: Slot, controllers: &[String], id: String) -> Item {
    Item {
        required: false,
        address_on_parent: Some(slot.unit.to_string()),
        automatic_allocation: Some(true),
        host_resource: vec![format!("ovf:/file/{}", file_id(disks + index))],
        parent: controllers.get(slot.controller).cloned(),
        resource_sub_type: Some(cim::CD_ISO.to_owned()),
        ..Item::new(
            id,
            ResourceType::CD_DRIVE,
            format!("CD drive {}", index + 1),
        )
    }
}

fn ethernet(index: usize, nic: &Nic, id: String) -> Item {
    Item {
        address_on_parent: Some((FIRST_NIC_ADDRESS + index).to_string()),
        automatic_allocation: Some(true),
        connection: vec![nic.network.clone()],
        description: Some(format!(
            "{} network adapter on \"{}\"",
            nic.model.sub_type(),
            nic.network
        )),
        resource_sub_type: Some(nic.model.sub_type().to_owned()),
        ..Item::new(
            id,
            ResourceType::ETHERNET_ADAPTER,
            format!("Network adapter {}", index + 1),
        )
    }
}
