//! What cannot be asked of a machine.

use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;

use super::{ControllerKind, HardwareVersion};

/// A wish that cannot be granted, or two that contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// A machine without a CPU.
    #[error("the machine has no CPU")]
    NoCpu,
    /// Sockets that would differ in size.
    #[error("{cpus} CPUs cannot be divided into sockets of {cores} cores")]
    UnevenSockets {
        /// CPUs asked for.
        cpus: u32,
        /// Cores per socket asked for.
        cores: u32,
    },
    /// Memory that is not a positive multiple of 4 MiB.
    #[error("{memory} bytes of memory are not a multiple of 4 MiB")]
    UnevenMemory {
        /// Memory asked for, in bytes.
        memory: u64,
    },
    /// Secure Boot without UEFI.
    #[error("secure boot is asked for with BIOS firmware")]
    SecureBootWithoutEfi,
    /// Hardware older than a device.
    #[error("{what} needs {needs} or newer, and the machine is {has}")]
    HardwareTooOld {
        /// What is asked for.
        what: String,
        /// The first version that has it.
        needs: HardwareVersion,
        /// The version asked for.
        has: HardwareVersion,
    },
    /// More disks than places.
    #[error("{disks} disks do not fit: {room} is the most on {controller}")]
    TooManyDisks {
        /// The controller asked for.
        controller: ControllerKind,
        /// Disks asked for.
        disks: usize,
        /// Places there are.
        room: usize,
    },
    /// More CD drives than places.
    #[error("{isos} CD drives do not fit: there is room for {room}")]
    TooManyIsos {
        /// CD drives asked for.
        isos: usize,
        /// Places left by the disks.
        room: usize,
    },
    /// A name that is not safe everywhere.
    #[error("{what} `{name}` {fault}")]
    BadName {
        /// What has the name.
        what: &'static str,
        /// The name, its control characters escaped.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A text no descriptor can hold.
    #[error("{what} contains the character {character}, which XML cannot hold")]
    ForbiddenText {
        /// What has the text.
        what: String,
        /// The character, as `U+001B`.
        character: String,
    },
    /// A network whose name is empty or has blanks around it.
    #[error("the network name \"{name}\" is empty or has blanks around it")]
    BadNetwork {
        /// The name.
        name: String,
    },
    /// A property key that cannot be told apart from a full key.
    #[error("the property key \"{key}\" {fault}")]
    BadPropertyKey {
        /// The key.
        key: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// A property given twice.
    #[error("the property `{key}` is given twice")]
    DuplicateProperty {
        /// The key.
        key: String,
    },
    /// Two files of one name.
    #[error("two files of the package are called `{href}`")]
    DuplicateFile {
        /// The name.
        href: String,
    },
    /// A disk without a size.
    #[error("the disk `{href}` has a capacity of zero bytes")]
    EmptyDisk {
        /// Its file.
        href: String,
    },
    /// A disk larger than a descriptor can say.
    #[error("the disk `{href}` has a capacity of {capacity} bytes, more than 2^63 - 1")]
    HugeDisk {
        /// Its file.
        href: String,
        /// Its capacity in bytes.
        capacity: u64,
    },
    /// A disk with more data than it can hold.
    #[error("the disk `{href}` holds {populated} bytes and has a capacity of {capacity}")]
    OverfullDisk {
        /// Its file.
        href: String,
        /// Bytes that hold data.
        populated: u64,
        /// Its capacity in bytes.
        capacity: u64,
    },
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NameFault {
    /// There is none.
    #[error("is empty")]
    Empty,
    /// It begins or ends with a dot or a blank.
    #[error("begins or ends with a dot or a blank")]
    Edge,
    /// It contains a character that is not allowed.
    #[error("contains {}, which is not allowed", show(*.0))]
    Character(char),
}

/// A character for people: itself if it can be seen, and its number.
pub(super) fn show(c: char) -> String {
    let number = format!("U+{:04X}", u32::from(c));
    match c {
        ' ' => "a blank".to_owned(),
        _ if c.is_control() || c.is_whitespace() => number,
        _ if c.is_ascii() => format!("`{c}`"),
        _ => format!("`{c}` ({number})"),
    }
}

impl Fact for Contradiction {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn why(&self) -> Option<String> {
        let why = match self {
            Self::NoCpu | Self::TooManyIsos { .. } | Self::BadNetwork { .. } => return None,
            Self::UnevenSockets { .. } => "all sockets of a machine have the same number of cores",
            Self::UnevenMemory { .. } => "hypervisors hand out memory in blocks of 4 MiB",
            Self::SecureBootWithoutEfi => "only UEFI firmware verifies what it starts",
            Self::HardwareTooOld { .. } => {
                "a host gives a machine only the devices of its hardware version"
            }
            Self::TooManyDisks { .. } => "each kind of controller has a fixed number of places",
            Self::BadName { .. } => {
                "the name becomes a file name on every system the package is moved to"
            }
            Self::ForbiddenText { .. } => {
                "XML 1.0 allows no control characters besides tab and line ends"
            }
            Self::BadPropertyKey { .. } => {
                "the guest looks the key up by its text, in which a colon or a blank is ambiguous \
                 (DSP0243 1.1 §9.5)"
            }
            Self::DuplicateProperty { .. } => "the guest could be given only one of the values",
            Self::DuplicateFile { .. } => {
                "on systems that ignore case one would overwrite the other"
            }
            Self::EmptyDisk { .. } => "no hypervisor creates a disk without a size",
            Self::HugeDisk { .. } => {
                "a descriptor's sizes are signed 64-bit numbers (DSP0243 §9.1)"
            }
            Self::OverfullDisk { .. } => "importers check the one against the other",
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoCpu => "ask for one or more with `--cpus`".to_owned(),
            Self::UnevenSockets { cpus, .. } => {
                format!("choose a number of cores that divides {cpus}, such as {cpus} or 1")
            }
            Self::UnevenMemory { memory } => near_memory(*memory),
            Self::SecureBootWithoutEfi => "pass `--firmware efi`, or leave `--secure-boot` away".to_owned(),
            Self::HardwareTooOld { what, needs, .. } => {
                format!(
                    "pass `--hardware {needs}` ({}) or newer, or do without {what}",
                    needs.first_product()
                )
            }
            Self::TooManyDisks { controller, .. } => match controller {
                ControllerKind::Sata => "pack fewer disks".to_owned(),
                _ => format!(
                    "pass `--controller sata`, which has room for {}",
                    sata_room()
                ),
            },
            Self::TooManyIsos { .. } => "pack fewer CD images".to_owned(),
            Self::BadName { .. } => {
                "use the letters A to Z, digits, blanks and any of `. _ + = -`; `--name` names the machine".to_owned()
            }
            Self::ForbiddenText { .. } => "remove the character".to_owned(),
            Self::BadNetwork { .. } => {
                "give the network a name, such as `VM Network`, without blanks around it".to_owned()
            }
            Self::BadPropertyKey { .. } => "use letters, digits, `_`, `-` and `.`".to_owned(),
            Self::DuplicateProperty { .. } => "give each property once".to_owned(),
            Self::DuplicateFile { .. } => {
                "give the files names that differ in more than case".to_owned()
            }
            Self::EmptyDisk { .. } | Self::HugeDisk { .. } => "leave the disk out".to_owned(),
            Self::OverfullDisk { .. } => return None,
        })
    }
}

/// The amounts of memory around one that does not fit.
fn near_memory(memory: u64) -> String {
    const BLOCK_MIB: u64 = 4;
    let below = memory / (BLOCK_MIB << 20) * BLOCK_MIB;
    let above = below + BLOCK_MIB;
    match below {
        0 => format!("ask for {above} MiB or more"),
        _ => format!("ask for {below} MiB or {above} MiB"),
    }
}

/// How many disks fit on SATA, the roomiest controller.
fn sata_room() -> usize {
    ControllerKind::Sata.room()
}
