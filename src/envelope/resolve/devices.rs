//! Devices by what they hang on.

use std::collections::HashMap;

use super::Resolver;
use super::view::{Controller, ControllerKind, Drive, DriveKind, Nic, OtherDevice};
use crate::envelope::cim::{self, ResourceType};
use crate::envelope::{Disk, HostResource, Item};

/// The devices of a machine.
#[derive(Default)]
pub(super) struct Devices {
    pub(super) controllers: Vec<Controller>,
    pub(super) unattached: Vec<Drive>,
    pub(super) nics: Vec<Nic>,
    pub(super) others: Vec<OtherDevice>,
}

/// Arranges `items`: drives on their controllers in the order of their addresses.
pub(super) fn arrange(resolver: &Resolver<'_>, items: &[Item]) -> Devices {
    let mut devices = Devices::default();
    for item in items {
        match (controller_kind(item), item.resource_type) {
            (Some(kind), _) => devices.controllers.push(Controller {
                kind,
                model: model(item),
                id: item.instance_id.clone(),
                name: item.name().to_owned(),
                bus: number(item.address.as_deref()),
                required: item.required,
                drives: Vec::new(),
            }),
            (None, Some(ResourceType::PROCESSOR | ResourceType::MEMORY)) => {}
            (None, Some(ResourceType::ETHERNET_ADAPTER)) => devices.nics.push(nic(item)),
            (None, _) if drive_kind(item).is_some() => {}
            _ => devices.others.push(other(item)),
        }
    }
    let mut places = HashMap::new();
    for (place, controller) in devices.controllers.iter().enumerate() {
        let id = controller.id.trim().to_owned();
        places.entry(id).or_insert(place);
    }
    for item in items {
        let Some(kind) = drive_kind(item) else {
            continue;
        };
        let drive = drive(resolver, item, kind);
        let parent = item.parent.as_deref().map(str::trim);
        match parent.and_then(|parent| places.get(parent)) {
            Some(&place) => devices.controllers[place].drives.push(drive),
            None => devices.unattached.push(drive),
        }
    }
    for controller in &mut devices.controllers {
        controller.drives.sort_by_key(|drive| drive.address);
    }
    devices
}

/// The kind of controller `item` is, if it is one.
pub fn controller_kind(item: &Item) -> Option<ControllerKind> {
    let model = lower_model(item);
    Some(match item.resource_type? {
        ResourceType::IDE_CONTROLLER => ControllerKind::Ide,
        ResourceType::SCSI_CONTROLLER => ControllerKind::Scsi,
        ResourceType::OTHER_STORAGE if is_monitor(item) => return None,
        ResourceType::OTHER_STORAGE if model.contains("nvme") => ControllerKind::Nvme,
        ResourceType::OTHER_STORAGE if model.contains("nvdimm.controller") => {
            ControllerKind::Nvdimm
        }
        ResourceType::OTHER_STORAGE if is_nvdimm(item) => return None,
        ResourceType::OTHER_STORAGE if model.contains("virtio") => ControllerKind::Scsi,
        ResourceType::OTHER_STORAGE => ControllerKind::Sata,
        kind if kind.is_controller() => ControllerKind::Other,
        _ => return None,
    })
}

/// Whether the item is a module of persistent memory, to which VMware gives the number
/// of its controller.
fn is_nvdimm(item: &Item) -> bool {
    let model = lower_model(item);
    model.contains("nvdimm") && !model.contains("nvdimm.controller")
}

/// Whether the item is what oVirt says is one for video, of which the number of its
/// kind stands for storage in CIM.
fn is_monitor(item: &Item) -> bool {
    let mut kept = item.extra.elements.iter();
    kept.any(|child| child.name.local == "Type" && child.text() == "video")
}

/// The kind of drive `item` is, if it is one.
pub fn drive_kind(item: &Item) -> Option<DriveKind> {
    match item.resource_type? {
        ResourceType::DISK => Some(DriveKind::Disk),
        ResourceType::OTHER_STORAGE if is_nvdimm(item) => Some(DriveKind::Nvdimm),
        ResourceType::CD_DRIVE | ResourceType::DVD_DRIVE => Some(DriveKind::Cd),
        ResourceType::FLOPPY_DRIVE => Some(DriveKind::Floppy),
        _ => None,
    }
}

fn drive(resolver: &Resolver<'_>, item: &Item, kind: DriveKind) -> Drive {
    let resource = item.host_resource.first();
    let disk = resource.and_then(|text| resolver.disk_behind(text));
    let file = match resource.and_then(|text| HostResource::parse(text)) {
        Some(HostResource::File(id)) => resolver.index.file(&id),
        _ => disk.and_then(|disk| resolver.file_of(disk)),
    };
    Drive {
        kind,
        name: item.name().to_owned(),
        address: number(item.address_on_parent.as_deref()),
        disk: disk.map(|disk| resolver.copies.copy(&disk.disk_id)),
        file: file.map(|file| resolver.copies.copy(&file.href)),
        capacity: disk.and_then(|disk| resolver.capacity(disk)),
        required: item.required,
    }
}

impl<'e> Resolver<'e> {
    /// The disk a host resource names. oVirt names it by the reference to its file.
    fn disk_behind(&self, resource: &str) -> Option<&'e Disk> {
        match HostResource::parse(resource) {
            Some(HostResource::Disk(id)) => self.index.disk(&id),
            Some(HostResource::File(_)) => None,
            None => self.index.disk_of_file(resource),
        }
    }
}

fn nic(item: &Item) -> Nic {
    Nic {
        name: item.name().to_owned(),
        model: model(item),
        networks: item.connection.clone(),
        mac: item.mac(),
        connected: item.automatic_allocation,
        required: item.required,
    }
}

fn other(item: &Item) -> OtherDevice {
    OtherDevice {
        resource_type: item.resource_type.map(|kind| kind.0),
        kind: item
            .resource_type
            .and_then(ResourceType::name)
            .map(str::to_owned),
        model: model(item),
        name: item.name().to_owned(),
        required: item.required,
    }
}

/// The model, which is the first of several.
fn model(item: &Item) -> Option<String> {
    let listed = item.resource_sub_type.as_deref()?;
    cim::preferences(listed).next().map(str::to_owned)
}

/// The model in small letters; readers compare without regard to case.
fn lower_model(item: &Item) -> String {
    model(item).unwrap_or_default().to_ascii_lowercase()
}

fn number(text: Option<&str>) -> Option<u64> {
    text?.trim().parse().ok()
}
