//! VMware's virtual hardware versions.

use std::fmt;
use std::str::FromStr;

use crate::base::{Error, Result};

/// A generation of virtual hardware, `vmx-NN`. A host runs its own and older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardwareVersion(u8);

/// The versions there are, and the first product that runs each. There never was a
/// version 5.
const KNOWN: [(u8, &str); 19] = [
    (3, "ESX 2"),
    (4, "ESX 3"),
    (6, "Workstation 6, not ESXi"),
    (7, "ESXi 4"),
    (8, "ESXi 5.0"),
    (9, "ESXi 5.1"),
    (10, "ESXi 5.5"),
    (11, "ESXi 6.0"),
    (12, "Workstation 12, not ESXi"),
    (13, "ESXi 6.5"),
    (14, "ESXi 6.7"),
    (15, "ESXi 6.7 U2"),
    (16, "Workstation 15, not ESXi"),
    (17, "ESXi 7.0"),
    (18, "ESXi 7.0 U1"),
    (19, "ESXi 7.0 U2"),
    (20, "ESXi 8.0"),
    (21, "ESXi 8.0 U2"),
    (22, "ESXi 9.0"),
];

impl HardwareVersion {
    /// The oldest there is.
    pub(super) const OLDEST: Self = Self(3);
    /// The first with VMware's own devices.
    pub(super) const V7: Self = Self(7);
    /// The first with UEFI.
    pub(super) const V8: Self = Self(8);
    /// The first with SATA.
    pub(super) const V10: Self = Self(10);
    /// The first with NVMe and Secure Boot.
    pub(super) const V13: Self = Self(13);
    /// The first with a trusted platform module.
    pub(super) const V14: Self = Self(14);
    /// The version every vSphere still supported runs, and the default.
    pub const PORTABLE: Self = Self(14);

    /// Version `number`, if there is such a version.
    pub fn new(number: u8) -> Result<Self> {
        if KNOWN.iter().any(|(known, _)| *known == number) {
            return Ok(Self(number));
        }
        Err(unknown(&format!("vmx-{number:02}")))
    }

    /// The number, such as 14.
    pub fn number(self) -> u8 {
        self.0
    }

    /// The first product that runs it, such as "ESXi 6.7".
    pub fn first_product(self) -> &'static str {
        KNOWN
            .iter()
            .find(|(known, _)| *known == self.0)
            .map_or("", |(_, product)| product)
    }

    /// All versions, the oldest first.
    pub fn all() -> impl Iterator<Item = Self> {
        KNOWN.iter().map(|(number, _)| Self(*number))
    }
}

/// `vmx-14`, or just `14`.
impl FromStr for HardwareVersion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let lower = text.to_ascii_lowercase();
        let digits = lower.strip_prefix("vmx").unwrap_or(&lower);
        let digits = digits.trim_start_matches(['-', '_']);
        digits
            .parse()
            .ok()
            .and_then(|number| Self::new(number).ok())
            .ok_or_else(|| unknown(text))
    }
}

/// As a descriptor writes it, with two digits.
impl fmt::Display for HardwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vmx-{:02}", self.0)
    }
}

fn unknown(typed: &str) -> Error {
    let known: Vec<String> = HardwareVersion::all()
        .map(|version| version.to_string())
        .collect();
    Error::usage(format!("there is no hardware version `{typed}`"))
        .why("hosts refuse a machine whose hardware version they do not know; 5 never existed")
        .help(format!("known are: {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_any_spelling() {
        for text in ["vmx-14", "VMX-14", "vmx14", "14", "vmx_14"] {
            assert_eq!(
                text.parse::<HardwareVersion>().expect(text),
                HardwareVersion::PORTABLE
            );
        }
        assert_eq!(
            "4".parse::<HardwareVersion>().expect("known").to_string(),
            "vmx-04"
        );
    }

    #[test]
    fn there_is_no_five() {
        for text in ["vmx-05", "vmx-5", "vmx-99", "vmx", "", "vmx-300", "esx"] {
            let error = text.parse::<HardwareVersion>().expect_err(text);
            assert!(
                error
                    .advice()
                    .is_some_and(|help| help.contains("vmx-04, vmx-06")),
                "{text}"
            );
        }
    }
}
