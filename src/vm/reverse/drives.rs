//! Disks and drives.

use super::Work;
use super::devices::any;
use super::machine::settings;
use super::options::Device;
use super::storage::Storage;
use crate::envelope::cim::ResourceType;
use crate::envelope::resolve::{DriveKind, drive_kind};
use crate::envelope::{Capacity, HostResource, Item, cim, vmw};
use crate::vm::build::titles;
use crate::vm::definition::{Address, Brief, Definition, Disk, Drive, Size};
use crate::vm::piece::Piece;

/// Puts the disks and drives among `devices` into `definition`.
pub(super) fn drives(
    work: &mut Work<'_>,
    devices: &[Device],
    storage: &mut Storage,
    definition: &mut Definition,
) {
    for device in devices {
        let item = &device.item;
        let Some(kind) = drive_kind(item) else {
            continue;
        };
        let note = |storage: &mut Storage, list, index| {
            let piece = Piece::Device(list, index);
            storage.pieces.push((piece, item.instance_id.clone()));
        };
        if kind == DriveKind::Disk
            && let Some(disk) = disk(work, device, storage, definition.disks.len())
        {
            note(storage, "disks", definition.disks.len());
            definition.disks.push(Brief(disk));
        } else if kind == DriveKind::Cd
            && item.resource_type == Some(ResourceType::CD_DRIVE)
            && let Some(drive) = cdrom(work, device, storage, definition.cdroms.len())
        {
            note(storage, "cdroms", definition.cdroms.len());
            definition.cdroms.push(Brief(drive));
        } else if kind == DriveKind::Floppy
            && let Some(drive) = floppy(work, device, definition.floppies.len())
        {
            note(storage, "floppies", definition.floppies.len());
            definition.floppies.push(Brief(drive));
        } else {
            let at = storage.take(device);
            let made = any(work, device, at, definition.devices.len());
            note(storage, "devices", definition.devices.len());
            definition.devices.push(made);
        }
    }
}

/// The place of `device`. It is told if that is not quite the one it has.
fn place(work: &mut Work<'_>, storage: &mut Storage, device: &Device) -> Option<Address> {
    let place = storage.take(device);
    let name = device.item.name();
    match &place {
        None => work.lose(format!(
            "that `{name}` is on no controller: it is put on one"
        )),
        Some(place) if place.unit.is_none() => {
            work.lose(format!("the place of `{name}`: it gets one that is free"));
        }
        Some(_) => {}
    }
    place
}

/// What stands behind `item`.
fn resource(item: &Item) -> Option<HostResource> {
    item.host_resource
        .first()
        .and_then(|text| HostResource::parse(text))
}

/// The disk `device` is, number `index` of the machine; nothing if there is no disk in it. One
/// that is on no controller is put on one when it is packed.
fn disk(work: &mut Work<'_>, device: &Device, storage: &mut Storage, index: usize) -> Option<Disk> {
    let item = &device.item;
    let behind = match resource(item) {
        Some(HostResource::Disk(id)) => *work.disks.get(&*id)?,
        Some(HostResource::File(_)) => return None,
        // oVirt names a disk by the reference to its file.
        None => {
            let file = item.host_resource.first()?;
            let mut disks = work.envelope.disks();
            disks.find(|disk| disk.file_ref.as_ref() == Some(file))?
        }
    };
    let file_ref = behind.file_ref.as_deref().filter(|id| !id.is_empty());
    let file = match file_ref {
        Some(id) => {
            let by_href = || {
                work.envelope
                    .references
                    .files
                    .iter()
                    .find(|file| file.href == id)
            };
            Some(work.files.get(id).copied().or_else(by_href)?)
        }
        None => None,
    };
    let mut disk = Disk {
        title: title(item, &titles::disk(index)),
        required: (!item.required).then_some(false),
        configurations: device.options.clone().into(),
        ..Disk::default()
    };
    let id = behind.disk_id.clone();
    disk.id = Some(id.clone());
    if let Some(file) = file {
        let image = (work.path)(&file.href);
        work.said_files.insert(file.id.clone());
        disk.href = name_in_package(work, &image, &file.href);
        disk.image = Some(image);
    } else {
        if let Capacity::Property(key) = &behind.capacity {
            work.lose(format!(
                "that disk `{id}` is as large as the property `{key}` says"
            ));
        }
        let mut views = work.views.iter().flat_map(|view| &view.disks);
        let found = views.find(|view| view.id == id);
        disk.size = found.and_then(|view| view.capacity).map(Size);
        disk.size.filter(|size| size.0 > 0)?;
    }
    *work.users.entry(id).or_default() += 1;
    let mut left = Vec::new();
    for config in &item.configs {
        let plain = !config.required && config.extra.is_empty();
        match (&*config.key, &*config.value) {
            (vmw::DISK_SHARING, vmw::MULTI_WRITER) if plain => disk.shared = Some(true),
            (vmw::DISK_MODE, vmw::NONPERSISTENT) if plain => {
                disk.read_only = Some(true);
            }
            _ => left.push(config),
        }
    }
    disk.config = settings(work, left);
    disk.at = place(work, storage, device);
    Some(disk)
}

