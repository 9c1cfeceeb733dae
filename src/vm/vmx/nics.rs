//! Network adapters.

use super::machine::set;
use super::work::Work;
use crate::vm::build::items::FIRST_NIC_ADDRESS;
use crate::vm::build::{At, Chosen, Problems, is_mac};
use crate::vm::definition::{Brief, Definition, Nic};
use crate::vm::{NicModel, Profile};

/// The kinds of networks a host has of its own, which VMware's export of OVF names networks
/// after.
const OF_THE_HOST: [&str; 3] = ["bridged", "nat", "hostonly"];

/// Puts the network adapters into `definition`, and gives the number of each in the file.
pub(super) fn take(
    work: &mut Work<'_>,
    profile: &Profile,
    definition: &mut Definition,
) -> Vec<u32> {
    let (usual, usual_nics, is_wide) = {
        let problems = &mut Problems::default();
        let chosen = Chosen::new(definition, At::default(), profile, problems);
        let is_wide = chosen.os.description.contains("64-bit");
        (chosen.nic, chosen.nics.into_owned(), is_wide)
    };
    let mut nics: Vec<Brief<Nic>> = Vec::new();
    let mut numbers = Vec::new();
    for number in work.numbered("ethernet") {
        let device = format!("ethernet{number}");
        if !work.is_on(&format!("{device}.present")) {
            work.skip(&device);
            continue;
        }
        let mut nic = nic(work, &device, is_wide);
        nic.model = nic.model.filter(|model| *model != usual);
        let place = FIRST_NIC_ADDRESS + nics.len();
        let address = u32::try_from(FIRST_NIC_ADDRESS).unwrap_or(u32::MAX);
        let address = address.checked_add(number);
        nic.address = address.filter(|address| usize::try_from(*address) != Ok(place));
        nics.push(Brief(nic));
        numbers.push(number);
    }
    definition.nics = (nics != usual_nics).then_some(nics);
    numbers
}

fn nic(work: &mut Work<'_>, device: &str, is_wide: bool) -> Nic {
    let key = |name: &str| format!("{device}.{name}");
    let (model, subtype) = model(work, device, is_wide);
    let mut nic = Nic {
        network: vec![network(work, device)].into(),
        model,
        subtype,
        connected: work.truth(&key("startconnected")).filter(|on| !on),
        ..Nic::default()
    };
    // Those a host makes up are another one for every machine.
    let is_static = work
        .text(&key("addresstype"))
        .is_some_and(|kind| kind.eq_ignore_ascii_case("static"));
    if let Some(mac) = work.text(&key("address")).filter(|_| is_static) {
        if is_mac(mac) {
            nic.mac = Some(mac.into());
        } else {
            work.lose(&key("address"), "is no MAC address an adapter can have");
        }
    }
    if let Some(on) = work.truth(&key("wakeonpcktrcv")) {
        set(&mut nic.config, "wakeOnLanEnabled", &on.to_string());
    }
    if work.truth(&key("allowguestconnectioncontrol")) == Some(false) {
        set(&mut nic.config, "connectable.allowGuestControl", "false");
    }
    nic
}

/// The model of the adapter `device`, or else what a descriptor calls it.
fn model(work: &mut Work<'_>, device: &str, is_wide: bool) -> (Option<NicModel>, Option<String>) {
    let key = format!("{device}.virtualdev");
    let enhanced = work.number::<u32>(&format!("{device}.features")) == Some(15);
    let Some(name) = work.text(&key) else {
        let model = if is_wide {
            NicModel::E1000
        } else {
            NicModel::PcNet32
        };
        work.remark(format!(
            "the model of `{device}`, which the file leaves to VMware: it is taken for {model}"
        ));
        return (Some(model), None);
    };
    match name.to_ascii_lowercase().as_str() {
        "vlance" => (Some(NicModel::PcNet32), None),
        "vmxnet" if enhanced => (None, Some("Vmxnet2".to_owned())),
        "vmxnet" => (None, Some("Vmxnet".to_owned())),
        "vmxnet2" => (None, Some("Vmxnet2".to_owned())),
        other => {
            let model = other.parse::<NicModel>().ok();
            if model.is_none() {
                work.lose(
                    &key,
                    "is no network adapter; one the guest has a driver for is taken",
                );
            }
            (model, None)
        }
    }
}

/// The network the adapter `device` is on.
fn network(work: &mut Work<'_>, device: &str) -> String {
    let key = |name: &str| format!("{device}.{name}");
    let kind = work.text(&key("connectiontype"));
    let switch = work.text(&key("vnet"));
    if let Some(name) = work.text(&key("networkname")) {
        return name.to_owned();
    }
    for id in ["dvs.portgroupid", "opaquenetwork.id"] {
        if let Some(name) = work.text(&key(id)) {
            work.lose(&key(id), "the network has no name here but this one");
            return name.to_owned();
        }
    }
    let kind = kind.unwrap_or(OF_THE_HOST[0]);
    let known = OF_THE_HOST
        .iter()
        .find(|known| known.eq_ignore_ascii_case(kind));
    // A switch of the host is a name, or on Linux the path of a device.
    let switch = switch.and_then(|switch| switch.rsplit(['/', '\\']).next());
    match (known, switch) {
        (Some(known), _) => (*known).to_owned(),
        (None, Some(switch)) if !switch.is_empty() => switch.to_owned(),
        (None, _) => kind.to_owned(),
    }
}
