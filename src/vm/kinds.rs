//! Kinds and models of devices, by the names users type.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base::{Error, Result};
use crate::data;

use super::text::choose;

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

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                name.parse().map_err(data::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let names = Self::NAMES.map(|(name, _)| name);
                json_schema!({ "description": concat!("A ", $what, "."), "enum": names })
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
