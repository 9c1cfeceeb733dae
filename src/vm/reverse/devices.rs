//! Devices that are neither storage nor network.

use super::Work;
use super::machine::{is_device, settings};
use super::options::Device;
use crate::envelope::cim::ResourceType;
use crate::envelope::resolve::{controller_kind, drive_kind};
use crate::envelope::vmw::{self, Config};
use crate::envelope::{HostResource, Item};
use crate::vm::build::devices as made;
use crate::vm::definition::{
    Address, AnyDevice, Definition, Pci, PciKind, Port, PortBacking, Scalar, Size, Sound,
    SoundModel, Usb, UsbModel, Video,
};
use crate::vm::piece::{Piece, Pieces};

/// Puts the devices among `devices` that are neither storage nor network into `definition`, and
/// tells which is which.
pub(super) fn others(
    work: &mut Work<'_>,
    devices: &[Device],
    definition: &mut Definition,
) -> Pieces {
    let mut pieces = Pieces::new();
    for device in devices {
        let item = &device.item;
        let kind = item.resource_type;
        let known = kind == Some(ResourceType::ETHERNET_ADAPTER)
            || controller_kind(item).is_some()
            || drive_kind(item).is_some()
            || !is_device(kind);
        if known {
            continue;
        }
        let by_its_key = by_its_key(work, device, definition);
        let (list, index) = by_its_key.unwrap_or_else(|| {
            let index = definition.devices.len();
            let made = any(work, device, None, index);
            definition.devices.push(made);
            ("devices", index)
        });
        pieces.push((Piece::Device(list, index), item.instance_id.clone()));
    }
    pieces
}

