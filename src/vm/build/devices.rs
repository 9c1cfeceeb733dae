//! Devices that are neither storage nor network.

use super::decide::Chosen;
use super::items::Items;
use crate::envelope::Item;
use crate::envelope::cim::ResourceType;
use crate::envelope::vmw::{self, Config};
use crate::vm::definition::device::Device;
use crate::vm::definition::{
    AnyDevice, Pci, PciKind, Port, PortBacking, Sound, SoundModel, Usb, UsbModel, Video,
};
use crate::vm::piece::Piece;

/// VMware's model of a trusted platform module.
pub(in crate::vm) const TPM: &str = "vmware.vtpm";

/// Adds the devices to `list`. `attach` gives a device of any kind, by its number, its place.
pub(super) fn add(list: &mut Items, chosen: &Chosen<'_>, attach: &dyn Fn(Item, usize) -> Item) {
    let definition = chosen.definition;
    for (index, usb) in definition.usb.iter().enumerate() {
        let piece = Piece::Device("usb", index);
        list.add_device(piece, usb.common(), false, |id| {
            usb_controller(index, usb, id)
        });
    }
    if let Some(video) = &definition.video {
        let piece = Piece::Device("video", 0);
        list.add_device(piece, video.common(), false, |id| graphics(video, id));
    }
    if let Some(sound) = &definition.sound {
        let piece = Piece::Device("sound", 0);
        list.add_device(piece, sound.common(), false, |id| sound_card(sound, id));
    }
    for (index, port) in definition.serial_ports.iter().enumerate() {
        let piece = Piece::Device("serial-ports", index);
        list.add_device(piece, port.common(), false, |id| {
            let title = format!("Serial port {}", index + 1);
            self::port(
                port,
                "vmware.serialport",
                ResourceType::SERIAL_PORT,
                title,
                id,
            )
        });
    }
    for (index, port) in definition.parallel_ports.iter().enumerate() {
        let piece = Piece::Device("parallel-ports", index);
        list.add_device(piece, port.common(), false, |id| {
            let title = format!("Parallel port {}", index + 1);
            self::port(
                port,
                "vmware.parallelport",
                ResourceType::PARALLEL_PORT,
                title,
                id,
            )
        });
    }
    for (index, pci) in definition.pci.iter().enumerate() {
        let piece = Piece::Device("pci", index);
        list.add_device(piece, pci.common(), true, |id| pci_device(index, pci, id));
    }
    if definition.tpm == Some(true) {
        list.add(Piece::Device("tpm", 0), tpm);
    }
    for (index, device) in definition.devices.iter().enumerate() {
        let piece = Piece::Device("devices", index);
        list.add_device(piece, device.common(), false, |id| {
            attach(any(index, device, id), index)
        });
    }
}

/// A trusted platform module.
pub(in crate::vm) fn tpm(id: String) -> Item {
    Item {
        required: false,
        automatic_allocation: Some(false),
        resource_sub_type: Some(TPM.to_owned()),
        ..Item::new(
            id,
            ResourceType::OTHER,
            "Trusted platform module".to_owned(),
        )
    }
}

pub(in crate::vm) fn usb_controller(index: usize, usb: &Usb, id: String) -> Item {
    let (model, title) = match usb.model {
        Some(UsbModel::Ehci) => ("vmware.usb.ehci", "USB 2 controller"),
        Some(UsbModel::Xhci) | None => ("vmware.usb.xhci", "USB 3 controller"),
    };
    Item {
        address: Some(index.to_string()),
        resource_sub_type: Some(model.to_owned()),
        ..Item::new(id, ResourceType::USB_CONTROLLER, title.to_owned())
    }
}

pub(in crate::vm) fn graphics(video: &Video, id: String) -> Item {
    let memory = video.memory.map(|memory| (memory.0 >> 10).to_string());
    let settings = [
        (vmw::VIDEO_MEMORY, memory),
        (
            vmw::DISPLAYS,
            video.displays.map(|number| number.to_string()),
        ),
        (vmw::ACCELERATED, video.accelerated.map(|on| on.to_string())),
    ];
    let settings = settings
        .into_iter()
        .filter_map(|(key, value)| Some(Config::optional(key, value?)));
    Item {
        automatic_allocation: Some(false),
        configs: settings.collect(),
        ..Item::new(
            id,
            ResourceType::GRAPHICS_CONTROLLER,
            "Graphics card".to_owned(),
        )
    }
}

pub(in crate::vm) fn sound_card(sound: &Sound, id: String) -> Item {
    let model = match sound.model {
        Some(SoundModel::Sb16) => "vmware.soundcard.sb16",
        Some(SoundModel::Ensoniq1371) => "vmware.soundcard.ensoniq1371",
        Some(SoundModel::Hdaudio) | None => "vmware.soundcard.hdaudio",
    };
    Item {
        automatic_allocation: Some(false),
        resource_sub_type: Some(model.to_owned()),
        ..Item::new(id, ResourceType::OTHER, "Sound card".to_owned())
    }
}

pub(in crate::vm) fn port(
    port: &Port,
    family: &str,
    kind: ResourceType,
    title: String,
    id: String,
) -> Item {
    let backing = port.backing.map(|backing| match backing {
        PortBacking::Device => "device",
        PortBacking::File => "file",
        PortBacking::Pipe => "pipe",
        PortBacking::Uri => "uri",
        PortBacking::Thinprint => "thinprint",
    });
    Item {
        automatic_allocation: Some(port.connected.unwrap_or(false)),
        resource_sub_type: backing.map(|backing| format!("{family}.{backing}")),
        ..Item::new(id, kind, title)
    }
}

pub(in crate::vm) fn pci_device(index: usize, pci: &Pci, id: String) -> Item {
    let model = match pci.kind {
        Some(PciKind::Passthrough) | None => "vmware.pci.passthrough",
        Some(PciKind::PassthroughAh) => "vmware.pci.passthrough-ah",
        Some(PciKind::Dvx) => "vmware.pci.passthrough-dvx",
        Some(PciKind::Vmiop) => "vmware.pci.passthrough-vmiop",
    };
    Item {
        automatic_allocation: Some(false),
        resource_sub_type: Some(model.to_owned()),
        ..Item::new(id, ResourceType::OTHER, format!("PCI device {}", index + 1))
    }
}

pub(in crate::vm) fn any(index: usize, device: &AnyDevice, id: String) -> Item {
    let kind = ResourceType(device.resource_type);
    let title = kind.name().unwrap_or("Device");
    Item {
        address: device.address.as_ref().map(|address| address.0.clone()),
        allocation_units: device.units.clone(),
        automatic_allocation: device.connected,
        description: device.description.clone(),
        host_resource: device.host_resource.iter().cloned().collect(),
        resource_sub_type: device.model.clone(),
        virtual_quantity: device.quantity,
        ..Item::new(id, kind, format!("{title} {}", index + 1))
    }
}
