//! Network adapters.

use super::Work;
use super::machine::settings;
use super::options::Device;
use crate::envelope::cim::ResourceType;
use crate::vm::NicModel;
use crate::vm::build::items::FIRST_NIC_ADDRESS;
use crate::vm::build::{At, Chosen, Problems, titles};
use crate::vm::definition::{Brief, Definition, Nic, Scalar};
use crate::vm::piece::{Piece, Pieces};

/// Puts the network adapters among `devices` into `definition`, and tells which is which.
pub(super) fn nics(work: &mut Work<'_>, devices: &[Device], definition: &mut Definition) -> Pieces {
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
    let mut pieces = Pieces::new();
    let mut nics = Vec::new();
    for device in devices {
        if device.item.resource_type == Some(ResourceType::ETHERNET_ADAPTER) {
            let nic = nic(work, device, nics.len(), usual);
            let piece = Piece::Device("nics", nics.len());
            pieces.push((piece, device.item.instance_id.clone()));
            nics.push(Brief(nic));
        }
    }
    definition.nics = (nics != usual_nics).then_some(nics);
    pieces
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
