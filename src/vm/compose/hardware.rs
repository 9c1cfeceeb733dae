//! The devices: what each is, what they hang on, and in which deployment options they are.

use std::collections::HashMap;

use super::kind::Kind;
use super::model::{Compose, Fields, Item};
use super::sizes::{self, options};
use super::work::{Work, at};
use super::{drives, others};
use crate::base::{Error, Result};
use crate::data::Path;
use crate::vm::ControllerKind;
use crate::vm::build::Bus;
use crate::vm::definition::{Brief, Controller};

/// A device on its way.
pub(super) struct Device<'f> {
    pub(super) name: &'f str,
    pub(super) fields: &'f Fields,
    /// Where it is written.
    pub(super) from: Path,
    /// The deployment options it is for.
    pub(super) options: Vec<String>,
}

/// A controller, and the place the next device on it gets.
pub(super) struct Slots {
    pub(super) bus: Bus,
    pub(super) number: u32,
    pub(super) next: u32,
}

/// The controllers by their names.
pub(super) type Controllers<'f> = HashMap<&'f str, Slots>;

/// Puts the devices of `file` into the definition.
pub(super) fn hardware(work: &mut Work<'_>, file: &Compose) {
    // Without adapters there are none; a definition would make one.
    work.definition.nics = Some(Vec::new());
    let nothing = Fields::default();
    let mut devices = Vec::new();
    for (name, item) in &file.hardware.items {
        let from = at("hardware").key(name);
        let Some(kind) = kind(work, name, item, &from) else {
            continue;
        };
        match kind {
            Kind::Cpus => sizes::cpus(work, name, item),
            Kind::Memory => sizes::memory(work, name, item),
            _ => {}
        }
        let fields = match item {
            Item::Number(_) => &nothing,
            Item::Fields(fields) => fields,
        };
        for key in kind.unused(fields) {
            let key = from.clone().key(key);
            work.lose(format!("`{key}`: such a device has no use for it"));
        }
        if !matches!(kind, Kind::Cpus | Kind::Memory) {
            let device = Device {
                name,
                fields,
                options: options(work, fields, &from),
                from,
            };
            devices.push((kind, device));
        }
    }
    // What hangs on a controller may stand in front of it.
    let mut controllers = Controllers::new();
    for (kind, device) in &devices {
        if let Kind::Controller(bus) = kind {
            controller(work, device, *bus, &mut controllers);
        }
    }
    for (kind, device) in &devices {
        match kind {
            Kind::Disk => drives::disk(work, device, &mut controllers),
            Kind::Cd => drives::cd(work, device, &mut controllers),
            Kind::Floppy => drives::floppy(work, device),
            Kind::Ethernet => others::ethernet(work, device, file),
            Kind::Usb2 | Kind::Usb3 => others::usb(work, device, *kind),
            Kind::Video => others::video(work, device),
            Kind::Vmci => others::vmci(work, device),
            Kind::Controller(_) | Kind::Cpus | Kind::Memory => {}
        }
    }
}

/// What the device `item`, named `name`, is.
fn kind(work: &mut Work<'_>, name: &str, item: &Item, from: &Path) -> Option<Kind> {
    let written = match item {
        Item::Number(_) => None,
        Item::Fields(fields) => fields.kind.as_ref(),
    };
    let from_kind = from.clone().key("type");
    let written = match written {
        Some(given) => Some(work.known(given, &from_kind)?),
        None => None,
    };
    // Two names need no type.
    let known = Kind::of(name, written.as_deref().unwrap_or_default());
    if written.is_none() && known.is_err() {
        let message = format!("{from}: the key `type` is missing");
        work.wrong(from, message, "say what it is, such as `type: hard_disk`");
        return None;
    }
    work.check(&from_kind, known)
}

fn controller<'f>(
    work: &mut Work<'_>,
    device: &Device<'f>,
    bus: Bus,
    controllers: &mut Controllers<'f>,
) {
    let number = controllers.values().filter(|one| one.bus == bus).count();
    let number = u32::try_from(number).unwrap_or(u32::MAX);
    let to = at("controllers").index(work.definition.controllers.len());
    let kind = match bus {
        Bus::Scsi => {
            let from = device.from.clone().key("subtype");
            match &device.fields.subtype {
                Some(given) => {
                    let to = to.clone().key("type");
                    let text = work.value(given, to, "pvscsi".to_owned());
                    work.check(&from, scsi(&text))
                }
                None => Some(ControllerKind::Pvscsi),
            }
        }
        Bus::Sata => Some(ControllerKind::Sata),
        Bus::Nvme => Some(ControllerKind::Nvme),
        Bus::Ide => Some(ControllerKind::Ide),
    };
    let controller = Controller {
        kind,
        bus: Some(number),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.settings(&[], device.fields.config.as_ref(), &to.key("config")),
        ..Controller::default()
    };
    work.definition.controllers.push(Brief(controller));
    let slots = Slots {
        bus,
        number,
        next: 0,
    };
    controllers.insert(device.name, slots);
}

/// The SCSI controller `text` names; others of the same bus are taken as well.
fn scsi(text: &str) -> Result<ControllerKind> {
    let kind: ControllerKind = text.parse()?;
    if kind.bus() == Bus::Scsi {
        return Ok(kind);
    }
    let error = Error::usage(format!("`{text}` is no model of a SCSI controller"));
    Err(error.help("write `VirtualSCSI` or `lsilogic`"))
}
