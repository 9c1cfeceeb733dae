//! Network adapters, and devices that are neither storage nor network.

use super::given::Given;
use super::hardware::Device;
use super::kind::Kind;
use super::model::{Compose, Settings};
use super::work::{CONNECTABLE, Work, at, over};
use crate::envelope::cim::ResourceType;
use crate::envelope::vmw;
use crate::vm::NicModel;
use crate::vm::definition::{AnyDevice, Brief, Nic, Scalar, Size, Usb, UsbModel, Video};

/// The settings the program makes for graphics cards.
const VIDEO: [(&str, &str); 4] = [
    ("useAutoDetect", "false"),
    (vmw::VIDEO_MEMORY, "4096"),
    (vmw::ACCELERATED, "false"),
    ("use3dRenderer", "automatic"),
];

/// Puts a network adapter into the definition.
pub(super) fn ethernet(work: &mut Work<'_>, device: &Device<'_>, file: &Compose) {
    let fields = device.fields;
    let number = work.definition.nics.as_ref().map_or(0, Vec::len);
    let to = at("nics").index(number);
    let network = network(work, device, file, number);
    let mut nic = Nic {
        network: network.into_iter().collect::<Vec<_>>().into(),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        ..Nic::default()
    };
    if let Some(given) = &fields.subtype {
        model(work, given, number, &mut nic);
    } else {
        let message = format!("{}: the key `subtype` is missing", device.from);
        work.wrong(&device.from, message, "name its model, such as `VmxNet3`");
    }
    if let Some(given) = &fields.connected {
        let connected = work.value(given, to.clone().key("connected"), true);
        nic.connected = Some(connected).filter(|on| !on || given.literal().is_none());
    }
    nic.mac = work
        .maybe(fields.address.as_ref(), to.clone().key("mac"))
        .map(Scalar);
    let made = [("wakeOnLanEnabled", "false"), CONNECTABLE];
    nic.config = work.settings(&made, fields.config.as_ref(), &to.key("config"));
    work.definition
        .nics
        .get_or_insert_default()
        .push(Brief(nic));
}

/// The name of the network the adapter `number` is on.
fn network(
    work: &mut Work<'_>,
    device: &Device<'_>,
    file: &Compose,
    number: usize,
) -> Option<String> {
    let Some(given) = &device.fields.network else {
        let message = format!("{}: the key `network` is missing", device.from);
        work.wrong(&device.from, message, "name one of `networks`");
        return None;
    };
    let from = device.from.clone().key("network");
    let id = work.known(given, &from)?;
    let Some(network) = file.networks.get(&id) else {
        let known: Vec<&str> = file.networks.keys().map(String::as_str).collect();
        let help = match &known[..] {
            [] => "describe it below `networks`".to_owned(),
            known => format!("known are: {}", known.join(", ")),
        };
        let message = format!("{from}: there is no network `{id}`");
        work.wrong(&from, message, &help);
        return None;
    };
    Some(work.text(&network.name, at("nics").index(number).key("network")))
}

/// Puts the model `given` into the adapter `number`, which is `nic`.
fn model(work: &mut Work<'_>, given: &Given<String>, number: usize, nic: &mut Nic) {
    let to = at("nics").index(number);
    let known = given.usual().map(|text| text.parse::<NicModel>());
    // What a parameter stands for is the standard's word for a model, too.
    match (known, given) {
        (Some(Ok(model)), Given::Value(_)) => nic.model = Some(model),
        _ => nic.subtype = Some(work.text(given, to.key("subtype"))),
    }
}

/// Puts a USB controller into the definition.
pub(super) fn usb(work: &mut Work<'_>, device: &Device<'_>, kind: Kind) {
    let to = at("usb").index(work.definition.usb.len());
    let (model, made): (_, &[_]) = match kind {
        Kind::Usb3 => (UsbModel::Xhci, &[]),
        _ => (UsbModel::Ehci, &[("ehciEnabled", "true")]),
    };
    let usb = Usb {
        model: Some(model),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.settings(made, device.fields.config.as_ref(), &to.key("config")),
        ..Usb::default()
    };
    work.definition.usb.push(usb);
}

/// Puts a graphics card into the definition, or a second one.
pub(super) fn video(work: &mut Work<'_>, device: &Device<'_>) {
    let mut all = over(&VIDEO, device.fields.config.as_ref());
    if work.definition.video.is_some() {
        let to = at("devices").index(work.definition.devices.len());
        let any = AnyDevice {
            resource_type: ResourceType::GRAPHICS_CONTROLLER.0,
            connected: Some(false),
            title: Some(device.name.to_owned()),
            configurations: device.options.clone().into(),
            config: work.write_settings(&all, &to.key("config")),
            ..AnyDevice::default()
        };
        work.definition.devices.push(any);
        return;
    }
    let memory: Option<u64> = literal(&mut all, vmw::VIDEO_MEMORY);
    let video = Video {
        memory: memory.map(|kib| Size(kib.saturating_mul(1 << 10))),
        displays: literal(&mut all, vmw::DISPLAYS),
        accelerated: literal(&mut all, vmw::ACCELERATED),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.write_settings(&all, &at("video").key("config")),
        ..Video::default()
    };
    work.definition.video = Some(video);
}

/// Takes the value of `key` out of `settings`, if it is one of its kind and no parameter.
fn literal<T: std::str::FromStr>(settings: &mut Settings, key: &str) -> Option<T> {
    let value = settings.get(key)?.as_ref()?.literal()?.parse().ok()?;
    settings.shift_remove(key);
    Some(value)
}

/// Puts VMware's interface between machines into the definition.
pub(super) fn vmci(work: &mut Work<'_>, device: &Device<'_>) {
    let to = at("devices").index(work.definition.devices.len());
    let any = AnyDevice {
        resource_type: ResourceType::OTHER.0,
        model: Some("vmware.vmci".to_owned()),
        title: Some(device.name.to_owned()),
        configurations: device.options.clone().into(),
        config: work.settings(&[], device.fields.config.as_ref(), &to.key("config")),
        ..AnyDevice::default()
    };
    work.definition.devices.push(any);
}
