//! Disks and drives.

use super::hardware::{Controllers, Device};
use super::model::Fields;
use super::work::{CONNECTABLE, Work, at};
use crate::data::Path;
use crate::vm::definition::{Address, Brief, Disk, Drive};

/// The units a capacity can be written in. A package is read the same with any.
const UNITS: [&str; 9] = [
    "byte",
    "KB",
    "MB",
    "GB",
    "TB",
    "byte * 2^10",
    "byte * 2^20",
    "byte * 2^30",
    "byte * 2^40",
];
/// The setting for how a disk shows its sectors.
const SECTORS: &str = "virtualDiskFormat";

/// The place of `device`: the next on the controller it names.
fn place(
    work: &mut Work<'_>,
    device: &Device<'_>,
    controllers: &mut Controllers<'_>,
) -> Option<Address> {
    let Some(given) = &device.fields.parent else {
        let message = format!("{}: the key `parent` is missing", device.from);
        work.wrong(&device.from, message, "name the controller it is on");
        return None;
    };
    let from = device.from.clone().key("parent");
    let parent = work.known(given, &from)?;
    let Some(slots) = controllers.get_mut(&*parent) else {
        let mut known: Vec<&str> = controllers.keys().copied().collect();
        known.sort_unstable();
        let help = match &known[..] {
            [] => "describe one below `hardware`, such as `type: scsi_controller`".to_owned(),
            known => format!("known are: {}", known.join(", ")),
        };
        let message = format!("{from}: there is no controller `{parent}`");
        work.wrong(&from, message, &help);
        return None;
    };
    let wanted = slots.next;
    // The adapter itself is counted in ova-compose.
    let unit = if slots.bus.own() == Some(wanted) {
        wanted + 1
    } else {
        wanted
    };
    slots.next = unit + 1;
    let address = Address {
        controller: format!("{}{}", slots.bus.name(), slots.number),
        unit: Some(unit),
    };
    if unit != wanted {
        work.lose(format!(
            "place {wanted} of `{}`, which is the controller's own: it gets {address}",
            device.from
        ));
    }
    Some(address)
}

/// Puts a disk into the definition.
pub(super) fn disk(work: &mut Work<'_>, device: &Device<'_>, controllers: &mut Controllers<'_>) {
    let fields = device.fields;
    let to = at("disks").index(work.definition.disks.len());
    let at = place(work, device, controllers);
    let image = image(work, device, &to);
    let mut size = None;
    if image.is_none() {
        let from = device.from.clone().key("disk_capacity");
        if let Some(given) = &fields.disk_capacity {
            size = Some(work.mebibytes(given, &from, to.clone().key("size")));
        } else {
            let message = format!("{}: there is nothing in the disk", device.from);
            let help = "name a `disk_image` or a `raw_image`, or give a `disk_capacity` in MiB";
            work.wrong(&device.from, message, help);
        }
    }
    units(work, device);
    file_id(work, device);
    let made = sectors(work, device);
    let made: Vec<(&str, &str)> = made.map(|made| (SECTORS, made)).into_iter().collect();
    let disk = Disk {
        image,
        size,
        at,
        id: work.maybe(fields.disk_id.as_ref(), to.clone().key("id")),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.settings(&made, fields.config.as_ref(), &to.key("config")),
        ..Disk::default()
    };
    work.definition.disks.push(Brief(disk));
}

/// The image of a disk that goes to `to`. A raw one is what the other is made of, if it is
/// there.
fn image(work: &mut Work<'_>, device: &Device<'_>, to: &Path) -> Option<String> {
    let Fields {
        raw_image,
        disk_image,
        disk_capacity,
        ..
    } = device.fields;
    let given = match (raw_image, disk_image) {
        (Some(raw), Some(disk)) => {
            let there = raw.literal().is_none_or(|path| (work.around.exists)(path));
            let (taken, left) = if there {
                (raw, "disk_image")
            } else {
                (disk, "raw_image")
            };
            let left = device.from.clone().key(left);
            work.lose(format!("`{left}`: the disk is made of the other image"));
            taken
        }
        (Some(image), None) | (None, Some(image)) => image,
        (None, None) => return None,
    };
    if disk_capacity.is_some() {
        let from = device.from.clone().key("disk_capacity");
        work.lose(format!("`{from}`: the image has a size"));
    }
    Some(work.path(given, to.clone().key("image")))
}

fn units(work: &mut Work<'_>, device: &Device<'_>) {
    let known = |units: &String| UNITS.contains(&&**units);
    let usual = device.fields.units.as_ref().and_then(|given| given.usual());
    if usual.is_some_and(|units| !known(units)) {
        let from = device.from.clone().key("units");
        let message = format!("{from}: there are no such units");
        work.wrong(&from, message, &format!("known are: {}", UNITS.join(", ")));
    }
}

fn file_id(work: &mut Work<'_>, device: &Device<'_>) {
    if device.fields.file_id.is_some() {
        let from = device.from.clone().key("file_id");
        work.lose(format!("`{from}`: files are numbered when they are packed"));
    }
}

/// What the setting for the size of its sectors is.
fn sectors(work: &mut Work<'_>, device: &Device<'_>) -> Option<&'static str> {
    let from = device.from.clone().key("sector_size");
    match work.known(device.fields.sector_size.as_ref()?, &from)? {
        512 => Some("native_512"),
        4096 => {
            work.lose(format!(
                "`{from}`: the setting is there, but the image is written with sectors of 512 bytes"
            ));
            Some("native_4k")
        }
        size => {
            let message = format!("{from}: no disk has sectors of {size} bytes");
            work.wrong(&from, message, "write 512 or 4096");
            None
        }
    }
}

/// Puts a CD drive into the definition.
pub(super) fn cd(work: &mut Work<'_>, device: &Device<'_>, controllers: &mut Controllers<'_>) {
    let to = at("cdroms").index(work.definition.cdroms.len());
    let at = place(work, device, controllers);
    let drive = Drive {
        at,
        ..drive(work, device, &to)
    };
    work.definition.cdroms.push(Brief(drive));
}

/// Puts a floppy drive into the definition.
pub(super) fn floppy(work: &mut Work<'_>, device: &Device<'_>) {
    let to = at("floppies").index(work.definition.floppies.len());
    let drive = drive(work, device, &to);
    work.definition.floppies.push(Brief(drive));
}

fn drive(work: &mut Work<'_>, device: &Device<'_>, to: &Path) -> Drive {
    let fields = device.fields;
    let image = fields.image.as_ref();
    let image = image.map(|given| work.path(given, to.clone().key("image")));
    let connected = match &fields.connected {
        Some(given) => Some(work.value(given, to.clone().key("connected"), false)),
        // Such a drive is not, even with an image in it.
        None => image.is_some().then_some(false),
    };
    file_id(work, device);
    Drive {
        image,
        connected,
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.settings(
            &[CONNECTABLE],
            fields.config.as_ref(),
            &to.clone().key("config"),
        ),
        ..Drive::default()
    }
}
