//! The devices of a machine, as items of the hardware section.

use super::decide::Chosen;
use super::files::Files;
use super::place::{Placed, Placement, Slot};
use crate::envelope::Item;
use crate::envelope::cim::{self, ResourceType};
use crate::envelope::vmw::{self, Config};
use crate::vm::ControllerKind;
use crate::vm::definition::device::{Common, Device};
use crate::vm::definition::{Drive, Nic, Settings, Size};
use crate::vm::piece::{Piece, Pieces};

use super::{devices, titles};

/// The first address on the (unnamed) bus of network adapters, as VMware counts.
pub(in crate::vm) const FIRST_NIC_ADDRESS: usize = 7;

/// The items of a machine, and which of them is which.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The items, controllers before what hangs on them.
    pub(super) list: Vec<Item>,
    /// What of the definition each is.
    pub(super) pieces: Pieces,
    /// How many numbers were given.
    numbers: usize,
}

impl Items {
    /// The next `InstanceID`, which is that of `piece`.
    fn number(&mut self, piece: Piece) -> String {
        self.numbers += 1;
        let id = self.numbers.to_string();
        self.pieces.push((piece, id.clone()));
        id
    }

    /// Adds what `make` makes of the next `InstanceID`.
    pub(super) fn add(&mut self, piece: Piece, make: impl FnOnce(String) -> Item) {
        let id = self.number(piece);
        self.list.push(make(id));
    }

    /// Adds a device: once, or once for each of its deployment options, since readers compare
    /// the name of the option with the whole attribute.
    pub(super) fn add_device(
        &mut self,
        piece: Piece,
        common: Common<'_>,
        required: bool,
        make: impl FnOnce(String) -> Item,
    ) -> String {
        let id = self.number(piece);
        let mut item = make(id.clone());
        item.required = common.required.unwrap_or(required);
        if let Some(title) = common.title {
            title.clone_into(&mut item.element_name);
        }
        item.configs.extend(settings(common.config));
        self.add_for(item, common.configurations);
        id
    }

    /// Adds `item` once for each of `options`, or once if there are none.
    fn add_for(&mut self, item: Item, options: &[String]) {
        if options.is_empty() {
            self.list.push(item);
            return;
        }
        self.list.extend(options.iter().map(|option| Item {
            configuration: Some(option.clone()),
            ..item.clone()
        }));
    }
}

/// Settings as a descriptor writes them.
pub(super) fn settings(settings: &Settings) -> impl Iterator<Item = Config> {
    settings.iter().map(|(key, setting)| Config {
        required: setting.required,
        ..Config::optional(key, setting.value.0.clone())
    })
}

/// The devices of the machine. Readers take disks in this order as the order to start from.
pub(super) fn items(
    chosen: &Chosen<'_>,
    placement: &Placement<'_>,
    files: &Files,
    options: &[&str],
) -> Items {
    let mut list = Items::default();
    processor(&mut list, chosen, options);
    memory(&mut list, chosen, options);
    let controllers: Vec<String> = placement
        .controllers
        .iter()
        .map(|placed| controller(&mut list, placed))
        .collect();
    let definition = chosen.definition;
    for (index, disk) in definition.disks.iter().enumerate() {
        let piece = Piece::Device("disks", index);
        list.add_device(piece, disk.common(), true, |id| {
            let mut item = Item {
                host_resource: files.disk_resource(&chosen.at, index).into_iter().collect(),
                ..Item::new(id, ResourceType::DISK, titles::disk(index))
            };
            if disk.shared == Some(true) {
                item.configs
                    .push(Config::optional(vmw::DISK_SHARING, vmw::MULTI_WRITER));
            }
            if disk.read_only == Some(true) {
                // Nobody has a disk that cannot be written; this one forgets what is.
                item.configs
                    .push(Config::optional(vmw::DISK_MODE, vmw::NONPERSISTENT));
            }
            attach(
                item,
                placement.disks.get(index).copied().flatten(),
                &controllers,
            )
        });
    }
    for (index, drive) in definition.cdroms.iter().enumerate() {
        let resource = files.drive_resource(&chosen.at, "cdroms", index);
        let piece = Piece::Device("cdroms", index);
        list.add_device(piece, drive.common(), false, |id| {
            let item = cdrom(index, drive, resource, id);
            attach(
                item,
                placement.cdroms.get(index).copied().flatten(),
                &controllers,
            )
        });
    }
    for (index, drive) in definition.floppies.iter().enumerate() {
        let resource = files.drive_resource(&chosen.at, "floppies", index);
        let piece = Piece::Device("floppies", index);
        list.add_device(piece, drive.common(), false, |id| {
            floppy(index, drive, resource, id)
        });
    }
    for (index, nic) in chosen.nics.iter().enumerate() {
        let piece = Piece::Device("nics", index);
        list.add_device(piece, nic.common(), true, |id| {
            ethernet(chosen, index, nic, id)
        });
    }
    devices::add(&mut list, chosen, &|item, index| {
        attach(
            item,
            placement.devices.get(index).copied().flatten(),
            &controllers,
        )
    });
    list
}