/// The name in the package of the disk image `image`, unless it is the usual one. A disk of
/// another format becomes a VMDK, and gets a name like one.
fn name_in_package(work: &mut Work<'_>, image: &str, href: &str) -> Option<String> {
    if let Some(known) = work.images.get(image) {
        return known.clone();
    }
    let usual = format!("{}-disk{}.vmdk", work.package, work.images.len() + 1);
    let name = if href.to_ascii_lowercase().ends_with(".vmdk") {
        Some(work.name_in_package(href)).filter(|name| *name != usual)
    } else {
        work.lose(format!(
            "the name of the file `{href}`: it is packed as `{usual}`, a VMDK"
        ));
        None
    };
    work.images.insert(image.to_owned(), name.clone());
    name
}

fn title(item: &Item, usual: &str) -> Option<String> {
    let name = item.name();
    (name != usual).then(|| name.to_owned())
}

/// The CD drive `device` is, number `index` of the machine; nothing if there is something else
/// in it than a file.
fn cdrom(
    work: &mut Work<'_>,
    device: &Device,
    storage: &mut Storage,
    index: usize,
) -> Option<Drive> {
    let mut drive = medium(work, device, [cim::CD_ISO, cim::CD_REMOTE])?;
    drive.at = place(work, storage, device);
    drive.title = title(&device.item, &titles::cdrom(index));
    Some(drive)
}

/// The floppy drive `device` is, number `index` of the machine; nothing if it is on a
/// controller, or not in the order of its number.
fn floppy(work: &mut Work<'_>, device: &Device, index: usize) -> Option<Drive> {
    let item = &device.item;
    if item.parent.is_some() || item.address_on_parent != Some(index.to_string()) {
        return None;
    }
    let mut drive = medium(work, device, [cim::FLOPPY_IMAGE, cim::FLOPPY_REMOTE])?;
    drive.title = title(item, &titles::floppy(index));
    Some(drive)
}

/// A drive with its medium, and its model unless it is the one of `usual` for an image or
/// without one.
fn medium(work: &mut Work<'_>, device: &Device, usual: [&str; 2]) -> Option<Drive> {
    let item = &device.item;
    let file = match (resource(item), item.host_resource.first()) {
        (Some(HostResource::File(id)), _) => Some(*work.files.get(&*id)?),
        (Some(HostResource::Disk(_)), _) => return None,
        (None, Some(text)) if !text.is_empty() => return None,
        (None, _) => None,
    };
    let image = file.map(|file| (work.path)(&file.href));
    let own = |name: &String| {
        let path = image.as_deref().unwrap_or_default();
        path.rsplit(['/', '\\']).next() == Some(name)
    };
    let href = file.map(|file| work.name_in_package(&file.href));
    let href = href.filter(|name| !own(name));
    if let Some(file) = file {
        work.said_files.insert(file.id.clone());
    }
    let usual = usual[usize::from(file.is_none())];
    let model = item
        .resource_sub_type
        .as_deref()
        .filter(|model| *model != usual);
    Some(Drive {
        href,
        subtype: model.map(str::to_owned),
        connected: item
            .automatic_allocation
            .filter(|connected| *connected != file.is_some()),
        required: item.required.then_some(true),
        configurations: device.options.clone().into(),
        config: settings(work, &item.configs),
        image,
        ..Drive::default()
    })
}
