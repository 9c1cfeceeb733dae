//! The kinds of hardware such a file can have.

use super::model::Fields;
use crate::base::Result;
use crate::vm::build::Bus;
use crate::vm::text::choose;

/// A kind of hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Cpus,
    Memory,
    Controller(Bus),
    Disk,
    Cd,
    Floppy,
    Ethernet,
    Usb2,
    Usb3,
    Video,
    Vmci,
}

impl Kind {
    const NAMES: [(&'static str, Self); 14] = [
        ("cpus", Self::Cpus),
        ("memory", Self::Memory),
        ("scsi_controller", Self::Controller(Bus::Scsi)),
        ("sata_controller", Self::Controller(Bus::Sata)),
        ("nvme_controller", Self::Controller(Bus::Nvme)),
        ("ide_controller", Self::Controller(Bus::Ide)),
        ("hard_disk", Self::Disk),
        ("cd_drive", Self::Cd),
        ("floppy", Self::Floppy),
        ("ethernet", Self::Ethernet),
        ("usb_controller", Self::Usb2),
        ("usb3_controller", Self::Usb3),
        ("video_card", Self::Video),
        ("vmci", Self::Vmci),
    ];

    /// The kind of the device `name` that says it is a `written`. Two names stand for what
    /// they are.
    pub(super) fn of(name: &str, written: &str) -> Result<Self> {
        match name {
            "cpus" => Ok(Self::Cpus),
            "memory" => Ok(Self::Memory),
            _ => choose("kind of hardware", written, &Self::NAMES),
        }
    }

    /// The keys that mean something for it, besides those of all.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Cpus => &["number"],
            Self::Memory => &["size"],
            Self::Controller(Bus::Scsi) => &["subtype"],
            Self::Disk => &[
                "parent",
                "disk_image",
                "raw_image",
                "disk_capacity",
                "units",
                "disk_id",
                "file_id",
                "sector_size",
            ],
            Self::Cd => &["parent", "image", "file_id", "connected"],
            Self::Floppy => &["image", "file_id", "connected"],
            Self::Ethernet => &["subtype", "network", "connected", "address"],
            Self::Controller(_) | Self::Usb2 | Self::Usb3 | Self::Video | Self::Vmci => &[],
        }
    }

    /// The keys of `fields` that mean nothing for it.
    pub(super) fn unused(self, fields: &Fields) -> Vec<&'static str> {
        let there = [
            ("number", fields.number.is_some()),
            ("size", fields.size.is_some()),
            ("subtype", fields.subtype.is_some()),
            ("parent", fields.parent.is_some()),
            ("image", fields.image.is_some()),
            ("disk_image", fields.disk_image.is_some()),
            ("raw_image", fields.raw_image.is_some()),
            ("disk_capacity", fields.disk_capacity.is_some()),
            ("units", fields.units.is_some()),
            ("disk_id", fields.disk_id.is_some()),
            ("file_id", fields.file_id.is_some()),
            ("sector_size", fields.sector_size.is_some()),
            ("connected", fields.connected.is_some()),
            ("network", fields.network.is_some()),
            ("address", fields.address.is_some()),
        ];
        let used = self.keys();
        let unused = there
            .into_iter()
            .filter(|(key, there)| *there && !used.contains(key));
        unused.map(|(key, _)| key).collect()
    }
}
