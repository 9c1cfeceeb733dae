//! The boot order, which 1.x leaves to vendors.

use crate::envelope::cim::ResourceType;
use crate::envelope::vmw::BootOrderSection;
use crate::envelope::{BootDeviceSection, Section};

use super::{Devices, Down, Fate, set_optional};

impl Down {
    /// VMware's way to say the boot order, one section for each device; none if no
    /// source of `boot` is a device.
    pub(super) fn boot_order(
        &mut self,
        boot: &BootDeviceSection,
        devices: &Devices,
    ) -> Vec<Section> {
        let (mut order, mut strange) = (Vec::new(), Vec::new());
        for source in boot.sources() {
            let id = source.instance_id.trim();
            match devices.get(id).and_then(|kind| boot_type(*kind)) {
                Some(kind) => order.push(boot_order(id, kind)),
                None => strange.push(id),
            }
        }
        if order.is_empty() {
            return order;
        }
        for id in strange {
            self.dropped(
                format!("`BootDeviceSection`: boot source {id:?}"),
                "it names no disk, CD drive or network adapter of the machine",
            );
        }
        self.tell(
            Fate::Changed,
            "`BootDeviceSection`",
            "OVF 1.x has no such section; the order of the devices is kept as \
             `vmw:BootOrderSection`, other boot settings are not",
        );
        order
    }
}

/// What VMware calls a device of this kind in a boot order.
fn boot_type(kind: Option<ResourceType>) -> Option<&'static str> {
    match kind? {
        ResourceType::DISK | ResourceType::STORAGE_EXTENT | ResourceType::LOGICAL_DISK => {
            Some("disk")
        }
        ResourceType::CD_DRIVE | ResourceType::DVD_DRIVE => Some("cdrom"),
        ResourceType::ETHERNET_ADAPTER | ResourceType::OTHER_NETWORK_ADAPTER => Some("net"),
        _ => None,
    }
}

/// A section of VMware's that says the machine boots from the device `id`.
fn boot_order(id: &str, kind: &str) -> Section {
    let mut section = BootOrderSection {
        info: Some("The boot order".into()),
        instance_id: Some(id.to_owned()),
        kind: Some(kind.to_owned()),
        ..BootOrderSection::default()
    };
    set_optional(&mut section.extra);
    Section::BootOrderSection(section)
}
