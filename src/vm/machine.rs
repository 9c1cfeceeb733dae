//! The machine a user asks for.

use std::fmt;
use std::str::FromStr;

use crate::base::{Error, Result};

use super::text::choose;
use super::{GuestOs, HardwareVersion};

/// A virtual machine in a user's words.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its name; files are named after it too.
    pub name: String,
    /// The guest operating system.
    pub os: GuestOs,
    /// The number of virtual CPUs.
    pub cpus: u32,
    /// How many CPUs make a socket; the platform decides if not given.
    pub cores_per_socket: Option<u32>,
    /// Memory in bytes, a multiple of 4 MiB.
    pub memory: u64,
    /// What starts the guest.
    pub firmware: Firmware,
    /// Whether the firmware starts signed boot loaders only; needs [`Firmware::Efi`].
    pub secure_boot: bool,
    /// The generation of virtual hardware.
    pub hardware: HardwareVersion,
    /// The controller the disks hang on.
    pub controller: ControllerKind,
    /// Network adapters, in the guest's order.
    pub nics: Vec<Nic>,
    /// Disks, the one to start from first.
    pub disks: Vec<DiskImage>,
    /// CD drives with an image in each.
    pub isos: Vec<IsoImage>,
    /// The name of the product.
    pub product: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// The version of the product.
    pub version: Option<String>,
    /// A note shown with the machine.
    pub annotation: Option<String>,
    /// The text of a licence to accept.
    pub eula: Option<String>,
    /// Keys and default values of what can be set in the guest.
    pub properties: Vec<(String, String)>,
}

/// A network adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nic {
    /// The model the guest sees.
    pub model: NicModel,
    /// The logical network it is on.
    pub network: String,
}

/// A disk as it will be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskImage {
    /// Its file in the package.
    pub href: String,
    /// Its size as the guest sees it, in bytes.
    pub capacity: u64,
    /// The length of its file in bytes.
    pub file_size: u64,
    /// How much of it holds data, in bytes.
    pub populated: u64,
}

/// A CD image as it will be packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IsoImage {
    /// Its file in the package.
    pub href: String,
    /// The length of its file in bytes.
    pub size: u64,
}

/// What starts the guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Firmware {
    /// The PC's BIOS.
    Bios,
    /// UEFI.
    Efi,
}

/// What disks hang on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControllerKind {
    /// LSI Logic's parallel SCSI adapter: old and known everywhere.
    LsiLogic,
    /// LSI Logic's SAS adapter, which Windows has a driver for.
    LsiLogicSas,
    /// VMware's paravirtual SCSI adapter, which Linux has a driver for.
    Pvscsi,
    /// BusLogic's SCSI adapter, for very old guests.
    BusLogic,
    /// AHCI.
    Sata,
    /// NVM Express.
    Nvme,
    /// Two channels of two drives.
    Ide,
}

/// The model of a network adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NicModel {
    /// Intel 82545EM: known nearly everywhere.
    E1000,
    /// Intel 82574L, which Windows 8 and newer have a driver for.
    E1000e,
    /// VMware's paravirtual adapter, which Linux has a driver for.
    VmxNet3,
    /// AMD's adapter of the nineties, for very old guests.
    PcNet32,
}

impl Firmware {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Bios, Self::Efi];

    const NAMES: [(&'static str, Self); 3] = [
        ("bios", Self::Bios),
        ("efi", Self::Efi),
        ("uefi", Self::Efi),
    ];
}

impl ControllerKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::LsiLogic,
        Self::LsiLogicSas,
        Self::Pvscsi,
        Self::BusLogic,
        Self::Sata,
        Self::Nvme,
        Self::Ide,
    ];

    const NAMES: [(&'static str, Self); 9] = [
        ("lsilogic", Self::LsiLogic),
        ("lsilogicsas", Self::LsiLogicSas),
        ("pvscsi", Self::Pvscsi),
        ("virtualscsi", Self::Pvscsi),
        ("buslogic", Self::BusLogic),
        ("sata", Self::Sata),
        ("ahci", Self::Sata),
        ("nvme", Self::Nvme),
        ("ide", Self::Ide),
    ];
}

impl NicModel {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::E1000, Self::E1000e, Self::VmxNet3, Self::PcNet32];

    const NAMES: [(&'static str, Self); 4] = [
        ("e1000", Self::E1000),
        ("e1000e", Self::E1000e),
        ("vmxnet3", Self::VmxNet3),
        ("pcnet32", Self::PcNet32),
    ];

    /// The subtype a descriptor writes.
    pub(super) fn sub_type(self) -> &'static str {
        match self {
            Self::E1000 => "E1000",
            Self::E1000e => "E1000e",
            Self::VmxNet3 => "VmxNet3",
            Self::PcNet32 => "PCNet32",
        }
    }
}

/// The first name in `names` that stands for `value`.
fn name_of<T: PartialEq>(value: &T, names: &[(&'static str, T)]) -> &'static str {
    names
        .iter()
        .find(|(_, named)| named == value)
        .map_or("", |(name, _)| name)
}

/// Reads and writes a type by the names in its `NAMES`; `$what` is what a user
/// calls such a thing.
macro_rules! named {
    ($type:ty, $what:literal) => {
        impl FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                choose($what, text, &Self::NAMES)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(name_of(self, &Self::NAMES))
            }
        }
    };
}

named!(Firmware, "firmware");
named!(ControllerKind, "disk controller");
named!(NicModel, "network adapter");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ErrorKind;

    #[test]
    fn names_are_read_back() {
        for controller in ControllerKind::ALL {
            assert_eq!(
                controller
                    .to_string()
                    .parse::<ControllerKind>()
                    .expect("known"),
                controller
            );
        }
        for model in NicModel::ALL {
            assert_eq!(model.to_string().parse::<NicModel>().expect("known"), model);
        }
        for firmware in Firmware::ALL {
            assert_eq!(
                firmware.to_string().parse::<Firmware>().expect("known"),
                firmware
            );
        }
    }

    #[test]
    fn case_and_separators_do_not_matter() {
        assert_eq!(
            "LSI-Logic_SAS".parse::<ControllerKind>().expect("fine"),
            ControllerKind::LsiLogicSas
        );
        assert_eq!(
            "VmxNet3".parse::<NicModel>().expect("fine"),
            NicModel::VmxNet3
        );
        assert_eq!("UEFI".parse::<Firmware>().expect("fine"), Firmware::Efi);
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        let error = "e100".parse::<NicModel>().expect_err("no such card");
        assert_eq!(error.kind(), ErrorKind::Usage);
        assert_eq!(error.message(), "there is no network adapter `e100`");
        let help = error.advice().expect("help");
        assert_eq!(
            help,
            "did you mean `e1000`? Known are: e1000, e1000e, vmxnet3, pcnet32"
        );
    }
}
