//! Devices that are neither storage nor network.

use super::machine::set;
use super::work::Work;
use crate::base::units::KIB;
use crate::vm::definition::{
    Definition, Pci, PciKind, Port, PortBacking, Size, Sound, SoundModel, Usb, UsbModel, Video,
};

/// What VMware's settings call the parts of a PCI device's address.
const PCI: [(&str, &str); 4] = [
    ("id", "backing.id"),
    ("deviceid", "backing.deviceId"),
    ("vendorid", "backing.vendorId"),
    ("systemid", "backing.systemId"),
];

/// Puts the devices into `definition`.
pub(super) fn take(work: &mut Work<'_>, definition: &mut Definition) {
    definition.serial_ports = ports(work, "serial");
    definition.parallel_ports = ports(work, "parallel");
    usb(work, definition);
    definition.sound = sound(work);
    definition.video = video(work);
    definition.pci = pci(work);
}

/// The ports of a `kind`.
fn ports(work: &mut Work<'_>, kind: &str) -> Vec<Port> {
    let mut ports = Vec::new();
    for number in work.numbered(kind) {
        let device = format!("{kind}{number}");
        if !work.is_on(&format!("{device}.present")) {
            work.skip(&device);
            continue;
        }
        ports.push(port(work, &device, kind == "parallel"));
    }
    ports
}

fn port(work: &mut Work<'_>, device: &str, parallel: bool) -> Port {
    let key = |name: &str| format!("{device}.{name}");
    let kind = key("filetype");
    // Without a word about it, a port is one of the host.
    let named = work
        .text(&kind)
        .map_or("device".to_owned(), str::to_ascii_lowercase);
    let backing = match &*named {
        "device" => Some(PortBacking::Device),
        "file" => Some(PortBacking::File),
        "pipe" if !parallel => Some(PortBacking::Pipe),
        "network" if !parallel => Some(PortBacking::Uri),
        "thinprint" if !parallel => Some(PortBacking::Thinprint),
        _ => {
            work.lose(&kind, "leads nowhere such a port can lead");
            None
        }
    };
    let mut port = Port {
        backing,
        connected: (work.truth(&key("startconnected")) != Some(false)).then_some(true),
        ..Port::default()
    };
    let yields = ["yieldonmsrread", "yieldonpoll"];
    if yields.iter().any(|name| work.is_on(&key(name))) {
        set(&mut port.config, "yieldOnPoll", "true");
    }
    let auto = work.is_on(&key("autodetect"));
    let name = work.text(&key("filename"));
    let host = matches!(backing, Some(PortBacking::Device | PortBacking::Thinprint));
    if name.is_some() && !auto && !host {
        work.lose(
            &key("filename"),
            "where a port leads is told when the machine is deployed",
        );
    }
    for name in [
        "pipe.endpoint",
        "network.endpoint",
        "vspc",
        "trynorxloss",
        "bidirectional",
    ] {
        // Part of where it leads, which is told already.
        work.entry(&key(name));
    }
    port
}

fn usb(work: &mut Work<'_>, definition: &mut Definition) {
    let old = work.is_on("usb.present");
    let ehci = work.is_on("ehci.present");
    if old || ehci {
        let mut usb = Usb {
            model: Some(UsbModel::Ehci),
            ..Usb::default()
        };
        if !ehci {
            set(&mut usb.config, "ehciEnabled", "false");
        }
        definition.usb.push(usb);
    }
    if work.is_on("usb_xhci.present") {
        definition.usb.push(Usb {
            model: Some(UsbModel::Xhci),
            ..Usb::default()
        });
    }
}

fn sound(work: &mut Work<'_>) -> Option<Sound> {
    if !work.is_on("sound.present") {
        work.skip("sound");
        return None;
    }
    let name = work.text("sound.virtualdev").map(str::to_ascii_lowercase);
    let model = match name.as_deref() {
        None | Some("es1371") => SoundModel::Ensoniq1371,
        Some("hdaudio") => SoundModel::Hdaudio,
        Some("sb16") => SoundModel::Sb16,
        Some(_) => {
            work.lose("sound.virtualdev", "is no sound card");
            work.skip("sound");
            return None;
        }
    };
    // What of the host plays it is the host's affair.
    work.skip("sound");
    Some(Sound {
        model: Some(model),
        ..Sound::default()
    })
}

fn video(work: &mut Work<'_>) -> Option<Video> {
    let auto = work.truth("svga.autodetect") == Some(true);
    let memory = work.number::<u64>("svga.vramsize").filter(|_| !auto);
    let displays = work.number::<u32>("svga.numdisplays").filter(|_| !auto);
    let accelerated = work.truth("mks.enable3d").filter(|on| *on);
    let even = memory.filter(|memory| memory.is_multiple_of(KIB) && *memory > 0);
    if memory.is_some() && even.is_none() {
        work.lose("svga.vramsize", "is no number of whole KiB");
    }
    let video = Video {
        memory: even.map(Size),
        displays: displays.filter(|displays| *displays > 0),
        accelerated,
        ..Video::default()
    };
    (video != Video::default()).then_some(video)
}

fn pci(work: &mut Work<'_>) -> Vec<Pci> {
    let mut devices = Vec::new();
    for number in work.numbered("pcipassthru") {
        let device = format!("pcipassthru{number}");
        let key = |name: &str| format!("{device}.{name}");
        if !work.is_on(&key("present")) {
            work.skip(&device);
            continue;
        }
        let graphics = work.text(&key("vgpu"));
        let mut pci = Pci {
            kind: Some(match graphics {
                Some(_) => PciKind::Vmiop,
                None => PciKind::Passthrough,
            }),
            ..Pci::default()
        };
        if let Some(profile) = graphics {
            set(&mut pci.config, "backing.vgpu", profile);
        }
        for (name, setting) in PCI {
            if let Some(value) = work.text(&key(name)) {
                set(&mut pci.config, setting, value);
            }
        }
        devices.push(pci);
    }
    devices
}