/// `item` in its place.
fn attach(item: Item, slot: Option<Slot>, controllers: &[String]) -> Item {
    let Some(slot) = slot else {
        return item;
    };
    Item {
        address_on_parent: Some(slot.unit.to_string()),
        parent: controllers.get(slot.controller).cloned(),
        ..item
    }
}

/// The quantities that differ between deployment options: one item if none does, else one
/// for each option.
fn sized<T: PartialEq>(
    list: &mut Items,
    piece: Piece,
    options: &[&str],
    value: impl Fn(Option<&str>) -> T,
    make: impl Fn(String, &T) -> Vec<Item>,
) {
    let id = list.number(piece);
    let usual = value(None);
    if options.iter().all(|option| value(Some(option)) == usual) {
        list.list.extend(make(id, &usual));
        return;
    }
    for option in options {
        let items = make(id.clone(), &value(Some(option)));
        list.list.extend(items.into_iter().map(|item| Item {
            configuration: Some((*option).to_owned()),
            ..item
        }));
    }
}

/// `item`, and the bounds of its quantity (DSP0243 1.1 §8.4).
fn with_bounds(item: Item, min: Option<u64>, max: Option<u64>) -> Vec<Item> {
    let bounds = [("min", min), ("max", max)];
    let bounded = bounds.into_iter().filter_map(|(bound, quantity)| {
        Some(Item {
            bound: Some(bound.to_owned()),
            virtual_quantity: Some(quantity?),
            ..item.clone()
        })
    });
    let bounded: Vec<Item> = bounded.collect();
    std::iter::once(item).chain(bounded).collect()
}

fn processor(list: &mut Items, chosen: &Chosen<'_>, options: &[&str]) {
    let value = |option: Option<&str>| {
        let cpus = chosen.definition.cpus_in(option);
        (cpus.count.unwrap_or(chosen.cpus), cpus)
    };
    sized(list, Piece::Cpus, options, value, |id, (count, cpus)| {
        let item = Item {
            allocation_units: Some(cim::MEGAHERTZ.to_owned()),
            description: Some("Number of virtual CPUs".to_owned()),
            virtual_quantity: Some((*count).into()),
            reservation: cpus.reservation,
            limit: cpus.limit,
            weight: cpus.shares,
            ..Item::new(
                id,
                ResourceType::PROCESSOR,
                format!("{count} virtual CPU(s)"),
            )
        };
        let item = match cpus.cores_per_socket {
            Some(cores) => item.with_cores_per_socket(cores),
            None => item,
        };
        with_bounds(item, cpus.min.map(u64::from), cpus.max.map(u64::from))
    });
}

fn memory(list: &mut Items, chosen: &Chosen<'_>, options: &[&str]) {
    let value = |option: Option<&str>| {
        let memory = chosen.definition.memory_in(option);
        (memory.size.map_or(chosen.memory, |size| size.0), memory)
    };
    sized(list, Piece::Memory, options, value, |id, (size, memory)| {
        let mebibytes = |size: Size| size.0 >> 20;
        let quantity = size >> 20;
        let item = Item {
            allocation_units: Some(cim::MEBIBYTES.to_owned()),
            description: Some("Memory size".to_owned()),
            virtual_quantity: Some(quantity),
            reservation: memory.reservation.map(mebibytes),
            limit: memory.limit.map(mebibytes),
            weight: memory.shares,
            ..Item::new(
                id,
                ResourceType::MEMORY,
                format!("{quantity} MiB of memory"),
            )
        };
        with_bounds(item, memory.min.map(mebibytes), memory.max.map(mebibytes))
    });
}