/// A key of definitions, and the index of a device under it.
type Under = (&'static str, usize);

/// Puts `device` where definitions have a key for its kind, if they have one.
fn by_its_key(work: &mut Work<'_>, device: &Device, definition: &mut Definition) -> Option<Under> {
    match device.item.resource_type? {
        ResourceType::USB_CONTROLLER => usb(work, device, definition),
        ResourceType::GRAPHICS_CONTROLLER => video(work, device, definition),
        ResourceType::SERIAL_PORT => port(work, device, "Serial port", definition),
        ResourceType::PARALLEL_PORT => port(work, device, "Parallel port", definition),
        ResourceType::OTHER => {
            let made = tpm(device, definition).or_else(|| sound(work, device, definition));
            made.or_else(|| pci(work, device, definition))
        }
        _ => None,
    }
}

/// Puts what all devices have into a device of a definition. `$usual` is the item it would
/// become without.
macro_rules! with_common {
    ($work:expr, $device:expr, $made:expr, $usual:expr) => {
        with_common!($work, $device, $made, $usual, &$device.item.configs)
    };
    ($work:expr, $device:expr, $made:expr, $usual:expr, $configs:expr) => {{
        let (item, usual) = (&$device.item, $usual);
        let title = item.name();
        $made.title = (title != usual.element_name).then(|| title.to_owned());
        $made.configurations = $device.options.clone().into();
        $made.config = settings($work, $configs);
    }};
}

/// Whether `item` is what `usual` is, but for what can be said of any device, and what is up
/// to the platform.
fn like(item: &Item, usual: &Item) -> bool {
    let model = |item: &Item| item.resource_sub_type.clone().unwrap_or_default();
    model(item) == model(usual) && item.host_resource.is_empty() && item.parent.is_none()
}

fn usb(work: &mut Work<'_>, device: &Device, definition: &mut Definition) -> Option<Under> {
    let index = definition.usb.len();
    for model in [UsbModel::Xhci, UsbModel::Ehci] {
        let mut usb = Usb {
            model: Some(model),
            required: device.item.required.then_some(true),
            ..Usb::default()
        };
        let usual = made::usb_controller(index, &usb, String::new());
        if like(&device.item, &usual) {
            with_common!(work, device, usb, usual);
            definition.usb.push(usb);
            return Some(("usb", index));
        }
    }
    None
}

fn video(work: &mut Work<'_>, device: &Device, definition: &mut Definition) -> Option<Under> {
    let mut video = Video {
        required: device.item.required.then_some(true),
        ..Video::default()
    };
    let usual = made::graphics(&video, String::new());
    if definition.video.is_some() || !like(&device.item, &usual) {
        return None;
    }
    let mut left: Vec<&Config> = Vec::new();
    for config in &device.item.configs {
        let plain = !config.required && config.extra.is_empty();
        match &*config.key {
            vmw::VIDEO_MEMORY if plain && is_number(&config.value) => {
                let memory = config.value.parse::<u64>().ok();
                video.memory = memory
                    .and_then(|memory| memory.checked_mul(1 << 10))
                    .map(Size);
            }
            vmw::DISPLAYS if plain && is_number(&config.value) => {
                video.displays = config.value.parse().ok();
            }
            vmw::ACCELERATED if plain && matches!(&*config.value, "true" | "false") => {
                video.accelerated = config.value.parse().ok();
            }
            _ => left.push(config),
        }
    }
    with_common!(work, device, video, usual, left);
    definition.video = Some(video);
    Some(("video", 0))
}

/// Whether `text` is a number that is written again in the same way.
fn is_number(text: &str) -> bool {
    text.parse::<u32>()
        .is_ok_and(|number| number.to_string() == text)
}

fn port(
    work: &mut Work<'_>,
    device: &Device,
    title: &str,
    definition: &mut Definition,
) -> Option<Under> {
    let serial = device.item.resource_type == Some(ResourceType::SERIAL_PORT);
    let (list, key, family) = if serial {
        let list = &mut definition.serial_ports;
        (list, "serial-ports", "vmware.serialport")
    } else {
        let list = &mut definition.parallel_ports;
        (list, "parallel-ports", "vmware.parallelport")
    };
    let title = format!("{title} {}", list.len() + 1);
    let backings = [
        None,
        Some(PortBacking::Device),
        Some(PortBacking::File),
        Some(PortBacking::Pipe),
        Some(PortBacking::Uri),
        Some(PortBacking::Thinprint),
    ];
    for backing in backings {
        let mut port = Port {
            backing,
            connected: device
                .item
                .automatic_allocation
                .filter(|connected| *connected),
            required: device.item.required.then_some(true),
            ..Port::default()
        };
        let kind = device.item.resource_type.unwrap_or(ResourceType::OTHER);
        let usual = made::port(&port, family, kind, title.clone(), String::new());
        if like(&device.item, &usual) {
            with_common!(work, device, port, usual);
            list.push(port);
            return Some((key, list.len() - 1));
        }
    }
    None
}

fn tpm(device: &Device, definition: &mut Definition) -> Option<Under> {
    let item = &device.item;
    let usual = made::tpm(String::new());
    let is_it = like(item, &usual)
        && item.name() == usual.element_name
        && item.required == usual.required
        && item.configs.is_empty()
        && device.options.is_empty()
        && definition.tpm.is_none();
    is_it.then(|| {
        definition.tpm = Some(true);
        ("tpm", 0)
    })
}

fn sound(work: &mut Work<'_>, device: &Device, definition: &mut Definition) -> Option<Under> {
    for model in [
        SoundModel::Hdaudio,
        SoundModel::Ensoniq1371,
        SoundModel::Sb16,
    ] {
        let mut sound = Sound {
            model: Some(model),
            required: device.item.required.then_some(true),
            ..Sound::default()
        };
        let usual = made::sound_card(&sound, String::new());
        if definition.sound.is_none() && like(&device.item, &usual) {
            with_common!(work, device, sound, usual);
            definition.sound = Some(sound);
            return Some(("sound", 0));
        }
    }
    None
}

fn pci(work: &mut Work<'_>, device: &Device, definition: &mut Definition) -> Option<Under> {
    let index = definition.pci.len();
    let kinds = [
        PciKind::Passthrough,
        PciKind::PassthroughAh,
        PciKind::Dvx,
        PciKind::Vmiop,
    ];
    for kind in kinds {
        let mut pci = Pci {
            kind: Some(kind),
            required: (!device.item.required).then_some(false),
            ..Pci::default()
        };
        let usual = made::pci_device(index, &pci, String::new());
        if like(&device.item, &usual) {
            with_common!(work, device, pci, usual);
            definition.pci.push(pci);
            return Some(("pci", index));
        }
    }
    None
}

/// `device`, number `index` of those of any kind, in the words of the standard.
pub(super) fn any(
    work: &mut Work<'_>,
    device: &Device,
    at: Option<Address>,
    index: usize,
) -> AnyDevice {
    let item = &device.item;
    if let Some(HostResource::File(id)) = item
        .host_resource
        .first()
        .and_then(|text| HostResource::parse(text))
    {
        work.named_files.insert(id);
    }
    if item.host_resource.len() > 1 {
        work.lose(format!("what else is behind `{}`", item.name()));
    }
    if !item.connection.is_empty() {
        work.lose(format!("the networks of `{}`", item.name()));
    }
    if item.resource_type.is_none() {
        work.lose(format!("that no kind is given for `{}`", item.name()));
    }
    let mut any = AnyDevice {
        resource_type: item.resource_type.unwrap_or(ResourceType::OTHER).0,
        model: item.resource_sub_type.clone(),
        description: item.description.clone(),
        address: item.address.clone().map(Scalar),
        at,
        connected: item.automatic_allocation,
        quantity: item.virtual_quantity,
        units: item.allocation_units.clone(),
        host_resource: item.host_resource.first().cloned(),
        required: item.required.then_some(true),
        ..AnyDevice::default()
    };
    let usual = made::any(index, &any, String::new());
    with_common!(work, device, any, usual);
    any
}
