//! What cannot be asked of a machine.

use thiserror::Error;

use crate::base::ErrorKind;
use crate::base::error::Fact;

use super::HardwareVersion;
use super::build::Bus;

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
    /// A trusted platform module without UEFI.
    #[error("a trusted platform module is asked for with BIOS firmware")]
    TpmWithoutEfi,
    /// Hardware newer than the target.
    #[error("{has} is newer than {target}")]
    HardwareTooNew {
        /// The versions asked for.
        has: String,
        /// The newest the target runs.
        newest: HardwareVersion,
        /// The target.
        target: String,
    },
    /// What is no hardware version.
    #[error("`{name}` is no name of virtual hardware")]
    BadHardware {
        /// The name.
        name: String,
    },
    /// A number outside the bounds given for it.
    #[error("the value is not between its bounds")]
    OutsideRange,
    /// More set aside than may be used.
    #[error("more is reserved than the machine can use")]
    OverLimit,
    /// An amount of memory that is not a whole number of MiB.
    #[error("the amount is not a whole number of MiB")]
    UnevenMebibytes,
    /// More devices than places.
    #[error("there is no place left for this {what}: {room} is the most on {bus}")]
    NoRoom {
        /// The device.
        what: &'static str,
        /// The kind of bus.
        bus: &'static str,
        /// Places there are.
        room: u32,
    },
    /// A controller without a kind.
    #[error("the controller has no type")]
    ControllerWithoutKind,
    /// A controller with a number there is not.
    #[error("there is no {bus} controller {number}: the last is {last}")]
    NoSuchBus {
        /// The kind of bus.
        bus: &'static str,
        /// The number.
        number: u32,
        /// The greatest number.
        last: u32,
    },
    /// Two controllers of one number.
    #[error("two {bus} controllers have the number {number}")]
    SameBus {
        /// The kind of bus.
        bus: &'static str,
        /// The number.
        number: u32,
    },
    /// A controller nobody declares.
    #[error("there is no controller `{name}`")]
    NoController {
        /// Its name.
        name: String,
    },
    /// The address of the adapter itself.
    #[error("the address {unit} is the SCSI adapter's own")]
    AdaptersOwnUnit {
        /// The address.
        unit: u32,
    },
    /// An address there is not.
    #[error("there is no address {unit} on {bus}: the last is {last}")]
    NoSuchUnit {
        /// The kind of bus.
        bus: &'static str,
        /// The address.
        unit: u32,
        /// The greatest address.
        last: u32,
    },
    /// Two devices at one address.
    #[error("another device is at `{place}` already")]
    PlaceTaken {
        /// The place.
        place: String,
    },
    /// A controller without a free place.
    #[error("there is no place left on `{controller}`")]
    Full {
        /// The controller.
        controller: String,
    },
    /// What the target does not have.
    #[error("{target} does not take {what}")]
    NotOnTarget {
        /// What is asked for.
        what: String,
        /// The target.
        target: String,
        /// Why not.
        why: Option<String>,
        /// What there is instead.
        instead: String,
    },
    /// More than the target takes.
    #[error("the machine has {has} {what}, and {target} takes {most}")]
    OverTarget {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        has: u64,
        /// The most.
        most: u64,
        /// The target.
        target: String,
    },
    /// Hardware beside the machines of a collection.
    #[error("`{key}` stands beside `machines`, but belongs to a machine")]
    HardwareOfCollection {
        /// The key.
        key: &'static str,
    },
    /// What belongs to the package, in a machine of a collection.
    #[error("`{key}` stands in a machine, but belongs to the whole package")]
    PackageOfMember {
        /// The key.
        key: &'static str,
    },
    /// A machine of a collection that cannot be told from the others.
    #[error("a machine of a vApp has no name")]
    MemberWithoutName,
    /// Two machines of one id.
    #[error("two machines are called `{id}`")]
    SameMachine {
        /// The id.
        id: String,
    },
    /// A deployment option nobody declares.
    #[error("there is no deployment option `{name}`")]
    NoConfiguration {
        /// Its name.
        name: String,
        /// The name that may be meant.
        near: Option<String>,
    },
    /// A deployment option with a name nobody can refer to.
    #[error("the deployment option `{name}` has blanks in its name, or no name")]
    BadConfiguration {
        /// Its name.
        name: String,
    },
    /// Two default options.
    #[error("the deployment option `{first}` is the default already")]
    TwoDefaults {
        /// The first.
        first: String,
    },
    /// A network nobody describes.
    #[error("there is no network `{name}` under `networks`")]
    NoNetwork {
        /// Its name.
        name: String,
        /// The name that may be meant.
        near: Option<String>,
    },
    /// What is no MAC address.
    #[error("`{mac}` is no MAC address of one adapter")]
    BadMac {
        /// The text.
        mac: String,
    },
    /// A device to start from that is not there.
    #[error("there is no device `{name}` to start from")]
    NoBootDevice {
        /// Its name.
        name: String,
    },
    /// A licence of nothing.
    #[error("the licence has neither a file nor a text")]
    EulaWithoutText,
    /// Two products whose properties cannot be told apart.
    #[error("two products have the same class and instance")]
    SameProduct,
    /// A text in another language than the others.
    #[error("the text is in `{own}` first, and the others are in `{lang}`")]
    OtherLanguage {
        /// The language of the others.
        lang: String,
        /// The language of this one.
        own: String,
    },
    /// A type of property there is not.
    #[error("there is no type of property `{name}`")]
    NoType {
        /// Its name.
        name: String,
    },
    /// A value that is none of the property's.
    #[error("`{value}` cannot be the value: {misfit}")]
    BadValue {
        /// The value.
        value: String,
        /// What is wrong with it.
        misfit: String,
    },
    /// Bounds nothing fits in.
    #[error("the least is more than the most")]
    EmptyRange,
    /// XML in which there is no section.
    #[error("there is no element in the XML")]
    NoSection,
    /// A disk that is neither an image nor a size.
    #[error("the disk has neither an image nor a size")]
    DiskOfNothing,
    /// A disk given twice.
    #[error("the machine has the image `{image}` twice")]
    SameImage {
        /// The image.
        image: String,
    },
    /// Two files of one id.
    #[error("two files have the id `{id}`")]
    SameFileId {
        /// The id.
        id: String,
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
    #[error("the text contains the character {character}, which XML cannot hold")]
    ForbiddenText {
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
            Self::UnevenSockets { .. } => "all sockets of a machine have the same number of cores",
            Self::UnevenMemory { .. } => "hypervisors hand out memory in blocks of 4 MiB",
            Self::SecureBootWithoutEfi => "only UEFI firmware verifies what it starts",
            Self::TpmWithoutEfi => "only UEFI firmware uses it",
            Self::HardwareTooOld { .. } => {
                "a host gives a machine only the devices of its hardware version"
            }
            Self::HardwareTooNew { .. } => "a host refuses hardware versions it does not know",
            Self::NoRoom { .. } => "each kind of controller has a fixed number of places",
            Self::AdaptersOwnUnit { .. } => "the adapter is a device on its bus, too",
            Self::PlaceTaken { .. } => "a place on a controller holds one device",
            Self::NotOnTarget { why, .. } => return why.clone(),
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
            Self::SameProduct => {
                "the guest could not tell their properties apart (DSP0243 1.1 §9.5)"
            }
            Self::DuplicateFile { .. } => {
                "on systems that ignore case one would overwrite the other"
            }
            Self::EmptyDisk { .. } => "no hypervisor creates a disk without a size",
            Self::HugeDisk { .. } => {
                "a descriptor's sizes are signed 64-bit numbers (DSP0243 §9.1)"
            }
            Self::BadConfiguration { .. } => {
                "lists of deployment options have blanks between them (DSP0243 1.1 §9.8)"
            }
            Self::NoNetwork { .. } => {
                "where networks are described, adapters are on one of them, so that a slip is \
                 noticed"
            }
            Self::MemberWithoutName => "its identifier in the descriptor is made of it",
            Self::OtherLanguage { .. } => "a descriptor has one language its translations are of",
            _ => return None,
        };
        Some(why.to_owned())
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoCpu => "ask for one or more".to_owned(),
            Self::UnevenSockets { cpus, .. } => {
                format!("choose a number of cores that divides {cpus}, such as {cpus} or 1")
            }
            Self::UnevenMemory { memory } => near_memory(*memory),
            Self::SecureBootWithoutEfi | Self::TpmWithoutEfi => {
                "choose the firmware `efi`, or do without".to_owned()
            }
            Self::HardwareTooOld { what, needs, .. } => {
                format!(
                    "choose the hardware `{needs}` ({}) or newer, or do without {what}",
                    needs.first_product()
                )
            }
            Self::HardwareTooNew { newest, .. } => format!("choose `{newest}` or older"),
            Self::BadHardware { .. } => "write one word, such as `vmx-14`".to_owned(),
            Self::NoRoom { bus, .. } => match *bus {
                "sata" => "use fewer".to_owned(),
                _ => format!(
                    "choose the controller `sata`, which has room for {}",
                    Bus::Sata.room()
                ),
            },
            Self::ControllerWithoutKind => "write its `type`, such as `pvscsi`".to_owned(),
            Self::SameBus { .. } => "give each a `bus` of its own, or none".to_owned(),
            Self::NoController { .. } => {
                "write `ide`, `scsi`, `sata` or `nvme` with the number of the bus, or the `id` of \
                 one under `controllers`"
                    .to_owned()
            }
            Self::AdaptersOwnUnit { .. } | Self::PlaceTaken { .. } => {
                "choose another address, or leave `at` out for the next free one".to_owned()
            }
            Self::NotOnTarget { instead, .. } if !instead.is_empty() => {
                format!("it has {instead}")
            }
            Self::NotOnTarget { .. } => "leave it out, or choose another target".to_owned(),
            Self::OverTarget { .. } => "use fewer, or choose another target".to_owned(),
            Self::HardwareOfCollection { .. } => "write it in each machine it is for".to_owned(),
            Self::PackageOfMember { .. } => "write it at the top".to_owned(),
            Self::MemberWithoutName => "write its `name`".to_owned(),
            Self::SameMachine { .. } => "give each a `name` or an `id` of its own".to_owned(),
            Self::NoConfiguration { near, .. } => match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "describe it under `configurations`".to_owned(),
            },
            Self::NoNetwork { near, .. } => match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "describe it under `networks`, too".to_owned(),
            },
            Self::BadMac { .. } => {
                "write six bytes in hexadecimal, such as `00:50:56:01:02:03`, or `auto`".to_owned()
            }
            Self::NoBootDevice { .. } => {
                "write `disk`, `cdrom`, `floppy` or `nic`, with the number of one there is, such \
                 as `disk1`"
                    .to_owned()
            }
            Self::EulaWithoutText => "write its `file` or its `text`".to_owned(),
            Self::SameProduct => "give each a `class` of its own".to_owned(),
            Self::OtherLanguage { lang, .. } => format!("write the text in `{lang}` first"),
            Self::NoType { .. } => {
                "write `string`, `boolean`, `uint8` to `uint64`, `sint8` to `sint64`, `real32` or \
                 `real64`"
                    .to_owned()
            }
            Self::BadName { .. } => {
                "use the letters A to Z, digits, blanks and any of `. _ + = -`".to_owned()
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
            Self::EmptyDisk { .. } | Self::HugeDisk { .. } => "choose another size".to_owned(),
            Self::DiskOfNothing => {
                "write the path of an `image`, or the `size` of a blank disk".to_owned()
            }
            Self::SameImage { .. } => {
                "name every disk once; for two disks with the same content, copy the file"
                    .to_owned()
            }
            _ => return None,
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