fn controller(list: &mut Items, placed: &Placed<'_>) -> String {
    let (resource_type, usual) = model_of(placed.kind);
    let declared = placed.declared;
    let own_model = declared.and_then(|declared| declared.subtype.clone());
    let number = declared.and_then(|declared| declared.resource_type);
    let nothing = Settings::default();
    let common = declared.map_or(
        Common {
            title: None,
            required: None,
            configurations: &[],
            config: &nothing,
        },
        Device::common,
    );
    list.add_device(Piece::Controller(placed.name()), common, true, |id| Item {
        address: Some(placed.number.to_string()),
        description: Some(format!(
            "{} controller",
            titles::controller_word(placed.kind)
        )),
        resource_sub_type: model(own_model, usual),
        ..Item::new(
            id,
            number.map_or(resource_type, ResourceType),
            titles::controller(placed.kind, placed.number),
        )
    })
}

/// What a descriptor calls a controller of `kind`.
pub(in crate::vm) fn model_of(
    kind: Option<ControllerKind>,
) -> (ResourceType, Option<&'static str>) {
    let scsi = |model| (ResourceType::SCSI_CONTROLLER, Some(model));
    match kind {
        Some(ControllerKind::LsiLogic) => scsi(cim::LSI_LOGIC),
        Some(ControllerKind::LsiLogicSas) => scsi(cim::LSI_LOGIC_SAS),
        Some(ControllerKind::Pvscsi) => scsi(cim::PARAVIRTUAL),
        Some(ControllerKind::BusLogic) => scsi(cim::BUS_LOGIC),
        Some(ControllerKind::Sata) => (ResourceType::OTHER_STORAGE, Some(cim::SATA_AHCI)),
        Some(ControllerKind::Nvme) => (ResourceType::OTHER_STORAGE, Some(cim::NVME)),
        // Readers disagree about the models of IDE, and all know it without one.
        Some(ControllerKind::Ide) => (ResourceType::IDE_CONTROLLER, None),
        None => (ResourceType::OTHER_STORAGE, None),
    }
}

/// The model a definition asks for, or else the `usual` one; none if it asks for an empty one.
fn model(asked: Option<String>, usual: Option<&str>) -> Option<String> {
    let model = asked.or_else(|| usual.map(str::to_owned));
    model.filter(|model| !model.is_empty())
}

/// A CD drive. A platform without one may go without.
fn cdrom(index: usize, drive: &Drive, resource: Option<String>, id: String) -> Item {
    let model = match resource {
        Some(_) => cim::CD_ISO,
        None => cim::CD_REMOTE,
    };
    Item {
        automatic_allocation: Some(drive.connected.unwrap_or(resource.is_some())),
        host_resource: resource.into_iter().collect(),
        resource_sub_type: self::model(drive.subtype.clone(), Some(model)),
        ..Item::new(id, ResourceType::CD_DRIVE, titles::cdrom(index))
    }
}

fn floppy(index: usize, drive: &Drive, resource: Option<String>, id: String) -> Item {
    let model = match resource {
        Some(_) => cim::FLOPPY_IMAGE,
        None => cim::FLOPPY_REMOTE,
    };
    Item {
        address_on_parent: Some(index.to_string()),
        automatic_allocation: Some(drive.connected.unwrap_or(resource.is_some())),
        host_resource: resource.into_iter().collect(),
        resource_sub_type: self::model(drive.subtype.clone(), Some(model)),
        ..Item::new(id, ResourceType::FLOPPY_DRIVE, titles::floppy(index))
    }
}

fn ethernet(chosen: &Chosen<'_>, index: usize, nic: &Nic, id: String) -> Item {
    let model = nic.model.unwrap_or(chosen.nic).sub_type();
    let model = nic.subtype.as_deref().unwrap_or(model);
    let place = nic.address.map(|address| address.to_string());
    let mac = nic.fixed_mac();
    let network = nic.network.first().map_or("", String::as_str);
    Item {
        address: mac.map(str::to_owned),
        address_on_parent: Some(place.unwrap_or_else(|| (FIRST_NIC_ADDRESS + index).to_string())),
        automatic_allocation: Some(nic.connected.unwrap_or(true)),
        connection: nic.network.0.clone(),
        description: Some(format!("{model} network adapter on \"{network}\"")),
        resource_sub_type: Some(model.to_owned()).filter(|model| !model.is_empty()),
        ..Item::new(id, ResourceType::ETHERNET_ADAPTER, titles::nic(index))
    }
}
