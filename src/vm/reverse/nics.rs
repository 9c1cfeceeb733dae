//! Network adapters.

use super::Work;
use super::machine::{BootNames, settings};
use super::options::Device;
use crate::envelope::cim::ResourceType;
use crate::vm::NicModel;
use crate::vm::build::items::FIRST_NIC_ADDRESS;
use crate::vm::build::{At, Chosen, Problems, titles};
use crate::vm::definition::{Brief, Definition, Nic, Scalar};

/// Puts the network adapters among `devices` into `definition`.
pub(super) fn nics(
    work: &mut Work<'_>,
    devices: &[Device],
    boot: &mut BootNames,
    definition: &mut Definition,
) {
    let profile = work.profile.clone();
    let (usual, usual_nics) = {
        let chosen = Chosen::new(
            definition,
            At::default(),
            &profile,
            &mut Problems::default(),
        );
        (chosen.nic, chosen.nics.into_owned())
    };
    let mut nics = Vec::new();
    for device in devices {
        if device.item.resource_type == Some(ResourceType::ETHERNET_ADAPTER) {
            let nic = nic(work, device, nics.len(), usual);
            nics.push(Brief(nic));
            boot.push((
                device.item.instance_id.clone(),
                format!("nic{}", nics.len()),
            ));
        }
    }
    definition.nics = (nics != usual_nics).then_some(nics);
}

fn nic(work: &mut Work<'_>, device: &Device, index: usize, usual: NicModel) -> Nic {
    let item = &device.item;
    let written = item.resource_sub_type.as_deref().unwrap_or_default();
    let model = NicModel::ALL
        .into_iter()
        .find(|model| model.sub_type() == written);
    let address = item.address_on_parent.as_deref();
    let address = address.and_then(|address| address.trim().parse::<u32>().ok());
    let title = item.name();
    Nic {
        network: item.connection.clone().into(),
        model: model.filter(|model| *model != usual),
        subtype: model.is_none().then(|| written.to_owned()),
        mac: item.mac().map(Scalar),
        connected: item.automatic_allocation.filter(|connected| !connected),
        address: address
            .filter(|address| usize::try_from(*address) != Ok(FIRST_NIC_ADDRESS + index)),
        title: (title != titles::nic(index)).then(|| title.to_owned()),
        required: (!item.required).then_some(false),
        configurations: device.options.clone().into(),
        config: settings(work, &item.configs),
    }
}
